"""Why a stop that could be served is not in a plan: the rule that binds on each near tour, and what it would take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from voltloop.collection.insertion import Usage, best_insertion, tours_alone
from voltloop.collection.loads import Load, aboard, first_fault, trips
from voltloop.collection.model import Problem
from voltloop.collection.schedule import Tour, plan_tour
from voltloop.findings import Finding, make

__all__ = ["Need", "Obstacle", "Why", "explain"]

_OBSTACLES = 6
_SAID = 3
# Of what is missing in several places, name the scarcest: when any vehicle stands idle, it is the driver.
_SCARCEST = ("trained-driver", "certified-driver", "driver", "vehicle")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps a stop from joining a near tour.

    Attributes
    ----------
    index
        The tour, as a position in :attr:`Usage.planned`.
    code
        A code of :func:`~voltloop.collection.loads.first_fault`, or ``other-day``, ``no-time``, ``driver``,
        ``certified-driver``, ``trained-driver``.
    added_eur
        Money of the extra kilometres that joining would take.
    words
        The rule with its figures.
    """

    index: int
    code: str
    added_eur: float
    words: str


@dataclass(frozen=True, slots=True)
class Need:
    """What a tour of its own would take: what is missing at which depot, for which vehicle, on which day; its cost."""

    lacks: tuple[str, ...]
    depot_id: str
    vehicle_type: str
    on: date
    objective_eur: float
    words: str


@dataclass(frozen=True, slots=True)
class Why:
    """Why a stop is not in the plan.

    ``added_eur`` is what serving it would add to the objective, None when that is not possible; ``obstacles``
    on the nearest tours, nearest first; ``needs`` the least that is missing, cheapest first. Both are empty
    when it could be served.
    """

    finding: Finding
    added_eur: float | None
    obstacles: tuple[Obstacle, ...] = ()
    needs: tuple[Need, ...] = ()


def explain(usage: Usage, stop: int) -> Why:
    """Why a stop that some vehicle could serve alone is not in a plan, and what serving it would add or take.

    Notes
    -----
    Looks at near tours only (:func:`~voltloop.collection.insertion.best_insertion`), so that thousands of
    stops of a national plan take seconds.
    """
    problem = usage.problem
    entry = problem.stop_list[stop]
    where = f"Pick-up {entry.pickup_id}"
    option = best_insertion(usage, stop)
    following = f"It falls due on {entry.due_on}." if entry.due_on else "It has no deadline."
    if option is not None:
        code = "tour-penalty-too-low" if problem.is_required(stop) else "tour-waits"
        worth = problem.unserved_eur(stop)
        finding = make(
            code, where=where, value=f"{option.added_eur:.2f}", limit=f"{worth:.2f}", next=following
        )
        return Why(finding, option.added_eur)
    obstacles, needs = _obstacles(usage, stop), _needs(usage, stop)
    said = "; ".join(obstacle.words for obstacle in obstacles[:_SAID])
    near = f" Near tours: {said}." if said else ""
    take = f" {needs[0].words}" if needs else ""
    if not problem.is_required(stop):
        finding = make("tour-waits-for-vehicle", where=where, next=following, near=near, take=take)
        return Why(finding, None, obstacles, needs)
    lacks = {lack for need in needs for lack in need.lacks}
    lack = next((lack for lack in _SCARCEST if lack in lacks), "vehicle")
    depots = sorted({need.depot_id for need in needs}) or list(entry.depots)
    due = str(entry.due_on or problem.days[problem.last_day(stop) - 1])
    finding = make(
        f"tour-no-{lack}-left", where=where, due=due, depot=" or ".join(depots), near=near, take=take
    )
    return Why(finding, None, obstacles, needs)


def _obstacles(usage: Usage, stop: int) -> tuple[Obstacle, ...]:
    """Name the rule that binds on each of the nearest tours."""
    legs, problem, entry = usage.legs, usage.problem, usage.problem.stop_list[stop]
    near = legs.near(stop)
    day = legs.day[legs.tour[near]]
    suits = (day >= entry.first_day) & (day <= problem.last_day(stop))
    near = near[suits] if suits.any() else near
    eur, _ = legs.added(stop, near)
    found: dict[int, Obstacle] = {}
    seen: set[int] = set()
    for row in np.lexsort((legs.position[near], legs.tour[near], eur)):
        index = int(legs.tour[near[row]])
        if len(found) == _OBSTACLES or not np.isfinite(eur[row]):
            break
        if index in seen:
            continue
        seen.add(index)
        fault = _joining_fault(usage, index, int(legs.position[near[row]]), stop)
        if fault is not None:
            found[index] = Obstacle(index, fault[0], float(eur[row]), f"{_name(usage, index)} {fault[1]}")
    return tuple(found.values())


def _name(usage: Usage, index: int) -> str:
    tour, day = usage.planned[index]
    problem = usage.problem
    kind, first = problem.fleet[tour.kind], problem.stop_list[tour.stops[0]]
    return f"the {kind.vehicle_type} of {kind.depot_id} on {problem.days[day - 1]} from {first.pickup_id} on"


def _joining_fault(usage: Usage, index: int, place: int, stop: int) -> tuple[str, str] | None:
    """Code and words of the first rule that keeps a stop from joining a tour at a place; None when it fits there."""
    problem, (tour, day) = usage.problem, usage.planned[index]
    kind, entry = problem.fleet[tour.kind], problem.stop_list[stop]
    if not entry.first_day <= day <= problem.last_day(stop):
        return "other-day", "drives on a day that does not suit"
    visits = (*tour.visits[:place], stop, *tour.visits[place:])
    code = first_fault(problem, kind, visits)
    if code is not None:
        return code, _load_words(problem, tour, visits, stop, code)
    longer = plan_tour(problem, tour.kind, visits)
    if longer is None:
        return "no-time", _time_words(problem, tour)
    if (longer.needs_adr, longer.training) == (tour.needs_adr, tour.training):
        return None
    lack = usage.lacks_driver(
        kind.depot_id, day, needs_adr=longer.needs_adr, training=longer.training, instead_of=tour
    )
    if lack is None:
        return None
    points = max(load.points for load in aboard(problem, visits))
    why = (
        f" with {points:g} load points (relief ends at {problem.relief_points:g})" if longer.needs_adr else ""
    )
    return lack, f"would need a {lack.replace('-', ' ')}{why}, and none of {kind.depot_id} is left that day"


def _load_words(problem: Problem, tour: Tour, visits: Sequence[int], stop: int, code: str) -> str:
    kind, entry = problem.fleet[tour.kind], problem.stop_list[stop]
    trip = next(trip for trip in trips(visits) if stop in trip)
    most = Load(*(max(figures) for figures in zip(*aboard(problem, trip), strict=True)))
    measures = {
        "too-heavy": (most.mass_kg, kind.payload_kg, "kg"),
        "too-much-floor": (most.floor_positions, kind.floor_positions, "floor positions"),
        "too-much-volume": (most.volume_m3, kind.volume_m3, "m3"),
        "too-many-boxes": (most.boxes, kind.critical_boxes, "certified boxes"),
    }
    if code in measures:
        amount, limit, unit = measures[code]
        return f"would carry {amount:g} {unit}, {limit:g} fit"
    points = max(load.points for load in aboard(problem, visits))
    relief = f"{points:g} load points (relief ends at {problem.relief_points:g})"
    if any(problem.stop_list[visit].needs_adr for visit in visits if visit >= 0):
        relief = "goods without small-load relief"
    return {
        "depot-not-allowed": f"ends at {kind.ends_at}, where the goods may not go",
        "wrong-vehicle-type": f"is not one of {', '.join(entry.vehicle_types)}, which can reach the site",
        "no-permit": f"lacks the permit for {', '.join(sorted(set(entry.permits) - kind.permits))}",
        "goods-clash": f"carries {_foe(problem, trip, stop)}",
        "days-apart": "has goods that no day of this stop suits",
        "needs-lift": "has no tail lift",
        "needs-adr-vehicle": f"would carry {relief} without equipment",
        "closed-to-adr": f"would carry {relief} into a zone closed to that",
    }[code]


def _foe(problem: Problem, trip: Sequence[int], stop: int) -> str:
    """Name goods of a trip that may not ride with those of a stop."""
    for name in problem.stop_list[stop].goods:
        foes = problem.clashing.get(name, frozenset())
        for other in trip:
            found = foes.intersection(problem.stop_list[other].goods) if other != stop else None
            if found:
                return f"{min(found)} of {problem.stop_list[other].pickup_id}, which may not ride with {name}"
    return "goods that may not ride with these"


def _time_words(problem: Problem, tour: Tour) -> str:
    kind, table = problem.fleet[tour.kind], tour.timetable
    duty = min(kind.max_duty_s, problem.rules.max_duty_s, kind.shift_end_s - kind.shift_start_s) / 3600.0
    driving = min(kind.max_driving_s, problem.rules.max_driving_s) / 3600.0
    return (
        f"has no time: {table.duty_s / 3600.0:.1f} of {duty:g} h of duty, {table.driving_s / 3600.0:.1f} of "
        f"{driving:g} h of driving, and the opening hours of its stops"
    )


def _needs(usage: Usage, stop: int) -> tuple[Need, ...]:
    """List what a tour of its own would take, the least and cheapest first; one entry per vehicle type and depot."""
    problem, entry = usage.problem, usage.problem.stop_list[stop]
    found: list[Need] = []
    for index, kind in enumerate(problem.fleet):
        tour = min(tours_alone(problem, index, stop), key=lambda one: one.objective_eur, default=None)
        if tour is None:
            continue
        options = []
        for day in range(max(entry.first_day, 1), problem.last_day(stop) + 1):
            driver = usage.lacks_driver(kind.depot_id, day, needs_adr=tour.needs_adr, training=tour.training)
            vehicle = "vehicle" if usage.vehicles[index, day] >= kind.count else None
            lacks = tuple(lack for lack in (vehicle, driver) if lack is not None)
            if lacks:
                options.append((len(lacks), day, lacks))
        if options:
            _, day, lacks = min(options)
            on = problem.days[day - 1]
            words = _need_words(usage, index, day, tour, lacks)
            found.append(Need(lacks, kind.depot_id, kind.vehicle_type, on, tour.objective_eur, words))
    return tuple(sorted(found, key=lambda need: (len(need.lacks), need.objective_eur, need.depot_id)))


def _need_words(usage: Usage, index: int, day: int, tour: Tour, lacks: Sequence[str]) -> str:
    problem, kind = usage.problem, usage.problem.fleet[index]
    out, marked = usage.drivers_out(kind.depot_id, day)
    certified = problem.crews[kind.depot_id][day - 1][1]
    said = {
        "vehicle": f"one more {kind.vehicle_type} (all {kind.count} are out)",
        "driver": f"one more driver{' with a certificate' if tour.needs_adr else ''} (all {out} are out)",
        "certified-driver": f"one more certified driver ({marked} of {certified} are out)",
        "trained-driver": f"one more driver who holds {', '.join(tour.training)}",
    }
    more = " and ".join(said[lack] for lack in lacks)
    return (
        f"It would take {more} at {kind.depot_id} on {problem.days[day - 1]}; a tour of its own then costs EUR "
        f"{tour.objective_eur:.2f}."
    )
