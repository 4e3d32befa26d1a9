"""Amounts of goods against the limits of one area, one lot at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from voltloop.compliance.storage.book import StoreRule
from voltloop.compliance.storage.check import GroupAnswer, StoreAnswers
from voltloop.compliance.storage.measures import SLACK, Cell, State
from voltloop.compliance.storage.missing import DERIVED

__all__ = ["PER_UNIT", "Amount", "Need", "amount_of", "judge", "times"]

PER_UNIT = {"energy_kwh": ("energy_wh", 1e-3), "volume_m3": ("volume_m3", 1.0), "mass_kg": ("mass_kg", 1.0)}
"""Measures that grow with the number of units: the fact of the goods and its factor."""


@dataclass
class Amount:
    """What one limit has measured so far: for certain and at most."""

    cell: Cell
    limit: float
    fixed: int
    low: float
    high: float
    is_open: bool
    is_own: bool

    @property
    def is_measured(self) -> bool:
        """Whether it is a limit of amounts."""
        return self.cell.bound.word.how != "area" and not math.isnan(self.limit)

    def after(self, lot: Mapping[str, float], is_certain: bool) -> tuple[float, float]:
        """Give least and most with a lot added; NaN of the lot means that it may be anything."""
        word = self.cell.bound.word
        value = lot.get(word.measure, math.nan)
        most = math.inf if math.isnan(value) else value
        least = value if is_certain and not math.isnan(value) else 0.0
        if word.how == "sum":
            return self.low + least, self.high + most
        if word.how == "group":
            # Its units may all stand in one group of their own, or each in another.
            least = min(least, lot[f"unit_{word.measure}"]) if least else 0.0
        return max(self.low, least), max(self.high, most)

    def state(self, low: float, high: float) -> int:
        """Give the state of the limit with these amounts."""
        word, limit = self.cell.bound.word, self.limit
        if word.how == "area":
            return self.fixed
        if math.isnan(limit):
            return State.NONE
        slack = SLACK * max(limit, 1e-3)
        if word.sense == "below":
            exceeded, holds = low >= limit - slack, high < limit - slack
        else:
            exceeded, holds = low > limit + slack, high <= limit + slack
        if holds:
            return State.OK
        return State.EXCEEDED if exceeded and not self.is_open else State.UNKNOWN

    def left(self, unit: float) -> tuple[float, float]:
        """Give what is left of the limit, and how many units of a size fit."""
        more = max(0.0, self.limit - self.high)
        if math.isnan(unit):
            return more, 0.0
        count = more / unit
        if self.cell.bound.word.sense == "below":
            return more, max(0.0, math.ceil(count * (1 - SLACK) - SLACK) - 1.0)
        return more, float(math.floor(count * (1 + SLACK) + SLACK))


@dataclass
class Need:
    """One requirement: its alternatives with their amounts."""

    group: GroupAnswer
    alternatives: list[tuple[StoreRule, list[Amount]]]

    @property
    def is_measured(self) -> bool:
        """Whether its answer may change when goods come."""
        return any(one.is_measured for _, limits in self.alternatives for one in limits)


def judge(
    needs: list[tuple[Need, bool]], amounts: Mapping[str, float], against: list[str], open_: list[str]
) -> list[tuple[StoreRule, list[Amount]]]:
    """Sort requirements into failed and open ones, and give the alternative that each rests on."""
    found = []
    for need, is_certain in needs:
        state, rule, limits = _best(need, amounts, is_certain)
        if state == State.EXCEEDED:
            against.append(need.group.rules[0].one_of)
        elif state in (State.UNKNOWN, State.UNCONFIRMED):
            open_ += _open_facts(need, is_certain, amounts) or [need.group.rules[0].one_of]
        found.append((rule, limits))
    return found


def amount_of(cell: Cell, at: int, answers: StoreAnswers, is_site: bool) -> Amount:
    """Give what one limit has measured in an area, or in its site."""
    limit, is_open = float(cell.limit[at]), False
    if cell.bound.word.unless:
        rows = answers.site_of == at if is_site else np.arange(answers.areas.height) == at
        said = answers.areas.frame.filter(pl.Series(rows))[cell.bound.word.unless]
        if (said == "yes").any():
            limit = math.nan
        is_open = bool(said.is_null().any())
    fixed = State.NONE if cell.bound.word.how != "area" else int(cell.plain[at])
    return Amount(
        cell, limit, fixed, float(cell.low[at]), float(cell.high[at]), is_open, bool(cell.is_own[at])
    )


def times(unit: Mapping[str, float], quantity: float) -> dict[str, float]:
    """Give what several units measure together."""
    amounts = {name: value * (quantity if name in PER_UNIT else 1.0) for name, value in unit.items()}
    return amounts | {f"unit_{name}": unit[name] for name in PER_UNIT}


def _best(need: Need, amounts: Mapping[str, float], is_certain: bool) -> tuple[int, StoreRule, list[Amount]]:
    """Give the state of a requirement with a lot added, and the alternative that it rests on."""
    rule = need.group.rules[0]
    if rule.effect == "forbid":
        return State.EXCEEDED if is_certain else State.UNKNOWN, rule, []
    found: list[tuple[int, int, StoreRule, list[Amount]]] = []
    for one, limits in need.alternatives:
        binds = one.effect == "require" or any(amount.is_own for amount in limits)
        states = [amount.state(*amount.after(amounts, is_certain)) for amount in limits]
        state = max(states, default=State.NONE)
        if not binds or state == State.NONE:
            continue
        is_own = any(amount.is_own for amount in limits)
        if one.confidence == "C" and state == State.OK and one.effect == "require" and not is_own:
            state = State.UNCONFIRMED
        if state == State.EXCEEDED and not is_certain:
            state = State.UNKNOWN
        counted = sum(
            1 for amount in limits if amount.cell.bound.word.how == "sum" and not math.isnan(amount.limit)
        )
        found.append((state, counted, one, limits))
    if not found:
        return State.NONE, rule, []
    state, _, one, limits = min(found, key=lambda entry: entry[:2])
    return state, one, limits


def _open_facts(need: Need, is_certain: bool, amounts: Mapping[str, float]) -> list[str]:
    rule, names = need.group.rules[0], list[str]()
    if not is_certain:
        names = [name for fact in (*rule.lot, *rule.area) for name in DERIVED.get(fact, (fact,))]
    for _, limits in need.alternatives:
        for one in limits:
            if one.state(*one.after(amounts, is_certain)) == State.UNKNOWN:
                names.append(one.cell.bound.word.unless if one.is_open else one.cell.bound.word.measure)
    return names
