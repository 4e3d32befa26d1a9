"""``/queries/{name}/subscriptions``: who is told of new events by webhook."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from voltloop.app.subscribe import wanted
from voltloop.ledger.paging import LIFETIME, Place, read_token, write_token
from voltloop.ledger.subscriptions import Subscription, add, find, page, remove
from voltloop.server.addresses import address
from voltloop.server.answers import json_answer
from voltloop.server.authority import needs
from voltloop.server.bodies import media_type_of, whole
from voltloop.server.discovery import TOLD
from voltloop.server.documentation import PAGED, VERSIONS, answers, document, header
from voltloop.server.named_queries import Known
from voltloop.server.negotiation import JSON_TYPES
from voltloop.server.pages import PagingOf
from voltloop.server.parameters import only_declared
from voltloop.server.preferences import DocumentVersion, JsonPreferences, Preferences
from voltloop.server.problems import HttpProblem
from voltloop.server.service import Service, ServiceOf
from voltloop.server.subscription_schemas import CALLBACK, MIN_RECORD_TIME
from voltloop.server.versions import DISCOVERED

__all__ = ["known_subscription", "router"]

router = APIRouter(tags=["Subscriptions"], dependencies=[Depends(needs("read")), Depends(only_declared)])

_PATH = "/queries/{queryName:path}/subscriptions"


def known_subscription(
    query: Known,
    service: ServiceOf,
    subscription_id: Annotated[str, Path(alias="subscriptionID", description="The subscription's id.")],
) -> Subscription:
    """Give the subscription of an id.

    Raises
    ------
    QueryError
        ``NoSuchResourceException``: the query has none of this id.
    """
    with service.ledger.engine.connect() as connection:
        return find(connection, query.name, subscription_id)


KnownSubscription = Annotated[Subscription, Depends(known_subscription)]


def _told(found: Subscription) -> dict[str, object]:
    told: dict[str, object] = {
        "subscriptionID": str(found.id),
        "queryName": found.query_name,
        "dest": found.dest,
        "createdAt": found.created_at,
        "reportIfEmpty": found.report_if_empty,
        "epcFormat": found.epc_format,
        "state": found.state,
    }
    told |= {"schedule": found.schedule} if found.schedule else {"stream": True}
    if found.last_notified_at is not None:
        told["lastNotifiedAt"] = found.last_notified_at
    if found.initial_record_at is not None:
        told["initialRecordTime"] = found.initial_record_at
    if found.min_record_at is not None:
        told["minRecordTime"] = found.min_record_at
    return told


@router.get(
    _PATH,
    summary="List the subscriptions to a query",
    response_class=Response,
    responses=answers(
        400,
        404,
        ok_200={
            "description": "One page of subscriptions, the oldest first.",
            "headers": PAGED,
            "content": document(
                {"type": "array", "items": {"$ref": "#/components/schemas/SubscriptionAnswer"}}
            ),
        },
    ),
)
def list_subscriptions(
    query: Known, service: ServiceOf, preferences: JsonPreferences, paging: PagingOf
) -> Response:
    """Give one page of the subscriptions to a query, the oldest first."""
    now = dt.datetime.now(dt.UTC)
    fingerprint = f"subscriptions {query.name}"
    with service.ledger.engine.connect() as connection:
        after = None
        if paging.token is not None:
            created_at, key = read_token(connection, paging.token, fingerprint, now).keys
            after = dt.datetime.fromisoformat(created_at), UUID(key)
        found = page(connection, query.name, after=after, limit=paging.size + 1)
    shown = found[: paging.size]
    headers = {}
    if len(found) > len(shown):
        place = Place((shown[-1].created_at.isoformat(), str(shown[-1].id)), "", 0)
        headers = paging.headers(write_token(place, fingerprint, now), now + LIFETIME)
    return json_answer([_told(one) for one in shown], preferences, headers=headers)


@router.post(
    _PATH,
    summary="Subscribe to a query by webhook",
    description="New events of the query are sent to dest as EPCIS query documents: each at once (stream) or all at "
    "the instants of a schedule, in the order of capture, again until the receiver answers 2xx.",
    status_code=201,
    response_class=Response,
    responses=answers(
        400,
        404,
        413,
        415,
        ok_201={
            "description": "The subscription counts until it is deleted.",
            "headers": {**VERSIONS, "Location": header("The address of the subscription.")},
            "content": document("SubscriptionAnswer"),
        },
    ),
    openapi_extra={
        "requestBody": {"required": True, "content": document("Subscription")},
        "callbacks": dict(CALLBACK),
    },
)
async def subscribe(
    request: Request,
    query: Known,
    service: ServiceOf,
    _: DocumentVersion,
    preferences: JsonPreferences,
) -> Response:
    """Keep a subscription; its first events may arrive before this answer does."""
    media_type_of(request, JSON_TYPES)
    text = await whole(request, service.settings.event_limit_bytes)
    made = await run_in_threadpool(_subscribe, service, query.name, text, preferences)
    service.deliverer.hurry()
    location = {"Location": address(request, "queries", query.name, "subscriptions", str(made.id))}
    return json_answer(_told(made), preferences, status=201, headers=location)


def _subscribe(service: Service, query_name: str, text: bytes, preferences: Preferences) -> Subscription:
    now = dt.datetime.now(dt.UTC)
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise HttpProblem(
            "ValidationException",
            f'The body is not JSON: {error}. Expected {{"dest": "https://...", "stream": true}}.',
        ) from None
    asked = wanted(
        body,
        epc_format=preferences.epc_format,
        now=now,
        may_be_private=service.settings.webhook_private,
    )
    with service.ledger.engine.begin() as connection:
        return add(connection, query_name, asked, now=now)


@router.get(
    f"{_PATH}/{{subscriptionID}}",
    summary="Get a subscription",
    response_class=Response,
    responses=answers(
        404,
        ok_200={
            "description": "The subscription.",
            "headers": VERSIONS,
            "content": document("SubscriptionAnswer"),
        },
    ),
)
def get_subscription(found: KnownSubscription, preferences: JsonPreferences) -> Response:
    """Tell how far a subscription is."""
    return json_answer(_told(found), preferences)


@router.delete(
    f"{_PATH}/{{subscriptionID}}",
    summary="End a subscription",
    status_code=204,
    response_class=Response,
    responses=answers(404, none_204={"description": "Nothing more is sent."}),
)
def unsubscribe(found: KnownSubscription, service: ServiceOf) -> Response:
    """End a subscription; what is open of it is not sent any more."""
    with service.ledger.engine.begin() as connection:
        remove(connection, found.id)
    return Response(status_code=204)


@router.options(
    f"{_PATH}/{{subscriptionID}}",
    tags=["Discovery"],
    summary="Discover what a subscription can do",
    status_code=204,
    response_class=Response,
    responses=answers(
        404,
        none_204={
            "description": "What the resource can do, told by headers.",
            "headers": {**TOLD, **MIN_RECORD_TIME},
        },
    ),
)
def discover(found: KnownSubscription, _: JsonPreferences) -> Response:
    """Tell what a subscription can do, and where it stands."""
    headers = {"Allow": "DELETE, GET, HEAD, OPTIONS", **DISCOVERED}
    if found.min_record_at is not None:
        headers["GS1-Query-Min-Record-Time"] = found.min_record_at.isoformat().replace("+00:00", "Z")
    return Response(status_code=204, headers=headers)
