"""How restored packs fail: life distributions fitted to returns, most of which have not failed yet."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from voltloop.economics.checks import number, one_of
from voltloop.errors import InputError
from voltloop.findings import Finding, make

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["LIFE_MODELS", "FailureModel", "FailureReturns", "failure_returns", "fit_failures"]

LIFE_MODELS = ("exponential", "weibull", "lognormal", "loglogistic")
"""Life distributions; all but the first, which has none, have a scale [years] and a shape."""

_COLUMNS = ("age_years", "is_failed")


@dataclass(frozen=True)
class FailureReturns:
    """Ages of restored packs, checked.

    Attributes
    ----------
    table
        ``age_years`` (in service since it was restored, above 0), ``is_failed``, ``quantity``.
    rejected
        Rows that cannot be used, with ``row`` (from 0) and ``reason``. Rows in = rows accepted + rows rejected.
    findings
        The same in words, with a code.
    """

    table: pl.DataFrame
    rejected: pl.DataFrame
    findings: tuple[Finding, ...]

    @property
    def units(self) -> int:
        """Packs observed."""
        return int(self.table["quantity"].sum())

    @property
    def failures(self) -> int:
        """Packs that failed."""
        return int(self.table.filter("is_failed")["quantity"].sum())

    @property
    def exposure_years(self) -> float:
        """Years in service, all packs together."""
        return float((self.table["age_years"] * self.table["quantity"]).sum())

    @property
    def oldest_years(self) -> float:
        """The oldest age observed [years]; 0 where nothing was."""
        return float(self.table["age_years"].cast(pl.Float64).sort()[-1]) if self.table.height else 0.0


def failure_returns(table: pl.DataFrame) -> FailureReturns:
    """Check a table of ages and failures.

    Parameters
    ----------
    table
        ``age_years``: age at failure, or at the last day it was known to work [years since it was restored];
        ``is_failed``: true where it failed; ``quantity``: packs alike, 1 where the column is missing.

    Raises
    ------
    InputError
        ``failures-columns``: a column is missing or of another type.
    """
    missing = [name for name in _COLUMNS if name not in table.columns]
    if missing:
        raise InputError(
            f"The table of failures has no column {', '.join(missing)}. Expected age_years, is_failed and, if wanted, "
            "quantity. Name the columns so.",
            code="failures-columns",
        )
    if not table["age_years"].dtype.is_numeric() or table["is_failed"].dtype != pl.Boolean:
        raise InputError(
            f"The table of failures has age_years as {table['age_years'].dtype} and is_failed as "
            f"{table['is_failed'].dtype}. Expected numbers, and true or false. Convert them first.",
            code="failures-columns",
        )
    counts = pl.col("quantity") if "quantity" in table.columns else pl.lit(1)
    rows = table.with_row_index("row").select(
        "row",
        pl.col("age_years").cast(pl.Float64),
        "is_failed",
        counts.cast(pl.Float64, strict=False).alias("quantity"),
    )
    age, quantity = pl.col("age_years"), pl.col("quantity")
    reason = (
        pl.when(age.is_null() | ~age.is_finite() | (age < 0) | (age > 100))
        .then(pl.lit("failure-age"))
        .when(pl.col("is_failed").is_null())
        .then(pl.lit("failure-state"))
        .when(quantity.is_null() | ~quantity.is_finite() | (quantity < 1) | (quantity != quantity.floor()))
        .then(pl.lit("failure-quantity"))
        .when((age == 0) & pl.col("is_failed"))
        .then(pl.lit("failure-on-arrival"))
    )
    judged = rows.with_columns(reason.alias("reason"))
    rejected = judged.filter(pl.col("reason").is_not_null())
    findings = tuple(
        make(row["reason"], where=f"Row {row['row']}", raw=_raw(row), field="age_years")
        for row in rejected.iter_rows(named=True)
    )
    accepted = judged.filter(pl.col("reason").is_null()).drop("row", "reason")
    return FailureReturns(accepted, rejected.select("row", "reason"), findings)


def _raw(row: dict[str, object]) -> str:
    return str(row["quantity"] if row["reason"] == "failure-quantity" else row["age_years"])


@dataclass(frozen=True)
class FailureModel:
    """A fitted life distribution.

    Attributes
    ----------
    model
        One of :data:`LIFE_MODELS`.
    scale_years, shape
        Its parameters: of ``weibull`` the characteristic life and the slope, of ``lognormal`` the median and
        1 / sigma, of ``loglogistic`` the median and the slope, of ``exponential`` the mean life and 1.
    covariance
        Of the logarithms of scale and shape; the shape's is left out for ``exponential``.
    log_likelihood, aic
        Of the fit; AIC with the correction for few failures.
    candidates
        AIC of every model tried, best first.
    units, failures, exposure_years, oldest_years
        What it was fitted to; beyond the oldest age it extrapolates.
    is_bound
        Nothing failed, so the scale is the median-unbiased one: with it, no failure was an even chance.
    """

    model: str
    scale_years: float
    shape: float
    covariance: tuple[tuple[float, ...], ...]
    log_likelihood: float
    aic: float
    candidates: tuple[tuple[str, float], ...]
    units: int
    failures: int
    exposure_years: float
    oldest_years: float
    is_bound: bool = False

    def failure_share(self, age_years: float) -> float:
        """Share of packs that failed by an age [1], 0 to 1."""
        import numpy as np

        return float(-np.expm1(-self.hazard(np.array([number("age_years", age_years)]))[0]))

    def hazard(self, ages_years: NDArray[np.float64]) -> NDArray[np.float64]:
        """Cumulative hazard, -log(1 - share failed), at ages of 0 or more."""
        return _hazard(self.model, ages_years, self.scale_years, self.shape)

    def interval(self, age_years: float, confidence: float = 0.9) -> tuple[float, float]:
        """Two-sided confidence interval of :meth:`failure_share`, 0 to 1.

        Parameters
        ----------
        age_years
            0 or more.
        confidence
            Between 0 and 1.

        Notes
        -----
        Normal on log(-log(1 - share)) by the delta method (Meeker and Escobar 1998, 8.4.3). Without failures, from
        0 to the exact one-sided bound, -log(1 - confidence) over the exposure.
        """
        import scipy.stats

        level = _confidence(confidence)
        age = number("age_years", age_years)
        if age == 0.0:
            return 0.0, 0.0
        if self.is_bound:
            rate = -math.log1p(-level) / self.exposure_years
            return 0.0, -math.expm1(-rate * age)
        centre, deviation = self.log_hazard(age)
        width = float(scipy.stats.norm.ppf(0.5 + level / 2.0)) * deviation
        low, high = (-math.expm1(-math.exp(centre + side)) for side in (-width, width))
        return low, high

    def log_hazard(self, age_years: float) -> tuple[float, float]:
        """Logarithm of the cumulative hazard at an age above 0, and its standard deviation."""
        import numpy as np

        step, age = 1e-5, np.array([age_years])

        def at(log_scale: float, log_shape: float) -> float:
            return math.log(_hazard(self.model, age, math.exp(log_scale), math.exp(log_shape))[0])

        point = (math.log(self.scale_years), math.log(self.shape))
        centre = at(*point)
        slopes = [(at(point[0] + step, point[1]) - at(point[0] - step, point[1])) / (2 * step)]
        if len(self.covariance) == 2:
            slopes.append((at(point[0], point[1] + step) - at(point[0], point[1] - step)) / (2 * step))
        variance = sum(
            slopes[i] * self.covariance[i][j] * slopes[j]
            for i in range(len(slopes))
            for j in range(len(slopes))
        )
        return centre, math.sqrt(max(variance, 0.0))


def _confidence(value: float) -> float:
    level = number("confidence", value, maximum=1.0)
    if level in (0.0, 1.0):
        raise InputError(
            f"A confidence of {level:g} says nothing. Expected a share between 0 and 1, such as 0.9.",
            code="economics-share",
        )
    return level


def _hazard(model: str, ages: NDArray[np.float64], scale: float, shape: float) -> NDArray[np.float64]:
    """Give the cumulative hazard, -log(1 - share failed)."""
    import numpy as np

    with np.errstate(divide="ignore"):
        z = shape * (np.log(ages) - math.log(scale))
    if model == "lognormal":
        import scipy.special

        found: NDArray[np.float64] = -scipy.special.log_ndtr(-z)
        return found
    return np.logaddexp(0.0, z) if model == "loglogistic" else np.exp(z)


def fit_failures(returns: FailureReturns, model: str | None = None) -> FailureModel:
    """Fit a life distribution to packs of which many still work.

    Parameters
    ----------
    returns
        From :func:`failure_returns`.
    model
        One of :data:`LIFE_MODELS`; None takes the one of the smallest corrected AIC among those with fewer
        parameters than there are failures.

    Raises
    ------
    InputError
        ``failures-none``: no pack was observed for any time; ``failures-few``: the model asked for has more
        parameters than there are failures at different ages; ``economics-word``.

    Notes
    -----
    Maximum likelihood with right censoring; covariance from the observed information. Log-normal and log-logistic are
    the usual alternatives to Weibull (Meeker and Escobar 1998, *Statistical Methods for Reliability Data*, ch. 8).
    """
    if returns.exposure_years <= 0.0:
        raise InputError(
            "No pack was in service for any time, so nothing can be said of how they fail. Give ages above zero."
            + "".join(f" {one.message} {one.help}" for one in returns.findings[:3]),
            code="failures-none",
        )
    wanted = LIFE_MODELS if model is None else (one_of("Life model", model, LIFE_MODELS),)
    failed_ages = returns.table.filter("is_failed")["age_years"].n_unique()
    allowed = [name for name in wanted if _parameters(name) <= failed_ages]
    if returns.failures == 0 and "exponential" in wanted:
        return _bound(returns)
    if not allowed:
        raise InputError(
            f"{returns.failures} failures at {failed_ages} ages do not tell the {_parameters(wanted[0])} parameters of "
            f"{wanted[0]}. Gather more, or fit exponential.",
            code="failures-few",
        )
    fits = sorted((_fit(returns, name) for name in allowed), key=lambda fit: fit.aic)
    candidates = tuple((fit.model, fit.aic) for fit in fits)
    best = fits[0]
    return FailureModel(**{**best.__dict__, "candidates": candidates})


def _parameters(model: str) -> int:
    return 1 if model == "exponential" else 2


def _bound(returns: FailureReturns) -> FailureModel:
    years = returns.exposure_years
    mean, chance = years / math.log(2.0), math.log(2.0)
    aic = 2.0 + 2.0 * chance
    return FailureModel(
        "exponential", mean, 1.0, ((1.0,),), -chance, aic, (("exponential", aic),), returns.units, 0, years,
        returns.oldest_years, is_bound=True,
    )  # fmt: skip


def _fit(returns: FailureReturns, model: str) -> FailureModel:
    import numpy as np
    import scipy.optimize

    grouped = returns.table.group_by("age_years", "is_failed").agg(pl.col("quantity").sum()).sort("age_years")
    grouped = grouped.filter(pl.col("age_years") > 0)
    age = grouped["age_years"].to_numpy()
    failed = grouped["is_failed"].to_numpy()
    count = grouped["quantity"].to_numpy()
    events = float(count[failed].sum())
    mean = float((age * count).sum()) / events

    def loss(theta: NDArray[np.float64]) -> float:
        return -_log_likelihood(model, theta, (age, failed, count))

    start = np.array([math.log(mean)]) if model == "exponential" else np.array([math.log(mean), 0.2])
    # A simplex first: likelihoods of few failures are flat far from their top.
    rough = scipy.optimize.minimize(
        loss, start, method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4000}
    )
    theta = rough.x
    covariance = np.linalg.pinv(_hessian(loss, theta))
    top, k = -float(rough.fun), len(theta)
    aic = 2.0 * k - 2.0 * top
    if events - k - 1 > 0:
        aic += 2.0 * k * (k + 1) / (events - k - 1)
    shape = 1.0 if k == 1 else float(np.exp(theta[1]))
    rows = tuple(tuple(float(cell) for cell in row) for row in covariance)
    return FailureModel(
        model, float(np.exp(theta[0])), shape, rows, top, aic, (), returns.units, returns.failures,
        returns.exposure_years, returns.oldest_years,
    )  # fmt: skip


def _log_likelihood(
    model: str,
    theta: NDArray[np.float64],
    data: tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]],
) -> float:
    """Log-likelihood of ages, failed or not: density at failures, survival at the others."""
    import numpy as np
    import scipy.special

    age, failed, count = data
    shape = 1.0 if len(theta) == 1 else float(np.exp(np.clip(theta[1], -20.0, 6.0)))
    z = shape * (np.log(age) - theta[0])
    if model == "lognormal":
        survival = scipy.special.log_ndtr(-z)
        density = -0.5 * z**2 - 0.5 * math.log(2.0 * math.pi)
    elif model == "loglogistic":
        survival = -np.logaddexp(0.0, z)
        density = z + 2.0 * survival
    else:
        survival = -np.exp(np.minimum(z, 700.0))
        density = z + survival
    density = density + math.log(shape) - np.log(age)
    return float((count * np.where(failed, density, survival)).sum())


def _hessian(
    loss: Callable[[NDArray[np.float64]], float], at: NDArray[np.float64], step: float = 1e-4
) -> NDArray[np.float64]:
    """Give second derivatives by central differences."""
    import numpy as np

    k = len(at)
    found = np.empty((k, k))
    for i in range(k):
        for j in range(k):
            e, f = np.eye(k)[i] * step, np.eye(k)[j] * step
            corners = loss(at + e + f) - loss(at + e - f) - loss(at - e + f) + loss(at - e - f)
            found[i, j] = corners / (4.0 * step**2)
    return found
