"""Where to invest first in the network of a scenario folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from voltloop.app.network_answer import PlannedNetwork
from voltloop.app.network_plan import Limits
from voltloop.app.network_stress import kept_or_made
from voltloop.app.network_words import money
from voltloop.network.investing import investments

__all__ = ["Investments", "invest_network", "invest_words"]

_TOLD = 10


@dataclass(frozen=True)
class Investments:
    """Openings of a plan, ranked, and what budgets buy; see :func:`voltloop.network.investing.investments`."""

    plan: PlannedNetwork
    ranked: pl.DataFrame
    budget: pl.DataFrame


def invest_network(
    folder: Path, say: Callable[[str, str], None], limits: Limits, plan: Path | None = None
) -> Investments:
    """Rank the openings of the plan of a scenario; without ``plan``, an answer folder, it is planned first."""
    scenario, made = kept_or_made(folder, plan, say, limits)
    ranked, budget = investments(
        scenario,
        made.answer.openings,
        on_progress=lambda done, total: say("Leaving out", f"{done} of {total}"),
    )
    return Investments(made, ranked, budget)


def invest_words(found: Investments) -> list[str]:
    """Give the words about where to invest first."""
    facts, ranked, budget = found.plan.facts, found.ranked, found.budget
    lines = [f"# {facts['name']}: where to invest first", ""]
    if not ranked.height:
        return [*lines, "The plan opens nothing: what stands is enough."]
    lines += [
        f"{ranked.height} openings for {money(float(ranked['investment_eur'].sum()))}, "
        f"discounted to {facts['money_of']}. "
        "An opening is worth what the plan would cost more without it, all others kept and its own cost paid.",
        "",
    ]
    for row in ranked.head(_TOLD).iter_rows(named=True):
        each = f", {row['value_per_eur']:,.2f} EUR for each" if row["value_per_eur"] is not None else ""
        needed = " Without it a condition cannot be kept." if row["is_needed"] else ""
        lines.append(
            f"- {row['rank']}. {row['facility']}, open from {row['opens']}: {money(row['investment_eur'])} invested, "
            f"worth {money(row['value_eur'])}{each}.{needed}"
        )
    idle = ranked.filter((pl.col("value_eur") < 0) & ~pl.col("is_needed"))["facility"].to_list()
    if idle:
        lines.append(f"- Beside the others these do not pay: {', '.join(idle)}.")
    lines += ["", "## What a budget buys", ""]
    for row in budget.filter(pl.col("step") > 0).head(_TOLD).iter_rows(named=True):
        saves = row["saves_eur"]
        said = f"saves {money(saves)} more" if saves >= 0 else f"costs {money(-saves)} until more joins"
        lines.append(f"- With {money(row['budget_eur'])}, {row['facility']} joins: {said}.")
    return lines
