"""Plan many stops at once: the compiled search over a whole component, every tour checked by the exact timetable.

The last part of the time goes to a second solver, which goes on from what the first one found and looks for tours in
another way; the best choice among the tours of both is kept.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from voltloop.collection.before import NOTHING, Before
from voltloop.collection.choose import Choice, choose
from voltloop.collection.days import DayClass
from voltloop.collection.kernel.arrays import KernelProblem, KernelTours
from voltloop.collection.model import Problem
from voltloop.collection.parts import Effort, Part, TourSolver
from voltloop.collection.passes import Crew, anneal, complete
from voltloop.collection.pyvrp_model import can_model
from voltloop.collection.schedule import Tour, plan_tour
from voltloop.collection.translate import translate
from voltloop.collection.workers import processes

__all__ = ["AnnealedSearch", "legal_tours"]

# A plan that exists is a good one: heat that would take it apart only loses time and changes much.
_WARM = 0.1
# The second solver holds matrices of the component, and does little in a minute with more stops.
_MOST_ENDED = 1_500
_END = "end"
# Stops a tour of the first plan from which on time windows make it hard for the compiled search.
_LONG_TOUR = 15.0
_NODES = 400
# Share of the time where PyVRP may well be ahead.
_MOST = 0.8


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

    def __init__(
        self, problem: Problem, part: Part, *, seed: int, solver: TourSolver, before: Before = NOTHING
    ) -> None:
        self.part = part
        self.iterations: dict[str, int] = {}
        self.stopped: Counter[str] = Counter()
        self._problem = problem
        self._seed = seed
        self._solver = solver
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
        ends = time.monotonic() + seconds
        share = self._end_share()
        first = exact
        if isinstance(exact, Mapping):
            first = {key: count for key, count in exact.items() if key != _END}
        with processes(self._arrays.arrays, workers) as executor:
            found = anneal(
                self._arrays.arrays, self._tours, seed=self._seed, seconds=seconds * (1.0 - share), exact=first,
                warmth=_WARM if self._before.tours else 1.0,
                crew=Crew(workers, executor), on_pass=on_change,
            )  # fmt: skip
        self.iterations = dict(found.iterations)
        self.stopped[found.stopped_by] += 1
        choice = self._choice(found.tours)
        if choice.objective_eur < self.choice.objective_eur:
            self.choice = choice
        if exact is None and share > 0.0:
            self._end(1 << 60, ends - time.monotonic())
        elif isinstance(exact, int) and share > 0.0:
            self._end(exact, math.inf)
        elif isinstance(exact, Mapping) and _END in exact:
            self._end(exact[_END], math.inf)

    @property
    def is_ended(self) -> bool:
        """Whether the second solver had its turn."""
        return _END in self.iterations

    def _end(self, iterations: int, seconds: float) -> None:
        """Let the other solver look, and choose among the tours of both."""
        from voltloop.collection.kernel import timed

        problem, stops, at_hand = self._problem, self.part.stops, [tour for tour, _ in self.choice.tours]
        start = tuple((tour.kind, tour.visits) for tour in at_hand)
        is_cautious = problem.horizon > 1 or any(tour.timetable.breaks for tour in at_hand)
        # Where vehicles or depots differ, PyVRP stays near the plan of the compiled search if it begins there: on PR06
        # 7.7 % from the best known after 14 s, 4.4 % from a start of its own; on X429-HVRP 1.3 against 0.9 %. Long
        # tours with windows it improves: RC2_10_9 comes to 0.6 %, from a start of its own to 1.6 %.
        is_fresh = not timed.is_timed(self._arrays.arrays)
        effort = Effort(self._seed, iterations, 1 << 60, seconds, is_cautious, start, is_fresh)
        found = self._solver.tours(problem, self.part, effort)
        self.iterations[_END] = found.iterations
        self.stopped[found.stopped_by] += 1
        more = [tour for fleet, visits in found.best for tour in legal_tours(problem, fleet, visits)]
        choice = choose(problem, stops, [*at_hand, *more], node_limit=_NODES, before=self._before)
        if choice is not None and choice.objective_eur < self.choice.objective_eur - 1e-9:
            self.choice = choice

    def _end_share(self) -> float:
        """Share of the time for the second solver."""
        p = self._arrays.arrays
        if len(p.place) > _MOST_ENDED or not can_model(self._arrays):
            return 0.0
        return _share_of_end(p, len(p.place) / len(self.choice.tours))

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


def _share_of_end(p: KernelProblem, stops_per_tour: float) -> float:
    """Share of the time that PyVRP gets beside the compiled search, as measured.

    Where vehicles differ, have several depots or trips, or may not serve every stop, and where tours with windows are
    long, either search may be far ahead of the other (after a minute on one core 0.2 against 2.4 % from the best known
    of X502-FSMFD, 4.4 against 2.7 % of PR20A), and PyVRP needs the longer time. With one kind of vehicle and short
    tours the compiled search is ahead, and with a capacity and nothing else so far ahead that PyVRP adds nothing.
    """
    from voltloop.collection.kernel import plain, timed

    if plain.is_plain(p):
        return 0.0
    return _MOST if stops_per_tour >= _LONG_TOUR or not timed.is_timed(p) else 0.2
