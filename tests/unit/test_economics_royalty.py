"""Licence deals: the minimum holds, an audit finds what was hidden, and both sides' values add up."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltloop.economics import GradeSales, LicenceTerms, audit_royalty, licence_value, royalty_due
from voltloop.errors import InputError

ON = date(2026, 1, 1)
TERMS = LicenceTerms(
    {"A": 0.08, "B": 0.05, "C": 0.02}, minimum_eur_per_yr=20_000, audit_cost_eur=5_000, penalty_share=0.1
)
SALES = [GradeSales("A", 200, 800_000), GradeSales("B", 300, 900_000), GradeSales("C", 500, 1_000_000)]


def test_royalty_by_grade_and_the_minimum() -> None:
    found = royalty_due(SALES, TERMS, priced_on=ON)
    assert found.by_grade_eur == pytest.approx({"A": 64_000, "B": 45_000, "C": 20_000})
    assert (found.due_eur, found.is_minimum) == (pytest.approx(129_000), False)
    least = royalty_due([GradeSales("C", 1, 2_000)], TERMS, priced_on=ON)
    assert (least.due_eur, least.is_minimum) == (20_000, True)
    assert royalty_due([], TERMS, priced_on=ON).due_eur == 20_000


def test_a_true_statement_passes_and_chance_alone_claims_nothing() -> None:
    clean = {(g, g): 40 for g in "ABC"}
    audit = audit_royalty(SALES, clean, TERMS, priced_on=ON)
    assert (audit.shortfall_eur, audit.claim_eur, audit.misgraded_share) == (0.0, 0.0, 0.0)
    one_of_few = {("A", "A"): 5, ("B", "B"): 5, ("C", "C"): 4, ("C", "A"): 1}
    found = audit_royalty(SALES, one_of_few, TERMS, priced_on=ON)
    assert found.shortfall_share > TERMS.audit_tolerance
    assert (found.is_above_tolerance, found.claim_eur) == (False, 0.0)


def test_hidden_grades_are_claimed_with_penalty_and_cost() -> None:
    found = audit_royalty(
        SALES, {("A", "A"): 50, ("B", "B"): 50, ("C", "C"): 60, ("C", "A"): 40}, TERMS, priced_on=ON
    )
    assert found.royalty_eur == pytest.approx(64_000 + 45_000 + 1e6 * (0.6 * 0.02 + 0.4 * 0.08))
    assert found.shortfall_eur == pytest.approx(24_000)
    assert found.claim_eur == pytest.approx(24_000 * 1.1 + 5_000)
    assert found.misgraded_share == pytest.approx(500 * 0.4 / 1000)
    assert found.low_eur < found.royalty_eur < found.high_eur


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    """A fifth of grade C is truly A; 400 audits of 80 packs each."""
    truth = 64_000 + 45_000 + 1e6 * (0.8 * 0.02 + 0.2 * 0.08)
    draw = np.random.default_rng(11)
    hits = 0
    for _ in range(400):
        wrong = int(draw.hypergeometric(100, 400, 80))
        audit = audit_royalty(
            SALES,
            {("A", "A"): 20, ("B", "B"): 20, ("C", "A"): wrong, ("C", "C"): 80 - wrong},
            TERMS,
            priced_on=ON,
        )
        hits += audit.low_eur <= truth <= audit.high_eur
    assert 0.91 <= hits / 400 <= 0.985


def test_counting_every_pack_leaves_no_doubt() -> None:
    audit = audit_royalty(
        [GradeSales("C", 10, 10_000)],
        {("C", "C"): 7, ("C", "A"): 3},
        LicenceTerms({"A": 0.1, "C": 0}),
        priced_on=ON,
    )
    assert audit.low_eur == audit.high_eur == pytest.approx(300)


def test_underpayment_below_the_minimum_costs_nothing_more() -> None:
    """Where the minimum is paid anyway, wrong grades change nothing."""
    audit = audit_royalty([GradeSales("C", 100, 10_000)], {("C", "A"): 50}, TERMS, priced_on=ON)
    assert (audit.shortfall_eur, audit.claim_eur) == (0.0, 0.0)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=6), st.floats(0, 0.5), st.floats(0, 0.3))
def test_what_both_get_is_what_is_earned(revenues: list[float], margin: float, rate: float) -> None:
    years = [[GradeSales("A", 10, revenue)] for revenue in revenues]
    terms = LicenceTerms({"A": 0.05}, minimum_eur_per_yr=1_000, upfront_eur=2_000)
    found = licence_value(years, terms, margin_share=margin, discount_rate=rate, priced_on=ON)
    earned = sum(r * margin / (1 + rate) ** y for y, r in enumerate(revenues, start=1))
    assert found.licensor_eur + found.licensee_eur == pytest.approx(earned, abs=1e-6)
    if found.break_even_rate_share is not None:
        even = LicenceTerms({"A": min(1.0, 0.05 * found.break_even_rate_share)}, 1_000, 2_000)
        if even.rates["A"] < 1:
            left = licence_value(
                years, even, margin_share=margin, discount_rate=rate, priced_on=ON
            ).licensee_eur
            assert left == pytest.approx(0.0, abs=1e-3)


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="grade D") as negative:
        royalty_due([GradeSales("D", 1, -1.0)], TERMS, priced_on=ON)
    assert negative.value.code == "economics-number"
    with pytest.raises(InputError, match='"D"') as rate:
        royalty_due([GradeSales("D", 1, 1.0)], TERMS, priced_on=ON)
    assert rate.value.code == "licence-grade"
    with pytest.raises(InputError, match="grade B") as sample:
        audit_royalty(SALES, {("A", "A"): 5}, TERMS, priced_on=ON)
    assert sample.value.code == "audit-sample"
    with pytest.raises(InputError, match="201 packs of grade A"):
        audit_royalty(SALES, {("A", "A"): 201, ("B", "B"): 1, ("C", "C"): 1}, TERMS, priced_on=ON)
    with pytest.raises(InputError, match=r"Write 0\.08"):
        LicenceTerms({"A": 8.0})
    with pytest.raises(InputError, match="no royalty rate"):
        LicenceTerms({})
