"""Plans the network of a scenario folder, for one future or several."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from voltloop.app.network_answer import PlannedNetwork, facts_of, scenario_hash
from voltloop.app.network_scenario import read_scenario
from voltloop.errors import InputError, NoFeasiblePlan
from voltloop.findings import Finding
from voltloop.network import Case, Design, Risk, Scenario, design
from voltloop.network.searching import Search, relaxed

__all__ = ["Limits", "Plan", "plan_network", "plan_scenario", "read_network"]

_FIRST = 0.4
"""Share of the time that is kept for a plan for the first case, should all together find none."""

Say = Callable[[str, str], None]


@dataclass(frozen=True)
class Limits:
    """How long and how near: ``time_limit_s`` [s], ``gap`` as a share of the cost."""

    time_limit_s: float = 60.0
    gap: float = 1e-3


@dataclass(frozen=True)
class Plan(PlannedNetwork):
    """A plan with the scenario and the findings of reading it."""

    design: Design | None = None
    findings: tuple[Finding, ...] = ()

    def given(self) -> tuple[Scenario, Design]:
        """Give scenario and design; both are there in what :func:`plan_network` made."""
        assert self.scenario is not None
        assert self.design is not None
        return self.scenario, self.design


def read_network(folder: Path, carbon_price: float | None = None) -> tuple[Scenario, tuple[Finding, ...]]:
    """Read a scenario, its price of carbon replaced in every period where one is given [EUR/t CO2e]."""
    read = read_scenario(folder)
    scenario = read.scenario
    if carbon_price is not None:
        blank = scenario.periods.with_columns(carbon_price_eur_per_t=pl.lit(None, dtype=pl.Float64))
        scenario = replace(scenario, carbon_price_eur_per_t=carbon_price, periods=blank)
    return scenario, read.findings


def plan_network(
    folder: Path,
    say: Say,
    limits: Limits,
    *,
    carbon_price: float | None = None,
    others: Sequence[str] = (),
    with_shocks: bool = False,
    risk: Risk | None = None,
) -> Plan:
    """Plan the network of a folder.

    Parameters
    ----------
    folder
        Scenario; its weight as a case is 1.
    say
        Told what is done, and cost and bound so far.
    limits
        Time and gap.
    carbon_price
        Replaces that of the scenario [EUR/t CO2e].
    others
        Further cases as ``FOLDER:WEIGHT``.
    with_shocks
        Whether every shock of ``shocks.csv`` is a case, with its weight there.
    risk
        Weighs bad cases more.

    Raises
    ------
    NoFeasiblePlan
        ``network-infeasible`` with the conditions that conflict, ``network-no-plan-yet`` where time was too short.
    InputError
        The scenario or a case cannot be used.
    """
    say("Reading", str(folder))
    scenario, findings = read_network(folder, carbon_price)
    cases = [Case(scenario.name, scenario)]
    for text in others:
        path, weight = _weighted(text)
        other, more = read_network(path, carbon_price)
        cases.append(Case(other.name if other.name != scenario.name else path.name, other, weight))
        findings += more
    if with_shocks:
        cases += _shocked(scenario)
    made = plan_scenario(cases, say, limits, risk=risk)
    facts = facts_of(
        scenario,
        made,
        gap=limits.gap,
        scenario_sha256=scenario_hash(folder),
        weights={case.name: case.weight for case in cases},
    )
    facts["carbon_price_given"] = carbon_price
    if risk is not None:
        facts["risk"] = {"level": risk.level, "weight": risk.weight}
    return Plan(scenario, made.answer, facts, made, findings)


def plan_scenario(
    cases: Scenario | list[Case],
    say: Say,
    limits: Limits,
    *,
    risk: Risk | None = None,
) -> Design:
    """Plan scenarios that have been read; see :func:`plan_network`.

    Raises
    ------
    NoFeasiblePlan
        ``network-infeasible`` or ``network-no-plan-yet``.
    """

    def told(step: str, cost: float, bound: float) -> None:
        say(step, f"cost {_million(cost)}, bound {_million(bound)} million EUR")

    began = time.monotonic()
    several = not isinstance(cases, Scenario) and len(cases) > 1
    seconds = (1.0 - _FIRST if several else 1.0) * limits.time_limit_s
    made = design(cases, time_limit_s=seconds, gap=limits.gap, risk=risk, solver=Search(told))
    if several and made.objective_eur == float("inf"):
        assert not isinstance(cases, Scenario)
        say("Planning for the first case alone", "the cases together took too long")
        made = replace(_openings_of_first(cases, told, limits, risk), seconds=time.monotonic() - began)
    if made.gap >= 1.0 and made.objective_eur == float("inf"):
        raise NoFeasiblePlan(
            f"No plan was found within {limits.time_limit_s:g} s; no plan costs less than "
            f"{_million(made.bound_eur)} million EUR. Give more time with --time.",
            code="network-no-plan-yet",
        )
    return made


def _openings_of_first(
    cases: list[Case], told: Callable[[str, float, float], None], limits: Limits, risk: Risk | None
) -> Design:
    """Open for all cases what suits the first; no plan costs less than the mean of what each case alone must cost."""
    seconds = _FIRST * limits.time_limit_s
    first = design(cases[0].scenario, time_limit_s=seconds / 2, gap=limits.gap, solver=Search(told))
    if first.objective_eur == float("inf"):
        return first
    made = design(
        cases, time_limit_s=limits.time_limit_s, gap=limits.gap, risk=risk, openings=first.answer.openings
    )
    alone = [
        design(case.scenario, time_limit_s=seconds / (2 * len(cases)), gap=1.0, solver=relaxed).bound_eur
        for case in cases
    ]
    total = sum(case.weight for case in cases)
    bound = sum(case.weight / total * eur for case, eur in zip(cases, alone, strict=True))
    return replace(made, bound_eur=min(bound, made.objective_eur))


def _million(eur: float) -> str:
    return "-" if abs(eur) == float("inf") else f"{eur / 1e6:,.3f}"


def _weighted(text: str) -> tuple[Path, float]:
    path, colon, weight = text.rpartition(":")
    if not colon or Path(text).is_dir():
        return Path(text), 1.0
    try:
        value = float(weight)
    except ValueError:
        value = -1.0
    if not 0.0 < value < float("inf"):
        raise InputError(
            f'--case: "{text}" has no weight above 0 after the colon. Expected FOLDER:WEIGHT, such as dear-fuel:0.3; '
            "the first folder has the weight 1.",
            code="network-case",
        )
    return Path(path), value


def _shocked(scenario: Scenario) -> list[Case]:
    if not scenario.shocks.height:
        raise InputError(
            "--shocks: the scenario has no shocks.csv. Write what may happen there, or leave the option out.",
            code="network-case",
        )
    shocks = scenario.shocks.group_by("shock", maintain_order=True).agg(pl.col("weight").first())
    return [
        Case(name, replace(scenario, struck=(name,)), weight)
        for name, weight in shocks.iter_rows()
        if weight > 0
    ]
