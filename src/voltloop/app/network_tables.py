"""The tables of a network folder: declared schemas, settings, and the data dictionary behind them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources

import dataframely as dy

from voltloop.collection import Consistency
from voltloop.network.dictionary import ColumnSpec, read_dictionary

__all__ = [
    "ColumnSpec",
    "ConsentSchema",
    "ContractSchema",
    "DriverSchema",
    "NetworkSettings",
    "PackagingSchema",
    "Party",
    "PointSchema",
    "SiteSchema",
    "VehicleSchema",
    "dictionary",
]


class PointSchema(dy.Schema):
    """Collection points; ``is_plannable`` is false where a place cannot be believed, ``why_not`` says why."""

    point_id = dy.String(primary_key=True, min_length=1)
    name = dy.String(min_length=1)
    type = dy.String()
    city = dy.String(nullable=True)
    admin1 = dy.String(nullable=True)
    country = dy.String(regex="^[A-Z]{2}$")
    lat = dy.Float64(min=-90, max=90)
    lon = dy.Float64(min=-180, max=180)
    expected_kg_per_year = dy.Float64(nullable=True, min=0)
    storage_limit_kg = dy.Float64(nullable=True, min=0)
    has_forklift = dy.Bool()
    takes_damaged = dy.Bool()
    opens_at = dy.Time()
    closes_at = dy.Time()
    windows = dy.String(nullable=True)
    vehicle_types = dy.String(nullable=True)
    permits = dy.String(nullable=True)
    training = dy.String(nullable=True)
    in_closed_zone = dy.Bool()
    usual_weekday = dy.Int64(nullable=True, min=1, max=7)
    usual_driver = dy.String(nullable=True)
    empties = dy.String(nullable=True)
    address = dy.String(nullable=True)
    postcode = dy.String(nullable=True)
    contact = dy.String(nullable=True)
    phone = dy.String(nullable=True)
    source = dy.String(nullable=True)
    is_plannable = dy.Bool()
    why_not = dy.String(nullable=True)


class SiteSchema(dy.Schema):
    """Sites: hubs, recyclers, remanufacturers, second life and what else the folder lists."""

    site_id = dy.String(primary_key=True, min_length=1)
    name = dy.String(min_length=1)
    operator = dy.String(nullable=True)
    kind = dy.String()
    country = dy.String(regex="^[A-Z]{2}$")
    admin1 = dy.String(nullable=True)
    lat = dy.Float64(min=-90, max=90)
    lon = dy.Float64(min=-180, max=180)
    commodity_or_chemistry = dy.String(nullable=True)
    capacity = dy.Float64(nullable=True, min=0)
    capacity_unit = dy.String(nullable=True)
    status = dy.String()
    cancelled = dy.Bool()
    is_depot = dy.Bool()
    accepts_damaged = dy.Bool(nullable=True)
    storage_limit_kg = dy.Float64(nullable=True, min=0)
    opens_at = dy.Time()
    closes_at = dy.Time()
    unload_min = dy.Float64(min=0)
    city = dy.String(nullable=True)
    address = dy.String(nullable=True)
    postcode = dy.String(nullable=True)
    contact = dy.String(nullable=True)
    phone = dy.String(nullable=True)
    source = dy.String(nullable=True)
    is_plannable = dy.Bool()
    why_not = dy.String(nullable=True)


class VehicleSchema(dy.Schema):
    """Vehicles by type and depot, every figure filled in."""

    vehicle_type = dy.String(primary_key=True)
    name = dy.String(primary_key=True)
    depot_id = dy.String(primary_key=True)
    count = dy.Int64(min=0)
    payload_kg = dy.Float64(min_exclusive=0)
    floor_positions = dy.Float64(min_exclusive=0)
    critical_boxes = dy.Int64(min=0)
    is_adr_equipped = dy.Bool()
    tail_lift = dy.Bool()
    fixed_cost_eur = dy.Float64(min=0)
    cost_eur_per_km = dy.Float64(min=0)
    cost_eur_per_h = dy.Float64(min=0)
    co2e_kg_per_km = dy.Float64(min=0)
    co2e_kg_per_tkm = dy.Float64(min=0)
    shift_start = dy.Time()
    shift_end = dy.Time()
    max_driving_h = dy.Float64(min_exclusive=0, max=24)
    max_shift_h = dy.Float64(min_exclusive=0, max=24)
    volume_m3 = dy.Float64(nullable=True, min_exclusive=0)
    permits = dy.String(nullable=True)
    ends_at = dy.String(nullable=True)
    max_reloads = dy.Int64(min=0)
    reload_at = dy.String(nullable=True)
    source = dy.String(nullable=True)


class DriverSchema(dy.Schema):
    """Drivers with the last days of their certificates; null means none."""

    driver_id = dy.String(primary_key=True)
    depot_id = dy.String()
    name = dy.String(nullable=True)
    adr_certificate_valid_to = dy.Date(nullable=True)
    hazmat_training_valid_to = dy.Date(nullable=True)
    trainings = dy.String(nullable=True)
    languages = dy.String(nullable=True)


class PackagingSchema(dy.Schema):
    """Packagings: what law each fulfils, what it holds, what it takes."""

    packaging_id = dy.String(primary_key=True)
    name = dy.String(min_length=1)
    packing_instructions = dy.String(min_length=1)
    un_code = dy.String(nullable=True)
    max_net_kg = dy.Float64(min_exclusive=0)
    max_articles = dy.Int64(nullable=True, min=1)
    tare_kg = dy.Float64(min=0)
    floor_positions = dy.Float64(min=0)
    volume_m3 = dy.Float64(nullable=True, min=0)
    pack_minutes = dy.Float64(min=0)
    cost_eur = dy.Float64(min=0)
    stock = dy.Int64(nullable=True, min=0)
    is_certified_critical_box = dy.Bool()
    source = dy.String(nullable=True)


class ConsentSchema(dy.Schema):
    """Consents to ship waste across a border."""

    consent_id = dy.String(primary_key=True)
    from_country = dy.String(regex="^[A-Z]{2}$")
    to_country = dy.String(regex="^[A-Z]{2}$")
    waste_codes = dy.String(min_length=1)
    notifier = dy.String(nullable=True)
    consignee_site_id = dy.String()
    valid_from = dy.Date()
    valid_to = dy.Date()


class ContractSchema(dy.Schema):
    """Contracts with sites: volumes, makers bound to a site, rights to diagnostics."""

    contract_id = dy.String(primary_key=True)
    kind = dy.String()
    site_id = dy.String()
    treatment = dy.String(nullable=True)
    manufacturer = dy.String(nullable=True)
    least_t_per_year = dy.Float64(nullable=True, min=0)
    most_t_per_year = dy.Float64(nullable=True, min=0)
    rule = dy.String(nullable=True)
    shortfall_eur_per_t = dy.Float64(nullable=True, min=0)
    valid_from = dy.Date(nullable=True)
    valid_to = dy.Date(nullable=True)


@dataclass(frozen=True, slots=True)
class Party:
    """A company on the papers; None where the folder says nothing and a person has to."""

    name: str | None = None
    address: str | None = None
    country: str | None = None
    contact: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """The settings of ``network.toml``; the defaults stand in the data dictionary.

    Attributes
    ----------
    planning_days
        Working days that a plan covers, 1 to 20.
    working_days
        Days of the week on which vehicles run, of Mon, Tue, Wed, Thu, Fri, Sat, Sun.
    holidays
        Days on which none runs.
    carbon_price_eur_per_t
        What a tonne of CO2e counts in the objective, in EUR.
    consistency
        What a visit on another weekday, or by another driver, than the usual one weighs.
    identifier_base
        Absolute URI under which the ledger names the operator's things; None takes voltloop's own.
    emergency_phone
        None leaves a marked field on the papers.
    """

    name: str | None = None
    planning_days: int = 5
    working_days: tuple[str, ...] = ("Mon", "Tue", "Wed", "Thu", "Fri")
    holidays: tuple[date, ...] = ()
    carbon_price_eur_per_t: float = 100.0
    consistency: Consistency = field(default_factory=Consistency)
    currency: str = "EUR"
    identifier_base: str | None = None
    emergency_phone: str | None = None
    carrier: Party = field(default_factory=Party)
    packer: Party = field(default_factory=Party)


@cache
def dictionary() -> dict[str, dict[str, ColumnSpec]]:
    """Give the data dictionary of the network folder: file, then column, in the order of the documentation.

    Examples
    --------
    >>> dictionary()["sites.csv"]["lat"].required
    True
    """
    return read_dictionary((resources.files("voltloop.app") / "network_dictionary.csv").read_bytes())
