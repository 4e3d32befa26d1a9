"""Compile the search for tours beforehand, so that the first plan does not wait for it.

    python -m voltloop.collection.warm

What is compiled is kept (see :mod:`voltloop.collection.kernel`); a second call takes a second or two.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import date

import numpy as np
import polars as pl

from voltloop.collection.model import Driver, Problem, VehicleKind
from voltloop.collection.passes import Crew, anneal, complete
from voltloop.collection.roads import EstimatedRoads, PlaneRoads, Roads, RoadSource
from voltloop.collection.stops import STOP_COLUMNS
from voltloop.collection.translate import translate

__all__ = ["warm"]

_STOPS = 12
_DAY_S = 86_400
_SOON_S = 1_800


def warm() -> float:
    """Plan a tiny problem of each kind that the search is compiled for; the seconds that took."""
    began = time.monotonic()
    for problem in _problems():
        arrays = translate(problem, range(_STOPS)).arrays
        tours = complete(arrays, None, 0)
        anneal(arrays, tours, seed=0, seconds=0.0, exact=2, crew=Crew())
    return time.monotonic() - began


def _problems() -> Iterator[Problem]:
    along = np.arange(_STOPS + 1, dtype=np.float64)
    km = np.abs(along[:, None] - along[None, :])
    plane = PlaneRoads(np.column_stack([along, np.zeros_like(along)]), 1.0, -1.0, 60.0)
    globe = EstimatedRoads(50.0 + 0.001 * along, np.full_like(along, 10.0), "van")
    for roads in (plane, globe, Roads(km, km / 60.0)):
        for closes_s in (_DAY_S, _SOON_S):
            yield _problem(roads, closes_s)


def _problem(roads: RoadSource, closes_s: int) -> Problem:
    """Limited by capacity alone where ``closes_s`` is the end of the day, by the hours of one stop besides else."""
    stops = [
        {
            "pickup_id": str(place), "point_id": str(place), "place": place, "service_s": 60,
            "service_by_hand_s": 60, "open_s": 0, "close_s": closes_s if place == 1 else _DAY_S, "mass_kg": 1.0,
            "floor_positions": 0.0, "points": 0.0, "boxes": 0, "needs_adr": False, "needs_lift": False,
            "depots": ["0"], "due_day": 1, "due_on": None, "prize_eur": 0.0,
        }
        for place in range(1, _STOPS + 1)
    ]  # fmt: skip
    van = VehicleKind(
        vehicle_type="van", depot_id="0", count=_STOPS, payload_kg=4.0, floor_positions=1.0,
        fixed_cost_eur=1.0, cost_eur_per_km=1.0, cost_eur_per_h=1.0, co2e_kg_per_km=0.0,
        shift_start_s=0, shift_end_s=_DAY_S,
    )  # fmt: skip
    return Problem(
        stops=pl.DataFrame(stops, schema=STOP_COLUMNS), fleet=(van,),
        drivers=tuple(Driver(str(number), "0") for number in range(_STOPS)),
        depots={"0": 0}, roads={van.profile: roads}, days=(date(2026, 1, 1),),
    )  # fmt: skip


if __name__ == "__main__":
    sys.stdout.write(f"The search for tours is compiled ({warm():.0f} s).\n")
