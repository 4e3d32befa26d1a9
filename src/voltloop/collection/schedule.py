"""The timetable of one tour: the shortest day that keeps windows, shift, driving law and breaks.

For a fixed order of stops the departure is chosen so that duty is as short as possible. Breaks are placed
exactly: a break is forced where a stretch of driving reaches its limit, and may be taken earlier on arrival at a
stop, where it can hide in a wait for the opening. Every choice is a *label* (no-wait duration, earliest end,
latest start, driving since the last break); a label that is worse in all four is dropped. This is the segment
algebra of time windows (Vidal, Crainic, Gendreau, Prins 2013, sec. 4.2) with one more component for the stretch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from voltloop.collection.model import Problem, VehicleKind

__all__ = ["Break", "Timetable", "Tour", "first_fault", "loads", "plan_tour"]


@dataclass(frozen=True, slots=True)
class Break:
    """A rest on the way.

    Attributes
    ----------
    leg
        Leg during which it is taken, 0 is the way from the depot to the first stop.
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
    """When a tour leaves, arrives, loads, rests and is back; all in seconds of the day."""

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

    ``kind`` indexes :attr:`Problem.fleet`, ``stops`` the table of stops in order of visit. ``objective_eur`` is
    money plus priced carbon. ``needs_adr``: above the small-load relief, so that plates and a certified driver
    are needed. ``last_day`` is the last planning day on which every stop aboard is still in time.
    """

    kind: int
    stops: tuple[int, ...]
    km: float
    cost_eur: float
    co2e_kg: float
    objective_eur: float
    needs_adr: bool
    last_day: int
    timetable: Timetable


# no-wait duration, earliest end, latest start, driving since break, breaks so far
_Label = tuple[int, int, int, int, tuple[Break, ...]]


def loads(problem: Problem, stops: Sequence[int]) -> tuple[float, float, float, int]:
    """Mass [kg], floor positions, load points and critical boxes of a set of stops."""
    entries = [problem.stop_list[stop] for stop in stops]
    return (
        sum(entry.mass_kg for entry in entries),
        sum(entry.floor_positions for entry in entries),
        sum(entry.points for entry in entries),
        sum(entry.boxes for entry in entries),
    )


def first_fault(problem: Problem, kind: VehicleKind, stops: Sequence[int]) -> str | None:
    """Code of the first rule other than time that stops this load from riding in this vehicle, None when none does.

    Codes: ``depot-not-allowed``, ``too-heavy``, ``too-much-floor``, ``too-many-boxes``, ``needs-lift``,
    ``needs-adr-vehicle``.
    """
    mass, floor, points, boxes = loads(problem, stops)
    entries = [problem.stop_list[stop] for stop in stops]
    faults = (
        ("depot-not-allowed", any(kind.depot_id not in entry.depots for entry in entries)),
        ("too-heavy", mass > kind.payload_kg + 1e-6),
        ("too-much-floor", floor > kind.floor_positions + 1e-6),
        ("too-many-boxes", boxes > kind.critical_boxes),
        ("needs-lift", not kind.has_tail_lift and any(entry.needs_lift for entry in entries)),
        (
            "needs-adr-vehicle",
            not kind.is_adr_equipped
            and (points > problem.relief_points + 1e-6 or any(entry.needs_adr for entry in entries)),
        ),
    )
    return next((code for code, broken in faults if broken), None)


def plan_tour(problem: Problem, kind_index: int, stops: Sequence[int]) -> Tour | None:
    """Find the cheapest timetable for visiting stops in this order, or None when some rule forbids the tour.

    Parameters
    ----------
    kind_index
        Position in :attr:`Problem.fleet`.
    stops
        Positions in the table of stops, in order of visit, at least one.
    """
    kind = problem.fleet[kind_index]
    if first_fault(problem, kind, stops) is not None:
        return None
    roads = problem.roads[kind.profile]
    home = problem.depots[kind.depot_id]
    route = [home, *(problem.stop_list[stop].place for stop in stops), home]
    legs = [int(roads.drive_s[a, b]) for a, b in pairwise(route)]
    if min(legs) < 0:
        return None
    timetable = _timetable(problem, kind, stops, legs)
    if timetable is None:
        return None
    km = float(sum(roads.km[a, b] for a, b in pairwise(route)))
    cost = kind.fixed_cost_eur + km * kind.cost_eur_per_km + timetable.duty_s / 3600.0 * kind.cost_eur_per_h
    co2e = km * kind.co2e_kg_per_km
    points = sum(problem.stop_list[stop].points for stop in stops)
    return Tour(
        kind=kind_index,
        stops=tuple(stops),
        km=km,
        cost_eur=cost,
        co2e_kg=co2e,
        objective_eur=cost + co2e * problem.carbon_price_eur_per_t / 1000.0,
        needs_adr=points > problem.relief_points + 1e-6 or any(problem.stop_list[s].needs_adr for s in stops),
        last_day=min(problem.last_day(stop) for stop in stops),
        timetable=timetable,
    )


def _timetable(
    problem: Problem, kind: VehicleKind, stops: Sequence[int], legs: Sequence[int]
) -> Timetable | None:
    rules = problem.rules
    driving = sum(legs)
    if driving > min(rules.max_driving_s, kind.max_driving_s):
        return None
    labels: list[_Label] = [(0, kind.shift_start_s, kind.shift_end_s, 0, ())]
    ahead = driving
    for leg, stop in enumerate(stops):
        ahead -= legs[leg]
        entry = problem.stop_list[stop]
        service = problem.service_s(stop, kind)
        grown: list[_Label] = []
        for label in labels:
            arrived = _drive(label, leg, legs[leg], problem)
            grown.append(arrived)
            if arrived[3] > 0 and arrived[3] + ahead > rules.max_stretch_s:
                grown.append(_rest(arrived, leg, legs[leg], rules.break_s))
        rested = rules.service_is_break and service >= rules.break_s
        labels = _best([
            (d + service, max(e, entry.open_s) + service, min(late, entry.close_s - d), 0 if rested else since, breaks)
            for d, e, late, since, breaks in grown
            if max(e, entry.open_s) <= entry.close_s
        ])  # fmt: skip
        if not labels:
            return None
    return _finish(
        problem, kind, stops, legs, [_drive(label, len(stops), legs[-1], problem) for label in labels]
    )


def _drive(label: _Label, leg: int, drive_s: int, problem: Problem) -> _Label:
    duration, early, late, since, breaks = label
    rules = problem.rules
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
    problem: Problem, kind: VehicleKind, stops: Sequence[int], legs: Sequence[int], labels: list[_Label]
) -> Timetable | None:
    max_duty = min(problem.rules.max_duty_s, kind.max_duty_s)
    options = []
    for duration, early, late, _, breaks in labels:
        latest = min(late, kind.shift_end_s - duration)
        start = max(kind.shift_start_s, min(latest, early - duration))
        duty = max(early - start, duration)
        if early <= kind.shift_end_s and start <= latest and duty <= max_duty:
            options.append((duty, start + duty, start, breaks))
    if not options:
        return None
    _, ends, start, breaks = min(options, key=lambda option: option[:3])
    return _forward(problem, kind, stops, legs, start, ends, breaks)


def _forward(
    problem: Problem,
    kind: VehicleKind,
    stops: Sequence[int],
    legs: Sequence[int],
    start: int,
    ends: int,
    breaks: tuple[Break, ...],
) -> Timetable:
    clock = start
    arrives, begins, departs = [], [], []
    for leg, stop in enumerate(stops):
        clock += legs[leg]
        on_arrival = sum(rest.break_s for rest in breaks if rest.leg == leg and rest.after_s == legs[leg])
        clock += sum(rest.break_s for rest in breaks if rest.leg == leg) - on_arrival
        arrives.append(clock)
        begins.append(max(clock + on_arrival, problem.stop_list[stop].open_s))
        clock = begins[-1] + problem.service_s(stop, kind)
        departs.append(clock)
    return Timetable(start, ends, tuple(arrives), tuple(begins), tuple(departs), breaks, sum(legs))
