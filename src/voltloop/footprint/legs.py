"""Carbon of transport legs after ISO 14083: well to wheel, with load and empty running."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from voltloop.catalogue import life_cycle
from voltloop.errors import InputError, nearest
from voltloop.footprint.accounts import Impacts, Part
from voltloop.footprint.checks import at_least_zero, share

__all__ = ["Leg", "LegCarbon", "leg_carbon", "leg_parts"]

_MJ_PER_KG_CO2E = 1.0 / 0.0904656
"""Primary energy of a leg is told as that of diesel with the same carbon (GREET 2022: 90.5 g/MJ burnt)."""
_DIESEL_PRIMARY = 1.18609


@dataclass(frozen=True)
class Leg:
    """One leg of a way: one vehicle between two places.

    Attributes
    ----------
    vehicle
        A vehicle of ``transport.csv``, such as ``artic_40t``, ``rail``, ``container_ship``.
    distance_km
        Distance driven with the goods [km].
    load
        Share of the payload used while loaded, above 0 to 1; None takes the published average, which holds
        average empty running too.
    empty_share
        Share of the vehicle's kilometres that run empty, 0 to below 1; None takes the average, or 0 where a load
        is given.
    """

    vehicle: str
    distance_km: float
    load: float | None = None
    empty_share: float | None = None


@dataclass(frozen=True)
class LegCarbon:
    """Carbon of one leg.

    Attributes
    ----------
    co2e_kg
        Well to wheel [kg CO2e].
    g_per_tkm
        The factor used, well to wheel.
    ttw_share
        Share of the carbon that leaves the vehicle itself; None where the source tells the sum only.
    source
        Who publishes the factor.
    """

    co2e_kg: float
    g_per_tkm: float
    ttw_share: float | None
    source: str


@cache
def _rows() -> dict[str, dict[str, dict[str, float | str | None]]]:
    found: dict[str, dict[str, dict[str, float | str | None]]] = {}
    for row in life_cycle.transport_legs().iter_rows(named=True):
        found.setdefault(row["vehicle"], {})[row["load"]] = row
    return found


def _wtw(row: dict[str, float | str | None]) -> float:
    value = row["wtw_g_per_tkm"]
    assert isinstance(value, float)
    return value


def _factor(leg: Leg) -> tuple[float, dict[str, float | str | None]]:
    """Give well-to-wheel grams per tonne-kilometre, and the published row it comes from."""
    rows = _rows().get(leg.vehicle)
    if rows is None:
        raise InputError(
            f'"{leg.vehicle}" is no vehicle with an emission factor.{nearest(leg.vehicle, _rows())} '
            f"Known: {', '.join(_rows())}. Use one of them.",
            code="footprint-vehicle-unknown",
        )
    average = rows["average"]
    if leg.load is None and leg.empty_share is None:
        return _wtw(average), average
    if "half" not in rows:
        trucks = ", ".join(name for name, loads in _rows().items() if "half" in loads)
        raise InputError(
            f"{leg.vehicle} has one factor for its average load only. Leave load and empty running out, or use one of "
            f"{trucks}.",
            code="footprint-load-unknown",
        )
    if leg.load is None:
        raise InputError(
            f"{leg.vehicle}: empty running of {leg.empty_share} is given without a load. The average factor holds "
            "average empty running already. Give the load as well.",
            code="footprint-load-unknown",
        )
    load = share(leg.load, f"{leg.vehicle}, load", above=True)
    empty = share(leg.empty_share or 0.0, f"{leg.vehicle}, empty running")
    if empty == 1.0:
        raise InputError(
            f"{leg.vehicle}: every kilometre empty carries nothing. A share below 1 was expected.",
            code="footprint-share",
        )
    # Carbon per kilometre is linear in the load: per tonne of payload, empty is a, and the load adds b.
    half, full = _wtw(rows["half"]), _wtw(rows["full"])
    a, b = half - full, 2.0 * full - half
    return (a + b * load + a * empty / (1.0 - empty)) / load, average


def leg_carbon(leg: Leg, mass_kg: float) -> LegCarbon:
    """Carbon of carrying goods over one leg, their share of the vehicle, empty running included.

    Parameters
    ----------
    leg
        Vehicle, distance, load and empty running.
    mass_kg
        Gross mass of the goods [kg], 0 or more.

    Raises
    ------
    InputError
        ``footprint-vehicle-unknown``, ``footprint-load-unknown``, ``footprint-number``, ``footprint-share``.

    Notes
    -----
    ISO 14083:2023 and GLEC Framework v3: carbon = mass x distance x well-to-wheel intensity. The intensity of a
    truck at a load follows from its published factors at half and full load, carbon per kilometre being linear in
    the load; empty kilometres count to the goods of the loaded ones.

    Examples
    --------
    >>> round(leg_carbon(Leg("artic_40t", 1000.0), 5.0).co2e_kg, 3)
    0.475
    >>> leg_carbon(Leg("artic_40t", 1000.0, load=1.0), 1000.0).co2e_kg
    73.91
    """
    distance = at_least_zero(leg.distance_km, f"{leg.vehicle}, distance [km]")
    mass = at_least_zero(mass_kg, "The mass carried [kg]")
    grams, row = _factor(leg)
    tank = row["ttw_g_per_tkm"]
    return LegCarbon(
        co2e_kg=mass / 1000.0 * distance * grams / 1000.0,
        g_per_tkm=grams,
        ttw_share=tank / _wtw(row) if isinstance(tank, float) else None,
        source=str(row["source"]),
    )


def leg_parts(legs: Sequence[Leg], mass_kg: float) -> tuple[Part, ...]:
    """Give the lines of an account for carrying ``mass_kg`` over ``legs``; energy as of diesel with that carbon."""
    parts = []
    for leg in legs:
        carbon = leg_carbon(leg, mass_kg).co2e_kg
        energy = carbon * _MJ_PER_KG_CO2E * _DIESEL_PRIMARY
        parts.append(
            Part(
                f"transport, {leg.vehicle} {leg.distance_km:g} km",
                Impacts(carbon, energy),
                ("transport", "distance"),
            )
        )
    return tuple(parts)
