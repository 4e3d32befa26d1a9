"""What an event says beyond the columns of its row, as rows of the table ``event_field``.

One row says: under this name the event holds this value, this number, or something (then both are empty, and only
``EXISTS_`` finds it). Quantities and sensor values are filed in the base unit of their dimension, so that a query in
degrees Fahrenheit finds a reading in degrees Celsius. Names and keys: :mod:`voltloop.ledger.names`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from voltloop.epcis.quantities import to_base, units
from voltloop.ledger.names import (
    TIMES,
    Scalar,
    extension_name,
    instant_seconds,
    name_key,
    number_of,
    qualified,
    scalar_key,
    scalars,
)

__all__ = [
    "SENSOR_NUMBERS",
    "SENSOR_TEXTS",
    "SENSOR_TIMES",
    "FieldRow",
    "FieldValue",
    "field_rows",
    "field_values",
    "measure_name",
]

FieldRow = tuple[UUID, UUID | None, float | None, int]
"""``(name_id, value_id, number, position)``: position tells the values of one name apart."""

FieldValue = tuple[str, Scalar | None, float | None]
"""``(name, value, number)``."""

SENSOR_TIMES = ("time", "startTime", "endTime")
SENSOR_NUMBERS = ("value", "minValue", "maxValue", "meanValue", "sDev", "percValue")
SENSOR_TEXTS = (
    "type",
    "deviceID",
    "dataProcessingMethod",
    "microorganism",
    "chemicalSubstance",
    "bizRules",
    "stringValue",
    "booleanValue",
    "hexBinaryValue",
    "uriValue",
)


class _Found:
    """What was found in one event, each thing once, in the order of the event."""

    __slots__ = ("context", "entries")

    def __init__(self, context: Mapping[str, str]) -> None:
        self.context = context
        self.entries: dict[FieldValue, None] = {}

    def value(self, name: str, value: Any) -> None:
        """File a text, number or truth."""
        self.entries[name, value, None] = None

    def number(self, name: str, number: float | None) -> None:
        """File a number, if it is one."""
        if number is not None:
            self.entries[name, None, number] = None

    def measure(self, field: str, value: Any, uom: Any) -> None:
        """File a number with its unit, if it has one."""
        number = number_of(value)
        if number is not None and isinstance(uom, str):
            self.number(*measure_name(field, number, uom))

    def extensions(self, family: str, part: Mapping[str, Any]) -> None:
        """File all extension fields of one part of an event."""
        for key, value in part.items():
            if ":" in key:
                self.extension(family, False, key, value)

    def extension(self, family: str, inner: bool, key: str, value: Any) -> None:
        """File one extension field and, at any depth, the fields within it."""
        if key.startswith("@"):
            return
        name = extension_name(family, inner, qualified(key, self.context))
        for scalar in scalars(value):
            self.entries[name, scalar, number_of(scalar)] = None
            self.number(TIMES + name, instant_seconds(scalar))
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict) and item:
                self.entries[name, None, None] = None
                for inner_key, inner_value in item.items():
                    if inner_key not in ("id", "type"):
                        self.extension(family, True, inner_key, inner_value)


def field_rows(event: Mapping[str, Any], context: Mapping[str, str]) -> list[FieldRow]:
    """Give the rows of ``event_field`` of one event.

    Parameters
    ----------
    event
        A valid event in canonical form (EPCIS 2.0 JSON with bare CBV words).
    context
        Prefix to namespace of the document's extensions.

    Returns
    -------
    list
        ``(name_id, value_id, number, position)``, unique by name and position; empty for a plain event. ``number``
        is in the base unit of the name's dimension, or seconds since 1970 under a name of times.

    References
    ----------
    EPCIS 2.0 section 8.2.7.1: parameters of the simple event query.
    """
    counts: dict[str, int] = {}
    rows: list[FieldRow] = []
    for name, value, number in field_values(event, context):
        position = counts.get(name, 0)
        counts[name] = position + 1
        rows.append((name_key(name), None if value is None else scalar_key(value, context), number, position))
    return rows


def field_values(event: Mapping[str, Any], context: Mapping[str, str]) -> Iterable[FieldValue]:
    """Give what :func:`field_rows` gives, with names and values as texts in place of their keys."""
    found = _Found(context)
    for key, value in event.items():
        handler = _HANDLERS.get(key)
        if handler is not None:
            handler(found, value)
        elif ":" in key:
            found.extension("", False, key, value)
    return found.entries


def measure_name(field: str, value: float, uom: str) -> tuple[str, float]:
    """Give the name under which a measured number is filed, and the number in the unit of that name.

    An unknown unit is a dimension of its own: it compares with itself only. A standard deviation is a difference:
    it takes the factor of its unit without the zero point.
    """
    base = to_base(value, uom)
    if base is None:
        return f"{field}/uom:{uom}", value
    dimension, number = base
    return f"{field}/{dimension}", value * float(units()[uom].factor) if field == "sensor/sDev" else number


def _typed(field: str) -> Callable[[_Found, Any], None]:
    """File the entries of a list of typed references (business transactions, sources, destinations)."""

    def file(found: _Found, entries: Any) -> None:
        for entry in entries:
            kind = entry.get("type")
            if kind is not None:
                found.value(f"{field}/{kind}", entry[field])

    return file


def _quantities(found: _Found, elements: Any) -> None:
    """File the amounts of quantity elements, as said and in the base unit."""
    for element in elements:
        number = number_of(element.get("quantity"))
        found.number("quantity", number)
        found.measure("quantity", number, element.get("uom"))


def _persistent(found: _Found, value: Any) -> None:
    """File dispositions set and unset for good."""
    for side in ("set", "unset"):
        for word in value.get(side) or ():
            found.value(f"persistentDisposition/{side}", word)


def _transformation(found: _Found, value: Any) -> None:
    """File the transformation's id."""
    found.value("transformationID", value)


def _declaration(found: _Found, value: Any) -> None:
    """File an error declaration: its reason, its corrective events, its extensions. The time is a column."""
    if value.get("reason"):
        found.value("errorReason", value["reason"])
    for event_id in value.get("correctiveEventIDs") or ():
        found.value("correctiveEventID", event_id)
    found.extensions("ERROR_DECLARATION", value)


def _ilmd(found: _Found, value: Any) -> None:
    """File instance and lot master data."""
    found.extensions("ILMD", value)


def _place(family: str) -> Callable[[_Found, Any], None]:
    """File the extensions of a read point or business location."""

    def file(found: _Found, value: Any) -> None:
        if len(value) > 1:
            found.extensions(family, value)

    return file


def _sensors(found: _Found, elements: Any) -> None:
    """File sensor elements: metadata, reports, and the extensions of all three levels."""
    for element in elements:
        found.entries["sensorElementList", None, None] = None
        found.extensions("SENSORELEMENT", element)
        metadata = element.get("sensorMetadata")
        if metadata:
            _sensor_fields(found, metadata)
            found.extensions("SENSORMETADATA", metadata)
        for report in element.get("sensorReport") or ():
            _sensor_fields(found, report)
            found.extensions("SENSORREPORT", report)
            for field in SENSOR_NUMBERS:
                if field in report:
                    found.measure(f"sensor/{field}", report[field], report.get("uom"))
            found.number("sensor/percRank", number_of(report.get("percRank")))


def _sensor_fields(found: _Found, part: Mapping[str, Any]) -> None:
    """File the texts and times of sensor metadata or of one report."""
    for field in SENSOR_TEXTS:
        if field in part:
            found.value(f"sensor/{field}", part[field])
    for field in SENSOR_TIMES:
        if field in part:
            found.number(f"sensor/{field}", instant_seconds(part[field]))


_HANDLERS: dict[str, Callable[[_Found, Any], None]] = {
    "bizTransactionList": _typed("bizTransaction"),
    "sourceList": _typed("source"),
    "destinationList": _typed("destination"),
    "quantityList": _quantities,
    "childQuantityList": _quantities,
    "inputQuantityList": _quantities,
    "outputQuantityList": _quantities,
    "persistentDisposition": _persistent,
    "transformationID": _transformation,
    "errorDeclaration": _declaration,
    "ilmd": _ilmd,
    "readPoint": _place("readPoint"),
    "bizLocation": _place("bizLocation"),
    "sensorElementList": _sensors,
}
