"""The plan in figures: ``summary.json``, and the totals of the report."""

from __future__ import annotations

import csv
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any, cast

import polars as pl

from voltloop import __version__
from voltloop.app.plan import MadePlan
from voltloop.app.plan_tables import cost_parts
from voltloop.app.route import Routed
from voltloop.collection.baselines import one_truck_per_stop
from voltloop.collection.parts import components
from voltloop.collection.relaxation import DEFAULT_WORK, best_bound
from voltloop.documents.report import Totals

__all__ = ["carbon_parts", "summarise", "summary_dictionary", "totals_of"]


_CHECKS = ("records_add_up", "batteries_add_up", "tours_are_valid", "loads_are_lawful")
"""What every plan has passed before a summary of it is written; a plan that fails one is not written at all."""


@cache
def summary_dictionary() -> tuple[dict[str, str], ...]:
    """Give path, type, unit and meaning of each field of ``summary.json``; ``*`` is any key, ``[]`` a list."""
    text = (resources.files("voltloop.app") / "summary_dictionary.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def _planned(plan: MadePlan) -> pl.DataFrame:
    return plan.assessed.batteries.join(plan.tour_of.select("row"), on="row", how="semi")


def carbon_parts(plan: MadePlan) -> dict[str, float]:
    """Carbon of the plan by component [kg CO2e]; avoided is negative."""
    onward = float(sum(loads.loads["co2e_kg"].sum() for loads in plan.onward.values()))
    parts = {"Collection tours": _tour_sum(plan, "co2e_kg"), "Onward loads": onward}
    treatments = _planned(plan).group_by("treatment").agg(pl.col("co2e_kg").sum()).sort("treatment")
    words = {"second_life": "Second life"}
    for treatment, kg in treatments.iter_rows():
        parts[words.get(treatment, treatment.capitalize())] = float(kg or 0.0)
    return parts


def _bound(entry: Routed) -> float:
    """Give a cost [EUR] that no set of tours can go below that fetches the same pick-ups.

    The bound of the whole search also counts what is left out, at its prize or penalty; this one speaks of the tours
    alone, so that it stands beside their cost and that of the plain ways.
    """
    if entry.plan.is_proven:
        # The best plan of all fetches what it fetches in the cheapest way.
        return float(entry.plan.tours["objective_eur"].sum())
    served = entry.plan.stops["pickup_id"].implode()
    stops = entry.problem.stops.filter(pl.col("pickup_id").is_in(served))
    problem = replace(
        entry.problem, stops=stops.with_columns(pl.lit(1, pl.Int64).alias("due_day")), missed_penalty_eur=1e12
    )
    bound, work = 0.0, DEFAULT_WORK
    for part in components(problem, range(stops.height)):
        value, spent = best_bound(problem, part, one_truck_per_stop(problem, part.stops), most_work=work)
        bound, work = bound + value, work - spent
    return bound


def _tour_sum(plan: MadePlan, column: str) -> float:
    return float(sum(entry.plan.tours[column].sum() for entry in plan.routed))


def totals_of(plan: MadePlan) -> Totals:
    """Give the figures of the report's head."""
    planned = _planned(plan)
    objective = _tour_sum(plan, "objective_eur")
    bound = sum(_bound(entry) for entry in plan.routed)
    costs = cost_parts(plan)
    emitted = _tour_sum(plan, "co2e_kg") + float(
        sum(loads.loads["co2e_kg"].sum() for loads in plan.onward.values())
    )
    vehicles = sum(
        entry.plan.tours.select(
            pl.struct("depot_id", "vehicle_type", "vehicle_name", "vehicle_no").n_unique()
        ).item()
        for entry in plan.routed
    )
    return Totals(
        batteries_accepted=plan.read.batteries.height,
        batteries_planned=plan.tour_of.height,
        batteries_deferred=plan.deferred.height,
        batteries_held=plan.held.height,
        mass_planned_kg=float((planned["mass_kg"] * planned["quantity"]).sum()),
        tours=sum(entry.plan.tours.height for entry in plan.routed),
        stops=sum(entry.plan.stops.height for entry in plan.routed),
        vehicles=vehicles,
        days=len(plan.days),
        distance_km=_tour_sum(plan, "km"),
        driving_h=_tour_sum(plan, "driving_h"),
        cost_eur=sum(costs.values()),
        transport_co2e_kg=emitted,
        treatment_co2e_kg=float(planned["co2e_kg"].sum()),
        treatment_value_eur=float(planned["net_value_eur"].sum()),
        objective_eur=objective,
        bound_eur=bound,
        gap=(objective - bound) / objective if objective > 0 else None,
    )


def summarise(plan: MadePlan, totals: Totals, comparisons: pl.DataFrame) -> dict[str, Any]:
    """Give the document of ``summary.json``; its fields are described in ``summary_dictionary.csv``."""
    treatments = (
        _planned(plan)
        .group_by("treatment")
        .agg(pl.len().alias("batteries"), pl.col("net_value_eur", "co2e_kg").sum())
    )
    tours = _tour_sum(plan, "cost_eur")
    document = {
        "schema": "plan/1",
        "voltloop": __version__,
        "on": plan.request.on,
        "days": list(plan.days),
        "onward_on": plan.onward_on,
        "seed": plan.request.search.seed,
        "currency": "EUR",
        "list": {
            "name": plan.request.returns_name,
            "records": sum(plan.read.counts.values()),
            **plan.read.counts,
        },
        "batteries": {
            "accepted": totals.batteries_accepted,
            "planned": totals.batteries_planned,
            "deferred": totals.batteries_deferred,
            "held": totals.batteries_held,
        },
        "units": _units(plan),
        "held_by_kind": dict(plan.held.group_by("kind").len().sort("kind").iter_rows()),
        "treatments": {row.pop("treatment"): row for row in treatments.sort("treatment").to_dicts()},
        "mass_planned_kg": totals.mass_planned_kg,
        "tours": {
            "count": totals.tours,
            "stops": totals.stops,
            "vehicles": totals.vehicles,
            "km": totals.distance_km,
            "driving_h": totals.driving_h,
            "cost_eur": tours,
            "co2e_kg": _tour_sum(plan, "co2e_kg"),
            "objective_eur": _tour_sum(plan, "objective_eur"),
        },
        "onward_loads": {
            "count": sum(loads.loads.height for loads in plan.onward.values()),
            "waiting_batteries": sum(loads.stock.height for loads in plan.onward.values()),
            "cost_eur": cost_parts(plan)["Onward loads"],
            "co2e_kg": carbon_parts(plan)["Onward loads"],
        },
        "cost_eur": totals.cost_eur,
        "cost_parts_eur": cost_parts(plan),
        "carbon_parts_kg": carbon_parts(plan),
        "carbon_price_eur_per_t": plan.request.network.settings.carbon_price_eur_per_t,
        "solver": {
            "name": ", ".join(sorted({entry.plan.solver for entry in plan.routed})),
            "objective_eur": totals.objective_eur,
            "bound_eur": totals.bound_eur,
            "gap": totals.gap,
            "is_proven": all(entry.plan.is_proven for entry in plan.routed),
            "seconds": sum(entry.plan.seconds for entry in plan.routed),
            "first_plan_s": sum(entry.plan.first_plan_s for entry in plan.routed),
            "stopped_by": _stopped(plan),
        },
        "comparisons": comparisons.to_dicts(),
        "editions": sorted(set(plan.assessed.verdicts["edition"].drop_nulls().to_list())),
        "prices_on": plan.assessed.decision.prices.newest_on,
        "checks": dict.fromkeys(_CHECKS, True),
    }
    return cast(dict[str, Any], _rounded(document))


def _rounded(value: Any) -> Any:
    """Round to a thousandth, so that the order in which a sum was taken leaves no trace in the file."""
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    return [_rounded(part) for part in value] if isinstance(value, list) else value


def _units(plan: MadePlan) -> dict[str, int]:
    """Count single batteries: a row of the list may stand for several alike."""
    quantity = plan.read.batteries.select("row", "quantity")
    ends = {"planned": plan.tour_of, "deferred": plan.deferred, "held": plan.held}
    counts = {
        name: int(quantity.join(end.select("row"), on="row")["quantity"].sum()) for name, end in ends.items()
    }
    return {"accepted": int(quantity["quantity"].sum()), **counts}


def _stopped(plan: MadePlan) -> dict[str, int]:
    tally: dict[str, int] = {}
    for entry in plan.routed:
        for reason, count in entry.plan.stopped_by.items():
            tally[reason] = tally.get(reason, 0) + count
    return tally
