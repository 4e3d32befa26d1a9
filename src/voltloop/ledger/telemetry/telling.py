"""From conclusions to the ledger: events of what is new, error declarations for what no longer holds, findings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from voltloop.epcis.identifiers import key_of
from voltloop.findings import make
from voltloop.ledger.capture import capture_events
from voltloop.ledger.changes import NAMESPACE
from voltloop.ledger.naming import cursor_of, texts
from voltloop.ledger.state_rows import ALL_STATES
from voltloop.ledger.telemetry.conclusions import Conclusion
from voltloop.ledger.telemetry.limits import Limit
from voltloop.ledger.telemetry.own_events import Telling, events_of, finding_of
from voltloop.ledger.telemetry.settings import Conditions

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

__all__ = ["Concluded", "contents_of", "reconcile"]

_CONTEXT = {"voltloop": NAMESPACE}
_INSIDE = f"""
WITH RECURSIVE inside (id) AS (
  SELECT %(thing)s::uuid
  UNION SELECT s.epc_id FROM inside JOIN {ALL_STATES} AS s
    ON (s.container_id = inside.id OR s.assembly_id = inside.id) AND s.from_at <= %(at)s AND s.until_at > %(at)s)
SELECT i.id FROM inside AS i WHERE i.id NOT IN (%(thing)s, %(device)s)
  AND NOT EXISTS (SELECT FROM seal WHERE seal.epc_id = i.id) LIMIT 20000
"""


@dataclass(frozen=True, slots=True)
class Concluded:
    """What one watch found; ``since`` is set where it went back: all it told from there on is in question."""

    device_id: UUID
    thing_id: UUID
    telling: Telling
    conditions: Conditions
    found: Sequence[Conclusion]
    since: datetime | None


@dataclass(frozen=True, slots=True)
class _New:
    watch: Concluded
    one: Conclusion
    key: UUID
    events: list[dict[str, Any]]
    limit: Limit | None


def contents_of(cursor: psycopg.Cursor[Any], thing_id: UUID, at: datetime, device_id: UUID) -> list[UUID]:
    """Give the keys of all that was in a thing, but for the device itself and for seals."""
    values = {"thing": thing_id, "at": at, "device": device_id}
    return [row[0] for row in cursor.execute(_INSIDE, values).fetchall()]


def reconcile(connection: Connection, watches: Sequence[Concluded], now: datetime) -> tuple[int, int]:
    """Bring what was told into line with what is concluded; give how many conclusions are new and taken back.

    Parameters
    ----------
    connection
        In a transaction.
    watches
        What was concluded.
    now
        The present: the time of error declarations.
    """
    cursor = cursor_of(connection)
    new: list[_New] = []
    gone: list[tuple[UUID, Concluded, list[dict[str, Any]], str, str]] = []
    for watch in watches:
        wanted = {_text(one): one for one in watch.found}
        if watch.since is not None:
            rows = cursor.execute(
                "SELECT id, details, events, kind, rule FROM told WHERE device_id = %s AND thing_id = %s "
                "AND seen_at >= %s AND voided_at IS NULL",
                (watch.device_id, watch.thing_id, watch.since),
            ).fetchall()
            for key, details, events, kind, rule in rows:
                if wanted.pop(json.dumps(details, sort_keys=True), None) is None:
                    gone.append((key, watch, events, kind, rule))
        new += [_new(cursor, watch, one, text) for text, one in wanted.items()]
    events = [event for one in new for event in one.events]
    events += _declarations(gone, new, now)
    if events:
        captured = capture_events(connection, events, _CONTEXT, now=now)
        record_ats = dict(zip((event["eventID"] for event in events), captured.record_ats, strict=True))
        for one in new:
            _remember(cursor, one, record_ats[one.events[0]["eventID"]])
        cursor.execute("UPDATE told SET voided_at = %s WHERE id = ANY(%s)", (now, [row[0] for row in gone]))
    return len(new), len(gone)


def _text(one: Conclusion) -> str:
    return json.dumps(list(one), sort_keys=True)


def _new(cursor: psycopg.Cursor[Any], watch: Concluded, one: Conclusion, text: str) -> _New:
    limit = None
    if one.kind in {"excursion-start", "excursion-end", "exposure"}:
        limit = next(
            limit for limit in watch.conditions.limits(one.details["goods"]) if limit.rule == one.rule
        )
    seen = datetime.fromtimestamp(one.seen_at, UTC)
    row = cursor.execute(
        "SELECT count(*) FROM told WHERE device_id = %s AND thing_id = %s AND details = %s AND voided_at IS NOT NULL",
        (watch.device_id, watch.thing_id, text),
    ).fetchone()
    generation = row[0] if row else 0
    key = key_of(f"told {watch.device_id} {watch.thing_id} {generation} {text}")
    contents: list[str] = []
    if limit is not None and limit.severity == "hold":
        keys = contents_of(cursor, watch.thing_id, seen, watch.device_id)
        names = texts(cursor, keys)
        contents = [names[key] for key in keys if key in names]
    event_id = f"urn:uuid:{key}"
    return _New(watch, one, key, events_of(one, watch.telling, limit, event_id, contents), limit)


def _declarations(
    gone: Sequence[tuple[UUID, Concluded, list[dict[str, Any]], str, str]], new: Sequence[_New], now: datetime
) -> list[dict[str, Any]]:
    """Take back what no longer holds, naming what is told in its place."""
    instead: dict[tuple[UUID, UUID, str, str], list[str]] = {}
    for one in new:
        place = (one.watch.device_id, one.watch.thing_id, one.one.kind, one.one.rule)
        instead.setdefault(place, []).append(one.events[0]["eventID"])
    found = []
    for _, watch, events, kind, rule in gone:
        corrective = instead.get((watch.device_id, watch.thing_id, kind, rule), [])
        declared: dict[str, Any] = {
            "declarationTime": now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "reason": "incorrect_data" if corrective else "did_not_occur",
        }
        if corrective:
            declared["correctiveEventIDs"] = corrective
        found += [event | {"errorDeclaration": declared} for event in events]
    return found


def _remember(cursor: psycopg.Cursor[Any], new: _New, record_at: datetime) -> None:
    """Write what was told, and the finding that it is."""
    from psycopg.types.json import Jsonb

    one, watch, event = new.one, new.watch, new.events[0]
    said = finding_of(one, new.limit)
    finding_id = None if said is None else key_of(f"{said[0]} {new.key}")
    cursor.execute(
        "INSERT INTO told (id, device_id, thing_id, kind, rule, at, seen_at, details, events, finding_id) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            new.key, watch.device_id, watch.thing_id, one.kind, one.rule, datetime.fromtimestamp(one.at, UTC),
            datetime.fromtimestamp(one.seen_at, UTC), Jsonb(list(one)), Jsonb(new.events), finding_id,
        ),
    )  # fmt: skip
    if said is not None:
        code, words = said
        found = make(code, where=watch.telling.thing, raw=words["raw"], value=words["value"])
        cursor.execute(
            "INSERT INTO finding (id, code, epc_id, event_at, record_at, found_at, message, details) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (
                finding_id, code, watch.thing_id, event["eventTime"], record_at, record_at, found.message,
                Jsonb({"event_id": event["eventID"], **words}),
            ),
        )  # fmt: skip
