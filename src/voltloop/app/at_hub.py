"""What an onward load really takes up at the hub: what tours brought, in the packages in which it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from voltloop.app.ledger_events import events_with
from voltloop.app.ledger_names import event_id
from voltloop.app.steps import goods_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["not_brought", "packings", "untold"]

_HERE = (
    "readPoint", "bizLocation", "eventTimeZoneOffset", "voltloop:load", "voltloop:step",
)  # fmt: skip


def not_brought(connection: Connection, plan: str) -> set[str]:
    """Give what steps of the plan that were carried out did not take up or bring, and no other step brought."""
    planned: dict[tuple[str, str], set[str]] = {}
    actual: dict[tuple[str, str], set[str]] = {}
    came: set[str] = set()
    for event in events_with(connection, {"plan": plan}):
        if event.get("bizStep") in {"accepting", "receiving"}:
            told = planned if event["voltloop:status"] == "planned" else actual
            told.setdefault((event["voltloop:load"], event["voltloop:step"]), set()).update(goods_of(event))
            if told is actual and event["voltloop:step"] == "deliver":
                came.update(goods_of(event))
    return {epc for step, goods in actual.items() for epc in planned.get(step, set()) - goods} - came


def packings(connection: Connection, planned: Sequence[Mapping[str, Any]], plan: str) -> list[dict[str, Any]]:
    """Give the planned packing of every package of an onward load, as one at the hub."""
    packages = {
        epc for event in planned if event.get("bizStep") == "loading" for epc in event.get("childEPCs", ())
    }
    here = {name: planned[0][name] for name in _HERE if name in planned[0]}
    return [
        event | here | {"eventID": event_id(event["eventID"], "at the hub")}
        for event in events_with(connection, {"plan": plan, "status": "planned"})
        if event.get("bizStep") == "packing" and event["parentID"] in packages
    ]


def untold(connection: Connection, events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out of the packings at the hub what is in its package by all that is known, and that they answer a plan."""
    from sqlalchemy import select

    from voltloop.epcis.identifiers import key_of
    from voltloop.ledger.tables.knowledge import state

    children = {
        epc for event in events if event.get("bizStep") == "packing" for epc in event.get("childEPCs", ())
    }
    rows = connection.execute(
        select(state.c.epc_id, state.c.container_id).where(
            state.c.epc_id.in_([key_of(epc) for epc in children])
        )
    )
    inside = {row.epc_id: row.container_id for row in rows}
    found = []
    for event in events:
        if event.get("bizStep") != "packing":
            found.append(event)
            continue
        parent = key_of(event["parentID"])
        left = [epc for epc in event.get("childEPCs", ()) if inside.get(key_of(epc)) != parent]
        if left:
            kept = {name: value for name, value in event.items() if name != "voltloop:planned"}
            found.append(kept | {"childEPCs": left})
    return found
