"""The choice of all batteries as a programme: offers now and later, room, contracts and carbon budget."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from voltloop.treatment.conflicts import amount_words
from voltloop.treatment.contracts import contract_sides
from voltloop.treatment.options import Options
from voltloop.treatment.placing import Placing
from voltloop.treatment.program import Floats, Measure, Rule, Side
from voltloop.treatment.waiting import Waiting, holding_eur

__all__ = ["LIMITS_SCHEMA", "Terms", "limits_told", "terms_of"]

LIMITS_SCHEMA: dict[str, pl.DataType] = {
    "name": pl.String(),
    "rule": pl.String(),
    "unit": pl.String(),
    "amount": pl.Float64(),
    "used": pl.Float64(),
    "price_eur": pl.Float64(),
    "one_more_eur": pl.Float64(),
    "told": pl.String(),
}
"""Columns of the limits, minimums and budget of a decision; amounts in kg."""


@dataclass(frozen=True)
class Terms:
    """Scores, carbon and side conditions over the options: the offers now, then the same offers later.

    Attributes
    ----------
    score_eur, co2e_kg
        Rows by options; ``-inf`` where closed.
    sides
        Room of the sites, volumes of contracts, carbon budget.
    """

    score_eur: Floats
    co2e_kg: Floats
    sides: tuple[Side, ...]


def _rooms(options: Options, width: int, waiting: Waiting | None) -> list[Side]:
    """Room of every limited site, now and, for what waits, in the next period."""
    names = dict(options.accepts.select("site_id", "name").rows())
    offers = options.accepts.height
    sides = []
    for number, (site, limit) in enumerate(zip(options.site_ids, options.limits, strict=True)):
        if not np.isfinite(limit):
            continue
        inside = np.zeros(width, dtype=bool)
        inside[:offers] = options.site_of_entry == number
        sides.append(Side(f"room at {names[site]}", inside, Measure.KG, Rule.MOST, float(limit)))
        if waiting is not None:
            later = np.zeros(width, dtype=bool)
            later[offers:] = options.site_of_entry == number
            amount = float(limit) * waiting.room_share
            sides.append(Side(f"next period's room at {names[site]}", later, Measure.KG, Rule.MOST, amount))
    return sides


def terms_of(
    options: Options,
    later: Options | None,
    may_wait: Floats,
    contracts: pl.DataFrame,
    *,
    waiting: Waiting | None,
    carbon_budget_kg: float | None,
    horizon_days: float,
) -> Terms:
    """Put offers, room, contracts and budget together.

    Parameters
    ----------
    options, later
        What is open now, and what will be; None when nothing waits.
    may_wait
        By row: 0 where it may wait for the next period, ``-inf`` where it may not.
    contracts
        In force.
    waiting, carbon_budget_kg
        Terms of waiting and most carbon with freight; None for none.
    horizon_days
        Days of the plan.
    """
    score, carbon = options.offers, options.offers_co2e_kg
    if later is not None and waiting is not None:
        held = later.offers + (may_wait - holding_eur(options.mass_kg, waiting))[:, None]
        score, carbon = np.hstack([score, held]), np.hstack([carbon, later.offers_co2e_kg])
    width = score.shape[1]
    sides = _rooms(options, width, waiting)
    for side in contract_sides(contracts, options.accepts, horizon_days=horizon_days):
        now = np.zeros(width, dtype=bool)
        now[: options.accepts.height] = side.options
        sides.append(replace(side, options=now))
    if carbon_budget_kg is not None:
        everywhere = np.ones(width, dtype=bool)
        sides.append(Side("the carbon budget", everywhere, Measure.CARBON, Rule.MOST, carbon_budget_kg))
    return Terms(score, carbon, tuple(sides))


def _told(side: Side, used: float, worth: float, price: float) -> str | None:
    """Say what one more unit is worth, or how a minimum is met; None where there is nothing to say."""
    amount, got = (amount_words(value, side.measure) for value in (side.amount, used))
    per_t = 1000.0 * (price if np.isnan(worth) else worth)
    if side.rule is Rule.MOST:
        if per_t < 0.5:
            return None
        what = "carbon budget" if side.measure is Measure.CARBON else side.name
        return f"One more tonne of {what} is worth EUR {per_t:.0f}."
    name = f"{side.name[0].upper()}{side.name[1:]}"
    if used >= side.amount * (1 - 1e-9):
        cost = f" One tonne less would be worth EUR {1000.0 * price:.0f}." if price > 5e-4 else ""
        return f"{name} is met: {got} of at least {amount}.{cost}"
    if side.rule is Rule.PAY:
        short = side.amount - used
        paid = short * side.shortfall_eur
        return f"{name} gets {got} of {amount}; the missing {amount_words(short, side.measure)} cost EUR {paid:.0f}."
    return f"{name} is left: nothing goes there, since filling {amount} would cost more."


def limits_told(terms: Terms, placing: Placing) -> pl.DataFrame:
    """Give the side conditions with what was used and what one more unit would be worth, in numbers and words."""
    rows = [
        (
            side.name, side.rule.value, "kg CO2e" if side.measure is Measure.CARBON else "kg", side.amount, float(used),
            float(price), None if np.isnan(worth) else float(worth),
            _told(side, float(used), float(worth), float(price)),
        )
        for side, used, price, worth in zip(terms.sides, placing.loads, placing.prices, placing.worth, strict=True)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=LIMITS_SCHEMA, orient="row")
