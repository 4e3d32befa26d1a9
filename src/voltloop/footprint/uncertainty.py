"""How sure a footprint is, and which input matters most: Monte Carlo over the uncertain inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from voltloop.catalogue import life_cycle
from voltloop.errors import InputError, nearest
from voltloop.footprint.accounts import Account
from voltloop.footprint.checks import at_least_zero

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Driver", "Spread", "Uncertain", "spread_of", "usual_uncertainties"]

_QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Uncertain:
    """A multiplier of an input, triangular between its lowest and highest value.

    Attributes
    ----------
    low, mode, high
        Lowest, likeliest and highest multiplier, ``0 <= low <= mode <= high``.
    """

    low: float
    mode: float
    high: float


@dataclass(frozen=True)
class Driver:
    """How much one uncertain input matters.

    Attributes
    ----------
    name
        As in ``uncertainties.csv``.
    rank_correlation
        Spearman's rho of the input and the account's carbon, -1 to 1.
    share
        Square of it over the sum of squares: the share of the spread that goes to this input, 0 to 1.
    """

    name: str
    rank_correlation: float
    share: float


@dataclass(frozen=True)
class Spread:
    """Carbon of one account under uncertain inputs [kg CO2e per functional unit].

    Attributes
    ----------
    mean, low, median, high
        Mean and the 5th, 50th and 95th per cent.
    drivers
        Inputs that the account depends on, the one that matters most first.
    samples, seed
        How it was drawn.
    """

    mean: float
    low: float
    median: float
    high: float
    drivers: tuple[Driver, ...]
    samples: int
    seed: int


def usual_uncertainties() -> dict[str, Uncertain]:
    """Give the multipliers of ``uncertainties.csv`` by name."""
    return {
        row["driver"]: Uncertain(row["low"], row["mode"], row["high"])
        for row in life_cycle.uncertainties().iter_rows(named=True)
    }


def spread_of(
    account: Account,
    *,
    samples: int,
    seed: int,
    uncertain: Mapping[str, Uncertain] | None = None,
) -> Spread:
    """Draw the carbon of an account many times and rank what its spread comes from.

    Parameters
    ----------
    account
        Either view. A line is multiplied by a draw of each of its drivers, the same draw in every line.
    samples
        Draws, 2 or more.
    seed
        Of the random numbers: the same seed draws the same, whatever the account, so two treatments of one pack
        can be compared draw by draw.
    uncertain
        Multipliers by driver; a driver that is not in it is certain. None takes :func:`usual_uncertainties`.

    Returns
    -------
    Spread
        Quantiles, and the drivers by falling share.

    Raises
    ------
    InputError
        ``footprint-driver-unknown``, ``footprint-uncertainty``, ``footprint-number``: fewer than 2 draws.

    Notes
    -----
    Latin hypercube draws of independent triangular multipliers (McKay, Beckman and Conover 1979); importance by
    squared rank correlation, normalised (Saltelli et al. 2008, *Global Sensitivity Analysis*, 1.2.7).
    """
    import numpy as np

    if at_least_zero(samples, "samples") < 2:
        raise InputError(f"{samples} draws have no spread. Ask for 2 or more.", code="footprint-number")
    known = usual_uncertainties()
    chosen = known if uncertain is None else uncertain
    for name in chosen:
        if name not in known:
            raise InputError(
                f'"{name}" is no uncertain input.{nearest(name, known)} Known: {", ".join(known)}.',
                code="footprint-driver-unknown",
            )
    draws = _draws(tuple(known), chosen, samples, seed)
    total = np.zeros(samples)
    used: dict[str, None] = {}
    for part in account.parts:
        line = np.full(samples, part.impacts.co2e_kg)
        for name in part.drivers:
            if name in draws:
                line *= draws[name]
                used[name] = None
        total += line
    low, median, high = (float(value) for value in np.quantile(total, _QUANTILES))
    drivers = _ranked(total, {name: draws[name] for name in used})
    return Spread(float(total.mean()), low, median, high, drivers, samples, seed)


def _draws(
    order: tuple[str, ...], chosen: Mapping[str, Uncertain], samples: int, seed: int
) -> dict[str, NDArray[np.float64]]:
    import numpy as np

    random = np.random.default_rng(seed)
    found = {}
    for name in order:
        # Every driver draws, also those that are certain: leaving one out does not change the others.
        u = (random.permutation(samples) + random.random(samples)) / samples
        if name in chosen:
            found[name] = _triangular(u, name, chosen[name])
    return found


def _triangular(u: NDArray[np.float64], name: str, given: Uncertain) -> NDArray[np.float64]:
    """Give the quantiles of a triangular distribution."""
    import numpy as np

    low, mode, high = given.low, given.mode, given.high
    if not 0.0 <= low <= mode <= high < float("inf"):
        raise InputError(
            f"The multipliers of {name} are {low}, {mode}, {high}. Expected lowest, likeliest and highest, "
            "0 or more and in rising order.",
            code="footprint-uncertainty",
        )
    width = high - low
    if width == 0.0:
        return np.full_like(u, mode)
    turn = (mode - low) / width
    rising = low + np.sqrt(u * width * (mode - low))
    falling = high - np.sqrt((1.0 - u) * width * (high - mode))
    return np.where(u < turn, rising, falling)


def _ranked(total: NDArray[np.float64], inputs: Mapping[str, NDArray[np.float64]]) -> tuple[Driver, ...]:
    import numpy as np

    if np.ptp(total) == 0.0:
        return tuple(Driver(name, 0.0, 0.0) for name in inputs)
    ranks = _ranks(total)
    rho = {
        name: float(np.corrcoef(_ranks(values), ranks)[0, 1]) if np.ptp(values) > 0 else 0.0
        for name, values in inputs.items()
    }
    whole = sum(value**2 for value in rho.values()) or 1.0
    drivers = [Driver(name, value, value**2 / whole) for name, value in rho.items()]
    return tuple(sorted(drivers, key=lambda driver: (-driver.share, driver.name)))


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the ranks; draws are continuous, so ties play no part."""
    import numpy as np

    ranks = np.empty(len(values))
    ranks[values.argsort(kind="stable")] = np.arange(len(values))
    return ranks
