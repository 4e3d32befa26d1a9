"""Queries kept by name: views of the ledger that callers come back to and subscribe to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from voltloop.ledger.query import known_namespaces
from voltloop.ledger.query_model import Query, QueryError, is_storable
from voltloop.ledger.query_parameters import parse_json

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["NamedQuery", "create", "find", "names", "remove"]

_LONGEST_NAME = 255


@dataclass(frozen=True)
class NamedQuery:
    """A query with its name.

    Attributes
    ----------
    name
        Unique in the ledger.
    query
        The JSON object of its parameters, as handed in.
    namespaces
        What the caller who made it said that prefixes stand for.
    created_at
        When it was made, UTC.
    """

    name: str
    query: Mapping[str, Any]
    namespaces: Mapping[str, str]
    created_at: dt.datetime

    def parsed(self, connection: Connection) -> Query:
        """Give the query ready to be run; prefixes that nobody explained stand for what documents call so by now."""
        return parse_json(self.query, known_namespaces(connection, self.namespaces))


def create(
    connection: Connection, body: object, *, now: dt.datetime, namespaces: Mapping[str, str] | None = None
) -> NamedQuery:
    """Keep a query by name.

    Parameters
    ----------
    connection
        Within the caller's transaction.
    body
        JSON object ``{"name": ..., "query": {...}}``.
    now
        Instant, aware.
    namespaces
        Prefix to namespace as the caller declares them.

    Raises
    ------
    QueryError
        ``QueryValidationException``: not such an object; ``QueryParameterException``: a parameter that cannot be;
        ``ResourceAlreadyExistsException``: the name is taken.
    """
    from sqlalchemy.dialects.postgresql import insert

    from voltloop.ledger.tables.queries import named_query

    name, query = _checked(body)
    found = NamedQuery(name, query, dict(namespaces or {}), now.astimezone(dt.UTC))
    found.parsed(connection)
    statement = insert(named_query).values(
        name=found.name, query=found.query, namespaces=found.namespaces, created_at=found.created_at
    )
    if connection.scalar(statement.on_conflict_do_nothing().returning(named_query.c.name)) is None:
        raise QueryError(
            f'There is a query named "{name}" already. Choose another name, or delete that query first.',
            "ResourceAlreadyExistsException",
        )
    return found


def _checked(body: object) -> tuple[str, Mapping[str, Any]]:
    """Give name and query of a body."""
    if not isinstance(body, Mapping):
        raise _malformed("The body is no JSON object.")
    name, query = body.get("name"), body.get("query")
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise _malformed(f'"name" must be a text of 1 to {_LONGEST_NAME} printable characters.')
    if not isinstance(query, Mapping):
        raise _malformed('"query" must be a JSON object of query parameters.')
    if not all(map(is_storable, _strings(query))):
        raise _malformed("NUL and halves of surrogate pairs may not stand in a query.")
    return name, query


def _strings(value: object) -> Iterator[str]:
    """Give all texts within a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _strings([*value, *value.values()])
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _malformed(what: str) -> QueryError:
    return QueryError(
        f'{what} Write {{"name": "myQuery", "query": {{"EQ_bizStep": ["shipping"]}}}}.',
        "QueryValidationException",
    )


def find(connection: Connection, name: str, *, keep: bool = False) -> NamedQuery:
    """Give the query of a name.

    Parameters
    ----------
    connection
        Any connection to the ledger.
    name
        Of the query.
    keep
        Whether nobody may remove the query before the end of this transaction.

    Raises
    ------
    QueryError
        ``NoSuchNameException``: there is none.
    """
    from sqlalchemy import select

    from voltloop.ledger.tables.queries import named_query

    known = select(named_query).where(named_query.c.name == name)
    if keep:
        known = known.with_for_update(read=True)
    row = connection.execute(known).one_or_none() if is_storable(name) else None
    if row is None:
        raise _unknown(name)
    return NamedQuery(row.name, row.query, row.namespaces, row.created_at.astimezone(dt.UTC))


def _unknown(name: str) -> QueryError:
    return QueryError(
        f'There is no query named "{name}". GET /epcis/queries lists all.', "NoSuchNameException"
    )


def names(connection: Connection, *, after: str = "", limit: int = 30) -> list[NamedQuery]:
    """Give the queries whose names come after ``after``, by name, ``limit`` at most."""
    from sqlalchemy import select

    from voltloop.ledger.tables.queries import named_query

    rows = connection.execute(
        select(named_query).where(named_query.c.name > after).order_by(named_query.c.name).limit(limit)
    )
    return [
        NamedQuery(row.name, row.query, row.namespaces, row.created_at.astimezone(dt.UTC)) for row in rows
    ]


def remove(connection: Connection, name: str) -> None:
    """Forget the query of a name, and end the subscriptions to it.

    Raises
    ------
    QueryError
        ``NoSuchNameException``: there is none.
    """
    from sqlalchemy import delete, select

    from voltloop.ledger import subscriptions
    from voltloop.ledger.tables.queries import named_query
    from voltloop.ledger.tables.subscriptions import subscription

    find(connection, name)
    connection.execute(delete(named_query).where(named_query.c.name == name))
    for found in connection.scalars(select(subscription.c.id).where(subscription.c.query_name == name)).all():
        subscriptions.remove(connection, found)
