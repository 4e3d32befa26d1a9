"""Where to open: sites with capacity and cost of opening, customers with demand, proven to the end.

Solved by branch and bound over the Lagrangian bound of :mod:`voltloop.network.lagrangian`; with every customer
served from one site by :mod:`voltloop.network.single_source`.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voltloop.errors import InputError
from voltloop.network.allocation import allocate_demand

__all__ = ["Located", "Location", "locate"]

_PROVEN = 1e-9


@dataclass(frozen=True)
class Location:
    """A problem of choosing sites.

    Attributes
    ----------
    capacity
        (S,) what a site can serve, in the unit of demand; ``inf`` for no limit.
    fixed_eur
        (S,) cost of opening.
    demand
        (C,) what a customer needs, not negative.
    cost_eur
        (S, C) cost of serving the whole demand of a customer from a site; ``inf`` where it cannot be.
    is_single_source
        Whether every customer is served from one site. Otherwise sites may share a customer.

    Raises
    ------
    InputError
        Shapes do not fit, a number is missing or negative.
    """

    capacity: NDArray[np.float64]
    fixed_eur: NDArray[np.float64]
    demand: NDArray[np.float64]
    cost_eur: NDArray[np.float64]
    is_single_source: bool = False

    def __post_init__(self) -> None:
        sites, customers = self.cost_eur.shape
        if (
            self.capacity.shape != (sites,)
            or self.fixed_eur.shape != (sites,)
            or self.demand.shape != (customers,)
        ):
            raise InputError(
                f"The costs are for {sites} sites and {customers} customers, but there are {self.capacity.shape[0]} "
                f"capacities, {self.fixed_eur.shape[0]} costs of opening and {self.demand.shape[0]} demands. Give one "
                "of each per site and customer.",
                code="location-shape",
            )
        for name in ("capacity", "fixed_eur", "demand", "cost_eur"):
            values = getattr(self, name)
            bad = np.argwhere(~(values >= 0))
            if len(bad):
                where = ", ".join(str(index) for index in bad[0])
                raise InputError(
                    f"{name}[{where}] is {values[tuple(bad[0])]}. Expected a number of zero or more.",
                    code="location-number",
                )


@dataclass(frozen=True)
class Located:
    """A choice of sites and how good it is known to be.

    Attributes
    ----------
    is_open
        (S,) sites to open.
    share
        (S, C) share of each customer's demand that a site serves.
    objective_eur, bound_eur
        Cost of this choice, and what no choice can be below. Both infinite when demand cannot be served.
    nodes
        Branches looked at.
    seconds, first_s
        Time in all, and until the first choice.
    """

    is_open: NDArray[np.bool_]
    share: NDArray[np.float64]
    objective_eur: float
    bound_eur: float
    nodes: int
    seconds: float
    first_s: float

    @property
    def gap(self) -> float:
        """Share of the objective above the bound, 0 to 1."""
        if not np.isfinite(self.objective_eur):
            return 0.0 if self.bound_eur == self.objective_eur else 1.0
        return max(0.0, (self.objective_eur - self.bound_eur) / max(abs(self.objective_eur), 1e-12))

    @property
    def is_proven(self) -> bool:
        """Whether no choice is better."""
        return self.gap <= 1e-6


def locate(
    problem: Location,
    *,
    time_limit_s: float = 60.0,
    on_progress: Callable[[float, float, float], None] | None = None,
) -> Located:
    """Open the sites that serve all demand at least cost.

    Parameters
    ----------
    problem
        Sites and customers.
    time_limit_s
        The best choice so far is returned when it is over [s].
    on_progress
        Called with seconds, objective and bound when either got better.

    Notes
    -----
    1. Prices of serving customers are raised by a deflected subgradient (Barahona and Anbil 2000).
    2. Sites whose other choice cannot beat the best plan are fixed, exactly, through the choice of sites with room
       for all demand.
    3. The rest is branched on, lowest bound first; choices met on the way are costed by a transport problem unless
       the prices already show that they are no better.
    """
    if problem.is_single_source:
        from voltloop.network.single_source import locate_whole

        return locate_whole(
            problem,
            lambda limit_s: _Search(problem, limit_s, None).run(),
            time_limit_s=time_limit_s,
            on_progress=on_progress,
        )
    return _Search(problem, time_limit_s, on_progress).run()


class _Search:
    def __init__(
        self, problem: Location, limit_s: float, on_progress: Callable[[float, float, float], None] | None
    ) -> None:
        self.problem = problem
        self._limit = limit_s
        self._on_progress = on_progress
        self._began = time.monotonic()
        self._cost = np.ascontiguousarray(problem.cost_eur, np.float64)
        self._tried: set[bytes] = set()
        self.best = np.inf
        self.sites: NDArray[np.int64] = np.zeros(0, np.int64)
        self.share = np.zeros(problem.cost_eur.shape)
        self._nodes = 0
        self._first_s = np.inf

    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def run(self) -> Located:
        problem = self.problem
        can = np.isfinite(self._cost).any(axis=0).all() and problem.capacity.sum() >= problem.demand.sum()
        bound = self._branch() if can else np.inf
        is_open = np.zeros(len(problem.capacity), np.bool_)
        is_open[self.sites] = True
        return Located(
            is_open, self.share, self.best, min(bound, self.best), self._nodes, self._seconds(), self._first_s
        )

    def _ascend(
        self, price: NDArray[np.float64], state: NDArray[np.int64], rounds: int, step: float
    ) -> tuple[float, NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
        from voltloop.network.lagrangian import Sites, ascend

        problem = self.problem
        sites = Sites(self._cost, problem.demand, problem.capacity, problem.fixed_eur)
        target = self.best if np.isfinite(self.best) else self._crude()
        found: tuple[float, NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]
        found = ascend(sites, price.copy(), state, target, rounds, step)
        return found

    def _crude(self) -> float:
        """Cost that an optimal plan is not far above: half of opening everything and serving from the nearest."""
        return 0.5 * float(self._cost.min(axis=0).sum() + self.problem.fixed_eur.sum())

    def _try(self, sites: NDArray[np.int64], price: NDArray[np.float64]) -> None:
        """Cost a choice of sites, unless the prices show that it is no better than the best."""
        problem = self.problem
        sites = np.sort(sites)
        if sites.tobytes() in self._tried or problem.capacity[sites].sum() < problem.demand.sum() * (
            1 - 1e-12
        ):
            return
        self._tried.add(sites.tobytes())
        if np.isfinite(self.best) and self._least(sites, price) >= self.best:
            return
        cost, share = allocate_demand(self._cost[sites], problem.demand, problem.capacity[sites])
        cost += float(problem.fixed_eur[sites].sum())
        if cost < self.best - _PROVEN * abs(cost):
            self.best, self.sites = cost, sites
            self.share = np.zeros(self._cost.shape)
            self.share[sites] = share
            self._first_s = min(self._first_s, self._seconds())

    def _least(self, sites: NDArray[np.int64], price: NDArray[np.float64]) -> float:
        """Bound of one choice of sites, its prices raised a little."""
        state = np.full(len(self.problem.capacity), -1)
        state[sites] = 1
        return self._ascend(price, state, 15, 0.3)[0]

    def _first_plans(self) -> tuple[float, NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
        problem = self.problem
        state = np.zeros(len(problem.capacity), np.int64)
        finite = np.where(np.isfinite(self._cost), self._cost, np.nanmax(self._cost[np.isfinite(self._cost)]))
        second = np.partition(finite, min(1, len(finite) - 1), axis=0)[min(1, len(finite) - 1)]
        found = self._ascend(second, state, 150, 1.0)
        for rounds, step in ((400, 1.0), (300, 0.5), (300, 0.3)):
            _, price, value, chosen = found
            order = np.argsort(np.where(np.isfinite(value), value, np.inf), kind="stable")
            enough = int(np.searchsorted(np.cumsum(problem.capacity[order]), problem.demand.sum())) + 1
            for many in {int(chosen.sum()) + more for more in (-1, 0, 1)} | {enough}:
                if enough <= many <= len(order):
                    self._try(order[:many], price)
            self._try(np.flatnonzero(chosen), price)
            better = self._ascend(price, state, rounds, step)
            found = better if better[0] >= found[0] else found
            self._tell(found[0])
            if found[0] >= self.best:
                break
        self._swap(found[1], found[2])
        return found

    def _swap(self, price: NDArray[np.float64], value: NDArray[np.float64]) -> None:
        """Exchange, close or open one site at a time among those that the prices are least sure of."""
        is_better = np.isfinite(self.best)
        while is_better and self._seconds() < 0.5 * self._limit:
            before, here = self.best, self.sites
            outside = np.setdiff1d(np.argsort(value), here, assume_unique=True)[:8]
            inside = here[np.argsort(-value[here])][:8]
            for new in outside:
                self._try(np.append(here, new), price)
                for old in inside:
                    self._try(np.append(here[here != old], new), price)
            for old in inside:
                self._try(here[here != old], price)
            is_better = self.best < before

    def _tell(self, bound: float) -> None:
        if self._on_progress is not None:
            self._on_progress(self._seconds(), self.best, min(bound, self.best))

    def _branch(self) -> float:
        """Branch and bound; the bound that is proven when it ends."""
        from voltloop.network.lagrangian import FREE, OPEN, probe

        problem = self.problem
        root, price, *_ = self._first_plans()
        state = np.zeros(len(problem.capacity), np.int64)
        heap: list[tuple[float, int, NDArray[np.int64], NDArray[np.float64]]] = [(root, 0, state, price)]
        pushed = 0
        while heap and self._seconds() < self._limit:
            least, _, state, price = heap[0]
            if least >= self._limit_of_proof():
                break
            heapq.heappop(heap)
            self._nodes += 1
            bound, price, value, chosen = self._ascend(price, state, 60 if self._nodes > 1 else 400, 0.3)
            bound = max(bound, least)
            if bound >= self._limit_of_proof():
                continue
            self._try(np.flatnonzero(chosen), price)
            probe(value, problem.capacity, state, problem.demand.sum(), price.sum(), self._limit_of_proof())
            free = np.flatnonzero(state == FREE)
            if len(free) == 0:
                self._try(np.flatnonzero(state == OPEN), price)
                continue
            undecided = free[np.argmin(np.abs(value[free]))]
            for choice in (1, -1):
                child = state.copy()
                child[undecided] = choice
                pushed += 1
                heapq.heappush(heap, (bound, pushed, child, price))
            self._tell(heap[0][0])
        return min((entry[0] for entry in heap), default=self.best)

    def _limit_of_proof(self) -> float:
        return self.best - _PROVEN * abs(self.best)
