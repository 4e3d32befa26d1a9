"""Whether what is wanted can get there at all, whatever the day, the law and the capacity."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from voltloop.network.arcs import activities_at, arcs_of
from voltloop.network.scenario import Scenario

__all__ = ["check_connections", "reachable"]

_NEEDED = {
    "sites": ["site", "lat", "lon"],
    "commodities": ["commodity"],
    "lanes": ["origin", "destination"],
    "supply": ["site", "commodity"],
    "facilities": ["facility", "site", "activities"],
    "activities": ["activity"],
    "recipes": ["activity", "commodity", "amount_per_run"],
    "stocks": ["site", "commodity"],
}

Pair = tuple[str, str]


def check_connections(
    scenario: Scenario, where: Callable[[str, int], str], tell: Callable[..., None]
) -> None:
    """Tell which demand nothing can reach, which supply must be taken and has nowhere to go, and dead ends.

    Nothing is told where columns that say what leads where hold nothing: the answer would be noise.
    """
    if any(scenario.table(table)[column].has_nulls() for table in _NEEDED for column in _NEEDED[table]):
        return
    there = reachable(scenario, forward=True)
    for row, (site, commodity, amount) in enumerate(
        scenario.demand.select("site", "commodity", "amount_per_year").iter_rows()
    ):
        if amount and amount > 0 and (site, commodity) not in there and commodity is not None:
            tell("scenario-demand-cut", where("demand", row), raw=commodity, value=site)
    used = reachable(scenario, forward=False)
    for row, (site, commodity, amount, share) in enumerate(
        scenario.supply.select("site", "commodity", "amount_per_year", "least_share").iter_rows()
    ):
        if amount and amount > 0 and share and (site, commodity) not in used:
            tell("scenario-supply-cut", where("supply", row), raw=commodity, value=site)
    made = activities_at(scenario).join(scenario.recipes.with_row_index("row"), on="activity", how="inner")
    outputs = made.filter(pl.col("amount_per_run") > 0).sort("row")
    told: set[Pair] = set()
    for row, facility, site, commodity in outputs.select("row", "facility", "site", "commodity").iter_rows():
        if (site, commodity) not in used and (site, commodity) not in told:
            told.add((site, commodity))
            tell("scenario-dead-end", where("recipes", row), raw=commodity, value=facility, site=site)


def reachable(scenario: Scenario, *, forward: bool) -> set[Pair]:
    """Give the sites and commodities that something can reach, or that lead to something.

    Parameters
    ----------
    scenario
        Its capacities, dates and bans do not count here.
    forward
        True for what supply and first stocks can reach through lanes and activities, all of whose inputs are there.
        False for from where a demand, or an activity without outputs that weigh anything, can be reached.
    """
    here, there = ("origin", "destination") if forward else ("destination", "origin")
    ways: dict[Pair, list[Pair]] = {}
    pairs = arcs_of(scenario).select(here, there, "commodity").unique(maintain_order=True)
    for start, end, commodity in pairs.iter_rows():
        ways.setdefault((start, commodity), []).append((end, commodity))
    made = activities_at(scenario).join(scenario.recipes, on="activity", how="inner", maintain_order="left")
    runs = [
        (
            [(site, name) for name in part.filter(pl.col("amount_per_run") < 0)["commodity"]],
            [(site, name) for name in part.filter(pl.col("amount_per_run") > 0)["commodity"]],
        )
        for (site, _), part in made.group_by(["site", "activity"], maintain_order=True)
    ]
    pair = ["site", "commodity"]
    if forward:
        full = scenario.stocks.filter(pl.col("initial") > 0)
        starts = [*scenario.supply.select(pair).rows(), *full.select(pair).rows()]
    else:
        starts = [*scenario.demand.select(pair).rows(), *scenario.stocks.select(pair).rows()]
        runs = [(outputs, inputs) for inputs, outputs in runs]
    return _closure(starts, ways, runs)


def _closure(
    starts: list[Pair], ways: dict[Pair, list[Pair]], runs: list[tuple[list[Pair], list[Pair]]]
) -> set[Pair]:
    needs: dict[Pair, list[int]] = {}
    missing = [len(set(before)) for before, _ in runs]
    for number, (before, _) in enumerate(runs):
        for one in set(before):
            needs.setdefault(one, []).append(number)
    todo = [*starts, *(one for number, (_, after) in enumerate(runs) if not missing[number] for one in after)]
    found: set[Pair] = set()
    while todo:
        one = todo.pop()
        if one in found:
            continue
        found.add(one)
        todo += ways.get(one, [])
        for number in needs.get(one, []):
            missing[number] -= 1
            if not missing[number]:
                todo += runs[number][1]
    return found
