"""Find the header, and say which column holds what."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import polars as pl

from voltloop.batteries._chemistry import chemistry_of
from voltloop.batteries._dates import read_date
from voltloop.batteries._header_stems import by_stems
from voltloop.batteries._numbers import read_number
from voltloop.batteries._text import clean, key, repair, words_of
from voltloop.batteries._units import Unit, trailing_unit, unit_of
from voltloop.batteries._words import country_keys, header_keys, languages_of, value_keys

__all__ = ["Column", "find_header", "map_columns", "recognised"]

_FILLERS = frozenset(
    words_of(
        "the of der die das des de la le les du del della dell di van het in per pro je en el los "
        "y und and et e a battery "
        "batteries batterie bateria baterias batteria batterij accu akku pack please bitte"
    )
)
_WEAK = frozenset(
    words_of(
        "type typ tipo soort kind category kategorie catégorie categoría categoria "
        "categorie state status estado stato état staat format form batterietyp batterytype technology"
    )
)
_BRACKETS = re.compile(r"[\[({]([^\])}]*)[\])}]")
_DAY_FIRST = re.compile(r"^(?:d{1,2}|t{1,2}|j{1,2}|g{1,2})[./ -]?m{1,2}[./ -]?(?:y|j|a){2,4}$", re.IGNORECASE)
_MONTH_FIRST = re.compile(
    r"^m{1,2}[./ -]?(?:d{1,2}|t{1,2}|j{1,2}|g{1,2})[./ -]?(?:y|j|a){2,4}$", re.IGNORECASE
)
_LENGTHS = re.compile(r"[\[(,_ /](?:mm|cm|m|inch|in|\u20ac|eur|usd|\$)[\])]?$", re.IGNORECASE)
_NUMERIC = frozenset(
    ("energy", "energy_total", "capacity", "voltage", "mass", "mass_total", "soh", "soc", "quantity")
)
_SAMPLE = 200


@dataclass(slots=True)
class Column:
    """One column of the list.

    Attributes
    ----------
    index
        Place in the file, from 0.
    header
        Text of the header; empty when it is blank.
    name
        What the column holds; empty when that is not known.
    unit
        Unit that the header or the row of units below it gives.
    date_order
        Order of day and month that the header states, or "".
    how
        ``exact``, ``stripped`` (without fillers), ``fuzzy``, ``content`` or "" when unknown.
    """

    index: int
    header: str
    name: str = ""
    unit: Unit | None = None
    date_order: str = ""
    how: str = ""
    candidates: list[tuple[str, float]] = field(default_factory=list)


def recognised(cells: Sequence[str]) -> int:
    """Count the different kinds of column that the cells of a record name exactly."""
    found: set[str] = set()
    for cell in cells:
        if cell and len(cell) <= 60:
            names = [name for name, _ in _look_up(cell)[0] if name != "line"]
            new = next((name for name in names if name not in found), None)
            if new:
                found.add(new)
    return len(found)


def find_header(cells: pl.DataFrame) -> int | None:
    """Give the place (from 0) of the header, None when no record names two columns.

    It is the first record that names nearly as many columns as any: a later one starts another table.
    """
    for start, stop in ((0, 100), (100, 1000)):
        rows = cells.slice(start, stop - start).iter_rows()
        scores = [recognised([cell or "" for cell in row]) for row in rows]
        best = max(scores, default=0)
        if best >= 2:
            return start + next(place for place, score in enumerate(scores) if score >= max(2.0, 0.7 * best))
    return None


@lru_cache(maxsize=16384)
def _look_up(text: str) -> tuple[tuple[tuple[str, float], ...], Unit | None, str, str]:
    """Give the candidate kinds of column (with a score), the unit, the date order and the way of matching."""
    name = clean(repair(text))
    order = ""
    unit = None
    if _LENGTHS.search(name):
        return (), None, "", ""
    for inside in _BRACKETS.findall(name):
        unit = unit or unit_of(inside)
        order = order or (
            "day first" if _DAY_FIRST.match(inside) else "month first" if _MONTH_FIRST.match(inside) else ""
        )
    known = header_keys()
    without = _BRACKETS.sub(" ", name)
    rest, trailing = trailing_unit(without)
    alone = unit_of(name)
    for how, spelling, found_unit in (
        ("exact", key(name), unit),
        ("exact", key(without), unit),
        ("exact", key(rest), unit or trailing),
    ):
        if spelling in known:
            return (
                _scored(known[spelling], 3.0),
                _fitting(known[spelling], found_unit or trailing),
                order,
                how,
            )
    if alone and alone.kind in ("energy", "mass", "capacity", "voltage"):
        return ((alone.kind, 2.5),), alone, order, "exact"
    unit = unit or trailing
    for part in _parts(rest):
        bare = "".join(word for word in words_of(part) if word not in _FILLERS)
        if bare and bare in known:
            return _scored(known[bare], 2.0), unit, order, "stripped"
    return (), unit, order, ""


def _fitting(names: Sequence[tuple[str, int]], unit: Unit | None) -> Unit | None:
    """Drop a unit that is part of the name, as in "Volt"."""
    return unit if any(name in _NUMERIC for name, _ in names) else None


def _parts(text: str) -> list[str]:
    """Give a name of parts (``battery.serial``, "Serial / Seriennummer") whole, then part by part from the last."""
    parts = [part for part in re.split(r"[.>:/|]+|__|\s-\s", text) if part.strip()]
    return [text, *parts[::-1]] if len(parts) > 1 else [text]


def _scored(names: Sequence[tuple[str, int]], base: float) -> tuple[tuple[str, float], ...]:
    return tuple((name, base - 0.02 * rank) for name, rank in names)


def _fuzzy(text: str) -> tuple[tuple[str, float], ...]:
    spelling = key(_bare(clean(repair(text))))
    if len(spelling) < 6 or any(sign.isdigit() for sign in spelling):
        return ()
    close = difflib.get_close_matches(
        spelling, [word for word in header_keys() if len(word) >= 6], n=1, cutoff=0.87
    )
    return _scored(header_keys()[close[0]], 1.0) if close else ()


def _bare(text: str) -> str:
    """Give a header without brackets and unit."""
    return trailing_unit(_BRACKETS.sub(" ", text))[0]


def _values(column: Column, body: pl.DataFrame) -> list[str]:
    """Give a sample of the distinct cells of a column."""
    if not body.width:
        return []
    return body[body.columns[column.index]].drop_nulls().unique(maintain_order=True).head(_SAMPLE).to_list()


_UNIT_HEADERS = frozenset(words_of("unit units uom einheit einh unite unites unidad unidades unita eenheid"))


def _unit_column(column: Column, body: pl.DataFrame) -> list[tuple[str, float]]:
    """Take a column that says "unit" and holds nothing but units of energy or of mass as that."""
    if key(column.header) not in _UNIT_HEADERS:
        return []
    kinds = {unit.kind if (unit := unit_of(value)) else "" for value in _values(column, body)}
    kind = next(iter(kinds)) if len(kinds) == 1 else ""
    return [(f"{kind}_unit", 3.5)] if kind in ("energy", "mass") else []


def _stemmed(column: Column, body: pl.DataFrame) -> tuple[tuple[str, float], ...]:
    text = clean(repair(column.header[:120]))
    if _LENGTHS.search(text):
        return ()
    names = by_stems(_bare(text), column.unit, _values(column, body), _fits)
    return tuple((name, 0.5) for name in names) if len(names) == 1 else ()


def map_columns(headers: Sequence[str | None], body: pl.DataFrame) -> list[Column]:
    """Say what each column holds, by its header and, where that leaves a choice, by its cells.

    Parameters
    ----------
    headers
        Texts of the header record.
    body
        The records below it, as text columns in the same order.
    """
    columns = []
    for index, text in enumerate(headers):
        column = Column(index, clean(text or ""))
        if column.header:
            found, column.unit, column.date_order, column.how = _look_up(column.header[:120])
            if not found:
                found, column.how = _fuzzy(column.header[:120]), "fuzzy"
            if not found:
                found = _stemmed(column, body)
            column.candidates = _weighed(column, list(found), body)
        columns.append(column)
        column.candidates = _unit_column(column, body) or column.candidates
    pairs = sorted(
        ((score, -column.index, name, column) for column in columns for name, score in column.candidates),
        key=lambda pair: (-pair[0], -pair[1]),
    )
    taken: set[str] = set()
    for _, _, name, column in pairs:
        if not column.name and name not in taken:
            column.name = name
            taken.add(name)
    for column in columns:
        if not column.name:
            column.how = ""
    return columns


def _weighed(column: Column, found: list[tuple[str, float]], body: pl.DataFrame) -> list[tuple[str, float]]:
    """Weigh the candidates by what the cells hold, where the header alone does not decide."""
    if not found:
        return []
    weak = key(_bare(column.header)) in _WEAK
    if column.unit is not None:
        found = _by_unit(found, column.unit)
    if len(found) == 1 and not weak:
        return found
    values = _values(column, body)
    if weak:
        found = [*found, *((name, 1.0) for name in ("chemistry", "model") if name not in dict(found))]
    weighed = [(name, score + 1.5 * _fits(name, values)) for name, score in found]
    if weak and values:
        weighed = [
            (name, score) for name, score in weighed if _fits(name, values) >= 0.3 or name == "condition"
        ]
    return weighed


def _by_unit(found: list[tuple[str, float]], unit: Unit) -> list[tuple[str, float]]:
    """Let the unit correct the name: a capacity in kWh is an energy, a residual capacity in kWh no share."""
    names = dict(found)
    if unit.kind == "energy" and "capacity" in names:
        return [("energy", names["capacity"] - 0.1)]
    if unit.kind == "capacity" and "energy" in names:
        return [("capacity", names["energy"])]
    if unit.kind in ("energy", "capacity", "mass") and names.keys() <= {"soh", "soc"}:
        return []
    return found


def _fits(name: str, values: Sequence[str]) -> float:
    """Give the share of the values that look like what a column of this kind holds."""
    if not values:
        return 0.0
    vocabulary = {"form": "form", "condition": "condition", "reason": "reason"}.get(name)
    if vocabulary:
        words = value_keys(vocabulary)
        hits = sum(key(value) in words for value in values)
    elif name == "country":
        hits = sum(key(value) in country_keys() for value in values)
    elif name == "chemistry":
        hits = sum(chemistry_of(value)[0] is not None for value in values)
    elif name in ("produced_on", "returned_on"):
        hits = sum(read_date(value).how != "unread" for value in values)
    elif name in _NUMERIC or name in ("lat", "lon"):
        hits = sum(read_number(value) is not None for value in values)
    elif name == "line":
        hits = sum(value.isdigit() for value in values)
    else:
        hits = sum(read_number(value) is None for value in values) * 0.5  # type: ignore[assignment]
    return hits / len(values)


def header_languages(columns: Sequence[Column]) -> dict[str, int]:
    """Count in how many headers each language is met; it tells east from west in a bare "O"."""
    counts: dict[str, int] = {}
    for column in columns:
        for language in languages_of().get(key(trailing_unit(column.header)[0]), frozenset()):
            counts[language] = counts.get(language, 0) + 1
    return counts
