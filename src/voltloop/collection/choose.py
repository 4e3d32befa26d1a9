"""Choose tours from the pool: an exact set-covering choice under vehicles, drivers, certificates and deadlines."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from voltloop.collection.days import DayClass, day_classes
from voltloop.collection.model import Problem
from voltloop.collection.schedule import Tour, plan_tour

__all__ = ["Choice", "choose", "choose_in_order", "shortlist"]


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
    problem: Problem, stops: Sequence[int], tours: Sequence[Tour], *, node_limit: int
) -> Choice | None:
    """Find the best choice of tours for a set of stops, or None when ``node_limit`` did not suffice.

    Notes
    -----
    Binary x[t, k]: tour t drives in day class k. Each stop is covered or pays its prize or penalty u[i]; per
    depot and class the tours keep to vehicles, drivers and certified drivers times days. A stop may be covered
    twice in the model; it is then dropped from one tour, which never raises cost where distances keep the
    triangle inequality (elsewhere covering twice is forbidden in a second run).
    """
    for exactly_once in (False, True):
        choice = _solve(problem, stops, tours, node_limit, exactly_once=exactly_once)
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
    problem: Problem, stops: Sequence[int], tours: Sequence[Tour], node_limit: int, *, exactly_once: bool
) -> Choice | None:
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    classes = day_classes(problem, stops)
    position = {stop: row for row, stop in enumerate(stops)}
    pairs = [
        (t, k)
        for t, tour in enumerate(tours)
        for k, group in enumerate(classes)
        if group.last <= tour.last_day
    ]
    columns = len(pairs)
    limits: dict[tuple[str, object, int], float] = {}
    entries: list[tuple[int, int]] = []
    members: dict[tuple[str, object, int], list[int]] = defaultdict(list)
    for column, (t, k) in enumerate(pairs):
        tour, group = tours[t], classes[k]
        kind = problem.fleet[tour.kind]
        drivers, certified = problem.crews[kind.depot_id][group.first - 1]
        entries.extend((position[stop], column) for stop in tour.stops)
        for key, most in (
            (("vehicle", tour.kind, k), kind.count),
            (("driver", kind.depot_id, k), drivers),
            *(((("certified", kind.depot_id, k), certified),) if tour.needs_adr else ()),
        ):
            limits[key] = most * group.days
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
    cost = np.concatenate([np.array([tours[t].objective_eur for t, _ in pairs]), missed])
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


def choose_in_order(problem: Problem, stops: Sequence[int], tours: Sequence[Tour]) -> Choice:
    """Choose quickly: most urgent and most valuable tours first, as long as vehicles and drivers last.

    Used for baselines and as the answer when the exact choice finds nothing in its limit.
    """
    classes = day_classes(problem, stops)
    used: dict[tuple[str, object, int], int] = defaultdict(int)
    served: set[int] = set()
    chosen: list[tuple[Tour, DayClass]] = []

    def worth(tour: Tour) -> float:
        return sum(problem.unserved_eur(stop) for stop in tour.stops) - tour.objective_eur

    for tour in sorted(tours, key=lambda entry: (entry.last_day, -worth(entry), entry.kind, entry.stops)):
        if worth(tour) <= 0 or not served.isdisjoint(tour.stops):
            continue
        kind = problem.fleet[tour.kind]
        for k, group in enumerate(classes):
            if group.last > tour.last_day:
                break
            drivers, certified = problem.crews[kind.depot_id][group.first - 1]
            needs = [(("vehicle", tour.kind, k), kind.count), (("driver", kind.depot_id, k), drivers)]
            if tour.needs_adr:
                needs.append((("certified", kind.depot_id, k), certified))
            if all(used[key] < most * group.days for key, most in needs):
                for key, _ in needs:
                    used[key] += 1
                served.update(tour.stops)
                chosen.append((tour, group))
                break
    missed = sum(problem.unserved_eur(stop) for stop in stops if stop not in served)
    return Choice(tuple(chosen), sum(tour.objective_eur for tour, _ in chosen) + missed, None, 0)
