"""What a plant costs in a year: capital, operation and the fees that are shares of the total."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from datetime import date

from voltloop.economics.checks import number, positive, share, yearly_rate

__all__ = ["EVERBATT_RULES", "FinanceRules", "PlantFinance", "annuity_factor", "plant_finance"]


@dataclass(frozen=True, slots=True)
class FinanceRules:
    """Shares by which a plant's cost follows from its equipment, materials and labour.

    Attributes
    ----------
    osbl_share
        Offsites per equipment inside the battery limits (ISBL).
    fixed_capital_ratio
        Fixed capital per ISBL: offsites, engineering and contingency included.
    material_overhead_share
        Consumables (3 %) and packaging (2 %) per raw material.
    supervision_share, labor_overhead_share
        Supervision per operating labour, overhead per both together.
    maintenance_share
        Per year and ISBL.
    site_share
        Property tax 1 %, rent 2 % and environment 1 % per year of ISBL and offsites.
    administration_share
        General and administrative cost per labour with its overhead.
    total_cost_share
        Sales (1 %) and licences (1 %) per total cost.
    working_interest
        Interest on working capital per year.
    cost_weeks, material_weeks
        Working capital: weeks of cash cost, less weeks of raw material.
    spares_share
        Working capital: spare parts per ISBL and offsites.
    """

    osbl_share: float = 0.40
    fixed_capital_ratio: float = 1.885
    material_overhead_share: float = 0.05
    supervision_share: float = 0.25
    labor_overhead_share: float = 0.50
    maintenance_share: float = 0.05
    site_share: float = 0.04
    administration_share: float = 0.65
    total_cost_share: float = 0.02
    working_interest: float = 0.06
    cost_weeks: float = 7.0
    material_weeks: float = 2.0
    spares_share: float = 0.02

    def __post_init__(self) -> None:
        """Refuse rules that no plant could keep."""
        for item in fields(self):
            number(f"FinanceRules.{item.name}", getattr(self, item.name))
        share(
            "total_cost_share + working_interest x cost_weeks / 52 of FinanceRules",
            self.total_cost_share + self.working_interest * self.cost_weeks / 52.0,
        )


EVERBATT_RULES = FinanceRules()
"""The rules of EverBatt 2023 (Argonne National Laboratory)."""


@dataclass(frozen=True, slots=True)
class PlantFinance:
    """A plant's capital and yearly cost, in the currency and at the price date of its inputs.

    Attributes
    ----------
    osbl_usd, fixed_capital_usd, working_capital_usd
        Offsites, fixed capital and working capital.
    vcop_usd_per_yr, fcop_usd_per_yr
        Variable and fixed cash cost of production.
    annualised_capital_usd_per_yr
        Fixed capital as an annuity over the plant's life.
    total_cost_usd_per_yr
        All of the year's cost.
    cost_usd_per_kg
        Per kilogram of throughput.
    currency, priced_on
        Of all amounts.
    """

    osbl_usd: float
    fixed_capital_usd: float
    working_capital_usd: float
    vcop_usd_per_yr: float
    fcop_usd_per_yr: float
    annualised_capital_usd_per_yr: float
    total_cost_usd_per_yr: float
    cost_usd_per_kg: float
    currency: str
    priced_on: date


def annuity_factor(interest_rate: float, plant_life_yr: float) -> float:
    """Give the yearly payment per unit of capital over a life.

    Parameters
    ----------
    interest_rate
        Per year, zero or more.
    plant_life_yr
        Years, from 0.01 to 1,000.

    Raises
    ------
    InputError
        ``economics-number``.

    Examples
    --------
    >>> round(annuity_factor(0.10, 10), 6), annuity_factor(0.0, 10)
    (0.162745, 0.1)
    """
    rate, life = (
        yearly_rate("interest_rate", interest_rate),
        number("plant_life_yr", plant_life_yr, minimum=0.01, maximum=1000),
    )
    if rate < 1e-12:
        return 1.0 / life
    return -rate / math.expm1(-life * math.log1p(rate))


def plant_finance(  # noqa: PLR0913
    *,
    throughput_t_per_yr: float,
    isbl_usd: float,
    raw_materials_usd_per_yr: float,
    utilities_usd_per_yr: float,
    effluent_usd_per_yr: float,
    operating_labor_usd_per_yr: float,
    rd_usd_per_yr: float,
    plant_life_yr: float = 10.0,
    interest_rate: float = 0.10,
    rules: FinanceRules = EVERBATT_RULES,
    priced_on: date = date(2022, 1, 1),
) -> PlantFinance:
    """Give the capital and the yearly cost of a plant.

    The arguments have the names of the columns of EverBatt's plant tables, and so have the results.

    Parameters
    ----------
    throughput_t_per_yr
        Tonnes through this plant a year, above zero.
    isbl_usd
        Equipment inside the battery limits, installed.
    raw_materials_usd_per_yr
        Feed, where it is paid for, and reagents. A feed that pays (gate fee) is income and does not belong here.
    utilities_usd_per_yr, effluent_usd_per_yr, operating_labor_usd_per_yr
        As named.
    rd_usd_per_yr
        Research; EverBatt takes 1 % of the plant's revenue.
    plant_life_yr, interest_rate
        Of the annuity.
    rules
        Shares for the rest.
    priced_on
        Price date of the inputs, carried to the result.

    Raises
    ------
    InputError
        ``economics-number``: negative, not finite, or no throughput.

    Notes
    -----
    Sales, licences and the interest on working capital are shares of the total, which contains them. The
    circle is linear, so it is solved in closed form: with cash cost *C*, annual capital *K*, working capital
    *C* × 7/52 + *W0*, and the rest *V* + *B*: *C* = *V* + *B* + 2 % (*C* + *K*) + 6 % (*C* × 7/52 + *W0*).

    References
    ----------
    EverBatt 2023, Argonne National Laboratory, sheets of plant cost.

    Examples
    --------
    >>> plant = plant_finance(
    ...     throughput_t_per_yr=10_000, isbl_usd=10e6, raw_materials_usd_per_yr=1e6, utilities_usd_per_yr=2e5,
    ...     effluent_usd_per_yr=1e5, operating_labor_usd_per_yr=2.3e6, rd_usd_per_yr=5e4)
    >>> round(plant.cost_usd_per_kg, 3), plant.currency
    (1.3, 'USD')
    """
    tonnes = positive("throughput_t_per_yr", throughput_t_per_yr)
    isbl = number("isbl_usd", isbl_usd)
    materials = number("raw_materials_usd_per_yr", raw_materials_usd_per_yr)
    utilities = number("utilities_usd_per_yr", utilities_usd_per_yr)
    effluent = number("effluent_usd_per_yr", effluent_usd_per_yr)
    labor = number("operating_labor_usd_per_yr", operating_labor_usd_per_yr)
    research = number("rd_usd_per_yr", rd_usd_per_yr)

    osbl = rules.osbl_share * isbl
    capital = rules.fixed_capital_ratio * isbl
    variable = (1.0 + rules.material_overhead_share) * materials + utilities + effluent
    staff = (1.0 + rules.labor_overhead_share) * (1.0 + rules.supervision_share) * labor
    base = (
        staff * (1.0 + rules.administration_share)
        + rules.maintenance_share * isbl
        + rules.site_share * (isbl + osbl)
        + research
    )
    annual = annuity_factor(interest_rate, plant_life_yr) * capital
    stock = rules.spares_share * (isbl + osbl) - materials * rules.material_weeks / 52.0
    weeks = rules.cost_weeks / 52.0
    cash = (variable + base + rules.total_cost_share * annual + rules.working_interest * stock) / (
        1.0 - rules.total_cost_share - rules.working_interest * weeks
    )
    total = cash + annual
    return PlantFinance(
        osbl_usd=osbl,
        fixed_capital_usd=capital,
        working_capital_usd=cash * weeks + stock,
        vcop_usd_per_yr=variable,
        fcop_usd_per_yr=cash - variable,
        annualised_capital_usd_per_yr=annual,
        total_cost_usd_per_yr=total,
        cost_usd_per_kg=total / (tonnes * 1000.0),
        currency="USD",
        priced_on=priced_on,
    )
