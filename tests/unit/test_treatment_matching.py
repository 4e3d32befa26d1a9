"""Units are matched into as many complete sets as there can be, and what is left over says why."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching_cases import best_by_force, check, random_units
from voltloop.errors import InputError
from voltloop.treatment.matching import SetKind, match_sets
from voltloop.treatment.matching_line import count_on_line, match_on_line

PAIR = SetKind("pair", units=2)


def kinds_of(*changes: dict[str, Any]) -> list[SetKind]:
    return [SetKind(**{"name": f"k{at}", "units": 2, **one}) for at, one in enumerate(changes)]


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(0, 9),
    groups=st.integers(1, 2),
    size=st.integers(1, 4),
    capacity=st.sampled_from([None, 0.0, 0.02, 0.05]),
    resistance=st.sampled_from([None, 0.05, 0.10]),
    most=st.sampled_from([None, 1, 2]),
)
def test_one_kind_equals_brute_force(
    seed: int,
    count: int,
    groups: int,
    size: int,
    capacity: float | None,
    resistance: float | None,
    most: int | None,
) -> None:
    units = random_units(seed, count, groups)
    kinds = [SetKind("pack", size, capacity, resistance, max_sets=most)]
    found = match_sets(units, kinds)
    sets, value = check(units, kinds, found)
    best = best_by_force(units.rows(named=True), kinds)
    assert (sets, found.bound) == (best[0], best[0])
    assert found.is_best_value
    assert value == pytest.approx(best[1])


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(2, 9),
    least=st.sampled_from([None, 49.0]),
    value=st.integers(0, 100),
    most=st.sampled_from([None, 0, 1]),
)
def test_two_kinds_equal_brute_force(
    seed: int, count: int, least: float | None, value: int, most: int | None
) -> None:
    """A system of two with a value of its own, and a pack of three with wider limits and a least capacity."""
    units = random_units(seed, count)
    kinds = kinds_of(
        {"value_eur": float(value), "max_sets": most},
        {"units": 3, "capacity_spread": 0.06, "resistance_spread": 0.2, "min_capacity_ah": least},
    )
    found = match_sets(units, kinds)
    sets, worth = check(units, kinds, found)
    best = best_by_force(units.rows(named=True), kinds)
    assert (sets, worth) == (best[0], pytest.approx(best[1]))


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), count=st.integers(20, 80), size=st.integers(2, 6))
def test_more_units_keep_their_limits_and_the_bound(seed: int, count: int, size: int) -> None:
    units = random_units(seed, count, 2)
    kinds = [SetKind("pack", size, 0.03, 0.10)]
    found = match_sets(units, kinds)
    sets, _ = check(units, kinds, found)
    assert sets <= found.bound <= count // size


def test_many_units_are_swept_and_improved() -> None:
    """Above the size of the exact method; the bound of each measure by itself is not far."""
    units = random_units(11, 500)
    kinds = [SetKind("pack", 6, 0.03, 0.10)]
    found = match_sets(units, kinds)
    sets, _ = check(units, kinds, found)
    assert 0.9 * found.bound <= sets <= found.bound


def test_twenty_thousand_units_by_two_measures() -> None:
    units = random_units(12, 20_000)
    found = match_sets(units, [SetKind("pack", 12, 0.03, 0.10)])
    assert check(units, [SetKind("pack", 12, 0.03, 0.10)], found)[0] >= 0.97 * found.bound


@settings(deadline=None, max_examples=60)
@given(
    scale=st.lists(st.integers(0, 60), max_size=11),
    seed=st.integers(0, 1000),
    width=st.integers(0, 12),
    units=st.integers(1, 4),
)
def test_on_a_line_the_number_and_the_value_are_best(
    scale: list[int], seed: int, width: int, units: int
) -> None:
    value = np.random.default_rng(seed).integers(-5, 30, len(scale)).astype(float)
    sets, is_best = match_on_line(np.array(scale, dtype=float), value, float(width), units)
    assert is_best
    rows = [
        {"group": "", "capacity_ah": math.exp(at / 100), "resistance_mohm": 1.0, "value_eur": worth}
        for at, worth in zip(scale, value, strict=True)
    ]
    kind = SetKind("line", units, math.expm1(width / 100), None)
    best = best_by_force(rows, [kind])
    assert len(sets) == best[0] == count_on_line(np.array(scale, dtype=float), float(width), units)
    assert sum(value[one].sum() for one in sets) == pytest.approx(best[1])
    assert len({int(at) for one in sets for at in one}) == sum(one.size for one in sets)


def test_long_lines_are_cut_by_neighbours_with_the_best_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all choices are too many, the number of sets is still the best."""
    import voltloop.treatment.matching_line as line

    monkeypatch.setattr(line, "_MOST_CELLS", 10)
    scale = np.random.default_rng(5).uniform(0, 30, 300)
    sets, is_best = match_on_line(scale, scale, 1.0, 5)
    assert (len(sets), is_best) == (count_on_line(scale, 1.0, 5), False)
    assert all(np.ptp(scale[one]) <= 1.0 for one in sets)


def test_a_spread_of_exactly_the_limit_is_inside() -> None:
    units = pl.DataFrame({"unit_id": ["a", "b"], "capacity_ah": [50.0, 51.5], "resistance_mohm": [1.0, 1.1]})
    assert match_sets(units, [PAIR]).sets.height == 1
    beyond = units.with_columns(pl.Series("capacity_ah", [50.0, 51.51]))
    assert match_sets(beyond, [PAIR]).sets.height == 0


def test_what_is_left_over_says_why() -> None:
    units = pl.DataFrame(
        {
            "unit_id": ["a", "b", "c", "far", "weak", "bad", "none"],
            "capacity_ah": [50.0, 50.2, 50.4, 60.0, 20.0, -1.0, None],
            "resistance_mohm": [1.0] * 7,
        }
    )
    found = match_sets(units, [SetKind("pair", 2, min_capacity_ah=30.0)])
    why = dict(found.leftover.select("unit_id", "reason").rows())
    assert found.sets.height == 1
    assert "only 0 of the 1 units that a pair needs beside it" in why["far"]
    assert "below the least capacity" in why["weak"]
    assert why["bad"] == why["none"] == "its capacity_ah cannot be used"
    assert [name for name in ("a", "b", "c") if "needed elsewhere" in why.get(name, "")]
    assert [finding.code for finding in found.findings] == ["matching-value"] * 2
    assert "capacity_ah says -1" in found.findings[0].message


def test_a_unit_is_never_matched_with_itself() -> None:
    """A row that repeats an identifier is left over and told; a broken first row leaves room for the second."""
    units = pl.DataFrame(
        {"unit_id": ["a", "a", "b", "b", "", ""], "capacity_ah": [50.0, 50.0, -1.0, 70.0, 90.0, 90.0]}
    )
    found = match_sets(units, [SetKind("pair", 2, resistance_spread=None)])
    assert found.members["row"].to_list() == [5, 6]  # units without a name are not the same unit
    assert found.leftover.filter(pl.col("row") == 2)["reason"].item() == "it stands in the table before"
    assert [finding.code for finding in found.findings] == ["matching-value", "matching-twice"]


def test_groups_never_mix() -> None:
    units = pl.DataFrame(
        {
            "unit_id": list("abcd"),
            "capacity_ah": [50.0] * 4,
            "resistance_mohm": [1.0] * 4,
            "group": ["x", "x", "x", "y"],
        }
    )
    found = match_sets(units, [PAIR])
    assert found.sets["group"].to_list() == ["x"]
    assert "d" in found.leftover["unit_id"].to_list()


def test_the_most_valuable_units_are_taken() -> None:
    units = pl.DataFrame(
        {
            "unit_id": list("abc"),
            "capacity_ah": [50.0] * 3,
            "resistance_mohm": [1.0] * 3,
            "value_eur": [5.0, 9.0, 7.0],
        }
    )
    assert sorted(match_sets(units, [PAIR]).members["unit_id"]) == ["b", "c"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"units": 0}, "matching-kind"),
        ({"capacity_spread": -0.1}, "matching-kind"),
        ({"resistance_spread": math.nan}, "matching-kind"),
        ({"max_sets": -1}, "matching-kind"),
        ({"value_eur": math.inf}, "matching-kind"),
    ],
)
def test_kinds_that_cannot_be_are_errors(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(InputError) as error:
        match_sets(random_units(1, 4), kinds_of(changes))
    assert error.value.code == code


def test_kinds_need_names_and_tables_their_columns() -> None:
    with pytest.raises(InputError, match="same name twice"):
        match_sets(random_units(1, 4), [PAIR, PAIR])
    with pytest.raises(InputError, match="no column resistance_mohm"):
        match_sets(random_units(1, 4).drop("resistance_mohm"), [PAIR])
    with pytest.raises(InputError, match="missing or bear"):
        match_sets(random_units(1, 4), [])


def test_no_units_give_no_sets() -> None:
    found = match_sets(random_units(1, 4).clear(), [PAIR])
    assert (found.sets.height, found.leftover.height, found.bound) == (0, 0, 0)
