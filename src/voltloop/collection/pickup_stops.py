"""Write pick-ups as stops of a tour problem: times at the stop, windows, deadlines, and what the point asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from voltloop.collection.stops import OPTIONAL_STOP_COLUMNS, STOP_COLUMNS
from voltloop.errors import InputError

__all__ = ["ServiceRules", "stops_from_pickups"]

_OF_PICKUP: Final = ("volume_m3", "goods", "tunnel_code")
_OF_POINT: Final = ("vehicle_types", "is_closed_to_adr", "usual_weekday", "usual_driver")
_OF_BOTH: Final = ("permits", "training")
_DROPPED: Final = ("drop_mass_kg", "drop_floor_positions", "drop_volume_m3")


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
        ``opens_at``, ``closes_at`` (time, "HH:MM" or null for all day), ``windows`` (several openings a day as lists
        [from, to] in seconds, in place of them), ``vehicle_types``, ``permits``, ``training``, ``is_closed_to_adr``,
        ``usual_weekday``, ``usual_driver`` as in :data:`~voltloop.collection.model.OPTIONAL_STOP_COLUMNS`, and
        ``drop_mass_kg``, ``drop_floor_positions``, ``drop_volume_m3`` of the empty packaging to bring: it comes with
        the pick-up of the point that is due first.
    days
        Planning days in order. A deadline between two of them must be met on the earlier one.
    service
        Times at the stop; None: the defaults of :class:`ServiceRules`.

    Returns
    -------
    polars.DataFrame
        Columns :data:`~voltloop.collection.model.STOP_COLUMNS`, and of the optional ones those that a stop has a
        demand in. Windows are for the start of loading, so that even the slow way of loading ends by closing time.

    Raises
    ------
    InputError
        A pick-up names a point that is not in ``points``.
    """
    rules = service or ServiceRules()
    known = {row["point_id"]: row for row in points.iter_rows(named=True)}
    first = _due_first(pickups)
    rows = []
    for row in pickups.iter_rows(named=True):
        point = known.get(row["point_id"])
        if point is None:
            raise InputError(
                f'Pick-up "{row["pickup_id"]}" names the point "{row["point_id"]}", which is not among the points. '
                "Add it to collection_points.csv.",
                code="pickup-point-unknown",
            )
        stop = _stop(row, point, days, rules)
        if row["pickup_id"] in first:
            stop |= {name: point.get(name) for name in _DROPPED}
        rows.append(stop)
    asked = {name: kind for name, kind in OPTIONAL_STOP_COLUMNS.items() if any(row.get(name) for row in rows)}
    return pl.DataFrame(rows, schema=STOP_COLUMNS | asked)


def _due_first(pickups: pl.DataFrame) -> set[str]:
    """Name the pick-up of each point that is due first."""
    order = pickups.with_row_index("_at").sort("due_on", "_at", nulls_last=True)
    return set(order.unique("point_id", keep="first", maintain_order=True)["pickup_id"])


def _stop(
    row: Mapping[str, Any], point: Mapping[str, Any], days: Sequence[date], rules: ServiceRules
) -> dict[str, Any]:
    fixed = rules.base_min + (row["pack_minutes"] if rules.packs_on_site else 0.0)
    loading = rules.load_min_per_position * row["floor_positions"]
    has_forklift = bool(point.get("has_forklift"))
    fast = round(60 * (fixed + loading))
    slow = fast if has_forklift else round(60 * (fixed + loading * rules.by_hand_factor))
    due = row["due_on"]
    opens = [
        (start, end - slow)
        for start, end in point.get("windows")
        or [(_seconds(point.get("opens_at"), 0), _seconds(point.get("closes_at"), 86_400))]
    ]
    # Where no opening is long enough, the longest stands for all, and is found too short.
    open_ = [window for window in opens if window[0] <= window[1]] or [
        max(opens, key=lambda window: window[1] - window[0])
    ]
    return {
        "pickup_id": row["pickup_id"],
        "point_id": row["point_id"],
        "place": point["place"],
        "service_s": fast,
        "service_by_hand_s": slow,
        "open_s": open_[0][0],
        "close_s": open_[-1][1],
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
        "windows": [list(window) for window in open_] if len(open_) > 1 else None,
        **{name: row.get(name) for name in _OF_PICKUP},
        **{name: point.get(name) for name in _OF_POINT},
        **{name: _both(row.get(name), point.get(name)) for name in _OF_BOTH},
    }


def _both(one: Iterable[str] | None, other: Iterable[str] | None) -> list[str]:
    return sorted({*(one or ()), *(other or ())})


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
