"""The flows of a plan whose openings are kept: one linear programme, solved again and again as it changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltloop.errors import InputError
from voltloop.network.design import fixed
from voltloop.network.formulation import CaseColumns, Formulation, formulate
from voltloop.network.instance import instance_of
from voltloop.network.program import Ids, Numbers, Program, highs_of
from voltloop.network.scenario import Scenario

__all__ = ["Changes", "KeptPlan", "Outcome"]

_SOFT = (
    "supply_least",
    "demand_least",
    "contract_least",
    "target_least",
    "least_use",
    "carbon_cap",
    "stock",
)
"""Rows that may be broken at a price while flows are asked again, so that there is always an answer."""
_DEAR = 10.0
"""Price of breaking a row by one, as a multiple of the dearest flow, run, unit or shortfall."""


@dataclass
class Changes:
    """What is otherwise than in the programme: numbers of columns or rows, and their new values.

    Attributes
    ----------
    upper
        Upper bounds of columns.
    cost
        Costs of columns, discounted.
    rows
        Lower and upper bounds of rows.
    offset_eur
        Added to the cost.
    """

    upper: dict[str, tuple[Ids, Numbers]] = field(default_factory=dict)
    cost: dict[str, tuple[Ids, Numbers]] = field(default_factory=dict)
    rows: dict[str, tuple[Ids, Numbers, Numbers]] = field(default_factory=dict)
    offset_eur: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """Flows at least cost.

    Attributes
    ----------
    cost_eur
        Discounted, openings included, without the price of broken conditions.
    values
        Of the columns of the formulation.
    broken
        By how much conditions that must be kept are broken, added up over them.
    """

    cost_eur: float
    values: Numbers
    broken: float


class KeptPlan:
    """A plan whose openings are kept, and the programme of its flows.

    Parameters
    ----------
    scenario
        Checked.
    openings
        ``facility, period, is_open, steps`` of a plan for it.

    Raises
    ------
    InputError
        ``network-openings`` where the plan is of another scenario.
    """

    def __init__(self, scenario: Scenario, openings: pl.DataFrame) -> None:
        self.scenario = scenario
        self.formulation: Formulation = formulate([instance_of(scenario)], [1.0], is_strong=False)
        self.case: CaseColumns = self.formulation.cases[0]
        program = fixed(self.formulation, openings)
        self.cost, self.upper, self.row_lower, self.row_upper = (
            np.concatenate([np.zeros(0), *part])
            for part in (program.cost, program.upper, program.row_lower, program.row_upper)
        )
        self.lower = np.concatenate(program.lower)
        self.offset = program.offset
        self._rows = _rows_by_kind(program)
        self.matrix: Any = program.matrix().tocsr()
        self._solver: Any = highs_of(program, relaxed=True)
        self._soft()
        self.undisturbed = self.solve()

    def rows(self, kind: str) -> tuple[Ids, pl.DataFrame]:
        """Give the numbers of the rows of a kind, and what each is about."""
        return self._rows.get(kind, (np.zeros(0, dtype=np.int64), pl.DataFrame()))

    def _soft(self) -> None:
        rows = np.concatenate([self.rows(kind)[0] for kind in _SOFT])
        short = self.case.shortfalls["column"].to_numpy()
        moved = np.concatenate([self.case.flows, self.case.runs, self.case.takes, self.case.serves, short])
        price = _DEAR * max(1.0, float(np.abs(self.cost[moved]).max(initial=0.0)))
        self._price = price
        count = len(rows)
        if not count:
            return
        sign = np.where(np.isfinite(self.row_lower[rows]), 1.0, -1.0)
        self._solver.addCols(
            count, np.full(count, price), np.zeros(count), np.full(count, np.inf), count,
            np.arange(count, dtype=np.int32), rows.astype(np.int32), sign,
        )  # fmt: skip

    def solve(self, changes: Changes | None = None) -> Outcome:
        """Solve the flows under changes, which are undone afterwards; the simplex goes on from the last basis.

        Raises
        ------
        InputError
            ``network-flows`` where the programme has no answer.
        """
        import highspy

        changes = changes or Changes()
        self._set(changes)
        self._solver.run()
        status = self._solver.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            self._solver.clearSolver()
            self._solver.run()
            status = self._solver.getModelStatus()
        values = np.asarray(self._solver.getSolution().col_value)
        total = float(self._solver.getInfo().objective_function_value)
        self._unset(changes)
        if status != highspy.HighsModelStatus.kOptimal:
            raise InputError(
                f'The flows of "{self.scenario.name}" could not be solved with these openings '
                f"({self._solver.modelStatusToString(status)}). Check the scenario with voltloop network check.",
                code="network-flows",
            )
        broken = float(values[len(self.cost) :].sum())
        cost = total - self._price * broken + changes.offset_eur
        return Outcome(cost, values[: len(self.cost)], broken if broken > 1e-6 else 0.0)

    def _set(self, changes: Changes) -> None:
        for columns, upper in changes.upper.values():
            lower = np.minimum(self.lower[columns], upper)
            self._solver.changeColsBounds(len(columns), columns.astype(np.int32), lower, upper)
        for columns, cost in changes.cost.values():
            self._solver.changeColsCost(len(columns), columns.astype(np.int32), cost)
        for rows, low, high in changes.rows.values():
            for row, one, other in zip(rows.tolist(), low.tolist(), high.tolist(), strict=True):
                self._solver.changeRowBounds(row, one, other)

    def _unset(self, changes: Changes) -> None:
        back = Changes(
            {name: (columns, self.upper[columns]) for name, (columns, _) in changes.upper.items()},
            {name: (columns, self.cost[columns]) for name, (columns, _) in changes.cost.items()},
            {
                name: (rows, self.row_lower[rows], self.row_upper[rows])
                for name, (rows, _, _) in changes.rows.items()
            },
        )
        self._set(back)

    def closed(self, facilities: NDArray[np.bool_]) -> Changes:
        """Give the changes that close some facilities (F,) for good, their opening and fixed costs saved."""
        made = self.formulation.openings
        columns = np.concatenate([part[facilities].ravel() for part in (made.is_open, made.steps)])
        return Changes(upper={"closed": (columns, np.zeros(len(columns)))})


def _rows_by_kind(program: Program) -> dict[str, tuple[Ids, pl.DataFrame]]:
    found: dict[str, list[tuple[Ids, pl.DataFrame]]] = {}
    for block in program.blocks:
        found.setdefault(block.kind, []).append((block.rows, block.keys))
    return {
        kind: (
            np.concatenate([rows for rows, _ in parts]),
            pl.concat([keys for _, keys in parts], how="vertical_relaxed"),
        )
        for kind, parts in found.items()
    }
