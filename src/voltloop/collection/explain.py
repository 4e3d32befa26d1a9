"""Why a stop is not served: the binding rule in words, and what serving it would cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from voltloop.collection.loads import Load, aboard, clashing_goods, first_fault, needs_adr, road_profile
from voltloop.collection.model import Problem, VehicleKind
from voltloop.collection.plan import clock
from voltloop.collection.schedule import Tour, places, plan_tour
from voltloop.findings import Finding, make

__all__ = ["Usage", "best_insertion", "explain", "impossible"]

# From the rule that is checked first to the one checked last: a vehicle that fails late is nearest to serving.
_RANK = (
    "depot-not-allowed",
    "wrong-vehicle-type",
    "no-permit",
    "too-heavy",
    "too-much-floor",
    "too-much-volume",
    "too-many-boxes",
    "goods-clash",
    "days-apart",
    "needs-lift",
    "needs-adr-vehicle",
    "closed-to-adr",
    "no-certified-driver",
    "no-trained-driver",
    "unreachable",
    "too-far",
    "release-too-late",
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
    if stop in problem.stop_faults:
        return problem.stop_faults[stop]
    entry = problem.stop_list[stop]
    failed: list[tuple[int, VehicleKind]] = []
    for index, kind in enumerate(problem.fleet):
        manned = any(drivers for drivers, _ in problem.crews[kind.depot_id])
        if kind.count == 0 or not manned:
            continue
        code = _fault(problem, index, stop)
        if code is None:
            return None
        failed.append((_RANK.index(code), kind))
    rank = max((rank for rank, _ in failed), default=0)
    if _RANK[rank] == "depot-not-allowed":
        given = ", ".join(entry.depots) or "none given"
        return make("tour-no-depot", where=f"Pick-up {entry.pickup_id}", depots=given)
    kinds = [kind for fault, kind in failed if fault == rank]
    return _finding(problem, stop, _RANK[rank], kinds)


def _fault(problem: Problem, index: int, stop: int) -> str | None:
    """Code of what keeps a vehicle from serving a stop alone, straight home or over the hub that suits best."""
    hubs = range(len(problem.fleet[index].reload_at)) if problem.fleet[index].max_reloads else ()
    faults = [_fault_of(problem, index, visits) for visits in ((stop,), *((stop, -1 - hub) for hub in hubs))]
    return None if None in faults else max((fault for fault in faults if fault is not None), key=_RANK.index)


def _fault_of(problem: Problem, index: int, visits: tuple[int, ...]) -> str | None:
    kind, entry = problem.fleet[index], problem.stop_list[visits[0]]
    fault = first_fault(problem, kind, visits)
    if fault is not None:
        return fault
    tour = plan_tour(problem, index, visits)
    if tour is None:
        return _time_fault(problem, kind, visits)
    days = problem.days[max(tour.first_day, 1) - 1 : tour.last_day]
    here = [driver for driver in problem.drivers if driver.depot_id == kind.depot_id]
    able = [
        (driver, day) for driver in here for day in days if not tour.needs_adr or driver.is_certified(day)
    ]
    if not able:
        return "no-certified-driver"
    return None if any(driver.holds(entry.training, day) for driver, day in able) else "no-trained-driver"


def _time_fault(problem: Problem, kind: VehicleKind, visits: tuple[int, ...]) -> str:
    stop, entry = visits[0], problem.stop_list[visits[0]]
    there, *rest = _legs(problem, kind, visits)
    back = sum(rest)
    if min(there, *rest) < 0:
        return "unreachable"
    if there + back > min(kind.max_driving_s, problem.rules.max_driving_s):
        return "too-far"
    if entry.release_s + there > min(entry.openings[-1][1], kind.shift_end_s):
        return "release-too-late"
    arrives = max(kind.shift_start_s, entry.release_s) + there
    met = [opens for opens, closes in entry.openings if max(arrives, opens) <= closes]
    must_wait = bool(met) and met[0] > arrives
    is_late = bool(met) and max(arrives, met[0]) + problem.service_s(stop, kind) + back > kind.shift_end_s
    if not met or (must_wait and is_late):
        return "window-impossible"
    return "shift-too-short"


def _legs(problem: Problem, kind: VehicleKind, visits: tuple[int, ...]) -> list[int]:
    """Driving times of a tour [s], on the roads that its goods may take."""
    profile = road_profile(
        problem, kind, visits, needs_adr=needs_adr(problem, visits, aboard(problem, visits))
    )
    route = np.array(places(problem, kind, visits))
    legs: list[int] = problem.roads[profile].drive_s_of(route[:-1], route[1:]).tolist()
    return legs


def _finding(problem: Problem, stop: int, code: str, kinds: list[VehicleKind]) -> Finding:
    entry = problem.stop_list[stop]
    relief = f"{problem.relief_points:g}"
    load = Load(*(max(figures) for figures in zip(*aboard(problem, (stop,)), strict=True)))
    both = sum(_legs(problem, kinds[0], (stop,))) / 3600.0
    lacking = sorted(set(entry.permits) - max((kind.permits for kind in kinds), key=len))
    words: dict[str, tuple[Any, Any]] = {
        "wrong-vehicle-type": (
            ", ".join(entry.vehicle_types),
            ", ".join(sorted({kind.vehicle_type for kind in kinds})),
        ),
        "no-permit": (", ".join(lacking or entry.permits), None),
        "too-heavy": (f"{load.mass_kg:g}", f"{max(kind.payload_kg for kind in kinds):g}"),
        "too-much-floor": (f"{load.floor_positions:g}", f"{max(kind.floor_positions for kind in kinds):g}"),
        "too-much-volume": (f"{load.volume_m3:g}", f"{max(kind.volume_m3 for kind in kinds):g}"),
        "too-many-boxes": (entry.boxes, max(kind.critical_boxes for kind in kinds)),
        "goods-clash": (" and ".join(clashing_goods(problem, entry.goods)), None),
        "days-apart": (entry.first_day, problem.last_day(stop)),
        "needs-adr-vehicle": (f"{entry.points:g}", relief),
        "closed-to-adr": (f"{entry.points:g}", relief),
        "no-certified-driver": (f"{entry.points:g}", relief),
        "no-trained-driver": (", ".join(entry.training), None),
        "too-far": (f"{both:.1f}", f"{min(kinds[0].max_driving_s, problem.rules.max_driving_s) / 3600:g}"),
        "release-too-late": (clock(entry.release_s), clock(entry.openings[-1][1])),
        "window-impossible": (clock(entry.openings[0][0]), clock(max(entry.openings[-1][1], 0))),
        "shift-too-short": (None, f"{max(_shift_h(problem, kind) for kind in kinds):g}"),
    }
    value, limit = words.get(code, (None, None))
    depot = " or ".join(sorted({kind.depot_id for kind in kinds}))
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
        longer = plan_tour(problem, tour.kind, (*tour.visits[:place], stop, *tour.visits[place:]))
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
        alone = plan_tour(problem, index, [stop]) if kind.count else None
        if alone is None:
            continue
        for day in range(max(entry.first_day, 1), problem.last_day(stop) + 1):
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
        if not entry.first_day <= day <= problem.last_day(stop):
            continue
        if (
            len(tour.visits) == len(tour.stops)
            and first_fault(problem, kind, (*tour.stops, stop)) is not None
        ):
            continue
        km_of = problem.roads[kind.profile].km_of
        route = np.array(places(problem, kind, tour.visits))
        extra = km_of(route[:-1], entry.place) + km_of(entry.place, route[1:]) - km_of(route[:-1], route[1:])
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
        for day in range(max(entry.first_day, 1), problem.last_day(stop) + 1):
            lack = usage.lack(index, day, needs_adr=alone.needs_adr)
            if lack is not None:
                lacks[lack] += 1
    # Name the scarcest resource: when any vehicle stands idle, it is the driver who is missing.
    order: Callable[[str], int] = ("certified-driver", "driver", "vehicle").index
    lack = min(lacks, key=order, default="vehicle")
    code = f"tour-no-{lack}-left"
    return make(code, where=where, due=str(due), depot=" or ".join(sorted(depots))), None
