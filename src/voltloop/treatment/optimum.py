"""The best whole-number placing with its proof: branch on minimums that are met or left, then an integer core.

Every node is a linear relaxation (:mod:`voltloop.treatment.relaxation`). At a node, the columns whose loss is small go
to HiGHS as an integer programme; a column left out costs at least its loss, so bound and answer hold for all columns
(the core problem of Balas and Zemel 1980, for knapsacks). Minimums "at least so much or nothing" that the
relaxation meets half-way are branched on.
"""

from __future__ import annotations

import heapq
import itertools
import math
import time
from dataclasses import dataclass, replace

import numpy as np

from voltloop.treatment.program import Floats, Ints, Program, Rule, Side
from voltloop.treatment.relaxation import Columns, Relaxed, relax

__all__ = ["Optimum", "optimum"]

_SMALL = 1000
_CORE = 1000
_NODES = 200
_LARGEST = 9000
_EXACT = 1e-9


@dataclass(frozen=True)
class Optimum:
    """The best placing found, and how good it is for certain.

    Attributes
    ----------
    group, option, number
        How many batteries of a group go to an option; the option after the last is "unplaced". Sorted.
    value, bound
        Worth reached [EUR], and what no placing can exceed.
    gap
        ``bound - value`` as a share of the total worth moved, 0 to 1.
    prices
        Of each side condition of the program per unit, of the relaxation around the answer.
    loss
        Groups by options and one more [EUR]: what one battery there would cost the whole.
    short
        By how much each minimum that is paid for is missed.
    nodes, seconds
        Relaxations solved, and wall time.
    """

    group: Ints
    option: Ints
    number: Ints
    value: float
    bound: float
    gap: float
    prices: Floats
    loss: Floats
    short: Floats
    nodes: int
    seconds: float


@dataclass(frozen=True)
class _Whole:
    """An answer in whole numbers and a bound for its node."""

    group: Ints
    option: Ints
    number: Ints
    value: float
    bound: float


def _fixed(sides: tuple[Side, ...], decisions: dict[int, bool]) -> tuple[tuple[Side, ...], Ints]:
    """Side conditions of a node, and the place of each among the program's."""
    kept, places = [], []
    for place, side in enumerate(sides):
        if side.rule is not Rule.OR_NOTHING:
            kept.append(side)
        elif place in decisions:
            met = decisions[place]
            kept.append(
                replace(side, rule=Rule.MUST if met else Rule.MOST, amount=side.amount if met else 0.0)
            )
        else:
            continue
        places.append(place)
    return tuple(kept), np.array(places, dtype=np.int64)


def _core(loss: Floats, limit: float) -> tuple[Ints, Ints, float]:
    """Columns with the least loss, and the least loss of those left out."""
    finite = np.isfinite(loss)
    if int(finite.sum()) <= _SMALL:
        group, option = np.nonzero(finite)
        return group, option, np.inf
    within = finite & (loss <= limit)
    outside = np.where(finite & ~within, loss, np.inf)
    group, option = np.nonzero(within)
    return group, option, float(outside.min())


def _limit(loss: Floats, beyond: int) -> float:
    """Loss up to which ``beyond`` columns more than one a group are in the core."""
    flat = loss[np.isfinite(loss)]
    size = min(flat.size - 1, loss.shape[0] + beyond)
    return float(np.partition(flat, size)[size])


def _integer(
    program: Program, sides: tuple[Side, ...], group: Ints, option: Ints, *, max_gap: float, seconds: float
) -> tuple[Ints, float, float] | None:
    """Give numbers of each column, worth and bound of the core; None when it has no whole-number answer."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array, hstack

    count, width = program.count.size, group.size
    paid = [s for s, side in enumerate(sides) if side.rule is Rule.PAY]
    switched = [s for s, side in enumerate(sides) if side.rule is Rule.OR_NOTHING]
    extra = len(paid) + len(switched)
    values = program.with_unplaced()[group, option]
    equal = coo_array((np.ones(width), (group, np.arange(width))), shape=(count, width))
    constraints = [
        LinearConstraint(hstack([equal, coo_array((count, extra))]).tocsr(), program.count, program.count)
    ]
    for s, side in enumerate(sides):
        row = np.zeros(width + extra)
        row[:width] = program.use(side, group, option)
        most = float((np.maximum(row[:width], 0.0) * program.count[group]).sum())
        if side.rule is Rule.MOST:
            if side.amount < most:
                constraints.append(LinearConstraint(row, -np.inf, side.amount))
            continue
        if side.rule is Rule.PAY:
            row[width + paid.index(s)] = 1.0
        if side.rule is Rule.OR_NOTHING:
            place = width + len(paid) + switched.index(s)
            lid = row.copy()
            lid[place] = -most
            constraints.append(LinearConstraint(lid, -np.inf, 0.0))
            row[place] = -side.amount
        constraints.append(
            LinearConstraint(row, 0.0 if side.rule is Rule.OR_NOTHING else side.amount, np.inf)
        )
    pay = np.array([sides[s].shortfall_eur for s in paid])
    whole = np.concatenate([np.ones(width), np.zeros(len(paid)), np.ones(len(switched))])
    upper = np.concatenate([program.count[group], np.full(len(paid), np.inf), np.ones(len(switched))])
    result = milp(
        np.concatenate([-values, pay, np.zeros(len(switched))]),
        integrality=whole,
        bounds=Bounds(0.0, upper),
        constraints=constraints,
        options={"mip_rel_gap": max_gap, "time_limit": max(seconds, 1.0), "node_limit": _NODES},
    )
    if result.x is None:
        return None
    number = np.rint(result.x[:width]).astype(np.int64)
    return number, _worth(program, sides, group, option, number), -float(result.mip_dual_bound)


def _missing(program: Program, sides: tuple[Side, ...], group: Ints, option: Ints, number: Ints) -> Floats:
    """By how much each minimum that is paid for is missed."""
    loads = program.loads(group, option, number)
    amount = np.array([side.amount for side in sides])
    paid = np.array([side.rule is Rule.PAY for side in sides], dtype=bool)
    return np.where(paid, np.maximum(0.0, amount - loads), 0.0)


def _worth(program: Program, sides: tuple[Side, ...], group: Ints, option: Ints, number: Ints) -> float:
    """Worth of a placing, less what is paid for missed minimums."""
    total = float((program.with_unplaced()[group, option] * number).sum())
    if not sides:
        return total
    pay = np.array([side.shortfall_eur for side in sides])
    return total - float((_missing(program, sides, group, option, number) * pay).sum())


def _keeps(program: Program, sides: tuple[Side, ...], group: Ints, option: Ints, number: Ints) -> bool:
    """Whether a whole-number placing keeps every side condition; a minimum may be paid for."""
    loads = program.loads(group, option, number)
    return all(side.rule is Rule.PAY or side.holds(load) for side, load in zip(sides, loads, strict=True))


def _whole(
    program: Program, sides: tuple[Side, ...], found: Relaxed, *, tolerance: float, seconds: float
) -> _Whole | None:
    """Find whole numbers for a node: the relaxation when it is whole, else a core that grows until it proves enough."""
    rounded = np.rint(found.number).astype(np.int64)
    if np.abs(found.number - rounded).max(initial=0.0) < 1e-7:
        kept = rounded > 0
        group, option, number = found.group[kept], found.option[kept], rounded[kept]
        if _keeps(program, sides, group, option, number):
            value = _worth(program, sides, group, option, number)
            return _Whole(group, option, number, value, max(value, found.bound))
    beyond = _CORE
    deadline = time.monotonic() + seconds
    best: _Whole | None = None
    while True:
        group, option, outside = _core(found.loss, _limit(found.loss, beyond))
        relative = tolerance / max(1.0, abs(found.value))
        left = deadline - time.monotonic()
        answer = _integer(program, sides, group, option, max_gap=relative, seconds=left)
        if answer is not None:
            number, value, bound = answer
            bound = max(value, min(found.bound, max(bound, found.bound - outside)))
            kept = number > 0
            if best is None or value > best.value:
                best = _Whole(group[kept], option[kept], number[kept], value, bound)
            best = replace(best, bound=max(best.value, min(best.bound, bound)))
        done = np.isinf(outside) or (best is not None and best.bound - best.value <= tolerance)
        if done or time.monotonic() > deadline:
            return best
        # Without any answer the core has to grow as far as it takes; to improve one, not beyond what HiGHS can search.
        if best is not None and beyond >= _LARGEST:
            return best
        beyond *= 3


def optimum(program: Program, *, max_gap: float = 1e-4, seconds: float = math.inf) -> Optimum | None:
    """Find the best whole-number placing, with bound and gap.

    Parameters
    ----------
    program
        Groups, options, values and side conditions.
    max_gap
        Proven enough when bound and answer differ by no more than this share of the total worth moved. Small
        programmes, and those whose relaxation is whole, are solved exactly.
    seconds
        Wall time after which the best answer so far is given, with its gap. Without it the same input always gives
        the same answer.

    Returns
    -------
    Optimum | None
        None when no placing keeps the side conditions.
    """
    started = time.monotonic()
    columns = Columns(program)
    order = itertools.count()
    heap: list[tuple[float, int, dict[int, bool]]] = [(-np.inf, next(order), {})]
    best: _Whole | None = None
    around: tuple[Relaxed, Ints] | None = None
    tolerance, worth, left_open, nodes = 0.0, 1.0, -np.inf, 0
    while heap:
        ceiling, _, decisions = heapq.heappop(heap)
        if best is not None and -ceiling <= best.value + tolerance:
            left_open = max(left_open, -ceiling)
            break
        kept, places = _fixed(program.sides, decisions)
        found = relax(program, kept, columns)
        nodes += 1
        if found is None:
            continue
        if nodes == 1:
            moved = np.abs(program.with_unplaced()[found.group, found.option]) * found.number
            exact = int(columns.open.sum()) <= _SMALL
            worth = max(1.0, float(moved.sum()))
            tolerance = (min(max_gap, _EXACT) if exact else max_gap) * worth
        if best is not None and found.bound <= best.value + tolerance:
            left_open = max(left_open, found.bound)
            continue
        left = seconds - (time.monotonic() - started)
        answer = _whole(program, _node_sides(program, decisions), found, tolerance=tolerance, seconds=left)
        if answer is not None and (best is None or answer.value > best.value):
            best, around = answer, (found, places)
        bound = found.bound if answer is None else answer.bound
        torn = _torn(program, found, decisions)
        out_of_time = time.monotonic() - started > seconds
        if (answer is not None and bound - answer.value <= tolerance) or torn is None or out_of_time:
            left_open = max(left_open, bound if answer is not None or out_of_time else -np.inf)
            continue
        for met in (True, False):
            heapq.heappush(heap, (-bound, next(order), {**decisions, torn: met}))
    if best is None or around is None:
        return None
    bound = max(best.value, left_open)
    prices = np.zeros(len(program.sides))
    prices[around[1]] = around[0].prices
    rank = np.lexsort((best.option, best.group))
    group, option, number = best.group[rank], best.option[rank], best.number[rank]
    return Optimum(
        group, option, number, best.value, bound, max(0.0, bound - best.value) / worth,
        prices, around[0].loss, _missing(program, program.sides, group, option, number), nodes,
        time.monotonic() - started,
    )  # fmt: skip


def _node_sides(program: Program, decisions: dict[int, bool]) -> tuple[Side, ...]:
    """Side conditions of a node with the undecided minimums kept as they are."""
    fixed = []
    for place, side in enumerate(program.sides):
        if place in decisions:
            met = decisions[place]
            fixed.append(
                replace(side, rule=Rule.MUST if met else Rule.MOST, amount=side.amount if met else 0.0)
            )
        else:
            fixed.append(side)
    return tuple(fixed)


def _torn(program: Program, found: Relaxed, decisions: dict[int, bool]) -> int | None:
    """Find the undecided minimum that the relaxation meets most nearly half-way; None when it tears none."""
    loads = program.loads(found.group, found.option, found.number)
    worst, torn = 1e-7, None
    for place, side in enumerate(program.sides):
        if side.rule is Rule.OR_NOTHING and place not in decisions and side.amount > 0:
            share = loads[place] / side.amount
            tear = min(share, 1.0 - share)
            if tear > worst:
                worst, torn = tear, place
    return torn
