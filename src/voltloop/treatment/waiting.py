"""What waiting for the next period is worth: held, aged, at other prices, for a part of the next room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from voltloop.catalogue import money
from voltloop.economics import PriceSet
from voltloop.errors import InputError
from voltloop.treatment.program import Floats

__all__ = ["Waiting", "holding_eur", "later_batteries", "later_prices"]


def _given(name: str) -> float:
    return money.route_parameters()[name]


@dataclass(frozen=True)
class Waiting:
    """Terms on which batteries may wait for the next period.

    Attributes
    ----------
    days
        Until the next period begins, above 0.
    holding_eur_per_kg_day
        Cost of keeping a kilogram for a day, zero or more.
    soh_loss_per_year
        State of health lost in a year of storage by batteries whose chemistry has no ageing model, 0 to 1.
    room_share
        Share of the next period's room that what waits may count on, 0 to 1; the rest is for what comes then.
    price_drift_per_year
        Expected change of the price of an item in a year, as a share (0.1 for ten per cent more); others stay.
    """

    days: float
    holding_eur_per_kg_day: float = field(default_factory=lambda: _given("holding_eur_per_kg_day"))
    soh_loss_per_year: float = field(default_factory=lambda: _given("waiting_soh_loss_per_year"))
    room_share: float = field(default_factory=lambda: _given("waiting_room_share"))
    price_drift_per_year: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse terms that cannot be."""
        shares = (self.soh_loss_per_year, self.room_share)
        fine = (
            np.isfinite(self.days) and self.days > 0 and self.holding_eur_per_kg_day >= 0
            and all(0 <= share <= 1 for share in shares)
            and all(np.isfinite(drift) and drift > -1 for drift in self.price_drift_per_year.values())
        )  # fmt: skip
        if not fine:
            raise InputError(
                f"The terms of waiting cannot be used: {self.days:g} days, {self.holding_eur_per_kg_day:g} EUR/kg and "
                f"day, shares {shares[0]:g} and {shares[1]:g}, drifts {dict(self.price_drift_per_year)}. Expected days "
                "above 0, a holding cost of zero or more, shares from 0 to 1 and price drifts above -1. Correct them.",
                code="waiting-terms",
            )


def later_prices(prices: PriceSet, waiting: Waiting) -> PriceSet:
    """Give the prices expected when the next period begins.

    Raises
    ------
    InputError
        ``waiting-price-unknown``: a drift names an item that the price set does not have.
    """
    unknown = sorted(set(waiting.price_drift_per_year) - set(prices.values))
    if unknown:
        raise InputError(
            f'The price set has no item "{unknown[0]}" that could change. Known: {", ".join(sorted(prices.values))}. '
            "Correct the name.",
            code="waiting-price-unknown",
        )
    years = waiting.days / 365.0
    moved = {
        item: value * (1.0 + waiting.price_drift_per_year.get(item, 0.0)) ** years
        for item, value in prices.values.items()
    }
    return replace(prices, values=moved)


def later_batteries(batteries: pl.DataFrame, waiting: Waiting, lost: Floats) -> pl.DataFrame:
    """Give the batteries as they are expected to be when the next period begins.

    Parameters
    ----------
    batteries
        The battery table.
    waiting
        Its loss per year counts where the ageing twin says nothing.
    lost
        State of health that each loses in store until then, of its ageing twin; NaN where there is none.
    """
    usual = waiting.soh_loss_per_year * waiting.days / 365.0
    after = pl.Series("lost", np.where(np.isfinite(lost), lost, usual))
    soh = pl.col("soh").cast(pl.Float64)
    return batteries.with_columns(pl.when(soh > after).then(soh - after).otherwise(soh).alias("soh"))


def holding_eur(mass_kg: Floats, waiting: Waiting) -> Floats:
    """Cost of keeping each row until the next period [EUR]."""
    return mass_kg * waiting.holding_eur_per_kg_day * waiting.days
