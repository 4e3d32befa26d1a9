"""Failure models against exact results and scipy's censored fits; the price of a warranty against closed forms."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import polars as pl
import pytest
import scipy.stats

from voltloop.economics import (
    COVERS,
    LIFE_MODELS,
    FailureModel,
    WarrantyTerms,
    failure_returns,
    fit_failures,
    warranty_price,
)
from voltloop.errors import InputError

ON = date(2026, 11, 24)


def simulated(count: int = 800, seed: int = 1) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    life, seen = 6.0 * random.weibull(1.8, count), random.uniform(0.2, 5.0, count)
    return pl.DataFrame({"age_years": np.minimum(life, seen), "is_failed": life < seen})


def exponential(mean: float, deviation: float = 0.0) -> FailureModel:
    return FailureModel("exponential", mean, 1.0, ((deviation**2,),), 0.0, 0.0, (), 100, 10, 10 * mean, 10.0)


def terms(years: float = 2.0, covers: str = "first_failure", cost: float = 1000.0) -> WarrantyTerms:
    return WarrantyTerms(years, cost, "EUR", ON, covers)


def test_an_exponential_life_is_exposure_over_failures() -> None:
    returns = failure_returns(simulated())
    fit = fit_failures(returns, "exponential")
    assert fit.scale_years == pytest.approx(returns.exposure_years / returns.failures, rel=1e-6)
    assert fit.covariance[0][0] == pytest.approx(1.0 / returns.failures, rel=1e-4)


@pytest.mark.parametrize("model", ["weibull", "lognormal", "loglogistic"])
def test_fits_agree_with_those_of_scipy(model: str) -> None:
    table = simulated()
    fit = fit_failures(failure_returns(table), model)
    failed = table.filter("is_failed")["age_years"].to_numpy()
    working = table.filter(~pl.col("is_failed"))["age_years"].to_numpy()
    data = scipy.stats.CensoredData(uncensored=failed, right=working)
    family = {
        "weibull": scipy.stats.weibull_min,
        "lognormal": scipy.stats.lognorm,
        "loglogistic": scipy.stats.fisk,
    }
    shape, _, scale = family[model].fit(data, floc=0)
    if model == "lognormal":
        shape = 1.0 / shape
    assert (fit.scale_years, fit.shape) == (pytest.approx(scale, rel=2e-3), pytest.approx(shape, rel=2e-3))
    life = family[model](shape if model != "lognormal" else 1 / shape, scale=scale)
    assert fit.failure_share(2.0) == pytest.approx(life.cdf(2.0), rel=2e-3)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    truth = 1.0 - math.exp(-((2.0 / 6.0) ** 1.8))
    hits = 0
    for seed in range(60):
        fit = fit_failures(failure_returns(simulated(300, seed)), "weibull")
        low, high = fit.interval(2.0, 0.9)
        hits += low <= truth <= high
    assert 48 <= hits <= 60


def test_the_best_model_is_told_with_the_others() -> None:
    fit = fit_failures(failure_returns(simulated(3000)))
    assert {name for name, _ in fit.candidates} == set(LIFE_MODELS)
    assert fit.candidates[0] == (fit.model, fit.aic)
    assert fit.candidates[-1][0] == "exponential"
    assert fit.shape > 1.2


def test_quantities_count_as_rows() -> None:
    one_by_one = pl.DataFrame({"age_years": [1.0, 2.0, 2.0, 3.0], "is_failed": [True, False, False, True]})
    together = pl.DataFrame(
        {"age_years": [1.0, 2.0, 3.0], "is_failed": [True, False, True], "quantity": [1, 2, 1]}
    )
    first, second = (fit_failures(failure_returns(table), "weibull") for table in (one_by_one, together))
    assert first.scale_years == pytest.approx(second.scale_years)
    assert (first.units, first.failures) == (second.units, second.failures) == (4, 2)


def test_without_failures_there_is_a_bound_and_a_finding() -> None:
    returns = failure_returns(pl.DataFrame({"age_years": [1.0] * 100, "is_failed": [False] * 100}))
    fit = fit_failures(returns)
    assert fit.is_bound
    # Exact: at the rate told, seeing none in 100 years is an even chance.
    assert math.exp(-100.0 / fit.scale_years) == pytest.approx(0.5)
    low, high = fit.interval(1.0, 0.95)
    assert (low, high) == (0.0, pytest.approx(1.0 - 0.05**0.01))
    priced = warranty_price(fit, terms(3.0), packs=50)
    assert [finding.code for finding in priced.findings] == ["warranty-no-failure", "warranty-beyond-data"]


def test_rows_in_are_rows_accepted_and_rejected() -> None:
    table = pl.DataFrame(
        {
            "age_years": [1.0, -1.0, math.nan, 2.0, 0.0, 3.0, None, 0.0],
            "is_failed": [True, True, False, None, True, False, True, False],
            "quantity": [1, 1, 1, 1, 1, 0, 1, 1],
        }
    )
    returns = failure_returns(table)
    assert returns.table.height + returns.rejected.height == table.height
    assert returns.rejected["reason"].to_list() == [
        "failure-age", "failure-age", "failure-state", "failure-on-arrival", "failure-quantity", "failure-age",
    ]  # fmt: skip
    assert [finding.where for finding in returns.findings] == [
        "Row 1",
        "Row 2",
        "Row 3",
        "Row 4",
        "Row 5",
        "Row 6",
    ]


def test_claims_without_uncertainty_are_those_of_the_binomial() -> None:
    model = exponential(10.0)
    share = 1.0 - math.exp(-0.2)
    priced = warranty_price(model, terms(), packs=200, quantile=0.95)
    assert priced.expected_claims == pytest.approx(share)
    assert priced.expected_cost == pytest.approx(1000.0 * share)
    assert priced.reserve_claims == int(scipy.stats.binom.ppf(0.95, 200, share))
    assert priced.reserve == pytest.approx(priced.reserve_claims * 1000.0)


def test_what_is_not_known_raises_the_reserve_and_not_the_expected_cost() -> None:
    sure, unsure = (warranty_price(exponential(10.0, s), terms(), packs=200) for s in (0.0, 0.4))
    assert unsure.expected_cost == pytest.approx(sure.expected_cost)
    assert unsure.reserve_claims > sure.reserve_claims
    assert unsure.claims_interval[1] > sure.claims_interval[1]


def test_every_failure_of_an_exponential_life_is_a_poisson_process() -> None:
    priced = warranty_price(exponential(4.0), terms(3.0, "every_failure"), packs=100)
    assert priced.expected_claims == pytest.approx(0.75, rel=1e-4)
    assert priced.reserve_claims == int(scipy.stats.poisson.ppf(0.95, 75.0))


def test_discount_and_pro_rata_refund_in_closed_form() -> None:
    rate = math.log(1.05)
    hazard, term = 0.1, 3.0
    discounted = hazard / (hazard + rate) * (1.0 - math.exp(-(hazard + rate) * term))
    priced = warranty_price(exponential(10.0), terms(term), packs=10, discount_rate=0.05)
    assert priced.expected_cost == pytest.approx(1000.0 * discounted, rel=1e-5)
    refund = 1.0 - (1.0 - math.exp(-hazard * term)) / (hazard * term)
    pro_rata = warranty_price(exponential(10.0), terms(term, "pro_rata"), packs=10)
    assert pro_rata.expected_cost == pytest.approx(1000.0 * refund, rel=1e-5)


@pytest.mark.parametrize("covers", COVERS)
def test_a_longer_term_costs_more(covers: str) -> None:
    model = fit_failures(failure_returns(simulated()), "weibull")
    costs = [
        warranty_price(model, terms(years, covers), packs=100).expected_cost for years in (1.0, 2.0, 4.0)
    ]
    assert costs == sorted(costs)
    capital = warranty_price(model, terms(2.0, covers), packs=100, capital_rate=0.1)
    assert capital.price > capital.expected_cost


@pytest.mark.parametrize(
    ("table", "model", "code"),
    [
        ({"age": [1.0]}, None, "failures-columns"),
        ({"age_years": ["one"], "is_failed": [True]}, None, "failures-columns"),
        ({"age_years": [1.0], "is_failed": [1]}, None, "failures-columns"),
        ({"age_years": [0.0], "is_failed": [False]}, None, "failures-none"),
        ({"age_years": [1.0], "is_failed": [True]}, "weibull", "failures-few"),
        ({"age_years": [1.0, 2.0], "is_failed": [False, False]}, "weibull", "failures-few"),
        ({"age_years": [1.0], "is_failed": [True]}, "weibul", "economics-word"),
    ],
)
def test_returns_that_cannot_be_fitted(table: dict[str, list[object]], model: str | None, code: str) -> None:
    with pytest.raises(InputError) as refused:
        fit_failures(failure_returns(pl.DataFrame(table)), model)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("given", "extra", "code"),
    [
        (terms(0.0), {}, "economics-number"),
        (terms(2.0, "everything"), {}, "economics-word"),
        (terms(2.0, cost=-1.0), {}, "economics-number"),
        (terms(), {"packs": 0}, "economics-number"),
        (terms(), {"quantile": 1.0}, "economics-share"),
        (terms(), {"quantile": 95.0}, "economics-share"),
        (terms(), {"discount_rate": math.nan}, "economics-number"),
        (terms(), {"confidence": 0.0}, "economics-share"),
    ],
)
def test_warranties_that_cannot_be(given: WarrantyTerms, extra: dict[str, float], code: str) -> None:
    with pytest.raises(InputError) as refused:
        warranty_price(exponential(10.0), given, **{"packs": 10, **extra})
    assert refused.value.code == code
