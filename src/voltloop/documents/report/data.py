"""What a report is drawn from: plain values and Polars frames, filled in by the application.

Every frame may have further columns, which are passed over, and may be empty, in which case its section
says what would fill it. A column marked *required* must be there; any other may be missing and is then left
out of the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltloop.findings import Finding

__all__ = [
    "ATTRIBUTIONS",
    "REQUIRED_COLUMNS",
    "Assumption",
    "Outline",
    "PlanFile",
    "ReportData",
    "Totals",
    "TourLine",
]

ATTRIBUTIONS: Final = (
    "Road distances and routes: © OpenStreetMap contributors, Open Database License (ODbL) 1.0.",
    "Country outlines: Made with Natural Earth, public domain.",
)
"""Credits printed under the map and at the foot of every report."""

REQUIRED_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "batteries": ("row",),
    "row_findings": ("row", "status", "code"),
    "treatments": ("row", "treatment"),
    "verdicts": ("item", "outcome"),
    "tours": ("tour_id",),
    "stops": ("tour_id", "seq"),
    "loads": ("load_id",),
    "held": ("row", "reason"),
    "deferred": ("row", "reason"),
    "packaging": ("packaging_id",),
    "baselines": ("name",),
    "points": ("point_id", "lat", "lon"),
    "sites": ("site_id", "lat", "lon"),
}
"""Columns that each frame must have as soon as it has rows."""


@dataclass(frozen=True, slots=True)
class TourLine:
    """The way one tour takes, for the map.

    Attributes
    ----------
    tour_id
        Tour of the ``tours`` frame.
    lat, lon
        Degrees (WGS 84), same length, in driving order from depot to depot. NaN breaks the line.
    estimated
        True when the line is straight legs and not the road; it is then drawn dotted.
    """

    tour_id: str
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """A country's shape, for the map.

    Attributes
    ----------
    name
        Country name.
    rings
        Outer rings, each an array of shape (n, 2) with longitude and latitude in degrees, cut at 180 degrees.
    """

    name: str
    rings: Sequence[NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Assumption:
    """One price, factor, edition, setting or solver figure that the plan rests on.

    Attributes
    ----------
    group
        Heading it stands under: ``Law``, ``Prices``, ``Carbon``, ``Distances``, ``Solver``, ``Input`` or
        another.
    name, value
        What it is and its value with unit, both as shown: ``"Carbon price"``, ``"90 EUR/t"``.
    source
        Where it comes from, with date; empty shows a dash.
    is_estimate
        True when nobody has confirmed it; shown with the word "estimate".
    """

    group: str
    name: str
    value: str
    source: str = ""
    is_estimate: bool = False


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A file of the plan folder: its path relative to the report and what it holds."""

    path: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Totals:
    """The plan's figures. None means not known and is left out; nothing is computed from a None.

    Attributes
    ----------
    batteries_accepted, batteries_planned, batteries_deferred, batteries_held
        Numbers of batteries. The first must be the sum of the other three; the report shows whether it is.
    mass_planned_kg
        Net mass of the batteries planned.
    tours, stops, vehicles, days
        Numbers of tours, stops, vehicles used and planning days.
    distance_km, driving_h
        Of all collection tours together.
    cost_eur
        Money of tours, packaging and onward transport, without carbon.
    transport_co2e_kg
        Emitted by all transport of the plan, not negative.
    treatment_co2e_kg
        Of treating the planned batteries against making new; negative is avoided.
    treatment_value_eur
        Net value of treating the planned batteries, before transport.
    objective_eur
        Money plus carbon price times kg CO2e of the collection tours alone: what the solver made small.
    bound_eur
        Proven lower bound of the objective: no tours that fetch the same batteries are below it.
    gap
        (objective - bound) / objective, 0 to 1.
    """

    batteries_accepted: int
    batteries_planned: int
    batteries_deferred: int
    batteries_held: int
    mass_planned_kg: float | None = None
    tours: int | None = None
    stops: int | None = None
    vehicles: int | None = None
    days: int | None = None
    distance_km: float | None = None
    driving_h: float | None = None
    cost_eur: float | None = None
    transport_co2e_kg: float | None = None
    treatment_co2e_kg: float | None = None
    treatment_value_eur: float | None = None
    objective_eur: float | None = None
    bound_eur: float | None = None
    gap: float | None = None


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything a report shows.

    Attributes
    ----------
    title
        Heading of the page, such as ``"Collection plan"``.
    on
        First day that is planned.
    totals
        The plan's figures.
    list_counts
        Records of the list read, by status: ``accepted``, ``accepted_with_findings``, ``review``,
        ``rejected``, ``ignored``. A status that is missing counts as 0.
    list_records
        Records that the list has; the report shows whether ``list_counts`` add up to it.
    returns_name, network_name
        Names of the list and of the network, as the user wrote them, without folders of their machine.
    made_at
        When the plan was made (aware); None leaves it out.
    batteries
        BATTERIES table of the rows accepted. Required: ``row``. May also have ``plan_status`` (planned,
        deferred, held) and ``tour_id``, which are then shown.
    row_findings
        One row per finding of the list: ``row`` (parsed record number), ``status``, ``code`` (all
        required), ``field``, ``raw``, ``value`` (text), ``confidence`` (0 to 1), ``message``.
    treatments
        TREATMENTS table. Required: ``row``, ``treatment``. Used: ``destination_id``, ``net_value_eur``,
        ``co2e_kg``, ``reason``, ``runner_up``, ``is_waste``.
    verdicts
        VERDICTS table, ``item`` being the battery's ``row``. Required: ``item``, ``outcome``.
    tours
        Required: ``tour_id``. Used: ``day`` (date), ``depot_id``, ``vehicle_type``, ``driver_id``,
        ``needs_adr``, ``starts_at``, ``ends_at`` (local time, ``"07:30"``), ``km``, ``driving_h``,
        ``duty_h``, ``mass_kg``, ``positions``, ``points``, ``cost_eur``, ``co2e_kg``, ``stop_count``,
        ``batteries``.
    stops
        Required: ``tour_id``, ``seq``. Used: ``point_id``, ``name``, ``city``, ``country``, ``arrives``,
        ``departs`` (local time), ``batteries``, ``mass_kg``, ``points_after``, ``lat``, ``lon``.
    loads
        Required: ``load_id``. Used: ``tour_id``, ``kind`` (tour or linehaul), ``day``, ``origin``,
        ``destination``, ``vehicle_type``, ``mode``, ``edition``, ``un_numbers``, ``packages``,
        ``batteries``, ``net_mass_kg``, ``gross_mass_kg``, ``points``, ``obligations`` (";"-joined),
        ``documents`` (";"-joined paths relative to the report; they become links).
    held
        One row per battery held. Required: ``row``, ``reason``. Used: ``kind`` (forbidden, undecided,
        approval_needed, unknown_point, no_destination, no_hub, no_packaging, unreachable, no_vehicle, or
        another word), ``battery_id``, ``point_id``, ``point_name``, ``missing_facts`` (";"-joined), ``ask``
        (whom to ask, a sentence), ``quantity``.
    deferred
        One row per battery deferred. Required: ``row``, ``reason``. Used: ``kind``, ``battery_id``,
        ``point_id``, ``point_name``, ``due_on`` (day it must be fetched by), ``quantity``.
    packaging
        Consumption. Required: ``packaging_id``. Used: ``name``, ``depot_id``, ``packing_instructions``,
        ``used``, ``stock`` (null is unlimited), ``cost_eur``.
    baselines
        Other ways to drive the same collection tours, by the same evaluator; this plan is put in front,
        with its own tours. Required: ``name``. Used: ``cost_eur``, ``objective_eur``, ``co2e_kg``, ``km``,
        ``tours``, ``note``.
    cost_parts
        Money by component in EUR, in the order to show: ``{"Vehicles, fixed": 1200.0, ...}``.
    carbon_parts
        kg CO2e by component, emissions positive, avoided negative, in the order to show.
    points
        Collection points. Required: ``point_id``, ``lat``, ``lon``. Used: ``name``, ``city``, ``country``,
        ``type``.
    sites
        Treatment sites and depots. Required: ``site_id``, ``lat``, ``lon``. Used: ``name``, ``kind``,
        ``city``, ``country``, ``is_depot`` (bool).
    tour_lines
        The ways of the tours, for the map.
    outlines
        Countries for the map; None draws the catalogue's, an empty sequence none.
    findings
        Findings about the network, plan or loads, not about rows of the list.
    assumptions
        What the plan rests on.
    files
        The other files of the plan folder.
    attributions
        Credits that licences ask for.
    """

    title: str
    on: date
    totals: Totals
    list_counts: Mapping[str, int]
    list_records: int
    returns_name: str = ""
    network_name: str = ""
    made_at: datetime | None = None
    batteries: pl.DataFrame = field(default_factory=pl.DataFrame)
    row_findings: pl.DataFrame = field(default_factory=pl.DataFrame)
    treatments: pl.DataFrame = field(default_factory=pl.DataFrame)
    verdicts: pl.DataFrame = field(default_factory=pl.DataFrame)
    tours: pl.DataFrame = field(default_factory=pl.DataFrame)
    stops: pl.DataFrame = field(default_factory=pl.DataFrame)
    loads: pl.DataFrame = field(default_factory=pl.DataFrame)
    held: pl.DataFrame = field(default_factory=pl.DataFrame)
    deferred: pl.DataFrame = field(default_factory=pl.DataFrame)
    packaging: pl.DataFrame = field(default_factory=pl.DataFrame)
    baselines: pl.DataFrame = field(default_factory=pl.DataFrame)
    points: pl.DataFrame = field(default_factory=pl.DataFrame)
    sites: pl.DataFrame = field(default_factory=pl.DataFrame)
    cost_parts: Mapping[str, float] = field(default_factory=dict)
    carbon_parts: Mapping[str, float] = field(default_factory=dict)
    tour_lines: Sequence[TourLine] = ()
    outlines: Sequence[Outline] | None = None
    findings: Sequence[Finding] = ()
    assumptions: Sequence[Assumption] = ()
    files: Sequence[PlanFile] = ()
    attributions: Sequence[str] = ATTRIBUTIONS
