"""CSV in blocks: whole blocks by the table engine, and record by record only where a block is broken.

A record with too many or too few cells, or with a quote that is never closed, must not take others with it. So the
separators of each record are counted before a block is parsed, and what does not add up is set aside with a reason.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Final

import numpy as np
import numpy.typing as npt
import polars as pl

__all__ = ["CsvShape", "csv_blocks", "csv_shape"]

_BLOCK_BYTES: Final = 32 << 20
_LONGEST_RECORD: Final = 1 << 20
"""A record that is longer than this is taken for a quote that was never closed [B]."""
_LOOK_AHEAD: Final = 200
"""Lines over which a quoted cell may run in a block with broken records [B]."""
_OPEN: Final = "a quotation mark that is never closed"
_SEPARATORS: Final = (",", ";", "\t", "|")
_BOM: Final = b"\xef\xbb\xbf"

Broken = dict[int, tuple[str, str]]
"""Place of each broken record, with code and words of its finding."""


@dataclass(frozen=True, slots=True)
class CsvShape:
    """How a CSV file is built: separator, column names, and how many bytes the header takes."""

    separator: str
    header: tuple[str, ...]
    starts_at: int


def csv_shape(head: bytes, known: Callable[[Sequence[str]], int]) -> CsvShape | None:
    """Find separator and header in the first bytes of a file; None where no line holds a known column.

    Column names that stand twice are numbered.
    """
    skip = len(_BOM) if head.startswith(_BOM) else 0
    while True:
        end = head.find(b"\n", skip)
        line = head[skip : len(head) if end < 0 else end]
        if line.strip() or end < 0:
            break
        skip = end + 1
    text = line.decode("utf-8", errors="replace").rstrip("\r")
    splits = [(one, _cells(text, one)) for one in _SEPARATORS]
    separator, cells = max(splits, key=lambda pair: known(pair[1]))
    if not known(cells):
        return None
    names: dict[str, None] = {}
    for number, cell in enumerate(cells, start=1):
        name = cell.strip() or f"column {number}"
        names[name if name not in names else f"{name} ({number})"] = None
    return CsvShape(separator, tuple(names), skip + len(line) + (1 if end >= 0 else 0))


def csv_blocks(file: IO[bytes], shape: CsvShape) -> Iterator[tuple[pl.DataFrame, Broken]]:
    """Give the rows of a file, block by block, all as text, each with its broken records.

    Parameters
    ----------
    file
        The file from its start.
    shape
        From :func:`csv_shape`.
    """
    file.seek(shape.starts_at)
    rest = b""
    while True:
        read = file.read(_BLOCK_BYTES)
        block = rest + read
        is_last = not read
        if not block.strip():
            if is_last:
                return
            rest = block
            continue
        if is_last and not block.endswith(b"\n"):
            block += b"\n"
        found = _whole(block, shape)
        rows, broken, used = found or _by_record(block[: block.rfind(b"\n") + 1], shape, is_last)
        if rows.height:
            yield rows, broken
        rest = block[used:]
        if is_last:
            if rest.strip():
                yield _by_record(rest, shape, is_last)[:2]
            return


def _outside_quotes(block: bytes) -> npt.NDArray[np.bool_] | None:
    """Say which bytes are not between quotation marks; None where there is none."""
    if b'"' not in block:
        return None
    outside: npt.NDArray[np.bool_] = ~np.bitwise_xor.accumulate(np.frombuffer(block, np.uint8) == ord('"'))
    return outside


def _places(block: bytes, sign: str, outside: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.int64]:
    """Give the places of a sign that is not between quotation marks."""
    found = np.frombuffer(block, np.uint8) == ord(sign)
    return np.flatnonzero(found if outside is None else found & outside)


def _whole(block: bytes, shape: CsvShape) -> tuple[pl.DataFrame, Broken, int] | None:
    """Parse a block by the table engine up to its last whole record; None unless every record is sound."""
    outside = _outside_quotes(block)
    ends = _places(block, "\n", outside)
    if not len(ends) or len(block) - ends[-1] > _LONGEST_RECORD:
        return None
    used = int(ends[-1]) + 1
    counts = np.diff(np.searchsorted(_places(block, shape.separator, outside), ends), prepend=0)
    wide = len(shape.header) - 1
    starts = np.concatenate([[0], ends[:-1] + 1])
    is_blank = (counts == 0) & (ends - starts <= 1)
    if (counts[~is_blank] != wide).any() or (is_blank.any() and wide == 0):
        return None
    text, odd = _as_utf8(block[:used])
    try:
        rows = pl.read_csv(
            io.BytesIO(text),
            has_header=False,
            separator=shape.separator,
            schema=dict.fromkeys(shape.header, pl.String),
            infer_schema=False,
            raise_if_empty=False,
        )
    except pl.exceptions.PolarsError:
        return None
    if rows.height != int((~is_blank).sum()):
        return None
    if not odd:
        return rows, {}, used
    order = np.cumsum(~is_blank) - 1
    records = np.searchsorted(ends, _places(block, "\n", None)[odd])
    return rows, {int(order[at]): ("classify-not-utf8", "") for at in records.tolist()}, used


def _as_utf8(block: bytes) -> tuple[bytes, list[int]]:
    """Give a block as UTF-8, and the lines that were not."""
    try:
        block.decode()
    except UnicodeDecodeError:
        lines = block.split(b"\n")
        odd = []
        for number, line in enumerate(lines):
            try:
                line.decode()
            except UnicodeDecodeError:
                lines[number] = line.decode("cp1252", errors="replace").encode()
                odd.append(number)
        return b"\n".join(lines), odd
    return block, []


def _by_record(block: bytes, shape: CsvShape, is_last: bool) -> tuple[pl.DataFrame, Broken, int]:
    """Parse a block record by record; a broken one keeps its first cell, which often is the id.

    A quote that is open at the end of a block that is not the last waits for the next one.
    """
    lines = block.split(b"\n")
    lines.pop()  # what follows the last line break, which is nothing
    wide = len(shape.header)
    records: list[list[str | None]] = []
    broken: Broken = {}
    at = 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        cells, used, is_odd, why = _record(lines, at, shape)
        if why == _OPEN and not is_last and _may_go_on(lines[at:]):
            break
        if why:
            broken[len(records)] = ("classify-row-ragged", why)
            cells = cells[:1]
        elif is_odd:
            broken[len(records)] = ("classify-not-utf8", "")
        records.append([cell or None for cell in cells] + [None] * (wide - len(cells)))
        at += used
    columns = zip(*records, strict=True) if records else [()] * wide
    frame = pl.DataFrame(
        [pl.Series(name, cells, dtype=pl.String) for name, cells in zip(shape.header, columns, strict=True)]
    )
    return frame, broken, sum(len(line) + 1 for line in lines[:at])


def _may_go_on(lines: Sequence[bytes]) -> bool:
    """Say whether a quote that is open in the last lines of a block may be closed in the next block."""
    return len(lines) < _LOOK_AHEAD and sum(map(len, lines)) < _LONGEST_RECORD


def _record(lines: Sequence[bytes], at: int, shape: CsvShape) -> tuple[list[str], int, bool, str]:
    """Give cells and number of lines of the record that begins at a line, whether it is not UTF-8, and what is wrong.

    A quote may run over several lines, but only if the record then has all its cells.
    """
    wide = len(shape.header)
    text, is_odd = _text(lines[at])
    if text.count('"') % 2 == 0:
        cells = _cells(text, shape.separator)
        return cells, 1, is_odd, "" if len(cells) == wide else f"{len(cells)} cells under {wide} columns"
    whole, odd = text, is_odd
    for further in range(at + 1, min(at + _LOOK_AHEAD, len(lines))):
        more, more_odd = _text(lines[further])
        whole, odd = f"{whole}\n{more}", odd or more_odd
        if more.count('"') % 2:
            cells = _cells(whole, shape.separator)
            if len(cells) == wide:
                return cells, further - at + 1, odd, ""
            break
    return _cells(text.replace('"', ""), shape.separator), 1, is_odd, _OPEN


def _cells(text: str, separator: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
    except csv.Error:
        return text.split(separator)


def _text(line: bytes) -> tuple[str, bool]:
    line = line.rstrip(b"\r")
    try:
        return line.decode(), False
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace"), True
