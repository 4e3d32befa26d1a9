"""Our own schema of EPCIS 2.0 gives the verdict of the official one, on every example and on its mutations."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any

import jsonschema_rs
import pytest

from epcis_event_cases import EPCIS, EVENT, EXAMPLES, RICH, events_of, needs_examples
from voltloop.epcis import json_schema
from voltloop.epcis.json_documents import open_json
from voltloop.epcis.json_schema import EVENT_TYPES
from voltloop.epcis.validation import EventValidator
from voltloop.errors import InputError

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
