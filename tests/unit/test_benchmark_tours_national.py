"""The national case holds every constraint, and the straightforward way plans it without breaking one."""

from __future__ import annotations

import pytest

import tours_benchmark_cases  # noqa: F401

from tours_national_case import DEPOTS, national_case  # isort: skip
from tours_national_split import split_plan  # isort: skip
from voltloop.collection.evaluator import evaluate  # isort: skip
from voltloop.collection.explain import impossible  # isort: skip
from voltloop.collection.model import Problem  # isort: skip
from voltloop.collection.plan import tabulate  # isort: skip


@pytest.fixture(scope="module")
def case() -> Problem:
    return national_case(400, seed=3)


def test_every_constraint_of_the_model_is_there(case: Problem) -> None:
    stops, fleet = case.stop_list, case.fleet
    assert len(case.depots) == DEPOTS
    assert len({kind.vehicle_type for kind in fleet}) == 5
    assert case.horizon == 5
    of_stops = {
        "two openings": [len(stop.windows) > 1 for stop in stops],
        "tail lift": [stop.needs_lift for stop in stops],
        "some vehicles only": [bool(stop.vehicle_types) for stop in stops],
        "permits": [len(stop.permits) > 1 for stop in stops],
        "category 0": [stop.needs_adr and "critical batteries" in stop.training for stop in stops],
        "boxes": [stop.boxes > 0 for stop in stops],
        "relief": [stop.points > case.relief_points for stop in stops],
        "closed zone": [stop.is_closed_to_adr for stop in stops],
        "tunnels": [stop.tunnel_code == "E" for stop in stops],
        "clashing goods": ["lead" in stop.goods for stop in stops],
        "empties": [stop.drop_mass_kg > 0 for stop in stops],
        "optional": [stop.due_day is None for stop in stops],
        "not before": [stop.first_day > 1 for stop in stops],
        "usual weekday": [stop.usual_weekday is not None for stop in stops],
    }
    for what, holds in of_stops.items():
        assert 0 < sum(holds) < len(stops), what
    assert any(kind.max_reloads and len(kind.reload_at) > 1 for kind in fleet)
    assert any(kind.ends_at != kind.depot_id for kind in fleet)
    assert any(driver.certified_to is None for driver in case.drivers)
    assert any(driver.trainings for driver in case.drivers)
    assert case.hubs.keys().isdisjoint(case.depots)
    assert case.clashes
    assert case.carbon_price_eur_per_t > 0
    assert case.findings == ()


def test_every_pick_up_can_be_served_by_somebody(case: Problem) -> None:
    assert [impossible(case, stop) for stop in range(len(case.stop_list))] == [None] * len(case.stop_list)


def test_the_same_seed_gives_the_same_case(case: Problem) -> None:
    again, other = national_case(400, seed=3), national_case(400, seed=4)
    assert again.stops.equals(case.stops)
    assert again.fleet == case.fleet
    assert not other.stops.equals(case.stops)


def test_the_straightforward_way_breaks_no_rule(case: Problem) -> None:
    """What PyVRP cannot model is repaired, so that the comparison is one between legal plans."""
    planned = split_plan(case, seconds=6.0, seed=1, workers=1)
    tables = tabulate(case, planned)
    found = evaluate(case, tables.tours, tables.stops, tables.breaks, reloads=tables.reloads)
    assert found.violations == ()
    assert tables.stops["pickup_id"].n_unique() == tables.stops.height > 100
