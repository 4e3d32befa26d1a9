"""What the shocks in force leave of capacity, supply and demand, and do to prices and duties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltloop.errors import InputError, nearest
from voltloop.network.arcs import commodity_words
from voltloop.network.scenario import Scenario

__all__ = ["Strikes", "strikes_of"]

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Strikes:
    """The shocks in force.

    Attributes
    ----------
    rows
        ``kind``, ``what``, ``factor`` and ``during`` (T,) of each.
    country_of, areas_of
        Country of each site, and its areas.
    commodities_of
        Commodities that a word stands for.
    """

    rows: list[tuple[str, str, float, NDArray[np.bool_]]]
    country_of: dict[str, str]
    areas_of: dict[str, list[str]]
    commodities_of: dict[str, list[str]]
    count: int

    def _sites(self, kind: str, what: str) -> list[str]:
        if kind == "site":
            return [what]
        return [
            site
            for site, country in self.country_of.items()
            if what in {"*", country} or what in self.areas_of[site]
        ]

    def site_factor(self, sites: pl.Series, t: pl.Series) -> Numbers:
        """Give what is left of what each site does in each row's period."""
        factor, number = np.ones(len(sites)), t.to_numpy()
        for kind, what, left, during in self.rows:
            if kind in {"site", "country"}:
                factor[sites.is_in(self._sites(kind, what)).to_numpy() & during[number]] *= left
        return factor

    def lane_share(self, arcs: pl.DataFrame) -> Numbers:
        """Give what is left of each way in each period, shape (ways, T)."""
        share = np.ones((arcs.height, self.count))
        for kind, what, left, during in self.rows:
            if kind == "lane":
                fits = (arcs["lane"] == what).to_numpy()
            elif kind == "passage":
                parts = arcs["passages"].fill_null("").str.split(";")
                fits = parts.list.eval(pl.element().str.strip_chars()).list.contains(what).to_numpy()
            else:
                continue
            share[np.ix_(fits, during)] *= left
        return share

    def duty_rate(self, commodities: pl.Series) -> Numbers:
        """Give what is added to duties as a share of the value, shape (rows, T)."""
        rate = np.zeros((len(commodities), self.count))
        for kind, what, added, during in self.rows:
            if kind == "tariff":
                fits = commodities.is_in(self.commodities_of.get(what, [])).to_numpy()
                rate[np.ix_(fits, during)] += added
        return rate

    def amount_factor(self, rows: pl.DataFrame, table: str) -> Numbers:
        """Give what is left of supply or demand."""
        factor = self._by_commodity(rows, table)
        return factor * self.site_factor(rows["site"], rows["t"]) if table == "supply" else factor

    def price_factor(self, rows: pl.DataFrame) -> Numbers:
        """Give what prices are multiplied by."""
        return self._by_commodity(rows, "price")

    def _by_commodity(self, rows: pl.DataFrame, asked: str) -> Numbers:
        factor, number = np.ones(rows.height), rows["t"].to_numpy()
        for kind, what, left, during in self.rows:
            if kind == asked:
                fits = rows["commodity"].is_in(self.commodities_of.get(what, [])).to_numpy()
                factor[fits & during[number]] *= left
        return factor


def strikes_of(scenario: Scenario, periods: list[str], during: list[NDArray[np.bool_]]) -> Strikes:
    """Give the shocks that a scenario says are in force.

    Raises
    ------
    InputError
        ``unknown-shock`` for a name that its table does not have.
    """
    known = scenario.shocks["shock"].unique(maintain_order=True).to_list()
    for name in scenario.struck:
        if name not in known:
            raise InputError(
                f'"{name}" is not a shock of the scenario.{nearest(name, known)} Known: {", ".join(known) or "none"}. '
                "Add it to shocks.csv.",
                code="unknown-shock",
            )
    words: dict[str, list[str]] = {}
    for word, commodity in commodity_words(scenario).iter_rows():
        words.setdefault(word, []).append(commodity)
    shocks: list[dict[str, Any]] = scenario.shocks.rows(named=True)
    places = scenario.sites.select("site", "country", "areas").rows()
    return Strikes(
        [
            (row["kind"], row["what"], row["factor"], during[number])
            for number, row in enumerate(shocks)
            if row["shock"] in scenario.struck
        ],
        {site: country for site, country, _ in places},
        {
            site: [area.strip() for area in (areas or "").split(";") if area.strip()]
            for site, _, areas in places
        },
        words,
        len(periods),
    )
