"""Every worked case of the rulebook, one test each, and what the cases must cover together."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from voltloop.compliance import Load, classify, load_rulebook
from voltloop.compliance.cases import Case, differences, read_cases

CASES = read_cases(load_rulebook())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_verdict_is_as_the_case_expects(case: Case) -> None:
    assert differences(case, load_rulebook()) == []


def test_every_rule_answers_in_some_case() -> None:
    """A rule without a case is a rule that nobody has watched work."""
    rulebook = load_rulebook()
    fired: set[str] = set()
    for case in CASES:
        goods = pl.DataFrame({name: [value] for name, value in case.facts.items()})
        verdict = classify(goods, rulebook, mode=case.mode, on=case.on, edition=case.edition)
        fired.update(verdict["rules"][0].split(";"))
        if case.mode == "road_eu":
            edition = case.edition and case.edition.replace("ADR", "RID")
            rail = classify(goods, rulebook, mode="rail_eu", on=case.on, edition=edition)
            fired.update(rail["rules"][0].split(";"))
    silent = {
        name
        for name, rule in rulebook.rules.items()
        if rule.effect not in ("advise", "impossible") and name not in fired
    }
    assert silent == set()


@pytest.mark.parametrize(
    ("parts", "points", "is_above"),
    [
        ([("2", 333.0)], 999.0, False),
        ([("2", 333.1)], 999.3, True),
        ([("2", 336.0)], 1008.0, True),
        ([("2", 200.0), ("3", 300.0)], 900.0, False),
        ([("2", 200.0), ("3", 400.0)], 1000.0, False),
        ([("2", 200.0), ("3", 400.1)], 1000.1, True),
        ([("2", 333.3), ("4", 5000.0)], 999.9, True),
        ([("3", 1000.0)], 1000.0, False),
        ([("3", 1000.1)], 1000.1, True),
        ([("4", 90000.0)], 0.0, False),
        ([("0", 1.0)], 0.0, True),
        ([("none", 9000.0)], 0.0, False),
    ],
)
def test_points_on_both_sides_of_each_limit(
    parts: list[tuple[str, float]], points: float, is_above: bool
) -> None:
    """ADR 1.1.3.6.3 and 1.1.3.6.4: limits are inclusive, a single category has its own."""
    load = Load(load_rulebook(), mode="road_eu", on=date(2026, 11, 24))
    for category, mass in parts:
        outcome = "exempt_small" if category == "none" else "allowed"
        load.add(load.profile(outcome=outcome, transport_category=category), mass)
    assert load.points == pytest.approx(points)
    assert load.exceeds_1136 is is_above


def test_the_shared_scenario_file_is_answered_right() -> None:
    """The reference file itself, where it is at hand; the packaged cases hold the same facts."""
    file = next((parent / "shared/reference/dg-scenarios-public.csv" for parent in Path(__file__).parents
                 if (parent / "shared/reference/dg-scenarios-public.csv").exists()), None)  # fmt: skip
    if file is None:
        pytest.skip("The reference scenarios are not at hand; cases/scenarios.csv holds the same rows.")
    with file.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    held = {case.id: case for case in CASES if case.place.startswith("rulebook/cases/scenarios.csv")}
    wanted = {row["id"]: row for row in rows}
    assert set(held) == set(wanted)
    for name, row in wanted.items():
        assert held[name].expect.get("outcome", "") == row["expected_outcome"]
        assert held[name].expect.get("un_number", "") == row["expected_un"]


def _points_of(rows: list[Case], quantities: dict[str, float]) -> float:
    load = Load(load_rulebook(), mode="road_eu", on=rows[0].on)
    for case in rows:
        goods = pl.DataFrame({name: [value] for name, value in case.facts.items()})
        verdict = classify(goods, load_rulebook(), mode="road_eu", on=case.on).row(0, named=True)
        load.add(load.profile_of(verdict), quantities[case.id])
    return load.points


@pytest.mark.parametrize(
    ("masses", "points"),
    [
        ({"P001": 400.0}, 1200.0), ({"P002": 3.0}, 9.0), ({"P003": 8.0}, 0.0), ({"P012": 40.0}, 120.0),
        ({"P015": 200.0}, 600.0), ({"P016": 300.0}, 0.0), ({"P022": 400.0}, 400.0), ({"P025": 180.0}, 0.0),
        ({"P026": 200.0}, 600.0), ({"P033": 31.0}, 93.0), ({"P035": 333.0}, 999.0), ({"P036": 336.0}, 1008.0),
        ({"P037": 200.0, "P038": 300.0}, 900.0),
    ],
)  # fmt: skip
def test_points_of_whole_scenario_loads(masses: dict[str, float], points: float) -> None:
    rows = [case for case in CASES if case.id in masses]
    assert _points_of(rows, masses) == pytest.approx(points)
