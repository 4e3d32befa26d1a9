"""What differs between two plans of networks: openings, flows, cost by kind, carbon."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from voltloop.app.network_answer import PlannedNetwork, read_answer, weighed
from voltloop.app.network_plan import Limits, plan_network
from voltloop.app.network_words import money, opening_table

__all__ = ["Differences", "compare_networks", "difference_words", "differences"]

_TOLD = 8


@dataclass(frozen=True)
class Differences:
    """What the second plan does otherwise than the first; changes are those from the first to the second.

    Attributes
    ----------
    totals
        ``cost_eur, bound_eur, co2e_t, openings`` of each plan, as ``first``, ``second``.
    openings
        ``facility, change, first, second``: periods in which it opens, closes or grows, blank where it does not.
    flows
        ``origin, destination, commodity, first_t, second_t, change_t`` over all periods, the greatest change first.
    costs
        ``kind, first_eur, second_eur, change_eur``, discounted, the greatest change first.
    emissions
        ``kind, first_t, second_t, change_t``.
    """

    totals: dict[str, dict[str, Any]]
    openings: pl.DataFrame
    flows: pl.DataFrame
    costs: pl.DataFrame
    emissions: pl.DataFrame


def compare_networks(
    first: Path, second: Path, say: Callable[[str, str], None], limits: Limits
) -> Differences:
    """Compare two answer folders, or scenarios, which are planned first.

    Parameters
    ----------
    first, second
        Answer folders of ``voltloop network design``, or scenario folders.
    say
        Told what is done.
    limits
        For planning a scenario.
    """
    plans = [
        read_answer(folder) if (folder / "answer.json").exists() else plan_network(folder, say, limits)
        for folder in (first, second)
    ]
    return differences(*plans)


def differences(first: PlannedNetwork, second: PlannedNetwork) -> Differences:
    """Give what differs between two plans."""
    both = (first, second)
    opened = [opening_table(plan).select("facility", "change", "period") for plan in both]
    col = pl.col
    changes = [
        table.group_by("facility", "change").agg(col("period").str.join(";").alias(name))
        for table, name in zip(opened, ("first", "second"), strict=True)
    ]
    openings = (
        changes[0]
        .join(changes[1], on=["facility", "change"], how="full", coalesce=True)
        .filter(col("first").fill_null("") != col("second").fill_null(""))
        .sort("change", "facility")
    )
    flows = _joined(both, "flows", ["origin", "destination", "commodity"], "mass_t", "t")
    costs = _joined(both, "costs", ["kind"], "discounted_eur", "eur")
    emissions = _joined(both, "emissions", ["kind"], "co2e_t", "t")
    totals = {
        name: {
            "name": plan.facts["name"],
            "cost_eur": plan.facts["cost_eur"],
            "bound_eur": plan.facts["bound_eur"],
            "co2e_t": float(emissions[f"{name}_t"].sum()),
            "openings": table.filter(col("change") == "opens").height,
        }
        for name, plan, table in zip(("first", "second"), both, opened, strict=True)
    }
    return Differences(totals, openings, flows, costs, emissions)


def _joined(
    plans: tuple[PlannedNetwork, PlannedNetwork], table: str, keys: list[str], column: str, unit: str
) -> pl.DataFrame:
    """Add up a column of both plans by keys, cases weighed, and give what differs."""
    parts = [
        weighed(getattr(plan.answer, table), plan.facts["cases"])
        .group_by(keys)
        .agg((pl.col(column) * pl.col("weight")).sum().alias(f"{name}_{unit}"))
        for name, plan in zip(("first", "second"), plans, strict=True)
    ]
    one, other = pl.col(f"first_{unit}").fill_null(0.0), pl.col(f"second_{unit}").fill_null(0.0)
    return (
        parts[0]
        .join(parts[1], on=keys, how="full", coalesce=True)
        .with_columns(one, other, (other - one).alias(f"change_{unit}"))
        .sort(pl.col(f"change_{unit}").abs(), *keys, descending=[True] + [False] * len(keys))
    )


def difference_words(found: Differences) -> list[str]:
    """Give the words about what differs."""
    one, other = found.totals["first"], found.totals["second"]
    change = other["cost_eur"] - one["cost_eur"]
    lines = [
        f"# {one['name']} against {other['name']}",
        "",
        f"- Cost: {money(one['cost_eur'])} against {money(other['cost_eur'])}, "
        f"{money(abs(change))} {'more' if change >= 0 else 'less'} (bounds {money(one['bound_eur'])} and "
        f"{money(other['bound_eur'])}).",
        f"- Carbon: {one['co2e_t']:,.0f} t CO2e against {other['co2e_t']:,.0f} t.",
        f"- Openings: {one['openings']} against {other['openings']}.",
    ]
    for change_kind, rows in found.openings.group_by("change", maintain_order=True):
        words = [
            f"{facility} ({was or 'never'} → {now or 'never'})"
            for facility, was, now in rows.select("facility", "first", "second").iter_rows()
        ]
        lines.append(f"- {str(change_kind[0]).capitalize()} otherwise: {', '.join(words)}.")
    for title, table, unit in (
        ("cost", found.costs.filter(pl.col("change_eur").abs() > 1), "eur"),
        ("flow", found.flows.filter(pl.col("change_t").abs() > 1e-3), "t"),
    ):
        for row in table.head(_TOLD).iter_rows(named=True):
            was, now = row[f"first_{unit}"], row[f"second_{unit}"]
            what = row.get("kind") or f"{row['commodity']}, {row['origin']} → {row['destination']}"
            said = f"{money(was)} → {money(now)}" if unit == "eur" else f"{was:,.0f} t → {now:,.0f} t"
            lines.append(f"- {title.capitalize()}, {what}: {said}.")
    if one["cost_eur"] == other["cost_eur"] and not found.openings.height:
        lines.append("- Both plans cost the same and open the same.")
    return lines
