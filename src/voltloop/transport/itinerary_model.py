"""What an itinerary is asked for and made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from voltloop.errors import InputError
from voltloop.findings import Finding
from voltloop.transport.calendars import Service
from voltloop.transport.legs import Leg
from voltloop.transport.passages import Closure
from voltloop.transport.terminals import Stop

__all__ = [
    "EMISSION_BOUNDARY",
    "EMISSION_FACTORS",
    "Itinerary",
    "LegTaken",
    "Permission",
    "Permitted",
    "Request",
    "Search",
]

EMISSION_BOUNDARY = (
    "ISO 14083:2023 and GLEC Framework v3: well to wheel, operation of vehicles with their average load and empty "
    "running, and handling in terminals; without making vehicles, roads and terminals, and without packaging"
)
EMISSION_FACTORS = (
    "UK DESNZ/DEFRA conversion factors 2025 (air without radiative forcing), catalogue/footprint/transport.csv; "
    "terminals: catalogue/transport/transfers.csv, assumption"
)


@dataclass(frozen=True)
class Permission:
    """Whether goods may go by a mode from one country to another on a day.

    Attributes
    ----------
    is_allowed
        False takes every such leg out.
    said
        The law's conditions, or its reason, in words.
    is_decided
        False where no law known here covers the way: the leg stays, marked.
    """

    is_allowed: bool
    said: str = ""
    is_decided: bool = True


Permitted = Callable[[str, str, str, date], Permission]
"""Asked with mode (``road``, ``rail``, ``sea``, ``air``, ``ferry``, ``tunnel``), two countries and a day."""


@dataclass(frozen=True)
class Request:
    """What is to be carried, and when.

    Attributes
    ----------
    origin, destination
        Ids of stops.
    ready_at
        When the goods are ready, aware.
    mass_kg
        Gross mass, above 0.
    is_dangerous
        Whether freight has the surcharge for dangerous goods.
    closed
        What is closed, and when.
    services
        Calendars. Where one exists between two terminals by a mode, no leg between them goes at another time.
    k
        Most alternatives to give, at least 1.
    """

    origin: str
    destination: str
    ready_at: datetime
    mass_kg: float = 1000.0
    is_dangerous: bool = False
    closed: tuple[Closure, ...] = ()
    services: tuple[Service, ...] = ()
    k: int = 5

    def __post_init__(self) -> None:
        if not (0.0 < self.mass_kg < float("inf")):
            raise InputError(
                f"The mass is {self.mass_kg:g} kg. Expected a mass above 0. Correct it.",
                code="itinerary-mass",
            )
        if self.k < 1:
            raise InputError(
                f"{self.k} alternatives are asked for. Expected at least 1. Correct the number.",
                code="itinerary-alternatives",
            )
        if self.origin == self.destination:
            raise InputError(
                f'Origin and destination are both "{self.origin}". Give two places.',
                code="itinerary-same-place",
            )


@dataclass(frozen=True)
class LegTaken:
    """A leg of an itinerary.

    Attributes
    ----------
    leg
        The way.
    start, stop
        The stops at its ends.
    ready_at, departs_at, arrives_at
        When the goods are ready at its start after the transfer there, when they leave and arrive.
    cost_eur, co2e_kg
        Of the leg alone, for the mass asked.
    transfer_cost_eur, transfer_co2e_kg
        Of changing to it at its start; on the last leg to a terminal, of being handed over there too.
    is_scheduled
        True where a calendar gives the departure, False where waiting is half the usual headway, an estimate.
    permission
        What the law said.
    """

    leg: Leg
    start: Stop
    stop: Stop
    ready_at: datetime
    departs_at: datetime
    arrives_at: datetime
    cost_eur: float
    co2e_kg: float
    transfer_cost_eur: float
    transfer_co2e_kg: float
    is_scheduled: bool
    permission: Permission


@dataclass(frozen=True)
class Itinerary:
    """One way of getting there.

    Attributes
    ----------
    legs
        In the order of the way.
    cost_eur, hours, co2e_kg
        Of the whole, waiting and transfers included, for the mass asked.
    """

    legs: tuple[LegTaken, ...]
    cost_eur: float
    hours: float
    co2e_kg: float

    @property
    def km(self) -> float:
        """Length of the whole."""
        return sum(taken.leg.km for taken in self.legs)

    @property
    def arrives_at(self) -> datetime:
        """When the last leg ends."""
        return self.legs[-1].arrives_at


@dataclass(frozen=True)
class Search:
    """What was found.

    Attributes
    ----------
    itineraries
        Non-dominated ones, cheapest first: the cheapest, the fastest, that of least emissions, and those between that
        differ most.
    front
        How many non-dominated ones exist.
    findings
        ``itinerary-unreachable`` where there is none; what was left out and why.
    """

    itineraries: tuple[Itinerary, ...]
    front: int
    findings: tuple[Finding, ...]
