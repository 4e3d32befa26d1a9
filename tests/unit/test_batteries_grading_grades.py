"""A battery has the best grade whose limits it keeps, and what is missing never counts as kept."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grading_cases import SOUND, bands, graded, own_scheme
from voltloop.batteries.grading import Grade, Scheme, catalogue_schemes, grade, measures, read_measurements


def keeps(one: Grade, values: dict[str, Any]) -> bool | None:
    """Whether a battery keeps all limits of a grade; None where that is not known. Written anew, limit by limit."""
    answers: list[bool | None] = []
    for limit in one.criteria:
        value = values.get(limit.measure)
        if value is None:
            answers.append(None if limit.is_required else True)
        elif limit.choices:
            answers.append(value in limit.choices)
        elif limit.limit.startswith(">"):
            bound = float(limit.limit.lstrip(">= "))
            answers.append(value > bound or (value == bound and "=" in limit.limit))
        else:
            bound = float(limit.limit.lstrip("<= "))
            answers.append(value < bound or (value == bound and "=" in limit.limit))
    if False in answers:
        return False
    return None if None in answers else True


def place(scheme: Scheme, values: dict[str, Any], *, unknown_counts: bool) -> str:
    kept = (keeps(one, values) for one in scheme.grades)
    return next(
        one.name
        for one, answer in zip(scheme.grades, kept, strict=True)
        if answer or (answer is None and unknown_counts)
    )


CELLS: dict[str, Any] = {
    name: st.none() | (st.sampled_from(measure.choices) if measure.choices else st.none())
    for name, measure in measures().items()
} | {
    "soh": st.none() | st.sampled_from([0.0, 0.59, 0.6, 0.65, 0.66, 0.7, 0.79, 0.8, 0.95, 1.2]),
    "resistance_ratio": st.none() | st.sampled_from([0.5, 1.5, 1.51, 2.0, 2.4, 9.0]),
    "self_discharge_per_month": st.none() | st.sampled_from([0.0, 0.05, 0.06, 0.08, 0.5]),
    "isolation_ohm_per_v": st.none() | st.sampled_from([0.0, 99.0, 100.0, 499.0, 500.0, 1e6]),
    "cell_spread_mv": st.none() | st.sampled_from([0.0, 20.0, 30.0, 31.0, 60.0, 99.0, 400.0]),
}


@settings(deadline=None)
@given(
    batteries=st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=6),
    name=st.sampled_from(["application-bands", "ul-1974-style", "iec-63330-style"]),
)
def test_grades_equal_those_found_limit_by_limit(batteries: list[dict[str, Any]], name: str) -> None:
    """Against a plain reading of the scheme: best and worst grade, status, and chances that sum to one."""
    scheme = catalogue_schemes().named(name)
    found = graded(*batteries, scheme=scheme)
    assert found.table.height == len(batteries)
    for row, battery in zip(found.table.iter_rows(named=True), batteries, strict=True):
        best = place(scheme, battery, unknown_counts=True)
        worst = place(scheme, battery, unknown_counts=False)
        assert (row["best_grade"], row["worst_grade"]) == (best, worst)
        assert row["grade"] == (best if best == worst else None)
        whole = best == scheme.grades[0].name and worst == scheme.grades[-1].name
        assert row["status"] == ("graded" if best == worst else "undecided" if whole else "bounded")
        assert bool(row["missing"]) == (best != worst)
        assert 0 <= row["confidence"] <= 1 + 1e-12
    sums = found.probabilities.sum_horizontal()
    assert sums.to_numpy() == pytest.approx(1.0)


@settings(deadline=None)
@given(battery=st.fixed_dictionaries(CELLS), known=st.sampled_from(list(SOUND)))
def test_a_missing_measurement_never_raises_the_grade_that_is_sure(
    battery: dict[str, Any], known: str
) -> None:
    """Taking one measurement away may only widen the range of grades."""
    names = [one.name for one in bands().grades]
    table = graded(battery, {**battery, known: None}).table
    with_it, without = table.rows(named=True)
    assert names.index(without["worst_grade"]) >= names.index(with_it["worst_grade"])
    if battery[known] is not None and known not in ("is_past_expiry", "is_recalled"):
        assert names.index(without["best_grade"]) <= names.index(with_it["best_grade"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "reuse"),
        ({"soh": 0.80}, "reuse"),
        ({"soh": 0.79}, "remanufacture"),
        ({"resistance_ratio": 1.6}, "remanufacture"),
        ({"soh": 0.69}, "storage"),
        ({"soh": 0.62}, "backup"),
        ({"soh": 0.62, "power_test": "failed"}, "recycle"),
        ({"soh": 0.59}, "recycle"),
        ({"visual": "swollen"}, "recycle"),
        ({"visual": "leaking"}, "recycle"),
        ({"visual": "damaged"}, "recycle"),
        ({"isolation_ohm_per_v": 60.0}, "recycle"),
        ({"bms_log": "safety_fault"}, "recycle"),
        ({"is_recalled": "yes"}, "recycle"),
        ({"is_past_expiry": "yes"}, "remanufacture"),
    ],
)
def test_bands_by_application(changes: dict[str, Any], expected: str) -> None:
    row = graded(changes).table.row(0, named=True)
    assert (row["status"], row["grade"]) == ("graded", expected)


def test_reasons_name_value_and_limit_of_the_next_better_grade() -> None:
    row = graded({"soh": 0.74, "visual": "dented"}).table.row(0, named=True)
    assert row["grade"] == "remanufacture"
    assert row["reasons"] == (
        "state of health 0.74, reuse asks >=0.80; visual finding dented, reuse asks sound or cosmetic"
    )


def test_what_is_missing_is_named_and_what_no_longer_matters_is_not() -> None:
    """A swollen pack is recycled whatever else is measured; a sound one waits for its insulation."""
    swollen, open_ = graded(
        {"visual": "swollen", "soh": None, "isolation_ohm_per_v": None}, {"isolation_ohm_per_v": None}
    ).table.rows(named=True)
    assert (swollen["grade"], swollen["missing"]) == ("recycle", "")
    assert (open_["grade"], open_["missing"], open_["status"]) == (None, "isolation_ohm_per_v", "undecided")


def test_a_range_of_grades_is_bounded() -> None:
    row = graded(
        {"soh": 0.75, "power_test": None, "cell_spread_mv": 80.0, "resistance_ratio": 2.2}
    ).table.row(0, named=True)
    assert (row["status"], row["best_grade"], row["worst_grade"]) == ("bounded", "backup", "recycle")
    assert row["missing"] == "power_test"


def test_confidence_is_the_chance_of_the_grade_under_the_error_of_the_reading() -> None:
    """One limit at 0.80, a reading of 0.83 with a standard deviation of 0.03: one standard deviation, 84.13 %."""
    scheme = own_scheme(("good", "soh", ">=0.80"), ("bad", "", ""))
    table = pl.DataFrame({"soh": [0.83, 0.80, 0.77], "soh_sd": [0.03, 0.03, 0.0]})
    found = grade(read_measurements(table), scheme)
    assert found.table["grade"].to_list() == ["good", "good", "bad"]
    assert found.table["confidence"].to_list() == pytest.approx([0.841345, 0.5, 1.0], abs=1e-6)


def test_chances_equal_those_counted_over_many_batteries() -> None:
    """The same uncertain battery many times, drawn with its errors and graded exactly."""
    rng = np.random.default_rng(7)
    draws, soh, resistance = 40_000, 0.78, 1.45
    expected = graded({"soh": soh, "resistance_ratio": resistance, "visual": None}).probabilities.row(0)
    visual = measures()["visual"]
    shares = np.array(visual.prior_shares) / sum(visual.prior_shares)
    exact = dict.fromkeys((f"{name}_sd" for name in SOUND if not measures()[name].choices), 0.0)
    # Those not named are read so far from every limit that their own error does not matter.
    table = pl.DataFrame(
        {
            **{name: [value] * draws for name, value in {**SOUND, **exact}.items()},
            "soh": (soh + 0.05 * rng.standard_normal(draws)).clip(0, 1.2),
            "resistance_ratio": resistance * np.exp(0.15 * rng.standard_normal(draws)),
            "visual": rng.choice(np.array(visual.choices), size=draws, p=shares),
        }
    )
    drawn = grade(read_measurements(table), bands()).table["grade"]
    counted = [(drawn == one.name).sum() / draws for one in bands().grades]
    assert expected == pytest.approx(counted, abs=0.02)


def test_a_scheme_that_is_not_nested_is_graded_and_its_chances_are_exact() -> None:
    """Grade ``two`` asks for something that ``one`` does not; every case is counted out."""
    scheme = own_scheme(
        ("one", "soh", ">=0.80"),
        ("two", "power_test", "passed"),
        ("three", "soh", "<0.50"),
        ("rest", "", ""),
    )
    table = pl.DataFrame({"soh": [0.7], "soh_sd": [0.1]})
    row = grade(read_measurements(table), scheme).probabilities.row(0)
    high, low, passed = 0.158655, 0.022750, 0.85
    assert row == pytest.approx(
        (high, (1 - high) * passed, low * (1 - passed), (1 - high - low) * 0.15), abs=1e-6
    )


def test_empty_tables_and_whole_tables_keep_their_rows() -> None:
    empty = grade(read_measurements(pl.DataFrame({"soh": []}, schema={"soh": pl.Float64})), bands())
    assert empty.table.height == empty.probabilities.height == 0
    every = [
        dict(zip(("soh", "visual"), pair, strict=True)) for pair in product([0.5, None], ["sound", None])
    ]
    assert graded(*every).table["row"].to_list() == [1, 2, 3, 4]
