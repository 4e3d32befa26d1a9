"""The compiled search and the exact timetable are two programs for one law: what the first allows, the second does."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from collection_cases import random_rich_problem
from voltloop.collection import US_DRIVING, Problem
from voltloop.collection.kernel.arrays import KernelTours
from voltloop.collection.kernel.rich import evaluate
from voltloop.collection.model import Consistency
from voltloop.collection.schedule import plan_tour
from voltloop.collection.translate import Translation, translate


def one_tour(kind: int, visits: tuple[int, ...]) -> KernelTours:
    return KernelTours(
        np.array([kind], np.int32), np.array([0, len(visits)], np.int32), np.array(visits, np.int32)
    )


def cases() -> list[Problem]:
    found = []
    for seed in range(6):
        case = replace(random_rich_problem(seed, 5, planning_days=2), consistency=Consistency())
        if seed % 2:
            case = replace(case, rules=replace(US_DRIVING, max_stretch_s=5400, break_s=900))
        found.append(case)
    return found


def price(case: Problem, found: Translation, kind: int, visits: tuple[int, ...]) -> tuple[float, float]:
    """Cost of a tour by either program, ``inf`` where it is not legal."""
    tours = one_tour(kind, visits)
    eur, is_legal = evaluate(found.arrays, tours)
    served = {visit for visit in visits if visit >= 0}
    left = sum(eur for stop, eur in enumerate(found.arrays.skip_eur) if stop not in served)
    use, own = found.back(tours)[0]
    tour = plan_tour(case, use.fleet, own)
    return (eur - left if is_legal else np.inf), (np.inf if tour is None else tour.objective_eur)


@pytest.mark.parametrize("case", cases(), ids=range(6))
def test_the_compiled_search_allows_nothing_more_and_loses_no_plain_tour(case: Problem) -> None:
    """Every order of up to three stops, with and without a visit to the yard, in every use of a vehicle.

    Nothing is legal or cheaper for the search only; and every tour without a hub that is legal has a use in which the
    search finds it legal, at the same cost.
    """
    found = translate(case, range(len(case.stop_list)))
    best: dict[tuple[int, tuple[int, ...]], float] = {}
    exact: dict[tuple[int, tuple[int, ...]], float] = {}
    for kind, use in enumerate(found.uses):
        hubs = [-1 - int(found.arrays.reload[kind])] if use.hubs else []
        for size in (1, 2, 3):
            for order in itertools.permutations([*range(len(found.stops)), *hubs], size):
                if max(order) < 0:
                    continue
                fast, slow = price(case, found, kind, order)
                assert fast >= slow - 1e-6
                key = (use.fleet, tuple(max(visit, -1) for visit in order))
                exact[key], best[key] = slow, min(fast, best.get(key, np.inf))
    plain = {key: eur for key, eur in exact.items() if eur < np.inf and min(key[1]) >= 0}
    assert len(plain) > 10
    assert {key: best[key] for key in plain} == pytest.approx(plain, abs=1e-6)
