"""Carbon of moving goods."""

from __future__ import annotations

from functools import cache

import polars as pl

from voltloop.catalogue import money
from voltloop.errors import InputError, nearest

__all__ = ["transport_co2e", "transport_kg_per_tkm"]


@cache
def _factors() -> dict[str, tuple[float, float | None]]:
    table = money.transport_factors()
    return {
        row["vehicle"]: (row["wtw_g_per_tkm"] / 1000.0, row["wtw_kg_per_km"])
        for row in table.iter_rows(named=True)
    }


def _factor(vehicle: str) -> tuple[float, float | None]:
    found = _factors().get(vehicle)
    if found is None:
        raise InputError(
            f'"{vehicle}" is not a vehicle with an emission factor.{nearest(vehicle, _factors())} '
            f"Known: {', '.join(_factors())}. Use one of them.",
            code="unknown-emission-vehicle",
        )
    return found


def transport_kg_per_tkm(vehicle: str) -> float:
    """Give well-to-wheel carbon per tonne and kilometre [kg CO2e] at the usual load of a vehicle.

    Raises
    ------
    InputError
        ``unknown-emission-vehicle``.

    References
    ----------
    UK DESNZ/DEFRA conversion factors 2025; GREET 2022 for the United States.

    Examples
    --------
    >>> round(transport_kg_per_tkm("artic_40t"), 4)
    0.095
    """
    return _factor(vehicle)[0]


def transport_co2e(
    distance_km: pl.Expr | float, mass_kg: pl.Expr | float | None = None, *, vehicle: str = "artic_40t"
) -> pl.Expr | float:
    """Carbon of a road or rail leg, well to wheel.

    Parameters
    ----------
    distance_km
        Length of the leg [km], a number or a column.
    mass_kg
        Mass carried [kg]: gives the goods' share at the vehicle's usual load. None gives the whole vehicle.
    vehicle
        A vehicle of ``emission_factors_transport.csv``.

    Returns
    -------
    pl.Expr | float
        kg CO2e, of the kind that was put in.

    Raises
    ------
    InputError
        ``unknown-emission-vehicle``; ``no-vehicle-km-factor`` when the vehicle has no factor per kilometre.

    Examples
    --------
    >>> round(transport_co2e(1000.0, 5.0), 3)
    0.475
    """
    per_tkm, per_km = _factor(vehicle)
    if mass_kg is not None:
        return distance_km * mass_kg * (per_tkm / 1000.0)
    if per_km is None:
        raise InputError(
            f"{vehicle} has no emission factor per kilometre, only per tonne-kilometre. Give the mass carried.",
            code="no-vehicle-km-factor",
        )
    return distance_km * per_km
