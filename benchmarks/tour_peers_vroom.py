"""VROOM on a tour problem: its exploration levels one after another while time is left, one answer kept."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import numpy as np

from tour_peers import Answer, Clock, Routes, matrix, most_vehicles, objective, too_large
from voltloop.collection.model import Problem

__all__ = ["solve_vroom"]

_LEVELS = (0, 5, 3, 1)
_MOST_LEG = 1e6
# Measured at 10,000 places: 1.5 GB.
_BYTES_PER_LEG = 15


def solve_vroom(problem: Problem, clock: Clock, threads: int) -> Answer:
    """Search with VROOM; its quickest level first, which is finished even when the time is over."""
    if note := too_large(problem, _BYTES_PER_LEG):
        return Answer(None, note=note)
    owners = [index for index, kind in enumerate(problem.fleet) for _ in range(most_vehicles(problem, kind))]
    best: tuple[float, Routes] | None = None
    model = _model(problem, owners)
    done = []
    for level in _LEVELS:
        limit = None if level == _LEVELS[0] else timedelta(seconds=clock.left_s)
        if limit is not None and clock.left_s < 0.2:
            break
        found = model.solve(exploration_level=level, nb_threads=threads, timeout=limit)
        done.append(level)
        if found.unassigned:
            continue
        clock.found()
        routes = _routes(found, owners)
        cost = objective(problem, routes)
        if best is None or cost < best[0]:
            best = cost, routes
    note = f"levels {', '.join(map(str, done))}"
    return Answer(None if best is None else best[1], note=note)


def _model(problem: Problem, owners: list[int]) -> Any:
    import vroom

    table = matrix(problem, np.uint32)
    model = vroom.Input()
    profiles = {kind.cost_eur_per_km: f"km at {kind.cost_eur_per_km:g}" for kind in problem.fleet}
    # VROOM refuses costs whose sum might overflow: those of mixed fleets lose their last digits.
    scale = min(1.0, _MOST_LEG / (int(table.max()) * max(profiles)))
    for per_km, name in profiles.items():
        model.set_durations_matrix(name, table)
        if per_km * scale != 1.0:
            model.set_costs_matrix(name, np.rint(table * (per_km * scale)))
    sets = {stop.vehicle_types for stop in problem.stop_list if stop.vehicle_types}
    needs = {types: number for number, types in enumerate(sorted(sets))}
    both = (
        any(stop.mass_kg for stop in problem.stop_list),
        any(stop.drop_mass_kg for stop in problem.stop_list),
    )
    vehicles = []
    for number, owner in enumerate(owners):
        kind = problem.fleet[owner]
        place = problem.depots[kind.depot_id]
        limit = kind.max_driving_s < kind.shift_end_s - kind.shift_start_s
        vehicles.append(
            vroom.Vehicle(
                number,
                start=place,
                end=place,
                profile=profiles[kind.cost_eur_per_km],
                capacity=[math.floor(kind.payload_kg)],
                skills={need for types, need in needs.items() if kind.vehicle_type in types},
                time_window=_window(kind.shift_start_s, kind.shift_end_s),
                costs=vroom.VehicleCosts(fixed=round(kind.fixed_cost_eur * scale)),
                **({"max_travel_time": kind.max_driving_s} if limit else {}),
            )
        )
    model.add_vehicle(vehicles)
    model.add_job(
        [
            vroom.Job(
                index,
                location=stop.place,
                default_service=stop.service_s,
                pickup=[math.ceil(stop.mass_kg)] if both[0] else vroom.Amount(),
                delivery=[math.ceil(stop.drop_mass_kg)] if both[1] else vroom.Amount(),
                skills={needs[stop.vehicle_types]} if stop.vehicle_types else set(),
                time_windows=[_window(stop.open_s, stop.close_s)],
            )
            for index, stop in enumerate(problem.stop_list)
        ]
    )
    return model


def _window(opens_s: int, closes_s: int) -> Any:
    """Write a window; VROOM's clock is an unsigned 32-bit number."""
    import vroom

    return vroom.TimeWindow(opens_s, min(closes_s, (1 << 32) - 1))


def _routes(found: Any, owners: list[int]) -> Routes:
    table = found.routes
    visits = table[table["type"].isin(["job", "pickup", "delivery"])]
    return tuple(
        (owners[int(vehicle)], tuple(int(stop) for stop in group["id"]))
        for vehicle, group in visits.groupby("vehicle_id", sort=True)
    )
