"""Loads of a depot over several days when there are too many goods to look at every possible load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voltloop.collection.haul_exact import Departure, Lane
from voltloop.collection.onward_load import Contents

__all__ = ["heuristic_departures"]

_GREED = (0.0, 0.5, 0.8, 1.0, 1.2)
"""What taking goods along that could wait is worth, as a share of what they would cost later."""


@dataclass(slots=True)
class _Load:
    """Goods of one lane, as positions in it, with the price of the cheapest vehicle that takes them."""

    day: int
    goods: list[int]
    held: Contents
    cost_eur: float


def heuristic_departures(lanes: Sequence[Lane], days: int, room_kg: NDArray[np.float64]) -> list[Departure]:
    """Choose good loads of a depot over several days.

    Parameters
    ----------
    room_kg
        (days,) what may stay at the depot at the end of each day [kg]; ``inf`` without a limit.

    Notes
    -----
    Waiting is free, so a load leaves only when something aboard is due, when the depot would be too full, or
    on the last day when it pays against later. It takes along whatever fits, what is due first, in the
    vehicle whose price less the worth of what it takes is least. That is done for several values of that
    worth; of the results the best is taken per lane, or for the depot where its storage limit couples the
    lanes. Loads are dissolved into others where that saves.
    """
    if not np.isfinite(room_kg).any():
        return [
            departure
            for number, lane in enumerate(lanes)
            for departure in _best([lane], days, room_kg, first_lane=number)
        ]
    return _best(lanes, days, room_kg, first_lane=0)


def _best(
    lanes: Sequence[Lane], days: int, room_kg: NDArray[np.float64], *, first_lane: int
) -> list[Departure]:
    found = [_Search(lanes, days, room_kg, greed).run() for greed in _GREED]
    best = min(found, key=_Search.objective_eur)
    return [
        Departure(first_lane + number, load.day, tuple(sorted(load.goods)))
        for number, loads in enumerate(best.loads)
        for load in loads
    ]


class _Search:
    def __init__(self, lanes: Sequence[Lane], days: int, room_kg: NDArray[np.float64], greed: float) -> None:
        self._lanes, self._days, self._greed = lanes, days, greed
        self._gone = [np.zeros(len(lane.goods), bool) for lane in lanes]
        self._spare = room_kg.copy()
        """What more could stay at the end of each day [kg]; below 0 while the depot is too full."""
        for lane in lanes:
            for good, first in zip(lane.goods, lane.ready, strict=True):
                self._spare[first:] -= good.mass_kg
        self.loads: list[list[_Load]] = [[] for _ in lanes]

    def run(self) -> _Search:
        """Build the loads day by day, then dissolve those that others can take."""
        for day in range(self._days):
            for number, lane in enumerate(self._lanes):
                while any(due <= day for due in np.array(lane.due)[~self._gone[number]]):
                    self._go(number, self._fill(number, day))
                while day == self._days - 1 and self._waits(number, day):
                    load = self._fill(number, day)
                    if load.cost_eur >= self._later_eur(number, load.goods) - 1e-9:
                        break
                    self._go(number, load)
            while self._spare[day] < -1e-6 and self._make_room(day):
                pass
        for number in range(len(self._lanes)):
            while self._dissolve(number):
                pass
        return self

    def objective_eur(self) -> float:
        """Money of the loads, and what the rest will cost later [EUR]."""
        later = sum(
            np.array(lane.later_eur)[~gone].sum() for lane, gone in zip(self._lanes, self._gone, strict=True)
        )
        return float(later) + sum(load.cost_eur for loads in self.loads for load in loads)

    def _waits(self, number: int, day: int) -> list[int]:
        ready = np.array(self._lanes[number].ready) <= day
        return [int(good) for good in np.flatnonzero(ready & ~self._gone[number])]

    def _later_eur(self, number: int, goods: Sequence[int]) -> float:
        return sum(self._lanes[number].later_eur[good] for good in goods)

    def _fill(self, number: int, day: int) -> _Load:
        """Choose the load that leaves next in a lane: the vehicle whose price less the worth of its goods is least."""
        lane = self._lanes[number]
        order = sorted(
            self._waits(number, day), key=lambda good: (lane.due[good], -lane.later_eur[good], good)
        )
        options = []
        for kind in lane.kinds:
            held, goods = Contents(), []
            for good in order:
                if lane.rules.fits(kind, held, lane.goods[good]):
                    held.add(lane.goods[good])
                    goods.append(good)
            if order[0] not in goods:
                continue
            cheapest = lane.rules.cheapest(lane.kinds, held, lane.way) or kind
            price = lane.rules.objective_eur(cheapest, lane.way)
            options.append(
                (price - self._greed * self._later_eur(number, goods), _Load(day, goods, held, price))
            )
        return min(options, key=lambda option: option[0])[1]

    def _go(self, number: int, load: _Load) -> None:
        self._gone[number][load.goods] = True
        self._spare[load.day :] += load.held.mass_kg
        self.loads[number].append(load)

    def _make_room(self, day: int) -> bool:
        """Send the load that costs least above its worth per kilogram; False when nothing is left to send."""
        options = [
            (
                (load.cost_eur - self._later_eur(number, load.goods)) / max(load.held.mass_kg, 1e-9),
                number,
                load,
            )
            for number in range(len(self._lanes))
            if self._waits(number, day)
            for load in [self._fill(number, day)]
        ]
        if not options:
            return False
        _, number, load = min(options, key=lambda option: option[:2])
        self._go(number, load)
        return True

    def _dissolve(self, number: int) -> bool:
        """Give up one load of a lane whose goods others can take or that may stay, where that saves."""
        lane = self._lanes[number]
        for load in sorted(self.loads[number], key=lambda entry: entry.held.mass_kg):
            others = {
                id(other): (other, Contents.of(other.held.goods))
                for other in self.loads[number]
                if other is not load
            }
            moves: list[tuple[int, _Load | None]] = []
            spare = self._spare.copy()
            spare[load.day :] -= load.held.mass_kg
            for good in sorted(load.goods, key=lambda entry: -lane.later_eur[entry]):
                taker = self._taker(lane, good, others)
                if taker is None and lane.due[good] < self._days:
                    break
                moves.append((good, taker))
                if taker is not None:
                    others[id(taker)][1].add(lane.goods[good])
                    spare[taker.day :] += lane.goods[good].mass_kg
            else:
                prices = {key: _price(lane, held) for key, (_, held) in others.items()}
                more = sum(prices[key] - other.cost_eur for key, (other, _) in others.items())
                more += self._later_eur(number, [good for good, taker in moves if taker is None])
                if more < load.cost_eur - 1e-6 and (spare >= np.minimum(self._spare, 0.0) - 1e-6).all():
                    self.loads[number].remove(load)
                    self._gone[number][[good for good, taker in moves if taker is None]] = False
                    for good, taker in moves:
                        if taker is not None:
                            taker.goods.append(good)
                    for key, (other, held) in others.items():
                        other.held, other.cost_eur = held, prices[key]
                    self._spare = spare
                    return True
        return False

    @staticmethod
    def _taker(lane: Lane, good: int, others: dict[int, tuple[_Load, Contents]]) -> _Load | None:
        """Find the load, fullest first, that can take a good on a day that suits it."""
        for other, held in sorted(others.values(), key=lambda entry: -entry[1].mass_kg):
            in_time = lane.ready[good] <= other.day <= lane.due[good]
            if in_time and any(lane.rules.fits(kind, held, lane.goods[good]) for kind in lane.kinds):
                return other
        return None


def _price(lane: Lane, held: Contents) -> float:
    kind = lane.rules.cheapest(lane.kinds, held, lane.way)
    return lane.rules.objective_eur(kind, lane.way) if kind is not None else np.inf
