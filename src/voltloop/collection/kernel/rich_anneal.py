"""Ruin and recreate under annealing, and the first plan: the compiled loops.

References
----------
Christiaens, Vanden Berghe (2020): Slack Induction by String Removals for Vehicle Routing Problems. Transportation
Science 54(2), 417-433, sec. 5 (the orders with windows: sec. 6.3).
"""

from __future__ import annotations

from math import exp, inf, log
from typing import Final

from numba import njit

from voltloop.collection.kernel.arrays import KernelProblem
from voltloop.collection.kernel.random import unit
from voltloop.collection.kernel.rich_insert import insert, seek, seek_anywhere
from voltloop.collection.kernel.rich_kinds import polish
from voltloop.collection.kernel.rich_links import begin_round, commit, keep_best, roll_back
from voltloop.collection.kernel.rich_ruin import ruin
from voltloop.collection.kernel.rich_spots import no_spot, seek_new_tour
from voltloop.collection.kernel.rich_state import (
    COST,
    KIND,
    N_OUT,
    N_POOL,
    NOWHERE,
    SKIP_EUR,
    TOURS_EUR,
    State,
    Static,
)
from voltloop.collection.kernel.rich_timetable import Indices

__all__ = ["fill", "search"]

_RESUM: Final = 1024
"""Iterations after which the sums are added up anew, against rounding."""

_BOLD: Final = 0.1
"""Share of iterations in which a tour may be opened for one stop although it does not pay yet."""


@njit(cache=True)
def search(
    p: KernelProblem, f: Static, s: State, first: int, count: int,
    from_eur: float, cooling: float, best_eur: float,
) -> float:  # fmt: skip
    """Run iterations of ruin and recreate.

    Parameters
    ----------
    p, f, s
        Problem, what the search reads besides, plan.
    first, count
        Number of the first iteration, and how many to run.
    from_eur, cooling
        Temperature [EUR] in the first of them, and the logarithm of its change in each.
    best_eur
        Cost of the best plan so far, which is the one remembered in the state.

    Returns
    -------
    float
        Cost of the best plan [EUR].
    """
    has_optional, sums = f.has_optional, s.sums
    for iteration in range(first, first + count):
        if iteration % _RESUM == 0:
            _add_up(p, s)
        begin_round(s)
        before = sums[TOURS_EUR] + sums[SKIP_EUR]
        temperature = from_eur * exp(cooling * (iteration - first))
        limit = before - temperature * log(max(unit(s.rng), 1e-300))
        ruin(p, f, s)
        legal = _recreate(p, f, s, limit)
        if legal and (f.can_polish or has_optional):
            legal = polish(p, f, s, has_optional)
        total = sums[TOURS_EUR] + sums[SKIP_EUR]
        if legal and total < limit:
            commit(s)
            if total < best_eur - 1e-9 * max(1.0, abs(best_eur)):
                best_eur = total
                keep_best(p, s)
        else:
            roll_back(p, s)
    return best_eur


@njit(cache=True)
def _add_up(p: KernelProblem, s: State) -> None:
    sums, tour = s.sums, s.tour
    sums[TOURS_EUR] = 0.0
    for t in range(len(tour)):
        if tour[t, KIND] != NOWHERE:
            sums[TOURS_EUR] += s.cost[t, COST]
    sums[SKIP_EUR] = 0.0
    for x in range(s.counts[N_OUT]):
        sums[SKIP_EUR] += p.skip_eur[s.out[x]]


@njit(cache=True)
def _recreate(p: KernelProblem, f: Static, s: State, limit: float) -> bool:
    """Put the stops of the pool back where they cost least; False when the plan cannot cost less than ``limit``."""
    skip_eur, counts, pool = p.skip_eur, s.counts, s.pool
    sums = s.sums
    _sort(f, s)
    bold = f.has_optional and unit(s.rng) < _BOLD
    hurry = not (bold or f.can_polish)
    waiting = 0.0
    for x in range(counts[N_POOL]):
        waiting += skip_eur[pool[x]]
    for x in range(counts[N_POOL]):
        c = pool[x]
        skip = skip_eur[c]
        waiting -= skip
        worth = skip
        if hurry:
            worth = min(skip, limit - (sums[TOURS_EUR] + sums[SKIP_EUR] - waiting - skip))
        spot = seek_new_tour(p, f, s, c, seek(p, f, s, c, worth))
        if spot[2] == NOWHERE and bold:
            spot = seek_new_tour(p, f, s, c, no_spot(inf))
            bold = False
        if spot[2] == NOWHERE:
            if worth < skip:
                return False
        elif not insert(p, f, s, c, spot):
            return False
    return True


@njit(cache=True)
def _sort(f: Static, s: State) -> None:
    """Bring the pool into one of the orders, drawn anew."""
    odds, pool, pool_key = f.odds, s.pool, s.pool_key
    rng = s.rng
    drawn = unit(rng)
    order = 0
    while order < len(odds) and drawn >= odds[order]:
        order += 1
    for x in range(s.counts[N_POOL]):
        stop = pool[x]
        key = f.keys[order, stop] if order < len(odds) else unit(rng)
        y = x
        while y > 0 and pool_key[y - 1] > key:
            pool[y], pool_key[y] = pool[y - 1], pool_key[y - 1]
            y -= 1
        pool[y], pool_key[y] = stop, key


@njit(cache=True)
def fill(p: KernelProblem, f: Static, s: State, order: Indices) -> None:
    """Put stops where they cost least, one after the other, without looking back.

    Parameters
    ----------
    p, f, s
        Problem, what the search reads besides, plan.
    order
        Stops that are left out.
    """
    skip_eur, solo_eur = p.skip_eur, f.solo_eur
    for c in order:
        begin_round(s)
        spot = seek_new_tour(p, f, s, c, seek(p, f, s, c, skip_eur[c]))
        if spot[2] == NOWHERE and skip_eur[c] > solo_eur[c, 0]:
            # Worth a tour of its own, for which vehicles or drivers are lacking.
            spot = seek_anywhere(p, f, s, c, skip_eur[c])
        if spot[2] == NOWHERE:
            continue
        if insert(p, f, s, c, spot):
            commit(s)
        else:
            roll_back(p, s)
    keep_best(p, s)
