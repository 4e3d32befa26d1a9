"""Which network should exist: the plan of least cost for one case or several, with its bound."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from voltloop.errors import InputError, nearest
from voltloop.network.answer_tables import Answer, answer_of
from voltloop.network.formulation import Formulation, Risk, formulate
from voltloop.network.instance import instance_of
from voltloop.network.program import Program
from voltloop.network.scenario import Scenario
from voltloop.network.solving import Solved, solve_program

__all__ = ["Case", "Design", "design", "fixed"]

Solver = Callable[..., Solved]
"""Called with a program, ``time_limit_s`` and ``gap``; see :func:`voltloop.network.solving.solve_program`."""


@dataclass(frozen=True)
class Case:
    """One of the futures that a plan must do for.

    Attributes
    ----------
    name
        How tables tell it from others.
    scenario
        With the facilities and periods of all other cases.
    weight
        Its weight against others, above 0.
    """

    name: str
    scenario: Scenario
    weight: float = 1.0


@dataclass(frozen=True)
class Design:
    """A plan for a network.

    Attributes
    ----------
    objective_eur, bound_eur
        Cost of the plan, discounted, penalties and carbon price included, weighed over cases; and what no plan can be
        below. Infinite where time was over before a plan was found.
    seconds
        Time taken.
    answer
        What the plan does, as tables; see :class:`voltloop.network.answer_tables.Answer`.
    """

    objective_eur: float
    bound_eur: float
    seconds: float
    answer: Answer

    @property
    def gap(self) -> float:
        """Share of the cost above the bound, 0 or more; 1 where there is no plan."""
        if not np.isfinite(self.objective_eur):
            return 1.0
        return max(0.0, self.objective_eur - self.bound_eur) / max(abs(self.objective_eur), 1e-9)


def design(
    cases: Scenario | Sequence[Case],
    *,
    time_limit_s: float = 60.0,
    gap: float = 1e-6,
    risk: Risk | None = None,
    openings: pl.DataFrame | None = None,
    solver: Solver = solve_program,
) -> Design:
    """Choose what to open, close and expand, and what flows, at least cost.

    Parameters
    ----------
    cases
        A scenario, or several cases that share what is open and differ in what flows (two-stage stochastic). The
        scenarios have been checked.
    time_limit_s
        The best plan so far is given when it is over.
    gap
        Share of the cost above the bound at which the search stops.
    risk
        Weighs bad cases more.
    openings
        ``facility``, ``period``, ``is_open``, ``steps`` of a plan that is to be kept; only flows are then chosen.
    solver
        What solves the programme.

    Raises
    ------
    NoFeasiblePlan
        ``network-infeasible``: the message names the conditions that conflict.
    InputError
        ``network-cases``, ``network-openings``, ``network-unbounded``, ``scenario-law``, ``unknown-shock``.
    """
    began = time.monotonic()
    given = [Case(cases.name, cases)] if isinstance(cases, Scenario) else list(cases)
    _check(given)
    total = sum(case.weight for case in given)
    formulation = formulate(
        [instance_of(case.scenario) for case in given], [case.weight / total for case in given], risk
    )
    if openings is not None:
        formulation = replace(formulation, program=fixed(formulation, openings))
    left = max(0.0, time_limit_s - (time.monotonic() - began))
    solved = solver(formulation.program, time_limit_s=left, gap=gap)
    answer = answer_of(formulation, solved, [case.name for case in given])
    return Design(solved.objective, solved.bound, time.monotonic() - began, answer)


def _check(cases: Sequence[Case]) -> None:
    names = [case.name for case in cases]
    if not cases or len(set(names)) < len(names) or any(not case.weight > 0 for case in cases):
        raise InputError(
            f"The cases are {', '.join(names) or 'none'}. Expected at least one, each with a name of its own and "
            "a weight above 0. Correct them.",
            code="network-cases",
        )
    for case in cases[1:]:
        for table in ("periods", "facilities"):
            mine, first = case.scenario.table(table), cases[0].scenario.table(table)
            same = ["period", "first_on", "years"] if table == "periods" else mine.columns
            if not mine.select(same).equals(first.select(same)):
                raise InputError(
                    f'The {table} of the case "{case.name}" are not those of "{names[0]}". What is opened is shared by '
                    "all cases. Make them equal, and put differences into shocks.",
                    code="network-cases",
                )


def fixed(formulation: Formulation, plan: pl.DataFrame) -> Program:
    """Keep a plan's openings; what may not be open in a period stays closed."""
    program, made = formulation.program, formulation.openings
    names = formulation.cases[0].instance.periods.names
    lower, upper = np.concatenate(program.lower), np.concatenate(program.upper)
    for facility, period, is_open, steps in plan.select("facility", "period", "is_open", "steps").iter_rows():
        if facility not in made.facilities or period not in names:
            word, known = (facility, made.facilities) if facility not in made.facilities else (period, names)
            raise InputError(
                f'The openings to keep name "{word}", which the scenario does not have.{nearest(word, known)} Give '
                "those of a plan for this scenario.",
                code="network-openings",
            )
        place = made.facilities.index(facility), names.index(period)
        for column, value in ((made.is_open[place], float(is_open)), (made.steps[place], float(steps))):
            lower[column] = upper[column] = min(value, upper[column])
    return replace(program, lower=[lower], upper=[upper])
