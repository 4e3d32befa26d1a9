"""A query of the ledger as plain values: what the parameters of EPCIS 2.0 ask for, ready to become SQL.

Every parameter becomes one condition; an event is found if it meets all conditions, each by itself: the standard
does not ask that, say, a sensor's type and its value stand in the same sensor report.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from voltloop.errors import InputError
from voltloop.ledger.roles import Role

if TYPE_CHECKING:
    from voltloop.epcis.patterns import Pattern

__all__ = [
    "Column",
    "Comparison",
    "Condition",
    "Declared",
    "EventIds",
    "FieldExists",
    "FieldIn",
    "FieldNumber",
    "InColumn",
    "Instant",
    "Matching",
    "Nothing",
    "Order",
    "Query",
    "QueryError",
    "SideCondition",
    "WithAttribute",
    "WithDescendants",
    "compares",
    "is_storable",
]

Comparison = Literal["EQ", "GT", "GE", "LT", "LE"]

Column = Literal["type", "action", "biz_step", "disposition", "read_point_id", "biz_location_id"]
"""A column of the event that conditions name."""

_CODES = {
    "QueryParameterException": "query-parameter",
    "QueryValidationException": "query-validation",
    "QueryTooLargeException": "query-too-large",
    "QueryTooComplexException": "query-too-complex",
    "NoSuchNameException": "no-such-query",
    "NoSuchResourceException": "no-such-resource",
    "ResourceAlreadyExistsException": "query-exists",
    "SubscriptionControlsException": "subscription-controls",
    "ValidationException": "subscription-invalid",
}


class QueryError(InputError):
    """A query that cannot be answered, with the standard's name for the reason.

    Attributes
    ----------
    exception
        Name of the EPCIS exception: ``QueryParameterException``, ``QueryTooLargeException`` ...
    """

    def __init__(self, message: str, exception: str = "QueryParameterException") -> None:
        super().__init__(message, code=_CODES[exception])
        self.exception = exception


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can hold a text: it has no NUL, and no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


@dataclass(frozen=True)
class InColumn:
    """The column of the event holds one of the values: words, or keys of identifiers."""

    column: Column
    values: tuple[str, ...] | tuple[UUID, ...]


@dataclass(frozen=True)
class WithDescendants:
    """The place is one of these or, by master data, lies within one."""

    column: Literal["read_point_id", "biz_location_id"]
    ids: tuple[UUID, ...]


@dataclass(frozen=True)
class Instant:
    """The event's time, its record time or the time of its error declaration, against an instant."""

    column: Literal["event_at", "record_at", "declared_at"]
    comparison: Literal["GE", "LT"]
    at: dt.datetime


@dataclass(frozen=True)
class Declared:
    """The event is an error declaration."""


@dataclass(frozen=True)
class Nothing:
    """No event can meet this: the parameter asks for what cannot be."""


@dataclass(frozen=True)
class EventIds:
    """The event, or an error declaration about it, has one of these eventIDs."""

    ids: tuple[UUID, ...]


@dataclass(frozen=True)
class Matching:
    """In one of the roles stands one of these identifiers, or one that matches a pattern."""

    roles: tuple[Role, ...]
    ids: tuple[UUID, ...]
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True)
class FieldIn:
    """Under one of the names the event has one of the values, or a number equal to one of ``numbers``.

    ``instants`` are seconds since 1970, sought under ``time_names``.
    """

    names: tuple[UUID, ...]
    values: tuple[UUID, ...] = ()
    numbers: tuple[float, ...] = ()
    time_names: tuple[UUID, ...] = ()
    instants: tuple[float, ...] = ()


@dataclass(frozen=True)
class FieldNumber:
    """Under one of the names the event has a number that compares so with ``bound``, give or take ``tolerance``."""

    names: tuple[UUID, ...]
    comparison: Comparison
    bounds: tuple[float, ...]
    tolerance: float = 0.0

    def limits(self, bound: float) -> tuple[float, float]:
        """Give the least and the largest number that equal a bound."""
        slack = abs(bound) * self.tolerance
        return bound - slack, bound + slack


def compares(number: float, condition: FieldNumber) -> bool:
    """Tell whether a number compares with one of the bounds as the condition asks."""
    for bound in condition.bounds:
        low, high = condition.limits(bound)
        if {
            "EQ": low <= number <= high,
            "GT": number > high,
            "GE": number >= low,
            "LT": number < low,
            "LE": number <= high,
        }[condition.comparison]:
            return True
    return False


@dataclass(frozen=True)
class FieldExists:
    """The event has anything under one of the names."""

    names: tuple[UUID, ...]


@dataclass(frozen=True)
class WithAttribute:
    """What stands in a field is known by master data to have an attribute, or a value of it.

    Attributes
    ----------
    column
        Column of the event, or empty.
    roles
        Roles in the trace, or empty.
    names
        Names of fields, or empty.
    vocabularies
        URIs of the vocabularies that describe the field; empty for all.
    attribute_ids
        Keys of attributes, one of which must be there.
    value_ids
        Keys of values; None for any.
    """

    column: Column | Literal[""]
    roles: tuple[Role, ...]
    names: tuple[UUID, ...]
    vocabularies: tuple[str, ...]
    attribute_ids: tuple[UUID, ...]
    value_ids: tuple[UUID, ...] | None


Condition = (
    InColumn
    | WithDescendants
    | Instant
    | Declared
    | Nothing
    | EventIds
    | Matching
    | FieldIn
    | FieldNumber
    | FieldExists
    | WithAttribute
)


SideCondition = Matching | FieldIn | FieldNumber | FieldExists
"""A condition on what the tables beside the events hold, and so on what a document tells as well."""


@dataclass(frozen=True)
class Order:
    """How events are ordered.

    Attributes
    ----------
    field
        ``eventTime``, ``recordTime``, or the full name of an extension field.
    descending
        Largest or latest first.
    names, time_names
        Keys of an extension field and of its instants.
    paths
        Where the extension field may stand in the document, for its texts.
    """

    field: str = "eventTime"
    descending: bool = True
    names: tuple[UUID, ...] = ()
    time_names: tuple[UUID, ...] = ()
    paths: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Query:
    """What to find, in which order, and how much at most.

    Attributes
    ----------
    conditions
        All must be met; none finds every event.
    order
        Newest event first, unless asked otherwise.
    event_count_limit
        Cuts the result silently; None does not.
    max_event_count
        More events than this are an error; None allows any number.
    source
        The parameters as given, sorted: what tells queries apart.
    """

    conditions: tuple[Condition, ...] = ()
    order: Order = Order()
    event_count_limit: int | None = None
    max_event_count: int | None = None
    source: tuple[tuple[str, tuple[object, ...]], ...] = ()

    @property
    def fingerprint(self) -> str:
        """Short text that differs for queries with different parameters."""
        text = json.dumps(self.source, default=str, sort_keys=True)
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=9).hexdigest()

    def also(self, others: Collection[Query]) -> Query:
        """Give the query that asks all this and what the others ask besides; order and limits stay."""
        return replace(
            self,
            conditions=self.conditions + tuple(c for other in others for c in other.conditions),
            source=self.source + tuple(entry for other in others for entry in other.source),
        )
