"""The roads of a plan: all of them measured, or, where the places are too many, those to the sites."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from voltloop.app import world as module
from voltloop.app.world import survey
from voltloop.collection.roads import EstimatedRoads, Roads
from voltloop.transport import Distances, GreatCircle, Places

POINTS = pl.DataFrame({
    "point_id": ["P1", "P2", "P3"], "name": ["a", "b", "c"], "country": ["DE"] * 3,
    "lat": [49.1, 49.2, 49.3], "lon": [9.2, 9.3, 9.1],
})  # fmt: skip
SITES = pl.DataFrame({
    "site_id": ["S1", "S2"], "name": ["s", "t"], "country": ["DE"] * 2, "lat": [49.0, 50.0], "lon": [9.0, 8.0],
})  # fmt: skip


class Counting:
    """Distances that count what they were asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def distances(self, origins: Places, destinations: Places, profile: str) -> Distances:
        """Great circles."""
        self.asked.append((len(origins), len(destinations)))
        return GreatCircle().distances(origins, destinations, profile)


def test_few_places_are_measured_from_each_to_each() -> None:
    provider = Counting()
    world = survey(POINTS, SITES, provider)
    assert provider.asked == [(5, 5)]
    roads = world.roads(["van", "rigid"])
    assert isinstance(roads["van"], Roads)
    assert world.to_sites.km.shape == (5, 2)
    assert world.whole is not None
    assert np.array_equal(world.to_sites.km, world.whole.km[:, 3:])
    assert dict(world.columns.iter_rows()) == {"S1": 0, "S2": 1}
    assert world.site_roads("artic").km[0, 1] == world.whole.km[3, 4]


def test_many_places_are_measured_to_the_sites_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No array over all pairs is made; legs between points are estimated by the same factors."""
    monkeypatch.setattr(module, "MOST_MEASURED", 4)
    provider = Counting()
    world = survey(POINTS, SITES, provider)
    assert provider.asked == [(5, 2)]
    assert world.whole is None
    roads = world.roads(["van"])["van"]
    assert isinstance(roads, EstimatedRoads)
    assert roads.km_of(0, 3) == pytest.approx(world.to_sites.km[0, 0], rel=1e-6)
    assert world.to_sites.km[3, 0] == 0.0
    assert world.site_roads("rigid").drive_s.shape == (2, 2)
