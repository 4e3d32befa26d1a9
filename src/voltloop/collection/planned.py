"""The tours of a finished plan, read back from its tables."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from voltloop.collection.model import Problem
from voltloop.collection.plan import Plan
from voltloop.collection.schedule import Tour, plan_tour

__all__ = ["PlannedTour", "planned_tours"]


@dataclass(frozen=True, slots=True)
class PlannedTour:
    """A tour of a plan: its id, the tour as this problem allows it (None: it does not), and its planning day."""

    tour_id: str
    tour: Tour | None
    day: int


def planned_tours(problem: Problem, plan: Plan) -> list[PlannedTour]:
    """Read the tours of a plan, and make their timetables anew under a problem.

    Parameters
    ----------
    problem
        The problem that the plan was made for, or one like it: stops are known by ``pickup_id``, vehicles by
        depot, type and name, days by number.

    Returns
    -------
    list
        In the order of the table of tours. Stops that the problem does not know are left out of their tours;
        a tour without any stop, vehicle or day left is None.
    """
    stop_of = {stop.pickup_id: index for index, stop in enumerate(problem.stop_list)}
    kind_of = {
        (kind.depot_id, kind.vehicle_type, kind.name): index for index, kind in enumerate(problem.fleet)
    }
    stops: dict[str, list[tuple[int, int]]] = defaultdict(list)
    hubs: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for tour_id, seq, pickup_id in plan.stops.select("tour_id", "seq", "pickup_id").iter_rows():
        if pickup_id in stop_of:
            stops[tour_id].append((seq, stop_of[pickup_id]))
    for tour_id, seq, hub_id in plan.reloads.select("tour_id", "seq", "hub_id").iter_rows():
        hubs[tour_id].append((seq, hub_id))
    found = []
    for row in plan.tours.iter_rows(named=True):
        tour_id, day = row["tour_id"], row["day_no"]
        index = kind_of.get((row["depot_id"], row["vehicle_type"], row["vehicle_name"]))
        tour = None
        if index is not None and stops[tour_id] and 1 <= day <= problem.horizon:
            at = problem.fleet[index].reload_at
            ways = [(seq, -1 - at.index(hub)) for seq, hub in hubs[tour_id] if hub in at]
            tour = plan_tour(problem, index, [visit for _, visit in sorted([*stops[tour_id], *ways])])
        if tour is not None and not tour.first_day <= day <= tour.last_day:
            tour = None
        found.append(PlannedTour(tour_id, tour, day))
    return found
