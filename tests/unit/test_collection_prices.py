"""What rules cost: known answers on tiny cases, never negative, and honest about noise."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from collection_cases import days, line, problem, random_problem, stop, table, truck, van
from voltloop.collection import Driver, Problem, solve
from voltloop.collection.model import Consistency
from voltloop.collection.prices import PRICE_COLUMNS, Price, _price, _Side, price_of, prices
from voltloop.collection.relaxed import relaxations, relaxed
from voltloop.collection.schedule import Tour, plan_tour
from voltloop.errors import InputError

LATER = date(2030, 1, 1)


def price(case: Problem, constraint: str) -> Price:
    return price_of(case, solve(case, time_limit_s=2.0), constraint, seconds=2.0)


def tour(case: Problem, kind: int, *visits: int) -> Tour:
    found = plan_tour(case, kind, visits)
    assert found is not None
    return found


def with_columns(rows: pl.DataFrame, **columns: list[Any]) -> pl.DataFrame:
    return rows.with_columns(pl.Series(name, values) for name, values in columns.items())


def test_a_clash_costs_the_second_tour() -> None:
    rows = with_columns(
        table(stop("A", 1, points=0.0), stop("B", 2, points=0.0)), goods=[["acid"], ["alkali"]]
    )
    clashes = frozenset({frozenset({"acid", "alkali"})})
    case = problem(rows, line(0, 10, 20), fleet=(van(),), clashes=clashes)
    found = price(case, "clashes")
    own = tour(case, 0, 0).objective_eur + tour(case, 0, 1).objective_eur
    assert found.saving_eur == pytest.approx(own - tour(relaxed(case, "clashes"), 0, 0, 1).objective_eur)
    assert (found.at_least_eur, found.at_most_eur) == pytest.approx((found.saving_eur, found.saving_eur))
    assert found.is_clear
    assert found.noise_eur == pytest.approx(0.0)
    assert "proven" in found.words
    assert found.saving_km == pytest.approx(20.0)


def test_a_certificate_frees_a_required_stop() -> None:
    case = problem(
        table(stop("A", 1, points=2000.0)), line(0, 10), fleet=(truck(),), drivers=(Driver("D", "hub"),)
    )
    found = price(case, "certificates")
    assert found.served_more == 1
    assert found.saving_eur == pytest.approx(case.penalty_eur - tour(case, 0, 0).objective_eur)
    assert found.saving_cost_eur < 0
    assert price(case, "driver@hub").served_more == 1
    assert price(case, "vehicle:truck@hub").saving_eur == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("constraint", "rows", "changes"),
    [
        ("windows", table(stop("A", 1, open_s=14 * 3600), stop("B", 2, close_s=8 * 3600)), {}),
        ("deadlines", table(stop("A", 1, due_day=1), stop("B", 2, due_day=2)).with_columns(first_day=pl.Series([1, 2])),
         {"days": days(2)}),
        ("relief", table(stop("A", 1, points=700.0), stop("B", 2, points=700.0)), {"fleet": (van(),)}),
        ("equipment", table(stop("A", 1, points=700.0), stop("B", 2, points=700.0)), {"fleet": (van(),)}),
        ("zones", with_columns(table(stop("A", 1, points=700.0), stop("B", 2, points=700.0)),
                               is_closed_to_adr=[True, False]), {"fleet": (truck(),)}),
        ("permits", with_columns(table(stop("A", 1), stop("B", 2)), permits=[["tank"], []]), {"fleet": (van(),)}),
        ("reach", with_columns(table(stop("A", 1), stop("B", 2)), vehicle_types=[["bike"], []]), {"fleet": (van(),)}),
        ("training", with_columns(table(stop("A", 1), stop("B", 2)), training=[["tank"], []]), {}),
        ("tail-lift", table(stop("A", 1, needs_lift=True), stop("B", 2)), {"fleet": (van(),)}),
        ("boxes", table(stop("A", 1, boxes=2), stop("B", 2, boxes=2)), {"fleet": (truck(),)}),
        ("driving-law", table(stop("A", 1), stop("B", 2)), {"roads": {"road": line(0, 290, 300)}}),
        ("shifts", table(stop("A", 1), stop("B", 2)), {"fleet": (van(shift_end_s=7 * 3600),)}),
        ("depots", table(stop("A", 1), stop("B", 2, depots=["far"])),
         {"depots": {"hub": 0, "far": 2}, "fleet": (van(), van("far")),
          "drivers": (Driver("D", "hub"), Driver("E", "far"))}),
    ],
)  # fmt: skip
def test_each_rule_that_binds_has_a_price(
    constraint: str, rows: pl.DataFrame, changes: dict[str, Any]
) -> None:
    values = {"roads": {"road": line(0, 10, 20)}, **changes}
    case = problem(
        rows, line(0, 10, 20), **{name: value for name, value in values.items() if name != "roads"}
    )
    case = replace(case, roads=values["roads"])
    assert constraint in relaxations(case)
    found = price(case, constraint)
    assert found.saving_eur > 1.0
    assert found.is_clear


def test_keeping_weekdays_is_priced() -> None:
    rows = with_columns(table(stop("A", 1, due_day=2), stop("B", 2, due_day=2)), usual_weekday=[1, 2])
    case = problem(
        rows, line(0, 10, 20), days=days(2), fleet=(van(),), consistency=Consistency(weekday_eur=500.0)
    )
    assert price(case, "consistency").saving_eur > 0


def test_only_rules_that_the_problem_has_are_listed() -> None:
    plain = relaxations(problem(table(stop("A", 1, points=0.0)), line(0, 10), fleet=(truck(),)))
    assert {"windows", "relief", "clashes", "zones", "training", "consistency"}.isdisjoint(plain)
    assert {"driving-law", "shifts", "vehicle:truck@hub", "driver@hub"} <= set(plain)


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        relaxed(problem(table(stop("A", 1)), line(0, 10)), "driving-lew")
    assert caught.value.code == "tours-rule-unknown"
    assert 'Did you mean "driving-law"?' in str(caught.value)


@pytest.mark.parametrize("seed", range(2))
def test_no_price_is_negative_and_each_lies_between_its_bounds(seed: int) -> None:
    case = random_problem(seed, 6)
    found = prices(case, solve(case, time_limit_s=2.0), seconds=1.0, runs=1)
    assert list(found.columns) == list(PRICE_COLUMNS)
    assert set(found["constraint"]) == set(relaxations(case))
    assert (found["saving_eur"] >= 0).all()
    assert (found["at_least_eur"] <= found["saving_eur"] + 1e-6).all()
    assert (found["saving_eur"] <= found["at_most_eur"] + 1e-6).all()
    assert found["saving_eur"].is_sorted(descending=True)


def side(best: float, spread: float, bound: float) -> _Side:
    return _Side(best, spread, bound, best, 0.0, 0.0, 1)


@pytest.mark.parametrize(
    ("ruled", "free", "is_clear", "say"),
    [
        (side(100, 1, 50), side(90, 2, 40), True, "about EUR 10.00, seeds differ by up to EUR 2.00"),
        (side(100, 20, 50), side(90, 2, 40), False, "within the EUR 20.00"),
        (side(100, 20, 50), side(103, 2, 40), False, "nothing cheaper was found"),
        (side(100, 20, 97), side(90, 2, 40), True, "between EUR 7.00 and 60.00"),
    ],
)
def test_noise_is_said(ruled: _Side, free: _Side, is_clear: bool, say: str) -> None:
    found = _price("windows", "opening hours", ruled, free)
    assert found.is_clear == is_clear
    assert found.saving_eur >= 0
    assert say in found.words
