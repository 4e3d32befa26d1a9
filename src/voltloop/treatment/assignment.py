"""Assign batteries to sites under capacity so that the sum of scores is greatest.

Every row takes its best site; when a site is then over its limit, rows that are alike are counted as one group and
:func:`voltloop.treatment.optimum.optimum` finds the best placing with its bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voltloop.treatment.optimum import optimum
from voltloop.treatment.program import Measure, Program, Rule, Side

__all__ = ["Assignment", "assign", "hold_scores"]

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]
_MAX_GAP = 1e-3


@dataclass(frozen=True)
class Assignment:
    """Which site every row goes to.

    Attributes
    ----------
    site
        Column of the site by row, -1 where none is open or all are full.
    score
        Sum of scores reached, holds included.
    bound
        No assignment can reach more than this.
    prices
        What one more kilogram of room would be worth by site, in units of score.
    span
        From holding every row to every row at its best site, in units of score.
    """

    site: _Ints
    score: float
    bound: float
    prices: _Floats
    span: float = 0.0

    @property
    def gap(self) -> float:
        """Share of the span that might still be missing, 0 to 1; 0.0 when the assignment is proven best."""
        return max(0.0, self.bound - self.score) / max(1.0, self.span)


def hold_scores(scores: _Floats, mass: _Floats, urgency: _Floats | None = None) -> _Floats:
    """Score of holding each row back: so low that a row is held only when no site has room.

    Parameters
    ----------
    scores
        Rows by sites, ``-inf`` where closed.
    mass
        Mass of each row [kg].
    urgency
        How much worse than usual it is to hold a row, 1 or more; None for 1.

    Returns
    -------
    ndarray
        One score per row; zero where every site is closed.
    """
    is_open = np.isfinite(scores)
    worst = np.where(is_open, scores, np.inf).min(axis=1, initial=np.inf)
    best = np.where(is_open, scores, -np.inf).max(axis=1, initial=-np.inf)
    any_open = is_open.any(axis=1)
    spread = np.where(any_open, best - worst, 0.0)
    per_kg = float((spread / np.maximum(mass, 1e-9))[any_open].max(initial=0.0)) + 1.0
    depth = per_kg * np.maximum(mass, 1e-9) + float(spread.max(initial=0.0))
    with np.errstate(invalid="ignore"):
        return np.where(any_open, worst - depth * (1.0 if urgency is None else urgency), 0.0)


def _total(scores: _Floats, hold: _Floats, site: _Ints) -> float:
    rows = np.flatnonzero(site >= 0)
    return float(scores[rows, site[rows]].sum() + hold[site < 0].sum())


def _split(group_of: _Ints, option: _Ints, number: _Ints, width: int) -> _Ints:
    """Give the option of every row: the rows of a group, in their order, take its options in theirs."""
    site = np.empty(group_of.size, dtype=np.int64)
    # Sorted by group, rows and options of the placing stand side by side.
    site[np.argsort(group_of, kind="stable")] = np.repeat(option, number)
    return np.where(site < width, site, -1)


def _placed(scores: _Floats, hold: _Floats, mass: _Floats, limits: _Floats) -> tuple[_Ints, float, _Floats]:
    """Place rows that do not all fit at their best sites: site of every row, bound and prices."""
    kinds = np.column_stack([scores, mass, hold])
    _, first, group_of, count = np.unique(
        kinds, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    limited = np.flatnonzero(np.isfinite(limits))
    sides = tuple(
        Side(f"room at {s}", np.arange(limits.size) == s, Measure.KG, Rule.MOST, float(limits[s]))
        for s in limited
    )
    program = Program(
        count.astype(np.int64),
        mass[first],
        scores[first],
        np.zeros((first.size, limits.size)),
        hold[first],
        sides,
    )
    found = optimum(program, max_gap=_MAX_GAP)
    assert found is not None, "holding every row keeps every limit"
    prices = np.zeros(limits.size)
    prices[limited] = found.prices
    site = _split(group_of.reshape(-1), found.option, found.number, limits.size)
    return site, found.bound, prices


def assign(scores: _Floats, mass: _Floats, limits: _Floats, urgency: _Floats | None = None) -> Assignment:
    """Assign each row to at most one site, the sum of scores as great as can be.

    Parameters
    ----------
    scores
        Rows by sites, higher is better, ``-inf`` where a site is closed to a row.
    mass
        Mass of each row [kg], above 0. A row is never split.
    limits
        Mass each site can take in [kg], ``inf`` for no limit, not negative.
    urgency
        Weight of each row when room is short, 1 or more; None treats all alike.

    Returns
    -------
    Assignment
        Keeps every limit, to rounding of the sums. A row is held (-1) only when no site is open to it, or to make
        room.
    """
    count, width = scores.shape
    mass = np.maximum(mass, 1e-9)
    scores = np.where(mass[:, None] <= limits[None, :], scores, -np.inf)
    hold = hold_scores(scores, mass, urgency)
    site = np.full(count, -1, dtype=np.int64)
    prices = np.zeros(width)
    is_open = np.isfinite(scores).any(axis=1)
    if not is_open.any():
        return Assignment(site, float(hold.sum()), float(hold.sum()), prices)
    site[is_open] = scores[is_open].argmax(axis=1)
    used = np.bincount(site[is_open], weights=mass[is_open], minlength=width)
    bound = _total(scores, hold, site)
    span = float((scores[is_open].max(axis=1) - hold[is_open]).sum())
    if bool((used > limits).any()):
        site, bound, prices = _placed(scores, hold, mass, limits)
    total = _total(scores, hold, site)
    return Assignment(site, total, max(bound, total), prices, span)
