"""The planned events of a plan: what will be packed, loaded, carried and handed over, and when.

A battery keeps the disposition in which it was reported or inspected: being packed, carried and received changes its
place and whose hands it is in, not its condition.

Every planned event says so in ``voltloop:status`` and names its plan, load and step, so that nobody takes a plan for a
fact; the ledger lets no place or custody follow from it. A step that is carried out is recorded as actual events that
name the planned ones (:mod:`voltloop.app.steps`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from voltloop.app.ledger_names import event_id
from voltloop.app.recorded_plan import RecordedPlan

__all__ = ["planned_events", "reported_events"]

_ONWARD_STARTS = "06:00"
_TRUCK_KMH = 65.0
_DRIVING_DAY_H = 9.0
_DAILY_REST_H = 11.0


@dataclass(frozen=True)
class _Step:
    """One step of a load: its number, instant and place, and what every event of it shares."""

    plan: RecordedPlan
    load_id: str
    name: str
    at: datetime
    place_id: str

    def event(self, part: str, kind: str, **says: Any) -> dict[str, Any]:
        plan = self.plan
        shared = {
            "type": kind,
            "eventID": event_id("planned", plan.plan_id, self.load_id, self.name, part),
            "eventTime": _text(self.at),
            "eventTimeZoneOffset": plan.offset(self.at, self.place_id),
        }
        fields = {
            "status": "planned", "plan": plan.plan_id, "load": self.load_id, "step": self.name,
            "network": plan.network_name,
        }  # fmt: skip
        return shared | says | {f"voltloop:{name}": value for name, value in fields.items()}

    @property
    def here(self) -> dict[str, Any]:
        place = {"id": self.plan.names.place(self.place_id)}
        return {"readPoint": place, "bizLocation": place}


def planned_events(plan: RecordedPlan) -> Iterator[dict[str, Any]]:
    """Give the planned events of all tours and onward loads, each load's in order of time."""
    stops: dict[str, list[dict[str, Any]]] = {}
    for stop in plan.stops.iter_rows(named=True):
        stops.setdefault(stop["tour_id"], []).append(stop)
    papers = {row["load_id"]: row["documents"] or "" for row in plan.loads.iter_rows(named=True)}
    for tour in plan.tours.iter_rows(named=True):
        yield from _tour(plan, tour, stops.get(tour["tour_id"], []), papers.get(tour["tour_id"], ""))
    for load in plan.loads.iter_rows(named=True):
        if load["kind"] == "linehaul":
            yield from _onward(plan, load)


def reported_events(plan: RecordedPlan, now: datetime) -> Iterator[dict[str, Any]]:
    """Give one event per accepted battery: where it was handed in, in which condition, as the list tells it.

    These are facts, not plans: the state of health stands as a sensor report with its method where the list has one.
    A battery without a day of return is reported on the first day of the plan, and nothing later than ``now``. The
    collection point is told as who has it; a lot is counted there.
    """
    for row in plan.batteries.iter_rows(named=True):
        place_id = row["point_id"] or ""
        day = min(row["returned_on"] or plan.on, plan.on, now.date())
        step = _Step(plan, "", "report", plan.instant(day, "00:00", place_id), place_id)
        is_lot = row["quantity"] > 1
        biz_step = "stock_taking" if is_lot and row["point_id"] else "inspecting"
        event = step.event(f"row {row['row']}", "ObjectEvent", action="OBSERVE", bizStep=biz_step)
        event |= _these(plan, [row])
        if row["point_id"]:
            holder = {"type": "possessing_party", "source": plan.names.party(place_id)}
            event |= step.here | {"sourceList": [holder]}
        event["disposition"] = _DISPOSITIONS.get(row["condition"] or "", "returned")
        event |= {f"voltloop:{name}": row[name] for name in _FACTS if row[name] is not None}
        event["voltloop:status"] = "reported"
        for name in ("plan", "load", "step", "network"):
            event.pop(f"voltloop:{name}", None)
        event["eventID"] = event_id(
            "reported", biz_step, plan.names.battery(row), _text(step.at), *map(str, _state(row))
        )
        event |= _health(row, step)
        yield event


_FACTS = (
    "chemistry",
    "form",
    "manufacturer",
    "model",
    "energy_wh",
    "mass_kg",
    "condition",
    "reason",
    "owner",
)
_DISPOSITIONS = {"damaged": "damaged", "critical": "damaged", "suspect": "non_conformant", "ok": "returned"}


def _state(row: Mapping[str, Any]) -> list[Any]:
    return [row[name] for name in (*_FACTS, "soh", "soc", "point_id", "diagnostic_source", "quantity")]


def _health(row: Mapping[str, Any], step: _Step) -> dict[str, Any]:
    reports = [
        {"type": f"voltloop:{kind}", "value": round(row[name] * 100, 4), "uom": "P1"}
        for kind, name in (("StateOfHealth", "soh"), ("StateOfCharge", "soc"))
        if row[name] is not None
    ]
    if not reports:
        return {}
    metadata = {"time": _text(step.at)}
    if row["diagnostic_source"]:
        metadata["voltloop:method"] = row["diagnostic_source"]
    return {"sensorElementList": [{"sensorMetadata": metadata, "sensorReport": reports}]}


def _tour(
    plan: RecordedPlan, tour: Mapping[str, Any], stops: list[dict[str, Any]], papers: str
) -> Iterator[dict[str, Any]]:
    load_id, names = tour["tour_id"], plan.names
    by_pickup: dict[str, list[dict[str, Any]]] = {}
    for row in plan.aboard("tour_id", load_id):
        by_pickup.setdefault(row["pickup_id"], []).append(row)
    for stop in stops:
        rows = by_pickup[stop["pickup_id"]]
        begins = plan.instant(tour["day"], str(stop["begins"])[:5], stop["point_id"])
        departs = plan.instant(tour["day"], str(stop["departs"])[:5], stop["point_id"])
        step = f"pickup/{stop['seq']}"
        packing = _Step(plan, load_id, step, begins, stop["point_id"])
        yield from _packing(packing, rows)
        leaving = _Step(plan, load_id, step, departs, stop["point_id"])
        yield from _loading(leaving, rows, papers)
        yield _handover(leaving, rows, names.party(stop["point_id"]), names.party(plan.operator), papers)
        yield leaving.event(
            "departing", "ObjectEvent", action="OBSERVE", bizStep="departing", disposition="in_transit",
            epcList=[names.load(load_id)], readPoint={"id": names.place(stop["point_id"])},
        )  # fmt: skip
    ends = plan.instant(tour["day"], str(tour["ends_at"])[:5], tour["end_depot_id"])
    rows = list(plan.aboard("tour_id", load_id))
    yield from _delivery(_Step(plan, load_id, "deliver", ends, tour["end_depot_id"]), rows, papers)


def _onward(plan: RecordedPlan, load: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    rows = list(plan.aboard("onward_load_id", load["load_id"]))
    depot_id = rows[0]["depot_id"] if rows else ""
    starts = plan.instant(load["day"], _ONWARD_STARTS, depot_id)
    papers, names = load["documents"] or "", plan.names
    leaving = _Step(plan, load["load_id"], "depart", starts, depot_id)
    yield from _loading(leaving, rows, papers)
    yield _handover(leaving, rows, names.party(depot_id), names.party(plan.operator), papers)
    yield leaving.event(
        "departing", "ObjectEvent", action="OBSERVE", bizStep="departing", disposition="in_transit",
        epcList=[names.load(load["load_id"])], readPoint={"id": names.place(depot_id)},
    )  # fmt: skip
    arrives = starts + timedelta(hours=_hours_on_the_road(load["km"]))
    yield from _delivery(
        _Step(plan, load["load_id"], "deliver", arrives, load["destination_id"]), rows, papers
    )


def _hours_on_the_road(km: float) -> float:
    """Give the time of a way with daily rests of 11 h after 9 h at the wheel (Regulation (EC) 561/2006 Art 6 and 8)."""
    driving = km / _TRUCK_KMH
    return driving + int(driving / _DRIVING_DAY_H) * _DAILY_REST_H


def _packing(step: _Step, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for package_id, inside in _by_package(rows).items():
        things = _children(step.plan, inside)
        yield step.event(
            f"packing {package_id}", "AggregationEvent", action="ADD", bizStep="packing",
            parentID=step.plan.names.package(package_id), **things, **step.here,
            **_law(inside),
        )  # fmt: skip


def _law(inside: list[tuple[dict[str, Any], int]]) -> dict[str, Any]:
    """Say under which law the package was packed, so that a battery found otherwise is judged anew under the same."""
    found: dict[str, Any] = {}
    for name in ("mode", "un_number", "packing_instruction"):
        values = sorted({row[name] for row, _ in inside if row[name]})
        if values:
            found[f"voltloop:{name}"] = values[0] if len(values) == 1 else values
    found["voltloop:is_waste"] = any(row["is_waste"] for row, _ in inside)
    return found


def _loading(step: _Step, rows: list[dict[str, Any]], papers: str) -> Iterator[dict[str, Any]]:
    yield step.event(
        "loading", "AggregationEvent", action="ADD", bizStep="loading",
        parentID=step.plan.names.load(step.load_id), **_loaded(step, rows), **step.here, **_papers(step, papers),
    )  # fmt: skip


def _loaded(step: _Step, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Give what stands on the vehicle: the packages, and what travels in none."""
    packages = [step.plan.names.package(package_id) for package_id in _by_package(rows)]
    loose = [row for row in rows if not row["package_id"]]
    things = _children(step.plan, [(row, row["quantity"]) for row in loose])
    things["childEPCs"] = [*packages, *things.get("childEPCs", [])]
    return things


def _handover(step: _Step, rows: list[dict[str, Any]], giver: str, taker: str, papers: str) -> dict[str, Any]:
    return step.event(
        "handover", "ObjectEvent", action="OBSERVE", bizStep="accepting", **_these(step.plan, rows), **step.here,
        **_papers(step, papers), **_parties(giver, taker),
    )  # fmt: skip


def _delivery(step: _Step, rows: list[dict[str, Any]], papers: str) -> Iterator[dict[str, Any]]:
    names = step.plan.names
    load = names.load(step.load_id)
    yield step.event(
        "arriving", "ObjectEvent", action="OBSERVE", bizStep="arriving", disposition="in_progress",
        epcList=[load], **step.here,
    )  # fmt: skip
    yield step.event(
        "unloading", "AggregationEvent", action="DELETE", bizStep="unloading", parentID=load, **step.here,
        **_loaded(step, rows),
    )  # fmt: skip
    shared = step.here | _papers(step, papers)
    shared |= _parties(names.party(step.plan.operator), names.party(step.place_id))
    goods = _these(step.plan, rows)
    # Lots come in their packages: receiving would count them a second time, beside those.
    for name, biz_step in (("epcList", "receiving"), ("quantityList", "accepting")):
        if name in goods:
            kept = {name: goods[name]}
            yield step.event(biz_step, "ObjectEvent", action="OBSERVE", bizStep=biz_step, **kept, **shared)


def _parties(giver: str, taker: str) -> dict[str, Any]:
    return {
        "sourceList": [{"type": "possessing_party", "source": giver}],
        "destinationList": [{"type": "possessing_party", "destination": taker}],
    }


def _papers(step: _Step, papers: str) -> dict[str, Any]:
    """Bind the papers: the transport document as bill of lading, each other paper by its name."""
    found = []
    for path in filter(None, papers.split(";")):
        name = path.rpartition("/")[2].removesuffix(".pdf").removeprefix(f"{step.load_id}-")
        entry = {"bizTransaction": step.plan.names.document(step.load_id, name)}
        if name == "transport-document":
            entry = {"type": "bol"} | entry
        found.append(entry)
    return {"bizTransactionList": found} if found else {}


def _by_package(rows: list[dict[str, Any]]) -> dict[str, list[tuple[dict[str, Any], int]]]:
    """Give the rows in each package with how many pieces; a row in several packages is spread evenly."""
    packages: dict[str, list[tuple[dict[str, Any], int]]] = {}
    for row in rows:
        ids = [part for part in (row["package_id"] or "").split(";") if part]
        for number, package_id in enumerate(ids):
            count = row["quantity"] // len(ids) + (number < row["quantity"] % len(ids))
            packages.setdefault(package_id, []).append((row, count))
    return packages


def _children(plan: RecordedPlan, inside: list[tuple[dict[str, Any], int]]) -> dict[str, Any]:
    epcs = [plan.names.battery(row) for row, _ in inside if row["quantity"] == 1]
    lots = [
        {"epcClass": plan.names.battery(row), "quantity": count}
        for row, count in inside
        if row["quantity"] > 1
    ]
    return ({"childEPCs": epcs} if epcs else {}) | ({"childQuantityList": lots} if lots else {})


def _these(plan: RecordedPlan, rows: list[dict[str, Any]]) -> dict[str, Any]:
    found = _children(plan, [(row, row["quantity"]) for row in rows])
    words = {"childEPCs": "epcList", "childQuantityList": "quantityList"}
    return {words[name]: value for name, value in found.items()}


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
