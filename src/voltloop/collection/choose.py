"""Choose tours from the pool: an exact set-covering choice under vehicles, drivers, certificates and deadlines."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from voltloop.collection.before import NOTHING, Before
from voltloop.collection.crews import Demand, crew_limits, demand_of
from voltloop.collection.days import DayClass, day_classes
from voltloop.collection.model import Problem
from voltloop.collection.schedule import Tour, plan_tour

__all__ = ["Choice", "choose", "choose_in_order", "shortlist"]

_Key = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Choice:
    """Tours chosen, each with its class of days.

    ``objective_eur`` counts tours and what is left out. ``bound_eur`` is what no choice from this pool can go
    below; None when the search was cut short before it had one.
    """

    tours: tuple[tuple[Tour, DayClass], ...]
    objective_eur: float
    bound_eur: float | None
    nodes: int


def choose(
    problem: Problem,
    stops: Sequence[int],
    tours: Sequence[Tour],
    *,
    node_limit: int,
    before: Before = NOTHING,
) -> Choice | None:
    """Find the best choice of tours for a set of stops, or None when ``node_limit`` did not suffice.

    Notes
    -----
    Binary x[t, k]: tour t drives in day class k. Each stop is covered or pays its prize or penalty u[i]; per
    depot and class the tours keep to vehicles and, for each set of demands, drivers, times days. Leaving an earlier
    plan or a usual weekday costs. A stop may be covered
    twice in the model; it is then dropped from one tour, which never raises cost where distances keep the
    triangle inequality (elsewhere covering twice is forbidden in a second run).
    """
    for exactly_once in (False, True):
        choice = _solve(problem, stops, tours, node_limit, before, exactly_once=exactly_once)
        if choice is None:
            return None
        single = _without_repeats(problem, choice)
        if single is not None:
            return single
    return None


def shortlist(
    problem: Problem,
    stops: Sequence[int],
    tours: Sequence[Tour],
    at_hand: Sequence[Tour],
    *,
    most_columns: float,
) -> list[Tour]:
    """Keep the choice small: the tours at hand, those for one stop, and those that save most against the latter."""
    most = most_columns / len(day_classes(problem, stops))
    if len(tours) <= most:
        return list(tours)
    alone: dict[int, float] = {}
    for tour in tours:
        if len(tour.stops) == 1:
            alone[tour.stops[0]] = min(tour.objective_eur, alone.get(tour.stops[0], math.inf))
    held = {(tour.kind, tour.stops) for tour in at_hand}

    def rank(tour: Tour) -> tuple[bool, float]:
        is_kept = len(tour.stops) == 1 or (tour.kind, tour.stops) in held
        return not is_kept, tour.objective_eur / max(sum(alone.get(stop, 0.0) for stop in tour.stops), 1e-9)

    return sorted(tours, key=rank)[: int(most)]


def _solve(
    problem: Problem, stops: Sequence[int], tours: Sequence[Tour], node_limit: int, before: Before,
    *, exactly_once: bool,
) -> Choice | None:  # fmt: skip
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    stock = _Stock(problem, stops, tours, before)
    classes, limits = stock.classes, stock.limits
    position = {stop: row for row, stop in enumerate(stops)}
    pairs = [(t, k) for t, tour in enumerate(tours) for k, group in enumerate(classes) if _suits(tour, group)]
    columns = len(pairs)
    entries: list[tuple[int, int]] = []
    members: dict[_Key, list[int]] = defaultdict(list)
    for column, (t, k) in enumerate(pairs):
        entries.extend((position[stop], column) for stop in tours[t].stops)
        for key in stock.keys(tours[t], k):
            members[key].append(column)
    tight = [key for key in members if len(members[key]) > limits[key]]
    cover = csr_array(
        (np.ones(len(entries) + len(stops)),
         ([row for row, _ in entries] + list(range(len(stops))),
          [column for _, column in entries] + list(range(columns, columns + len(stops))))),
        shape=(len(stops), columns + len(stops)),
    )  # fmt: skip
    constraints = [LinearConstraint(cover, 1, 1 if exactly_once else np.inf)]
    if tight:
        rows = [row for row, key in enumerate(tight) for _ in members[key]]
        where = [column for key in tight for column in members[key]]
        matrix = csr_array((np.ones(len(rows)), (rows, where)), shape=(len(tight), columns + len(stops)))
        constraints.append(LinearConstraint(matrix, -np.inf, np.array([limits[key] for key in tight])))
    missed = np.array([problem.unserved_eur(stop) for stop in stops])
    extra = before.extra_eur(problem, tours, classes)
    cost = np.concatenate([np.array([tours[t].objective_eur + extra[t, k] for t, k in pairs]), missed])
    found = milp(
        cost,
        constraints=constraints,
        bounds=Bounds(0, 1),
        integrality=np.concatenate([np.ones(columns), np.zeros(len(stops))]),
        options={"node_limit": node_limit, "mip_rel_gap": 1e-6},
    )
    if found.x is None:
        return None
    chosen = tuple((tours[t], classes[k]) for column, (t, k) in enumerate(pairs) if found.x[column] > 0.5)
    bound = getattr(found, "mip_dual_bound", None)
    return Choice(
        chosen, float(found.fun), None if bound is None else float(bound), int(found.mip_node_count or 0)
    )


def _without_repeats(problem: Problem, choice: Choice) -> Choice | None:
    """Drop each stop from all its tours but one, where that saves most; None where a drop would cost."""
    tours: list[Tour | None] = [tour for tour, _ in choice.tours]
    visits: dict[int, list[int]] = defaultdict(list)
    for index, (tour, _) in enumerate(choice.tours):
        for stop in tour.stops:
            visits[stop].append(index)
    saved = 0.0
    for stop, where in sorted(visits.items()):
        while len(where) > 1:
            options = [
                option for index in where for option in [_drop(problem, tours[index], stop, index)] if option
            ]
            if not options:
                return None
            gain, index, shorter = max(options, key=lambda option: (option[0], -option[1]))
            if gain < -1e-9:
                return None
            saved += gain
            tours[index] = shorter
            where.remove(index)
    kept = tuple(
        (tour, group) for tour, (_, group) in zip(tours, choice.tours, strict=True) if tour is not None
    )
    return Choice(kept, choice.objective_eur - saved, choice.bound_eur, choice.nodes)


def _drop(
    problem: Problem, tour: Tour | None, stop: int, index: int
) -> tuple[float, int, Tour | None] | None:
    if tour is None:
        return None
    rest = tuple(other for other in tour.stops if other != stop)
    shorter = plan_tour(problem, tour.kind, rest) if rest else None
    if rest and shorter is None:
        return None
    return tour.objective_eur - (shorter.objective_eur if shorter else 0.0), index, shorter


def choose_in_order(
    problem: Problem, stops: Sequence[int], tours: Sequence[Tour], before: Before = NOTHING
) -> Choice:
    """Choose quickly: most urgent and most valuable tours first, as long as vehicles and drivers last.

    Used for baselines and as the answer when the exact choice finds nothing in its limit.
    """
    stock = _Stock(problem, stops, tours, before)
    used: dict[_Key, int] = defaultdict(int)
    served: set[int] = set()
    chosen: list[tuple[Tour, DayClass]] = []
    extra = dict(zip(map(id, tours), before.extra_eur(problem, tours, stock.classes), strict=True))

    def worth(tour: Tour) -> float:
        return sum(problem.unserved_eur(stop) for stop in tour.stops) - tour.objective_eur

    total = 0.0
    for tour in sorted(tours, key=lambda entry: (entry.last_day, -worth(entry), entry.kind, entry.stops)):
        if worth(tour) <= 0 or not served.isdisjoint(tour.stops):
            continue
        for k, group in enumerate(stock.classes):
            keys = stock.keys(tour, k)
            if _suits(tour, group) and all(used[key] < stock.limits[key] for key in keys):
                for key in keys:
                    used[key] += 1
                served.update(tour.stops)
                chosen.append((tour, group))
                total += tour.objective_eur + float(extra[id(tour)][k])
                break
    missed = sum(problem.unserved_eur(stop) for stop in stops if stop not in served)
    return Choice(tuple(chosen), total + missed, None, 0)


def _suits(tour: Tour, group: DayClass) -> bool:
    return tour.first_day <= group.first and group.last <= tour.last_day


class _Stock:
    """What tours compete for in each class of days: vehicles, and drivers by set of demands."""

    def __init__(self, problem: Problem, stops: Sequence[int], tours: Sequence[Tour], before: Before) -> None:
        self._fleet = problem.fleet
        self.classes = day_classes(problem, stops, before.days)
        self.limits: dict[_Key, int] = {}
        self._crews: dict[tuple[str, Demand, int], list[_Key]] = defaultdict(list)
        demands: dict[str, set[Demand]] = defaultdict(set)
        for tour in tours:
            demands[problem.fleet[tour.kind].depot_id].add(demand_of(tour))
        for k, group in enumerate(self.classes):
            for kind in {tour.kind for tour in tours}:
                gone = sum(e.fleet == kind and group.first <= e.day <= group.last for e in before.taken)
                self.limits["vehicle", kind, k] = problem.fleet[kind].count * group.days - gone
            away = {entry.driver_id or "" for entry in before.taken if entry.day == group.first}
            for depot, asked in demands.items():
                for number, (able, most) in enumerate(crew_limits(problem, depot, group.first, asked, away)):
                    key: _Key = (depot, number, k)
                    self.limits[key] = most * group.days
                    for demand in able:
                        self._crews[depot, demand, k].append(key)

    def keys(self, tour: Tour, k: int) -> list[_Key]:
        """List what a tour takes one of in a class of days."""
        return [("vehicle", tour.kind, k), *self._crews[self._fleet[tour.kind].depot_id, demand_of(tour), k]]
