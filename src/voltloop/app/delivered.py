"""A delivery: what was taken up arrives, and what was taken up and is not there is missing, with the carrier, held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from voltloop.app.ledger_events import CONTEXT, events_with
from voltloop.app.short import contents, fewer, pieces_of
from voltloop.app.steps import Found, goods_of, own_event, step_things
from voltloop.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from voltloop.ledger.capture import Captured

__all__ = ["as_loaded", "log_shortage", "shortage"]

_MISSING = "voltloop:missing"


def as_loaded(
    connection: Connection, planned: Sequence[Mapping[str, Any]], found: Found
) -> tuple[list[dict[str, Any]], Found]:
    """Deliver what was taken up, not what was planned: leave out what stayed behind, add what came on top.

    Returns
    -------
    tuple
        The planned events with the lots as they were loaded, and what was found against them.

    Raises
    ------
    InputError
        ``not-loaded``: no step that takes anything up is recorded.
    """
    loaded = _loaded(connection, planned)
    taken = [event for event in loaded if event.get("bizStep") == "accepting"]
    if not taken:
        raise InputError(
            f"No pick-up or departure of load {planned[0]['voltloop:load']} is recorded, so nothing can have been "
            "delivered. Record its steps in their order.",
            code="not-loaded",
        )
    aboard = {epc for event in taken for epc in goods_of(event)}
    things = step_things(planned)
    on_top = aboard - things
    extra = tuple(sorted(on_top - found.missing)) + found.extra
    packages = {epc for event in loaded if event.get("bizStep") == "loading" for epc in goods_of(event)}
    behind = {
        lot: count
        for lot in things & aboard
        if 0 < (count := pieces_of(planned, lot) - pieces_of(taken, lot)) < pieces_of(planned, lot)
    }
    kept = fewer([_without_packages(event, packages) for event in planned], behind)
    missing = (found.missing - on_top) | (things - aboard)
    return kept, replace(found, missing=missing, extra=tuple(dict.fromkeys(extra)))


def shortage(
    connection: Connection, planned: Sequence[Mapping[str, Any]], told: Found
) -> list[dict[str, Any]]:
    """Take what was loaded and is not there out of what it was put into, so that it does not arrive with that.

    Parameters
    ----------
    planned
        Planned events of the delivery, as loaded.
    told
        What was told to be missing, before what stayed behind at a stop was added.
    """
    loaded = _loaded(connection, planned)
    taken = [event for event in loaded if event.get("bizStep") == "accepting"]
    pieces = {lot: pieces_of(taken, lot) for lot in {*told.missing, *told.short}}
    lots = {lot: (told.short.get(lot, there), there) for lot, there in pieces.items() if there}
    aboard = {epc for event in taken for epc in goods_of(event)}
    events = []
    for epc, holder in sorted(_holders(connection, told.missing & aboard - set(lots)).items()):
        events += _missing_thing(planned, epc, holder, told)
    for lot, (count, there) in sorted(lots.items()):
        events += _missing_lot(planned, lot, count, there, contents(loaded, lot), told)
    return events


def log_shortage(connection: Connection, events: Sequence[Mapping[str, Any]], captured: Captured) -> None:
    """Write a finding about everything that events say to be missing, which holds it."""
    from voltloop.ledger.findings_log import Found as Finding
    from voltloop.ledger.findings_log import log
    from voltloop.ledger.instants import instant_of, micros
    from voltloop.ledger.recorded import Recorded

    for event, record_at in zip(events, captured.record_ats, strict=True):
        if _MISSING in event:
            epc, event_at, recorded_at = goods_of(event)[0], instant_of(event["eventTime"]), micros(record_at)
            facts = event[_MISSING]
            finding = Finding(
                "delivery-short", epc, event_at, recorded_at, raw=facts["load"], value=facts["pieces"]
            )
            log(connection, [finding], Recorded([dict(event)], CONTEXT, [event_at], recorded_at, [None], []))


def _loaded(connection: Connection, planned: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give the actual events of the load up to its delivery."""
    fields = {"status": "actual", "load": planned[0]["voltloop:load"], "plan": planned[0]["voltloop:plan"]}
    return [event for event in events_with(connection, fields) if event["voltloop:step"] != "deliver"]


def _holders(connection: Connection, epcs: Iterable[str]) -> dict[str, str]:
    """Give the package or load in which each of them is; nothing for what is in none."""
    from sqlalchemy import select

    from voltloop.epcis.identifiers import key_of
    from voltloop.ledger.tables import thing
    from voltloop.ledger.tables.knowledge import state

    keys = {key_of(epc): epc for epc in epcs}
    rows = connection.execute(
        select(state.c.epc_id, thing.c.text)
        .join(thing, thing.c.id == state.c.container_id)
        .where(state.c.epc_id.in_(list(keys)))
    )
    return {keys[row.epc_id]: row.text for row in rows}


def _missing_thing(
    planned: Sequence[Mapping[str, Any]], epc: str, holder: str, told: Found
) -> list[dict[str, Any]]:
    """Say that a thing that was taken up was not there: out of its holder, and still under way."""
    unpacked = {
        "type": "AggregationEvent", "action": "DELETE", "bizStep": "unpacking", "parentID": holder,
        "childEPCs": [epc], "bizLocation": planned[0]["readPoint"], "voltloop:reason": _REASON,
    }  # fmt: skip
    sought = {
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "transporting", "epcList": [epc],
        **_told_missing(planned, "1 piece"),
    }  # fmt: skip
    return [
        own_event(planned, f"{name}{chr(31)}{epc}", says, told)
        for name, says in (("unpacked", unpacked), ("missing", sought))
    ]


def _missing_lot(
    planned: Sequence[Mapping[str, Any]],
    lot: str,
    count: float,
    there: float,
    packages: Mapping[str, float],
    told: Found,
) -> list[dict[str, Any]]:
    """Say that pieces of a lot were not there: out of the last of their packages, and still under way."""
    events, left = [], count
    for package, inside in reversed(list(packages.items())):
        taken = min(left, inside)
        left -= taken
        if taken:
            says = {
                "type": "AggregationEvent", "action": "DELETE", "bizStep": "unpacking", "parentID": package,
                "childQuantityList": [{"epcClass": lot, "quantity": taken}], "voltloop:reason": _REASON,
            }  # fmt: skip
            events.append(
                _nowhere(own_event(planned, f"unpacked{chr(31)}{package}{chr(31)}{lot}", says, told))
            )
    sought = {
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "shipping",
        "quantityList": [{"epcClass": lot, "quantity": count}],
        **_told_missing(planned, f"{count:g} of {there:g} pieces"),
    }  # fmt: skip
    return [*events, _nowhere(own_event(planned, f"missing{chr(31)}{lot}", sought, told))]


_REASON = "not there on delivery"


def _told_missing(planned: Sequence[Mapping[str, Any]], pieces: str) -> dict[str, Any]:
    return {_MISSING: {"load": planned[0]["voltloop:load"], "pieces": pieces}, "voltloop:reason": _REASON}


def _nowhere(event: dict[str, Any]) -> dict[str, Any]:
    """Leave out the place: a quantity that leaves a package at a place is at that place."""
    return {name: value for name, value in event.items() if name != "readPoint"}


def _without_packages(event: Mapping[str, Any], loaded: set[str]) -> dict[str, Any]:
    """Leave packages that were never loaded out of the unloading."""
    if event.get("bizStep") != "unloading":
        return dict(event)
    return {**event, "childEPCs": [epc for epc in event.get("childEPCs", ()) if epc in loaded]}
