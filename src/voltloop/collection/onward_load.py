"""What may ride together on one onward load, and what the way costs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import polars as pl

from voltloop.collection.roads import RoadSource
from voltloop.collection.vehicles import VehicleKind
from voltloop.errors import InputError
from voltloop.findings import Finding, make

__all__ = [
    "GOODS_COLUMNS",
    "Contents",
    "Good",
    "LoadRules",
    "Way",
    "load_row",
    "obstacle",
    "read_goods",
    "stay_row",
    "way_of",
]

GOODS_COLUMNS = (
    "item", "depot_id", "site_id", "gross_mass_kg", "floor_positions", "points", "needs_critical_box",
    "requires_adr_vehicle", "due_on",
)  # fmt: skip
"""Columns that goods at the depots must have; ``volume_m3``, ``goods`` (classes) and ``ready_on`` may be there too."""


@dataclass(frozen=True, slots=True)
class Good:
    """One item at a depot that goes on: mass [kg], floor positions, volume [m3], load points, boxes, goods classes.

    ``ready_on`` is the day it is there (None: already), ``due_on`` the last day to leave (None: none).
    """

    item: int
    depot_id: str
    site_id: str
    mass_kg: float
    floor_positions: float
    volume_m3: float
    points: float
    boxes: int
    needs_adr: bool
    classes: frozenset[str]
    ready_on: date | None
    due_on: date | None


def read_goods(items: pl.DataFrame, places: Mapping[str, int]) -> list[Good]:
    """Read a table with :data:`GOODS_COLUMNS`; goods that are at their destination are left out.

    Raises
    ------
    InputError
        A column is missing, or a depot or site has no place.
    """
    missing = [name for name in GOODS_COLUMNS if name not in items.columns]
    if missing:
        raise InputError(
            f"The goods at the depots lack the column(s) {', '.join(missing)}. Needed: {', '.join(GOODS_COLUMNS)}.",
            code="onward-column-missing",
        )
    unknown = sorted((set(items["depot_id"]) | set(items["site_id"])) - set(places))
    if unknown:
        raise InputError(
            f'No place is given for "{unknown[0]}". Each depot and site needs a row and column in the road matrices.',
            code="onward-place-unknown",
        )
    rows = items.filter(pl.col("depot_id") != pl.col("site_id")).iter_rows(named=True)
    return [_good(row) for row in rows]


def _good(row: Mapping[str, Any]) -> Good:
    return Good(
        item=row["item"],
        depot_id=row["depot_id"],
        site_id=row["site_id"],
        mass_kg=row["gross_mass_kg"],
        floor_positions=row["floor_positions"],
        volume_m3=row.get("volume_m3") or 0.0,
        points=row["points"] or 0.0,
        boxes=int(row["needs_critical_box"] or 0),
        needs_adr=bool(row["requires_adr_vehicle"]),
        classes=frozenset(row.get("goods") or ()),
        ready_on=row.get("ready_on"),
        due_on=row["due_on"],
    )


@dataclass(slots=True)
class Contents:
    """Goods on one load with their sums."""

    goods: list[Good] = field(default_factory=list)
    mass_kg: float = 0.0
    floor_positions: float = 0.0
    volume_m3: float = 0.0
    points: float = 0.0
    boxes: int = 0
    needs_adr: bool = False
    classes: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, goods: Iterable[Good]) -> Contents:
        """Load goods."""
        contents = cls()
        for good in goods:
            contents.add(good)
        return contents

    def add(self, good: Good) -> None:
        """Load one more."""
        self.goods.append(good)
        self.mass_kg += good.mass_kg
        self.floor_positions += good.floor_positions
        self.volume_m3 += good.volume_m3
        self.points += good.points
        self.boxes += good.boxes
        self.needs_adr |= good.needs_adr
        self.classes |= good.classes

    def fill(self, kind: VehicleKind) -> float:
        """Share of the tightest of mass, floor and volume of a vehicle that is in use."""
        used = (
            (self.mass_kg, kind.payload_kg),
            (self.floor_positions, kind.floor_positions),
            (self.volume_m3, kind.volume_m3),
        )
        return max(amount / most for amount, most in used if most > 0)


@dataclass(frozen=True, slots=True)
class Way:
    """The way from a depot to a site and back: km and hours of driving."""

    depot_id: str
    site_id: str
    km: float
    hours: float

    @property
    def exists(self) -> bool:
        """Whether roads lead there and back."""
        return math.isfinite(self.km)


@dataclass(frozen=True)
class LoadRules:
    """The law and the money of onward loads.

    Attributes
    ----------
    clashes
        Pairs of goods classes that may not ride on one load.
    relief_points
        Load points up to which a vehicle needs no equipment.
    carbon_price_eur_per_t
        Price of the emissions.
    """

    clashes: frozenset[frozenset[str]] = frozenset()
    relief_points: float = 1000.0
    carbon_price_eur_per_t: float = 0.0

    @cached_property
    def foes(self) -> dict[str, frozenset[str]]:
        """Classes that each class may not ride with."""
        names = frozenset().union(*self.clashes)
        return {
            name: frozenset().union(*(pair - {name} or pair for pair in self.clashes if name in pair))
            for name in names
        }

    def needs_adr(self, contents: Contents) -> bool:
        """Whether a load is above the small-load relief."""
        return contents.needs_adr or contents.points > self.relief_points + 1e-6

    def fits(self, kind: VehicleKind, contents: Contents, more: Good | None = None) -> bool:
        """Whether a vehicle may carry a load, and one more item if given. The load itself must be free of clashes."""
        if more is None:
            return self._carries(
                kind, contents.mass_kg, contents.floor_positions, contents.volume_m3, contents.boxes
            ) and (kind.is_adr_equipped or not self.needs_adr(contents))
        if not self._carries(
            kind,
            contents.mass_kg + more.mass_kg,
            contents.floor_positions + more.floor_positions,
            contents.volume_m3 + more.volume_m3,
            contents.boxes + more.boxes,
        ):
            return False
        if any(not contents.classes.isdisjoint(self.foes.get(name, ())) for name in more.classes):
            return False
        above = contents.points + more.points > self.relief_points + 1e-6
        return kind.is_adr_equipped or not (above or contents.needs_adr or more.needs_adr)

    @staticmethod
    def _carries(kind: VehicleKind, mass: float, floor: float, volume: float, boxes: int) -> bool:
        return (
            mass <= kind.payload_kg + 1e-6
            and floor <= kind.floor_positions + 1e-6
            and volume <= kind.volume_m3 + 1e-9
            and boxes <= kind.critical_boxes
        )

    def objective_eur(self, kind: VehicleKind, way: Way) -> float:
        """Money and priced carbon of one load there and back [EUR]."""
        per_km = kind.cost_eur_per_km + kind.co2e_kg_per_km * self.carbon_price_eur_per_t / 1000.0
        return kind.fixed_cost_eur + way.km * per_km + way.hours * kind.cost_eur_per_h

    def cheapest(self, kinds: Sequence[VehicleKind], contents: Contents, way: Way) -> VehicleKind | None:
        """Choose the cheapest vehicle that may carry a load; None when none may."""
        able = [kind for kind in kinds if self.fits(kind, contents)]
        return min(able, key=lambda kind: (self.objective_eur(kind, way), kind.vehicle_type), default=None)

    def thriftiest(self, kinds: Sequence[VehicleKind], good: Good, way: Way) -> VehicleKind | None:
        """Choose the vehicle that may carry an item and costs least per kilogram of its payload; None when none may."""
        able = [kind for kind in kinds if self.fits(kind, Contents(), good)]
        return min(
            able, key=lambda kind: self.objective_eur(kind, way) / max(kind.payload_kg, 1e-9), default=None
        )


def way_of(roads: RoadSource, places: Mapping[str, int], depot_id: str, site_id: str) -> Way:
    """Measure the way from a depot to a site and back; ``inf`` where no road leads."""
    there, back = places[depot_id], places[site_id]
    km = roads.km_of([there, back], [back, there])
    seconds = roads.drive_s_of([there, back], [back, there])
    return Way(depot_id, site_id, float(km.sum()), float(seconds.sum()) / 3600.0)


def obstacle(rules: LoadRules, kinds: Sequence[VehicleKind], good: Good, way: Way) -> Finding | None:
    """Say why an item can never go on: no road, or no vehicle that fits; None when it can."""
    where = f"Item {good.item}"
    if not way.exists:
        return make("load-no-road", where=where, depot=way.depot_id, site=way.site_id)
    if rules.thriftiest(kinds, good, way) is None:
        return make(
            "load-no-vehicle", where=where, value=f"{good.mass_kg:g}", positions=f"{good.floor_positions:g}",
            depot=way.depot_id,
        )  # fmt: skip
    return None


def load_row(
    rules: LoadRules,
    load_id: str,
    way: Way,
    kind: VehicleKind,
    contents: Contents,
    *,
    fill: float,
    reason: str,
) -> dict[str, Any]:
    """Write a load as a row with the columns of :data:`~voltloop.collection.linehaul.LOAD_COLUMNS`."""
    return {
        "load_id": load_id,
        "depot_id": way.depot_id,
        "site_id": way.site_id,
        "vehicle_type": kind.vehicle_type,
        "vehicle_name": kind.name,
        "needs_adr": rules.needs_adr(contents),
        "km": way.km,
        "driving_h": way.hours,
        "gross_mass_kg": contents.mass_kg,
        "positions": contents.floor_positions,
        "points": contents.points,
        "boxes": contents.boxes,
        "fill": fill,
        "cost_eur": kind.fixed_cost_eur + way.km * kind.cost_eur_per_km + way.hours * kind.cost_eur_per_h,
        "co2e_kg": way.km * kind.co2e_kg_per_km,
        "reason": reason,
        "items": sorted(good.item for good in contents.goods),
    }


def stay_row(good: Good, why: str | Finding) -> dict[str, Any]:
    """Write an item that stays as a row: a sentence for what waits, a finding for what nothing can take."""
    return {
        "item": good.item,
        "depot_id": good.depot_id,
        "site_id": good.site_id,
        "outcome": "stays" if isinstance(why, str) else "held",
        "code": "" if isinstance(why, str) else why.code,
        "words": why if isinstance(why, str) else why.message,
    }
