"""Linehaul over several days: which goods leave a depot or hub for their plant on which day, and with which vehicle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltloop.collection.haul_exact import Departure, Lane, exact_departures
from voltloop.collection.haul_search import heuristic_departures
from voltloop.collection.linehaul import LOAD_COLUMNS, STOCK_COLUMNS
from voltloop.collection.onward_load import (
    Contents,
    Good,
    LoadRules,
    load_row,
    obstacle,
    read_goods,
    stay_row,
    way_of,
)
from voltloop.collection.roads import RoadSource
from voltloop.collection.vehicles import VehicleKind

__all__ = ["HAUL_COLUMNS", "STORAGE_COLUMNS", "Hauls", "plan_hauls"]

HAUL_COLUMNS: Final[dict[str, pl.DataType]] = {**LOAD_COLUMNS, "leaves_on": pl.Date()}
"""Columns of an onward load, and the day on which it leaves; ``fill`` is that of the vehicle that drives."""

STORAGE_COLUMNS: Final[dict[str, pl.DataType]] = {
    "depot_id": pl.String(),
    "day": pl.Date(),
    "stored_kg": pl.Float64(),
    "limit_kg": pl.Float64(),
}
"""What waits at each depot at the end of each day; ``limit_kg`` null where there is none."""

_EXACT_COLUMNS = 4_000


@dataclass(frozen=True)
class Hauls:
    """Loads by day (:data:`HAUL_COLUMNS`), items that stay (as in :class:`~voltloop.collection.Onward`), and storage.

    Attributes
    ----------
    objective_eur
        Money and priced carbon of the loads, and for what may stay after the last day its share of a full
        load.
    bound_eur
        No plan has a lower objective.
    """

    loads: pl.DataFrame
    stock: pl.DataFrame
    storage: pl.DataFrame
    objective_eur: float
    bound_eur: float


def plan_hauls(
    items: pl.DataFrame,
    fleet: Sequence[VehicleKind],
    roads: RoadSource,
    places: Mapping[str, int],
    *,
    rules: LoadRules,
    days: Sequence[date],
    storage_kg: Mapping[str, float],
) -> Hauls:
    """Consolidate goods that arrive at depots and hubs day by day to loads for their plants.

    Parameters
    ----------
    items
        Goods with :data:`~voltloop.collection.onward_load.GOODS_COLUMNS`; ``ready_on`` is the day of arrival
        (null or absent: there from the first day), ``due_on`` the last day to leave; ``volume_m3`` and
        ``goods`` (classes).
    fleet
        Vehicles; those of the item's depot are used, as often as needed.
    roads, places
        Roads, and the place of each depot, hub and site by id.
    rules
        Goods that may not ride together, the small-load relief, and the price of emissions.
    days
        Planning days in order, at least one. A load leaves on one of them, at the end of the day.
    storage_kg
        What may stay at a depot overnight, by id; others have no limit.

    Returns
    -------
    Hauls
        No vehicle overloaded, no clash, every deadline kept (what is due before it arrives leaves when it
        arrives), and every limit kept unless goods that nothing can take away fill it.

    Raises
    ------
    InputError
        A column is missing, or a depot or site has no place.

    Notes
    -----
    Goods that may stay after the last day count with their share of a full load, so that waiting pays exactly
    when a fuller load can be hoped for. A depot with few goods is solved exactly over all possible loads
    (:func:`~voltloop.collection.haul_exact.exact_departures`), others by
    :func:`~voltloop.collection.haul_search.heuristic_departures`.
    """
    goods = read_goods(items, places)
    stock: list[dict[str, Any]] = []
    loads: list[dict[str, Any]] = []
    storage: list[dict[str, Any]] = []
    objective = bound = 0.0
    for depot in sorted({good.depot_id for good in goods}):
        here = [good for good in goods if good.depot_id == depot]
        kinds = tuple(kind for kind in fleet if kind.depot_id == depot and kind.count > 0)
        site = _Depot(here, kinds, roads, places, rules, days, storage_kg.get(depot, np.inf), stock)
        departures, least = site.plan()
        bound += least
        objective += site.tabulate(departures, loads, stock)
        storage.extend(
            {"depot_id": depot, "day": day, "stored_kg": float(kg), "limit_kg": storage_kg.get(depot)}
            for day, kg in zip(days, site.stored(departures), strict=True)
        )
    return Hauls(
        pl.DataFrame(loads, schema=HAUL_COLUMNS),
        pl.DataFrame(stock, schema=STOCK_COLUMNS),
        pl.DataFrame(storage, schema=STORAGE_COLUMNS),
        objective,
        min(bound, objective),
    )


class _Depot:
    """The goods of one depot, by lane."""

    def __init__(
        self, goods: Sequence[Good], kinds: tuple[VehicleKind, ...], roads: RoadSource, places: Mapping[str, int],
        rules: LoadRules, days: Sequence[date], limit_kg: float, stock: list[dict[str, Any]],
    ) -> None:  # fmt: skip
        self._rules, self._days = rules, days
        self.lanes: list[Lane] = []
        held = np.zeros(len(days))
        by_site: dict[str, list[Good]] = defaultdict(list)
        for good in goods:
            by_site[good.site_id].append(good)
        for site, members in sorted(by_site.items()):
            way = way_of(roads, places, members[0].depot_id, site)
            takes = []
            for good in members:
                first = self._ready(good)
                why = obstacle(rules, kinds, good, way)
                if why is not None:
                    stock.append(stay_row(good, why))
                    held[first:] += good.mass_kg
                elif first == len(days):
                    stock.append(
                        stay_row(
                            good,
                            f"Arrives at {good.depot_id} on {good.ready_on}, after the last day planned.",
                        )
                    )
                else:
                    takes.append(good)
            if takes:
                ready = tuple(self._ready(good) for good in takes)
                due = tuple(max(self._due(good), first) for good, first in zip(takes, ready, strict=True))
                self.lanes.append(Lane(way, kinds, tuple(takes), ready, due, rules))
        self._held = held
        self._room = np.maximum(limit_kg - held, 0.0)

    def _ready(self, good: Good) -> int:
        return sum(day < good.ready_on for day in self._days) if good.ready_on is not None else 0

    def _due(self, good: Good) -> int:
        """Last day to leave; the number of days when it may stay."""
        if good.due_on is None or good.due_on > self._days[-1]:
            return len(self._days)
        return max(sum(day <= good.due_on for day in self._days) - 1, 0)

    def plan(self) -> tuple[list[Departure], float]:
        """Choose the loads of the depot, and give a lower bound on their objective [EUR]."""
        if not self.lanes:
            return [], 0.0
        days = len(self._days)
        exact = exact_departures(self.lanes, days, self._room, most_columns=_EXACT_COLUMNS)
        if exact is not None:
            return exact
        return heuristic_departures(self.lanes, days, self._room), sum(lane.bound_eur for lane in self.lanes)

    def stored(self, departures: Sequence[Departure]) -> NDArray[np.float64]:
        """Mass at the depot at the end of each day [kg]."""
        stored = self._held.copy()
        for lane in self.lanes:
            for good, first in zip(lane.goods, lane.ready, strict=True):
                stored[first:] += good.mass_kg
        for load in departures:
            stored[load.day :] -= sum(self.lanes[load.lane].goods[good].mass_kg for good in load.goods)
        return stored

    def tabulate(
        self, departures: Sequence[Departure], loads: list[dict[str, Any]], stock: list[dict[str, Any]]
    ) -> float:
        """Write loads and what stays; gives their objective [EUR]."""
        objective = 0.0
        gone: set[tuple[int, int]] = set()
        for load in sorted(departures, key=lambda entry: (entry.day, entry.lane, entry.goods)):
            lane, on = self.lanes[load.lane], self._days[load.day]
            contents = Contents.of(lane.goods[good] for good in load.goods)
            kind = self._rules.cheapest(lane.kinds, contents, lane.way)
            if kind is None:  # cannot happen: a vehicle was found for it before
                continue
            gone.update((load.lane, good) for good in load.goods)
            objective += self._rules.objective_eur(kind, lane.way)
            due = [good.due_on for good in contents.goods if good.due_on is not None and good.due_on <= on]
            fill = contents.fill(kind)
            reason = f"Goods aboard must leave by {min(due)}." if due else f"{fill:.0%} full."
            row = load_row(
                self._rules, f"L{len(loads) + 1:04d}", lane.way, kind, contents, fill=fill, reason=reason
            )
            loads.append({**row, "leaves_on": on})
        for number, lane in enumerate(self.lanes):
            left = [good for good in range(len(lane.goods)) if (number, good) not in gone]
            if not left:
                continue
            mass = sum(lane.goods[good].mass_kg for good in left)
            words = f"Waits at {lane.way.depot_id} for a fuller load to {lane.way.site_id}: {mass:.0f} kg by "
            words += f"{self._days[-1]} are not worth a vehicle."
            stock.extend(stay_row(lane.goods[good], words) for good in left)
            objective += sum(lane.later_eur[good] for good in left)
        return objective
