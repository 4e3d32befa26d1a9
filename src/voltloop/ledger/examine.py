"""Events before capture: which are valid, and in words why the others are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from voltloop.epcis.validation import EventValidator
from voltloop.ledger.instants import instant_of, micros
from voltloop.ledger.problems import CaptureProblem
from voltloop.ledger.recorded import Event
from voltloop.ledger.rows import planned_key

__all__ = ["CLOCK_SKEW", "Examined", "examine"]

CLOCK_SKEW = timedelta(minutes=5)
"""How far an event may lie in the future: clocks differ. Planned events lie as far as they like."""

_FAULT = "@fault"
_LONGEST_WORD = 2_000  # characters; an entry of an index in PostgreSQL may have 2,704 bytes


@dataclass(frozen=True, slots=True)
class Examined:
    """A batch of events, judged.

    Attributes
    ----------
    good
        The valid events, in canonical form.
    places
        Where each of them stood in the batch.
    problems
        Why the others are refused, each with the place of its event.
    """

    good: list[Event]
    places: Sequence[int]
    problems: list[CaptureProblem]


def examine(
    batch: list[Any], validator: EventValidator, context: Mapping[str, str], *, now: datetime
) -> Examined:
    """Judge a batch of events as they were read.

    Parameters
    ----------
    batch
        Events as read from a document; valid ones are brought into canonical form in place.
    validator
        The judge.
    context
        Prefix to namespace of the document's extensions.
    now
        The present, with its zone. An event that is not planned and lies more than :data:`CLOCK_SKEW` later is
        refused.
    """
    problems: list[CaptureProblem] = []
    good: list[Event] = batch
    places: Sequence[int] = range(len(batch))
    if validator.first_problem(batch) is not None:
        good, places = _sound(batch, validator, problems)
    latest = micros(now + CLOCK_SKEW)
    planned = planned_key(context)
    refused = {}
    for place, event in zip(places, good, strict=True):
        said = _word_problem(event) or _time_problem(event, latest, planned, now)
        if said:
            refused[place] = CaptureProblem("ValidationException", f"$.{said}", place)
    if refused:
        kept = [(place, event) for place, event in zip(places, good, strict=True) if place not in refused]
        good, places = [event for _, event in kept], [place for place, _ in kept]
        problems = sorted([*problems, *refused.values()], key=lambda problem: problem.event or 0)
    return Examined(good, places, problems)


def _sound(
    batch: list[Any], validator: EventValidator, problems: list[CaptureProblem]
) -> tuple[list[Event], list[int]]:
    """Tell the valid events of a batch from the others, whose problems are added."""
    good, places = [], []
    for place, event in enumerate(batch):
        found = [str(problem) for problem in validator.problems(event)]
        if found and isinstance(event, dict) and _FAULT in event:
            found = [event[_FAULT]]
        problems += [CaptureProblem("ValidationException", said, place) for said in found]
        if not found:
            good.append(event)
            places.append(place)
    validator.first_problem(good)  # brings them into canonical form
    return good, places


def _word_problem(event: Event) -> str | None:
    """Say which word of a user's own is too long to search for, or None."""
    for name in ("type", "bizStep", "disposition"):
        word = event.get(name)
        if word.__class__ is str and len(word) > _LONGEST_WORD:
            return f"{name}: It has {len(word):,} characters. Expected up to {_LONGEST_WORD:,}; shorten it."
    return None


def _time_problem(event: Event, latest: int, planned: str | None, now: datetime) -> str | None:
    """Say why an event's time cannot be, or None."""
    text = event["eventTime"]
    try:
        at = instant_of(text)
        if "errorDeclaration" in event:
            instant_of(event["errorDeclaration"]["declarationTime"])
    except ValueError:
        return f'eventTime: "{text}" is no instant that the ledger can hold. Expected a year from 2 to 9998.'
    if at > latest and (planned is None or event.get(planned) != "planned"):
        return (
            f'eventTime: "{text}" lies in the future (now {now.isoformat(timespec="seconds")}). Expected a time up '
            f"to {CLOCK_SKEW // timedelta(minutes=1)} minutes ahead; set the sender's clock, or mark the event as "
            "planned (status of namespace https://voltloop.org/epcis/)."
        )
    return None
