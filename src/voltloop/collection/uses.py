"""The ways of using each vehicle kind, and the vehicles and drivers that these ways share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from voltloop.collection.days import DayClass
from voltloop.collection.model import Problem, VehicleKind
from voltloop.collection.reach import Demands, pairwise_rule

__all__ = ["Leaves", "Resource", "Taken", "Use", "find_uses", "resources_of"]

Bools = NDArray[np.bool_]

_SLACK = 1e-6
_MOST_HUB_SETS = 3
_MOST_TRAININGS = 8
_MOST_UNIONS = 32


@dataclass(frozen=True, slots=True)
class Use:
    """One way of using a vehicle kind.

    Attributes
    ----------
    fleet
        Position in :attr:`Problem.fleet`.
    is_adr
        Above the small-load relief, with plates and a certified driver.
    profile
        Road profile.
    training
        What the driver must be trained for.
    days
        Class of planning days.
    hubs
        Hubs that it may unload at, as positions in the kind's ``reload_at``.
    """

    fleet: int
    is_adr: bool
    profile: str
    training: frozenset[str]
    days: DayClass
    hubs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """Vehicles or drivers that several uses share: numbers of the uses, and how many there are."""

    uses: tuple[int, ...]
    stock: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A vehicle and driver that are not free on a day because a tour with them stands fast."""

    fleet: int
    day: int
    driver_id: str | None


@dataclass(frozen=True)
class Leaves:
    """What it costs to serve a stop otherwise than in the plan before [EUR].

    Attributes
    ----------
    change_eur
        For another vehicle kind or another day.
    before
        Position in the fleet and planning day of each stop that had a tour.
    """

    change_eur: float
    before: Mapping[int, tuple[int, int]]

    def eur(self, stops: Iterable[int], uses: Sequence[Use]) -> NDArray[np.float64]:
        """Cost by stop and use; a class of days counts as the same day when the day is one of it."""
        was = np.array([self.before.get(int(stop), (-1, 0)) for stop in stops], np.int64).reshape(-1, 2)
        found = np.zeros((len(was), len(uses)))
        for number, use in enumerate(uses):
            same = (was[:, 0] == use.fleet) & (was[:, 1] >= use.days.first) & (was[:, 1] <= use.days.last)
            found[:, number] = np.where(same | (was[:, 0] < 0), 0.0, self.change_eur)
        return found


def find_uses(problem: Problem, demands: Demands, classes: Sequence[DayClass]) -> tuple[list[Use], Bools]:
    """List the uses that can serve something, and which stop each may serve: (N, uses).

    A use is left out where another of the same vehicles, drivers and days serves the same stops.
    """
    uses: list[Use] = []
    columns: list[Bools] = []
    in_class = {group: (demands.first <= group.first) & (demands.last >= group.last) for group in classes}
    for fleet in range(len(problem.fleet)):
        for use, serves in _ways(problem, demands, fleet):
            for group in classes:
                able = serves & in_class[group]
                if able.any() and _drivers(problem, replace(use, days=group)):
                    uses.append(replace(use, days=group))
                    columns.append(able)
    allowed = np.stack(columns, axis=1) if columns else np.zeros((len(demands.stops), 0), dtype=np.bool_)
    return uses, allowed


def _ways(problem: Problem, demands: Demands, fleet: int) -> Iterator[tuple[Use, Bools]]:
    kind = problem.fleet[fleet]
    fits = demands.fits[:, fleet]
    if not fits.any():
        return
    any_day = DayClass(1, problem.horizon)
    for is_adr, profile, may in _modes(problem, demands, kind, fits):
        able = may & demands.reach(kind, profile).in_time
        for training, trained in _trainings(demands, able):
            for hubs, served in _hub_sets(demands, kind, trained):
                yield Use(fleet, is_adr, profile, training, any_day, hubs), served


def _modes(
    problem: Problem, demands: Demands, kind: VehicleKind, fits: Bools
) -> Iterator[tuple[bool, str, Bools]]:
    """Below the relief, and above it once for each road profile that a tunnel code may ask for."""
    heavy = demands.above_relief
    if (fits & ~heavy).any():
        yield False, kind.profile, fits & ~heavy
    total = float(demands.pick[fits & ~heavy, 3].sum())
    if not kind.is_adr_equipped or not ((fits & heavy).any() or total > problem.relief_points + _SLACK):
        return
    fits = fits & demands.open_to_adr
    codes = demands.tunnel_code
    known = sorted(set(np.unique(codes[fits]).tolist()) - {""})
    # The most restrictive code aboard rules: a use for code C takes C, D, E and what has no code.
    ways: dict[str, str] = {}
    for code in [*known, "~"]:
        ways.setdefault(problem.tunnel_profiles.get(code, {}).get(kind.profile, kind.profile), code)
    for profile, code in ways.items():
        able = fits & ((codes == "") | (codes >= code))
        if able.any():
            yield True, profile, able


def _trainings(demands: Demands, able: Bools) -> list[tuple[frozenset[str], Bools]]:
    """List sets of trainings that a driver may need, and the stops each set suffices for."""
    if not any(demands.training):
        return [(frozenset(), able)]
    single = {training for training, may in zip(demands.training, able, strict=True) if may}
    sets = sorted(_unions(single, _MOST_TRAININGS), key=sorted)
    table = pairwise_rule(demands.training, sets, lambda needed, held: held >= needed)
    return [(held, able & table[:, column]) for column, held in enumerate(sets)]


def _unions(sets: set[frozenset[str]], most: int) -> set[frozenset[str]]:
    """Join sets in every way; where that gives too many, keep the sets and the union of all."""
    found = set(sets)
    for one in sets:
        found |= {one | other for other in found}
        if len(found) > most:
            return set(sets) | {frozenset().union(*sets)}
    return found


def _hub_sets(demands: Demands, kind: VehicleKind, able: Bools) -> list[tuple[tuple[int, ...], Bools]]:
    """Group stops by the hubs that all of them may be unloaded at; a use without hubs takes the rest."""
    if kind.max_reloads == 0 or not kind.reload_at:
        return [((), able)]
    depots = [entry.depots for entry in demands.entries]
    may = pairwise_rule(depots, kind.reload_at, lambda given, hub: hub in given)
    patterns, counts = np.unique(may[able], axis=0, return_counts=True)
    found: list[tuple[tuple[int, ...], Bools]] = []
    for row in np.argsort(-counts, kind="stable"):
        pattern = patterns[row]
        if pattern.any() and len(found) < _MOST_HUB_SETS:
            hubs = tuple(int(hub) for hub in np.flatnonzero(pattern))
            found.append((hubs, able & may[:, pattern].all(axis=1)))
    if not any((served == able).all() for _, served in found):
        found.append(((), able))
    return found


def _drivers(problem: Problem, use: Use) -> frozenset[str]:
    """Drivers who may take a use on the days of its class; who is able is the same on all of them."""
    day, depot = problem.days[use.days.first - 1], problem.fleet[use.fleet].depot_id
    return frozenset(
        driver.driver_id
        for driver in problem.drivers
        if driver.depot_id == depot
        and (not use.is_adr or driver.is_certified(day))
        and driver.holds(use.training, day)
    )


def resources_of(
    problem: Problem, uses: Sequence[Use], allowed: Bools, taken: Sequence[Taken]
) -> list[Resource]:
    """List what tours compete for, left out where it lasts for a tour to each stop.

    Notes
    -----
    Drivers: tours can be given drivers exactly when, for every set of uses, they are no more than the drivers who may
    take one of these uses (Hall 1935). It is enough to ask this of every union of the uses' sets of drivers. Days of
    a class multiply vehicles and drivers alike; :func:`~voltloop.collection.days.spread_over_days` tells them apart.
    """
    found: list[Resource] = []

    def add(members: list[int], stock: int) -> None:
        most = int(allowed[:, members].any(axis=1).sum())
        if stock < most:
            found.append(Resource(tuple(members), max(stock, 0)))

    vehicles: dict[tuple[int, DayClass], list[int]] = defaultdict(list)
    crews: dict[tuple[str, DayClass], list[int]] = defaultdict(list)
    for number, use in enumerate(uses):
        vehicles[use.fleet, use.days].append(number)
        crews[problem.fleet[use.fleet].depot_id, use.days].append(number)
    for (fleet, group), members in vehicles.items():
        gone = sum(entry.fleet == fleet and group.first <= entry.day <= group.last for entry in taken)
        add(members, problem.fleet[fleet].count * group.days - gone)
    for (depot, group), members in crews.items():
        able = {number: _drivers(problem, uses[number]) for number in members}
        gone_ids = [
            entry.driver_id
            for entry in taken
            if problem.fleet[entry.fleet].depot_id == depot and group.first <= entry.day <= group.last
        ]
        for drivers in sorted(_unions(set(able.values()), _MOST_UNIONS), key=sorted):
            gone = sum(driver in drivers for driver in gone_ids)
            add([number for number in members if able[number] <= drivers], len(drivers) * group.days - gone)
    return found
