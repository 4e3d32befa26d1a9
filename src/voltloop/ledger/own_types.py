"""Events of a user's own type: the standard asks only for their times, so any field may hold anything.

Such an event is stored as it came. It is found by those of its fields that have the form which the standard gives
fields of that name; what has another form is only in the stored text, and has no event hash.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from voltloop.epcis.hashing import event_hash
from voltloop.epcis.identifiers import digest
from voltloop.epcis.json_schema import EVENT_TYPES, event_schema
from voltloop.ledger.recorded import Event

if TYPE_CHECKING:
    from jsonschema_rs import Validator

__all__ = ["content_id", "searchable"]


@cache
def _forms() -> dict[str, Validator]:
    """Give the judge of each field of the standard, whatever event types have it."""
    import jsonschema_rs

    return {
        name: jsonschema_rs.Draft202012Validator(
            {"$defs": schema["$defs"], **(form if isinstance(form, dict) else {})}, validate_formats=True
        )
        for schema in map(event_schema, EVENT_TYPES)
        for name, form in schema["properties"].items()
        if name != "type"
    }


def searchable(event: Event) -> dict[str, Any]:
    """Give the fields of an event by which it can be found.

    Examples
    --------
    >>> searchable({"type": "https://example.org/Wash", "epcList": 7, "bizStep": "inspecting"})
    {'type': 'https://example.org/Wash', 'bizStep': 'inspecting'}
    """
    forms = _forms()
    return {name: value for name, value in event.items() if name not in forms or forms[name].is_valid(value)}


def content_id(event: Event, context: Mapping[str, str]) -> str:
    """Give the same id for the same content: the event hash, or a UUID of the text where there can be no hash.

    Parameters
    ----------
    event
        A valid event in canonical form.
    context
        Namespace of each prefix.

    References
    ----------
    CBV 2.0, event hash id.

    Examples
    --------
    >>> content_id({"type": "https://example.org/Wash", "epcList": 7}, {})[:9]
    'urn:uuid:'
    """
    if event["type"] in EVENT_TYPES or len(searchable(event)) == len(event):
        return event_hash(event, context)
    said = {name: value for name, value in event.items() if name not in {"eventID", "errorDeclaration"}}
    text = orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()
    return f"urn:uuid:{UUID(bytes=digest(text), version=5)}"
