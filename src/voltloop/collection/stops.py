"""What a stop is: the columns of the table of stops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

__all__ = ["OPTIONAL_STOP_COLUMNS", "STOP_COLUMNS", "Stop", "stop_of"]


@dataclass(frozen=True, slots=True)
class Stop:
    """One pick-up as the engines see it; see :data:`STOP_COLUMNS` for units and meaning."""

    pickup_id: str
    point_id: str
    place: int
    service_s: int
    service_by_hand_s: int
    open_s: int
    close_s: int
    mass_kg: float
    floor_positions: float
    points: float
    boxes: int
    needs_adr: bool
    needs_lift: bool
    depots: tuple[str, ...]
    due_day: int | None
    due_on: date | None
    prize_eur: float
    volume_m3: float = 0.0
    drop_mass_kg: float = 0.0
    drop_floor_positions: float = 0.0
    drop_volume_m3: float = 0.0
    windows: tuple[tuple[int, int], ...] = ()
    release_s: int = 0
    goods: tuple[str, ...] = ()
    permits: tuple[str, ...] = ()
    training: tuple[str, ...] = ()
    vehicle_types: tuple[str, ...] = ()
    is_closed_to_adr: bool = False
    tunnel_code: str = ""
    first_day: int = 1
    usual_weekday: int | None = None
    usual_driver: str | None = None

    @property
    def openings(self) -> tuple[tuple[int, int], ...]:
        """Windows for the start of loading, in order."""
        return self.windows or ((self.open_s, self.close_s),)

    @property
    def tunnel_category(self) -> str:
        """First tunnel category that the goods may not pass in packages, B to E; empty for none.

        The last letter of the code: in a compound code ("C/E", "B1000C") the first one is for tanks, or for masses of
        explosive that batteries do not have (ADR 8.6.4).
        """
        return self.tunnel_code[-1:].strip("-")


STOP_COLUMNS: Final[dict[str, pl.DataType]] = {
    "pickup_id": pl.String(),
    "point_id": pl.String(),
    "place": pl.Int64(),
    "service_s": pl.Int64(),
    "service_by_hand_s": pl.Int64(),
    "open_s": pl.Int64(),
    "close_s": pl.Int64(),
    "mass_kg": pl.Float64(),
    "floor_positions": pl.Float64(),
    "points": pl.Float64(),
    "boxes": pl.Int64(),
    "needs_adr": pl.Boolean(),
    "needs_lift": pl.Boolean(),
    "depots": pl.List(pl.String()),
    "due_day": pl.Int64(),
    "due_on": pl.Date(),
    "prize_eur": pl.Float64(),
}
"""Columns of the table of stops.

``place`` indexes the road matrices. ``service_s`` is the time at the stop with a forklift or tail lift,
``service_by_hand_s`` without. Loading must *start* within ``open_s`` to ``close_s``. ``mass_kg`` is gross.
``points`` are load points, ``boxes`` certified boxes for critical batteries. ``needs_adr``: goods for which the
small-load relief cannot be used (transport category 0). ``depots`` may take the goods. ``due_day`` is the last
planning day (from 1) on which the stop must be served; null or later than the horizon: the stop is optional and
``prize_eur`` is what serving it now is worth. ``due_on`` is the same deadline as a date, for the words.
"""

OPTIONAL_STOP_COLUMNS: Final[dict[str, pl.DataType]] = {
    "volume_m3": pl.Float64(),
    "drop_mass_kg": pl.Float64(),
    "drop_floor_positions": pl.Float64(),
    "drop_volume_m3": pl.Float64(),
    "windows": pl.List(pl.List(pl.Int64())),
    "release_s": pl.Int64(),
    "goods": pl.List(pl.String()),
    "permits": pl.List(pl.String()),
    "training": pl.List(pl.String()),
    "vehicle_types": pl.List(pl.String()),
    "is_closed_to_adr": pl.Boolean(),
    "tunnel_code": pl.String(),
    "first_day": pl.Int64(),
    "usual_weekday": pl.Int64(),
    "usual_driver": pl.String(),
}
"""Columns of the table of stops that may be absent; absent or null means no such demand.

``volume_m3`` is loaded; ``drop_*`` is empty packaging delivered on the same visit, aboard since the depot or the last
hub. ``windows`` are several openings as [from, to] for the start of loading, in order, within ``open_s`` to
``close_s``. ``release_s``: what is delivered is not ready at the depot before. ``goods`` are the classes of
:attr:`Problem.clashes`. ``permits`` must all be the vehicle's, ``training`` all the driver's. ``vehicle_types``
can reach the site; none given: all. ``is_closed_to_adr``: the site lies in a zone closed to vehicles above the
small-load relief.
``tunnel_code`` is the goods' tunnel restriction code (ADR 8.6.4: B to E, "C/E" and the like, "-" for none), which
counts above the relief.
``first_day`` is the first planning day (from 1) on which the stop may be served. ``usual_weekday`` (1 Monday to
7 Sunday) and ``usual_driver`` are kept where :class:`Consistency` makes that worth it.
"""


def stop_of(row: Mapping[str, Any]) -> Stop:
    """Read one row of the table of stops; an optional value that is null counts as not given."""
    values = {name: value for name, value in row.items() if name in STOP_COLUMNS or value is not None}
    values["depots"] = tuple(sorted(set(row["depots"] or [])))
    for name in ("goods", "permits", "training", "vehicle_types"):
        values[name] = tuple(sorted({entry for entry in values.get(name, ()) if entry is not None}))
    values["windows"] = tuple(_window(pair) for pair in values.get("windows", ()))
    return Stop(**values)


def _window(pair: Sequence[int] | None) -> tuple[int, int]:
    """Read a window; what is not a pair of numbers becomes one that never opens, which the checks then name."""
    if pair is None or len(pair) != 2 or None in pair:
        return 1, 0
    return int(pair[0]), int(pair[1])
