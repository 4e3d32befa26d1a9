"""What a plan for a network does, as tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from voltloop.network.formulation import CaseColumns, Formulation
from voltloop.network.instance import Periods
from voltloop.network.program import Ids, Numbers
from voltloop.network.solving import Solved

__all__ = ["Answer", "answer_of"]

_TINY = 1e-9
_PRICED = {
    "balance": ("EUR per unit more wanted here", 1.0),
    "supply": ("EUR per unit more that arises", -1.0),
    "demand": ("EUR per unit more that can be sold", -1.0),
    "supply_least": ("EUR per unit less that must be taken", 1.0),
    "demand_least": ("EUR per unit less that must be served", 1.0),
    "capacity": ("EUR per run more capacity", -1.0),
    "stock": ("EUR per unit more room", -1.0),
    "lane": ("EUR per tonne more capacity", -1.0),
    "carbon_cap": ("EUR per tonne CO2e more allowed", -1.0),
    "contract_least": ("EUR per unit less agreed", 1.0),
    "contract_most": ("EUR per unit more agreed", -1.0),
    "target_least": ("EUR per tonne below the target", 1.0),
}


@dataclass(frozen=True)
class Answer:
    """Tables of a plan; amounts are of whole periods, money is not discounted unless a column says so.

    Attributes
    ----------
    openings
        ``facility, period, is_open, is_opened, is_closed, steps, steps_added``.
    flows
        ``case, period, lane, origin, destination, commodity, modes, amount, mass_t, freight_eur, duty_eur, co2e_kg``.
    runs
        ``case, period, facility, site, activity, runs, cost_eur, co2e_kg``.
    stocks
        ``case, period, site, commodity, amount`` at the end of the period.
    supply, demand
        ``case, period, site, commodity, amount, taken`` or ``served``, and the rest as ``left`` or ``unserved``.
    shortfalls
        ``case, period, what, name, amount, cost_eur`` of contracts and targets.
    costs
        ``case, period, kind, cost_eur, discounted_eur``; what is earned is below 0. The discounted ones of a case add
        up to its share of the objective.
    emissions
        ``case, period, kind, co2e_t``.
    shadow_prices
        ``case, period, kind, what, price_eur, meaning``: what one unit more or less is worth with these openings, as
        money of the period.
    """

    openings: pl.DataFrame
    flows: pl.DataFrame
    runs: pl.DataFrame
    stocks: pl.DataFrame
    supply: pl.DataFrame
    demand: pl.DataFrame
    shortfalls: pl.DataFrame
    costs: pl.DataFrame
    emissions: pl.DataFrame
    shadow_prices: pl.DataFrame


def answer_of(formulation: Formulation, solved: Solved, names: list[str]) -> Answer:
    """Read the tables out of the values of a solved programme; all are zero where no plan was found."""
    values = solved.values if solved.values is not None else np.zeros(formulation.program.columns)
    openings, investment = _openings(formulation, values)
    parts = [_case(case, values, name) for case, name in zip(formulation.cases, names, strict=True)]
    tables = [pl.concat([part[number] for part in parts]) for number in range(7)]
    invested = pl.concat([investment.select(pl.lit(name).alias("case"), pl.all()) for name in names])
    costs = pl.concat([invested, *(part[7] for part in parts)])
    flows, runs, stocks, supply, demand, shortfalls, emissions = tables
    prices = _prices(formulation, solved.duals, names)
    return Answer(openings, flows, runs, stocks, supply, demand, shortfalls, costs, emissions, prices)


def _openings(formulation: Formulation, values: Numbers) -> tuple[pl.DataFrame, pl.DataFrame]:
    made, instance = formulation.openings, formulation.cases[0].instance
    periods, table = instance.periods, instance.scenario.facilities
    count, spans = made.is_open.shape
    is_open = values[made.is_open] > 0.5
    before = np.column_stack([(table["status"] == "existing").to_numpy(), is_open[:, :-1]]).astype(bool)
    steps = np.round(values[made.steps]).astype(np.int64)
    earlier = np.column_stack([np.zeros(count, dtype=np.int64), steps[:, :-1]])
    at = {name: values[getattr(made, name)] for name in ("is_open", "opened", "closed", "steps", "added")}
    frame = pl.DataFrame(
        {
            "facility": pl.Series(np.repeat(made.facilities, spans), dtype=pl.String),
            "period": pl.Series(np.tile(periods.names, count), dtype=pl.String),
            "is_open": is_open.ravel(),
            "is_opened": (is_open & ~before).ravel(),
            "is_closed": (before & ~is_open).ravel(),
            "steps": steps.ravel(),
            "steps_added": np.maximum(steps - earlier, 0).ravel(),
        }
    )

    def spent(column: str, amounts: Numbers) -> Numbers:
        return np.asarray(table[column].to_numpy() @ amounts)

    running = spent("fixed_eur_per_year", at["is_open"]) + spent("step_fixed_eur_per_year", at["steps"])
    kinds = {
        "opening": (spent("open_eur", at["opened"]), periods.at_start),
        "closing": (spent("close_eur", at["closed"]), periods.at_start),
        "expanding": (spent("step_eur", at["added"]), periods.at_start),
        "fixed": (running * periods.years, periods.at_middle),
    }
    return frame, _money(periods, kinds)


def _money(periods: Periods, kinds: dict[str, tuple[Numbers, Numbers]]) -> pl.DataFrame:
    parts = [
        pl.DataFrame(
            {
                "period": periods.names,
                "kind": [kind] * len(periods),
                "cost_eur": eur.astype(np.float64),
                "discounted_eur": (eur * worth).astype(np.float64),
            }
        )
        for kind, (eur, worth) in kinds.items()
    ]
    return pl.concat(parts).filter(pl.col("cost_eur").abs() > _TINY)


def _case(case: CaseColumns, values: Numbers, name: str) -> tuple[pl.DataFrame, ...]:
    instance, periods = case.instance, case.instance.periods
    labels = np.array(periods.names, dtype=object)

    def read(frame: pl.DataFrame, columns: Ids, into: str) -> pl.DataFrame:
        return frame.with_columns(
            pl.lit(name).alias("case"),
            pl.Series("period", labels[frame["t"].to_numpy()].tolist(), dtype=pl.String),
            pl.Series(
                into, np.where(np.abs(values[columns]) > _TINY, values[columns], 0.0), dtype=pl.Float64
            ),
        )

    col = pl.col
    flows, runs = read(instance.flows, case.flows, "amount"), read(instance.runs, case.runs, "runs")
    takes, serves = read(instance.takes, case.takes, "taken"), read(instance.serves, case.serves, "served")
    stocks = read(instance.stocks, case.stocks, "amount")
    short = read(case.shortfalls, case.shortfalls["column"].to_numpy(), "amount")
    takes = takes.with_columns(left=(col("amount") - col("taken")).clip(0.0))
    serves = serves.with_columns(unserved=(col("amount") - col("served")).clip(0.0))
    each = {
        "transport": (flows, col("amount") * col("freight_eur")),
        "duty": (flows, col("amount") * col("duty_eur")),
        "activity": (runs, col("runs") * col("process_eur")),
        "electricity": (runs, col("runs") * col("electricity_eur")),
        "labour": (runs, col("runs") * col("labour_eur")),
        "supply": (takes, col("taken") * col("price_eur")),
        "left behind": (takes, col("left") * col("penalty_eur")),
        "revenue": (serves, -col("served") * col("price_eur")),
        "unserved": (serves, col("unserved") * col("penalty_eur")),
        "stock": (stocks, col("amount") * col("holding_eur")),
        "shortfall": (short, col("amount") * col("penalty_eur")),
    }
    emitted = {
        "transport": (flows, col("amount") * col("kg_co2e")),
        "activity": (runs, col("runs") * col("process_kg")),
        "electricity": (runs, col("runs") * col("electricity_kg")),
        "supply": (takes, col("taken") * col("kg_co2e")),
        "demand": (serves, col("served") * col("kg_co2e")),
    }
    tonnes = {kind: _by_period(*source, len(periods)) / 1000.0 for kind, source in emitted.items()}
    sums = {kind: _by_period(*source, len(periods)) for kind, source in each.items()}
    total_t = sum(tonnes.values(), np.zeros(len(periods)))
    sums["carbon"] = total_t * periods.carbon_price_eur_per_t
    money = _money(periods, {kind: (eur, periods.at_middle) for kind, eur in sums.items()})
    emissions = pl.concat(
        [
            pl.DataFrame({"case": name, "period": periods.names, "kind": kind, "co2e_t": values_t})
            for kind, values_t in tonnes.items()
        ]
    ).filter(col("co2e_t").abs() > _TINY)
    flow = ["case", "period", "lane", "origin", "destination", "commodity", "modes", "amount"]
    place = ["case", "period", "site", "commodity", "amount"]
    return (
        flows.filter(col("amount") > 0).select(
            *flow,
            mass_t=col("amount") * col("mass_t"),
            freight_eur=col("amount") * col("freight_eur"),
            duty_eur=col("amount") * col("duty_eur"),
            co2e_kg=col("amount") * col("kg_co2e"),
        ),
        runs.filter(col("runs") > 0).select(
            *("case", "period", "facility", "site", "activity", "runs"),
            cost_eur=col("runs") * (col("process_eur") + col("electricity_eur") + col("labour_eur")),
            co2e_kg=col("runs") * (col("process_kg") + col("electricity_kg")),
        ),
        stocks.filter(col("amount") > 0).select(place),
        takes.select(*place, "taken", "left"),
        serves.select(*place, "served", "unserved"),
        short.filter(col("amount") > 0).select(
            "case", "period", "what", "name", "amount", cost_eur=col("amount") * col("penalty_eur")
        ),
        emissions,
        money.select(pl.lit(name).alias("case"), pl.all()),
    )


def _by_period(frame: pl.DataFrame, expression: pl.Expr, count: int) -> Numbers:
    sums = np.zeros(count)
    values = frame.select(expression.cast(pl.Float64)).to_series().to_numpy()
    np.add.at(sums, frame["t"].to_numpy(), values)
    return sums


def _prices(formulation: Formulation, duals: Numbers | None, names: list[str]) -> pl.DataFrame:
    parts = []
    for block in formulation.program.blocks if duals is not None else []:
        if block.kind not in _PRICED or block.case is None or duals is None:
            continue
        case = formulation.cases[block.case]
        meaning, sign = _PRICED[block.kind]
        worth = case.weight * case.instance.periods.at_middle
        place = {period: number for number, period in enumerate(case.instance.periods.names)}
        at = block.keys["period"].replace_strict(place, return_dtype=pl.Int64).to_numpy()
        what = pl.concat_str([name for name in block.keys.columns if name != "period"], separator=", ")
        parts.append(
            block.keys.select(
                pl.lit(names[block.case]).alias("case"),
                "period",
                pl.lit(block.kind).alias("kind"),
                what.alias("what") if block.keys.width > 1 else pl.lit("all").alias("what"),
                pl.Series("price_eur", sign * duals[block.rows] / worth[at]),
                pl.lit(meaning).alias("meaning"),
            ).filter(pl.col("price_eur").abs() > _TINY)
        )
    schema = dict.fromkeys(("case", "period", "kind", "what"), pl.String()) | {
        "price_eur": pl.Float64(),
        "meaning": pl.String(),
    }
    return pl.concat([pl.DataFrame(schema=schema), *parts])
