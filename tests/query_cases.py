"""A small ledger for tests of queries, and how to ask it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Engine

from voltloop.ledger.capture import capture_events
from voltloop.ledger.query import known_namespaces, run
from voltloop.ledger.query_parameters import parse_json, parse_url

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
CONTEXT = {"example": "https://example.com/ns/", "ex2": "https://example.com/two#"}


def event(
    name: str, at: str = "2026-01-01T10:00:00Z", kind: str = "ObjectEvent", **fields: Any
) -> dict[str, Any]:
    """Give an event whose eventID tells its name."""
    common = {
        "type": kind,
        "eventID": f"urn:example:event:{name}",
        "eventTime": at,
        "eventTimeZoneOffset": "+00:00",
    }
    if kind != "TransformationEvent":
        common["action"] = "OBSERVE"
    return {**common, **fields}


def fill(
    ledger: Engine,
    events: Iterable[dict[str, Any]],
    context: dict[str, str] | None = None,
    now: dt.datetime = NOW,
) -> None:
    """Capture events."""
    with ledger.begin() as connection:
        capture_events(connection, list(events), CONTEXT if context is None else context, now=now)


def names(documents: Iterable[Any]) -> list[str]:
    """Give the names of found events, in their order."""
    return [json.loads(found.document)["eventID"].rpartition(":")[2] for found in documents]


def ask(ledger: Engine, *pairs: tuple[str, str], extensions: dict[str, str] | None = None) -> list[str]:
    """Ask by URL, and give the names of the events found."""
    with ledger.connect() as connection:
        query = parse_url(pairs, known_namespaces(connection, extensions))
        return names(run(connection, query, now=NOW, per_page=1000).events)


def ask_json(ledger: Engine, query: dict[str, Any]) -> list[str]:
    """Ask by JSON, and give the names of the events found."""
    with ledger.connect() as connection:
        return names(
            run(connection, parse_json(query, known_namespaces(connection)), now=NOW, per_page=1000).events
        )
