"""The pool of legal tours that a plan is chosen from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from voltloop.collection.loads import first_fault
from voltloop.collection.model import Problem, VehicleKind
from voltloop.collection.parts import Part
from voltloop.collection.schedule import Tour, plan_tour

__all__ = ["Pool", "enumerate_tours"]


class Pool:
    """Legal tours, the best order kept for each vehicle kind and set of stops.

    Every tour comes out of :func:`~voltloop.collection.schedule.plan_tour`, so all of them keep every rule,
    whatever the solver that proposed the order believes.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._best: dict[tuple[int, frozenset[int]], Tour] = {}
        self._seen: dict[tuple[int, tuple[int, ...]], bool] = {}

    def __len__(self) -> int:
        return len(self._best)

    def add(self, kind: int, visits: Sequence[int]) -> Tour | None:
        """Plan a tour and keep it when it is legal and better than its like; None when it is not legal."""
        order = tuple(visits)
        if self._seen.get((kind, order)) is False:
            return None
        tour = plan_tour(self._problem, kind, order)
        self._seen[kind, order] = tour is not None
        if tour is None:
            return None
        key = (kind, frozenset(tour.stops))
        known = self._best.get(key)
        if known is None or tour.objective_eur < known.objective_eur - 1e-9:
            self._best[key] = tour
        return self._best[key]

    def add_with_variants(self, kind: int, visits: Sequence[int]) -> None:
        """Keep a proposed tour, the same visits with the depot's other vehicles, and what is legal of it in pieces."""
        order = tuple(visits)
        if (kind, order) in self._seen:
            return
        home = self._problem.fleet[kind].depot_id
        legal = [
            self.add(other, same)
            for other, entry in enumerate(self._problem.fleet)
            if entry.depot_id == home and entry.count > 0
            for same in [_with_hubs_of(self._problem.fleet[kind], entry, order)]
            if same is not None
        ]
        self._seen.setdefault((kind, order), False)
        if not any(legal):
            self._add_pieces(kind, order)

    def _add_pieces(self, kind: int, order: tuple[int, ...]) -> None:
        piece: tuple[int, ...] = ()
        for stop in (visit for visit in order if visit >= 0):
            if self.add(kind, (*piece, stop)) is not None:
                piece = (*piece, stop)
            elif self.add(kind, (stop,)) is not None:
                piece = (stop,)

    def tours(self, stops: Iterable[int]) -> list[Tour]:
        """List the tours that visit only the given stops, in a fixed order."""
        wanted = set(stops)
        chosen = [tour for tour in self._best.values() if wanted.issuperset(tour.stops)]
        return sorted(chosen, key=lambda tour: (tour.kind, tour.stops))


def _with_hubs_of(kind: VehicleKind, other: VehicleKind, visits: tuple[int, ...]) -> tuple[int, ...] | None:
    """Write the same visits for another vehicle kind; None when it may not unload at one of the hubs."""
    if kind is other or min(visits) >= 0:
        return visits
    number = {place: -1 - j for j, place in enumerate(other.reload_at)}
    same = [visit if visit >= 0 else number.get(kind.reload_at[-1 - visit]) for visit in visits]
    return None if None in same else tuple(visit for visit in same if visit is not None)


def enumerate_tours(problem: Problem, part: Part, pool: Pool, *, budget: int) -> bool:
    """Put every legal tour of a part into the pool, if no more than ``budget`` orders have to be tried.

    Returns
    -------
    bool
        True when the enumeration is complete. A choice from the pool is then a proven optimum.

    Notes
    -----
    Whatever is wrong with a load stays wrong when more visits follow, so that it cuts off everything behind it; only
    where a trip ends is still open while the vehicle may unload on the way. Times are not used to cut: with distances
    that break the triangle inequality a longer tour may be faster.
    """
    tried = 0
    for kind in part.kinds:
        entry = problem.fleet[kind]
        hubs = tuple(-1 - hub for hub in range(len(entry.reload_at))) if entry.max_reloads else ()
        stack: list[tuple[int, ...]] = [(first,) for first in (*hubs, *reversed(part.stops))]
        while stack:
            order = stack.pop()
            tried += 1
            if tried > budget:
                return False
            reloads = sum(visit < 0 for visit in order)
            fault = first_fault(problem, entry, order) if len(order) > reloads else None
            if fault is not None and (fault != "depot-not-allowed" or not hubs):
                continue
            if fault is None and len(order) > reloads:
                pool.add(kind, order)
            stack.extend((*order, stop) for stop in part.stops if stop not in order)
            if reloads < entry.max_reloads:
                stack.extend((*order, hub) for hub in hubs)
    return True
