"""Condition cells and the partition of a fact that they cut."""

from __future__ import annotations

import numpy as np
import pytest

from voltloop.compliance import load_rulebook
from voltloop.compliance.conditions import Axis, make_axis, parse_condition
from voltloop.errors import RulebookError

FACTS = load_rulebook().facts
ENERGY = FACTS["energy_wh"]


def energy_axis(*texts: str) -> Axis:
    return make_axis(ENERGY, [parse_condition(ENERGY, text, "here") for text in texts])


def test_bounds_cut_a_decimal_and_limits_stay_on_their_side() -> None:
    axis = energy_axis("<=20", "<100", ">=300")
    numbers = np.array([0.1, 20.0, 20.000001, 99.9, 100.0, 299.9, 300.0, np.nan])
    assert axis.encode(numbers).tolist() == [0, 0, 1, 1, 2, 2, 3, 4]
    assert [axis.label(code) for code in range(5)] == ["<=20", ">20 <100", ">=100 <300", ">=300", "unknown"]


@pytest.mark.parametrize("text", ["<=20", "<20", ">20", ">=20", ">20 <=100", ">=20 <100"])
def test_cells_answer_a_condition_like_the_numbers_in_them(text: str) -> None:
    """Every number falls into a cell whose answer is the number's own."""
    axis = energy_axis("<=20", "<20", ">20 <=100", ">=20 <100", "<=300")
    condition = parse_condition(ENERGY, text, "here")
    numbers = np.array([1.0, 19.99, 20.0, 20.01, 60.0, 99.99, 100.0, 100.01, 500.0])
    cells = axis.encode(numbers)
    assert [bool(axis.mask(condition)[cell]) for cell in cells] == [
        condition.holds(float(x)) for x in numbers
    ]


def test_lists_exclusions_and_groups_of_a_choice() -> None:
    chemistry = FACTS["chemistry"]
    assert parse_condition(chemistry, "nimh|li_ion", "here").values == {"nimh", "li_ion"}
    assert parse_condition(chemistry, "lead_acid", "here").values == {"lead_acid_flooded", "lead_acid_vrla"}
    assert parse_condition(chemistry, "!lead_acid", "here").values == set(chemistry.values) - {
        "lead_acid_flooded",
        "lead_acid_vrla",
    }


@pytest.mark.parametrize("text", ["20", "about 20", "<=20 or 30", "<= twenty"])
def test_a_bound_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(RulebookError, match="is not a bound") as caught:
        parse_condition(ENERGY, text, "adr/size.csv, row 3")
    assert "adr/size.csv, row 3" in caught.value.message


def test_a_partly_known_choice_is_a_cell_of_its_own() -> None:
    axis = make_axis(FACTS["chemistry"], ())
    name, members = axis.partial[axis.codes["lead_acid"] - axis.count]
    assert name == "lead_acid"
    assert [axis.fact.values[code] for code in members] == ["lead_acid_flooded", "lead_acid_vrla"]
    state = make_axis(FACTS["state"], ())
    assert state.codes["damaged_defective"] == state.codes["damaged"]


def test_derived_facts_are_never_unknown() -> None:
    assert make_axis(FACTS["branch"], ()).partial == ()
