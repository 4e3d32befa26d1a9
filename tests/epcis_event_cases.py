"""Events of EPCIS 2.0 in JSON for the tests, and where the official examples lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

EPCIS = Path(__file__).parents[1].parent / "shared" / "standards" / "epcis"
EXAMPLES = sorted(EPCIS.glob("examples/**/*.json*"))
needs_examples = pytest.mark.skipif(not EXAMPLES, reason=f"the official EPCIS files are not at {EPCIS}")

EVENT: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": "2026-11-22T14:05:00.000+01:00",
    "eventTimeZoneOffset": "+01:00",
    "action": "OBSERVE",
    "epcList": ["urn:epc:id:sgtin:9521234.012345.P1"],
    "bizStep": "shipping",
}
"""A valid event of our own."""

RICH: list[dict[str, Any]] = [
    {
        **EVENT,
        "eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
        "recordTime": "2026-11-22T14:06:00Z",
        "@context": {"example": "https://ns.example.com/"},
        "action": "ADD",
        "certificationInfo": ["https://example.org/certificate/1"],
        "disposition": "active",
        "persistentDisposition": {"set": ["damaged", "https://example.org/disp/1"], "unset": ["available"]},
        "quantityList": [
            {"epcClass": "urn:epc:class:lgtin:9521234.012345.L1", "quantity": 2.5, "uom": "KGM"}
        ],
        "readPoint": {"id": "urn:epc:id:sgln:9521234.00001.0", "example:floor": 2},
        "bizLocation": {"id": "urn:epc:id:sgln:9521234.00001.0"},
        "bizTransactionList": [{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:9521234000001:1"}],
        "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:9521234.00001"}],
        "destinationList": [
            {"type": "https://example.org/sdt/x", "destination": "urn:epc:id:pgln:9521234.00002"}
        ],
        "sensorElementList": [
            {
                "sensorMetadata": {"time": "2026-11-22T13:05:00Z", "deviceID": "urn:epc:id:giai:9521234.111"},
                "sensorReport": [
                    {"type": "Temperature", "value": 21.5, "uom": "CEL", "component": "x"},
                    {
                        "type": "example:StateOfHealth",
                        "exception": "ALARM_CONDITION",
                        "hexBinaryValue": "0aF",
                    },
                    {"type": "Voltage", "booleanValue": True, "stringValue": "s", "uriValue": "urn:x:y"},
                ],
                "example:note": {"any": ["thing"]},
            }
        ],
        "errorDeclaration": {
            "declarationTime": "2026-11-23T14:05:00Z",
            "reason": "incorrect_data",
            "correctiveEventIDs": ["urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8"],
        },
        "ilmd": {"example:made": "2026-11-01"},
        "example:colour": "red",
    },
    {
        **{key: value for key, value in EVENT.items() if key != "epcList"},
        "type": "AggregationEvent",
        "parentID": "urn:epc:id:sscc:9521234.0000000001",
        "childEPCs": ["urn:epc:id:sgtin:9521234.012345.P1", "urn:epc:id:sgtin:9521234.012345.P2"],
        "childQuantityList": [{"epcClass": "urn:epc:idpat:sgtin:9521234.012345.*", "quantity": 3}],
    },
    {
        **{key: value for key, value in EVENT.items() if key != "epcList"},
        "type": "AssociationEvent",
        "action": "DELETE",
        "parentID": "urn:epc:id:grai:9521234.12345.1",
    },
    {
        **EVENT,
        "type": "TransactionEvent",
        "parentID": "urn:epc:id:sscc:9521234.0000000001",
        "bizTransactionList": [{"bizTransaction": "https://example.org/po/1"}],
        "quantityList": [],
    },
    {
        **{key: value for key, value in EVENT.items() if key not in {"epcList", "action"}},
        "type": "TransformationEvent",
        "inputEPCList": ["urn:epc:id:sgtin:9521234.012345.P1"],
        "outputQuantityList": [
            {"epcClass": "urn:epc:class:lgtin:9521234.054321.B1", "quantity": 9, "uom": "KGM"}
        ],
        "transformationID": "urn:epc:id:gdti:9521234.00001.1",
        "ilmd": {"example:x": 1},
    },
    {"type": "example:OwnEvent", "eventTime": EVENT["eventTime"], "eventTimeZoneOffset": "-14:00", "x": 1},
]


def events_of(document: dict[str, Any]) -> list[Any]:
    """The events of a document that is sound around them; a document of no known type is itself an event."""
    if document["type"] not in {"EPCISDocument", "EPCISQueryDocument"}:
        return [document]
    body = document["epcisBody"]
    events: list[Any] = (
        body if document["type"] == "EPCISDocument" else body["queryResults"]["resultsBody"]
    )["eventList"]
    return events
