"""Capture: valid events into the ledger, all of them or none, each exactly once, in one order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from voltloop.ledger.copying import CopyRows, instant_cell, row_start, small_cell, text_cell
from voltloop.ledger.corrections import void
from voltloop.ledger.identity import Settled, claimed_by_others, settle, take
from voltloop.ledger.instants import instant_at
from voltloop.ledger.partitions import ensure_partitions
from voltloop.ledger.prefixes import learn_prefixes
from voltloop.ledger.problems import CaptureProblem, CaptureRefused
from voltloop.ledger.recorded import Event, Recorded
from voltloop.ledger.rows import Prepared, prepare
from voltloop.ledger.spells import apply
from voltloop.ledger.things import KnownThings, Thing
from voltloop.ledger.turn import Turn, raw_cursor, take_turn

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

__all__ = ["CHANNEL", "Captured", "Written", "capture_events", "write"]

CHANNEL = "voltloop_capture"
"""Where PostgreSQL tells those who LISTEN that events were captured, once they can be seen."""

_DAY = 86_400_000_000
_THING_COLUMNS = ("id", "text", "canonical", "kind", "class_id", "first_at")
_THING_START = row_start(len(_THING_COLUMNS))


@dataclass(frozen=True, slots=True)
class Captured:
    """What became of events given to be captured.

    Attributes
    ----------
    record_ats
        The recordTime of each event, in UTC; of an event that the ledger already had, that of the stored one.
    already
        Ranks of the events that the ledger already had with the same eventID and the same content. They were not
        stored again.
    """

    record_ats: list[datetime]
    already: list[int]


@dataclass(frozen=True, slots=True)
class Written:
    """What a transaction wrote of a batch.

    Attributes
    ----------
    record_ats
        The recordTime of each event, None for those of ``conflicts``.
    already
        Ranks of the events that the ledger already had.
    conflicts
        Events whose eventID belongs to other content, by rank.
    things
        What may be remembered as stored once the transaction is committed.
    """

    record_ats: list[datetime | None]
    already: list[int]
    conflicts: dict[int, CaptureProblem]
    things: dict[str, Thing]


def capture_events(
    connection: Connection, events: Sequence[Event], context: Mapping[str, str], *, now: datetime
) -> Captured:
    """Capture valid events within the caller's transaction, all of them or none.

    Parameters
    ----------
    connection
        A connection in whose transaction everything is written. From here to its end no other capture can begin to
        write, so end it soon.
    events
        Valid events in canonical form. Each gets its eventID where it has none, and loses its recordTime.
    context
        Prefix to namespace of their extensions.
    now
        The present, with its zone. It becomes the recordTime of the first event, or the next free microsecond where
        another event has it already.

    Raises
    ------
    CaptureRefused
        An eventID belongs to an event of other content. Nothing of this call is written.

    References
    ----------
    EPCIS 2.0 section 8.1: the capture interface; section 7.4.1.4: error declarations.
    """
    with connection.begin_nested():
        written = write(connection, prepare(events, context, KnownThings()), now=now)
        if written.conflicts:
            raise CaptureRefused(list(written.conflicts.values()))
    return Captured([at for at in written.record_ats if at is not None], written.already)


def write(
    connection: Connection, prepared: Prepared, *, now: datetime, job_id: UUID | None = None
) -> Written:
    """Write prepared events but for those in conflict, in the caller's transaction.

    Parameters
    ----------
    connection
        A connection in a transaction.
    prepared
        The rows.
    now
        The present, with its zone.
    job_id
        The job that the events come from: its own claims do not stand in its way.
    """
    if not prepared.events:
        return Written([], [], {}, {})
    days = {at // _DAY for at in prepared.event_ats}
    ensure_partitions(connection, [instant_at(day * _DAY) for day in days])
    cursor = raw_cursor(connection)
    turn = take_turn(cursor, now, len(prepared.events))
    first = turn.first_record_at
    if not (turn.claims and claimed_by_others(cursor, prepared, job_id)) and take(cursor, prepared, first):
        settled = Settled(list(range(len(prepared.events))), {}, {}, {})
    else:
        settled = settle(cursor, prepared, job_id)
        if len(settled.fresh) < len(prepared.events):
            fresh = [prepared.events[rank] for rank in settled.fresh]
            prepared = prepare(fresh, prepared.context, KnownThings())
        prepared.identity_rows.write(cursor, first)
    _store(connection, cursor, prepared, turn)
    cursor.execute(f"NOTIFY {CHANNEL}")
    return _written(settled, first, prepared.things)


def _store(connection: Connection, cursor: psycopg.Cursor[Any], prepared: Prepared, turn: Turn) -> None:
    """Write the rows of events whose identities are written, and what follows from the events."""
    if not prepared.events:
        return
    first = turn.first_record_at
    if prepared.context_id is not None:
        cursor.execute(
            "INSERT INTO context (id, prefixes) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (UUID(bytes=prepared.context_id), prepared.context_text),
        )
    for rows in prepared.tables:
        rows.write(cursor, first)
    _store_things(cursor, prepared.things, first)
    voided = void(cursor, prepared, first, early=turn.early)
    apply(
        connection,
        Recorded(prepared.events, prepared.context, prepared.event_ats, first, prepared.assertions, voided),
    )


def _store_things(cursor: psycopg.Cursor[Any], things: Mapping[str, Thing], first: int) -> None:
    """Write the things that have no row yet."""
    if not things:
        return
    at = instant_cell(first)
    rows = [
        b"".join(
            (
                _THING_START,
                thing.key,
                text_cell(thing.text),
                text_cell(thing.canonical),
                small_cell(thing.kind),
                thing.class_key,
                at,
            )
        )
        for thing in things.values()
    ]
    cursor.execute("CREATE TEMPORARY TABLE IF NOT EXISTS new_thing (LIKE thing) ON COMMIT DELETE ROWS")
    CopyRows("new_thing", _THING_COLUMNS, rows).write(cursor, first)
    columns = ", ".join(_THING_COLUMNS)
    cursor.execute(f"INSERT INTO thing ({columns}) SELECT {columns} FROM new_thing ON CONFLICT DO NOTHING")
    cursor.execute("DELETE FROM new_thing")  # the next batch may come in the same transaction
    learn_prefixes(cursor, (thing.text for thing in things.values() if thing.kind >= 0))


def _written(settled: Settled, first: int, things: dict[str, Thing]) -> Written:
    """Say what became of every event of the batch."""
    count = len(settled.fresh) + len(settled.already) + len(settled.repeated) + len(settled.conflicts)
    record_ats: list[datetime | None] = [None] * count
    for place, rank in enumerate(settled.fresh):
        record_ats[rank] = instant_at(first + place)
    for rank, at in settled.already.items():
        record_ats[rank] = at
    for rank, earlier in settled.repeated.items():
        record_ats[rank] = record_ats[earlier]
    return Written(record_ats, sorted({*settled.already, *settled.repeated}), settled.conflicts, things)
