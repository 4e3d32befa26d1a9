"""The flow model of a network as a mixed-integer programme.

For each case: flow over every lane, runs of every facility, stock, supply taken and demand served in every period, in
balance at every site; all cases share what is open. Flows into and out of candidates are bounded by their openness lane
by lane, added up over commodities by mass, where supply or demand bounds them [1]_.

References
----------
.. [1] Leung, J. M. Y., Magnanti, T. L. (1989). Valid inequalities and facets of the capacitated plant location problem.
   Mathematical Programming 44, sec. 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from voltloop.network.commitments import add_commitments
from voltloop.network.instance import Instance
from voltloop.network.linking import add_linking
from voltloop.network.openings import Openings, add_openings
from voltloop.network.program import Ids, Numbers, Program

__all__ = ["KG_CO2E", "CaseColumns", "Formulation", "Risk", "formulate"]

KG_CO2E = {
    "flows": pl.col("kg_co2e"),
    "runs": pl.col("process_kg") + pl.col("electricity_kg"),
    "takes": pl.col("kg_co2e"),
    "serves": pl.col("kg_co2e"),
}
"""Emissions per unit of each table of an instance."""


@dataclass(frozen=True)
class Risk:
    """How much bad cases weigh.

    Attributes
    ----------
    level
        Share of the cases that are not bad, 0 to below 1.
    weight
        Weight of the mean cost of the bad ones (CVaR) against the mean of all, 0 to below 1.

    References
    ----------
    Rockafellar, R. T., Uryasev, S. (2000). Optimization of conditional value-at-risk. Journal of Risk 2, eq. 17.
    """

    level: float = 0.9
    weight: float = 0.0


@dataclass(frozen=True)
class CaseColumns:
    """Columns of one case, in the order of the rows of its instance.

    Attributes
    ----------
    instance, weight
        The case and its share of all, 0 to 1.
    flows, runs, takes, serves, stocks
        Numbers of columns.
    shortfalls
        ``what``, ``name``, ``t``, ``penalty_eur`` and ``column`` of what may be paid for instead of kept.
    """

    instance: Instance
    weight: float
    flows: Ids
    runs: Ids
    takes: Ids
    serves: Ids
    stocks: Ids
    shortfalls: pl.DataFrame


@dataclass(frozen=True)
class Formulation:
    """A programme and what its columns mean."""

    program: Program
    openings: Openings
    cases: list[CaseColumns]


def formulate(
    instances: Sequence[Instance],
    weights: Sequence[float],
    risk: Risk | None = None,
    *,
    is_strong: bool = True,
) -> Formulation:
    """Write the programme.

    Parameters
    ----------
    instances
        Cases; facilities and periods are those of the first.
    weights
        Their shares, above 0, of sum 1.
    risk
        Weighs bad cases more; None counts the mean alone.
    is_strong
        Whether the rows that tie single lanes to openness are added.
    """
    program = Program()
    openings = add_openings(program, instances[0])
    risk = risk if risk is not None and risk.weight > 0 else None
    cases: list[CaseColumns] = []
    costs: list[tuple[Ids, Numbers, float]] = []
    for number, (instance, weight) in enumerate(zip(instances, weights, strict=True)):
        first, offset = program.columns, program.offset
        scale = weight * (1.0 - risk.weight) if risk else weight
        cases.append(_add_case(program, openings, instance, weight, number, scale))
        if is_strong:
            add_linking(program, openings, instance, cases[-1].flows, number)
        if risk:
            own = np.concatenate(program.cost)[first:] / scale
            costs.append((np.arange(first, program.columns), own, (program.offset - offset) / scale))
    if risk:
        _add_risk(program, risk, weights, costs)
    return Formulation(program, openings, cases)


def _add_risk(
    program: Program, risk: Risk, weights: Sequence[float], costs: list[tuple[Ids, Numbers, float]]
) -> None:
    level = program.add_columns(1, risk.weight, -np.inf)
    above = program.add_columns(len(weights), risk.weight * np.asarray(weights) / (1.0 - risk.level))
    for number, (columns, cost, offset) in enumerate(costs):
        used = cost != 0.0
        entries = [(0, columns[used], cost[used]), (0, level, -1.0), (0, above[number : number + 1], -1.0)]
        program.add_rows("risk", pl.DataFrame({"case": [number]}), -np.inf, -offset, list(entries), number)


def _add_case(
    program: Program, openings: Openings, instance: Instance, weight: float, case: int, scale: float
) -> CaseColumns:
    periods = instance.periods
    worth = scale * periods.at_middle

    def add(frame: pl.DataFrame, cost: pl.Expr, name: str | None) -> Ids:
        t = frame["t"].to_numpy()
        eur = frame.select(cost.cast(pl.Float64)).to_series().to_numpy()
        if name is not None:
            kg = frame.select(KG_CO2E[name].cast(pl.Float64)).to_series().to_numpy()
            eur = eur + periods.carbon_price_eur_per_t[t] / 1000.0 * kg
        return program.add_columns(frame.height, worth[t] * eur)

    col = pl.col
    process = col("process_eur") + col("electricity_eur") + col("labour_eur")
    flows = add(instance.flows, col("freight_eur") + col("duty_eur"), "flows")
    runs = add(instance.runs, process, "runs")
    takes = add(instance.takes, col("price_eur") - col("penalty_eur"), "takes")
    serves = add(instance.serves, -col("price_eur") - col("penalty_eur"), "serves")
    stocks = add(instance.stocks, col("holding_eur"), None)
    for frame in (instance.takes, instance.serves):
        paid = frame["penalty_eur"].to_numpy() * frame["amount"].to_numpy()
        program.offset += float((worth[frame["t"].to_numpy()] * paid).sum())
    shortfalls = add_commitments(program, instance, (flows, runs, takes, serves), case, worth)
    made = CaseColumns(instance, weight, flows, runs, takes, serves, stocks, shortfalls)
    _amounts(program, made, case)
    _balance(program, made, case)
    _capacity(program, openings, made, case)
    _lane_limits(program, made, case)
    _carbon_caps(program, made, case)
    return made


def _keys(frame: pl.DataFrame, made: CaseColumns, *columns: str) -> pl.DataFrame:
    names = np.array(made.instance.periods.names, dtype=object)
    period = pl.Series("period", names[frame["t"].to_numpy()].tolist(), dtype=pl.String)
    return frame.select(columns).with_columns(period)


def _some(frame: pl.DataFrame, rows: Ids) -> pl.DataFrame:
    return frame[rows.astype(np.uint32)]


def _amounts(program: Program, made: CaseColumns, case: int) -> None:
    """Between least and most of supply and demand; room of stocks."""
    instance = made.instance
    for kind, frame, columns in (
        ("supply", instance.takes, made.takes),
        ("demand", instance.serves, made.serves),
    ):
        least, most = frame["least"].to_numpy(), frame["amount"].to_numpy()
        keys = _keys(frame, made, "site", "commodity")
        program.add_rows(kind, keys, -np.inf, most, [(np.arange(len(most)), columns, 1.0)], case)
        some = np.flatnonzero(least > 0)
        entries = [(np.arange(len(some)), columns[some], 1.0)]
        program.add_rows(f"{kind}_least", _some(keys, some), least[some], np.inf, list(entries), case)
    room = instance.stocks["room"].to_numpy()
    some = np.flatnonzero(np.isfinite(room))
    keys = _some(_keys(instance.stocks, made, "site", "commodity"), some)
    entries = [(np.arange(len(some)), made.stocks[some], 1.0)]
    program.add_rows("stock", keys, -np.inf, room[some], list(entries), case)


def _balance(program: Program, made: CaseColumns, case: int) -> None:
    """Require that what comes equals what goes, for each commodity at each site in each period."""
    instance = made.instance
    node = ["site", "commodity", "t"]

    def entries(frame: pl.DataFrame, columns: Ids, value: float, site: str = "site") -> pl.DataFrame:
        return frame.select(pl.col(site).alias("site"), "commodity", pl.col("t").cast(pl.Int64)).with_columns(
            column=pl.Series(columns, dtype=pl.Int64), value=pl.lit(value, dtype=pl.Float64)
        )

    recipes = instance.scenario.recipes.select("activity", "commodity", value="amount_per_run")
    processed = (
        instance.runs.select("site", "activity", pl.col("t").cast(pl.Int64))
        .with_columns(column=pl.Series(made.runs, dtype=pl.Int64))
        .join(recipes, on="activity", how="inner", maintain_order="left")
        .select(*node, "column", "value")
    )
    kept = entries(instance.stocks, made.stocks, 1.0).with_columns(t=pl.col("t") + 1)
    parts = pl.concat(
        [
            entries(instance.flows, made.flows, -1.0, "origin"),
            entries(instance.flows, made.flows, 1.0, "destination"),
            processed,
            entries(instance.takes, made.takes, 1.0),
            entries(instance.serves, made.serves, -1.0),
            entries(instance.stocks, made.stocks, -1.0),
            kept.filter(pl.col("t") < len(instance.periods)),
        ]
    )
    nodes = parts.select(node).unique(maintain_order=True).with_row_index("row")
    placed = parts.join(nodes, on=node, how="left", maintain_order="left")
    lying = instance.stocks.select("site", "commodity", pl.col("t").cast(pl.Int64), "initial")
    start = nodes.join(lying, on=node, how="left", maintain_order="left")["initial"].fill_null(0.0).to_numpy()
    program.add_rows(
        "balance",
        _keys(nodes, made, "site", "commodity"),
        -start,
        -start,
        [(placed["row"].to_numpy(), placed["column"].to_numpy(), placed["value"].to_numpy())],
        case,
    )


def _capacity(program: Program, openings: Openings, made: CaseColumns, case: int) -> None:
    """Keep runs within what is open, and no fewer than the least use of it."""
    instance = made.instance
    count, spans = openings.is_open.shape
    place = {name: number for number, name in enumerate(openings.facilities)}
    facility = instance.runs["facility"].replace_strict(place, return_dtype=pl.Int64).to_numpy()
    row = np.asarray(facility * spans + instance.runs["t"].to_numpy(), dtype=np.int64)
    room = instance.runs["room"].to_numpy()
    capacity, step = (instance.capacity[name].to_numpy() for name in ("capacity", "step_capacity"))
    most = np.where(np.isfinite(capacity), capacity, _unlimited(instance, row, count * spans))
    every = np.arange(count * spans)
    keys = _keys(instance.capacity, made, "facility")
    is_open, steps = openings.is_open.ravel(), openings.steps.ravel()
    entries = [(row, made.runs, room), (every, is_open, -most), (every, steps, -step)]
    program.add_rows("capacity", keys, -np.inf, 0.0, list(entries), case)
    share = np.repeat(instance.scenario.facilities["least_share"].to_numpy(), spans)
    some = np.flatnonzero((share > 0) & np.isfinite(capacity))
    at = np.full(count * spans, -1)
    at[some] = np.arange(len(some))
    used = at[row] >= 0
    entries = [
        (at[row[used]], made.runs[used], room[used]),
        (at[some], is_open[some], -(share * most)[some]),
        (at[some], steps[some], -(share * step)[some]),
    ]
    program.add_rows("least_use", _some(keys, some), 0.0, np.inf, list(entries), case)


def _unlimited(instance: Instance, row: Ids, count: int) -> Numbers:
    """Give what a facility without limit can run at most: all the mass that there ever is, ten times over."""
    mass = instance.scenario.commodities.select("commodity", kg="mass_kg_per_unit")
    taken = (
        instance.scenario.recipes.filter(pl.col("amount_per_run") < 0)
        .join(mass, on="commodity", how="left")
        .group_by("activity")
        .agg(kg=-(pl.col("amount_per_run") * pl.col("kg")).sum())
    )
    by_run = instance.runs.select("activity").join(taken, on="activity", how="left", maintain_order="left")
    per_run = by_run["kg"].fill_null(0.0).to_numpy()
    lying = instance.stocks.join(mass, on="commodity", how="left")
    all_kg = 1000.0 * float((instance.takes["amount"] * instance.takes["mass_t"]).sum())
    all_kg += float((lying["initial"] * lying["kg"]).sum())
    runs = np.where(per_run > 0, 10.0 * all_kg / np.where(per_run > 0, per_run, 1.0), 1e9)
    most = np.ones(count)
    np.maximum.at(most, row, runs * instance.runs["room"].to_numpy())
    return most


def _lane_limits(program: Program, made: CaseColumns, case: int) -> None:
    instance = made.instance
    limits = instance.lanes.select("line", "t").with_row_index("row")
    on_lanes = (
        instance.flows.select("line", "t", "mass_t")
        .with_columns(column=pl.Series(made.flows, dtype=pl.Int64))
        .join(limits, on=["line", "t"], how="inner", maintain_order="left")
    )
    entries = [(on_lanes["row"].to_numpy(), on_lanes["column"].to_numpy(), on_lanes["mass_t"].to_numpy())]
    keys = _keys(instance.lanes, made, "lane")
    program.add_rows("lane", keys, -np.inf, instance.lanes["most_t"].to_numpy(), list(entries), case)


def _carbon_caps(program: Program, made: CaseColumns, case: int) -> None:
    periods = made.instance.periods
    capped = np.flatnonzero(np.isfinite(periods.carbon_cap_t))
    at = np.full(len(periods), -1)
    at[capped] = np.arange(len(capped))
    entries = []
    for name, kg in KG_CO2E.items():
        frame: pl.DataFrame = getattr(made.instance, name)
        columns: Ids = getattr(made, name)
        row = at[frame["t"].to_numpy()]
        used = row >= 0
        emitted_t = frame.select(kg.cast(pl.Float64)).to_series().to_numpy() / 1000.0
        entries.append((row[used], columns[used], emitted_t[used]))
    keys = pl.DataFrame({"period": [periods.names[t] for t in capped]}, schema={"period": pl.String})
    program.add_rows("carbon_cap", keys, -np.inf, periods.carbon_cap_t[capped], list(entries), case)
