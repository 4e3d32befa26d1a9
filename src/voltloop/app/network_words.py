"""What a plan for a network says, in words: what opens where and when, costs, carbon, what a unit more is worth."""

from __future__ import annotations

from typing import Any

import polars as pl

from voltloop.app.network_answer import PlannedNetwork, weighed

__all__ = ["cost_table", "money", "opening_table", "plan_words"]

_WORTH = {
    "supply": "One unit more that arises ({what}) would save {eur} EUR",
    "demand": "One unit more that could be sold ({what}) would save {eur} EUR",
    "supply_least": "One unit less that must be taken ({what}) would save {eur} EUR",
    "demand_least": "One unit less that must be served ({what}) would save {eur} EUR",
    "capacity": "One run more capacity of {what} would save {eur} EUR",
    "stock": "Room for one unit more ({what}) would save {eur} EUR",
    "lane": "One tonne more over the lane {what} would save {eur} EUR",
    "carbon_cap": "One tonne CO2e more under the cap would save {eur} EUR",
    "contract_least": "One unit less agreed in {what} would save {eur} EUR",
    "contract_most": "One unit more allowed in {what} would save {eur} EUR",
    "target_least": "One tonne below the target {what} would save {eur} EUR",
}


def money(eur: float) -> str:
    """Give an amount in EUR, in millions where it is large.

    Examples
    --------
    >>> money(1234.5), money(-12_345_678.0)
    ('1,234 EUR', '-12.346 million EUR')
    """
    if abs(eur) == float("inf"):
        return "-"
    return f"{eur / 1e6:,.3f} million EUR" if abs(eur) >= 1e6 else f"{eur:,.0f} EUR"


def plan_words(plan: PlannedNetwork) -> list[str]:
    """Give the words about a plan, as lines of Markdown."""
    facts = plan.facts
    lines = [
        f"# {facts['name']}",
        "",
        f"The plan costs {money(facts['cost_eur'])}, discounted to {facts['money_of']}; what is earned counts below 0. "
        f"No plan costs less than {money(facts['bound_eur'])} (gap {100 * facts['gap']:.2g} %, {facts['status']}, "
        f"{facts['seconds']:.0f} s).",
    ]
    if len(facts["cases"]) > 1:
        cases = ", ".join(f"{name} {100 * share:.0f} %" for name, share in facts["cases"].items())
        lines.append(f"Openings are shared by all cases, and figures are weighed over them: {cases}.")
    return [
        *lines,
        *_section("What opens, closes and grows", _opening_lines(plan)),
        *_section("Cost by kind, discounted", _cost_lines(plan)),
        *_section("Carbon", _carbon_lines(plan)),
        *_section("What is not done", _undone_lines(plan)),
        *_section("What a unit more is worth, with these openings", _worth_lines(plan)),
    ]


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", f"## {title}", "", *(f"- {line}" for line in lines)] if lines else []


def opening_table(plan: PlannedNetwork) -> pl.DataFrame:
    """Give what the plan opens, closes or expands: ``facility, change, period, steps``, in order of time."""
    periods = plan.answer.openings["period"].unique(maintain_order=True).to_list()
    col = pl.col
    rows = plan.answer.openings.filter(col("is_opened") | col("is_closed") | (col("steps_added") > 0))
    change = (
        pl.when("is_opened")
        .then(pl.lit("opens"))
        .when("is_closed")
        .then(pl.lit("closes"))
        .otherwise(pl.lit("grows"))
    )
    order = col("period").replace_strict({name: at for at, name in enumerate(periods)}, return_dtype=pl.Int64)
    return rows.select("facility", change.alias("change"), "period", steps="steps_added").sort(
        order, "change", "facility", maintain_order=True
    )


def _opening_lines(plan: PlannedNetwork) -> list[str]:
    sites = (
        dict(plan.scenario.facilities.select("facility", "site").iter_rows())
        if plan.scenario is not None
        else {}
    )
    lines = []
    for (period, change), rows in opening_table(plan).group_by("period", "change", maintain_order=True):
        words = []
        for facility, steps in rows.select("facility", "steps").iter_rows():
            at = f" at {sites[facility]}" if sites.get(facility, facility) not in facility else ""
            words.append(f"{facility}{at}" + (f" (+{steps} step{'s' * (steps > 1)})" if steps else ""))
        lines.append(
            f"{period}: {', '.join(words)} {change if len(words) == 1 else str(change).removesuffix('s')}."
        )
    return lines or ["Nothing: what stands goes on."]


def cost_table(plan: PlannedNetwork) -> pl.DataFrame:
    """Give the discounted cost by kind, weighed over cases: ``kind, discounted_eur``, dearest first."""
    return (
        weighed(plan.answer.costs, plan.facts["cases"])
        .group_by("kind")
        .agg(discounted_eur=(pl.col("discounted_eur") * pl.col("weight")).sum())
        .sort("discounted_eur", "kind", descending=[True, False])
    )


def _cost_lines(plan: PlannedNetwork) -> list[str]:
    return [f"{kind}: {money(eur)}" for kind, eur in cost_table(plan).iter_rows()]


def _carbon_lines(plan: PlannedNetwork) -> list[str]:
    rows = (
        weighed(plan.answer.emissions, plan.facts["cases"])
        .group_by("kind")
        .agg(t=(pl.col("co2e_t") * pl.col("weight")).sum())
        .sort("t", descending=True)
    )
    total = float(rows["t"].sum())
    price = plan.facts["carbon_price_eur_per_t"]
    kinds = ", ".join(f"{kind} {tonnes:,.0f}" for kind, tonnes in rows.iter_rows())
    return [
        f"{total:,.0f} t CO2e over all periods ({kinds or 'none'}), at {price:g} EUR/t unless a period says otherwise."
    ]


def _wanted(plan: PlannedNetwork, table: str) -> list[str]:
    """Commodities of supply or demand that it costs something not to take or serve."""
    if plan.scenario is None:
        return []
    rows = plan.scenario.table(table).filter(
        (pl.col("penalty_eur_per_unit") > 0) | (pl.col("least_share") > 0)
    )
    return rows["commodity"].unique().to_list()


def _undone_lines(plan: PlannedNetwork) -> list[str]:
    lines = []
    for table, left, words in (
        ("supply", "left", "is left where it arises"),
        ("demand", "unserved", "is not delivered"),
    ):
        rows = (
            weighed(getattr(plan.answer, table), plan.facts["cases"])
            .group_by("commodity", maintain_order=True)
            .agg(
                left=(pl.col(left) * pl.col("weight")).sum(),
                amount=(pl.col("amount") * pl.col("weight")).sum(),
            )
            .filter(
                (pl.col("left") > 1e-6 * pl.col("amount")) & pl.col("commodity").is_in(_wanted(plan, table))
            )
        )
        lines += [
            f"{commodity}: {100 * amount / all_of:.1f} % of {all_of:,.0f} {words}"
            for commodity, amount, all_of in rows.iter_rows()
        ]
    short = weighed(plan.answer.shortfalls, plan.facts["cases"])
    for row in short.iter_rows(named=True):
        lines.append(
            f"{row['what']} {row['name']}, {row['period']}: short by {row['amount']:,.1f}, for {money(row['cost_eur'])}"
        )
    return lines


def _worth_lines(plan: PlannedNetwork) -> list[str]:
    """Give the dearest condition of each kind."""
    prices = plan.answer.shadow_prices.filter(
        pl.col("kind").is_in(list(_WORTH)) & (pl.col("price_eur") > 1e-3)
    )
    best: dict[str, dict[str, Any]] = {}
    for row in prices.sort("price_eur", "what", "period", descending=[True, False, False]).iter_rows(
        named=True
    ):
        best.setdefault(row["kind"], row)
    case = " ({case})" if len(plan.facts["cases"]) > 1 else ""
    return [
        (_WORTH[kind] + " in {period}" + case + ".").format(
            what=row["what"], eur=f"{row['price_eur']:,.2f}", period=row["period"], case=row["case"]
        )
        for kind, row in best.items()
    ]
