"""``/queries``: queries under a name, and the events that they find."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from voltloop.app.subscribe import CONTROLS
from voltloop.ledger.named_queries import NamedQuery, create, find, names, remove
from voltloop.ledger.paging import LIFETIME, Place, read_token, write_token
from voltloop.server.addresses import address
from voltloop.server.answers import json_answer
from voltloop.server.authority import needs
from voltloop.server.bodies import media_type_of, whole
from voltloop.server.documentation import PAGED, VERSIONS, answers, document, header
from voltloop.server.event_answers import one_page
from voltloop.server.negotiation import JSON_TYPES
from voltloop.server.pages import PAGING, PagingOf
from voltloop.server.parameters import only_declared
from voltloop.server.preferences import DocumentVersion, JsonPreferences, PreferencesOf
from voltloop.server.problems import HttpProblem
from voltloop.server.service import Service, ServiceOf
from voltloop.server.subscription_schemas import STREAM_PARAMETERS, UPGRADED

__all__ = ["Known", "known_query", "router"]

router = APIRouter(tags=["Queries"], dependencies=[Depends(needs("read"))])

_FINGERPRINT = "queries"


def known_query(
    service: ServiceOf, name: Annotated[str, Path(alias="queryName", description="The query's name.")]
) -> NamedQuery:
    """Give the query of a name.

    Raises
    ------
    QueryError
        ``NoSuchNameException``: there is none.
    """
    with service.ledger.engine.connect() as connection:
        return find(connection, name)


Known = Annotated[NamedQuery, Depends(known_query)]
"""The named query of the path."""


def _told(query: NamedQuery) -> dict[str, object]:
    return {"name": query.name, "query": query.query}


@router.get(
    "/queries",
    summary="List the named queries",
    dependencies=[Depends(only_declared)],
    response_class=Response,
    responses=answers(
        400,
        ok_200={
            "description": "One page of queries.",
            "headers": PAGED,
            "content": document({"type": "array", "items": {"$ref": "#/components/schemas/NamedQuery"}}),
        },
    ),
)
def list_queries(service: ServiceOf, preferences: JsonPreferences, paging: PagingOf) -> Response:
    """Give one page of the named queries, by name."""
    now = dt.datetime.now(dt.UTC)
    with service.ledger.engine.connect() as connection:
        after = ""
        if paging.token is not None:
            after = read_token(connection, paging.token, _FINGERPRINT, now).keys[0]
        found = names(connection, after=after, limit=paging.size + 1)
    shown = found[: paging.size]
    headers = {}
    if len(found) > len(shown):
        token = write_token(Place((shown[-1].name,), "", 0), _FINGERPRINT, now)
        headers = paging.headers(token, now + LIFETIME)
    return json_answer([_told(query) for query in shown], preferences, headers=headers)


@router.post(
    "/queries",
    summary="Keep a query under a name",
    dependencies=[Depends(only_declared)],
    status_code=201,
    response_class=Response,
    responses=answers(
        400,
        409,
        413,
        415,
        ok_201={
            "description": "The query is kept.",
            "headers": {**VERSIONS, "Location": header("The address of the query.")},
            "content": document("NamedQuery"),
        },
    ),
    openapi_extra={"requestBody": {"required": True, "content": document("NamedQuery")}},
)
async def create_query(
    request: Request, service: ServiceOf, extensions: DocumentVersion, preferences: JsonPreferences
) -> Response:
    """Keep a query; its events are at its address with /events."""
    media_type_of(request, JSON_TYPES)
    text = await whole(request, service.settings.event_limit_bytes)
    query = await run_in_threadpool(_create, service, text, extensions)
    location = {"Location": address(request, "queries", query.name)}
    return json_answer(_told(query), preferences, status=201, headers=location)


def _create(service: Service, text: bytes, extensions: DocumentVersion) -> NamedQuery:
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise HttpProblem(
            "QueryValidationException",
            f'The body is not JSON: {error}. Expected {{"name": "myQuery", "query": {{"EQ_bizStep": ["shipping"]}}}}.',
        ) from None
    with service.ledger.engine.begin() as connection:
        return create(connection, body, now=dt.datetime.now(dt.UTC), namespaces=extensions)


@router.get(
    "/queries/{queryName:path}/events",
    summary="Find the events of a named query",
    response_class=Response,
    responses=answers(
        400,
        404,
        413,
        upgraded_101=UPGRADED,
        ok_200={
            "description": "The events, as an EPCIS query document.",
            "headers": PAGED,
            "content": document("EPCISQueryDocument", xml=True),
        },
    ),
    openapi_extra={"parameters": STREAM_PARAMETERS},
)
def query_events(
    request: Request, query: Known, service: ServiceOf, preferences: PreferencesOf, paging: PagingOf
) -> Response:
    """Give one page of the events that a named query finds; by web socket, push those that come."""
    for name in CONTROLS:
        if name in request.query_params:
            raise HttpProblem(
                "SubscriptionControlsException",
                f'Query parameter {name}: it subscribes by web socket, and this request asks for none. Send "Upgrade: '
                'websocket" and "Connection: Upgrade", or leave it out for the events that there are.',
            )
    for name in request.query_params:
        if name not in PAGING:
            raise HttpProblem(
                "QueryParameterException",
                f"Query parameter {name}: a named query says itself what it finds. Expected {' and '.join(PAGING)} "
                "only; make another query for other events.",
            )
    with service.ledger.engine.connect() as connection:
        parsed = query.parsed(connection)
    return one_page(service, preferences, paging, parsed, query.name)


@router.get(
    "/queries/{queryName:path}",
    summary="Get a named query",
    dependencies=[Depends(only_declared)],
    response_class=Response,
    responses=answers(
        404,
        413,
        ok_200={"description": "The query.", "headers": VERSIONS, "content": document("NamedQuery")},
    ),
)
def get_query(query: Known, preferences: JsonPreferences) -> Response:
    """Give a named query."""
    return json_answer(_told(query), preferences)


@router.delete(
    "/queries/{queryName:path}",
    summary="Delete a named query and its subscriptions",
    dependencies=[Depends(only_declared)],
    status_code=204,
    response_class=Response,
    responses=answers(404, none_204={"description": "The query is gone."}),
)
def delete_query(query: Known, service: ServiceOf) -> Response:
    """Forget a named query and end its subscriptions."""
    with service.ledger.engine.begin() as connection:
        remove(connection, query.name)
    return Response(status_code=204)
