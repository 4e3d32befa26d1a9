"""Lets things fail in the network of a scenario folder whose openings are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl

from voltloop.app.network_answer import PlannedNetwork, read_answer, scenario_hash
from voltloop.app.network_plan import Limits, plan_network, read_network
from voltloop.app.network_words import money
from voltloop.errors import InputError
from voltloop.network import Scenario
from voltloop.network.failures import one_at_a_time, shocks_of
from voltloop.network.stress import stress

__all__ = ["WHAT", "kept_or_made", "stress_network", "stress_words"]

WHAT = ("all", "shocks", "single")
_TOLD = 12


def kept_or_made(
    folder: Path,
    plan: Path | None,
    say: Callable[[str, str], None],
    limits: Limits,
) -> tuple[Scenario, PlannedNetwork]:
    """Give a scenario with a plan for it: that of an answer folder, else one made now.

    Raises
    ------
    InputError
        ``network-answer``: the plan is of another scenario.
    """
    if plan is None:
        made = plan_network(folder, say, limits)
        return made.given()[0], made
    kept = read_answer(plan)
    if kept.facts["scenario_sha256"] != scenario_hash(folder):
        raise InputError(
            f"{plan}: this plan was made for another scenario, or {folder} has changed since. "
            "Plan it again with voltloop network design, or leave out --plan.",
            code="network-answer",
        )
    say("Reading", str(folder))
    scenario, _ = read_network(folder, kept.facts["carbon_price_given"])
    first = next(iter(kept.facts["cases"]))
    answer = replace(
        kept.answer,
        **{
            name: getattr(kept.answer, name).filter(pl.col("case") == first)
            for name in ("flows", "runs", "supply")
        },
    )
    return scenario, replace(kept, scenario=scenario, answer=answer)


def stress_network(
    folder: Path,
    say: Callable[[str, str], None],
    limits: Limits,
    *,
    plan: Path | None = None,
    what: str = "all",
    days_to_recover: float = 180.0,
    workers: int = 1,
) -> tuple[PlannedNetwork, pl.DataFrame]:
    """Stress the plan of a scenario.

    Parameters
    ----------
    folder, plan
        Scenario, and the answer folder of its plan; None to plan it now.
    say
        Told what is done.
    limits
        For planning.
    what
        ``shocks`` of the scenario, ``single`` for each site, country, passage and mode in use, or ``all``.
    days_to_recover
        Of single losses [days]; those of shocks are in their table.
    workers
        Processes.

    Raises
    ------
    InputError
        ``network-stress`` where there is nothing to stress.
    """
    scenario, made = kept_or_made(folder, plan, say, limits)
    failures = [] if what == "single" else shocks_of(scenario)
    if what != "shocks":
        failures += one_at_a_time(scenario, made.answer, days_to_recover=days_to_recover)
    if not failures:
        raise InputError(
            f"{folder}: there is nothing to stress: shocks.csv has no rows, or the plan uses nothing. "
            "Write shocks, or ask with --what single.",
            code="network-stress",
        )
    table = stress(
        scenario,
        made.answer.openings,
        failures,
        workers=workers,
        on_progress=lambda done, total: say("Failing", f"{done} of {total}"),
    )
    return made, table


def stress_words(plan: PlannedNetwork, table: pl.DataFrame) -> list[str]:
    """Give the words about a stress, the dearest failures first."""
    risky = table.filter(pl.col("survives_months") < pl.col("recovers_months")).height
    lines = [
        f"# {plan.facts['name']}: what failures cost",
        "",
        f"{table.height} failures, one after the other; what is open stays as planned, flows are chosen anew. Money is "
        f"discounted to {plan.facts['money_of']}. In {risky} of them demand is lost before what failed works again.",
        "",
    ]
    for row in table.head(_TOLD).iter_rows(named=True):
        lost = (
            f"{100 * row['lost_share']:.1f} % of the value of demand is lost ({money(row['lost_value_eur'])})"
            if row["lost_value_eur"] > 0
            else "no demand is lost"
        )
        months = row["survives_months"]
        holds = "demand is served however long it lasts" if months is None else f"holds {months:.1f} months"
        back = row["recovers_months"]
        again = f", works again after {back:.1f}" if back is not None else ""
        lines.append(
            f"- {row['rank']}. {row['shock']}: {money(row['extra_cost_eur'])} more; {lost}; {holds}{again}."
        )
    return lines
