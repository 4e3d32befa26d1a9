"""The project's own JSON Schema of EPCIS 2.0, joined from its parts.

The values and conditions lie in ``schema/event.json`` and ``schema/document.json``, the fields of each event
type in ``catalogue/traceability/event_fields.csv``, the words of the CBV in the vocabularies beside it. No part
says anything twice. Formats (``uri``, ``date-time``) must be asserted: the refusal of unknown words rests on it.

One leniency is ours: fields marked ``leniency`` in ``event_fields.csv``. They are ``persistentDisposition`` on
AggregationEvent, AssociationEvent and TransactionEvent, which the ontology and the XML binding give to every
event and the standard's JSON Schema leaves out.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from voltloop.epcis.vocabulary import catalogue_rows, vocabularies

__all__ = [
    "EVENT_TYPES",
    "OWN_TYPE",
    "document_schema",
    "event_fields",
    "event_schema",
    "events_schema",
    "lenient_fields",
]

EVENT_TYPES = (
    "ObjectEvent",
    "AggregationEvent",
    "AssociationEvent",
    "TransactionEvent",
    "TransformationEvent",
)
"""The five event types of EPCIS 2.0; any other type is a user's own and its name is a URI."""

OWN_TYPE = "Event"
"""How the schema calls an event of a user's own type."""

_WEB_VOCABULARY = ("measurementType", "sensorAlert")


@cache
def _part(name: str) -> dict[str, Any]:
    """Give a file of the schema folder."""
    text = (resources.files("voltloop.epcis") / "schema" / name).read_text(encoding="utf-8")
    part: dict[str, Any] = json.loads(text)
    return part


@cache
def event_fields(event_type: str) -> dict[str, str]:
    """Give the fields of an event type, each with ``required``, ``optional`` or ``leniency``.

    Examples
    --------
    >>> event_fields("AssociationEvent")["parentID"]
    'required'
    """
    return {row["field"]: row[event_type] for row in _fields() if row[event_type]}


def lenient_fields() -> list[tuple[str, str]]:
    """List event type and field of every leniency over the standard's JSON Schema.

    Examples
    --------
    >>> {field for _, field in lenient_fields()}
    {'persistentDisposition'}
    """
    return [(kind, row["field"]) for kind in EVENT_TYPES for row in _fields() if row[kind] == "leniency"]


@cache
def _fields() -> list[dict[str, str]]:
    return catalogue_rows("event_fields.csv")


@cache
def _definitions() -> dict[str, Any]:
    """Every named value: those of the schema files and one for each vocabulary."""
    words = {
        kind: {
            "description": f"a {vocabulary.name} of the CBV or an absolute URI of one's own",
            "anyOf": [
                {"enum": sorted(vocabulary.words)},
                {"$ref": f"#/$defs/{'ownMeasure' if kind in _WEB_VOCABULARY else 'ownWord'}"},
            ],
        }
        for kind, vocabulary in vocabularies().items()
    }
    return {**_part("event.json")["$defs"], **_part("document.json")["$defs"], **words}


def _event(event_type: str) -> dict[str, Any]:
    """Give the schema of one event type; of a user's own type (``Event``) only what every event has is checked."""
    rows = [row for row in _fields() if row[event_type]]
    event: dict[str, Any] = {
        "description": f"{'a' if event_type[0] == 'T' else 'an'} {event_type}",
        "type": "object",
        "required": [row["field"] for row in rows if row[event_type] == "required"],
        "properties": {row["field"]: {"$ref": f"#/$defs/{row['value']}"} for row in rows},
    }
    if event_type == OWN_TYPE:
        event["properties"]["type"] = {
            "description": f"an event type ({', '.join(EVENT_TYPES)}) or an absolute URI of one's own",
            "type": "string",
            "format": "uri",
        }
        return event
    return event | {
        "patternProperties": {":": True},
        "additionalProperties": False,
        "propertyNames": {"$ref": "#/$defs/key"},
        "allOf": _part("event.json")["conditions"][event_type],
    }


def event_schema(event_type: str) -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of one event of a type; an unknown type gives that of a user's own."""
    event = _event(event_type if event_type in EVENT_TYPES else OWN_TYPE)
    return {"$schema": _part("event.json")["$schema"], "$defs": _definitions(), **event}


def events_schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of a list of events of any types."""
    choice: dict[str, Any] = {"$ref": f"#/$defs/{OWN_TYPE}"}
    for kind in reversed(EVENT_TYPES):
        choice = {
            "if": {"properties": {"type": {"const": kind}}, "required": ["type"]},
            "then": {"$ref": f"#/$defs/{kind}"},
            "else": choice,
        }
    events = {kind: _event(kind) for kind in (*EVENT_TYPES, OWN_TYPE)}
    return {
        "$schema": _part("event.json")["$schema"],
        "$defs": {**_definitions(), **events},
        "type": "array",
        "items": {"type": "object", **choice},
    }


def document_schema(kind: str) -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of what stands around the events.

    Parameters
    ----------
    kind
        ``EPCISDocument`` or ``EPCISQueryDocument``.
    """
    document = _part("document.json")
    return {"$schema": document["$schema"], "$defs": _definitions(), **document[kind]}
