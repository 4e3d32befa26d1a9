"""Clarke and Wright's savings on a tour problem with one capacity: what plain construction reaches."""

from __future__ import annotations

from tour_peers import Answer, Clock
from voltloop.collection.model import Problem

__all__ = ["solve_savings"]

_NEAR = 100


def solve_savings(problem: Problem, clock: Clock) -> Answer:
    """Join tours by savings among near neighbours; deterministic, it takes no account of the time."""
    from voltloop.collection.kernel.neighbours import neighbours
    from voltloop.collection.kernel.savings import savings
    from voltloop.collection.translate import translate

    translation = translate(problem, range(len(problem.stop_list)))
    near, _ = neighbours(translation.arrays, _NEAR)
    tours = translation.back(savings(translation.arrays, near))
    clock.found()
    return Answer(tuple((use.fleet, visits) for use, visits in tours))
