"""Answers to queries: pages of events, and the feed of new ones.

Events leave as they were captured, as JSON text with the prefixes of their document, so that nothing has to be parsed
to be sent.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from voltloop.ledger.paging import LIFETIME, Place, read_token, write_token
from voltloop.ledger.query_model import Order, Query, QueryError
from voltloop.ledger.query_plan import checks, resolved, stages

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Select

__all__ = ["Page", "StoredEvent", "by_event_id", "feed", "known_namespaces", "last_record_at", "run"]

_STEPS = (500, 5_000)
"""So many events are read, one step after the other, if a page is not full after as many as it holds."""

_SHORT = 2_000
"""Where no more events than this were captured, a feed walks over them all."""

_NEVER = dt.datetime(1, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as the ledger holds it.

    Attributes
    ----------
    document
        JSON text of the event in canonical form, without recordTime.
    context
        Prefix to namespace of its extensions.
    record_at
        Its recordTime, UTC.
    """

    document: str
    context: Mapping[str, str]
    record_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Page:
    """One page of events.

    Attributes
    ----------
    events
        In the order asked for.
    next_token
        Token of the next page, None on the last.
    expires_at
        When the token ends, None without one.
    """

    events: list[StoredEvent]
    next_token: str | None = None
    expires_at: dt.datetime | None = None


def known_namespaces(
    connection: Connection, given: Mapping[str, str] | None = None
) -> dict[str, Collection[str]]:
    """Give what prefixes of extension fields in queries stand for.

    Parameters
    ----------
    connection
        Any connection to the ledger.
    given
        Prefix to namespace as the caller declares them (header ``GS1-Extensions``); they go before what captured
        documents call so.
    """
    from sqlalchemy import text

    found: dict[str, Collection[str]] = {}
    seen: dict[str, set[str]] = {}
    for prefix, namespace in connection.execute(
        text(
            "SELECT DISTINCT pair.key, pair.value FROM context, json_each_text(context.prefixes::json) AS pair"
        )
    ):
        seen.setdefault(prefix, set()).add(namespace)
    found.update({prefix: tuple(sorted(namespaces)) for prefix, namespaces in seen.items()})
    found.update({prefix: (namespace,) for prefix, namespace in (given or {}).items()})
    return found


def last_record_at(connection: Connection) -> dt.datetime:
    """Give the record time of the last event that this connection can see; year 1 in an empty ledger."""
    from sqlalchemy import func, select

    from voltloop.ledger.tables.capture import capture_clock

    found = connection.scalar(select(func.greatest(capture_clock.c.last_at, _NEVER)))
    return _NEVER if found is None else found.astimezone(dt.UTC)


def run(
    connection: Connection,
    query: Query,
    *,
    now: dt.datetime,
    per_page: int = 30,
    token: str | None = None,
) -> Page:
    """Give one page of the events that a query finds.

    Parameters
    ----------
    connection
        Any connection to the ledger.
    query
        What to find; with a token the same query as on the page before.
    now
        Instant, aware: from it tokens are dated.
    per_page
        Most events on the page, at least 1.
    token
        Where the page begins; None for the first page.

    Raises
    ------
    QueryError
        ``QueryTooLargeException``: more events than ``maxEventCount``; ``QueryParameterException``: a token that is
        damaged, of another query, or has ended.

    Notes
    -----
    All pages together give exactly the events that were there at the first, each once, whatever is captured between.
    """
    if token is None:
        bound = last_record_at(connection)
        place = Place((), bound.isoformat(), 0)
        _refuse_too_large(connection, query, bound)
    else:
        place = read_token(connection, token, query.fingerprint, now)
    wanted = per_page
    if query.event_count_limit is not None:
        wanted = min(per_page, query.event_count_limit - place.served)
    if wanted <= 0:
        return Page([])
    rows = list(islice(_rows(connection, query, place, wanted + 1), wanted + 1))
    events = _stored(connection, rows[:wanted])
    served = place.served + len(events)
    if len(rows) <= wanted or served == query.event_count_limit:
        return Page(events)
    following = Place(_order_keys(rows[wanted - 1]), place.bound, served)
    return Page(events, write_token(following, query.fingerprint, now), now + LIFETIME)


def _rows(
    connection: Connection, query: Query, place: Place, wanted: int, *, short: bool = False
) -> Iterator[Any]:
    """Give the rows of events from a place on, as many as are taken.

    ``wanted`` is how many that will be at most; ``short`` says that there are few events to walk over.
    """
    for stage in stages(connection, resolved(connection, query), short=short):
        check = checks(stage.checked)
        walked = 0
        for step in chain((wanted,), _STEPS, repeat(_STEPS[-1])):
            rows = connection.execute(_page(stage.query, place).limit(step)).all()
            contexts = _contexts(connection, rows) if stage.checked else {}
            for row in rows:
                if not stage.checked or check(orjson.loads(row.document), contexts.get(row.context_id, {})):
                    yield row
            if len(rows) < step:
                return
            place = replace(place, keys=_order_keys(rows[-1]))
            walked += len(rows)
            if stage.most_events is not None and walked >= stage.most_events:
                break


def _order_keys(row: Any) -> tuple[str, ...]:
    """Give the order keys of a row, which stand behind document, context and record time."""
    return tuple(_key_text(value) for value in row[3:])


def _key_text(value: object) -> str:
    return value.isoformat() if isinstance(value, dt.datetime) else str(value)


def _page(query: Query, place: Place) -> Select[Any]:
    """Give the statement of all events from a place on."""
    from sqlalchemy import select

    from voltloop.ledger.query_sql import conditions, order_columns
    from voltloop.ledger.tables.events import event

    columns = order_columns(query.order)
    ordered = [column.desc() if query.order.descending else column.asc() for column in columns]
    statement = select(event.c.document, event.c.context_id, event.c.record_at, *columns)
    statement = statement.where(
        *conditions(query), event.c.record_at <= dt.datetime.fromisoformat(place.bound)
    )
    if place.keys:
        statement = statement.where(*_beyond(columns, place.keys, query.order.descending))
    return statement.order_by(*ordered)


def _beyond(
    columns: list[ColumnElement[Any]], keys: tuple[str, ...], descending: bool
) -> list[ColumnElement[bool]]:
    """Ask for order keys after those of the page before; of the first again, for partitions and indexes."""
    from sqlalchemy import cast, literal, tuple_

    values = [cast(literal(key), column.type) for column, key in zip(columns, keys, strict=True)]
    if descending:
        return [tuple_(*columns) < tuple_(*values), columns[0] <= values[0]]
    return [tuple_(*columns) > tuple_(*values), columns[0] >= values[0]]


def _refuse_too_large(connection: Connection, query: Query, bound: dt.datetime) -> None:
    """Refuse a query that finds more events than it may."""
    if query.max_event_count is None:
        return
    place = Place((), bound.isoformat(), 0)
    found = _rows(connection, query, place, min(query.max_event_count + 1, _STEPS[-1]))
    if sum(1 for _ in islice(found, query.max_event_count + 1)) > query.max_event_count:
        raise QueryError(
            f"The query finds more than maxEventCount = {query.max_event_count} events. Ask for less, allow more, or "
            "use orderBy with eventCountLimit to get the first ones.",
            "QueryTooLargeException",
        )


def feed(
    connection: Connection, query: Query, *, after: dt.datetime, until: dt.datetime, limit: int
) -> list[StoredEvent]:
    """Give the events that a query finds among those captured within a time, in the order of their capture.

    Parameters
    ----------
    connection
        Any connection to the ledger.
    query
        What to find; its order and limits do not count.
    after, until
        Record times: later than ``after``, not later than ``until`` (:func:`last_record_at`). The record time of the
        last event given is the next ``after``; where fewer than ``limit`` are given, ``until`` is.
    limit
        Most events to give, at least 1.
    """
    from sqlalchemy import func, literal, select

    from voltloop.ledger.tables.events import event

    within = (
        select(literal(1)).select_from(event).where(event.c.record_at > after, event.c.record_at <= until)
    )
    count = connection.scalar(select(func.count()).select_from(within.limit(_SHORT + 1).subquery()))
    ordered = replace(query, order=Order("recordTime", descending=False))
    place = Place((after.isoformat(),), until.isoformat(), 0)
    found = _rows(connection, ordered, place, limit, short=(count or 0) <= _SHORT)
    return _stored(connection, list(islice(found, limit)))


def by_event_id(connection: Connection, event_id: str) -> list[StoredEvent]:
    """Give the event of an eventID and the error declarations about it, in the order of capture; none if unknown."""
    from voltloop.epcis.identifiers import key_of
    from voltloop.ledger.query_model import EventIds

    wanted = Query((EventIds((key_of(event_id),)),))
    return feed(connection, wanted, after=_NEVER, until=last_record_at(connection), limit=10_000)


def _stored(connection: Connection, rows: Collection[Any]) -> list[StoredEvent]:
    """Put rows of document, context and record time together with the prefixes of their contexts."""
    contexts = _contexts(connection, rows)
    return [StoredEvent(row[0], contexts.get(row[1], {}), row[2].astimezone(dt.UTC)) for row in rows]


def _contexts(connection: Connection, rows: Collection[Any]) -> dict[UUID, Mapping[str, str]]:
    """Give the prefixes of the contexts of rows."""
    ids = {row.context_id for row in rows if row.context_id is not None}
    if not ids:
        return {}
    from sqlalchemy import select

    from voltloop.ledger.tables.events import context

    found = connection.execute(select(context.c.id, context.c.prefixes).where(context.c.id.in_(ids)))
    return {row.id: _prefixes(row.prefixes) for row in found}


@lru_cache(maxsize=1024)
def _prefixes(text: str) -> Mapping[str, str]:
    prefixes: dict[str, str] = json.loads(text)
    return prefixes
