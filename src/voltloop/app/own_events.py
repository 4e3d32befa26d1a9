"""Events that people record without a plan: seals, checks, handovers, inspections, holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from voltloop.app.as_told import refuse_future
from voltloop.app.ledger_events import anew, capture_own
from voltloop.app.ledger_names import DEFAULT_BASE, Names, event_id
from voltloop.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

__all__ = ["handover", "hold", "inspection", "record_own", "seal_check", "seal_off", "seal_on"]

SEAL_CLASSES = ("I", "S", "H")
SEAL_STATES = ("intact", "damaged", "missing", "number_differs")


def record_own(
    engine: Engine,
    event: dict[str, Any],
    at: datetime,
    person: str | None,
    now: datetime,
    *,
    is_new: bool = False,
) -> str:
    """Write one event of a person; the same told again is the same event, unless it was taken back in between.

    Parameters
    ----------
    event
        What happened, of the functions of this module.
    at
        When, with its zone.
    person
        Who did it, in words; None leaves it out.
    is_new
        The things may be seen for the first time. Otherwise one that no event ever named is taken for mistyped.

    Returns
    -------
    str
        Its eventID.

    Raises
    ------
    InputError
        ``never-seen``: no event names one of the things; ``in-the-future``.
    """
    refuse_future(at, now)
    made = event | {"eventTime": at.isoformat(timespec="milliseconds"), "eventTimeZoneOffset": _offset(at)}
    if person:
        made["voltloop:person"] = person
    made["eventID"] = event_id("own", repr(sorted(made.items(), key=lambda pair: pair[0])))
    with engine.begin() as connection:
        if not is_new:
            _refuse_never_seen(connection, made)
        if made["type"] == "AssociationEvent" and made["action"] == "DELETE":
            made["childEPCs"] = [_seal_on_it(connection, made, at)]
        (made,) = anew(connection, [made])
        capture_own(connection, [made], now)
    return str(made["eventID"])


def _refuse_never_seen(connection: Connection, event: Mapping[str, Any]) -> None:
    from voltloop.ledger.naming import cursor_of, nearest_things, never_named

    cursor = cursor_of(connection)
    things = event.get("epcList") or [event["parentID"]]
    for epc in sorted(never_named(cursor, things)):
        raise InputError(
            f'"{epc}": no event in the ledger names this thing, so nothing is recorded of it.'
            f"{nearest_things(cursor, epc)} Check its spelling and serial number; if it is seen for the first time, "
            "say so with --new (over HTTP, is_new).",
            code="never-seen",
        )


def seal_on(
    container: str, number: str, *, seal_class: str, issuer: str | None, kind: str | None
) -> dict[str, Any]:
    """Put a seal on a container: ISO 17712 class I, S or H.

    Raises
    ------
    InputError
        ``bad-seal-class``.
    """
    if seal_class not in SEAL_CLASSES:
        raise InputError(
            f'"{seal_class}" is not a class of seals. ISO 17712 knows I (indicative), S (security) and H (high '
            "security). Give one of them.",
            code="bad-seal-class",
        )
    facts = {"number": number, "class": seal_class, "issuer": issuer, "kind": kind}
    return _seal_event("ADD", container, number, issuer) | {
        "bizStep": "loading",
        "disposition": "container_closed",
        "voltloop:seal": {name: value for name, value in facts.items() if value},
    }


def seal_off(container: str, number: str, *, issuer: str | None, reason: str | None) -> dict[str, Any]:
    """Take a seal off a container, with the reason where it is not the planned opening."""
    event = _seal_event("DELETE", container, number, issuer) | {
        "bizStep": "unloading", "disposition": "container_open", "voltloop:seal": {"number": number},
    }  # fmt: skip
    return event | ({"voltloop:reason": reason} if reason else {})


def _seal_event(action: str, container: str, number: str, issuer: str | None) -> dict[str, Any]:
    parts = [issuer, number] if issuer else [number]
    seal = Names(DEFAULT_BASE).seal(*parts)
    return {"type": "AssociationEvent", "action": action, "parentID": container, "childEPCs": [seal]}


def _seal_on_it(connection: Connection, event: Mapping[str, Any], at: datetime) -> str:
    """Give the seal of the told number that is on the container, whoever issued it; else the seal as it was told."""
    from voltloop.ledger.seals import seals_of

    (told,) = event["childEPCs"]
    number = event["voltloop:seal"]["number"]
    worn = [seal for seal in seals_of(connection, event["parentID"], at) if seal.off_at in {None, at}]
    same = [seal.seal for seal in worn if seal.number == number]
    return str(same[0]) if len(same) == 1 else str(told)


def seal_check(container: str, state: str, number: str | None) -> dict[str, Any]:
    """Say what was found when looking at a container's seal; anything but intact holds the load.

    Raises
    ------
    InputError
        ``bad-seal-state``.
    """
    if state not in SEAL_STATES:
        raise InputError(
            f'"{state}" is not a state of a seal. Give one of {", ".join(SEAL_STATES)}.',
            code="bad-seal-state",
        )
    facts = {"state": state} | ({"number": number} if number else {})
    return {
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "inspecting", "epcList": [container],
        "voltloop:sealCheck": facts,
    }  # fmt: skip


def handover(
    epcs: Sequence[str], giver: str, taker: str, place: str | None, paper: str | None
) -> dict[str, Any]:
    """Hand goods over: possession passes from one party to another."""
    event: dict[str, Any] = {
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "accepting", "epcList": list(epcs),
        "sourceList": [{"type": "possessing_party", "source": giver}],
        "destinationList": [{"type": "possessing_party", "destination": taker}],
    }  # fmt: skip
    if place:
        event |= {"readPoint": {"id": place}, "bizLocation": {"id": place}}
    if paper:
        event["bizTransactionList"] = [{"type": "bol", "bizTransaction": paper}]
    return event


def inspection(
    epc: str, *, soh: float | None, method: str | None, device: str | None, disposition: str | None
) -> dict[str, Any]:
    """Say what a diagnosis found: state of health as a share, by which method and device, and the disposition.

    Raises
    ------
    InputError
        ``bad-soh``: not from 0 to 1.2; ``nothing-found``: neither state of health nor disposition.
    """
    if soh is None and disposition is None:
        raise InputError(
            "An inspection says a state of health (--soh 0.83) or a disposition (--disposition damaged), or both. "
            "Give one.",
            code="nothing-found",
        )
    if soh is not None and not 0 <= soh <= 1.2:
        raise InputError(
            f"{soh} is no state of health. Give a share from 0 to 1, such as 0.83.", code="bad-soh"
        )
    event: dict[str, Any] = {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "inspecting",
        "epcList": [epc],
    }
    if disposition:
        event["disposition"] = disposition
    if soh is not None:
        metadata = {"deviceID": device} if device else {}
        if method:
            metadata["voltloop:method"] = method
        report = {"type": "voltloop:StateOfHealth", "value": round(soh * 100, 4), "uom": "P1"}
        element: dict[str, Any] = {"sensorReport": [report]}
        event["sensorElementList"] = [element | ({"sensorMetadata": metadata} if metadata else {})]
    return event


def hold(epcs: Sequence[str], reason: str) -> dict[str, Any]:
    """Hold things until somebody releases them."""
    return {
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "holding", "disposition": "unavailable",
        "epcList": list(epcs), "voltloop:reason": reason,
    }  # fmt: skip


def _offset(at: datetime) -> str:
    text = at.strftime("%z") or "+0000"
    return f"{text[:3]}:{text[3:5]}"
