"""What the report of a plan shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltloop import __version__
from voltloop.app.plan import MadePlan
from voltloop.app.plan_tables import batteries_table, cost_parts, packaging_table, stops_table, tours_table
from voltloop.app.summary import carbon_parts
from voltloop.documents.report import Assumption, PlanFile, ReportData, Totals, TourLine
from voltloop.findings import Finding

__all__ = ["FILES", "report_data"]

FILES = (
    PlanFile(
        "batteries.parquet", "Every accepted battery: verdict, treatment, package, tour, or why it stays"
    ),
    PlanFile("tours.csv", "Tours by trip, with vehicle, driver, times, load, cost and carbon"),
    PlanFile("stops.csv", "Stops of the tours in driving order"),
    PlanFile("loads.csv", "Loads with their papers: tours and onward loads"),
    PlanFile(
        "held.csv", "Batteries that may not or cannot be moved now, with the missing fact and whom to ask"
    ),
    PlanFile("deferred.csv", "Batteries that wait, with the day they fall due"),
    PlanFile("rejected.csv", "Rows of the list that were rejected or need a person's decision"),
    PlanFile("packaging.csv", "Packagings used, by depot"),
    PlanFile("findings.csv", "What was noticed about list, network, plan and papers"),
    PlanFile("summary.json", "The plan in figures"),
    PlanFile("search/", "The tours as the engine knows them: to go on from, to ask about"),
    PlanFile("inputs/run.json", "What is needed to make this plan again: voltloop rerun"),
)


def report_data(
    plan: MadePlan,
    totals: Totals,
    *,
    loads: pl.DataFrame,
    comparisons: pl.DataFrame,
    ways: Mapping[str, NDArray[np.float64]],
    network_name: str,
    paper_findings: Sequence[Finding],
) -> ReportData:
    """Gather the report's data."""
    network = plan.request.network
    batteries = batteries_table(plan)
    return ReportData(
        title="Collection plan",
        on=plan.days[0],
        totals=totals,
        list_counts=plan.read.counts,
        list_records=sum(plan.read.counts.values()),
        returns_name=plan.request.returns_name,
        network_name=network.settings.name or network_name,
        batteries=batteries,
        row_findings=_row_findings(plan),
        treatments=batteries.filter(pl.col("treatment").is_not_null())
        .drop("reason")
        .rename({"treatment_reason": "reason"})
        .select(
            "row",
            "treatment",
            "destination_id",
            "net_value_eur",
            "co2e_kg",
            "reason",
            "runner_up",
            "is_waste",
        ),
        verdicts=plan.assessed.verdicts,
        tours=tours_table(plan),
        stops=stops_table(plan),
        loads=loads,
        held=plan.held,
        deferred=plan.deferred,
        packaging=packaging_table(plan),
        baselines=comparisons.with_columns(
            pl.lit("Collection tours alone; vehicles and drivers are not counted.").alias("note")
        ),
        cost_parts=cost_parts(plan),
        carbon_parts=carbon_parts(plan),
        points=plan.origins.points,
        sites=_sites(plan),
        tour_lines=tuple(TourLine(name, way[:, 0], way[:, 1]) for name, way in ways.items()),
        findings=(*plan.findings, *paper_findings),
        assumptions=_assumptions(plan),
        files=FILES,
    )


def _row_findings(plan: MadePlan) -> pl.DataFrame:
    status = pl.DataFrame(
        [(entry["row"], entry["status"]) for entry in plan.read.entries],
        schema={"row": pl.Int64, "status": pl.String},
        orient="row",
    )
    found = plan.read.findings
    found = found.drop("status") if "status" in found.columns else found
    return found.join(status, on="row", how="left", maintain_order="left").with_columns(
        pl.col("status").fill_null("accepted")
    )


def _sites(plan: MadePlan) -> pl.DataFrame:
    """Sites that the plan uses: depots of tours and destinations."""
    used = {*plan.tour_of["depot_id"].to_list(), *plan.assessed.batteries["destination_id"].to_list()}
    return plan.request.network.sites.filter(pl.col("site_id").is_in(list(used)))


def _assumptions(plan: MadePlan) -> tuple[Assumption, ...]:
    network, prices = plan.request.network, plan.assessed.decision.prices
    editions = sorted(set(plan.assessed.verdicts["edition"].drop_nulls().to_list()))
    found = [
        *(Assumption("Law", "Edition", edition, "rulebook/editions.csv") for edition in editions),
        Assumption(
            "Carbon", "Carbon price", f"{network.settings.carbon_price_eur_per_t:g} EUR/t", "network.toml"
        ),
        Assumption("Carbon", "Vehicles", "kg CO2e per km of vehicles.csv, well to wheel", "vehicles.csv"),
        Assumption(
            "Prices",
            "Exchange rate",
            f"{prices.eur_per_usd:g} EUR/USD",
            f"{prices.priced_on.get('eur_per_usd')}",
            is_estimate=True,
        ),
        *(
            Assumption(
                "Prices",
                item.replace("_", " "),
                f"{value:.3g} {'' if item.startswith('payable') else 'EUR/kg'}".strip(),
                f"catalogue/prices.csv, {prices.priced_on.get(item)}",
            )
            for item, value in sorted(prices.values.items())
            if item != "eur_per_usd"
        ),
        Assumption(
            "Distances",
            "Roads",
            "main roads of OpenStreetMap; straight line times a factor where marked",
            "docs/explanation/distances.md",
        ),
    ]
    for entry in plan.routed:
        run = entry.plan
        found += [
            Assumption("Solver", "Tours", run.solver),
            Assumption("Solver", "Seed", str(run.seed)),
            Assumption("Solver", "Search", f"{run.seconds:.0f} s, {sum(run.iterations.values())} iterations"),
            Assumption("Law", "Driving time", entry.problem.rules.name),
        ]
    found.append(Assumption("Input", "voltloop", __version__))
    return tuple(found)
