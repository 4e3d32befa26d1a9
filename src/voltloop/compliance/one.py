"""The verdict of one item, in plain Python: the same functions as for millions, without a table around them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final

import polars as pl

from voltloop.compliance.columns import (
    SILENT,
    both_stated,
    clean,
    number_parts,
    plain_column,
    read_flags,
    word_parts,
    words_of,
)
from voltloop.compliance.conditions import MEETS, parse_condition
from voltloop.compliance.frames import NOTE_MARK, verdict_row
from voltloop.compliance.kinds import law_of
from voltloop.compliance.rulebook import Chain, Implied, Rulebook
from voltloop.compliance.verdicts import Verdict

__all__ = ["classify_one", "judge_one", "rows_of"]

_MEMO_ROOM: Final = 200_000
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)

_Wrong = list[tuple[str, str]]
"""Facts with values that cannot be, each with a sentence."""


def classify_one(
    facts: Mapping[str, Any], rulebook: Rulebook, *, mode: str, on: date, edition: str | None = None
) -> Mapping[str, Any]:
    """Give the verdict of one item, in microseconds.

    Parameters
    ----------
    facts
        Facts by name, as in one row of the goods of :func:`voltloop.compliance.classify`; other keys are left alone.
    rulebook, mode, on, edition
        As for :func:`voltloop.compliance.classify`.

    Returns
    -------
    Mapping
        The columns of a verdict without ``item``; read only.

    Raises
    ------
    RulebookError, InputError
        As for :func:`voltloop.compliance.classify`.

    Examples
    --------
    >>> from voltloop.compliance import classify_one, load_rulebook
    >>> goods = {"chemistry": "li_ion", "form": "battery", "state": "damaged"}
    >>> verdict = classify_one(goods, load_rulebook(), mode="road_eu", on=date(2026, 11, 24))
    >>> verdict["outcome"], verdict["un_number"], verdict["packing_instruction"]
    ('allowed', '3480', 'P908|LP904')
    """
    return _clerk_of(rulebook, rulebook.chain(mode, on, edition)).row(facts)


def judge_one(facts: Mapping[str, Any], rulebook: Rulebook, chain: Chain) -> Verdict:
    """Give the verdict of one item under one chain of tables, as an object; nothing in it may be bad."""
    clerk = _clerk_of(rulebook, chain)
    return clerk.verdict(tuple(clerk.read(facts)[0]))


def rows_of(goods: pl.DataFrame, rulebook: Rulebook, chain: Chain) -> Iterator[Mapping[str, Any]]:
    """Give the verdict of each of a few rows of goods."""
    clerk = _clerk_of(rulebook, chain)
    names = [name for name in goods.columns if name in clerk.reads]
    for name in names:
        plain_column(goods[name], clerk.reads[name])
    for row in goods.select(names).iter_rows(named=True) if names else ({} for _ in range(goods.height)):
        yield clerk.row(row)


class _Clerk:
    """Reads single items for one chain and remembers their verdicts."""

    def __init__(self, rulebook: Rulebook, chain: Chain) -> None:
        self._rulebook, self._chain = rulebook, chain
        self._facts = {name: fact for name, fact in rulebook.facts.items() if not fact.is_derived}
        self.reads = {name: fact.kind for name, fact in self._facts.items()} | {"flags": "list of flags"}
        self._words = {name: words_of(fact) for name, fact in self._facts.items() if fact.kind != "decimal"}
        self._silent = {name: len(fact.values) for name, fact in self._facts.items()}
        self._ranges = {
            name: parse_condition(fact, fact.range, "facts.csv") if fact.range else None
            for name, fact in self._facts.items()
            if fact.kind == "decimal"
        }
        self._order = {name: at for at, name in enumerate(self._facts)}
        states = chain.mode.states
        self._axes = {
            name: (at, chain.axes[name]) for at, name in enumerate(chain.given) if name not in states
        }
        self._default = [
            chain.axes[name].codes[word] if word else chain.axes[name].count
            for name in chain.given
            for word in (states.get(name) or self._facts[name].unless_stated,)
        ]
        self._rows: dict[tuple[tuple[int, ...], tuple[str, ...]], MappingProxyType[str, Any]] = {}

    def row(self, facts: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give the verdict of one item as a row."""
        codes, wrong = self.read(facts)
        row = self._row(tuple(codes), tuple(dict.fromkeys(name for name, _ in wrong)))
        if not wrong:
            return row
        said = [sentence for _, sentence in wrong]
        return MappingProxyType(
            row | {"notes": NOTE_MARK.join((*said, row["notes"]) if row["notes"] else said)}
        )

    def _row(self, cells: tuple[int, ...], bad: tuple[str, ...]) -> MappingProxyType[str, Any]:
        row = self._rows.get((cells, bad))
        if row is None:
            if len(self._rows) > _MEMO_ROOM:
                self._rows.clear()
            verdict = self.verdict(cells)
            if bad:
                verdict = law_of(self._rulebook, self._chain).spoilt(verdict, bad)
            row = self._rows[cells, bad] = MappingProxyType(verdict_row(verdict, self._rulebook, self._chain))
        return row

    def verdict(self, cells: tuple[int, ...]) -> Verdict:
        """Give the verdict of an item by the cells of its facts."""
        law = law_of(self._rulebook, self._chain)
        machine = law.machine
        fired = machine.fire(cells)
        if fired is not None:
            return law.judge.verdict_of_rules(fired)
        state = machine.start
        for name, cell in zip(self._chain.given, cells, strict=True):
            state = machine.move(state, machine.places[name], cell)
        return law.judge.verdict(state)

    def read(self, facts: Mapping[str, Any]) -> tuple[list[int], _Wrong]:
        """Give the cell of every given fact of the chain, and what cannot be."""
        words: dict[str, int] = {}
        numbers: dict[str, float] = {}
        wrong: _Wrong = []
        for name, value in facts.items():
            if value is not None and name in self._words:
                self._read_word(name, value, words, wrong)
            elif value is not None and name in self._ranges:
                self._read_number(name, value, numbers, wrong)
        if len(wrong) > 1:
            wrong.sort(key=lambda found: self._order[found[0]])
        if facts.get("flags"):
            self._read_flags(facts["flags"], words, wrong)
        for implied in self._rulebook.implied:
            if self._holds(implied, words, numbers):
                self._imply(implied, words, numbers, wrong)
        return self._cells(words, numbers), wrong

    def _cells(self, words: Mapping[str, int], numbers: Mapping[str, float]) -> list[int]:
        codes = self._default.copy()
        for name, cell in words.items():
            if name in self._axes and cell != self._silent[name]:
                codes[self._axes[name][0]] = cell
        for name, number in numbers.items():
            if name in self._axes:
                at, axis = self._axes[name]
                codes[at] = axis.cell(number)
        return codes

    def _read_word(self, name: str, value: Any, words: dict[str, int], wrong: _Wrong) -> None:
        known = self._words[name]
        text = value if isinstance(value, str) else self._text(name, value)
        cell = known.get(text)
        if cell is None:
            cell = known.get(clean(text))
        if cell is None:
            before, after = word_parts(self._facts[name])
            wrong.append((name, f"{before}{text}{after}"))
            return
        words[name] = cell

    def _read_number(self, name: str, value: Any, numbers: dict[str, float], wrong: _Wrong) -> None:
        if isinstance(value, float) or type(value) is int:
            number = float(value)
            if math.isnan(number):
                return
        else:
            text = (value if isinstance(value, str) else self._text(name, value)).strip()
            if text.lower() in SILENT or (text == "NaN" and not isinstance(value, str)):
                return
            number = float(text) if _NUMBER.fullmatch(text) else math.nan
        limits = self._ranges[name]
        if math.isfinite(number) and (limits is None or limits.holds(number)):
            numbers[name] = number
            return
        before, after = number_parts(self._facts[name])
        raw = value if isinstance(value, str) else self._text(name, value)
        wrong.append((name, f"{before}{raw}{after}"))

    def _read_flags(self, flags: Any, words: dict[str, int], wrong: _Wrong) -> None:
        text = flags if isinstance(flags, str) else self._text("flags", flags)
        cells, found = read_flags(text, self._rulebook.flags, self._facts)
        wrong += found
        for name, cell in sorted(cells.items()):
            silent = len(self._facts[name].values)
            if words.get(name, silent) not in (silent, cell):
                wrong.append((name, both_stated(name)))
            words[name] = cell

    def _holds(self, implied: Implied, words: Mapping[str, int], numbers: Mapping[str, float]) -> bool:
        """Whether a stated fact says something about another one that the chain asks for."""
        if implied.given in words:
            values = self._facts[implied.given].values
            cell = words[implied.given]
            is_known = cell < len(values) and values[cell] in implied.condition.values
            return is_known and implied.fact in self._chain.axes
        number = numbers.get(implied.given)
        if number is None:
            return False
        if not implied.than:
            return implied.condition.holds(number)
        other = numbers.get(implied.than)
        return implied.fact in self._chain.axes and other is not None and MEETS[implied.sign](number, other)

    def _imply(
        self, implied: Implied, words: dict[str, int], numbers: dict[str, float], wrong: _Wrong
    ) -> None:
        """Fill a silent fact from another one, or note that the two contradict each other."""
        fact = self._facts[implied.fact]
        if fact.kind == "decimal":
            given = numbers[implied.given]
            clash = implied.contradicts == "below" and numbers.get(fact.name, given) < given - 1e-9
            if implied.value:
                numbers.setdefault(fact.name, given)
        else:
            silent = len(fact.values)
            cell = words.get(fact.name, silent)
            clash = bool(implied.contradicts) and cell == fact.values.index(implied.contradicts)
            if cell == silent and implied.value:
                words[fact.name] = fact.values.index(implied.value)
        if clash:
            wrong.append((fact.name, f"{fact.name} contradicts {implied.given}: {implied.say}"))

    def _text(self, name: str, value: Any) -> str:
        """Give a value that is no text as a table would write it."""
        if isinstance(value, bool):
            return "true" if value else "false"
        series = plain_column(pl.Series(name, [value]), self.reads[name])
        return str(series.cast(pl.String)[0])


def _clerk_of(rulebook: Rulebook, chain: Chain) -> _Clerk:
    clerk = chain.memo.get("clerk")
    if clerk is None:
        clerk = chain.memo["clerk"] = _Clerk(rulebook, chain)
    found: _Clerk = clerk
    return found
