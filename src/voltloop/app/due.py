"""Until when each battery must have left its collection point."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

__all__ = ["due_dates", "planning_days"]

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FAR_DAYS = 3650.0
"""A storage limit that is reached only after ten years is no deadline for a plan of days."""


def planning_days(
    on: date, count: int, working_days: Sequence[str], holidays: Sequence[date]
) -> tuple[date, ...]:
    """Give the next ``count`` days on which vehicles run, from ``on`` itself.

    Examples
    --------
    >>> planning_days(date(2026, 11, 27), 2, ("Mon", "Tue", "Wed", "Thu", "Fri"), ())
    (datetime.date(2026, 11, 27), datetime.date(2026, 11, 30))
    """
    days: list[date] = []
    day = on
    # A year of holidays in a row means that nothing ever runs; the caller then plans nothing.
    while len(days) < count and day - on < timedelta(days=366):
        if _WEEKDAYS[day.weekday()] in working_days and day not in holidays:
            days.append(day)
        day += timedelta(days=1)
    return tuple(days)


def due_dates(batteries: pl.DataFrame, points: pl.DataFrame, *, on: date) -> pl.DataFrame:
    """Until when each battery must be fetched, by the law's storage period and by the point's storage limit.

    The oldest batteries of a point leave first. A battery is due on the last day before the mass that stays, with
    the usual daily inflow added, would pass the point's limit.

    Parameters
    ----------
    batteries
        ``row, point_id, mass_kg`` (all units of the row), ``returned_on`` (null counts as the oldest), ``max_days``
        (longest storage the law allows [days], null for none) and ``can_leave`` (false for a battery that is held:
        it fills the store but no tour can help).
    points
        ``point_id, storage_limit_kg, expected_kg_per_year``; null for not known.
    on
        Day on which the stock was listed.

    Returns
    -------
    pl.DataFrame
        ``row, due_on`` (null for no deadline), ``due_why`` (storage_period, storage_limit or null), in the order of
        ``batteries``. A deadline that has passed keeps its date.
    """
    oldest_first = batteries.with_columns(pl.col("returned_on").fill_null(date.min)).sort(
        "returned_on", "row"
    )
    store = oldest_first.join(
        points.select("point_id", "storage_limit_kg", "expected_kg_per_year"), on="point_id", how="left"
    ).with_columns(
        pl.col("mass_kg").sum().over("point_id").alias("stock_kg"),
        (pl.col("mass_kg") * pl.col("can_leave")).cum_sum().over("point_id").alias("gone_kg"),
        (pl.col("expected_kg_per_year").fill_null(0.0) / 365.25).alias("inflow_kg_per_day"),
    )
    room = pl.col("storage_limit_kg") - pl.col("stock_kg") + pl.col("gone_kg") - pl.col("mass_kg")
    # A store that is over its limit already should have been emptied by yesterday.
    days_left = (
        pl.when(room < 0)
        .then(-1.0)
        .when(pl.col("inflow_kg_per_day") > 0)
        .then(room / pl.col("inflow_kg_per_day"))
    )
    by_limit = (
        pl.when(days_left < _FAR_DAYS).then(pl.lit(on) + pl.duration(days=days_left.floor().cast(pl.Int64)))
    ).cast(pl.Date)
    by_law = pl.when(pl.col("returned_on") > date.min).then(
        pl.col("returned_on") + pl.duration(days=pl.col("max_days").cast(pl.Int64))
    )
    due = store.with_columns(by_limit.alias("limit_on"), by_law.cast(pl.Date).alias("law_on")).with_columns(
        pl.when(pl.col("can_leave")).then(pl.min_horizontal("limit_on", "law_on")).alias("due_on")
    )
    due = due.with_columns(
        pl.when(pl.col("due_on").is_null())
        .then(None)
        .when(pl.col("due_on") == pl.col("law_on"))
        .then(pl.lit("storage_period"))
        .otherwise(pl.lit("storage_limit"))
        .alias("due_why")
    )
    return batteries.select("row").join(due.select("row", "due_on", "due_why"), on="row", how="left")
