"""EPCIS documents in JSON for the tests."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

from voltloop.epcis.json_documents import open_json

CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"example": "https://ns.example.com/"},
]
EVENT = {
    "type": "ObjectEvent",
    "eventTime": "2026-11-22T14:05:00.000+01:00",
    "eventTimeZoneOffset": "+01:00",
    "action": "OBSERVE",
    "epcList": ["urn:epc:id:sgtin:9521234.012345.P1"],
    "example:note": 'a "quoted" {[,:]} \\ and \\" text, ü',
}


def document(events: list[Any], **changes: Any) -> dict[str, Any]:
    return {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-22T14:05:00+01:00",
        "epcisBody": {"eventList": events},
    } | changes


def query_document(events: list[Any], **body: Any) -> dict[str, Any]:
    results = {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": events} | body}
    return {"@context": CONTEXT, "type": "EPCISQueryDocument", "epcisBody": {"queryResults": results}}


def text_of(value: Any) -> bytes:
    return json.dumps(value).encode()


def events_of(source: bytes | BinaryIO, size: int = 1000) -> list[Any]:
    return [event for batch in open_json(source).batches(size) for event in batch]
