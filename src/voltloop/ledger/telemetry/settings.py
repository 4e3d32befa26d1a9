"""What was said of loads and places: the kind of goods, limits of their own, corridors, fences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID
from weakref import WeakKeyDictionary

from voltloop.epcis.identifiers import key_of
from voltloop.ledger.naming import cursor_of
from voltloop.ledger.telemetry.devices import devices_on, mark_due
from voltloop.ledger.telemetry.fences import Fence, FenceBook, make_fence
from voltloop.ledger.telemetry.limits import DEFAULT_GOODS, Limit, limits_of, own_limits

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection, Engine

__all__ = [
    "Conditions",
    "conditions_of",
    "delete_fence",
    "fence_book",
    "fences",
    "put_fence",
    "set_conditions",
]

_BEGINNING = datetime(2010, 1, 1, tzinfo=UTC)
_books: WeakKeyDictionary[Engine, tuple[object, FenceBook]] = WeakKeyDictionary()
_CROSSED = """
SELECT device_id, min(measured_at) FROM reading
WHERE metric = 'position' AND latitude BETWEEN %(south)s AND %(north)s
  AND ((longitude BETWEEN %(west)s AND %(east)s) OR (longitude - 360 BETWEEN %(west)s AND %(east)s)
    OR (longitude + 360 BETWEEN %(west)s AND %(east)s))
GROUP BY device_id
"""


class Conditions:
    """What holds for one thing: ``goods`` (None where nobody said), ``own`` limits, and its ``corridor``."""

    def __init__(self, row: Sequence[Any] | None) -> None:
        goods, told, corridor = row or (None, [], None)
        self.goods: str | None = goods
        self.own: tuple[Limit, ...] = own_limits(told)
        self._limits: dict[str, tuple[Limit, ...]] = {}
        self.corridor: Fence | None = corridor and make_fence("corridor", "the way of the load", corridor)

    def limits(self, goods: str) -> tuple[Limit, ...]:
        """Give the limits that hold, for goods of a kind."""
        if goods not in self._limits:
            self._limits[goods] = limits_of(goods, self.own)
        return self._limits[goods]


def set_conditions(
    connection: Connection,
    thing: str,
    now: datetime,
    *,
    goods: str | None = None,
    limits: Sequence[Mapping[str, Any]] = (),
    corridor: Mapping[str, Any] | None = None,
) -> None:
    """Say what conditions a load or place has to keep; what was concluded so far is worked out anew.

    Parameters
    ----------
    thing
        Its identifier.
    goods
        Kind of goods, of ``conditions.csv``; None takes it from what is in the load.
    limits
        Limits of its own (:func:`voltloop.ledger.telemetry.limits.own_limits`).
    corridor
        Shape of the way that it has to keep to.

    Raises
    ------
    InputError
        ``goods-unknown``, ``limit-invalid`` or ``fence-invalid``.
    """
    from psycopg.types.json import Jsonb

    checked = Conditions((goods, limits, corridor))
    checked.limits(goods or DEFAULT_GOODS)
    cursor = cursor_of(connection)
    key = key_of(thing)
    cursor.execute(
        "INSERT INTO thing_conditions VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (thing_id) DO UPDATE SET "
        "goods = EXCLUDED.goods, limits = EXCLUDED.limits, corridor = EXCLUDED.corridor, "
        "changed_at = EXCLUDED.changed_at",
        (key, thing, goods, Jsonb(list(limits)), None if corridor is None else Jsonb(corridor), now),
    )
    mark_due(cursor, [(device, _BEGINNING) for device, _ in devices_on(cursor, key)])


def conditions_of(cursor: psycopg.Cursor[Any], thing_id: UUID) -> Conditions:
    """Give what was said of a thing."""
    statement = "SELECT goods, limits, corridor FROM thing_conditions WHERE thing_id = %s"
    return Conditions(cursor.execute(statement, [thing_id]).fetchone())


def put_fence(
    connection: Connection,
    identifier: str,
    shape: Mapping[str, Any],
    now: datetime,
    *,
    name: str = "",
    place: str | None = None,
    dwell_s: float = 300.0,
) -> Fence:
    """Write a fence, new or changed; arrivals and departures that rest on it are worked out anew.

    Raises
    ------
    InputError
        ``fence-invalid``.
    """
    from psycopg.types.json import Jsonb

    fence = make_fence(identifier, name or identifier, shape, place=place, dwell_s=dwell_s)
    cursor = cursor_of(connection)
    before = _read(cursor, [key_of(f"fence:{identifier}")])
    cursor.execute(
        "INSERT INTO geofence (id, name, place, shape, dwell_s, changed_at) VALUES (%s, %s, %s, %s, %s, %s) "
        "ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, place = EXCLUDED.place, shape = EXCLUDED.shape, "
        "dwell_s = EXCLUDED.dwell_s, changed_at = EXCLUDED.changed_at",
        (
            key_of(f"fence:{identifier}"),
            identifier,
            place,
            Jsonb({"shape": shape, "title": fence.name}),
            dwell_s,
            now,
        ),
    )
    _mark_crossed(cursor, [*before, fence])
    return fence


def delete_fence(connection: Connection, identifier: str) -> bool:
    """Take a fence away, and with it what rests on it; False where there is none."""
    cursor = cursor_of(connection)
    before = _read(cursor, [key_of(f"fence:{identifier}")])
    cursor.execute("DELETE FROM geofence WHERE id = %s", [key_of(f"fence:{identifier}")])
    _mark_crossed(cursor, before)
    return bool(before)


def fences(connection: Connection) -> list[Fence]:
    """Give all fences, by name."""
    return _read(cursor_of(connection), None)


def fence_book(connection: Connection) -> FenceBook:
    """Give all fences, made once and again when one has changed."""
    cursor = cursor_of(connection)
    version = "SELECT count(*), md5(string_agg(id::text || xmin::text, '' ORDER BY id)) FROM geofence"
    stamp = cursor.execute(version).fetchone()
    known = _books.get(connection.engine)
    if known is None or known[0] != stamp:
        known = _books[connection.engine] = (stamp, FenceBook(_read(cursor, None)))
    return known[1]


def _read(cursor: psycopg.Cursor[Any], keys: Sequence[UUID] | None) -> list[Fence]:
    rows = cursor.execute(
        "SELECT name, shape, place, dwell_s FROM geofence WHERE %(keys)s::uuid[] IS NULL OR id = ANY(%(keys)s) "
        "ORDER BY name",
        {"keys": keys},
    ).fetchall()
    return [
        make_fence(identifier, told["title"], told["shape"], place=place, dwell_s=dwell_s)
        for identifier, told, place, dwell_s in rows
    ]


def _mark_crossed(cursor: psycopg.Cursor[Any], changed: Sequence[Fence]) -> None:
    """Mark the devices that were ever in the box of a fence, or of which it told something."""
    due: dict[UUID, datetime] = {}
    for fence in changed:
        west, south, east, north = fence.box()
        box = {"west": west, "south": south, "east": east, "north": north}
        rows = cursor.execute(_CROSSED, box).fetchall()
        told = "SELECT device_id, min(seen_at) FROM told WHERE rule = %s AND voided_at IS NULL GROUP BY device_id"
        rows += cursor.execute(told, [fence.id]).fetchall()
        for device_id, at in rows:
            due[device_id] = min(at, due.get(device_id, at))
    mark_due(cursor, due.items())
