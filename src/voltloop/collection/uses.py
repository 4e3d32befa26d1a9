"""The ways of using each vehicle kind, and the vehicles and drivers that these ways share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from voltloop.collection.crews import Demand, crew_limits, unions
from voltloop.collection.days import DayClass, Taken
from voltloop.collection.model import Problem, VehicleKind
from voltloop.collection.reach import Demands, pairwise_rule

__all__ = ["Resource", "Use", "find_uses", "resources_of"]

Bools = NDArray[np.bool_]

_SLACK = 1e-6
_MOST_TRAININGS = 8


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

    @property
    def demand(self) -> Demand:
        """What it asks of the driver."""
        return self.is_adr, self.training


@dataclass(frozen=True, slots=True)
class Resource:
    """Vehicles or drivers that several uses share: numbers of the uses, and how many there are."""

    uses: tuple[int, ...]
    stock: int


def find_uses(
    problem: Problem, demands: Demands, fleet: Sequence[int], classes: Sequence[DayClass]
) -> tuple[list[Use], Bools]:
    """List the uses that can serve something, and which stop each may serve: (N, uses).

    A use is left out where another of the same vehicles, drivers and days serves the same stops.
    """
    uses: list[Use] = []
    columns: list[Bools] = []
    in_class = {group: (demands.first <= group.first) & (demands.last >= group.last) for group in classes}
    for number in fleet:
        for use, serves in _ways(problem, demands, number):
            for group in classes:
                able = serves & in_class[group]
                if able.any() and _manned(problem, use, group):
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
    ends_well = demands.ends_well[:, fleet]
    hubs: tuple[int, ...] = ()
    if kind.max_reloads > 0:
        takes = pairwise_rule([entry.depots for entry in demands.entries], kind.reload_at, _takes)
        hubs = tuple(np.flatnonzero(takes[fits].any(axis=0)).tolist())
    for is_adr, profile, may in _modes(problem, demands, kind, fits):
        # Over a hub the timetable of the search tells.
        able = may & (demands.reach(kind, profile).in_time | ~ends_well)
        for training, trained in _trainings(demands, able):
            yield Use(fleet, is_adr, profile, training, any_day, hubs), trained


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
    sets = sorted(unions(single, _MOST_TRAININGS), key=sorted)
    table = pairwise_rule(demands.training, sets, lambda needed, held: held >= needed)
    return [(held, able & table[:, column]) for column, held in enumerate(sets)]


def _takes(depots: tuple[str, ...], hub: str) -> bool:
    return hub in depots


def resources_of(
    problem: Problem, uses: Sequence[Use], allowed: Bools, taken: Sequence[Taken]
) -> list[Resource]:
    """List what tours compete for, left out where it lasts for a tour to each stop.

    Notes
    -----
    Days of a class multiply vehicles and drivers alike; :func:`~voltloop.collection.days.spread_over_days` tells the
    days apart.
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
        # A day on which somebody is away is a class of its own.
        away = {
            entry.driver_id for entry in taken if entry.day == group.first and entry.driver_id is not None
        }
        demands = [uses[number].demand for number in members]
        for able, most in crew_limits(problem, depot, group.first, demands, away):
            add([number for number in members if uses[number].demand in able], most * group.days)
    return found


def _manned(problem: Problem, use: Use, group: DayClass) -> bool:
    (_, drivers), *_ = crew_limits(problem, problem.fleet[use.fleet].depot_id, group.first, [use.demand])
    return drivers > 0
