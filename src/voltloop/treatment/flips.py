"""What would turn a choice: the carbon price, a metal's price or the state of health at which the runner-up wins."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl

from voltloop.catalogue import money
from voltloop.economics import PriceSet
from voltloop.treatment.expected import expected
from voltloop.treatment.options import Options, rule_columns
from voltloop.treatment.program import Floats, Ints
from voltloop.treatment.rules import battery_facts, permitted

__all__ = ["flips"]

_METALS = ("lithium_carbonate", "nickel", "cobalt")
_UP = (1.0, 1.5, 3.0)
_DOWN = (1.0, 0.6, 0.25)
_CARBON = 10_000.0
_STEPS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
_BISECTIONS = 7


def flips(
    batteries: pl.DataFrame,
    options: Options,
    entry: Ints,
    other: Ints,
    lead_eur: Floats,
    *,
    prices: PriceSet,
    carbon_price_eur_per_t: float,
) -> pl.Series:
    """Say for each row what would turn its choice to the runner-up, all else staying as it is.

    Parameters
    ----------
    batteries, options
        The battery table and what is open to it.
    entry, other
        Offer of each row and its runner-up, -1 for none.
    lead_eur
        By how much the choice is better, room at its price.
    prices, carbon_price_eur_per_t
        As the choice was made.

    Returns
    -------
    pl.Series
        Such as "the carbon price rose above EUR 140 a tonne, or its state of health were below 78 %"; null where
        nothing tried turns it: carbon prices of zero and more, metals from a quarter to three times their price, states
        of health up to 30 points away.
    """
    rows = np.flatnonzero((entry >= 0) & (other >= 0) & np.isfinite(lead_eur) & (lead_eur > 0.5))
    said: list[list[str]] = [[] for _ in range(entry.size)]
    if rows.size:
        pair = _Pair(batteries[rows], options, rows, (entry[rows], other[rows]), lead_eur[rows], prices)
        for place, words in pair.carbon(carbon_price_eur_per_t):
            said[rows[place]].append(words)
        for place, words in pair.metals():
            said[rows[place]].append(words)
        for place, words in pair.health():
            said[rows[place]].append(words)
    return pl.Series("flip", [", or ".join(parts) or None for parts in said], dtype=pl.String)


class _Pair:
    """Choice and runner-up of some rows, to be compared under changed figures."""

    def __init__(
        self,
        batteries: pl.DataFrame,
        options: Options,
        rows: Ints,
        offers: tuple[Ints, Ints],
        lead: Floats,
        prices: PriceSet,
    ) -> None:
        self.batteries, self.lead, self.prices = batteries, lead, prices
        self.key = tuple(options.key_of_entry[offer] for offer in offers)
        self.treatment = tuple(options.treatment_of_entry[offer] for offer in offers)
        emitted = options.offers_co2e_kg
        self.saved_kg = emitted[rows, offers[0]] - emitted[rows, offers[1]]
        self.now = self._difference(batteries, prices)

    def _difference(self, batteries: pl.DataFrame, prices: PriceSet) -> Floats:
        """Worth of the choice above the runner-up before freight; infinite where only one of them is permitted.

        ``batteries`` may be the rows several times over.
        """
        facts, _ = battery_facts(batteries)
        may, _, share, bands = rule_columns(permitted(facts))
        outlook = expected(batteries, share, bands, prices, with_carbon=False)
        charged = outlook.net_eur - money.route_parameters()["risk_aversion"] * outlook.spread_eur
        place = np.arange(batteries.height)
        times = batteries.height // self.lead.size
        worth = []
        for key, treatment in zip(self.key, self.treatment, strict=True):
            value = charged[place, np.tile(key, times)]
            worth.append(np.where(may[place, np.tile(treatment, times)], value, -np.inf))
        both = np.isneginf(worth[0]) & np.isneginf(worth[1])
        return np.subtract(worth[0], worth[1], out=np.zeros(place.size), where=~both)

    def carbon(self, price: float) -> list[tuple[int, str]]:
        """Carbon prices at which the runner-up draws level."""
        with np.errstate(divide="ignore", invalid="ignore"):
            level = price + self.lead / self.saved_kg * 1000.0
        told = np.isfinite(level) & (level >= 0) & (level <= _CARBON)
        return [
            (
                p,
                f"the carbon price {'rose above' if level[p] > price else 'fell below'} EUR {level[p]:.0f} a tonne",
            )
            for p in np.flatnonzero(told).tolist()
        ]

    def metals(self) -> list[tuple[int, str]]:
        """Prices of metals at which the runner-up draws level, by straight lines between the scales tried."""
        found = []
        for item in _METALS:
            price = self.prices.value(item)
            if price <= 0:
                continue
            leads = {1.0: self.lead}
            for scale in (*_UP[1:], *_DOWN[1:]):
                values = {**self.prices.values, item: price * scale}
                changed = self._difference(self.batteries, replace(self.prices, values=values))
                leads[scale] = self.lead + changed - self.now
            for scales, words in ((_UP, "rose above"), (_DOWN, "fell below")):
                for near, far in pairwise(scales):
                    for p in np.flatnonzero((leads[near] > 0) & (leads[far] <= 0)).tolist():
                        part = leads[near][p] / (leads[near][p] - leads[far][p])
                        level = price * (near + part * (far - near))
                        found.append(
                            (p, f"{item.replace('_', ' ')} {words} about EUR {level:.3g} a kilogram")
                        )
        return found

    def health(self) -> list[tuple[int, str]]:
        """States of health nearest to today's at which the runner-up draws level, up and down, by bisection."""
        soh = self.batteries["soh"].cast(pl.Float64).fill_null(np.nan).to_numpy()
        steps = np.array([*_STEPS, *(-step for step in _STEPS)])
        tried = soh[None, :] + steps[:, None]
        fits = (tried >= 0) & (tried <= 1)
        turned = (self._lead_at(np.where(fits, tried, np.nan)) <= 0) & fits
        found: list[tuple[int, str]] = []
        for part, words in ((slice(0, len(_STEPS)), "above"), (slice(len(_STEPS), None), "below")):
            first = turned[part].argmax(axis=0)
            some = turned[part].any(axis=0)
            far = np.where(some, steps[part][first], 0.0)
            near = np.where(some & (first > 0), steps[part][np.maximum(first - 1, 0)], 0.0)
            for _ in range(_BISECTIONS):
                middle = (near + far) / 2
                over = self._lead_at((soh + middle)[None, :])[0] <= 0
                near, far = np.where(over, near, middle), np.where(over, middle, far)
            found += [
                (p, f"its state of health were {words} {100 * (soh[p] + far[p]):.1f} %")
                for p in np.flatnonzero(some).tolist()
            ]
        return found

    def _lead_at(self, soh: Floats) -> Floats:
        """Lead of each row at several states of health, one row of the array per try."""
        tries = pl.concat([self.batteries] * soh.shape[0]).with_columns(
            pl.Series("soh", soh.reshape(-1), nan_to_null=True)
        )
        changed = self._difference(tries, self.prices).reshape(soh.shape)
        lead: Floats = self.lead + changed - self.now
        return lead
