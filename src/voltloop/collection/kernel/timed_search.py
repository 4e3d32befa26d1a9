"""Ruin and recreate where one capacity and time windows limit: the compiled loops.

References
----------
Christiaens, Vanden Berghe (2020): Slack induction by string removals for vehicle routing problems. Transportation
Science 54(2), 417-433: strings and split strings (algorithm 2), insertion with blinks (algorithm 3), orders of putting
back with windows (section 6.3).
"""

from __future__ import annotations

from math import inf, log
from typing import Final

from numba import njit

from voltloop.collection.kernel.arrays import Floats, Ints
from voltloop.collection.kernel.plain_legs import Law, Legs, between_stops
from voltloop.collection.kernel.plain_state import Longs
from voltloop.collection.kernel.random import State, below, unit
from voltloop.collection.kernel.timed_near import DRIVE, Beside
from voltloop.collection.kernel.timed_state import (
    BEST,
    CLOSES,
    CURRENT,
    DIRTY,
    DRIVE_S,
    EARLY,
    FREE,
    FROM_PREV,
    ITERATION,
    LATE,
    LOAD,
    N_OUT,
    NEXT,
    OPEN,
    OPENS,
    PREV,
    SAVED,
    SERVICE,
    SIZE,
    SKIP,
    TO_NEXT,
    TOUR,
    USED,
    Clock,
    Journal,
    Rules,
    Tours,
    earlier,
    join,
    later,
    save,
)

__all__ = ["run"]

_AVERAGE_REMOVED: Final = 10.0
_LONGEST_STRING: Final = 10.0
_LONGEST_SHARE: Final = 0.25
_SPLIT: Final = 0.5
_KEEP_ONE_MORE: Final = 0.8
_BLINK: Final = 0.01
_OUT_TRIED: Final = 10
_BOLD: Final = 0.1
"""Share of iterations with stops left out in which a tour may be opened for one of them before it pays."""

# See plain_search: ruins begin near a point that moves along the numbering of the stops.
_NEIGHBOURHOOD: Final = 1000
_TIMES_PER_STOP: Final = 2

_NOWHERE: Final = -1
_NEW_TOUR: Final = -2


@njit(cache=True)
def run(
    tours: Tours, log_: Journal, beside: Beside, legs: Legs, clock_: Clock, rules: Rules,
    random: State, heat: Floats, times: int, waiting: int,
) -> None:  # fmt: skip
    """Ruin and recreate a number of times.

    Parameters
    ----------
    heat
        Temperature [EUR], and the factor by which it changes at each iteration. The former is kept up to date.
    waiting
        Stops at the head of the journal's order, all left out, that are put in where they cost least in place of a
        ruin, in this order; 0 for a search.
    """
    # Arrays are taken out of their tuples once, here: each time that costs a locked count of references.
    node, line, out, out_at, counts, eur = tours
    stamp, saved, saved_line, ruined, order, key, pooled, mark, dirty, best_next = log_
    around, before, before_eur, behind, behind_eur = beside
    law, point, depot, road = legs
    clock, time_point, depot_s, speed = clock_
    rule, rank, odds, room = rules
    for _ in range(times):
        counts[ITERATION] += 1
        counts[SAVED] = 0
        first_free, opened = counts[FREE], counts[OPEN]
        outside, change = waiting, 0.0
        for i in range(waiting):
            change -= rule[order[i], SKIP]
        if waiting == 0:
            outside, change = _ruin(
                node, line, counts, stamp, saved, saved_line, ruined, order, pooled, out, out_at, around, rule,
                law, point, depot, road, clock, time_point, depot_s, speed, random,
            )  # fmt: skip
        # Drawn beforehand: what costs more than may be accepted is given up half-way.
        limit = -heat[0] * log(1.0 - unit(random))
        heat[0] *= heat[1]
        is_kept = outside >= 0
        if is_kept and waiting == 0:
            _arrange(outside, rank, odds, order, key, random)
        is_bold = waiting == 0 and counts[N_OUT] > 0 and unit(random) < _BOLD
        may_open = is_bold
        for i in range(outside):
            stop = order[i]
            skip = rule[stop, SKIP]
            best, after = skip if is_bold else min(skip, limit - change), _NOWHERE
            alone = inf
            if counts[OPEN] < len(node) - len(rule):
                alone = depot[stop, 0] + depot[stop, 1] + law.eur_per_tour
                if alone < best:
                    best, after = alone, _NEW_TOUR
            best, after = _best_place(
                node, line, before, before_eur, behind, behind_eur, rule, law, point, depot, road,
                clock, time_point, depot_s, speed, random, stop, room[0] - rule[stop, LOAD], best, after,
            )  # fmt: skip
            if after == _NOWHERE and may_open and alone < inf:
                best, after, may_open = alone, _NEW_TOUR, False
            if after != _NOWHERE:
                _insert(
                    node, line, counts, stamp, saved, saved_line, rule, law, point, depot, road,
                    clock, time_point, depot_s, speed, stop, after,
                )  # fmt: skip
            elif change + skip >= limit and not is_bold:
                is_kept = False
                break
            else:
                best = skip
            change += best
        if not (is_kept and change < limit):
            for i in range(counts[SAVED]):
                for j in range(8):
                    line[saved[i], j] = saved_line[i, j]
            counts[FREE], counts[OPEN] = first_free, opened
            continue
        for i in range(outside):
            _list_out(node, out, out_at, counts, order[i])
        for i in range(counts[SAVED]):
            if mark[saved[i]] == 0:
                mark[saved[i]] = 1
                dirty[counts[DIRTY]] = saved[i]
                counts[DIRTY] += 1
        eur[CURRENT] += change
        if eur[CURRENT] < eur[BEST] * (1.0 - 1e-13):
            eur[BEST] = eur[CURRENT]
            for i in range(counts[DIRTY]):
                best_next[dirty[i]] = node[dirty[i], NEXT]
                mark[dirty[i]] = 0
            counts[DIRTY] = 0


@njit(cache=True)
def _list_out(node: Ints, out: Ints, out_at: Ints, counts: Longs, stop: int) -> None:
    """Enter a stop into the list of those left out, or take it from there."""
    if node[stop, TOUR] < 0:
        if out_at[stop] < 0:
            out[counts[N_OUT]], out_at[stop] = stop, counts[N_OUT]
            counts[N_OUT] += 1
    elif out_at[stop] >= 0:
        counts[N_OUT] -= 1
        last = out[counts[N_OUT]]
        out[out_at[stop]], out_at[last] = last, out_at[stop]
        out_at[stop] = -1


@njit(cache=True)
def _ruin(
    node: Ints, line: Floats, counts: Longs, stamp: Longs, saved: Ints, saved_line: Floats, ruined: Longs, order: Ints,
    pooled: Longs, out: Ints, out_at: Ints, around: Ints, rule: Floats, law: Law, point: Floats, depot: Floats,
    road: Floats, clock: Law, time_point: Floats, depot_s: Floats, speed: Floats, random: State,
) -> tuple[int, float]:  # fmt: skip
    """Take strings of stops out of tours around a random stop, and choose some that are left out.

    Returns
    -------
    tuple
        How many stops there are to put back, -1 where a tour without its stops would be late; the change of cost, with
        no price for those that are out.
    """
    stops = len(rule)
    longest = min(_LONGEST_STRING, 1.0 + _LONGEST_SHARE * (stops - counts[N_OUT]) / max(counts[OPEN], 1))
    wanted = int(1.0 + unit(random) * (4.0 * _AVERAGE_REMOVED / (1.0 + longest) - 1.0))
    seed = (counts[ITERATION] // _TIMES_PER_STOP + below(random, min(_NEIGHBOURHOOD, stops))) % stops
    outside, change, tried = 0, 0.0, 0
    if counts[N_OUT] > 0:
        stop = out[below(random, counts[N_OUT])]
        order[outside], pooled[stop] = stop, counts[ITERATION]
        change -= rule[stop, SKIP]
        outside += 1
    for k in range(-1, around.shape[1]):
        centre = seed if k < 0 else around[seed, k]
        tour = node[centre, TOUR]
        if tour < 0:
            is_new = out_at[centre] >= 0 and pooled[centre] != counts[ITERATION] and tried < _OUT_TRIED
            if is_new and unit(random) < 0.5:
                order[outside], pooled[centre] = centre, counts[ITERATION]
                change -= rule[centre, SKIP]
                outside += 1
                tried += 1
            continue
        if wanted == 0 or ruined[tour] == counts[ITERATION]:
            continue
        ruined[tour] = counts[ITERATION]
        home = stops + tour
        save(line, counts, stamp, saved, saved_line, home)
        size = node[home, SIZE]
        length = min(int(1.0 + unit(random) * min(float(size), longest)), size)
        kept = 0
        if 1 < length < size and unit(random) < _SPLIT:
            kept = 1
            while length + kept < size and unit(random) < _KEEP_ONE_MORE:
                kept += 1
        first = _window(node, stops, random, centre, length + kept)
        head = length if kept == 0 else below(random, length + 1)
        for part in range(2):
            take = head if part == 0 else length - head
            if part == 1:
                for _ in range(kept):
                    first = node[first, NEXT]
            if take == 0:
                continue
            prev, stop = node[first, PREV], first
            save(line, counts, stamp, saved, saved_line, prev)
            change -= line[prev, TO_NEXT]
            for _ in range(take):
                save(line, counts, stamp, saved, saved_line, stop)
                order[outside] = stop
                outside += 1
                line[home, USED] -= rule[stop, LOAD]
                change -= line[stop, TO_NEXT]
                node[stop, TOUR] = -1
                # Nothing is worth inserting beside a stop that is out.
                line[stop, TO_NEXT], line[stop, FROM_PREV] = -inf, -inf
                stop = node[stop, NEXT]
            save(line, counts, stamp, saved, saved_line, stop)
            change += join(node, line, law, point, depot, road, clock, time_point, depot_s, speed, prev, stop)
            node[home, SIZE] -= take
            first = stop
            if line[prev, EARLY] + line[stop, DRIVE_S] > line[stop, LATE]:
                return -1, 0.0
            later(node, line, rule, counts, stamp, saved, saved_line, stop)
            earlier(node, line, rule, counts, stamp, saved, saved_line, prev)
        if node[home, SIZE] == 0:
            counts[OPEN] -= 1
            counts[FREE] = min(counts[FREE], tour)
            change -= law.eur_per_tour
        wanted -= 1
        if wanted == 0 and counts[N_OUT] == 0:
            break
    return outside, change


@njit(cache=True)
def _window(node: Ints, stops: int, random: State, centre: int, length: int) -> int:
    """First stop of a string of a length that holds the centre, each possible one as likely as the others."""
    first, before = centre, 0
    while before < length - 1 and node[first, PREV] < stops:
        first = node[first, PREV]
        before += 1
    last, after = centre, 0
    while after < length - 1 and node[last, NEXT] < stops:
        last = node[last, NEXT]
        after += 1
    for _ in range(below(random, before + after + 2 - length)):
        first = node[first, NEXT]
    return first


@njit(cache=True)
def _arrange(outside: int, rank: Floats, odds: Floats, order: Ints, key: Floats, random: State) -> None:
    """Order of putting back, drawn anew."""
    draw, row = unit(random), 0
    while row < len(odds) and draw >= odds[row]:
        row += 1
    for i in range(outside):
        stop = order[i]
        value = rank[row, stop] if row < len(odds) else unit(random)
        j = i
        while j > 0 and key[j - 1] > value:
            key[j], order[j] = key[j - 1], order[j - 1]
            j -= 1
        key[j], order[j] = value, stop


@njit(cache=True)
def _best_place(
    node: Ints, line: Floats, before: Ints, before_eur: Floats, behind: Ints, behind_eur: Floats, rule: Floats,
    law: Law, point: Floats, depot: Floats, road: Floats, clock: Law, time_point: Floats, depot_s: Floats,
    speed: Floats, random: State, stop: int, free: float, best: float, after: int,
) -> tuple[float, int]:  # fmt: skip
    """Cheapest legal place beside near neighbours with a load of at most ``free``: its cost, and the node before it.

    A place that costs no less than ``best`` is not looked for. Between a neighbour and a node that is farther away
    or has been looked at, a stop costs at least twice the leg to the neighbour less the leg it replaces: most places
    are ruled out by that alone.
    """
    stops = len(rule)
    opens, closes, service = rule[stop, OPENS], rule[stop, CLOSES], rule[stop, SERVICE]
    to_depot = depot[stop, 1]
    for k in range(before.shape[1]):
        other, there = before[stop, k, 0], before_eur[stop, k, 1]
        if there + min(there, to_depot) - best >= line[other, TO_NEXT]:
            continue
        departs = max(line[other, EARLY] + before[stop, k, DRIVE], opens) + service
        if departs - service > closes or line[stops + node[other, TOUR], USED] > free:
            continue
        beyond = node[other, NEXT]
        onward = to_depot if beyond >= stops else between_stops(law, point, road, stop, beyond)
        eur = there + onward - line[other, TO_NEXT]
        if eur < best:
            drive = (
                depot_s[stop, 1] if beyond >= stops else between_stops(clock, time_point, speed, stop, beyond)
            )
            if departs + drive <= line[beyond, LATE] and unit(random) >= _BLINK:
                best, after = eur, other
    from_depot = depot[stop, 0]
    for k in range(behind.shape[1]):
        other, there = behind[stop, k, 0], behind_eur[stop, k, 1]
        if there + min(there, from_depot) - best >= line[other, FROM_PREV]:
            continue
        begins = min(line[other, LATE] - behind[stop, k, DRIVE] - service, closes)
        if begins < opens or line[stops + node[other, TOUR], USED] > free:
            continue
        beyond = node[other, PREV]
        onward = from_depot if beyond >= stops else between_stops(law, point, road, beyond, stop)
        eur = there + onward - line[other, FROM_PREV]
        if eur < best:
            drive = (
                depot_s[stop, 0] if beyond >= stops else between_stops(clock, time_point, speed, beyond, stop)
            )
            if line[beyond, EARLY] + drive <= begins and unit(random) >= _BLINK:
                best, after = eur, beyond
    return best, after


@njit(cache=True)
def _insert(
    node: Ints, line: Floats, counts: Longs, stamp: Longs, saved: Ints, saved_line: Floats, rule: Floats,
    law: Law, point: Floats, depot: Floats, road: Floats, clock: Law, time_point: Floats, depot_s: Floats,
    speed: Floats, stop: int, after: int,
) -> None:  # fmt: skip
    stops = len(rule)
    if after == _NEW_TOUR:
        tour = counts[FREE]
        while node[stops + tour, SIZE] > 0:
            tour += 1
        counts[FREE] = tour + 1
        after = stops + tour
        counts[OPEN] += 1
    tour = node[after, TOUR]
    beyond = node[after, NEXT]
    save(line, counts, stamp, saved, saved_line, stop)
    save(line, counts, stamp, saved, saved_line, after)
    save(line, counts, stamp, saved, saved_line, beyond)
    save(line, counts, stamp, saved, saved_line, stops + tour)
    join(node, line, law, point, depot, road, clock, time_point, depot_s, speed, after, stop)
    join(node, line, law, point, depot, road, clock, time_point, depot_s, speed, stop, beyond)
    node[stop, TOUR] = tour
    line[stops + tour, USED] += rule[stop, LOAD]
    node[stops + tour, SIZE] += 1
    # Impossible values, so that the labels of the stop count as changed.
    line[stop, EARLY], line[stop, LATE] = inf, -inf
    later(node, line, rule, counts, stamp, saved, saved_line, stop)
    earlier(node, line, rule, counts, stamp, saved, saved_line, stop)
