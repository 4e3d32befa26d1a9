"""Events for tests of what the ledger knows, and a plain way to record them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import orjson
from sqlalchemy import Connection, text

from voltloop.ledger.assertions import assertions, key_bytes
from voltloop.ledger.instants import instant_at, instant_of, micros
from voltloop.ledger.partitions import ensure_partitions
from voltloop.ledger.recorded import Recorded
from voltloop.ledger.roles import Role
from voltloop.ledger.spells import apply

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


_ROLES = (
    ("epcList", Role.OBJECT),
    ("childEPCs", Role.CHILD),
    ("inputEPCList", Role.INPUT),
    ("outputEPCList", Role.OUTPUT),
)
_CLASSES = (
    ("quantityList", Role.OBJECT_CLASS),
    ("childQuantityList", Role.CHILD_CLASS),
    ("inputQuantityList", Role.INPUT_CLASS),
    ("outputQuantityList", Role.OUTPUT_CLASS),
)


def record(
    connection: Connection, events: Sequence[dict[str, Any]], *, voids: Sequence[dict[str, Any]] = ()
) -> None:
    """Write events as a capture does, and take back those named in ``voids``, which were written before or are here."""
    ats = [instant_of(one["eventTime"]) for one in events]
    ensure_partitions(connection, map(instant_at, ats))
    last = connection.scalar(text("SELECT max(record_at) FROM event"))
    first = micros(max(last + timedelta(microseconds=1), DAY) if last else DAY)
    for rank, (one, event_at) in enumerate(zip(events, ats, strict=True)):
        values = {"event_at": instant_at(event_at), "record_at": instant_at(first + rank)}
        connection.execute(
            text(
                "INSERT INTO event (event_at, record_at, type, biz_step, event_id, planned, document) "
                "VALUES (:event_at, :record_at, :type, :step, :id, :planned, :document)"
            ),
            {
                **values,
                "type": one["type"],
                "step": one.get("bizStep"),
                "id": one["eventID"],
                "planned": one.get("voltloop:status") == "planned",
                "document": orjson.dumps(one).decode(),
            },
        )
        for key, role in dict(_named(one)).items():
            connection.execute(
                text(
                    "INSERT INTO trace (epc_id, event_at, record_at, role, position) VALUES (:key, :event_at, :record_at, :role, 0)"
                ),
                {**values, "key": key.hex(), "role": role},
            )
    voided = []
    for one in voids:
        row = connection.execute(
            text("SELECT event_at, record_at FROM event WHERE event_id = :id"), {"id": one["eventID"]}
        ).one()
        connection.execute(text("INSERT INTO voided VALUES (:a, :b, :b)"), {"a": row[0], "b": row[1]})
        voided.append((micros(row[0]), micros(row[1])))
    apply(connection, Recorded(events, {}, ats, first, [assertions(one) for one in events], voided))


def _named(one: dict[str, Any]) -> list[tuple[bytes, Role]]:
    named = [(key_bytes(epc), role) for name, role in _ROLES for epc in one.get(name, ())]
    named += [(key_bytes(e["epcClass"]), role) for name, role in _CLASSES for e in one.get(name, ())]
    return named + ([(key_bytes(one["parentID"]), Role.PARENT)] if "parentID" in one else [])
