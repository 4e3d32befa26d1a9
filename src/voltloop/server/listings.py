"""What events name: event types, EPCs, business steps, places and dispositions, and the events of each."""

# No postponed annotations here: FastAPI must see the dependencies that are made for each collection.
import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from voltloop.epcis.formats import translate_identifier
from voltloop.ledger.listing import COLLECTIONS, Collection, is_known, listing, query_parameter
from voltloop.server.answers import collection as collection_answer
from voltloop.server.authority import needs
from voltloop.server.documentation import COLLECTION, PAGED, VERSIONS, answers, document
from voltloop.server.event_answers import found_events
from voltloop.server.pages import PagingOf
from voltloop.server.parameters import only_declared
from voltloop.server.preferences import PreferencesOf
from voltloop.server.problems import HttpProblem
from voltloop.server.query_documentation import FAMILIES, query_parameters
from voltloop.server.service import ServiceOf

__all__ = ["KNOWN", "router"]

router = APIRouter(tags=["Top-level"], dependencies=[Depends(needs("read"))])

KNOWN: dict[str, Callable[..., str]] = {}
"""By the name of each path parameter, the dependency that refuses values of which no event is known."""

_PAGE = {"description": "One page of names.", "headers": PAGED, "content": COLLECTION}
_PARTS = {"description": "The resources below.", "headers": VERSIONS, "content": COLLECTION}
_EVENTS = {
    "description": "The events, as an EPCIS query document.",
    "headers": PAGED,
    "content": document("EPCISQueryDocument", xml=True),
}


def _known(collection: Collection, parameter: str) -> Callable[..., str]:
    def known(service: ServiceOf, value: Annotated[str, Path(alias=parameter)]) -> str:
        with service.ledger.engine.connect() as connection:
            if not is_known(connection, collection, value):
                raise HttpProblem(
                    "NoSuchResourceException",
                    f'"{value}" is not among the {collection} of this ledger: no event names it. '
                    f"GET /epcis/{collection} lists those that are.",
                )
        return value

    return known


def _add(collection: Collection, parameter: str) -> None:
    """Add the resources of one collection: all names, one name, the events of one name."""
    known = KNOWN[parameter] = _known(collection, parameter)
    preset = query_parameter(collection)
    options: dict[str, Any] = {"response_class": Response}

    @router.get(
        f"/{collection}",
        summary=f"List {collection}",
        dependencies=[Depends(only_declared)],
        responses=answers(400, ok_200=_PAGE),
        **options,
    )
    def names(service: ServiceOf, preferences: PreferencesOf, paging: PagingOf) -> Response:
        with service.ledger.engine.connect() as connection:
            now = dt.datetime.now(dt.UTC)
            page = listing(connection, collection, now=now, per_page=paging.size, token=paging.token)
            prefixes = preferences.prefixes(connection)
        values = [translate_identifier(value, preferences.epc_format, prefixes) for value in page.values]
        return collection_answer(values, preferences, paging.headers(page.next_token, page.expires_at))

    @router.get(
        f"/{collection}/{{{parameter}:path}}/events",
        summary=f"Find the events of one of the {collection}",
        description="Give one page of these events, narrowed by further parameters, newest first.\n"
        + FAMILIES,
        responses=answers(400, 404, 413, ok_200=_EVENTS),
        openapi_extra={
            "parameters": query_parameters(without=[preset] if collection == "eventTypes" else ())
        },
        **options,
    )
    def events(
        request: Request,
        service: ServiceOf,
        value: Annotated[str, Depends(known)],
        preferences: PreferencesOf,
        paging: PagingOf,
    ) -> Response:
        return found_events(request, service, preferences, paging, [(preset, value)])

    @router.get(
        f"/{collection}/{{{parameter}:path}}",
        summary=f"List the resources of one of the {collection}",
        dependencies=[Depends(known), Depends(only_declared)],
        responses=answers(400, 404, ok_200=_PARTS),
        **options,
    )
    def parts(preferences: PreferencesOf) -> Response:
        return collection_answer(["events"], preferences)


for _collection in COLLECTIONS:
    _add(_collection, _collection.removesuffix("s"))
