"""A rich synthetic national case from the European example: every constraint of the tour problem at once.

Real: cities and sites of ``examples/europe`` with their places; vehicle figures of the catalogue (estimates with their
source there); the small-load relief of 1,000 points (ADR 1.1.3.6.3), 3 points a kg for lithium batteries (UN 3480,
transport category 2) and 1 for lead (UN 2794, category 3); category 0 for damaged and critical batteries (SP 376);
tunnel code (E) of lithium batteries (ADR table A).

Assumption, all of it: everything else, in particular the numbers named at the top of each function. Pick-ups lie within
some 15 km of the example's collection points, in proportion to their yearly volume. Nobody's real day looks like this;
it is plausible in size (14 stops a tour, 300 kg a stop) and hard in kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltloop.catalogue.fleet import vehicle_types
from voltloop.collection.model import Consistency, Driver, Hub, Problem, VehicleKind
from voltloop.collection.roads import EstimatedRoads
from voltloop.collection.stops import OPTIONAL_STOP_COLUMNS, STOP_COLUMNS
from voltloop.collection.tables import fleet_from_table
from voltloop.transport.geometry import great_circle_km

__all__ = ["national_case"]

NETWORK: Final = Path(__file__).parents[1] / "examples" / "europe" / "network"
MONDAY: Final = date(2026, 11, 23)
DAYS: Final = tuple(MONDAY + timedelta(days=number) for number in range(5))
DEPOTS, HUBS = 12, 12
REACH_KM = 180.0
PROFILES: Final = {
    "van_light": "van", "van_adr": "van", "rigid_light": "rigid", "rigid_adr": "rigid", "artic_adr": "artic"
}  # fmt: skip
# Of all vehicles: light vans, vans with plates, and so on.
SHARES: Final = {"van_light": 0.08, "van_adr": 0.12, "rigid_light": 0.18, "rigid_adr": 0.5, "artic_adr": 0.12}
VOLUMES_M3: Final = {
    "van_light": 11.0,
    "van_adr": 11.0,
    "rigid_light": 36.0,
    "rigid_adr": 42.0,
    "artic_adr": 86.0,
}
STOPS_PER_VEHICLE_AND_DAY = 13
H = 3600


def national_case(stops: int = 20_000, seed: int = 1) -> Problem:
    """Make the case; the same for the same numbers."""
    random = np.random.default_rng(seed)
    points = pl.read_csv(NETWORK / "collection_points.csv").filter(pl.col("expected_kg_per_year") > 0)
    sites = pl.read_csv(NETWORK / "sites.csv").filter(is_depot="yes")
    homes = _spread(points, sites, DEPOTS)
    others = [site for site in range(sites.height) if site not in set(homes)]
    hubs = [*np.array(others)[_spread(points, sites[others], HUBS)].tolist()] if others else []
    place = sites["lat"].to_numpy()[[*homes, *hubs]], sites["lon"].to_numpy()[[*homes, *hubs]]
    lat, lon = _scatter(points, place[0][:DEPOTS], place[1][:DEPOTS], stops, random)
    km = great_circle_km(lat[:, None], lon[:, None], place[0][None, :], place[1][None, :])
    names = [str(name) for name in sites["site_id"].to_numpy()[[*homes, *hubs]]]
    everywhere = np.concatenate([place[0], lat]), np.concatenate([place[1], lon])
    fleet, drivers = _fleet(names, km, random)
    return Problem(
        stops=_stops(names, km, drivers, random),
        fleet=fleet,
        drivers=drivers,
        depots={name: index for index, name in enumerate(names[:DEPOTS])},
        hubs={name: Hub(DEPOTS + index, 1_200) for index, name in enumerate(names[DEPOTS:])},
        roads={name: EstimatedRoads(*everywhere, profile=name) for name in ("van", "rigid", "artic")},
        days=DAYS,
        carbon_price_eur_per_t=100.0,
        clashes=frozenset({frozenset({"critical", "lead"}), frozenset({"scrap", "lead"})}),
        # The way round a tunnel is driven at the speeds of the next heavier vehicle.
        tunnel_profiles={category: {"van": "rigid", "rigid": "artic"} for category in ("B", "C", "D", "E")},
        consistency=Consistency(weekday_eur=4.0, driver_eur=3.0),
        # Some ten times what a stop costs in a tour: a promise broken, not a catastrophe.
        missed_penalty_eur=400.0,
    )


def _spread(points: pl.DataFrame, sites: pl.DataFrame, count: int) -> list[int]:
    """Choose sites one by one, each where most volume is not within reach yet."""
    lat, lon = (points[name].to_numpy()[:, None] for name in ("lat", "lon"))
    km = great_circle_km(lat, lon, sites["lat"].to_numpy()[None, :], sites["lon"].to_numpy()[None, :])
    near = np.exp(-((km / 150.0) ** 2))
    weight = points["expected_kg_per_year"].to_numpy().astype(float)
    chosen: list[int] = []
    for _ in range(min(count, sites.height)):
        gain = weight @ near
        gain[chosen] = -1.0
        chosen.append(int(gain.argmax()))
        weight = weight * (1.0 - near[:, chosen[-1]])
    return chosen


def _scatter(
    points: pl.DataFrame, lat: NDArray[Any], lon: NDArray[Any], count: int, random: np.random.Generator
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Places of the pick-ups: 15 km about collection points that a depot reaches."""
    here = points["lat"].to_numpy(), points["lon"].to_numpy()
    km = great_circle_km(here[0][:, None], here[1][:, None], lat[None, :], lon[None, :])
    weight = np.sqrt(points["expected_kg_per_year"].to_numpy().astype(float)) * (km.min(axis=1) < REACH_KM)
    # Twice as many as wanted, for some fall into the sea or beyond a strait.
    chosen = random.choice(points.height, 2 * count, p=weight / weight.sum())
    north, east = random.normal(0.0, 15.0 / 111.2, (2, 2 * count))
    there = here[0][chosen] + north, here[1][chosen] + east / np.cos(np.radians(here[0][chosen]))
    nearest = great_circle_km(there[0][:, None], there[1][:, None], lat[None, :], lon[None, :]).argmin(axis=1)
    land = EstimatedRoads(np.concatenate([lat, there[0]]), np.concatenate([lon, there[1]])).land
    dry = np.flatnonzero((land[len(lat) :] == land[nearest]) & (land[nearest] >= 0))[:count]
    return there[0][dry], there[1][dry]


def _fleet(
    names: Sequence[str], km: NDArray[Any], random: np.random.Generator
) -> tuple[tuple[VehicleKind, ...], tuple[Driver, ...]]:
    """Vehicles and drivers by what lies nearest to each depot.

    One driver in ten less than vehicles, four in five certified, two in five trained for critical batteries. Vans
    unload twice on the way, rigids once, at their depot or the next hub; an articulated truck of every third depot
    ends its tour at the next depot.
    """
    share = np.bincount(km[:, :DEPOTS].argmin(axis=1), minlength=DEPOTS)
    figures = vehicle_types().filter(pl.col("vehicle_type").is_in(list(PROFILES)))
    figures = figures.with_columns(pl.col("is_adr_equipped", "tail_lift") == "yes")
    kinds, drivers = [], []
    for home, name in enumerate(names[:DEPOTS]):
        vehicles = max(6.0, share[home] / len(DAYS) / STOPS_PER_VEHICLE_AND_DAY)
        counts = {kind: max(1, round(part * vehicles)) for kind, part in SHARES.items()}
        rows = figures.with_columns(
            depot_id=pl.lit(name), count=pl.col("vehicle_type").replace_strict(counts, return_dtype=pl.Int64)
        )
        # Depots and hubs are the first places; the pick-ups' mean way tells which hub this depot's tours pass.
        members = km[:, :DEPOTS].argmin(axis=1) == home
        hub = names[DEPOTS + int(km[members, DEPOTS:].mean(axis=0).argmin())] if members.any() else ""
        for kind in fleet_from_table(rows, profiles=PROFILES):
            small = PROFILES[kind.vehicle_type] != "artic"
            kinds.append(
                replace(
                    kind,
                    volume_m3=VOLUMES_M3[kind.vehicle_type],
                    permits=frozenset({"waste"} | ({"fire-safe body"} if kind.is_adr_equipped else set())),
                    co2e_kg_per_tkm=0.02,
                    max_reloads={"van": 2, "rigid": 1, "artic": 0}[PROFILES[kind.vehicle_type]],
                    reload_at=tuple(place for place in (name, hub) if place) if small else (),
                    end_depot_id=names[(home + 1) % DEPOTS] if not small and home % 3 == 0 else "",
                )
            )
        for number in range(max(2, round(0.9 * sum(counts.values())))):
            until = DAYS[-1] + timedelta(days=int(random.integers(30, 1500)))
            trained = (("critical batteries", until),) if random.random() < 0.4 else ()
            certified = until if random.random() < 0.8 else None
            drivers.append(Driver(f"{name}-{number + 1}", name, certified, trained))
    return tuple(kinds), tuple(drivers)


def _stops(
    names: Sequence[str], km: NDArray[Any], drivers: Sequence[Driver], random: np.random.Generator
) -> pl.DataFrame:
    """Goods, hours and wishes of the pick-ups; shares are at each line."""
    count = len(km)
    goods = random.choice(
        ["lithium", "lead", "nimh", "critical", "scrap"], count, p=[0.60, 0.20, 0.12, 0.02, 0.06]
    )
    mass = np.clip(random.lognormal(np.log(220.0), 0.8, count), 20.0, 2_500.0)
    mass = np.round(np.where(goods == "critical", np.minimum(mass, 400.0), mass))
    floor = np.round(mass / 400.0, 2)
    factor = np.select([goods == "lead", (goods == "lithium") | (goods == "scrap")], [1.0, 3.0], 0.0)
    forklift = (mass > 900.0) | (random.random(count) < 0.4)
    service = np.round(600 + 1.2 * mass).astype(int)
    required = random.random(count) < 0.55
    due = random.integers(1, len(DAYS) + 1, count)
    due = np.where(goods == "critical", np.maximum(due, 2), due)
    late_start = random.random(count) < 0.08
    first = np.where(late_start, np.minimum(random.integers(2, 4, count), np.where(required, due, 5)), 1)
    empties = np.where(random.random(count) < 0.15, np.round(mass * 0.15), 0.0)
    hours = _hours(count, random)
    city, zone = random.random(count) < 0.08, random.random(count) < 0.05
    usual = random.random(count) < 0.10
    of_depot = [
        [driver.driver_id for driver in drivers if driver.depot_id == name] for name in names[:DEPOTS]
    ]
    nearest = km[:, :DEPOTS].argmin(axis=1)
    rows: dict[str, Any] = {
        "pickup_id": [f"P{number:05d}" for number in range(count)],
        "point_id": [f"P{number:05d}" for number in range(count)],
        "place": np.arange(len(names), len(names) + count),
        "service_s": service,
        "service_by_hand_s": np.where(forklift, service, (1.6 * service).astype(int)),
        "open_s": [windows[0][0] for windows in hours],
        "close_s": [windows[-1][1] for windows in hours],
        "windows": [windows if len(windows) > 1 else None for windows in hours],
        "mass_kg": mass,
        "floor_positions": floor,
        "volume_m3": np.round(floor * 1.3, 2),
        "points": np.round(0.8 * mass * factor, 1),
        "boxes": (goods == "critical").astype(int),
        "needs_adr": goods == "critical",
        "needs_lift": ~forklift & (mass > 120.0),
        "depots": _takers(names, km),
        "due_day": [int(day) if must else None for day, must in zip(due, required, strict=True)],
        "due_on": [DAYS[day - 1] if must else None for day, must in zip(due, required, strict=True)],
        "prize_eur": np.round(8.0 + 0.12 * mass + random.exponential(15.0, count), 2),
        "drop_mass_kg": empties,
        "drop_floor_positions": np.round(empties / 120.0, 2),
        "drop_volume_m3": np.round(empties / 90.0, 2),
        "goods": [[name] if name in ("lead", "critical", "scrap") else [] for name in goods],
        "permits": [["waste", "fire-safe body"] if name == "critical" else ["waste"] for name in goods],
        "training": [["critical batteries"] if name == "critical" else [] for name in goods],
        "vehicle_types": [[kind for kind in PROFILES if kind != "artic_adr"] if one else [] for one in city],
        "is_closed_to_adr": zone & (goods != "critical") & (0.8 * mass * factor < 1_000.0),
        "tunnel_code": np.where(np.isin(goods, ["lithium", "critical", "scrap"]), "E", ""),
        "first_day": first,
        "usual_weekday": [
            int(day) if one else None for one, day in zip(usual, random.integers(1, 6, count), strict=True)
        ],
        "usual_driver": [
            str(random.choice(of_depot[home])) if one and random.random() < 0.3 else None
            for one, home in zip(usual, nearest, strict=True)
        ],
    }
    return pl.DataFrame(
        rows, schema={name: (STOP_COLUMNS | OPTIONAL_STOP_COLUMNS)[name] for name in rows}, strict=False
    )


def _hours(count: int, random: np.random.Generator) -> list[list[list[int]]]:
    """Hours of pick-ups: 65 % all day, 20 % closed at noon, 15 % two or three hours only."""
    kind, late = random.random(count), random.integers(0, 3, count)
    slot = random.integers(8, 15, count)
    found = []
    for share, shift, first in zip(kind.tolist(), late.tolist(), slot.tolist(), strict=True):
        if share < 0.65:
            found.append([[(7 + shift) * H, (16 + shift) * H]])
        elif share < 0.85:
            found.append([[(7 + shift) * H, 12 * H], [13 * H + 1800, 17 * H]])
        else:
            found.append([[first * H, (first + 2) * H + 1800]])
    return found


def _takers(names: Sequence[str], km: NDArray[Any]) -> list[list[str]]:
    """Depots and hubs that take the goods: all in reach, the nearest depot in any case."""
    found = []
    for row in km:
        near = row < 1.3 * REACH_KM
        near[int(row[:DEPOTS].argmin())] = True
        found.append([names[index] for index in np.flatnonzero(near)])
    return found
