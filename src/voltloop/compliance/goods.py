"""Goods as they come in, read into the cells of the decision tables, block by block."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop.compliance.columns import (
    Cells,
    FlagColumn,
    NumberColumn,
    Numbers,
    Source,
    WordColumn,
    compared,
    meets,
)
from voltloop.compliance.conditions import Axis
from voltloop.compliance.rulebook import Chain, Implied, Rulebook

__all__ = ["Block", "EncodedGoods", "Goods", "encode"]

_Rows = npt.NDArray[np.int64]
_NOTHING_WRONG: Final = 0


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


@dataclass(frozen=True)
class Block:
    """A run of rows: cells of the facts that vary, and for each row the number of its set of bad values, if any."""

    codes: Mapping[str, Cells]
    wrong: npt.NDArray[np.int32] | None


class Goods:
    """Goods that can be read block by block, from several threads at once.

    Attributes
    ----------
    constant
        Cell of the facts that are the same for all rows because no column states them.
    varying
        The other facts of the chain, in its order.
    wrongs
        Sets of bad values that rows have, by number, as places in ``sources``.

    Raises
    ------
    InputError
        A fact's column holds nothing that could be one, such as lists.
    """

    def __init__(self, goods: pl.DataFrame, rulebook: Rulebook, chain: Chain) -> None:
        self.height = goods.height
        self._facts, self._chain = rulebook.facts, chain
        self._numbers: dict[str, NumberColumn] = {}
        self._words: dict[str, WordColumn] = {}
        for name, fact in rulebook.facts.items():
            if fact.is_derived or name not in goods.columns:
                continue
            if fact.kind == "decimal":
                self._numbers[name] = NumberColumn(goods[name], fact)
            else:
                self._words[name] = WordColumn(goods[name], fact)
        self._flags = (
            FlagColumn(goods["flags"], rulebook.flags, rulebook.facts) if "flags" in goods.columns else None
        )
        self._implied = self._useful(rulebook)
        touched = {*self._numbers, *self._words, *(one.fact for one in self._implied)}
        touched |= set(self._flags.stated) if self._flags else set()
        states = chain.mode.states
        self.varying = tuple(name for name in chain.given if name in touched and name not in states)
        self.constant = {
            name: _default(chain.axes[name], states.get(name))
            for name in chain.given
            if name not in self.varying
        }
        self.sources: list[Source] = []
        self._place: dict[int, int] = {}
        self.wrongs: list[tuple[int, ...]] = [()]
        self._number_of: dict[tuple[int, ...], int] = {(): _NOTHING_WRONG}
        self._lock = Lock()
        self._contradictions = [
            Source(one.fact, f"{one.fact} contradicts {one.given}: {one.say}") for one in self._implied
        ]

    def _useful(self, rulebook: Rulebook) -> list[Implied]:
        """Give what the stated facts can say about other ones that the chain asks for, in order."""
        numbers, useful = set(self._numbers), []
        for implied in rulebook.implied:
            is_asked = implied.fact in self._chain.axes
            is_number = rulebook.facts[implied.fact].kind == "decimal"
            is_stated = implied.fact in self._words or bool(
                self._flags and implied.fact in self._flags.stated
            )
            if not (is_asked or is_number or is_stated):
                continue
            if implied.given in self._words or (self._flags and implied.given in self._flags.stated):
                useful += [implied] if is_asked else []
            elif implied.given in numbers and (not implied.than or (is_asked and implied.than in numbers)):
                useful.append(implied)
                if is_number:
                    numbers.add(implied.fact)
        return useful

    def block(self, start: int, count: int) -> Block:
        """Read some rows."""
        wrong = _Wrong(self, count)
        numbers: dict[str, Numbers] = {}
        words: dict[str, Cells] = {}
        for name in self._facts:
            if name in self._numbers:
                numbers[name], rows = self._numbers[name].block(start, count)
                wrong.add(self._numbers[name].source, rows)
            elif name in self._words:
                words[name], rows = self._words[name].block(start, count)
                wrong.add(self._words[name].source, rows)
        if self._flags:
            self._read_flags(self._flags, start, count, words, wrong)
        for implied, source in zip(self._implied, self._contradictions, strict=True):
            if self._facts[implied.fact].kind == "decimal":
                _imply_number(implied, source, numbers, wrong)
            else:
                silent = len(self._facts[implied.fact].values)
                words.setdefault(implied.fact, np.full(count, silent, np.uint8))
                self._imply_word(implied, source, numbers, words, wrong)
        codes = {name: self._cells(self._chain.axes[name], numbers, words) for name in self.varying}
        return Block(codes, wrong.sets)

    def _read_flags(
        self, flags: FlagColumn, start: int, count: int, words: dict[str, Cells], wrong: _Wrong
    ) -> None:
        """Turn flags into facts; an unknown flag, or one that contradicts a column, makes the row bad."""
        combinations = flags.block(start, count)
        for source, mask in flags.bad:
            wrong.add(source, np.flatnonzero(mask[combinations]))
        for name, by_combination in flags.stated.items():
            silent = len(self._facts[name].values)
            stated = by_combination[combinations]
            if name not in words:
                words[name] = stated
                continue
            old, is_stated = words[name], stated != silent
            wrong.add(flags.clashes[name], np.flatnonzero(is_stated & (old != silent) & (old != stated)))
            words[name] = np.where(is_stated, stated, old)

    def _imply_word(
        self, implied: Implied, source: Source, numbers: dict[str, Numbers], words: dict[str, Cells], wrong: _Wrong
    ) -> None:  # fmt: skip
        """Fill a silent choice from another fact, or note that the two contradict each other."""
        fact, cells = self._facts[implied.fact], words[implied.fact]
        if implied.given in words:
            stated = self._facts[implied.given].values
            holds = np.isin(words[implied.given], [stated.index(value) for value in implied.condition.values])
        elif implied.than:
            holds = compared(implied.sign, numbers[implied.given], numbers[implied.than])
        else:
            holds = meets(implied.condition, numbers[implied.given])
        if implied.contradicts:
            wrong.add(source, np.flatnonzero(holds & (cells == fact.values.index(implied.contradicts))))
        if implied.value:
            filled = holds & (cells == len(fact.values))
            words[implied.fact] = np.where(filled, cells.dtype.type(fact.values.index(implied.value)), cells)

    def _cells(self, axis: Axis, numbers: Mapping[str, Numbers], words: Mapping[str, Cells]) -> Cells:
        """Give the cells of one fact, with its default where nothing is stated."""
        name = axis.fact.name
        if name in numbers:
            return axis.encode(numbers[name])
        default = _default(axis, None)
        cells = words[name]
        if default == axis.count:
            return cells
        return np.where(cells == axis.count, cells.dtype.type(default), cells)

    def with_source(self, number: int, source: Source) -> int:
        """Give the number of a set of bad values that has one more."""
        with self._lock:
            if id(source) not in self._place:
                self._place[id(source)] = len(self.sources)
                self.sources.append(source)
            longer = (*self.wrongs[number], self._place[id(source)])
            if longer not in self._number_of:
                self._number_of[longer] = len(self.wrongs)
                self.wrongs.append(longer)
            return self._number_of[longer]


class _Wrong:
    """Which rows of a block have which set of bad values."""

    def __init__(self, goods: Goods, count: int) -> None:
        self._goods = goods
        self._count = count
        self.sets: npt.NDArray[np.int32] | None = None

    def add(self, source: Source, rows: _Rows | None) -> None:
        """Note a bad value for some rows."""
        if rows is None or not len(rows):
            return
        if self.sets is None:
            self.sets = np.zeros(self._count, np.int32)
        before = self.sets[rows]
        after = np.zeros(int(before.max()) + 1, np.int32)
        for number in np.flatnonzero(np.bincount(before)).tolist():
            after[number] = self._goods.with_source(number, source)
        self.sets[rows] = after[before]


def encode(goods: pl.DataFrame, rulebook: Rulebook, chain: Chain) -> EncodedGoods:
    """Read the facts of goods as a whole.

    A column named like a fact holds it; ``flags`` holds further ones, joined by semicolons. A null, an empty text and
    "unknown" all mean that nobody stated the fact. Other columns are left alone.

    Raises
    ------
    InputError
        A fact's column holds nothing that could be one, such as lists.
    """
    reader = Goods(goods, rulebook, chain)
    block = reader.block(0, goods.height)
    codes = {
        name: block.codes[name].astype(np.int64)
        if name in block.codes
        else np.full(goods.height, reader.constant[name], np.int64)
        for name in chain.given
    }
    bad: dict[int, tuple[tuple[str, str], ...]] = {}
    if block.wrong is not None:
        for row in np.flatnonzero(block.wrong).tolist():
            sources = [reader.sources[at] for at in reader.wrongs[block.wrong[row]]]
            bad[row] = tuple((one.fact, str(one.sentences(np.array([row]))[0])) for one in sources)
    return EncodedGoods(codes, bad)


def _default(axis: Axis, stated: str | None) -> int:
    """Give the cell of a fact that no column states."""
    word = stated or axis.fact.unless_stated
    return axis.codes[word] if word else axis.count


def _imply_number(implied: Implied, source: Source, numbers: dict[str, Numbers], wrong: _Wrong) -> None:
    """Fill a silent number from another one, or note that it is below it."""
    given = numbers[implied.given]
    holds = meets(implied.condition, given)
    values: Any = numbers.get(implied.fact)
    if values is None:
        values = np.full(len(given), math.nan)
    if implied.contradicts == "below":
        with np.errstate(invalid="ignore"):
            wrong.add(source, np.flatnonzero(holds & (values < given - 1e-9)))
    if implied.value:
        values = np.where(holds & np.isnan(values), given, values)
    numbers[implied.fact] = values
