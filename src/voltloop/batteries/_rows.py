"""Which records are batteries, and which are titles, headers, totals, notes or nothing at all."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from functools import cache

import polars as pl

from voltloop.batteries._grid import Grid
from voltloop.batteries._header import Column, recognised
from voltloop.batteries._numbers import read_number
from voltloop.batteries._text import key, words_of
from voltloop.batteries._units import unit_of
from voltloop.batteries._words import header_keys, is_missing, value_keys

__all__ = ["changed_header", "ignored_rows", "units_row"]

_IDENTITY = (
    "battery_id",
    "serial",
    "manufacturer",
    "model",
    "chemistry",
    "form",
    "site",
    "condition",
    "reason",
)
_RULE = re.compile(r"^[-=_*.#~+|\s]+$")
_FORMATS = re.compile(
    r"^\W*(?:text|string|date|datum|fecha|data|number|iso|[dmyjtag]{1,4}(?:[-./ ][dmyjtag]{1,4}){1,2})\W*$",
    re.IGNORECASE,
)
_MIXED = re.compile(r"[A-Za-z]\w*\d|\d\w*[A-Za-z]")
_COUNTED = ("energy", "energy_total", "mass", "mass_total", "quantity", "capacity")
_KINDS = ("model", "manufacturer", "chemistry", "form", "description")


def units_row(grid: Grid, header: int, columns: Sequence[Column]) -> bool:
    """Say whether the record below the header holds nothing but units, and hand them to the columns."""
    if header + 1 >= grid.height:
        return False
    row = grid.cells.row(header + 1)
    found = [(column, unit_of(cell)) for column, cell in zip(columns, row, strict=False) if cell]
    if (
        not any(unit for _, unit in found)
        or any(unit is None and not _FORMATS.match(row[column.index] or "") for column, unit in found)
        or any(char.isdigit() for cell in row if cell for char in cell)
    ):
        return False
    for column, unit in found:
        if unit is not None and column.unit is None and column.name:
            column.unit = unit
            if unit and unit.kind == "energy" and column.name == "capacity":
                column.name = "energy"
    return True


def ignored_rows(
    grid: Grid, header: int | None, columns: Sequence[Column], has_units: bool
) -> dict[int, tuple[str, str]]:
    """Give the records that are no rows of the list: record number to finding code and the text that shows it.

    Notes
    -----
    When in doubt a record counts as a battery: it then ends in review with its reasons instead of vanishing.
    """
    cells = grid.cells
    first_body = (header + 1 if header is not None else 0) + has_units
    found: dict[int, tuple[str, str]] = {}
    shape = cells.select(
        count=pl.sum_horizontal(pl.all().is_not_null().cast(pl.Int32)), first=pl.coalesce(pl.all())
    ).with_row_index("place")
    for place, count, first in shape.head(first_body).iter_rows():
        code = "blank-line" if not count else "title-line"
        found[place + 1] = (code, _shown(cells.row(place)) if first else "")
    if header is not None:
        found[header + 1] = ("header", _shown(cells.row(header)))
        if has_units:
            found[header + 2] = ("units-line", _shown(cells.row(header + 1)))
    body = shape.slice(first_body)
    for place in body.filter(pl.col("count") == 0)["place"]:
        found[place + 1] = ("blank-line", "")
    for place in _repeated(cells, header, columns, first_body):
        found[place + 1] = ("header-repeated", _shown(cells.row(place)))
    for place in _suspects(body):
        row = cells.row(place)
        reason = _ignored_code(row, columns)
        if reason and place + 1 not in found:
            found[place + 1] = (reason, _shown(row))
    for place in _sums(cells, columns, first_body, found):
        found[place + 1] = ("total-line", _shown(cells.row(place)))
    return found


def _sums(cells: pl.DataFrame, columns: Sequence[Column], start: int, found: Container[int]) -> list[int]:
    """Give the places of records that name no battery and hold the sum of a column above them."""
    kept = [place for place in range(start, cells.height) if place + 1 not in found]
    body = cells[kept]
    named = [str(column.index) for column in columns if column.name in (*_IDENTITY, "description", "remark")]
    counted = [str(column.index) for column in columns if column.name in _COUNTED]
    if not named or not counted:
        return []
    bare = body.select(
        pl.all_horizontal(pl.col(named).is_null()) & pl.any_horizontal(pl.col(counted).is_not_null())
    )
    places = bare.to_series().arg_true().to_list()
    return [kept[place] for place in places[-8:] if any(_is_sum(body[name], place) for name in counted)]


def _is_sum(texts: pl.Series, place: int) -> bool:
    own = read_number(texts[place]) if texts[place] else None
    above = [number for text in texts.head(place).drop_nulls() if (number := read_number(text))]
    if own is None or len(above) < 2:
        return False
    readings = {sum(number.value for number in above), sum(number.other or number.value for number in above)}
    wanted = {own.value, own.other or own.value}
    return any(abs(total - value) <= 0.001 * abs(value) for total in readings for value in wanted if value)


def _shown(row: Sequence[str | None]) -> str:
    return " | ".join(cell for cell in row if cell)[:200]


def _repeated(cells: pl.DataFrame, header: int | None, columns: Sequence[Column], start: int) -> list[int]:
    """Give the places of records that repeat the header, exactly or in other words."""
    mapped = [column for column in columns if column.name and column.index < cells.width]
    if header is None or not mapped:
        return []
    body = cells.slice(start)
    hits = pl.Series([0] * body.height, dtype=pl.Int32)
    for column in mapped:
        texts = body[str(column.index)]
        short = texts.filter(
            texts.is_not_null() & (texts.str.len_chars() <= 60) & ~texts.str.contains(r"\d")
        ).unique()
        names = [text for text in short if text == column.header or _names_column(text, column.name)]
        if names:
            hits += texts.is_in(names).fill_null(False).cast(pl.Int32)
    counts = body.select(pl.sum_horizontal(pl.all().is_not_null().cast(pl.Int32))).to_series()
    places = ((hits >= 2) & (hits * 2 >= counts)).arg_true()
    return [int(place) + start for place in places]


def changed_header(grid: Grid, header: int | None, ignored: Container[int]) -> int | None:
    """Give the record that starts a second table with other columns, if there is one.

    Such a record names at least three columns, more than half of its cells do, and they stand elsewhere.
    """
    if header is None:
        return None
    start = header + 1
    texts = grid.cells.slice(start)
    count = pl.sum_horizontal(pl.all().is_not_null().cast(pl.Int32))
    digits = pl.any_horizontal(pl.all().str.contains(r"^[\d.,]+$"))
    for place in texts.select((count >= 3) & ~digits.fill_null(False)).to_series().arg_true():
        row = grid.cells.row(place + start)
        filled = [cell for cell in row if cell]
        if place + start + 1 not in ignored and recognised(filled) >= max(3, (len(filled) + 1) // 2):
            return int(place) + start + 1
    return None


def _names_column(text: str, name: str) -> bool:
    return recognised([text]) > 0 and name in {found for found, _ in header_keys().get(key(text), [])}


@cache
def _starts() -> re.Pattern[str]:
    words = sorted({*value_keys("total"), *value_keys("note")}, key=len, reverse=True)
    return re.compile(rf"^\W*(?:{'|'.join(re.escape(word) for word in words)})")


def _suspects(body: pl.DataFrame) -> list[int]:
    """Give the places of records that may be totals or notes: few cells, or a first cell that says so."""
    few = body.filter((pl.col("count") > 0) & (pl.col("count") <= 2))["place"].to_list()
    lettered = body.filter(
        (pl.col("count") > 2)
        & pl.col("first").str.contains(r"\pL")
        & ~pl.col("first").str.contains(r"^\w*\d\w*\d")
    )
    ends = tuple(word for word in value_keys("total") if len(word) >= 4)
    spelled = {text: key(text) for text in lettered["first"].unique()}
    starting = {text for text, word in spelled.items() if _starts().match(word) or word.endswith(ends)}
    listed = lettered.filter(pl.col("first").is_in(list(starting)))["place"].to_list() if starting else []
    dashes = body.filter((pl.col("count") > 2) & pl.col("first").str.contains(r"^\W+$"))["place"].to_list()
    counts = body.filter((pl.col("count") > 2) & pl.col("first").str.contains(r"^\d+\s+\pL+$"))[
        "place"
    ].to_list()
    return [*few, *listed, *dashes, *counts]


def _ignored_code(row: Sequence[str | None], columns: Sequence[Column]) -> str | None:
    cells = [(column, cell) for column, cell in zip(columns, row, strict=False) if cell]
    if not cells:
        return None
    if all(_RULE.match(cell) or is_missing(cell) for _, cell in cells):
        return "blank-line"
    column, first = cells[0]
    identities = sum(other.name in _IDENTITY for other, cell in cells[1:] if not is_missing(cell))
    counts = not identities and len(cells) < 5 and column.name in _IDENTITY and _is_count(first)
    # "Total Lyon" with nothing but sums beside it.
    is_sum = identities == 0 and len(cells) > 1 and _speaks_of_total(first)
    if counts or is_sum or (identities <= 1 and _is_total(first)):
        return "total-line"
    width = sum(1 for other in columns if other.name)
    if width < 4 or len(cells) > 3 or identities > 1:
        return None
    if len(cells) == 1:
        return "note-line" if _is_note(column, first, columns) else None
    return "note-line" if _opens_note(first) else None


def _is_total(text: str) -> bool:
    """Say whether a cell labels a total: a total word alone, or followed by a colon, numbers and units.

    Examples
    --------
    >>> _is_total("Summe:"), _is_total("Total (12)"), _is_total("Gesamt 1.234 kg"), _is_total("Total Energies")
    (True, True, True, False)
    """
    words = words_of(text)
    totals = value_keys("total")
    for length in range(min(3, len(words)), 0, -1):
        if "".join(words[:length]) in totals:
            rest = words[length:]
            known = {*value_keys("form"), *value_keys("total")}
            return all(word.isdigit() or unit_of(word) or word in known for word in rest)
    return False


def _speaks_of_total(text: str) -> bool:
    """Say whether a text without a number of its own begins or ends with a total word, or with the sign of a sum."""
    words = words_of(text)
    if not words or _MIXED.search(text):
        return text.lstrip()[:1] in ("\u03a3", "\u2211")
    totals = value_keys("total")
    return text.lstrip()[:1] in ("\u03a3", "\u2211") or any(
        "".join(run) in totals for length in (1, 2, 3) for run in (words[:length], words[-length:])
    )


def _is_count(text: str) -> bool:
    """Say whether a cell is a number of pieces: "2 Stück", "17 batteries"."""
    words = words_of(text)
    counted = words[1:] and all(
        value_keys("form").get(word) or ((unit := unit_of(word)) is not None and unit.kind == "count")
        for word in words[1:]
    )
    return bool(counted) and words[0].isdigit()


def _opens_note(text: str) -> bool:
    words = words_of(text)
    notes = value_keys("note")
    return text.rstrip().endswith(":") or any("".join(words[:length]) in notes for length in (1, 2, 3))


def _is_note(column: Column, text: str, columns: Sequence[Column]) -> bool:
    """Say whether a record with one filled cell is a note rather than a battery with nothing but a number."""
    if column.name in ("serial", "battery_id") and re.fullmatch(r"\S*\d\S*", text) and not _opens_note(text):
        return False
    if read_number(text) is not None or column.name in ("returned_on", "produced_on"):
        return not column.name
    if _opens_note(text) or text.lstrip()[:1] in "*#(†":
        return True
    first = next((other for other in columns if other.name), column)
    if column.index <= first.index and column.name not in _KINDS:
        return True
    return len(words_of(text)) >= 4 and column.name not in _KINDS
