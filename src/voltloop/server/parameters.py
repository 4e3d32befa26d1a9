"""Query parameters as the OpenAPI declares them: others are refused, and wrong values are told in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request

from voltloop.errors import nearest
from voltloop.ledger.keys import Caller
from voltloop.server.addresses import PREFIX
from voltloop.server.authority import caller
from voltloop.server.expectations import expected, resolved, shown
from voltloop.server.problems import HttpProblem

__all__ = ["only_declared", "wrong_value"]

_Name = tuple[str, str]


def _declared(request: Request) -> dict[_Name, Mapping[str, Any]]:
    """Give place, name and schema of the parameters of the operation that a request asks for."""
    document = request.app.openapi()
    path = request.scope["route"].path_format
    paths = document["paths"]
    operation = paths.get(PREFIX + path) or paths.get(path) or {}
    return {
        (one["in"], one["name"]): {
            **resolved(document, one["schema"]),
            "description": one.get("description", ""),
        }
        for one in operation.get(request.method.lower(), {}).get("parameters", ())
    }


def only_declared(request: Request, _: Annotated[Caller, Depends(caller)]) -> None:
    """Refuse query parameters that the resource does not have, and a single value given twice.

    Raises
    ------
    HttpProblem
        QueryParameterException.
    """
    given = [name for name, _ in request.query_params.multi_items()]
    if not given:
        return
    known = {name: schema for (place, name), schema in _declared(request).items() if place == "query"}
    for name in given:
        if name not in known:
            takes = f"It takes {', '.join(known)}." if known else "It takes none."
            raise HttpProblem(
                "QueryParameterException",
                f'Query parameter "{name}": this resource has none of that name.{nearest(name, known)} {takes} '
                "Correct the name, or leave it out.",
            )
        if given.count(name) > 1 and known[name].get("type") != "array":
            raise HttpProblem(
                "QueryParameterException",
                f"Query parameter {name}: it is given {given.count(name)} times, and has one value. Give it once.",
            )


def wrong_value(request: Request, error: Mapping[str, Any]) -> HttpProblem:
    """Put into words which header, parameter or part of the path has a value that cannot be used.

    Parameters
    ----------
    request
        The request with the value.
    error
        One of pydantic's errors.
    """
    place, name = str(error["loc"][0]), str(error["loc"][1])
    node = _declared(request).get((place, name), {})
    if isinstance(error["loc"][-1], int):
        node = node.get("items", node)
    given = error.get("input")
    words = expected(node)
    if error["type"] == "missing":
        told = f"{place.capitalize()} parameter {name} is missing. Expected {words}."
    else:
        hint = nearest(given, node["enum"]) if isinstance(given, str) and "enum" in node else ""
        if isinstance(given, str) and " " in given and node.get("format") == "date-time":
            hint = " Write the plus of the zone as %2B in an address."
        what = f"Header {name}" if place == "header" else f"{place.capitalize()} parameter {name}"
        told = f"{what}: {shown(given)} cannot be used.{hint} Expected {words}."
    if place == "header":
        return HttpProblem("NotAcceptableException", told)
    return HttpProblem("QueryParameterException" if place == "query" else "ValidationException", told)
