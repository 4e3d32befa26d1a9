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
from voltloop.compliance.storage.amounts import PER_UNIT, Need, amount_of, judge, times
from voltloop.compliance.storage.book import StoreRule
from voltloop.compliance.storage.check import (
    GroupAnswer,
    answer_store,
    exempt_by,
    members_of,
    settled_by,
)
from voltloop.compliance.storage.lots import read_lots
from voltloop.compliance.storage.measures import Members
from voltloop.errors import InputError, nearest

__all__ = ["Headroom", "StoreArea", "headroom"]

_NOT_OF_KIND = frozenset(("lot_id", "area_id", "quantity", "since_on"))


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


@dataclass(frozen=True)
class _Kind:
    """Goods that are alike but for their number.

    Attributes
    ----------
    unit
        What one unit measures.
    needs
        Requirements whose answer depends on the amounts, and whether the goods are under each for certain.
    against, open
        Requirements that the area fails whatever the amounts, and facts that are missing whatever they are.
    """

    unit: dict[str, float]
    needs: list[tuple[Need, bool]]
    against: tuple[str, ...]
    open: tuple[str, ...]


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
        self._is_incomplete = self._lacks_lots()
        self._needs = [self._need(group) for group in self._answers.groups]
        self._kinds: dict[tuple[Any, ...], _Kind] = {}

    def _lacks_lots(self) -> bool:
        """Whether a lot of the site could not be read, so that sums are too small."""
        answers = self._answers
        same = answers.areas.frame.filter(pl.Series(answers.site_of == answers.site_of[self._at]))["area_id"]
        return bool(answers.lots.rejected["area_id"].is_in(same.to_list()).any())

    def _need(self, group: GroupAnswer) -> Need:
        at = int(self._answers.site_of[self._at]) if group.is_site else self._at
        return Need(
            group,
            [
                (rule, [amount_of(cell, at, self._answers, group.is_site) for cell in cells])
                for rule, cells in zip(group.rules, group.cells, strict=False)
            ],
        )

    def _kind(self, lot: Mapping[str, Any]) -> tuple[_Kind, dict[str, float]]:
        """Give the kind of a lot and what all its units measure."""
        key = tuple((name, value) for name, value in lot.items() if name not in _NOT_OF_KIND)
        kind = self._kinds.get(key) or self._kinds.setdefault(key, self._classified(dict(key)))
        quantity = lot.get("quantity")
        number = 1.0 if quantity is None else float(quantity)
        if not 1.0 <= number < math.inf:
            raise InputError(
                f'The lot cannot be used: quantity "{quantity}" cannot be. A number of at least 1 was expected.',
                code="store-lot-rejected",
            )
        return kind, times(kind.unit, number)

    def _classified(self, facts: Mapping[str, Any]) -> _Kind:
        answers, book = self._answers, self._answers.book
        row = {name: None if value is None else str(value) for name, value in facts.items()}
        frame = pl.DataFrame([{**row, "lot_id": "new", "area_id": self.area_id}])
        lots = read_lots(frame, book, [self.area_id], answers.on)
        if not lots.height:
            raise InputError(
                f"The lot cannot be used: {lots.rejected['reason'][0]}.", code="store-lot-rejected"
            )
        places = (np.array([self._at]), answers.site_of)
        under: list[tuple[Need, bool]] = []
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
        unit = {name: float(lots.numbers[fact][0]) * factor for name, (fact, factor) in PER_UNIT.items()}
        unit |= {"soc_pct": float(lots.numbers["soc"][0]) * 100.0}
        unit |= {"stack_height_m": float(lots.numbers["stack_height_m"][0])}
        against: list[str] = []
        is_settled = bool(settled_by(groups, lots, exempt, answers.applies, places[0])[0])
        open_ = [] if is_settled else ["legal_advice"]
        if self._is_incomplete:
            open_.append("lots")
        fixed = [entry for entry in under if not entry[0].is_measured]
        judge(fixed, times(unit, 1.0), against, open_)
        return _Kind(unit, [entry for entry in under if entry[0].is_measured], tuple(against), tuple(open_))

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
        kind, amounts = self._kind(lot)
        for need, is_certain in kind.needs:
            for _, limits in need.alternatives:
                for one in limits:
                    if one.is_measured:
                        one.low, one.high = one.after(amounts, is_certain)

    def fits(self, lot: Mapping[str, Any]) -> Headroom:
        """Give the headroom before a lot, and as verdict whether the whole lot may be put there."""
        kind, amounts = self._kind(lot)
        against, open_ = list(kind.against), list(kind.open)
        left: dict[str, tuple[float, float, str]] = {}
        for rule, limits in judge(kind.needs, amounts, against, open_):
            for one in limits:
                word = one.cell.bound.word
                if word.how == "sum" and not math.isnan(one.limit):
                    mine = (*one.left(kind.unit[word.measure]), rule.id)
                    left[word.measure] = min(mine, left.get(word.measure, mine))
        units = min((count for _, count, _ in left.values()), default=None)
        verdict = "no" if against else "unknown" if open_ else "yes"
        more = {name: left[name][0] if name in left else None for name in PER_UNIT}
        return Headroom(
            more["energy_kwh"], more["volume_m3"], more["mass_kg"],
            0 if verdict != "yes" else None if units is None else int(units), verdict,
            tuple(dict.fromkeys(against or [name for *_, name in left.values()])), tuple(dict.fromkeys(open_)),
        )  # fmt: skip

    def headroom(self, goods: Mapping[str, Any]) -> Headroom:
        """Give how much more of some goods fits; the verdict is about one unit."""
        return self.fits({**goods, "quantity": 1})


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
