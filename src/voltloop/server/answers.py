"""Answers that many resources give: collections, and JSON in the media type that the caller takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from starlette.responses import Response

from voltloop.server.preferences import Preferences

__all__ = ["CONTEXT", "collection", "json_answer"]

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
"""The standard's JSON-LD context."""


def json_answer(
    content: Any,
    preferences: Preferences,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Give a document as JSON, under the media type that the caller prefers."""
    return Response(
        orjson.dumps(content),
        status_code=status,
        headers=dict(headers or {}),
        media_type=preferences.media_type,
    )


def collection(
    members: Sequence[str], preferences: Preferences, headers: Mapping[str, str] | None = None
) -> Response:
    """Give a collection of names, in JSON or XML as the caller prefers.

    References
    ----------
    EPCIS 2.0 REST bindings, schemas ``TopLevelResourceCollection``, ``EventTypeCollection`` and ``UriCollection``.
    """
    content = {"@context": CONTEXT, "type": "Collection", "member": list(members)}
    return json_answer(content, preferences, headers=headers)
