"""Events as answers: EPCIS query documents in JSON or XML, identifiers spelt as the caller wants them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence

from fastapi import Request
from starlette.responses import Response

from voltloop.app.query_results import spelt
from voltloop.epcis.json_output import query_document
from voltloop.epcis.xml_documents import query_document_xml
from voltloop.ledger.query import StoredEvent, known_namespaces, run
from voltloop.ledger.query_model import Query
from voltloop.ledger.query_parameters import parse_url
from voltloop.server.pages import PAGING, Paging
from voltloop.server.preferences import Preferences
from voltloop.server.service import Service

__all__ = ["events_answer", "found_events", "one_page"]

SIMPLE_QUERY = "SimpleEventQuery"
"""Name of the query that everybody may ask without defining it (EPCIS 2.0 section 8.2.7.1)."""


def found_events(
    request: Request,
    service: Service,
    preferences: Preferences,
    paging: Paging,
    presets: Sequence[tuple[str, str]] = (),
) -> Response:
    """Give the page of events that the query string of a request finds.

    Parameters
    ----------
    request, service, preferences, paging
        What is asked for, and where.
    presets
        Parameters that the path implies, such as ``("EQ_bizStep", "shipping")``.

    Raises
    ------
    QueryError
        The query cannot be answered.
    """
    pairs = [pair for pair in request.query_params.multi_items() if pair[0] not in PAGING]
    with service.ledger.engine.connect() as connection:
        query = parse_url(pairs, known_namespaces(connection, preferences.extensions), presets)
    return one_page(service, preferences, paging, query)


def one_page(
    service: Service, preferences: Preferences, paging: Paging, query: Query, name: str = SIMPLE_QUERY
) -> Response:
    """Give a page of the events that a query finds; ``name`` is that of a named query."""
    now = dt.datetime.now(dt.UTC)
    with service.ledger.engine.connect() as connection:
        page = run(connection, query, now=now, per_page=paging.size, token=paging.token)
        prefixes = preferences.prefixes(connection)
    headers = paging.headers(page.next_token, page.expires_at)
    return events_answer(page.events, preferences, headers, name, prefixes=prefixes)


def events_answer(
    events: Iterable[StoredEvent],
    preferences: Preferences,
    headers: Mapping[str, str] | None = None,
    name: str = SIMPLE_QUERY,
    status: int = 200,
    *,
    prefixes: Collection[str] = (),
) -> Response:
    """Give events as an EPCISQueryDocument, in the media type and the spelling that the caller takes."""
    now = dt.datetime.now(dt.UTC)
    told = spelt(events, preferences.epc_format, prefixes)
    if preferences.is_xml:
        content = query_document_xml(
            told, created_at=now, query_name=name, cbv_format=preferences.cbv_xml_format
        )
    else:
        content = query_document(told, created_at=now, query_name=name)
    return Response(
        content, status_code=status, headers=dict(headers or {}), media_type=preferences.media_type
    )
