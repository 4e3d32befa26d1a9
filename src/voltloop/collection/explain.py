"""Why nobody can serve a stop, in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from voltloop.collection.loads import Load, aboard, clashing_goods, first_fault, needs_adr, road_profile
from voltloop.collection.model import Problem, VehicleKind
from voltloop.collection.plan import clock
from voltloop.collection.schedule import places, plan_tour
from voltloop.findings import Finding, make

__all__ = ["impossible"]

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
    faults = []
    for visits in ((stop,), *((stop, -1 - hub) for hub in hubs)):
        fault = _fault_of(problem, index, visits)
        if fault is None:
            return None
        faults.append(fault)
    return max(faults, key=_RANK.index)


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
