"""Where hubs belong: `python scripts/network_results.py [OUT.json] [CONTINENT ...]`.

Plans the networks of ``examples/network`` at carbon prices of 0, 100 and 300 EUR/t: free, central (two hubs of each
kind) and local (used packs go no farther than 500 km), and under weaker assumptions. One JSON object a line, as soon as
it is there. Dangerous goods and waste move over the lanes of the folder under its bans.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from voltloop.app.network_scenario import read_scenario
from voltloop.network.design import design
from voltloop.network.diving import dive
from voltloop.network.scenario import Scenario

HERE = Path(__file__).resolve().parents[1]
CARBON = (0.0, 100.0, 300.0)
LOCAL_KM = 500.0
CENTRAL = {"europe": ("hu_budapest", "be_brussels"), "north-america": ("us_atlanta", "us_las_vegas")}
CONTINENTS = ("europe", "north-america")
KINDS = ("shred", "restore", "hydromet")
TIME_LIMIT_S = 90.0


def ready(folder: str) -> Scenario:
    """Read a scenario; its lanes are taken as lawful but for its bans."""
    scenario = read_scenario(HERE / "examples" / "network" / folder).scenario
    assert scenario is not None
    bare = scenario.commodities.with_columns(
        goods=pl.lit(None, dtype=pl.String), is_waste=pl.lit(value=False)
    )
    return replace(scenario, commodities=bare)


def central(scenario: Scenario, folder: str) -> Scenario:
    """Only two places may have new hubs, as large as they like."""
    table = scenario.facilities
    is_new = pl.col("status") == "candidate"
    kept = table.filter(~is_new | pl.col("site").is_in(CENTRAL[folder]))
    return replace(
        scenario,
        facilities=kept.with_columns(most_steps=pl.when(is_new).then(60).otherwise(pl.col("most_steps"))),
    )


def local(scenario: Scenario, _: str = "") -> Scenario:
    """Used packs go no farther than 500 km, or to the nearest hub."""
    lanes = scenario.lanes
    used = lanes["commodities"].str.contains("used|core|pack_")
    nearest = pl.col("distance_km") == pl.col("distance_km").min().over("origin", "commodities")
    near = lanes.select((pl.col("distance_km") <= LOCAL_KM) | nearest).to_series()
    return replace(scenario, lanes=lanes.filter(~used | near))


def dear(scenario: Scenario, _: str = "") -> Scenario:
    """Road freight costs twice as much."""
    road = pl.col("modes").str.starts_with("road") & ~pl.col("modes").str.contains("sea")
    cost = pl.when(road).then(pl.col("cost_eur_per_t") * 2).otherwise(pl.col("cost_eur_per_t"))
    return replace(scenario, lanes=scenario.lanes.with_columns(cost_eur_per_t=cost))


def even_wages(scenario: Scenario, _: str = "") -> Scenario:
    """All places have the wage of the dearest third, in hours and in what a plant costs a year."""
    hourly = scenario.utilities["labour_eur_per_h"].quantile(0.67)
    fixed = (
        pl.col("fixed_eur_per_year")
        .quantile(0.67)
        .over(pl.col("activities"), pl.col("status"), pl.col("capacity_runs_per_year"))
    )
    table = scenario.facilities.with_columns(
        fixed_eur_per_year=pl.when(pl.col("status") == "candidate")
        .then(fixed)
        .otherwise(pl.col("fixed_eur_per_year"))
    )
    wages = scenario.utilities.with_columns(labour_eur_per_h=pl.lit(hourly))
    return replace(scenario, facilities=table, utilities=wages)


def fewer(scenario: Scenario, _: str = "") -> Scenario:
    """Half as many packs come back."""
    used = pl.col("commodity").str.contains("core_|pack_")
    amount = pl.when(used).then(pl.col("amount_per_year") / 2).otherwise(pl.col("amount_per_year"))
    return replace(scenario, supply=scenario.supply.with_columns(amount_per_year=amount))


VARIANTS = {"free": lambda s, _: s, "central": central, "local": local}
WEAK = {"road freight twice": dear, "one wage": even_wages, "half the returns": fewer}


def told(folder: str, variant: str, carbon: float, scenario: Scenario) -> dict[str, Any]:
    """Plan once and say what the plan is."""
    plan = design(
        replace(scenario, carbon_price_eur_per_t=carbon), time_limit_s=TIME_LIMIT_S, gap=1e-4, solver=dive
    )
    answer = plan.answer
    last = scenario.periods["period"][-1]
    used = answer.runs.filter(pl.col("runs") > 1.0)
    hubs: dict[str, dict[str, float]] = {}
    for kind in KINDS:
        rows = used.filter((pl.col("period") == last) & pl.col("facility").str.ends_with(f"_{kind}"))
        by = (
            rows.group_by("facility")
            .agg(pl.col("runs").sum() / scenario.periods["years"][-1])
            .sort("runs", descending=True)
        )
        hubs[kind] = {name.removesuffix(f"_{kind}"): round(runs / 1000, 1) for name, runs in by.iter_rows()}
    return {
        "continent": folder,
        "variant": variant,
        "carbon_eur_per_t": carbon,
        "objective_meur": round(plan.objective_eur / 1e6, 1),
        "bound_meur": round(plan.bound_eur / 1e6, 1),
        "costs_meur": _sums(answer.costs, "discounted_eur", 1e6),
        "emissions_kt": _sums(answer.emissions, "co2e_t", 1e3),
        "used_pack_tkm_m": round(_tonne_km(scenario, answer.flows) / 1e6),
        "kt_in_last_period_a_year": hubs,
        "seconds": round(plan.seconds, 1),
    }


def _sums(table: pl.DataFrame, column: str, scale: float) -> dict[str, float]:
    summed = table.group_by("kind").agg(pl.col(column).sum() / scale).sort("kind")
    return {kind: round(value, 1) for kind, value in summed.iter_rows()}


def _tonne_km(scenario: Scenario, flows: pl.DataFrame) -> float:
    packs = flows.filter(pl.col("commodity").str.contains("^(core|pack)_"))
    lanes = scenario.lanes.select("lane", "distance_km")
    return float(packs.join(lanes, on="lane").select((pl.col("mass_t") * pl.col("distance_km")).sum()).item())


def runs(folders: list[str]) -> Iterator[dict[str, Any]]:
    """Every plan of the study, the most telling first."""
    scenarios = {folder: ready(folder) for folder in folders}
    order = [("free", 100.0), ("free", 0.0), ("free", 300.0)]
    order += [(name, carbon) for carbon in (100.0, 0.0, 300.0) for name in ("central", "local")]
    for variant, carbon in order:
        for folder, scenario in scenarios.items():
            yield told(folder, variant, carbon, VARIANTS[variant](scenario, folder))
    for name, change in WEAK.items():
        for folder, scenario in scenarios.items():
            yield told(folder, name, 100.0, change(scenario, folder))


def main(out: Path | None, folders: list[str]) -> None:
    with (out or Path("/dev/stdout")).open("w", encoding="utf-8") as file:
        for found in runs(folders):
            file.write(json.dumps(found) + "\n")
            file.flush()


if __name__ == "__main__":
    given = sys.argv[1:]
    names = [word for word in given if word in CONTINENTS]
    files = [Path(word) for word in given if word not in CONTINENTS]
    main(files[0] if files else None, names or list(CONTINENTS))
