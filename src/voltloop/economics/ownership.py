"""What a battery vehicle costs over its years, with new or with restored batteries when one fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from voltloop.economics.checks import number, positive, share, yearly_rate
from voltloop.errors import InputError

__all__ = [
    "BatteryReplacement",
    "Ownership",
    "OwnershipComparison",
    "OwnershipCost",
    "compare_ownership",
    "logistic_survival",
    "ownership_cost",
    "replacements_per_year",
]

_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BatteryReplacement:
    """The battery that comes in when one fails.

    Attributes
    ----------
    cost_eur
        Battery and fitting.
    survival
        Share of such batteries alive at the end of each year, not rising, 0 to 1; as many years as the horizon or more.
    warranty_years
        Failures within so many years cost the owner nothing.
    core_credit_eur
        Paid for the failed battery that goes back.
    """

    cost_eur: float
    survival: Sequence[float]
    warranty_years: int = 0
    core_credit_eur: float = 0.0


@dataclass(frozen=True, slots=True)
class Ownership:
    """A vehicle and how it is owned.

    Attributes
    ----------
    purchase_eur, running_eur_per_yr
        Vehicle with its first battery, and energy, upkeep and insurance a year.
    years
        Horizon, 1 or more.
    battery_survival
        Of the first battery, share alive at the end of each year.
    warranty_years
        Of the first battery.
    vehicle_survival
        Share of vehicles still on the road at the end of each year; None keeps all.
    discount_rate
        Per year.
    residual_share
        Value at the end of the horizon as a share of the purchase, for the vehicles that are left.
    priced_on
        Price date of the amounts.
    """

    purchase_eur: float
    running_eur_per_yr: float
    years: int
    battery_survival: Sequence[float]
    warranty_years: int = 8
    vehicle_survival: Sequence[float] | None = None
    discount_rate: float = 0.05
    residual_share: float = 0.0
    priced_on: date = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class OwnershipCost:
    """Present value of owning a vehicle, by kind, and its course by year.

    Attributes
    ----------
    purchase_eur, running_eur, batteries_eur, residual_eur
        Present values; the residual is income and counts against the others.
    total_eur
        Purchase, running and batteries, less the residual.
    replacements
        Expected by year, those under warranty included, weighted with the vehicle's survival.
    yearly_eur
        Expected cash cost by year, undiscounted, year 0 first.
    cost_eur_per_year
        The total as an annuity over the expected years on the road.
    currency, priced_on
        Of all amounts.
    """

    purchase_eur: float
    running_eur: float
    batteries_eur: float
    residual_eur: float
    total_eur: float
    replacements: tuple[float, ...]
    yearly_eur: tuple[float, ...]
    cost_eur_per_year: float
    currency: str
    priced_on: date


@dataclass(frozen=True, slots=True)
class OwnershipComparison:
    """Ownership with new and with restored batteries.

    Attributes
    ----------
    new, restored
        Each way.
    saving_eur
        Present value saved by restored batteries; below zero they cost more.
    break_even_cost_eur
        Cost of a restored battery at which both are equal; None when no replacement is ever paid for.
    """

    new: OwnershipCost
    restored: OwnershipCost
    saving_eur: float
    break_even_cost_eur: float | None


def logistic_survival(years: int, *, mean_life_yr: float, sd_yr: float) -> tuple[float, ...]:
    """Give the share alive at the end of each year when lives follow a logistic distribution.

    Parameters
    ----------
    years
        Length, 1 or more.
    mean_life_yr, sd_yr
        Mean and standard deviation of the life, above zero. Busch et al. 2025: batteries 15 and 4, vehicles 17 and 4.

    Returns
    -------
    tuple of float
        Not rising, below 1; conditional on being alive at the start.

    Raises
    ------
    InputError
        ``economics-number``.

    Examples
    --------
    >>> [round(s, 3) for s in logistic_survival(3, mean_life_yr=15, sd_yr=4)]
    [0.999, 0.998, 0.997]
    """
    scale = positive("sd_yr", sd_yr) * np.sqrt(3.0) / np.pi
    ages = np.arange(int(number("years", years, minimum=1, maximum=200)) + 1)
    alive = 1.0 / (1.0 + np.exp((ages - positive("mean_life_yr", mean_life_yr)) / scale))
    return tuple((alive[1:] / alive[0]).tolist())


def _alive(name: str, survival: Sequence[float], years: int) -> _Array:
    """Survival from year 0 to the horizon, checked."""
    values = [share(f"{name}, year {year}", value) for year, value in enumerate(survival, start=1)]
    if len(values) < years:
        raise InputError(
            f"{name} has {len(values)} years. Expected {years}, one value per year of the horizon. "
            "Give the missing years, or a shorter horizon.",
            code="survival-years",
        )
    alive = np.array([1.0, *values[:years]])
    rising = np.flatnonzero(np.diff(alive) > 0)
    if rising.size:
        year = int(rising[0]) + 1
        raise InputError(
            f"{name} rises from {alive[year - 1]:g} to {alive[year]:g} in year {year}. Expected shares that never "
            "rise. Give the share that is still alive, not the share that failed.",
            code="survival-rises",
        )
    return alive


def replacements_per_year(
    first: Sequence[float], later: Sequence[float], years: int, *, warranty: tuple[int, int] = (0, 0)
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Give the replacements expected in each year of a vehicle that stays on the road.

    Parameters
    ----------
    first, later
        Survival of the first and of every later battery at the end of each year.
    years
        Horizon, 1 or more.
    warranty
        Years in which the failure of a first and of a later battery costs the owner nothing.

    Returns
    -------
    tuple of tuples
        All replacements, and those that the owner pays for, by year from year 1.

    Raises
    ------
    InputError
        ``survival-years``, ``survival-rises``, ``economics-share``.

    Notes
    -----
    The renewal equation in whole years: what fails in a year is the first battery, or one put in earlier.

    Examples
    --------
    >>> replacements_per_year([0.5, 0.0], [1.0, 1.0], 2)
    ((0.5, 0.5), (0.5, 0.5))
    """
    horizon = int(number("years", years, minimum=1, maximum=200))
    fails_first = -np.diff(_alive("survival of the first battery", first, horizon))
    fails_later = -np.diff(_alive("survival of later batteries", later, horizon))
    all_of, paid = np.zeros(horizon), np.zeros(horizon)
    for year in range(horizon):
        # A battery put in during year s is year - s years old at the end of this year.
        by_age = all_of[:year][::-1] * fails_later[:year]
        all_of[year] = fails_first[year] + by_age.sum()
        paid[year] = (fails_first[year] if year >= warranty[0] else 0.0) + by_age[warranty[1] :].sum()
    return tuple(all_of.tolist()), tuple(paid.tolist())


def ownership_cost(case: Ownership, replacement: BatteryReplacement) -> OwnershipCost:
    """Give the total cost of ownership, every year weighted with survival.

    Parameters
    ----------
    case
        The vehicle and how it is owned.
    replacement
        What comes in when a battery fails.

    Raises
    ------
    InputError
        ``economics-number``, ``economics-share``, ``survival-years``, ``survival-rises``.

    Notes
    -----
    Running cost falls due in the middle of a year for the vehicles that are on the road then, replacements and residual
    at its end. A vehicle whose battery fails is repaired as long as it would have stayed on the road.

    Examples
    --------
    >>> case = Ownership(40_000, 2_000, 2, battery_survival=[0.9, 0.8], warranty_years=0, discount_rate=0.0,
    ...                  priced_on=date(2026, 1, 1))
    >>> round(ownership_cost(case, BatteryReplacement(10_000, survival=[1.0, 1.0])).total_eur)
    46000
    """
    horizon = int(number("years", case.years, minimum=1, maximum=200))
    on_road = [1.0] * horizon if case.vehicle_survival is None else case.vehicle_survival
    road = _alive("vehicle_survival", on_road, horizon)
    guarantees = (
        int(number("warranty_years", case.warranty_years)),
        int(number("warranty_years of the replacement", replacement.warranty_years)),
    )
    every, paid = replacements_per_year(
        case.battery_survival, replacement.survival, horizon, warranty=guarantees
    )
    net = number("cost_eur of the replacement", replacement.cost_eur) - number(
        "core_credit_eur", replacement.core_credit_eur
    )
    rate = yearly_rate("discount_rate", case.discount_rate, minimum=-0.99)
    year = np.arange(1, horizon + 1)
    at_end, at_middle = (1.0 + rate) ** -year, (1.0 + rate) ** (0.5 - year)
    driven = 0.5 * (road[:-1] + road[1:])
    running = driven * number("running_eur_per_yr", case.running_eur_per_yr)
    batteries = np.array(paid) * road[1:] * net
    purchase = number("purchase_eur", case.purchase_eur)
    residual = purchase * share("residual_share", case.residual_share) * float(road[-1])
    running_eur, batteries_eur = float(running @ at_middle), float(batteries @ at_end)
    residual_eur = residual * float(at_end[-1])
    total = purchase + running_eur + batteries_eur - residual_eur
    yearly = running + batteries
    yearly[-1] -= residual
    return OwnershipCost(
        purchase_eur=purchase,
        running_eur=running_eur,
        batteries_eur=batteries_eur,
        residual_eur=residual_eur,
        total_eur=total,
        replacements=tuple((np.array(every) * road[1:]).tolist()),
        yearly_eur=(purchase, *yearly.tolist()),
        cost_eur_per_year=total / float(driven @ at_middle),
        currency="EUR",
        priced_on=case.priced_on,
    )


def compare_ownership(
    case: Ownership, new: BatteryReplacement, restored: BatteryReplacement
) -> OwnershipComparison:
    """Compare ownership with new and with restored batteries.

    Parameters
    ----------
    case
        The vehicle and how it is owned.
    new, restored
        The two replacements.

    Raises
    ------
    InputError
        As :func:`ownership_cost`.
    """
    with_new, with_restored = ownership_cost(case, new), ownership_cost(case, restored)
    saving = with_new.total_eur - with_restored.total_eur
    # The present value is linear in the net cost of a replacement: this is its slope.
    unit = BatteryReplacement(1.0, restored.survival, restored.warranty_years)
    weight = ownership_cost(case, unit).batteries_eur
    even = restored.cost_eur + saving / weight if weight > 0 else None
    return OwnershipComparison(with_new, with_restored, saving, even)
