"""What the generated OpenAPI says about query parameters: all that have a fixed name, and how the others are made."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from voltloop.epcis.json_schema import EVENT_TYPES
from voltloop.epcis.vocabulary import vocabularies

__all__ = ["FAMILIES", "query_parameters"]

_IDENTIFIER = {
    "type": "string",
    "format": "uri",
    "pattern": r"^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+$",
}
_TEXT = {"type": "string", "minLength": 1}
_INSTANT = {"type": "string", "format": "date-time"}

_CHOICES: Mapping[str, tuple[str, ...]] = {"EQ_action": ("ADD", "OBSERVE", "DELETE")}
_WORDS: Mapping[str, str] = {
    "EQ_bizStep": "bizStep",
    "EQ_disposition": "disposition",
    "EQ_persistentDisposition_set": "disposition",
    "EQ_persistentDisposition_unset": "disposition",
    "EQ_errorReason": "errorReason",
    "EQ_type": "measurementType",
}
"""Parameters that take words of a vocabulary of the CBV, or absolute URIs of one's own."""
_IDENTIFIERS = (
    "EQ_readPoint",
    "WD_readPoint",
    "EQ_bizLocation",
    "WD_bizLocation",
    "EQ_transformationID",
    "EQ_eventID",
    "EQ_correctiveEventID",
    "EQ_deviceID",
    "EQ_dataProcessingMethod",
    "EQ_microorganism",
    "EQ_chemicalSubstance",
    "EQ_bizRules",
    "EQ_uriValue",
)
_PATTERNS = (
    "MATCH_epc",
    "MATCH_parentID",
    "MATCH_inputEPC",
    "MATCH_outputEPC",
    "MATCH_anyEPC",
    "MATCH_epcClass",
    "MATCH_inputEPCClass",
    "MATCH_outputEPCClass",
    "MATCH_anyEPCClass",
)
_TEXTS = ("EQ_stringValue", "EQ_hexBinaryValue")
_INSTANTS = ("eventTime", "recordTime", "startTime", "endTime", "errorDeclarationTime")
_COMPARISONS = ("EQ", "GT", "GE", "LT", "LE")
_SWITCHES = ("EXISTS_errorDeclaration", "EXISTS_sensorElementList", "EQ_booleanValue")
_COUNTS = ("eventCountLimit", "maxEventCount")

FAMILIES = """
Besides the parameters listed there are those whose name holds a type, a unit or a field:
`EQ_bizTransaction_{type}`, `EQ_source_{type}`, `EQ_destination_{type}`; `EQ_quantity_{uom}` and
`EQ_value_{uom}`, `EQ_minValue_{uom}`, `EQ_maxValue_{uom}`, `EQ_meanValue_{uom}`, `EQ_sDev_{uom}`,
`EQ_percValue_{uom}`, `EQ_percRank` (each with `EQ`, `GT`, `GE`, `LT`, `LE`; units of one dimension are compared);
`EQ_{prefix:field}` and `EXISTS_{prefix:field}` of extensions, with `INNER_`, `ILMD_`, `INNER_ILMD_`,
`ERROR_DECLARATION_`, `SENSORELEMENT_`, `SENSORMETADATA_`, `SENSORREPORT_`, `readPoint_`, `bizLocation_`;
`HASATTR_{field}` and `EQATTR_{field}_{attribute}` of master data. Several values are divided by `|`.
"""
"""Markdown on the parameters that no list can name."""


def _several(item: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": item}


def _schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, choices in _CHOICES.items():
        yield name, _several({"type": "string", "enum": list(choices)})
    words = {"eventType": EVENT_TYPES} | {
        name: tuple(sorted(vocabularies()[kind].words)) for name, kind in _WORDS.items()
    }
    for name, known in words.items():
        yield name, _several({"anyOf": [{"enum": list(known)}, _IDENTIFIER]})
    for name in (*_IDENTIFIERS, *_PATTERNS):
        yield name, _several(_IDENTIFIER)
    for name in _TEXTS:
        yield name, _several(_TEXT)
    for field in _INSTANTS:
        yield f"GE_{field}", _INSTANT
        yield f"LT_{field}", _INSTANT
    for comparison in _COMPARISONS:
        yield f"{comparison}_quantity", {"type": "number"}
    for name in _SWITCHES:
        yield name, {"type": "boolean"}
    for name in _COUNTS:
        yield name, {"type": "integer", "minimum": 1}
    yield "orderBy", {"type": "string", "enum": ["eventTime", "recordTime"]}
    yield "orderDirection", {"type": "string", "enum": ["ASC", "DESC"]}


def query_parameters(without: Collection[str] = ()) -> list[dict[str, Any]]:
    """Describe the query parameters with a fixed name, but for those that the path implies.

    References
    ----------
    EPCIS 2.0 section 8.2.7.1.

    Examples
    --------
    >>> query_parameters()[0]["name"]
    'EQ_action'
    """
    described: list[dict[str, Any]] = []
    for name, schema in _schemas():
        if name not in without:
            style = {"style": "pipeDelimited", "explode": False} if schema["type"] == "array" else {}
            described.append({"name": name, "in": "query", "required": False, "schema": schema, **style})
    return described
