"""The textbook way to choose hubs: one mixed-integer programme, given to HiGHS whole.

Rows link flow and opening per origin, hub, period and scenario, added up over commodities, and by capacity. Without
the former the bound is far off; with one row per commodity HiGHS does not solve the linear programme in minutes.
"""

from __future__ import annotations

import time

import numpy as np

from voltloop.network.hubs import HubProblem

__all__ = ["solve_textbook"]


def solve_textbook(problem: HubProblem, limit_s: float) -> tuple[float, float]:
    """Cost and bound after so many seconds, building included; infinite cost when no plan was found."""
    import highspy
    from scipy import sparse

    began = time.monotonic()
    hubs, origins, commodities = problem.cost_eur.shape
    scenarios, periods = len(problem.weight), len(problem.discount)
    shape = (hubs, scenarios, origins, commodities, periods)
    supply = np.broadcast_to(problem.supply, shape)
    worth = problem.cost_eur[:, None, :, :, None] - problem.penalty_eur[None, None, None, :, None]
    counts = problem.weight[:, None, None, None] * problem.discount
    usable = (worth < 0) & (supply > 0)
    hub, scenario, origin, commodity, period = np.nonzero(usable)
    flows, links = len(hub), hubs * periods
    amount = supply[usable]
    gain = np.broadcast_to(worth * counts, shape)[usable] * amount
    opened = flows + hub * periods + period
    columns = flows + 3 * links
    flow, one = np.arange(flows), np.ones(flows)

    def rows(
        number: np.ndarray, count: int, value: np.ndarray, place: np.ndarray = flow
    ) -> sparse.csr_matrix:
        return sparse.csr_matrix((value, (number, place)), (count, columns))

    item = np.ravel_multi_index((scenario, origin, commodity, period), shape[1:])
    room = np.ravel_multi_index((hub, scenario, period), (hubs, scenarios, periods))
    pair = np.ravel_multi_index((hub, scenario, origin, period), (hubs, scenarios, origins, periods))
    _, pair = np.unique(pair, return_inverse=True)
    pairs = int(pair.max(initial=-1)) + 1
    column = np.zeros(pairs, np.int64)
    column[pair] = opened
    load = problem.room_per_unit[commodity] * amount
    rooms = np.arange(hubs * scenarios * periods)
    of_room = flows + rooms // (scenarios * periods) * periods + rooms % periods
    link = np.arange(links)
    before = np.where(link % periods > 0, flows + link - 1, -1)
    has_before = before >= 0
    states = (
        rows(link, links, np.ones(links), flows + link)
        - rows(link[has_before], links, np.ones(has_before.sum()), before[has_before])
        - rows(link, links, np.ones(links), flows + links + link)
        + rows(link, links, np.ones(links), flows + 2 * links + link)
    )
    served = rows(item, int(np.prod(shape[1:])), one)
    served = served[np.unique(item)]
    capacity = np.repeat(problem.capacity[:, None], scenarios, axis=1).ravel()
    matrix = sparse.vstack(
        [
            served,
            rows(room, len(rooms), load) - rows(rooms, len(rooms), capacity, of_room),
            rows(pair, pairs, amount)
            - rows(np.arange(pairs), pairs, np.bincount(pair, amount, pairs), column),
            states,
        ]
    ).tocsr()
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = columns, matrix.shape[0]
    fixed = [
        np.outer(cost, problem.discount).ravel()
        for cost in (problem.run_eur, problem.open_eur, problem.close_eur)
    ]
    model.col_cost_ = np.concatenate([gain, *fixed])
    model.col_lower_, model.col_upper_ = np.zeros(columns), np.ones(columns)
    above = np.zeros(matrix.shape[0])
    above[: served.shape[0]] = 1.0
    below = np.full(matrix.shape[0], -highspy.kHighsInf)
    below[-links:] = 0.0
    model.row_lower_, model.row_upper_ = below, above
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
    model.a_matrix_.value_ = matrix.data
    whole, part = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
    model.integrality_ = [part] * flows + [whole] * links + [part] * (2 * links)
    idle = float((problem.supply * counts * problem.penalty_eur[None, None, :, None]).sum())
    model.offset_ = idle
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_rel_gap", 1e-6)
    solver.setOptionValue("time_limit", max(0.0, limit_s - (time.monotonic() - began)))
    solver.passModel(model)
    solver.run()
    info = solver.getInfo()
    is_found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    return float(info.objective_function_value) if is_found else np.inf, float(info.mip_dual_bound)
