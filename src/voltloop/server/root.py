"""The top of the standard's resources: what there is."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from starlette.responses import Response

from voltloop.server.answers import collection
from voltloop.server.authority import needs
from voltloop.server.documentation import COLLECTION, VERSIONS, answers
from voltloop.server.parameters import only_declared
from voltloop.server.preferences import PreferencesOf

__all__ = ["RESOURCES", "router"]

RESOURCES = (
    "queries",
    "capture",
    "events",
    "eventTypes",
    "epcs",
    "readPoints",
    "bizLocations",
    "dispositions",
    "bizSteps",
)
"""The nine resources of the standard, in its own order."""

router = APIRouter(
    tags=["Discovery"], dependencies=[Depends(needs("read", "capture")), Depends(only_declared)]
)


@router.get(
    "/",
    summary="List the resources of the repository",
    response_class=Response,
    responses=answers(
        ok_200={"description": "The nine resources.", "headers": VERSIONS, "content": COLLECTION}
    ),
)
@router.get("", include_in_schema=False)
def top(preferences: PreferencesOf) -> Response:
    """Give the nine resources of EPCIS 2.0."""
    return collection(RESOURCES, preferences)
