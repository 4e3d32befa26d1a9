"""What was recorded wrongly, taken back: error declarations about an event, or about all events of a step.

Events are never changed. An error declaration says that one did not happen so (EPCIS 2.0 section 7.4.1.4); the ledger
folds the states of its things anew without it, closes the findings that rest on it and ends the holds of those. What is
recorded again afterwards is a new event (:func:`voltloop.app.ledger_events.anew`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from voltloop.app.ledger_events import CONTEXT, capture_own, events_with, taken_back
from voltloop.app.ledger_names import NAMESPACE, PREFIX
from voltloop.app.steps import goods_of
from voltloop.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

__all__ = ["Undone", "undo"]

_STEP = ("plan", "load", "step", "status")
_TAKEN_OVER = {"accepting", "receiving"}  # lots are accepted, things received


@dataclass(frozen=True)
class Undone:
    """What was taken back.

    Attributes
    ----------
    event_ids
        The events, in the order of their capture: the one that was named, or all of the step that it belongs to, and
        the holds that followed from them.
    load, step
        The step of a load that they were; None where the event was of none.
    already
        Nothing was written: they had been taken back before.
    """

    event_ids: tuple[str, ...]
    load: str | None
    step: str | None
    already: bool


def undo(engine: Engine, event_id: str, *, reason: str, person: str | None, now: datetime) -> Undone:
    """Take back an event; an event of a step of a plan is taken back with the whole step.

    Parameters
    ----------
    engine
        The ledger's database.
    event_id
        The eventID, as ``voltloop record`` and ``voltloop story`` give it.
    reason
        Why, in words, or one of the reasons of the standard: ``did_not_occur``, ``incorrect_data``.
    person
        Who says so; None leaves it out.
    now
        The present.

    Raises
    ------
    InputError
        ``no-such-event``; ``undo-words``: no reason; ``step-followed``: the load was delivered, or its goods went on,
        since.
    """
    if not reason.strip():
        raise InputError(f"{event_id} is not taken back: the reason is missing. Say why.", code="undo-words")
    with engine.begin() as connection:
        event, context = _event(connection, event_id)
        load, step = event.get(f"{PREFIX}:load"), event.get(f"{PREFIX}:step")
        if taken_back(connection, [event_id]):
            return Undone((event_id,), load, step, already=True)
        events = _step_of(connection, event)
        _refuse_followed(connection, event)
        holds = _holds(connection, [one["eventID"] for one in events])
        _declare(connection, events, context, reason, person, now)
        _declare(connection, holds, CONTEXT, reason, person, now)
    return Undone(tuple(one["eventID"] for one in [*events, *holds]), load, step, already=False)


def _event(connection: Connection, event_id: str) -> tuple[dict[str, Any], Mapping[str, str]]:
    """Give the event of an eventID, without the declarations about it, and its prefixes."""
    from voltloop.ledger.query import by_event_id

    for one in by_event_id(connection, event_id):
        event: dict[str, Any] = json.loads(one.document)
        if "errorDeclaration" not in event:
            return event, one.context
    raise InputError(
        f'"{event_id}" is not the eventID of an event in the ledger. One such as '
        "urn:uuid:6f0ae2ff-6d0c-5e1c-9f55-0c6b6f7a5f3e was expected; voltloop record prints it when something is "
        "recorded, and voltloop story EPC --json lists those of a thing.",
        code="no-such-event",
    )


def _step_of(connection: Connection, event: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give all events of the step that an event belongs to: half a step carried out would be none."""
    fields = {name: event[f"{PREFIX}:{name}"] for name in _STEP if f"{PREFIX}:{name}" in event}
    if len(fields) < len(_STEP):
        return [dict(event)]
    return events_with(connection, fields)


def _refuse_followed(connection: Connection, event: Mapping[str, Any]) -> None:
    """Refuse to take back what was loaded while its delivery stands, and a delivery while its goods went on from it."""
    step = event.get(f"{PREFIX}:step")
    if event.get(f"{PREFIX}:status") != "actual" or step is None:
        return
    plan, load = event[f"{PREFIX}:plan"], event[f"{PREFIX}:load"]
    follows = (
        _departed_with(connection, plan, load) if step == "deliver" else _delivery(connection, plan, load)
    )
    if follows:
        what = "departure" if step == "deliver" else "delivery"
        raise InputError(
            f"{load} {step} is not taken back: the {what} of {follows[0][f'{PREFIX}:load']} is recorded and rests on "
            f"it. Take that back first (voltloop record undo {follows[0]['eventID']} --reason ...).",
            code="step-followed",
        )


def _delivery(connection: Connection, plan: str, load: str) -> list[dict[str, Any]]:
    return events_with(connection, {"plan": plan, "load": load, "step": "deliver", "status": "actual"})


def _departed_with(connection: Connection, plan: str, load: str) -> list[dict[str, Any]]:
    """Give the handovers of onward loads that left with goods which a load had delivered."""
    received = [event for event in _delivery(connection, plan, load) if event.get("bizStep") in _TAKEN_OVER]
    came = {epc for event in received for epc in goods_of(event)}
    at = min((datetime.fromisoformat(event["eventTime"]) for event in received), default=None)
    departed = events_with(connection, {"plan": plan, "step": "depart", "status": "actual"}) if at else []
    return [
        event
        for event in departed
        if event.get("bizStep") == "accepting"
        and came.intersection(goods_of(event))
        and at is not None
        and datetime.fromisoformat(event["eventTime"]) >= at
    ]


def _holds(connection: Connection, event_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Give the holds that the ledger began because of findings that these events showed."""
    from voltloop.ledger.findings_log import holds_because_of

    holds = holds_because_of(connection, event_ids)
    standing = set(holds) - taken_back(connection, holds)
    return [_event(connection, one)[0] for one in holds if one in standing]


def _declare(
    connection: Connection,
    events: Sequence[dict[str, Any]],
    context: Mapping[str, str],
    reason: str,
    person: str | None,
    now: datetime,
) -> None:
    from voltloop.ledger.assertions import own_prefix

    context = context if NAMESPACE in context.values() else {**context, **CONTEXT}
    own = own_prefix(context)
    is_standard = reason in {"did_not_occur", "incorrect_data"}
    declaration = {
        "declarationTime": now.isoformat(timespec="milliseconds"),
        "reason": reason if is_standard else "incorrect_data",
    }
    declaration |= {} if is_standard else {f"{own}reason": reason}
    declaration |= {f"{own}person": person} if person else {}
    capture_own(connection, [event | {"errorDeclaration": declaration} for event in events], now, context)
