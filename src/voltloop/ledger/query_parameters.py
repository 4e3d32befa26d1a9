"""The query parameters of EPCIS 2.0, from a URL or the JSON body of a named query, as a :class:`Query`.

The names of the parameters are a small grammar: a comparison, then what is compared. Fixed names stand in one table;
the families with a unit, a type or an extension field in their name are told apart by patterns.

References
----------
EPCIS 2.0 section 8.2.7.1; REST binding 2.0.0. Both spellings of the time of an error declaration are taken, and
``EQATTR_`` as well as ``EQ_ATTR_``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from voltloop.epcis.identifiers import key_of
from voltloop.errors import nearest
from voltloop.ledger import query_families as families
from voltloop.ledger.names import name_key
from voltloop.ledger.query_model import (
    Condition,
    Declared,
    EventIds,
    FieldExists,
    FieldIn,
    InColumn,
    Instant,
    Order,
    Query,
    QueryError,
    WithDescendants,
    is_storable,
)
from voltloop.ledger.query_values import (
    Namespaces,
    Parameter,
    Scalar,
    boolean,
    choice,
    exists,
    identifiers,
    instant,
    integer,
    one,
    scalar_keys,
    texts,
    words,
)

__all__ = ["EVENT_TYPES", "parse", "parse_json", "parse_url"]

EVENT_TYPES = (
    "ObjectEvent",
    "AggregationEvent",
    "TransactionEvent",
    "TransformationEvent",
    "AssociationEvent",
)
_ACTIONS = ("ADD", "OBSERVE", "DELETE")

_InstantColumn = Literal["event_at", "record_at", "declared_at"]
_RANGE: tuple[Literal["GE", "LT"], ...] = ("GE", "LT")
_Make = Callable[[Parameter], Condition | None]


def parse_url(
    pairs: Iterable[tuple[str, str]],
    namespaces: Namespaces,
    presets: Iterable[tuple[str, str]] = (),
) -> Query:
    """Give the query of a URL.

    Parameters
    ----------
    pairs
        Names and values of the query string, decoded, in order; without ``perPage`` and ``nextPageToken``. A value
        may hold several, divided by ``|``, and a name may come again.
    namespaces
        What prefixes of extension fields stand for.
    presets
        Parameters that the path implies, such as ``("EQ_bizStep", "shipping")``: they hold besides the others, also
        besides one of the same name.

    Raises
    ------
    QueryError
        ``QueryParameterException``: a name that is none, or a value that may not stand there.
    """
    query = parse(_collected(pairs), namespaces)
    return query.also([parse({name: (value,)}, namespaces) for name, value in presets])


def _collected(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[Scalar, ...]]:
    """Put the values of one name together."""
    found: dict[str, tuple[Scalar, ...]] = {}
    for name, value in pairs:
        found[name] = found.get(name, ()) + tuple(value.split("|"))
    return found


def parse_json(query: object, namespaces: Namespaces) -> Query:
    """Give the query of a JSON object, as in the body of a named query.

    An ``@context`` in it says what prefixes stand for, before ``namespaces``.

    Raises
    ------
    QueryError
        ``QueryValidationException``: not a JSON object, or a value that is neither plain nor a list of plain values;
        ``QueryParameterException`` as :func:`parse_url`.
    """
    if not isinstance(query, Mapping):
        raise QueryError(
            'The query must be a JSON object of parameters, such as {"EQ_bizStep": ["shipping"]}.',
            "QueryValidationException",
        )
    found: dict[str, tuple[Scalar, ...]] = {}
    for name, value in query.items():
        if name == "@context":
            continue
        values = value if isinstance(value, list) else [value]
        if any(isinstance(item, list | dict) for item in values):
            raise QueryError(
                f"Query parameter {name}: expected a text, a number, true, false, or a list of these.",
                "QueryValidationException",
            )
        found[name] = tuple(values)
    return parse(found, {**namespaces, **_context_namespaces(query.get("@context"))})


def _context_namespaces(context: Any) -> dict[str, tuple[str, ...]]:
    """Give the prefixes that a JSON-LD context defines."""
    parts = context if isinstance(context, list) else [context]
    return {
        prefix: (namespace,)
        for part in parts
        if isinstance(part, Mapping)
        for prefix, namespace in part.items()
        if isinstance(namespace, str) and not prefix.startswith("@")
    }


def parse(parameters: Mapping[str, tuple[Scalar, ...]], namespaces: Namespaces) -> Query:
    """Give the query that the parameters ask; see :func:`parse_url`."""
    conditions: list[Condition] = []
    limits: dict[str, Parameter] = {}
    for name, values in parameters.items():
        if not all(is_storable(text) for text in (name, *values) if isinstance(text, str)):
            raise QueryError(
                f'Query parameter "{name}": NUL and halves of surrogate pairs may not stand in it.'
            )
        parameter = Parameter(name, values, namespaces)
        if name in _LIMITS:
            limits[name] = parameter
            continue
        made = _maker(name)(parameter)
        if made is not None:
            conditions.append(made)
    return Query(
        conditions=tuple(conditions),
        order=_order(limits, namespaces),
        event_count_limit=_event_count_limit(limits),
        max_event_count=integer(limits["maxEventCount"], 0) if "maxEventCount" in limits else None,
        source=tuple(sorted(parameters.items())),
    )


_INSTANTS: tuple[tuple[str, _InstantColumn], ...] = (
    ("eventTime", "event_at"),
    ("recordTime", "record_at"),
    ("errorDeclarationTime", "declared_at"),
    ("errorDeclaration_Time", "declared_at"),
)
_LIMITS = ("orderBy", "orderDirection", "eventCountLimit", "maxEventCount")


def _event_count_limit(limits: Mapping[str, Parameter]) -> int | None:
    """Check what the standard says of the two limits, and give the one that cuts."""
    if "eventCountLimit" not in limits:
        return None
    if "maxEventCount" in limits:
        raise QueryError("eventCountLimit and maxEventCount exclude each other. Give only one of them.")
    if "orderBy" not in limits:
        raise QueryError(
            "eventCountLimit needs orderBy, which says which events are the first. Add orderBy=eventTime or recordTime."
        )
    return integer(limits["eventCountLimit"], 0)


def _order(limits: Mapping[str, Parameter], namespaces: Namespaces) -> Order:
    """Give the order asked for; newest event first where none is."""
    descending = True
    if "orderDirection" in limits:
        one(limits["orderDirection"])
        descending = choice(limits["orderDirection"], ("ASC", "DESC")) == ["DESC"]
    if "orderBy" not in limits:
        return Order(descending=descending)
    field = one(limits["orderBy"])
    if field in ("eventTime", "recordTime"):
        return Order(str(field), descending)
    found = families.extension_field(field) if isinstance(field, str) else None
    if found is None:
        raise limits["orderBy"].error(
            field, "eventTime, recordTime or an extension field such as example:myField"
        )
    return families.extension_order(*found, descending, namespaces)


def _maker(name: str) -> _Make:
    """Give what makes the condition of a parameter of this name."""
    fixed = _FIXED.get(name)
    if fixed is not None:
        return fixed
    family = families.maker(name)
    if family is not None:
        return family
    raise QueryError(
        f'"{name}" is no query parameter.{nearest(name, [*_FIXED, *_LIMITS])} '
        "See EPCIS 2.0 section 8.2.7.1 for the names; names of extension fields need their prefix, as in "
        "EQ_example:myField."
    )


def _event_type(parameter: Parameter) -> Condition:
    """Find events of these types; other types than the standard's are URIs."""
    found = [
        value.removeprefix("epcis:").removeprefix("https://ref.gs1.org/epcis/") for value in texts(parameter)
    ]
    for value in found:
        if value not in EVENT_TYPES and ":" not in value:
            raise parameter.error(
                value, f"an event type: {', '.join(EVENT_TYPES)}.{nearest(value, EVENT_TYPES)}"
            )
    return InColumn("type", tuple(found))


def _action(parameter: Parameter) -> Condition:
    return InColumn("action", tuple(choice(parameter, _ACTIONS)))


def _word_column(column: Literal["biz_step", "disposition"], kind: str) -> _Make:
    return lambda parameter: InColumn(column, tuple(words(parameter, kind)))


def _place(column: Literal["read_point_id", "biz_location_id"], descendants: bool) -> _Make:
    def make(parameter: Parameter) -> Condition:
        ids = tuple(key_of(place) for place in identifiers(parameter))
        return WithDescendants(column, ids) if descendants else InColumn(column, ids)

    return make


def _time(column: _InstantColumn, comparison: Literal["GE", "LT"]) -> _Make:
    return lambda parameter: Instant(column, comparison, instant(parameter))


def _word_field(name: str, kind: str) -> _Make:
    return lambda parameter: _field(name, [key_of(word) for word in words(parameter, kind)])


def _uri_field(name: str) -> _Make:
    return lambda parameter: _field(name, [key_of(u) for u in identifiers(parameter)])


def _text_field(name: str) -> _Make:
    return lambda parameter: _field(
        name, [key for text in texts(parameter) for key in scalar_keys(text, parameter.namespaces)]
    )


def _boolean_field(name: str) -> _Make:
    def make(parameter: Parameter) -> Condition:
        wanted = boolean(parameter)
        return _field(
            name,
            scalar_keys(wanted, parameter.namespaces)
            + scalar_keys(str(wanted).lower(), parameter.namespaces),
        )

    return make


def _field(name: str, keys: list[Any]) -> FieldIn:
    return FieldIn((name_key(name),), tuple(dict.fromkeys(keys)))


def _event_ids(parameter: Parameter) -> Condition:
    return EventIds(tuple(key_of(event_id) for event_id in identifiers(parameter)))


def _exists_declaration(parameter: Parameter) -> Condition | None:
    return Declared() if exists(parameter) else None


def _exists_sensors(parameter: Parameter) -> Condition | None:
    return FieldExists((name_key("sensorElementList"),)) if exists(parameter) else None


_FIXED: dict[str, _Make] = {
    "eventType": _event_type,
    "EQ_action": _action,
    "EQ_bizStep": _word_column("biz_step", "bizStep"),
    "EQ_disposition": _word_column("disposition", "disposition"),
    "EQ_persistentDisposition_set": _word_field("persistentDisposition/set", "disposition"),
    "EQ_persistentDisposition_unset": _word_field("persistentDisposition/unset", "disposition"),
    "EQ_readPoint": _place("read_point_id", descendants=False),
    "WD_readPoint": _place("read_point_id", descendants=True),
    "EQ_bizLocation": _place("biz_location_id", descendants=False),
    "WD_bizLocation": _place("biz_location_id", descendants=True),
    "EQ_transformationID": _text_field("transformationID"),
    "EQ_eventID": _event_ids,
    "EXISTS_errorDeclaration": _exists_declaration,
    "EQ_errorReason": _word_field("errorReason", "errorReason"),
    "EQ_correctiveEventID": _uri_field("correctiveEventID"),
    "EXISTS_sensorElementList": _exists_sensors,
    "EQ_type": _word_field("sensor/type", "measurementType"),
    "EQ_booleanValue": _boolean_field("sensor/booleanValue"),
    **{
        f"EQ_{field}": _uri_field(f"sensor/{field}")
        for field in (
            "deviceID",
            "dataProcessingMethod",
            "microorganism",
            "chemicalSubstance",
            "bizRules",
            "uriValue",
        )
    },
    **{f"EQ_{field}": _text_field(f"sensor/{field}") for field in ("stringValue", "hexBinaryValue")},
    **{
        f"{comparison}_{name}": _time(column, comparison)
        for name, column in _INSTANTS
        for comparison in _RANGE
    },
    **families.sensor_times(),
    **families.matches(),
}
