"""What one more unit of room would be worth, by solving again around the answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from voltloop.treatment.optimum import Optimum
from voltloop.treatment.program import Floats, Program, Rule, Side
from voltloop.treatment.relaxation import Columns, relax

__all__ = ["one_more"]

_PRICED = 1e-6
_MOST = 20
_NEAR = 3


def one_more(program: Program, found: Optimum) -> Floats:
    """Give what one more unit of each limit would be worth, by solving again with it.

    Parameters
    ----------
    program, found
        The programme and its best placing.

    Returns
    -------
    ndarray
        EUR per unit of each side condition's measure. Zero where a limit has no price; NaN for conditions that are not
        limits, and for the limits of least price beyond the twenty dearest.

    Notes
    -----
    A dual price alone may promise too much: where two limits bind the same batteries, more of one is worth nothing.
    Solved again are the groups that could move at a small loss; everything else stays as it is.
    """
    worth = np.full(len(program.sides), np.nan)
    limits = np.array([side.rule is Rule.MOST for side in program.sides], dtype=bool)
    worth[limits & (found.prices <= _PRICED)] = 0.0
    priced = np.flatnonzero(limits & (found.prices > _PRICED))
    dearest = priced[np.argsort(-found.prices[priced], kind="stable")][:_MOST]
    if not dearest.size:
        return worth
    part, sides = _around(program, found)
    columns = Columns(part)
    base = _value(part, sides, columns)
    for place in dearest:
        wider = replace(sides[place], amount=sides[place].amount + 1.0)
        changed = (*sides[:place], wider, *sides[place + 1 :])
        worth[place] = min(max(0.0, _value(part, changed, columns) - base), float(found.prices[place]))
    return worth


def _value(program: Program, sides: tuple[Side, ...], columns: Columns) -> float:
    kept = tuple(side for side in sides if side.rule is not Rule.OR_NOTHING)
    solved = relax(program, kept, columns)
    return -np.inf if solved is None else solved.value


def _around(program: Program, found: Optimum) -> tuple[Program, tuple[Side, ...]]:
    """Give the groups with near-equal columns as a programme, and the room that all others leave them."""
    near = _NEAR * float(found.prices[found.prices > 0].max(initial=0.0))
    near = max(near, float(np.quantile(found.loss[np.isfinite(found.loss)], 0.05)))
    small = found.loss.size <= 5000
    close = np.isfinite(found.loss) if small else found.loss <= near
    loose = close.sum(axis=1) > 1
    if not small and loose.sum() > 400:
        gap = np.where(close, found.loss, np.inf)
        second = np.partition(gap, 1, axis=1)[:, 1]
        loose = second <= np.partition(second, 400)[400]
    fixed = ~loose[found.group]
    loads = program.loads(found.group[fixed], found.option[fixed], found.number[fixed])
    sides = tuple(
        replace(side, amount=side.amount - load if side.rule is Rule.MOST else max(side.amount - load, 0.0))
        for side, load in zip(program.sides, loads, strict=True)
    )
    part = replace(
        program, count=program.count[loose], mass_kg=program.mass_kg[loose], value_eur=program.value_eur[loose],
        co2e_kg=program.co2e_kg[loose], unplaced_eur=program.unplaced_eur[loose], sides=sides,
    )  # fmt: skip
    return part, sides
