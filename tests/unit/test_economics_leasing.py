"""Leases: the published returns, and what rate, fee and survival have to do with each other."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics_cases import published
from voltloop.economics import break_even_months, internal_rate, lease, lease_fee, lessor_irr
from voltloop.errors import InputError

MONEY: dict[str, Any] = {"currency": "CNY", "priced_on": date(2024, 3, 14)}
NIO = {"battery_price": 70_000.0, "monthly_fee": 728.0, "term_years": 8.0}


@pytest.mark.parametrize(
    "row", published("battery_leases"), ids=lambda r: f"{r['term_years']:.0f}-{r['residual_share_of_price']}"
)
def test_published_returns(row: dict[str, Any]) -> None:
    found = lessor_irr(
        battery_price=row["battery_price_cny"],
        monthly_fee=row["monthly_fee_cny"],
        term_years=row["term_years"],
        residual_share_of_price=row["residual_share_of_price"],
    )
    assert found == pytest.approx(row["expected_lessor_irr"], abs=1e-6)


def test_the_residual_carries_the_business() -> None:
    """At the fee since 2024: -0.04 % over eight years, 4.7 % over ten, 8.1 % with a residual of 30 %."""
    assert lessor_irr(**NIO) == pytest.approx(-0.0004, abs=5e-5)
    assert lessor_irr(**NIO | {"term_years": 10}) == pytest.approx(0.047, abs=5e-4)
    assert lessor_irr(**NIO | {"term_years": 10}, residual_share_of_price=0.3) == pytest.approx(
        0.081, abs=5e-4
    )


@given(st.floats(1e3, 1e6), st.floats(1e-3, 0.2), st.integers(1, 240), st.floats(0, 1), st.floats(0, 0.02))
def test_the_present_value_at_the_return_is_nought(
    price: float, fee_share: float, months: int, residual: float, cost_share: float
) -> None:
    terms = {
        "battery_price": price,
        "monthly_fee": price * (fee_share + cost_share),
        "term_years": months / 12,
        "residual_share_of_price": residual,
        "monthly_cost": price * cost_share,
    }
    found = lease(**MONEY, **terms)
    assert found.irr is not None
    if found.irr > -0.99:
        assert lease(**MONEY, **terms, discount_rate=found.irr).npv == pytest.approx(
            0.0, abs=1e-6 * price * months
        )
        wanted = lease_fee(
            battery_price=price, term_years=months / 12, target_rate=found.irr, residual_share_of_price=residual,
            monthly_cost=price * cost_share,
        )  # fmt: skip
        assert wanted == pytest.approx(terms["monthly_fee"], rel=1e-6)


def test_leases_that_end_early_earn_less_and_lose_residual() -> None:
    whole = lease(**MONEY, **NIO, residual_share_of_price=0.3)
    short = lease(**MONEY, **NIO, residual_share_of_price=0.3, yearly_survival=0.9, lost_share=0.5)
    assert short.irr is not None
    assert whole.irr is not None
    assert short.irr < whole.irr
    assert whole.expected_fees == pytest.approx(728 * 96)
    assert whole.expected_residual == pytest.approx(21_000)
    assert short.expected_residual < whole.expected_residual
    gone = lease(**MONEY, **NIO, yearly_survival=0.0)
    assert (gone.irr, gone.payback_months) == (None, None)


def test_nothing_in_and_nothing_out_has_no_rate() -> None:
    assert internal_rate([]) is None
    assert internal_rate([-5.0, 0.0, 0.0]) is None
    assert lessor_irr(**NIO | {"monthly_fee": 0.0}) is None


def test_flows_with_two_rates_are_refused() -> None:
    """-100, +230, -132 balances at 10 % and at 20 %."""
    with pytest.raises(InputError) as error:
        internal_rate([-100.0, 230.0, -132.0], periods_per_year=1)
    assert error.value.code == "irr-ambiguous"


def test_a_cost_at_the_end_still_has_one_rate() -> None:
    assert internal_rate([-100.0, 60.0, 70.0, -5.0], periods_per_year=1) == pytest.approx(0.16432, abs=1e-4)


def test_buying_pays_back() -> None:
    assert break_even_months(battery_price=70_000, monthly_fee=980) == 72
    assert break_even_months(battery_price=70_000, monthly_fee=980, resale_share=0.3) == 50
    assert break_even_months(battery_price=70_000, monthly_fee=10, discount_rate=0.1) is None


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"battery_price": 0.0}, "battery_price"),
        ({"monthly_fee": -1.0}, "monthly_fee"),
        ({"term_years": 0.0}, "term_years"),
        ({"term_years": 1.01}, "whole number of months"),
        ({"residual_share_of_price": 30.0}, "Write 0.3"),
        ({"battery_price": float("nan")}, "battery_price"),
    ],
)
def test_bad_input_is_named(wrong: dict[str, float], word: str) -> None:
    with pytest.raises(InputError, match=word):
        lessor_irr(**NIO | wrong)
