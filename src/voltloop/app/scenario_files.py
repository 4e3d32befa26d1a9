"""Files of rows, chunk by chunk: CSV, JSON lines, Parquet and workbooks, with the records that are broken named."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import polars as pl

from voltloop.app.csv_blocks import CsvShape, csv_blocks, csv_shape
from voltloop.app.files import read_bytes
from voltloop.errors import InputError

__all__ = ["CHUNK_ROWS", "RawChunk", "RowFile", "open_rows"]

CHUNK_ROWS: Final = 150_000
_SMALL_ROWS: Final = 1_000_000
_SMALL_BYTES: Final = 128 << 20


@dataclass
class RawChunk:
    """Rows as they stand in a file.

    Attributes
    ----------
    rows
        One column per column of the file; a broken record is a row of nulls, but for its first cell.
    first_row
        Number of the first of them, from 1, header and blank lines left out.
    broken
        Place of each broken record in ``rows``, with code and words of its finding.
    """

    rows: pl.DataFrame
    first_row: int
    broken: dict[int, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class RowFile:
    """A file of rows: its header, and a function that reads the rows from the start as often as it is called.

    The function may be given the only columns that are wanted. ``is_small`` says that all rows fit into memory at once.
    """

    name: str
    header: tuple[str, ...]
    chunks: Callable[[Sequence[str]], Iterator[RawChunk]]
    is_small: bool = True


def open_rows(path: Path, known: Callable[[Sequence[str]], int]) -> RowFile | None:
    """Open a file of rows, by its content and not by its name; None where it has no header line.

    Parameters
    ----------
    path
        File to read.
    known
        Says how many of some cells are names of columns; it decides between separators.

    Raises
    ------
    InputError
        ``no-such-file``, ``is-a-folder``, ``unreadable-file``, ``empty-file`` or ``unreadable-format``.
    """
    head = _head(path)
    if head.startswith(b"PAR1"):
        return _parquet(path)
    if head.startswith(b"PK\x03\x04"):
        return _workbook(path)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = read_bytes(path).decode("utf-16", errors="replace").encode()
        return _delimited(path, known, lambda: io.BytesIO(text))
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return _json(path)
    if b"\r" in head and b"\n" not in head:  # lines end as they did on old Macs
        data = read_bytes(path).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return _delimited(path, known, lambda: io.BytesIO(data))
    return _delimited(path, known, lambda: path.open("rb"))


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        read_bytes(path)  # says in words what is wrong
        raise
    if not head.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise InputError(
            f"{path.name} is empty. Give a header and at least one row, as CSV, Parquet or JSON lines.",
            code="empty-file",
        )
    return head


def _delimited(
    path: Path, known: Callable[[Sequence[str]], int], stream: Callable[[], IO[bytes]]
) -> RowFile | None:
    with stream() as file:
        shape = csv_shape(file.read(1 << 20), known)
    if shape is None:
        return None
    found = shape
    is_small = path.stat().st_size <= _SMALL_BYTES
    return RowFile(
        path.name, found.header, lambda only: _csv_chunks(stream, found, only or found.header), is_small
    )


def _csv_chunks(stream: Callable[[], IO[bytes]], shape: CsvShape, only: Sequence[str]) -> Iterator[RawChunk]:
    row = 1
    with stream() as file:
        for block, broken in csv_blocks(file, shape):
            rows = block.select(only)
            for start in range(0, rows.height, CHUNK_ROWS):
                part = rows.slice(start, CHUNK_ROWS)
                here = {at - start: why for at, why in broken.items() if start <= at < start + part.height}
                yield RawChunk(part, row, here)
                row += part.height


def _parquet(path: Path) -> RowFile:
    try:
        schema = pl.read_parquet_schema(path)
        height = pl.scan_parquet(path).select(pl.len()).collect().item()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(
            f"{path.name} is broken: it begins like a Parquet file and cannot be read ({error}). Export it again.",
            code="unreadable-format",
        ) from None

    def chunks(only: Sequence[str]) -> Iterator[RawChunk]:
        scan = pl.scan_parquet(path).select(only or list(schema))
        row = 1
        for part in scan.collect_batches(chunk_size=CHUNK_ROWS, maintain_order=True):
            for start in range(0, part.height, CHUNK_ROWS):
                piece = part.slice(start, CHUNK_ROWS)
                yield RawChunk(piece, row)
                row += piece.height

    return RowFile(path.name, tuple(schema), chunks, height <= _SMALL_ROWS)


def _workbook(path: Path) -> RowFile | None:
    try:
        sheet = pl.read_excel(path, infer_schema_length=None, raise_if_empty=False)
    except Exception:  # the list reader says better what is wrong with it
        return None
    frame = sheet.rename({name: name.strip() for name in sheet.columns})
    return RowFile(path.name, tuple(frame.columns), lambda _: iter([RawChunk(frame, 1)]))


def _json(path: Path) -> RowFile | None:
    header: dict[str, None] = {}
    chunks: list[RawChunk] = []
    row = 1
    for records in _json_records(read_bytes(path), path.name):
        names = list(dict.fromkeys(name for record in records if isinstance(record, dict) for name in record))
        header.update(dict.fromkeys(names))
        broken = {
            at: ("classify-row-not-object", str(record))
            for at, record in enumerate(records)
            if not isinstance(record, dict)
        }
        columns = {
            name: [_json_cell(record.get(name)) if isinstance(record, dict) else None for record in records]
            for name in names
        }
        rows = pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))
        if not names:
            rows = pl.DataFrame({"id": [None] * len(records)}, schema={"id": pl.String})
        chunks.append(RawChunk(rows, row, broken))
        row += len(records)
    return RowFile(path.name, tuple(header), lambda _: iter(chunks)) if header else None


def _json_records(data: bytes, name: str) -> Iterator[list[Any]]:
    """Give the records of a JSON array or of JSON lines in portions; what is no object is a sentence about it."""
    text = data.decode("utf-8-sig", errors="replace")
    if text.lstrip().startswith("["):
        try:
            document = json.loads(text)
        except json.JSONDecodeError as error:
            raise InputError(
                f"{name} begins like a JSON array and is not one: {error}. Mend it, or write one object per line.",
                code="unreadable-format",
            ) from None
        records = [one if isinstance(one, dict) else f"it is {json.dumps(one)[:60]}" for one in document]
        for start in range(0, len(records), CHUNK_ROWS):
            yield records[start : start + CHUNK_ROWS]
        return
    part: list[Any] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        try:
            one = json.loads(line)
            part.append(one if isinstance(one, dict) else f"it is {line.strip()[:60]}")
        except json.JSONDecodeError as error:
            part.append(str(error))
        if len(part) == CHUNK_ROWS:
            yield part
            part = []
    if part:
        yield part


def _json_cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ";".join(value)
    return json.dumps(value, ensure_ascii=False)
