"""Use case: a step of a plan that was carried out, into the ledger; stock moves with it.

What the law or a hold forbids is refused before anything is written: a battery that the plan took for sound and that is
damaged is judged anew, and neither a held load nor a load with held goods may leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from voltloop.app.at_hub import not_brought, packings, untold
from voltloop.app.found_damaged import refuse_unlawful
from voltloop.app.ledger_events import capture_own, events_with
from voltloop.app.steps import Found, actual_events, goods_of, not_delivered, step_things
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
    """What was written: events, how many of them the ledger had already, goods moved, and differences in words."""

    plan: str
    load: str
    step: str
    events: int
    already: int
    moved: tuple[str, ...]
    differences: tuple[str, ...]


def record_step(engine: Engine, asked: StepAsked, now: datetime) -> StepRecorded:
    """Write the actual events of a planned step.

    Raises
    ------
    InputError
        ``no-such-step``: no live plan has the load or step; ``which-plan``: several have; ``not-in-step``;
        ``not-loaded``: a delivery of a load of which no pick-up is recorded.
    LedgerError
        ``held``: the load or something in it is held; ``unlawful-as-found``: a damaged battery may not travel so;
        a refused capture.
    """
    with engine.begin() as connection:
        planned: Sequence[dict[str, Any]] = _planned(connection, asked)
        plan = planned[0]["voltloop:plan"]
        short = asked.found.missing
        if asked.step == "deliver":
            planned, asked = _as_loaded(connection, planned, asked, plan)
        elif asked.step == "depart":
            behind = asked.found.missing | (not_brought(connection, plan) & step_things(planned))
            asked = replace(asked, found=replace(asked.found, missing=behind))
            planned = [*packings(connection, planned, plan), *planned]
        _refuse_held(connection, planned, asked)
        refuse_unlawful(connection, planned, asked.found, asked.repacked)
        events = actual_events(planned, asked.found)
        if asked.step == "deliver":
            events += _short(connection, planned, short, asked.found)
        elif asked.step == "depart":
            events = untold(connection, events)
        captured = _capture(connection, events, asked, now)
    moved = sorted({epc for event in events if event.get("bizStep") in _GOODS for epc in goods_of(event)})
    return StepRecorded(
        plan, asked.load, asked.step, len(events), len(captured.already), tuple(moved), _differences(asked.found)
    )  # fmt: skip


def _capture(
    connection: Connection, events: Sequence[dict[str, Any]], asked: StepAsked, now: datetime
) -> Captured:
    from voltloop.ledger.problems import CaptureRefused

    try:
        return capture_own(connection, events, now)
    except CaptureRefused as error:
        raise InputError(
            f"{asked.load} {asked.step} was recorded before, and otherwise: {error.message} What was recorded stays; "
            "if it was wrong, capture an error declaration about it and record the step again.",
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


def _as_loaded(
    connection: Connection, planned: Sequence[dict[str, Any]], asked: StepAsked, plan: str
) -> tuple[Sequence[dict[str, Any]], StepAsked]:
    """Deliver what was taken up, not what was planned: leave out what stayed behind, add what came on top."""
    actual = events_with(connection, {"status": "actual", "load": asked.load, "plan": plan})
    taken = [event for event in actual if event.get("bizStep") == "accepting"]
    if not taken:
        raise InputError(
            f"No pick-up or departure of load {asked.load} is recorded, so nothing can have been delivered. "
            "Record its steps in their order.",
            code="not-loaded",
        )
    aboard = {epc for event in taken for epc in goods_of(event)}
    things = step_things(planned)
    on_top = aboard - things
    extra = tuple(sorted(on_top - asked.found.missing)) + asked.found.extra
    absent = _packages(planned) - {
        epc for event in actual if event.get("bizStep") == "loading" for epc in goods_of(event)
    }
    missing = (asked.found.missing - on_top) | (things - aboard)
    found = replace(asked.found, missing=missing, extra=tuple(dict.fromkeys(extra)))
    kept = [_without_packages(event, absent) for event in planned]
    return kept, replace(asked, found=found)


def _short(
    connection: Connection, planned: Sequence[Mapping[str, Any]], short: frozenset[str], found: Found
) -> list[dict[str, Any]]:
    """Take what was loaded and is not there out of what it was put into, so that it does not arrive with that."""
    from sqlalchemy import select

    from voltloop.epcis.identifiers import key_of
    from voltloop.ledger.tables import thing
    from voltloop.ledger.tables.knowledge import state

    keys = {key_of(epc): epc for epc in sorted(short)}
    rows = connection.execute(
        select(state.c.epc_id, thing.c.text)
        .join(thing, thing.c.id == state.c.container_id)
        .where(state.c.epc_id.in_(list(keys)))
    ).all()
    holders = {keys[row.epc_id]: row.text for row in rows}
    return [
        event
        for epc, holder in sorted(holders.items())
        for event in not_delivered(planned, epc, holder, found)
    ]


def _packages(planned: Iterable[Mapping[str, Any]]) -> set[str]:
    return {
        epc for event in planned if event.get("bizStep") == "unloading" for epc in event.get("childEPCs", ())
    }


def _without_packages(event: dict[str, Any], absent: set[str]) -> dict[str, Any]:
    if event.get("bizStep") != "unloading":
        return event
    return event | {"childEPCs": [epc for epc in event["childEPCs"] if epc not in absent]}


def _refuse_held(connection: Connection, planned: Sequence[Mapping[str, Any]], asked: StepAsked) -> None:
    """Refuse to move what is held; a delivery of a held load is told, since it stands at the gate already."""
    from sqlalchemy import select

    from voltloop.epcis.identifiers import key_of
    from voltloop.ledger.tables.knowledge import state

    if asked.step == "deliver":
        return
    loads = {event["parentID"] for event in planned if event.get("bizStep") == "loading"}
    things = (step_things(planned) - asked.found.missing) | loads | set(asked.found.extra)
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


def _differences(found: Found) -> tuple[str, ...]:
    words = [f"{epc} was not there" for epc in sorted(found.missing)]
    words += [f"{epc} came on top" for epc in found.extra]
    return tuple(words + [f"{epc} is damaged" for epc in sorted(found.damaged)])
