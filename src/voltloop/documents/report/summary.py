"""The plan in figures and sentences, and the two sums that show that nothing was lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from voltloop.documents.report import views, words
from voltloop.documents.report.data import ReportData

__all__ = ["Sum", "Tile", "bar", "board_hours", "sentences", "sums", "tiles"]

_STATUSES: Final = ("accepted", "accepted_with_findings", "review", "rejected", "ignored")
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})")


@dataclass(frozen=True, slots=True)
class Tile:
    """A key figure: what it is, its value, its unit, a line of context and the section with the detail."""

    name: str
    value: str
    unit: str
    context: str
    target: str


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum that must hold, written out, and whether it does."""

    text: str
    holds: bool


def tiles(data: ReportData) -> list[Tile]:
    """Give the key figures that are known."""
    totals = data.totals
    share = totals.batteries_planned / totals.batteries_accepted if totals.batteries_accepted else None
    accepted = words.count(totals.batteries_accepted)
    planned = "none accepted" if share is None else f"{words.share(share)} of {accepted} accepted"
    waiting = totals.batteries_held + totals.batteries_deferred
    parts = f"{words.count(totals.batteries_held)} held, {words.count(totals.batteries_deferred)} deferred"
    return [
        Tile("Batteries planned", words.count(totals.batteries_planned), "", planned, "tours"),
        Tile("Batteries not planned", words.count(waiting), "", parts, "held"),
        *_transport_tiles(data),
        *_money_tiles(data),
    ]


def _transport_tiles(data: ReportData) -> list[Tile]:
    totals = data.totals
    found = []
    if totals.tours is not None:
        stops = words.plural(totals.stops, "stop") if totals.stops is not None else ""
        days = words.plural(totals.days, "day") if totals.days is not None else ""
        context = ", ".join(part for part in (stops, days) if part)
        found.append(Tile("Tours", words.count(totals.tours), "", context, "tours"))
    if totals.distance_km is not None:
        hours = f"{words.number(totals.driving_h)} h of driving" if totals.driving_h is not None else ""
        found.append(Tile("Distance", words.number(totals.distance_km), "km", hours, "tours"))
    if totals.mass_planned_kg is not None:
        found.append(
            _tile("Mass planned", words.mass(totals.mass_planned_kg), "net, batteries only", "loads")
        )
    return found


def _money_tiles(data: ReportData) -> list[Tile]:
    totals = data.totals
    found = []
    if totals.cost_eur is not None:
        each = totals.cost_eur / totals.batteries_planned if totals.batteries_planned else None
        found.append(_tile("Cost", words.money(totals.cost_eur), f"{words.money(each)} a battery", "money"))
    if totals.transport_co2e_kg is not None:
        avoided = totals.treatment_co2e_kg
        is_saving = avoided is not None and avoided < 0
        context = (
            f"treatment avoids {words.carbon(-avoided)}" if avoided is not None and is_saving else "transport"
        )
        found.append(_tile("Emissions", words.carbon(totals.transport_co2e_kg), context, "carbon"))
    return found


def _tile(name: str, value: str, context: str, target: str) -> Tile:
    figure, _, unit = value.partition("\u00a0")
    return Tile(name, figure, unit.replace("\u00a0", " "), context, target)


def sums(data: ReportData) -> list[Sum]:
    """Give the two sums that every plan must keep."""
    counts = {status: data.list_counts.get(status, 0) for status in _STATUSES}
    others = {status: size for status, size in data.list_counts.items() if status not in counts}
    parts = [
        f"{words.count(size)} {words.label(status).lower()}" for status, size in {**counts, **others}.items()
    ]
    totals = data.totals
    planned = totals.batteries_planned + totals.batteries_deferred + totals.batteries_held
    return [
        Sum(
            f"{words.plural(data.list_records, 'record')} in the list = {' + '.join(parts)}",
            sum(data.list_counts.values()) == data.list_records,
        ),
        Sum(
            f"{words.plural(totals.batteries_accepted, 'battery', 'batteries')} accepted = "
            f"{words.count(totals.batteries_planned)} planned + {words.count(totals.batteries_deferred)} deferred + "
            f"{words.count(totals.batteries_held)} held",
            planned == totals.batteries_accepted,
        ),
    ]


def sentences(data: ReportData) -> list[str]:
    """Give the plan in sentences; what is not known is not said."""
    return [text for text in (_list(data), _work(data), _money(data), _bound(data), *_compared(data)) if text]


def board_hours(tours: pl.DataFrame) -> tuple[float, float]:
    """Give the first and last whole hour that the day board shows."""
    found = [_hour(row.get(key)) for row in tours.iter_rows(named=True) for key in ("starts_at", "ends_at")]
    known = [hour for hour in found if hour is not None]
    if not known:
        return 0.0, 24.0
    late = (
        24.0
        if any(end is not None and begin is not None and end < begin for begin, end in _spans(tours))
        else 0.0
    )
    return float(int(min(known))), float(-int(-max(*known, late, 0.0) // 1)) or 24.0


def bar(tour: Mapping[str, Any], start: float, end: float) -> tuple[float, float] | None:
    """Give where a tour's bar begins on the day board and how long it is, in percent; None without times."""
    begin, finish = _hour(tour.get("starts_at")), _hour(tour.get("ends_at"))
    if begin is None or finish is None or end <= start:
        return None
    until = finish if finish >= begin else end
    return round(100 * (begin - start) / (end - start), 2), round(100 * (until - begin) / (end - start), 2)


def _spans(tours: pl.DataFrame) -> list[tuple[float | None, float | None]]:
    return [(_hour(row.get("starts_at")), _hour(row.get("ends_at"))) for row in tours.iter_rows(named=True)]


def _hour(value: Any) -> float | None:
    found = _CLOCK.search(str(value)) if value is not None else None
    return int(found[1]) + int(found[2]) / 60 if found else None


def _list(data: ReportData) -> str:
    counts = data.list_counts
    name = f"“{data.returns_name}”" if data.returns_name else "The list"
    good = counts.get("accepted", 0) + counts.get("accepted_with_findings", 0)
    return (
        f"{name} has {words.plural(data.list_records, 'record')}: {words.count(good)} accepted "
        f"({words.count(counts.get('accepted_with_findings', 0))} of them with findings), "
        f"{words.count(counts.get('review', 0))} for review, {words.count(counts.get('rejected', 0))} rejected, "
        f"{words.count(counts.get('ignored', 0))} ignored (titles, totals, blank lines)."
    )


def _work(data: ReportData) -> str:
    totals = data.totals
    if not totals.tours:
        return "No tour is planned."
    many = words.plural(totals.batteries_planned, "battery", "batteries")
    mass = f" ({words.mass(totals.mass_planned_kg)})" if totals.mass_planned_kg is not None else ""
    stops = f" with {words.plural(totals.stops, 'stop')}" if totals.stops is not None else ""
    days = f" on {words.plural(totals.days, 'day')}" if totals.days else ""
    km = f" over {words.number(totals.distance_km)} km" if totals.distance_km is not None else ""
    vehicles = f", by {words.plural(totals.vehicles, 'vehicle')}" if totals.vehicles is not None else ""
    return f"{words.plural(totals.tours, 'tour')}{stops}{days} fetch {many}{mass}{km}{vehicles}."


def _money(data: ReportData) -> str:
    totals = data.totals
    if totals.cost_eur is None:
        return ""
    text = f"The work costs {words.money(totals.cost_eur)}"
    if totals.transport_co2e_kg is not None:
        text += f" and emits {words.carbon(totals.transport_co2e_kg)}"
    text += "."
    if totals.treatment_value_eur is not None:
        value = totals.treatment_value_eur
        verb = "brings" if value >= 0 else "costs"
        text += f" Treating the planned batteries {verb} {words.money(abs(value))}"
        if totals.treatment_co2e_kg is not None:
            carbon = totals.treatment_co2e_kg
            text += f" and {'avoids' if carbon < 0 else 'emits'} {words.carbon(abs(carbon))}"
        text += "."
    return text


def _bound(data: ReportData) -> str:
    totals = data.totals
    if totals.objective_eur is None:
        return ""
    text = f"The collection tours alone are {words.money(totals.objective_eur)} in cost and priced carbon"
    if totals.bound_eur is not None:
        text += f"; no tours that fetch the same can be below {words.money(totals.bound_eur)}"
    if totals.gap is not None:
        text += f" (gap at most {words.share(totals.gap, 1)})"
    return text + "."


def _compared(data: ReportData) -> list[str]:
    frame = views.baselines(data)
    if "more" not in frame.columns:
        return []
    texts = []
    for name, more in frame.select("name", "more").iter_rows():
        if more is not None:
            way = "dearer" if more >= 0 else "cheaper"
            texts.append(f"{name}: {words.share(abs(more), 0 if abs(more) >= 0.1 else 1)} {way}")
    return [f"The same tours planned in other ways, against this plan: {'; '.join(texts)}."] if texts else []
