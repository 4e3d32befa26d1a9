"""Readings into the ledger: each once, however often, late or out of order it comes.

A reading is known by device, measure and sequence where the device counts, else by device, measure and time. The same
once more changes nothing; another value under the same name is refused, for nobody can say which one is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from voltloop.epcis.identifiers import key_of
from voltloop.epcis.readings import POSITION, Reading, Refused, measures
from voltloop.ledger.copying import (
    NULL,
    CopyRows,
    float_cell,
    instant_cell,
    int_cell,
    key_cell,
    length,
    row_start,
    text_cell,
)
from voltloop.ledger.instants import micros
from voltloop.ledger.partitions import ensure_partitions

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

__all__ = ["Stored", "bury", "store_readings"]

_COLUMNS = (
    "rank", "device_id", "metric", "measured_at", "session", "sequence", "number", "uom", "words", "latitude",
    "longitude", "accuracy_m", "sent_at", "received_at",
)  # fmt: skip
_VALUES = "number, uom, words, latitude, longitude, accuracy_m, sent_at, received_at"
_STORED = f"device_id, metric, measured_at, sequence, {_VALUES}"
_NOW = f"device_id, metric, measured_at, {_VALUES}"
_MAKE = """
CREATE TEMPORARY TABLE IF NOT EXISTS new_reading (
  rank integer, device_id uuid, metric text COLLATE "C", measured_at timestamptz, session text, sequence bigint,
  number double precision, uom text, words text, latitude double precision, longitude double precision,
  accuracy_m double precision, sent_at timestamptz, received_at timestamptz
) ON COMMIT DELETE ROWS
"""
_SAME = "(r.number, r.words, r.latitude, r.longitude) IS NOT DISTINCT FROM (n.number, n.words, n.latitude, n.longitude)"
_COUNT = """
INSERT INTO reading_sequence
SELECT device_id, metric, session, sequence, measured_at FROM new_reading WHERE sequence >= 0
ORDER BY device_id, metric, session, sequence ON CONFLICT DO NOTHING
"""
_REPEATED = f"""
WITH repeated AS (
  SELECT n.rank, coalesce({_SAME}, true) AS same
  FROM new_reading n JOIN reading_sequence s USING (device_id, metric, session, sequence)
  LEFT JOIN reading r
    ON r.device_id = s.device_id AND r.metric = s.metric AND r.measured_at = s.measured_at AND r.sequence = s.sequence
  WHERE s.measured_at <> n.measured_at)
DELETE FROM new_reading AS n USING repeated WHERE n.rank = repeated.rank RETURNING n.rank, repeated.same
"""
_PUT = f"""
INSERT INTO reading ({_STORED}) SELECT {_STORED} FROM new_reading
ORDER BY device_id, metric, measured_at, sequence ON CONFLICT DO NOTHING
"""
_CONTRADICTING = f"""
DELETE FROM new_reading AS n USING reading r
WHERE (r.device_id, r.metric, r.measured_at, r.sequence) = (n.device_id, n.metric, n.measured_at, n.sequence)
  AND NOT {_SAME}
RETURNING n.rank
"""
_ADVANCE = f"""
INSERT INTO reading_now ({_NOW})
SELECT DISTINCT ON (device_id, metric) {_NOW} FROM new_reading ORDER BY device_id, metric, measured_at DESC
ON CONFLICT (device_id, metric) DO UPDATE SET
  measured_at = EXCLUDED.measured_at, number = EXCLUDED.number, uom = EXCLUDED.uom, words = EXCLUDED.words,
  latitude = EXCLUDED.latitude, longitude = EXCLUDED.longitude, accuracy_m = EXCLUDED.accuracy_m,
  sent_at = EXCLUDED.sent_at, received_at = EXCLUDED.received_at
WHERE reading_now.measured_at < EXCLUDED.measured_at
"""
_DUE = """
INSERT INTO telemetry_due (device_id, from_at)
SELECT device_id, min(measured_at) FROM new_reading WHERE metric = ANY(%s) GROUP BY device_id ORDER BY device_id
ON CONFLICT (device_id) DO UPDATE SET from_at = least(telemetry_due.from_at, EXCLUDED.from_at)
"""


@dataclass(slots=True)
class Stored:
    """What became of readings: how many are new, how many were there already, and those that are refused."""

    accepted: int = 0
    already: int = 0
    refused: list[Refused] = field(default_factory=list)


def store_readings(connection: Connection, readings: Sequence[Reading], received_at: datetime) -> Stored:
    """Write readings in the caller's transaction.

    Parameters
    ----------
    connection
        A connection in a transaction.
    readings
        Checked ones (:func:`voltloop.epcis.readings.check_times`), in any order, of any devices.
    received_at
        When they came here, with its zone.

    Returns
    -------
    Stored
        ``accepted + already + len(refused)`` is the number of readings.
    """
    stored = Stored()
    kept = _once(_kept(connection, readings, stored), stored)
    if not kept:
        return stored
    ensure_partitions(connection, {one.measured_at for one in kept}, "measured_at")
    cursor: psycopg.Cursor[Any] = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
    cursor.execute(_MAKE)
    cursor.execute("DELETE FROM new_reading")
    _copy(cursor, kept, received_at)
    counted = sum(1 for one in kept if one.sequence is not None)
    left = len(kept)
    if counted and cursor.execute(_COUNT).rowcount < counted:
        repeated = cursor.execute(_REPEATED).fetchall()
        left -= len(repeated)
        for rank, same in repeated:
            if same:
                stored.already += 1
            else:
                stored.refused.append(_contradiction(kept[rank], "sequence"))
    added = cursor.execute(_PUT).rowcount
    if added < left:
        wrong = [kept[rank] for (rank,) in cursor.execute(_CONTRADICTING).fetchall()]
        stored.refused += [_contradiction(one, "time") for one in wrong]
        stored.already += left - added - len(wrong)
    stored.accepted = added
    _follow(cursor, kept, received_at)
    return stored


def _kept(connection: Connection, readings: Iterable[Reading], stored: Stored) -> list[Reading]:
    """Leave out readings of months that were dropped."""
    from sqlalchemy import text

    floor = connection.scalar(text("SELECT kept_from_at FROM telemetry_clock WHERE id = 1"))
    if floor is None:
        return list(readings)
    kept = []
    for one in readings:
        if one.measured_at >= floor:
            kept.append(one)
            continue
        reason = (
            f"{one.metric} of {one.measured_at.isoformat()}: readings are kept from {floor.isoformat()} on."
        )
        stored.refused.append(Refused(one.device, "reading-too-old", reason, repr(one)))
    return kept


def _once(readings: Iterable[Reading], stored: Stored) -> list[Reading]:
    """Leave out readings that come twice in the batch."""
    found: dict[tuple[Any, ...], Reading] = {}
    for one in readings:
        time = one.measured_at if one.sequence is None else None
        name = (one.device, one.metric, one.session, one.sequence, time)
        first = found.setdefault(name, one)
        if first is one:
            continue
        if first[3:8] == one[3:8]:
            stored.already += 1
        else:
            stored.refused.append(_contradiction(one, "sequence" if time is None else "time"))
    return list(found.values())


def _contradiction(one: Reading, by: str) -> Refused:
    named = f"sequence {one.sequence}" if by == "sequence" else one.measured_at.isoformat()
    return Refused(
        one.device,
        f"{by}-reused",
        f"{one.metric} of {named} was told before with another value. A device that counts anew needs a new session.",
        repr(one),
    )


def _copy(cursor: psycopg.Cursor[Any], readings: Sequence[Reading], received_at: datetime) -> None:
    keys = {device: key_cell(key_of(device).bytes) for device in {one.device for one in readings}}
    names = {name: text_cell(name) for one in readings for name in (one.metric, one.uom, one.session)}
    start, received = row_start(len(_COLUMNS)), instant_cell(micros(received_at))
    eight = length(8)
    rows = [
        b"".join(
            (
                start,
                int_cell(rank),
                keys[one.device],
                names[one.metric],
                instant_cell(micros(one.measured_at)),
                names[one.session],
                eight + (-1 if one.sequence is None else one.sequence).to_bytes(8, "big", signed=True),
                float_cell(one.number),
                names[one.uom],
                text_cell(one.words),
                float_cell(one.latitude),
                float_cell(one.longitude),
                float_cell(one.accuracy_m),
                NULL if one.sent_at is None else instant_cell(micros(one.sent_at)),
                received,
            )
        )
        for rank, one in enumerate(readings)
    ]
    CopyRows("new_reading", _COLUMNS, rows).write(cursor, 0)


def _follow(cursor: psycopg.Cursor[Any], readings: Sequence[Reading], received_at: datetime) -> None:
    """Bring what is kept of devices up to date: their names, their latest readings, and what is to be concluded."""
    devices = sorted({(key_of(one.device), one.device) for one in readings})
    cursor.execute(
        "INSERT INTO device (id, text, first_at) "
        "SELECT id, text, %s FROM unnest(%s::uuid[], %s::text[]) AS d (id, text) ON CONFLICT DO NOTHING",
        (received_at, [found for found, _ in devices], [text for _, text in devices]),
    )
    cursor.execute(_ADVANCE)
    cursor.execute(_DUE, [[*{measure.metric for measure in measures().values()}, POSITION]])


def bury(connection: Connection, refused: Iterable[Refused], channel: str, received_at: datetime) -> int:
    """Write what was not taken to the dead letters; give how many there were.

    Parameters
    ----------
    channel
        How it came: ``HTTP``, or an MQTT topic.
    """
    from sqlalchemy import insert

    from voltloop.ledger.tables import dead_letter

    rows = [
        {
            "id": uuid4(),
            "received_at": received_at,
            "channel": channel[:500],
            "place": one.where,
            "code": one.code,
            "reason": one.reason,
            "raw": one.raw.replace("\0", "\ufffd")[:2000],
        }
        for one in refused
    ]
    if rows:
        connection.execute(insert(dead_letter), rows)
    return len(rows)
