"""The plan that comes out: tours, stops, breaks and what is not served, as tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from voltloop.collection.crews import name_drivers
from voltloop.collection.loads import Load, aboard
from voltloop.collection.model import Problem
from voltloop.collection.schedule import Tour, places

__all__ = [
    "BREAK_COLUMNS",
    "RELOAD_COLUMNS",
    "TOUR_COLUMNS",
    "TOUR_STOP_COLUMNS",
    "UNSERVED_COLUMNS",
    "Name",
    "Plan",
    "Tables",
    "clock",
    "tabulate",
]

TOUR_COLUMNS: Final[dict[str, pl.DataType]] = {
    "tour_id": pl.String(),
    "day": pl.Date(),
    "day_no": pl.Int64(),
    "depot_id": pl.String(),
    "end_depot_id": pl.String(),
    "vehicle_type": pl.String(),
    "vehicle_name": pl.String(),
    "vehicle_no": pl.Int64(),
    "driver_id": pl.String(),
    "needs_adr": pl.Boolean(),
    "road_profile": pl.String(),
    "starts_s": pl.Int64(),
    "ends_s": pl.Int64(),
    "starts_at": pl.String(),
    "ends_at": pl.String(),
    "stop_count": pl.Int64(),
    "reload_count": pl.Int64(),
    "km": pl.Float64(),
    "driving_h": pl.Float64(),
    "duty_h": pl.Float64(),
    "break_h": pl.Float64(),
    "mass_kg": pl.Float64(),
    "positions": pl.Float64(),
    "volume_m3": pl.Float64(),
    "points": pl.Float64(),
    "boxes": pl.Int64(),
    "cost_eur": pl.Float64(),
    "co2e_kg": pl.Float64(),
    "objective_eur": pl.Float64(),
}
"""Columns of the table of tours.

``starts_at`` and ``ends_at`` are local times as HH:MM; ``_s`` seconds of the day. ``mass_kg`` is what is fetched in
all; ``positions``, ``volume_m3``, ``points`` and ``boxes`` are the most aboard at a time. ``road_profile`` names the
roads it drives on.
"""

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
    "drop_mass_kg": pl.Float64(),
    "mass_after_kg": pl.Float64(),
    "positions_after": pl.Float64(),
    "volume_after_m3": pl.Float64(),
    "points_after": pl.Float64(),
    "boxes_after": pl.Int64(),
}
"""Columns of the table of visits to stops.

``seq`` is the place in the order of all visits of the tour, those to hubs included, from 1. ``begins`` is when loading
starts. ``mass_kg`` is loaded, ``drop_mass_kg`` delivered; ``_after`` is aboard when leaving, with what is still to be
delivered on the trip.
"""

RELOAD_COLUMNS: Final[dict[str, pl.DataType]] = {
    "tour_id": pl.String(),
    "seq": pl.Int64(),
    "hub_id": pl.String(),
    "arrives_s": pl.Int64(),
    "departs_s": pl.Int64(),
    "arrives": pl.String(),
    "departs": pl.String(),
    "leg_km": pl.Float64(),
    "mass_kg": pl.Float64(),
}
"""Columns of the table of visits to hubs on the way, where ``mass_kg`` is unloaded; ``seq`` as for the stops."""

BREAK_COLUMNS: Final[dict[str, pl.DataType]] = {
    "tour_id": pl.String(),
    "leg": pl.Int64(),
    "after_s": pl.Int64(),
    "break_s": pl.Int64(),
}
"""Columns of the table of breaks: taken on leg ``leg`` (1 = depot to the first visit) after ``after_s`` of driving."""

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
    tours, stops, breaks, unserved, reloads
        Tables with :data:`TOUR_COLUMNS`, :data:`TOUR_STOP_COLUMNS`, :data:`BREAK_COLUMNS`,
        :data:`UNSERVED_COLUMNS`, :data:`RELOAD_COLUMNS`.
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
    reloads: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RELOAD_COLUMNS))

    def served(self, problem: Problem) -> list[int]:
        """Positions in the problem's table of stops that this plan serves."""
        done = set(self.stops["pickup_id"])
        return [index for index, stop in enumerate(problem.stop_list) if stop.pickup_id in done]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the search stands: wall time [s], parts done and known so far, objective of the best full plan [EUR].

    No plan has a lower objective than ``bound_eur``; 0 as long as nothing is known.
    """

    seconds: float
    parts_done: int
    parts: int
    objective_eur: float
    bound_eur: float = 0.0


def clock(seconds: int) -> str:
    """Write a time of day as HH:MM, rounded down.

    Examples
    --------
    >>> clock(29_100)
    '08:05'
    """
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"


class Tables(NamedTuple):
    """Tables of tours, visits to stops, breaks and visits to hubs."""

    tours: pl.DataFrame
    stops: pl.DataFrame
    breaks: pl.DataFrame
    reloads: pl.DataFrame


class Name(NamedTuple):
    """What a tour that stands fast is called, who drives it, and the number of its vehicle of its type and day."""

    tour_id: str
    driver_id: str | None
    vehicle_no: int


def tabulate(
    problem: Problem, planned: Sequence[tuple[Tour, int]], names: Mapping[int, Name] | None = None
) -> Tables:
    """Tables for tours with their planning day (from 1).

    Vehicles are numbered per depot, type and day; drivers are named by
    :func:`~voltloop.collection.crews.name_drivers`. Tours beyond the number of drivers get none (the checker
    reports it).

    Parameters
    ----------
    names
        What stands fast already, by position in ``planned``.
    """
    given = {id(planned[index][0]): name for index, name in (names or {}).items()}
    order = sorted(
        planned,
        key=lambda entry: (entry[1], problem.fleet[entry[0].kind].depot_id, entry[0].kind, entry[0].timetable.starts_s,
                           entry[0].stops),
    )  # fmt: skip
    held = {index: given[id(tour)] for index, (tour, _) in enumerate(order) if id(tour) in given}
    drivers = name_drivers(
        problem, order, {index: name.driver_id for index, name in held.items() if name.driver_id is not None}
    )
    taken_ids = {name.tour_id for name in held.values()}
    taken_numbers = {(order[index][0].kind, order[index][1], name.vehicle_no) for index, name in held.items()}
    ids = (f"T{number:04d}" for number in count(1) if f"T{number:04d}" not in taken_ids)
    tours: list[dict[str, object]] = []
    visits: list[dict[str, object]] = []
    breaks: list[dict[str, object]] = []
    reloads: list[dict[str, object]] = []
    numbers: dict[tuple[int, int], int] = defaultdict(int)
    for index, (tour, day) in enumerate(order):
        if index in held:
            tour_id, _, number = held[index]
        else:
            number = numbers[tour.kind, day] + 1
            while (tour.kind, day, number) in taken_numbers:
                number += 1
            tour_id, numbers[tour.kind, day] = next(ids), number
        legs = aboard(problem, tour.visits)
        tours.append(_tour_row(problem, tour_id, tour, day, number, drivers[index], legs))
        for row in _visit_rows(problem, tour_id, tour, legs):
            (reloads if "hub_id" in row else visits).append(row)
        breaks.extend(
            {"tour_id": tour_id, "leg": rest.leg + 1, "after_s": rest.after_s, "break_s": rest.break_s}
            for rest in tour.timetable.breaks
        )
    return Tables(
        pl.DataFrame(tours, schema=TOUR_COLUMNS),
        pl.DataFrame(visits, schema=TOUR_STOP_COLUMNS),
        pl.DataFrame(breaks, schema=BREAK_COLUMNS),
        pl.DataFrame(reloads, schema=RELOAD_COLUMNS),
    )


def _tour_row(
    problem: Problem,
    tour_id: str,
    tour: Tour,
    day: int,
    number: int,
    driver: str | None,
    legs: Sequence[Load],
) -> dict[str, object]:
    kind, table = problem.fleet[tour.kind], tour.timetable
    return {
        "tour_id": tour_id,
        "day": problem.days[day - 1],
        "day_no": day,
        "depot_id": kind.depot_id,
        "end_depot_id": kind.ends_at,
        "vehicle_type": kind.vehicle_type,
        "vehicle_name": kind.name,
        "vehicle_no": number,
        "driver_id": driver,
        "needs_adr": tour.needs_adr,
        "road_profile": tour.road_profile,
        "starts_s": table.starts_s,
        "ends_s": table.ends_s,
        "starts_at": clock(table.starts_s),
        "ends_at": clock(table.ends_s),
        "stop_count": len(tour.stops),
        "reload_count": len(tour.visits) - len(tour.stops),
        "km": tour.km,
        "driving_h": table.driving_s / 3600.0,
        "duty_h": table.duty_s / 3600.0,
        "break_h": sum(rest.break_s for rest in table.breaks) / 3600.0,
        "mass_kg": sum(problem.stop_list[stop].mass_kg for stop in tour.stops),
        "positions": max(load.floor_positions for load in legs),
        "volume_m3": max(load.volume_m3 for load in legs),
        "points": max(load.points for load in legs),
        "boxes": max(load.boxes for load in legs),
        "cost_eur": tour.cost_eur,
        "co2e_kg": tour.co2e_kg,
        "objective_eur": tour.objective_eur,
    }


def _visit_rows(
    problem: Problem, tour_id: str, tour: Tour, legs: Sequence[Load]
) -> Iterator[dict[str, object]]:
    kind, table = problem.fleet[tour.kind], tour.timetable
    route = np.array(places(problem, kind, tour.visits))
    ways = problem.roads[tour.road_profile].km_of(route[:-1], route[1:]).tolist()
    for position, visit in enumerate(tour.visits):
        row: dict[str, object] = {
            "tour_id": tour_id,
            "seq": position + 1,
            "arrives_s": table.arrives_s[position],
            "departs_s": table.departs_s[position],
            "arrives": clock(table.arrives_s[position]),
            "departs": clock(table.departs_s[position]),
            "leg_km": ways[position],
        }
        if visit < 0:
            yield {**row, "hub_id": kind.reload_at[-1 - visit], "mass_kg": legs[position].mass_kg}
            continue
        entry, after = problem.stop_list[visit], legs[position + 1]
        yield {
            **row,
            "pickup_id": entry.pickup_id,
            "point_id": entry.point_id,
            "begins_s": table.begins_s[position],
            "begins": clock(table.begins_s[position]),
            "mass_kg": entry.mass_kg,
            "drop_mass_kg": entry.drop_mass_kg,
            "mass_after_kg": after.mass_kg,
            "positions_after": after.floor_positions,
            "volume_after_m3": after.volume_m3,
            "points_after": after.points,
            "boxes_after": after.boxes,
        }
