"""Vehicles and their batteries by the age of both: what is in use, what fails, what comes back.

References
----------
Busch et al. (submitted 2025), "Future battery recycling in North America": two ages, logistic lives, independent
failures. Every year runs in this order: new vehicles enter with age 0 and a battery of age 0; vehicles and batteries
fail; survivors grow one year older; vehicles that lost their battery get a new one or retire.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop.errors import InputError

__all__ = ["StockFlow", "StockFlowRules", "YearStep", "one_year", "stock_flow", "yearly_survival"]

_MAX_AGE = 30
_GWH_PER_KWH = 1e-6

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class YearStep:
    """What becomes of vehicles within one year; the four shares or numbers add up to the vehicles.

    Attributes
    ----------
    both_fail
        Vehicle and battery fail: the battery is recycled.
    vehicle_fails
        The vehicle fails and leaves a working battery.
    battery_fails
        The battery fails in a working vehicle.
    neither_fails
        Both go on.
    """

    both_fail: Floats
    vehicle_fails: Floats
    battery_fails: Floats
    neither_fails: Floats


@dataclass(frozen=True, slots=True)
class StockFlowRules:
    """Lives of vehicles and batteries, and what is done with batteries that leave; the defaults are cars.

    Attributes
    ----------
    vehicle_mean_years, battery_mean_years, sd_years
        Lives [years] of :func:`yearly_survival`; the standard deviation is of both.
    no_new_battery_from_age
        A vehicle that reaches this age [years] in the year its battery fails retires instead of getting a new one.
    storage_up_to_age
        Working batteries of failed vehicles may go into storage up to this age [years], reached in that year.
    storage_share
        Share of those that do, 0 to 1; all others are recycled with the failed ones.
    whole_batteries
        Whether flows count whole batteries of each age, as the published tables do; what is in use stays exact.
    """

    vehicle_mean_years: float = 17.0
    battery_mean_years: float = 15.0
    sd_years: float = 4.0
    no_new_battery_from_age: int = 12
    storage_up_to_age: int = 12
    storage_share: float = 0.5
    whole_batteries: bool = False


_CARS = StockFlowRules()


@dataclass(frozen=True, slots=True)
class StockFlow:
    """Flows of every year, and what is in use when the last one ends.

    Attributes
    ----------
    table
        One row per year: ``year``, ``sales_vehicles``, ``stock_vehicles`` (in use at the end of the year),
        ``retired_vehicles``, ``replacement_batteries`` (new batteries for vehicles in use), ``failed_batteries``,
        ``available_batteries`` (working ones of failed vehicles), ``stored_batteries`` (of those, into storage),
        the last three also as ``..._gwh``, ``recycled_gwh`` and ``recycled_kt``. Energy is as new.
    stock_vehicles
        Vehicles in use after the last year by age of vehicle (rows) and of battery (columns), 31 x 31.
    """

    table: pl.DataFrame
    stock_vehicles: Floats


def yearly_survival(mean_years: float, sd_years: float = 4.0, *, max_age: int = _MAX_AGE) -> Floats:
    """Share of what is of age 0, 1, ... ``max_age`` that lives one more year, under a logistic life.

    Parameters
    ----------
    mean_years, sd_years
        Mean and standard deviation of the life [years], above 0.
    max_age
        Age [years] that nothing outlives.

    Returns
    -------
    numpy.ndarray
        Shape (``max_age`` + 1,), shares 0 to 1; the last is 0.

    Raises
    ------
    InputError
        ``stock-flow-life``.

    Notes
    -----
    With F the logistic distribution of scale sd * sqrt(3) / pi, the share of age a is (1 - F(a+1)) / (1 - F(a)).

    Examples
    --------
    >>> yearly_survival(15)[[0, 15, 30]].round(6).tolist()
    [0.999363, 0.777082, 0.0]
    """
    for name, value in (("mean_years", mean_years), ("sd_years", sd_years)):
        if not (math.isfinite(value) and value > 0):
            raise InputError(
                f"{name}: a life of {value} years cannot be right. Expected a number above 0. Correct it.",
                code="stock-flow-life",
            )
    scale = sd_years * math.sqrt(3) / math.pi
    # The log of 1 - F keeps its digits where the survivors are few.
    log_alive = -np.logaddexp(0.0, (np.arange(max_age + 2) - mean_years) / scale)
    share: Floats = np.exp(np.diff(log_alive))
    share[-1] = 0.0
    return share


def _step(
    vehicles: npt.ArrayLike, vehicle_lives_on: npt.ArrayLike, battery_lives_on: npt.ArrayLike
) -> YearStep:
    count, vehicle, battery = (
        np.asarray(value, dtype=float) for value in (vehicles, vehicle_lives_on, battery_lives_on)
    )
    return YearStep(
        both_fail=count * (1 - vehicle) * (1 - battery),
        vehicle_fails=count * (1 - vehicle) * battery,
        battery_fails=count * vehicle * (1 - battery),
        neither_fails=count * vehicle * battery,
    )


def one_year(
    vehicles: npt.ArrayLike,
    vehicle_age: npt.ArrayLike,
    battery_age: npt.ArrayLike,
    *,
    vehicle_mean_years: float = 17.0,
    battery_mean_years: float = 15.0,
    sd_years: float = 4.0,
) -> YearStep:
    """Tell what becomes of vehicles of one age with batteries of one age within a year.

    Parameters
    ----------
    vehicles
        Number of vehicles, not negative; a number or an array.
    vehicle_age, battery_age
        Whole years, 0 to 30, of the same shape.
    vehicle_mean_years, battery_mean_years, sd_years
        Lives [years]; the standard deviation is of both.

    Raises
    ------
    InputError
        ``stock-flow-age``, ``stock-flow-life`` or ``stock-flow-numbers``.

    Examples
    --------
    >>> step = one_year(100_000, 3, 3)
    >>> round(float(step.battery_fails), 3)
    246.691
    """
    ages = [np.asarray(age) for age in (vehicle_age, battery_age)]
    for name, age in zip(("vehicle_age", "battery_age"), ages, strict=True):
        if age.dtype.kind not in "iu" or np.any((age < 0) | (age > _MAX_AGE)):
            raise InputError(
                f"{name}: {age.tolist()} holds an age that cannot be used. Expected whole years, 0 to {_MAX_AGE}.",
                code="stock-flow-age",
            )
    _numbers("vehicles", np.atleast_1d(np.asarray(vehicles, dtype=float)))
    vehicle = yearly_survival(vehicle_mean_years, sd_years)[ages[0]]
    battery = yearly_survival(battery_mean_years, sd_years)[ages[1]]
    return _step(vehicles, vehicle, battery)


def _numbers(name: str, values: Floats) -> Floats:
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise InputError(
            f"{name}, entry {at + 1}: {values[at]} cannot be right. Expected a number of zero or more. Correct it.",
            code="stock-flow-numbers",
        )
    return values


def _inputs(
    sales: Sequence[float], pack_kwh: Sequence[float], pack_kwh_per_kg: float
) -> tuple[Floats, Floats]:
    sold = _numbers("sales_vehicles", np.asarray(sales, dtype=float))
    size = _numbers("pack_kwh", np.asarray(pack_kwh, dtype=float))
    if sold.shape != size.shape:
        raise InputError(
            f"{sold.size} years of sales and {size.size} years of pack sizes: expected one pack size for each year. "
            "Give both lists from the same first year.",
            code="stock-flow-lengths",
        )
    if not (math.isfinite(pack_kwh_per_kg) and pack_kwh_per_kg > 0):
        raise InputError(
            f"pack_kwh_per_kg: {pack_kwh_per_kg} cannot be right. Expected energy per mass above 0, such as 0.19.",
            code="stock-flow-numbers",
        )
    return sold, size


def stock_flow(
    sales_vehicles: Sequence[float],
    pack_kwh: Sequence[float],
    *,
    pack_kwh_per_kg: float,
    first_year: int,
    rules: StockFlowRules = _CARS,
) -> StockFlow:
    """Follow vehicles and batteries by the age of both, from the first sale on.

    Parameters
    ----------
    sales_vehicles
        Vehicles sold in each year from ``first_year`` on; empty gives no rows.
    pack_kwh
        Energy of the battery [kWh] of a vehicle sold, or of a new battery fitted, in each of these years.
    pack_kwh_per_kg
        Energy per mass of a pack [kWh/kg], above 0.
    first_year
        Year of the first entry.
    rules
        Lives, replacement and storage.

    Returns
    -------
    StockFlow

    Raises
    ------
    InputError
        ``stock-flow-numbers``, ``stock-flow-lengths``, ``stock-flow-life`` or ``stock-flow-share``.

    Notes
    -----
    A battery that leaves with age a at the start of the year has the size of the packs of a years before. Vehicles:
    sold = retired + in use; batteries: sold + new ones fitted = failed + available + in use, unless flows are rounded.
    """
    sold, size = _inputs(sales_vehicles, pack_kwh, pack_kwh_per_kg)
    if not 0 <= rules.storage_share <= 1:
        raise InputError(
            f"storage_share: {rules.storage_share} cannot be right. Expected a share, 0 to 1. Correct it.",
            code="stock-flow-share",
        )
    vehicle = yearly_survival(rules.vehicle_mean_years, rules.sd_years)[:, None]
    battery = yearly_survival(rules.battery_mean_years, rules.sd_years)[None, :]
    ages = np.arange(_MAX_AGE + 1)
    stock = np.zeros((_MAX_AGE + 1, _MAX_AGE + 1))
    rows = []
    for at in range(sold.size):
        stock[0, 0] += sold[at]
        step = _step(stock, vehicle, battery)
        fitted = np.where(ages + 1 < rules.no_new_battery_from_age, step.battery_fails.sum(axis=1), 0.0)
        stock = np.zeros_like(stock)
        stock[1:, 1:] = step.neither_fails[:-1, :-1]
        stock[1:, 0] = fitted[:-1]
        pack = size[np.clip(at - ages, 0, None)] * _GWH_PER_KWH
        rows.append(
            {"year": first_year + at, "sales_vehicles": sold[at], "stock_vehicles": float(stock.sum())}
            | _flows(step, fitted, pack, rules, pack_kwh_per_kg)
        )
    kinds = {"year": pl.Int64, **dict.fromkeys(_COLUMNS, pl.Float64)}
    return StockFlow(pl.DataFrame(rows, schema=kinds), stock)


def _flows(
    step: YearStep, fitted: Floats, pack_gwh: Floats, rules: StockFlowRules, pack_kwh_per_kg: float
) -> dict[str, float]:
    """Sum up one year; ``fitted`` goes by the age of the vehicle, ``pack_gwh`` by that of the battery."""
    failed = (step.battery_fails + step.both_fail).sum(axis=0)
    available = step.vehicle_fails.sum(axis=0)
    replaced = float(fitted.sum())
    retired = float(available.sum() + step.both_fail.sum() + step.battery_fails.sum()) - replaced
    if rules.whole_batteries:
        failed, available, replaced = np.rint(failed), np.rint(available), float(np.rint(fitted).sum())
    may_store = np.arange(available.size) + 1 <= rules.storage_up_to_age
    stored = available * np.where(may_store, rules.storage_share, 0.0)
    recycled_gwh = float(((failed + available - stored) * pack_gwh).sum())
    return {
        "retired_vehicles": retired,
        "replacement_batteries": replaced,
        "failed_batteries": float(failed.sum()),
        "available_batteries": float(available.sum()),
        "stored_batteries": float(stored.sum()),
        "failed_gwh": float((failed * pack_gwh).sum()),
        "available_gwh": float((available * pack_gwh).sum()),
        "stored_gwh": float((stored * pack_gwh).sum()),
        "recycled_gwh": recycled_gwh,
        # GWh to kWh, by kWh/kg to kg, to kt.
        "recycled_kt": recycled_gwh / _GWH_PER_KWH / pack_kwh_per_kg * 1e-6,
    }


_COLUMNS = (
    "sales_vehicles",
    "stock_vehicles",
    "retired_vehicles",
    "replacement_batteries",
    "failed_batteries",
    "available_batteries",
    "stored_batteries",
    "failed_gwh",
    "available_gwh",
    "stored_gwh",
    "recycled_gwh",
    "recycled_kt",
)
