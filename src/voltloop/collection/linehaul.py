"""Onward transport from the depots to the treatment sites: consolidate until a vehicle is worth sending."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from voltloop.collection.model import Roads, VehicleKind
from voltloop.errors import InputError
from voltloop.findings import make

__all__ = ["LOAD_COLUMNS", "Onward", "consolidate"]

LOAD_COLUMNS: Final[dict[str, pl.DataType]] = {
    "load_id": pl.String(),
    "depot_id": pl.String(),
    "site_id": pl.String(),
    "vehicle_type": pl.String(),
    "vehicle_name": pl.String(),
    "needs_adr": pl.Boolean(),
    "km": pl.Float64(),
    "driving_h": pl.Float64(),
    "gross_mass_kg": pl.Float64(),
    "positions": pl.Float64(),
    "points": pl.Float64(),
    "boxes": pl.Int64(),
    "fill": pl.Float64(),
    "cost_eur": pl.Float64(),
    "co2e_kg": pl.Float64(),
    "reason": pl.String(),
    "items": pl.List(pl.Int64()),
}
"""One row per onward load. ``km``, ``driving_h``, cost and emissions are for the way there and back. ``fill`` is the
share of the tightest capacity in use of the vehicle that carries a kilogram cheapest on the way, 0 to 1; a smaller one
may drive in the end. ``reason`` says why it leaves."""

_STOCK_COLUMNS: Final[dict[str, pl.DataType]] = {
    "item": pl.Int64(),
    "depot_id": pl.String(),
    "site_id": pl.String(),
    "outcome": pl.String(),
    "code": pl.String(),
    "words": pl.String(),
}


@dataclass(frozen=True, slots=True)
class Onward:
    """Loads that leave (:data:`LOAD_COLUMNS`) and items that stay.

    ``stock`` has the columns ``item``, ``depot_id``, ``site_id``, ``outcome`` (``stays``: waits for a fuller load;
    ``held``: nothing can take it), ``code`` (empty for ``stays``) and ``words``.
    """

    loads: pl.DataFrame
    stock: pl.DataFrame


@dataclass
class _Load:
    kind: VehicleKind
    aim: VehicleKind
    items: list[dict[str, Any]]

    def total(self, name: str) -> float:
        return float(sum(item[name] for item in self.items))

    @property
    def fill(self) -> float:
        """Share of the vehicle that would carry a kilogram cheapest, whichever drives in the end."""
        kind = self.aim
        used = (
            (self.total("gross_mass_kg"), kind.payload_kg),
            (self.total("floor_positions"), kind.floor_positions),
        )
        return max(amount / most for amount, most in used if most > 0)


def consolidate(
    items: pl.DataFrame,
    fleet: Sequence[VehicleKind],
    roads: Roads,
    places: Mapping[str, int],
    *,
    on: date,
    min_fill: float = 0.6,
    relief_points: float = 1000.0,
    carbon_price_eur_per_t: float = 0.0,
) -> Onward:
    """Fill vehicles with goods for the same site, and send those that are full enough or due.

    Parameters
    ----------
    items
        Goods at the depots: ``item``, ``depot_id``, ``site_id`` (destination; equal to the depot: nothing to do),
        ``gross_mass_kg``, ``floor_positions``, ``points``, ``needs_critical_box``, ``requires_adr_vehicle``,
        ``due_on`` (last day to leave; null: none).
    fleet
        Vehicles; those of the item's depot are used, as often as needed.
    roads, places
        Matrices and the place of each depot and site by id.
    on
        Day of departure.
    min_fill
        A load leaves when it fills this share, 0 to 1, of the vehicle that carries a kilogram cheapest on this way, or
        when something aboard is due.

    Raises
    ------
    InputError
        A column is missing, or a depot or site has no place.

    Notes
    -----
    First fit decreasing by floor and mass, due goods first, into the vehicle type with the lowest objective per
    kilogram; then each load is moved to the cheapest vehicle that still takes it. A load may take several days on
    the road: driving time is reported, not limited here.
    """
    needed = ("item", "depot_id", "site_id", "gross_mass_kg", "floor_positions", "points", "needs_critical_box",
              "requires_adr_vehicle", "due_on")  # fmt: skip
    missing = [name for name in needed if name not in items.columns]
    if missing:
        raise InputError(
            f"The goods at the depots lack the column(s) {', '.join(missing)}. Needed: {', '.join(needed)}.",
            code="onward-column-missing",
        )
    unknown = sorted((set(items["depot_id"]) | set(items["site_id"])) - set(places))
    if unknown:
        raise InputError(
            f'No place is given for "{unknown[0]}". Each depot and site needs a row and column in the road matrices.',
            code="onward-place-unknown",
        )
    rules = _Rules(roads, places, on, min_fill, relief_points, carbon_price_eur_per_t)
    lanes: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in items.with_columns(pl.col("needs_critical_box").cast(pl.Int64).fill_null(0)).iter_rows(
        named=True
    ):
        if row["depot_id"] != row["site_id"]:
            lanes[row["depot_id"], row["site_id"]].append(row)
    loads: list[dict[str, Any]] = []
    stock: list[dict[str, Any]] = []
    for (depot, site), goods in sorted(lanes.items()):
        kinds = [kind for kind in fleet if kind.depot_id == depot and kind.count > 0]
        rules.lane(depot, site, goods, kinds, loads, stock)
    return Onward(pl.DataFrame(loads, schema=LOAD_COLUMNS), pl.DataFrame(stock, schema=_STOCK_COLUMNS))


@dataclass(frozen=True, slots=True)
class _Rules:
    roads: Roads
    places: Mapping[str, int]
    on: date
    min_fill: float
    relief_points: float
    carbon_price: float

    def lane(
        self,
        depot: str,
        site: str,
        goods: list[dict[str, Any]],
        kinds: Sequence[VehicleKind],
        loads: list[dict[str, Any]],
        stock: list[dict[str, Any]],
    ) -> None:
        there, back = self.places[depot], self.places[site]
        if not (self.roads.reachable[there, back] and self.roads.reachable[back, there]):
            for item in goods:
                stock.append(
                    _stay(item, make("load-no-road", where=f"Item {item['item']}", depot=depot, site=site))
                )
            return
        km = float(self.roads.km[there, back] + self.roads.km[back, there])
        hours = float(self.roads.drive_s[there, back] + self.roads.drive_s[back, there]) / 3600.0
        for load in self._fill(depot, goods, kinds, km, hours, stock):
            due = [
                item["due_on"]
                for item in load.items
                if item["due_on"] is not None and item["due_on"] <= self.on
            ]
            if load.fill >= self.min_fill - 1e-9 or due:
                reason = f"{load.fill:.0%} full." if not due else f"Goods aboard must leave by {min(due)}."
                loads.append(self._row(f"L{len(loads) + 1:04d}", depot, site, load, km, hours, reason))
                continue
            words = f"Waits at {depot} for a fuller load to {site}: {load.fill:.0%} of a {load.aim.vehicle_type}, "
            words += f"at least {self.min_fill:.0%} is wanted."
            stock.extend(_stay(item, words) for item in load.items)

    def _fill(
        self,
        depot: str,
        goods: list[dict[str, Any]],
        kinds: Sequence[VehicleKind],
        km: float,
        hours: float,
        stock: list[dict[str, Any]],
    ) -> list[_Load]:
        open_loads: list[_Load] = []
        order = sorted(goods, key=self._urgency)
        for item in order:
            room = next((load for load in open_loads if self._fits(load.kind, [*load.items, item])), None)
            if room is not None:
                room.items.append(item)
                continue
            able = [kind for kind in kinds if self._fits(kind, [item])]
            if not able:
                words = make(
                    "load-no-vehicle", where=f"Item {item['item']}", value=f"{item['gross_mass_kg']:g}",
                    positions=f"{item['floor_positions']:g}", depot=depot,
                )  # fmt: skip
                stock.append(_stay(item, words))
                continue
            best = min(able, key=lambda kind: self._objective(kind, km, hours) / max(kind.payload_kg, 1e-9))
            open_loads.append(_Load(best, best, [item]))
        for load in open_loads:
            able = [kind for kind in kinds if self._fits(kind, load.items)]
            load.kind = min(able, key=lambda kind: (self._objective(kind, km, hours), kind.vehicle_type))
        return open_loads

    def _urgency(self, item: Mapping[str, Any]) -> tuple[bool, float, float, int]:
        may_wait = item["due_on"] is None or item["due_on"] > self.on
        return may_wait, -item["floor_positions"], -item["gross_mass_kg"], item["item"]

    def _fits(self, kind: VehicleKind, items: Sequence[Mapping[str, Any]]) -> bool:
        return (
            sum(item["gross_mass_kg"] for item in items) <= kind.payload_kg + 1e-6
            and sum(item["floor_positions"] for item in items) <= kind.floor_positions + 1e-6
            and sum(item["needs_critical_box"] for item in items) <= kind.critical_boxes
            and (kind.is_adr_equipped or not self._needs_adr(items))
        )

    def _needs_adr(self, items: Sequence[Mapping[str, Any]]) -> bool:
        points = sum(item["points"] or 0.0 for item in items)
        return points > self.relief_points + 1e-6 or any(item["requires_adr_vehicle"] for item in items)

    def _objective(self, kind: VehicleKind, km: float, hours: float) -> float:
        carbon = kind.co2e_kg_per_km * self.carbon_price / 1000.0
        return kind.fixed_cost_eur + km * (kind.cost_eur_per_km + carbon) + hours * kind.cost_eur_per_h

    def _row(
        self, load_id: str, depot: str, site: str, load: _Load, km: float, hours: float, reason: str
    ) -> dict[str, Any]:
        kind = load.kind
        return {
            "load_id": load_id,
            "depot_id": depot,
            "site_id": site,
            "vehicle_type": kind.vehicle_type,
            "vehicle_name": kind.name,
            "needs_adr": self._needs_adr(load.items),
            "km": km,
            "driving_h": hours,
            "gross_mass_kg": load.total("gross_mass_kg"),
            "positions": load.total("floor_positions"),
            "points": sum(item["points"] or 0.0 for item in load.items),
            "boxes": int(load.total("needs_critical_box")),
            "fill": load.fill,
            "cost_eur": kind.fixed_cost_eur + km * kind.cost_eur_per_km + hours * kind.cost_eur_per_h,
            "co2e_kg": km * kind.co2e_kg_per_km,
            "reason": reason,
            "items": sorted(item["item"] for item in load.items),
        }


def _stay(item: Mapping[str, Any], why: Any) -> dict[str, Any]:
    is_words = isinstance(why, str)
    return {
        "item": item["item"],
        "depot_id": item["depot_id"],
        "site_id": item["site_id"],
        "outcome": "stays" if is_words else "held",
        "code": "" if is_words else why.code,
        "words": why if is_words else why.message,
    }
