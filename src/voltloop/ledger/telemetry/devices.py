"""Which device was on which thing, and when: by an AssociationEvent that fixes it there, or by registration."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from voltloop.epcis.identifiers import key_of
from voltloop.errors import InputError
from voltloop.ledger.naming import cursor_of
from voltloop.ledger.state_rows import ALL_STATES

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

__all__ = ["Binding", "bindings", "devices_on", "follow_associations", "mark_due", "register"]

_BOUND = f"""
SELECT k.id, t.text, s.from_at, nullif(s.until_at, 'infinity')
FROM {ALL_STATES} AS s CROSS JOIN LATERAL (VALUES (s.assembly_id), (s.container_id)) AS k (id)
JOIN thing AS t ON t.id = k.id
WHERE s.epc_id = %(device)s AND s.is_present
UNION
SELECT thing_id, thing, from_at, until_at FROM device_binding WHERE device_id = %(device)s
ORDER BY 1, 3
"""
_ON = f"""
SELECT d.id, d.text FROM {ALL_STATES} AS s JOIN device AS d ON d.id = s.epc_id
WHERE (s.assembly_id = %(thing)s OR s.container_id = %(thing)s)
UNION SELECT d.id, d.text FROM device_binding AS b JOIN device AS d ON d.id = b.device_id WHERE b.thing_id = %(thing)s
ORDER BY 2
"""
_FOLLOW = """
SELECT t.epc_id, min(e.event_at) FROM event AS e
JOIN trace AS t ON t.event_at = e.event_at AND t.record_at = e.record_at JOIN device AS d ON d.id = t.epc_id
WHERE e.record_at > %s AND e.record_at <= %s AND e.type IN ('AssociationEvent', 'AggregationEvent') GROUP BY t.epc_id
"""


class Binding(NamedTuple):
    """A period in which a device was on a thing; ``until_at`` is None while it still is."""

    thing_id: UUID
    thing: str
    from_at: datetime
    until_at: datetime | None


def register(
    connection: Connection, device: str, thing: str, from_at: datetime, until_at: datetime | None = None
) -> None:
    """Register a device on a thing from an instant on; an earlier registration ends there.

    Raises
    ------
    InputError
        ``binding-ends-first``: ``until_at`` is not after ``from_at``.
    """
    if until_at is not None and until_at <= from_at:
        raise InputError(
            f"{device}: it would leave {thing} at {until_at.isoformat()}, before it comes there at "
            f"{from_at.isoformat()}. Give a later end, or none.",
            code="binding-ends-first",
        )
    cursor = cursor_of(connection)
    key = key_of(device)
    cursor.execute("INSERT INTO device VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", (key, device, from_at))
    cursor.execute(
        "UPDATE device_binding SET until_at = %(from)s WHERE device_id = %(key)s AND from_at < %(from)s "
        "AND (until_at IS NULL OR until_at > %(from)s)",
        {"key": key, "from": from_at},
    )
    cursor.execute(
        "INSERT INTO device_binding (device_id, from_at, until_at, thing_id, thing) VALUES (%s, %s, %s, %s, %s) "
        "ON CONFLICT (device_id, from_at) DO UPDATE SET until_at = EXCLUDED.until_at, thing_id = EXCLUDED.thing_id, "
        "thing = EXCLUDED.thing",
        (key, from_at, until_at, key_of(thing), thing),
    )
    mark_due(cursor, [(key, from_at)])


def bindings(cursor: psycopg.Cursor[Any], device_id: UUID) -> list[Binding]:
    """Give all periods in which a device was on things; those of one thing that meet are one."""
    found: list[Binding] = []
    for row in cursor.execute(_BOUND, {"device": device_id}).fetchall():
        one = Binding(*row)
        last = found[-1] if found else None
        if last and last.thing_id == one.thing_id and (last.until_at is None or last.until_at >= one.from_at):
            ends = None if None in {last.until_at, one.until_at} else max(last.until_at, one.until_at)  # type: ignore[type-var]
            found[-1] = last._replace(until_at=ends)
        else:
            found.append(one)
    return found


def devices_on(cursor: psycopg.Cursor[Any], thing_id: UUID) -> list[tuple[UUID, str]]:
    """Give the devices that were ever on a thing."""
    return cursor.execute(_ON, {"thing": thing_id}).fetchall()


def mark_due(cursor: psycopg.Cursor[Any], devices: Iterable[tuple[UUID, datetime]]) -> None:
    """Note that the readings of devices are to be looked at again, each from an instant on."""
    cursor.executemany(
        "INSERT INTO telemetry_due VALUES (%s, %s) ON CONFLICT (device_id) DO UPDATE SET "
        "from_at = least(telemetry_due.from_at, EXCLUDED.from_at)",
        sorted(devices),
    )


def follow_associations(cursor: psycopg.Cursor[Any]) -> None:
    """Mark the devices that events since the last call fixed to something, took off, or were taken back about."""
    cursor.execute("INSERT INTO telemetry_clock VALUES (1, '-infinity', NULL) ON CONFLICT DO NOTHING")
    row = cursor.execute(
        "SELECT c.record_at::text, e.last_at::text FROM telemetry_clock AS c, capture_clock AS e "
        "WHERE e.last_at > c.record_at FOR UPDATE OF c"
    ).fetchone()
    if row is not None:
        mark_due(cursor, cursor.execute(_FOLLOW, row).fetchall())
        cursor.execute("UPDATE telemetry_clock SET record_at = %s", [row[1]])
