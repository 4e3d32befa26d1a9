"""Onward transport from the depots to the treatment sites: consolidate until a vehicle is worth sending."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from voltloop.collection.onward_load import (
    Contents,
    Good,
    LoadRules,
    Way,
    load_row,
    obstacle,
    read_goods,
    stay_row,
    way_of,
)
from voltloop.collection.roads import RoadSource
from voltloop.collection.vehicles import VehicleKind

__all__ = ["LOAD_COLUMNS", "STOCK_COLUMNS", "Onward", "consolidate"]

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

STOCK_COLUMNS: Final[dict[str, pl.DataType]] = {
    "item": pl.Int64(),
    "depot_id": pl.String(),
    "site_id": pl.String(),
    "outcome": pl.String(),
    "code": pl.String(),
    "words": pl.String(),
}
"""One row per item that stays; see :class:`Onward`."""


@dataclass(frozen=True, slots=True)
class Onward:
    """Loads that leave (:data:`LOAD_COLUMNS`) and items that stay.

    ``stock`` has the columns ``item``, ``depot_id``, ``site_id``, ``outcome`` (``stays``: waits for a fuller load;
    ``held``: nothing can take it), ``code`` (empty for ``stays``) and ``words``.
    """

    loads: pl.DataFrame
    stock: pl.DataFrame


def consolidate(
    items: pl.DataFrame,
    fleet: Sequence[VehicleKind],
    roads: RoadSource,
    places: Mapping[str, int],
    *,
    rules: LoadRules,
    on: date,
    min_fill: float = 0.6,
) -> Onward:
    """Fill vehicles with goods for the same site, and send those that are full enough or due.

    Parameters
    ----------
    items
        Goods at the depots: ``item``, ``depot_id``, ``site_id`` (destination; equal to the depot: nothing to do),
        ``gross_mass_kg``, ``floor_positions``, ``points``, ``needs_critical_box``, ``requires_adr_vehicle``,
        ``due_on`` (last day to leave; null: none); ``volume_m3`` and ``goods`` (classes) where they count.
    fleet
        Vehicles; those of the item's depot are used, as often as needed.
    roads, places
        Matrices and the place of each depot and site by id.
    rules
        Goods that may not ride together, the small-load relief, and the price of emissions.
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
    lanes: dict[tuple[str, str], list[Good]] = defaultdict(list)
    for good in read_goods(items, places):
        lanes[good.depot_id, good.site_id].append(good)
    loads: list[dict[str, Any]] = []
    stock: list[dict[str, Any]] = []
    for (depot, site), goods in sorted(lanes.items()):
        way = way_of(roads, places, depot, site)
        kinds = [kind for kind in fleet if kind.depot_id == depot and kind.count > 0]
        takes = [good for good in goods if _may_go(rules, kinds, good, way, stock)]
        for aim, contents in _fill(rules, kinds, takes, way, on):
            due = [good.due_on for good in contents.goods if good.due_on is not None and good.due_on <= on]
            fill = contents.fill(aim)
            if fill < min_fill - 1e-9 and not due:
                words = f"Waits at {depot} for a fuller load to {site}: {fill:.0%} of a {aim.vehicle_type}, "
                words += f"at least {min_fill:.0%} is wanted."
                stock.extend(stay_row(good, words) for good in contents.goods)
                continue
            reason = f"Goods aboard must leave by {min(due)}." if due else f"{fill:.0%} full."
            kind = rules.cheapest(kinds, contents, way) or aim
            loads.append(
                load_row(rules, f"L{len(loads) + 1:04d}", way, kind, contents, fill=fill, reason=reason)
            )
    return Onward(pl.DataFrame(loads, schema=LOAD_COLUMNS), pl.DataFrame(stock, schema=STOCK_COLUMNS))


def _may_go(
    rules: LoadRules, kinds: Sequence[VehicleKind], good: Good, way: Way, stock: list[dict[str, Any]]
) -> bool:
    why = obstacle(rules, kinds, good, way)
    if why is not None:
        stock.append(stay_row(good, why))
    return why is None


def _fill(
    rules: LoadRules, kinds: Sequence[VehicleKind], goods: Sequence[Good], way: Way, on: date
) -> list[tuple[VehicleKind, Contents]]:
    """Fill vehicles first fit decreasing, due goods first, each load opened with the thriftiest vehicle."""

    def urgency(good: Good) -> tuple[bool, float, float, int]:
        return good.due_on is None or good.due_on > on, -good.floor_positions, -good.mass_kg, good.item

    loads: list[tuple[VehicleKind, Contents]] = []
    for good in sorted(goods, key=urgency):
        room = next((contents for kind, contents in loads if rules.fits(kind, contents, good)), None)
        aim = rules.thriftiest(kinds, good, way)
        if room is not None:
            room.add(good)
        elif aim is not None:
            loads.append((aim, Contents.of([good])))
    return loads
