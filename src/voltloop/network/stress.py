"""What failures cost a network whose openings are kept: lost demand, time to survive, time to recover."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
import polars as pl

from voltloop.network.failures import Failure, changes_of
from voltloop.network.kept_plan import KeptPlan, Outcome
from voltloop.network.program import Numbers
from voltloop.network.scenario import Scenario
from voltloop.network.survival import survives_months

__all__ = ["STRESS_COLUMNS", "stress"]

STRESS_COLUMNS = {
    "shock": pl.String(),
    "kind": pl.String(),
    "cost_eur": pl.Float64(),
    "extra_cost_eur": pl.Float64(),
    "lost_share": pl.Float64(),
    "lost_value_eur": pl.Float64(),
    "survives_months": pl.Float64(),
    "recovers_months": pl.Float64(),
    "rank": pl.Int64(),
}
_DAYS_PER_MONTH = 365.25 / 12.0
_TINY_EUR = 1.0
"""Value below which demand does not count as lost: what the solver's tolerances leave."""
_BLOCK = 8


@dataclass(frozen=True)
class _Found:
    cost_eur: float
    lost_share: float
    lost_value_eur: float
    survives_months: float | None


def stress(
    scenario: Scenario,
    openings: pl.DataFrame,
    failures: Sequence[Failure],
    *,
    workers: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> pl.DataFrame:
    """Let things fail, one failure after the other; openings are kept, and everything else flows anew.

    Parameters
    ----------
    scenario
        The network, checked.
    openings
        ``facility, period, is_open, steps`` of its plan.
    failures
        What fails; see :mod:`voltloop.network.failures`.
    workers
        Processes.
    on_progress
        Called with the number of failures done, and of all.

    Returns
    -------
    pl.DataFrame
        ``shock, kind, cost_eur, extra_cost_eur, lost_share, lost_value_eur, survives_months, recovers_months, rank``,
        the dearest first. Costs are discounted; the extra cost is that above the undisturbed flows with the same
        openings. Lost is, of each commodity and period that the failure strikes, what the undisturbed flows serve and
        these do not: its value at the price of demand, or of the commodity where demand has no price, and its share of
        the value served in those periods. ``survives_months`` is the time to survive, blank where no demand is lost
        however long it lasts; ``recovers_months`` as the failure says.

    Notes
    -----
    One linear programme for all failures: each changes bounds and costs, and the dual simplex goes on from the last
    basis. Conditions that must be kept may be broken at a price far above all others while something fails, so that
    there is always an answer; that price is not part of the cost.

    References
    ----------
    Simchi-Levi, D. et al. (2015). Identifying risks and mitigating disruptions in the automotive supply chain.
    Interfaces 45(5).
    """
    tell = on_progress or (lambda _done, _all: None)
    base, found = _run(scenario, openings, failures, workers, tell)
    rows = [
        (
            failure.name,
            failure.kind,
            one.cost_eur,
            one.cost_eur - base,
            one.lost_share,
            one.lost_value_eur,
            one.survives_months,
            failure.days_to_recover / _DAYS_PER_MONTH if failure.days_to_recover is not None else None,
        )
        for failure, one in zip(failures, found, strict=True)
    ]
    names = list(STRESS_COLUMNS)[:-1]
    schema = {name: STRESS_COLUMNS[name] for name in names}
    return (
        pl.DataFrame(rows, schema=schema, orient="row")
        .sort("extra_cost_eur", "lost_value_eur", "shock", descending=[True, True, False])
        .with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
    )


def _run(
    scenario: Scenario,
    openings: pl.DataFrame,
    failures: Sequence[Failure],
    workers: int,
    tell: Callable[[int, int], None],
) -> tuple[float, list[_Found]]:
    """Give the undisturbed cost, and what each failure does."""
    if workers <= 1 or len(failures) <= _BLOCK:
        plan = KeptPlan(scenario, openings)
        found = []
        for number, failure in enumerate(failures, 1):
            found.append(_one(plan, failure))
            tell(number, len(failures))
        return plan.undisturbed.cost_eur, found
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_prepare, initargs=(scenario, openings)
    ) as pool:
        answers = []
        for number, answer in enumerate(pool.map(_asked, failures), 1):
            answers.append(answer)
            tell(number, len(failures))
    return answers[0][0], [one for _, one in answers]


_PLAN: list[KeptPlan] = []
"""The plan of a process that was started for a stress."""


def _prepare(scenario: Scenario, openings: pl.DataFrame) -> None:
    _PLAN[:] = [KeptPlan(scenario, openings)]


def _asked(failure: Failure) -> tuple[float, _Found]:
    return _PLAN[0].undisturbed.cost_eur, _one(_PLAN[0], failure)


def _one(plan: KeptPlan, failure: Failure) -> _Found:
    changes = changes_of(plan, failure)
    outcome = plan.solve(changes)
    periods = plan.case.instance.periods
    spans = [periods.span(first, last) for _, _, _, first, last in failure.kinds]
    during = np.logical_or.reduce(spans) if spans else np.zeros(len(periods), dtype=bool)
    lost, served = _lost(plan, outcome, during)
    survives = None
    if during.any():
        survives = survives_months(plan, changes, int(during.argmax()), start=plan.undisturbed)
    return _Found(outcome.cost_eur, lost / served if served > 0 else 0.0, lost, survives)


def _lost(plan: KeptPlan, outcome: Outcome, during: Numbers) -> tuple[float, float]:
    """Value of the demand that is lost, and of what the undisturbed flows serve, in some periods [EUR]."""
    frame, columns = plan.case.instance.serves, plan.case.serves
    value = plan.scenario.commodities.select("commodity", "value_eur_per_unit")
    rows = (
        frame.select("t", "commodity", "price_eur")
        .with_columns(
            before=pl.Series(plan.undisturbed.values[columns]), after=pl.Series(outcome.values[columns])
        )
        .filter(pl.Series(during[frame["t"].to_numpy()]))
        .join(value, on="commodity", how="left", maintain_order="left")
        .with_columns(
            worth=pl.when(pl.col("price_eur") > 0).then("price_eur").otherwise("value_eur_per_unit")
        )
        .group_by("commodity", "t", maintain_order=True)
        .agg(pl.col("before").sum(), pl.col("after").sum(), pl.col("worth").mean())
    )
    sums = rows.select(
        lost=((pl.col("before") - pl.col("after")).clip(0.0) * pl.col("worth")).sum(),
        served=(pl.col("before") * pl.col("worth")).sum(),
    ).row(0)
    return (float(sums[0]) if sums[0] >= _TINY_EUR else 0.0), float(sums[1])
