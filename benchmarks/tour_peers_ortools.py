"""OR-Tools routing on a tour problem: guided local search from its two usual starts, the better answer kept."""

from __future__ import annotations

import math
from typing import Any

from tour_peers import Answer, Clock, Routes, matrix, most_vehicles, too_large
from voltloop.collection.model import Problem

__all__ = ["solve_ortools"]

# Measured at 10,000 places: 9.4 GB.
_BYTES_PER_LEG = 94
# Above so many stops the first solution alone takes a good part of a minute.
_BOTH_STARTS = 2_000


def solve_ortools(problem: Problem, clock: Clock) -> Answer:
    """Search with OR-Tools until the clock ends."""
    if note := too_large(problem, _BYTES_PER_LEG):
        return Answer(None, note=note)
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    model = _Model(problem)
    model.routing.AddAtSolutionCallback(clock.found)
    starts = routing_enums_pb2.FirstSolutionStrategy
    strategies = [starts.PATH_CHEAPEST_ARC, starts.SAVINGS][
        : 2 if len(problem.stop_list) <= _BOTH_STARTS else 1
    ]
    found = None
    for number, strategy in enumerate(strategies):
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        parameters.first_solution_strategy = strategy
        parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        seconds = clock.left_s / (len(strategies) - number)
        parameters.time_limit.FromMilliseconds(max(1, int(1000 * seconds)))
        answer = model.routing.SolveWithParameters(parameters)
        if answer is not None and (found is None or answer.ObjectiveValue() < found[0]):
            found = answer.ObjectiveValue(), model.routes(answer)
    if found is None:
        return Answer(None)
    routes = found[1]
    served = {stop for _, visits in routes for stop in visits}
    missed = [
        stop for stop in range(len(problem.stop_list)) if problem.is_required(stop) and stop not in served
    ]
    return Answer(None, note=f"{len(missed)} required stops left out") if missed else Answer(routes)


class _Model:
    """One routing model: stops are nodes after the depots, every vehicle stands for itself."""

    def __init__(self, problem: Problem) -> None:
        from ortools.constraint_solver import pywrapcp

        self._problem = problem
        self._owners = [
            index for index, kind in enumerate(problem.fleet) for _ in range(most_vehicles(problem, kind))
        ]
        fleet = [problem.fleet[owner] for owner in self._owners]
        self._first = len(problem.depots)
        homes = [problem.depots[kind.depot_id] for kind in fleet]
        self._manager = pywrapcp.RoutingIndexManager(
            self._first + len(problem.stop_list), len(fleet), homes, homes
        )
        self.routing = pywrapcp.RoutingModel(self._manager)
        table = matrix(problem)
        by_cost: dict[float, int] = {}
        for vehicle, kind in enumerate(fleet):
            if kind.cost_eur_per_km not in by_cost:
                money = (table * round(kind.cost_eur_per_km)).tolist()
                by_cost[kind.cost_eur_per_km] = self.routing.RegisterTransitMatrix(money)
            self.routing.SetArcCostEvaluatorOfVehicle(by_cost[kind.cost_eur_per_km], vehicle)
            if kind.fixed_cost_eur:
                self.routing.SetFixedCostOfVehicle(round(kind.fixed_cost_eur), vehicle)
        self._loads(fleet)
        self._times(fleet, table)
        self._choices(fleet)

    def _node(self, stop: int) -> int:
        return int(self._manager.NodeToIndex(self._first + stop))

    def _loads(self, fleet: list[Any]) -> None:
        stops = self._problem.stop_list
        demand = [0] * self._first + [math.ceil(stop.mass_kg + stop.drop_mass_kg) for stop in stops]
        amount = self.routing.RegisterUnaryTransitVector(demand)
        rooms = [math.floor(kind.payload_kg) for kind in fleet]
        self.routing.AddDimensionWithVehicleCapacity(amount, 0, rooms, True, "load")

    def _times(self, fleet: list[Any], table: Any) -> None:
        problem = self._problem
        stops = problem.stop_list
        bound = [stop.close_s < max(kind.shift_end_s for kind in fleet) for stop in stops]
        limited = [kind.max_duty_s < kind.shift_end_s - kind.shift_start_s for kind in fleet]
        far = [kind.max_driving_s < kind.shift_end_s - kind.shift_start_s for kind in fleet]
        if any(far):
            drive = self.routing.RegisterTransitMatrix(table.tolist())
            most = [kind.max_driving_s for kind in fleet]
            self.routing.AddDimensionWithVehicleCapacity(drive, 0, most, True, "driving")
        if not any(bound) and not any(limited):
            return
        spent = table.copy()
        for index, stop in enumerate(stops):
            spent[self._first + index, :] += stop.service_s
        horizon = max(kind.shift_end_s for kind in fleet)
        clock = self.routing.RegisterTransitMatrix(spent.tolist())
        self.routing.AddDimension(clock, horizon, horizon, False, "time")
        time = self.routing.GetDimensionOrDie("time")
        for index, stop in enumerate(stops):
            time.CumulVar(self._node(index)).SetRange(stop.open_s, min(stop.close_s, horizon))
        for vehicle, kind in enumerate(fleet):
            for end in (self.routing.Start(vehicle), self.routing.End(vehicle)):
                time.CumulVar(end).SetRange(kind.shift_start_s, kind.shift_end_s)
            if limited[vehicle]:
                time.SetSpanUpperBoundForVehicle(kind.max_duty_s, vehicle)
            self.routing.AddVariableMaximizedByFinalizer(time.CumulVar(self.routing.Start(vehicle)))
            self.routing.AddVariableMinimizedByFinalizer(time.CumulVar(self.routing.End(vehicle)))

    def _choices(self, fleet: list[Any]) -> None:
        """Optional stops by their prize; required ones may be open in between, at more than they can ever save."""
        for index, stop in enumerate(self._problem.stop_list):
            self.routing.AddDisjunction([self._node(index)], round(self._problem.unserved_eur(index)))
            if stop.vehicle_types:
                allowed = [
                    number for number, kind in enumerate(fleet) if kind.vehicle_type in stop.vehicle_types
                ]
                self.routing.VehicleVar(self._node(index)).SetValues([-1, *allowed])

    def routes(self, found: Any) -> Routes:
        """Read a solution as tours."""
        tours = []
        for vehicle, owner in enumerate(self._owners):
            visits, index = [], found.Value(self.routing.NextVar(self.routing.Start(vehicle)))
            while not self.routing.IsEnd(index):
                visits.append(self._manager.IndexToNode(index) - self._first)
                index = found.Value(self.routing.NextVar(index))
            if visits:
                tours.append((owner, tuple(visits)))
        return tuple(tours)
