"""From text to records: find the delimiter, split, and survive broken quotes."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import islice, zip_longest

import polars as pl

from voltloop.batteries._grid import Grid

__all__ = ["delimited", "from_rows"]

_DELIMITERS = (";", ",", "\t", "|")
_SAMPLE = 200
_WIDEST = 400


def delimited(text: str, recognised: Callable[[Sequence[str]], int]) -> Grid:
    """Give the records of a delimited text.

    Parameters
    ----------
    text
        The whole file.
    recognised
        Says how many cells of a record are known column headers; it decides between delimiters.
    """
    lines = _unwrapped(list(io.StringIO(text, newline="")))
    delimiter = _delimiter(lines, recognised)
    records, broken = _records(lines, delimiter)
    grid = from_rows(records)
    grid.broken = broken
    grid.facts = {"format": "delimited text", "delimiter": delimiter}
    return grid


def _unwrapped(lines: list[str]) -> list[str]:
    """Take off the quotes in which some programs wrap each line as a whole."""
    head = [line.strip() for line in lines[:_SAMPLE] if line.strip()]
    inner = [line[1:-1].replace('""', "") for line in head if len(line) > 1 and line[0] == line[-1] == '"']
    if not head or len(inner) < len(head) or any('"' in line for line in inner):
        return lines
    if not all(any(sign in line for sign in _DELIMITERS) for line in inner):
        return lines
    return [re.sub(r'^\s*"(.*)"(\s*)$', _unquoted, line, flags=re.DOTALL) for line in lines]


def _unquoted(found: re.Match[str]) -> str:
    return found[1].replace('""', '"') + found[2]


def from_rows(records: Sequence[Sequence[str | None]]) -> Grid:
    """Give records of cells as a grid; blank cells become null, text beyond column 400 is joined."""
    widths = [_width(record) for record in records]
    if max(widths, default=0) > _WIDEST:
        records = [
            record
            if len(record) <= _WIDEST
            else [*record[: _WIDEST - 1], " ".join(map(str, record[_WIDEST - 1 :]))]
            for record in records
        ]
        widths = [min(width, _WIDEST) for width in widths]
    columns = zip_longest(*records, fillvalue=None)
    frame = pl.DataFrame(
        {str(number): pl.Series(column, dtype=pl.String) for number, column in enumerate(columns)}
    )
    if frame.width == 0:
        frame = pl.DataFrame({"0": pl.Series([None] * len(records), dtype=pl.String)})
    stripped = pl.all().str.strip_chars()
    frame = frame.select(pl.when(stripped != "").then(stripped))
    return Grid(cells=frame, widths=widths)


def _width(record: Sequence[str | None]) -> int:
    """Give the number of cells up to the last one that is not blank."""
    for number in range(len(record) - 1, -1, -1):
        cell = record[number]
        if cell and not cell.isspace():
            return number + 1
    return 0


def _delimiter(lines: Sequence[str], recognised: Callable[[Sequence[str]], int]) -> str:
    """Pick the delimiter whose split makes the most known headers, then the most regular columns."""
    if lines:
        told = re.match(r"sep=(.)\s*$", lines[0])
        if told:
            return told[1]
    best, best_score = ",", (-1, -1.0)
    for delimiter in _DELIMITERS:
        try:
            sample = list(islice(csv.reader(iter(lines), delimiter=delimiter), _SAMPLE))
        except csv.Error:
            sample = [line.split(delimiter) for line in lines[:_SAMPLE]]
        full = [len(record) for record in sample if len(record) > 1]
        regular = Counter(full).most_common(1)[0][1] / max(1, len(sample)) if full else 0.0
        score = (max((recognised(record) for record in sample), default=0), regular)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _records(lines: list[str], delimiter: str) -> tuple[list[list[str]], dict[int, str]]:
    """Split lines into records; a quote that swallows whole lines is taken as an ordinary sign."""
    usual = _usual_count(lines, delimiter)
    records: list[list[str]] = []
    broken: dict[int, str] = {}
    start = 0
    while start < len(lines):
        reader = csv.reader(islice(lines, start, None), delimiter=delimiter)
        before = 0
        restart = None
        try:
            for record in reader:
                after = reader.line_num
                if after - before > 1 and _swallowed(
                    lines[start + before : start + after], delimiter, usual, start + after == len(lines)
                ):
                    restart = start + before
                    break
                records.append(record)
                before = after
        except csv.Error:
            restart = start + before
        if restart is None:
            break
        records.append(lines[restart].rstrip("\r\n").split(delimiter))
        broken[len(records)] = "unclosed-quote"
        start = restart + 1
    return records, broken


def _usual_count(lines: Iterable[str], delimiter: str) -> int:
    """Give the greatest number of delimiters that a fair share of the lines has."""
    counts = Counter(line.count(delimiter) for line in islice(lines, 2000) if delimiter in line)
    total = sum(counts.values())
    return max((count for count, times in counts.items() if times * 4 >= total), default=0)


def _swallowed(lines: Sequence[str], delimiter: str, usual: int, is_last: bool) -> bool:
    """Say whether a record of several lines is a quote left open rather than a cell with line breaks."""
    if is_last and sum(line.count('"') for line in lines) % 2:
        return True
    inner = lines[1:] if is_last else lines[1:-1]
    if usual > 0 and any(line.count(delimiter) >= usual for line in inner):
        return True
    # The last line closes the quote: if most of a record stands before that, it is a record of its own.
    return usual >= 4 and lines[-1].split('"', 1)[0].count(delimiter) * 10 >= usual * 6
