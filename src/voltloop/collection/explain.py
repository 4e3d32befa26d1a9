"""Why a stop is not served: the binding rule in words, and what serving it would cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from voltloop.collection.model import Problem, VehicleKind
from voltloop.collection.parts import usable_depots
from voltloop.collection.plan import clock
from voltloop.collection.schedule import Tour, first_fault, plan_tour
from voltloop.findings import Finding, make

__all__ = ["Usage", "best_insertion", "explain", "impossible"]

# From the rule that is checked first to the one checked last: a vehicle that fails late is nearest to serving.
_RANK = (
    "too-heavy",
    "too-much-floor",
    "too-many-boxes",
    "needs-lift",
    "needs-adr-vehicle",
    "no-certified-driver",
    "unreachable",
    "too-far",
    "window-impossible",
    "shift-too-short",
)


class Usage:
    """Which vehicles and drivers the chosen tours take on which day."""

    def __init__(self, problem: Problem, planned: Sequence[tuple[Tour, int]]) -> None:
        self._problem = problem
        self.vehicles: Counter[tuple[int, int]] = Counter()
        self.drivers: Counter[tuple[str, int]] = Counter()
        self.certified: Counter[tuple[str, int]] = Counter()
        for tour, day in planned:
            self.add(tour, day)

    def add(self, tour: Tour, day: int) -> None:
        """Count one more tour."""
        depot = self._problem.fleet[tour.kind].depot_id
        self.vehicles[tour.kind, day] += 1
        self.drivers[depot, day] += 1
        self.certified[depot, day] += tour.needs_adr

    def lack(self, kind: int, day: int, *, needs_adr: bool) -> str | None:
        """Name what is missing for one more tour on a day: ``vehicle``, ``driver``, ``certified-driver`` or None."""
        entry = self._problem.fleet[kind]
        drivers, certified = self._problem.crews[entry.depot_id][day - 1]
        if self.vehicles[kind, day] >= entry.count:
            return "vehicle"
        if self.drivers[entry.depot_id, day] >= drivers:
            return "driver"
        if needs_adr and self.certified[entry.depot_id, day] >= certified:
            return "certified-driver"
        return None


def impossible(problem: Problem, stop: int) -> Finding | None:
    """Name the rule that keeps every vehicle from serving a stop even alone; None when some vehicle could.

    Of the rules that bind for the single vehicles, the one is named that the best placed vehicle fails.
    """
    entry = problem.stop_list[stop]
    where = f"Pick-up {entry.pickup_id}"
    depots = usable_depots(problem, stop)
    if not depots:
        return make("tour-no-depot", where=where, depots=", ".join(entry.depots) or "none given")
    failed: list[tuple[int, VehicleKind]] = []
    for index, kind in enumerate(problem.fleet):
        if kind.depot_id not in depots or kind.count == 0:
            continue
        code = _fault(problem, index, stop)
        if code is None:
            return None
        failed.append((_RANK.index(code), kind))
    rank = max(rank for rank, _ in failed)
    kinds = [kind for fault, kind in failed if fault == rank]
    return _finding(problem, stop, _RANK[rank], kinds)


def _fault(problem: Problem, index: int, stop: int) -> str | None:
    kind = problem.fleet[index]
    fault = first_fault(problem, kind, [stop])
    if fault is not None:
        return fault
    tour = plan_tour(problem, index, [stop])
    if tour is not None:
        last = problem.last_day(stop)
        crews = problem.crews[kind.depot_id][:last]
        able = any(certified if tour.needs_adr else drivers for drivers, certified in crews)
        return None if able else "no-certified-driver"
    return _time_fault(problem, kind, stop)


def _time_fault(problem: Problem, kind: VehicleKind, stop: int) -> str:
    entry = problem.stop_list[stop]
    roads, home = problem.roads[kind.profile], problem.depots[kind.depot_id]
    there, back = int(roads.drive_s[home, entry.place]), int(roads.drive_s[entry.place, home])
    if min(there, back) < 0:
        return "unreachable"
    if there + back > min(kind.max_driving_s, problem.rules.max_driving_s):
        return "too-far"
    arrives = kind.shift_start_s + there
    must_wait = entry.open_s > arrives
    is_late = max(arrives, entry.open_s) + problem.service_s(stop, kind) + back > kind.shift_end_s
    if arrives > entry.close_s or entry.close_s < entry.open_s or (must_wait and is_late):
        return "window-impossible"
    return "shift-too-short"


def _finding(problem: Problem, stop: int, code: str, kinds: list[VehicleKind]) -> Finding:
    entry = problem.stop_list[stop]
    depot = " or ".join(sorted({kind.depot_id for kind in kinds}))
    relief = f"{problem.relief_points:g}"
    farthest = problem.roads[kinds[0].profile]
    home = problem.depots[kinds[0].depot_id]
    both = (farthest.drive_s[home, entry.place] + farthest.drive_s[entry.place, home]) / 3600.0
    words: dict[str, tuple[Any, Any]] = {
        "too-heavy": (f"{entry.mass_kg:g}", f"{max(kind.payload_kg for kind in kinds):g}"),
        "too-much-floor": (f"{entry.floor_positions:g}", f"{max(kind.floor_positions for kind in kinds):g}"),
        "too-many-boxes": (entry.boxes, max(kind.critical_boxes for kind in kinds)),
        "needs-adr-vehicle": (f"{entry.points:g}", relief),
        "no-certified-driver": (f"{entry.points:g}", relief),
        "too-far": (f"{both:.1f}", f"{min(kinds[0].max_driving_s, problem.rules.max_driving_s) / 3600:g}"),
        "window-impossible": (clock(entry.open_s), clock(max(entry.close_s, 0))),
        "shift-too-short": (None, f"{max(_shift_h(problem, kind) for kind in kinds):g}"),
    }
    value, limit = words.get(code, (None, None))
    return make(
        f"tour-{code}", where=f"Pick-up {entry.pickup_id}", field="", value=value, limit=limit, depot=depot
    )


def _shift_h(problem: Problem, kind: VehicleKind) -> float:
    return min(kind.max_duty_s, problem.rules.max_duty_s, kind.shift_end_s - kind.shift_start_s) / 3600.0


def best_insertion(
    problem: Problem, stop: int, planned: Sequence[tuple[Tour, int]], usage: Usage
) -> tuple[float, int | None, Tour, int] | None:
    """Find the cheapest legal way to add a stop to a plan.

    Returns
    -------
    tuple or None
        Added objective [EUR], the tour it joins (None: a tour of its own), the new tour and its planning day;
        None when there is no legal way.
    """
    entry = problem.stop_list[stop]
    options: list[tuple[float, int | None, Tour, int]] = []
    best = np.inf
    for least, index, place in _places_to_join(problem, stop, planned):
        if least >= best:
            break
        tour, day = planned[index]
        depot = problem.fleet[tour.kind].depot_id
        longer = plan_tour(problem, tour.kind, (*tour.stops[:place], stop, *tour.stops[place:]))
        if longer is None:
            continue
        if (
            longer.needs_adr
            and not tour.needs_adr
            and usage.certified[depot, day] >= problem.crews[depot][day - 1][1]
        ):
            continue
        options.append((longer.objective_eur - tour.objective_eur, index, longer, day))
        best = min(best, options[-1][0])
    for index, kind in enumerate(problem.fleet):
        if kind.depot_id not in entry.depots or kind.count == 0:
            continue
        alone = plan_tour(problem, index, [stop])
        if alone is None:
            continue
        for day in range(1, problem.last_day(stop) + 1):
            if usage.lack(index, day, needs_adr=alone.needs_adr) is None:
                options.append((alone.objective_eur, None, alone, day))
                break
    return min(options, key=lambda option: option[0], default=None)


def _places_to_join(
    problem: Problem, stop: int, planned: Sequence[tuple[Tour, int]]
) -> list[tuple[float, int, int]]:
    """Tours and positions where a stop could be added, cheapest first by the money of the extra kilometres.

    That money is the least that joining there adds wherever a detour does not shorten the day.
    """
    found: list[tuple[float, int, int]] = []
    entry = problem.stop_list[stop]
    for index, (tour, day) in enumerate(planned):
        kind = problem.fleet[tour.kind]
        if day > problem.last_day(stop) or first_fault(problem, kind, (*tour.stops, stop)) is not None:
            continue
        km = problem.roads[kind.profile].km
        home = problem.depots[kind.depot_id]
        route = np.array([home, *(problem.stop_list[other].place for other in tour.stops), home])
        extra = km[route[:-1], entry.place] + km[entry.place, route[1:]] - km[route[:-1], route[1:]]
        per_km = problem.objective_per_km(kind)
        found.extend(
            (float(more) * per_km, index, place) for place, more in enumerate(extra) if np.isfinite(more)
        )
    return sorted(found)


def explain(
    problem: Problem, stop: int, planned: Sequence[tuple[Tour, int]], usage: Usage
) -> tuple[Finding, float | None]:
    """Why a stop that could be served alone is not in the plan, and what serving it would add [EUR]."""
    entry = problem.stop_list[stop]
    where = f"Pick-up {entry.pickup_id}"
    option = best_insertion(problem, stop, planned, usage)
    added = None if option is None else option[0]
    due = entry.due_on or problem.days[problem.last_day(stop) - 1]
    following = f"It falls due on {entry.due_on}." if entry.due_on else "It has no deadline."
    if added is not None:
        code = "tour-penalty-too-low" if problem.is_required(stop) else "tour-waits"
        worth = problem.unserved_eur(stop)
        return make(code, where=where, value=f"{added:.2f}", limit=f"{worth:.2f}", next=following), added
    if not problem.is_required(stop):
        return make("tour-waits-for-vehicle", where=where, next=following), None
    lacks: Counter[str] = Counter()
    depots: set[str] = set()
    for index, kind in enumerate(problem.fleet):
        alone = plan_tour(problem, index, [stop]) if kind.count else None
        if alone is None:
            continue
        depots.add(kind.depot_id)
        for day in range(1, problem.last_day(stop) + 1):
            lack = usage.lack(index, day, needs_adr=alone.needs_adr)
            if lack is not None:
                lacks[lack] += 1
    # Name the scarcest resource: when any vehicle stands idle, it is the driver who is missing.
    order: Callable[[str], int] = ("certified-driver", "driver", "vehicle").index
    lack = min(lacks, key=order, default="vehicle")
    code = f"tour-no-{lack}-left"
    return make(code, where=where, due=str(due), depot=" or ".join(sorted(depots))), None
