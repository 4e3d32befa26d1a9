"""The plan that comes out: tours, stops, breaks and what is not served, as tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from voltloop.collection.model import Driver, Problem
from voltloop.collection.schedule import Tour, loads

__all__ = [
    "BREAK_COLUMNS",
    "TOUR_COLUMNS",
    "TOUR_STOP_COLUMNS",
    "UNSERVED_COLUMNS",
    "Plan",
    "clock",
    "tabulate",
]

TOUR_COLUMNS: Final[dict[str, pl.DataType]] = {
    "tour_id": pl.String(),
    "day": pl.Date(),
    "day_no": pl.Int64(),
    "depot_id": pl.String(),
    "vehicle_type": pl.String(),
    "vehicle_name": pl.String(),
    "vehicle_no": pl.Int64(),
    "driver_id": pl.String(),
    "needs_adr": pl.Boolean(),
    "starts_s": pl.Int64(),
    "ends_s": pl.Int64(),
    "starts_at": pl.String(),
    "ends_at": pl.String(),
    "stop_count": pl.Int64(),
    "km": pl.Float64(),
    "driving_h": pl.Float64(),
    "duty_h": pl.Float64(),
    "break_h": pl.Float64(),
    "mass_kg": pl.Float64(),
    "positions": pl.Float64(),
    "points": pl.Float64(),
    "boxes": pl.Int64(),
    "cost_eur": pl.Float64(),
    "co2e_kg": pl.Float64(),
    "objective_eur": pl.Float64(),
}
"""Columns of the table of tours. ``starts_at`` and ``ends_at`` are local times as HH:MM; ``_s`` seconds of the day."""

TOUR_STOP_COLUMNS: Final[dict[str, pl.DataType]] = {
    "tour_id": pl.String(),
    "seq": pl.Int64(),
    "pickup_id": pl.String(),
    "point_id": pl.String(),
    "arrives_s": pl.Int64(),
    "begins_s": pl.Int64(),
    "departs_s": pl.Int64(),
    "arrives": pl.String(),
    "begins": pl.String(),
    "departs": pl.String(),
    "leg_km": pl.Float64(),
    "mass_kg": pl.Float64(),
    "mass_after_kg": pl.Float64(),
    "positions_after": pl.Float64(),
    "points_after": pl.Float64(),
    "boxes_after": pl.Int64(),
}
"""Columns of the table of visits, in order of visit from ``seq`` 1; ``begins`` is when loading starts."""

BREAK_COLUMNS: Final[dict[str, pl.DataType]] = {
    "tour_id": pl.String(),
    "leg": pl.Int64(),
    "after_s": pl.Int64(),
    "break_s": pl.Int64(),
}
"""Columns of the table of breaks: taken on leg ``leg`` (1 = depot to the first stop) after ``after_s`` of driving."""

UNSERVED_COLUMNS: Final[dict[str, pl.DataType]] = {
    "pickup_id": pl.String(),
    "point_id": pl.String(),
    "outcome": pl.String(),
    "code": pl.String(),
    "words": pl.String(),
    "next_due": pl.Date(),
    "prize_eur": pl.Float64(),
    "marginal_cost_eur": pl.Float64(),
}
"""Columns of the table of stops without a tour.

``outcome`` is ``held`` (should be fetched now, or can never be fetched) or ``deferred`` (may wait, and does).
``marginal_cost_eur`` is what serving it in this plan would add, null when that is not possible.
"""


@dataclass(frozen=True)
class Plan:
    """Tours for the planning days, and the reason for every stop that has none.

    Attributes
    ----------
    tours, stops, breaks, unserved
        Tables with :data:`TOUR_COLUMNS`, :data:`TOUR_STOP_COLUMNS`, :data:`BREAK_COLUMNS`,
        :data:`UNSERVED_COLUMNS`.
    totals
        Sums: ``tours``, ``served``, ``deferred``, ``held``, ``km``, ``driving_h``, ``duty_h``, ``mass_kg``,
        ``cost_eur``, ``co2e_kg``, ``tour_objective_eur`` (money plus priced carbon) and ``objective_eur`` (with
        the prizes and penalties of what is left out although it could be served).
    bound_eur
        No plan has a lower ``objective_eur`` than this.
    gap
        Share of the objective above the bound, 0 to 1; None when the objective is 0.
    is_proven
        Whether the plan is a proven optimum.
    iterations
        Iterations by part. Given back to :func:`~voltloop.collection.solve` as ``max_iterations`` together with
        the seed, they reproduce the plan exactly.
    stopped_by
        What ended the search of the parts, as a count by reason.
    seconds, first_plan_s
        Wall time in all, and until the first complete plan.
    seed, solver
        What the search ran with.
    """

    tours: pl.DataFrame
    stops: pl.DataFrame
    breaks: pl.DataFrame
    unserved: pl.DataFrame
    totals: Mapping[str, float]
    bound_eur: float
    gap: float | None
    is_proven: bool
    iterations: Mapping[str, int]
    stopped_by: Mapping[str, int]
    seconds: float
    first_plan_s: float
    seed: int
    solver: str

    def served(self, problem: Problem) -> list[int]:
        """Positions in the problem's table of stops that this plan serves."""
        done = set(self.stops["pickup_id"])
        return [index for index, stop in enumerate(problem.stop_list) if stop.pickup_id in done]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the search stands: wall time [s], parts done and known so far, objective of the best full plan [EUR]."""

    seconds: float
    parts_done: int
    parts: int
    objective_eur: float


def clock(seconds: int) -> str:
    """Write a time of day as HH:MM, rounded down.

    Examples
    --------
    >>> clock(29_100)
    '08:05'
    """
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"


def tabulate(
    problem: Problem, planned: Sequence[tuple[Tour, int]]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Tables of tours, visits and breaks for tours with their planning day (from 1).

    Vehicles are numbered per depot, type and day; drivers are named by id, those without a certificate first
    for tours that need none. Tours beyond the number of drivers get none (the checker reports it).
    """
    order = sorted(
        planned,
        key=lambda entry: (entry[1], problem.fleet[entry[0].kind].depot_id, entry[0].kind, entry[0].timetable.starts_s,
                           entry[0].stops),
    )  # fmt: skip
    drivers = _name_drivers(problem, order)
    tours: list[dict[str, object]] = []
    visits: list[dict[str, object]] = []
    breaks: list[dict[str, object]] = []
    numbers: dict[tuple[int, int], int] = defaultdict(int)
    for index, (tour, day) in enumerate(order):
        numbers[tour.kind, day] += 1
        tour_id = f"T{index + 1:04d}"
        tours.append(_tour_row(problem, tour_id, tour, day, numbers[tour.kind, day], drivers[index]))
        visits.extend(_visit_rows(problem, tour_id, tour))
        breaks.extend(
            {"tour_id": tour_id, "leg": rest.leg + 1, "after_s": rest.after_s, "break_s": rest.break_s}
            for rest in tour.timetable.breaks
        )
    return (
        pl.DataFrame(tours, schema=TOUR_COLUMNS),
        pl.DataFrame(visits, schema=TOUR_STOP_COLUMNS),
        pl.DataFrame(breaks, schema=BREAK_COLUMNS),
    )


def _name_drivers(problem: Problem, order: Sequence[tuple[Tour, int]]) -> list[str | None]:
    free: dict[tuple[str, int], list[Driver]] = {}
    named: list[str | None] = [None] * len(order)
    for index in sorted(range(len(order)), key=lambda i: not order[i][0].needs_adr):
        tour, day = order[index]
        key = (problem.fleet[tour.kind].depot_id, day)
        if key not in free:
            here = [driver for driver in problem.drivers if driver.depot_id == key[0]]
            free[key] = sorted(
                here, key=lambda driver: (driver.is_certified(problem.days[day - 1]), driver.driver_id)
            )
        fit = [
            driver for driver in free[key] if not tour.needs_adr or driver.is_certified(problem.days[day - 1])
        ]
        if fit:
            named[index] = fit[0].driver_id
            free[key].remove(fit[0])
    return named


def _tour_row(
    problem: Problem, tour_id: str, tour: Tour, day: int, number: int, driver: str | None
) -> dict[str, object]:
    kind, table = problem.fleet[tour.kind], tour.timetable
    mass, floor, points, boxes = loads(problem, tour.stops)
    return {
        "tour_id": tour_id,
        "day": problem.days[day - 1],
        "day_no": day,
        "depot_id": kind.depot_id,
        "vehicle_type": kind.vehicle_type,
        "vehicle_name": kind.name,
        "vehicle_no": number,
        "driver_id": driver,
        "needs_adr": tour.needs_adr,
        "starts_s": table.starts_s,
        "ends_s": table.ends_s,
        "starts_at": clock(table.starts_s),
        "ends_at": clock(table.ends_s),
        "stop_count": len(tour.stops),
        "km": tour.km,
        "driving_h": table.driving_s / 3600.0,
        "duty_h": table.duty_s / 3600.0,
        "break_h": sum(rest.break_s for rest in table.breaks) / 3600.0,
        "mass_kg": mass,
        "positions": floor,
        "points": points,
        "boxes": boxes,
        "cost_eur": tour.cost_eur,
        "co2e_kg": tour.co2e_kg,
        "objective_eur": tour.objective_eur,
    }


def _visit_rows(problem: Problem, tour_id: str, tour: Tour) -> list[dict[str, object]]:
    kind, table = problem.fleet[tour.kind], tour.timetable
    km = problem.roads[kind.profile].km
    place = problem.depots[kind.depot_id]
    rows: list[dict[str, object]] = []
    for position, stop in enumerate(tour.stops):
        entry = problem.stop_list[stop]
        mass, floor, points, boxes = loads(problem, tour.stops[: position + 1])
        rows.append(
            {
                "tour_id": tour_id,
                "seq": position + 1,
                "pickup_id": entry.pickup_id,
                "point_id": entry.point_id,
                "arrives_s": table.arrives_s[position],
                "begins_s": table.begins_s[position],
                "departs_s": table.departs_s[position],
                "arrives": clock(table.arrives_s[position]),
                "begins": clock(table.begins_s[position]),
                "departs": clock(table.departs_s[position]),
                "leg_km": float(km[place, entry.place]),
                "mass_kg": entry.mass_kg,
                "mass_after_kg": mass,
                "positions_after": floor,
                "points_after": points,
                "boxes_after": boxes,
            }
        )
        place = entry.place
    return rows
