"""What less carbon costs in the network of a scenario folder, and whether few or many hubs, in words and numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from voltloop.app.network_answer import scenario_hash
from voltloop.app.network_plan import Limits, read_network
from voltloop.app.network_words import money
from voltloop.network import Scenario
from voltloop.network.frontier import Frontier, Shape, frontier, shapes
from voltloop.network.searching import Search

__all__ = ["Carbon", "carbon_words", "frontier_of", "shape_table"]

_SHAPES = 0.3
"""Share of the time for central against local."""
_FIXED = ("opening", "closing", "expanding", "fixed")
_MOVED = ("transport", "duty")


@dataclass(frozen=True)
class Carbon:
    """A front with what few and many hubs cost.

    Attributes
    ----------
    scenario
        As it was read.
    front
        Plans between least cost and least carbon.
    shapes
        Free, central and local, at the scenario's own price of carbon.
    facts
        Name, hash of the scenario, currency, first day.
    """

    scenario: Scenario
    front: Frontier
    shapes: list[Shape]
    facts: dict[str, str | date]


def frontier_of(folder: Path, say: Callable[[str, str], None], limits: Limits, points: int = 7) -> Carbon:
    """Find the front of a scenario folder.

    Parameters
    ----------
    folder
        Scenario.
    say
        Told what is done.
    limits
        Time for all plans, and gap.
    points
        Caps between both ends, the ends included.
    """
    say("Reading", str(folder))
    scenario, _ = read_network(folder)
    front = frontier(
        scenario,
        points=points,
        time_limit_s=(1.0 - _SHAPES) * limits.time_limit_s,
        gap=limits.gap,
        solver=Search(),
        on_progress=lambda done, total: say("Capping carbon", f"{done} of {total}"),
    )
    say("Central against local", "")
    found = shapes(scenario, time_limit_s=_SHAPES * limits.time_limit_s, gap=limits.gap, solver=Search())
    facts: dict[str, str | date] = {
        "name": scenario.name,
        "scenario_sha256": scenario_hash(folder),
        "currency": scenario.currency,
        "money_of": scenario.periods["first_on"][0],
    }
    return Carbon(scenario, front, found, facts)


def shape_table(found: list[Shape]) -> pl.DataFrame:
    """Give few against many hubs: ``shape, hubs, cost_eur, bound_eur``, cost of places, of ways and the rest, carbon.

    Costs are discounted; ``places_eur`` are opening, closing, expanding and fixed cost, ``ways_eur`` freight and
    duties, ``rest_eur`` all else, what is earned and the price of carbon among it.
    """
    rows = []
    for shape in found:
        costs = dict(shape.answer.costs.group_by("kind").agg(pl.col("discounted_eur").sum()).iter_rows())
        places, ways = (sum(costs.get(kind, 0.0) for kind in kinds) for kinds in (_FIXED, _MOVED))
        emitted = dict(shape.answer.emissions.group_by("kind").agg(pl.col("co2e_t").sum()).iter_rows())
        rows.append(
            {
                "shape": shape.name,
                "hubs": shape.hubs,
                "cost_eur": shape.cost_eur,
                "bound_eur": shape.bound_eur,
                "places_eur": places,
                "ways_eur": ways,
                "rest_eur": sum(costs.values()) - places - ways,
                "transport_co2e_t": emitted.get("transport", 0.0),
                "co2e_t": sum(emitted.values()),
            }
        )
    return pl.DataFrame(rows)


def carbon_words(carbon: Carbon) -> list[str]:
    """Give the words about a front: what the first tonnes cost, the knee, the last ones, and few against many hubs."""
    points = carbon.front.points
    first, last = points.row(0, named=True), points.row(-1, named=True)
    lines = [
        f"# {carbon.facts['name']}: cost against carbon",
        "",
        f"{points.height} plans of which none is beaten in both. Money is discounted to {carbon.facts['money_of']} "
        "without a price of carbon; carbon is that of all periods.",
        "",
        f"- Least cost: {money(first['cost_eur'])} (no plan below {money(first['bound_eur'])}), "
        f"{first['co2e_kg'] / 1000:,.0f} t CO2e, {first['hubs']} hubs opened.",
    ]
    if points.height > 1:
        lines.append(
            f"- Least carbon: {money(last['cost_eur'])}, {last['co2e_kg'] / 1000:,.0f} t CO2e, {last['hubs']} hubs "
            f"opened: {_per_tonne(first, last)} EUR a tonne saved on the average."
        )
    for row in points.filter(pl.col("is_knee")).iter_rows(named=True):
        lines.append(
            f"- The knee is point {row['point']}: {row['co2e_kg'] / 1000:,.0f} t CO2e for {money(row['cost_eur'])}. "
            f"Up to it a tonne saved costs {_per_tonne(first, row)} EUR on the average, "
            f"beyond it {_per_tonne(row, last)} EUR."
        )
    return [*lines, *_shape_words(carbon.shapes)]


def _per_tonne(start: dict[str, float], end: dict[str, float]) -> str:
    saved = (start["co2e_kg"] - end["co2e_kg"]) / 1000.0
    return f"{(end['cost_eur'] - start['cost_eur']) / saved:,.0f}" if saved > 0 else "-"


def _shape_words(found: list[Shape]) -> list[str]:
    """Say what scale saves and what ways and carbon cost, against the plan with as many hubs as pay."""
    if len(found) < 2:
        return []
    rows = shape_table(found).rows(named=True)
    free = rows[0]
    lines = ["", "## Central against local", ""]
    lines.append(
        f"- Free: {free['hubs']} hubs, {money(free['cost_eur'])} (no plan below {money(free['bound_eur'])})."
    )
    for row in rows[1:]:
        change = {name: row[name] - free[name] for name in row if name not in {"shape", "hubs"}}
        lines.append(
            f"- {row['shape'].capitalize()}: {row['hubs']} hubs, {_more(change['cost_eur'])} in all. Opening, "
            f"expanding and running places costs {_more(change['places_eur'])} (scale), freight and duties "
            f"{_more(change['ways_eur'])} (distance), processing, goods and carbon {_more(change['rest_eur'])}; "
            f"transport emits {change['transport_co2e_t']:+,.0f} t CO2e, all together {change['co2e_t']:+,.0f} t. "
            f"{_proven(free, row)}"
        )
    return lines


def _more(eur: float) -> str:
    return f"{money(abs(eur))} {'more' if eur >= 0 else 'less'}"


def _proven(free: dict[str, float], row: dict[str, float]) -> str:
    """Say whether the bounds bear out which of two shapes is cheaper."""
    if row["bound_eur"] > free["cost_eur"]:
        return "That it is dearer is proven: its bound is above the cost of the free plan."
    if row["cost_eur"] < free["bound_eur"]:
        return "That it is cheaper is proven: its cost is below the bound of the free plan."
    return (
        f"The bounds do not prove which is cheaper (no plan of this shape below {money(row['bound_eur'])})."
    )
