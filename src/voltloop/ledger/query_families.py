"""Families of query parameters: those that carry a role, a type, a unit, or the name of a field in their own name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import cast
from uuid import UUID

from voltloop.epcis.identifiers import key_of
from voltloop.epcis.patterns import Pattern, parse_pattern
from voltloop.epcis.vocabulary import bare_word, vocabularies
from voltloop.errors import InputError, nearest
from voltloop.ledger.fields import SENSOR_NUMBERS, SENSOR_TIMES, measure_name
from voltloop.ledger.master_data import attribute_key
from voltloop.ledger.names import TIMES, extension_name, instant_seconds, name_key, number_of, plain_namespace
from voltloop.ledger.query_model import (
    Column,
    Comparison,
    Condition,
    FieldExists,
    FieldIn,
    FieldNumber,
    Matching,
    Order,
    QueryError,
    WithAttribute,
)
from voltloop.ledger.query_values import (
    Namespaces,
    Parameter,
    equal_values,
    exists,
    extension_names,
    identifiers,
    instant,
    number,
    one,
    scalar_keys,
    spellings,
    texts,
)
from voltloop.ledger.roles import Role

__all__ = ["extension_field", "extension_order", "maker", "matches", "sensor_times"]

Make = Callable[[Parameter], Condition | None]

_CONVERSION_ERROR = 1e-12
"""Largest relative error of converting units in double precision, with room to spare: equal within it is equal."""

_COMPARE = "(?P<comparison>EQ|GT|GE|LT|LE)_"
_UNIT = "(?P<uom>[A-Z0-9]{2,4})"
_FIELD = r"(?P<field>[A-Za-z][\w.\-]*:[^\s]+)"
_PART = "(?P<part>ILMD|ERROR_DECLARATION|SENSORELEMENT|SENSORMETADATA|SENSORREPORT|readPoint|bizLocation)_"

_TYPED = re.compile(r"EQ_(?P<list>bizTransaction|source|destination)_(?P<type>\S+)")
_QUANTITY = re.compile(f"{_COMPARE}quantity(_{_UNIT})?")
_MEASURE = re.compile(f"{_COMPARE}(?P<measure>{'|'.join(SENSOR_NUMBERS)})_{_UNIT}")
_RANK = re.compile(f"{_COMPARE}percRank")
_EXTENSION = re.compile(f"(?P<comparison>EQ|GT|GE|LT|LE|EXISTS)_(?P<inner>INNER_)?({_PART})?{_FIELD}")
_HAS_ATTRIBUTE = re.compile(r"HASATTR_(?P<field>\S+)")
_ATTRIBUTE = re.compile(
    r"(EQATTR|EQ_ATTR)_(?P<field>[A-Za-z]+(?=_)|[A-Za-z][\w.\-]*?:[^\s_]+)_(?P<attribute>\S+)"
)
_ORDER_FIELD = re.compile(f"({_PART})?{_FIELD}")

_ROLES: dict[str, tuple[Role, ...]] = {
    "epc": (Role.OBJECT, Role.CHILD),
    "parentID": (Role.PARENT,),
    "inputEPC": (Role.INPUT,),
    "outputEPC": (Role.OUTPUT,),
    "anyEPC": (Role.OBJECT, Role.PARENT, Role.CHILD, Role.INPUT, Role.OUTPUT),
    "epcClass": (Role.OBJECT_CLASS, Role.CHILD_CLASS),
    "inputEPCClass": (Role.INPUT_CLASS,),
    "outputEPCClass": (Role.OUTPUT_CLASS,),
    "anyEPCClass": (Role.OBJECT_CLASS, Role.CHILD_CLASS, Role.INPUT_CLASS, Role.OUTPUT_CLASS),
}

_ATTRIBUTE_COLUMNS: dict[str, Column] = {
    "bizLocation": "biz_location_id",
    "readPoint": "read_point_id",
    "bizStep": "biz_step",
    "disposition": "disposition",
}
_ATTRIBUTE_ROLES: dict[str, tuple[Role, ...]] = {
    "epcClass": _ROLES["anyEPCClass"],
    "epcList": (Role.OBJECT,),
    "childEPCs": (Role.CHILD,),
    "parentID": (Role.PARENT,),
    "inputEPCList": (Role.INPUT,),
    "outputEPCList": (Role.OUTPUT,),
}
_TYPE_KINDS = {
    "bizTransaction": "bizTransactionType",
    "source": "sourceDestinationType",
    "destination": "sourceDestinationType",
}

_VOCABULARY_TYPE = "urn:epcglobal:epcis:vtype:"
_PARTIES = ("SourceDest", "Party", "Location")
_VOCABULARIES: dict[str, tuple[str, ...]] = {
    "bizLocation": ("BusinessLocation",),
    "readPoint": ("ReadPoint",),
    "bizStep": ("BusinessStep",),
    "disposition": ("Disposition",),
    "bizTransaction": ("BusinessTransaction",),
    "source": _PARTIES,
    "destination": _PARTIES,
    "epcClass": ("EPCClass",),
}
"""Types of the vocabularies that describe a field; those of the others are not told apart by the standard."""

_PATHS: dict[str, tuple[str, ...]] = {
    "": (),
    "ILMD": ("ilmd",),
    "ERROR_DECLARATION": ("errorDeclaration",),
    "SENSORELEMENT": ("sensorElementList", "0"),
    "SENSORMETADATA": ("sensorElementList", "0", "sensorMetadata"),
    "SENSORREPORT": ("sensorElementList", "0", "sensorReport", "0"),
    "readPoint": ("readPoint",),
    "bizLocation": ("bizLocation",),
}


def matches() -> dict[str, Make]:
    """Give the makers of the ``MATCH_`` parameters by name."""

    def matching(roles: tuple[Role, ...]) -> Make:
        def make(parameter: Parameter) -> Condition:
            values = identifiers(parameter)
            patterns = [pattern for value in values if (pattern := _pattern(parameter, value)) is not None]
            return Matching(roles, tuple(dict.fromkeys(key_of(value) for value in values)), tuple(patterns))

        return make

    return {f"MATCH_{name}": matching(roles) for name, roles in _ROLES.items()}


def _pattern(parameter: Parameter, value: str) -> Pattern | None:
    """Give the pattern that a value is, None of a plain identifier."""
    try:
        return parse_pattern(value)
    except InputError as error:
        raise QueryError(f"Query parameter {parameter.name}: {error.message}") from None


def sensor_times() -> dict[str, Make]:
    """Give the makers of the parameters of sensor times by name."""

    def timed(field: str, comparison: Comparison) -> Make:
        return lambda parameter: FieldNumber(
            (name_key(f"sensor/{field}"),), comparison, (instant(parameter).timestamp(),)
        )

    return {f"{c}_{field}": timed(field, c) for field in SENSOR_TIMES for c in ("GE", "LT")}


def maker(name: str) -> Make | None:
    """Give what makes the condition of a parameter of a family, None where the name belongs to none."""
    for pattern, make in _FAMILIES:
        found = pattern.fullmatch(name)
        if found is not None:
            return partial(make, found)
    return None


def _typed(found: re.Match[str], parameter: Parameter) -> Condition:
    """Find references of one type: business transactions, sources, destinations."""
    field = found["list"]
    known = vocabularies()[_TYPE_KINDS[field]]
    kind = bare_word(known.kind, found["type"])
    if kind not in known.words and ":" not in kind:
        raise QueryError(
            f'Query parameter {parameter.name}: "{kind}" is no {known.name} of the CBV, nor a URI of your own.'
            f"{nearest(kind, known.words)} The words are: {', '.join(sorted(known.words))}."
        )
    keys = [key for value in texts(parameter) for key in scalar_keys(value, parameter.namespaces)]
    names = tuple(name_key(f"{field}/{spelling}") for spelling in spellings(kind, parameter.namespaces))
    return FieldIn(names, tuple(dict.fromkeys(keys)))


def _quantity(found: re.Match[str], parameter: Parameter) -> Condition:
    """Compare amounts of quantity elements: as said, or in one unit."""
    if found["uom"] is None:
        return _compared(_comparison(found), "quantity", _numbers(parameter, found), 0.0)
    return _measured(found, parameter, "quantity")


def _measure(found: re.Match[str], parameter: Parameter) -> Condition:
    """Compare numbers of sensor reports in one unit."""
    return _measured(found, parameter, f"sensor/{found['measure']}")


def _measured(found: re.Match[str], parameter: Parameter, field: str) -> Condition:
    """Numbers in a unit, sought in the base unit of its dimension."""
    based = [measure_name(field, value, found["uom"]) for value in _numbers(parameter, found)]
    return _compared(_comparison(found), based[0][0], [base for _, base in based], _CONVERSION_ERROR)


def _rank(found: re.Match[str], parameter: Parameter) -> Condition:
    """Compare percentile ranks of sensor reports."""
    return _compared(_comparison(found), "sensor/percRank", _numbers(parameter, found), 0.0)


def _comparison(found: re.Match[str]) -> Comparison:
    return cast(Comparison, found["comparison"])


def _numbers(parameter: Parameter, found: re.Match[str]) -> list[float]:
    """Give the numbers of a parameter: several only where it asks for equality."""
    values = parameter.values if found["comparison"] == "EQ" else (one(parameter),)
    if not values:
        raise parameter.error("", "a number; give at least one")
    return [number(parameter, value) for value in values]


def _compared(comparison: Comparison, name: str, bounds: Sequence[float], tolerance: float) -> Condition:
    return FieldNumber((name_key(name),), comparison, tuple(bounds), tolerance)


def extension_field(text: str) -> tuple[str, str] | None:
    """Split the name of an extension field into its part of the event (empty for the event itself) and the field."""
    found = _ORDER_FIELD.fullmatch(text)
    return (found["part"] or "", found["field"]) if found else None


def extension_order(family: str, field: str, descending: bool, namespaces: Namespaces) -> Order:
    """Give the order by an extension field."""
    names = extension_names(family, False, field, namespaces)
    return Order(
        extension_name(family, False, field),
        descending,
        names=tuple(name_key(name) for name in names),
        time_names=tuple(name_key(TIMES + name) for name in names),
        paths=tuple((*_PATHS[family], key) for key in _keys_in_documents(field, namespaces)),
    )


def _keys_in_documents(field: str, namespaces: Namespaces) -> list[str]:
    """Give the keys that a field may have in documents, which may call its namespace by another prefix."""
    prefix, _, local = field.partition(":")
    wanted = {plain_namespace(namespace) for namespace in namespaces.get(prefix, ())}
    others = {
        other for other, known in namespaces.items() if any(plain_namespace(one) in wanted for one in known)
    }
    return [f"{one}:{local}" for one in sorted(others | {prefix})]


def _extension(found: re.Match[str], parameter: Parameter) -> Condition | None:
    """Find extension fields of the event or of one of its parts, at its top or anywhere within."""
    inner = found["inner"] is not None
    names = extension_names(found["part"] or "", inner, found["field"], parameter.namespaces)
    comparison = found["comparison"]
    if comparison == "EXISTS":
        return FieldExists(tuple(name_key(name) for name in names)) if exists(parameter) else None
    if comparison == "EQ":
        return equal_values(parameter, names)
    value = one(parameter)
    seconds = instant_seconds(value)
    if seconds is not None:
        return FieldNumber(tuple(name_key(TIMES + name) for name in names), _comparison(found), (seconds,))
    if number_of(value) is None:
        raise parameter.error(value, "a number, or a date and time with a zone")
    return FieldNumber(
        tuple(name_key(name) for name in names), _comparison(found), (number(parameter, value),)
    )


def _has_attribute(found: re.Match[str], parameter: Parameter) -> Condition:
    """Ask master data whether what stands in a field has one of the attributes."""
    keys = [key for name in texts(parameter) for key in _attribute_keys(name, parameter.namespaces)]
    return _attributed(found["field"], parameter, keys, None)


def _attribute(found: re.Match[str], parameter: Parameter) -> Condition:
    """Ask master data whether what stands in a field has an attribute with one of the values."""
    if not parameter.values:
        raise parameter.error("", "a value; give at least one")
    values = [key for value in parameter.values for key in scalar_keys(value, parameter.namespaces)]
    keys = _attribute_keys(found["attribute"], parameter.namespaces)
    return _attributed(found["field"], parameter, keys, tuple(dict.fromkeys(values)))


def _attribute_keys(name: str, namespaces: Namespaces) -> list[UUID]:
    """Give the keys that an attribute of this name may have."""
    prefix = name.partition(":")[0]
    contexts = [{prefix: namespace} for namespace in sorted(namespaces.get(prefix, ()))] or [{}]
    return [attribute_key(name, context) for context in contexts]


def _attributed(
    field: str,
    parameter: Parameter,
    attribute_ids: Sequence[UUID],
    value_ids: tuple[UUID, ...] | None,
) -> Condition:
    """Give the condition on the attributes of what stands in a field, as the vocabulary of the field tells them."""
    names: list[str] = []
    if field in _TYPE_KINDS:
        names = [f"{field}/{kind}" for kind in sorted(vocabularies()[_TYPE_KINDS[field]].words)]
    elif ":" in field:
        names = extension_names("", False, field, parameter.namespaces)
    elif field not in _ATTRIBUTE_COLUMNS and field not in _ATTRIBUTE_ROLES:
        known = [*_ATTRIBUTE_COLUMNS, *_ATTRIBUTE_ROLES, *_TYPE_KINDS]
        raise QueryError(
            f'Query parameter {parameter.name}: "{field}" is no field whose values master data describes.'
            f"{nearest(field, known)} Known: {', '.join(known)}, and extension fields with their prefix."
        )
    return WithAttribute(
        column=_ATTRIBUTE_COLUMNS.get(field, ""),
        roles=_ATTRIBUTE_ROLES.get(field, ()),
        names=tuple(name_key(name) for name in names),
        vocabularies=tuple(_VOCABULARY_TYPE + kind for kind in _VOCABULARIES.get(field, ())),
        attribute_ids=tuple(attribute_ids),
        value_ids=value_ids,
    )


_FAMILIES: tuple[tuple[re.Pattern[str], Callable[..., Condition | None]], ...] = (
    (_QUANTITY, _quantity),
    (_MEASURE, _measure),
    (_RANK, _rank),
    (_HAS_ATTRIBUTE, _has_attribute),
    (_ATTRIBUTE, _attribute),
    (_TYPED, _typed),
    (_EXTENSION, _extension),
)
