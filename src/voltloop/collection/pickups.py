"""Group the packed goods of a point into pick-ups."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from voltloop.collection.pickup_stops import ServiceRules
from voltloop.collection.vehicles import VehicleKind
from voltloop.errors import InputError
from voltloop.findings import Finding, make

__all__ = ["PICKUP_COLUMNS", "make_pickups"]

PICKUP_COLUMNS: Final[dict[str, pl.DataType]] = {
    "pickup_id": pl.String(),
    "point_id": pl.String(),
    "depots": pl.List(pl.String()),
    "net_mass_kg": pl.Float64(),
    "gross_mass_kg": pl.Float64(),
    "floor_positions": pl.Float64(),
    "points": pl.Float64(),
    "boxes": pl.Int64(),
    "requires_adr_vehicle": pl.Boolean(),
    "max_package_kg": pl.Float64(),
    "pack_minutes": pl.Float64(),
    "due_on": pl.Date(),
    "value_eur": pl.Float64(),
    "items": pl.List(pl.Int64()),
    "volume_m3": pl.Float64(),
    "goods": pl.List(pl.String()),
    "permits": pl.List(pl.String()),
    "training": pl.List(pl.String()),
    "tunnel_code": pl.String(),
}
"""One row per pick-up: what one vehicle takes from one point at one visit. ``items`` are the input's items.

``goods``, ``permits`` and ``training`` are those of all its items, ``tunnel_code`` the strictest of them (B to E).
"""

_NEEDED: Final = (
    "item", "point_id", "depots", "net_mass_kg", "gross_mass_kg", "floor_positions", "points",
    "needs_critical_box", "requires_adr_vehicle", "due_on", "value_eur", "pack_minutes",
)  # fmt: skip


_LISTS: Final = ("goods", "permits", "training", "vehicle_types")
_SERVICE: Final = ServiceRules()
_CLOSED: Final = "is_closed_to_adr"


@dataclass(frozen=True, slots=True)
class _Unit:
    """Goods that must ride together: one item, or all items that share a package."""

    items: tuple[int, ...]
    net: float
    gross: float
    floor: float
    points: float
    boxes: int
    needs_adr: bool
    package_kg: float
    needs_lift: bool
    minutes: float
    service_min: float
    open_min: float
    due_on: date | None
    value: float
    volume: float
    goods: frozenset[str]
    permits: frozenset[str]
    training: frozenset[str]
    tunnel: str
    types: frozenset[str]
    is_closed: bool


def make_pickups(
    items: pl.DataFrame,
    fleet: Sequence[VehicleKind],
    *,
    relief_points: float = 1000.0,
    adr_depots: Collection[str] | None = None,
    hand_limit_kg: float = 40.0,
    most_minutes: float = 180.0,
    first_day: date | None = None,
    clashes: Collection[frozenset[str]] = (),
) -> tuple[pl.DataFrame, list[Finding]]:
    """Group items that wait at the same point for the same depots into pick-ups that fit a vehicle.

    Parameters
    ----------
    items
        One row per item (all its units): ``item``, ``point_id``, ``depots`` (list of ids that may take it),
        ``net_mass_kg``, ``gross_mass_kg``, ``floor_positions``, ``points`` (null counts as 0), ``needs_critical_box``
        (yes/no, or the number of certified boxes), ``requires_adr_vehicle``, ``due_on`` (null: none),
        ``value_eur`` (what fetching it now is worth), ``pack_minutes``. Optional: ``max_package_kg`` (heaviest
        package, gross; default the item's gross mass), ``load_unit`` (items with the same value share a package and
        are never parted), ``has_forklift`` (of the point; default yes), ``volume_m3``; lists of names: ``goods``
        (classes of ``clashes``), ``permits`` that the vehicle and ``training`` that the driver must have;
        ``tunnel_code`` (B to E, null or empty for none). Of the point: ``vehicle_types`` that reach it (null: all),
        ``is_closed_to_adr``, ``open_min`` (its longest opening [min]: what takes longer is fetched in parts).
    fleet
        Vehicles; a pick-up is no larger than the largest of the depots that may take it.
    relief_points
        Where no vehicle of these depots can take more, pick-ups stay within this many load points.
    adr_depots
        Depots with an equipped vehicle and a certified driver; None: all with an equipped vehicle.
    hand_limit_kg
        As in :class:`ServiceRules`.
    most_minutes
        Longest packing time of one pick-up [min]: a large stock that nobody could pack in a shift is fetched in parts.
    first_day
        First planning day: what should have been fetched before makes pick-ups of its own, so that goods whose deadline
        can still be kept are not drawn into being late. None: no such difference.
    clashes
        Pairs of goods classes that may not ride together: no pick-up has both.

    Returns
    -------
    tuple
        Table with :data:`PICKUP_COLUMNS` (each item is in exactly one pick-up) and findings for goods that fit no
        vehicle (they are kept as pick-ups, so that the plan names the binding rule).

    Raises
    ------
    InputError
        A column is missing.

    Notes
    -----
    Goods without relief, and those in certified boxes, make pick-ups of their own, so that the rest of a point's
    stock can still ride in a plain van; so do those that ask for a permit that not every vehicle there has, or for
    training. Urgent goods are placed first, so that a large stock that fills several
    vehicles falls due in steps. The deadline of a pick-up is its earliest, its value the sum.
    """
    missing = [name for name in _NEEDED if name not in items.columns]
    if missing:
        raise InputError(
            f"The items to group lack the column(s) {', '.join(missing)}. Needed: {', '.join(_NEEDED)}.",
            code="pickup-column-missing",
        )
    findings: list[Finding] = []
    rows: list[dict[str, Any]] = []
    numbers: dict[str, int] = {}
    groups: dict[tuple[str, tuple[str, ...], tuple[Any, ...]], list[_Unit]] = {}
    usual: dict[tuple[str, ...], frozenset[str]] = {}
    for point, depots, unit in _units(items, hand_limit_kg):
        if depots not in usual:
            usual[depots] = _everywhere(fleet, depots)
        is_late = first_day is not None and unit.due_on is not None and unit.due_on < first_day
        asks = (tuple(sorted(unit.permits - usual[depots])), tuple(sorted(unit.training)))
        key = (point, depots, (unit.needs_adr or unit.boxes > 0, not is_late, *asks))
        groups.setdefault(key, []).append(unit)
    for (point, depots, _), units in sorted(groups.items()):
        limits = _largest(fleet, depots, units, relief_points, adr_depots)
        for bin_units in _split(units, limits, most_minutes, clashes):
            numbers[point] = numbers.get(point, 0) + 1
            row = _row(f"{point}/{numbers[point]}", point, depots, bin_units)
            rows.append(row)
            finding = _too_large(row, limits, depots)
            if finding is not None:
                findings.append(finding)
    return pl.DataFrame(rows, schema=PICKUP_COLUMNS), findings


@dataclass(frozen=True, slots=True)
class _Limits:
    gross: float
    floor: float
    points: float
    boxes: int
    volume: float = math.inf


def _everywhere(fleet: Sequence[VehicleKind], depots: Sequence[str]) -> frozenset[str]:
    """Permits that every vehicle has which brings goods to these depots."""
    held = [kind.permits for kind in fleet if kind.ends_at in depots and kind.count > 0]
    return frozenset.intersection(*held) if held else frozenset()


def _largest(
    fleet: Sequence[VehicleKind],
    depots: Sequence[str],
    units: Sequence[_Unit],
    relief_points: float,
    adr_depots: Collection[str] | None,
) -> _Limits:
    """Find what the largest vehicle takes that has what these goods need."""
    here = [kind for kind in fleet if kind.ends_at in depots and kind.count > 0]
    if not here:
        return _Limits(math.inf, math.inf, math.inf, 1_000_000)
    # Another vehicle than these never comes, whatever else the goods need.
    types = frozenset[str]().union(*(unit.types for unit in units))
    permits = frozenset[str]().union(*(unit.permits for unit in units))
    reach = [kind for kind in here if not types or kind.vehicle_type in types]
    here = [kind for kind in reach if kind.permits >= permits] or reach or here
    equipped = [
        kind for kind in here if kind.is_adr_equipped and (adr_depots is None or kind.depot_id in adr_depots)
    ]
    wanted = (
        (
            any(unit.needs_adr for unit in units) or sum(unit.points for unit in units) > relief_points,
            equipped,
        ),
        (any(unit.needs_lift for unit in units), [kind for kind in here if kind.has_tail_lift]),
        (any(unit.boxes for unit in units), [kind for kind in here if kind.critical_boxes]),
    )
    able = here
    for is_wanted, kinds in wanted:
        both = [kind for kind in able if kind in kinds]
        able = both if is_wanted and both else able
    best = max(able, key=lambda kind: (kind.payload_kg, kind.floor_positions))
    return _Limits(
        best.payload_kg,
        best.floor_positions,
        math.inf if equipped and not any(unit.is_closed for unit in units) else relief_points,
        max([1, *(kind.critical_boxes for kind in able)]),
        best.volume_m3,
    )


def _units(items: pl.DataFrame, hand_limit_kg: float) -> list[tuple[str, tuple[str, ...], _Unit]]:
    """Items that share a package as one unit, in the order of the input."""
    unit = pl.col("load_unit").cast(pl.String) if "load_unit" in items.columns else pl.lit(None, pl.String)
    package = pl.col("max_package_kg") if "max_package_kg" in items.columns else pl.col("gross_mass_kg")
    forklift = pl.col("has_forklift") if "has_forklift" in items.columns else pl.lit(True)
    none = pl.lit(None, pl.List(pl.String))
    lists = [pl.col(name) if name in items.columns else none.alias(name) for name in _LISTS]
    volume = pl.col("volume_m3") if "volume_m3" in items.columns else pl.lit(0.0).alias("volume_m3")
    tunnel = pl.col("tunnel_code") if "tunnel_code" in items.columns else pl.lit("").alias("tunnel_code")
    open_min = pl.col("open_min") if "open_min" in items.columns else pl.lit(math.inf).alias("open_min")
    closed = pl.col(_CLOSED) if _CLOSED in items.columns else pl.lit(False).alias(_CLOSED)
    table = (
        items.with_columns(
            unit.fill_null(pl.format("item {}", pl.col("item"))).alias("_unit"),
            package.fill_null(pl.col("gross_mass_kg")).alias("_package"),
            pl.col("depots").list.unique().list.sort(),
            pl.col("needs_critical_box").cast(pl.Int64).fill_null(0),
            pl.col("points").cast(pl.Float64).fill_null(0.0),
            forklift.fill_null(False).alias("_forklift"),
            *lists,
            volume,
            closed.fill_null(False),
            open_min.fill_null(math.inf),
            tunnel.replace("", None),
        )
        .group_by("point_id", "depots", "_unit", maintain_order=True)
        .agg(
            pl.col("item"),
            pl.col("net_mass_kg", "gross_mass_kg", "floor_positions", "points", "needs_critical_box").sum(),
            pl.col("value_eur", "pack_minutes").fill_null(0.0).sum(),
            pl.col("requires_adr_vehicle").fill_null(False).any(),
            pl.col("_package").max(),
            pl.col("_forklift").all(),
            pl.col("due_on").min(),
            pl.col("volume_m3").sum(),
            pl.col(_CLOSED).any(),
            pl.col("open_min").min(),
            pl.col(_LISTS).explode().drop_nulls().unique(),
            # B closes more tunnels than C, and so on to E.
            pl.col("tunnel_code").min().fill_null(""),
        )
    )
    return [
        (
            row["point_id"],
            tuple(row["depots"] or ()),
            _Unit(
                tuple(row["item"]), row["net_mass_kg"], row["gross_mass_kg"], row["floor_positions"], row["points"],
                row["needs_critical_box"], row["requires_adr_vehicle"], row["_package"],
                not row["_forklift"] and row["_package"] > hand_limit_kg, row["pack_minutes"],
                row["pack_minutes"] + _SERVICE.load_min_per_position * row["floor_positions"]
                * (1.0 if row["_forklift"] else _SERVICE.by_hand_factor),
                row["open_min"] - _SERVICE.base_min,
                row["due_on"], row["value_eur"], row["volume_m3"],
                frozenset(row["goods"]), frozenset(row["permits"]), frozenset(row["training"]),
                row["tunnel_code"], frozenset(row["vehicle_types"]), row["is_closed_to_adr"],
            ),
        )
        for row in table.iter_rows(named=True)
    ]  # fmt: skip


def _split(
    units: Sequence[_Unit], limits: _Limits, most_minutes: float, clashes: Collection[frozenset[str]]
) -> list[list[_Unit]]:
    order = sorted(units, key=lambda unit: (unit.due_on or date.max, -unit.gross, unit.items))
    bins: list[list[_Unit]] = []
    sums: list[list[float]] = []
    for unit in order:
        size = [
            unit.gross, unit.floor, unit.points, float(unit.boxes), unit.minutes, unit.volume, unit.service_min
        ]  # fmt: skip
        most = [
            limits.gross, limits.floor, limits.points, float(limits.boxes), most_minutes, limits.volume, unit.open_min
        ]  # fmt: skip
        for content, used in zip(bins, sums, strict=True):
            fits = all(a + b <= c + 1e-9 for a, b, c in zip(used, size, most, strict=True))
            if fits and not any(_clash(unit.goods, other.goods, clashes) for other in content):
                content.append(unit)
                used[:] = [a + b for a, b in zip(used, size, strict=True)]
                break
        else:
            bins.append([unit])
            sums.append(size)
    return bins


def _clash(one: Collection[str], other: Collection[str], clashes: Collection[frozenset[str]]) -> bool:
    return bool(clashes) and any(frozenset((a, b)) in clashes for a in one for b in other)


def _row(pickup_id: str, point: str, depots: tuple[str, ...], units: Sequence[_Unit]) -> dict[str, Any]:
    return {
        "pickup_id": pickup_id,
        "point_id": point,
        "depots": list(depots),
        "net_mass_kg": sum(unit.net for unit in units),
        "gross_mass_kg": sum(unit.gross for unit in units),
        "floor_positions": sum(unit.floor for unit in units),
        "points": sum(unit.points for unit in units),
        "boxes": sum(unit.boxes for unit in units),
        "requires_adr_vehicle": any(unit.needs_adr for unit in units),
        "max_package_kg": max(unit.package_kg for unit in units),
        "pack_minutes": sum(unit.minutes for unit in units),
        "due_on": min((unit.due_on for unit in units if unit.due_on is not None), default=None),
        "value_eur": sum(unit.value for unit in units),
        "items": sorted(item for unit in units for item in unit.items),
        "volume_m3": sum(unit.volume for unit in units),
        "goods": sorted(frozenset[str]().union(*(unit.goods for unit in units))),
        "permits": sorted(frozenset[str]().union(*(unit.permits for unit in units))),
        "training": sorted(frozenset[str]().union(*(unit.training for unit in units))),
        "tunnel_code": min((unit.tunnel for unit in units if unit.tunnel), default=""),
    }


def _too_large(row: Mapping[str, Any], limits: _Limits, depots: Sequence[str]) -> Finding | None:
    for name, most, words in (
        ("gross_mass_kg", limits.gross, "{:g} kg"),
        ("floor_positions", limits.floor, "{:g} floor positions"),
        ("volume_m3", limits.volume, "{:g} m3"),
        ("points", limits.points, "{:g} load points without an equipped vehicle"),
    ):
        if row[name] > most + 1e-6:
            return make(
                "pickup-no-vehicle-fits",
                where=f"Pick-up {row['pickup_id']}",
                value=words.format(row[name]),
                limit=words.format(most),
                depot=" or ".join(depots),
            )
    return None
