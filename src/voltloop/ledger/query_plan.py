"""How a query is answered: small sets are looked up first, and what much of the ledger meets is checked on the way.

PostgreSQL chooses well between indexes when it knows the values. So places within places, things with an attribute and
things of a pattern become lists of keys before the events are asked for, unless they are very many. What a good part
of all events meets, though, PostgreSQL would gather and sort whole to give the first page of it; it is quicker to walk
the events in their order and to check each document. That walk is short: where it does not fill the page, the condition
does not hold for the events that stand first, and PostgreSQL finds the rest after all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from voltloop.epcis.identifiers import key_of
from voltloop.ledger.fields import FieldRow, field_rows
from voltloop.ledger.query_model import (
    Condition,
    FieldIn,
    FieldNumber,
    InColumn,
    Matching,
    Nothing,
    Query,
    SideCondition,
    WithAttribute,
    WithDescendants,
    compares,
)
from voltloop.ledger.roles import Role

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

__all__ = ["Check", "Stage", "checks", "resolved", "stages"]

MOST_KEYS = 1_000
"""Longer lists of keys are not looked up: a pattern of more things is checked on the way."""

WIDE = 10_000
"""A condition that so many rows of its table meet is checked on the way."""

MOST_JOINED = 3
"""So many conditions on side tables are left to PostgreSQL, which takes minutes to plan dozens of joins."""

LONGEST_WALK = 15_000
"""Over so many events a walk goes before PostgreSQL gathers what is left."""

Check = Callable[[Mapping[str, Any], Sequence[FieldRow]], bool]
"""Tells of an event and the rows of its fields whether it meets a condition."""


@dataclass(frozen=True)
class Stage:
    """One way to answer a query.

    Attributes
    ----------
    query
        What PostgreSQL answers.
    checked
        Conditions that are checked on the events that it gives.
    most_events
        After so many of these events the next stage goes on; None for any number.
    """

    query: Query
    checked: Sequence[SideCondition]
    most_events: int | None = None


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


def stages(connection: Connection, query: Query, *, short: bool) -> list[Stage]:
    """Give the ways in which a resolved query is answered, one going on where the other ends.

    Parameters
    ----------
    connection
        Any connection to the ledger.
    query
        A resolved query.
    short
        Whether the events to walk over are few, so that all that can be checked is checked.
    """
    side = [condition for condition in query.conditions if isinstance(condition, SideCondition)]
    if short:
        return [_stage(query, side, [])]
    counted = sorted(((_rows_met(connection, one), place) for place, one in enumerate(side)))
    joined = [side[place] for _, place in counted[:MOST_JOINED]]
    narrow = [side[place] for count, place in counted[:MOST_JOINED] if count < WIDE]
    if narrow or query.order.names or not side:
        return [_stage(query, side, narrow or joined)]
    return [replace(_stage(query, side, []), most_events=LONGEST_WALK), _stage(query, side, joined)]


def _stage(query: Query, side: Sequence[SideCondition], joined: Sequence[SideCondition]) -> Stage:
    """Give the stage that leaves these conditions to PostgreSQL and checks the others."""
    checked = [condition for condition in side if condition not in joined]
    rest = tuple(condition for condition in query.conditions if condition not in checked)
    return Stage(replace(query, conditions=rest), checked)


def _rows_met(connection: Connection, condition: SideCondition) -> int:
    """Count the rows that meet a condition, up to :data:`WIDE`."""
    from sqlalchemy import func, literal, select

    from voltloop.ledger.query_sql import rows_of

    if isinstance(condition, Matching) and condition.patterns:
        return WIDE
    table, where = rows_of(condition)
    found = select(literal(1)).select_from(table).where(*where).limit(WIDE)
    return connection.execute(select(func.count()).select_from(found.subquery())).scalar_one()


def checks(conditions: Sequence[SideCondition]) -> Callable[[Mapping[str, Any], Mapping[str, str]], bool]:
    """Give what tells of an event and its context whether it meets all conditions."""
    made = [_check(condition) for condition in conditions]
    needs_rows = any(not isinstance(condition, Matching) for condition in conditions)

    def check(document: Mapping[str, Any], context: Mapping[str, str]) -> bool:
        rows = field_rows(document, context) if needs_rows else ()
        return all(one(document, rows) for one in made)

    return check


def _check(condition: SideCondition) -> Check:
    if isinstance(condition, Matching):
        return _matching(condition)
    if isinstance(condition, FieldIn):
        return _field_in(condition)
    if isinstance(condition, FieldNumber):
        return _field_number(condition)
    return lambda _, rows: any(row[0] in condition.names for row in rows)


def _matching(condition: Matching) -> Check:
    keys = frozenset(condition.ids)
    fields = [_FIELDS[role] for role in condition.roles]

    def matches(identifier: str) -> bool:
        return key_of(identifier) in keys or any(p.matches(identifier) for p in condition.patterns)

    def check(document: Mapping[str, Any], _: Sequence[FieldRow]) -> bool:
        for field, part in fields:
            named = document.get(field)
            if isinstance(named, str):
                named = [named]
            for entry in named or ():
                if matches(entry[part] if part else entry):
                    return True
        return False

    return check


def _field_in(condition: FieldIn) -> Check:
    names, values = frozenset(condition.names), frozenset(condition.values)
    time_names = frozenset(condition.time_names)

    def check(_: Mapping[str, Any], rows: Sequence[FieldRow]) -> bool:
        return any(
            (name in names and (value in values or number in condition.numbers))
            or (name in time_names and number in condition.instants)
            for name, value, number, _ in rows
        )

    return check


def _field_number(condition: FieldNumber) -> Check:
    def check(_: Mapping[str, Any], rows: Sequence[FieldRow]) -> bool:
        return any(
            name in condition.names and number is not None and compares(number, condition)
            for name, _, number, _ in rows
        )

    return check
