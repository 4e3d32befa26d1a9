"""Where to open when every customer is served whole from one site.

The split problem of :mod:`voltloop.network.lagrangian` bounds it from below. Its plan made whole bounds it from
above, so that most sites are opened or closed for good before HiGHS solves the programme of what is left, in the
strong form: nobody is served by a closed site, for every pair.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voltloop.network.location import Located, Location

__all__ = ["locate_whole"]

_TOLERANCE = 1e-9


def locate_whole(
    problem: Location,
    split: Callable[[float], Located],
    *,
    time_limit_s: float,
    on_progress: Callable[[float, float, float], None] | None = None,
) -> Located:
    """Open the sites that serve all customers at least cost, each customer from one site.

    Parameters
    ----------
    problem
        Sites and customers.
    split
        Solves the same problem with customers shared between sites, in so many seconds.
    time_limit_s, on_progress
        As for :func:`voltloop.network.location.locate`.

    Notes
    -----
    A site is fixed only where the bound of its other choice reaches the cost of a plan that is known, so that no
    better plan is lost.
    """
    began = time.monotonic()
    shared = split(0.3 * time_limit_s)
    sites, customers = problem.cost_eur.shape
    bound, best, first = shared.bound_eur, np.inf, np.inf
    choice = np.full(customers, -1)
    nodes = shared.nodes
    for is_last in (False, True):
        left = time_limit_s - (time.monotonic() - began)
        if not np.isfinite(bound) or left <= 0:
            break
        known = np.where(shared.is_open, 1, -1) if not is_last else _settled(problem, best)
        found, least, kept, more = _solve(problem, known, choice, left if is_last else 0.3 * left)
        nodes += more
        if found < best:
            best, choice, first = found, kept, min(first, time.monotonic() - began)
        if is_last:
            bound = min(best, max(bound, least))
        if on_progress is not None:
            on_progress(time.monotonic() - began, best, min(bound, best))
    share = np.zeros((sites, customers))
    if np.isfinite(best):
        share[choice, np.arange(customers)] = 1.0
    seconds = time.monotonic() - began
    return Located(share.max(axis=1, initial=0.0) > 0, share, best, bound, nodes, seconds, first)


def _settled(problem: Location, best: float) -> NDArray[np.int64]:
    """State of each site that no better plan than ``best`` can have otherwise."""
    from voltloop.network.lagrangian import Sites, ascend, probe

    state = np.zeros(len(problem.capacity), np.int64)
    if not np.isfinite(best):
        return state
    cost = np.ascontiguousarray(problem.cost_eur, np.float64)
    sites = Sites(cost, problem.demand, problem.capacity, problem.fixed_eur)
    price = np.partition(np.where(np.isfinite(cost), cost, best), min(1, len(cost) - 1), axis=0)
    _, prices, value, _ = ascend(sites, price[min(1, len(cost) - 1)], state, best, 800, 1.0)
    cut = best + _TOLERANCE * abs(best)
    probe(value, problem.capacity, state, problem.demand.sum(), prices.sum(), cut)
    return state


def _solve(
    problem: Location, state: NDArray[np.int64], start: NDArray[np.int64], limit_s: float
) -> tuple[float, float, NDArray[np.int64], int]:
    """Cost, bound, site of each customer and nodes of the programme with the settled sites fixed."""
    import highspy

    usable = np.isfinite(problem.cost_eur) & (state >= 0)[:, None]
    usable &= problem.demand <= problem.capacity[:, None] * (1 + _TOLERANCE)
    if not usable.any(axis=0).all():
        return np.inf, np.inf, start, 0
    site, customer = np.nonzero(usable)
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    for name, value in (("time_limit", limit_s), ("mip_rel_gap", 0.0), ("mip_abs_gap", 1e-6), ("threads", 1)):
        solver.setOptionValue(name, value)
    solver.passModel(_programme(problem, state, site, customer))
    if (start >= 0).all():
        solution = highspy.HighsSolution()
        is_served = np.zeros(len(problem.capacity))
        is_served[start] = 1.0
        solution.col_value = np.concatenate([(start[customer] == site).astype(float), is_served])
        solver.setSolution(solution)
    solver.run()
    info = solver.getInfo()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return np.inf, np.inf, start, 0
    nodes = max(0, int(info.mip_node_count))
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return np.inf, float(info.mip_dual_bound), start, nodes
    taken = np.asarray(solver.getSolution().col_value)[: len(site)] > 0.5
    choice = np.empty(len(problem.demand), np.int64)
    choice[customer[taken]] = site[taken]
    cost = problem.cost_eur[choice, np.arange(len(choice))].sum() + problem.fixed_eur[np.unique(choice)].sum()
    return float(cost), float(info.mip_dual_bound), choice, nodes


def _programme(
    problem: Location, state: NDArray[np.int64], site: NDArray[np.int64], customer: NDArray[np.int64]
) -> Any:
    """Columns: every usable pair, then every site. Rows: customers, capacities, pairs."""
    import highspy
    from scipy import sparse

    pairs, sites, customers = len(site), len(problem.capacity), len(problem.demand)
    pair, one = np.arange(pairs), np.ones(pairs)
    served = sparse.csr_matrix((one, (customer, pair)), (customers, pairs + sites))
    limited = np.flatnonzero(np.isfinite(problem.capacity))
    loads = sparse.csr_matrix((problem.demand[customer], (site, pair)), (sites, pairs + sites))[limited]
    rooms = sparse.csr_matrix(
        (problem.capacity[limited], (np.arange(len(limited)), pairs + limited)), loads.shape
    )
    links = sparse.csr_matrix((one, (pair, pair)), (pairs, pairs + sites)) - sparse.csr_matrix(
        (one, (pair, pairs + site)), (pairs, pairs + sites)
    )
    matrix = sparse.vstack([served, loads - rooms, links]).tocsr()
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = matrix.shape[1], matrix.shape[0]
    model.col_cost_ = np.concatenate([problem.cost_eur[site, customer], problem.fixed_eur])
    model.col_lower_ = np.concatenate([np.zeros(pairs), (state > 0).astype(float)])
    model.col_upper_ = np.concatenate([one, (state >= 0).astype(float)])
    others = matrix.shape[0] - customers
    model.row_lower_ = np.concatenate([np.ones(customers), np.full(others, -highspy.kHighsInf)])
    model.row_upper_ = np.concatenate([np.ones(customers), np.zeros(others)])
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
    model.a_matrix_.value_ = matrix.data
    model.integrality_ = [highspy.HighsVarType.kInteger] * matrix.shape[1]
    return model
