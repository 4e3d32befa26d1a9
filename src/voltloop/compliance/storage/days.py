"""How long the lots of a store have waited, against the periods of ``collection_points.csv``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop.compliance.countries import StorageRule, StorageRules, storage_rules
from voltloop.compliance.rulebook import Rulebook
from voltloop.compliance.storage.check import StoreAnswers
from voltloop.compliance.storage.tables import Mask, bits_of

__all__ = ["Overdue", "Periods", "periods_of"]

_KINDS = {
    "waste_recovery": ("is_waste", ("yes",), None),
    "waste_disposal": ("is_waste", ("yes",), None),
    "damaged": ("state", ("suspect", "damaged", "recalled"), "quarantine_days"),
    "critical": ("state", ("critical",), "critical_days"),
}
"""Goods of a period: the fact and values that select them, and the fact by which an area sets its own figure."""


@dataclass(frozen=True)
class Overdue:
    """Lots of one area that have waited too long, or may have.

    Attributes
    ----------
    area
        Row of the area.
    lots
        Rows of the lots.
    days, limit
        Longest wait of them and what is allowed [days].
    rule
        The period.
    is_advice
        Whether the figure is practice that the site has not made its own.
    """

    area: int
    lots: npt.NDArray[np.int64]
    days: int
    limit: int
    rule: StorageRule
    is_advice: bool


@dataclass(frozen=True)
class Periods:
    """What the periods of storage say.

    Attributes
    ----------
    days
        Days that each lot has waited, NaN where nobody stated since when.
    due
        Most days that a lot may wait, NaN for no period.
    overdue
        By area and period.
    open
        By area and period: the rule, whether it is advice, and the facts that are missing.
    """

    days: npt.NDArray[np.float64]
    due: npt.NDArray[np.float64]
    overdue: tuple[Overdue, ...]
    open: tuple[tuple[int, StorageRule, bool, frozenset[str]], ...]


def periods_of(answers: StoreAnswers, *, rulebook: Rulebook | None = None) -> Periods:
    """Compare the wait of every lot with every period that covers it.

    A lot is overdue on the day after the last one allowed.
    """
    lots, areas = answers.lots, answers.areas
    since = lots.frame["since_on"]
    days = (
        (pl.Series([answers.on]) - since).dt.total_days().cast(pl.Float64).fill_null(np.nan).to_numpy()
        if lots.height
        else np.zeros(0)
    )
    most = np.full(lots.height, np.nan)
    overdue: list[Overdue] = []
    open_: list[tuple[int, StorageRule, bool, frozenset[str]]] = []
    country = areas.frame["country"].to_numpy()
    for code in dict.fromkeys(country.tolist()):
        try_rules = storage_rules(code, answers.on, rulebook=rulebook)
        here = (country == code)[answers.area_of]
        for kind in _KINDS:
            rule = _rule(try_rules, kind)
            certain, possible = _goods(answers, kind, here)
            limit, is_own = _limits(answers, kind, rule.max_days)
            most = np.where(certain, np.fmin(most, limit), most)
            _compare(answers, rule, (certain, possible, days, limit, is_own), overdue, open_)
    return Periods(days, most, tuple(overdue), tuple(open_))


def _rule(rules: StorageRules, kind: str) -> StorageRule:
    return next(rule for rule in rules.rules if rule.goods == kind)


def _goods(answers: StoreAnswers, kind: str, here: Mask) -> tuple[Mask, Mask]:
    name, values, _ = _KINDS[kind]
    lots = answers.lots
    bits, asked = lots.words[name], bits_of(lots.facts[name], values)
    certain, possible = here & ((bits & ~asked) == 0), here & ((bits & asked) != 0)
    if name == "is_waste":
        wanted = bits_of(lots.facts["for_disposal"], ["yes" if kind == "waste_disposal" else "no"])
        certain &= lots.words["for_disposal"] == wanted
        possible &= (lots.words["for_disposal"] & wanted) != 0
    return certain, possible


def _limits(answers: StoreAnswers, kind: str, max_days: int) -> tuple[npt.NDArray[np.float64], Mask]:
    own = _KINDS[kind][2]
    limit = np.full(answers.lots.height, float(max_days))
    if own is None:
        return limit, np.zeros(answers.lots.height, np.bool_)
    figure = answers.areas.numbers[own][answers.area_of]
    return np.where(np.isnan(figure), limit, figure), ~np.isnan(figure)


def _compare(
    answers: StoreAnswers,
    rule: StorageRule,
    measured: tuple[Mask, Mask, npt.NDArray[np.float64], npt.NDArray[np.float64], Mask],
    overdue: list[Overdue],
    open_: list[tuple[int, StorageRule, bool, frozenset[str]]],
) -> None:
    certain, possible, days, limit, is_own = measured
    with np.errstate(invalid="ignore"):
        late = certain & (days > limit)
        unsure = (possible & ~certain & ((days > limit) | np.isnan(days))) | (certain & np.isnan(days))
    is_advice = rule.confidence == "C"
    for area, rows in _by_area(answers, late):
        worst = rows[np.argmax(days[rows] - limit[rows])]
        overdue.append(
            Overdue(
                area, rows, int(days[worst]), int(limit[worst]), rule, is_advice and not bool(is_own[worst])
            )
        )
    for area, rows in _by_area(answers, unsure):
        missing = {"since_on"} if np.isnan(days[rows]).any() else set()
        if (possible & ~certain)[rows].any():
            missing.add(_KINDS[rule.goods][0])
        open_.append((area, rule, is_advice and not bool(is_own[rows].any()), frozenset(missing)))


def _by_area(answers: StoreAnswers, mask: Mask) -> list[tuple[int, npt.NDArray[np.int64]]]:
    rows = np.flatnonzero(mask)
    of = answers.area_of[rows]
    order = np.argsort(of, kind="stable")
    found, starts = np.unique(of[order], return_index=True)
    parts = np.split(rows[order], starts[1:])
    return [(int(area), part) for area, part in zip(found, parts, strict=False)]
