"""Search tours with PyVRP's iterated local search.

PyVRP calculates in integers: money in 1e-5 EUR, time in seconds, mass and points in hundredths, floor in
thousandths. Its matrix of distances holds the money of each leg, so that any price per kilometre is exact.
What PyVRP does not know (breaks, shared drivers, planning days) is left to the choice among the tours, or, in a
cautious search, approximated so that fewer proposals have to be thrown away.
"""

from __future__ import annotations

import math
import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voltloop.collection.days import DayClass, day_classes
from voltloop.collection.model import Problem, VehicleKind
from voltloop.collection.parts import Effort, Found, Part

if TYPE_CHECKING:
    import pyvrp

__all__ = ["PyvrpSolver"]

_MONEY = 100_000
_HUNDREDTH = 100
_THOUSANDTH = 1_000
_BOX = 10_000
_SAMPLE_EVERY = 40
# Measured on mixed fleets of 50 to 130 stops: fewer perturbations than PyVRP's 25 win at equal time.
_PERTURBED = 10
_NEIGHBOURS = 30
_HISTORY = 200
_MOST_TOURS = 4_000


@dataclass(frozen=True, slots=True)
class PyvrpSolver:
    """The solver that ships with the project: PyVRP 0.14 (hybrid of local search and perturbation)."""

    def tours(self, problem: Problem, part: Part, effort: Effort) -> Found:
        """Candidate tours of one part; repeatable for a seed when iterations stop it."""
        import pyvrp
        from pyvrp.exceptions import PenaltyBoundWarning
        from pyvrp.search import NeighbourhoodParams, PerturbationParams
        from pyvrp.solve import SolveParams

        build = _Build(problem, part, is_cautious=effort.is_cautious)
        if not build.owners:
            return Found((), (), 0, "no vehicle")
        data = build.data()
        stop = _Stop(effort)
        collector = _collector(build)
        params = SolveParams(
            ils=pyvrp.IteratedLocalSearchParams(history_length=_HISTORY, callbacks=collector),
            neighbourhood=NeighbourhoodParams(num_neighbours=_NEIGHBOURS),
            perturbation=PerturbationParams(1, _PERTURBED),
        )
        start = build.solution(data, effort.start) if effort.start else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PenaltyBoundWarning)
            result = pyvrp.solve(
                data, stop, seed=effort.seed, collect_stats=False, params=params, initial_solution=start
            )
        best = build.tours(result.best) if result.best.is_feasible() else ()
        return Found(tuple(collector.found), best, result.num_iterations, stop.reason)


class _Stop:
    """Stops on iterations, on patience, or on the clock, and remembers which."""

    def __init__(self, effort: Effort) -> None:
        self._effort = effort
        self._ends = time.monotonic() + effort.time_limit_s
        self._done = 0
        self._since = 0
        self._best: float | None = None
        self.reason = ""

    def __call__(self, best_cost: float) -> bool:
        if self._best is None or best_cost < self._best:
            self._best, self._since = best_cost, 0
        else:
            self._since += 1
        if self._done >= self._effort.iterations:
            self.reason = "iterations"
        elif self._since >= self._effort.patience:
            self.reason = "no improvement"
        elif time.monotonic() >= self._ends:
            self.reason = "time limit"
        self._done += 1
        return bool(self.reason)


def _collector(build: _Build) -> Any:
    from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks

    class Collector(IteratedLocalSearchCallbacks):
        """Keeps the tours of every best solution and a sample of the others."""

        def __init__(self) -> None:
            self.found: dict[tuple[int, tuple[int, ...]], None] = {}
            self._iteration = 0

        def on_best(self, best: pyvrp.Solution) -> None:
            self._keep(best)

        def on_iteration(self, current: pyvrp.Solution, *_: Any) -> None:
            self._iteration += 1
            if self._iteration % _SAMPLE_EVERY == 0 and len(self.found) < _MOST_TOURS:
                self._keep(current)

        def _keep(self, solution: pyvrp.Solution) -> None:
            for tour in build.tours(solution, only_legal=True):
                self.found.setdefault(tour)

    return Collector()


@dataclass(frozen=True, slots=True)
class _Measure:
    """One load measure and what each stop adds to it."""

    name: str
    amounts: list[int]


class _Build:
    """Translation of one part into PyVRP's data and back."""

    def __init__(self, problem: Problem, part: Part, *, is_cautious: bool) -> None:
        self._problem = problem
        self._part = part
        self._is_cautious = is_cautious
        self._depots = sorted({problem.fleet[kind].depot_id for kind in part.kinds})
        self._entries = [problem.stop_list[stop] for stop in part.stops]
        self._places = np.array(
            [*(problem.depots[depot] for depot in self._depots), *(entry.place for entry in self._entries)]
        )
        self._never = 2 * _MONEY * (1 + round(max(problem.unserved_eur(stop) for stop in part.stops)))
        classes = day_classes(problem, part.stops)
        self._classes = classes if is_cautious else [DayClass(1, problem.horizon)]
        self.owners: list[int] = []
        self._profiles: dict[tuple[str, float, bool, frozenset[int]], int] = {}
        self._matrices: list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]] = []
        self._measures = self._find_measures()
        self._vehicles = self._make_vehicles()

    def data(self) -> pyvrp.ProblemData:
        """Write the part as PyVRP's problem."""
        import pyvrp

        locations = [pyvrp.Location(0, 0) for _ in self._places]
        clients = [
            pyvrp.Client(
                location=len(self._depots) + i,
                pickup=[measure.amounts[i] for measure in self._measures],
                service_duration=min(entry.service_s, entry.service_by_hand_s),
                tw_early=entry.open_s,
                tw_late=max(entry.close_s, entry.open_s),
                prize=round(self._problem.unserved_eur(stop) * _MONEY),
                required=False,
            )
            for i, (stop, entry) in enumerate(zip(self._part.stops, self._entries, strict=True))
        ]
        depots = [pyvrp.Depot(location=i) for i in range(len(self._depots))]
        return pyvrp.ProblemData(
            locations,
            clients,
            depots,
            [pyvrp.VehicleType(**arguments) for arguments in self._vehicles],
            [matrix[0] for matrix in self._matrices],
            [matrix[1] for matrix in self._matrices],
        )

    def tours(
        self, solution: pyvrp.Solution, *, only_legal: bool = False
    ) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """Read a PyVRP solution as (fleet position, stops)."""
        found = []
        for route in solution.routes():
            if only_legal and not route.is_feasible():
                continue
            stops = tuple(self._part.stops[visit.idx] for visit in route if visit.is_client())
            if stops:
                found.append((self.owners[route.vehicle_type()], stops))
        return tuple(found)

    def solution(
        self, data: pyvrp.ProblemData, tours: tuple[tuple[int, tuple[int, ...]], ...]
    ) -> pyvrp.Solution:
        """Write tours as a PyVRP solution to start from; tours beyond the vehicles there are left out."""
        import pyvrp

        position = {stop: index for index, stop in enumerate(self._part.stops)}
        free = [int(vehicle["num_available"]) for vehicle in self._vehicles]
        routes = []
        for kind, stops in tours:
            visits = [position[stop] for stop in stops]
            for number, owner in enumerate(self.owners):
                if owner == kind and free[number] > 0:
                    route = pyvrp.Route(data, visits, number)
                    if route.is_feasible():
                        free[number] -= 1
                        routes.append(route)
                        break
        return pyvrp.Solution(data, routes)

    def _find_measures(self) -> list[_Measure]:
        """Load measures that can bind; each one slows the search, so the others are left out."""
        entries = self._entries
        kinds = [self._problem.fleet[kind] for kind in self._part.kinds]
        candidates = (
            _Measure("mass", [_up(entry.mass_kg * _HUNDREDTH) for entry in entries]),
            _Measure("floor", [_up(entry.floor_positions * _THOUSANDTH) for entry in entries]),
            _Measure("points", [_up(entry.points * _HUNDREDTH) for entry in entries]),
            _Measure("boxes", [entry.boxes * _BOX for entry in entries]),
        )
        return [
            measure
            for measure in candidates
            if any(sum(measure.amounts) > self._limit(measure, kind, is_adr=False) for kind in kinds)
        ]

    def _limit(self, measure: _Measure, kind: VehicleKind, *, is_adr: bool) -> int:
        limits = {
            "mass": kind.payload_kg * _HUNDREDTH,
            "floor": kind.floor_positions * _THOUSANDTH,
            "points": math.inf if is_adr else self._problem.relief_points * _HUNDREDTH,
            "boxes": kind.critical_boxes * _BOX,
        }
        return int(min(limits[measure.name] + 1e-6, sum(measure.amounts) + 1))

    def _barred(self, kind: VehicleKind, group: DayClass, *, is_adr: bool) -> frozenset[int]:
        """Find the stops that this kind of vehicle may never serve on these days."""
        return frozenset(
            index
            for index, (stop, entry) in enumerate(zip(self._part.stops, self._entries, strict=True))
            if kind.depot_id not in entry.depots
            or (entry.needs_lift and not kind.has_tail_lift)
            or (entry.needs_adr and not is_adr)
            or entry.boxes > kind.critical_boxes
            or self._problem.last_day(stop) < group.first
        )

    def _make_vehicles(self) -> list[dict[str, Any]]:
        vehicles: list[dict[str, Any]] = []
        for index in self._part.kinds:
            kind = self._problem.fleet[index]
            crews = self._problem.crews[kind.depot_id]
            for group in self._classes:
                days = crews[group.first - 1 : group.last]
                adr = sum(min(kind.count, certified) for _, certified in days) if kind.is_adr_equipped else 0
                plain = sum(min(kind.count, drivers) for drivers, _ in days) - adr
                for number, is_adr in ((adr, True), (plain, False)):
                    if number > 0:
                        self.owners.append(index)
                        vehicles.append(self._vehicle(kind, group, number, is_adr=is_adr))
        return vehicles

    def _vehicle(self, kind: VehicleKind, group: DayClass, number: int, *, is_adr: bool) -> dict[str, Any]:
        profile = self._profile(kind, self._barred(kind, group, is_adr=is_adr))
        home = self._depots.index(kind.depot_id)
        vehicle: dict[str, Any] = {
            "num_available": min(number, len(self._part.stops)),
            "capacity": [self._limit(measure, kind, is_adr=is_adr) for measure in self._measures],
            "start_depot": home,
            "end_depot": home,
            "fixed_cost": round(kind.fixed_cost_eur * _MONEY),
            "tw_early": kind.shift_start_s,
            "tw_late": max(kind.shift_end_s, kind.shift_start_s),
            "shift_duration": min(kind.max_duty_s, self._problem.rules.max_duty_s),
            "unit_distance_cost": 1,
            "unit_duration_cost": round(kind.cost_eur_per_h / 3600 * _MONEY),
            "profile": profile,
        }
        if self._is_cautious:
            roads = self._problem.roads[kind.profile]
            drive = roads.drive_s_of(self._places[:, None], self._places[None, :])
            money = self._matrices[profile][0]
            paid = (money > 0) & (drive > 0) & (money < self._never)
            if paid.any():
                most = min(kind.max_driving_s, self._problem.rules.max_driving_s)
                vehicle["max_distance"] = int(most * float(np.median(money[paid] / drive[paid])))
        return vehicle

    def _profile(self, kind: VehicleKind, barred: frozenset[int]) -> int:
        """Matrices of one kind of vehicle: barred stops and missing roads cost more than any stop is worth."""
        per_km = self._problem.objective_per_km(kind)
        key = (kind.profile, per_km, kind.has_tail_lift, barred)
        if key in self._profiles:
            return self._profiles[key]
        roads = self._problem.roads[kind.profile]
        pairs = self._places[:, None], self._places[None, :]
        km, drive = roads.km_of(*pairs), roads.drive_s_of(*pairs).astype(np.float64)
        joined = drive >= 0
        drive = np.maximum(drive, 0)
        if self._is_cautious:
            drive *= 1 + self._problem.rules.break_s / max(self._problem.rules.max_stretch_s, 1)
        seconds = np.ceil(drive).astype(np.int64)
        for i, entry in enumerate(self._entries):
            spent = entry.service_s if kind.has_tail_lift else entry.service_by_hand_s
            seconds[len(self._depots) + i] += spent - min(entry.service_s, entry.service_by_hand_s)
        joined = joined.copy()
        for i in barred:
            joined[len(self._depots) + i] = joined[:, len(self._depots) + i] = False
        money = np.where(joined, np.rint(np.where(joined, km, 0.0) * per_km * _MONEY), self._never)
        money = money.astype(np.int64)
        np.fill_diagonal(seconds, 0)
        np.fill_diagonal(money, 0)
        self._profiles[key] = len(self._matrices)
        self._matrices.append((money, seconds))
        return self._profiles[key]


def _up(amount: float) -> int:
    return int(np.ceil(amount - 1e-6))
