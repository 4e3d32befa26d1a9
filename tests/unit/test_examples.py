"""The examples: whole, plausible, of the promised size, and readable."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from voltloop.app.network_folder import Network, read_network

if TYPE_CHECKING:
    from voltloop.batteries import ReadResult

EXAMPLES = Path(__file__).parents[2] / "examples"
ON = date(2026, 11, 24)
LISTS = sorted(path for path in (EXAMPLES / "lists").iterdir() if path.suffix != ".md")


@pytest.fixture(scope="module", params=["europe", "usa"])
def region(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def network(region: str) -> Network:
    return read_network(EXAMPLES / region / "network")


@pytest.fixture(scope="module")
def batteries(region: str, network: Network) -> ReadResult:
    from voltloop.batteries import read_list

    path = EXAMPLES / region / "returns.csv"
    return read_list(path.read_bytes(), path.name, on=ON, points=network.points)


def test_the_network_has_no_findings(network: Network) -> None:
    assert [finding.message for finding in network.findings] == []


def test_sizes(region: str, network: Network) -> None:
    assert 480 <= network.points.height <= 540
    assert 20 <= network.depots.height <= 55
    assert sum(path.stat().st_size for path in (EXAMPLES / region).rglob("*") if path.is_file()) < 1_500_000


def test_the_readme_counts_right(region: str, network: Network) -> None:
    text = (EXAMPLES / region / "README.md").read_text(encoding="utf-8")
    assert (
        f"{network.points.height} collection points, {network.sites.height} operating sites, "
        f"{network.depots.height} of them depots" in text
    )


def test_every_file_says_where_it_comes_from(region: str) -> None:
    text = (EXAMPLES / region / "README.md").read_text(encoding="utf-8")
    for word in ("modelled", "GeoNames", "CC BY 4.0", "estimate"):
        assert word in text
    for path in (EXAMPLES / region).rglob("*"):
        if path.is_file() and path.name != "README.md":
            assert path.name in text


def _km_to_nearest(points: pl.DataFrame, depots: pl.DataFrame) -> np.ndarray:
    lat, lon = np.radians(points["lat"].to_numpy())[:, None], np.radians(points["lon"].to_numpy())[:, None]
    lat2, lon2 = np.radians(depots["lat"].to_numpy())[None, :], np.radians(depots["lon"].to_numpy())[None, :]
    h = np.sin((lat2 - lat) / 2) ** 2 + np.cos(lat) * np.cos(lat2) * np.sin((lon2 - lon) / 2) ** 2
    nearest: np.ndarray = (12742 * np.arcsin(np.sqrt(h))).min(axis=1)
    return nearest


def test_most_points_lie_near_a_depot_of_their_country(region: str, network: Network) -> None:
    near = 0
    homes = 0
    for (country,), points in network.points.group_by("country"):
        depots = network.depots.filter(pl.col("country") == country)
        if depots.height:
            homes += points.height
            near += int((_km_to_nearest(points, depots) < (200 if region == "europe" else 330)).sum())
    assert homes > 0.7 * network.points.height
    assert near > 0.8 * homes


def test_every_depot_has_a_certified_driver_and_an_equipped_vehicle(region: str, network: Network) -> None:
    column = "adr_certificate_valid_to" if region == "europe" else "hazmat_training_valid_to"
    certified = network.drivers.filter(pl.col(column) >= ON)["depot_id"]
    equipped = network.vehicles.filter("is_adr_equipped")["depot_id"]
    assert set(network.depots["site_id"]) <= set(certified) & set(equipped)


def test_the_packagings_cover_every_state(region: str, network: Network) -> None:
    fulfilled = set(";".join(network.packagings["packing_instructions"]).split(";"))
    wanted = {"P903", "P908", "P909", "LP904", "P911", "LP906", "P801", "none"}
    american = {"173.185(b)", "173.185(c)", "173.185(d)", "173.185(f)", "173.159", "none"}
    assert (wanted if region == "europe" else american) <= fulfilled


def test_modelled_names_say_so(network: Network) -> None:
    assert network.drivers["name"].str.contains("(modelled)", literal=True).all()
    assert network.consents["consent_id"].str.starts_with("MODELLED-").all()
    assert "(modelled)" in str(network.settings.carrier.name)
    assert network.settings.emergency_phone is None


def test_islands_are_kept(region: str, network: Network) -> None:
    there = set(network.points["country"]) if region == "europe" else set(network.points["admin1"])
    assert ({"MT", "CY", "IE"} if region == "europe" else {"Hawaii", "Alaska"}) <= there


def test_the_list_holds_two_thousand_batteries(region: str, batteries: ReadResult) -> None:
    counts = batteries.counts
    text = (EXAMPLES / region / "returns.csv").read_text(encoding="utf-8-sig")
    assert sum(counts.values()) == sum(
        1 for _ in csv.reader(io.StringIO(text), delimiter=";" if ";" in text else ",")
    )
    assert batteries.batteries.height >= 1960
    assert 1 <= counts["review"] + counts["rejected"] <= 30


def test_every_accepted_battery_waits_at_a_point(network: Network, batteries: ReadResult) -> None:
    known = set(network.points["name"]) | set(network.points["point_id"])
    assert set(batteries.batteries["site"]) <= known


def test_the_stock_built_up_lately(batteries: ReadResult) -> None:
    waited = batteries.batteries.select((pl.lit(ON) - pl.col("returned_on")).dt.total_days()).to_series()
    assert waited.min() == 2
    assert (waited <= 73).mean() > 0.95  # type: ignore[operator]
    assert (waited > 80).any()
    built = batteries.batteries.filter(pl.col("produced_on").is_not_null())
    assert (built["produced_on"] <= built["returned_on"]).all()


def test_every_state_and_form_occurs(batteries: ReadResult) -> None:
    frame = batteries.batteries
    assert {"ok", "suspect", "damaged", "critical", "unknown"} <= set(frame["condition"])
    assert {"pack", "module", "battery_unit", "home_storage", "scrap_lot"} <= set(frame["form"])
    assert {"NMC", "LFP", "NCA", "NiMH"} <= set(frame["chemistry"])


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.name)
def test_the_small_lists_are_read(path: Path) -> None:
    from voltloop.batteries import read_list

    points = read_network(
        EXAMPLES / ("usa" if path.name.startswith(("american", "english")) else "europe") / "network"
    )
    result = read_list(path.read_bytes(), path.name, on=ON, points=points.points)
    assert 20 <= result.batteries.height <= 50
    assert result.counts["rejected"] == 0
    assert result.counts["review"] == 0
    assert result.batteries["mass_kg"].is_between(0.5, 2500).all()
    assert result.batteries["condition"].is_in(["ok", "suspect", "damaged", "critical"]).all()


def test_every_list_is_explained() -> None:
    text = (EXAMPLES / "lists" / "README.md").read_text(encoding="utf-8")
    assert len(LISTS) == 8
    for path in LISTS:
        assert f"`{path.name}`" in text
