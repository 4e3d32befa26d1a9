"""What a warranty on restored packs costs: expected claims, discount, and a reserve that rarely falls short."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from voltloop.economics.checks import number, one_of, positive, share, yearly_rate
from voltloop.economics.failures import FailureModel
from voltloop.errors import InputError
from voltloop.findings import Finding, make

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["COVERS", "WarrantyPrice", "WarrantyTerms", "warranty_price"]

COVERS = ("first_failure", "every_failure", "pro_rata")
"""The first failure only; every failure, replacements covered for the rest of the term; the first, refunded less the
share of the term that has passed."""

_STEPS = 300
_NODES = 31


@dataclass(frozen=True)
class WarrantyTerms:
    """What a warranty promises.

    Attributes
    ----------
    term_years
        Length from the day the restored pack is handed over [years], above 0.
    claim_cost
        Cost of one claim met in full, in ``currency``: pack or repair, freight, labour.
    covers
        One of :data:`COVERS`.
    currency, priced_on
        Of all amounts.
    """

    term_years: float
    claim_cost: float
    currency: str
    priced_on: date
    covers: str = "first_failure"


@dataclass(frozen=True)
class WarrantyPrice:
    """What a warranty costs, in ``currency`` of ``priced_on``.

    Attributes
    ----------
    expected_claims
        Claims per pack sold; with ``pro_rata`` the claims, whatever is refunded of each.
    claims_interval
        Their confidence interval, as far as the failure model is unsure.
    expected_cost
        Discounted cost of claims per pack sold.
    reserve_claims
        Claims of all packs sold that are not exceeded with the chance ``quantile``.
    reserve
        Money to set aside for all packs sold.
    price
        Per pack sold: expected cost plus the cost of capital on what the reserve exceeds it by.
    packs, quantile, confidence, discount_rate, capital_rate
        What was asked for.
    model
        The failure model.
    findings
        What weakens the price: no failure yet, a term beyond the ages observed.
    """

    terms: WarrantyTerms
    expected_claims: float
    claims_interval: tuple[float, float]
    expected_cost: float
    reserve_claims: int
    reserve: float
    price: float
    packs: int
    quantile: float
    confidence: float
    discount_rate: float
    capital_rate: float
    model: FailureModel
    findings: tuple[Finding, ...]


def warranty_price(
    model: FailureModel,
    terms: WarrantyTerms,
    *,
    packs: int,
    discount_rate: float = 0.0,
    quantile: float = 0.95,
    capital_rate: float = 0.0,
    confidence: float = 0.9,
) -> WarrantyPrice:
    """Price a warranty for a number of packs sold.

    Parameters
    ----------
    model
        How the packs fail, from :func:`fit_failures`.
    terms
        What is promised.
    packs
        Packs sold under it, 1 or more.
    discount_rate
        Effective per year, 0 or more.
    quantile
        Chance that the reserve is enough, between 0 and 1.
    capital_rate
        Return a year on the reserve held above the expected cost, for half the term on average.
    confidence
        Of the interval of the claims.

    Raises
    ------
    InputError
        ``economics-number``, ``economics-share``, ``economics-word``.

    Notes
    -----
    Claims of ``every_failure`` solve the renewal equation M = F + F * M on a grid (Blischke and Murthy 1994, *Warranty
    Cost Analysis*, ch. 4). The number of claims is binomial (Poisson for ``every_failure``) given the failure
    share, which is itself unsure: the reserve is a quantile of the mixture over the normal spread of its log hazard, by
    Gauss-Hermite quadrature.
    """
    term = positive("term_years", terms.term_years)
    cost = number(f"claim_cost [{terms.currency}]", terms.claim_cost)
    covers = one_of("Cover", terms.covers, COVERS)
    sold = int(number("packs", packs, minimum=1))
    rate = yearly_rate("discount_rate", discount_rate)
    level = share("quantile", quantile)
    if level in (0.0, 1.0):
        raise InputError(
            f"A reserve at a chance of {level:g} is no reserve. Expected a share between 0 and 1, such as 0.95.",
            code="economics-share",
        )
    capital = yearly_rate("capital_rate", capital_rate)
    claims, paid = _claims_and_cost(model, term, covers, rate)
    low, high = (
        _claims_for(model, term, covers, share_failed) for share_failed in model.interval(term, confidence)
    )
    expected_cost = paid * cost
    reserve_claims = _reserve_claims(model, term, covers, sold, level)
    per_claim = expected_cost / claims if claims > 0 else 0.0
    reserve = max(reserve_claims * per_claim, expected_cost * sold)
    loading = capital * term / 2.0 * (reserve / sold - expected_cost)
    return WarrantyPrice(
        terms, claims, (low, high), expected_cost, reserve_claims, reserve, expected_cost + loading, sold, level,
        confidence, rate, capital, model, tuple(_findings(model, term)),
    )  # fmt: skip


def _findings(model: FailureModel, term: float) -> list[Finding]:
    found = []
    if model.is_bound:
        found.append(make("warranty-no-failure", value=f"{model.exposure_years:g}"))
    if term > model.oldest_years:
        found.append(make("warranty-beyond-data", raw=f"{term:g}", value=f"{model.oldest_years:g}"))
    return found


def _claims_and_cost(model: FailureModel, term: float, covers: str, rate: float) -> tuple[float, float]:
    """Give expected claims per pack, and their cost discounted, for a claim that costs 1."""
    import numpy as np

    ages = np.linspace(0.0, term, _STEPS + 1)
    claims = _cumulative(model, ages, covers)
    middle = 0.5 * (ages[1:] + ages[:-1])
    weight = (1.0 + rate) ** -middle
    if covers == "pro_rata":
        weight = weight * (1.0 - middle / term)
    return float(claims[-1]), float((np.diff(claims) * weight).sum())


def _cumulative(model: FailureModel, ages: NDArray[np.float64], covers: str) -> NDArray[np.float64]:
    import numpy as np

    failed = -np.expm1(-model.hazard(ages))
    return _renewals(failed) if covers == "every_failure" else failed


def _renewals(failed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Solve the renewal equation on an even grid, midpoint rule (Xie 1989)."""
    import numpy as np

    middle = 0.5 * (failed[1:] + failed[:-1])
    # Between grid points the distribution is taken half way, which keeps the error at the square of the step.
    renewals = np.zeros_like(failed)
    for i in range(1, len(failed)):
        past = np.diff(renewals[:i])
        known = failed[i] - middle[0] * renewals[i - 1] + float((middle[i - 1 : 0 : -1] * past).sum())
        renewals[i] = known / (1.0 - middle[0])
    return renewals


def _claims_for(model: FailureModel, term: float, covers: str, share_failed: float) -> float:
    """Give expected claims when the share failed by the end of the term is ``share_failed``, the shape kept."""
    if covers != "every_failure" or share_failed <= 0.0:
        return share_failed
    import numpy as np

    hazard = model.hazard(np.linspace(0.0, term, _STEPS + 1))
    ratio = -math.log1p(-share_failed) / float(hazard[-1])
    return float(_renewals(-np.expm1(-hazard * ratio))[-1])


def _reserve_claims(model: FailureModel, term: float, covers: str, sold: int, level: float) -> int:
    import numpy as np
    import scipy.stats

    centre, deviation = model.log_hazard(term)
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    weights = weights / weights.sum()
    shares = [-math.expm1(-math.exp(min(centre + deviation * float(node), 50.0))) for node in nodes]
    if covers == "every_failure":
        # Renewals of an unsure share: claims grow with the hazard, in the ratio of the expected ones.
        means = (
            np.array([_claims_for(model, term, covers, min(given, 1.0 - 1e-12)) for given in shares]) * sold
        )

        def enough(k: int) -> bool:
            return float((weights * scipy.stats.poisson.cdf(k, means)).sum()) >= level
    else:
        given = np.array(shares)

        def enough(k: int) -> bool:
            return float((weights * scipy.stats.binom.cdf(k, sold, given)).sum()) >= level

    low, high = -1, 1
    while not enough(high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
