"""The linear relaxation of the assignment by column generation: HiGHS on few columns, prices judge all others.

Only columns that may pay are handed to HiGHS. Its dual prices value every other column in one dense step; those that
would pay are added, until none does. The prices give a Lagrangian bound in every round (Lasdon 1970, chapter 2;
Lübbecke and Desrosiers 2005), so that the proof does not rest on the columns chosen. Many groups start from the
prices of a sample of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from voltloop.treatment.program import Bools, Floats, Ints, Measure, Program, Rule, Side

__all__ = ["Columns", "Relaxed", "relax", "shortage"]

_ROUNDS = 200
_ADD = 4
_KEEP = 6
_FEW = 2000
_FORGET = 20
_SAMPLE = 400
_EXACT = 1e-9
_PENALTY = 100.0


class Columns:
    """Which pairs of group and option the linear programme holds; leaving a battery unplaced is always among them.

    Attributes
    ----------
    values
        Groups by options and one more, unplaced.
    """

    def __init__(self, program: Program) -> None:
        self.values: Floats = program.with_unplaced()
        self.open: Bools = np.isfinite(self.values)
        self.active: Bools = np.zeros_like(self.open)
        self.active[:, -1] = True
        self.add(self.values, -np.inf)

    def add(self, worth: Floats, least: Floats | float) -> int:
        """Take up to four of the best columns of each group that are worth more than ``least``."""
        fresh = np.where(self.open & ~self.active, worth, -np.inf)
        depth = min(_ADD, fresh.shape[1])
        top = np.argpartition(-fresh, depth - 1, axis=1)[:, :depth]
        pays = np.take_along_axis(fresh, top, axis=1) > np.reshape(least, (-1, 1))
        group, place = np.nonzero(pays)
        self.active[group, top[group, place]] = True
        return int(group.size)

    def drop(self, loss: Floats, used: tuple[Ints, Ints]) -> None:
        """Forget the columns of greatest loss when there are too many; those in use stay."""
        count = self.active.shape[0]
        if self.active.sum() <= _KEEP * count:
            return
        held = loss[self.active]
        limit = np.partition(held, _KEEP // 2 * count)[_KEEP // 2 * count]
        self.active &= loss <= limit
        self.active[used] = True
        self.active[:, -1] = True


@dataclass(frozen=True)
class Relaxed:
    """Optimum of the linear relaxation.

    Attributes
    ----------
    group, option, number
        Columns in use; the option after the last is "unplaced".
    value
        Of the relaxation as solved.
    bound
        No placing is worth more; equal to ``value`` within rounding.
    prices
        Of each side condition per unit of its measure, not negative.
    loss
        Groups by options and one more: what one battery there costs the whole against its best use, at the prices;
        ``inf`` where closed.
    short
        By how much each minimum or budget is missed.
    """

    group: Ints
    option: Ints
    number: Floats
    value: float
    bound: float
    prices: Floats
    loss: Floats
    short: Floats


def _signed(side: Side) -> float:
    return 1.0 if side.rule is Rule.MOST else -1.0


def _masks(program: Program, sides: tuple[Side, ...], measure: Measure) -> Floats:
    """Side conditions by options and one more: 1 or -1 where the condition counts the option in the measure."""
    masks = np.zeros((len(sides), program.value_eur.shape[1] + 1))
    for number, side in enumerate(sides):
        if side.measure is measure:
            masks[number, :-1] = side.options * _signed(side)
    return masks


def _priced(program: Program, values: Floats, sides: tuple[Side, ...], prices: Floats) -> Floats:
    """Values less what each column takes of scarce things at their prices."""
    worth = values.copy()
    for measure in {side.measure for side in sides}:
        rate = (prices @ _masks(program, sides, measure))[:-1]
        if not rate.any():
            continue
        if measure is Measure.CARBON:
            taken = np.where(np.isfinite(program.value_eur), program.co2e_kg, 0.0) * rate
        else:
            taken = (program.mass_kg if measure is Measure.KG else np.ones(program.mass_kg.size))[
                :, None
            ] * rate
        worth[:, :-1] -= taken
    return worth


def _rows(program: Program, sides: tuple[Side, ...], group: Ints, option: Ints) -> Any:
    """Give what each column takes of each side condition, negative for minimums; sparse."""
    from scipy.sparse import csc_array

    total = csc_array((len(sides), group.size))
    for measure in {side.measure for side in sides}:
        if measure is Measure.CARBON:
            where = np.minimum(option, program.co2e_kg.shape[1] - 1)
            taken = program.co2e_kg[group, where]
        else:
            taken = program.mass_kg[group] if measure is Measure.KG else np.ones(group.size)
        chosen = csc_array(_masks(program, sides, measure))[:, option]
        chosen.data = chosen.data * np.repeat(taken, np.diff(chosen.indptr))
        total = total + chosen
    return total


def _solve(
    program: Program, values: Floats, sides: tuple[Side, ...], slack_eur: Floats, active: Bools
) -> tuple[Ints, Ints, Any]:
    """HiGHS over the active columns: first the placings, then one slack for each finite ``slack_eur``."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_array, csc_array, hstack

    group, option = np.nonzero(active)
    count = program.count.size
    equal = coo_array((np.ones(group.size), (group, np.arange(group.size))), shape=(count, group.size))
    elastic = np.flatnonzero(np.isfinite(slack_eur))
    slack = coo_array(
        (-np.ones(elastic.size), (elastic, np.arange(elastic.size))), shape=(len(sides), elastic.size)
    )
    result = linprog(
        np.concatenate([-values[group, option], slack_eur[elastic]]),
        A_ub=hstack([_rows(program, sides, group, option), slack]).tocsc() if sides else None,
        b_ub=_right(sides) if sides else None,
        A_eq=hstack([equal, csc_array((count, elastic.size))]).tocsc(),
        b_eq=program.count.astype(np.float64),
        method="highs-ds" if group.size < _FEW else "highs-ipm",
    )
    return group, option, result


def _right(sides: tuple[Side, ...]) -> Floats:
    return np.array([_signed(side) * side.amount for side in sides], dtype=np.float64)


def _generate(
    program: Program, values: Floats, sides: tuple[Side, ...], slack_eur: Floats, columns: Columns
) -> Relaxed:
    """Run the rounds to the optimum over all columns."""
    right = _right(sides)
    for turn in range(_ROUNDS):
        group, option, result = _solve(program, values, sides, slack_eur, columns.active)
        assert result.x is not None, f"leaving batteries unplaced keeps every limit: {result.message}"
        prices = np.maximum(0.0, -result.ineqlin.marginals) if sides else np.zeros(0)
        # A price above that of missing the condition would make the bound invalid; rounding may put it there.
        prices = np.minimum(prices, slack_eur)
        worth = _priced(program, values, sides, prices)
        best = worth.max(axis=1)
        value = -float(result.fun)
        bound = float((program.count * best).sum() + (prices * right).sum())
        with np.errstate(invalid="ignore"):
            loss = np.where(columns.open, best[:, None] - worth, np.inf)
        used = result.x[: group.size] > 1e-9
        if bound - value <= _EXACT * max(1.0, float((program.count * np.abs(best)).sum())):
            break
        held = np.where(columns.active, worth, -np.inf).max(axis=1)
        if turn < _FORGET:
            columns.drop(loss, (group[used], option[used]))
        if not columns.add(worth, held + 1e-12 * np.abs(held)):
            break
    short = np.zeros(len(sides))
    short[np.isfinite(slack_eur)] = result.x[group.size :]
    number = result.x[: group.size][used]
    return Relaxed(group[used], option[used], number, value, max(bound, value), prices, loss, short)


def _sampled(program: Program, sides: tuple[Side, ...], slack_eur: Floats, columns: Columns) -> None:
    """Seed the columns with those that pay at the prices of a sample of the groups."""
    step = -(-program.count.size // _SAMPLE)
    if step < 3 or columns.active.sum() > (_ADD + 1) * program.count.size:
        return
    part = replace(
        program,
        count=program.count[::step] * step,
        mass_kg=program.mass_kg[::step],
        value_eur=program.value_eur[::step],
        co2e_kg=program.co2e_kg[::step],
        unplaced_eur=program.unplaced_eur[::step],
    )
    of_part = Columns(part)
    found = _generate(part, of_part.values, sides, slack_eur, of_part)
    columns.add(_priced(program, columns.values, sides, found.prices), -np.inf)


def _must(side: Side) -> bool:
    """Whether a side condition may make every placing impossible."""
    return side.rule is Rule.MUST or (side.rule is Rule.MOST and side.measure is Measure.CARBON)


def relax(program: Program, sides: tuple[Side, ...], columns: Columns) -> Relaxed | None:
    """Solve the linear relaxation to its proven optimum.

    Parameters
    ----------
    program
        Values, carbon and counts.
    sides
        The side conditions that hold, none of :attr:`Rule.OR_NOTHING`, whose relaxation says nothing.
    columns
        Columns seen so far; changes.

    Returns
    -------
    Relaxed | None
        None when no placing keeps the side conditions.
    """
    finite = np.abs(columns.values[columns.open]).max(initial=1.0)
    for factor in (1.0, 1e3):
        penalty = _PENALTY * factor * finite / float(np.median(program.mass_kg))
        slack = np.array([_slack(side, program, penalty) for side in sides], dtype=np.float64)
        _sampled(program, sides, slack, columns)
        found = _generate(program, columns.values, sides, slack, columns)
        missed = np.array([_must(side) for side in sides], dtype=bool) & (found.short > 1e-7)
        if not missed.any():
            return found
        if shortage(program, sides, columns).value < -1e-7:
            return None
    return found


def _slack(side: Side, program: Program, penalty: float) -> float:
    if side.rule is Rule.PAY:
        return side.shortfall_eur
    if not _must(side):
        return np.inf
    return penalty * (float(np.median(program.mass_kg)) if side.measure is Measure.PACKS else 1.0)


def shortage(program: Program, sides: tuple[Side, ...], columns: Columns) -> Relaxed:
    """Miss the minimums and the carbon budget by as little as can be, each as a share of its amount.

    Returns
    -------
    Relaxed
        ``value`` is zero when all can be kept, below when not; then the side conditions with a price are the
        ones in conflict, and ``short`` says by how much they are missed.
    """
    values = np.where(columns.open, 0.0, -np.inf)
    slack = np.array([_weight(side) for side in sides], dtype=np.float64)
    return _generate(program, values, sides, slack, columns)


def _weight(side: Side) -> float:
    """Cost of missing a side condition by one unit, in shares of it; ``inf`` where nothing can be missed."""
    if side.rule is Rule.PAY:
        return 0.0
    return 1.0 / max(abs(side.amount), 1.0) if _must(side) else np.inf
