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
from typing import TYPE_CHECKING, Any
from uuid import UUID

from voltloop.ledger.assertions import Assertions, Change, assertions
from voltloop.ledger.findings_log import close_voided, log
from voltloop.ledger.fold import micros_of, spells_of
from voltloop.ledger.instants import instant_at
from voltloop.ledger.left import Left, resolve
from voltloop.ledger.recorded import Recorded
from voltloop.ledger.refold import left_by, refold
from voltloop.ledger.seals import check_seals
from voltloop.ledger.side_rows import contents_at, forget, write_emptied, write_movements, write_seals
from voltloop.ledger.state_rows import Rows, array_of, load, raw_cursor

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

__all__ = ["apply", "assertions"]


@dataclass(slots=True)
class _Work:
    """What a batch asks of each thing: its changes, or the instant from which on it is to be folded anew."""

    changes: defaultdict[bytes, list[tuple[int, int, Change]]] = field(
        default_factory=lambda: defaultdict(list)
    )
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
    cursor: psycopg.Cursor[Any] = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
    raw = raw_cursor(cursor)
    work = _Work()
    told = list(_told(recorded))
    for event_at, record_at, said in told:
        for key, change in said.changes:
            work.changes[key].append((event_at, record_at, change))
    write_movements(cursor, told)
    write_seals(cursor, told)
    for parent, is_assembly, at in write_emptied(cursor, told):
        work.fold_anew(contents_at(raw, parent, at, is_assembly=is_assembly), at)
    for key, at in forget(raw, recorded.voided):
        work.fold_anew([key], at)
    known = load(raw, work.changes)
    _find_late(raw, work, {key: through for key, (_, through) in known.items()})
    rows = Rows()
    left: list[Left] = []
    for key, changes in work.changes.items():
        if key not in work.anew:
            changes.sort(key=_times)
            base = known[key][0] if key in known else None
            spells = spells_of(base, changes)
            left += left_by(key, spells)
            rows.take(
                key, spells if base is None else [base, *spells], changes[-1][0], is_known=base is not None
            )
    left += refold(raw, work.anew, rows)
    rows.write(cursor)
    if left or work.anew:
        resolve(cursor, left, {UUID(bytes=key): instant_at(at) for key, at in work.anew.items()})
    if recorded.voided:
        close_voided(connection, recorded)
    found = check_seals(cursor, told)
    if found:
        log(connection, found, recorded)


def _told(recorded: Recorded) -> Iterator[tuple[int, int, Assertions]]:
    for rank, said in enumerate(recorded.assertions):
        if said:
            yield recorded.event_ats[rank], recorded.first_record_at + rank, said


def _times(change: tuple[int, int, Change]) -> tuple[int, int]:
    return change[:2]


def _find_late(raw: psycopg.Cursor[Any], work: _Work, through: Mapping[bytes, int]) -> None:
    """Note the things of which an event is late, or puts them into something that was emptied later."""
    joined: dict[bytes, list[tuple[int, bytes]]] = defaultdict(list)
    for key, changes in work.changes.items():
        first = min(change[0] for change in changes)
        if first <= through.get(key, first - 1):
            work.fold_anew([key], first)
        for event_at, _, change in changes:
            for parent in filter(None, (change.joins, change.joins_assembly)):
                joined[parent].append((event_at, key))
    if joined:
        statement = "SELECT epc_id, max(at) FROM emptied WHERE epc_id = ANY(%s::uuid[]) GROUP BY epc_id"
        for parent, emptied_at in raw.execute(statement, [array_of(joined)]):
            for event_at, key in joined[parent]:
                if event_at <= micros_of(emptied_at):
                    work.fold_anew([key], event_at)
    for key in work.anew.keys() & work.changes.keys():
        work.fold_anew([key], min(change[0] for change in work.changes[key]))
