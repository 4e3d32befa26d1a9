"""The plan as the tables of its folder: batteries, tours, stops, loads, packaging and comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from voltloop.app.plan import MadePlan
from voltloop.collection import baselines

__all__ = [
    "batteries_table",
    "comparisons_table",
    "cost_parts",
    "loads_table",
    "packaging_table",
    "stops_table",
    "tours_table",
]

_LAW = (
    "mode", "outcome", "un_number", "proper_shipping_name", "hazard_class", "packing_instruction", "transport_category",
    "tunnel_code", "points_per_kg", "waste_code", "rules", "edition",
)  # fmt: skip
_TREATMENT = ("treatment", "destination_id", "is_waste", "net_value_eur", "co2e_kg", "reason", "runner_up")


def batteries_table(plan: MadePlan) -> pl.DataFrame:
    """Every accepted battery with verdict, treatment, package, tour and onward load, or why it stays."""
    stays = pl.concat(
        [
            plan.held.select("row", pl.lit("held").alias("plan_status"), pl.col("reason").alias("why")),
            plan.deferred.select(
                "row", pl.lit("deferred").alias("plan_status"), pl.col("reason").alias("why")
            ),
        ]
    )
    goes = plan.tour_of.select(
        "row", pl.lit("planned").alias("plan_status"), pl.lit(None, pl.String).alias("why")
    )
    packages = plan.prepared.packed.packages.group_by("item").agg(
        pl.col("packaging_id").unique().sort().str.join(";"),
        pl.col("package_id").unique().sort().str.join(";"),
        pl.col("cost_eur").sum().alias("packaging_cost_eur"),
        pl.col("gross_mass_kg").sum(),
    )
    law = plan.assessed.batteries.rename({"reason_right": "treatment_reason"})
    # The rulebook gives sound goods the code they would have as waste; here it stands only where they are waste.
    law = law.with_columns(pl.when("is_waste").then("waste_code").alias("waste_code"))
    law = law.select("row", *_LAW, *(name for name in _TREATMENT if name != "reason"), "treatment_reason")
    due = plan.prepared.batteries.select("row", "due_on", "due_why")
    table = plan.read.batteries.join(plan.origins.point_of, on="row", how="left", maintain_order="left")
    for part, key in (
        (pl.concat([goes, stays]), "row"),
        (law, "row"),
        (due, "row"),
        (plan.tour_of.select("row", "tour_id", "pickup_id", "depot_id"), "row"),
        (_onward_of(plan), "row"),
        (packages, "item"),
    ):
        table = table.join(part, left_on="row", right_on=key, how="left", maintain_order="left")
    return table


def _onward_of(plan: MadePlan) -> pl.DataFrame:
    loads = [
        onward.loads.select(pl.col("items").alias("row"), pl.col("load_id").alias("onward_load_id")).explode(
            "row"
        )
        for onward in plan.onward.values()
    ]
    return pl.concat([pl.DataFrame(schema={"row": pl.Int64, "onward_load_id": pl.String}), *loads])


def _with_mode(plan: MadePlan, tables: Sequence[pl.DataFrame]) -> pl.DataFrame:
    modes = [pl.lit(entry.mode).alias("mode") for entry in plan.routed]
    return pl.concat([table.with_columns(mode) for mode, table in zip(modes, tables, strict=True)])


def _units_by(plan: MadePlan, *keys: str) -> pl.DataFrame:
    """Count single batteries on tours; a row of the list may stand for several."""
    rows = plan.tour_of.join(plan.read.batteries.select("row", "quantity"), on="row")
    return rows.group_by(keys).agg(pl.col("quantity").sum().alias("batteries"))


def tours_table(plan: MadePlan) -> pl.DataFrame:
    """One row per trip with vehicle, driver, times, load, money and carbon; most tours are one trip."""
    batteries = _units_by(plan, "tour_id")
    return (
        _with_mode(plan, [entry.trips.tours for entry in plan.routed])
        .join(batteries, on="tour_id", how="left", maintain_order="left")
        .drop("starts_s", "ends_s", "day_no")
    )


def stops_table(plan: MadePlan) -> pl.DataFrame:
    """One row per visit in driving order, with place and what is taken up."""
    places = plan.origins.points.select("point_id", "name", "city", "country", "lat", "lon")
    taken = _units_by(plan, "tour_id", "pickup_id")
    return (
        _with_mode(plan, [entry.trips.stops for entry in plan.routed])
        .join(taken, on=["tour_id", "pickup_id"], how="left", maintain_order="left")
        .join(places, on="point_id", how="left", maintain_order="left")
        .drop("arrives_s", "begins_s", "departs_s")
    )


def loads_table(plan: MadePlan, documents: Mapping[str, list[str]]) -> pl.DataFrame:
    """One row per load: the collection tours, then the onward loads.

    ``documents`` gives the paths of the papers by load id, relative to the plan folder.
    """
    names = dict(plan.request.network.sites.select("site_id", "name").iter_rows())
    table = batteries_table(plan)
    rows = []
    for tour in tours_table(plan).filter(pl.col("stop_count") > 0).iter_rows(named=True):
        aboard = table.filter(pl.col("tour_id") == tour["tour_id"])
        rows.append(
            {
                "load_id": tour["tour_id"], "kind": "tour", "tour_id": tour["tour_id"], "day": tour["day"],
                "origin": f"{tour['stop_count']} stop{'s' if tour['stop_count'] != 1 else ''}",
                "destination": names[tour["end_depot_id"]],
                "destination_id": tour["end_depot_id"], "vehicle_type": tour["vehicle_type"], "mode": tour["mode"],
                "needs_adr": tour["needs_adr"], "gross_mass_kg": tour["mass_kg"], "points": tour["points"],
                "km": tour["km"], "cost_eur": tour["cost_eur"], "co2e_kg": tour["co2e_kg"], "reason": None,
                **_goods(aboard), "documents": ";".join(documents.get(tour["tour_id"], [])),
            }
        )  # fmt: skip
    for mode, onward in plan.onward.items():
        for load in onward.loads.iter_rows(named=True):
            rows.append(
                {
                    "load_id": load["load_id"], "kind": "linehaul", "tour_id": None, "day": plan.onward_on,
                    "origin": names[load["depot_id"]], "destination": names[load["site_id"]],
                    "destination_id": load["site_id"], "vehicle_type": load["vehicle_type"], "mode": mode,
                    "needs_adr": load["needs_adr"], "gross_mass_kg": load["gross_mass_kg"], "points": load["points"],
                    "km": load["km"], "cost_eur": load["cost_eur"], "co2e_kg": load["co2e_kg"],
                    "reason": load["reason"],
                    **_goods(table.filter(pl.col("onward_load_id") == load["load_id"])),
                    "documents": ";".join(documents.get(load["load_id"], [])),
                }
            )  # fmt: skip
    schema = {
        "load_id": pl.String, "kind": pl.String, "tour_id": pl.String, "day": pl.Date, "origin": pl.String,
        "destination": pl.String, "destination_id": pl.String, "vehicle_type": pl.String, "mode": pl.String,
        "needs_adr": pl.Boolean, "gross_mass_kg": pl.Float64, "points": pl.Float64, "km": pl.Float64,
        "cost_eur": pl.Float64, "co2e_kg": pl.Float64, "reason": pl.String, "edition": pl.String,
        "un_numbers": pl.String,
        "packages": pl.Int64, "batteries": pl.Int64, "net_mass_kg": pl.Float64, "documents": pl.String,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema)


def _goods(aboard: pl.DataFrame) -> dict[str, object]:
    numbers = aboard["un_number"].drop_nulls().unique().sort().to_list()
    packages = aboard["package_id"].drop_nulls().str.split(";").explode().n_unique()
    return {
        "edition": ";".join(aboard["edition"].drop_nulls().unique().sort().to_list()),
        "un_numbers": ";".join(number for number in numbers if number != "none"),
        "packages": packages,
        "batteries": int(aboard["quantity"].sum()),
        "net_mass_kg": float((aboard["mass_kg"] * aboard["quantity"]).sum()),
    }


def packaging_table(plan: MadePlan) -> pl.DataFrame:
    """Count the packagings that the planned batteries use, by depot, beside what is in stock."""
    first = plan.prepared.packed.packages.join(
        plan.tour_of.select(item="row", depot_id="depot_id"), on="item", how="inner"
    )
    used = first.group_by("packaging_id", "depot_id").agg(
        pl.col("package_id").n_unique().cast(pl.Int64).alias("used"), pl.col("cost_eur").sum()
    )
    facts = plan.request.network.packagings.select("packaging_id", "name", "packing_instructions", "stock")
    return used.join(facts, on="packaging_id", how="left").sort("packaging_id", "depot_id")


def comparisons_table(plan: MadePlan) -> pl.DataFrame:
    """Compare with plainer ways to fetch the same pick-ups, by the same timetable, without counting vehicles."""
    schema = {
        "name": pl.String, "cost_eur": pl.Float64, "objective_eur": pl.Float64, "co2e_kg": pl.Float64, "km": pl.Float64,
        "tours": pl.Int64, "missed": pl.Int64,
    }  # fmt: skip
    rows = [
        (way.name, way.cost_eur, way.objective_eur, way.co2e_kg, way.km, len(way.tours), len(way.missed))
        for entry in plan.routed
        for way in baselines(entry.problem, entry.plan.served(entry.problem))
    ]
    return pl.DataFrame(rows, schema=schema, orient="row").group_by("name", maintain_order=True).sum()


def cost_parts(plan: MadePlan) -> dict[str, float]:
    """Money of the plan by component [EUR]."""
    parts = {"Vehicles, fixed": 0.0, "Distance": 0.0, "Duty time": 0.0, "Packaging": 0.0, "Onward loads": 0.0}
    for entry in plan.routed:
        kinds = {(kind.vehicle_type, kind.depot_id, kind.name): kind for kind in entry.problem.fleet}
        for tour in entry.plan.tours.iter_rows(named=True):
            kind = kinds[tour["vehicle_type"], tour["depot_id"], tour["vehicle_name"]]
            parts["Vehicles, fixed"] += kind.fixed_cost_eur
            parts["Distance"] += kind.cost_eur_per_km * tour["km"]
            parts["Duty time"] += kind.cost_eur_per_h * tour["duty_h"]
    parts["Packaging"] = float(packaging_table(plan)["cost_eur"].sum())
    parts["Onward loads"] = float(sum(onward.loads["cost_eur"].sum() for onward in plan.onward.values()))
    return parts
