"""What people tell of a step, before it is written: identifiers in the plan's spelling, and times in their order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from voltloop.app.ledger_events import events_with
from voltloop.app.steps import Found, goods_of
from voltloop.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["in_spelling_of_plan", "refuse_disorder", "refuse_future"]


def refuse_future(at: datetime, now: datetime) -> None:
    """Refuse to say that something was done that lies ahead.

    Raises
    ------
    InputError
        ``in-the-future``: further ahead than clocks may differ.
    """
    from voltloop.ledger.examine import CLOCK_SKEW

    if at > now + CLOCK_SKEW:
        raise InputError(
            f"{_clock(at)} lies in the future (now {_clock(now)}), and only what was done can be recorded. Give the "
            "time at which it was done with --at (over HTTP, at), or leave that out for now.",
            code="in-the-future",
        )


def in_spelling_of_plan(
    connection: Connection, planned: Sequence[Mapping[str, Any]], found: Found, repacked: frozenset[str]
) -> tuple[Found, frozenset[str]]:
    """Spell what was found and repacked as the events of the load do; what they do not name stays as it was told.

    Parameters
    ----------
    planned
        Planned events of the step.
    found
        What was found, in any spelling: EPC URN or GS1 Digital Link.
    repacked
        Which of what is damaged or came on top was put into another packaging, in any spelling.

    Raises
    ------
    InputError
        ``not-a-uri``: what came on top is told by no identifier; ``not-in-step``: something was repacked that is
        neither damaged nor came on top.
    """
    from voltloop.epcis.identifiers import key_of

    for epc in found.extra:
        if ":" not in epc or any(sign.isspace() for sign in epc):
            raise InputError(
                f'"{epc}" is said to be extra, and is no identifier. An EPC URN, a GS1 Digital Link or another URI was '
                "expected, such as urn:epc:id:sgtin:9521141.123456.7. Read it off the battery or its label again.",
                code="not-a-uri",
            )
    if not any((found.missing, found.short, found.extra, found.damaged, repacked)):
        return found, repacked
    load = {"plan": planned[0]["voltloop:plan"], "load": planned[0]["voltloop:load"]}
    spelt = {key_of(epc): epc for event in events_with(connection, load) for epc in goods_of(event)}

    def named(epcs: Iterable[str]) -> Iterable[str]:
        return (spelt.get(key_of(epc), epc) for epc in epcs)

    spelled = replace(
        found,
        missing=frozenset(named(found.missing)),
        extra=tuple(dict.fromkeys(named(found.extra))),
        damaged=frozenset(named(found.damaged)),
        short=dict(zip(named(found.short), found.short.values(), strict=True)),
    )
    packed_anew = frozenset(named(repacked))
    for epc in sorted(packed_anew - spelled.damaged - set(spelled.extra)):
        raise InputError(
            f'"{epc}" is said to be repacked, and neither to be damaged nor to be extra. Say which it is with '
            "--damaged or --extra (over HTTP, damaged or extra) too.",
            code="not-in-step",
        )
    return spelled, packed_anew


def refuse_disorder(connection: Connection, planned: Sequence[Mapping[str, Any]], at: datetime) -> None:
    """Refuse a delivery before what it delivers was taken up, and a step that takes up what was delivered before.

    Raises
    ------
    InputError
        ``step-order``.
    """
    plan, load, step = (planned[0][f"voltloop:{name}"] for name in ("plan", "load", "step"))
    for event in events_with(connection, {"status": "actual", "plan": plan, "load": load}):
        other, then = event["voltloop:step"], datetime.fromisoformat(event["eventTime"])
        if step == "deliver" and other != "deliver" and then > at:
            raise InputError(
                f"{load} cannot have been delivered at {_clock(at)}: {other} is recorded at {_clock(then)}, which is "
                f"later. Give the right time, or take {other} back first (voltloop record undo {event['eventID']} "
                "--reason ...).",
                code="step-order",
            )
        if step != "deliver" and other == "deliver":
            raise InputError(
                f"The delivery of {load} is recorded, without what {step} took up. Take the delivery back (voltloop "
                f"record undo {event['eventID']} --reason ...), record {step}, and then the delivery.",
                code="step-order",
            )


def _clock(at: datetime) -> str:
    return at.isoformat(timespec="minutes")
