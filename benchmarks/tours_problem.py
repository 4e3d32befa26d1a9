"""A published routing instance as a tour problem of the project.

One kilometre is one unit of the instance's rounded distances, one second one unit of its rounded times, one euro one
unit of its rounded costs, so that every number of the problem is whole and nothing is lost on the way.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tours_vrplib import VrplibFile, read_vrplib
from voltloop.collection.driving import DrivingRules
from voltloop.collection.model import Driver, Problem, VehicleKind
from voltloop.collection.roads import PlaneRoads
from voltloop.collection.stops import OPTIONAL_STOP_COLUMNS, STOP_COLUMNS
from voltloop.errors import InputError

__all__ = ["ROUNDINGS", "Instance", "read_instance"]

DAY: Final = date(2026, 11, 23)

LONG: Final = 10**10
"""Seconds in which every tour of a published instance ends; where the instance gives no limit."""

NO_DRIVING_LAW: Final = DrivingRules("none: a published instance", LONG, 0, LONG, LONG)


@dataclass(frozen=True, slots=True)
class Rounding:
    """How published distances and times become whole numbers: floor(scale x value + offset)."""

    scale: float
    offset: float

    def __call__(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        return np.floor(self.scale * values + self.offset).astype(np.int64)


ROUNDINGS: Final[Mapping[str, Rounding]] = {
    "round": Rounding(1.0, 0.5),
    "trunc": Rounding(1.0, 0.0),
    "dimacs": Rounding(10.0, 0.0),
    "exact": Rounding(1000.0, 0.5),
}


@dataclass(frozen=True, slots=True)
class ProblemClass:
    """What a class of instances is published with.

    Attributes
    ----------
    rounding
        Convention of the best known values.
    needs
        Values that a file of the class cannot do without.
    is_scaled
        Whether best known values are in rounded units; otherwise in the units of the file.
    cost_scale
        Units of the file's costs per published unit.
    """

    rounding: str
    needs: tuple[str, ...] = ()
    is_scaled: bool = False
    cost_scale: float = 1.0


CLASSES: Final[Mapping[str, ProblemClass]] = {
    "CVRP": ProblemClass("round"),
    "VRPTW": ProblemClass("dimacs", ("VEHICLES", "TIME_WINDOW")),
    "HFVRP": ProblemClass("exact", ("VEHICLES",), cost_scale=100.0),
    "MDVRPTW": ProblemClass("exact", ("VEHICLES", "TIME_WINDOW", "VEHICLES_DEPOT"), is_scaled=True),
    "PCVRPTW": ProblemClass("dimacs", ("VEHICLES", "TIME_WINDOW", "PRIZE"), is_scaled=True),
    "SDVRPTW": ProblemClass("exact", ("VEHICLES", "TIME_WINDOW", "VEHICLES_ALLOWED_CLIENTS"), is_scaled=True),
    "MTVRPTWR": ProblemClass(
        "dimacs", ("VEHICLES", "TIME_WINDOW", "RELEASE_TIME", "VEHICLES_RELOAD_DEPOT"), is_scaled=True
    ),
}
"""By the file's TYPE. HFVRP files give costs in hundredths of the published unit."""


@dataclass(frozen=True)
class Instance:
    """A published instance in the project's terms.

    Attributes
    ----------
    name
        The file's NAME.
    problem
        The tour problem.
    unit
        Euros of the problem per unit of the published values.
    best_known
        Best known value in published units, None where no list stands beside the file.
    vehicle_kinds
        Position in the fleet of each vehicle of the file, in its order.
    rounding
        Name of the rounding used.
    """

    name: str
    problem: Problem
    unit: float
    best_known: float | None
    vehicle_kinds: tuple[int, ...]
    rounding: str

    def tour(self, vehicle: int, route: Sequence[int]) -> tuple[int, tuple[int, ...]]:
        """Write the route of a vehicle over the file's locations (from 0) as kind and visits of a tour."""
        kind, depots = self.vehicle_kinds[vehicle], len(self.problem.depots)
        hubs = self.problem.fleet[kind].reload_at
        return kind, tuple(
            place - depots if place >= depots else -1 - hubs.index(f"D{place + 1}") for place in route
        )


def read_instance(path: Path, rounding: str | None = None) -> Instance:
    """Read a VRPLIB file as a tour problem.

    Parameters
    ----------
    rounding
        A key of :data:`ROUNDINGS`; None: what ``BKS.csv`` beside the file (or one folder up) names, and without such
        a list what the class of the file is published with (:data:`CLASSES`).

    Raises
    ------
    InputError
        The file is not such an instance.
    """
    file = read_vrplib(path)
    group = _class_of(file)
    listed = _listed(path)
    rounding = rounding or (listed or {}).get("rounding") or group.rounding
    if rounding not in ROUNDINGS:
        raise InputError(
            f'{path}: the rounding "{rounding}" is not known. Known: {", ".join(ROUNDINGS)}.',
            code="vrplib-rounding",
        )
    kinds, owners = _fleet(file, ROUNDINGS[rounding])
    problem = _problem(file, kinds, owners, ROUNDINGS[rounding])
    unit = (1.0 if group.is_scaled else ROUNDINGS[rounding].scale) * group.cost_scale
    best = float(listed["bks"]) if listed and listed.get("bks") else None
    return Instance(file.words.get("NAME") or path.stem, problem, unit, best, owners, rounding)


def _class_of(file: VrplibFile) -> ProblemClass:
    name = file.words.get("TYPE", "")
    if name not in CLASSES:
        raise InputError(
            f'{file.path}: TYPE is "{name}". Expected one of {", ".join(CLASSES)}.', code="vrplib-wrong"
        )
    for need in CLASSES[name].needs:
        if need not in file.counts and not file.has(need):
            raise InputError(
                f"{file.path}: {need}{'' if need == 'VEHICLES' else '_SECTION'} is missing, which every "
                f"{name} instance has. Expected a complete VRPLIB file.",
                code="vrplib-missing",
            )
    return CLASSES[name]


def _listed(path: Path) -> dict[str, str] | None:
    """Find the row of BKS.csv for a file, in its folder or the one above."""
    for folder in path.resolve().parents[:2]:
        table = folder / "BKS.csv"
        if table.is_file():
            with table.open(newline="", encoding="utf-8") as lines:
                for row in csv.DictReader(lines):
                    if Path(row.get("file") or "").name == path.name:
                        return row
    return None


def _fleet(file: VrplibFile, rounding: Rounding) -> tuple[tuple[VehicleKind, ...], tuple[int, ...]]:
    """Vehicles that are alike in everything make one kind."""
    depots = np.array([int(value) - 1 for value in file.column("VEHICLES_DEPOT", 1.0)])
    if not set(depots.tolist()) <= set(file.depots):
        raise InputError(
            f"{file.path}: VEHICLES_DEPOT_SECTION names a location that is no depot. Expected 1 to "
            f"{len(file.depots)}.",
            code="vrplib-wrong",
        )
    columns = (
        file.column("CAPACITY", math.inf),
        _scaled(file.column("VEHICLES_MAX_DURATION", math.inf), rounding),
        _scaled(file.column("VEHICLES_MAX_DISTANCE", math.inf), rounding),
        _scaled(file.column("VEHICLES_FIXED_COST", 0.0), rounding),
        file.column("VEHICLES_UNIT_DISTANCE_COST", 1.0),
        file.column("VEHICLES_MAX_RELOADS", math.inf),
    )
    windows = file.sections.get("TIME_WINDOW")
    alike: dict[tuple[Any, ...], list[int]] = {}
    for vehicle in range(file.vehicles):
        own = [
            tuple(sorted(map(int, file.sections[name][vehicle]))) if name in file.sections else ()
            for name in ("VEHICLES_ALLOWED_CLIENTS", "VEHICLES_RELOAD_DEPOT")
        ]
        key = (int(depots[vehicle]), *(float(column[vehicle]) for column in columns), *own)
        alike.setdefault(key, []).append(vehicle)
    kinds, owners = [], [0] * file.vehicles
    for (depot, room, duty, distance, fixed, per_km, reloads, _, hubs), members in alike.items():
        for vehicle in members:
            owners[vehicle] = len(kinds)
        opens, closes = rounding(np.array(windows[depot])) if windows else (0, LONG)
        kinds.append(
            VehicleKind(
                vehicle_type=f"V{len(kinds) + 1}",
                depot_id=f"D{depot + 1}",
                count=len(members) if "VEHICLES" in file.counts else min(len(members), _enough(file)),
                payload_kg=room,
                floor_positions=math.inf,
                fixed_cost_eur=fixed,
                cost_eur_per_km=per_km,
                shift_start_s=int(opens),
                shift_end_s=int(closes),
                max_duty_s=int(min(duty, LONG)),
                # A kilometre takes a second here, so that a limit on distance is one on driving.
                max_driving_s=int(min(distance, LONG)),
                max_reloads=int(min(reloads, file.locations)) if hubs else 0,
                reload_at=tuple(f"D{hub}" for hub in hubs),
            )
        )
    _check_references(file)
    return tuple(kinds), tuple(owners)


def _enough(file: VrplibFile) -> int:
    """Vehicles that no good plan runs out of, where a file names none.

    Two tours whose loads fit together need not be two, so that a best plan has at most 2 x load / capacity + 1; this is
    twice that.
    """
    room = float(file.column("CAPACITY", math.inf).min())
    return 2 * (2 * math.ceil(float(file.column("DEMAND", 0.0).sum()) / max(room, 1e-9)) + 1)


def _scaled(values: NDArray[np.float64], rounding: Rounding) -> NDArray[np.float64]:
    given = np.isfinite(values)
    return np.where(given, np.floor(rounding.scale * np.where(given, values, 0.0) + rounding.offset), np.inf)


def _check_references(file: VrplibFile) -> None:
    most = {"VEHICLES_ALLOWED_CLIENTS": file.locations, "VEHICLES_RELOAD_DEPOT": len(file.depots)}
    for name, last in most.items():
        for vehicle, row in enumerate(file.sections.get(name, ()), start=1):
            if not all(1 <= value <= last and value == int(value) for value in row):
                raise InputError(
                    f"{file.path}: {name}_SECTION names an unknown location for vehicle {vehicle}. Expected 1 to "
                    f"{last}.",
                    code="vrplib-wrong",
                )


def _problem(
    file: VrplibFile, kinds: tuple[VehicleKind, ...], owners: tuple[int, ...], rounding: Rounding
) -> Problem:
    many, homes = file.locations, len(file.depots)
    xy = np.array(file.sections["NODE_COORD"])
    demand = file.column("DEMAND", 0.0)
    prize = rounding(file.column("PRIZE", 0.0))
    windows = file.sections.get("TIME_WINDOW")
    opens, closes = rounding(np.array(windows)).T if windows else (np.zeros(many, int), np.full(many, LONG))
    service = rounding(file.column("SERVICE_TIME", 0.0))
    columns: dict[str, Any] = {
        "pickup_id": [f"C{place + 1}" for place in range(homes, many)],
        "point_id": [f"C{place + 1}" for place in range(homes, many)],
        "place": np.arange(homes, many),
        "service_s": service[homes:],
        "service_by_hand_s": service[homes:],
        "open_s": opens[homes:],
        "close_s": closes[homes:],
        "mass_kg": demand[homes:],
        "prize_eur": prize[homes:].astype(float),
        "due_day": [None if value > 0 else 1 for value in prize[homes:]],
        "due_on": [None if value > 0 else DAY for value in prize[homes:]],
    }
    blank = {"floor_positions": 0.0, "points": 0.0, "boxes": 0, "needs_adr": False, "needs_lift": False}
    columns |= {name: [value] * (many - homes) for name, value in blank.items()}
    columns["depots"] = [[f"D{depot + 1}" for depot in file.depots]] * (many - homes)
    if file.has("RELEASE_TIME"):
        # What waits at the depot until a time of release goes out from there: it is delivered.
        columns |= {
            "mass_kg": np.zeros(many - homes),
            "drop_mass_kg": demand[homes:],
            "release_s": rounding(file.column("RELEASE_TIME", 0.0))[homes:],
        }
    if "VEHICLES_ALLOWED_CLIENTS" in file.sections:
        columns["vehicle_types"] = _allowed(file, kinds, owners)
    schema = {
        name: dtype for name, dtype in (STOP_COLUMNS | OPTIONAL_STOP_COLUMNS).items() if name in columns
    }
    drivers = [
        Driver(f"{kind.depot_id}-{kind.vehicle_type}-{number + 1}", kind.depot_id)
        for kind in kinds
        for number in range(kind.count)
    ]
    span = rounding.scale * float(np.linalg.norm(np.ptp(xy, axis=0)))
    dearest = max(kind.fixed_cost_eur + 2 * span * kind.cost_eur_per_km for kind in kinds)
    return Problem(
        stops=pl.DataFrame(columns, schema=schema, strict=False),
        fleet=kinds,
        drivers=tuple(drivers),
        depots={f"D{depot + 1}": depot for depot in file.depots},
        roads={"road": PlaneRoads(xy, rounding.scale, rounding.offset, 1.0)},
        days=(DAY,),
        rules=NO_DRIVING_LAW,
        relief_points=math.inf,
        missed_penalty_eur=10.0 * max(dearest, 1.0),
    )


def _allowed(file: VrplibFile, kinds: tuple[VehicleKind, ...], owners: tuple[int, ...]) -> list[list[str]]:
    """Vehicle types that may serve each client."""
    types: list[set[str]] = [set() for _ in range(file.locations)]
    for vehicle, row in enumerate(file.sections["VEHICLES_ALLOWED_CLIENTS"]):
        for place in row:
            types[int(place) - 1].add(kinds[owners[vehicle]].vehicle_type)
    # No type at all would mean every type to the model; a client that no vehicle may serve needs one that is absent.
    return [sorted(members) or ["none"] for members in types[len(file.depots) :]]
