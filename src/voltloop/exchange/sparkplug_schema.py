"""The messages of Sparkplug B as protobuf types, described in the terms of the specification.

Only what telemetry uses is described: data sets, templates and files are unknown fields here, and their metrics are
told to have no readable value.

References
----------
Sparkplug 3.0.0, section 6.4: payload components and their field numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

__all__ = ["BOOLEAN", "DOUBLE", "INT64", "STRING", "UINT64", "VALUES", "payload_type"]

_PACKAGE = "voltloop.sparkplug"
VALUES = {
    "int_value": 10,
    "long_value": 11,
    "float_value": 12,
    "double_value": 13,
    "boolean_value": 14,
    "string_value": 15,
    "bytes_value": 16,
}
"""The fields of a metric's value that are read here (6.4.6)."""

INT64, UINT64, DOUBLE, BOOLEAN, STRING = 4, 8, 10, 11, 12
"""Some of the data types (6.4.16)."""

_F = descriptor_pb2.FieldDescriptorProto
_KINDS: Mapping[str, Any] = {
    "int_value": _F.TYPE_UINT32,
    "long_value": _F.TYPE_UINT64,
    "float_value": _F.TYPE_FLOAT,
    "double_value": _F.TYPE_DOUBLE,
    "boolean_value": _F.TYPE_BOOL,
    "string_value": _F.TYPE_STRING,
    "bytes_value": _F.TYPE_BYTES,
}
_PROPERTY_VALUES = {
    "int_value": 3,
    "long_value": 4,
    "float_value": 5,
    "double_value": 6,
    "boolean_value": 7,
    "string_value": 8,
}


def _field(message: Any, name: str, number: int, kind: Any, **more: Any) -> None:
    made = message.field.add(name=name, number=number, type=kind)
    made.label = _F.LABEL_REPEATED if more.get("repeated") else _F.LABEL_OPTIONAL
    if "of" in more:
        made.type_name = f".{_PACKAGE}.{more['of']}"
    if more.get("one_of"):
        made.oneof_index = 0


def _values(message: Any, numbers: Mapping[str, int]) -> None:
    message.oneof_decl.add(name="value")
    for name, number in numbers.items():
        _field(message, name, number, _KINDS[name], one_of=True)


@cache
def payload_type() -> Any:
    """Give the class of a Sparkplug payload."""
    file = descriptor_pb2.FileDescriptorProto(
        name="voltloop_sparkplug.proto", package=_PACKAGE, syntax="proto2"
    )
    value = file.message_type.add(name="PropertyValue")
    _field(value, "type", 1, _F.TYPE_UINT32)
    _field(value, "is_null", 2, _F.TYPE_BOOL)
    _values(value, _PROPERTY_VALUES)
    properties = file.message_type.add(name="PropertySet")
    _field(properties, "keys", 1, _F.TYPE_STRING, repeated=True)
    _field(properties, "values", 2, _F.TYPE_MESSAGE, repeated=True, of="PropertyValue")
    metric = file.message_type.add(name="Metric")
    _field(metric, "name", 1, _F.TYPE_STRING)
    _field(metric, "alias", 2, _F.TYPE_UINT64)
    _field(metric, "timestamp", 3, _F.TYPE_UINT64)
    _field(metric, "datatype", 4, _F.TYPE_UINT32)
    _field(metric, "is_historical", 5, _F.TYPE_BOOL)
    _field(metric, "is_transient", 6, _F.TYPE_BOOL)
    _field(metric, "is_null", 7, _F.TYPE_BOOL)
    _field(metric, "properties", 9, _F.TYPE_MESSAGE, of="PropertySet")
    _values(metric, VALUES)
    payload = file.message_type.add(name="Payload")
    _field(payload, "timestamp", 1, _F.TYPE_UINT64)
    _field(payload, "metrics", 2, _F.TYPE_MESSAGE, repeated=True, of="Metric")
    _field(payload, "seq", 3, _F.TYPE_UINT64)
    _field(payload, "uuid", 4, _F.TYPE_STRING)
    _field(payload, "body", 5, _F.TYPE_BYTES)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)  # type: ignore[no-untyped-call]
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Payload"))  # type: ignore[no-untyped-call]
