"""The cheapest way to add a stop, why it is not in the plan, and what it would take."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from collection_cases import days, line, problem, random_problem, stop, table, truck, van
from voltloop.collection import Driver, Problem
from voltloop.collection.explain import impossible
from voltloop.collection.insertion import Usage, best_insertion, tours_alone
from voltloop.collection.roads import PlaneRoads
from voltloop.collection.schedule import Tour, plan_tour
from voltloop.collection.why import Why, explain

LATER = date(2030, 1, 1)


def used(case: Problem, *tours: tuple[int, Sequence[int]], day: int = 1) -> Usage:
    planned = []
    for kind, visits in tours:
        tour = plan_tour(case, kind, visits)
        assert tour is not None
        planned.append((tour, day))
    return Usage(case, planned)


def with_columns(rows: pl.DataFrame, **columns: list[Any]) -> pl.DataFrame:
    return rows.with_columns(pl.Series(name, values) for name, values in columns.items())


def test_joining_a_tour_beats_a_tour_of_its_own() -> None:
    case = problem(table(stop("A", 1), stop("B", 3), stop("C", 2)), line(0, 10, 20, 30), fleet=(truck(),))
    usage = used(case, (0, [0, 1]))
    option = best_insertion(usage, 2)
    assert option is not None
    assert (option.index, option.tour.stops, option.day) == (0, (0, 2, 1), 1)
    assert option.added_eur == pytest.approx(0.25 * 38)
    usage.take(option)
    assert usage.planned == [(option.tour, 1)]


def test_a_plain_tour_does_not_join_the_marked_ones_without_a_certified_driver() -> None:
    stops = table(stop("A", 1, points=600.0), stop("B", 2, points=600.0))
    drivers = (Driver("plain", "hub"), Driver("certified", "hub", date(2026, 11, 20)))
    case = problem(stops, line(0, 10, 11), fleet=(truck(count=1),), drivers=drivers)
    usage = used(case, (0, [0]))
    assert best_insertion(usage, 1) is None
    why = explain(usage, 1)
    assert why.finding.code == "tour-no-vehicle-left"
    assert why.added_eur is None
    assert [obstacle.code for obstacle in why.obstacles] == ["certified-driver"]
    assert "1200 load points" in why.obstacles[0].words
    assert why.needs[0].lacks == ("vehicle",)


def test_a_low_penalty_is_named_as_the_reason() -> None:
    case = problem(table(stop("A", 1)), line(0, 60), missed_penalty_eur=1.0)
    why = explain(Usage(case, []), 0)
    assert why.finding.code == "tour-penalty-too-low"
    assert why.added_eur is not None
    assert why.added_eur > 1


def why_b(fleet: Any = None, changes: dict[str, Any] | None = None, **columns: list[Any]) -> Why:
    """Why B does not ride on the only vehicle with A; columns for A and B."""
    basic = {name: columns.pop(name) for name in list(columns) if name in stop("A", 1)}
    rows = [stop(name, place, **{key: values[place - 1] for key, values in basic.items()})
            for place, name in ((1, "A"), (2, "B"))]  # fmt: skip
    case = problem(
        with_columns(table(*rows), **columns),
        line(0, 10, 20),
        **{"fleet": fleet or (truck(),), **(changes or {})},
    )
    assert impossible(case, 1) is None
    return explain(used(case, (0, [0])), 1)


@pytest.mark.parametrize(
    ("why", "code", "say"),
    [
        (why_b(mass_kg=[5000.0, 4000.0]), "too-heavy", "9000 kg, 8000 fit"),
        (why_b(floor_positions=[10.0, 10.0]), "too-much-floor", "20 floor positions, 16 fit"),
        (why_b(boxes=[2, 1]), "too-many-boxes", "3 certified boxes, 2 fit"),
        (why_b((truck(volume_m3=10.0),), volume_m3=[6.0, 6.0]), "too-much-volume", "12 m3, 10 fit"),
        (
            why_b(changes={"clashes": frozenset({frozenset({"acid", "alkali"})})}, goods=[["acid"], ["alkali"]]),
            "goods-clash", "acid of A, which may not ride with alkali",
        ),
        (
            why_b(points=[0.0, 600.0], needs_adr=[True, False], is_closed_to_adr=[False, True]),
            "closed-to-adr", "zone closed",
        ),
        (why_b((van(count=1),), points=[600.0, 600.0]), "needs-adr-vehicle", "1200 load points (relief ends at 1000)"),
        (why_b(open_s=[0, 0], close_s=[86_400, 9 * 3600], service_s=[5 * 3600] * 2,
               changes={"fleet": (truck(max_duty_s=6 * 3600),)}), "no-time", "of 6 h of duty"),
    ],
)  # fmt: skip
def test_the_rule_that_binds_is_named_with_its_figures(why: Why, code: str, say: str) -> None:
    assert [obstacle.code for obstacle in why.obstacles] == [code]
    assert say in why.obstacles[0].words
    assert say in why.finding.message
    assert why.finding.code == "tour-no-vehicle-left"


def test_what_it_would_take_names_the_resource_the_depot_and_the_day() -> None:
    drivers = (Driver("A", "hub", LATER), Driver("B", "hub"), Driver("C", "hub"))
    rows = table(stop("A", 1, points=2000.0, floor_positions=16.0), stop("B", 2, points=2000.0))
    case = problem(rows, line(0, 10, 20), fleet=(truck(count=3),), drivers=drivers)
    why = explain(used(case, (0, [0])), 1)
    assert why.finding.code == "tour-no-certified-driver-left"
    assert why.needs[0].lacks == ("certified-driver",)
    assert "one more certified driver (1 of 1 are out) at hub on 2026-11-23" in why.finding.message


def test_trained_drivers_are_counted_by_who_can_take_what() -> None:
    rows = with_columns(
        table(stop("A", 1, floor_positions=16.0), stop("B", 2)), training=[["tank"], ["tank"]]
    )
    drivers = (Driver("A", "hub", None, (("tank", LATER),)), Driver("B", "hub"))
    case = problem(rows, line(0, 10, 20), fleet=(truck(count=3),), drivers=drivers)
    usage = used(case, (0, [0]))
    assert usage.lack(0, 1, needs_adr=False) is None
    assert usage.lack(0, 1, needs_adr=False, training=("tank",)) == "trained-driver"
    assert explain(usage, 1).finding.code == "tour-no-trained-driver-left"


def brute(usage: Usage, number: int) -> float | None:
    """Cheapest way over all places of all tours and all tours of its own."""
    case, entry = usage.problem, usage.problem.stop_list[number]
    costs = []
    for tour, day in usage.planned:
        for place in range(len(tour.visits) + 1):
            longer = plan_tour(case, tour.kind, (*tour.visits[:place], number, *tour.visits[place:]))
            if (
                longer is not None
                and longer.first_day <= day <= longer.last_day
                and not lacking(usage, tour, longer, day)
            ):
                costs.append(longer.objective_eur - tour.objective_eur)
    for kind in range(len(case.fleet)):
        for tour in tours_alone(case, kind, number):
            for day in range(entry.first_day, case.last_day(number) + 1):
                if usage.lack(kind, day, needs_adr=tour.needs_adr, training=tour.training) is None:
                    costs.append(tour.objective_eur)
    return min(costs, default=None)


def lacking(usage: Usage, tour: Tour, longer: Tour, day: int) -> bool:
    depot = usage.problem.fleet[tour.kind].depot_id
    need = {"needs_adr": longer.needs_adr, "training": longer.training, "instead_of": tour}
    return longer.needs_adr != tour.needs_adr and usage.lacks_driver(depot, day, **need) is not None


@pytest.mark.parametrize("seed", range(10))
def test_the_cheapest_insertion_is_found_among_all(seed: int) -> None:
    case = random_problem(seed, 10, depots=2)
    usage = Usage(case, [])
    for number in (number for number in range(10) if impossible(case, number) is None):
        option, best = best_insertion(usage, number), brute(usage, number)
        assert (option is None) == (best is None)
        if option is not None and best is not None:
            assert option.added_eur == pytest.approx(best, abs=1e-6)
            usage.take(option)
        else:
            assert explain(usage, number).needs


def test_near_tours_suffice_where_places_have_coordinates() -> None:
    """1,000 tours in a plane without a matrix: the best way is found beside the nearest places."""
    rng = np.random.default_rng(2)
    xy = np.vstack([[50.0, 50.0], rng.uniform(0, 100, (2001, 2))])
    rows = [stop(f"P{n}", n + 1, due_day=1, points=0.0) for n in range(2001)]
    case = problem(table(*rows), PlaneRoads(xy), fleet=(van(count=3000, shift_end_s=20 * 3600),), days=days(1),
                   drivers=tuple(Driver(f"D{n}", "hub") for n in range(1000)))  # fmt: skip
    usage = used(case, *((0, [n, n + 1]) for n in range(0, 2000, 2)))
    option, best = best_insertion(usage, 2000), brute(usage, 2000)
    assert option is not None
    assert option.added_eur == pytest.approx(best, abs=0.05)
