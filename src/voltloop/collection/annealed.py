"""Plan many stops at once: the compiled search over a whole component, every tour checked by the exact timetable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from voltloop.collection.before import NOTHING, Before
from voltloop.collection.choose import Choice
from voltloop.collection.days import DayClass
from voltloop.collection.kernel.arrays import KernelTours
from voltloop.collection.model import Problem
from voltloop.collection.parts import Part
from voltloop.collection.passes import Crew, anneal, complete
from voltloop.collection.schedule import Tour, plan_tour
from voltloop.collection.translate import translate
from voltloop.collection.workers import processes

__all__ = ["AnnealedSearch", "legal_tours"]

# A plan that exists is a good one: heat that would take it apart only loses time and changes much.
_WARM = 0.1


class AnnealedSearch:
    """Tours for one large component.

    Attributes
    ----------
    part
        The component.
    choice
        The best plan so far.
    iterations
        Iterations of the search by pass and part.
    stopped
        What ended the search, and tours that the exact timetable refused, as a count by reason.
    """

    def __init__(self, problem: Problem, part: Part, *, seed: int, before: Before = NOTHING) -> None:
        self.part = part
        self.iterations: dict[str, int] = {}
        self.stopped: Counter[str] = Counter()
        self._problem = problem
        self._seed = seed
        self._before = before
        self._arrays = translate(problem, part.stops, fleet=part.kinds, before=before)
        start = self._arrays.forth(before.tours)
        self._tours = complete(self._arrays.arrays, start if len(start.kind) else None, seed)
        self.choice = self._choice(self._tours)

    def search(
        self,
        seconds: float,
        exact: Mapping[str, int] | int | None,
        workers: int,
        on_change: Callable[[float], None],
    ) -> None:
        """Improve the plan for some time, or with iterations that are given.

        ``on_change`` is called with the objective [EUR] after each pass.
        """
        if not self.choice.tours:
            return
        with processes(self._arrays.arrays, workers) as executor:
            found = anneal(
                self._arrays.arrays, self._tours, seed=self._seed, seconds=seconds, exact=exact,
                warmth=_WARM if self._before.tours else 1.0,
                crew=Crew(workers, executor), on_pass=on_change,
            )  # fmt: skip
        self.iterations = dict(found.iterations)
        self.stopped[found.stopped_by] += 1
        choice = self._choice(found.tours)
        if choice.objective_eur < self.choice.objective_eur:
            self.choice = choice

    def _choice(self, tours: KernelTours) -> Choice:
        problem = self._problem
        chosen: list[tuple[Tour, DayClass]] = []
        for use, visits in self._arrays.back(tours):
            legal = legal_tours(problem, use.fleet, visits)
            if len(legal) != 1 or legal[0].visits != visits:
                self.stopped["tours mended"] += 1
            chosen.extend((tour, use.days) for tour in legal[:1])
        served = {stop for tour, _ in chosen for stop in tour.stops}
        missed = sum(problem.unserved_eur(stop) for stop in self.part.stops if stop not in served)
        total = sum(tour.objective_eur for tour, _ in chosen) + sum(
            float(self._before.extra_eur(problem, [tour], [group])[0, 0]) for tour, group in chosen
        )
        return Choice(tuple(chosen), total + missed, None, 0)


def legal_tours(problem: Problem, fleet: int, visits: Sequence[int]) -> list[Tour]:
    """Make a legal tour of these visits: as they are, or of as many of its stops, in order, as are legal."""
    whole = plan_tour(problem, fleet, visits)
    if whole is not None:
        return [whole]
    best: Tour | None = None
    for visit in (visit for visit in visits if visit >= 0):
        longer = plan_tour(problem, fleet, (*(best.visits if best else ()), visit))
        best = longer or best
    return [best] if best else []
