"""Plans into the state of the search and out of it again."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from voltloop.collection.kernel.arrays import KernelProblem, KernelTours
from voltloop.collection.kernel.rich_links import (
    begin_round,
    commit,
    drop_out,
    has_stock,
    open_tour,
    put,
    put_hub,
    roll_back,
    take_resources,
)
from voltloop.collection.kernel.rich_segments import refresh
from voltloop.collection.kernel.rich_state import NOWHERE, SKIP_EUR, State, Static
from voltloop.collection.kernel.rich_timetable import Indices, price_tour, work_space

__all__ = ["Plan", "load", "plan_of", "price_plan", "read_plan", "with_frozen"]


class Plan(NamedTuple):
    """A :class:`KernelTours` in the indices of the search."""

    kind: Indices
    begins: Indices
    visits: Indices


def plan_of(tours: KernelTours | None) -> Plan:
    """Return tours in the indices of the search; None gives a plan without tours."""
    if tours is None:
        return Plan(np.zeros(0, np.int64), np.zeros(1, np.int64), np.zeros(0, np.int64))
    return Plan(*(np.require(part, np.int64, "C") for part in tours))


@njit(cache=True)
def load(p: KernelProblem, f: Static, s: State, tours: Plan, frozen: NDArray[np.bool_]) -> float:
    """Put the tours of a plan into an empty state.

    The stops of frozen tours are out of the search's sight, and their resources in use. A tour that is not legal is
    not taken over: its stops are left out.

    Returns
    -------
    float
        Cost of the frozen tours [EUR].
    """
    stops = len(p.place)
    kept_eur = 0.0
    for t in range(len(tours.kind)):
        if frozen[t]:
            visits = tours.visits[tours.begins[t] : tours.begins[t + 1]]
            kept_eur += _hold(p, s, tours.kind[t], visits)
    for t in range(len(tours.kind)):
        if frozen[t]:
            continue
        kind = tours.kind[t]
        visits = tours.visits[tours.begins[t] : tours.begins[t + 1]]
        if not has_stock(p, s, kind, NOWHERE) or price_tour(p, kind, visits, len(visits), s.work)[0] == inf:
            continue
        begin_round(s)
        node = stops + 2 * open_tour(p, s, kind)
        new = node
        for visit in visits:
            if visit < 0:
                node = put_hub(p, s, -1 - visit, node)
            elif s.out_at[visit] != NOWHERE:
                put(p, s, visit, node)
                node = visit
        if refresh(p, f, s, (new - stops) // 2) < inf:
            commit(s)
        else:
            roll_back(p, s)
    return kept_eur


@njit(cache=True)
def _hold(p: KernelProblem, s: State, kind: int, visits: Indices) -> float:
    """Take a frozen tour's stops and resources away from the search; its cost [EUR]."""
    take_resources(p, s, kind, 1)
    for stop in visits:
        if stop >= 0:
            drop_out(s, stop)
            s.sums[SKIP_EUR] -= p.skip_eur[stop]
    return float(price_tour(p, kind, visits, len(visits), s.work)[0])


@njit(cache=True)
def read_plan(
    stops: int, kinds: Indices, following: Indices, hub: Indices
) -> tuple[Indices, Indices, Indices]:
    """Kinds, begins and visits of linked tours: the kind of each, the node after each node, the hub of each node."""
    kind = np.empty(len(kinds), np.int64)
    begins = np.zeros(len(kinds) + 1, np.int64)
    visits = np.empty(len(following), np.int64)
    tours, at = 0, 0
    for t in range(len(kinds)):
        if kinds[t] != NOWHERE:
            kind[tours] = kinds[t]
            tours += 1
            node = following[stops + 2 * t]
            while following[node] != NOWHERE:
                visits[at] = node if node < stops else -1 - hub[node]
                at += 1
                node = following[node]
            begins[tours] = at
    return kind[:tours], begins[: tours + 1], visits[:at]


def with_frozen(
    found: tuple[Indices, Indices, Indices], start: Plan, frozen: NDArray[np.bool_]
) -> KernelTours:
    """Return the frozen tours of the start, in their order, and then those found."""
    kind, begins, visits = found
    kept = np.flatnonzero(frozen)
    sizes = np.diff(start.begins)[kept]
    held = [start.visits[start.begins[t] : start.begins[t + 1]] for t in kept]
    return KernelTours(
        kind=np.concatenate([start.kind[kept], kind]).astype(np.int32),
        begins=np.concatenate([[0], np.cumsum(sizes), begins[1:] + sizes.sum()]).astype(np.int32),
        visits=np.concatenate([*held, visits]).astype(np.int32),
    )


@njit(cache=True)
def price_plan(p: KernelProblem, tours: Plan) -> tuple[float, bool]:
    """Exact objective of a plan, and whether it is legal.

    Parameters
    ----------
    p
        The problem, boxed.
    tours
        The plan. A stop may stand in it once at most.

    Returns
    -------
    tuple
        Cost of the legal tours and of the stops left out [EUR]; whether every tour keeps every rule and the
        resources suffice. The cost of a plan that is not legal is ``inf``.
    """
    needs, stock = p.needs, p.stock
    work = work_space()
    seen = np.zeros(len(p.place), np.bool_)
    used = np.zeros(len(stock), np.int64)
    total = 0.0
    for t in range(len(tours.kind)):
        kind = tours.kind[t]
        visits = tours.visits[tours.begins[t] : tours.begins[t + 1]]
        for stop in visits:
            if stop >= 0:
                if seen[stop]:
                    return inf, False
                seen[stop] = True
        for x in range(needs[kind], needs[kind + 1]):
            used[p.resource[x]] += 1
        total += price_tour(p, kind, visits, len(visits), work)[0]
    if np.any(used > stock) or total == inf:
        return inf, False
    for stop in range(len(seen)):
        if not seen[stop]:
            total += p.skip_eur[stop]
    return total, True
