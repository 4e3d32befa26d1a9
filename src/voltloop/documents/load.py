"""What a paper needs to know: one load, its parties, packages, stops and obligations, as plain values.

The papers print these values and nothing else. A value of None, or an empty text, that the law asks of a
paper is printed as a field *to be completed by a person*; it is never invented. Masses are in kg, energies in
Wh, and those of a :class:`PackageLine` are totals of the whole line, not of one package.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from voltloop.errors import InputError, nearest

__all__ = [
    "BatteryItem",
    "CategoryTotal",
    "Consignment",
    "Driver",
    "Load",
    "LoadKind",
    "Mode",
    "MovementKind",
    "Outcome",
    "PackageLine",
    "Party",
    "Stop",
    "StopKind",
    "Vehicle",
    "WasteMovement",
]

Mode = Literal["road_eu", "road_us"]
"""Road under ADR (papers on A4) or road under 49 CFR (papers on US Letter)."""

LoadKind = Literal["tour", "linehaul"]
StopKind = Literal["start", "pickup", "delivery", "break", "end"]
MovementKind = Literal["notified", "green_listed"]
Outcome = Literal["allowed", "approval_needed", "exempt_small", "exempt_other", "not_dangerous"]


def _one_of(value: str, choices: tuple[str, ...], what: str) -> None:
    if value not in choices:
        raise InputError(
            f'{what}: "{value}" is not known.{nearest(value, choices)} Known are {", ".join(choices)}.',
            code="paper-unknown-word",
        )


def _not_below(value: float | None, least: float, what: str) -> None:
    if value is not None and not value >= least:
        raise InputError(
            f"{what}: {value} is given, at least {least:g} was expected.", code="paper-bad-number"
        )


@dataclass(frozen=True, slots=True)
class Party:
    """A consignor, consignee, carrier or facility.

    Attributes
    ----------
    name
        Name of the business or person, in any script.
    address
        Lines of the postal address, the country left out; empty prints a person's field.
    country
        ISO-2 code, empty when not known.
    contact, phone, email
        Whom to ask; None when not known.
    registration
        Waste carrier registration, EPA id or permit number; None when not known.
    """

    name: str
    address: tuple[str, ...] = ()
    country: str = ""
    contact: str | None = None
    phone: str | None = None
    email: str | None = None
    registration: str | None = None


@dataclass(frozen=True, slots=True)
class BatteryItem:
    """One accepted row of the battery table inside a package line.

    ``quantity`` units of this row are in the line; ``mass_kg`` and ``energy_wh`` are of one unit.
    """

    battery_id: str
    serial: str | None = None
    model: str | None = None
    chemistry: str = ""
    condition: str = ""
    quantity: int = 1
    mass_kg: float | None = None
    energy_wh: float | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True)
class PackageLine:
    """Packages alike, of one consignor, with one verdict: one line of the transport document.

    Attributes
    ----------
    package_id
        Id of the package; of several (``count`` > 1) the stem of their ids, see :attr:`package_ids`.
    packaging, packaging_code
        Packaging in words ("steel drum") and its UN code ("1A2"); the code is empty for packagings without.
    packing_instruction
        The one that is used, for instance "P909".
    outcome
        Of the verdict: only ``allowed`` and ``approval_needed`` count as dangerous goods on the document.
    un_number
        "3480" or "UN 3480"; empty when the goods have none.
    proper_shipping_name, hazard_class, packing_group, tunnel_code, transport_category
        As in the verdict ("LITHIUM ION BATTERIES", "9", "", "E", "2"). Subsidiary hazards stand in
        ``hazard_class`` in brackets.
    is_waste, waste_code
        Whether it travels as waste, and the code of the list of waste ("16 06 07*") or the RCRA code in the
        USA ("D003"); universal waste has no RCRA code.
    statements
        Sentences that the law asks for on the document, in the law's words.
    marks, labels
        Wordings to print on the package, and the models of hazard labels ("9A", "8", "4.3").
    count
        Number of packages, 1 or more.
    net_mass_kg, gross_mass_kg
        Batteries alone, and with packaging, of all packages. A gross mass of None is a person's field.
    energy_wh
        Of all packages of the line; None when not known.
    points_per_kg
        Multiplier of ADR 1.1.3.6.3; None when the small-load relief cannot be used.
    batteries
        What is inside.
    packing_notes
        How to pack, in words, for the driver and the packing list.
    wet
        True for batteries with free liquid: the package carries orientation arrows.
    special_provisions
        What the verdict relies on ("598"); for exempted goods the paper names it as the reason.
    """

    package_id: str
    packaging: str
    packing_instruction: str
    proper_shipping_name: str
    net_mass_kg: float
    un_number: str = ""
    hazard_class: str = ""
    packing_group: str = ""
    tunnel_code: str = ""
    transport_category: str = ""
    outcome: Outcome = "allowed"
    is_waste: bool = False
    waste_code: str = ""
    statements: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    count: int = 1
    gross_mass_kg: float | None = None
    energy_wh: float | None = None
    points_per_kg: float | None = None
    packaging_code: str = ""
    batteries: tuple[BatteryItem, ...] = ()
    packing_notes: tuple[str, ...] = ()
    wet: bool = False
    special_provisions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _one_of(self.outcome, get_args(Outcome), f"Package {self.package_id}, outcome")
        _not_below(self.count, 1, f"Package {self.package_id}, count")
        _not_below(self.net_mass_kg, 0.0, f"Package {self.package_id}, net_mass_kg")
        _not_below(self.gross_mass_kg, 0.0, f"Package {self.package_id}, gross_mass_kg")
        _not_below(self.energy_wh, 0.0, f"Package {self.package_id}, energy_wh")

    @property
    def package_ids(self) -> tuple[str, ...]:
        """The id of each package: the stem itself for one, stem-1, stem-2, … for several."""
        if self.count == 1:
            return (self.package_id,)
        return tuple(f"{self.package_id}-{number}" for number in range(1, self.count + 1))

    @property
    def is_dangerous(self) -> bool:
        """Whether the line counts as dangerous goods on the transport document."""
        return self.outcome in {"allowed", "approval_needed"} and bool(self.un_number)

    @property
    def un(self) -> str:
        """The digits of the UN number, empty when there is none."""
        return "".join(letter for letter in self.un_number if letter.isdigit())


@dataclass(frozen=True, slots=True)
class Consignment:
    """What one consignor hands over: a collection tour has one for each stop that gives goods.

    ``stop_number`` is the stop where it is taken up. ``consignee`` overrides the load's consignee when goods
    of one tour go to several places; ``delivery_stop_number`` says where it is set down (None: the last
    delivery).
    """

    consignor: Party
    lines: tuple[PackageLine, ...]
    stop_number: int = 0
    consignee: Party | None = None
    delivery_stop_number: int | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of the tour, in driving order.

    ``number`` 0 is the start. Times without zone are local at the stop; times with a zone are printed in it.
    ``distance_km`` is the drive from the stop before.
    """

    number: int
    kind: StopKind
    name: str
    address: tuple[str, ...] = ()
    country: str = ""
    lat: float | None = None
    lon: float | None = None
    arrives_at: datetime | None = None
    departs_at: datetime | None = None
    opens: str = ""
    contact: str | None = None
    phone: str | None = None
    distance_km: float | None = None
    has_forklift: bool | None = None
    instructions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _one_of(self.kind, get_args(StopKind), f"Stop {self.number}, kind")


@dataclass(frozen=True, slots=True)
class Vehicle:
    """The vehicle; ``plates`` (and ``trailer_plates``, if it has one) are a person's fields when None."""

    name: str
    vehicle_id: str = ""
    plates: str | None = None
    has_trailer: bool = False
    trailer_plates: str | None = None
    is_adr_equipped: bool = False
    payload_kg: float | None = None


@dataclass(frozen=True, slots=True)
class Driver:
    """The driver; each None is a person's field where the load asks for it."""

    name: str | None = None
    adr_certificate_valid_to: date | None = None
    hazmat_training_valid_to: date | None = None
    languages: tuple[str, ...] = ()
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class CategoryTotal:
    """Total of one ADR transport category aboard; ``points`` None where 1.1.3.6 cannot be used."""

    category: str
    net_mass_kg: float
    points: float | None


@dataclass(frozen=True, slots=True)
class WasteMovement:
    """Waste of one code that crosses from one country to another.

    It covers the load's waste lines with this ``waste_code`` from consignors in ``from_country``.
    ``notified`` gives the movement document of a notified shipment, ``green_listed`` the Annex VII document.
    ``shipment_number`` and ``shipments_total`` count the shipments of one notification. None is a person's
    field; ``transit_countries`` are empty when the two are neighbours and the way leads through no other.
    """

    kind: MovementKind
    from_country: str
    to_country: str
    waste_code: str
    consent_id: str | None = None
    notifier: Party | None = None
    facility: Party | None = None
    shipment_number: int | None = None
    shipments_total: int | None = None
    operation: str | None = None
    basel_code: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    transit_countries: tuple[str, ...] | None = ()

    def __post_init__(self) -> None:
        _one_of(self.kind, get_args(MovementKind), f"Waste movement {self.waste_code}, kind")


@dataclass(frozen=True, slots=True)
class Load:
    """One vehicle's load on one day, with everything its papers print.

    Attributes
    ----------
    load_id, plan_id
        Printed on every page; ``plan_id`` may be empty.
    mode, edition
        Which law, and which edition of it was applied ("ADR-2025").
    on
        Day of carriage.
    kind
        A collection tour, or one run from a hub to a plant.
    consignments
        At least one, in the order of loading.
    consignee
        Who receives the goods that name no other consignee.
    carrier, vehicle, driver
        Who carries. A carrier of None is a person's field.
    stops
        In driving order; may be empty, then the driver's sheet has no list of stops.
    uses_small_load_relief
        True when the load stays within ADR 1.1.3.6 and uses it.
    points_total, points
        The calculated value of the load, and per transport category.
    obligations
        What the law asks of this load beyond the packages, one sentence each, with its rule.
    equipment
        What must be aboard; empty gives the standing list of the mode.
    emergency_phone
        Round-the-clock number; None is a person's field, never invented.
    borders
        Pairs of ISO-2 codes in driving order.
    waste_movements
        One for each waste code and pair of countries that needs a waste document.
    route
        Points (latitude, longitude) of the way driven, for the map; empty draws straight lines between stops.
    distance_km, duration_h
        Of the whole way, None when not known.
    """

    load_id: str
    mode: Mode
    edition: str
    on: date
    kind: LoadKind
    consignments: tuple[Consignment, ...]
    consignee: Party
    vehicle: Vehicle
    driver: Driver = Driver()
    carrier: Party | None = None
    stops: tuple[Stop, ...] = ()
    uses_small_load_relief: bool = False
    points_total: float | None = None
    points: tuple[CategoryTotal, ...] = ()
    obligations: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    emergency_phone: str | None = None
    borders: tuple[tuple[str, str], ...] = ()
    waste_movements: tuple[WasteMovement, ...] = ()
    route: tuple[tuple[float, float], ...] = ()
    distance_km: float | None = None
    duration_h: float | None = None
    plan_id: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _one_of(self.mode, get_args(Mode), f"Load {self.load_id}, mode")
        _one_of(self.kind, get_args(LoadKind), f"Load {self.load_id}, kind")
        if not any(consignment.lines for consignment in self.consignments):
            raise InputError(
                f"Load {self.load_id}: it holds no package, so there is nothing to write papers for. "
                "Give it at least one consignment with one package line.",
                code="paper-empty-load",
            )

    @property
    def lines(self) -> tuple[PackageLine, ...]:
        """All package lines, in the order of loading."""
        return tuple(line for consignment in self.consignments for line in consignment.lines)

    @property
    def gross_mass_kg(self) -> float | None:
        """Mass of all packages [kg]; None when one of them is not known."""
        total = 0.0
        for line in self.lines:
            if line.gross_mass_kg is None:
                return None
            total += line.gross_mass_kg
        return total

    @property
    def net_mass_kg(self) -> float:
        """Mass of all batteries [kg]."""
        return sum(line.net_mass_kg for line in self.lines)
