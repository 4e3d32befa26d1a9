"""Events are judged by the rules of EPCIS 2.0, and what is wrong with them is said in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from epcis_event_cases import EVENT, EXAMPLES, RICH, events_of, needs_examples
from voltloop.epcis import json_schema
from voltloop.epcis.validation import EventValidator


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"bizStep": "shiping"}, "$.bizStep", '"shiping" is not a business step of the CBV'),
        (
            {"bizStep": "urn:epcglobal:cbv:bizstep:receiving"},
            "$.bizStep",
            'In JSON the word is written bare: "receiving".',
        ),
        ({"bizStep": "urn:epcglobal:cbv:bizstep:recieving"}, "$.bizStep", 'Did you mean "receiving"?'),
        (
            {"eventTime": "22-07-2026"},
            "$.eventTime",
            '"22-07-2026" does not do. Expected a date and time with its zone',
        ),
        (
            {"eventTimeZoneOffset": "+15:00"},
            "$.eventTimeZoneOffset",
            '"+15:00" does not do. Expected the offset',
        ),
        ({"action": "add"}, "$.action", 'Expected ADD, OBSERVE or DELETE. Did you mean "ADD"?'),
        ({"epcList": ["urn:a:b", "urn:a:b"]}, "$.epcList", '"urn:a:b" stands there more than once.'),
        ({"epcList": ["urn:a:b", "P 1"]}, "$.epcList[1]", '"P 1" does not do. Expected an absolute URI'),
        (
            {"bizStepp": "shipping"},
            "$.bizStepp",
            "does not belong in an ObjectEvent. Expected type, eventTime, ",
        ),
        ({"parentID": "urn:a:b"}, "$.parentID", 'The key "parentID" does not belong in an ObjectEvent'),
        ({"exa mple:x": 1}, "$['exa mple:x']", 'The key "exa mple:x" is not a URI.'),
        ({"ilmd": {}}, "$", "ilmd only where action is ADD"),
        (
            {"ilmd": {"colour": "red"}, "action": "ADD"},
            "$.ilmd.colour",
            'The key "colour" is not a URI. Expected an extension',
        ),
        ({"epcList": None}, "$.epcList", "null does not do. Expected a list of URIs, none of them twice."),
        ({"sensorElementList": [{}]}, "$.sensorElementList[0].sensorReport", '"sensorReport" is missing.'),
        (
            {"sensorElementList": [{"sensorReport": [{"type": "Temperatur"}]}]},
            "$.sensorElementList[0].sensorReport[0].type",
            'Did you mean "Temperature"?',
        ),
        (
            {"sensorElementList": [{"sensorReport": [{"type": "Mass", "value": "9"}]}]},
            "$.sensorElementList[0].sensorReport[0].value",
            '"9" is text. Expected a number without quotation marks.',
        ),
        (
            {"persistentDisposition": {"set": []}},
            "$.persistentDisposition.set",
            "[] is empty. Expected a list with at least one",
        ),
        ({"type": "ObjectEvnt"}, "$.type", "is not an event type. Expected ObjectEvent, AggregationEvent"),
        ({"type": 5}, "$.type", "5 is a number. Expected an event type"),
        ({"type": None}, "$.type", '"type" is missing'),
        ({"type": "AssociationEvent"}, "$.parentID", '"parentID" is missing. Expected an absolute URI'),
        ({"bizStep": {}}, "$.bizStep", "{} is an object. Expected a business step"),
    ],
)
def test_a_problem_names_place_value_and_expectation(change: dict[str, Any], path: str, words: str) -> None:
    problems = EventValidator().problems(EVENT | change)
    assert path in [problem.path for problem in problems]
    assert any(words in problem.message for problem in problems), problems


def test_a_missing_list_is_said_by_the_rule_of_its_event_type() -> None:
    event = {key: value for key, value in EVENT.items() if key != "epcList"}
    (problem,) = EventValidator().problems(event)
    assert "an ObjectEvent that names its objects" in problem.message


def test_however_much_is_wrong_the_answer_stays_short() -> None:
    event = EVENT | {f"key{n}": 1 for n in range(1000)} | {"k" * 10**6: 1, "bizStep": "x" * 10**6}
    problems = EventValidator().problems(event)
    assert len(problems) == 100
    assert max(len(str(problem)) for problem in problems) < 1000


def test_the_first_bad_event_of_a_batch_is_named_by_its_position() -> None:
    problem = EventValidator().first_problem([dict(EVENT), EVENT | {"action": "MOVE"}, {}])
    assert problem is not None
    assert (problem.event, problem.path) == (1, "$.action")


@pytest.mark.parametrize("event", [None, 5, "text", [], [dict(EVENT)]])
def test_what_is_no_object_is_no_event(event: Any) -> None:
    assert "is not an event" in EventValidator().problems(event)[0].message
    problem = EventValidator().first_problem([dict(EVENT), event])
    assert problem is not None
    assert problem.event == 1


def test_valid_events_come_out_in_canonical_form() -> None:
    event = RICH[0] | {
        "bizStep": "https://ref.gs1.org/cbv/BizStep-shipping",
        "disposition": "cbv:Disp-active",
    }
    assert EventValidator().first_problem([event]) is None
    assert (event["bizStep"], event["disposition"]) == ("shipping", "active")
    assert "recordTime" not in event


def test_lenient_senders_are_understood_and_strict_reading_refuses_them() -> None:
    event: dict[str, Any] = EVENT | {
        "_comment": "a note",
        "bizStep": "urn:epcglobal:cbv:bizstep:shipping",
        "bizTransactionList": [{"type": "urn:epcglobal:cbv:btt:po", "bizTransaction": "urn:x:po"}],
        "sensorElementList": [
            {"sensorReport": [{"type": "https://gs1.org/voc/Temperature", "value": "28.3"}]}
        ],
        "persistentDisposition": {"set": ["urn:epcglobal:cbv:disp:damaged"]},
        "errorDeclaration": {
            "declarationTime": EVENT["eventTime"],
            "reason": "urn:epcglobal:cbv:er:did_not_occur",
        },
    }
    assert len(EventValidator().problems(event)) == 7
    assert EventValidator(strict=False).problems(event) == []
    assert "_comment" in event
    assert EventValidator(strict=False).first_problem([event]) is None
    assert event["bizStep"] == "shipping"
    assert event["bizTransactionList"][0]["type"] == "po"
    assert event["sensorElementList"][0]["sensorReport"] == [{"type": "Temperature", "value": 28.3}]
    assert event["errorDeclaration"]["reason"] == "did_not_occur"
    assert event["persistentDisposition"] == {"set": ["damaged"]}
    assert "_comment" not in event


@needs_examples
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_read_leniently(path: Path) -> None:
    document = json.loads(path.read_bytes())
    events = events_of(document)
    validator = EventValidator(strict=False)
    assert validator.first_problem(events) is None
    assert EventValidator().first_problem(events) is None


def test_every_leniency_is_named_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "epcis-documents.md").read_text(
        encoding="utf-8"
    )
    (sentence,) = [part for part in page.split("\n- ") if part.startswith("**`persistentDisposition`**")]
    for kind, field in json_schema.lenient_fields():
        assert f"`{kind}`" in sentence
        assert f"`{field}`" in sentence


@pytest.mark.parametrize(("kind", "field"), json_schema.lenient_fields())
def test_each_listed_leniency_is_taken(kind: str, field: str) -> None:
    event = next(event for event in RICH if event["type"] == kind) | {field: {"set": ["damaged"]}}
    assert EventValidator().problems(event) == []
