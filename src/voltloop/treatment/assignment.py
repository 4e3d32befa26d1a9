"""Assign batteries to sites under capacity so that the sum of scores is greatest.

Method: every row takes its best site; when a site is over its limit, prices per kilogram make room: from the
linear relaxation by HiGHS, or for very many rows by exact Lagrangian coordinate steps. A greedy pass in the order
of regret gives a plan that keeps every limit, and what the prices cannot rule out goes to HiGHS as a small integer
programme. The prices also give an upper bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Assignment", "assign", "hold_scores"]

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]
_ROUNDS = 12
_LINEAR_COLUMNS = 60_000
_EXACT_COLUMNS = 1000
_NODES = 50


@dataclass(frozen=True)
class Assignment:
    """Which site every row goes to.

    Attributes
    ----------
    site
        Column of the site by row, -1 where none is open or all are full.
    score
        Sum of scores reached, holds included.
    bound
        No assignment can reach more than this.
    prices
        What one more kilogram of room would be worth by site, in units of score.
    span
        From holding every row to every row at its best site, in units of score.
    """

    site: _Ints
    score: float
    bound: float
    prices: _Floats
    span: float = 0.0

    @property
    def gap(self) -> float:
        """Share of the span that might still be missing, 0 to 1; 0.0 when the assignment is proven best."""
        return max(0.0, self.bound - self.score) / max(1.0, self.span)


def hold_scores(scores: _Floats, mass: _Floats, urgency: _Floats | None = None) -> _Floats:
    """Score of holding each row back: so low that a row is held only when no site has room.

    Parameters
    ----------
    scores
        Rows by sites, ``-inf`` where closed.
    mass
        Mass of each row [kg].
    urgency
        How much worse than usual it is to hold a row, 1 or more; None for 1.

    Returns
    -------
    ndarray
        One score per row; zero where every site is closed.
    """
    is_open = np.isfinite(scores)
    worst = np.where(is_open, scores, np.inf).min(axis=1, initial=np.inf)
    best = np.where(is_open, scores, -np.inf).max(axis=1, initial=-np.inf)
    any_open = is_open.any(axis=1)
    spread = np.where(any_open, best - worst, 0.0)
    per_kg = float((spread / np.maximum(mass, 1e-9))[any_open].max(initial=0.0)) + 1.0
    depth = per_kg * np.maximum(mass, 1e-9) + float(spread.max(initial=0.0))
    with np.errstate(invalid="ignore"):
        return np.where(any_open, worst - depth * (1.0 if urgency is None else urgency), 0.0)


def _without_dominated(scores: _Floats, limits: _Floats) -> _Floats:
    """Close every site to a row that scores no more than its best site without a limit, which has room always."""
    if not np.isinf(limits).any():
        return scores
    free = np.where(np.isinf(limits), scores, -np.inf)
    best = free.argmax(axis=1)
    top = free[np.arange(best.size), best]
    closed = scores <= top[:, None]
    closed[np.arange(best.size), best] = False
    return np.where(closed, -np.inf, scores)


def _total(scores: _Floats, hold: _Floats, site: _Ints) -> float:
    rows = np.flatnonzero(site >= 0)
    return float(scores[rows, site[rows]].sum() + hold[site < 0].sum())


def _bound(scores: _Floats, hold: _Floats, mass: _Floats, limits: _Floats, prices: _Floats) -> float:
    best = np.maximum(hold, (scores - mass[:, None] * prices).max(axis=1, initial=-np.inf))
    priced = prices > 0
    return float(best.sum() + (prices[priced] * limits[priced]).sum())


def _price(scores: _Floats, hold: _Floats, mass: _Floats, limits: _Floats) -> _Floats:
    """Prices per kg that make the bound small, site by site, each step exact in its own price."""
    prices = np.zeros(limits.size)
    adjusted = scores.copy()
    last = np.inf
    limited = np.flatnonzero(np.isfinite(limits))
    for _ in range(_ROUNDS):
        for s in limited:
            rows = np.flatnonzero(np.isfinite(scores[:, s]))
            if not rows.size:
                continue
            saved = adjusted[rows, s]
            adjusted[rows, s] = -np.inf
            other = np.maximum(hold[rows], adjusted[rows].max(axis=1))
            adjusted[rows, s] = saved
            worth = (scores[rows, s] - other) / mass[rows]
            order = np.argsort(-worth, kind="stable")
            full = np.cumsum(mass[rows][order]) > limits[s]
            new = max(0.0, float(worth[order[np.argmax(full)]])) if full.any() else 0.0
            if new != prices[s]:
                prices[s] = new
                adjusted[rows, s] = scores[rows, s] - mass[rows] * new
        bound = _bound(scores, hold, mass, limits, prices)
        if bound > last - 1e-6 * max(1.0, abs(last)):
            break
        last = bound
    return prices


def _relax(scores: _Floats, hold: _Floats, mass: _Floats, limits: _Floats) -> tuple[_Floats, _Ints] | None:
    """Solve the linear relaxation: prices per kg, and the sites of the rows that it does not split."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    rows, sites = np.nonzero(np.isfinite(scores))
    count = rows.size + mass.size
    owner = np.concatenate([rows, np.arange(mass.size)])
    ones = coo_array((np.ones(count), (owner, np.arange(count))), shape=(mass.size, count))
    limited = np.flatnonzero(np.isfinite(limits))
    loads = coo_array((mass[rows], (sites, np.arange(rows.size))), shape=(limits.size, count)).tocsr()[
        limited
    ]
    value = np.concatenate([scores[rows, sites], hold])
    result = linprog(
        -value, A_ub=loads, b_ub=limits[limited], A_eq=ones.tocsr(), b_eq=np.ones(mass.size), method="highs"
    )
    if result.x is None:
        return None
    prices = np.zeros(limits.size)
    prices[limited] = np.maximum(0.0, -result.ineqlin.marginals)
    site = np.full(mass.size, -1, dtype=np.int64)
    whole = result.x[: rows.size] > 1 - 1e-6
    site[rows[whole]] = sites[whole]
    return prices, site


def _greedy(
    scores: _Floats, adjusted: _Floats, mass: _Floats, limits: _Floats, start: _Ints | None = None
) -> _Ints:
    """Fill sites in the order of regret: who loses most by missing the best site chooses first.

    Rows that ``start`` has placed keep their site.
    """
    site = np.full(mass.size, -1, dtype=np.int64) if start is None else start.copy()
    placed = site >= 0
    room = limits - np.bincount(site[placed], weights=mass[placed], minlength=limits.size)
    ranked = np.argsort(-adjusted, axis=1, kind="stable")
    top = np.take_along_axis(adjusted, ranked[:, :2], axis=1)
    second = top[:, 1] if top.shape[1] > 1 else np.full(mass.size, -np.inf)
    with np.errstate(invalid="ignore"):
        regret = np.where(np.isfinite(second), top[:, 0] - second, np.inf) / mass
    regret = np.where(np.isfinite(top[:, 0]), regret, -np.inf)
    for row in np.lexsort((mass, -regret)):
        if site[row] >= 0:
            continue
        for s in ranked[row]:
            if not np.isfinite(scores[row, s]):
                break
            if mass[row] <= room[s]:
                site[row] = s
                room[s] -= mass[row]
                break
    return site


def _improve(scores: _Floats, hold: _Floats, mass: _Floats, limits: _Floats, site: _Ints) -> _Ints:
    """Move single rows to better sites that have room, most gain first, until none gains."""
    site = site.copy()
    used = np.bincount(site[site >= 0], weights=mass[site >= 0], minlength=limits.size)
    room = limits - used
    for _ in range(20):
        now = np.where(
            site >= 0, np.take_along_axis(scores, np.maximum(site, 0)[:, None], axis=1)[:, 0], hold
        )
        fits = mass[:, None] <= room[None, :] + 1e-9
        gain = np.where(fits, scores - now[:, None], -np.inf)
        target = gain.argmax(axis=1)
        best = gain[np.arange(mass.size), target]
        movers = np.flatnonzero(best > 1e-9)
        if not movers.size:
            break
        for row in movers[np.argsort(-best[movers], kind="stable")]:
            s = target[row]
            if mass[row] <= room[s]:
                if site[row] >= 0:
                    room[site[row]] += mass[row]
                room[s] -= mass[row]
                site[row] = s
    return site


def _exact(
    scores: _Floats,
    hold: _Floats,
    mass: _Floats,
    limits: _Floats,
    keep: npt.NDArray[np.bool_],
    keep_hold: npt.NDArray[np.bool_],
) -> tuple[_Ints, float] | None:
    """Solve the rest as an integer programme; gives the assignment and its proven bound."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array

    rows, sites = np.nonzero(keep)
    held = np.flatnonzero(keep_hold)
    count = rows.size + held.size
    value = np.concatenate([scores[rows, sites], hold[held]])
    owner = np.concatenate([rows, held])
    ones = coo_array((np.ones(count), (owner, np.arange(count))), shape=(mass.size, count))
    loads = coo_array((mass[rows], (sites, np.arange(rows.size))), shape=(limits.size, count))
    limited = np.flatnonzero(np.isfinite(limits))
    result = milp(
        -value,
        integrality=np.ones(count),
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(ones.tocsr(), 1, 1),
            LinearConstraint(loads.tocsr()[limited], -np.inf, limits[limited]),
        ],
        options={"mip_rel_gap": 1e-7, "node_limit": _NODES},
    )
    if result.x is None:
        return None
    chosen = np.flatnonzero(result.x > 0.5)
    site = np.full(mass.size, -1, dtype=np.int64)
    real = chosen[chosen < rows.size]
    site[rows[real]] = sites[real]
    used = np.bincount(site[site >= 0], weights=mass[site >= 0], minlength=limits.size)
    if bool((used > limits).any()):
        return None
    return site, -float(result.mip_dual_bound)


def assign(scores: _Floats, mass: _Floats, limits: _Floats, urgency: _Floats | None = None) -> Assignment:
    """Assign each row to at most one site, the sum of scores as great as can be.

    Parameters
    ----------
    scores
        Rows by sites, higher is better, ``-inf`` where a site is closed to a row.
    mass
        Mass of each row [kg], above 0. A row is never split.
    limits
        Mass each site can take in [kg], ``inf`` for no limit, not negative.
    urgency
        Weight of each row when room is short, 1 or more; None treats all alike.

    Returns
    -------
    Assignment
        Keeps every limit exactly. A row is held (-1) only when no site is open to it, or to make room.

    Notes
    -----
    Generalised assignment problem. The bound is the Lagrangian one (Fisher 1981), tightened by HiGHS when the
    columns that the bound cannot rule out are few.
    """
    count, width = scores.shape
    mass = np.maximum(mass, 1e-9)
    scores = np.where(mass[:, None] <= limits[None, :], scores, -np.inf)
    hold = hold_scores(scores, mass, urgency)
    site = np.full(count, -1, dtype=np.int64)
    # A site with room for everything that may come is as good as one without a limit.
    limits = np.where(np.where(np.isfinite(scores), mass[:, None], 0.0).sum(axis=0) <= limits, np.inf, limits)
    prices = np.zeros(width)
    if not count or not width:
        return Assignment(site, float(hold.sum()), float(hold.sum()), prices)
    scores = _without_dominated(scores, limits)
    is_open = np.isfinite(scores).any(axis=1)
    site[is_open] = scores[is_open].argmax(axis=1)
    used = np.bincount(site[is_open], weights=mass[is_open], minlength=width)
    if bool((used <= limits).all()):
        total = _total(scores, hold, site)
        return Assignment(site, total, total, prices)
    relaxed = _relax(scores, hold, mass, limits) if np.isfinite(scores).sum() <= _LINEAR_COLUMNS else None
    prices = _price(scores, hold, mass, limits) if relaxed is None else relaxed[0]
    adjusted = scores - mass[:, None] * prices
    bound = _bound(scores, hold, mass, limits, prices)
    starts = [_greedy(scores, by, mass, limits) for by in (adjusted, scores)]
    if relaxed is not None:
        starts.append(_greedy(scores, scores, mass, limits, relaxed[1]))
    tries = [_improve(scores, hold, mass, limits, start) for start in starts]
    site = max(tries, key=lambda choice: _total(scores, hold, choice))
    total = _total(scores, hold, site)
    slack = bound - total
    best = np.maximum(hold, adjusted.max(axis=1))
    keep = (best[:, None] - adjusted <= slack + 1e-9) & np.isfinite(scores)
    keep_hold = (best - hold <= slack + 1e-9) | ~is_open
    if slack > 1e-6 * max(1.0, abs(bound)) and keep.sum() + keep_hold.sum() <= _EXACT_COLUMNS:
        found = _exact(scores, hold, mass, limits, keep, keep_hold)
        if found is not None:
            bound = max(min(bound, found[1]), total)
            if _total(scores, hold, found[0]) > total:
                site = found[0]
    total = _total(scores, hold, site)
    span = float((scores[is_open].max(axis=1) - hold[is_open]).sum())
    return Assignment(site, total, max(bound, total), prices, span)
