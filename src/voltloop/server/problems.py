"""Problem documents: what went wrong, under the names that EPCIS gives to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from starlette.responses import Response

from voltloop.epcis.xml_answers import problem_xml
from voltloop.server.negotiation import JSON_TYPES, XML_TYPES, best, is_xml

__all__ = ["EXCEPTIONS", "HttpProblem", "answer", "several"]

EXCEPTIONS: Mapping[str, tuple[int, str]] = {
    "ValidationException": (400, "The document is not valid"),
    "QueryValidationException": (400, "The query is not valid"),
    "QueryParameterException": (400, "A query parameter cannot be used"),
    "SubscriptionControlsException": (400, "The subscription is not valid"),
    "SecurityException": (401, "A valid key is needed"),
    "NoSuchResourceException": (404, "There is no such resource"),
    "NoSuchNameException": (404, "There is no such name"),
    "NotAcceptableException": (406, "The answer cannot be given as asked"),
    "ResourceAlreadyExistsException": (409, "The resource already exists"),
    "CaptureLimitExceededException": (413, "The document exceeds the limits of capture"),
    "QueryTooLargeException": (413, "The result of the query is too large"),
    "QueryTooComplexException": (413, "The query is too complex"),
    "URITooLongException": (414, "The address is too long"),
    "UnsupportedMediaTypeException": (415, "The media type is not supported"),
    "ImplementationException": (500, "The server failed"),
}
"""Exceptions of EPCIS 2.0 with their status and title (REST bindings 2.0.0, responses)."""

_OFFERS = ("application/problem+json", "application/problem+xml", *JSON_TYPES, *XML_TYPES)


class HttpProblem(Exception):
    """A request that cannot be met; the application turns it into a problem document.

    Parameters
    ----------
    name
        An exception of EPCIS, one of :data:`EXCEPTIONS`; or ``"about:blank"`` where EPCIS has none.
    detail
        Full sentences: what, where, what was expected, what to do.
    status, title
        Where they differ from those of :data:`EXCEPTIONS`.
    headers
        Further headers of the answer.
    errors
        Single problems, where there are several: each again a mapping with ``title`` and ``detail``.
    """

    def __init__(
        self,
        name: str,
        detail: str,
        *,
        status: int | None = None,
        title: str | None = None,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(detail)
        usual_status, usual_title = EXCEPTIONS.get(name, (500, "The server failed"))
        self.type = name if ":" in name else f"epcisException:{name}"
        self.status = usual_status if status is None else status
        self.title = title or usual_title
        self.detail = detail
        self.headers = dict(headers or {})
        self.errors = tuple(errors)

    def document(self) -> dict[str, Any]:
        """Give the members of the problem document.

        References
        ----------
        RFC 7807 section 3.1; ``errors`` is an extension member of ours.
        """
        document: dict[str, Any] = {
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            document["errors"] = [dict(error) for error in self.errors]
        return document


def several(name: str, details: Sequence[str]) -> HttpProblem:
    """Give one problem of all that is wrong, at least one thing: the first as its detail, each among its errors."""
    title = EXCEPTIONS[name][1]
    errors = [{"title": title, "detail": detail} for detail in details] if len(details) > 1 else []
    return HttpProblem(name, details[0], errors=errors)


def answer(problem: HttpProblem, accept: str | None) -> Response:
    """Give the problem as a response, in JSON or XML as the caller accepts; JSON where it accepts neither."""
    media_type = best(accept, _OFFERS) or _OFFERS[0]
    if is_xml(media_type):
        return Response(
            problem_xml(problem.document()),
            status_code=problem.status,
            headers=problem.headers,
            media_type="application/problem+xml",
        )
    return Response(
        orjson.dumps(problem.document()),
        status_code=problem.status,
        headers=problem.headers,
        media_type="application/problem+json",
    )
