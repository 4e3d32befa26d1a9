"""What less carbon costs: the front of cost against emissions, and central against local hubs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from voltloop.errors import NoFeasiblePlan
from voltloop.network.answer_tables import Answer, answer_of
from voltloop.network.formulation import KG_CO2E, Formulation, formulate
from voltloop.network.instance import instance_of
from voltloop.network.program import Ids, Numbers, Program, highs_of
from voltloop.network.relaxation import run
from voltloop.network.scenario import Scenario
from voltloop.network.solving import Solved, solve_program

__all__ = ["FRONTIER_COLUMNS", "Frontier", "Shape", "frontier", "knee_of", "shapes"]

Solver = Callable[..., Solved]

FRONTIER_COLUMNS = {
    "point": pl.Int64(),
    "cap_kg": pl.Float64(),
    "carbon_price_eur_per_t": pl.Float64(),
    "cost_eur": pl.Float64(),
    "bound_eur": pl.Float64(),
    "co2e_kg": pl.Float64(),
    "is_knee": pl.Boolean(),
    "hubs": pl.Int64(),
}
_SHARP, _EXACT = 1e-6, 1e-9
_FEWEST = 3
"""Points from which on there is a knee."""


@dataclass(frozen=True)
class Frontier:
    """Plans of which none is beaten in both cost and carbon.

    Attributes
    ----------
    points
        ``point, cap_kg, carbon_price_eur_per_t, cost_eur, bound_eur, co2e_kg, is_knee, hubs``, from least cost to least
        carbon. Costs are discounted and hold no price of carbon; kg CO2e of all periods, not discounted. The price is
        what the last tonne under the cap costs with the openings of the point, as discounted money; blank where the
        cap does not bind. No plan under ``cap_kg`` costs less than ``bound_eur``. Hubs are the candidates that open.
    answers
        The plan of each point.
    """

    points: pl.DataFrame
    answers: list[Answer]


@dataclass(frozen=True)
class _Made:
    cap_kg: float
    solved: Solved
    kg: float
    price: float | None


def frontier(
    scenario: Scenario,
    *,
    points: int = 7,
    time_limit_s: float = 120.0,
    gap: float = 1e-3,
    solver: Solver = solve_program,
    on_progress: Callable[[int, int], None] | None = None,
) -> Frontier:
    """Find plans between least cost and least carbon.

    Parameters
    ----------
    scenario
        Checked; its price of carbon is left out, its caps stay.
    points
        Caps at even steps between both ends, the ends included; 2 or more.
    time_limit_s, gap, solver
        Time for all points, distance from the bound, and what solves the programmes.
    on_progress
        Called with the number of points done, and of all.

    Raises
    ------
    NoFeasiblePlan
        ``network-infeasible``; ``network-no-plan-yet`` where time was too short for the end of least cost.

    Notes
    -----
    Epsilon constraint [1]_: cost is least under a cap on emissions, which also finds what weights of both would miss.
    Each cap takes the cheapest of all plans found that keep it, whichever cap they were found under, and plans that
    another one beats in cost and carbon are dropped: cost never falls as the cap does, however early a search ended.
    Bounds under looser caps hold under tighter ones. The knee is farthest from the chord between both ends, carbon and
    cost each counted from 0 to 1 between them.

    References
    ----------
    .. [1] Haimes, Y. Y., Lasdon, L. S., Wismer, D. A. (1971). On a bicriterion formulation of the problems of
       integrated system identification and system optimization. IEEE Transactions on Systems, Man, and
       Cybernetics 1(3).
    """
    tell = on_progress or (lambda _done, _all: None)
    made = formulate([instance_of(_without_price(scenario))], [1.0])
    kg = emitted(made)
    each = time_limit_s / (points + 1)
    found = [_capped(made, kg, np.inf, solver, each, gap)]
    if found[0].solved.values is None:
        raise NoFeasiblePlan(
            f"No plan was found within {each:.0f} s for a point. Give more time with --time.",
            code="network-no-plan-yet",
        )
    tell(1, points)
    least = _least_carbon(made, kg, solver, each, gap)
    if least is None or least >= found[0].kg - _SHARP * abs(found[0].kg):
        return _front(made, found)
    last = least + _SHARP * max(1.0, abs(least))  # room for the tolerances of the solver
    for number, cap in enumerate(np.linspace(found[0].kg, last, points)[1:], 2):
        try:
            found.append(_capped(made, kg, float(cap), solver, each, gap))
        except NoFeasiblePlan:
            break
        tell(number, points)
    return _front(made, found)


def _without_price(scenario: Scenario) -> Scenario:
    blank = scenario.periods.with_columns(carbon_price_eur_per_t=pl.lit(None, dtype=pl.Float64))
    return replace(scenario, carbon_price_eur_per_t=0.0, periods=blank)


def emitted(made: Formulation) -> tuple[Ids, Numbers]:
    """Give the columns that emit, and kg CO2e of one of each, all cases weighed."""
    columns: list[Ids] = []
    values: list[Numbers] = []
    for case in made.cases:
        for name, kg in KG_CO2E.items():
            frame: pl.DataFrame = getattr(case.instance, name)
            columns.append(getattr(case, name))
            values.append(case.weight * frame.select(kg.cast(pl.Float64)).to_series().to_numpy())
    return np.concatenate(columns), np.concatenate(values)


def _copied(program: Program, **changes: Any) -> Program:
    """Give a programme to which rows can be added while the first stays as it is."""
    lists = (
        "cost", "lower", "upper", "whole", "row_lower", "row_upper", "entry_row", "entry_column", "entry_value",
        "blocks",
    )  # fmt: skip
    return replace(program, **({name: list(getattr(program, name)) for name in lists} | changes))


def _capped(
    made: Formulation, kg: tuple[Ids, Numbers], cap: float, solver: Solver, seconds: float, gap: float
) -> _Made:
    program = _copied(made.program)
    columns, each = kg
    row = None
    if np.isfinite(cap):
        # In tonnes, like the caps of periods.
        keys = pl.DataFrame({"what": ["all periods"]})
        row = int(program.add_rows("cap", keys, -np.inf, cap / 1000.0, [(0, columns, each / 1000.0)])[0])
    solved = solver(program, time_limit_s=seconds, gap=gap)
    if solved.values is None:
        return _Made(cap, solved, np.inf, None)
    price = None
    if row is not None and solved.duals is not None and len(solved.duals) == program.rows:
        price = max(0.0, -float(solved.duals[row])) or None
    return _Made(cap, solved, float(each @ solved.values[columns]), price)


def _least_carbon(
    made: Formulation, kg: tuple[Ids, Numbers], solver: Solver, seconds: float, gap: float
) -> float | None:
    """Give the least emissions that a plan was found for, None without one [kg CO2e]."""
    columns, each = kg
    cost = np.zeros(made.program.columns)
    np.add.at(cost, columns, each / 1000.0)
    program = _copied(made.program, cost=[cost], offset=0.0)
    solved = solver(program, time_limit_s=seconds, gap=gap)
    return None if solved.values is None else float(each @ solved.values[columns])


def _front(made: Formulation, found: list[_Made]) -> Frontier:
    """Take the cheapest plan under each cap, drop what is beaten, and let bounds hold under tighter caps."""
    with_plan = [one for one in found if one.solved.values is not None]
    rows: list[tuple[float, _Made, float]] = []
    bound = -np.inf
    for one in found:
        bound = max(bound, one.solved.bound)
        most = one.cap_kg + _EXACT * max(1.0, abs(one.kg)) if one.solved.values is not None else one.cap_kg
        keeps = [other for other in with_plan if other.kg <= most]
        if not keeps:
            continue
        best = min(keeps, key=lambda other: (other.solved.objective, other.kg))
        beaten = rows and best.kg >= rows[-1][1].kg - _SHARP * max(1.0, abs(rows[-1][1].kg))
        if not beaten:
            rows.append((one.cap_kg, best, min(bound, best.solved.objective)))
    answers = [answer_of(made, one.solved, ["front"]) for _, one, _ in rows]
    kept = [one for _, one, _ in rows]
    cost, kg = np.array([one.solved.objective for one in kept]), np.array([one.kg for one in kept])
    knee = knee_of(cost, kg)
    table = pl.DataFrame(
        {
            "point": range(1, len(rows) + 1),
            "cap_kg": [cap if np.isfinite(cap) else None for cap, _, _ in rows],
            "carbon_price_eur_per_t": [one.price for one in kept],
            "cost_eur": cost,
            "bound_eur": [bound for _, _, bound in rows],
            "co2e_kg": kg,
            "is_knee": [at == knee for at in range(len(rows))],
            "hubs": [_hubs(made, answer) for answer in answers],
        },
        schema=FRONTIER_COLUMNS,
    )
    return Frontier(table, answers)


def knee_of(cost: Numbers, kg: Numbers) -> int | None:
    """Give the place of the point farthest below the chord between the first and the last, None for fewer than three.

    Examples
    --------
    >>> knee_of(np.array([0.0, 1.0, 2.0, 10.0]), np.array([10.0, 6.0, 1.0, 0.0]))
    2
    """
    if len(cost) < _FEWEST:
        return None
    across = (kg[0] - kg) / max(kg[0] - kg[-1], 1e-300)
    up = (cost - cost[0]) / max(cost[-1] - cost[0], 1e-300)
    return int(np.argmax(across[1:-1] - up[1:-1])) + 1


def _candidates(scenario: Scenario) -> list[str]:
    return scenario.facilities.filter(pl.col("status") == "candidate")["facility"].to_list()


def _hubs(made: Formulation, answer: Answer) -> int:
    candidates = _candidates(made.cases[0].instance.scenario)
    opened = answer.openings.filter(pl.col("is_opened") & pl.col("facility").is_in(candidates))
    return opened["facility"].n_unique()


@dataclass(frozen=True)
class Shape:
    """A network with few or many hubs.

    Attributes
    ----------
    name
        ``free``, ``central`` or ``local``.
    hubs
        Candidates that open.
    cost_eur, bound_eur
        Discounted, the price of carbon included.
    answer
        The plan.
    """

    name: str
    hubs: int
    cost_eur: float
    bound_eur: float
    answer: Answer


def shapes(
    scenario: Scenario, *, time_limit_s: float = 60.0, gap: float = 1e-3, solver: Solver = solve_program
) -> list[Shape]:
    """Plan with as many hubs as pay, with at most half of them (central), and with at least half more (local).

    Hubs are candidates, counted in the last period; central ones may grow by twice as many steps. A shape for which no
    plan was found is left out.
    """
    as_given = formulate([instance_of(scenario)], [1.0])
    larger = formulate([instance_of(_larger(scenario))], [1.0])
    names = {name: at for at, name in enumerate(as_given.openings.facilities)}
    places = np.array([names[name] for name in _candidates(scenario)], dtype=np.int64)
    last = as_given.openings.is_open[places, -1]
    seconds = time_limit_s / 3.0

    def planned(name: str, made: Formulation, least: float, most: float) -> Shape | None:
        program, bound = _copied(made.program), -np.inf
        if np.isfinite(most) or least > 0:
            program.add_rows("hubs", pl.DataFrame({"what": [name]}), least, most, [(0, last, 1.0)])
        if np.isfinite(most):
            program, bound = _fewest(program, made, places, int(most), seconds)
        try:
            solved = solver(program, time_limit_s=seconds, gap=gap)
        except NoFeasiblePlan:
            return None
        if solved.values is None:
            return None
        bound = bound if np.isfinite(most) else solved.bound
        count = int(np.round(solved.values[last]).sum())
        return Shape(name, count, solved.objective, bound, answer_of(made, solved, [name]))

    free = planned("free", as_given, 0, np.inf)
    if free is None or free.hubs == 0:
        return [free] if free is not None else []
    most = min(len(last), int(np.ceil(1.5 * free.hubs)))
    made_of = [free, planned("central", larger, 0, free.hubs // 2)]
    if most > free.hubs:
        made_of.append(planned("local", as_given, most, np.inf))
    return [one for one in made_of if one is not None]


def _larger(scenario: Scenario) -> Scenario:
    grown = pl.when(pl.col("status") == "candidate").then(2 * pl.col("most_steps")).otherwise("most_steps")
    return replace(scenario, facilities=scenario.facilities.with_columns(most_steps=grown))


def _fewest(
    program: Program, made: Formulation, places: Ids, most: int, seconds: float
) -> tuple[Program, float]:
    """Keep the hubs that the relaxation uses most and shut the others; give the bound of the relaxation too."""
    solver = highs_of(program, relaxed=True)
    if run(solver, time.monotonic() + seconds) != "optimal":
        return program, -np.inf
    values = np.asarray(solver.getSolution().col_value)
    opened = made.openings
    used = values[opened.is_open[places, -1]] + values[opened.steps[places, -1]]
    shut = places[np.argsort(-used, kind="stable")[most:]]
    upper = np.concatenate(program.upper)
    upper[opened.is_open[shut].ravel()] = 0.0
    lower = [np.minimum(np.concatenate(program.lower), upper)]
    return _copied(program, lower=lower, upper=[upper]), float(solver.getInfo().objective_function_value)
