"""Goods as they come in, read into the cells of the decision tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop.compliance.conditions import Axis, Condition, make_axis, parse_condition
from voltloop.compliance.rulebook import Chain, Implied, Rulebook
from voltloop.compliance.vocabulary import Fact, split
from voltloop.errors import InputError

__all__ = ["EncodedGoods", "encode"]

_SILENT = ("", "unknown", "n/a", "none", "null")
_FEW = 256
"""Rows up to which plain Python is faster than a table engine."""

_YES = ("yes", "true", "1", "y")
_NO = ("no", "false", "0", "n")

_Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class EncodedGoods:
    """Goods as cells.

    Attributes
    ----------
    codes
        Cell of every given fact of the chain.
    bad
        For each bad row: facts with values that cannot be, each with a sentence.
    """

    codes: Mapping[str, _Codes]
    bad: Mapping[int, tuple[tuple[str, str], ...]]


def encode(goods: pl.DataFrame, rulebook: Rulebook, chain: Chain) -> EncodedGoods:
    """Read the facts of goods.

    A column named like a fact holds it; ``flags`` holds further ones, joined by semicolons. A null, an empty text and
    "unknown" all mean that nobody stated the fact. Other columns are left alone.

    Raises
    ------
    InputError
        A fact's column holds nothing that could be one, such as lists.
    """
    reader = _Reader(goods.height, rulebook)
    for name, fact in rulebook.facts.items():
        if not fact.is_derived and name in goods.columns:
            reader.read(goods[name], fact)
    if "flags" in goods.columns:
        reader.read_flags(goods["flags"])
    for name, value in chain.mode.states.items():
        reader.words[name] = np.full(goods.height, rulebook.facts[name].values.index(value), np.int64)
    for implied in rulebook.implied:
        if implied.given in reader.numbers:
            reader.imply(implied)
    codes = {name: reader.cells(chain.axes[name]) for name in chain.given}
    return EncodedGoods(codes, {row: tuple(found) for row, found in reader.bad.items()})


class _Reader:
    """Reads columns into numbers and words, and remembers what cannot be.

    Words are kept as the cells of their axis; the cell after the last value means that nothing is stated.
    """

    def __init__(self, height: int, rulebook: Rulebook) -> None:
        self.height = height
        self.rulebook = rulebook
        self.numbers: dict[str, npt.NDArray[np.float64]] = {}
        self.words: dict[str, _Codes] = {}
        self.bad: dict[int, list[tuple[str, str]]] = {}

    def note(self, rows: _Codes, fact: str, sentences: list[str]) -> None:
        """Remember a sentence about a fact for each row."""
        for row, sentence in zip(rows.tolist(), sentences, strict=True):
            self.bad.setdefault(row, []).append((fact, sentence))

    def read(self, series: pl.Series, fact: Fact) -> None:
        """Read one column; what cannot be is noted and counts as not stated."""
        if isinstance(series.dtype, (pl.List, pl.Array, pl.Struct, pl.Object)):
            raise InputError(
                f'The column "{series.name}" holds {series.dtype}, not a {fact.kind}. Give one plain value per row.',
                code="goods-column-type",
            )
        if fact.kind == "decimal":
            self.numbers[fact.name] = self._decimals(series, fact)
        else:
            self.words[fact.name] = self._words(series, fact)

    def _decimals(self, series: pl.Series, fact: Fact) -> npt.NDArray[np.float64]:
        if series.dtype.is_numeric():
            text = series.fill_nan(None) if series.dtype.is_float() else series
        else:
            text = series.cast(pl.String).str.strip_chars()
            text = text.set(text.str.to_lowercase().is_in(_SILENT).fill_null(value=False), None)
        values = text.cast(pl.Float64, strict=False).to_numpy().astype(np.float64, copy=True)
        allowed = np.isfinite(values)
        if fact.range:
            allowed &= _meets(parse_condition(fact, fact.range, "facts.csv"), values)
        wrong = np.flatnonzero(text.is_not_null().to_numpy() & ~allowed)
        if len(wrong):
            unit = f" {fact.unit}" if fact.unit else ""
            said = [
                f"{fact.name} {series[row]}{unit} cannot be; expected {fact.range}" for row in wrong.tolist()
            ]
            self.note(wrong, fact.name, said)
            values[wrong] = math.nan
        return values

    def _words(self, series: pl.Series, fact: Fact) -> _Codes:
        known = make_axis(fact, ()).codes
        silent = len(fact.values)
        if fact.kind == "boolean":
            known = known | dict.fromkeys(_YES, known["yes"]) | dict.fromkeys(_NO, known["no"])
        text = series.cast(pl.String)
        few = text.to_list() if self.height <= _FEW else None
        distinct: list[str] = (
            text.unique().drop_nulls().to_list()
            if few is None
            else [word for word in dict.fromkeys(few) if word is not None]
        )
        short = {word: _clean(word) for word in distinct}
        codes = {word: known.get(short[word], silent) for word in distinct}
        wrong = [word for word in distinct if short[word] not in known and short[word] not in _SILENT]
        if wrong:
            rows = np.flatnonzero(text.is_in(wrong).fill_null(value=False).to_numpy())
            self.note(rows, fact.name, [f'{fact.name} "{text[row]}" is not known' for row in rows.tolist()])
        if few is not None:
            return np.array([silent if word is None else codes[word] for word in few], np.int64)
        if len(distinct) == 1 and not text.null_count():
            return np.full(self.height, codes[distinct[0]], np.int64)
        cells = text.replace_strict(codes, default=silent, return_dtype=pl.Int64)
        return cells.fill_null(silent).to_numpy().astype(np.int64, copy=True)

    def read_flags(self, series: pl.Series) -> None:
        """Turn flags into facts; an unknown flag, or one that contradicts a column, makes the row bad."""
        text = series.cast(pl.String).fill_null("")
        for combination in text.unique().to_list():
            rows = (
                np.flatnonzero((text == combination).to_numpy())
                if combination.strip()
                else np.zeros(0, np.int64)
            )
            for flag in split(combination, ";"):
                if flag not in self.rulebook.flags:
                    self.note(rows, "contradiction", [f'the flag "{flag}" is not known'] * len(rows))
                    continue
                name, value = self.rulebook.flags[flag]
                if name:
                    self._state(name, value, rows)

    def _stated(self, name: str) -> _Codes:
        silent = len(self.rulebook.facts[name].values)
        return self.words.setdefault(name, np.full(self.height, silent, np.int64))

    def _state(self, name: str, value: str, rows: _Codes) -> None:
        cells, values = self._stated(name), self.rulebook.facts[name].values
        old, new = cells[rows], values.index(value)
        clash = rows[(old != new) & (old != len(values))]
        self.note(clash, name, [f"{name} is stated both yes and no"] * len(clash))
        cells[rows] = new

    def imply(self, implied: Implied) -> None:
        """Fill a silent fact from one that is known, or note that the two contradict each other."""
        given = self.numbers[implied.given]
        holds = _meets(implied.condition, given)
        fact = self.rulebook.facts[implied.fact]
        if fact.kind == "decimal":
            values = self.numbers.setdefault(fact.name, np.full(self.height, math.nan))
            with np.errstate(invalid="ignore"):
                clash = holds & (implied.contradicts == "below") & (values < given - 1e-9)
            if implied.value:
                silent = holds & np.isnan(values)
                values[silent] = given[silent]
        else:
            cells = self._stated(fact.name)
            clash = holds & (cells == fact.values.index(implied.contradicts))
            cells[holds & (cells == len(fact.values))] = fact.values.index(implied.value)
        rows = np.flatnonzero(clash)
        self.note(rows, fact.name, [f"{fact.name} contradicts {implied.given}: {implied.say}"] * len(rows))

    def cells(self, axis: Axis) -> _Codes:
        """Give the cells of one fact, with its default where nothing is stated."""
        name = axis.fact.name
        default = axis.codes[axis.fact.unless_stated] if axis.fact.unless_stated else axis.count
        if name in self.numbers:
            return axis.encode(self.numbers[name])
        if name not in self.words:
            return np.full(self.height, default, np.int64)
        cells = self.words[name]
        return np.where(cells == axis.count, default, cells) if default != axis.count else cells


def _meets(condition: Condition, values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which numbers meet the bounds of a condition; a NaN meets none."""
    met = ~np.isnan(values)
    for sign, limit in condition.bounds:
        met &= {"<=": values <= limit, "<": values < limit, ">=": values >= limit, ">": values > limit}[sign]
    return met


def _clean(word: str) -> str:
    return word.strip().lower().replace("-", "_").replace(" ", "_")
