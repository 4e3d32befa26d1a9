"""A plant's yearly cost: EverBatt's plants to their last digit, and what a wrong number is told."""

from __future__ import annotations

import math
from typing import Any

import pytest

from economics_cases import numbers, published
from voltloop.economics import FinanceRules, annuity_factor, plant_finance
from voltloop.errors import InputError

INPUTS = (
    "throughput_t_per_yr", "isbl_usd", "raw_materials_usd_per_yr", "utilities_usd_per_yr", "effluent_usd_per_yr",
    "operating_labor_usd_per_yr", "rd_usd_per_yr", "plant_life_yr", "interest_rate",
)  # fmt: skip
PLANT: dict[str, Any] = {
    "throughput_t_per_yr": 10_000.0,
    "isbl_usd": 1e7,
    "raw_materials_usd_per_yr": 1e6,
    "utilities_usd_per_yr": 2e5,
    "effluent_usd_per_yr": 1e5,
    "operating_labor_usd_per_yr": 2e6,
    "rd_usd_per_yr": 5e4,
}


@pytest.mark.parametrize(
    "row", published("plant_finance"), ids=lambda r: f"{r['chemistry']}-{r['plant']}-{r['feed']}"
)
def test_everbatt_plants(row: dict[str, Any]) -> None:
    """48 plants: every published column within 0.1 %, and in truth within its rounding."""
    found = plant_finance(**numbers(row, *INPUTS))
    for column, value in row.items():
        if column.startswith("expected_"):
            assert getattr(found, column.removeprefix("expected_")) == pytest.approx(value, rel=1e-4), column
    for column in ("osbl_usd", "fixed_capital_usd"):
        assert getattr(found, column) == pytest.approx(row[column], rel=1e-9)


def test_the_fees_are_shares_of_the_total_that_contains_them() -> None:
    """The closed form must solve the circle: put the fees back in and the total comes out again."""
    found = plant_finance(**PLANT)
    cash = found.vcop_usd_per_yr + found.fcop_usd_per_yr
    staff = 1.5 * 1.25 * 2e6
    base = staff * 1.65 + 0.05 * 1e7 + 0.04 * 1.4e7 + 5e4
    fees = 0.02 * found.total_cost_usd_per_yr + 0.06 * found.working_capital_usd
    assert cash == pytest.approx(found.vcop_usd_per_yr + base + fees, rel=1e-12)
    assert found.total_cost_usd_per_yr == pytest.approx(cash + found.annualised_capital_usd_per_yr, rel=1e-12)


def test_annuity_pays_back_the_capital() -> None:
    for rate in (0.0, 1e-13, 0.03, 0.2):
        payment = annuity_factor(rate, 12)
        assert sum(payment * (1 + rate) ** -n for n in range(1, 13)) == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize("name", sorted(PLANT))
@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf, "many", "5", None])
def test_a_number_that_cannot_be_is_named(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=name) as error:
        plant_finance(**PLANT | {name: value})
    assert error.value.code == "economics-number"


def test_no_throughput_and_no_life_are_refused() -> None:
    for wrong in ({"throughput_t_per_yr": 0.0}, {"plant_life_yr": 0.0}, {"interest_rate": -0.1}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            plant_finance(**PLANT | wrong)


def test_rules_that_eat_the_whole_cost_are_refused() -> None:
    with pytest.raises(InputError, match="total_cost_share"):
        FinanceRules(total_cost_share=1.2)
