"""XML written is valid by the official schema and gives back what was written."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
import xmlschema
from lxml import etree

from epcis_hash_cases import EXAMPLES, events_of, examples
from epcis_xml_cases import events_of_document, xml_examples
from voltloop.epcis.hashing import event_hash
from voltloop.epcis.validation import EventValidator
from voltloop.epcis.xml_answers import capture_job_xml, capture_jobs_xml, collection_xml, problem_xml
from voltloop.epcis.xml_documents import epcis_document_xml, query_document_xml
from voltloop.epcis.xml_read import open_xml
from voltloop.epcis.xml_write import event_xml

NEEDS_EXAMPLES = pytest.mark.skipif(
    EXAMPLES is None, reason="../shared/standards/epcis is not beside this clone."
)
CREATED = "2026-11-22T08:15:00Z"
AT = datetime(2026, 11, 22, 8, 15, tzinfo=UTC)
BASE = {
    "type": "ObjectEvent",
    "eventTime": CREATED,
    "eventTimeZoneOffset": "+00:00",
    "epcList": [],
    "action": "ADD",
}


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    if EXAMPLES is None:
        pytest.skip("../shared/standards/epcis is not beside this clone.")
    folder = EXAMPLES.parent / "xsd/2.0"
    return xmlschema.XMLSchema(folder / "EPCglobal-epcis-query-2_0.xsd")


def written(events: list[tuple[dict[str, Any], dict[str, str]]], **more: Any) -> bytes:
    return epcis_document_xml([(event, context, None) for event, context in events], created_at=AT, **more)


def there_and_back(event: dict[str, Any], context: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    opened = open_xml(written([(event, context)]))
    (found,) = events_of_document(opened)
    return found, opened.context


@NEEDS_EXAMPLES
@pytest.mark.parametrize("file", xml_examples(), ids=lambda file: file.name)
def test_published_documents_come_back_from_xml_to_xml(file: Path, schema: xmlschema.XMLSchema) -> None:
    first = open_xml(file.read_bytes())
    events = events_of_document(first)
    more = {"master_data": first.master_data, "master_data_context": first.context}
    xml = written([(event, first.context) for event in events], **more)
    schema.validate(etree.fromstring(xml))
    second = open_xml(xml)
    assert events_of_document(second) == events
    assert second.header == first.header
    assert second.master_data == first.master_data
    assert [event_hash(event, second.context) for event in events_of_document(second)] == [
        event_hash(event, first.context) for event in events
    ]


@pytest.mark.parametrize("file", [*examples("gs1/**/*.jsonld"), *examples("event-hash/*.jsonld")])
def test_published_events_in_json_come_back_from_xml(file: Path, schema: xmlschema.XMLSchema) -> None:
    events = [(event, context) for event, context in valid_events(file)]
    xml = query_document_xml(
        [(event, context, AT) for event, context in events], created_at=AT, subscription_id="s"
    )
    schema.validate(etree.fromstring(xml))
    opened = open_xml(xml)
    found = events_of_document(opened)
    assert [str(problem) for event in found for problem in EventValidator().problems(event)] == []
    assert [event_hash(event, opened.context) for event in found] == [
        event_hash(event, context) for event, context in events
    ]


def valid_events(file: Path) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    for event, context in events_of(file):
        event.pop("@context", None)
        if EventValidator().first_problem([event]) is None:
            yield event, context


@pytest.mark.parametrize(
    "extra",
    [
        {"ex:a": 'quotes "and" <tags> & ]]> tab\t line\n return\r end'},
        {"ex:a": {"@ex:unit": 'K"G\n\t<', "@:kind": "x", "@value": "5"}},
        {"ex:a": [1, -2, 0.5, True, "", "text", {"ex:b": {"inner": "x"}}]},
        {"ex:a": {"@type": "xsd:dateTime", "@value": CREATED}},
        {"ex:1st floor": "odd name", "ex:_x0041_": "looks encoded"},
        {"certificationInfo": ["https://a.example/1", "https://a.example/2", "https://a.example/3"]},
        {"certificationInfo": "https://a.example/1"},
        {"cbvmda:lotNumber": "A", "gs1:x": "B"},
        {"readPoint": {"id": "urn:x:y", "ex:dock": "7"}, "bizLocation": {"id": "urn:x:z"}},
        {"errorDeclaration": {"declarationTime": CREATED, "reason": "incorrect_data", "ex:why": "typo"}},
        {"quantityList": [{"epcClass": "urn:x:y", "quantity": 1e-7, "uom": "KGM"}, {"epcClass": "urn:x:z"}]},
        {"persistentDisposition": {"set": ["recalled"], "unset": ["damaged", "urn:ex:own"]}},
        {"ilmd": {"ex:a": {"ex:b": ["1", "2"]}}},
        {
            "sensorElementList": [
                {
                    "sensorMetadata": {"time": CREATED, "ex:probe": "left"},
                    "sensorReport": [
                        {"type": "Temperature", "value": 26.5, "uom": "CEL", "booleanValue": False},
                        {"type": "https://ex.example/own", "exception": "ALARM_CONDITION", "component": "x"},
                    ],
                    "ex:note": "n",
                }
            ]
        },
    ],
    ids=lambda extra: next(iter(extra)),
)
def test_every_kind_of_field_comes_back(extra: dict[str, Any], schema: xmlschema.XMLSchema) -> None:
    event, context = {**BASE, **extra}, {"ex": "http://ex.example/"}
    schema.validate(etree.fromstring(written([(event, context)])))
    assert there_and_back(event, context)[0] == event


def test_a_whole_uri_as_key_keeps_its_meaning() -> None:
    event = {**BASE, "https://ex.example/ns/colour": "red"}
    found, context = there_and_back(event, {})
    assert found["ns1:colour"] == "red"
    assert context["ns1"] == "https://ex.example/ns/"


def test_an_event_of_a_users_own_type_comes_back(schema: xmlschema.XMLSchema) -> None:
    """The schema keeps room for them inside an extension of the list of events."""
    own = {**BASE, "type": "ex:TestEvent", "bizStep": "inspecting", "epcList": ["urn:x:y"], "ex:a": "1"}
    events = [(own, {"ex": "http://ex.example/"}), ({**BASE}, {}), (own, {"ex": "http://ex.example/"})]
    xml = written(events)
    schema.validate(etree.fromstring(xml))
    opened = open_xml(xml)
    assert events_of_document(opened) == [event for event, _ in events]
    assert opened.event_count == 3


def test_an_event_of_a_users_own_type_may_hold_anything() -> None:
    odd = {
        "type": "ex:Odd",
        "epcList": 7,
        "readPoint": ["a"],
        "bizStep": {"ex:a": 1},
        "eventID": None,
        "plain": [1],
    }
    assert etree.fromstring(written([(odd, {"ex": "http://ex.example/"})])).tag.endswith("EPCISDocument")


def test_events_with_clashing_prefixes_stand_side_by_side() -> None:
    events = [({**BASE, "ex:a": str(n)}, {"ex": f"http://{n}.example/"}) for n in range(3)]
    opened = open_xml(written(events))
    assert opened.context == {
        "ex": "http://0.example/",
        "ex2": "http://1.example/",
        "ex3": "http://2.example/",
    }
    assert [event["ex:a"] for event in events_of_document(opened)[:1]] == ["0"]
    assert events_of_document(opened)[2]["ex3:a"] == "2"


def test_characters_that_xml_forbids_are_replaced() -> None:
    assert there_and_back({**BASE, "ex:a": "a\x01b"}, {"ex": "http://ex.example/"})[0]["ex:a"] == "a\ufffdb"


def test_words_are_urns_or_web_uris_as_asked() -> None:
    event = {"type": "ObjectEvent", "bizStep": "shipping", "disposition": "urn:ex:own"}
    assert "urn:epcglobal:cbv:bizstep:shipping" in event_xml(event, {})
    assert "urn:epcglobal:cbv:bizstep:shipping" in event_xml(event, {}, "Always_URN")
    assert "https://ref.gs1.org/cbv/BizStep-shipping" in event_xml(event, {}, "Always_Web_URI")
    assert "<disposition>urn:ex:own</disposition>" in event_xml(event, {}, "Always_Web_URI")


def test_query_results_tell_their_query(schema: xmlschema.XMLSchema) -> None:
    text = orjson.dumps(BASE).decode()
    xml = query_document_xml([(text, {}, AT)], created_at=AT, query_name="late & lost", subscription_id="7")
    root = etree.fromstring(xml)
    schema.validate(root)
    assert (root.findtext(".//queryName"), root.findtext(".//subscriptionID")) == ("late & lost", "7")
    assert root.findtext(".//recordTime") == CREATED
    assert open_xml(xml).kind == "EPCISQueryDocument"


def test_capture_jobs_and_problems_are_valid(schema: xmlschema.XMLSchema) -> None:
    problem = {
        "type": "epcisException:ValidationException",
        "title": "Bad <event>",
        "status": 400,
        "detail": None,
    }
    job: dict[str, Any] = {
        "captureID": "a&b",
        "running": False,
        "success": False,
        "captureErrorBehaviour": "proceed",
    }
    job |= {
        "createdAt": CREATED,
        "finishedAt": None,
        "errors": [problem, {**problem, "event": 3, "paths": ["$.a", "$.b"]}],
    }
    for xml in (capture_job_xml(job), problem_xml(problem), problem_xml({**problem, "event": 3})):
        schema.validate(etree.fromstring(xml))
    assert len(etree.fromstring(capture_jobs_xml([job, job]))) == 2
    assert collection_xml(["a", "b&c"]).count(b"<member>") == 2


@NEEDS_EXAMPLES
def test_capture_jobs_look_like_the_published_ones(schema: xmlschema.XMLSchema) -> None:
    assert EXAMPLES is not None
    for file in (EXAMPLES / "gs1/XML/CaptureJob").glob("*.xml"):
        root = etree.parse(file).getroot()
        job: dict[str, Any] = dict(root.attrib) | {child.tag: child.text for child in root if not len(child)}
        errors = [{item.tag: item.text for item in error} for error in root.iterfind("errors/error")]
        ours = etree.fromstring(capture_job_xml(job | {"errors": errors}))
        schema.validate(ours)
        assert [(item.tag, (item.text or "").strip()) for item in ours.iter()] == [
            (item.tag, (item.text or "").strip()) for item in root.iter()
        ]
        assert dict(ours.attrib) == dict(root.attrib)
