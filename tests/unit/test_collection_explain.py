"""The cheapest way to add a stop, and the words for what is missing."""

from __future__ import annotations

from datetime import date

import pytest

from collection_cases import line, problem, stop, table, truck, van
from voltloop.collection import Driver
from voltloop.collection.explain import Usage, best_insertion, explain, impossible
from voltloop.collection.schedule import plan_tour
from voltloop.findings import kinds


def test_joining_a_tour_beats_a_tour_of_its_own() -> None:
    case = problem(table(stop("A", 1), stop("B", 3), stop("C", 2)), line(0, 10, 20, 30), fleet=(truck(),))
    tour = plan_tour(case, 0, [0, 1])
    assert tour is not None
    planned = [(tour, 1)]
    option = best_insertion(case, 2, planned, Usage(case, planned))
    assert option is not None
    added, index, longer, day = option
    assert (index, longer.stops, day) == (0, (0, 2, 1), 1)
    assert added == pytest.approx(0.25 * 38)


def test_a_plain_tour_does_not_join_the_marked_ones_without_a_certified_driver() -> None:
    stops = table(stop("A", 1, points=600.0), stop("B", 2, points=600.0))
    drivers = (Driver("plain", "hub"), Driver("certified", "hub", date(2026, 11, 20)))
    case = problem(stops, line(0, 10, 11), fleet=(truck(count=1),), drivers=drivers)
    tour = plan_tour(case, 0, [0])
    assert tour is not None
    planned = [(tour, 1)]
    assert best_insertion(case, 1, planned, Usage(case, planned)) is None
    finding, added = explain(case, 1, planned, Usage(case, planned))
    assert finding.code == "tour-no-vehicle-left"
    assert added is None


def test_a_low_penalty_is_named_as_the_reason() -> None:
    case = problem(table(stop("A", 1)), line(0, 60), missed_penalty_eur=1.0)
    finding, added = explain(case, 0, [], Usage(case, []))
    assert finding.code == "tour-penalty-too-low"
    assert added is not None
    assert added > 1


def test_the_best_placed_vehicle_names_the_rule() -> None:
    """The van is too small; the truck would do but for its missing driver: that is what to mend."""
    case = problem(table(stop("A", 1, mass_kg=5000.0, needs_adr=True)), line(0, 10), fleet=(van(), truck()),
                   drivers=(Driver("D", "hub"),))  # fmt: skip
    finding = impossible(case, 0)
    assert finding is not None
    assert finding.code == "tour-no-certified-driver"
    assert "hub" in finding.message


def test_every_reason_of_the_room_is_in_the_catalogue_with_help() -> None:
    own = [kind for kind in kinds().values() if kind.code.startswith(("tour-", "pack-", "pickup-", "load-"))]
    assert len(own) >= 20
    assert all(kind.help and "{where}" in kind.template for kind in own)
