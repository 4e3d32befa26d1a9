"""Which open site serves whom: the transport problem behind a choice of sites."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["allocate_demand"]


def allocate_demand(
    cost: NDArray[np.float64], demand: NDArray[np.float64], room: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Serve all demand from open sites at least cost.

    Parameters
    ----------
    cost
        (S, C) cost of serving the whole demand of a customer from a site, ``inf`` where it cannot be.
    demand, room
        (C,), (S,) demand and capacity (``inf`` for none).

    Returns
    -------
    tuple
        Cost and shares (S, C) of each customer's demand; infinite cost and no shares when it cannot be served.
    """
    import highspy

    sites, customers = cost.shape
    if room.sum() < demand.sum() * (1 - 1e-12) or not np.isfinite(cost).any(axis=0).all():
        return np.inf, np.zeros((sites, customers))
    if (np.where(np.isfinite(cost), demand, 0.0).sum(axis=1) <= room).all():
        nearest = cost.argmin(axis=0)
        shares = np.zeros((sites, customers))
        shares[nearest, np.arange(customers)] = 1.0
        return float(cost.min(axis=0).sum()), shares
    site, customer = np.nonzero(np.isfinite(cost))
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(site), customers + sites
    model.col_cost_ = cost[site, customer]
    model.col_lower_, model.col_upper_ = np.zeros(len(site)), np.ones(len(site))
    most = np.where(np.isfinite(room), room, highspy.kHighsInf)
    model.row_lower_ = np.concatenate([np.ones(customers), np.full(sites, -highspy.kHighsInf)])
    model.row_upper_ = np.concatenate([np.ones(customers), most])
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.arange(0, 2 * len(site) + 1, 2)
    model.a_matrix_.index_ = np.column_stack([customer, customers + site]).ravel()
    model.a_matrix_.value_ = np.column_stack([np.ones(len(site)), demand[customer]]).ravel()
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    solver.passModel(model)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return np.inf, np.zeros((sites, customers))
    shares = np.zeros((sites, customers))
    shares[site, customer] = np.asarray(solver.getSolution().col_value)
    return float(solver.getInfo().objective_function_value), shares
