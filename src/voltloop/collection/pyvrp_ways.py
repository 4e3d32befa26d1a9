"""Vehicle types of PyVRP: which ways of using a vehicle are one, and how many vehicles each has."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from voltloop.collection.days import DayClass
from voltloop.collection.translate import Translation
from voltloop.collection.uses import Use

__all__ = ["Way", "ways_of"]

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Way:
    """Kinds of the arrays that are one vehicle type here, the stops it may serve, and how many there are."""

    kinds: tuple[int, ...]
    allowed: Bools
    number: int


def ways_of(found: Translation, begun: Counter[int], *, is_cautious: bool) -> list[Way]:
    """Vehicle types: days together unless told apart; ways of using the same vehicles get shares of them.

    The tours at the start keep theirs. Of the rest the way that may serve most gets all that it can use; a way that is
    left without any is given its own number all the same where nobody else serves some stop: the choice among the tours
    then tells how many there are.
    """
    p = found.arrays
    stops = len(found.stops)
    any_day = DayClass(0, 0)
    groups: dict[Use, list[int]] = defaultdict(list)
    for kind, use in enumerate(found.uses):
        groups[use if is_cautious else replace(use, days=any_day)].append(kind)
    needs = [p.resource[p.needs[kind] : p.needs[kind + 1]].tolist() for kind in range(len(found.uses))]
    fleets: dict[int, set[int]] = defaultdict(set)
    for kind, members in enumerate(needs):
        for resource in members:
            fleets[resource].add(found.uses[kind].fleet)
    own = [{resource for resource in members if len(fleets[resource]) == 1} for members in needs]

    def stock(resources: Iterable[int]) -> int:
        return min((int(p.stock[resource]) for resource in resources), default=stops)

    limits = {use: sum(stock(needs[kind]) for kind in kinds) for use, kinds in groups.items()}
    shared: dict[tuple[int, DayClass], int] = {}
    for use, kinds in groups.items():
        shared[use.fleet, use.days] = max(
            shared.get((use.fleet, use.days), 0), sum(stock(own[kind]) for kind in kinds)
        )
    number = {use: sum(begun[kind] for kind in kinds) for use, kinds in groups.items()}
    for use in groups:
        shared[use.fleet, use.days] -= number[use]
    allowed = {use: np.asarray(p.allowed[:, kinds].any(axis=1)) for use, kinds in groups.items()}
    served = np.zeros(stops, np.bool_)
    for use in sorted(groups, key=lambda one: -int(allowed[one].sum())):
        more = max(min(limits[use] - number[use], shared[use.fleet, use.days]), 0)
        number[use] += more
        shared[use.fleet, use.days] -= more
        if number[use] == 0 and (allowed[use] & ~served).any():
            number[use] = limits[use]
        if number[use]:
            served |= allowed[use]
    return [Way(tuple(kinds), allowed[use], number[use]) for use, kinds in groups.items() if number[use] > 0]
