"""Use case: a step of a plan that was carried out, into the ledger; stock moves with it.

What the law or a hold forbids is refused before anything is written: a battery that the plan took for sound and that is
damaged is judged anew, and neither a held load nor a load with held goods may leave. A battery that no plan has judged
is judged now, and held where it may not travel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from voltloop.app.as_found import Extra, judged_extras, refuse_unlawful
from voltloop.app.as_told import in_spelling_of_plan, refuse_disorder, refuse_future
from voltloop.app.at_hub import not_brought, packings, untold
from voltloop.app.delivered import as_loaded, log_shortage, shortage
from voltloop.app.ledger_events import anew, capture_own, events_with
from voltloop.app.steps import Found, actual_events, goods_of, held_as_found, step_things
from voltloop.errors import InputError, nearest

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from voltloop.ledger.capture import Captured

__all__ = ["StepAsked", "StepRecorded", "record_step"]

_GOODS = {"accepting", "receiving"}


@dataclass(frozen=True)
class StepAsked:
    """Which step was carried out, and how.

    Attributes
    ----------
    load
        Number of the load in its plan, such as ``EU-T0001``.
    step
        ``pickup/1`` for the first stop of a tour, ``depart`` of an onward load, ``deliver`` of both.
    found
        When, by whom, and what was found otherwise.
    plan
        Number of the plan; None where only one live plan has such a load.
    repacked
        Damaged batteries that were put into a packaging for damaged ones before they were loaded.
    """

    load: str
    step: str
    found: Found
    plan: str | None = None
    repacked: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class StepRecorded:
    """What was written.

    Attributes
    ----------
    events, already
        How many events the step has, and how many of them the ledger had before.
    event_ids
        Their eventIDs; any of them takes the step back (:func:`voltloop.app.undo.undo`).
    moved
        Goods that changed hands.
    differences
        What was found other than planned, in words.
    """

    plan: str
    load: str
    step: str
    events: int
    already: int
    moved: tuple[str, ...]
    differences: tuple[str, ...]
    event_ids: tuple[str, ...]


def record_step(engine: Engine, asked: StepAsked, now: datetime) -> StepRecorded:
    """Write the actual events of a planned step.

    Raises
    ------
    InputError
        ``no-such-step``: no live plan has the load or step; ``which-plan``: several have; ``not-in-step``;
        ``not-loaded``: a delivery of a load of which no pick-up is recorded; ``not-so-many``: fewer pieces of a lot are
        there than are called missing; ``held``: the load or something in it is held; ``unlawful-as-found``: a damaged
        battery may not travel so; ``step-recorded``: the step was recorded before, and otherwise; ``step-order``: a
        delivery before its pick-ups, or a pick-up after its delivery; ``in-the-future``; ``not-a-uri``.
    LedgerError
        A refused capture.
    """
    refuse_future(asked.found.at, now)
    with engine.begin() as connection:
        planned: Sequence[dict[str, Any]] = _planned(connection, asked)
        spelt, repacked = in_spelling_of_plan(connection, planned, asked.found, asked.repacked)
        asked = replace(asked, found=spelt, repacked=repacked)
        extras = _extras(connection, planned, asked)
        found = _taking(asked, extras)
        told = found
        if asked.step == "deliver":
            planned, found = as_loaded(connection, planned, found)
        elif asked.step == "depart":
            behind = not_brought(connection, planned[0]["voltloop:plan"]) & step_things(planned)
            found = replace(found, missing=found.missing | behind)
            planned = [*packings(connection, planned, planned[0]["voltloop:plan"]), *planned]
        _refuse_held(connection, planned, asked, found)
        refuse_unlawful(connection, planned, found, asked.repacked)
        events = actual_events(planned, found)
        if asked.step == "deliver":
            events += shortage(connection, planned, told)
        elif asked.step == "depart":
            events = untold(connection, events)
        events += [
            held_as_found(planned, one.epc, one.why_held, found) for one in extras if one.why_held is not None
        ]
        events = anew(connection, events)
        captured = _capture(connection, events, asked, now)
        if len(captured.already) < len(events):
            refuse_disorder(connection, planned, asked.found.at)
        log_shortage(connection, events, captured)
    moved = sorted({epc for event in events if event.get("bizStep") in _GOODS for epc in goods_of(event)})
    return StepRecorded(
        planned[0]["voltloop:plan"], asked.load, asked.step, len(events), len(captured.already), tuple(moved),
        _differences(found, extras), tuple(event["eventID"] for event in events),
    )  # fmt: skip


def _extras(connection: Connection, planned: Sequence[Mapping[str, Any]], asked: StepAsked) -> list[Extra]:
    """Judge what came on top by the law of its load."""
    if not asked.found.extra:
        return []
    load = {"status": "planned", "plan": planned[0]["voltloop:plan"], "load": asked.load}
    packed = [event for event in events_with(connection, load) if event.get("bizStep") == "packing"]
    packed = packed or packings(connection, planned, planned[0]["voltloop:plan"])
    return judged_extras(connection, asked.found.extra, packed, asked.found.at.date(), asked.repacked)


def _taking(asked: StepAsked, extras: Sequence[Extra]) -> Found:
    """Leave extra ones that may not travel where they are; what has arrived is received all the same."""
    if asked.step == "deliver":
        return asked.found
    return replace(asked.found, extra=tuple(one.epc for one in extras if one.why_held is None))


def _capture(
    connection: Connection, events: Sequence[dict[str, Any]], asked: StepAsked, now: datetime
) -> Captured:
    from voltloop.ledger.problems import CaptureRefused

    try:
        return capture_own(connection, events, now)
    except CaptureRefused as error:
        raise InputError(
            f"{asked.load} {asked.step} was recorded before, and otherwise: {error.message} What was recorded stays; "
            f"if it was wrong, take it back (voltloop record undo {events[0]['eventID']} --reason ...) and record the "
            "step again.",
            code="step-recorded",
        ) from None


def _planned(connection: Connection, asked: StepAsked) -> list[dict[str, Any]]:
    """Give the planned events of the step of one live plan, in order of time."""
    wanted = {"status": "planned", "load": asked.load} | ({"plan": asked.plan} if asked.plan else {})
    events = events_with(connection, wanted)
    if not events:
        raise InputError(
            f'No live plan in the ledger has a load "{asked.load}". Record the plan first with '
            "voltloop plan ... --record or voltloop record plan FOLDER, and name the load as loads.csv does.",
            code="no-such-step",
        )
    plans = sorted({event["voltloop:plan"] for event in events} - _delivered(connection, asked))
    if len(plans) > 1:
        raise InputError(
            f'Several live plans have a load "{asked.load}": {", ".join(plans)}. Say which with --plan.',
            code="which-plan",
        )
    events = [event for event in events if event["voltloop:plan"] in plans] or events
    steps = [event for event in events if event["voltloop:step"] == asked.step]
    if not steps:
        known = list(dict.fromkeys(event["voltloop:step"] for event in events))
        raise InputError(
            f'Load {asked.load} has no step "{asked.step}". It has {", ".join(known)}.{nearest(asked.step, known)}',
            code="no-such-step",
        )
    return steps


def _delivered(connection: Connection, asked: StepAsked) -> set[str]:
    """Give the plans whose load of that number was delivered before the instant: another one is meant."""
    actual = events_with(connection, {"status": "actual", "load": asked.load, "step": "deliver"})
    return {
        event["voltloop:plan"]
        for event in actual
        if asked.plan is None and datetime.fromisoformat(event["eventTime"]) < asked.found.at
    }


def _refuse_held(
    connection: Connection, planned: Sequence[Mapping[str, Any]], asked: StepAsked, found: Found
) -> None:
    """Refuse to move what is held; a delivery of a held load is told, since it stands at the gate already."""
    from sqlalchemy import select

    from voltloop.epcis.identifiers import key_of
    from voltloop.ledger.tables.knowledge import state

    if asked.step == "deliver":
        return
    loads = {event["parentID"] for event in planned if event.get("bizStep") == "loading"}
    things = (step_things(planned) - found.missing) | loads | set(found.extra)
    keys = {key_of(thing): thing for thing in things}
    held = connection.execute(
        select(state.c.epc_id, state.c.hold).where(state.c.epc_id.in_(list(keys)), state.c.hold.is_not(None))
    ).all()
    if held:
        words = "; ".join(f"{keys[row.epc_id]} ({row.hold})" for row in held[:5])
        more = f" and {len(held) - 5} more" if len(held) > 5 else ""
        raise InputError(
            f"Held, and so not to be moved: {words}{more}. Release what was looked into with voltloop release, "
            "or leave it behind with --missing.",
            code="held",
        )


def _differences(found: Found, extras: Sequence[Extra]) -> tuple[str, ...]:
    why = {one.epc: one.why_held for one in extras}
    needs = {one.epc: f", to be packed by {one.packing}" for one in extras if one.packing}
    words = [f"{epc} was not there" for epc in sorted(found.missing)]
    words += [f"{count:g} pieces of {lot} were not there" for lot, count in sorted(found.short.items())]
    words += [f"{epc} came on top{needs.get(epc, '')}" for epc in found.extra]
    words += [f"{epc} is held, since {reason}" for epc, reason in why.items() if reason is not None]
    return tuple(words + [f"{epc} is damaged" for epc in sorted(found.damaged)])
