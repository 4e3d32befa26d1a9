"""How much more fits into an area of a store: for planners that ask millions of times."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from voltloop.compliance.rulebook import Rulebook
from voltloop.compliance.storage import StoreRule
from voltloop.compliance.storage_check import (
    GroupAnswer,
    StoreAnswers,
    answer_store,
    exempt_by,
    members_of,
    settled_by,
)
from voltloop.compliance.storage_lots import read_lots
from voltloop.compliance.storage_measures import SLACK, Cell, Members, State
from voltloop.compliance.storage_missing import DERIVED
from voltloop.errors import InputError, nearest

__all__ = ["Headroom", "StoreArea", "headroom"]

_PER_UNIT = {"energy_kwh": ("energy_wh", 1e-3), "volume_m3": ("volume_m3", 1.0), "mass_kg": ("mass_kg", 1.0)}


@dataclass(frozen=True, slots=True)
class Headroom:
    """How much more of some goods an area takes.

    Attributes
    ----------
    energy_kwh, volume_m3, mass_kg
        What is left of the tightest limit of each measure, never below zero; None where no rule sets one.
    units
        How many units of the goods fit by all of them; None for no limit, 0 unless the verdict is yes.
    verdict
        ``yes``, ``no``, or ``unknown`` where a fact is missing.
    rules
        The rules that set what is left, or forbid the goods.
    missing
        Facts that would decide.
    """

    energy_kwh: float | None
    volume_m3: float | None
    mass_kg: float | None
    units: int | None
    verdict: str
    rules: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass
class _Amount:
    """What one limit has measured so far: for certain and at most."""

    cell: Cell
    limit: float
    fixed: int
    low: float
    high: float
    is_open: bool
    is_own: bool

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
class _Need:
    """One requirement: its alternatives with their amounts."""

    group: GroupAnswer
    alternatives: list[tuple[StoreRule, list[_Amount]]]


class StoreArea:
    """One area of a store with what is in it. Adding a lot costs the same however many are there.

    Parameters
    ----------
    areas, stock
        Tables as in :func:`voltloop.compliance.check_store`; the rest of the site counts where a rule counts it.
    area_id
        The area.
    on
        Day of the check.
    rulebook
        The packaged one by default.

    Raises
    ------
    InputError
        ``unknown-area``: the table of areas has no such area, or it cannot be used.
    """

    def __init__(
        self,
        areas: pl.DataFrame,
        stock: pl.DataFrame,
        area_id: str,
        on: date,
        *,
        rulebook: Rulebook | None = None,
    ) -> None:
        self._answers = answer_store(areas, stock, on, rulebook=rulebook)
        ids = self._answers.areas.frame["area_id"].to_list()
        if area_id not in ids:
            raise InputError(
                f'"{area_id}" is not an area that can be used. Areas: {", ".join(ids)}.{nearest(area_id, ids)}',
                code="unknown-area",
            )
        self.area_id = area_id
        self._at = ids.index(area_id)
        self._is_incomplete = area_id in self._answers.lots.rejected["area_id"].to_list()
        self._needs = [self._need(group) for group in self._answers.groups]
        self._kinds: dict[tuple[Any, ...], tuple[dict[str, float], list[tuple[_Need, bool]], bool]] = {}

    def _need(self, group: GroupAnswer) -> _Need:
        at = int(self._answers.site_of[self._at]) if group.is_site else self._at
        return _Need(
            group,
            [
                (rule, [_amount(cell, at, self._answers, group.is_site) for cell in cells])
                for rule, cells in zip(group.rules, group.cells, strict=False)
            ],
        )

    def _kind(self, lot: Mapping[str, Any]) -> tuple[dict[str, float], list[tuple[_Need, bool]], bool]:
        """Give what one unit measures, the requirements it is under, and whether a code covers it."""
        facts = {
            name: value
            for name, value in lot.items()
            if name not in ("lot_id", "area_id", "quantity", "since_on")
        }
        key = tuple(sorted((name, str(value)) for name, value in facts.items()))
        if key not in self._kinds:
            self._kinds[key] = self._classified(facts)
        return self._kinds[key]

    def _classified(
        self, facts: Mapping[str, Any]
    ) -> tuple[dict[str, float], list[tuple[_Need, bool]], bool]:
        answers, book = self._answers, self._answers.book
        row = {name: None if value is None else str(value) for name, value in facts.items()}
        frame = pl.DataFrame([{**row, "lot_id": "new", "area_id": self.area_id}])
        lots = read_lots(frame, book, [self.area_id], answers.on)
        if not lots.height:
            raise InputError(
                f"The lot cannot be used: {lots.rejected['reason'][0]}.", code="store-lot-rejected"
            )
        places = (np.array([self._at]), answers.site_of)
        under: list[tuple[_Need, bool]] = []
        groups: list[tuple[StoreRule, Members]] = []
        exempt = {code: exempt_by(book.groups(code, answers.on), lots) for code in answers.exempt}
        for need in self._needs:
            code = need.group.code
            found = members_of(
                need.group.rules[0], answers.areas, lots, answers.applies[code], exempt[code], places
            )
            groups.append((need.group.rules[0], found))
            if found.possible[0]:
                under.append((need, bool(found.certain[0])))
        is_settled = bool(settled_by(groups, lots, exempt, answers.applies, places[0])[0])
        unit = {name: float(lots.numbers[fact][0]) * factor for name, (fact, factor) in _PER_UNIT.items()}
        unit |= {"soc_pct": float(lots.numbers["soc"][0]) * 100.0}
        unit |= {"stack_height_m": float(lots.numbers["stack_height_m"][0])}
        return unit, under, is_settled

    def add(self, lot: Mapping[str, Any]) -> None:
        """Put a lot into the area, whether or not it fits.

        Parameters
        ----------
        lot
            Facts as in the stock list; ``quantity`` is 1 where it is left out.

        Raises
        ------
        InputError
            A fact that cannot be.
        """
        unit, under, _ = self._kind(lot)
        amounts = _times(unit, float(lot.get("quantity") or 1))
        for need, is_certain in under:
            for _, limits in need.alternatives:
                for one in limits:
                    one.low, one.high = one.after(amounts, is_certain)

    def fits(self, lot: Mapping[str, Any]) -> Headroom:
        """Give the headroom before a lot, and as verdict whether the whole lot may be put there."""
        unit, under, is_settled = self._kind(lot)
        amounts = _times(unit, float(lot.get("quantity") or 1))
        return self._answer(unit, under, is_settled, amounts)

    def headroom(self, goods: Mapping[str, Any]) -> Headroom:
        """Give how much more of some goods fits; the verdict is about one unit."""
        return self.fits({**goods, "quantity": 1})

    def _answer(
        self,
        unit: Mapping[str, float],
        under: list[tuple[_Need, bool]],
        is_settled: bool,
        amounts: Mapping[str, float],
    ) -> Headroom:
        left: dict[str, tuple[float, float, str]] = {}
        against: list[str] = []
        open_: list[str] = [] if is_settled else ["legal_advice"]
        if self._is_incomplete:
            open_.append("lots")
        for need, is_certain in under:
            state, rule, limits = _best(need, amounts, is_certain)
            if state == State.EXCEEDED:
                against.append(need.group.rules[0].one_of)
            elif state in (State.UNKNOWN, State.UNCONFIRMED):
                open_ += _open_facts(need, is_certain, amounts) or [need.group.rules[0].one_of]
            for one in limits:
                word = one.cell.bound.word
                if word.how == "sum" and not math.isnan(one.limit):
                    mine = (*one.left(unit[word.measure]), rule.id)
                    left[word.measure] = min(mine, left.get(word.measure, mine))
        units = min((count for _, count, _ in left.values()), default=None)
        verdict = "no" if against else "unknown" if open_ else "yes"
        more = {name: left[name][0] if name in left else None for name in _PER_UNIT}
        return Headroom(
            more["energy_kwh"], more["volume_m3"], more["mass_kg"],
            0 if verdict != "yes" else None if units is None else int(units), verdict,
            tuple(dict.fromkeys(against or [name for *_, name in left.values()])), tuple(dict.fromkeys(open_)),
        )  # fmt: skip


def _amount(cell: Cell, at: int, answers: StoreAnswers, is_site: bool) -> _Amount:
    limit, is_open = float(cell.limit[at]), False
    if cell.bound.word.unless:
        rows = answers.site_of == at if is_site else np.arange(answers.areas.height) == at
        said = answers.areas.frame.filter(pl.Series(rows))[cell.bound.word.unless]
        if (said == "yes").any():
            limit = math.nan
        is_open = bool(said.is_null().any())
    fixed = State.NONE if cell.bound.word.how != "area" else int(cell.plain[at])
    return _Amount(
        cell, limit, fixed, float(cell.low[at]), float(cell.high[at]), is_open, bool(cell.is_own[at])
    )


def _times(unit: Mapping[str, float], quantity: float) -> dict[str, float]:
    amounts = {name: value * (quantity if name in _PER_UNIT else 1.0) for name, value in unit.items()}
    return amounts | {f"unit_{name}": unit[name] for name in _PER_UNIT}


def _best(
    need: _Need, amounts: Mapping[str, float], is_certain: bool
) -> tuple[int, StoreRule, list[_Amount]]:
    """Give the state of a requirement with a lot added, and the alternative that it rests on."""
    rule = need.group.rules[0]
    if rule.effect == "forbid":
        return State.EXCEEDED if is_certain else State.UNKNOWN, rule, []
    found: list[tuple[int, int, StoreRule, list[_Amount]]] = []
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


def _open_facts(need: _Need, is_certain: bool, amounts: Mapping[str, float]) -> list[str]:
    rule, names = need.group.rules[0], list[str]()
    if not is_certain:
        names = [name for fact in (*rule.lot, *rule.area) for name in DERIVED.get(fact, (fact,))]
    for _, limits in need.alternatives:
        for one in limits:
            if one.state(*one.after(amounts, is_certain)) == State.UNKNOWN:
                names.append(one.cell.bound.word.unless if one.is_open else one.cell.bound.word.measure)
    return names


def headroom(
    area_id: str,
    areas: pl.DataFrame,
    stock: pl.DataFrame,
    goods: Mapping[str, Any],
    on: date,
    *,
    rulebook: Rulebook | None = None,
) -> Headroom:
    """Give how much more of some goods fits into an area by every storage rule that applies there.

    Parameters
    ----------
    area_id
        The area.
    areas, stock
        Tables as in :func:`voltloop.compliance.check_store`.
    goods
        Facts of one unit of the goods, as in the stock list.
    on
        Day of the check.
    rulebook
        The packaged one by default.

    Returns
    -------
    Headroom
        What is left of each limit. Lots whose facts are missing count as much as they may be.

    Raises
    ------
    InputError
        The area is unknown, or a fact of the goods cannot be.

    Notes
    -----
    To ask often about one area, keep a :class:`StoreArea`: it costs the same however many lots are in it.
    """
    return StoreArea(areas, stock, area_id, on, rulebook=rulebook).headroom(goods)
