"""What a collection point asks of a tour, from the columns of the network folder."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from voltloop.app.network_folder import Network, read_network
from voltloop.app.tour_points import tour_points, unvisited_empties
from voltloop.app.world import survey
from voltloop.transport import GreatCircle

POINTS = (
    "point_id,name,type,country,lat,lon,windows,vehicle_types,permits,training,in_closed_zone,usual_weekday,"
    "usual_driver,empties\n"
    "P1,One,dealer,DE,49.1,9.2,08:00-11:30;13:00-16:00,van_light;van_adr,zone,induction,yes,Tue,D1,box:2\n"
    "P2,Two,dealer,DE,49.2,9.3,,,,,,,,\n"
)
SITES = "site_id,name,kind,country,lat,lon,is_depot\nS1,Hub,collection_hub,DE,49.0,9.0,yes\n"
PACKAGINGS = (
    "packaging_id,name,packing_instructions,max_net_kg,tare_kg,floor_positions,volume_m3\n"
    "box,Box,P903,400,30,1,1.2\n"
)


@pytest.fixture
def network(tmp_path: Path) -> Network:
    """Two points, one of which asks for much."""
    (tmp_path / "collection_points.csv").write_text(POINTS)
    (tmp_path / "sites.csv").write_text(SITES)
    (tmp_path / "vehicles.csv").write_text("vehicle_type,depot_id,count\nvan_light,S1,1\n")
    (tmp_path / "drivers.csv").write_text("driver_id,depot_id\nD1,S1\n")
    (tmp_path / "packagings.csv").write_text(PACKAGINGS)
    return read_network(tmp_path)


def test_every_demand_of_a_point_is_read(network: Network) -> None:
    world = survey(network.points, network.sites, GreatCircle())
    first, second = tour_points(network.points, network, world).rows(named=True)
    assert first["windows"] == [[28_800, 41_400], [46_800, 57_600]]
    assert first["vehicle_types"] == ["van_light", "van_adr"]
    assert (first["permits"], first["training"]) == (["zone"], ["induction"])
    assert (first["is_closed_to_adr"], first["usual_weekday"], first["usual_driver"]) == (True, 2, "D1")
    assert (first["drop_mass_kg"], first["drop_floor_positions"], first["drop_volume_m3"]) == (60.0, 2.0, 2.4)
    assert [second[name] for name in ("windows", "vehicle_types", "usual_driver", "drop_mass_kg")] == [
        None
    ] * 4
    assert second["is_closed_to_adr"] is False


def test_empties_of_a_point_without_a_visit_are_told(network: Network) -> None:
    (finding,) = unvisited_empties(network, pl.Series(["P2"]))
    assert finding.code == "empties-not-brought"
    assert "box:2" in finding.message
    assert unvisited_empties(network, pl.Series(["P1"])) == []
