"""Which stops a stop may stand beside in time: those that may come right before it, and right behind."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit

from voltloop.collection.kernel.arrays import Floats, Ints
from voltloop.collection.kernel.plain_legs import Legs, between_stops
from voltloop.collection.kernel.timed_state import CLOSES, OPENS, SERVICE, Clock, Rules

__all__ = ["DRIVE", "Beside", "beside"]

DRIVE: Final = 1
_WAIT: Final = 0.2


class Beside(NamedTuple):
    """Near stops of each stop; those that may come before it and behind it nearest first in length and time.

    Attributes
    ----------
    around
        (N, a) nearest stops by length, whatever their hours.
    before, before_eur
        (N, k, 4) stops that may come right before, and the driving time from there [s], both whole numbers; the same
        memory as (N, k, 2), in which the cost of the leg from there [EUR] comes second. ``inf`` fills a row up.
    behind, behind_eur
        The same for stops that may come right behind, and the legs to them.
    """

    around: Ints
    before: Ints
    before_eur: Floats
    behind: Ints
    behind_eur: Floats


def beside(rules: Rules, legs: Legs, clock: Clock, near: Ints, around: int, count: int) -> Beside:
    """Choose near stops among candidates.

    Parameters
    ----------
    near
        (N, n) candidates, nearest first.
    around, count
        How many nearest stops there shall be whatever their hours, and how many each way beside a stop.
    """
    count = min(count, near.shape[1])
    sides = np.zeros((2, len(near), count, 2))
    sides[:, :, :, 1] = np.inf
    whole = sides.view(np.int32)
    _choose(rules.stop, legs, clock, near, sides, whole)
    return Beside(
        np.ascontiguousarray(near[:, :around]),
        whole[0].copy(),
        sides[0].copy(),
        whole[1].copy(),
        sides[1].copy(),
    )


@njit(cache=True)
def _choose(rule: Floats, legs: Legs, clock_: Clock, near: Ints, sides: Floats, whole: Ints) -> None:
    law, point, _, road = legs
    clock, time_point, _, speed = clock_
    candidates, count = near.shape[1], sides.shape[2]
    apart = np.empty(candidates)
    eur, drive = np.empty(candidates), np.empty(candidates)
    for stop in range(len(rule)):
        for side in range(2):
            for k in range(candidates):
                other = near[stop, k]
                a, b = (other, stop) if side == 0 else (stop, other)
                eur[k] = between_stops(law, point, road, a, b)
                drive[k] = between_stops(clock, time_point, speed, a, b)
                gone = rule[a, SERVICE] + drive[k]
                apart[k] = np.inf
                if rule[a, OPENS] + gone <= rule[b, CLOSES]:
                    wait = max(rule[b, OPENS] - rule[a, CLOSES] - gone, 0.0)
                    apart[k] = eur[k] + _WAIT * wait * eur[k] / max(drive[k], 1.0)
            chosen = np.argsort(apart)[:count]
            for x in range(count):
                k = chosen[x]
                if apart[k] < np.inf:
                    whole[side, stop, x, 0], whole[side, stop, x, DRIVE] = near[stop, k], drive[k]
                    sides[side, stop, x, 1] = eur[k]
