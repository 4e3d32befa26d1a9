"""What the generated OpenAPI says about answers: the problem documents, headers and schemas that resources share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

from voltloop.server.negotiation import JSON_TYPES, XML_TYPES
from voltloop.server.problems import EXCEPTIONS

__all__ = ["COLLECTION", "PAGED", "VERSIONS", "answers", "describe", "document", "header"]

_REASONS: Mapping[int, str] = {
    400: "The document, the query or a parameter cannot be used.",
    401: "There is no valid key.",
    403: "The key does not permit this.",
    404: "There is no such resource.",
    406: "The answer cannot be given in the versions or formats asked for.",
    409: "A resource of this name exists already.",
    413: "The document or the result is too large.",
    414: "The address is too long.",
    415: "The media type of the body is not supported.",
    500: "The server failed.",
    501: "The server does not offer this.",
    503: "The database cannot be reached at the moment.",
}

_PROBLEM: Mapping[str, Any] = {
    "title": "Problem",
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
        "instance": {"type": "string", "format": "uri-reference"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}

_CONTEXT: Mapping[str, Any] = {
    "title": "Context",
    "description": "A JSON-LD context: the address of the standard's, and prefixes of extensions.",
    "anyOf": [{"type": "string"}, {"type": "object"}, {"type": "array", "items": {}}],
}

_COLLECTION: Mapping[str, Any] = {
    "title": "Collection",
    "description": "A list of names.",
    "type": "object",
    "required": ["@context", "type", "member"],
    "properties": {
        "@context": {"$ref": "#/components/schemas/Context"},
        "type": {"const": "Collection"},
        "member": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
    },
}

_SCHEMAS: dict[str, Mapping[str, Any]] = {
    "Problem": _PROBLEM,
    "Context": _CONTEXT,
    "Collection": _COLLECTION,
}
"""Schemas of the document, named in ``#/components/schemas``."""


def header(description: str, **schema: Any) -> dict[str, Any]:
    """Describe a header of an answer; its schema is text where nothing else is said."""
    return {"description": description, "schema": schema or {"type": "string"}}


VERSIONS: Mapping[str, Any] = {
    "GS1-EPCIS-Version": header("The version of EPCIS that the answer is written in."),
    "GS1-CBV-Version": header("The version of the vocabulary that the answer is written in."),
    "GS1-Extensions": header("Extensions that the server knows, as prefix=namespace."),
}
"""Headers of every answer of a standard resource."""

PAGED: Mapping[str, Any] = {
    **VERSIONS,
    "Link": header('The address of the next page, with rel="next"; absent on the last page.'),
    "GS1-Next-Page-Token-Expires": header("When that address ends.", type="string", format="date-time"),
}
"""Headers of an answer that is one page of many."""


def document(schema: str | Mapping[str, Any], *, xml: bool = False) -> dict[str, Any]:
    """Describe the content of an answer or body: a schema's name or a schema, in JSON, and in XML where asked."""
    described = {"$ref": f"#/components/schemas/{schema}"} if isinstance(schema, str) else dict(schema)
    content: dict[str, Any] = {media_type: {"schema": described} for media_type in JSON_TYPES}
    if xml:
        content |= {media_type: {"schema": {"type": "string"}} for media_type in XML_TYPES}
    return content


COLLECTION = document("Collection", xml=True)
"""Content of a collection."""


def answers(*refusals: int, **good: Mapping[str, Any]) -> dict[int | str, dict[str, Any]]:
    """Give the description of a resource's answers.

    Parameters
    ----------
    refusals
        Status codes answered with a problem document, besides 401, 403, 406, 500 and 503, which every resource has.
    good
        Descriptions of the others by name, such as ``ok_200``: the name's last three letters are the status.

    Examples
    --------
    >>> sorted(answers(404))
    [401, 403, 404, 406, 500, 503]
    """
    content = {
        media_type: {"schema": {"$ref": "#/components/schemas/Problem"}} if "json" in media_type else {}
        for media_type in ("application/problem+json", "application/problem+xml")
    }
    described: dict[int | str, dict[str, Any]] = {
        status: {"description": _REASONS[status], "content": content}
        for status in sorted({401, 403, 406, 500, 503, *refusals})
    }
    described[401] |= {"headers": {"WWW-Authenticate": header("How to prove who you are.")}}
    return {int(name[-3:]): dict(words) for name, words in good.items()} | described


def describe(app: FastAPI, schemas: Mapping[str, Mapping[str, Any]]) -> None:
    """Complete the OpenAPI that FastAPI generates: further schemas; no 422, which is never answered here."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            generated = generate()
            for path in generated["paths"].values():
                for operation in path.values():
                    operation["responses"].pop("422", None)
            components = generated.setdefault("components", {})
            kept = components.setdefault("schemas", {})
            kept.pop("HTTPValidationError", None)
            kept.pop("ValidationError", None)
            kept.update(_SCHEMAS | dict(schemas))
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]
