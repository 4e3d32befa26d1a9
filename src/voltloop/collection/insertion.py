"""Where a stop could join a plan, and what that adds: near tours first, exact for the best of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from voltloop.collection.loads import first_fault, trips
from voltloop.collection.model import Problem
from voltloop.collection.roads import EstimatedRoads, PlaneRoads, RoadSource
from voltloop.collection.schedule import Tour, places, plan_tour

__all__ = ["Insertion", "Usage", "best_insertion", "takes", "tours_alone"]

_NEAR_PLACES = 150
_TRIES = 40
# Goods classes that fit into the bits of a whole number; what clashes beyond them is left to the exact test.
_CLASSES = 62


@dataclass(frozen=True, slots=True)
class Insertion:
    """A legal way to serve a stop: added objective [EUR], the tour it joins (None: a new one), the tour, its day."""

    added_eur: float
    index: int | None
    tour: Tour
    day: int


class Usage:
    """A plan as it grows: which vehicles and drivers are out on which day, and which legs pass near a place.

    Parameters
    ----------
    planned
        Tours with their planning day (from 1). Changes of the list must be told by making a new object, or be
        made by :meth:`take`.
    """

    def __init__(self, problem: Problem, planned: Sequence[tuple[Tour, int]]) -> None:
        self.problem = problem
        self.planned = list(planned)
        self.vehicles: Counter[tuple[int, int]] = Counter()
        self._crews: dict[tuple[str, int], Counter[tuple[bool, tuple[str, ...]]]] = defaultdict(Counter)
        for tour, day in self.planned:
            self._count(tour, day, 1)

    def _count(self, tour: Tour, day: int, number: int) -> None:
        self.vehicles[tour.kind, day] += number
        depot = self.problem.fleet[tour.kind].depot_id
        self._crews[depot, day][tour.needs_adr, tour.training] += number

    def take(self, insertion: Insertion) -> None:
        """Make an insertion part of the plan."""
        if insertion.index is None:
            self.planned.append((insertion.tour, insertion.day))
        else:
            self._count(*self.planned[insertion.index], -1)
            self.planned[insertion.index] = (insertion.tour, insertion.day)
        self._count(insertion.tour, insertion.day, 1)
        self.__dict__.pop("legs", None)

    def without(self, index: int, keep: Sequence[int]) -> Usage:
        """Give the plan without one tour, and of the others only some to join, as positions; all still count."""
        part = Usage(self.problem, [])
        part.planned = [self.planned[one] for one in keep]
        part.vehicles = self.vehicles.copy()
        for key, crews in self._crews.items():
            part._crews[key] = crews.copy()
        part._count(*self.planned[index], -1)
        return part

    def drivers_out(self, depot: str, day: int) -> tuple[int, int]:
        """Tours of a depot on a day, and those above the small-load relief."""
        crews = self._crews[depot, day]
        return crews.total(), sum(number for (adr, _), number in crews.items() if adr)

    def lack(self, kind: int, day: int, *, needs_adr: bool, training: Sequence[str] = ()) -> str | None:
        """Name what is missing for one more tour on a day.

        Returns
        -------
        str or None
            ``vehicle``, ``driver``, ``certified-driver``, ``trained-driver``, or None when nothing is.
        """
        entry = self.problem.fleet[kind]
        if self.vehicles[kind, day] >= entry.count:
            return "vehicle"
        return self.lacks_driver(entry.depot_id, day, needs_adr=needs_adr, training=training)

    def lacks_driver(
        self,
        depot: str,
        day: int,
        *,
        needs_adr: bool,
        training: Sequence[str] = (),
        instead_of: Tour | None = None,
    ) -> str | None:
        """Name what driver is missing for one more tour of a depot, or for one in place of another; None when none."""
        crews = Counter(self._crews[depot, day])
        if instead_of is not None:
            crews[instead_of.needs_adr, instead_of.training] -= 1
        crews[needs_adr, tuple(training)] += 1
        drivers, certified = self.problem.crews[depot][day - 1]
        if crews.total() > drivers:
            return "driver"
        if needs_adr and sum(number for (adr, _), number in crews.items() if adr) > certified:
            return "certified-driver"
        if any(names for _, names in crews) and not self._all_manned(depot, day, crews):
            return "trained-driver"
        return None

    def _all_manned(self, depot: str, day: int, crews: Counter[tuple[bool, tuple[str, ...]]]) -> bool:
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import maximum_bipartite_matching

        on = self.problem.days[day - 1]
        here = [driver for driver in self.problem.drivers if driver.depot_id == depot]
        may = np.array(
            [
                [(not adr or driver.is_certified(on)) and driver.holds(names, on) for driver in here]
                for adr, names in crews.elements()
            ]
        )
        return bool((maximum_bipartite_matching(csr_array(may), perm_type="column") >= 0).all())

    @cached_property
    def legs(self) -> _Legs:
        """The legs of all tours, for finding those near a place."""
        return _Legs(self.problem, self.planned)


class _Legs:
    """Legs of all tours as arrays: ends, tour, position of a visit put in there, and what its trip still takes."""

    def __init__(self, problem: Problem, planned: Sequence[tuple[Tour, int]]) -> None:
        self._problem = problem
        rows: list[tuple[int, int, int, int]] = []
        room: list[tuple[float, ...]] = []
        aboard: list[int] = []
        names = sorted(problem.clashing)[:_CLASSES]
        self._bits = {name: 1 << number for number, name in enumerate(names)}
        for index, (tour, _) in enumerate(planned):
            kind = problem.fleet[tour.kind]
            route = places(problem, kind, tour.visits)
            position = 0
            for trip in trips(tour.visits):
                free, goods = _room(problem, tour.kind, trip), self._mask(trip)
                for _ in range(len(trip) + 1):
                    rows.append((route[position], route[position + 1], index, position))
                    room.append(free)
                    aboard.append(goods)
                    position += 1
        table = np.array(rows, np.int64).reshape(-1, 4)
        self.start, self.end, self.tour, self.position = table.T
        self._room = np.array(room).reshape(-1, 4)
        self._aboard = np.array(aboard, np.int64)
        self.profile = np.array([tour.road_profile for tour, _ in planned])
        self.per_km = np.array([problem.objective_per_km(problem.fleet[tour.kind]) for tour, _ in planned])
        self.drive_s = np.array([tour.timetable.driving_s for tour, _ in planned])
        self.work_s = np.array([_work_s(tour) for tour, _ in planned])
        self.day = np.array([day for _, day in planned])
        self.kind = np.array([tour.kind for tour, _ in planned], np.int64)

    def _mask(self, stops: Sequence[int]) -> int:
        """Write the goods classes of stops that clash with some others as bits."""
        goods = {name for stop in stops for name in self._problem.stop_list[stop].goods}
        return sum(self._bits.get(name, 0) for name in goods)

    def _foes(self, stop: int) -> int:
        """Write the goods classes that may not ride with those of a stop as bits."""
        foes = {
            foe
            for name in self._problem.stop_list[stop].goods
            for foe in self._problem.clashing.get(name, frozenset())
        }
        return sum(self._bits.get(name, 0) for name in foes)

    @cached_property
    def _at(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Legs sorted by place, and where the legs of each place begin: both ends count."""
        ends = np.concatenate([self.start, self.end])
        order = np.argsort(ends, kind="stable")
        return order % max(len(self.start), 1), np.searchsorted(
            ends[order], np.arange(ends.max(initial=0) + 2)
        )

    @cached_property
    def _tree(self) -> tuple[object, NDArray[np.float64], NDArray[np.int64]] | None:
        from scipy.spatial import cKDTree

        points = _coordinates(next(iter(self._problem.roads.values())))
        if points is None or len(self.start) <= _NEAR_PLACES:
            return None
        used = np.unique(np.concatenate([self.start, self.end]))
        return cKDTree(points[used]), points, used

    def near(self, stop: int) -> NDArray[np.int64]:
        """Legs that touch one of the places nearest to a stop; all where roads are a matrix."""
        if self._tree is None:
            return np.arange(len(self.start))
        tree, points, used = self._tree
        place = self._problem.stop_list[stop].place
        _, found = tree.query(points[place], k=min(_NEAR_PLACES, len(used)))  # type: ignore[attr-defined]
        order, first = self._at
        return np.unique(
            np.concatenate([order[first[one] : first[one + 1]] for one in used[np.atleast_1d(found)]])
        )

    def added(self, stop: int, legs: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Money of the extra kilometres [EUR] and extra driving [s] of a stop on legs; ``inf`` where no road leads."""
        place = self._problem.stop_list[stop].place
        eur = np.full(len(legs), np.inf)
        drive = np.zeros(len(legs), np.int64)
        profiles = self.profile[self.tour[legs]]
        for name in np.unique(profiles):
            roads, chosen = self._problem.roads[str(name)], profiles == name
            start, end = self.start[legs[chosen]], self.end[legs[chosen]]
            with np.errstate(invalid="ignore"):
                km = roads.km_of(start, place) + roads.km_of(place, end) - roads.km_of(start, end)
            eur[chosen] = np.where(np.isfinite(km), km, np.inf) * self.per_km[self.tour[legs[chosen]]]
            drive[chosen] = (
                roads.drive_s_of(start, place) + roads.drive_s_of(place, end) - roads.drive_s_of(start, end)
            )
        return eur, drive

    def fits(self, stop: int, legs: NDArray[np.int64], drive_s: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether a stop might join on legs: day, vehicle, goods, room on the trip, driving time. Others surely not."""
        problem, entry = self._problem, self._problem.stop_list[stop]
        tours = self.tour[legs]
        kinds = set(self.kind[tours].tolist())
        alone = {
            kind: first_fault(problem, problem.fleet[kind], (stop,))
            for kind in kinds
            if takes(problem, kind, stop)
        }
        # A depot that fails a tour straight home may do for one that unloads at a hub: that is left to the exact test.
        able = [kind for kind, fault in alone.items() if fault in (None, "depot-not-allowed")]
        most = np.array([min(kind.max_driving_s, problem.rules.max_driving_s) for kind in problem.fleet])
        duty = np.array([_duty_s(problem, kind) for kind in range(len(problem.fleet))])
        works = drive_s + min(entry.service_s, entry.service_by_hand_s)
        need = np.array([entry.mass_kg, entry.floor_positions, entry.volume_m3, entry.boxes])
        return np.asarray(
            np.isin(self.kind[tours], able)
            & (self.day[tours] >= entry.first_day)
            & (self.day[tours] <= problem.last_day(stop))
            & (self._room[legs] >= need - 1e-6).all(axis=1)
            & (self._aboard[legs] & self._foes(stop) == 0)
            & (self.drive_s[tours] + drive_s <= most[self.kind[tours]])
            & (self.work_s[tours] + works <= duty[self.kind[tours]])
        )


def _work_s(tour: Tour) -> int:
    """Count the seconds of a tour that are neither wait nor break: no timetable of its visits is shorter."""
    table = tour.timetable
    worked = sum(table.departs_s) - sum(table.begins_s)
    return table.driving_s + worked


def _duty_s(problem: Problem, kind: int) -> int:
    """Give the longest duty of a vehicle kind [s]."""
    entry = problem.fleet[kind]
    return min(entry.max_duty_s, problem.rules.max_duty_s, entry.shift_end_s - entry.shift_start_s)


def takes(problem: Problem, kind: int, stop: int) -> bool:
    """Whether the goods of a stop may go to where vehicles of a kind end, or to one of their hubs."""
    entry, allowed = problem.fleet[kind], problem.stop_list[stop].depots
    return entry.ends_at in allowed or (
        entry.max_reloads > 0 and not set(entry.reload_at).isdisjoint(allowed)
    )


def _room(problem: Problem, kind: int, trip: Sequence[int]) -> tuple[float, ...]:
    """Give what a vehicle still takes at the end of a trip: mass, floor, volume, boxes."""
    entry = problem.fleet[kind]
    stops = [problem.stop_list[stop] for stop in trip]
    return (
        entry.payload_kg - sum(stop.mass_kg for stop in stops),
        entry.floor_positions - sum(stop.floor_positions for stop in stops),
        entry.volume_m3 - sum(stop.volume_m3 for stop in stops),
        entry.critical_boxes - sum(stop.boxes for stop in stops),
    )


def _coordinates(roads: RoadSource) -> NDArray[np.float64] | None:
    """Points whose straight distance orders places as the roads do; None for matrices."""
    if isinstance(roads, PlaneRoads):
        return roads.xy
    if isinstance(roads, EstimatedRoads):
        lat, lon = np.radians(roads.lat), np.radians(roads.lon)
        return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    return None


def best_insertion(
    usage: Usage, stop: int, *, without: frozenset[int] = frozenset(), alone: bool = True
) -> Insertion | None:
    """Find the cheapest legal way to add a stop to a plan; None when there is none.

    Parameters
    ----------
    without
        Tours, as positions in :attr:`Usage.planned`, that it may not join.
    alone
        Whether it may have a tour of its own.

    Notes
    -----
    Legs near the stop are ordered by the money of the extra kilometres, which is the least that joining there
    adds wherever a detour does not shorten the day. The timetable is made exactly for the first forty of them
    at most. Where roads are coordinates, near means one end among the 150 nearest places; where they are a
    matrix, all legs count.
    """
    best: Insertion | None = None
    problem = usage.problem
    for least, index, place in _places_to_join(usage, stop, without):
        if best is not None and least >= best.added_eur:
            break
        tour, day = usage.planned[index]
        longer = plan_tour(problem, tour.kind, (*tour.visits[:place], stop, *tour.visits[place:]))
        if longer is None or _unmanned(usage, tour, longer, day):
            continue
        added = longer.objective_eur - tour.objective_eur
        if best is None or added < best.added_eur:
            best = Insertion(added, index, longer, day)
    if alone:
        own = _alone(usage, stop)
        if own is not None and (best is None or own.added_eur < best.added_eur):
            best = own
    return best


def _places_to_join(usage: Usage, stop: int, without: frozenset[int]) -> list[tuple[float, int, int]]:
    legs = usage.legs
    near = legs.near(stop)
    if without:
        near = near[~np.isin(legs.tour[near], list(without))]
    eur, drive = legs.added(stop, near)
    may = legs.fits(stop, near, drive) & np.isfinite(eur)
    near, eur = near[may], eur[may]
    first = np.lexsort((legs.position[near], legs.tour[near], eur))[:_TRIES]
    return [(float(eur[row]), int(legs.tour[near[row]]), int(legs.position[near[row]])) for row in first]


def _unmanned(usage: Usage, tour: Tour, longer: Tour, day: int) -> bool:
    """Whether the driver whom a tour needs once a stop has joined is missing."""
    if (longer.needs_adr, longer.training) == (tour.needs_adr, tour.training):
        return False
    depot = usage.problem.fleet[tour.kind].depot_id
    lack = usage.lacks_driver(
        depot, day, needs_adr=longer.needs_adr, training=longer.training, instead_of=tour
    )
    return lack is not None


def _alone(usage: Usage, stop: int) -> Insertion | None:
    """Find the cheapest tour for a stop alone on the first day with a free vehicle and driver."""
    problem, entry = usage.problem, usage.problem.stop_list[stop]
    span = range(max(entry.first_day, 1), problem.last_day(stop) + 1)
    best: Insertion | None = None
    for index, kind in enumerate(problem.fleet):
        if all(usage.vehicles[index, day] >= kind.count for day in span):
            continue
        for tour in tours_alone(problem, index, stop):
            lacks = (
                (usage.lack(index, day, needs_adr=tour.needs_adr, training=tour.training), day)
                for day in span
            )
            day = next((day for lack, day in lacks if lack is None), None)
            if day is not None and (best is None or tour.objective_eur < best.added_eur):
                best = Insertion(tour.objective_eur, None, tour, day)
    return best


def tours_alone(problem: Problem, kind: int, stop: int) -> list[Tour]:
    """List the tours of a vehicle kind for a stop alone, straight home and over each hub."""
    entry = problem.fleet[kind]
    if entry.count == 0 or not takes(problem, kind, stop):
        return []
    hubs = range(len(entry.reload_at)) if entry.max_reloads else ()
    found = (plan_tour(problem, kind, visits) for visits in ((stop,), *((stop, -1 - hub) for hub in hubs)))
    return [tour for tour in found if tour is not None]
