"""States in and out of their tables, in PostgreSQL's binary form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

from voltloop.ledger.copying import NULL, CopyRows, instant_cell, key_cell, row_start
from voltloop.ledger.fold import FROM, State
from voltloop.ledger.instants import instant_at
from voltloop.ledger.tables.knowledge import STATE_COLUMNS

if TYPE_CHECKING:
    import psycopg

__all__ = ["ALL_STATES", "Rows", "array_of", "cells_of", "instants_of", "load", "raw_cursor", "states_at"]

_COLUMNS: Final = ", ".join(STATE_COLUMNS)
ALL_STATES: Final = (
    f"(SELECT epc_id, {_COLUMNS}, 'infinity'::timestamptz AS until_at FROM state "
    f"UNION ALL SELECT epc_id, {_COLUMNS}, until_at FROM past_state)"
)
"""Every state of every thing with the instant at which it ended, for use in a FROM clause."""
_PRESENT_STATES: Final = f"(SELECT epc_id, {_COLUMNS}, 'infinity'::timestamptz AS until_at FROM state)"
_CHANGED_SINCE: Final = "SELECT EXISTS (SELECT FROM event WHERE event_at > %s AND NOT planned)"

_LENGTH = Struct(">i").pack
_LENGTHS: Final = tuple(_LENGTH(length) for length in range(1 << 14))
_START: Final = row_start(len(STATE_COLUMNS) + 2)
_RAW_TYPES = ("uuid", "timestamptz", "text", "bool", "float8", "int2")

_MAKE_CHANGED: Final = "CREATE TEMPORARY TABLE IF NOT EXISTS changed_state (LIKE state) ON COMMIT DELETE ROWS"
_UPDATE: Final = (
    "UPDATE state SET "
    + ", ".join(f"{name} = c.{name}" for name in (*STATE_COLUMNS, "through_at"))
    + " FROM changed_state AS c WHERE state.epc_id = c.epc_id"
)


def raw_cursor(cursor: psycopg.Cursor[Any]) -> psycopg.Cursor[Any]:
    """Give another cursor of the same connection that hands out the bytes of each value as they are."""
    from psycopg.types.string import ByteaBinaryLoader

    other = cursor.connection.cursor(binary=True)
    for name in _RAW_TYPES:
        other.adapters.register_loader(name, ByteaBinaryLoader)
    return other


def states_at(cursor: psycopg.Cursor[Any], at: datetime) -> str:
    """Give where the states at an instant are found, for use in a FROM clause.

    Where nothing happened since, the present states are all that there are: what ended need not be looked through.
    """
    row = cursor.execute(_CHANGED_SINCE, (at,)).fetchone()
    return ALL_STATES if row is None or row[0] else _PRESENT_STATES


def array_of(keys: Iterable[bytes]) -> str:
    """Give keys as the text of an array of UUIDs."""
    return f"{{{','.join([key.hex() for key in keys])}}}"


def instants_of(instants: Iterable[int]) -> str:
    """Give instants in microseconds from PostgreSQL's zero as the text of an array of instants."""
    return f"{{{','.join([instant_at(micros).isoformat() for micros in instants])}}}"


def load(raw: psycopg.Cursor[Any], keys: Iterable[bytes]) -> dict[bytes, tuple[State, int]]:
    """Give the present state of each thing that has one, with the microsecond up to which its events are in it."""
    raw.execute(
        f"SELECT epc_id, {_COLUMNS}, through_at FROM state WHERE epc_id = ANY(%s::uuid[])", [array_of(keys)]
    )
    return {row[0]: (cells_of(row[1:-1]), int.from_bytes(row[-1], "big", signed=True)) for row in raw}


def cells_of(values: Iterable[bytes | None]) -> State:
    """Give the values of a row, as bytes, as cells."""
    return [NULL if value is None else _LENGTHS[len(value)] + value for value in values]


@dataclass(slots=True)
class Rows:
    """Rows of states that are to be written together."""

    added: list[bytes] = field(default_factory=list)
    changed: list[bytes] = field(default_factory=list)
    past: list[bytes] = field(default_factory=list)

    def take(self, key: bytes, spells: Sequence[State], through: int, *, is_known: bool) -> None:
        """Take the spells of one thing in their order: the last becomes its present state, the others are past."""
        name = _START + key_cell(key)
        for spell, following in pairwise(spells):
            self.past.append(b"".join((name, *spell, following[FROM])))
        row = b"".join((name, *spells[-1], instant_cell(through)))
        (self.changed if is_known else self.added).append(row)

    def write(self, cursor: psycopg.Cursor[Any]) -> None:
        """Write all rows."""
        columns = ("epc_id", *STATE_COLUMNS)
        CopyRows("state", (*columns, "through_at"), self.added).write(cursor, 0)
        CopyRows("past_state", (*columns, "until_at"), self.past).write(cursor, 0)
        if self.changed:
            cursor.execute(_MAKE_CHANGED)
            CopyRows("changed_state", (*columns, "through_at"), self.changed).write(cursor, 0)
            cursor.execute(_UPDATE)
            cursor.execute("DELETE FROM changed_state")
