"""Which events the ledger has already: one eventID names one event and its error declarations, for good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from voltloop.ledger.event_keys import Identified, Identity
from voltloop.ledger.own_types import content_id
from voltloop.ledger.problems import CaptureProblem
from voltloop.ledger.recorded import Event
from voltloop.ledger.rows import Prepared

if TYPE_CHECKING:
    import psycopg

__all__ = ["Settled", "claimed_by_others", "first_difference", "settle", "take"]

_STORED = """
SELECT i.id, i.declaration_id, i.record_at, e.document, c.prefixes
FROM event_identity i
JOIN event e ON e.event_at = i.event_at AND e.record_at = i.record_at
LEFT JOIN context c ON c.id = e.context_id
WHERE i.id = ANY(%s)
"""
_CLAIMED = "SELECT id, declaration_id FROM capture_claim WHERE id = ANY(%s) AND job_id IS DISTINCT FROM %s"


@dataclass(frozen=True, slots=True)
class _Stored:
    """An event that has an eventID already, in the ledger or earlier in the same batch."""

    event: Event
    context: Mapping[str, str]
    record_at: datetime | None
    rank: int | None


@dataclass(frozen=True, slots=True)
class Settled:
    """Which events of a batch are new.

    Attributes
    ----------
    fresh
        Ranks of the events to be stored.
    already
        Rank of each event that is stored already, with the recordTime of that one.
    repeated
        Rank of each event that stands in the batch a second time, with the rank of the first.
    conflicts
        Problem of each event whose eventID belongs to other content.
    """

    fresh: list[int]
    already: dict[int, datetime]
    repeated: dict[int, int]
    conflicts: dict[int, CaptureProblem]


def take(cursor: psycopg.Cursor[Any], prepared: Prepared, first_record_at: int) -> bool:
    """Write the identities of a batch if none of them is taken; else write nothing and give False."""
    from psycopg.errors import UniqueViolation

    if len(set(prepared.identities)) < len(prepared.identities):
        return False
    cursor.execute("SAVEPOINT identities")
    try:
        prepared.identity_rows.write(cursor, first_record_at)
    except UniqueViolation:
        cursor.execute("ROLLBACK TO SAVEPOINT identities")
        return False
    finally:
        cursor.execute("RELEASE SAVEPOINT identities")
    return True


def settle(cursor: psycopg.Cursor[Any], prepared: Identified, job_id: UUID | None = None) -> Settled:
    """Find which events of a batch are new, which are stored already, and which contradict a stored one.

    Parameters
    ----------
    cursor
        Within the capture's transaction, after its turn has come.
    prepared
        The batch.
    job_id
        The job that the events come from; eventIDs claimed by another job are conflicts.
    """
    seen = _stored(cursor, prepared)
    claimed = claimed_by_others(cursor, prepared, job_id)
    settled = Settled([], {}, {}, {})
    for rank, (identity, event) in enumerate(zip(prepared.identities, prepared.events, strict=True)):
        first = seen.get(identity)
        if first is None and identity in claimed:
            settled.conflicts[rank] = _being_captured(rank, event)
        elif first is None:
            seen[identity] = _Stored(event, prepared.context, None, rank)
            settled.fresh.append(rank)
        elif not _equal(first, event, prepared.context):
            settled.conflicts[rank] = _conflict(rank, event, first)
        elif first.record_at is not None:
            settled.already[rank] = first.record_at
        elif first.rank is not None:
            settled.repeated[rank] = first.rank
    return settled


def _ids(identities: Iterable[Identity]) -> list[UUID]:
    return [UUID(bytes=event_id) for event_id, _ in identities]


def _stored(cursor: psycopg.Cursor[Any], prepared: Identified) -> dict[Identity, _Stored]:
    cursor.execute(_STORED, (_ids(prepared.identities),))
    return {
        (event_id.bytes, declaration_id.bytes): _Stored(
            orjson.loads(document), orjson.loads(prefixes) if prefixes else {}, record_at, None
        )
        for event_id, declaration_id, record_at, document, prefixes in cursor
    }


def claimed_by_others(
    cursor: psycopg.Cursor[Any], prepared: Identified, job_id: UUID | None
) -> set[Identity]:
    """Give the identities of a batch that a large document of another job has taken (:mod:`voltloop.ledger.claims`)."""
    cursor.execute(_CLAIMED, (_ids(prepared.identities), job_id))
    return {(event_id.bytes, declaration_id.bytes) for event_id, declaration_id in cursor}


def _equal(first: _Stored, event: Event, context: Mapping[str, str]) -> bool:
    """Say whether two events with one identity have one content; their declarations are equal already."""
    return (first.event == event and first.context == context) or (
        content_id(first.event, first.context) == content_id(event, context)
    )


def _being_captured(rank: int, event: Event) -> CaptureProblem:
    return CaptureProblem(
        "ResourceAlreadyExistsException",
        f'eventID "{event["eventID"]}" is just being captured by another capture job. '
        "Look at the job's end, then send this event again if it is still missing.",
        rank,
    )


def _conflict(rank: int, event: Event, first: _Stored) -> CaptureProblem:
    where = "in the ledger" if first.rank is None else "earlier in this document"
    return CaptureProblem(
        "ResourceAlreadyExistsException",
        f'eventID "{event["eventID"]}" belongs to another event {where}; they differ first in '
        f"{first_difference(first.event, event)}. Events are never changed: give a new event an eventID of its own, "
        "and take a wrong one back by sending it again with an errorDeclaration.",
        rank,
    )


def first_difference(stored: Event, given: Event) -> str:
    """Name the first place in which two events differ, with both values.

    Examples
    --------
    >>> first_difference({"action": "ADD"}, {"action": "DELETE"})
    'action: "ADD" is stored, "DELETE" was given'
    >>> first_difference({"a": 1}, {"a": 1, "b": {"c": [1]}})
    'b: nothing is stored, {"c":[1]} was given'
    """
    for path in dict.fromkeys([*stored, *given]):
        before, after = stored.get(path), given.get(path)
        if before != after and path != "recordTime":
            return f"{path}: {_said(before)} is stored, {_said(after)} was given"
    return "the namespaces of its extensions"


def _said(value: Any) -> str:
    if value is None:
        return "nothing"
    text = orjson.dumps(value).decode()
    return text if len(text) <= 120 else f"{text[:117]}..."
