"""Findings of the ledger: written with the event that shows them, holding the load where they weigh so much."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from voltloop.epcis.identifiers import key_of
from voltloop.findings import Severity, kinds, make
from voltloop.ledger.changes import NAMESPACE
from voltloop.ledger.instants import instant_at
from voltloop.ledger.naming import cursor_of, stamp, texts
from voltloop.ledger.recorded import Recorded

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = [
    "Found",
    "LedgerFinding",
    "close_findings",
    "close_voided",
    "findings",
    "holds_because_of",
    "log",
]

_WRITE: Final = """
INSERT INTO finding (id, code, epc_id, event_at, record_at, found_at, message, details)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_READ: Final = """
SELECT id, code, epc_id, event_at, found_at, message, details, closed_at, closed_by, reason FROM finding
WHERE (%(key)s::uuid IS NULL OR epc_id = %(key)s) AND (%(closed)s OR closed_at IS NULL)
ORDER BY found_at DESC, id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A finding before it is written: its code, what it is about, and the event that shows it (microseconds)."""

    code: str
    epc: str
    event_at: int
    record_at: int
    raw: str
    value: str


@dataclass(frozen=True, slots=True)
class LedgerFinding:
    """A finding of the ledger, open while ``closed_at`` is None."""

    id: UUID
    code: str
    epc: str
    event_at: datetime
    found_at: datetime
    message: str
    details: dict[str, Any]
    closed_at: datetime | None
    closed_by: str | None
    reason: str | None

    def document(self) -> dict[str, Any]:
        """Give it as plain values for JSON, with its severity and what to do."""
        kind = kinds()[self.code]
        values: dict[str, Any] = {
            name: stamp(value) if isinstance(value := getattr(self, name), datetime) else value
            for name in self.__slots__
        }
        return values | {"id": str(self.id), "severity": kind.severity.value, "help": kind.help}


def log(connection: Connection, found: Iterable[Found], recorded: Recorded) -> None:
    """Write findings, and hold the loads of those that forbid, in the transaction of the capture.

    A hold is an event of our own at the time of the event that shows the finding: business step ``holding``, with the
    code and the number of the finding in our field ``finding``.
    """
    from psycopg.types.json import Jsonb

    from voltloop.ledger.capture import capture_events

    cursor = cursor_of(connection)
    holds: dict[str, dict[str, Any]] = {}
    now = instant_at(recorded.first_record_at + len(recorded.events))
    for one in found:
        event = recorded.events[one.record_at - recorded.first_record_at]
        finding_id = key_of(f"{one.code} {one.epc} {event['eventID']}")
        message = make(one.code, where=one.epc, raw=one.raw, value=one.value).message
        details = {"event_id": event["eventID"], "raw": one.raw, "value": one.value}
        values = (instant_at(one.event_at), instant_at(one.record_at), now, message, Jsonb(details))
        cursor.execute(_WRITE, (finding_id, one.code, key_of(one.epc), *values))
        if kinds()[one.code].severity is Severity.FORBID:
            hold = _hold(one, event, finding_id)
            holds[hold["eventID"]] = hold
    if holds:
        capture_events(connection, list(holds.values()), {"voltloop": NAMESPACE}, now=now)


def _hold(one: Found, event: dict[str, Any], finding_id: UUID) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventID": _hold_id(finding_id),
        "eventTime": event["eventTime"],
        "eventTimeZoneOffset": event["eventTimeZoneOffset"],
        "action": "OBSERVE",
        "epcList": [one.epc],
        "bizStep": "holding",
        "disposition": "unavailable",
        "voltloop:finding": {"code": one.code, "id": str(finding_id), "event": event["eventID"]},
    }


def _hold_id(finding_id: UUID) -> str:
    return f"urn:uuid:{key_of(f'hold {finding_id}')}"


def holds_because_of(connection: Connection, event_ids: Sequence[str]) -> list[str]:
    """Give the eventIDs of the holds that began with findings which these events showed."""
    rows = cursor_of(connection).execute(
        "SELECT id, code FROM finding WHERE details->>'event_id' = ANY(%s) ORDER BY id", [list(event_ids)]
    )
    return [_hold_id(row[0]) for row in rows.fetchall() if kinds()[row[1]].severity is Severity.FORBID]


def findings(
    connection: Connection, *, epc: str | None = None, with_closed: bool = False, limit: int = 1000
) -> list[LedgerFinding]:
    """Give findings, the newest first.

    Parameters
    ----------
    connection
        Any connection to the ledger.
    epc
        Only those about one thing.
    with_closed
        Also those that somebody has closed.
    limit
        Most findings to give.
    """
    cursor = cursor_of(connection)
    values = {"key": None if epc is None else key_of(epc), "closed": with_closed, "limit": limit}
    rows = cursor.execute(_READ, values).fetchall()
    names = texts(cursor, (row[2] for row in rows))
    return [LedgerFinding(row[0], row[1], names[row[2]], *row[3:]) for row in rows]


def close_voided(connection: Connection, recorded: Recorded) -> None:
    """Close the findings of events that are taken back: they rest on nothing any more. A hold stays until released."""
    cursor = cursor_of(connection)
    cursor.executemany(
        "UPDATE finding SET closed_at = %s, closed_by = 'ledger', reason = 'The event was taken back.' "
        "WHERE event_at = %s AND record_at = %s AND closed_at IS NULL",
        [(instant_at(recorded.first_record_at), *map(instant_at, times)) for times in recorded.voided],
    )


def close_findings(connection: Connection, epc: str, person: str, reason: str, at: datetime) -> int:
    """Close all open findings about a thing; give how many."""
    cursor = cursor_of(connection)
    cursor.execute(
        "UPDATE finding SET closed_at = %s, closed_by = %s, reason = %s WHERE epc_id = %s AND closed_at IS NULL",
        (at, person, reason, key_of(epc)),
    )
    return cursor.rowcount
