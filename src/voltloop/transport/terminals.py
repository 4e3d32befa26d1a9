"""Ports, airports, rail terminals and ferries, and what changing from one mode to another takes there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import chain

from voltloop.transport.passages import rows_of

__all__ = ["Ferry", "Mode", "Stop", "Transfer", "ferries", "modes", "terminals", "transfers"]


@dataclass(frozen=True)
class Stop:
    """A place on an itinerary.

    Attributes
    ----------
    id, name, country
        Country as ISO-2 code.
    lat, lon
        Degrees.
    kind
        ``seaport``, ``airport``, ``rail_terminal``, ``ferry_port``, or ``place`` for any other.
    modes
        Modes that serve it.
    largest_ship
        Largest class of ships that calls at a seaport; empty for others.
    """

    id: str
    name: str
    country: str
    lat: float
    lon: float
    kind: str = "place"
    modes: frozenset[str] = frozenset({"road"})
    largest_ship: str = ""


@dataclass(frozen=True)
class Ferry:
    """A ferry or shuttle for trucks between two stops.

    Attributes
    ----------
    ferry, start, stop
        Name of the crossing, and ids of the stops at its ends; it runs both ways.
    km, headway_h
        Length, and usual time between two sailings [h].
    is_tunnel
        True for a shuttle through a tunnel, which is no ship to the law.
    """

    ferry: str
    start: str
    stop: str
    km: float
    headway_h: float
    is_tunnel: bool


@dataclass(frozen=True)
class Mode:
    """What a mode costs and takes.

    Attributes
    ----------
    mode, vehicle, emission_vehicle
        Names; the last is a row of the emission factors.
    speed_kmh
        None where another table gives the speed (road, sea).
    fixed_h, headway_h
        Time that a leg takes beside driving, and between two departures [h].
    cost_eur_per_tkm, cost_eur_per_t
        Freight by the way, and once per leg.
    dangerous_goods_factor
        On the freight by the way.
    """

    mode: str
    vehicle: str
    emission_vehicle: str
    speed_kmh: float | None
    fixed_h: float
    headway_h: float
    cost_eur_per_tkm: float
    cost_eur_per_t: float
    dangerous_goods_factor: float


@dataclass(frozen=True)
class Transfer:
    """Changing from one mode to another.

    Attributes
    ----------
    hours
        From arrival until the goods are ready for the next mode [h].
    cut_off_h
        How long before departure they must be there [h].
    cost_eur_per_t, co2e_kg_per_t
        Handling.
    """

    hours: float
    cut_off_h: float
    cost_eur_per_t: float
    co2e_kg_per_t: float


@cache
def terminals() -> dict[str, Stop]:
    """Terminals of the catalogue by id, ends of ferries among them.

    Examples
    --------
    >>> terminals()["NLRTM"].name, terminals()["DOVER-FERRY"].kind
    ('Rotterdam', 'ferry_port')
    """
    found = {
        row["terminal"]: Stop(
            row["terminal"],
            row["name"],
            row["country"],
            float(row["lat"]),
            float(row["lon"]),
            row["kind"],
            frozenset(row["modes"].split()),
            row["largest_ship"],
        )
        for row in rows_of("terminals")
    }
    both = frozenset({"road", "ferry"})
    for row, end in chain.from_iterable(((row, "a"), (row, "b")) for row in rows_of("ferries")):
        name = row[f"name_{end}"]
        found[_ferry_id(name)] = Stop(
            _ferry_id(name),
            name,
            row[f"country_{end}"],
            float(row[f"lat_{end}"]),
            float(row[f"lon_{end}"]),
            "ferry_port",
            both,
        )
    return found


@cache
def ferries() -> tuple[Ferry, ...]:
    """Crossings of the catalogue."""
    return tuple(
        Ferry(
            row["ferry"],
            _ferry_id(row["name_a"]),
            _ferry_id(row["name_b"]),
            float(row["km"]),
            float(row["headway_h"]),
            row["link"] == "tunnel",
        )
        for row in rows_of("ferries")
    )


@cache
def modes() -> dict[str, Mode]:
    """Modes by name; the sea has its ships in :func:`voltloop.transport.passages.ships`."""
    return {
        row["mode"]: Mode(
            row["mode"],
            row["vehicle"],
            row["emission_vehicle"],
            float(row["speed_kmh"]) if row["speed_kmh"] else None,
            *(
                float(row[name])
                for name in (
                    "fixed_h",
                    "headway_h",
                    "cost_eur_per_tkm",
                    "cost_eur_per_t",
                    "dangerous_goods_factor",
                )
            ),
        )
        for row in rows_of("modes")
    }


@cache
def transfers() -> dict[tuple[str, str], Transfer]:
    """Give transfers by the modes before and after; from road to road there is none."""
    return {
        (row["from_mode"], row["to_mode"]): Transfer(
            *(float(row[name]) for name in ("hours", "cut_off_h", "cost_eur_per_t", "co2e_kg_per_t"))
        )
        for row in rows_of("transfers")
    }


def _ferry_id(name: str) -> str:
    return name.upper().replace(" ", "-")
