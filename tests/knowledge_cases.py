"""Events for tests of what the ledger knows, and a plain way to record them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Connection

from voltloop.ledger.capture import capture_events
from voltloop.ledger.changes import NAMESPACE

DAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
NUMBERS = count(1)


def pack(number: int, model: str = "012345") -> str:
    return f"urn:epc:id:sgtin:9521234.{model}.{number}"


def box(number: int) -> str:
    return f"urn:epc:id:sscc:9521234.1{number:09d}"


def place(number: int, area: str = "0") -> str:
    return f"urn:epc:id:sgln:9521234.{number:05d}.{area}"


def party(number: int) -> str:
    return f"urn:epc:id:pgln:9521234.{number:05d}"


def at(hours: float) -> str:
    return (DAY + timedelta(hours=hours)).isoformat()


def when(hours: float) -> datetime:
    return DAY + timedelta(hours=hours)


def event(kind: str, hours: float, **fields: Any) -> dict[str, Any]:
    """An event so many hours after the first morning; ``location`` and ``read_point`` are places."""
    made: dict[str, Any] = {"type": f"{kind}Event", "eventTime": at(hours), "eventTimeZoneOffset": "+00:00"}
    for name, field in (("location", "bizLocation"), ("read_point", "readPoint")):
        if name in fields:
            made[field] = {"id": fields.pop(name)}
    made.update({name.replace("__", ":"): value for name, value in fields.items()})
    made["eventID"] = f"urn:uuid:00000000-0000-4000-8000-{next(NUMBERS):012d}"
    return made


def seen(hours: float, *epcs: str, action: str = "OBSERVE", **fields: Any) -> dict[str, Any]:
    return event("Object", hours, action=action, epcList=list(epcs), **fields)


def packed(hours: float, parent: str, *children: str, action: str = "ADD", **fields: Any) -> dict[str, Any]:
    return event("Aggregation", hours, action=action, parentID=parent, childEPCs=list(children), **fields)


def built(hours: float, parent: str, *children: str, action: str = "ADD", **fields: Any) -> dict[str, Any]:
    return event("Association", hours, action=action, parentID=parent, childEPCs=list(children), **fields)


def handover(source: str, destination: str, kind: str = "possessing_party") -> dict[str, Any]:
    return {
        "sourceList": [{"type": kind, "source": source}],
        "destinationList": [{"type": kind, "destination": destination}],
    }


CONTEXT = {"voltloop": NAMESPACE, "example": "https://example.com/epcis/"}


def record(
    connection: Connection, events: Sequence[dict[str, Any]], *, voids: Sequence[dict[str, Any]] = ()
) -> None:
    """Capture events, and error declarations of those in ``voids``."""
    declared = {"declarationTime": at(1000), "reason": "did_not_occur"}
    declarations = [{**one, "errorDeclaration": declared} for one in voids]
    capture_events(connection, [*events, *declarations], CONTEXT, now=when(2000))
