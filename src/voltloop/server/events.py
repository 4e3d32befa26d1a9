"""``/events``: single events captured at once, and events found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from voltloop.epcis.json_output import STANDARD_CONTEXT
from voltloop.ledger.keys import Caller
from voltloop.ledger.opening import open_body
from voltloop.ledger.query import StoredEvent, by_event_id
from voltloop.ledger.writer import CapturedEvent
from voltloop.server.addresses import address
from voltloop.server.answers import instant_text, json_answer
from voltloop.server.authority import caller, needs
from voltloop.server.bodies import media_type_of, whole
from voltloop.server.captures import Leniency
from voltloop.server.documentation import PAGED, TOO_LARGE, VERSIONS, answers, document, header
from voltloop.server.event_answers import events_answer, found_events
from voltloop.server.pages import PagingOf
from voltloop.server.parameters import only_declared
from voltloop.server.preferences import DocumentVersion, PreferencesOf
from voltloop.server.problems import HttpProblem
from voltloop.server.query_documentation import FAMILIES, query_parameters
from voltloop.server.service import Service, ServiceOf
from voltloop.server.settings import capture_limits

__all__ = ["known_event", "router"]

router = APIRouter(tags=["Events"])

_FOUND = {
    "description": "The events, as an EPCIS query document.",
    "headers": PAGED,
    "content": document("EPCISQueryDocument", xml=True),
}


@router.get(
    "/events",
    summary="Find events",
    description="Give one page of the events that meet all parameters, newest first.\n" + FAMILIES,
    dependencies=[Depends(needs("read"))],
    response_class=Response,
    responses=answers(400, 413, ok_200=_FOUND),
    openapi_extra={"parameters": query_parameters()},
)
def find_events(
    request: Request, service: ServiceOf, preferences: PreferencesOf, paging: PagingOf
) -> Response:
    """Give one page of the events that meet all parameters."""
    return found_events(request, service, preferences, paging)


def known_event(
    request: Request,
    service: ServiceOf,
    who: Annotated[Caller, Depends(caller)],
    event_id: Annotated[str, Path(alias="eventID", description="The eventID, percent-encoded.")],
) -> list[StoredEvent]:
    """Give the event of an eventID and the error declarations about it.

    Raises
    ------
    HttpProblem
        NoSuchResourceException: the ledger has no such event.
    """
    # A hash id ends in "?ver=CBV2.0"; the resource itself has no query string, so one that came is part of the id.
    query = request.url.query
    if event_id.startswith("ni:") and query:
        event_id = f"{event_id}?{query}"
    elif request.method != "OPTIONS":
        only_declared(request, who)
    with service.ledger.engine.connect() as connection:
        found = by_event_id(connection, event_id)
    if not found:
        raise HttpProblem(
            "NoSuchResourceException",
            f'There is no event with the eventID "{event_id}". Percent-encode the whole id in the address.',
        )
    return found


@router.get(
    "/events/{eventID:path}",
    summary="Get one event",
    dependencies=[Depends(needs("read"))],
    response_class=Response,
    responses=answers(
        404,
        ok_200={
            "description": "The event and the error declarations about it, in the order of their capture.",
            "headers": VERSIONS,
            "content": document("EPCISQueryDocument", xml=True),
        },
    ),
)
def get_event(
    events: Annotated[list[StoredEvent], Depends(known_event)], service: ServiceOf, preferences: PreferencesOf
) -> Response:
    """Give one event and the error declarations about it."""
    with service.ledger.engine.connect() as connection:
        prefixes = preferences.prefixes(connection)
    return events_answer(events, preferences, prefixes=prefixes)


@router.post(
    "/events",
    summary="Capture one event at once",
    status_code=201,
    response_class=Response,
    responses=answers(
        400,
        409,
        415,
        too_large_413=TOO_LARGE,
        ok_201={
            "description": "The event is durable.",
            "headers": {**VERSIONS, "Location": header("The address of the event.")},
            "content": document("Event", xml=True),
        },
    ),
    dependencies=[Depends(needs("capture")), Depends(only_declared)],
    openapi_extra={
        "requestBody": {"required": True, "content": document("Event", xml=True)},
    },
)
async def capture_event(
    request: Request,
    service: ServiceOf,
    extensions: DocumentVersion,
    preferences: PreferencesOf,
    leniency: Leniency = None,
) -> Response:
    """Capture one event and answer when it is durable; a document with a single event is taken too.

    In an event without @context the prefixes of extensions mean what GS1-Extensions says.
    """
    media_type = media_type_of(request)
    body = await whole(request, service.settings.event_limit_bytes, capture_limits(service.settings))
    lenient = service.is_lenient(leniency)
    event, context, captured = await run_in_threadpool(
        _capture, service, body, media_type, lenient, extensions
    )
    location = {"Location": address(request, "events", captured.event_id)}
    if captured.already:
        raise HttpProblem(
            "ResourceAlreadyExistsException",
            f'The event "{captured.event_id}" is there already, with the same content. It was not stored again.',
            headers=location,
        )
    if preferences.is_xml:
        stored = StoredEvent(orjson.dumps(event).decode(), context, captured.record_at)
        return events_answer([stored], preferences, location, status=201)
    told = {"@context": [STANDARD_CONTEXT, *([dict(context)] if context else [])]} | event
    return json_answer(
        told | {"recordTime": instant_text(captured.record_at)}, preferences, status=201, headers=location
    )


def _capture(
    service: Service, body: bytes, media_type: str, lenient: bool, extensions: Mapping[str, str]
) -> tuple[dict[str, Any], Mapping[str, str], CapturedEvent]:
    """Read the one event of a body and capture it."""
    opened = open_body(body, media_type, lenient=lenient, context=extensions)
    events = next(opened.batches(2), [])
    if len(events) != 1:
        raise HttpProblem(
            "ValidationException",
            f"The body has {opened.event_count} events. Expected one; send documents with more to /epcis/capture.",
        )
    captured = service.capture.events.capture(events[0], opened.context, lenient=lenient)
    return events[0], opened.context, captured
