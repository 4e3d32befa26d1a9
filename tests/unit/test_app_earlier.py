"""A plan is kept as the tour engine knows it, and read back the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import polars as pl
import pytest

from app_cases import ON, random_list, template_network
from voltloop.app.earlier import frozen_tours, read_earlier, search_files
from voltloop.app.groundwork import PlanRequest, Search
from voltloop.app.plan import MadePlan, make_plan
from voltloop.errors import InputError
from voltloop.transport import GreatCircle


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> MadePlan:
    """A plan of few batteries."""
    network = template_network(tmp_path_factory.mktemp("net") / "network")
    data = random_list(3, network.points["name"].to_list(), 12)
    request = PlanRequest("list.csv", data, network, ON, Search(0, 1.0, None, 1))
    return make_plan(request, GreatCircle())


@pytest.fixture
def folder(plan: MadePlan, tmp_path: Path) -> Path:
    """The plan, kept."""
    for name, data in search_files(plan.routed).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_what_is_read_back_is_what_was_kept(plan: MadePlan, folder: Path) -> None:
    found = read_earlier(folder)
    assert set(found) == {entry.mode for entry in plan.routed}
    for entry in plan.routed:
        kept = found[entry.mode]
        assert kept.late == entry.late
        for part in fields(kept.plan):
            mine, theirs = getattr(entry.plan, part.name), getattr(kept.plan, part.name)
            if isinstance(mine, pl.DataFrame):
                assert mine.equals(theirs), part.name
            else:
                assert (dict(mine) if isinstance(mine, Mapping) else mine) == theirs, part.name


def test_a_tour_is_named_by_its_id_or_by_a_trip(plan: MadePlan, folder: Path) -> None:
    tour = plan.routed[0].plan.tours["tour_id"][0]
    earlier = read_earlier(folder)
    assert frozen_tours([tour], earlier) == frozen_tours([f"{tour}-2"], earlier) == {tour}
    assert frozen_tours([], earlier) == frozenset()
    with pytest.raises(InputError, match="is not a tour of the plan to start from") as caught:
        frozen_tours(["EU-T9999"], earlier)
    assert caught.value.code == "tour-unknown"


def test_a_folder_without_a_plan_says_so(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a plan folder") as caught:
        read_earlier(tmp_path / "nowhere")
    assert caught.value.code == "not-a-plan"
    (folder / "search/road_eu/tours.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(InputError, match="cannot be read"):
        read_earlier(folder)
