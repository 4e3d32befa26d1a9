"""Tables of facts as bits and numbers: what a row may be, and why a row cannot be used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop.compliance.conditions import Condition, parse_condition
from voltloop.compliance.vocabulary import Fact
from voltloop.errors import InputError, nearest
from voltloop.findings import Finding, make

__all__ = ["Bits", "FactReader", "Facts", "Mask", "bits_of", "bounded", "kept"]

Bits = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_SILENT = ("", "unknown", "n/a", "none", "null", "-")
_WORDS = {
    "yes": "yes",
    "true": "yes",
    "1": "yes",
    "y": "yes",
    "no": "no",
    "false": "no",
    "0": "no",
    "n": "no",
}


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

    def text(self, name: str) -> pl.Series:
        """Give a column as text, null where it says nothing; all null where there is no such column."""
        if name not in self.frame.columns:
            return pl.Series(name, [None] * self.frame.height, dtype=pl.String)
        if isinstance(self.frame[name].dtype, (pl.List, pl.Array, pl.Struct, pl.Object)):
            raise InputError(
                f'{self.what}: the column "{name}" holds {self.frame[name].dtype}. Give one plain value per row.',
                code="store-column-type",
            )
        text = self.frame[name].cast(pl.String).str.strip_chars()
        return text.set(text.str.to_lowercase().is_in(_SILENT).fill_null(value=False), None)

    def decimals(self, fact: Fact) -> npt.NDArray[np.float64]:
        """Read a decimal; NaN where it is silent, or cannot be, which is noted."""
        if fact.name not in self.frame.columns:
            return np.full(self.frame.height, np.nan)
        text = self.text(fact.name)
        values = text.cast(pl.Float64, strict=False).to_numpy().astype(np.float64, copy=True)
        bounds = parse_condition(fact, fact.range, "facts").bounds if fact.range else ()
        allowed = np.isfinite(values) & bounded(values, bounds)
        wrong = np.flatnonzero(text.is_not_null().to_numpy() & ~allowed)
        self.note(
            wrong, lambda row: f'{fact.name} "{text[row]}" cannot be; expected a number {fact.range}'.rstrip()
        )
        values[wrong] = np.nan
        return values

    def choices(self, fact: Fact) -> Bits:
        """Read a choice as the bits of the values that it may be; a word that is not known is noted."""
        every = (1 << len(fact.values)) - 1
        silent = bits_of(fact, [fact.unless_stated]) if fact.unless_stated else every
        if fact.name not in self.frame.columns:
            return np.full(self.frame.height, silent, np.int64)
        text = self.text(fact.name).str.to_lowercase().str.replace_all(r"[ -]", "_")
        known = {value: 1 << at for at, value in enumerate(fact.values)}
        known |= {name: bits_of(fact, values) for name, values in fact.groups.items()}
        known |= {name: known[value] for name, value in fact.also.items()}
        if fact.kind == "boolean":
            known = {word: known[value] for word, value in _WORDS.items()}
        wrong = np.flatnonzero(
            (text.is_not_null() & ~text.is_in(list(known)).fill_null(value=False)).to_numpy()
        )
        self.note(
            wrong,
            lambda row: (
                f'{fact.name} "{text[row]}" is not known. Choices: {", ".join(fact.values)}.'
                f"{nearest(text[row], known)}"
            ),
        )
        bits = text.replace_strict(known, default=silent, return_dtype=pl.Int64).fill_null(silent)
        return bits.to_numpy().astype(np.int64, copy=True)


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
