"""Loads of the plan, with everything that their papers print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, cast

import polars as pl

from voltloop.app.borders import Borders
from voltloop.app.network_folder import Network
from voltloop.app.packages import party_of, unique_lines
from voltloop.compliance import Load as Account
from voltloop.compliance import Rulebook
from voltloop.documents.load import (
    Consignment,
    Driver,
    Load,
    Mode,
    PackageLine,
    Party,
    Stop,
    Vehicle,
    WasteMovement,
)

__all__ = ["Context", "Run", "Visit", "make_load"]

_TRAILER_FROM_KG = 15_000.0
"""Payload from which a vehicle is taken for a tractor with trailer, which has plates of its own."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One stop of a run: where, when, what is taken up (rows of the list) and what is brought.

    ``seconds`` are those of the day; ``leg_km`` is the drive from the stop before; ``brings`` counts empty
    packagings by id.
    """

    place: Mapping[str, Any]
    arrives_s: int
    departs_s: int
    leg_km: float
    rows: tuple[int, ...] = ()
    brings: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """One vehicle's way on one day: a collection tour or an onward load."""

    load_id: str
    kind: str
    mode: str
    day: date
    vehicle: Mapping[str, Any]
    vehicle_name: str
    driver: Mapping[str, Any] | None
    start: Mapping[str, Any]
    starts_s: int
    visits: tuple[Visit, ...]
    end: Mapping[str, Any]
    ends_s: int
    last_leg_km: float
    km: float
    route: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Context:
    """What all loads of a plan share.

    ``lines`` are the packages by row, ``rows`` the planned batteries by row.
    """

    network: Network
    borders: Borders
    rulebook: Rulebook
    lines: Mapping[int, list[PackageLine]]
    rows: Mapping[int, Mapping[str, Any]]
    plan_id: str


def make_load(run: Run, context: Context) -> Load:
    """Give the load of a run with consignments, obligations, borders and waste movements."""
    consignments = _consignments(run, context)
    account = _account(run, context, [line for part in consignments for line in part.lines])
    settings = context.network.settings
    relief = run.mode == "road_eu" and not account.exceeds_1136
    has_waste = any(line.is_waste for part in consignments for line in part.lines)
    obligations = account.obligations(has_waste=has_waste)
    movements, papers = _movements(run, context)
    return Load(
        load_id=run.load_id,
        plan_id=context.plan_id,
        mode=cast(Mode, run.mode),
        edition=obligations.edition,
        on=run.day,
        kind="tour" if run.kind == "tour" else "linehaul",
        consignments=consignments,
        consignee=party_of(run.end),
        carrier=_company(settings.carrier),
        vehicle=Vehicle(
            name=run.vehicle_name,
            has_trailer=run.vehicle["payload_kg"] >= _TRAILER_FROM_KG,
            is_adr_equipped=run.vehicle["is_adr_equipped"],
            payload_kg=run.vehicle["payload_kg"],
        ),
        driver=_driver(run.driver),
        stops=_stops(run, context),
        uses_small_load_relief=relief,
        points_total=account.points if run.mode == "road_eu" and not account.has_category_0 else None,
        obligations=(*obligations.duties.values(), *papers),
        emergency_phone=settings.emergency_phone,
        borders=_borders(run),
        waste_movements=movements,
        route=run.route,
        distance_km=run.km,
        duration_h=(run.ends_s - run.starts_s) / 3600.0,
    )


def _account(run: Run, context: Context, lines: Sequence[PackageLine]) -> Account:
    account = Account(context.rulebook, mode=run.mode, on=run.day)
    for line in lines:
        row = context.rows[cast(int, line.batteries[0].row)]
        profile = account.profile_of(row)
        account.add(profile, line.net_mass_kg)
    return account


def _consignments(run: Run, context: Context) -> tuple[Consignment, ...]:
    parts = []
    for number, visit in enumerate(run.visits, start=1):
        lines = unique_lines(context.lines, visit.rows)
        if lines:
            parts.append(Consignment(party_of(visit.place), lines, number, None, len(run.visits) + 1))
    return tuple(parts)


def _stops(run: Run, context: Context) -> tuple[Stop, ...]:
    names = dict(context.network.packagings.select("packaging_id", "name").iter_rows())
    stops = [_stop(0, "start", run.start, run, None, run.starts_s, None)]
    for number, visit in enumerate(run.visits, start=1):
        kind = "pickup" if visit.rows else "break"
        brings = tuple(
            f"Leave here, empty: {count} {names[packaging]} ({packaging})."
            for packaging, count in visit.brings.items()
        )
        stops.append(
            _stop(number, kind, visit.place, run, visit.arrives_s, visit.departs_s, visit.leg_km, brings)
        )
    stops.append(_stop(len(run.visits) + 1, "delivery", run.end, run, run.ends_s, None, run.last_leg_km))
    return tuple(stops)


def _stop(
    number: int,
    kind: str,
    place: Mapping[str, Any],
    run: Run,
    arrives: int | None,
    departs: int | None,
    leg_km: float | None,
    hints: tuple[str, ...] = (),
) -> Stop:
    opens = place.get("opens_at"), place.get("closes_at")
    has_forklift = place.get("has_forklift")
    if kind == "pickup" and has_forklift is False and run.vehicle["tail_lift"]:
        hints = ("No forklift here: load with the tail lift.", *hints)
    return Stop(
        number=number,
        kind=cast(Any, kind),
        name=place["name"],
        address=party_of(place).address,
        country=place["country"],
        lat=place["lat"],
        lon=place["lon"],
        arrives_at=_instant(run.day, arrives),
        departs_at=_instant(run.day, departs),
        opens=f"{opens[0]:%H:%M}–{opens[1]:%H:%M}" if opens[0] and opens[1] else "",
        contact=place.get("contact"),
        phone=place.get("phone"),
        distance_km=leg_km,
        has_forklift=has_forklift,
        instructions=hints,
    )


def _instant(day: date, seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.combine(day, time()) + timedelta(seconds=seconds)


def _borders(run: Run) -> tuple[tuple[str, str], ...]:
    countries = [run.start["country"], *(visit.place["country"] for visit in run.visits), run.end["country"]]
    return tuple((here, there) for here, there in pairwise(countries) if here != there)


def _movements(run: Run, context: Context) -> tuple[tuple[WasteMovement, ...], tuple[str, ...]]:
    """Waste documents of the load, and what else must travel because goods cross a border."""
    movements: dict[tuple[str, str, str], WasteMovement] = {}
    papers: dict[str, None] = {}
    for visit in run.visits:
        start, end = visit.place["country"], run.end["country"]
        for row in (context.rows[number] for number in visit.rows):
            if start == end:
                continue
            code = (row["waste_code"] or "") if row["is_waste"] else ""
            crossing = context.borders.crossing(start, end, code, row["is_waste"], run.end["site_id"])
            papers.update(dict.fromkeys(crossing.documents))
            if row["is_waste"] and crossing.procedure in {"notification", "annex_vii"}:
                movements.setdefault((start, end, code), _movement(start, end, code, crossing, run, context))
    return tuple(movements.values()), tuple(f"Carry for the border: {paper}." for paper in papers)


def _movement(start: str, end: str, code: str, crossing: Any, run: Run, context: Context) -> WasteMovement:
    consents = context.network.consents.filter(pl.col("consent_id") == (crossing.consent_id or ""))
    consent = consents.row(0, named=True) if consents.height else {}
    notifier = consent.get("notifier")
    return WasteMovement(
        kind="notified" if crossing.procedure == "notification" else "green_listed",
        from_country=start,
        to_country=end,
        waste_code=code,
        consent_id=crossing.consent_id,
        notifier=Party(notifier) if notifier else None,
        facility=party_of(run.end),
        valid_from=consent.get("valid_from"),
        valid_to=consent.get("valid_to"),
        # The way is known in outline only: whoever notifies names the countries between.
        transit_countries=None,
    )


def _driver(row: Mapping[str, Any] | None) -> Driver:
    if row is None:
        return Driver()
    return Driver(
        name=row["name"] or row["driver_id"],
        adr_certificate_valid_to=row["adr_certificate_valid_to"],
        hazmat_training_valid_to=row["hazmat_training_valid_to"],
        languages=tuple(word for word in (row["languages"] or "").split(";") if word),
    )


def _company(party: Any) -> Party | None:
    if party.name is None:
        return None
    return Party(
        party.name,
        (party.address,) if party.address else (),
        party.country or "",
        contact=party.contact,
        phone=party.phone,
    )
