"""What a passport says of its battery by the events of the ledger: the events are the record, the passport a view.

Each value stands with its unit, time, method, device and event. ``data/measures.csv`` says which measurement tells
which element, and how many of them become one: the latest, the greatest, or the sum.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson

from voltloop.ledger.assertions import own_prefix
from voltloop.ledger.condition import method_of
from voltloop.ledger.lookups import EVENT_OF
from voltloop.ledger.naming import stamp
from voltloop.ledger.passport.checks import status_word
from voltloop.ledger.passport.points import by_name, rows_of
from voltloop.ledger.passport.values import in_unit
from voltloop.ledger.roles import Role

if TYPE_CHECKING:
    import psycopg

__all__ = ["Folded", "fold", "last_recorded"]

_EVENTS: Final = f"""
SELECT t.event_at, t.record_at, t.role, e.event_id, e.document, c.prefixes
FROM (SELECT o.event_at, o.record_at, min(o.role) AS role FROM trace AS o
      WHERE o.epc_id = %(key)s AND o.record_at <= %(known)s GROUP BY o.event_at, o.record_at) AS t
{EVENT_OF} LEFT JOIN context AS c ON c.id = e.context_id
WHERE e.declared_at IS NULL AND NOT e.planned
  AND NOT EXISTS (SELECT FROM voided AS v WHERE v.event_at = e.event_at AND v.record_at = e.record_at
                  AND v.declared_record_at <= %(known)s)
ORDER BY t.event_at, t.record_at
"""
_ENDING_STEPS: Final = frozenset({"destroying"})
_ENDING_DISPOSITIONS: Final = frozenset({"destroyed", "disposed"})
_OWN_UNITS: Final = {"stateOfHealth": "%", "energyThroughput": "kWh", "capacityThroughput": "Ah"}


@dataclass(slots=True)
class Folded:
    """What follows from the events of one battery.

    Attributes
    ----------
    elements
        Elements of the passport by name.
    ended_at
        Since when the battery is no more, None while it is.
    recorded_at
        The record_at of the last event that is in it; None where there is none.
    """

    elements: dict[str, Any] = field(default_factory=dict)
    ended_at: datetime | None = None
    recorded_at: datetime | None = None


def last_recorded(cursor: psycopg.Cursor[Any], key: UUID) -> datetime | None:
    """Give the record_at of the last event that names a battery, whatever became of it."""
    row = cursor.execute("SELECT max(record_at) FROM trace WHERE epc_id = %s", [key]).fetchone()
    return row[0] if row else None


def fold(cursor: psycopg.Cursor[Any], key: UUID, known_at: datetime) -> Folded:
    """Fold the events of a battery that the ledger knew of at an instant.

    Parameters
    ----------
    cursor
        Of any transaction.
    key
        Of the battery (:func:`voltloop.epcis.identifiers.key_of`).
    known_at
        Later captures, and later declarations of errors, are left out.
    """
    result = Folded()
    for event_at, record_at, role, event_id, document, prefixes in cursor.execute(
        _EVENTS, {"key": key, "known": known_at}
    ).fetchall():
        event = orjson.loads(document)
        context = orjson.loads(prefixes) if prefixes else {}
        said = {
            "at": stamp(event_at),
            "eventId": event_id,
            "method": method_of(event, context),
        }
        told = {name: value for name, value in said.items() if value is not None}
        _measure(result, event, told)
        _live(result, event, context, told)
        _end(result, event, Role(role), event_at)
        result.recorded_at = max(record_at, result.recorded_at or record_at)
    return result


@cache
def _measures() -> Mapping[str, tuple[str, str]]:
    return {row["name"]: (row["element"], row["rule"]) for row in rows_of("measures.csv")}


def _reports(event: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], str | None]]:
    for element in event.get("sensorElementList", ()):
        device = element.get("sensorMetadata", {}).get("deviceID")
        for report in element.get("sensorReport", ()):
            words = re.split(r"[:/#-]", str(report.get("type", "")))[-1]
            name = re.sub(r"[^a-z]", "", words.lower()).removeprefix("has")
            yield name, report, report.get("deviceID", device)


def _measure(result: Folded, event: Mapping[str, Any], told: Mapping[str, Any]) -> None:
    on = datetime.fromisoformat(told["at"]).date()
    for name, report, device in _reports(event):
        element, rule = _measures().get(name, ("", ""))
        value = report.get("value", report.get("meanValue", report.get("maxValue")))
        if not element or isinstance(value, bool) or not isinstance(value, int | float):
            continue
        point = by_name(on).get(element)
        wanted = point.unit if point else _OWN_UNITS.get(element, "")
        uom = str(report.get("uom", ""))
        number = in_unit(value, uom, wanted)
        if number is None:
            continue
        said = {**told, **({"device": device} if device else {})}
        if rule in {"sum", "range"}:
            _gather(result, element, name, number, uom, rule, said)
            continue
        entry = {"value": round(number, 9), **({"unit": wanted} if wanted else {}), **said}
        before = result.elements.get(element)
        if rule == "latest" or before is None or number >= before["value"]:
            result.elements[element] = entry


def _gather(
    result: Folded, element: str, name: str, number: float, uom: str, rule: str, said: Mapping[str, Any]
) -> None:
    """Add up times and counts, and widen the range of temperatures, each under its name in a list."""
    entries: list[dict[str, Any]] = result.elements.setdefault(element, [])
    entry = next((one for one in entries if one.get("measure") == name), None)
    if entry is None:
        entry = {"measure": name, **({"unit": uom} if uom else {})}
        entries.append(entry)
    if rule == "sum":
        entry["value"] = entry.get("value", 0) + number
    else:
        entry["minimum"] = min(number, entry.get("minimum", number))
        entry["maximum"] = max(number, entry.get("maximum", number))
    entry.update(said)


def _live(
    result: Folded, event: Mapping[str, Any], context: Mapping[str, str], told: Mapping[str, Any]
) -> None:
    """Tell the status of the battery, and what befell it."""
    own = own_prefix(context)
    status = event.get(f"{own}lifeStatus", event.get("ilmd", {}).get(f"{own}lifeStatus"))
    word = status_word(status) if isinstance(status, str) else None
    if word is None and event.get("bizStep") == "commissioning" and "lifeStatus" not in result.elements:
        word = "original"
    if word is not None:
        result.elements["lifeStatus"] = {"value": word, **told}
    incident = event.get(f"{own}incident")
    lasting = event.get("persistentDisposition", {}).get("set", ())
    if not isinstance(incident, str):
        is_damage = event.get("disposition") == "damaged" or "damaged" in lasting
        alarm = next(
            (report for _, report, _ in _reports(event) if report.get("exception") == "ALARM_CONDITION"), None
        )
        incident = "damaged" if is_damage else f"alarm: {alarm.get('type', '')}" if alarm else None
    if incident:
        result.elements.setdefault("negativeEvents", []).append({"event": incident, **told})


def _end(result: Folded, event: Mapping[str, Any], role: Role, event_at: datetime) -> None:
    """Tell whether the battery has been recycled or destroyed; taking it apart or repairing it is not the end."""
    is_gone = event.get("disposition") in _ENDING_DISPOSITIONS or event.get("bizStep") in _ENDING_STEPS
    if event["type"] == "TransformationEvent":
        is_gone = is_gone and role == Role.INPUT
    if is_gone and role in {Role.OBJECT, Role.INPUT}:
        result.ended_at = result.ended_at or event_at
        result.elements["lifeStatus"] = {
            "value": "waste",
            "at": stamp(event_at),
            "eventId": event.get("eventID", ""),
        }
    elif result.ended_at is not None and event.get("action") == "ADD":
        result.ended_at = None
