"""Who may use which test, and what a grade costs with and without access to the management system."""

from __future__ import annotations

from itertools import combinations

import pytest

from grading_cases import bands
from voltloop.batteries.grading import catalogue_schemes, cost_of_grade, holders, rights_of
from voltloop.catalogue import diagnostics
from voltloop.errors import InputError


def test_the_maker_may_all_and_the_third_party_not_the_makers_tool() -> None:
    assert rights_of("oem").refused == {}
    assert {one.name for one in rights_of("oem").tests} == set(diagnostics.diagnostic_tests()["test"])
    third = rights_of("third-party")
    assert list(third.refused) == ["bms_diagnosis"]
    assert "open only to the maker and its licensees" in third.refused["bms_diagnosis"]
    assert set(rights_of("none").refused) == {"bms_reading", "bms_diagnosis"}


def test_the_licensee_pays_a_fee() -> None:
    fee = {
        holder: next(one.cost_eur for one in rights_of(holder).tests if one.name == "bms_diagnosis")
        for holder in ("oem", "licensee")
    }
    assert fee["licensee"] > fee["oem"]


def test_an_unknown_holder_is_told_with_the_nearest() -> None:
    with pytest.raises(InputError, match='Did you mean "licensee"') as error:
        rights_of("licencee")
    assert error.value.code == "unknown-holder"


def test_without_access_a_grade_costs_more_and_asks_for_a_new_management_system() -> None:
    costs = {holder: cost_of_grade(bands(), holder) for holder in holders()}
    in_order = [costs[holder].cost_eur for holder in ("oem", "licensee", "third-party", "none")]
    assert in_order == sorted(in_order)
    assert costs["oem"].parts == costs["licensee"].parts == ()
    assert costs["third-party"].parts == costs["none"].parts == ("battery management system",)
    assert all(not cost.unmeasured for cost in costs.values())


@pytest.mark.parametrize("holder", ["oem", "licensee"])
@pytest.mark.parametrize("scheme", ["application-bands", "ul-1974-style", "iec-63330-style"])
def test_no_other_set_of_tests_is_cheaper(holder: str, scheme: str) -> None:
    """Every set of tests, written out anew."""
    found = cost_of_grade(catalogue_schemes().named(scheme), holder)
    needed = set(catalogue_schemes().named(scheme).required_measures)
    tests = rights_of(holder).tests
    prices = [
        sum(one.cost_eur for one in chosen)
        for size in range(len(tests) + 1)
        for chosen in combinations(tests, size)
        if needed <= {name for one in chosen for name in one.accuracy}
    ]
    assert found.cost_eur == pytest.approx(min(prices))


def test_what_is_known_need_not_be_measured_again() -> None:
    everything = bands().required_measures
    assert cost_of_grade(bands(), "oem", known=everything).cost_eur == 0
    left = cost_of_grade(bands(), "oem", known=[name for name in everything if name != "visual"])
    assert (left.tests, left.cost_eur) == (("visual",), 25.0)
