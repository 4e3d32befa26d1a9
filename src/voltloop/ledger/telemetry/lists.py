"""What the telemetry knows, as plain values: readings, devices, conclusions, dead letters; and whole months dropped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from voltloop.epcis.identifiers import key_of
from voltloop.errors import InputError
from voltloop.ledger.naming import cursor_of, stamp

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["conclusions", "dead_letters", "drop_before", "latest", "readings"]

_READINGS = """
SELECT metric, measured_at, number, uom, words, latitude, longitude, accuracy_m, sent_at, received_at,
  nullif(sequence, -1) AS sequence
FROM reading WHERE device_id = %(device)s AND (%(metric)s::text IS NULL OR metric = %(metric)s)
  AND measured_at >= coalesce(%(from)s::timestamptz, '-infinity')
  AND measured_at <= coalesce(%(until)s::timestamptz, 'infinity')
ORDER BY measured_at, metric, sequence LIMIT %(limit)s
"""
_LATEST = """
SELECT d.text AS device, n.metric, n.measured_at, n.number, n.uom, n.words, n.latitude, n.longitude, n.accuracy_m,
  n.sent_at, n.received_at
FROM reading_now AS n JOIN device AS d ON d.id = n.device_id
WHERE n.device_id = %(thing)s OR n.device_id IN (
  SELECT epc_id FROM state WHERE assembly_id = %(thing)s OR container_id = %(thing)s
  UNION SELECT device_id FROM device_binding
    WHERE thing_id = %(thing)s AND from_at <= %(now)s AND (until_at IS NULL OR until_at > %(now)s))
ORDER BY 1, 2
"""
_TOLD = """
SELECT kind, rule, at, seen_at, details -> 4 AS details, events, voided_at FROM told
WHERE thing_id = %(thing)s AND (%(voided)s OR voided_at IS NULL) ORDER BY at, seen_at LIMIT %(limit)s
"""
_DEAD = """
SELECT id, received_at, channel, place, code, reason, raw FROM dead_letter ORDER BY received_at DESC, id LIMIT %(limit)s
"""
_MONTHS = """
SELECT c.relname, pg_total_relation_size(c.oid) FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = 'reading'::regclass AND c.relname ~ '^reading_[0-9]{4}m[0-9]{2}$' AND c.relname < %(name)s
ORDER BY 1
"""


def _plain(connection: Connection, statement: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    from psycopg.rows import dict_row

    cursor = cursor_of(connection)
    cursor.row_factory = dict_row
    found: Sequence[Any] = cursor.execute(statement, values).fetchall()
    return [
        {
            name: stamp(one) if isinstance(one, datetime) else one
            for name, one in row.items()
            if one is not None
        }
        for row in found
    ]


def readings(
    connection: Connection,
    device: str,
    *,
    metric: str | None = None,
    from_at: datetime | None = None,
    until_at: datetime | None = None,
    limit: int = 10_000,
) -> list[dict[str, Any]]:
    """Give the raw readings of a device in the order of their measurement, the earliest first."""
    values = {"device": key_of(device), "metric": metric, "from": from_at, "until": until_at, "limit": limit}
    return _plain(connection, _READINGS, values)


def latest(connection: Connection, thing: str, now: datetime) -> list[dict[str, Any]]:
    """Give the last reading of each measure of a device, or of the devices that are on a thing now."""
    return _plain(connection, _LATEST, {"thing": key_of(thing), "now": now})


def conclusions(
    connection: Connection, thing: str, *, with_voided: bool = False, limit: int = 10_000
) -> list[dict[str, Any]]:
    """Give what was concluded about a thing: excursions, arrivals, departures; on request what was taken back too."""
    rows = _plain(connection, _TOLD, {"thing": key_of(thing), "voided": with_voided, "limit": limit})
    return [row | {"events": [event["eventID"] for event in row["events"]]} for row in rows]


def dead_letters(connection: Connection, *, limit: int = 1000) -> list[dict[str, Any]]:
    """Give readings and messages that were not taken, the newest first, with the reason."""
    return [row | {"id": str(row["id"])} for row in _plain(connection, _DEAD, {"limit": limit})]


def drop_before(connection: Connection, before: datetime, *, dry_run: bool) -> list[tuple[str, int]]:
    """Drop the raw readings of whole months; give the partitions and their bytes.

    What was concluded stays. Readings of dropped months that come later are refused.

    Parameters
    ----------
    connection
        In a transaction.
    before
        The first instant that is kept: the start of a month in UTC.
    dry_run
        Only say what would be dropped.

    Raises
    ------
    InputError
        ``not-a-month``: ``before`` is not the start of a month.
    """
    if (before.day, before.hour, before.minute, before.second, before.microsecond) != (1, 0, 0, 0, 0):
        raise InputError(
            f"{stamp(before)} is not the start of a month. Readings are dropped by whole months: give the first month "
            "that is kept, such as 2026-10.",
            code="not-a-month",
        )
    from voltloop.ledger.partitions import forget_partitions, partition_name

    cursor = cursor_of(connection)
    found = cursor.execute(_MONTHS, {"name": partition_name("reading", before, 1)}).fetchall()
    if dry_run:
        return found
    cursor.execute(
        "INSERT INTO telemetry_clock VALUES (1, '-infinity', %(before)s) ON CONFLICT (id) DO UPDATE "
        "SET kept_from_at = greatest(telemetry_clock.kept_from_at, %(before)s)",
        {"before": before},
    )
    for name, _ in found:
        cursor.execute(f"DROP TABLE {name}")
    cursor.execute("DELETE FROM reading_early")
    cursor.execute("DELETE FROM reading_sequence WHERE measured_at < %s", [before])
    cursor.execute("DELETE FROM watch_state WHERE at < %s", [before])
    forget_partitions(connection.engine)
    return found
