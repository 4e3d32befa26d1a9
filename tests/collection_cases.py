"""Small tour problems with honest names, for the tests of the room ``collection``."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from voltloop.collection.model import (
    OPTIONAL_STOP_COLUMNS,
    STOP_COLUMNS,
    Consistency,
    Driver,
    Hub,
    Problem,
    Roads,
    VehicleKind,
)
from voltloop.collection.roads import RoadSource

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


def problem(stops: pl.DataFrame, roads: RoadSource, /, **changes: Any) -> Problem:
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


def random_rich_problem(
    seed: int, stops: int, *, depots: int = 2, planning_days: int = 3, roads: RoadSource | None = None
) -> Problem:
    """A random problem with every kind of demand that a stop, vehicle or driver can have.

    Places are the depots, then one hub, then the stops; ``roads`` must have as many.
    """
    rng = np.random.default_rng(seed)
    names = [f"hub{number}" for number in range(depots)]

    def sometimes(share: float, value: Any, otherwise: Any) -> Any:
        return value if rng.random() < share else otherwise

    rows = []
    for index in range(stops):
        opens = int(rng.choice([6, 7, 8, 10])) * 3600
        closes = opens + int(rng.choice([3, 6, 10])) * 3600
        lunch = [[opens, opens + 5400], [opens + 9000, closes]]
        first = int(rng.integers(1, planning_days + 1)) if rng.random() < 0.2 else 1
        homes = [name for name in names if rng.random() < 0.6] or names[:1]
        rows.append(
            stop(
                f"P{index}",
                depots + 1 + index,
                open_s=opens,
                close_s=closes,
                service_s=int(rng.integers(5, 20)) * 60,
                service_by_hand_s=int(rng.integers(5, 30)) * 60,
                mass_kg=float(rng.integers(20, 500)),
                floor_positions=float(rng.choice([0.5, 1.0, 2.0])),
                points=float(rng.integers(0, 500)),
                boxes=sometimes(0.1, 1, 0),
                needs_adr=sometimes(0.1, True, False),
                needs_lift=sometimes(0.1, True, False),
                depots=[*homes, *sometimes(0.8, ["yard"], [])],
                due_day=sometimes(0.7, int(rng.integers(first, planning_days + 1)), None),
                prize_eur=float(rng.integers(0, 250)),
                volume_m3=float(rng.integers(1, 20)) / 10,
                drop_mass_kg=sometimes(0.3, float(rng.integers(5, 200)), 0.0),
                drop_floor_positions=sometimes(0.3, 1.0, 0.0),
                drop_volume_m3=sometimes(0.3, 1.0, 0.0),
                windows=sometimes(0.3, lunch, None),
                release_s=sometimes(0.2, 7 * 3600, 0),
                goods=sometimes(0.6, [str(rng.choice(["lithium", "acid", "waste", "damaged"]))], []),
                permits=sometimes(0.1, ["waste"], []),
                training=sometimes(0.1, ["damaged goods"], []),
                vehicle_types=sometimes(0.1, ["van"], []),
                is_closed_to_adr=sometimes(0.1, True, False),
                tunnel_code=sometimes(0.5, str(rng.choice(["D/E", "E", "C/E", "B", "-"])), ""),
                first_day=first,
                usual_weekday=sometimes(0.3, int(rng.integers(1, 6)), None),
                usual_driver=sometimes(0.3, "hub0-D0", None),
            )
        )
    straight = roads or plane(rng.uniform(0, 120, (depots + 1 + stops, 2)), 60.0)
    return problem(
        table(*rows),
        straight,
        fleet=_rich_fleet(names),
        drivers=tuple(
            Driver(
                f"{name}-D{number}",
                name,
                date(2030, 1, 1) if number < 2 else None,
                (("damaged goods", date(2030, 1, 1)),) if number in (0, 2) else (),
            )
            for name in names
            for number in range(max(3, stops // (4 * depots * planning_days)))
        ),
        depots={name: number for number, name in enumerate(names)},
        hubs={"yard": Hub(depots, 1200)},
        roads={"road": straight, "no tunnels": _longer(straight)},
        days=days(planning_days),
        clashes=frozenset({frozenset({"acid", "lithium"}), frozenset({"damaged"})}),
        tunnel_profiles={"B": {"road": "no tunnels"}, "D": {"road": "no tunnels"}},
        consistency=Consistency(weekday_eur=5.0, driver_eur=3.0),
    )


def _rich_fleet(names: list[str]) -> tuple[VehicleKind, ...]:
    kinds = []
    for name in names:
        rooms = {"count": 3, "reload_at": ("yard",), "max_reloads": 1, "co2e_kg_per_tkm": 0.05}
        kinds.append(van(name, volume_m3=8.0, **rooms))
        kinds.append(truck(name, volume_m3=30.0, permits=frozenset({"waste"}), **{**rooms, "count": 2}))
    last = replace(kinds[-1], name="one way", end_depot_id=names[0], max_reloads=0, count=1)
    return (*kinds, last)


def _longer(roads: RoadSource) -> RoadSource:
    """Roads round the tunnels: a tenth longer."""
    if isinstance(roads, Roads):
        return Roads(roads.distance_km * 1.1, roads.duration_h * 1.1)
    return roads
