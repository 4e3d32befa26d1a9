"""How a query is answered: sets that are small are looked up first, and what matches too much is checked on the way.

PostgreSQL chooses well between indexes when it knows the values. So places within places, things with an attribute and
things of a pattern become lists of keys before the events are asked for, unless they are very many. And it cannot walk
events in order while looking up what they name, since the trace is ordered by thing: a condition that a good part of
all events meets is therefore checked on their documents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from voltloop.epcis.identifiers import key_of
from voltloop.ledger.query_model import (
    Condition,
    FieldIn,
    InColumn,
    Matching,
    Nothing,
    Query,
    WithAttribute,
    WithDescendants,
)
from voltloop.ledger.roles import Role

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

__all__ = ["checker", "resolved", "without_wide"]

MOST_KEYS = 10_000
"""Longer lists of keys are left to PostgreSQL as a subquery."""

WIDE = 20_000
"""A condition on identifiers that so many entries of the trace meet is checked on the documents."""

_FIELDS: dict[Role, tuple[str, str]] = {
    Role.OBJECT: ("epcList", ""),
    Role.PARENT: ("parentID", ""),
    Role.CHILD: ("childEPCs", ""),
    Role.INPUT: ("inputEPCList", ""),
    Role.OUTPUT: ("outputEPCList", ""),
    Role.OBJECT_CLASS: ("quantityList", "epcClass"),
    Role.CHILD_CLASS: ("childQuantityList", "epcClass"),
    Role.INPUT_CLASS: ("inputQuantityList", "epcClass"),
    Role.OUTPUT_CLASS: ("outputQuantityList", "epcClass"),
}


def resolved(connection: Connection, query: Query) -> Query:
    """Give the query with lists of keys in place of what master data and the dictionary of things say."""
    return replace(
        query, conditions=tuple(_resolved(connection, condition) for condition in query.conditions)
    )


def _resolved(connection: Connection, condition: Condition) -> Condition:
    from sqlalchemy import select

    from voltloop.ledger.master_data import with_descendants
    from voltloop.ledger.query_sql import described, matching_ids

    if isinstance(condition, WithDescendants):
        places = _few(connection, select(with_descendants(condition.ids).c.id))
        return condition if places is None else InColumn(condition.column, places)
    if isinstance(condition, WithAttribute):
        found = _few(connection, described(condition))
        return condition if found is None else _one_of(condition, found)
    if isinstance(condition, Matching) and condition.patterns:
        keys = _few(connection, select(matching_ids(condition).subquery()))
        return condition if keys is None else replace(condition, ids=keys, patterns=())
    return condition


def _few(connection: Connection, statement: Select[Any]) -> tuple[Any, ...] | None:
    """Give the different values that a statement finds, None if they are many."""
    found = connection.scalars(statement.limit(MOST_KEYS + 1)).all()
    return None if len(found) > MOST_KEYS else tuple(dict.fromkeys(found))


def _one_of(condition: WithAttribute, found: tuple[Any, ...]) -> Condition:
    """Give the condition that in the field stands one of these."""
    if not found:
        return Nothing()
    if condition.column:
        return InColumn(condition.column, found)
    if condition.roles:
        return Matching(condition.roles, found, ())
    return FieldIn(condition.names, found)


def without_wide(connection: Connection, query: Query) -> tuple[Query, list[Matching]]:
    """Take those conditions on identifiers out of a query that are better checked on the documents.

    Nothing is taken out of a query ordered by an extension field: it has to find all its events anyway.
    """
    wide = [
        condition
        for condition in query.conditions
        if isinstance(condition, Matching) and not query.order.names and _is_wide(connection, condition)
    ]
    rest = tuple(condition for condition in query.conditions if condition not in wide)
    return replace(query, conditions=rest), wide


def _is_wide(connection: Connection, condition: Matching) -> bool:
    from sqlalchemy import func, literal, select

    from voltloop.ledger.query_sql import in_trace
    from voltloop.ledger.tables.events import trace

    found = select(literal(1)).select_from(trace).where(*in_trace(condition)).limit(WIDE)
    return connection.execute(select(func.count()).select_from(found.subquery())).scalar_one() == WIDE


def checker(condition: Matching) -> Callable[[Mapping[str, Any]], bool]:
    """Give what tells whether an event names an identifier that a condition matches, in one of its roles."""
    keys = frozenset(condition.ids)
    fields = [_FIELDS[role] for role in condition.roles]

    def matches(identifier: str) -> bool:
        return key_of(identifier) in keys or any(p.matches(identifier) for p in condition.patterns)

    def check(document: Mapping[str, Any]) -> bool:
        for field, part in fields:
            named = document.get(field)
            if isinstance(named, str):
                named = [named]
            for entry in named or ():
                if matches(entry[part] if part else entry):
                    return True
        return False

    return check
