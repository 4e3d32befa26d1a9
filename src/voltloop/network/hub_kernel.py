"""Compiled parts of choosing hubs: the Lagrangian bound, and serving from hubs that are open.

Every slice is one period of one scenario, every item one commodity at one origin. With a price for having an item
taken, what is left falls apart into one continuous knapsack per hub and slice, and one choice of periods per hub. For
any price of room the knapsack is bounded from below, so the bound holds however roughly that price was found.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

__all__ = ["Hubs", "ascend", "serve"]


class Hubs(NamedTuple):
    """The problem as the kernels see it: J hubs, N items, Q slices, T periods.

    Attributes
    ----------
    cost, penalty, size
        (J, N), (N,), (N,) cost of taking one unit at a hub, of not taking it, and room it needs.
    amount, weight, period
        (Q, N), (Q,), (Q,) units that arise, what the money of a slice counts, its period.
    capacity, opening, running, closing
        (J, T) room, and money that already counts as it should.
    """

    cost: Any
    penalty: Any
    size: Any
    amount: Any
    weight: Any
    period: Any
    capacity: Any
    opening: Any
    running: Any
    closing: Any


@njit(cache=True)
def _knapsack(gain: Any, size: Any, amount: Any, room: float) -> tuple[float, float]:
    """Bound from below of the best filling, and the price of room that gives it."""
    total, load, high = 0.0, 0.0, 0.0
    for n in range(len(gain)):
        if gain[n] < 0.0:
            total += gain[n] * amount[n]
            load += size[n] * amount[n]
            if size[n] > 0.0:
                high = max(high, -gain[n] / size[n])
    if load <= room:
        return total, 0.0
    low, best, chosen = 0.0, total, 0.0
    for _ in range(14):
        price = 0.5 * (low + high)
        value, load = -price * room, 0.0
        for n in range(len(gain)):
            left = gain[n] + price * size[n]
            if left < 0.0:
                value += left * amount[n]
                load += size[n] * amount[n]
        best = max(best, value)
        if load > room:
            low = price
        else:
            high, chosen = price, price
    return best, chosen


@njit(cache=True)
def _schedule(value: Any, opening: Any, running: Any, closing: Any, is_open: Any) -> float:
    """Least cost of one hub over its periods, closed before the first; ``is_open`` (T,) receives when it is open."""
    periods = len(value)
    before = np.empty((periods, 2), np.int64)
    shut, run = 0.0, np.inf
    for t in range(periods):
        stay, enter = run, shut + opening[t]
        before[t, 1] = 1 if stay <= enter else 0
        leave = run + closing[t]
        before[t, 0] = 0 if shut <= leave else 1
        run, shut = min(stay, enter) + running[t] + value[t], min(shut, leave)
    state = 0 if shut <= run else 1
    least = min(shut, run)
    for t in range(periods - 1, -1, -1):
        is_open[t] = state == 1
        state = before[t, state]
    return least


@njit(cache=True)
def ascend(hubs: Any, price: Any, target: float, rounds: int, step: float) -> tuple[float, Any, Any, Any]:
    """Raise the bound by a deflected subgradient, every step in the measure of what an item is worth.

    Parameters
    ----------
    hubs
        A :class:`Hubs`.
    price
        (Q, N) to start from; receives the prices of the best bound.
    target
        Value that the bound aims at.
    rounds, step
        Evaluations at most, and the first step as a share of the way to the target.

    Returns
    -------
    tuple
        Best bound; when hubs are open there (J, T); share of the last half of the rounds that they were open
        (J, T); prices of room (J, Q) at the best bound.
    """
    hub_count, items = hubs.cost.shape
    slices, periods = len(hubs.weight), hubs.capacity.shape[1]
    gain, value = np.empty(items), np.empty((hub_count, periods))
    room_price = np.zeros((hub_count, slices))
    is_open = np.zeros((hub_count, periods), np.bool_)
    best, best_price, best_open = -np.inf, price.copy(), is_open.copy()
    best_room, often = room_price.copy(), np.zeros((hub_count, periods))
    way, gap = np.zeros((slices, items)), np.empty((slices, items))
    stalled, counted = 0, 0
    for turn in range(rounds):
        value[:] = 0.0
        bound = 0.0
        for q in range(slices):
            t, weight = hubs.period[q], hubs.weight[q]
            bound += weight * (hubs.amount[q] * price[q]).sum()
            for j in range(hub_count):
                for n in range(items):
                    gain[n] = hubs.cost[j, n] - price[q, n]
                least, room_price[j, q] = _knapsack(gain, hubs.size, hubs.amount[q], hubs.capacity[j, t])
                value[j, t] += weight * least
        for j in range(hub_count):
            bound += _schedule(value[j], hubs.opening[j], hubs.running[j], hubs.closing[j], is_open[j])
        if 2 * turn >= rounds:
            often += is_open
            counted += 1
        if bound > best:
            if bound > best + 1e-4 * abs(target - bound):
                stalled = 0
            best = bound
            best_price[:], best_open[:], best_room[:] = price, is_open, room_price
        else:
            stalled += 1
        if best >= target:
            break
        if stalled >= 8:
            step, stalled = 0.6 * step, 0
            price[:] = best_price
            way[:] = 0.0
            if step < 1e-3:
                break
        gap[:] = 1.0
        for q in range(slices):
            t = hubs.period[q]
            for j in range(hub_count):
                if is_open[j, t]:
                    dear = room_price[j, q]
                    for n in range(items):
                        if hubs.cost[j, n] + dear * hubs.size[n] < price[q, n]:
                            gap[q, n] -= 1.0
        size = 0.0
        for q in range(slices):
            for n in range(items):
                way[q, n] = gap[q, n] if turn == 0 else 0.7 * way[q, n] + 0.3 * gap[q, n]
                size += hubs.weight[q] * hubs.amount[q, n] * way[q, n] ** 2
        if size <= 0.0:
            break
        scale = step * (target - bound) / size
        for q in range(slices):
            for n in range(items):
                price[q, n] = min(hubs.penalty[n], price[q, n] + scale * way[q, n])
    price[:] = best_price
    return best, best_open, often / max(1, counted), best_room


@njit(cache=True)
def serve(hubs: Any, q: int, is_open: Any, room_price: Any, rounds: int) -> float:
    """Cost of serving one slice from the hubs that are open, near the least, before its weight.

    Parameters
    ----------
    hubs, q
        A :class:`Hubs`, and the slice.
    is_open
        (J,) in the period of the slice.
    room_price
        (J,) prices of room to start from; changed.
    rounds
        Times that the prices of room are adjusted before what is too much moves on, the least loss first.
    """
    hub_count, items = hubs.cost.shape
    amount, t = hubs.amount[q], hubs.period[q]
    load, taker = np.zeros(hub_count), np.empty(items, np.int64)
    scale = 0.0
    for turn in range(rounds + 1):
        load[:] = 0.0
        for n in range(items):
            taker[n], least = -1, hubs.penalty[n]
            for j in range(hub_count):
                if is_open[j]:
                    asked = hubs.cost[j, n] + room_price[j] * hubs.size[n]
                    if asked < least:
                        taker[n], least = j, asked
            if taker[n] >= 0:
                load[taker[n]] += hubs.size[n] * amount[n]
        if turn == rounds:
            break
        if turn == 0:
            for n in range(items):
                scale = max(scale, hubs.cost[max(taker[n], 0), n] / max(hubs.size[n], 1e-9))
        is_over = False
        for j in range(hub_count):
            if is_open[j]:
                excess = (load[j] - hubs.capacity[j, t]) / max(hubs.capacity[j, t], 1e-9)
                is_over |= excess > 0.0
                move = 0.1 * scale / (1.0 + turn) * min(1.0, max(-1.0, excess))
                room_price[j] = max(0.0, room_price[j] + move)
        if not is_over and room_price.max() == 0.0:
            break
    return _repair(hubs, q, is_open, taker, load)


@njit(cache=True)
def _repair(hubs: Any, q: int, is_open: Any, taker: Any, load: Any) -> float:
    hub_count, items = hubs.cost.shape
    amount, t = hubs.amount[q], hubs.period[q]
    spare = np.where(is_open, hubs.capacity[:, t] - load, 0.0)
    total = 0.0
    for n in range(items):
        total += amount[n] * (hubs.cost[taker[n], n] if taker[n] >= 0 else hubs.penalty[n])
    for j in range(hub_count):
        if not is_open[j] or spare[j] >= 0.0:
            continue
        mine = np.flatnonzero((taker == j) & (amount > 0.0) & (hubs.size > 0.0))
        loss = np.empty(len(mine))
        for place in range(len(mine)):
            n = mine[place]
            other = hubs.penalty[n]
            for i in range(hub_count):
                if is_open[i] and spare[i] > 0.0:
                    other = min(other, hubs.cost[i, n])
            loss[place] = (other - hubs.cost[j, n]) / hubs.size[n]
        for place in np.argsort(loss):
            n = mine[place]
            left = min(amount[n], -spare[j] / hubs.size[n])
            spare[j] += left * hubs.size[n]
            while left > 0.0:
                to, least = -1, hubs.penalty[n]
                for i in range(hub_count):
                    if is_open[i] and i != j and spare[i] > 1e-9 and hubs.cost[i, n] < least:
                        to, least = i, hubs.cost[i, n]
                part = left if to < 0 else min(left, spare[to] / hubs.size[n])
                total += part * (least - hubs.cost[j, n])
                if to >= 0:
                    spare[to] -= part * hubs.size[n]
                left -= part
            if spare[j] >= -1e-9:
                spare[j] = 0.0
                break
    return total
