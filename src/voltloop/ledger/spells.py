"""Keeps the states of all things up to date with the events, in the transaction that captures them.

Most events come in the order of their eventTime: each thing's present state is loaded, changed and written back, all
things of a batch at once. A thing is folded anew from its own events (:mod:`voltloop.ledger.refold`) from the instant
on at which one of them comes late, is taken back by an error declaration, or empties its container without naming it.
Both ways use the same function (:func:`voltloop.ledger.fold.after`), so the order of arrival makes no difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from voltloop.ledger.assertions import assertions
from voltloop.ledger.changes import Assertions
from voltloop.ledger.copying import instant_cell
from voltloop.ledger.findings_log import close_voided, log
from voltloop.ledger.fold import State, Told, spells_of
from voltloop.ledger.instants import instant_at
from voltloop.ledger.left import Left, resolve
from voltloop.ledger.naming import cursor_of
from voltloop.ledger.recorded import Recorded
from voltloop.ledger.refold import left_by, refold
from voltloop.ledger.seals import check_seals
from voltloop.ledger.side_rows import (
    contents_at,
    forget,
    last_emptied,
    write_emptied,
    write_movements,
    write_seals,
)
from voltloop.ledger.state_rows import Rows, load, raw_cursor

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

__all__ = ["apply", "assertions"]

_TIMES = itemgetter(0, 1)


@dataclass(slots=True)
class _Work:
    """What a batch asks of each thing: its changes, or the instant from which on it is to be folded anew."""

    changes: defaultdict[bytes, list[Told]] = field(default_factory=lambda: defaultdict(list))
    anew: dict[bytes, int] = field(default_factory=dict)

    def fold_anew(self, keys: Iterable[bytes], at: int) -> None:
        """Note that things are to be folded anew from an instant on."""
        for key in keys:
            self.anew[key] = min(at, self.anew.get(key, at))


def apply(connection: Connection, recorded: Recorded) -> None:
    """Bring the states of all things up to date with what a capture wrote.

    Parameters
    ----------
    connection
        In the transaction of the capture, under its lock, after the rows of ``event``, ``trace`` and ``voided``.
    recorded
        The events and the earlier ones that they take back.
    """
    cursor = cursor_of(connection)
    raw = raw_cursor(cursor)
    told = list(_told(recorded))
    work = _gathered(told)
    write_movements(cursor, told)
    write_seals(cursor, told)
    for parent, is_assembly, emptied_at in write_emptied(cursor, told):
        work.fold_anew(contents_at(raw, parent, emptied_at, is_assembly=is_assembly), emptied_at)
    for key, voided_at in forget(raw, recorded.voided):
        work.fold_anew([key], voided_at)
    left = _write_states(cursor, raw, work)
    if left or work.anew:
        resolve(cursor, left, {UUID(bytes=key): instant_at(at) for key, at in work.anew.items()})
    if recorded.voided:
        close_voided(connection, recorded)
    found = check_seals(cursor, told)
    if found:
        log(connection, found, recorded)


def _gathered(told: Iterable[tuple[int, int, Assertions]]) -> _Work:
    """Give the changes of each thing, in the order of their time."""
    work = _Work()
    for event_at, record_at, said in told:
        at, record = instant_cell(event_at), instant_cell(record_at)
        for key, change in said.changes:
            work.changes[key].append(Told(event_at, record_at, at, record, change))
    for changes in work.changes.values():
        if len(changes) > 1:
            changes.sort(key=_TIMES)
    return work


def _write_states(cursor: psycopg.Cursor[Any], raw: psycopg.Cursor[Any], work: _Work) -> list[Left]:
    """Write the states that follow; give those whose place is still to be worked out."""
    known = load(raw, work.changes)
    _find_late(raw, work, known)
    rows = Rows()
    left: list[Left] = []
    for key, changes in work.changes.items():
        if key in work.anew:
            continue
        base = known[key][0] if key in known else None
        spells = spells_of(base, changes)
        left += left_by(key, spells)
        kept = spells if base is None else [base, *spells]
        rows.take(key, kept, changes[-1].event_at, is_known=base is not None)
    left += refold(raw, work.anew, rows)
    rows.write(cursor)
    return left


def _told(recorded: Recorded) -> Iterator[tuple[int, int, Assertions]]:
    for rank, said in enumerate(recorded.assertions):
        if said:
            yield recorded.event_ats[rank], recorded.first_record_at + rank, said


def _find_late(raw: psycopg.Cursor[Any], work: _Work, known: Mapping[bytes, tuple[State, int]]) -> None:
    """Note the things of which an event is late, or puts them into something that was emptied later."""
    joined: dict[bytes, list[tuple[int, bytes]]] = defaultdict(list)
    for key, changes in work.changes.items():
        if key in known and changes[0].event_at <= known[key][1]:
            work.fold_anew([key], changes[0].event_at)
        for told in changes:
            for parent in (told.change.joins, told.change.joins_assembly):
                if parent is not None:
                    joined[parent[4:]].append((told.event_at, key))
    for parent, emptied_at in last_emptied(raw, joined):
        work.fold_anew((key for at, key in joined[parent] if at <= emptied_at), emptied_at)
    for key in work.anew.keys() & work.changes.keys():
        work.fold_anew([key], work.changes[key][0].event_at)
