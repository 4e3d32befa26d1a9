"""Which depots may take each battery first, and which is near enough to be worth a thought."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["Hub", "choose_hubs"]

_MOST = 3
"""Depots that the tour engine may choose among for one pick-up."""

_DEARER = 1.3
"""A depot whose way there and on costs more than this times the cheapest is not offered."""

@dataclass(frozen=True, slots=True)
class Hub:
    """A depot as the choice sees it.

    Attributes
    ----------
    site_id, country
        Which depot.
    place
        Index into the matrices.
    takes_damaged
        Whether the network says that it accepts damaged goods.
    reach_h
        Longest driving time out and back that one of its vehicles can do in a day.
    """

    site_id: str
    country: str
    place: int
    takes_damaged: bool
    reach_h: float


def choose_hubs(
    items: pl.DataFrame,
    hubs: list[Hub],
    *,
    km: NDArray[np.float64],
    hours: NDArray[np.float64],
    collect_eur_per_kg_km: float,
    onward_eur_per_kg_km: float,
    may_move: Callable[[str, str, str, bool, str], bool],
) -> pl.DataFrame:
    """Find for each battery the depots that may take it, the cheapest first.

    Batteries of one point that are alike in law (waste or not, code, sound or not) get the same depots, so that one
    vehicle fetches them together; the way on is weighed by their mass.

    Parameters
    ----------
    items
        ``row, point_id, place, country, destination_id, destination_place, destination_country, is_waste, waste_code,
        is_damaged, mass_kg``.
    km, hours
        Square matrices over all places; infinite where no road leads.
    collect_eur_per_kg_km, onward_eur_per_kg_km
        Rough price of moving goods on a tour and in a full truck, which weigh the two legs.
    may_move
        Whether goods may go ``(from country, to country, waste code, is waste, receiving site)``.

    Returns
    -------
    pl.DataFrame
        ``row, depots`` (list, at most three, empty when there is none), ``why_not``.
    """
    group = ["point_id", "is_waste", "waste_code", "is_damaged"]
    table = items.with_columns(pl.col("waste_code").fill_null("")).sort("row")
    found: list[dict[str, object]] = []
    for _, batch in table.group_by(group, maintain_order=True):
        found.extend(_of_group(batch, hubs, km, hours, collect_eur_per_kg_km, onward_eur_per_kg_km, may_move))
    schema = {"row": pl.Int64(), "depots": pl.List(pl.String()), "why_not": pl.String()}
    return items.select("row").join(pl.DataFrame(found, schema=schema), on="row", how="left")


def _of_group(
    batch: pl.DataFrame,
    hubs: list[Hub],
    km: NDArray[np.float64],
    hours: NDArray[np.float64],
    collect: float,
    onward: float,
    may_move: Callable[[str, str, str, bool, str], bool],
) -> list[dict[str, object]]:
    first = batch.row(0, named=True)
    here, country, code, waste = first["place"], first["country"], first["waste_code"], first["is_waste"]
    near = [
        hub
        for hub in hubs
        if hours[here, hub.place] + hours[hub.place, here] <= hub.reach_h
        and (hub.takes_damaged or not first["is_damaged"])
    ]
    rows = []
    whys = _why(first, hubs, near, hours)
    masses = batch["mass_kg"].to_numpy()
    legal = np.zeros((batch.height, len(near)), dtype=bool)
    cost = np.full((batch.height, len(near)), np.inf)
    for column, hub in enumerate(near):
        for index, row in enumerate(batch.iter_rows(named=True)):
            goal = row["destination_id"]
            is_goal = goal == hub.site_id
            if not may_move(country, hub.country, code, waste, hub.site_id if is_goal else ""):
                continue
            if not is_goal and not may_move(hub.country, row["destination_country"], code, waste, goal):
                continue
            on = 0.0 if is_goal else km[hub.place, row["destination_place"]]
            legal[index, column] = np.isfinite(on)
            cost[index, column] = masses[index] * (km[here, hub.place] * collect + on * onward)
    # The group goes by its common depots first, so that one vehicle takes it whole.
    common = legal.all(axis=0)
    total = np.where(common, cost.sum(axis=0, where=np.isfinite(cost)), np.inf)
    for index, row in enumerate(batch.iter_rows(named=True)):
        scores = total if common.any() else np.where(legal[index], cost[index], np.inf)
        order = [int(column) for column in np.argsort(scores, kind="stable") if np.isfinite(scores[column])]
        best = [
            near[column].site_id
            for column in order[:_MOST]
            if scores[column] <= _DEARER * scores[order[0]] + 1.0
        ]
        rows.append({"row": row["row"], "depots": best, "why_not": None if best else whys})
    return rows


def _why(first: dict[str, object], hubs: list[Hub], near: list[Hub], hours: NDArray[np.float64]) -> str:
    here = first["place"]
    if not any(np.isfinite(hours[here, hub.place]) for hub in hubs):
        return "No road leads from the point to any depot."
    if near:
        waste = f"waste {first['waste_code']}" if first["is_waste"] else "used batteries"
        return (
            f"No depot within a day's tour may take {waste} from {first['country']}: "
            "a depot in the country, or a consent for the border, would be needed."
        )
    within = [
        hub for hub in hubs if hours[here, hub.place] + hours[hub.place, here] <= hub.reach_h
    ]
    if within and first["is_damaged"]:
        return "No depot within a day's tour accepts damaged batteries. Ask the depots, and note it in sites.csv."
    nearest_h = min(float(hours[here, hub.place]) for hub in hubs)
    return f"The nearest depot is {nearest_h:.1f} h away, too far for a tour out and back in one shift."
