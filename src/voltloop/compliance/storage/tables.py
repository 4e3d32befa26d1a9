"""Tables of facts as bits and numbers: what a row may be, and why a row cannot be used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop.compliance.conditions import Condition, parse_condition
from voltloop.compliance.vocabulary import Fact
from voltloop.errors import InputError, nearest
from voltloop.findings import Finding, make

__all__ = ["Bits", "FactReader", "Facts", "Mask", "bits_of", "bounded", "kept", "plain"]

Bits = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_SILENT = ("", "unknown", "n/a", "none", "null", "-")
_WORDS = dict.fromkeys(("yes", "true", "1", "1.0", "y"), "yes") | dict.fromkeys(
    ("no", "false", "0", "0.0", "n"), "no"
)


def bounded(values: npt.NDArray[np.float64], bounds: Iterable[tuple[str, float]]) -> Mask:
    """Which numbers meet all bounds; a NaN meets none."""
    met = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        for sign, limit in bounds:
            met &= {"<=": values <= limit, "<": values < limit, ">=": values >= limit, ">": values > limit}[
                sign
            ]
    return met


@dataclass
class Facts:
    """Rows that could be read.

    Attributes
    ----------
    frame
        Typed table, in the order of the file.
    words
        For each choice the values that a row may have, as bits; all of them where nobody stated it.
    numbers
        Decimals, NaN where nobody stated one.
    rejected
        ``line`` (of the input, from 1), ``id``, ``area_id``, ``reason``.
    findings
        One per rejected row and per ignored column.
    """

    frame: pl.DataFrame
    facts: Mapping[str, Fact]
    words: dict[str, Bits]
    numbers: dict[str, npt.NDArray[np.float64]]
    rejected: pl.DataFrame
    findings: list[Finding] = field(default_factory=list)

    @property
    def height(self) -> int:
        """Number of rows that could be read."""
        return self.frame.height

    def holds(self, condition: Condition) -> tuple[Mask, Mask]:
        """Which rows meet a condition for certain, and which may meet it."""
        fact = self.facts[condition.fact]
        if fact.kind == "decimal":
            values = self.numbers[fact.name]
            met = bounded(values, condition.bounds)
            return met, met | np.isnan(values)
        bits, asked = self.words[fact.name], bits_of(fact, condition.values)
        return (bits & ~asked) == 0, (bits & asked) != 0

    def select(self, when: Mapping[str, Condition]) -> tuple[Mask, Mask]:
        """Which rows meet all conditions for certain, and which may."""
        certain, possible = np.ones(self.height, np.bool_), np.ones(self.height, np.bool_)
        for condition in when.values():
            met, may = self.holds(condition)
            certain &= met
            possible &= may
        return certain, possible


def bits_of(fact: Fact, values: Iterable[str]) -> int:
    """Give values of a choice as bits."""
    return sum(1 << fact.values.index(value) for value in values)


@dataclass
class FactReader:
    """Reads the columns of one table and remembers what cannot be."""

    frame: pl.DataFrame
    facts: Mapping[str, Fact]
    what: str
    bad: dict[int, list[str]] = field(default_factory=dict)

    def note(self, rows: Iterable[int], say: Callable[[int], str]) -> None:
        """Remember for each row why it cannot be used."""
        for row in rows:
            self.bad.setdefault(int(row), []).append(say(int(row)))

    def cells(self, name: str) -> list[str | None]:
        """Give a column as text, None where it says nothing; all None where there is no such column."""
        if name not in self.frame.columns:
            return [None] * self.frame.height
        column = self.frame[name]
        if isinstance(column.dtype, (pl.List, pl.Array, pl.Struct, pl.Object)):
            raise InputError(
                f'{self.what}: the column "{name}" holds {column.dtype}. Give one plain value per row.',
                code="store-column-type",
            )
        # In plain Python: most tables of a store are small, and a table engine takes longer to start than to read.
        raw = column.to_list() if column.dtype == pl.String else column.cast(pl.String).to_list()
        said = {cell: _said(cell) for cell in set(raw)}
        return [said[cell] for cell in raw]

    def text(self, name: str) -> pl.Series:
        """Give :meth:`cells` as a series."""
        return pl.Series(name, self.cells(name), dtype=pl.String)

    def decimals(self, fact: Fact) -> npt.NDArray[np.float64]:
        """Read a decimal; NaN where it is silent, or cannot be, which is noted."""
        if fact.name not in self.frame.columns:
            return np.full(self.frame.height, np.nan)
        column, cells = self.frame[fact.name], list[Any]()
        if column.dtype.is_numeric():
            # A NaN of a numeric column is how some tools write an empty cell.
            plain_column = column.fill_nan(None) if column.dtype.is_float() else column
            cells = plain_column.to_list()
            values = plain_column.cast(pl.Float64).to_numpy().astype(np.float64, copy=True)
        else:
            cells = self.cells(fact.name)
            values = np.array([_number(cell) for cell in cells], np.float64)
        bounds = parse_condition(fact, fact.range, "facts").bounds if fact.range else ()
        allowed = np.isfinite(values) & bounded(values, bounds)
        wrong = [row for row in np.flatnonzero(~allowed).tolist() if cells[row] is not None]
        self.note(
            wrong,
            lambda row: f'{fact.name} "{cells[row]}" cannot be; expected a number {fact.range}'.rstrip(),
        )
        values[wrong] = np.nan
        return values

    def choices(self, fact: Fact) -> Bits:
        """Read a choice as the bits of the values that it may be; a word that is not known is noted."""
        known = {value: 1 << at for at, value in enumerate(fact.values)}
        known |= {name: bits_of(fact, values) for name, values in fact.groups.items()}
        known |= {name: known[value] for name, value in fact.also.items()}
        if fact.kind == "boolean":
            known = {word: known[value] for word, value in _WORDS.items()}
        every = (1 << len(fact.values)) - 1
        silent = bits_of(fact, [fact.unless_stated]) if fact.unless_stated else every
        return self.bits(fact.name, known, silent, f"Choices: {', '.join(fact.values)}")

    def bits(self, name: str, known: Mapping[str, int], silent: int, choices: str) -> Bits:
        """Read a column of words, each of which stands for bits."""
        if name not in self.frame.columns:
            return np.full(self.frame.height, silent, np.int64)
        cells = self.cells(name)
        bits = {cell: known.get(plain(cell), silent) if cell else silent for cell in set(cells)}
        strange = {cell for cell in bits if cell and plain(cell) not in known}
        if strange:
            self.note(
                (row for row, cell in enumerate(cells) if cell in strange),
                lambda row: (
                    f'{name} "{cells[row]}" is not known. {choices}.{nearest(plain(cells[row] or ""), known)}'
                ),
            )
        return np.array([bits[cell] for cell in cells], np.int64)


def plain(word: str) -> str:
    """Give a word in small letters, with underscores between its parts."""
    return word.lower().replace("-", "_").replace(" ", "_")


def _said(cell: str | None) -> str | None:
    text = (cell or "").strip()
    return None if text.lower() in _SILENT else text


def _number(cell: str | None) -> float:
    try:
        return float(cell) if cell and "_" not in cell else np.nan
    except ValueError:
        return np.nan


def kept(
    table: FactReader,
    keys: dict[str, pl.Series],
    facts: tuple[dict[str, Bits], dict[str, npt.NDArray[np.float64]]],
    findings: list[Finding],
    name: str,
    code: str,
) -> Facts:
    """Leave out the rows that cannot be, with a finding for each."""
    words, numbers = facts
    height = table.frame.height
    keep = np.ones(height, np.bool_)
    keep[list(table.bad)] = False
    rejected = [
        (row + 1, keys[name][row], keys["area_id"][row], "; ".join(table.bad[row]))
        for row in sorted(table.bad)
    ]
    for line, ident, _, reason in rejected:
        label = f"{table.what} row {line}" + (f" ({ident})" if ident else "")
        findings.append(make(code, where=label, field=name, raw=ident, value=reason))
    columns: dict[str, pl.Series] = {key: series.alias(key) for key, series in keys.items()}
    for fact_name, bits in words.items():
        columns[fact_name] = _words_of(bits, table.facts[fact_name])
    for fact_name, values in numbers.items():
        columns[fact_name] = pl.Series(fact_name, values).fill_nan(None)
    frame = pl.DataFrame(columns).filter(pl.Series(keep))
    return Facts(
        frame, table.facts, {key: bits[keep] for key, bits in words.items()},
        {key: values[keep] for key, values in numbers.items()},
        pl.DataFrame(rejected, schema={"line": pl.Int64, "id": pl.String, "area_id": pl.String, "reason": pl.String},
                     orient="row"),
        findings,
    )  # fmt: skip


def _words_of(bits: Bits, fact: Fact) -> pl.Series:
    known = {1 << at: value for at, value in enumerate(fact.values)}
    series = pl.Series(fact.name, bits)
    return series.replace_strict(known, default=None, return_dtype=pl.String)
