"""The schemas that the generated OpenAPI names: the standard's documents as validation knows them, and our answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voltloop.epcis.json_schema import EVENT_TYPES, document_schema, event_schema
from voltloop.server.problems import EXCEPTIONS
from voltloop.server.query_documentation import query_parameters
from voltloop.server.subscription_schemas import SCHEMAS as SUBSCRIPTIONS

__all__ = ["schemas"]

_INSTANT = {"type": "string", "format": "date-time"}

_OWN_TYPE = {"type": "string", "format": "uri", "pattern": "^[a-z]+:[A-Za-z0-9/._:-]+$"}

_PROBLEM: Mapping[str, Any] = {
    "description": "What went wrong, in words (RFC 7807).",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {
            "type": "string",
            "enum": [*(f"epcisException:{name}" for name in EXCEPTIONS), "about:blank"],
        },
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "errors": {
            "description": "The single problems, where there are several.",
            "type": "array",
            "items": {"type": "object"},
        },
    },
}

_COLLECTION: Mapping[str, Any] = {
    "description": "A list of names.",
    "type": "object",
    "required": ["@context", "type", "member"],
    "properties": {
        "@context": {"$ref": "#/components/schemas/context"},
        "type": {"const": "Collection"},
        "member": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
    },
}

_CAPTURE_JOB: Mapping[str, Any] = {
    "description": "What became of a captured document.",
    "type": "object",
    "required": ["captureID", "createdAt", "running", "success", "captureErrorBehaviour", "errors"],
    "properties": {
        "captureID": {"type": "string"},
        "createdAt": _INSTANT,
        "finishedAt": _INSTANT,
        "running": {"type": "boolean"},
        "success": {"type": "boolean"},
        "captureErrorBehaviour": {"enum": ["rollback", "proceed"]},
        "errors": {
            "description": "The first hundred errors.",
            "type": "array",
            "items": {"$ref": "#/components/schemas/CaptureError"},
        },
        "errorCount": {"description": "How many errors there are.", "type": "integer", "minimum": 0},
        "eventCount": {
            "description": "How many events were captured so far.",
            "type": "integer",
            "minimum": 0,
        },
    },
}

_CAPTURE_ERROR: Mapping[str, Any] = {
    "description": "Why an event or the document was not captured (RFC 7807).",
    "type": "object",
    "required": ["type", "title"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "eventIndex": {
            "description": "Position of the event in its document, from 0.",
            "type": "integer",
            "minimum": 0,
        },
    },
}

_NAMED_QUERY: Mapping[str, Any] = {
    "description": "A query under a name.",
    "type": "object",
    "required": ["name", "query"],
    "properties": {
        "name": {"description": "Printable characters.", "type": "string", "minLength": 1, "maxLength": 255},
        "query": {
            "description": "Query parameters, as for GET /epcis/events; several values are a list.",
            "type": "object",
            "properties": {parameter["name"]: parameter["schema"] for parameter in query_parameters()},
        },
    },
}


def _moved(node: Any) -> Any:
    """Give a schema whose references lead to the components of an OpenAPI document."""
    if isinstance(node, dict):
        return {
            key: value.replace("#/$defs/", "#/components/schemas/") if key == "$ref" else _moved(value)
            for key, value in node.items()
            if key not in ("$schema", "$defs", "$comment")
        }
    return [_moved(item) for item in node] if isinstance(node, list) else node


def schemas() -> dict[str, Any]:
    """Give every named schema, the standard's documents and events as validation judges them among them."""
    kinds = ("EPCISDocument", "EPCISQueryDocument")
    found: dict[str, Any] = {kind: _moved(document_schema(kind)) for kind in kinds}
    for kind in kinds:
        found[kind]["properties"]["type"] = {"const": kind}
    for kind in EVENT_TYPES:
        schema = _moved(event_schema(kind))
        schema["properties"]["type"] = {"const": kind}
        found[kind] = schema | {"description": f"An {kind} of EPCIS 2.0."}
    own = {
        "type": "object",
        "required": ["type", "eventTime", "eventTimeZoneOffset"],
        "properties": {
            "@context": {"$ref": "#/components/schemas/context"},
            "type": _OWN_TYPE,
            "eventTime": {"$ref": "#/components/schemas/time"},
            "eventTimeZoneOffset": {"$ref": "#/components/schemas/zoneOffset"},
        },
    }
    events = [{"$ref": f"#/components/schemas/{kind}"} for kind in EVENT_TYPES]
    found |= {name: _moved(schema) for name, schema in document_schema(kinds[0])["$defs"].items()}
    found["Event"] = {"description": "An event of EPCIS 2.0.", "anyOf": [*events, own]}
    found["eventList"] = {
        "description": "A list of events.",
        "type": "array",
        "items": {"$ref": "#/components/schemas/Event"},
    }
    found |= {
        "Problem": _PROBLEM,
        "Collection": _COLLECTION,
        "CaptureJob": _CAPTURE_JOB,
        "CaptureError": _CAPTURE_ERROR,
        "NamedQuery": _NAMED_QUERY,
        **SUBSCRIPTIONS,
    }
    return found
