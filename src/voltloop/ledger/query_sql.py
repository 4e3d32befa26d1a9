"""A :class:`~voltloop.ledger.query_model.Query` as SQL over the tables of events.

Every condition on a side table narrows by that table's index; the planner chooses which of them leads. The keys of an
event, ``(event_at, record_at)``, are in every side table, so no document is read before it is known to be wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    CompoundSelect,
    Double,
    Select,
    Table,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB

from voltloop.epcis.patterns import Pattern
from voltloop.ledger.master_data import with_descendants
from voltloop.ledger.query_model import (
    Condition,
    Declared,
    EventIds,
    FieldExists,
    FieldIn,
    FieldNumber,
    InColumn,
    Instant,
    Matching,
    Nothing,
    Order,
    Query,
    SideCondition,
    WithAttribute,
    WithDescendants,
)
from voltloop.ledger.tables.events import event, event_field, event_identity, thing, trace
from voltloop.ledger.tables.queries import master_data_attribute, master_data_element

__all__ = ["conditions", "described", "matching_ids", "order_columns", "rows_of"]

ORDERED_CHARACTERS = 200
"""By so many characters of a text events are ordered; events whose texts differ only later follow their times."""

_Where = ColumnElement[bool]


def conditions(query: Query) -> list[_Where]:
    """Give what a row of ``event`` must meet to be found by the query."""
    return [_condition(condition) for condition in query.conditions]


def _condition(condition: Condition) -> _Where:
    return _MAKERS[type(condition)](condition)


def _is_one_of(column: ColumnElement[Any], values: Sequence[Any]) -> _Where:
    """Compare with a value, or with several as one array parameter; by equality an index keeps its order."""
    if len(values) == 1:
        held: _Where = column == values[0]
        return held
    return column == any_(bindparam(None, sorted(values), type_=ARRAY(column.type), unique=True))


def _events_of(table: Table, *where: _Where) -> _Where:
    """Find events that have a row in a side table that meets the conditions."""
    columns = (table.c.event_at, table.c.record_at)
    return tuple_(event.c.event_at, event.c.record_at).in_(select(*columns).where(*where))


def _in_column(condition: InColumn) -> _Where:
    return _is_one_of(event.c[condition.column], condition.values)


def _with_descendants(condition: WithDescendants) -> _Where:
    return event.c[condition.column].in_(select(with_descendants(condition.ids).c.id))


def _instant(condition: Instant) -> _Where:
    column = event.c[condition.column]
    return column >= condition.at if condition.comparison == "GE" else column < condition.at


def _declared(_: Declared) -> _Where:
    return event.c.declared_at.is_not(None)


def _event_ids(condition: EventIds) -> _Where:
    return _events_of(event_identity, _is_one_of(event_identity.c.id, condition.ids))


def _in_side_table(condition: SideCondition) -> _Where:
    table, where = rows_of(condition)
    return _events_of(table, *where)


def rows_of(condition: SideCondition) -> tuple[Table, list[_Where]]:
    """Give the side table that a condition asks, and what its rows must meet."""
    if isinstance(condition, Matching):
        return trace, _in_trace(condition)
    if isinstance(condition, FieldIn):
        return event_field, _field_in(condition)
    if isinstance(condition, FieldNumber):
        return event_field, _field_number(condition)
    return event_field, [_is_one_of(event_field.c.name_id, condition.names)]


def _in_trace(condition: Matching) -> list[_Where]:
    roles = trace.c.role.in_([int(role) for role in condition.roles])
    if condition.patterns:
        return [trace.c.epc_id.in_(matching_ids(condition)), roles]
    return [_is_one_of(trace.c.epc_id, condition.ids), roles]


def matching_ids(condition: Matching) -> CompoundSelect[tuple[UUID]]:
    """Give the statement of the keys of all identifiers that a condition matches."""
    return union_all(
        select(func.unnest(bindparam(None, sorted(condition.ids), type_=ARRAY(Uuid), unique=True))),
        select(thing.c.id).where(or_(*map(_of_pattern, condition.patterns))),
    )


def _of_pattern(pattern: Pattern) -> _Where:
    """Find canonical texts of the pattern: in one of its ranges, and by its regular expression."""
    text = thing.c.canonical
    within = [and_(text.op("~>=~")(low), text.op("~<~")(high)) for low, high in pattern.ranges]
    return and_(or_(*within), text.op("~")(pattern.regex))


def _field_in(condition: FieldIn) -> list[_Where]:
    field = event_field.c
    found = and_(_is_one_of(field.name_id, condition.names), _is_one_of(field.value_id, condition.values))
    exact = [(condition.names, n) for n in condition.numbers] + [
        (condition.time_names, i) for i in condition.instants
    ]
    others = [and_(_is_one_of(field.name_id, names), field.number == number) for names, number in exact]
    return [or_(found, *others)]


def _field_number(condition: FieldNumber) -> list[_Where]:
    field = event_field.c
    held = or_(*(_compared(field.number, condition, bound) for bound in condition.bounds))
    return [_is_one_of(field.name_id, condition.names), field.number.is_not(None), held]


def _compared(column: ColumnElement[float], condition: FieldNumber, bound: float) -> _Where:
    """Compare a number with a bound; the same as :func:`voltloop.ledger.query_model.compares` in SQL."""
    low, high = (literal(limit, Double) for limit in condition.limits(bound))
    if condition.comparison == "EQ":
        return column.between(low, high)
    if condition.comparison == "GE":
        return column >= low
    if condition.comparison == "GT":
        return column > high
    return column <= high if condition.comparison == "LE" else column < low


_WORD = r"^(urn:epcglobal:cbv:(bizstep|disp):|https?://(ref|ns)\.gs1\.org/cbv/(BizStep|Disp)-)"


def described(condition: WithAttribute) -> Select[Any]:
    """Give the statement of what has the attribute: keys, or words where the column holds words of the CBV."""
    attribute = master_data_attribute.c
    found = select(attribute.id).where(_is_one_of(attribute.attribute_id, condition.attribute_ids))
    if condition.value_ids is not None:
        found = found.where(_is_one_of(attribute.value_id, condition.value_ids))
    if condition.vocabularies:
        found = found.where(attribute.vocabulary.in_(condition.vocabularies))
    if not condition.column or not isinstance(event.c[condition.column].type, Text):
        return found
    word = func.regexp_replace(master_data_element.c.text, _WORD, "")
    return select(word).where(master_data_element.c.id.in_(found))


def _with_attribute(condition: WithAttribute) -> _Where:
    ids = described(condition)
    if condition.column:
        return event.c[condition.column].in_(ids)
    if condition.roles:
        roles = trace.c.role.in_([int(role) for role in condition.roles])
        return _events_of(trace, trace.c.epc_id.in_(ids), roles)
    return _events_of(
        event_field, _is_one_of(event_field.c.name_id, condition.names), event_field.c.value_id.in_(ids)
    )


def _nothing(_: Nothing) -> _Where:
    return false()


_MAKERS: dict[type, Callable[[Any], _Where]] = {
    InColumn: _in_column,
    WithDescendants: _with_descendants,
    Instant: _instant,
    Declared: _declared,
    EventIds: _event_ids,
    Matching: _in_side_table,
    Nothing: _nothing,
    FieldIn: _in_side_table,
    FieldNumber: _in_side_table,
    FieldExists: _in_side_table,
    WithAttribute: _with_attribute,
}


def order_columns(order: Order) -> list[ColumnElement[Any]]:
    """Give the columns by which events are ordered, all in one direction; together they are unique.

    An extension field comes first by number or instant, then by text in byte order; events without it come last when
    descending, first when ascending.
    """
    if order.field == "recordTime":
        return [event.c.record_at]
    last: list[ColumnElement[Any]] = [event.c.event_at, event.c.record_at]
    if order.field == "eventTime":
        return last
    field = event_field.c
    number = (
        select(func.min(field.number))
        .where(
            field.event_at == event.c.event_at,
            field.record_at == event.c.record_at,
            _is_one_of(field.name_id, [*order.names, *order.time_names]),
        )
        .scalar_subquery()
    )
    document = cast(event.c.document, JSONB)
    texts = [func.jsonb_extract_path_text(document, *path) for path in order.paths]
    text = func.left(func.coalesce(*texts, ""), ORDERED_CHARACTERS, type_=Text).collate("C")
    return [func.coalesce(number, literal(float("-inf"), Double)), text, *last]
