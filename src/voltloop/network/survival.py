"""How long a network serves its demand after a failure: the time to survive."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from voltloop.network.kept_plan import Changes, KeptPlan, Outcome
from voltloop.network.program import Ids, Numbers

__all__ = ["survives_months"]

_ROWS = ("balance", "supply", "demand", "capacity", "lane")
_FOREVER = 1e-9


def survives_months(plan: KeptPlan, changes: Changes, during: int, *, start: Outcome) -> float | None:
    """Give how many months of a failure pass before demand is lost, None where it never is.

    Parameters
    ----------
    plan, changes
        The plan that is kept, and what the failure changes.
    during
        Number of the period in which it strikes.
    start
        The undisturbed flows: what they serve in the period, of each commodity, is to be served at the same rate, from
        the stocks that lie there when the period begins and from whatever else still works.

    Notes
    -----
    Time to survive of [1]_: the longest outage during which supply can match demand. Its programme, max T such that
    stocks and T times what flows meet T times demand, is not linear; divided by T it is: the least u = 1/T at which
    stocks are used at a rate of at most u times what lies there. Goods on the way are not counted.

    References
    ----------
    .. [1] Simchi-Levi, D., Schmidt, W., Wei, Y., Zhang, P. Y., Combs, K., Ge, Y., Gusikhin, O., Sanders, M., Zhang, D.
       (2015). Identifying risks and mitigating disruptions in the automotive supply chain. Interfaces 45(5), eq. TTS.
    """
    import highspy

    model = _Rates(plan, changes, during, start)
    if not model.wanted.any():
        return None
    solver = model.solver()
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return 0.0
    least = float(solver.getInfo().objective_function_value)
    if least <= _FOREVER:
        return None
    return 12.0 * float(plan.case.instance.periods.years[during]) / least


class _Rates:
    """Flows of one period at constant rates, with stocks that are used up."""

    def __init__(self, plan: KeptPlan, changes: Changes, during: int, start: Outcome) -> None:
        self.plan, self.during = plan, during
        case = plan.case
        upper, lower, high = plan.upper.copy(), plan.row_lower.copy(), plan.row_upper.copy()
        for columns, most in changes.upper.values():
            upper[columns] = most
        for rows, one, other in changes.rows.values():
            lower[rows], high[rows] = one, other
        frames = {"flows": case.flows, "runs": case.runs, "takes": case.takes, "serves": case.serves}
        self.columns: Ids = np.concatenate(
            [ids[(getattr(case.instance, name)["t"] == during).to_numpy()] for name, ids in frames.items()]
        )
        self.upper = upper[self.columns]
        self.rows = np.concatenate([self._at(kind) for kind in _ROWS])
        self.balance = np.isin(self.rows, plan.rows("balance")[0])
        # What lies there enters through the rate of its use; openings are constants of the rows of capacity.
        opened = np.concatenate(
            [plan.formulation.openings.is_open.ravel(), plan.formulation.openings.steps.ravel()]
        )
        matrix = plan.matrix
        constant = np.asarray(matrix[self.rows][:, opened] @ plan.upper[opened]).ravel()
        self.lower = np.where(self.balance, 0.0, lower[self.rows] - constant)
        self.high = np.where(self.balance, 0.0, high[self.rows] - constant)
        self.matrix = matrix[self.rows][:, self.columns]
        self._served(start)
        self._stocks(start)

    def _at(self, kind: str) -> Ids:
        rows, keys = self.plan.rows(kind)
        if not len(rows):
            return rows
        now = (keys["period"] == self.plan.case.instance.periods.names[self.during]).to_numpy()
        return np.asarray(rows[now])

    def _served(self, start: Outcome) -> None:
        """Give what must be served of each commodity: ``wanted``, and the columns that serve it."""
        serves, columns = self.plan.case.instance.serves, self.plan.case.serves
        now = (serves["t"] == self.during).to_numpy()
        names = serves["commodity"].to_numpy()[now]
        self.kinds, of_kind = np.unique(names.astype(str), return_inverse=True)
        kind: Ids = of_kind.astype(np.int64)
        amounts = start.values[columns[now]]
        self.wanted: Numbers = np.bincount(kind, weights=amounts, minlength=len(self.kinds)).astype(
            np.float64
        )
        place = {int(column): at for at, column in enumerate(self.columns)}
        self.serving = kind, np.array([place[int(column)] for column in columns[now]], dtype=np.int64)

    def _stocks(self, start: Outcome) -> None:
        """Give what lies there when the period begins, and the balance that it feeds."""
        stocks, columns = self.plan.case.instance.stocks, self.plan.case.stocks
        lying = (
            stocks.with_columns(pl.Series("end", start.values[columns]))
            .filter(pl.col("t") == (self.during - 1 if self.during else 0))
            .select("site", "commodity", amount="end" if self.during else "initial")
            .filter(pl.col("amount") > 0)
        )
        rows, keys = self.plan.rows("balance")
        at = keys.with_columns(row=pl.Series(rows)).filter(
            pl.col("period") == self.plan.case.instance.periods.names[self.during]
        )
        fed = lying.join(at, on=["site", "commodity"], how="inner", maintain_order="left")
        place = {int(row): number for number, row in enumerate(self.rows)}
        self.stock: Numbers = fed["amount"].to_numpy()
        self.feeds = np.array([place[int(row)] for row in fed["row"]], dtype=np.int64)

    def solver(self) -> Any:
        """Give the programme: rates, use of stocks, and u, which is least."""
        import highspy
        from scipy.sparse import coo_matrix

        count, used = len(self.columns), len(self.stock)
        last = count + used
        given = self.matrix.tocoo()
        kind, column = self.serving
        first, second = len(self.rows), len(self.rows) + len(self.kinds)
        each = np.arange(used)
        row = np.concatenate([given.row, self.feeds, first + kind, second + each, second + each])
        col = np.concatenate([given.col, count + each, column, count + each, np.full(used, last)])
        value = np.concatenate([given.data, np.ones(used), np.ones(len(kind)), np.ones(used), -self.stock])
        matrix = coo_matrix((value, (row, col)), shape=(second + used, last + 1)).tocsc()
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = last + 1, second + used
        cost = np.zeros(last + 1)
        cost[last] = 1.0
        model.col_cost_, model.col_lower_ = cost, np.zeros(last + 1)
        model.col_upper_ = np.concatenate([self.upper, np.full(used + 1, np.inf)])
        model.row_lower_ = np.concatenate([self.lower, self.wanted * (1.0 - 1e-9), np.full(used, -np.inf)])
        model.row_upper_ = np.concatenate([self.high, np.full(len(self.kinds), np.inf), np.zeros(used)])
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
        model.a_matrix_.value_ = matrix.data
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.silent()
        solver.setOptionValue("threads", 1)
        solver.passModel(model)
        return solver
