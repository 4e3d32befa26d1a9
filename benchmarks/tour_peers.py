"""What the peers of the tour benchmark share: the answer, and which problems a peer can model at all.

Every peer is fed from the same tour problem as our own engine, in whole numbers. A problem that a peer cannot model
is refused, never relaxed.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voltloop.collection.model import Problem, Stop, VehicleKind

__all__ = [
    "Answer",
    "Clock",
    "Routes",
    "is_plain",
    "matrix",
    "most_vehicles",
    "not_modelled",
    "objective",
    "too_large",
]

Routes = tuple[tuple[int, tuple[int, ...]], ...]
"""Kind and visits of each tour, as :func:`voltloop.collection.schedule.plan_tour` takes them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a solver found: tours (None: nothing), iterations where it counts them, and a remark."""

    routes: Routes | None
    iterations: int | None = None
    note: str = ""


@dataclass
class Clock:
    """Wall time of a run: when it began and when it has to end, on :func:`time.perf_counter`."""

    began: float
    limit_s: float
    first_solution_s: float | None = field(default=None, init=False)

    @property
    def seconds(self) -> float:
        """Time gone [s]."""
        return time.perf_counter() - self.began

    @property
    def left_s(self) -> float:
        """Time left [s], not below zero."""
        return max(0.0, self.limit_s - self.seconds)

    def found(self) -> None:
        """Note the time of the first solution."""
        if self.first_solution_s is None:
            self.first_solution_s = self.seconds


_OF_STOPS: Final[Mapping[str, Callable[[Stop], bool]]] = {
    "several windows": lambda stop: len(stop.windows) > 1,
    "release times": lambda stop: stop.release_s > 0,
    "vehicle types of a stop": lambda stop: bool(stop.vehicle_types),
    "optional stops": lambda stop: stop.due_day is None,
    "dangerous goods": lambda stop: bool(stop.points or stop.boxes or stop.needs_adr or stop.goods),
    "permits and training": lambda stop: bool(stop.permits or stop.training or stop.is_closed_to_adr),
    "loading by hand": lambda stop: stop.needs_lift or stop.service_s != stop.service_by_hand_s,
    "floor and volume": lambda stop: bool(
        stop.floor_positions or stop.volume_m3 or stop.drop_floor_positions or stop.drop_volume_m3
    ),
}
_OF_KINDS: Final[Mapping[str, Callable[[VehicleKind, Problem], bool]]] = {
    "duty limit": lambda kind, problem: (
        min(kind.max_duty_s, problem.rules.max_duty_s) < kind.shift_end_s - kind.shift_start_s
    ),
    "driving limit": lambda kind, problem: (
        min(kind.max_driving_s, problem.rules.max_driving_s) < kind.shift_end_s - kind.shift_start_s
    ),
    "breaks": lambda kind, problem: (
        problem.rules.max_stretch_s < min(kind.max_driving_s, problem.rules.max_driving_s)
    ),
    "reloads": lambda kind, _: kind.max_reloads > 0,
    "cost by hour or load": lambda kind, _: bool(kind.cost_eur_per_h or kind.co2e_kg_per_tkm),
    "end at another depot": lambda kind, _: kind.ends_at != kind.depot_id,
}
MODELS: Final[Mapping[str, frozenset[str]]] = {
    "pyvrp": frozenset(
        {"release times", "vehicle types of a stop", "optional stops", "duty limit", "driving limit", "reloads",
         "pick-ups with deliveries"}
    ),
    "ortools": frozenset({"vehicle types of a stop", "optional stops", "duty limit", "driving limit"}),
    "vroom": frozenset({"vehicle types of a stop", "driving limit", "pick-ups with deliveries"}),
    "savings": frozenset(),
}  # fmt: skip
"""What the benchmark models in each peer beyond windows, one capacity, several depots and costs by vehicle kind.

Savings know one kind of vehicle and no windows.
VROOM has neither prizes nor a limit on the length of a shift nor reloads; OR-Tools has no reloads (they need copies of
the depot as extra nodes, whose number is itself a decision).
"""


def not_modelled(solver: str, problem: Problem) -> list[str]:
    """Features of a problem that the benchmark does not model in a peer; empty when it models all."""
    stops = problem.stop_list
    found = {name for name, holds in _OF_STOPS.items() if any(holds(stop) for stop in stops)}
    found |= {
        name for name, holds in _OF_KINDS.items() if any(holds(kind, problem) for kind in problem.fleet)
    }
    if any(stop.mass_kg for stop in stops) and any(stop.drop_mass_kg for stop in stops):
        found.add("pick-ups with deliveries")
    if solver == "savings" and not is_plain(problem):
        found.add("windows and mixed fleets")
    if problem.horizon > 1:
        found.add("several days")
    return sorted(found - MODELS[solver])


def is_plain(problem: Problem) -> bool:
    """Whether one capacity of one kind of vehicle is the only limit."""
    closes = max(kind.shift_end_s for kind in problem.fleet)
    return len(problem.fleet) == 1 and all(stop.close_s >= closes for stop in problem.stop_list)


def too_large(problem: Problem, bytes_per_leg: int) -> str:
    """Say that the matrices of a peer would take more than three quarters of this machine's memory; empty: they fit."""
    (roads,) = problem.roads.values()
    needed = bytes_per_leg * roads.place_count**2
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed <= 0.75 * there:
        return ""
    return f"its matrices would take {needed / 1e9:.0f} GB, this machine has {there / 1e9:.0f}"


def matrix(problem: Problem, dtype: type = np.int64) -> NDArray[np.int64]:
    """Lengths between all places, which are driving times too: a kilometre takes a second in published instances.

    Filled row by row, to spare the peers' memory.
    """
    (roads,) = problem.roads.values()
    places = np.arange(roads.place_count)
    table = np.empty((places.size, places.size), dtype=dtype)
    for place in places:
        table[place] = roads.km_of(place, places)
    return table


def most_vehicles(problem: Problem, kind: VehicleKind) -> int:
    """How many vehicles of a kind a good plan can need; fewer make OR-Tools and VROOM faster.

    Only for one kind without windows or limits on a tour is the load alone decisive; elsewhere all vehicles stay.
    """
    if not is_plain(problem):
        return kind.count
    load = sum(stop.mass_kg + stop.drop_mass_kg for stop in problem.stop_list)
    return min(kind.count, math.ceil(1.1 * load / kind.payload_kg) + 10)


def objective(problem: Problem, routes: Routes) -> float:
    """Fixed cost and kilometres of tours [EUR]; not a judgement, only to choose among answers of one solver."""
    (roads,) = problem.roads.values()
    total = 0.0
    for owner, visits in routes:
        kind = problem.fleet[owner]
        home = problem.depots[kind.depot_id]
        way = np.array([home, *(problem.stop_list[visit].place for visit in visits), home])
        total += kind.fixed_cost_eur + kind.cost_eur_per_km * float(roads.km_of(way[:-1], way[1:]).sum())
    return total
