"""Conditions of rules, and the finite partition of a fact that they cut.

A condition cell is empty (any), a value, ``a|b``, ``!a|b`` (none of these), or for decimals bounds such as ``<=20`` or
``>20 <=60`` (all must hold). Every bound that occurs in the rules is a cut; between two cuts all values are alike.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from operator import ge, gt, le, lt
from typing import Final

import numpy as np
import numpy.typing as npt

from voltloop.compliance.vocabulary import Fact, split
from voltloop.errors import RulebookError, nearest

__all__ = ["MEETS", "Axis", "Condition", "make_axis", "parse_condition"]

_BOUND = re.compile(r"(<=|>=|<|>)\s*(\d+(?:\.\d+)?)")

MEETS: Final = {"<=": le, "<": lt, ">=": ge, ">": gt}
"""What the signs of bounds mean."""

Cut = tuple[float, int]
"""A place where a decimal changes cell: value, and 0 for a cut just below it, 1 for one just above."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What one rule asks of one fact: allowed ``values`` of a choice, or ``bounds`` of a decimal."""

    fact: str
    text: str
    values: frozenset[str] = frozenset()
    bounds: tuple[tuple[str, float], ...] = ()

    @property
    def cuts(self) -> tuple[Cut, ...]:
        """Cuts that the bounds need."""
        return tuple((limit, 1 if sign in ("<=", ">") else 0) for sign, limit in self.bounds)

    def holds(self, value: float | str) -> bool:
        """Whether a known value meets the condition."""
        if isinstance(value, str):
            return value in self.values
        return all(MEETS[sign](value, limit) for sign, limit in self.bounds)


def parse_condition(fact: Fact, text: str, place: str) -> Condition:
    """Read one condition cell.

    Raises
    ------
    RulebookError
        A value that the fact cannot have, or a bound that cannot be read.
    """
    if fact.kind == "decimal":
        bounds = tuple((sign, float(number)) for sign, number in _BOUND.findall(text))
        if not bounds or _BOUND.sub("", text).strip():
            raise RulebookError(
                f'{place}, column when.{fact.name}: "{text}" is not a bound. Write <=20, >20 or >20 <=60.',
                code="rulebook-condition",
            )
        return Condition(fact.name, text, bounds=bounds)
    names = split(text.removeprefix("!"), "|")
    listed: set[str] = set()
    for name in names:
        if name in fact.groups:
            listed.update(fact.groups[name])
        elif name in fact.values:
            listed.add(name)
        else:
            choices = (*fact.values, *fact.groups)
            raise RulebookError(
                f'{place}, column when.{fact.name}: "{name}" is not a value of {fact.name}. '
                f"Choices: {', '.join(choices)}.{nearest(name, choices)}",
                code="rulebook-value",
            )
    values = set(fact.values) - listed if text.startswith("!") else listed
    return Condition(fact.name, text, values=frozenset(values))


@dataclass(frozen=True)
class Axis:
    """The cells of one fact: ``count`` whole ones, then one for "unknown" and one per group of a choice.

    Attributes
    ----------
    fact
        The fact.
    cuts
        Cuts of a decimal in rising order; empty for a choice.
    partial
        Cells that stand for several: code and the whole cells it may be. Empty when the fact is never unknown.
    """

    fact: Fact
    cuts: tuple[Cut, ...]

    @cached_property
    def count(self) -> int:
        """Number of whole cells."""
        return len(self.cuts) + 1 if self.fact.kind == "decimal" else len(self.fact.values)

    @cached_property
    def partial(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Name and members of each cell that stands for several; code ``count`` is "unknown"."""
        if self.fact.is_derived:
            return ()
        unknown: list[tuple[str, tuple[int, ...]]] = [("unknown", tuple(range(self.count)))]
        for name, members in self.fact.groups.items():
            unknown.append((name, tuple(self.fact.values.index(value) for value in members)))
        return tuple(unknown)

    @property
    def size(self) -> int:
        """Number of all cells."""
        return self.count + len(self.partial)

    @cached_property
    def codes(self) -> dict[str, int]:
        """Code of every word that may stand for a value of a choice or boolean."""
        words = {value: code for code, value in enumerate(self.fact.values)}
        words.update({name: self.count + at for at, (name, _) in enumerate(self.partial)})
        words.update({name: words[value] for name, value in self.fact.also.items()})
        return words

    def encode(self, numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
        """Cells of decimals; a NaN gives the cell "unknown"."""
        codes = np.zeros(len(numbers), np.uint8)
        passed = np.empty(len(numbers), bool)
        for limit, above in self.cuts:
            (np.greater if above else np.greater_equal)(numbers, limit, out=passed)
            codes += passed.view(np.uint8)
        np.isnan(numbers, out=passed)
        np.copyto(codes, self.count, where=passed)
        return codes

    def cell(self, number: float) -> int:
        """Cell of one decimal; a NaN gives the cell "unknown"."""
        if isnan(number):
            return self.count
        return bisect_left(self.cuts, (number, 1)) if self.cuts else 0

    def label(self, code: int) -> str:
        """Give a cell in words, for messages."""
        if code >= self.count:
            return self.partial[code - self.count][0]
        if self.fact.kind != "decimal":
            return self.fact.values[code]
        low = self.cuts[code - 1] if code else None
        high = self.cuts[code] if code < len(self.cuts) else None
        words = []
        if low:
            words.append(f"{'>' if low[1] else '>='}{low[0]:g}")
        if high:
            words.append(f"{'<=' if high[1] else '<'}{high[0]:g}")
        return " ".join(words) or "any"

    def mask(self, condition: Condition) -> npt.NDArray[np.bool_]:
        """Which whole cells meet a condition."""
        if self.fact.kind != "decimal":
            return np.array([value in condition.values for value in self.fact.values])
        return np.array([condition.holds(self._inside(code)) for code in range(self.count)])

    def _inside(self, code: int) -> float:
        """Give a number inside a cell of a decimal."""
        if not self.cuts:
            return 0.0
        if code == len(self.cuts):
            limit, above = self.cuts[-1]
            return limit + 1.0 if above else limit
        limit, above = self.cuts[code]
        if above:
            return limit
        below = self.cuts[code - 1] if code else (limit - 2.0, 1)
        return (below[0] + limit) / 2.0 if below[0] < limit else limit


def make_axis(fact: Fact, conditions: Iterable[Condition]) -> Axis:
    """Give the partition of a fact that a set of conditions needs."""
    cuts: set[Cut] = set()
    for condition in conditions:
        cuts.update(condition.cuts)
    return Axis(fact, tuple(sorted(cuts)))
