"""Cut a tour problem into parts that a solver handles at once, and the protocol of such a solver."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from voltloop.collection.model import Problem

__all__ = ["Effort", "Found", "Part", "TourSolver", "components", "regroup", "usable_depots"]


@dataclass(frozen=True, slots=True)
class Part:
    """Stops and vehicle kinds that are planned together; positions in the problem's table and fleet."""

    part_id: str
    stops: tuple[int, ...]
    kinds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Effort:
    """How long and how a solver searches one part.

    Attributes
    ----------
    seed
        Seed of the random stream.
    iterations
        Stop after exactly this many iterations.
    patience
        Stop after this many iterations without improvement.
    time_limit_s
        Cap in seconds; ``inf`` for none.
    is_cautious
        Model planning days and breaks inside the search (slower, safer), not only afterwards.
    start
        Tours to start from, as (kind, stops in order); none: the solver finds its own.
    is_fresh
        Find tours of one's own, which serve all that those of ``start`` serve.
    """

    seed: int
    iterations: int
    patience: int
    time_limit_s: float
    is_cautious: bool = False
    start: tuple[tuple[int, tuple[int, ...]], ...] = ()
    is_fresh: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a solver found: tours as (kind, stops in order), the iterations done and what stopped it."""

    tours: tuple[tuple[int, tuple[int, ...]], ...]
    best: tuple[tuple[int, tuple[int, ...]], ...]
    iterations: int
    stopped_by: str


class TourSolver(Protocol):
    """Searches good tours for one part."""

    def tours(self, problem: Problem, part: Part, effort: Effort) -> Found:
        """Candidate tours of the part. They need not be legal: each is checked before it is used."""
        ...


def usable_depots(problem: Problem, stops: Sequence[int]) -> list[tuple[str, ...]]:
    """Per stop, the depots with a vehicle and a driver that may bring its goods to where they may go."""
    manned = {depot for depot, days in problem.crews.items() if any(drivers for drivers, _ in days)}
    homes: dict[str, set[str]] = defaultdict(set)
    for kind in problem.fleet:
        if kind.count > 0 and kind.depot_id in manned:
            for place in (kind.ends_at, *(kind.reload_at if kind.max_reloads else ())):
                homes[place].add(kind.depot_id)
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for depots in (problem.stop_list[stop].depots for stop in stops):
        if depots not in found:
            found[depots] = tuple(sorted(set().union(*(homes.get(place, ()) for place in depots))))
    return [found[problem.stop_list[stop].depots] for stop in stops]


def components(problem: Problem, stops: Sequence[int]) -> list[Part]:
    """Split stops into connected components over their usable depots, largest first.

    Stop and depot are joined when the depot may take the goods. No tour, vehicle or driver serves two
    components, so each is a problem of its own. Stops without a usable depot are left out.
    """
    parent = {depot: depot for depot in problem.depots}

    def root(depot: str) -> str:
        while parent[depot] != depot:
            parent[depot] = parent[parent[depot]]
            depot = parent[depot]
        return depot

    allowed = dict(zip(stops, usable_depots(problem, stops), strict=True))
    for depots in allowed.values():
        for depot in depots[1:]:
            parent[root(depot)] = root(depots[0])
    members: dict[str, list[int]] = defaultdict(list)
    for stop, depots in allowed.items():
        if depots:
            members[root(depots[0])].append(stop)
    parts = []
    for group in members.values():
        homes = {depot for stop in group for depot in allowed[stop]}
        parts.append((tuple(group), _kinds_at(problem, homes)))
    parts.sort(key=lambda entry: (-len(entry[0]), entry[0]))
    return [Part(f"c{number}", group, kinds) for number, (group, kinds) in enumerate(parts)]


def regroup(
    problem: Problem, part: Part, homes: Mapping[int, str], *, seed: int, max_stops: int, max_depots: int
) -> list[Part]:
    """Split a component into groups of neighbouring depots, at random but repeatably.

    Parameters
    ----------
    homes
        The depot that each stop belongs to at present (the one that serves it, else the nearest).
    seed
        Another seed gives another grouping, so that over the passes stops can move between all neighbours.
    max_stops, max_depots
        Size at which a group stops growing; a single depot may exceed it.

    Returns
    -------
    list[Part]
        Every stop is in exactly one part, with its home depot.
    """
    counts: dict[str, int] = defaultdict(int)
    ties: dict[tuple[str, str], int] = defaultdict(int)
    for stop, depots in zip(part.stops, usable_depots(problem, part.stops), strict=True):
        counts[homes[stop]] += 1
        for other in depots:
            if other != homes[stop]:
                pair = (min(other, homes[stop]), max(other, homes[stop]))
                ties[pair] += 1
    free = sorted({problem.fleet[kind].depot_id for kind in part.kinds} | set(counts))
    order = [free[i] for i in np.random.default_rng(seed).permutation(len(free))]
    groups: list[list[str]] = []
    taken: set[str] = set()
    for start in order:
        if start in taken:
            continue
        group, size = [start], counts[start]
        taken.add(start)
        while len(group) < max_depots:
            gains = {
                depot: sum(ties[min(depot, member), max(depot, member)] for member in group)
                for depot in order
                if depot not in taken and size + counts[depot] <= max_stops
            }
            best = max(gains, key=lambda depot: gains[depot], default=None)
            if best is None or gains[best] == 0:
                break
            group.append(best)
            taken.add(best)
            size += counts[best]
        groups.append(group)
    parts = []
    for number, group in enumerate(sorted(groups, key=lambda entry: -sum(counts[depot] for depot in entry))):
        stops = tuple(stop for stop in part.stops if homes[stop] in group)
        if stops:
            parts.append(Part(f"{part.part_id}.{number}", stops, _kinds_at(problem, set(group))))
    return parts


def _kinds_at(problem: Problem, depots: set[str]) -> tuple[int, ...]:
    return tuple(
        index for index, kind in enumerate(problem.fleet) if kind.depot_id in depots and kind.count > 0
    )
