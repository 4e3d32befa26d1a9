"""Tell what kind of file the bytes are, by their content first and by the name second."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from voltloop.batteries._decode import decode
from voltloop.batteries._delimited import delimited
from voltloop.batteries._grid import Grid
from voltloop.batteries._json_lines import json_lines, looks_like_json
from voltloop.batteries._workbook import parquet, workbook
from voltloop.errors import InputError

__all__ = ["open_grid"]

_KNOWN = "CSV, TSV, XLSX, Parquet or JSON lines"
_OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ", "compressed with xz"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard"),
    (b"SQLite format 3", "an SQLite database"),
    (b"ARROW1", "an Arrow file"),
    (b"\x7fELF", "a program"),
)


def open_grid(data: bytes, name: str, recognised: Callable[[Sequence[str]], int]) -> Grid:
    """Give the records of a file.

    Raises
    ------
    InputError
        ``empty-file``, ``binary-file``, ``unreadable-format`` or ``unknown-format``, each with what to do.
    """
    if not data.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        raise InputError(
            f"{name} is empty. Give a list with a header and at least one battery, as {_KNOWN}.",
            code="empty-file",
        )
    if data.startswith(b"PAR1"):
        return parquet(data, name)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
        return workbook(data, name, recognised)
    for start, what in _OTHERS:
        if data.startswith(start):
            raise InputError(f"{name} is {what}, not a table. Give the list as {_KNOWN}.", code="binary-file")
    text, encoding = decode(data, name)
    head = text[:2000].lstrip().casefold()
    if head.startswith(("<!doctype", "<html", "<table", "<?xml", "<style")):
        raise InputError(
            f"{name} holds HTML or XML, whatever its ending. Open it in a spreadsheet program and save it as {_KNOWN}.",
            code="unknown-format",
        )
    grid = json_lines(text) if looks_like_json(text) else delimited(text, recognised)
    grid.facts["encoding"] = encoding
    return grid
