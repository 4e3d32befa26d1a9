"""JSON bodies of our own resources: read within the limits, judged strictly, and refused in words."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import Depends, Request
from pydantic import TypeAdapter, ValidationError

from voltloop.server.bodies import media_type_of, whole
from voltloop.server.expectations import expected, resolved, wrong_member
from voltloop.server.problems import HttpProblem, several
from voltloop.server.service import ServiceOf

__all__ = ["described_body", "json_body"]

_JSON = "application/json"
_MOST_ERRORS = 100


def json_body(kind: Any) -> Any:
    """Give the dependency that reads a body of a kind: a pydantic model, or a union of some.

    The dependency raises HttpProblem: UnsupportedMediaTypeException, CaptureLimitExceededException, or
    ValidationException with all that is wrong, each by its JSON path.
    """
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    schema = adapter.json_schema()

    async def read(request: Request, service: ServiceOf) -> Any:
        media_type_of(request, (_JSON,))
        text = await whole(request, service.settings.event_limit_bytes)
        try:
            orjson.loads(text)
            return adapter.validate_json(text, strict=True)
        except orjson.JSONDecodeError as error:
            raise HttpProblem(
                "ValidationException",
                f"The body is not JSON: {error}. Expected {expected(resolved(schema, schema))}, in UTF-8.",
            ) from None
        except ValidationError as error:
            found = error.errors(include_url=False)[:_MOST_ERRORS]
            raise several("ValidationException", [wrong_member(schema, one) for one in found]) from None

    return Depends(read)


def described_body(kind: Any) -> dict[str, Any]:
    """Describe a body of a kind for the OpenAPI; :func:`~voltloop.server.documentation.describe` names its parts."""
    schema = TypeAdapter(kind).json_schema(ref_template="#/components/schemas/{model}")
    return {"requestBody": {"required": True, "content": {_JSON: {"schema": schema}}}}
