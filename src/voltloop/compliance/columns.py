"""Columns of goods, read block by block into cells and numbers, and what in them cannot be.

A block is a run of rows small enough for the processor's cache. Whatever depends on distinct words only is worked out
once per column; a block then costs a few passes over small integers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop.compliance.conditions import Condition, make_axis, parse_condition
from voltloop.compliance.vocabulary import Fact, split
from voltloop.errors import InputError

__all__ = [
    "SILENT",
    "Cells",
    "FlagColumn",
    "NumberColumn",
    "Numbers",
    "Source",
    "WordColumn",
    "clean",
    "compared",
    "meets",
    "number_parts",
    "plain_column",
    "word_parts",
    "words_of",
]

SILENT: Final = frozenset(("", "unknown", "n/a", "none", "null"))
YES: Final = ("yes", "true", "1", "y")
NO: Final = ("no", "false", "0", "n")

Cells = npt.NDArray[np.uint8 | np.uint16]
"""Cells of a fact, by row; one after the last value where nothing is stated."""

Numbers = npt.NDArray[np.float64]
_Rows = npt.NDArray[np.int64]
_SAMPLE: Final = 20_000


class Source:
    """Where bad values come from: the fact, and a sentence per row (the same for all rows, or from the raw values)."""

    def __init__(self, fact: str, *parts: str, series: pl.Series | None = None) -> None:
        self.fact = fact
        self._parts = parts
        self._series = series

    def sentences(self, rows: _Rows) -> pl.Series:
        """Give a sentence for each of several rows."""
        if self._series is None:
            return pl.repeat(self._parts[0], len(rows), dtype=pl.String, eager=True)
        raw = self._series.gather(pl.Series(rows, dtype=pl.UInt32)).cast(pl.String)
        before, after = self._parts
        return pl.select(pl.concat_str(pl.lit(before), raw, pl.lit(after))).to_series()


def clean(word: str) -> str:
    """Give a word as the rulebook writes it."""
    return word.strip().lower().replace("-", "_").replace(" ", "_")


def words_of(fact: Fact) -> dict[str, int]:
    """Give the cell of every word that states a choice or boolean; silent words give the cell of silence."""
    known = make_axis(fact, ()).codes
    if fact.kind == "boolean":
        known = known | dict.fromkeys(YES, known["yes"]) | dict.fromkeys(NO, known["no"])
    return dict.fromkeys(SILENT, len(fact.values)) | known


def number_parts(fact: Fact) -> tuple[str, str]:
    """Give what is said before and after a number that cannot be."""
    unit = f" {fact.unit}" if fact.unit else ""
    return f"{fact.name} ", f"{unit} cannot be; expected {fact.range}"


def word_parts(fact: Fact) -> tuple[str, str]:
    """Give what is said before and after a word that is not known."""
    return f'{fact.name} "', '" is not known'


def plain_column(series: pl.Series, kind: str) -> pl.Series:
    """Refuse a column whose cells are not plain values."""
    if isinstance(series.dtype, (pl.List, pl.Array, pl.Struct, pl.Object)):
        raise InputError(
            f'The column "{series.name}" holds {series.dtype}, not a {kind}. Give one plain value per row.',
            code="goods-column-type",
        )
    return series


def meets(condition: Condition, values: Numbers) -> npt.NDArray[np.bool_]:
    """Which numbers meet the bounds of a condition; a NaN meets none."""
    met = ~np.isnan(values)
    for sign, limit in condition.bounds:
        met &= compared(sign, values, limit)
    return met


def compared(sign: str, values: Numbers, other: Numbers | float) -> npt.NDArray[np.bool_]:
    """Which numbers stand to another one as a sign says; a NaN on either side never does."""
    known: npt.NDArray[np.bool_] = {
        "<=": np.less_equal,
        "<": np.less,
        ">=": np.greater_equal,
        ">": np.greater,
    }[sign](values, other)
    return known


def both_stated(name: str) -> str:
    """Give what is said of a fact for which flags and columns, or two flags, say different things."""
    return f"{name} is stated both yes and no"


def read_flags(
    text: str, flags: Mapping[str, tuple[str, str]], facts: Mapping[str, Fact]
) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Give the cells of facts that a list of flags states, and what in it cannot be: facts with sentences, sorted."""
    cells: dict[str, int] = {}
    wrong: set[tuple[str, str]] = set()
    for flag in split(text, ";"):
        if flag not in flags:
            wrong.add(("contradiction", f'the flag "{flag}" is not known'))
            continue
        name, value = flags[flag]
        if name:
            cell = facts[name].values.index(value)
            if cells.get(name, cell) != cell:
                wrong.add((name, both_stated(name)))
            cells[name] = cell
    return cells, sorted(wrong)


class NumberColumn:
    """A column of decimals."""

    def __init__(self, series: pl.Series, fact: Fact) -> None:
        self._series = plain_column(series, fact.kind)
        self._is_numeric = series.dtype.is_numeric()
        self._range = parse_condition(fact, fact.range, "facts.csv") if fact.range else None
        self.source = Source(fact.name, *number_parts(fact), series=series)

    def block(self, start: int, count: int) -> tuple[Numbers, _Rows | None]:
        """Give the numbers of a block, NaN where none is stated or it cannot be, and the rows where it cannot."""
        part = self._series.slice(start, count)
        if self._is_numeric:
            values = part.to_numpy()
            if values.dtype != np.float64:
                values = part.cast(pl.Float64).to_numpy()
            if self._all_good(values):
                return values, None
            stated = ~np.isnan(values)
        else:
            text = part.cast(pl.String).str.strip_chars()
            silent = text.str.to_lowercase().is_in(list(SILENT)).fill_null(value=True)
            stated = ~silent.to_numpy()
            values = text.cast(pl.Float64, strict=False).to_numpy()
        allowed = np.isfinite(values)
        if self._range:
            allowed &= meets(self._range, values)
        wrong = np.flatnonzero(stated & ~allowed)
        if not len(wrong):
            return values, None
        values = values.copy()
        values[wrong] = math.nan
        return values, wrong

    def _all_good(self, values: Numbers) -> bool:
        """Whether all numbers are stated and may be, in as few passes as it takes."""
        low, high = values.min(initial=math.inf), values.max(initial=-math.inf)
        ends = np.array([low, high])
        return bool(np.isfinite(ends).all() and (self._range is None or meets(self._range, ends).all()))


class WordColumn:
    """A column of words or booleans."""

    def __init__(self, series: pl.Series, fact: Fact) -> None:
        self._series = plain_column(series, fact.kind)
        self.silent = len(fact.values)
        self._words = words_of(fact)
        self.dtype: type[Any] = np.uint8 if len(self._words) < 250 else np.uint16
        self._wrong = np.iinfo(self.dtype).max
        self._kind = series.dtype
        self.source = Source(fact.name, *word_parts(fact), series=series)
        if isinstance(self._kind, pl.Enum):
            self._cells = self._cells_of(self._kind.categories.to_list())
        elif isinstance(self._kind, pl.Categorical):
            distinct = series.unique().drop_nulls()
            physical = distinct.to_physical().to_numpy().astype(np.int64)
            self._cells = np.full(int(physical.max(initial=-1)) + 2, self._wrong, self.dtype)
            self._cells[physical] = self._cells_of(distinct.cast(pl.String).to_list())[:-1]
            self._cells[-1] = self.silent
        elif self._kind == pl.Boolean:
            self._cells = self._cells_of(["false", "true"])
        else:
            sample = series.head(_SAMPLE).cast(pl.String).unique().drop_nulls().sort().to_list()
            self._common = pl.Enum(sample)
            self._cells = self._cells_of(sample)

    def _cells_of(self, words: list[str]) -> Cells:
        """Give the cell of each word, and after them that of silence."""
        cells = [self._words.get(clean(word), self._wrong) for word in words]
        return np.array([*cells, self.silent], self.dtype)

    def block(self, start: int, count: int) -> tuple[Cells, _Rows | None]:
        """Give the cells of a block, and the rows whose word is not known, which count as silent."""
        part = self._series.slice(start, count)
        if self._kind == pl.Boolean:
            codes = part.cast(pl.UInt8)
        elif isinstance(self._kind, (pl.Enum, pl.Categorical)):
            codes = part.to_physical()
        else:
            return self._text(part)
        if codes.null_count():
            codes = codes.cast(pl.UInt32).fill_null(len(self._cells) - 1)
        return self._checked(self._cells.take(codes.to_numpy()))

    def _text(self, part: pl.Series) -> tuple[Cells, _Rows | None]:
        text = part.cast(pl.String)
        codes = text.cast(self._common, strict=False).to_physical()
        nulls = codes.null_count()
        if not nulls:
            return self._checked(self._cells.take(codes.to_numpy()))
        cells = self._cells.take(codes.cast(pl.UInt32).fill_null(len(self._cells) - 1).to_numpy())
        if text.null_count() < nulls:
            rare = np.flatnonzero((codes.is_null() & text.is_not_null()).to_numpy())
            words = text.gather(pl.Series(rare, dtype=pl.UInt32)).to_list()
            distinct = list(dict.fromkeys(words))
            known = dict(zip(distinct, self._cells_of(distinct).tolist(), strict=False))
            cells[rare] = [known[word] for word in words]
        return self._checked(cells)

    def _checked(self, cells: Cells) -> tuple[Cells, _Rows | None]:
        if cells.max(initial=0) < self._wrong:
            return cells, None
        wrong = np.flatnonzero(cells == self._wrong)
        cells[wrong] = self.silent
        return cells, wrong


class FlagColumn:
    """The column ``flags``: each distinct combination is read once.

    Attributes
    ----------
    stated
        For each fact that some combination states, its cell by combination, and the number for "nothing".
    bad
        Sources that whole combinations have, each with a mask by combination.
    """

    def __init__(
        self, series: pl.Series, flags: Mapping[str, tuple[str, str]], facts: Mapping[str, Fact]
    ) -> None:
        self._text = plain_column(series, "list of flags").cast(pl.String).fill_null("")
        self._combinations = self._text.unique().sort().to_list()
        self._kind = pl.Enum(self._combinations)
        self.stated: dict[str, npt.NDArray[np.uint16]] = {}
        self.bad: list[tuple[Source, npt.NDArray[np.bool_]]] = []
        bad: dict[tuple[str, str], list[int]] = {}
        for at, combination in enumerate(self._combinations):
            cells, wrong = read_flags(combination, flags, facts)
            for found in wrong:
                bad.setdefault(found, []).append(at)
            for name, cell in cells.items():
                silent = np.full(len(self._combinations), len(facts[name].values), np.uint16)
                self.stated.setdefault(name, silent)[at] = cell
        for (name, sentence), at_all in sorted(bad.items()):
            mask = np.zeros(len(self._combinations), bool)
            mask[at_all] = True
            self.bad.append((Source(name, sentence), mask))
        self.stated = dict(sorted(self.stated.items()))
        self.clashes = {name: Source(name, both_stated(name)) for name in self.stated}

    def block(self, start: int, count: int) -> npt.NDArray[np.int64]:
        """Give the combination of each row of a block."""
        codes = self._text.slice(start, count).cast(self._kind).to_physical().to_numpy()
        return codes.astype(np.int64)
