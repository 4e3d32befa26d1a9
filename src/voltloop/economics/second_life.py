"""What a used pack is worth in each second-life application, and what remains of a battery's value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from voltloop.catalogue import processes
from voltloop.economics.checks import number, one_of, positive

__all__ = [
    "PRICE_BANDS",
    "ResidualValue",
    "SecondLifeValue",
    "residual_value",
    "second_life_application",
    "second_life_value",
    "second_life_values",
]

PRICE_BANDS = ("low", "mid", "high")
"""Ends and middle of the band of prices of an application."""

_HIGHEST_SOH = 1.2


@dataclass(frozen=True, slots=True)
class SecondLifeValue:
    """Value of a pack in one application.

    Attributes
    ----------
    application
        Of ``second_life_applications.csv``.
    reason
        Why the pack may not go there; empty when it may.
    low_usd, mid_usd, high_usd
        Net value at the ends and the middle of the band: price per kWh that is left, less test and integration.
        Nought when the pack may not go there.
    currency, priced_on
        Of all amounts.
    """

    application: str
    reason: str
    low_usd: float
    mid_usd: float
    high_usd: float
    currency: str
    priced_on: date

    @property
    def is_permitted(self) -> bool:
        """Whether the pack keeps the limits of the application."""
        return not self.reason


@dataclass(frozen=True, slots=True)
class ResidualValue:
    """What a battery is worth at a state of health, and by which use, with currency and price date."""

    value_usd: float
    use: str
    share_of_price: float
    currency: str
    priced_on: date


def second_life_application(application: str) -> dict[str, float]:
    """Give limits, prices [USD/kWh left], integration [USD/kWh new] and test [USD per pack] of an application.

    Raises
    ------
    InputError
        ``economics-word``: no such application.
    """
    table = processes.second_life_applications()
    one_of("application", application, table["application"].to_list())
    row = table.row(by_predicate=pl.col("application") == application, named=True)
    figures = {name: float(value) for name, value in row.items() if isinstance(value, int | float)}
    return figures | {"test_usd_per_pack": processes.economics_parameters("second_life")["test_usd_per_pack"]}


def second_life_value(
    energy_kwh: float,
    soh: float | None,
    application: str,
    *,
    resistance_ratio: float | None = None,
    has_battery_management: bool = True,
) -> SecondLifeValue:
    """Give the value of a pack in one application.

    Parameters
    ----------
    energy_kwh
        Of the pack when new, above zero.
    soh
        State of health, 0 to 1.2; None when not measured, which no application takes.
    application
        Of ``second_life_applications.csv``.
    resistance_ratio
        Resistance over that of a new pack; None leaves the limit unchecked.
    has_battery_management
        False when the maker's battery management cannot be used and a new one is needed.

    Raises
    ------
    InputError
        ``economics-number``, ``economics-word``.

    Examples
    --------
    >>> found = second_life_value(60, 0.75, "grid_storage")
    >>> found.is_permitted, round(found.mid_usd)
    (True, 1375)
    >>> second_life_value(60, 0.5, "grid_storage").reason
    'state of health 0.5 is below 0.65'
    """
    table = processes.second_life_applications()
    one_of("application", application, table["application"].to_list())
    energy = positive("energy_kwh", energy_kwh)
    row = table.row(by_predicate=pl.col("application") == application, named=True)
    reason = ""
    health = 0.0
    if soh is None:
        reason = "state of health not measured"
    else:
        health = number("soh", soh, maximum=_HIGHEST_SOH)
        if health < row["min_soh"]:
            reason = f"state of health {health:g} is below {row['min_soh']:g}"
    if resistance_ratio is not None and not reason:
        ratio = positive("resistance_ratio", resistance_ratio)
        if ratio > row["max_resistance_ratio"]:
            reason = f"resistance {ratio:g} times that of a new pack is above {row['max_resistance_ratio']:g}"
    given = processes.economics_parameters("second_life")
    cost = (
        given["test_usd_per_pack"]
        + energy * row["integration_usd_per_kwh"]
        + (0.0 if has_battery_management else given["controller_usd_per_pack"])
    )
    values = {
        band: 0.0 if reason else energy * min(health, 1.0) * row[f"{band}_usd_per_kwh"] - cost
        for band in PRICE_BANDS
    }
    return SecondLifeValue(
        application, reason, values["low"], values["mid"], values["high"], "USD", row["priced_on"]
    )


def second_life_values(batteries: pl.DataFrame, *, eur_per_usd: float) -> pl.DataFrame:
    """Give the value of each battery in each application.

    Parameters
    ----------
    batteries
        Columns ``row``, ``energy_wh`` and ``soh``, null where not known; ``resistance_ratio`` where there is one.
    eur_per_usd
        Exchange rate, above zero.

    Returns
    -------
    pl.DataFrame
        One row per battery and application: ``row``, ``application``, ``is_permitted``, ``reason``, ``low_eur``,
        ``mid_eur``, ``high_eur`` (nought where not permitted), ``currency``, ``priced_on``.

    Raises
    ------
    InputError
        ``economics-number``: no exchange rate.

    Notes
    -----
    An energy or state of health that is missing or cannot be right (below nought, above 1.2) permits no application,
    and the reason says so.
    """
    rate = positive("eur_per_usd", eur_per_usd)
    frame = batteries.select(
        "row",
        pl.col("energy_wh").cast(pl.Float64).fill_nan(None).alias("_wh"),
        pl.col("soh").cast(pl.Float64).fill_nan(None).alias("_soh"),
        (
            pl.col("resistance_ratio").cast(pl.Float64).fill_nan(None)
            if "resistance_ratio" in batteries.columns
            else pl.lit(None, dtype=pl.Float64)
        ).alias("_ratio"),
    ).join(processes.second_life_applications().drop("source"), how="cross", maintain_order="left_right")
    soh, ratio, energy = pl.col("_soh"), pl.col("_ratio"), pl.col("_wh") / 1000.0
    reason = (
        pl.when(energy.is_null() | (energy <= 0))
        .then(pl.lit("energy not known"))
        .when(soh.is_null())
        .then(pl.lit("state of health not measured"))
        .when((soh < 0) | (soh > _HIGHEST_SOH))
        .then(pl.format("state of health {} cannot be right", soh))
        .when(soh < pl.col("min_soh"))
        .then(pl.format("state of health {} is below {}", soh, "min_soh"))
        .when(ratio > pl.col("max_resistance_ratio"))
        .then(pl.format("resistance {} times that of a new pack is above {}", ratio, "max_resistance_ratio"))
        .otherwise(pl.lit(""))
    )
    test = processes.economics_parameters("second_life")["test_usd_per_pack"]
    cost = test + energy * pl.col("integration_usd_per_kwh")
    return frame.with_columns(reason.alias("reason")).select(
        "row",
        "application",
        (pl.col("reason") == "").alias("is_permitted"),
        "reason",
        *(
            pl.when(pl.col("reason") == "")
            .then((energy * soh.clip(0.0, 1.0) * pl.col(f"{band}_usd_per_kwh") - cost) * rate)
            .otherwise(0.0)
            .alias(f"{band}_eur")
            for band in PRICE_BANDS
        ),
        pl.lit("EUR").alias("currency"),
        "priced_on",
    )


def residual_value(
    energy_kwh: float,
    soh: float | None,
    *,
    price_usd: float,
    priced_on: date,
    recycling_usd: float = 0.0,
    other_uses_usd: Mapping[str, float] | None = None,
    band: str = "mid",
) -> ResidualValue:
    """Give what a battery is worth at a state of health: the best of its uses.

    Parameters
    ----------
    energy_kwh, soh
        As in :func:`second_life_value`; the state of health expected at the end of the term.
    price_usd
        Of the battery when new, above zero; the result gives the value as a share of it.
    priced_on
        Price date of the amounts given; those of the applications are in their table.
    recycling_usd
        Net value of recycling, below zero when it costs; always possible.
    other_uses_usd
        Net values of further uses by name, such as remanufacturing.
    band
        Price band of the applications: ``low``, ``mid`` or ``high``.

    Raises
    ------
    InputError
        ``economics-number``, ``economics-word``.

    Examples
    --------
    >>> residual_value(60, 0.5, price_usd=6_000, recycling_usd=-120, priced_on=date(2026, 5, 1)).use
    'recycling'
    """
    one_of("band", band, PRICE_BANDS)
    price = positive("price_usd", price_usd)
    uses = {"recycling": number("recycling_usd", recycling_usd, minimum=None)}
    for name, value in (other_uses_usd or {}).items():
        uses[name] = number(f"value of {name} in USD", value, minimum=None)
    for application in processes.second_life_applications()["application"].to_list():
        found = second_life_value(energy_kwh, soh, application)
        if found.is_permitted:
            uses[application] = {"low": found.low_usd, "mid": found.mid_usd, "high": found.high_usd}[band]
    best = max(uses, key=lambda use: uses[use])
    return ResidualValue(uses[best], best, uses[best] / price, "USD", priced_on)
