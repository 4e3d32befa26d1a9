"""Place single rows on the offers of the sites, now or later, so that the sum of scores is greatest.

Rows take their best offers; only when a side condition is then broken, alike rows are counted as one group and the
proven best placing is found over the groups and split back to the rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from voltloop.errors import NoFeasiblePlan
from voltloop.findings import kinds
from voltloop.treatment.conflicts import conflict
from voltloop.treatment.holding import hold_scores
from voltloop.treatment.optimum import Optimum, optimum
from voltloop.treatment.program import Floats, Ints, Measure, Program, Rule, Side
from voltloop.treatment.worth import one_more

__all__ = ["Placing", "place"]

_MAX_GAP = 1e-3


@dataclass(frozen=True)
class Placing:
    """Which option every row takes.

    Attributes
    ----------
    option
        By row, -1 where none is open or all are full.
    score, bound
        Sum of scores, holds included, and what no placing can exceed.
    span
        From holding every row to every row at its best option.
    prices
        Of each side condition per unit.
    worth
        Of one more unit of each limit, NaN where not worked out.
    rent
        Rows by options: what a row takes of scarce things at their prices [EUR].
    groups
        Groups of alike rows that were placed; 0 when every row has its best.
    """

    option: Ints
    score: float
    bound: float
    span: float
    prices: Floats
    worth: Floats
    rent: Floats
    groups: int = 0
    loads: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def gap(self) -> float:
        """Share of the span that might still be missing, 0 to 1; 0.0 when the placing is proven best."""
        missing = self.bound - self.score
        return 0.0 if missing <= 1e-9 * max(1.0, abs(self.bound)) else missing / max(1.0, self.span)


def _alike(keys: Floats) -> tuple[Ints, Ints, Ints]:
    """First row and size of each group of equal rows, and the group of each row; in order of first appearance."""
    seen: dict[bytes, int] = {}
    packed = np.ascontiguousarray(keys)
    group_of = np.array([seen.setdefault(row.tobytes(), len(seen)) for row in packed], dtype=np.int64)
    _, first, count = np.unique(group_of, return_index=True, return_counts=True)
    return first.astype(np.int64), count.astype(np.int64), group_of


def _split(group_of: Ints, found: Optimum, width: int) -> Ints:
    """Give the option of every row: the rows of a group, in their order, take its options in theirs."""
    option = np.empty(group_of.size, dtype=np.int64)
    # Both are sorted by group, so that they stand side by side.
    option[np.argsort(group_of, kind="stable")] = np.repeat(found.option, found.number)
    return np.where(option < width, option, -1)


def place(
    scores: Floats,
    mass_kg: Floats,
    co2e_kg: Floats,
    sides: tuple[Side, ...] = (),
    urgency: Floats | None = None,
    *,
    max_gap: float = _MAX_GAP,
) -> Placing:
    """Place each row on at most one option.

    Parameters
    ----------
    scores
        Rows by options [EUR], ``-inf`` where an option is closed to a row.
    mass_kg
        Mass of each row, above 0. A row is never split.
    co2e_kg
        Rows by options: carbon; only a carbon budget among the ``sides`` reads it.
    sides
        Limits, minimums and budget over the options; a row counts as one pack.
    urgency
        Weight of each row when room is short, 1 or more; None treats all alike.
    max_gap
        As in :func:`voltloop.treatment.optimum.optimum`.

    Returns
    -------
    Placing
        A row is left (-1) only when no option is open to it, or to make room.

    Raises
    ------
    NoFeasiblePlan
        ``treatment-conflict``: names the conditions that cannot be kept together.
    """
    count, width = scores.shape
    mass = np.maximum(mass_kg, 1e-9)
    scores = _fitting(scores, mass, sides)
    hold = hold_scores(scores, mass, urgency)
    is_open = np.isfinite(scores).any(axis=1)
    option = np.full(count, -1, dtype=np.int64)
    option[is_open] = scores[is_open].argmax(axis=1) if is_open.any() else option[is_open]
    total = _total(scores, hold, option)
    span = (
        float((scores[is_open].max(axis=1, initial=-np.inf) - hold[is_open]).sum()) if is_open.any() else 0.0
    )
    nothing = np.zeros(len(sides))
    alone = Program(np.ones(count, dtype=np.int64), mass, scores, co2e_kg, hold, sides)
    rows = np.flatnonzero(option >= 0)
    loads = alone.loads(rows, option[rows], np.ones(rows.size)) if width else nothing
    if not width or all(side.holds(load) for side, load in zip(sides, loads, strict=True)):
        return Placing(option, total, total, span, nothing, nothing, np.zeros(scores.shape), 0, loads)
    first, size, group_of = _alike(np.column_stack([scores, co2e_kg, mass, hold]))
    program = Program(size, mass[first], scores[first], co2e_kg[first], hold[first], sides)
    found = optimum(program, max_gap=max_gap)
    if found is None:
        said = conflict(program)
        raise NoFeasiblePlan(f"{said.message} {kinds()[said.code].help}", code=said.code)
    option = _split(group_of, found, width)
    rows = np.flatnonzero(option >= 0)
    return Placing(
        option, found.value, found.bound, span, found.prices, one_more(program, found),
        program.rent(found.prices)[group_of], first.size,
        alone.loads(rows, option[rows], np.ones(rows.size)),
    )  # fmt: skip


def _fitting(scores: Floats, mass: Floats, sides: tuple[Side, ...]) -> Floats:
    """Close the options whose whole room is less than a row."""
    scores = scores.copy()
    for side in sides:
        if side.rule is Rule.MOST and side.measure is Measure.KG:
            scores[np.ix_(mass > side.amount, side.options)] = -np.inf
    return scores


def _total(scores: Floats, hold: Floats, option: Ints) -> float:
    rows = np.flatnonzero(option >= 0)
    return float(scores[rows, option[rows]].sum() + hold[option < 0].sum())
