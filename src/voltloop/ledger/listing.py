"""What the ledger has heard of: the collections of event types, EPCs, business steps, places and dispositions.

Values come from indexes that are jumped through from one different value to the next, so that a page costs the same
with a thousand events and with a hundred million.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from voltloop.epcis.identifiers import key_of
from voltloop.epcis.vocabulary import bare_word, vocabularies
from voltloop.ledger.paging import LIFETIME, Place, read_token, write_token
from voltloop.ledger.query_model import is_storable
from voltloop.ledger.query_parameters import EVENT_TYPES
from voltloop.ledger.roles import Role

if TYPE_CHECKING:
    from sqlalchemy import CTE, Column, ColumnElement, Connection

__all__ = ["COLLECTIONS", "Collection", "Listing", "is_known", "listing", "query_parameter"]

Collection = Literal["eventTypes", "epcs", "bizSteps", "bizLocations", "readPoints", "dispositions"]

COLLECTIONS: tuple[Collection, ...] = (
    "eventTypes",
    "epcs",
    "bizSteps",
    "bizLocations",
    "readPoints",
    "dispositions",
)

_PARAMETERS: dict[Collection, str] = {
    "eventTypes": "eventType",
    "epcs": "MATCH_anyEPC",
    "bizSteps": "EQ_bizStep",
    "bizLocations": "EQ_bizLocation",
    "readPoints": "EQ_readPoint",
    "dispositions": "EQ_disposition",
}
_WORDS = {"bizSteps": ("bizStep", "biz_step"), "dispositions": ("disposition", "disposition")}
_PLACES = {"bizLocations": "biz_location_id", "readPoints": "read_point_id"}
_ZERO = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a collection.

    Attributes
    ----------
    values
        Bare words, URIs or identifiers as first captured.
    next_token
        Token of the next page, None on the last.
    expires_at
        When the token ends, None without one.
    """

    values: list[str]
    next_token: str | None = None
    expires_at: dt.datetime | None = None


def query_parameter(collection: Collection) -> str:
    """Give the query parameter that finds the events of a value of the collection."""
    return _PARAMETERS[collection]


def listing(
    connection: Connection,
    collection: Collection,
    *,
    now: dt.datetime,
    per_page: int = 30,
    token: str | None = None,
) -> Listing:
    """Give one page of a collection.

    The five event types and the words of the CBV are always there, as the standard asks; after them come words of
    users' own. Identifiers and places are those that captured events name, each once, in an order of no meaning.

    Parameters
    ----------
    connection
        Any connection to the ledger.
    collection
        Which one.
    now
        Instant, aware: from it tokens are dated.
    per_page
        Most values on the page, at least 1.
    token
        Where the page begins; None for the first page.

    Raises
    ------
    QueryError
        ``QueryParameterException``: a token that is damaged, of another collection, or has ended.
    """
    after: tuple[Any, ...] = ()
    if token is not None:
        after = read_token(connection, token, collection, now).keys
    if collection in _PLACES:
        found = _places(connection, _PLACES[collection], after, per_page + 1)
    elif collection == "epcs":
        found = _epcs(connection, after, per_page + 1)
    else:
        found = _words(connection, collection, after, per_page + 1)
    values = [value for _, value in found[:per_page]]
    if len(found) <= per_page:
        return Listing(values)
    place = Place(found[per_page - 1][0], "", 0)
    return Listing(values, write_token(place, collection, now), now + LIFETIME)


_Found = list[tuple[tuple[Any, ...], str]]
"""Values, each with the keys after which the next page begins."""


def _words(connection: Connection, collection: Collection, after: tuple[Any, ...], limit: int) -> _Found:
    """Give standard words, then those of users' own."""
    kind, column = _WORDS.get(collection, ("", ""))
    standard = sorted(vocabularies()[kind].words) if kind else list(EVENT_TYPES)
    phase, last = after or (0, "")
    found: _Found = []
    if phase == 0:
        rest = standard[standard.index(last) + 1 :] if last else standard
        found = [((0, word), word) for word in rest[:limit]]
        last = ""
    if kind and len(found) < limit:
        own = _own_words(connection, column, last, standard, limit - len(found))
        found += [((1, word), word) for word in own]
    return found


def _own_words(connection: Connection, column: str, after: str, standard: list[str], limit: int) -> list[str]:
    """Give the words of a column that are no standard ones, in the order of its index."""
    from sqlalchemy import literal, select

    from voltloop.ledger.tables.events import event

    found = _jump(event.c[column], literal(after), limit + len(standard))
    own = found.c.value.not_in(standard)
    return list(connection.scalars(select(found.c.value).where(found.c.value.is_not(None), own).limit(limit)))


def _jump(column: Column[Any], after: ColumnElement[Any], limit: int) -> CTE:
    """Give, as ``value``, the different values of an indexed column after one, each by one step in the index.

    The last value is null where the column ends before the limit.
    """
    from sqlalchemy import literal, select

    def next_after(value: ColumnElement[Any]) -> ColumnElement[Any]:
        return select(column).where(column > value).order_by(column).limit(1).scalar_subquery()

    steps = select(next_after(after).label("value"), literal(1).label("rank")).cte("step", recursive=True)
    return steps.union_all(
        select(next_after(steps.c.value), steps.c.rank + 1).where(
            steps.c.value.is_not(None), steps.c.rank < limit
        )
    )


def _places(connection: Connection, column: str, after: tuple[Any, ...], limit: int) -> _Found:
    """Give the places that stand in a column of events."""
    from sqlalchemy import Uuid, literal, select

    from voltloop.ledger.tables.events import event, thing

    steps = _jump(event.c[column], literal(UUID(after[0]) if after else _ZERO, Uuid), limit)
    rows = connection.execute(
        select(thing.c.id, thing.c.text)
        .join_from(steps, thing, thing.c.id == steps.c.value)
        .order_by(thing.c.id)
    )
    return [((str(row.id),), row.text) for row in rows]


def _epcs(connection: Connection, after: tuple[Any, ...], limit: int) -> _Found:
    """Give the things that stand as instances in any event."""
    from sqlalchemy import exists, select

    from voltloop.ledger.tables.events import thing

    rows = connection.execute(
        select(thing.c.id, thing.c.text)
        .where(
            thing.c.id > (UUID(after[0]) if after else _ZERO), exists().where(*_stands_in_events(thing.c.id))
        )
        .order_by(thing.c.id)
        .limit(limit)
    )
    return [((str(row.id),), row.text) for row in rows]


def _stands_in_events(epc_id: Any) -> tuple[Any, Any]:
    """Ask that an identifier stands as an instance in an event; classes with a quantity are no EPCs."""
    from voltloop.ledger.tables.events import trace

    return trace.c.epc_id == epc_id, trace.c.role <= int(Role.OUTPUT)


def is_known(connection: Connection, collection: Collection, value: str) -> bool:
    """Whether a collection holds a value, in any of its spellings."""
    from sqlalchemy import exists, select

    from voltloop.ledger.tables.events import event

    if collection == "eventTypes":
        return value in EVENT_TYPES
    if collection in _WORDS:
        kind, column = _WORDS[collection]
        word = bare_word(kind, value)
        if word in vocabularies()[kind].words:
            return True
        if not is_storable(word):
            return False
        held = exists().where(event.c[column] == word)
    elif collection in _PLACES:
        held = exists().where(event.c[_PLACES[collection]] == key_of(value))
    else:
        held = exists().where(*_stands_in_events(key_of(value)))
    return bool(connection.scalar(select(held)))
