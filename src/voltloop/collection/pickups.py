"""Group the packed goods of a point into pick-ups, and write pick-ups as stops of a tour problem."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from voltloop.collection.model import STOP_COLUMNS, VehicleKind
from voltloop.errors import InputError
from voltloop.findings import Finding, make

__all__ = ["PICKUP_COLUMNS", "ServiceRules", "make_pickups", "stops_from_pickups"]

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
}
"""One row per pick-up: what one vehicle takes from one point at one visit. ``items`` are the input's items."""

_NEEDED: Final = (
    "item", "point_id", "depots", "net_mass_kg", "gross_mass_kg", "floor_positions", "points",
    "needs_critical_box", "requires_adr_vehicle", "due_on", "value_eur", "pack_minutes",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ServiceRules:
    """How long a stop takes and what can be loaded by hand (all estimates; give your own).

    Attributes
    ----------
    base_min
        Arrival, papers, departure [min].
    load_min_per_position
        Loading of one floor position with a forklift or tail lift [min].
    by_hand_factor
        How many times longer loading takes where neither is there [1].
    hand_limit_kg
        Heaviest package that two people load by hand [kg gross]; above it a forklift or tail lift is needed.
    packs_on_site
        Whether the crew packs while the vehicle waits; else packing is done before it comes.
    """

    base_min: float = 12.0
    load_min_per_position: float = 4.0
    by_hand_factor: float = 2.0
    hand_limit_kg: float = 40.0
    packs_on_site: bool = True


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
    due_on: date | None
    value: float


def make_pickups(
    items: pl.DataFrame,
    fleet: Sequence[VehicleKind],
    *,
    relief_points: float = 1000.0,
    adr_depots: Collection[str] | None = None,
    hand_limit_kg: float = 40.0,
    most_minutes: float = 180.0,
    first_day: date | None = None,
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
        are never parted), ``has_forklift`` (of the point; default yes).
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
    stock can still ride in a plain van. Urgent goods are placed first, so that a large stock that fills several
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
    groups: dict[tuple[str, tuple[str, ...], bool, bool], list[_Unit]] = {}
    for point, depots, unit in _units(items, hand_limit_kg):
        is_late = first_day is not None and unit.due_on is not None and unit.due_on < first_day
        groups.setdefault((point, depots, unit.needs_adr or unit.boxes > 0, not is_late), []).append(unit)
    for (point, depots, *_), units in sorted(groups.items()):
        limits = _largest(fleet, depots, units, relief_points, adr_depots)
        for bin_units in _split(units, limits, most_minutes):
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


def _largest(
    fleet: Sequence[VehicleKind],
    depots: Sequence[str],
    units: Sequence[_Unit],
    relief_points: float,
    adr_depots: Collection[str] | None,
) -> _Limits:
    """Find what the largest vehicle takes that has what these goods need."""
    here = [kind for kind in fleet if kind.depot_id in depots and kind.count > 0]
    if not here:
        return _Limits(math.inf, math.inf, math.inf, 1_000_000)
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
        math.inf if equipped else relief_points,
        max([1, *(kind.critical_boxes for kind in able)]),
    )


def _units(items: pl.DataFrame, hand_limit_kg: float) -> list[tuple[str, tuple[str, ...], _Unit]]:
    """Items that share a package as one unit, in the order of the input."""
    unit = pl.col("load_unit").cast(pl.String) if "load_unit" in items.columns else pl.lit(None, pl.String)
    package = pl.col("max_package_kg") if "max_package_kg" in items.columns else pl.col("gross_mass_kg")
    forklift = pl.col("has_forklift") if "has_forklift" in items.columns else pl.lit(True)
    table = (
        items.with_columns(
            unit.fill_null(pl.format("item {}", pl.col("item"))).alias("_unit"),
            package.fill_null(pl.col("gross_mass_kg")).alias("_package"),
            pl.col("depots").list.unique().list.sort(),
            pl.col("needs_critical_box").cast(pl.Int64).fill_null(0),
            pl.col("points").cast(pl.Float64).fill_null(0.0),
            forklift.fill_null(False).alias("_forklift"),
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
                row["due_on"], row["value_eur"],
            ),
        )
        for row in table.iter_rows(named=True)
    ]  # fmt: skip


def _split(units: Sequence[_Unit], limits: _Limits, most_minutes: float) -> list[list[_Unit]]:
    order = sorted(units, key=lambda unit: (unit.due_on or date.max, -unit.gross, unit.items))
    bins: list[list[_Unit]] = []
    sums: list[list[float]] = []
    for unit in order:
        size = [unit.gross, unit.floor, unit.points, float(unit.boxes), unit.minutes]
        most = [limits.gross, limits.floor, limits.points, float(limits.boxes), most_minutes]
        for content, used in zip(bins, sums, strict=True):
            if all(a + b <= c + 1e-9 for a, b, c in zip(used, size, most, strict=True)):
                content.append(unit)
                used[:] = [a + b for a, b in zip(used, size, strict=True)]
                break
        else:
            bins.append([unit])
            sums.append(size)
    return bins


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
    }


def _too_large(row: Mapping[str, Any], limits: _Limits, depots: Sequence[str]) -> Finding | None:
    for name, most, words in (
        ("gross_mass_kg", limits.gross, "{:g} kg"),
        ("floor_positions", limits.floor, "{:g} floor positions"),
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


def stops_from_pickups(
    pickups: pl.DataFrame, points: pl.DataFrame, days: Sequence[date], *, service: ServiceRules | None = None
) -> pl.DataFrame:
    """Write pick-ups as stops of a tour problem.

    Parameters
    ----------
    pickups
        Table of :func:`make_pickups`.
    points
        ``point_id``, ``place`` (index in the road matrices), ``has_forklift`` (null counts as no), and optionally
        ``opens_at``, ``closes_at`` (time, "HH:MM" or null for all day).
    days
        Planning days in order. A deadline between two of them must be met on the earlier one.
    service
        Times at the stop; None: the defaults of :class:`ServiceRules`.

    Returns
    -------
    polars.DataFrame
        Columns :data:`~voltloop.collection.model.STOP_COLUMNS`. The window is for the start of loading, so that even
        the slow way of loading ends by closing time.

    Raises
    ------
    InputError
        A pick-up names a point that is not in ``points``.
    """
    rules = service or ServiceRules()
    known = {row["point_id"]: row for row in points.iter_rows(named=True)}
    rows = []
    for row in pickups.iter_rows(named=True):
        point = known.get(row["point_id"])
        if point is None:
            raise InputError(
                f'Pick-up "{row["pickup_id"]}" names the point "{row["point_id"]}", which is not among the points. '
                "Add it to collection_points.csv.",
                code="pickup-point-unknown",
            )
        rows.append(_stop(row, point, days, rules))
    return pl.DataFrame(rows, schema=STOP_COLUMNS)


def _stop(
    row: Mapping[str, Any], point: Mapping[str, Any], days: Sequence[date], rules: ServiceRules
) -> dict[str, Any]:
    fixed = rules.base_min + (row["pack_minutes"] if rules.packs_on_site else 0.0)
    loading = rules.load_min_per_position * row["floor_positions"]
    has_forklift = bool(point.get("has_forklift"))
    fast = round(60 * (fixed + loading))
    slow = fast if has_forklift else round(60 * (fixed + loading * rules.by_hand_factor))
    due = row["due_on"]
    return {
        "pickup_id": row["pickup_id"],
        "point_id": row["point_id"],
        "place": point["place"],
        "service_s": fast,
        "service_by_hand_s": slow,
        "open_s": _seconds(point.get("opens_at"), 0),
        "close_s": _seconds(point.get("closes_at"), 86_400) - slow,
        "mass_kg": row["gross_mass_kg"],
        "floor_positions": row["floor_positions"],
        "points": row["points"],
        "boxes": row["boxes"],
        "needs_adr": row["requires_adr_vehicle"],
        "needs_lift": not has_forklift and row["max_package_kg"] > rules.hand_limit_kg,
        "depots": row["depots"],
        "due_day": None if due is None else _due_day(due, days),
        "due_on": due,
        "prize_eur": max(row["value_eur"], 0.0),
    }


def _due_day(due: date, days: Sequence[date]) -> int | None:
    """Find the last planning day in time; None when it falls after the horizon.

    A deadline that passed before the first day cannot be kept any more. Such a pick-up must be fetched within the
    planning days, and those that are late go first (see :func:`voltloop.collection.days.spread_over_days`).
    """
    if due > days[-1]:
        return None
    return len(days) if due < days[0] else sum(day <= due for day in days)


def _seconds(value: Any, default: int) -> int:
    if value is None or value == "":
        return default
    if isinstance(value, str):
        hours, minutes = value.split(":")[:2]
        return int(hours) * 3600 + int(minutes) * 60
    return int(value.hour) * 3600 + int(value.minute) * 60 + int(value.second)
