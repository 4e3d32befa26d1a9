"""Answers that many resources give: collections, and JSON in the media type that the caller takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.responses import Response

from voltloop.epcis import json_output
from voltloop.epcis.xml_answers import collection_xml
from voltloop.server.preferences import Preferences

__all__ = ["collection", "instant_text", "json_answer"]


def instant_text(at: datetime) -> str:
    """Give an instant as text in UTC, as documents write it.

    Examples
    --------
    >>> from datetime import UTC
    >>> instant_text(datetime(2026, 11, 22, 13, 5, tzinfo=UTC))
    '2026-11-22T13:05:00Z'
    """
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


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
    content = collection_xml(members) if preferences.is_xml else json_output.collection(members)
    return Response(content, headers=dict(headers or {}), media_type=preferences.media_type)
