"""Licence deals between the maker of a pack and those who restore it: minimum fee, share of revenue, audit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from voltloop.economics.checks import number, positive, share, yearly_rate
from voltloop.errors import InputError, nearest

__all__ = [
    "GradeSales",
    "LicenceTerms",
    "LicenceValue",
    "RoyaltyAudit",
    "RoyaltyStatement",
    "audit_royalty",
    "licence_value",
    "royalty_due",
]

_TWO_SIDED_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class LicenceTerms:
    """What a licensee pays.

    Attributes
    ----------
    rates
        Royalty as a share of revenue by grade.
    minimum_eur_per_yr
        Paid at least, whatever is sold.
    upfront_eur
        Paid at the start.
    audit_tolerance
        Share of the royalty by which a statement may fall short without consequence.
    audit_cost_eur
        Cost of an audit; the licensee bears it when the shortfall is above the tolerance.
    penalty_share
        Added to a shortfall above the tolerance.
    """

    rates: Mapping[str, float]
    minimum_eur_per_yr: float = 0.0
    upfront_eur: float = 0.0
    audit_tolerance: float = 0.02
    audit_cost_eur: float = 0.0
    penalty_share: float = 0.0

    def __post_init__(self) -> None:
        """Refuse terms that cannot be."""
        if not self.rates:
            raise InputError(
                "The licence has no royalty rate. Expected a rate for each grade. Add rates, such as A: 0.05.",
                code="licence-rates",
            )
        for grade, rate in self.rates.items():
            share(f"royalty rate of grade {grade}", rate)
        for name in ("minimum_eur_per_yr", "upfront_eur", "audit_cost_eur", "penalty_share"):
            number(name, getattr(self, name))
        share("audit_tolerance", self.audit_tolerance)


@dataclass(frozen=True, slots=True)
class GradeSales:
    """Units of one grade sold in a year and their revenue."""

    grade: str
    units: int
    revenue_eur: float


@dataclass(frozen=True, slots=True)
class RoyaltyStatement:
    """What is due for a year.

    Attributes
    ----------
    by_grade_eur
        Royalty on the revenue of each grade.
    royalty_eur
        Their sum.
    due_eur
        The greater of royalty and minimum.
    is_minimum
        Whether the minimum applies.
    revenue_eur
        All revenue.
    currency, priced_on
        Of all amounts.
    """

    by_grade_eur: Mapping[str, float]
    royalty_eur: float
    due_eur: float
    is_minimum: bool
    revenue_eur: float
    currency: str
    priced_on: date


@dataclass(frozen=True, slots=True)
class RoyaltyAudit:
    """What an audit of grades comes to.

    Attributes
    ----------
    royalty_eur, low_eur, high_eur
        Royalty on the grades that the audit found, scaled up from the sample, with the ends of its 95 % interval.
    shortfall_eur
        What the statement fell short of the due on these grades; below zero when too much was paid.
    shortfall_share
        Of the corrected due.
    is_above_tolerance
        Whether the shortfall is beyond the tolerance and the low end of the interval is above the statement, so that
        chance does not explain it.
    claim_eur
        To be paid after: shortfall, penalty and cost of the audit when above the tolerance, else nought.
    misgraded_share
        Of the units sold, by the sample.
    currency, priced_on
        Of all amounts.
    """

    royalty_eur: float
    low_eur: float
    high_eur: float
    shortfall_eur: float
    shortfall_share: float
    is_above_tolerance: bool
    claim_eur: float
    misgraded_share: float
    currency: str
    priced_on: date


@dataclass(frozen=True, slots=True)
class LicenceValue:
    """Present value of a licence to both sides.

    Attributes
    ----------
    licensor_eur, licensee_eur
        What the maker gets, and what the licensee keeps of its margin.
    fees_eur
        Fee of each year, the upfront fee in year 0.
    break_even_rate_share
        Factor on all rates at which the licensee keeps nothing, minimum and upfront fee left as they are; None when
        there is no royalty, or when minimum and upfront fee alone take more than the margin.
    currency, priced_on
        Of all amounts.
    """

    licensor_eur: float
    licensee_eur: float
    fees_eur: tuple[float, ...]
    break_even_rate_share: float | None
    currency: str
    priced_on: date


def _rate(terms: LicenceTerms, grade: str) -> float:
    if grade not in terms.rates:
        raise InputError(
            f'The licence has no rate for grade "{grade}". Expected one of {", ".join(terms.rates)}.'
            f"{nearest(grade, terms.rates)} Add the rate to the terms, or correct the grade.",
            code="licence-grade",
        )
    return terms.rates[grade]


def royalty_due(sales: Sequence[GradeSales], terms: LicenceTerms, *, priced_on: date) -> RoyaltyStatement:
    """Give the royalty due for a year's sales.

    Parameters
    ----------
    sales
        By grade; several entries of one grade add up, none gives the minimum.
    terms
        Of the licence.
    priced_on
        Price date, carried to the result.

    Raises
    ------
    InputError
        ``licence-grade``: a grade without a rate; ``economics-number``.

    Examples
    --------
    >>> terms = LicenceTerms({"A": 0.06, "B": 0.04}, minimum_eur_per_yr=10_000)
    >>> royalty_due([GradeSales("A", 100, 400_000), GradeSales("B", 50, 100_000)], terms,
    ...             priced_on=date(2026, 1, 1)).due_eur
    28000.0
    """
    by_grade: dict[str, float] = {}
    revenue = 0.0
    for sale in sales:
        number(f"units of grade {sale.grade}", sale.units)
        amount = number(f"revenue_eur of grade {sale.grade}", sale.revenue_eur)
        by_grade[sale.grade] = by_grade.get(sale.grade, 0.0) + amount * _rate(terms, sale.grade)
        revenue += amount
    royalty = sum(by_grade.values())
    return RoyaltyStatement(
        by_grade_eur=by_grade,
        royalty_eur=royalty,
        due_eur=max(royalty, terms.minimum_eur_per_yr),
        is_minimum=royalty < terms.minimum_eur_per_yr,
        revenue_eur=revenue,
        currency="EUR",
        priced_on=priced_on,
    )


def audit_royalty(
    sales: Sequence[GradeSales],
    sample: Mapping[tuple[str, str], int],
    terms: LicenceTerms,
    *,
    priced_on: date,
) -> RoyaltyAudit:
    """Give what an audit of a sample of packs says about a statement.

    Parameters
    ----------
    sales
        As reported, by grade.
    sample
        Packs counted by reported and found grade; drawn at random within each reported grade.
    terms
        Of the licence.
    priced_on
        Price date, carried to the result.

    Raises
    ------
    InputError
        ``audit-sample``: a reported grade with revenue has no packs in the sample, or more than were sold;
        ``licence-grade``, ``economics-number``.

    Notes
    -----
    A stratified estimate: within each reported grade the mean rate of the found grades, times its revenue; its variance
    over the sample, less the part that the sample covers (Cochran, Sampling Techniques, chapter 5, recalled).

    Examples
    --------
    >>> terms = LicenceTerms({"A": 0.06, "B": 0.03})
    >>> audit = audit_royalty([GradeSales("B", 1000, 1e6)], {("B", "B"): 80, ("B", "A"): 20}, terms,
    ...                       priced_on=date(2026, 1, 1))
    >>> round(audit.shortfall_eur), audit.is_above_tolerance
    (6000, True)
    """
    statement = royalty_due(sales, terms, priced_on=priced_on)
    revenue: dict[str, float] = {}
    units: dict[str, float] = {}
    for sale in sales:
        revenue[sale.grade] = revenue.get(sale.grade, 0.0) + sale.revenue_eur
        units[sale.grade] = units.get(sale.grade, 0.0) + sale.units
    royalty = variance = wrong = 0.0
    for grade, amount in revenue.items():
        found = {got: number("packs in the sample", n) for (said, got), n in sample.items() if said == grade}
        drawn = sum(found.values())
        if (drawn == 0 and amount) or drawn > units[grade]:
            raise InputError(
                f"The sample has {drawn:g} packs of grade {grade}, of which {units[grade]:g} were sold. Expected "
                "from 1 up to all of them. Draw packs of each grade that was sold.",
                code="audit-sample",
            )
        if not drawn:
            continue
        rates = {got: _rate(terms, got) for got in found}
        mean = sum(n * rates[got] for got, n in found.items()) / drawn
        royalty += amount * mean
        wrong += units[grade] * sum(n for got, n in found.items() if got != grade) / drawn
        if drawn > 1:
            spread = sum(n * (rates[got] - mean) ** 2 for got, n in found.items()) / (drawn - 1)
            variance += amount**2 * spread / drawn * (1.0 - drawn / units[grade])
    half = _TWO_SIDED_95 * math.sqrt(variance)
    corrected = max(royalty, terms.minimum_eur_per_yr)
    shortfall = corrected - statement.due_eur
    part = shortfall / corrected if corrected else 0.0
    beyond = (
        part > terms.audit_tolerance and max(royalty - half, terms.minimum_eur_per_yr) > statement.due_eur
    )
    claim = shortfall * (1.0 + terms.penalty_share) + terms.audit_cost_eur if beyond else 0.0
    sold = sum(units.values())
    return RoyaltyAudit(
        royalty_eur=royalty,
        low_eur=royalty - half,
        high_eur=royalty + half,
        shortfall_eur=shortfall,
        shortfall_share=part,
        is_above_tolerance=beyond,
        claim_eur=claim,
        misgraded_share=wrong / sold if sold else 0.0,
        currency="EUR",
        priced_on=priced_on,
    )


def licence_value(
    sales_by_year: Sequence[Sequence[GradeSales]],
    terms: LicenceTerms,
    *,
    margin_share: float,
    priced_on: date,
    discount_rate: float = 0.08,
) -> LicenceValue:
    """Give the present value of a licence to maker and licensee.

    Parameters
    ----------
    sales_by_year
        Sales of year 1, 2 and so on.
    terms
        Of the licence.
    margin_share
        What the licensee earns on its revenue before the licence, as a share, up to 1.
    priced_on
        Price date, carried to the result.
    discount_rate
        Per year.

    Raises
    ------
    InputError
        ``licence-grade``, ``economics-number``.

    Examples
    --------
    >>> terms = LicenceTerms({"A": 0.05}, upfront_eur=1_000)
    >>> value = licence_value([[GradeSales("A", 10, 100_000)]], terms, margin_share=0.2, discount_rate=0.0,
    ...                       priced_on=date(2026, 1, 1))
    >>> value.licensor_eur, value.licensee_eur
    (6000.0, 14000.0)
    """
    margin = number("margin_share", margin_share, minimum=None, maximum=1.0)
    factor = 1.0 / (1.0 + yearly_rate("discount_rate", discount_rate))
    statements = [royalty_due(sales, terms, priced_on=priced_on) for sales in sales_by_year]
    fees = [statement.due_eur for statement in statements]
    licensor = terms.upfront_eur + sum(fee * factor**year for year, fee in enumerate(fees, start=1))
    earned = sum(s.revenue_eur * margin * factor**year for year, s in enumerate(statements, start=1))
    royalties = sum(s.royalty_eur * factor**year for year, s in enumerate(statements, start=1))
    even = None
    if royalties > 0:
        even = _break_even_factor(statements, terms, earned - terms.upfront_eur, factor)
    return LicenceValue(licensor, earned - licensor, (terms.upfront_eur, *fees), even, "EUR", priced_on)


def _break_even_factor(
    statements: Sequence[RoyaltyStatement], terms: LicenceTerms, left_eur: float, factor: float
) -> float | None:
    """Factor on the rates at which the fees eat up what is left; None when the minimum alone does."""

    def fees(scale: float) -> float:
        return sum(
            max(scale * s.royalty_eur, terms.minimum_eur_per_yr) * factor**year
            for year, s in enumerate(statements, start=1)
        )

    if fees(0.0) > left_eur:
        return None
    low, high = 0.0, 1.0
    while fees(high) < left_eur:
        high *= 2.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if fees(middle) < left_eur else (low, middle)
    return positive("break-even factor", high)
