"""The best flows into hubs that are open: one linear programme per period and scenario."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Flows"]


class Flows:
    """Costs choices of hubs exactly; remembers what was costed.

    Parameters
    ----------
    hubs
        A :class:`voltloop.network.hub_kernel.Hubs`.
    """

    def __init__(self, hubs: Any) -> None:
        self._hubs = hubs
        self._known: dict[tuple[int, bytes], float] = {}

    def cost(self, is_open: NDArray[np.bool_]) -> float:
        """Weighted cost of the best flows of all slices; ``is_open`` is (J, T)."""
        hubs = self._hubs
        total = 0.0
        for q, weight in enumerate(hubs.weight):
            column = is_open[:, hubs.period[q]]
            key = q, column.tobytes()
            if key not in self._known:
                self._known[key] = self._solve(q, np.flatnonzero(column), [])[0][0]
            total += weight * self._known[key]
        return float(total)

    def without(
        self, is_open: NDArray[np.bool_], q: int, failed: list[tuple[int, ...]]
    ) -> list[tuple[float, float]]:
        """Cost of one slice, before its weight, and units not taken, with some hubs out of service.

        Parameters
        ----------
        is_open
            (J, T) hubs that are open.
        q
            The slice.
        failed
            Hubs that are out, by failure.

        Returns
        -------
        list
            The undisturbed slice first, then one pair for each failure.
        """
        return self._solve(q, np.flatnonzero(is_open[:, self._hubs.period[q]]), failed)

    def _solve(
        self, q: int, chosen: NDArray[np.int64], failed: list[tuple[int, ...]]
    ) -> list[tuple[float, float]]:
        """Cost and units not taken with all chosen hubs, then with each failure from where the last ended."""
        import highspy

        hubs = self._hubs
        item = np.flatnonzero(hubs.amount[q] > 0)
        count, many = len(item), len(chosen)
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.silent()
        solver.setOptionValue("threads", 1)
        gain = (hubs.cost[np.ix_(chosen, item)] - hubs.penalty[item]) * hubs.amount[q, item]
        place, mine = np.nonzero(gain < 0)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(place), count + many
        model.col_cost_ = gain[place, mine]
        model.col_lower_, model.col_upper_ = np.zeros(len(place)), np.ones(len(place))
        model.row_lower_ = np.full(count + many, -highspy.kHighsInf)
        room = hubs.capacity[chosen, hubs.period[q]]
        model.row_upper_ = np.concatenate([np.ones(count), room])
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = np.arange(0, 2 * len(place) + 1, 2)
        model.a_matrix_.index_ = np.column_stack([mine, count + place]).ravel()
        load = (hubs.size * hubs.amount[q])[item]
        model.a_matrix_.value_ = np.column_stack([np.ones(len(place)), load[mine]]).ravel()
        solver.passModel(model)
        idle = float(hubs.penalty @ hubs.amount[q])
        arising = float(hubs.amount[q].sum())
        found = []
        for out in ((), *failed):
            rows = np.flatnonzero(np.isin(chosen, out))
            for row in rows:
                solver.changeRowBounds(count + int(row), -highspy.kHighsInf, 0.0)
            solver.run()
            taken = np.asarray(solver.getSolution().col_value) @ hubs.amount[q, item][mine]
            found.append((idle + float(solver.getInfo().objective_function_value), arising - float(taken)))
            for row in rows:
                solver.changeRowBounds(count + int(row), -highspy.kHighsInf, float(room[row]))
        return found
