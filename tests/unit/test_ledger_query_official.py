"""Every event of the published examples is found by each thing that it says, whatever language it was written in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from epcis_hash_cases import examples
from ledger_cases import Databases
from query_cases import ask, fill
from voltloop.epcis.canonical_form import to_canonical
from voltloop.epcis.identifiers import to_digital_link
from voltloop.epcis.json_documents import open_json
from voltloop.epcis.xml_read import FAULT, open_xml

FILES = [
    *examples("gs1/JSON/**/*.jsonld"),
    *examples("gs1/XML/With*/*all_possible_fields.xml"),
    *examples("gs1/XML-1.2/*.xml"),
]
LISTS = {
    "epcList": ("MATCH_epc", "MATCH_anyEPC"),
    "childEPCs": ("MATCH_epc", "MATCH_anyEPC"),
    "inputEPCList": ("MATCH_inputEPC", "MATCH_anyEPC"),
    "outputEPCList": ("MATCH_outputEPC", "MATCH_anyEPC"),
}
QUANTITIES = {
    "quantityList": ("MATCH_epcClass", "MATCH_anyEPCClass"),
    "childQuantityList": ("MATCH_epcClass", "MATCH_anyEPCClass"),
    "inputQuantityList": ("MATCH_inputEPCClass", "MATCH_anyEPCClass"),
    "outputQuantityList": ("MATCH_outputEPCClass", "MATCH_anyEPCClass"),
}
WORDS = {"type": "eventType", "action": "EQ_action", "bizStep": "EQ_bizStep", "disposition": "EQ_disposition"}
REFERENCES = {
    "bizTransactionList": "bizTransaction",
    "sourceList": "source",
    "destinationList": "destination",
}
TEXTS = ("type", "deviceID", "dataProcessingMethod", "bizRules", "microorganism", "chemicalSubstance")
VALUES = ("stringValue", "hexBinaryValue", "uriValue", "booleanValue")
NUMBERS = ("value", "minValue", "maxValue", "meanValue", "sDev", "percValue")

Pair = tuple[str, str]


Found = Callable[[tuple[Pair, ...], dict[str, str]], frozenset[str]]


def _name(file: Path, number: int) -> str:
    return f"{file.parent.name}/{file.name}/{number}"


def _events(file: Path) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Give the events of a document in canonical form, and its namespaces; none of a document without events."""
    document = open_xml(file.read_bytes()) if file.suffix == ".xml" else open_json(file.read_bytes())
    events = [event for batch in document.batches() for event in batch if FAULT not in event]
    if file.suffix != ".xml":
        to_canonical(events)
    return events, dict(document.context)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _asked(event: dict[str, Any]) -> Iterator[Pair]:
    """Give everything that an event says of itself as a parameter that must find it."""
    yield from ((name, event[key]) for key, name in WORDS.items() if key in event)
    yield from _things(event)
    yield from _places(event)
    for key, part in REFERENCES.items():
        typed = (entry for entry in event.get(key, ()) if "type" in entry)
        yield from ((f"EQ_{part}_{entry['type']}", entry[part]) for entry in typed)
    for side, words in event.get("persistentDisposition", {}).items():
        yield from ((f"EQ_persistentDisposition_{side}", word) for word in words)
    if "transformationID" in event:
        yield "EQ_transformationID", event["transformationID"]
    yield from _declaration(event.get("errorDeclaration"))
    for element in event.get("sensorElementList", ()):
        yield from _sensor(element)
    yield from _extensions(event, "")
    yield from _extensions(event.get("ilmd", {}), "ILMD_")


def _things(event: dict[str, Any]) -> Iterator[Pair]:
    for key, names in LISTS.items():
        for epc in event.get(key, ()):
            yield from ((name, spelling) for name in names for spelling in (epc, to_digital_link(epc) or epc))
    for key, names in QUANTITIES.items():
        for element in event.get(key, ()):
            yield from ((name, element["epcClass"]) for name in names)
            if "quantity" in element:
                yield "EQ_quantity", _text(element["quantity"])
            if "uom" in element:
                yield f"GE_quantity_{element['uom']}", _text(element["quantity"])
    if "parentID" in event:
        yield "MATCH_parentID", event["parentID"]


def _places(event: dict[str, Any]) -> Iterator[Pair]:
    for key in ("readPoint", "bizLocation"):
        if key in event:
            yield f"EQ_{key}", event[key]["id"]
            yield f"WD_{key}", to_digital_link(event[key]["id"]) or event[key]["id"]
            yield from _extensions(event[key], f"{key}_")


def _declaration(declaration: dict[str, Any] | None) -> Iterator[Pair]:
    if declaration is not None:
        yield "EXISTS_errorDeclaration", "true"
        yield "GE_errorDeclarationTime", declaration["declarationTime"]
        if "reason" in declaration:
            yield "EQ_errorReason", declaration["reason"]
        yield from (("EQ_correctiveEventID", one) for one in declaration.get("correctiveEventIDs", ()))
        yield from _extensions(declaration, "ERROR_DECLARATION_")


def _sensor(element: dict[str, Any]) -> Iterator[Pair]:
    yield "EXISTS_sensorElementList", "true"
    yield from _extensions(element, "SENSORELEMENT_")
    metadata = element.get("sensorMetadata", {})
    yield from _extensions(metadata, "SENSORMETADATA_")
    for part in (metadata, *element.get("sensorReport", ())):
        yield from ((f"EQ_{key}", _text(part[key])) for key in (*TEXTS, *VALUES) if key in part)
        yield from ((f"GE_{key}", part[key]) for key in ("time", "startTime", "endTime") if key in part)
    for report in element.get("sensorReport", ()):
        yield from _extensions(report, "SENSORREPORT_")
        for key in NUMBERS:
            if key in report and "uom" in report:
                yield f"EQ_{key}_{report['uom']}", _text(report[key])
        if "percRank" in report:
            yield "LE_percRank", _text(report["percRank"])


def _extensions(part: dict[str, Any], family: str) -> Iterator[Pair]:
    for key, value in part.items():
        if ":" in key and not key.startswith("@"):
            yield from _extension(family, key, value)


def _extension(family: str, key: str, value: Any) -> Iterator[Pair]:
    yield f"EXISTS_{family}{key}", ""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            inner = family if family.startswith("INNER_") else f"INNER_{family}"
            for inner_key, inner_value in item.items():
                if ":" in inner_key and not inner_key.startswith("@"):
                    yield from _extension(inner, inner_key, inner_value)
        elif isinstance(item, str | int | float) and "|" not in str(item) and item != "":
            yield f"EQ_{family}{key}", _text(item)


@pytest.fixture(scope="module")
def ledger_of_examples(databases: Databases) -> Iterator[Engine]:
    """Give a ledger with all examples: an event has to be found among all others."""
    with databases.fresh() as ledger:
        for file in FILES:
            path = file.values[0]
            if path.is_file():
                events, context = _events(path)
                for number, event in enumerate(events):
                    event["eventID"] = f"urn:example:event:{_name(path, number)}"
                fill(ledger, events, context)
        yield ledger


@pytest.fixture(scope="module")
def found_by(ledger_of_examples: Engine) -> Found:
    """Give what finds the names of events, asking each question once."""
    known: dict[tuple[tuple[Pair, ...], str], frozenset[str]] = {}

    def find(pairs: tuple[Pair, ...], context: dict[str, str]) -> frozenset[str]:
        question = (pairs, json.dumps(context, sort_keys=True))
        if question not in known:
            known[question] = frozenset(ask(ledger_of_examples, *pairs, extensions=context))
        return known[question]

    return find


@pytest.mark.parametrize("file", FILES)
def test_events_are_found_by_what_they_say(found_by: Found, file: Path) -> None:
    """Each parameter finds the event, and a query with all that have one value finds it too."""
    events, context = _events(file)
    for number, event in enumerate(events):
        name = _name(file, number)
        pairs = list(dict.fromkeys(_asked(event)))
        assert [pair for pair in pairs if name not in found_by((pair,), context)] == []
        assert name in found_by(tuple(dict(pairs).items()), context)
