"""Carrying out a planned step: from its planned events, and what was found otherwise, to actual events.

The actual events repeat the planned ones with the actual time, without what was not there and with what came on top;
each names the planned event it answers in ``voltloop:planned``. Recording the same step twice gives the same events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from voltloop.app.ledger_names import event_id
from voltloop.app.short import LOTS, fewer
from voltloop.errors import InputError

__all__ = ["Found", "actual_events", "goods_of", "held_as_found", "own_event", "packed_under", "step_things"]

_LISTS = ("epcList", "childEPCs")
_SHARED = (
    "readPoint", "eventTimeZoneOffset", "voltloop:plan", "voltloop:load", "voltloop:step", "voltloop:network",
)  # fmt: skip
_GOODS = (*_LISTS, *LOTS)


@dataclass(frozen=True)
class Found:
    """What was found when a step was carried out.

    Attributes
    ----------
    at
        When it was done.
    person
        Who did it, in words; None leaves it out.
    missing
        Identifiers that were planned and not there, or left behind.
    short
        Of a lot, how many of its pieces were not there; more than 0 and fewer than were planned.
    extra
        Identifiers that were taken and not planned.
    damaged
        Identifiers that the plan took for sound and that are damaged.
    """

    at: datetime
    person: str | None = None
    missing: frozenset[str] = frozenset()
    extra: tuple[str, ...] = ()
    damaged: frozenset[str] = frozenset()
    short: Mapping[str, float] = field(default_factory=dict)


def step_things(planned: Iterable[Mapping[str, Any]]) -> set[str]:
    """Give every battery and lot that the planned events of a step speak of, packages and loads aside."""
    found: set[str] = set()
    for event in planned:
        if event.get("bizStep") in {"packing", "accepting", "receiving"}:
            found.update(goods_of(event))
    return found


def packed_under(planned: Iterable[Mapping[str, Any]], epc: str) -> Mapping[str, Any]:
    """Give the planned packing event of a battery; empty where it has none."""
    return next(
        (event for event in planned if event.get("bizStep") == "packing" and epc in goods_of(event)), {}
    )


def actual_events(planned: Sequence[Mapping[str, Any]], found: Found) -> list[dict[str, Any]]:
    """Give the actual events of a step.

    Parameters
    ----------
    planned
        Planned events of one step of one load, in order.
    found
        What was found. ``missing``, ``short`` and ``damaged`` may name only what was planned.

    Raises
    ------
    InputError
        ``not-in-step``: something is called missing or damaged that was not planned here, or extra that was;
        ``not-so-many``: more pieces of a lot are called missing than were planned.
    """
    _check(planned, found)
    there = fewer(planned, found.short)
    gone = found.missing | _emptied(planned, there, found.missing)
    takers = _takers(there) if found.extra else set()
    events = []
    for rank, event in enumerate(there):
        made = _without(event, gone)
        if rank in takers:
            name = "childEPCs" if event["type"] == "AggregationEvent" else "epcList"
            made = {key: value for key, value in event.items() if key not in _GOODS} if made is None else made
            made[name] = [*made.get(name, []), *found.extra]
        if made is not None:
            events.append(_actual(made, event["eventID"], found))
    return events + [_damaged(event, epc, found) for epc in sorted(found.damaged) for event in planned[:1]]


def _takers(events: Sequence[Mapping[str, Any]]) -> set[int]:
    """Give the ranks of the events that name what came on top: loading or unloading, and the handover of things."""
    found = {rank for rank, event in enumerate(events) if event.get("bizStep") in {"loading", "unloading"}}
    handovers = [
        rank for rank, event in enumerate(events) if event.get("bizStep") in {"accepting", "receiving"}
    ]
    handovers.sort(key=lambda rank: "epcList" not in events[rank])
    return found | set(handovers[:1])


def own_event(
    planned: Sequence[Mapping[str, Any]], part: str, says: Mapping[str, Any], found: Found
) -> dict[str, Any]:
    """Give an event of a step that answers none of its planned ones.

    Parameters
    ----------
    planned
        Planned events of the step, at least one: the event is where and of what load they are.
    part
        What tells it from other such events of the step.
    says
        What it says.
    """
    shared = {name: planned[0][name] for name in _SHARED if name in planned[0]}
    return _actual({**shared, **says}, event_id(planned[0]["eventID"], part), found, answers=False)


def held_as_found(planned: Sequence[Mapping[str, Any]], epc: str, why: str, found: Found) -> dict[str, Any]:
    """Hold something that was found and may not travel, where it was found."""
    says = {
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "holding", "disposition": "unavailable",
        "epcList": [epc], "bizLocation": planned[0]["readPoint"], "voltloop:reason": why,
    }  # fmt: skip
    return own_event(planned, f"held{chr(31)}{epc}", says, found)


def _check(planned: Sequence[Mapping[str, Any]], found: Found) -> None:
    things = step_things(planned)
    for word, named in (
        ("missing", {*found.missing, *found.short}),
        ("damaged", found.damaged),
    ):
        for epc in sorted(named - things):
            raise InputError(
                f'"{epc}" is said to be {word}, and this step does not speak of it. '
                f"It speaks of {_some(things)}. Name it as the plan does.",
                code="not-in-step",
            )
    for epc in found.extra:
        if epc in things:
            raise InputError(
                f'"{epc}" is said to be extra, and the plan has it in this step. Leave it out of the extra ones.',
                code="not-in-step",
            )


def _some(things: set[str], most: int = 5) -> str:
    names = sorted(things)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _emptied(
    planned: Sequence[Mapping[str, Any]], there: Sequence[Mapping[str, Any]], missing: frozenset[str]
) -> set[str]:
    """Give the packages in which nothing is left."""
    return {
        before["parentID"]
        for before, event in zip(planned, there, strict=True)
        if event.get("bizStep") == "packing" and goods_of(before) and set(goods_of(event)) <= missing
    }


def goods_of(event: Mapping[str, Any]) -> list[str]:
    """Give what an event names in its lists: objects, children and lots."""
    epcs = [epc for name in _LISTS for epc in event.get(name, ())]
    return epcs + [lot["epcClass"] for name in LOTS for lot in event.get(name, ())]


def _without(event: Mapping[str, Any], gone: set[str] | frozenset[str]) -> dict[str, Any] | None:
    """Give the event without what is gone; None where nothing is left to say."""
    made = dict(event)
    if event.get("parentID") in gone:
        return None
    had = bool(goods_of(event))
    for name in _LISTS:
        if name in made:
            made[name] = [epc for epc in made[name] if epc not in gone]
    for name in LOTS:
        if name in made:
            made[name] = [lot for lot in made[name] if lot["epcClass"] not in gone]
    for name in _GOODS:
        if name in made and not made[name]:
            del made[name]
    return None if had and not goods_of(made) else made


def _actual(event: dict[str, Any], planned_id: str, found: Found, *, answers: bool = True) -> dict[str, Any]:
    made = event | {
        "eventID": event_id("actual", planned_id),
        "eventTime": found.at.isoformat(timespec="milliseconds"),
        "voltloop:status": "actual",
    }
    if answers:
        made["voltloop:planned"] = planned_id
    if found.person:
        made["voltloop:person"] = found.person
    return made


def _damaged(first: Mapping[str, Any], epc: str, found: Found) -> dict[str, Any]:
    place = {"bizLocation": first["bizLocation"]} if "bizLocation" in first else {}
    says = {
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "inspecting", "disposition": "damaged",
        "epcList": [epc], **place,
    }  # fmt: skip
    return own_event([first], f"damaged{chr(31)}{epc}", says, found)
