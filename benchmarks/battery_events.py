"""Realistic EPCIS events of the life of battery packs, about 600 bytes each, in a document of any length."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import Any

import orjson

__all__ = ["CONTEXT", "document", "events"]

CONTEXT = {"ex": "https://example.org/battery/"}
_START = datetime(2026, 7, 1, tzinfo=UTC)
_SPAN_S = 120 * 86_400
_SITES = [f"urn:epc:id:sgln:9521234.{n:05d}.0" for n in range(200)]
_PARTIES = [f"urn:epc:id:pgln:9521234.{n:05d}" for n in range(40)]


def _pack(n: int) -> str:
    return f"urn:epc:id:sgtin:9521234.0{12300 + n % 40}.P{n}"


def _module(n: int, place: int) -> str:
    return f"urn:epc:id:sgtin:9521234.0{45600 + n % 40}.M{n}-{place}"


def _sscc(n: int) -> str:
    return f"urn:epc:id:sscc:9521234.{n % 10**10:010d}"


def _handover(n: int) -> dict[str, Any]:
    return {
        "bizTransactionList": [
            {"type": "bol", "bizTransaction": f"urn:epc:id:gdti:9521234.00001.B{n // 8}"},
        ],
        "sourceList": [{"type": "possessing_party", "source": _PARTIES[n % 40]}],
        "destinationList": [{"type": "possessing_party", "destination": _PARTIES[(n * 7 + 1) % 40]}],
    }


def _diagnosis(n: int, at: str) -> dict[str, Any]:
    reports = [
        {"type": "Temperature", "value": 18 + n % 9 / 4, "uom": "CEL"},
        {"type": "Voltage", "value": 380 + n % 80 / 8, "uom": "VLT"},
    ]
    metadata = {"time": at, "deviceID": f"urn:epc:id:giai:9521234.TESTER{n % 30}"}
    return {"sensorElementList": [{"sensorMetadata": metadata, "sensorReport": reports}]}


def _life(n: int, at: str, site: str) -> Iterator[dict[str, Any]]:
    """Eight happenings of pack ``n``."""
    pack, place = _pack(n), {"readPoint": {"id": site}, "bizLocation": {"id": site}}
    seen = {"type": "ObjectEvent", "action": "OBSERVE", "epcList": [pack]}
    made = {"type": "ObjectEvent", "action": "ADD", "epcList": [pack], "bizStep": "commissioning", **place}
    yield {
        **made,
        "disposition": "active",
        "ilmd": {"ex:chemistry": "NMC", "ex:energy_wh": 64000 + n % 7 * 1000},
    }
    yield {
        "type": "AssociationEvent",
        "action": "ADD",
        "parentID": pack,
        "childEPCs": [_module(n, place) for place in range(4)],
        "bizStep": "assembling",
        **place,
    }
    yield {**seen, "bizStep": "inspecting", "disposition": "conformant", **place, **_diagnosis(n, at)}
    yield {
        "type": "AggregationEvent",
        "action": "ADD",
        "parentID": _sscc(n // 4),
        "childEPCs": [pack],
        "bizStep": "packing",
        "disposition": "in_progress",
        **place,
    }
    moved = {"type": "ObjectEvent", "action": "OBSERVE", "epcList": [_sscc(n // 4)], **_handover(n)}
    yield {**moved, "bizStep": "shipping", "disposition": "in_transit", "readPoint": {"id": site}}
    target = _SITES[(n * 13 + 7) % 200]
    there = {"readPoint": {"id": target}, "bizLocation": {"id": target}}
    yield {**moved, "bizStep": "receiving", "disposition": "in_progress", **there}
    yield {**seen, "bizStep": "storing", "disposition": "in_progress", **there, "ex:rack": f"R{n % 500}"}
    yield {
        "type": "TransformationEvent",
        "inputEPCList": [pack],
        "outputQuantityList": [
            {"epcClass": f"urn:epc:class:lgtin:9521234.067890.L{n // 50}", "quantity": 212.5, "uom": "KGM"}
        ],
        "bizStep": "destroying",
        **there,
    }


def events(count: int, first: int = 0) -> Iterator[dict[str, Any]]:
    """Give so many events, valid and in canonical form; ``first`` is the number of the first pack."""
    return islice(_endless(first), count)


def _endless(first: int) -> Iterator[dict[str, Any]]:
    sites = cycle(_SITES)
    n = first
    while True:
        start = _START + timedelta(seconds=n * 3 % _SPAN_S)
        for hour, event in enumerate(_life(n, start.isoformat(), next(sites))):
            yield {
                "eventID": f"urn:uuid:{uuid.UUID(int=(n * 8 + hour) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128)}",
                "eventTime": (start + timedelta(hours=hour)).isoformat(timespec="milliseconds"),
                "eventTimeZoneOffset": "+00:00",
                **event,
            }
        n += 1


def document(count: int, first: int = 0) -> Iterator[bytes]:
    """Give an EPCISDocument of so many events in pieces."""
    context = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", CONTEXT]
    yield (
        b'{"@context":' + orjson.dumps(context) + b',"type":"EPCISDocument","schemaVersion":"2.0",'
        b'"creationDate":"2026-11-23T12:00:00Z","epcisBody":{"eventList":['
    )
    more = iter(events(count, first))
    opening = b""
    while chunk := list(islice(more, 1000)):
        yield opening + orjson.dumps(chunk)[1:-1]
        opening = b","
    yield b"]}}"
