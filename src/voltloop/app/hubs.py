"""Which depots and hubs may take each battery first, and which is near enough to be worth a thought."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
    """A depot, or a hub where vehicles unload on the way, as the choice sees it.

    Attributes
    ----------
    site_id, country
        Which depot.
    place, column
        Numbers of the place among all places, and among the sites.
    takes_damaged
        Whether the network says that it accepts damaged goods.
    reach_h
        Longest driving time out and back that one of its vehicles can do in a day.
    is_depot
        Whether tours end there; else vehicles only unload there on the way.
    """

    site_id: str
    country: str
    place: int
    column: int
    takes_damaged: bool
    reach_h: float
    is_depot: bool = True


def choose_hubs(
    items: pl.DataFrame,
    hubs: list[Hub],
    *,
    km: NDArray[np.float64],
    hours: NDArray[np.float64],
    back_h: NDArray[np.float64],
    collect_eur_per_kg_km: float,
    onward_eur_per_kg_km: float,
    may_move: Callable[[str, str, str, bool, str], bool],
) -> pl.DataFrame:
    """Find for each battery the depots that may take it, the cheapest first.

    The batteries of a point go by the depots that all of them may use, so that one vehicle fetches them together.
    Where there is none, those that are alike in law (waste or not, code, sound or not) go together, and at last each
    by itself. The way on is weighed by mass.

    Parameters
    ----------
    items
        ``row, point_id, place, country, destination_id, destination_column, destination_country, is_waste, waste_code,
        is_damaged, mass_kg``.
    km, hours, back_h
        From each place (row) to each site (column), and the time back; infinite where no road leads.
    collect_eur_per_kg_km, onward_eur_per_kg_km
        Rough price of moving goods on a tour and in a full truck, which weigh the two legs.
    may_move
        Whether goods may go ``(from country, to country, waste code, is waste, receiving site)``.

    Returns
    -------
    pl.DataFrame
        ``row, depots`` (list, at most three, the cheapest first, empty when there is none), ``why_not``. After the
        depots stand at most three hubs on the way.
    """
    table = items.with_columns(pl.col("waste_code").fill_null("")).sort("row")
    round_h = hours + back_h
    found: list[dict[str, object]] = []
    for _, batch in table.group_by("point_id", maintain_order=True):
        offers = _offers(batch, hubs, km, round_h, collect_eur_per_kg_km, onward_eur_per_kg_km, may_move)
        found.extend(offers.choose(batch))
    schema = {"row": pl.Int64(), "depots": pl.List(pl.String()), "why_not": pl.String()}
    return items.select("row").join(
        pl.DataFrame(found, schema=schema), on="row", how="left", maintain_order="left"
    )


@dataclass(frozen=True)
class _Offers:
    """What each depot in reach would cost for each battery of one point; infinite where it may not take it."""

    hubs: list[Hub]
    cost: NDArray[np.float64]
    nearest: str
    nearest_h: float
    reach_h: float

    def choose(self, batch: pl.DataFrame) -> list[dict[str, object]]:
        groups = [("point_id",), ("is_waste", "waste_code", "is_damaged"), ("row",)]
        chosen: dict[int, list[str]] = {}
        for columns in groups:
            for _, part in batch.with_row_index("at").group_by(*columns, maintain_order=True):
                at = [index for index in part["at"].to_list() if not chosen.get(batch["row"][index])]
                for index in at:
                    chosen[batch["row"][index]] = self._best(self.cost[at].sum(axis=0))
        return [
            {
                "row": row["row"],
                "depots": chosen[row["row"]],
                "why_not": None if chosen[row["row"]] else self._why(row),
            }
            for row in batch.iter_rows(named=True)
        ]

    def _best(self, cost: NDArray[np.float64]) -> list[str]:
        order = [int(hub) for hub in np.argsort(cost, kind="stable") if np.isfinite(cost[hub])]
        ends, between = ([hub for hub in order if self.hubs[hub].is_depot is end] for end in (True, False))
        if not ends:
            return []
        most = _DEARER * cost[ends[0]] + 1.0
        return [self.hubs[hub].site_id for hub in (*ends[:_MOST], *between[:_MOST]) if cost[hub] <= most]

    def _why(self, row: dict[str, object]) -> str:
        if not np.isfinite(self.nearest_h):
            return "No road leads from the point to any depot."
        if not any(hub.is_depot for hub in self.hubs):
            return (
                f"Out to the nearest depot ({self.nearest}) and back is {self.nearest_h:.1f} h of driving, and "
                f"{self.reach_h:.1f} h are allowed in a day."
            )
        if row["is_damaged"] and not any(hub.takes_damaged for hub in self.hubs if hub.is_depot):
            return "No depot within a day's tour accepts damaged batteries. Ask the depots, and note it in sites.csv."
        goods = f"waste {row['waste_code']}" if row["is_waste"] else "used batteries"
        return (
            f"No depot within a day's tour may take {goods} from {row['country']} on the way to "
            f"{row['destination_id']}: a depot in the country, or a consent for the border, would be needed."
        )


def _offers(
    batch: pl.DataFrame,
    hubs: list[Hub],
    km: NDArray[np.float64],
    round_h: NDArray[np.float64],
    collect: float,
    onward: float,
    may_move: Callable[[str, str, str, bool, str], bool],
) -> _Offers:
    here, country = batch["place"][0], batch["country"][0]
    near = [hub for hub in hubs if round_h[here, hub.column] <= hub.reach_h]
    # Batteries that are alike in goods and goal cost the same per kilogram.
    per_kg: dict[tuple[Any, ...], NDArray[np.float64]] = {}
    cost = np.full((batch.height, len(near)), np.inf)
    for index, row in enumerate(batch.iter_rows(named=True)):
        goal, law = row["destination_id"], (row["waste_code"], row["is_waste"])
        kind = (goal, *law, row["is_damaged"])
        if kind not in per_kg:
            costs = np.full(len(near), np.inf)
            for column, hub in enumerate(near):
                is_goal = goal == hub.site_id
                if row["is_damaged"] and not hub.takes_damaged:
                    continue
                if not may_move(country, hub.country, *law, hub.site_id):
                    continue
                if not is_goal and not may_move(hub.country, row["destination_country"], *law, goal):
                    continue
                on = 0.0 if is_goal else km[hub.place, row["destination_column"]]
                costs[column] = km[here, hub.column] * collect + on * onward
            per_kg[kind] = costs
        cost[index] = row["mass_kg"] * per_kg[kind]
    way = {hub: float(round_h[here, hub.column]) for hub in hubs}
    nearest = min((hub for hub in way if hub.is_depot), key=lambda hub: way[hub], default=None)
    if nearest is None:
        return _Offers(near, cost, "", np.inf, 0.0)
    return _Offers(near, cost, nearest.site_id, way[nearest], nearest.reach_h)
