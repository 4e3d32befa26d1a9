"""What events say beside the states: quantities that move, containers emptied, seals; and taking all this back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson

from voltloop.epcis.identifiers import key_bytes
from voltloop.ledger.assertions import assertions
from voltloop.ledger.changes import Assertions, SealPut
from voltloop.ledger.copying import (
    NULL,
    CopyRows,
    bool_cell,
    float_cell,
    instant_cell,
    key_cell,
    row_start,
    text_cell,
)
from voltloop.ledger.instants import instant_at
from voltloop.ledger.roles import Role
from voltloop.ledger.state_rows import ALL_STATES, array_of, instants_of

if TYPE_CHECKING:
    import psycopg

__all__ = [
    "Told",
    "contents_at",
    "forget",
    "last_emptied",
    "seal_number",
    "write_emptied",
    "write_movements",
    "write_seals",
]

Told = tuple[int, int, Assertions]
"""eventTime and recordTime of an event in microseconds, and what it says."""

_MOVEMENT: Final = ("class_id", "holder_id", "event_at", "record_at", "uom", "is_count", "quantity")
_EMPTIED: Final = ("epc_id", "at", "record_at", "is_assembly", "place_id")
_CONTENTS: Final = (
    f"SELECT DISTINCT epc_id FROM {ALL_STATES} AS s "
    "WHERE {fact} = %(key)s AND from_at <= %(at)s AND until_at >= %(at)s "
    "UNION SELECT c.epc_id FROM trace AS p JOIN trace AS c USING (event_at, record_at) "
    f"WHERE p.epc_id = %(key)s AND p.event_at = %(at)s AND p.role = {Role.PARENT:d} AND c.role = {Role.CHILD:d}"
)
"""What joined and left in one instant has no state within: the events of that instant tell of it."""
_VOIDED: Final = """
SELECT e.event_at, e.record_at, e.document, c.prefixes
FROM unnest(%(event)s::timestamptz[], %(record)s::timestamptz[]) AS v (event_at, record_at)
JOIN event AS e ON e.event_at = v.event_at AND e.record_at = v.record_at
LEFT JOIN context AS c ON c.id = e.context_id WHERE NOT e.planned
"""
_SEAL: Final = """
INSERT INTO seal (epc_id, container_id, number, issuer, class, kind, event_at, record_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""


def contents_at(raw: psycopg.Cursor[Any], key: bytes, at: int, *, is_assembly: bool) -> list[bytes]:
    """Give the things that are, have just been or may have been in a container or parts of a whole at an instant."""
    statement = _CONTENTS.format(fact="assembly_id" if is_assembly else "container_id")
    return [row[0] for row in raw.execute(statement, {"key": UUID(bytes=key), "at": instant_at(at)})]


def write_movements(cursor: psycopg.Cursor[Any], told: Iterable[Told]) -> None:
    """Write what comes to and leaves places; what one event says of one lot and place is added up."""
    totals: dict[tuple[bytes, bytes, int, int, str, bool], float | None] = {}
    for event_at, record_at, said in told:
        for move in said.movements:
            key = (move.class_id, move.holder_id, event_at, record_at, move.uom, move.is_count)
            before = totals.get(key, 0.0)
            totals[key] = None if before is None or move.quantity is None else before + move.quantity
    start = row_start(len(_MOVEMENT))
    rows = [
        b"".join(
            (
                start,
                key_cell(class_id),
                key_cell(holder_id),
                instant_cell(event_at),
                instant_cell(record_at),
                text_cell(uom),
                bool_cell(is_count),
                float_cell(quantity),
            )
        )
        for (class_id, holder_id, event_at, record_at, uom, is_count), quantity in totals.items()
    ]
    CopyRows("movement", _MOVEMENT, rows).write(cursor, 0)


def write_emptied(cursor: psycopg.Cursor[Any], told: Iterable[Told]) -> list[tuple[bytes, bool, int]]:
    """Write which containers lost everything in them; give each, whether it is a whole, and when."""
    rows, found = [], []
    start = row_start(len(_EMPTIED))
    for event_at, record_at, said in told:
        if said.emptied is not None:
            parent, is_assembly, place = said.emptied
            found.append((parent, is_assembly, event_at))
            cells = (key_cell(parent), instant_cell(event_at), instant_cell(record_at))
            rows.append(b"".join((start, *cells, bool_cell(is_assembly), NULL if place is None else place)))
    CopyRows("emptied", _EMPTIED, rows).write(cursor, 0)
    return found


def last_emptied(raw: psycopg.Cursor[Any], keys: Collection[bytes]) -> list[tuple[bytes, int]]:
    """Give when each of some containers was last emptied, in microseconds; nothing for those that never were."""
    if not keys:
        return []
    statement = "SELECT epc_id, max(at) FROM emptied WHERE epc_id = ANY(%s::uuid[]) GROUP BY epc_id"
    rows = raw.execute(statement, [array_of(keys)])
    return [(key, int.from_bytes(at, "big", signed=True)) for key, at in rows]


def write_seals(cursor: psycopg.Cursor[Any], told: Iterable[Told]) -> None:
    """Write the seals that are put on for the first time."""
    values = [
        (*_seal(put), instant_at(event_at), instant_at(record_at))
        for event_at, record_at, said in told
        for put in said.seals
    ]
    if values:
        cursor.executemany(_SEAL, values)


def _seal(put: SealPut) -> Sequence[Any]:
    keys = (UUID(bytes=key_bytes(put.seal)), UUID(bytes=key_bytes(put.container)))
    facts = [
        None if put.facts.get(name) is None else str(put.facts[name]) for name in ("issuer", "class", "kind")
    ]
    return (*keys, seal_number(put), *facts)


def seal_number(put: SealPut) -> str:
    """Give the number of a seal: the one told, else the last part of its identifier."""
    told = put.facts.get("number")
    return str(told) if told is not None else put.seal.replace("/", ":").rpartition(":")[2]


def forget(raw: psycopg.Cursor[Any], voided: Sequence[tuple[int, int]]) -> Iterator[tuple[bytes, int]]:
    """Delete what events that are taken back said beside the states; give the things to fold anew, and from when."""
    if not voided:
        return
    values = {"event": instants_of(at for at, _ in voided), "record": instants_of(at for _, at in voided)}
    for event_at, record_at, document, prefixes in raw.execute(_VOIDED, values).fetchall():
        event = orjson.loads(document)
        said = assertions(event, orjson.loads(prefixes) if prefixes else None)
        if said is None:
            continue
        at = int.from_bytes(event_at, "big", signed=True)
        when = {"event": instant_at(at), "record": instant_at(int.from_bytes(record_at, "big", signed=True))}
        for key in {move.class_id for move in said.movements}:
            raw.execute(
                "DELETE FROM movement WHERE class_id = %(key)s AND event_at = %(event)s AND record_at = %(record)s",
                {**when, "key": UUID(bytes=key)},
            )
        for put in said.seals:
            raw.execute(
                "DELETE FROM seal WHERE epc_id = %(key)s AND record_at = %(record)s",
                {**when, "key": UUID(bytes=key_bytes(put.seal))},
            )
        if said.emptied is not None:
            parent, is_assembly, _ = said.emptied
            raw.execute(
                "DELETE FROM emptied WHERE epc_id = %(key)s AND at = %(event)s AND record_at = %(record)s",
                {**when, "key": UUID(bytes=parent)},
            )
            for key in contents_at(raw, parent, at, is_assembly=is_assembly):
                yield key, at
        for key, _ in said.changes:
            yield key, at
