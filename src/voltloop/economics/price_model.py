"""Metal prices of a later day: lognormal, moving together, drawn with a seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltloop.catalogue import processes
from voltloop.economics.checks import number, positive
from voltloop.errors import InputError, nearest

__all__ = ["PriceModel", "SimulatedPrices", "price_model", "simulate_prices"]


@dataclass(frozen=True, slots=True)
class PriceModel:
    """Lognormal prices that move together.

    Attributes
    ----------
    metals
        In the order of the arrays.
    volatilities
        Per year, of the logarithm of the price.
    correlations
        Matrix of the correlations of the logarithms.
    assumed
        Pairs without a correlation in the data, taken as nought.
    estimates
        Items and pairs whose figure is an estimate.
    """

    metals: tuple[str, ...]
    volatilities: tuple[float, ...]
    correlations: tuple[tuple[float, ...], ...]
    assumed: tuple[str, ...] = ()
    estimates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SimulatedPrices:
    """Prices drawn for a later day.

    Attributes
    ----------
    metals
        In the order of the columns.
    spot
        Prices of today, per kg.
    later
        Shape (samples, metals), per kg.
    horizon_yr, seed
        Of the draw.
    currency, priced_on
        Of all prices.
    """

    metals: tuple[str, ...]
    spot: NDArray[np.float64]
    later: NDArray[np.float64]
    horizon_yr: float
    seed: int
    currency: str
    priced_on: date

    def column(self, metal: str) -> int:
        """Give the column of a metal.

        Raises
        ------
        InputError
            ``price-missing``: the metal was not drawn.
        """
        need([metal], dict.fromkeys(self.metals), "price")
        return self.metals.index(metal)


def need(names: Sequence[str], held: Mapping[str, object], what: str) -> None:
    """Refuse names of which a mapping has no value.

    Raises
    ------
    InputError
        ``price-missing`` for a price, else ``exposure-missing``; the message names what is missing and what is known.
    """
    missing = [name for name in names if name not in held]
    if missing:
        raise InputError(
            f"There is no {what} for {', '.join(missing)}.{nearest(missing[0], held)} Expected one for each metal; "
            f"known: {', '.join(held) or 'none'}. Add it, or leave the metal out.",
            code="price-missing" if what == "price" else "exposure-missing",
        )


def price_model(metals: Sequence[str]) -> PriceModel:
    """Give the volatilities and correlations of the catalogue for some metals.

    Parameters
    ----------
    metals
        Some of ``nickel``, ``cobalt``, ``copper``, ``aluminium``, ``lithium_carbonate`` and ``manganese``; the newest
        window of each counts.

    Raises
    ------
    InputError
        ``exposure-missing``: a metal without a volatility.
    """
    table = processes.volatilities().sort("until", "since").with_columns(pl.col("other").fill_null(""))
    single = table.filter(pl.col("other") == "")
    spread = dict(zip(single["item"].to_list(), single["value"].to_list(), strict=True))
    need(metals, spread, "volatility")
    guessed = set(table.filter(pl.col("estimate") == "yes").select("item", "other").rows())
    known = {
        frozenset((row["item"], row["other"])): float(row["value"])
        for row in table.iter_rows(named=True)
        if row["other"]
    }
    pairs = [(a, b) for at, a in enumerate(metals) for b in metals[at + 1 :]]
    matrix = [[1.0 if a == b else known.get(frozenset((a, b)), 0.0) for b in metals] for a in metals]
    estimates = [metal for metal in metals if (metal, "") in guessed]
    estimates += [f"{a}-{b}" for a, b in pairs if {(a, b), (b, a)} & guessed]
    return PriceModel(
        metals=tuple(metals),
        volatilities=tuple(float(spread[metal]) for metal in metals),
        correlations=tuple(tuple(row) for row in matrix),
        assumed=tuple(f"{a}-{b}" for a, b in pairs if frozenset((a, b)) not in known),
        estimates=tuple(estimates),
    )


def simulate_prices(
    prices: Mapping[str, float],
    model: PriceModel,
    *,
    horizon_yr: float,
    seed: int,
    currency: str,
    priced_on: date,
    samples: int = 100_000,
) -> SimulatedPrices:
    """Draw prices of a later day from correlated lognormal distributions without drift.

    Parameters
    ----------
    prices
        Per kg today, above zero, by metal; those that the model does not have may be in it.
    model
        Volatilities and correlations.
    horizon_yr
        Years ahead, zero or more.
    seed
        Of the draw.
    currency, priced_on
        Of the prices.
    samples
        Drawn in pairs of opposite sign, so the number is rounded up to an even one.

    Raises
    ------
    InputError
        ``price-missing``; ``correlations-impossible``: no prices can move together so; ``economics-number``.

    Examples
    --------
    >>> drawn = simulate_prices({"nickel": 16.0}, price_model(["nickel"]), horizon_yr=1, seed=1, currency="EUR",
    ...                         priced_on=date(2026, 5, 1))
    >>> drawn.later.shape, round(float(drawn.later.mean()), 1)
    ((100000, 1), 16.0)
    """
    need(model.metals, prices, "price")
    spot = np.array([positive(f"price of {metal}", prices[metal]) for metal in model.metals])
    sigma = np.array(
        [number(f"volatility of {m}", v) for m, v in zip(model.metals, model.volatilities, strict=True)]
    )
    matrix = np.array(model.correlations)
    values, vectors = np.linalg.eigh(matrix)
    if not np.allclose(matrix, matrix.T) or values.min() < -1e-9 or not np.allclose(np.diag(matrix), 1.0):
        raise InputError(
            f"The correlations of {', '.join(model.metals)} cannot be: the least eigenvalue of their matrix is "
            f"{values.min():.3g}. Expected a symmetric matrix with ones on its diagonal and no eigenvalue below zero. "
            "Take all correlations from one window of data.",
            code="correlations-impossible",
        )
    years = number("horizon_yr", horizon_yr)
    half = (int(number("samples", samples, minimum=2)) + 1) // 2
    drawn = np.random.default_rng(seed).standard_normal((half, len(model.metals)))
    moves = np.concatenate([drawn, -drawn]) @ (vectors * np.sqrt(np.clip(values, 0.0, None))).T
    later = spot * np.exp(moves * sigma * np.sqrt(years) - 0.5 * sigma**2 * years)
    return SimulatedPrices(model.metals, spot, later, years, seed, currency, priced_on)
