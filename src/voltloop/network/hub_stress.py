"""What the loss of one hub for some time costs, when everything else flows anew."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from voltloop.network.hub_flows import Flows
from voltloop.network.hubs import HubProblem, as_slices

__all__ = ["HubFailure", "stress_hubs"]


@dataclass(frozen=True)
class HubFailure:
    """A hub out of service from one period to another, both included, and what follows.

    Attributes
    ----------
    hub, first, last
        Number of the hub and of the periods.
    extra_eur, lost
        Cost above the undisturbed plan, discounted and weighted, and units that no hub takes beyond those that none
        took before, weighted; penalties are part of the cost.
    """

    hub: int
    first: int
    last: int
    extra_eur: float
    lost: float


def stress_hubs(
    problem: HubProblem,
    is_open: NDArray[np.bool_],
    failures: list[tuple[int, int, int]],
    *,
    workers: int = 1,
) -> list[HubFailure]:
    """Cost failures of single hubs, the dearest first.

    Parameters
    ----------
    problem, is_open
        The problem and the plan (J, T).
    failures
        Hub, first and last period of each.
    workers
        Processes; every one takes periods and scenarios of its own.

    Notes
    -----
    Nothing couples the flows of two periods or scenarios, so that each hub is taken out of each of them once, whatever
    the number of failures that have it so.
    """
    periods = len(problem.discount)
    slices = len(problem.weight) * periods
    needed = [
        sorted(
            {
                hub
                for hub, first, last in failures
                if first <= q % periods <= last and is_open[hub, q % periods]
            }
        )
        for q in range(slices)
    ]
    jobs = [(problem, is_open, q, hubs) for q, hubs in enumerate(needed) if hubs]
    if workers > 1:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            answers = list(pool.map(_slice, jobs))
    else:
        answers = [_slice(job) for job in jobs]
    weight = np.outer(problem.weight, problem.discount).ravel()
    share = np.repeat(problem.weight, periods)
    extra, lost = np.zeros((len(problem.capacity), slices)), np.zeros((len(problem.capacity), slices))
    for (_, _, q, hubs), ((cost, before), *found) in zip(jobs, answers, strict=True):
        for hub, (dearer, left) in zip(hubs, found, strict=True):
            extra[hub, q], lost[hub, q] = weight[q] * (dearer - cost), share[q] * (left - before)
    by_period = [values.reshape(len(values), -1, periods).sum(axis=1) for values in (extra, lost)]
    made = [
        HubFailure(hub, first, last, *(float(values[hub, first : last + 1].sum()) for values in by_period))
        for hub, first, last in failures
    ]
    return sorted(made, key=lambda failure: -failure.extra_eur)


def _slice(job: tuple[HubProblem, NDArray[np.bool_], int, list[int]]) -> list[tuple[float, float]]:
    problem, is_open, q, hubs = job
    return Flows(as_slices(problem)).without(is_open, q, [(hub,) for hub in hubs])
