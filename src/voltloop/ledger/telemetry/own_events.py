"""Conclusions as events: excursions with their statistics, arrivals, departures, ways left, and holds.

Raw readings stay in their table: an event carries the statistics of an interval, the alarm, and a link to the readings
(EPCIS 2.0 section 7.3.7.3: ``rawData``; CBV 2.0: sensor alert ``ALARM_CONDITION``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from voltloop.epcis.identifiers import key_of
from voltloop.epcis.readings import measures
from voltloop.findings import kinds
from voltloop.ledger.telemetry.conclusions import Conclusion
from voltloop.ledger.telemetry.limits import Limit

__all__ = ["Telling", "events_of", "finding_of"]

_RULES = "https://id.voltloop.org/conditions/"
_METHOD = "https://id.voltloop.org/methods/dew-point-over-ice"
_CROSSED = {"arrival": ("arriving", "in"), "departure": ("departing", "out")}


@dataclass(frozen=True)
class Telling:
    """What events of one watch share: the device, the thing, and where readings are read."""

    device: str
    thing: str
    base: str


def _stamp(seconds: float) -> str:
    at = datetime.fromtimestamp(round(seconds * 1000) / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def events_of(
    one: Conclusion, telling: Telling, limit: Limit | None, event_id: str, contents: Sequence[str]
) -> list[dict[str, Any]]:
    """Give the events that tell a conclusion: itself, and the hold where the limit asks for one.

    Parameters
    ----------
    one
        The conclusion.
    telling
        Whose it is.
    limit
        The limit concerned, for excursions and exposures.
    event_id
        The first event's id; a hold's is made from it.
    contents
        What was in the thing then: held with it.
    """
    event: dict[str, Any] = {
        "type": "ObjectEvent",
        "eventID": event_id,
        "eventTime": _stamp(one.seen_at),
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "epcList": [telling.thing],
    }
    if limit is None:
        return [event | _crossing(one, telling)]
    event |= {"bizStep": "sensor_reporting", "sensorElementList": [_element(one, telling, limit)]}
    details = {name: one.details[name] for name in ("peak", "budget_s") if name in one.details}
    event["voltloop:excursion"] = {
        "phase": one.kind.removeprefix("excursion-"), "goods": one.details["goods"], "rule": limit.rule,
        "limit": limit.limit, "sense": limit.sense, "since": _stamp(one.at), **details,
    }  # fmt: skip
    if one.kind == "excursion-end" or limit.severity != "hold":
        return [event]
    hold = {
        "type": "ObjectEvent", "eventID": f"urn:uuid:{key_of(f'hold {event_id}')}", "eventTime": event["eventTime"],
        "eventTimeZoneOffset": "+00:00", "action": "OBSERVE", "bizStep": "holding", "disposition": "unavailable",
        "epcList": [telling.thing, *contents],
        "voltloop:finding": {"code": _code(one, limit), "event": event_id},
    }  # fmt: skip
    return [event, hold]


def _element(one: Conclusion, telling: Telling, limit: Limit) -> dict[str, Any]:
    measure, told = measures()[limit.metric], one.details
    start, end = _stamp(told.get("from", one.at)), _stamp(told.get("until", one.seen_at))
    report: dict[str, Any] = {"type": measure.type, "uom": measure.uom, "exception": "ALARM_CONDITION"}
    if "mean" in told:
        report |= {"minValue": told["min"], "maxValue": told["max"], "meanValue": told["mean"]}
    else:
        report |= {"maxValue" if limit.sense == "max" else "minValue": told["peak"]}
    if limit.metric == "dew_point":
        report["dataProcessingMethod"] = _METHOD
    query = f"metric={limit.metric}&from={start}&until={end}"
    metadata = {
        "startTime": start,
        "endTime": end,
        "deviceID": telling.device,
        "rawData": f"{telling.base}telemetry/devices/{quote(telling.device, safe='')}/readings?{query}",
        "bizRules": f"{_RULES}{told['goods']}/{limit.rule}",
    }
    return {"sensorMetadata": metadata, "sensorReport": [report]}


def _crossing(one: Conclusion, telling: Telling) -> dict[str, Any]:
    told = one.details
    fix = {"latitude": told["latitude"], "longitude": told["longitude"], "device": telling.device}
    if one.kind not in _CROSSED:
        said = {
            "corridor": "kept" if one.kind == "corridor-kept" else "left",
            "away_m": told["away_m"],
            **fix,
        }
        return {"bizStep": "transporting", "voltloop:corridor": said}
    step, crossed = _CROSSED[one.kind]
    found: dict[str, Any] = {
        "eventTime": _stamp(one.at),
        "voltloop:geofence": {"fence": one.rule, "crossed": crossed, "seen": _stamp(one.seen_at), **fix},
    }
    if told["place"] is not None:
        place = {"id": told["place"]}
        found |= {"bizStep": step, "readPoint": place}
        found |= {"bizLocation": place} if crossed == "in" else {"disposition": "in_transit"}
    return found


def _code(one: Conclusion, limit: Limit) -> str:
    if one.kind == "exposure":
        return "exposure-budget-hold" if limit.severity == "hold" else "exposure-budget-spent"
    return "condition-forbids" if limit.severity == "hold" else "condition-exceeded"


def finding_of(one: Conclusion, limit: Limit | None) -> tuple[str, dict[str, str]] | None:
    """Give the code of the finding that a conclusion is, and the words of its sentence; None where it is none."""
    if one.kind == "corridor-left":
        return _known("corridor-left"), {"raw": f"{one.details['away_m']:.0f} m", "value": _stamp(one.at)}
    if limit is None or one.kind == "excursion-end":
        return None
    uom = measures()[limit.metric].uom
    peak = f"{one.details['peak']:.4g} {uom}"
    if one.kind == "exposure":
        spent = f"{one.details['budget_s'] / 60:g} min"
        return _known(_code(one, limit)), {
            "raw": spent,
            "value": f"{limit.metric} {limit.sense} {limit.limit:g} {uom}",
        }
    return _known(_code(one, limit)), {
        "raw": f"{limit.metric} {peak}",
        "value": f"{limit.sense} {limit.limit:g} {uom}",
    }


def _known(code: str) -> str:
    assert code in kinds()
    return code
