"""Goods as they come in, read into the cells of the decision tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop.compliance.conditions import Axis, parse_condition
from voltloop.compliance.rulebook import Chain, Implied, Rulebook
from voltloop.compliance.vocabulary import Fact, split
from voltloop.errors import InputError

__all__ = ["EncodedGoods", "encode"]

_SILENT = ("", "unknown", "n/a", "none", "null")
_YES = ("yes", "true", "1", "y")
_NO = ("no", "false", "0", "n")


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

    codes: Mapping[str, npt.NDArray[np.int64]]
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
    reader = _Reader(goods.height)
    columns: dict[str, pl.Series] = {}
    for name, fact in rulebook.facts.items():
        if not fact.is_derived and name in goods.columns:
            columns[name] = reader.column(goods[name], fact)
    if "flags" in goods.columns:
        _apply_flags(goods["flags"], columns, rulebook, reader)
    for implied in rulebook.implied:
        if implied.given in columns:
            _apply_implied(implied, columns, rulebook, reader)
    codes = {}
    for name in chain.given:
        axis = chain.axes[name]
        if name in columns:
            codes[name] = _cells(columns[name], axis)
        else:
            codes[name] = np.full(goods.height, _silent_code(axis), np.int64)
    return EncodedGoods(codes, {row: tuple(found) for row, found in reader.bad.items()})


class _Reader:
    """Reads columns and remembers what cannot be."""

    def __init__(self, height: int) -> None:
        self.height = height
        self.bad: dict[int, list[tuple[str, str]]] = {}

    def note(self, rows: npt.NDArray[np.int64], fact: str, sentences: list[str]) -> None:
        """Remember a sentence about a fact for each row."""
        for row, sentence in zip(rows.tolist(), sentences, strict=True):
            self.bad.setdefault(row, []).append((fact, sentence))

    def column(self, series: pl.Series, fact: Fact) -> pl.Series:
        """Give a column as clean text or numbers, null where nothing is stated or the value cannot be."""
        if isinstance(series.dtype, (pl.List, pl.Array, pl.Struct, pl.Object)):
            raise InputError(
                f'The column "{series.name}" holds {series.dtype}, not a {fact.kind}. Give one plain value per row.',
                code="goods-column-type",
            )
        return self._decimals(series, fact) if fact.kind == "decimal" else self._words(series, fact)

    def _decimals(self, series: pl.Series, fact: Fact) -> pl.Series:
        if series.dtype.is_numeric():
            numbers = series.cast(pl.Float64)
            stated = series.is_not_null()
        else:
            text = series.cast(pl.String).str.strip_chars()
            text = text.set(text.str.to_lowercase().is_in(_SILENT).fill_null(value=False), None)
            numbers = text.cast(pl.Float64, strict=False)
            stated = text.is_not_null()
        values = numbers.to_numpy().astype(np.float64)
        allowed = np.isfinite(values)
        if fact.range:
            for sign, limit in parse_condition(fact, fact.range, "facts.csv").bounds:
                with np.errstate(invalid="ignore"):
                    allowed &= {"<=": values <= limit, "<": values < limit, ">=": values >= limit, ">": values > limit}[
                        sign
                    ]
        wrong = np.flatnonzero(stated.to_numpy() & ~allowed)
        if len(wrong):
            unit = f" {fact.unit}" if fact.unit else ""
            said = [f"{fact.name} {series[row]}{unit} cannot be; expected {fact.range}" for row in wrong.tolist()]
            self.note(wrong, fact.name, said)
            values = values.copy()
            values[wrong] = math.nan
        return pl.Series(fact.name, values)

    def _words(self, series: pl.Series, fact: Fact) -> pl.Series:
        if series.dtype == pl.Boolean:
            series = series.replace_strict({True: "yes", False: "no"}, return_dtype=pl.String)
        known: dict[str, str] = {value: value for value in (*fact.values, *fact.groups)} | dict(fact.also)
        if fact.kind == "boolean":
            known |= dict.fromkeys(_YES, "yes") | dict.fromkeys(_NO, "no")
        text = series.cast(pl.String)
        distinct = text.unique().drop_nulls().to_list()
        clean = {word: _clean(word) for word in distinct}
        mapping = {word: known[short] for word, short in clean.items() if short in known}
        wrong_words = {word for word, short in clean.items() if short not in known and short not in _SILENT}
        if wrong_words:
            rows = np.flatnonzero(text.is_in(list(wrong_words)).fill_null(value=False).to_numpy())
            self.note(rows, fact.name, [f'{fact.name} "{text[row]}" is not known' for row in rows.tolist()])
        return text.replace_strict(mapping, default=None, return_dtype=pl.String).rename(fact.name)


def _clean(word: str) -> str:
    return word.strip().lower().replace("-", "_").replace(" ", "_")


def _cells(column: pl.Series, axis: Axis) -> npt.NDArray[np.int64]:
    silent = _silent_code(axis)
    if axis.fact.kind == "decimal":
        return axis.encode(column.to_numpy())
    codes = column.replace_strict(axis.codes, default=None, return_dtype=pl.Int64)
    return codes.fill_null(silent).to_numpy()


def _silent_code(axis: Axis) -> int:
    return axis.codes[axis.fact.unless_stated] if axis.fact.unless_stated else axis.count


def _apply_flags(series: pl.Series, columns: dict[str, pl.Series], rulebook: Rulebook, reader: _Reader) -> None:
    """Turn flags into facts; an unknown flag, or one that contradicts a column, makes the row bad."""
    text = series.cast(pl.String).fill_null("")
    for combination in text.unique().to_list():
        if not combination.strip():
            continue
        rows = np.flatnonzero((text == combination).to_numpy())
        for flag in split(combination, ";"):
            if flag not in rulebook.flags:
                reader.note(rows, "contradiction", [f'the flag "{flag}" is not known'] * len(rows))
                continue
            name, value = rulebook.flags[flag]
            if name:
                _set(columns, name, value, rows, reader)


def _set(columns: dict[str, pl.Series], name: str, value: str, rows: npt.NDArray[np.int64], reader: _Reader) -> None:
    old = columns.get(name)
    if old is None:
        old = pl.Series(name, [None] * reader.height, dtype=pl.String)
    here = old.gather(rows)
    clash = rows[((here != value) & here.is_not_null()).fill_null(value=False).to_numpy()]
    reader.note(clash, name, [f"{name} is stated both yes and no"] * len(clash))
    columns[name] = old.scatter(rows, value)


def _apply_implied(implied: Implied, columns: dict[str, pl.Series], rulebook: Rulebook, reader: _Reader) -> None:
    """Fill a silent fact from one that is known, or note that the two contradict each other."""
    given = columns[implied.given].to_numpy()
    with np.errstate(invalid="ignore"):
        holds = np.ones(len(given), bool)
        for sign, limit in implied.condition.bounds:
            holds &= {"<=": given <= limit, "<": given < limit, ">=": given >= limit, ">": given > limit}[sign]
    fact = rulebook.facts[implied.fact]
    stated = columns.get(implied.fact)
    if stated is None:
        empty: list[Any] = [None] * reader.height
        stated = pl.Series(implied.fact, empty, dtype=pl.Float64 if fact.kind == "decimal" else pl.String)
    if fact.kind == "decimal":
        values = stated.to_numpy().astype(np.float64, copy=True)
        with np.errstate(invalid="ignore"):
            clash = holds & (values < given - 1e-9) if implied.contradicts == "below" else np.zeros(len(values), bool)
        if implied.value:
            values = np.where(holds & np.isnan(values), given, values)
        columns[implied.fact] = pl.Series(implied.fact, values)
    else:
        clash = holds & (stated == implied.contradicts).fill_null(value=False).to_numpy()
        silent = np.flatnonzero(holds & stated.is_null().to_numpy())
        columns[implied.fact] = stated.scatter(silent, implied.value) if len(silent) else stated
    rows = np.flatnonzero(clash)
    reader.note(rows, implied.fact, [f"{implied.fact} contradicts {implied.given}: {implied.say}"] * len(rows))
