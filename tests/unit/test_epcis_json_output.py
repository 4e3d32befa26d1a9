"""EPCIS documents that go out are valid by the official schema and say what came in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import pytest

from epcis_event_cases import EPCIS
from voltloop.epcis.json_documents import open_json
from voltloop.epcis.json_output import collection, epcis_document, query_document
from voltloop.epcis.master_data import MasterDataElement
from voltloop.epcis.validation import EventValidator

AT = datetime(2026, 11, 22, 13, 5, 0, 123456, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
    "type": "ObjectEvent",
    "eventTime": "2026-11-22T14:05:00.000+01:00",
    "eventTimeZoneOffset": "+01:00",
    "action": "OBSERVE",
    "epcList": ["urn:epc:id:sgtin:9521234.012345.P1"],
    "ex:note": "ü",
}
SITE = MasterDataElement(
    "urn:epcglobal:epcis:vtype:BusinessLocation", "urn:x:site", {"urn:x:name": ["A", "B"]}, ("urn:x:hall",)
)


def recorded(context: dict[str, str], **changes: Any) -> tuple[str, dict[str, str], datetime]:
    return json.dumps(EVENT | changes, ensure_ascii=False), context, AT


def official_verdict(text: bytes) -> bool:
    path = EPCIS / "EPCIS-JSON-Schema.json"
    if not path.exists():
        pytest.skip(f"the official EPCIS files are not at {EPCIS}")
    return jsonschema_rs.Draft7Validator(json.loads(path.read_bytes()), validate_formats=True).is_valid(
        json.loads(text)
    )


def test_query_results_are_an_epcis_query_document() -> None:
    text = query_document(
        [recorded({"ex": "https://a/"})],
        created_at=AT,
        query_name="q",
        subscription_id="s",
        master_data=[SITE],
    )
    assert official_verdict(text)
    results = json.loads(text)["epcisBody"]["queryResults"]
    assert (results["queryName"], results["subscriptionID"]) == ("q", "s")
    assert results["resultsBody"]["eventList"] == [{"recordTime": "2026-11-22T13:05:00.123456Z", **EVENT}]
    opened = open_json(text)
    assert opened.created_at == AT
    assert opened.master_data == [SITE]


def test_no_results_are_a_document_too() -> None:
    text = query_document([], created_at=AT)
    assert official_verdict(text)
    assert open_json(text).event_count == 0


def test_prefixes_of_different_meaning_stay_apart() -> None:
    contexts = [{"ex": "https://a/"}, {"ex": "https://b/", "y": "https://y/"}, {"ex": "https://a/"}, {}]
    text = query_document([recorded(context) for context in contexts], created_at=AT)
    assert official_verdict(text)
    document = json.loads(text)
    assert document["@context"][1] == {"ex": "https://a/", "y": "https://y/"}
    events = document["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert [event.get("@context") for event in events] == [None, {"ex": "https://b/"}, None, None]
    opened = open_json(text)
    (read,) = opened.batches()
    assert EventValidator().first_problem(read) is None
    assert read == [
        EVENT,
        {**{key: EVENT[key] for key in EVENT if key != "ex:note"}, "ex2:note": "ü"},
        EVENT,
        EVENT,
    ]
    assert opened.context["ex2"] == "https://b/"


def test_events_for_another_repository_are_an_epcis_document() -> None:
    text = epcis_document([recorded({"ex": "https://a/"})] * 2, created_at=AT, master_data=[SITE])
    assert official_verdict(text)
    opened = open_json(text)
    assert (opened.kind, opened.event_count, opened.master_data) == ("EPCISDocument", 2, [SITE])


def test_a_collection_names_its_members() -> None:
    assert json.loads(collection(["ObjectEvent", "ex:Own"], {"ex": "https://a/"})) == {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"ex": "https://a/"}],
        "type": "Collection",
        "member": ["ObjectEvent", "ex:Own"],
    }
