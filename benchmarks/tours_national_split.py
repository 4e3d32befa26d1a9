"""The straightforward way to plan a national network: each stop to its nearest depot and a day, PyVRP for each.

A depot's stops are cut by direction into as many sectors as there are days, deadlines kept; PyVRP plans each sector
with the depot's vehicles and everything of the problem that it can model; what it leaves out is tried again on the next
day, if that is not too late. What it cannot model (goods that may not ride together, breaks at their exact place,
limits on driving, drivers one by one) is checked by the exact timetable afterwards, and repaired by leaving stops out.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from voltloop.collection.crews import name_drivers
from voltloop.collection.model import Problem, Stop, VehicleKind
from voltloop.collection.schedule import Tour, plan_tour

if TYPE_CHECKING:
    import pyvrp

__all__ = ["split_plan"]

_MONEY = 100_000
_HUNDREDTH = 100
_PLENTY = 10**9

_PROBLEM: list[Problem] = []


def split_plan(problem: Problem, seconds: float, seed: int, workers: int) -> list[tuple[Tour, int]]:
    """Tours with their days; the time is shared among depots and days by their numbers of stops."""
    started = time.monotonic()
    homes = list(dict.fromkeys(kind.depot_id for kind in problem.fleet))
    members = _nearest(problem, homes)
    _PROBLEM[:] = [problem]
    with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
        left = seconds - (time.monotonic() - started)
        per_stop = 0.9 * left * workers / len(problem.stop_list)
        order = sorted(homes, key=lambda home: -len(members[home]))
        futures = [pool.submit(_depot, home, members[home], per_stop, seed) for home in order]
        return [entry for future in futures for entry in future.result()]


def _nearest(problem: Problem, homes: Sequence[str]) -> dict[str, list[int]]:
    roads = problem.roads["rigid"]
    places = np.array([stop.place for stop in problem.stop_list])
    km = np.column_stack([roads.km_of(problem.depots[home], places) for home in homes])
    may = np.array([[home in stop.depots for home in homes] for stop in problem.stop_list])
    nearest = np.where(may, km, np.inf).argmin(axis=1)
    return {home: np.flatnonzero(nearest == number).tolist() for number, home in enumerate(homes)}


def _depot(home: str, stops: list[int], per_stop: float, seed: int) -> list[tuple[Tour, int]]:
    """All days of one depot, one after another."""
    (problem,) = _PROBLEM
    ends = time.monotonic() + per_stop * len(stops)
    waiting = dict(zip(stops, _days(problem, home, stops), strict=True))
    planned: list[tuple[Tour, int]] = []
    for day in range(1, problem.horizon + 1):
        today = [stop for stop, due in waiting.items() if due == day]
        until = time.monotonic() + (ends - time.monotonic()) / (problem.horizon - day + 1)
        tours = _with_drivers(problem, _search(problem, home, day, today, until, seed), day)
        planned += [(tour, day) for tour in tours]
        served = {stop for tour in tours for stop in tour.stops}
        for stop in today:
            if stop not in served and day < problem.last_day(stop):
                waiting[stop] = day + 1
    return planned


def _days(problem: Problem, home: str, stops: list[int]) -> list[int]:
    """Day of each stop: sectors of equal size around the depot, within the stop's first and last day."""
    roads: Any = problem.roads["rigid"]
    places, here = (
        np.array([problem.stop_list[stop].place for stop in stops], dtype=int),
        problem.depots[home],
    )
    angle = np.arctan2(roads.lat[places] - roads.lat[here], roads.lon[places] - roads.lon[here])
    sector = np.argsort(np.argsort(angle)) * problem.horizon // max(len(stops), 1) + 1
    return [
        min(max(int(day), problem.stop_list[stop].first_day), problem.last_day(stop))
        for day, stop in zip(sector, stops, strict=True)
    ]


def _with_drivers(problem: Problem, tours: list[Tour], day: int) -> list[Tour]:
    named = name_drivers(problem, [(tour, day) for tour in tours])
    return [tour for tour, driver in zip(tours, named, strict=True) if driver is not None]


def _search(problem: Problem, home: str, day: int, stops: list[int], until: float, seed: int) -> list[Tour]:
    import pyvrp
    from pyvrp.exceptions import PenaltyBoundWarning

    if not stops:
        return []
    model = _Model(problem, home, day, stops)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PenaltyBoundWarning)
        found = pyvrp.solve(model.data(), lambda _: time.monotonic() >= until, seed=seed, collect_stats=False)
    if not found.best.is_feasible():
        return []
    repaired = (_repaired(problem, kind, visits) for kind, visits in model.tours(found.best))
    return [tour for tour in repaired if tour is not None]


def _repaired(problem: Problem, kind: int, visits: tuple[int, ...]) -> Tour | None:
    """Leave out stops until a tour is legal: the one worth least that makes it so at once, else the one worth least."""
    while any(visit >= 0 for visit in visits):
        tour = plan_tour(problem, kind, visits)
        if tour is not None:
            return tour
        order = sorted(
            (at for at, visit in enumerate(visits) if visit >= 0),
            key=lambda at: problem.unserved_eur(visits[at]),
        )
        without = [visits[:at] + visits[at + 1 :] for at in order]
        legal = (rest for rest in without if rest and plan_tour(problem, kind, rest) is not None)
        visits = next(legal, without[0])
    return None


@dataclass(frozen=True, slots=True)
class _Use:
    """A vehicle kind on one day, below or above the small-load relief."""

    kind: int
    count: int
    is_adr: bool


class _Model:
    """PyVRP's problem of one depot and day."""

    def __init__(self, problem: Problem, home: str, day: int, stops: list[int]) -> None:
        self._problem, self._stops = problem, stops
        self._entries = [problem.stop_list[stop] for stop in stops]
        self._uses = self._find_uses(home, day)
        kinds = [problem.fleet[use.kind] for use in self._uses]
        self._depots = list(
            dict.fromkeys([home, *(k.ends_at for k in kinds), *(h for k in kinds for h in k.reload_at)])
        )
        # A stop with two openings is two clients, of which at most one is visited.
        self._clients = [
            (index, window) for index, entry in enumerate(self._entries) for window in entry.openings
        ]
        self._places = np.array([
            *(self._place(depot) for depot in self._depots),
            *(self._entries[index].place for index, _ in self._clients),
        ])  # fmt: skip

    def _place(self, depot: str) -> int:
        problem = self._problem
        return problem.depots[depot] if depot in problem.depots else problem.hubs[depot].place

    def _find_uses(self, home: str, day: int) -> list[_Use]:
        """Vehicles of the day: no more than there are drivers, light vans stay at home first."""
        drivers, certified = self._problem.crews[home][day - 1]
        uses = []
        fleet = [(index, kind) for index, kind in enumerate(self._problem.fleet) if kind.depot_id == home]
        for index, kind in sorted(fleet, key=lambda entry: -entry[1].payload_kg):
            adr = min(kind.count, certified) if kind.is_adr_equipped else 0
            plain = min(kind.count - adr, drivers - adr)
            certified, drivers = certified - adr, drivers - adr - plain
            uses += [_Use(index, many, is_adr) for many, is_adr in ((adr, True), (plain, False)) if many > 0]
        return uses

    def data(self) -> pyvrp.ProblemData:
        """Write everything that PyVRP can model."""
        import pyvrp

        problem = self._problem
        groups: dict[int, list[int]] = {}
        for number, (index, _) in enumerate(self._clients):
            groups.setdefault(index, []).append(number)
        several = {index: number for number, index in enumerate(i for i, g in groups.items() if len(g) > 1)}
        clients = []
        for number, (index, (opens, closes)) in enumerate(self._clients):
            entry = self._entries[index]
            clients.append(
                pyvrp.Client(
                    location=len(self._depots) + number,
                    pickup=_loads(entry),
                    delivery=_drops(entry),
                    service_duration=entry.service_s,
                    tw_early=opens,
                    tw_late=closes,
                    release_time=entry.release_s,
                    prize=round(problem.unserved_eur(self._stops[index]) * _MONEY),
                    required=False,
                    group=several.get(index),
                )
            )
        matrices = [self._matrices(use) for use in self._uses]
        return pyvrp.ProblemData(
            [pyvrp.Location(0, 0)] * len(self._places),
            clients,
            [
                pyvrp.Depot(
                    location=at, service_duration=problem.hubs[depot].unload_s if depot in problem.hubs else 0
                )
                for at, depot in enumerate(self._depots)
            ],
            [self._vehicle(number, use) for number, use in enumerate(self._uses)],
            [money for money, _ in matrices],
            [seconds for _, seconds in matrices],
            [pyvrp.ClientGroup(groups[index], required=False) for index in several],
        )

    def _vehicle(self, number: int, use: _Use) -> pyvrp.VehicleType:
        import pyvrp

        kind, rules = self._problem.fleet[use.kind], self._problem.rules
        return pyvrp.VehicleType(
            num_available=use.count,
            capacity=[
                int(kind.payload_kg * _HUNDREDTH), int(kind.floor_positions * _HUNDREDTH),
                int(kind.volume_m3 * _HUNDREDTH), kind.critical_boxes * _HUNDREDTH,
                _PLENTY if use.is_adr else int(self._problem.relief_points * _HUNDREDTH),
            ],
            start_depot=self._depots.index(kind.depot_id),
            end_depot=self._depots.index(kind.ends_at),
            fixed_cost=round(kind.fixed_cost_eur * _MONEY),
            tw_early=kind.shift_start_s,
            tw_late=kind.shift_end_s,
            shift_duration=min(kind.max_duty_s, rules.max_duty_s),
            unit_distance_cost=1,
            unit_duration_cost=round(kind.cost_eur_per_h / 3600.0 * _MONEY),
            profile=number,
            reload_depots=[self._depots.index(hub) for hub in kind.reload_at],
            max_reloads=kind.max_reloads,
        )  # fmt: skip

    def _matrices(self, use: _Use) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Money of each leg and its time with a share for breaks; barred stops are further than any shift lasts."""
        problem, kind = self._problem, self._problem.fleet[use.kind]
        tunnels = problem.tunnel_profiles.get("E", {}) if use.is_adr else {}
        roads = problem.roads[tunnels.get(kind.profile, kind.profile)]
        km = roads.km_of(self._places[:, None], self._places[None, :])
        drive = roads.drive_s_of(self._places[:, None], self._places[None, :]).astype(float)
        closed = ~np.isfinite(km)
        skip = len(self._depots)
        for number, (index, _) in enumerate(self._clients):
            if self._is_barred(self._entries[index], kind, use):
                closed[skip + number, :] = closed[:, skip + number] = True
            elif not kind.has_tail_lift:
                drive[skip + number, :] += (
                    self._entries[index].service_by_hand_s - self._entries[index].service_s
                )
        share = 1.0 + problem.rules.break_s / problem.rules.max_stretch_s
        seconds = np.where(closed, 2 * 86_400, np.ceil(drive * share)).astype(np.int64)
        money = np.where(closed, 10_000.0, np.where(closed, 0.0, km) * problem.objective_per_km(kind))
        found = np.rint(money * _MONEY).astype(np.int64)
        np.fill_diagonal(found, 0)
        np.fill_diagonal(seconds, 0)
        return found, seconds

    def _is_barred(self, entry: Stop, kind: VehicleKind, use: _Use) -> bool:
        return bool(
            (entry.needs_adr and not use.is_adr)
            or (entry.is_closed_to_adr and use.is_adr)
            or (entry.needs_lift and not kind.has_tail_lift)
            or (entry.vehicle_types and kind.vehicle_type not in entry.vehicle_types)
            or not kind.permits.issuperset(entry.permits)
            or kind.ends_at not in entry.depots
        )

    def tours(self, solution: pyvrp.Solution) -> list[tuple[int, tuple[int, ...]]]:
        """Read a solution as fleet kind and visits."""
        found = []
        for route in solution.routes():
            kind = self._uses[route.vehicle_type()].kind
            hubs = self._problem.fleet[kind].reload_at
            visits = tuple(
                self._stops[self._clients[visit.idx][0]]
                if visit.is_client()
                else -1 - hubs.index(self._depots[visit.idx])
                for visit in list(route)[1:-1]
            )
            found.append((kind, visits))
        return found


def _loads(entry: Stop) -> list[int]:
    amounts = (entry.mass_kg, entry.floor_positions, entry.volume_m3, entry.boxes, entry.points)
    return [math.ceil(amount * _HUNDREDTH - 1e-6) for amount in amounts]


def _drops(entry: Stop) -> list[int]:
    amounts = (entry.drop_mass_kg, entry.drop_floor_positions, entry.drop_volume_m3, 0, 0)
    return [math.ceil(amount * _HUNDREDTH - 1e-6) for amount in amounts]
