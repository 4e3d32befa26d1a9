"""The timetable of one tour: the shortest day that keeps windows, shift, driving law and breaks.

For a fixed order of visits the departure is chosen so that duty is as short as possible. Breaks are placed
exactly: a break is forced where a stretch of driving reaches its limit, and may be taken earlier on arrival at a
stop or hub, where it can hide in a wait for the opening. Every choice, of a break and of one of several windows, is a
*label* (no-wait duration, earliest end, latest start, driving since the last break); a label that is worse in all
four is dropped. This is the segment algebra of time windows (Vidal, Crainic, Gendreau, Prins 2013, sec. 4.2) with one
more component for the stretch.

A trip leaves its depot or hub no earlier than its latest ``release_s``: at a depot that bounds the departure, at a
hub unloading ends no earlier (the wait comes before it, where a break can hide).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from voltloop.collection.driving import DrivingRules
from voltloop.collection.loads import aboard, first_fault, needs_adr, road_profile, trips
from voltloop.collection.model import Problem, VehicleKind

__all__ = ["Break", "Timetable", "Tour", "places", "plan_tour"]

_NEVER = 1 << 40


@dataclass(frozen=True, slots=True)
class Break:
    """A rest on the way.

    Attributes
    ----------
    leg
        Leg during which it is taken, 0 is the way from the depot to the first visit.
    after_s
        Driving on this leg before the break begins [s]; the whole leg when taken on arrival.
    break_s
        Length [s].
    """

    leg: int
    after_s: int
    break_s: int


@dataclass(frozen=True, slots=True)
class Timetable:
    """When a tour leaves, arrives at each visit, loads, rests and is back; all in seconds of the day."""

    starts_s: int
    ends_s: int
    arrives_s: tuple[int, ...]
    begins_s: tuple[int, ...]
    departs_s: tuple[int, ...]
    breaks: tuple[Break, ...]
    driving_s: int

    @property
    def duty_s(self) -> int:
        """Time between leaving the depot and being back [s]."""
        return self.ends_s - self.starts_s


@dataclass(frozen=True, slots=True)
class Tour:
    """A legal tour of one vehicle kind with its timetable and figures.

    Attributes
    ----------
    kind
        Position in :attr:`Problem.fleet`.
    visits
        Stops (0 and above) and hubs (-1 - j for ``reload_at[j]``) in order of visit.
    stops
        The stops among the visits, as positions in the table of stops.
    km, cost_eur, co2e_kg
        Length, money, and emissions with those of what is aboard.
    objective_eur
        Money plus priced carbon.
    needs_adr
        Above the small-load relief on some trip, so that plates and a certified driver are needed.
    first_day, last_day
        Planning days (from 1) from and to which every stop may be served.
    training
        What the driver must hold besides.
    road_profile
        Key of :attr:`Problem.roads` that it drives on.
    timetable
        Times of departure, visits and return.
    """

    kind: int
    visits: tuple[int, ...]
    stops: tuple[int, ...]
    km: float
    cost_eur: float
    co2e_kg: float
    objective_eur: float
    needs_adr: bool
    first_day: int
    last_day: int
    training: tuple[str, ...]
    road_profile: str
    timetable: Timetable


# no-wait duration, earliest end, latest start, driving since break, breaks so far
_Label = tuple[int, int, int, int, tuple[Break, ...]]

# seconds of work, windows for its beginning
_Work = tuple[int, Sequence[tuple[int, int]]]


def plan_tour(problem: Problem, kind_index: int, visits: Sequence[int]) -> Tour | None:
    """Find the cheapest timetable for these visits in this order, or None when some rule forbids the tour.

    Parameters
    ----------
    kind_index
        Position in :attr:`Problem.fleet`.
    visits
        Positions in the table of stops, in order of visit, at least one; -1 - j between them is a visit to the hub
        ``reload_at[j]`` of the kind.
    """
    kind = problem.fleet[kind_index]
    loads = aboard(problem, visits)
    if first_fault(problem, kind, visits, loads) is not None:
        return None
    above = needs_adr(problem, visits, loads)
    profile = road_profile(problem, kind, visits, needs_adr=above)
    roads = problem.roads[profile]
    route = np.array(places(problem, kind, visits))
    legs: list[int] = roads.drive_s_of(route[:-1], route[1:]).tolist()
    if min(legs) < 0:
        return None
    timetable = _timetable(problem, kind, visits, legs)
    if timetable is None:
        return None
    ways: list[float] = roads.km_of(route[:-1], route[1:]).tolist()
    km = sum(ways)
    cost = kind.fixed_cost_eur + km * kind.cost_eur_per_km + timetable.duty_s / 3600.0 * kind.cost_eur_per_h
    co2e = km * kind.co2e_kg_per_km
    if kind.co2e_kg_per_tkm:
        tkm = sum(way * load.mass_kg / 1000.0 for way, load in zip(ways, loads, strict=True))
        co2e += kind.co2e_kg_per_tkm * tkm
    stops = tuple(visit for visit in visits if visit >= 0)
    entries = [problem.stop_list[stop] for stop in stops]
    return Tour(
        kind=kind_index,
        visits=tuple(visits),
        stops=stops,
        km=km,
        cost_eur=cost,
        co2e_kg=co2e,
        objective_eur=cost + co2e * problem.carbon_price_eur_per_t / 1000.0,
        needs_adr=above,
        first_day=max(entry.first_day for entry in entries),
        last_day=min(problem.last_day(stop) for stop in stops),
        training=tuple(sorted({name for entry in entries for name in entry.training})),
        road_profile=profile,
        timetable=timetable,
    )


def places(problem: Problem, kind: VehicleKind, visits: Sequence[int]) -> list[int]:
    """Places that a tour passes, from the depot where it starts to the one where it ends."""
    return [
        problem.depots[kind.depot_id],
        *(
            problem.stop_list[visit].place if visit >= 0 else problem.hub(kind.reload_at[-1 - visit]).place
            for visit in visits
        ),
        problem.depots[kind.ends_at],
    ]


def _works(problem: Problem, kind: VehicleKind, visits: Sequence[int]) -> tuple[int, list[_Work]]:
    """Earliest departure from the depot, and the work of each visit."""
    ready = [max((problem.stop_list[stop].release_s for stop in trip), default=0) for trip in trips(visits)]
    works: list[_Work] = []
    reload = 0
    for visit in visits:
        if visit >= 0:
            works.append((problem.service_s(visit, kind), problem.stop_list[visit].openings))
        else:
            reload += 1
            unload_s = problem.hub(kind.reload_at[-1 - visit]).unload_s
            works.append((unload_s, ((ready[reload] - unload_s, _NEVER),)))
    return max(kind.shift_start_s, ready[0]), works


def _timetable(
    problem: Problem, kind: VehicleKind, visits: Sequence[int], legs: Sequence[int]
) -> Timetable | None:
    rules = problem.rules
    driving = sum(legs)
    if driving > min(rules.max_driving_s, kind.max_driving_s):
        return None
    leaves, works = _works(problem, kind, visits)
    labels: list[_Label] = [(0, leaves, kind.shift_end_s, 0, ())]
    ahead = driving
    for leg, (service, windows) in enumerate(works):
        ahead -= legs[leg]
        grown: list[_Label] = []
        for label in labels:
            arrived = _drive(label, leg, legs[leg], rules)
            grown.append(arrived)
            if arrived[3] > 0 and arrived[3] + ahead > rules.max_stretch_s:
                grown.append(_rest(arrived, leg, legs[leg], rules.break_s))
        rested = rules.service_is_break and service >= rules.break_s
        labels = _best([
            (d + service, max(e, opens) + service, min(late, closes - d), 0 if rested else since, breaks)
            for d, e, late, since, breaks in grown
            for opens, closes in windows
            if max(e, opens) <= closes
        ])  # fmt: skip
        if not labels:
            return None
    back = [_drive(label, len(visits), legs[-1], rules) for label in labels]
    found = _finish(problem, kind, leaves, back)
    return None if found is None else _forward(works, legs, *found)


def _drive(label: _Label, leg: int, drive_s: int, rules: DrivingRules) -> _Label:
    duration, early, late, since, breaks = label
    gone = 0
    while since + drive_s - gone > rules.max_stretch_s:
        gone += rules.max_stretch_s - since
        breaks = (*breaks, Break(leg, gone, rules.break_s))
        duration, early, since = duration + rules.break_s, early + rules.break_s, 0
    return duration + drive_s, early + drive_s, late, since + drive_s - gone, breaks


def _rest(label: _Label, leg: int, drive_s: int, break_s: int) -> _Label:
    duration, early, late, _, breaks = label
    return duration + break_s, early + break_s, late, 0, (*breaks, Break(leg, drive_s, break_s))


def _best(labels: list[_Label]) -> list[_Label]:
    if len(labels) < 2:
        return labels
    kept: list[_Label] = []
    for label in sorted(labels, key=lambda entry: (entry[0], entry[1], -entry[2], entry[3])):
        if not any(
            other[0] <= label[0] and other[1] <= label[1] and other[2] >= label[2] and other[3] <= label[3]
            for other in kept
        ):
            kept.append(label)
    return kept


def _finish(
    problem: Problem, kind: VehicleKind, leaves: int, labels: Sequence[_Label]
) -> tuple[int, int, tuple[Break, ...]] | None:
    """Departure, return and breaks of the shortest duty."""
    max_duty = min(problem.rules.max_duty_s, kind.max_duty_s)
    options = []
    for duration, early, late, _, breaks in labels:
        latest = min(late, kind.shift_end_s - duration)
        start = max(leaves, min(latest, early - duration))
        duty = max(early - start, duration)
        if early <= kind.shift_end_s and start <= latest and duty <= max_duty:
            options.append((duty, start + duty, start, breaks))
    if not options:
        return None
    _, ends, start, breaks = min(options, key=lambda option: option[:3])
    return start, ends, breaks


def _forward(
    works: Sequence[_Work], legs: Sequence[int], start: int, ends: int, breaks: tuple[Break, ...]
) -> Timetable:
    clock = start
    arrives, begins, departs = [], [], []
    for leg, (service, windows) in enumerate(works):
        rests = [rest for rest in breaks if rest.leg == leg] if breaks else []
        on_arrival = sum(rest.break_s for rest in rests if rest.after_s == legs[leg])
        clock += legs[leg] + sum(rest.break_s for rest in rests) - on_arrival
        arrives.append(clock)
        clock += on_arrival
        # The first window that is still open: a later one never brings the tour home earlier.
        begins.append(next(max(clock, opens) for opens, closes in windows if max(clock, opens) <= closes))
        clock = begins[-1] + service
        departs.append(clock)
    return Timetable(start, ends, tuple(arrives), tuple(begins), tuple(departs), breaks, sum(legs))
