"""Our own schema of EPCIS 2.0 gives the verdict of the official one, on every example and on its mutations."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from voltloop.epcis import json_schema
from voltloop.epcis.json_documents import open_json
from voltloop.epcis.json_schema import EVENT_TYPES
from voltloop.epcis.validation import EventValidator
from voltloop.errors import InputError

EPCIS = Path(__file__).parents[2].parent / "shared" / "standards" / "epcis"
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

WRONG_VALUES: list[Any] = [
    None,
    True,
    5,
    -1.5,
    "",
    "x",
    "no uri",
    "urn:x",
    "example:word",
    [],
    [""],
    ["urn:a:b", "urn:a:b"],
    [5],
    {},
    {"id": "urn:a:b"},
    [{}],
    "shipping",
    "shiping",
    "urn:epcglobal:cbv:bizstep:shipping",
    "urn:epcglobal:cbv:disp:active",
    "https://ref.gs1.org/cbv/BizStep-shipping",
    "http://ns.gs1.org/cbv/x",
    "https://gs1.org/voc/Mass",
    "Molar_concentration",
    "2026-11-22",
    "22-07-2026",
    "2026-11-22T14:05:00",
    "2026-02-30T00:00:00Z",
    "2026-11-22T24:00:00Z",
    "2026-11-22T14:05:60Z",
    "+14:00",
    "+14:01",
    "-00:00",
    "+1:00",
    "Z",
    "KGM",
    "kgm",
    "C62",
    "KILO",
    "f0",
    "f0g",
    "ADD",
    "OBSERVE",
    "DELETE",
    "add",
    *EVENT_TYPES,
]


def nodes(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every path into a JSON value."""
    for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, step)
        if isinstance(inner, dict | list):
            yield from nodes(inner, (*path, step))


def changed(value: Any, path: tuple[str | int, ...], *new: Any, key: str | None = None) -> Any:
    """A copy with what lies at a path replaced, dropped (no new value), or put under another key."""
    root = copy.deepcopy(value)
    holder = root
    for step in path[:-1]:
        holder = holder[step]
    if key is not None:
        holder[key] = holder.pop(path[-1])
    elif new:
        holder[path[-1]] = new[0]
    else:
        del holder[path[-1]]
    return root


def mutations(value: Any, paths: Iterable[tuple[str | int, ...]]) -> Iterator[Any]:
    """Systematic changes of a JSON value, one at a time, at each of the paths."""
    for path in paths:
        yield changed(value, path)
        for wrong in WRONG_VALUES:
            yield changed(value, path, wrong)
        if isinstance(path[-1], str):
            for key in ("extra", "_comment", "example:extra", "exa mple:extra", path[-1].upper()):
                yield changed(value, path, key=key)
        inner = value
        for step in path:
            inner = inner[step]
        if isinstance(inner, list):
            yield changed(value, path, inner + inner[:1])
            yield changed(value, path, [inner])
        if isinstance(inner, dict):
            for key in (
                "extra",
                "_comment",
                "example:extra",
                "exa mple:extra",
                ":extra",
                "@id",
                "sDev",
                "ilmd",
                "epcList",
            ):
                yield changed(value, path, inner | {key: ["urn:x:y"]})


def official(definition: str) -> jsonschema_rs.Validator:
    schema = json.loads((EPCIS / "EPCIS-JSON-Schema.json").read_text(encoding="utf-8"))
    if definition:
        schema = {
            "$schema": schema["$schema"],
            "definitions": schema["definitions"],
            "$ref": f"#/definitions/{definition}",
        }
    return jsonschema_rs.Draft7Validator(schema, validate_formats=True)


def is_lenient(event: Any) -> bool:
    """Whether an event rests on one of the listed leniencies."""
    return isinstance(event, dict) and any(
        event.get("type") == kind and field in event for kind, field in json_schema.lenient_fields()
    )


def events_of(document: dict[str, Any]) -> list[Any]:
    """The events of a document that is sound around them; a document of no known type is itself an event."""
    if document["type"] not in {"EPCISDocument", "EPCISQueryDocument"}:
        return [document]
    body = document["epcisBody"]
    events: list[Any] = (
        body if document["type"] == "EPCISDocument" else body["queryResults"]["resultsBody"]
    )["eventList"]
    return events


def our_verdict(document: Any) -> bool:
    """Our verdict on a whole document, as it is read."""
    try:
        opened = open_json(json.dumps(document).encode())
    except InputError:
        return False
    return all(EventValidator().first_problem(batch) is None for batch in opened.batches())


def unseen(value: dict[str, Any], seen: set[Any]) -> list[tuple[str | int, ...]]:
    """Every path whose like has not been mutated in another value of the same type; the set gains them."""
    fresh = [path for path in nodes(value) if (value["type"], shape(path)) not in seen]
    seen.update((value["type"], shape(path)) for path in fresh)
    return fresh


def shape(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """A path with every position in a list taken for the first."""
    return tuple(0 if isinstance(step, int) else step for step in path)


@needs_examples
def test_every_mutation_of_every_event_gets_the_official_verdict() -> None:
    theirs = official("EPCIS-Document-Event")
    ours = jsonschema_rs.Draft202012Validator(json_schema.events_schema(), validate_formats=True)
    examples = [event for path in EXAMPLES for event in events_of(json.loads(path.read_bytes()))]
    verdicts = {True: 0, False: 0}
    seen: set[Any] = set()
    for event in [*RICH, *examples]:
        fresh = unseen(event, seen)
        for mutation in [event, *mutations(event, fresh)]:
            if not is_lenient(mutation):
                verdict = theirs.is_valid(mutation)
                verdicts[verdict] += 1
                assert ours.is_valid([mutation]) is verdict, mutation
    assert min(verdicts.values()) > 5_000


ONE = {
    "epcList": ["urn:a:b"],
    "childEPCs": ["urn:a:b"],
    "inputEPCList": ["urn:a:b"],
    "outputEPCList": ["urn:a:b"],
    "quantityList": [{"epcClass": "urn:a:c"}],
    "childQuantityList": [{"epcClass": "urn:a:c"}],
    "inputQuantityList": [{"epcClass": "urn:a:c"}],
    "outputQuantityList": [{"epcClass": "urn:a:c"}],
    "sensorElementList": [{"sensorReport": [{"type": "Mass"}]}],
    "bizTransactionList": [{"bizTransaction": "urn:a:d"}],
}


@needs_examples
@pytest.mark.parametrize(
    ("kind", "lists", "others"),
    [
        (
            "ObjectEvent",
            ["epcList", "quantityList", "sensorElementList"],
            {"readPoint": {"id": "urn:a:b"}, "ilmd": {}},
        ),
        ("AggregationEvent", ["childEPCs", "childQuantityList"], {"parentID": "urn:a:b"}),
        ("AssociationEvent", ["childEPCs", "childQuantityList"], {"parentID": "urn:a:b"}),
        ("TransactionEvent", ["epcList", "quantityList", "bizTransactionList"], {"parentID": "urn:a:b"}),
        (
            "TransformationEvent",
            ["inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList"],
            {"transformationID": "urn:a:b"},
        ),
    ],
)
def test_every_combination_of_lists_and_actions_gets_the_official_verdict(
    kind: str, lists: list[str], others: dict[str, Any]
) -> None:
    theirs = official("EPCIS-Document-Event")
    ours = jsonschema_rs.Draft202012Validator(json_schema.events_schema(), validate_formats=True)
    frame = {"type": kind, "eventTime": EVENT["eventTime"], "eventTimeZoneOffset": "+01:00"}
    actions = [None, "ADD", "OBSERVE", "DELETE"]
    for action, *states in itertools.product(
        actions, *[range(3) for _ in lists], *[range(2) for _ in others]
    ):
        event = frame | ({} if action is None else {"action": action})
        event |= {
            name: ([], ONE[name])[state - 1] for name, state in zip(lists, states, strict=False) if state
        }
        event |= {
            name: others[name] for name, state in zip(others, states[len(lists) :], strict=True) if state
        }
        assert ours.is_valid([event]) is theirs.is_valid(event), event


@needs_examples
def test_every_mutation_around_the_events_gets_the_official_verdict() -> None:
    theirs = official("")
    documents = [json.loads(path.read_bytes()) for path in EXAMPLES] + [RICH[0], RICH[3] | {"@context": []}]
    header = {
        "epcisMasterData": {
            "vocabularyList": [
                {
                    "type": "urn:epcglobal:epcis:vtype:BusinessLocation",
                    "vocabularyElementList": [
                        {
                            "id": "urn:epc:id:sgln:9521234.00001.0",
                            "attributes": [
                                {"id": "urn:x:name", "attribute": "Works"},
                                {"id": "urn:x:n", "attribute": 3},
                            ],
                            "children": ["urn:epc:id:sgln:9521234.00001.1"],
                        }
                    ],
                }
            ]
        },
        "example:header": 1,
    }
    documents.insert(0, documents[0] | {"epcisHeader": header, "sender": "a", "epcisBody": {"eventList": []}})
    seen: set[Any] = set()
    for document in documents:
        if "epcisBody" in document:
            events_of(document).clear()
        for mutation in [document, *mutations(document, unseen(document, seen))]:
            if not is_lenient(mutation):
                assert our_verdict(mutation) is theirs.is_valid(mutation), mutation


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
