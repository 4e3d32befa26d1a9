"""Goods of a depot that go on over several days, and the best loads of all there are while these are few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from voltloop.collection.onward_load import Contents, Good, LoadRules, Way
from voltloop.collection.vehicles import VehicleKind

__all__ = ["Departure", "Lane", "exact_departures"]


@dataclass(frozen=True)
class Lane:
    """Goods of a depot for one site over the planning days.

    Attributes
    ----------
    ready, due
        Per good the first and the last day to leave, numbered from 0; ``due`` is the number of days where it
        may stay.
    """

    way: Way
    kinds: tuple[VehicleKind, ...]
    goods: tuple[Good, ...]
    ready: tuple[int, ...]
    due: tuple[int, ...]
    rules: LoadRules

    @cached_property
    def costs(self) -> tuple[float, ...]:
        """Objective of one load per kind of vehicle [EUR]."""
        return tuple(self.rules.objective_eur(kind, self.way) for kind in self.kinds)

    @cached_property
    def later_eur(self) -> tuple[float, ...]:
        """What each good will cost when it leaves after the last day: its share of a full load of the best vehicle."""
        return tuple(float(most) for most in self._shares_eur.max(axis=1))

    @cached_property
    def bound_eur(self) -> float:
        """No loads cost less: in each measure every good pays at least its share of the best full load."""
        return float(self._shares_eur.sum(axis=0).max(initial=0.0))

    @cached_property
    def _shares_eur(self) -> NDArray[np.float64]:
        """(goods, measures): least money for the mass, floor and volume that a good takes of a vehicle."""
        kinds = self.kinds
        most = np.array([(kind.payload_kg, kind.floor_positions, kind.volume_m3) for kind in kinds])
        eur = np.array(self.costs)[:, None] / np.where(most > 0, most, np.inf)
        found = np.empty((len(self.goods), 3))
        for row, good in enumerate(self.goods):
            able = [column for column, kind in enumerate(kinds) if self.rules.fits(kind, Contents(), good)]
            found[row] = np.array([good.mass_kg, good.floor_positions, good.volume_m3]) * eur[able].min(
                axis=0
            )
        return found


@dataclass(frozen=True, slots=True)
class Departure:
    """A load that leaves: lane and day numbered from 0, its goods as positions in the lane."""

    lane: int
    day: int
    goods: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Pattern:
    lane: int
    goods: tuple[int, ...]
    ready: int
    due: int
    cost_eur: float
    mass_kg: float


def exact_departures(
    lanes: Sequence[Lane], days: int, room_kg: NDArray[np.float64], *, most_columns: int
) -> tuple[list[Departure], float] | None:
    """Choose the best loads of a depot among all there are.

    Parameters
    ----------
    room_kg
        (days,) what may stay at the depot at the end of each day [kg]; ``inf`` without a limit.
    most_columns
        Loads times days up to which this is tried.

    Returns
    -------
    tuple or None
        The loads and the least objective [EUR], or None when there are too many possible loads.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    is_limited = bool(np.isfinite(room_kg).any())
    columns: list[tuple[_Pattern, int]] = []
    for number, lane in enumerate(lanes):
        for pattern in _patterns(number, lane, days, most_columns):
            last = min(pattern.due, days - 1) if is_limited else pattern.ready
            columns.extend((pattern, day) for day in range(pattern.ready, last + 1))
            if len(columns) > most_columns:
                return None
    first = np.cumsum([0, *(len(lane.goods) for lane in lanes)])
    many, items = len(columns), int(first[-1])
    cells = [(int(first[p.lane]) + g, column) for column, (p, _) in enumerate(columns) for g in p.goods]
    cells += [(row, many + row) for row in range(items)]
    once = csr_array((np.ones(len(cells)), tuple(np.array(cells).T)), shape=(items, many + items))
    constraints = [LinearConstraint(once, 1, 1)]
    if is_limited:
        mass = np.array([p.mass_kg for p, _ in columns])
        leaves = np.array([day for _, day in columns])
        gone = np.where(leaves[None, :] <= np.arange(days)[:, None], mass, 0.0)
        there = np.array([good.mass_kg for lane in lanes for good in lane.goods])
        ready = np.array([day for lane in lanes for day in lane.ready])
        arrived = (there[None, :] * (ready[None, :] <= np.arange(days)[:, None])).sum(axis=1)
        least = np.hstack([gone, np.zeros((days, items))])
        constraints.append(LinearConstraint(least, arrived - room_kg - 1e-6, np.inf))
    later = [value for lane in lanes for value in lane.later_eur]
    may_stay = [float(due >= days) for lane in lanes for due in lane.due]
    # Of loads that cost the same, the earlier one.
    cost = [p.cost_eur * (1 + 1e-7 * day) for p, day in columns]
    found = milp(
        np.array([*cost, *later]),
        constraints=constraints,
        bounds=Bounds(0, np.array([1.0] * many + may_stay)),
        integrality=np.ones(many + items),
        options={"mip_rel_gap": 1e-9},
    )
    if found.x is None:
        return None
    chosen = [
        Departure(p.lane, day, p.goods) for x, (p, day) in zip(found.x, columns, strict=False) if x > 0.5
    ]
    return chosen, float(found.mip_dual_bound)


def _patterns(number: int, lane: Lane, days: int, most: int) -> list[_Pattern]:
    """Every set of goods of a lane that one vehicle may carry on one day, or as many as are too many."""
    found: list[_Pattern] = []

    def grow(first: int, chosen: tuple[int, ...]) -> None:
        for good in range(first, len(lane.goods)):
            if len(found) > most:
                return
            held = Contents.of(lane.goods[other] for other in chosen)
            if not any(lane.rules.fits(kind, held, lane.goods[good]) for kind in lane.kinds):
                continue
            more = (*chosen, good)
            ready, due = max(lane.ready[g] for g in more), min(lane.due[g] for g in more)
            if ready > due or ready >= days:
                continue
            load = Contents.of(lane.goods[other] for other in more)
            kind = lane.rules.cheapest(lane.kinds, load, lane.way)
            if kind is not None:
                cost = lane.rules.objective_eur(kind, lane.way)
                found.append(_Pattern(number, more, ready, due, cost, load.mass_kg))
            grow(good + 1, more)

    grow(0, ())
    return found
