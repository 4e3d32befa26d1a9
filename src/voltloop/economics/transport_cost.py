"""What it costs to bring feedstock to a recycler, by truck and packaging."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from voltloop.catalogue import processes
from voltloop.economics.checks import number, one_of, positive
from voltloop.economics.recycling_plants import known_place

__all__ = ["TRUCKS", "LegCost", "TransportLeg", "transport_cost", "transport_leg_cost"]

TRUCKS = ("heavy", "medium")
"""Trucks whose rates the catalogue has: above and below 15 t gross mass."""

_SHORT_TON_PER_KG = 0.0011
_KM_PER_MILE = 1.609344


@dataclass(frozen=True, slots=True)
class TransportLeg:
    """A leg of the way from collection to the plant.

    Attributes
    ----------
    distance_km
        By road.
    truck
        ``heavy`` or ``medium``.
    is_hazmat
        Dangerous goods, in packaging approved for them.
    kg_per_kg_feed
        What is moved per kg of feed, such as 1.1 for packs with their packaging; None takes the catalogue's for
        dangerous goods, else 1.
    """

    distance_km: float
    truck: str = "heavy"
    is_hazmat: bool = True
    kg_per_kg_feed: float | None = None


@dataclass(frozen=True, slots=True)
class LegCost:
    """Cost of a leg in USD per kg of feed: freight and packaging, with currency and price date."""

    freight_usd_per_kg: float
    packaging_usd_per_kg: float
    cost_usd_per_kg: float
    currency: str
    priced_on: date


def transport_leg_cost(
    *,
    kg_moved_per_kg_feedstock: float,
    miles: float,
    payload_short_ton: float,
    usd_per_mile: float,
    packaging_usd_per_kg_feedstock: float = 0.0,
) -> float:
    """Give the cost of one leg from its rate.

    Parameters
    ----------
    kg_moved_per_kg_feedstock
        Mass moved per kg of feedstock.
    miles
        Distance in statute miles.
    payload_short_ton
        Load of the truck in short tons, above zero.
    usd_per_mile
        Rate of the truck.
    packaging_usd_per_kg_feedstock
        Packaging per kg of feedstock.

    Returns
    -------
    float
        USD per kg of feedstock.

    Raises
    ------
    InputError
        ``economics-number``.

    References
    ----------
    EverBatt 2023, collection and transport: kg × 0.0011 short ton/kg × miles × rate / payload + packaging.

    Examples
    --------
    >>> round(transport_leg_cost(kg_moved_per_kg_feedstock=1.1, miles=500, payload_short_ton=10,
    ...                          usd_per_mile=1.834, packaging_usd_per_kg_feedstock=0.588896), 6)
    0.699853
    """
    short_tons = number("kg_moved_per_kg_feedstock", kg_moved_per_kg_feedstock) * _SHORT_TON_PER_KG
    trips = short_tons / positive("payload_short_ton", payload_short_ton)
    rate = number("usd_per_mile", usd_per_mile)
    packaging = number("packaging_usd_per_kg_feedstock", packaging_usd_per_kg_feedstock)
    return trips * number("miles", miles) * rate + packaging


def transport_cost(legs: Sequence[TransportLeg], *, place: str = "United States") -> list[LegCost]:
    """Give the cost of each leg at the rates of a place.

    Parameters
    ----------
    legs
        Any number of legs; none gives an empty list.
    place
        As in :func:`~voltloop.economics.recycling_plants.known_place`.

    Raises
    ------
    InputError
        ``economics-word``, ``economics-number``.

    Examples
    --------
    >>> [round(leg.cost_usd_per_kg, 4) for leg in transport_cost([TransportLeg(804.672)])]
    [0.6999]
    """
    rates = processes.places().row(by_predicate=pl.col("place") == known_place(place), named=True)
    given = processes.economics_parameters("transport")
    found = []
    for leg in legs:
        one_of("truck", leg.truck, TRUCKS)
        usual = given["gross_kg_per_kg"] if leg.is_hazmat else 1.0
        freight = transport_leg_cost(
            kg_moved_per_kg_feedstock=usual if leg.kg_per_kg_feed is None else leg.kg_per_kg_feed,
            miles=number("distance_km", leg.distance_km) / _KM_PER_MILE,
            payload_short_ton=given[f"payload_{leg.truck}_short_ton"],
            usd_per_mile=rates[f"{leg.truck}_{'hazmat_' if leg.is_hazmat else ''}usd_per_mile"],
        )
        packaging = given[f"packaging_{'hazmat' if leg.is_hazmat else 'plain'}_usd_per_kg"]
        found.append(LegCost(freight, packaging, freight + packaging, "USD", rates["priced_on"]))
    return found
