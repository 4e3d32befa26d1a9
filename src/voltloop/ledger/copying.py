"""Rows in PostgreSQL's binary ``COPY`` format: made before the capture's turn has come, stamped with record_at then."""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import psycopg

__all__ = [
    "NULL",
    "CopyRows",
    "bool_cell",
    "float_cell",
    "instant_cell",
    "int_cell",
    "key_cell",
    "length",
    "row_start",
    "small_cell",
    "text_cell",
]

NULL = b"\xff\xff\xff\xff"
"""Cell of no value, in any type."""

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
length = Struct(">i").pack
"""Give the length that stands before the bytes of a cell."""
_INSTANT = Struct(">iq").pack
_FLOAT = Struct(">id").pack
_INT = Struct(">ii").pack
_SMALL = Struct(">ih").pack
_KEY_LENGTH = length(16)
_EIGHT = np.arange(8)


def row_start(columns: int) -> bytes:
    """Give the first bytes of a row: how many columns it has."""
    return columns.to_bytes(2, "big")


def text_cell(text: str | None) -> bytes:
    """Cell of a text."""
    if text is None:
        return NULL
    data = text.encode()
    return length(len(data)) + data


def key_cell(key: bytes | None) -> bytes:
    """Cell of a UUID given as 16 bytes."""
    return NULL if key is None else _KEY_LENGTH + key


def instant_cell(at: int) -> bytes:
    """Cell of an instant in microseconds from PostgreSQL's zero, or of the rank that stands for record_at."""
    return _INSTANT(8, at)


def float_cell(number: float | None) -> bytes:
    """Cell of a double."""
    return NULL if number is None else _FLOAT(8, number)


def int_cell(number: int) -> bytes:
    """Cell of an integer of 32 bits."""
    return _INT(4, number)


def small_cell(number: int) -> bytes:
    """Cell of an integer of 16 bits."""
    return _SMALL(2, number)


def bool_cell(truth: bool) -> bytes:
    """Cell of a truth value."""
    return b"\0\0\0\x01\x01" if truth else b"\0\0\0\x01\0"


class CopyRows:
    """Rows of one table, ready for ``COPY`` but for their record_at.

    Parameters
    ----------
    table
        Name of the table.
    columns
        Its columns, in the order of the cells.
    rows
        Each row with its start and its cells. Where ``offset`` is given, eight bytes at that offset of every row hold
        the rank of its event in the batch: record_at is the first record_at of the batch plus this rank.
    offset
        Where in each row the value of record_at stands; None where the rows have none.
    """

    def __init__(
        self, table: str, columns: Sequence[str], rows: list[bytes], offset: int | None = None
    ) -> None:
        self._copy = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
        self._buffer = bytearray(b"".join((_HEADER, *rows, _TRAILER)))
        self.count = len(rows)
        self.size_bytes = len(self._buffer)
        if offset is not None:
            lengths = np.fromiter(map(len, rows), np.int64, len(rows))
            starts = np.cumsum(lengths) - lengths + len(_HEADER) + offset
            self._where = starts[:, None] + _EIGHT
            self._ranks = self._bytes()[self._where].view(">i8")[:, 0].astype(np.int64)
        self._stamped = offset is not None

    def _bytes(self) -> np.ndarray[Any, np.dtype[np.uint8]]:
        return np.frombuffer(self._buffer, np.uint8)

    def write(self, cursor: psycopg.Cursor[Any], first_record_at: int) -> None:
        """Copy the rows into their table, the event of rank 0 at ``first_record_at`` (microseconds)."""
        if not self.count:
            return
        if self._stamped:
            values = (self._ranks + first_record_at).astype(">i8")
            self._bytes()[self._where] = values.view(np.uint8).reshape(-1, 8)
        with cursor.copy(self._copy) as copy:
            copy.write(self._buffer)
