"""What the generated OpenAPI says about answers: the problem documents, headers and schemas that resources share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

from voltloop.server.negotiation import JSON_TYPES, XML_TYPES
from voltloop.server.schemas import schemas

__all__ = [
    "COLLECTION",
    "LIMITS",
    "PAGED",
    "TOO_LARGE",
    "VERSIONS",
    "answers",
    "describe",
    "document",
    "header",
]

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


def _problem(status: int, headers: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Describe an answer with a problem document."""
    content: dict[str, Any] = {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
        "application/problem+xml": {"schema": {"type": "string"}},
    }
    described = {"description": _REASONS[status], "content": content}
    return described | ({"headers": dict(headers)} if headers else {})


LIMITS: Mapping[str, Any] = {
    "GS1-EPCIS-Capture-Limit": header("Most events that one call may bring.", type="integer"),
    "GS1-EPCIS-Capture-File-Size-Limit": header("Most bytes that one call may bring.", type="integer"),
}
"""Headers that tell the limits of capture."""

TOO_LARGE = _problem(413, LIMITS)
"""The answer to a document beyond the limits of capture."""


def answers(*refusals: int, **good: Mapping[str, Any]) -> dict[int | str, dict[str, Any]]:
    """Give the description of a resource's answers.

    Parameters
    ----------
    refusals
        Status codes answered with a problem document, besides those that every resource has: 401, 403, 406, 414,
        500 and 503.
    good
        Descriptions of the others by name, such as ``ok_200``: the name's last three letters are the status.

    Examples
    --------
    >>> sorted(answers(404))
    [401, 403, 404, 406, 414, 500, 503]
    """
    described: dict[int | str, dict[str, Any]] = {
        status: _problem(status) for status in sorted({401, 403, 406, 414, 500, 503, *refusals})
    }
    described[401] = _problem(401, {"WWW-Authenticate": header("How to prove who you are.")})
    return {int(name[-3:]): dict(words) for name, words in good.items()} | described


def describe(app: FastAPI) -> None:
    """Complete the OpenAPI that FastAPI generates.

    It gains the named schemas, and loses what is not so: status 422 is never answered here, and a parameter that may
    be absent cannot be null.
    """
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            generated, parts = generate(), dict[str, Any]()
            for path in generated["paths"].values():
                for operation in path.values():
                    operation["responses"].pop("422", None)
                    for content in operation.get("requestBody", {}).get("content", {}).values():
                        parts |= content["schema"].pop("$defs", {})
                    for parameter in operation.get("parameters", []):
                        parameter["schema"] = _without_null(parameter["schema"])
            named = generated.setdefault("components", {}).setdefault("schemas", {})
            for name in ("HTTPValidationError", "ValidationError"):
                named.pop(name, None)
            named |= parts | schemas()
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Give the schema of a parameter that is not null, which is what FastAPI says of an absent one."""
    kinds: list[dict[str, Any]] = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return {name: value for name, value in schema.items() if name != "anyOf"} | kinds[0]
