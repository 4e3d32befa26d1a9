"""Use case: a plan into the ledger, so that everybody sees what is meant to happen and what is late."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voltloop.app.ledger_events import anew, capture_own, events_with, taken_back
from voltloop.app.ledger_names import NAMESPACE, PREFIX
from voltloop.app.plan_events import planned_events, reported_events
from voltloop.app.recorded_plan import RecordedPlan, read_plan
from voltloop.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from voltloop.epcis import MasterDataElement

__all__ = ["PlanRecorded", "record_plan"]

_VOCABULARY = "urn:epcglobal:epcis:vtype:"
_ATTRIBUTE = "urn:epcglobal:cbv:mda#"


@dataclass(frozen=True)
class PlanRecorded:
    """What was written.

    Attributes
    ----------
    plan_id
        Number of the plan in the ledger.
    reported
        Events that tell where each battery of the list is and in which state.
    planned
        Events that tell what is to happen.
    already
        How many of both the ledger had from an earlier recording.
    superseded
        Planned events of earlier plans of the same network that were taken back: nobody began to carry them out.
    places
        Places, parties and batteries whose master data were kept.
    """

    plan_id: str
    reported: int
    planned: int
    already: int
    superseded: int
    places: int


def record_plan(engine: Engine, folder: Path, now: datetime, say: Callable[[str, str], None]) -> PlanRecorded:
    """Write the planned loads, packings and papers of a plan folder, and the batteries it rests on, as events.

    All is written or nothing. Recording the same plan again changes nothing; another plan of the same network takes
    back the loads of earlier ones that nobody began to carry out, by error declarations (``did_not_occur``).

    Raises
    ------
    InputError
        ``not-a-plan``; ``plan-replaced``: a later plan took back what this one planned; ``plan-older``: the ledger has
        a plan of the network that begins on a later day.
    LedgerError
        The ledger refused an event.
    """
    from voltloop.ledger.master_data import store

    plan = read_plan(folder)
    reported, planned = list(reported_events(plan, now)), list(planned_events(plan))
    say("Recording", f"{len(reported)} batteries, {len(planned)} planned events")
    with engine.begin() as connection:
        _refuse_older(connection, plan, planned)
        dead = _superseded(connection, plan, planned, now)
        captured = capture_own(connection, [*dead, *anew(connection, [*reported, *planned])], now)
        places = store(connection, master_data(plan), captured_at=now, namespaces={PREFIX: NAMESPACE})
    already = len([rank for rank in captured.already if rank >= len(dead)])
    return PlanRecorded(plan.plan_id, len(reported), len(planned), already, len(dead), places)


def _refuse_older(connection: Connection, plan: RecordedPlan, planned: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a plan that would take back a newer one."""
    ids = [event["eventID"] for event in planned]
    replaced = next(
        filter(None, (_replaced_by(connection, one) for one in sorted(taken_back(connection, ids)))), None
    )
    if replaced:
        raise InputError(
            f"Plan {plan.plan_id} was replaced by plan {replaced}, which was recorded after it. Nothing was recorded: "
            f"{replaced} stays as it is. Plan anew from the present list, and record that plan.",
            code="plan-replaced",
        )
    live = events_with(connection, {"network": plan.network_name, "status": "planned"})
    day = plan.plan_id.partition("-")[0]
    later = max((event["voltloop:plan"] for event in live), default="")
    if later.partition("-")[0] > day:
        raise InputError(
            f"Plan {plan.plan_id} begins on {plan.on}, and the ledger has plan {later} of {plan.network_name}, which "
            f"begins on a later day. Nothing was recorded: {later} stays as it is. Plan anew from the present list, "
            "and record that plan.",
            code="plan-older",
        )


def _replaced_by(connection: Connection, event_id: str) -> str | None:
    """Give the plan that took a planned event back; None where somebody did so by hand."""
    from voltloop.ledger.query import by_event_id

    for one in by_event_id(connection, event_id):
        declared = json.loads(one.document).get("errorDeclaration", {})
        if "voltloop:supersededBy" in declared:
            return str(declared["voltloop:supersededBy"])
    return None


def _superseded(
    connection: Connection, plan: RecordedPlan, planned: Iterable[dict[str, Any]], now: datetime
) -> list[dict[str, Any]]:
    """Give error declarations about the loads of earlier plans of the network that nobody began to carry out.

    A load that has begun is carried to its end, and so is an onward load of goods that were taken up and that the new
    plan does not plan again.
    """
    events = events_with(connection, {"network": plan.network_name})
    actual = [event for event in events if event.get("voltloop:status") == "actual"]
    begun = {_load(event) for event in actual}
    taken = {epc for event in actual if event["bizStep"] == "accepting" for epc in _goods(event)}
    planned_anew = {epc for event in planned if event["bizStep"] == "accepting" for epc in _goods(event)}
    begun |= {
        _load(event)
        for event in events
        if event["bizStep"] == "accepting" and (taken - planned_anew).intersection(_goods(event))
    }
    return [
        event
        | {
            "errorDeclaration": {
                "declarationTime": now.isoformat(timespec="milliseconds"),
                "reason": "did_not_occur",
                "voltloop:supersededBy": plan.plan_id,
            }
        }
        for event in events
        if event.get("voltloop:status") == "planned"
        and event["voltloop:plan"] != plan.plan_id
        and _load(event) not in begun
    ]


def _load(event: dict[str, Any]) -> tuple[str, str]:
    return event["voltloop:plan"], event["voltloop:load"]


def _goods(event: dict[str, Any]) -> Iterable[str]:
    yield from event.get("epcList", ())
    yield from (lot["epcClass"] for lot in event.get("quantityList", ()))


def master_data(plan: RecordedPlan) -> Iterable[MasterDataElement]:
    """Give name and position of every place of the plan, names of the parties, and models of the batteries.

    A battery may bear no GTIN that says its model, so that of the list is kept, with its maker.
    """
    from voltloop.epcis import MasterDataElement

    names = plan.names
    used = {*plan.stops["point_id"], *plan.loads["destination_id"], *plan.tours["start_id"]}
    used |= set(plan.batteries["point_id"].drop_nulls())
    for place_id in sorted(filter(None, used)):
        place = plan.places.get(place_id, {})
        wanted = {
            "name": "name",
            "city": "city",
            "countryCode": "country",
            "latitude": "lat",
            "longitude": "lon",
        }
        attributes = {
            _ATTRIBUTE + word: str(place[column])
            for word, column in wanted.items()
            if place.get(column) is not None
        }
        yield MasterDataElement(_VOCABULARY + "BusinessLocation", names.place(place_id), attributes, ())
        party = {key: value for key, value in attributes.items() if key == _ATTRIBUTE + "name"}
        yield MasterDataElement(_VOCABULARY + "Party", names.party(place_id), party, ())
    operator = {_ATTRIBUTE + "name": plan.operator}
    yield MasterDataElement(_VOCABULARY + "Party", names.party(plan.operator), operator, ())
    for row in plan.batteries.iter_rows(named=True):
        model = " ".join(filter(None, (row["manufacturer"], row["model"])))
        if row["model"]:
            attributes = {f"{PREFIX}:model": model}
            vocabulary = "EPCInstance" if row["quantity"] == 1 else "EPCClass"
            yield MasterDataElement(_VOCABULARY + vocabulary, names.battery(row), attributes, ())
