"""Columns of dates: which order of day and month the file proves, and what each cell then means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from voltloop.batteries._dates import PLACEHOLDERS, Written, day_of, full_year, read_date

__all__ = ["DateColumn", "order_proof", "read_dates"]

_SCHEMA = {
    "text": pl.String,
    "value": pl.Date,
    "last": pl.Date,
    "code": pl.String,
    "confidence": pl.Float64,
}


@dataclass(slots=True)
class DateColumn:
    """The dates of one column.

    Attributes
    ----------
    frame
        One row per record: ``value`` (first day that the cell can mean), ``last`` (last such day), ``code`` of the
        finding or null, ``confidence``.
    order
        ``day first`` or ``month first``.
    proof
        How the order was found: ``column``, ``header``, ``other column``, ``conflict`` or ``assumed``.
    """

    frame: pl.DataFrame
    order: str
    proof: str


def order_proof(texts: pl.Series) -> str:
    """Give the order that a column proves: ``day first``, ``month first``, ``conflict`` or ``""``.

    Examples
    --------
    >>> order_proof(pl.Series(["03/04/2024", "03/25/2024"]))
    'month first'
    """
    day = month = False
    for text in texts.drop_nulls().unique():
        written = read_date(text)
        parts = written.parts
        if parts and written.how == "parts":
            # A first number above 31 is a year written with two digits, and proves nothing.
            day |= 12 < parts[0] <= 31 and parts[1] <= 12
            month |= 12 < parts[1] <= 31 and parts[0] <= 12
    return "conflict" if day and month else "day first" if day else "month first" if month else ""


def read_dates(texts: pl.Series, on: date, header_order: str, file_order: str) -> DateColumn:
    """Read a column of dates.

    Parameters
    ----------
    texts
        Cells; null is missing.
    on
        Day of reading; it places years of two digits.
    header_order
        Order that the header states ("Date (MM/DD/YYYY)"), or "".
    file_order
        Order that the file's other columns prove, or "".
    """
    proved = order_proof(texts)
    order, proof = "day first", "assumed"
    if proved == "conflict":
        proof = "conflict"
    elif proved:
        order, proof = proved, "column"
    elif header_order:
        order, proof = header_order, "header"
    elif file_order in ("day first", "month first"):
        order, proof = file_order, "other column"
    unique = texts.drop_nulls().unique()
    if proof == "assumed" and not any(read_date(text).how == "parts" for text in unique):
        proof = "not needed"
    rows = [_known(_placed(read_date(text), order, proof, on)) for text in unique]
    lookup = pl.DataFrame(
        [(text, *row) for text, row in zip(unique, rows, strict=True)], schema=_SCHEMA, orient="row"
    )
    frame = pl.DataFrame({"text": texts}).join(lookup, on="text", how="left", maintain_order="left")
    return DateColumn(frame.drop("text"), order, proof)


_Placed = tuple[date | None, date | None, str | None, float]


def _known(placed: _Placed) -> _Placed:
    """Take the days that programs write for "no date" as missing."""
    return (None, None, "date-placeholder", 0.0) if placed[0] in PLACEHOLDERS else placed


def _placed(written: Written, order: str, proof: str, on: date) -> _Placed:
    if written.how == "parts" and written.parts:
        return _ordered(written, order, proof, on)
    if written.parts:  # the month is a word, the year has two digits
        day, month, short, digits = written.parts
        year = full_year(short, digits, on)
        first = day_of(year, month, day or 1)
        if first is None:
            return None, None, "date-impossible", 0.0
        return (first, first, None, 1.0) if day else (first, first.replace(day=28), "date-partial", 0.6)
    if written.first is None or written.first.year < 1950 or written.first.year > 2150:
        code = written.how if written.how in ("placeholder", "impossible", "unread") else "impossible"
        return None, None, f"date-{code}", 0.0
    code_and_sure = {
        "serial": ("date-serial", 0.95),
        "epoch": ("date-serial", 0.9),
        "swapped": ("date-ambiguous", 0.8),
        "week": ("date-partial", 0.8),
        "month": ("date-partial", 0.7),
        "year": ("date-partial", 0.4),
    }.get(written.how, (None, 1.0))
    return written.first, written.last, code_and_sure[0], code_and_sure[1]


def _ordered(written: Written, order: str, proof: str, on: date) -> _Placed:  # noqa: PLR0911 - one per reading
    assert written.parts is not None
    a, b, short, digits = written.parts
    year = full_year(short, digits, on)
    by_day, by_month = day_of(year, b, a), day_of(year, a, b)
    if digits == 2:
        year_first = day_of(full_year(a, 2, on), b, short)
        read = by_day or by_month
        if year_first and year_first <= on and (read is None or read > on):
            return year_first, year_first, "date-ambiguous", 0.7
    if by_day is None or by_month is None or by_day == by_month:
        only = by_day or by_month
        if only is None:
            return None, None, "date-impossible", 0.0
        against = a != b and (by_day is None) == (order == "day first")
        return only, only, "date-order-mixed" if against or (proof == "conflict" and a != b) else None, 0.9
    if proof == "conflict":
        return None, None, "date-order-conflict", 0.0
    value = by_day if order == "day first" else by_month
    if proof == "assumed":
        return value, value, "date-ambiguous", 0.95 if written.separator == "." else 0.7
    if proof == "other column" and order == "month first":
        return value, value, "date-ambiguous", 0.85
    return value, value, None, 1.0
