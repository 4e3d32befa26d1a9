"""The pool of legal tours that a plan is chosen from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from voltloop.collection.model import Problem
from voltloop.collection.parts import Part
from voltloop.collection.schedule import Tour, first_fault, plan_tour

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

    def add(self, kind: int, stops: Sequence[int]) -> Tour | None:
        """Plan a tour and keep it when it is legal and better than its like; None when it is not legal."""
        order = tuple(stops)
        key = (kind, frozenset(order))
        if self._seen.get((kind, order)) is False:
            return None
        tour = plan_tour(self._problem, kind, order)
        self._seen[kind, order] = tour is not None
        if tour is None:
            return None
        known = self._best.get(key)
        if known is None or tour.objective_eur < known.objective_eur - 1e-9:
            self._best[key] = tour
        return self._best[key]

    def add_with_variants(self, kind: int, stops: Sequence[int]) -> None:
        """Keep a proposed tour, the same stops with the depot's other vehicles, and what is legal of it in pieces."""
        order = tuple(stops)
        if (kind, order) in self._seen:
            return
        home = self._problem.fleet[kind].depot_id
        legal = [
            self.add(other, order)
            for other, entry in enumerate(self._problem.fleet)
            if entry.depot_id == home and entry.count > 0
        ]
        self._seen.setdefault((kind, order), False)
        if not any(legal):
            self._add_pieces(kind, order)

    def _add_pieces(self, kind: int, order: tuple[int, ...]) -> None:
        piece: tuple[int, ...] = ()
        for stop in order:
            if self.add(kind, (*piece, stop)) is not None:
                piece = (*piece, stop)
            elif self.add(kind, (stop,)) is not None:
                piece = (stop,)

    def tours(self, stops: Iterable[int]) -> list[Tour]:
        """List the tours that visit only the given stops, in a fixed order."""
        wanted = set(stops)
        chosen = [tour for tour in self._best.values() if wanted.issuperset(tour.stops)]
        return sorted(chosen, key=lambda tour: (tour.kind, tour.stops))


def enumerate_tours(problem: Problem, part: Part, pool: Pool, *, budget: int) -> bool:
    """Put every legal tour of a part into the pool, if no more than ``budget`` orders have to be tried.

    Returns
    -------
    bool
        True when the enumeration is complete. A choice from the pool is then a proven optimum.

    Notes
    -----
    Loads only grow along a tour, so a load that breaks a capacity cuts off everything behind it. Times are not
    used to cut: with distances that break the triangle inequality a longer tour may be faster.
    """
    tried = 0
    for kind in part.kinds:
        entry = problem.fleet[kind]
        stack: list[tuple[int, ...]] = [(stop,) for stop in reversed(part.stops)]
        while stack:
            order = stack.pop()
            tried += 1
            if tried > budget:
                return False
            if first_fault(problem, entry, order) is not None:
                continue
            pool.add(kind, order)
            stack.extend((*order, stop) for stop in part.stops if stop not in order)
    return True
