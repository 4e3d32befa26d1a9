"""Things folded anew from their own events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson

from voltloop.ledger.assertions import assertions
from voltloop.ledger.changes import Change
from voltloop.ledger.copying import NULL, instant_cell, key_cell
from voltloop.ledger.fold import (
    ASSEMBLY,
    CONTAINER,
    FROM,
    LEFT,
    PLACED,
    State,
    Told,
    micros_of,
    spells_of,
)
from voltloop.ledger.instants import instant_at
from voltloop.ledger.left import Left
from voltloop.ledger.lookups import COUNTS, EVENT_OF, trace_of
from voltloop.ledger.state_rows import ALL_STATES, Rows, array_of, cells_of, instants_of
from voltloop.ledger.tables.knowledge import STATE_COLUMNS

if TYPE_CHECKING:
    import psycopg

__all__ = ["left_by", "refold"]

_WANTED: Final = "unnest(%(keys)s::uuid[], %(since)s::timestamptz[]) AS w (epc_id, since)"
_BASES: Final = f"""
SELECT w.epc_id, {", ".join(f"b.{name}" for name in STATE_COLUMNS)}
FROM {_WANTED} CROSS JOIN LATERAL (
  SELECT * FROM {ALL_STATES} AS s
  WHERE s.epc_id = w.epc_id AND s.from_at < w.since ORDER BY s.from_at DESC LIMIT 1) AS b
"""
_EVENTS: Final = f"""
SELECT DISTINCT w.epc_id, e.event_at, e.record_at, e.document, c.prefixes
FROM {_WANTED} {trace_of("w", "o.event_at >= w.since")} {EVENT_OF} LEFT JOIN context AS c ON c.id = e.context_id
WHERE {COUNTS} ORDER BY e.event_at, e.record_at
"""
_THROUGH: Final = f"SELECT s.epc_id, s.through_at FROM state AS s JOIN {_WANTED} ON s.epc_id = w.epc_id"
_DELETE_PAST: Final = (
    f"DELETE FROM past_state AS p USING {_WANTED} WHERE p.epc_id = w.epc_id AND p.until_at >= w.since"
)
_DELETE_STATE: Final = f"DELETE FROM state AS s USING {_WANTED} WHERE s.epc_id = w.epc_id"
_EMPTIED: Final = (
    "SELECT epc_id, at, record_at, is_assembly, place_id FROM emptied WHERE epc_id = ANY(%s::uuid[])"
)


def left_by(key: bytes, spells: Iterable[State]) -> list[Left]:
    """Give what is to be resolved: the spells that begin with leaving a container with no place told."""
    return [
        Left(instant_at(micros_of(spell[PLACED])), UUID(bytes=key), UUID(bytes=spell[LEFT][4:]))
        for spell in spells
        if spell[LEFT] != NULL and spell[FROM] == spell[PLACED]
    ]


def refold(raw: psycopg.Cursor[Any], anew: Mapping[bytes, int], rows: Rows) -> list[Left]:
    """Fold things anew from their own events.

    Parameters
    ----------
    raw
        Cursor that hands out bytes.
    anew
        The instant, in microseconds, from which on each thing is folded anew. Its rows from there on are deleted.
    rows
        Takes the new rows.

    Returns
    -------
    list
        What is to be resolved, see :func:`voltloop.ledger.left.resolve`.
    """
    if not anew:
        return []
    wanted = {"keys": array_of(anew), "since": instants_of(anew.values())}
    bases: dict[bytes, State] = {row[0]: cells_of(row[1:]) for row in raw.execute(_BASES, wanted)}
    through = {row[0]: _micros(row[1]) for row in raw.execute(_THROUGH, wanted)}
    changes = _changes(raw.execute(_EVENTS, wanted))
    _add_emptied(raw, anew, bases, changes)
    raw.execute(_DELETE_PAST, wanted)
    raw.execute(_DELETE_STATE, wanted)
    left: list[Left] = []
    for key in anew:
        ordered = sorted(changes[key], key=itemgetter(0, 1))
        base = bases.get(key)
        spells = spells_of(base, ordered)
        left += left_by(key, spells)
        kept = spells if base is None else [base, *spells]
        if kept:
            last = ordered[-1][0] if ordered else micros_of(kept[-1][FROM])
            rows.take(key, kept, max(last, through.get(key, last)), is_known=False)
    return left


def _changes(events: Iterable[Sequence[Any]]) -> defaultdict[bytes, list[Told]]:
    """Give what each event says of each wanted thing."""
    said: dict[tuple[bytes, bytes], dict[bytes, list[Change]]] = {}
    found: defaultdict[bytes, list[Told]] = defaultdict(list)
    for key, event_at, record_at, document, prefixes in events:
        of_event = said.get((event_at, record_at))
        if of_event is None:
            of_event = said[event_at, record_at] = {}
            told = assertions(orjson.loads(document), orjson.loads(prefixes) if prefixes else None)
            for thing, change in told.changes if told is not None else ():
                of_event.setdefault(thing, []).append(change)
        found[key] += [_told(event_at, record_at, change) for change in of_event.get(key, ())]
    return found


def _add_emptied(
    raw: psycopg.Cursor[Any],
    anew: Mapping[bytes, int],
    bases: Mapping[bytes, State],
    changes: defaultdict[bytes, list[Told]],
) -> None:
    """Add the events that emptied a container in which a thing may have been, without naming it."""
    within: defaultdict[bytes, set[bytes]] = defaultdict(set)
    for key in anew:
        base = bases.get(key)
        parents: list[bytes | None] = [base[CONTAINER], base[ASSEMBLY]] if base is not None else []
        parents += [
            parent for told in changes[key] for parent in (told.change.joins, told.change.joins_assembly)
        ]
        for parent in parents:
            if parent is not None and parent != NULL:
                within[parent[4:]].add(key)
    if not within:
        return
    for parent, at, record_at, is_assembly, place in raw.execute(_EMPTIED, [array_of(within)]).fetchall():
        fact = "leaves_assembly" if is_assembly == b"\1" else "leaves"
        change = Change(place=None if place is None else key_cell(place), is_unnamed=True)
        setattr(change, fact, key_cell(parent))
        for key in within[parent]:
            if _micros(at) >= anew[key]:
                changes[key].append(_told(at, record_at, change))


def _told(at: bytes, record_at: bytes, change: Change) -> Told:
    event, record = _micros(at), _micros(record_at)
    return Told(event, record, instant_cell(event), instant_cell(record), change)


def _micros(value: bytes) -> int:
    return int.from_bytes(value, "big", signed=True)
