"""Error declarations: they take an event back, whether it came before them or comes after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from voltloop.ledger.event_keys import NO_DECLARATION
from voltloop.ledger.instants import instant_at, micros
from voltloop.ledger.rows import Prepared

if TYPE_CHECKING:
    import psycopg

__all__ = ["void"]

_ORIGINALS = "SELECT id, event_at, record_at FROM event_identity WHERE id = ANY(%s) AND declaration_id = %s"
_EARLY = "SELECT id, min(record_at) FROM early_declaration WHERE id = ANY(%s) GROUP BY id"
_VOID = (
    "INSERT INTO voided (event_at, record_at, declared_record_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
)


def void(
    cursor: psycopg.Cursor[Any], prepared: Prepared, first_record_at: int, *, early: bool
) -> list[tuple[int, int]]:
    """Take back the events that declarations of this batch name, and those of this batch named before.

    Parameters
    ----------
    cursor
        Within the capture's transaction, after the identities of the batch are written.
    prepared
        The batch.
    first_record_at
        record_at of its first event, in microseconds.
    early
        Whether the ledger holds declarations whose event had not come.

    Returns
    -------
    list of tuple
        ``(event_at, record_at)``, in microseconds, of every event taken back now.
    """
    voided: list[tuple[int, int]] = []
    declared: dict[UUID, int] = {}
    originals: dict[UUID, tuple[int, int]] = {}
    for rank, (event_id, declaration_id) in enumerate(prepared.identities):
        if declaration_id != NO_DECLARATION:
            declared.setdefault(UUID(bytes=event_id), first_record_at + rank)
        elif early:
            originals[UUID(bytes=event_id)] = (prepared.event_ats[rank], first_record_at + rank)
    if originals:
        cursor.execute(_EARLY, (list(originals),))
        awaited = {event_id: micros(record_at) for event_id, record_at in cursor.fetchall()}
        voided += _void(cursor, {originals[event_id]: at for event_id, at in awaited.items()})
        cursor.execute("DELETE FROM early_declaration WHERE id = ANY(%s)", (list(awaited),))
    if declared:
        cursor.execute(_ORIGINALS, (list(declared), UUID(bytes=NO_DECLARATION)))
        found = {event_id: (micros(event_at), micros(at)) for event_id, event_at, at in cursor.fetchall()}
        voided += _void(cursor, {original: declared[event_id] for event_id, original in found.items()})
        cursor.executemany(
            "INSERT INTO early_declaration (id, record_at) VALUES (%s, %s)",
            [(event_id, instant_at(at)) for event_id, at in declared.items() if event_id not in found],
        )
    return voided


def _void(cursor: psycopg.Cursor[Any], voids: dict[tuple[int, int], int]) -> list[tuple[int, int]]:
    """Write which events are taken back by the declaration of which record_at; give those that were not before."""
    fresh = []
    for (event_at, record_at), declared_at in voids.items():
        cursor.execute(_VOID, (instant_at(event_at), instant_at(record_at), instant_at(declared_at)))
        if cursor.rowcount:
            fresh.append((event_at, record_at))
    return fresh
