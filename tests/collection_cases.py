"""Small tour problems with honest names, for the tests of the room ``collection``."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from voltloop.collection.model import OPTIONAL_STOP_COLUMNS, STOP_COLUMNS, Driver, Problem, Roads, VehicleKind
from voltloop.collection.schedule import Tour, plan_tour

MONDAY = date(2026, 11, 23)


def days(count: int) -> tuple[date, ...]:
    return tuple(MONDAY + timedelta(days=number) for number in range(count))


def van(depot: str = "hub", **changes: Any) -> VehicleKind:
    figures: dict[str, Any] = {
        "count": 2,
        "payload_kg": 1000.0,
        "floor_positions": 4.0,
        "fixed_cost_eur": 50.0,
        "cost_eur_per_km": 0.4,
        "cost_eur_per_h": 30.0,
        "co2e_kg_per_km": 0.3,
    }
    return VehicleKind(**{"vehicle_type": "van", "depot_id": depot, **figures, **changes})


def truck(depot: str = "hub", **changes: Any) -> VehicleKind:
    figures: dict[str, Any] = {
        "vehicle_type": "truck",
        "count": 1,
        "payload_kg": 8000.0,
        "floor_positions": 16.0,
        "critical_boxes": 2,
        "is_adr_equipped": True,
        "has_tail_lift": True,
        "fixed_cost_eur": 120.0,
        "cost_eur_per_km": 0.8,
        "cost_eur_per_h": 38.0,
        "co2e_kg_per_km": 0.8,
    }
    return van(depot, **{**figures, **changes})


def stop(pickup_id: str, place: int, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "pickup_id": pickup_id,
        "point_id": f"point of {pickup_id}",
        "place": place,
        "service_s": 900,
        "service_by_hand_s": 1200,
        "open_s": 0,
        "close_s": 86_400,
        "mass_kg": 200.0,
        "floor_positions": 1.0,
        "points": 200.0,
        "boxes": 0,
        "needs_adr": False,
        "needs_lift": False,
        "depots": ["hub"],
        "due_day": 1,
        "due_on": None,
        "prize_eur": 0.0,
    }
    return {**values, **changes}


def table(*stops: dict[str, Any]) -> pl.DataFrame:
    given = {name for entry in stops for name in entry}
    further = {name: kind for name, kind in OPTIONAL_STOP_COLUMNS.items() if name in given}
    return pl.DataFrame(list(stops), schema={**STOP_COLUMNS, **further})


def plane(points: np.ndarray, speed_km_h: float = 60.0) -> Roads:
    """Straight roads between points in km."""
    km = np.sqrt(((points[:, None, :] - points[None, :, :]) ** 2).sum(axis=2))
    return Roads(km, km / speed_km_h)


def line(*kilometres: float, speed_km_h: float = 60.0) -> Roads:
    """Places on one straight road; the first is the hub."""
    return plane(np.array([[float(x), 0.0] for x in kilometres]), speed_km_h)


def problem(stops: pl.DataFrame, roads: Roads, **changes: Any) -> Problem:
    values: dict[str, Any] = {
        "stops": stops,
        "fleet": (van(), truck()),
        "drivers": tuple(Driver(f"D{number}", "hub", date(2030, 1, 1)) for number in range(3)),
        "depots": {"hub": 0},
        "roads": {"road": roads},
        "days": days(1),
        "carbon_price_eur_per_t": 100.0,
    }
    return Problem(**{**values, **changes})


def best_by_brute_force(case: Problem) -> float:
    """Least objective over every way to split stops into tours, orders, vehicles, days and stops left out."""
    tours = _all_tours(case)
    count = len(case.stop_list)
    best = float("inf")

    def go(stop_index: int, free: frozenset[int], cost: float, used: tuple[tuple[Tour, int], ...]) -> None:
        nonlocal best
        if cost >= best:
            return
        if stop_index == count:
            best = cost
            return
        if stop_index not in free:
            go(stop_index + 1, free, cost, used)
            return
        for tour in tours:
            if min(tour.stops) == stop_index and free.issuperset(tour.stops):
                for day in range(1, tour.last_day + 1):
                    if _fits(case, used, tour, day):
                        go(
                            stop_index + 1,
                            free - set(tour.stops),
                            cost + tour.objective_eur,
                            (*used, (tour, day)),
                        )
        go(stop_index + 1, free - {stop_index}, cost + case.unserved_eur(stop_index), used)

    go(0, frozenset(range(count)), 0.0, ())
    return best


def _all_tours(case: Problem) -> list[Tour]:
    best: dict[tuple[int, frozenset[int]], Tour] = {}
    for size in range(1, len(case.stop_list) + 1):
        for order in itertools.permutations(range(len(case.stop_list)), size):
            for kind in range(len(case.fleet)):
                tour = plan_tour(case, kind, order)
                key = (kind, frozenset(order))
                if tour is not None and (key not in best or tour.objective_eur < best[key].objective_eur):
                    best[key] = tour
    return list(best.values())


def _fits(case: Problem, used: tuple[tuple[Tour, int], ...], tour: Tour, day: int) -> bool:
    depot = case.fleet[tour.kind].depot_id
    today = [other for other, other_day in used if other_day == day] + [tour]
    here = [other for other in today if case.fleet[other.kind].depot_id == depot]
    drivers = [driver for driver in case.drivers if driver.depot_id == depot]
    certified = [driver for driver in drivers if driver.is_certified(case.days[day - 1])]
    return (
        sum(other.kind == tour.kind for other in today) <= case.fleet[tour.kind].count
        and len(here) <= len(drivers)
        and sum(other.needs_adr for other in here) <= len(certified)
    )


def random_problem(
    seed: int, stops: int, *, depots: int = 1, planning_days: int = 2, tight: bool = True
) -> Problem:
    """A rich random problem: windows, points, boxes, lifts, deadlines, prizes, scarce drivers."""
    rng = np.random.default_rng(seed)
    names = [f"hub{number}" for number in range(depots)]
    points = rng.uniform(0, 160, (depots + stops, 2))
    rows = []
    for index in range(stops):
        opens = int(rng.choice([0, 6, 8, 10])) * 3600
        allowed = sorted(rng.choice(names, size=int(rng.integers(1, depots + 1)), replace=False))
        rows.append(
            stop(
                f"P{index}",
                depots + index,
                open_s=opens,
                close_s=opens + int(rng.choice([2, 5, 12])) * 3600,
                service_s=int(rng.integers(5, 40)) * 60,
                service_by_hand_s=int(rng.integers(5, 60)) * 60,
                mass_kg=float(rng.integers(20, 700)),
                floor_positions=float(rng.choice([0.5, 1.0, 2.0])),
                points=float(rng.integers(0, 700)),
                boxes=int(rng.random() < 0.15),
                needs_adr=bool(rng.random() < 0.15),
                needs_lift=bool(rng.random() < 0.2),
                depots=[str(name) for name in allowed],
                due_day=int(rng.integers(1, planning_days + 1)) if rng.random() < 0.6 else None,
                prize_eur=float(rng.integers(0, 250)),
            )
        )
    fleet = tuple(kind for name in names for kind in (van(name, count=1 if tight else 4), truck(name)))
    drivers = tuple(
        Driver(f"{name}-D{number}", name, date(2030, 1, 1) if number == 0 else None)
        for name in names
        for number in range(int(rng.integers(1, 3)) if tight else 4)
    )
    return problem(
        table(*rows),
        plane(points, 70.0),
        fleet=fleet,
        drivers=drivers,
        depots={name: number for number, name in enumerate(names)},
        days=days(planning_days),
    )
