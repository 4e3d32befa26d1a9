"""Keeping the usual weekday and driver: what another one weighs, and the share of visits that keep them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltloop.collection.model import Driver, Problem
from voltloop.collection.schedule import Tour

__all__ = ["consistency_totals", "driver_costs", "weekday_costs"]


def weekday_costs(problem: Problem, tours: Sequence[Tour]) -> NDArray[np.float64]:
    """Weigh each tour on each planning day by its visits on another weekday than the usual one.

    Returns
    -------
    numpy.ndarray
        (T, D) in EUR, not negative; 0 for stops without a usual weekday.
    """
    costs = np.zeros((len(tours), problem.horizon))
    if problem.consistency.weekday_eur == 0:
        return costs
    weekdays = np.array([day.isoweekday() for day in problem.days])
    for row, tour in enumerate(tours):
        usual = [problem.stop_list[stop].usual_weekday for stop in tour.stops]
        for weekday in usual:
            if weekday is not None:
                costs[row] += weekdays != weekday
    return problem.consistency.weekday_eur * costs


def driver_costs(problem: Problem, tours: Sequence[Tour], drivers: Sequence[Driver]) -> NDArray[np.float64]:
    """Weigh each driver on each tour by the visits that another driver is used to.

    Returns
    -------
    numpy.ndarray
        (T, len(drivers)) in EUR, not negative; 0 for stops without a usual driver. Certificates are not
        looked at.
    """
    costs = np.zeros((len(tours), len(drivers)))
    if problem.consistency.driver_eur == 0:
        return costs
    column = {driver.driver_id: number for number, driver in enumerate(drivers)}
    for row, tour in enumerate(tours):
        for stop in tour.stops:
            usual = problem.stop_list[stop].usual_driver
            if usual is None:
                continue
            costs[row] += 1
            if usual in column:
                costs[row, column[usual]] -= 1
    return problem.consistency.driver_eur * costs


def consistency_totals(problem: Problem, tours: pl.DataFrame, stops: pl.DataFrame) -> dict[str, float]:
    """How well a plan keeps what the points are used to.

    Parameters
    ----------
    tours, stops
        Tables of a :class:`~voltloop.collection.plan.Plan`.

    Returns
    -------
    dict
        ``consistency_eur``: what the visits on another weekday or by another driver weigh together [EUR];
        ``weekday_kept`` and ``driver_kept``: share, 0 to 1, of the visits served that have a usual weekday or
        driver and keep it. A share stands there only when some visit has one.
    """
    usual = pl.DataFrame(
        [(stop.pickup_id, stop.usual_weekday, stop.usual_driver) for stop in problem.stop_list],
        schema={"pickup_id": pl.String, "usual_weekday": pl.Int64, "usual_driver": pl.String},
        orient="row",
    )
    visits = stops.select("tour_id", "pickup_id").join(usual, on="pickup_id", how="inner")
    visits = visits.join(tours.select("tour_id", "day", "driver_id"), on="tour_id", how="inner")
    totals = {"consistency_eur": 0.0}
    for name, usual_of, actual, weight in (
        ("weekday_kept", "usual_weekday", pl.col("day").dt.weekday().cast(pl.Int64), problem.consistency.weekday_eur),
        ("driver_kept", "usual_driver", pl.col("driver_id"), problem.consistency.driver_eur),
    ):  # fmt: skip
        asked = visits.filter(pl.col(usual_of).is_not_null())
        kept = asked.filter(pl.col(usual_of).eq_missing(actual)).height
        totals["consistency_eur"] += weight * (asked.height - kept)
        if asked.height:
            totals[name] = kept / asked.height
    return totals
