"""Lower bounds for locating sites: relax that every customer is served, price it, and solve site by site.

With a price u_i for serving customer i, what is left falls apart into one continuous knapsack per site and one
choice of sites that together have room for all demand [1]_. The bound is at least that of the linear programme with
"nobody is served by a closed site" in every pair, and better where the choice of sites is whole.

References
----------
.. [1] Beasley, J. E. (1988). An algorithm for solving large capacitated warehouse location problems. European
   Journal of Operational Research 33, sec. 2.
.. [2] Barahona, F., Anbil, R. (2000). The volume algorithm: producing primal solutions with a subgradient method.
   Mathematical Programming 87.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["CLOSED", "FREE", "OPEN", "Sites", "ascend", "choose_sites", "probe", "site_values"]

FREE = 0
OPEN = 1
CLOSED = -1


class Sites(NamedTuple):
    """Sites and customers as the bound sees them.

    Attributes
    ----------
    cost
        (S, C) cost of serving the whole demand of a customer, ``inf`` where it cannot be.
    demand
        (C,) demand.
    room, fixed
        (S,) capacity (``inf`` for none) and cost of opening.
    """

    cost: NDArray[np.float64]
    demand: NDArray[np.float64]
    room: NDArray[np.float64]
    fixed: NDArray[np.float64]


@njit(cache=True)
def site_values(
    problem: Any, price: Any, state: Any, value: Any, served: Any, count: Any, share: Any
) -> None:
    """Solve the knapsack of every site that is not closed.

    Parameters
    ----------
    problem
        A :class:`Sites`.
    price
        (C,) multipliers.
    state
        (S,) :data:`FREE`, :data:`OPEN` or :data:`CLOSED`.
    value
        (S,) receives what opening the site adds to the bound; ``inf`` when closed.
    served, count, share
        (S, C), (S,), (S,) receive the customers a site serves, how many, and the share of the last one.
    """
    cost, demand, room, fixed = problem.cost, problem.demand, problem.room, problem.fixed
    sites, customers = cost.shape
    found = np.empty(customers, np.int32)
    worth = np.empty(customers)
    for j in range(sites):
        count[j] = 0
        share[j] = 1.0
        value[j] = np.inf
        if state[j] == CLOSED:
            continue
        many = 0
        total = 0.0
        wanted = 0.0
        for i in range(customers):
            gain = cost[j, i] - price[i]
            if gain < 0.0:
                found[many] = i
                worth[many] = gain / demand[i] if demand[i] > 0.0 else -np.inf
                many += 1
                total += gain
                wanted += demand[i]
        if wanted <= room[j]:
            for q in range(many):
                served[j, q] = found[q]
            count[j] = many
            value[j] = fixed[j] + total
            continue
        order = np.argsort(worth[:many])
        left = room[j]
        total = 0.0
        for q in range(many):
            i = found[order[q]]
            served[j, q] = i
            count[j] = q + 1
            if demand[i] <= left:
                total += cost[j, i] - price[i]
                left -= demand[i]
            else:
                share[j] = left / demand[i]
                total += share[j] * (cost[j, i] - price[i])
                break
        value[j] = fixed[j] + total


@njit(cache=True)
def choose_sites(value: Any, room: Any, state: Any, need: float, chosen: Any) -> float:
    """Sum of the best sites that together have room for all demand; ``inf`` when no choice has.

    Sites that gain or are open are taken. If their room is not enough, others follow, the cheapest per unit of room
    first: as many whole ones as are missing when all rooms are equal, the last in part otherwise (the linear
    programme of this choice). ``chosen`` (S,) receives the sites taken at all.
    """
    total, have = 0.0, 0.0
    smallest, largest = np.inf, 0.0
    for j in range(len(value)):
        chosen[j] = state[j] == OPEN or (state[j] == FREE and value[j] < 0.0)
        if chosen[j]:
            total += value[j]
            have += room[j]
        if state[j] != CLOSED:
            smallest, largest = min(smallest, room[j]), max(largest, room[j])
    slack = 1e-9 * max(1.0, need)
    while have < need - slack:
        best = -1
        for j in range(len(value)):
            if (
                state[j] == FREE
                and not chosen[j]
                and (best < 0 or value[j] * room[best] < value[best] * room[j])
            ):
                best = j
        if best < 0:
            return np.inf
        chosen[best] = True
        part = 1.0 if smallest == largest else min(1.0, (need - have) / room[best])
        total += part * value[best]
        have += room[best]
    return total


@njit(cache=True)
def probe(value: Any, room: Any, state: Any, need: float, base: float, limit: float) -> int:
    """Fix free sites whose other choice would bring the bound to ``limit``; return how many were fixed.

    ``base`` is the sum of the prices. ``state`` (S,) is changed.
    """
    chosen = np.zeros(len(value), np.bool_)
    fixed = 0
    for j in range(len(value)):
        if state[j] != FREE:
            continue
        state[j] = OPEN
        is_shut = base + choose_sites(value, room, state, need, chosen) >= limit
        state[j] = CLOSED
        is_open = base + choose_sites(value, room, state, need, chosen) >= limit
        state[j] = CLOSED if is_shut else OPEN if is_open else FREE
        fixed += is_shut or is_open
    return fixed


@njit(cache=True)
def _unserved(chosen: Any, served: Any, count: Any, share: Any) -> Any:
    """Share of each customer's demand that the chosen sites leave, negative where they serve it twice."""
    gap = np.ones(served.shape[1])
    for j in range(len(chosen)):
        if chosen[j]:
            for q in range(count[j]):
                gap[served[j, q]] -= share[j] if q == count[j] - 1 else 1.0
    return gap


@njit(cache=True)
def ascend(
    problem: Any, price: Any, state: Any, target: float, rounds: int, step: float
) -> tuple[float, Any, Any, Any]:
    """Raise the bound by a deflected subgradient from the given prices.

    Parameters
    ----------
    problem
        A :class:`Sites`.
    price
        (C,) prices to start from; changed.
    target
        Value that the bound aims at, usually the best plan known.
    rounds, step
        Evaluations at most, and the first step length as a share of the way to the target.

    Returns
    -------
    tuple
        Best bound, its prices (C,), its site values (S,), its sites (S,).
    """
    sites, customers = problem.cost.shape
    need = problem.demand.sum()
    value, share = np.empty(sites), np.empty(sites)
    served, count = np.empty((sites, customers), np.int32), np.empty(sites, np.int64)
    chosen = np.zeros(sites, np.bool_)
    best, best_price = -np.inf, price.copy()
    best_value, best_chosen = np.full(sites, np.inf), chosen.copy()
    way, stalled = np.zeros(customers), 0
    for turn in range(rounds):
        site_values(problem, price, state, value, served, count, share)
        bound = price.sum() + choose_sites(value, problem.room, state, need, chosen)
        if bound > best:
            if bound > best + 1e-4 * abs(target - bound):
                stalled = 0
            best = bound
            best_price[:], best_value[:], best_chosen[:] = price, value, chosen
        else:
            stalled += 1
        if best >= target:
            break
        if stalled >= 12:
            step, stalled = 0.6 * step, 0
            price[:] = best_price
            way[:] = 0.0
            if step < 1e-4:
                break
        gap = _unserved(chosen, served, count, share)
        way = gap if turn == 0 else 0.7 * way + 0.3 * gap
        size = (way * way).sum()
        if size < 1e-12:
            break
        price += step * (target - bound) / size * way
    return best, best_price, best_value, best_chosen
