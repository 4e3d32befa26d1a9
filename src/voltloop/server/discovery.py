"""OPTIONS of every standard resource: which methods it has, which versions and formats the server speaks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from starlette.responses import Response

from voltloop.server.authority import needs
from voltloop.server.documentation import LIMITS, VERSIONS, answers, header
from voltloop.server.preferences import JsonPreferences
from voltloop.server.service import ServiceOf
from voltloop.server.settings import capture_limits
from voltloop.server.versions import CAPTURED, DISCOVERED

__all__ = ["TOLD", "discovery", "methods_at", "own_discovery"]

_CAPTURE = "/capture"


def _methods(routers: Sequence[APIRouter]) -> dict[str, tuple[APIRoute, set[str]]]:
    """Give the methods of each path of the routers, with the path's first route, in the order of declaration."""
    found: dict[str, tuple[APIRoute, set[str]]] = {}
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute):
                found.setdefault(route.path, (route, {"OPTIONS"}))[1].update(route.methods or ())
    for _, methods in found.values():
        if "GET" in methods:
            methods.add("HEAD")
    return found


def methods_at(routers: Sequence[APIRouter], path: str) -> str:
    """Give the methods of the resource at a path below the routers' prefix, as the header ``Allow`` tells them.

    Examples
    --------
    >>> methods_at([], "/nowhere")
    ''
    """
    for route, methods in _methods(routers).values():
        if route.path_regex.match(path):
            return ", ".join(sorted(methods))
    return ""


def discovery(routers: Sequence[APIRouter], known: Mapping[str, Callable[..., Any]]) -> APIRouter:
    """Give a router with OPTIONS for every path of other routers that has none of its own.

    Parameters
    ----------
    routers
        Whose paths are to be told; they share one prefix.
    known
        For names of path parameters, a dependency that refuses a value that the ledger does not know.
    """
    routes = [route for one in routers for route in one.routes if isinstance(route, APIRoute)]
    own = {route.path for route in routes if "OPTIONS" in (route.methods or ())}
    router = APIRouter(tags=["Discovery"], dependencies=[Depends(needs("read", "capture"))])
    for path, (route, methods) in _methods(routers).items():
        if path in own:
            continue
        names = re.findall(r"{(\w+)", path)
        described = {
            "description": "What the resource can do, told by headers.",
            "headers": _TOLD_OF_CAPTURE if path == _CAPTURE else TOLD,
        }
        router.add_api_route(
            path,
            _options(path, ", ".join(sorted(methods))),
            methods=["OPTIONS"],
            status_code=204,
            response_class=Response,
            responses=answers(*([404] if names else []), none_204=described),
            dependencies=[Depends(known[name]) for name in names if name in known],
            summary=f"Discover what {route.path_format} can do",
            include_in_schema=route.include_in_schema,
        )
    return router


def own_discovery(routers: Sequence[APIRouter]) -> APIRouter:
    """Give a router with OPTIONS for every path of our own routers: which methods there are."""
    router = APIRouter(tags=["Discovery"], dependencies=[Depends(needs("read", "capture"))])
    for path, (route, methods) in _methods(routers).items():
        allowed = ", ".join(sorted(methods))
        router.add_api_route(
            path,
            _allow(allowed),
            methods=["OPTIONS"],
            status_code=204,
            response_class=Response,
            responses=answers(
                none_204={
                    "description": "What the resource can do, told by headers.",
                    "headers": {"Allow": TOLD["Allow"]},
                }
            ),
            summary=f"Discover what {route.path_format} can do",
        )
    return router


def _allow(methods: str) -> Callable[[], Response]:
    return lambda: Response(status_code=204, headers={"Allow": methods})


TOLD: Mapping[str, Any] = {
    "Allow": header("The methods that the resource has."),
    **VERSIONS,
    "GS1-EPCIS-Min": header("The lowest version of EPCIS that is understood."),
    "GS1-EPCIS-Max": header("The highest version of EPCIS that is understood."),
    "GS1-CBV-Min": header("The lowest version of the vocabulary that is understood."),
    "GS1-CBV-Max": header("The highest version of the vocabulary that is understood."),
    "GS1-EPC-Format": header("The spellings of identifiers that can be asked for."),
    "GS1-CBV-XML-Format": header("The spellings of the vocabulary that can be asked for in XML."),
    "GS1-Vendor-Version": header("The version of voltloop."),
}
"""Headers of every answer to OPTIONS."""
_TOLD_OF_CAPTURE: Mapping[str, Any] = {
    **TOLD,
    **LIMITS,
    "GS1-Capture-Error-Behaviour": header("What can be done about errors."),
}


def _options(path: str, methods: str) -> Callable[..., Response]:
    def options(_: JsonPreferences, service: ServiceOf) -> Response:
        headers = {"Allow": methods, **DISCOVERED}
        if path == _CAPTURE:
            headers |= {**CAPTURED, **capture_limits(service.settings), "GS1-Capture-Error-Behaviour": "all"}
        return Response(status_code=204, headers=headers)

    return options
