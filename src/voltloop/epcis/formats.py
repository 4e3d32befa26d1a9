"""The spelling of identifiers in an answer: EPC URN, GS1 Digital Link, or as they were captured."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final, Literal

from voltloop.epcis.identifiers import to_digital_link, to_urn

__all__ = ["EpcFormat", "translate", "translate_identifier"]

EpcFormat = Literal["No_Preference", "Always_GS1_Digital_Link", "Always_EPC_URN", "Never_Translates"]
"""Values of the header ``GS1-EPC-Format``."""

_Spell = Callable[[str], str]

_SINGLE: Final = ("parentID", "transformationID")
_LISTS: Final = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
# Lists and places whose entries hold an identifier, and the field it stands in.
_ENTRIES: Final = {
    "quantityList": "epcClass",
    "childQuantityList": "epcClass",
    "inputQuantityList": "epcClass",
    "outputQuantityList": "epcClass",
    "bizTransactionList": "bizTransaction",
    "sourceList": "source",
    "destinationList": "destination",
}
_PLACES: Final = ("readPoint", "bizLocation")
# Of the links in sensor data these name a thing or a document; rawData and uriValue are addresses of data.
_SENSOR: Final = ("deviceID", "deviceMetadata", "dataProcessingMethod", "bizRules")


def translate_identifier(identifier: str, epc_format: EpcFormat, prefixes: Collection[str] = ()) -> str:
    """Give an identifier in the spelling that a caller asks for.

    Parameters
    ----------
    identifier
        Any URI. What is no GS1 key comes back unchanged.
    epc_format
        ``No_Preference`` and ``Never_Translates`` leave the text as it was captured.
    prefixes
        Company prefixes known from EPC URNs, best a set; see :func:`voltloop.epcis.identifiers.to_urn`. A Digital
        Link whose prefix is not among them stays a Digital Link.

    References
    ----------
    EPCIS 2.0 REST binding, header ``GS1-EPC-Format``.

    Examples
    --------
    >>> translate_identifier("urn:epc:id:sscc:9521234.0000000333", "Always_GS1_Digital_Link")
    'https://id.gs1.org/00/095212340000003335'
    >>> translate_identifier("https://example.com/00/095212340000003335", "Always_EPC_URN", {"9521234"})
    'urn:epc:id:sscc:9521234.0000000333'
    """
    if epc_format == "Always_GS1_Digital_Link" and identifier.startswith("urn:epc:"):
        return to_digital_link(identifier) or identifier
    if epc_format == "Always_EPC_URN":
        return to_urn(identifier, prefixes) or identifier
    return identifier


def translate(event: dict[str, Any], epc_format: EpcFormat, prefixes: Collection[str] = ()) -> dict[str, Any]:
    """Give an event with every identifier in the spelling that a caller asks for.

    Parameters
    ----------
    event
        A valid event in the JSON form of EPCIS 2.0. It is not changed.
    epc_format, prefixes
        As in :func:`translate_identifier`.

    Returns
    -------
    dict
        The event itself where nothing is to be translated. Identifiers are those of objects, classes, parents,
        places, transactions, sources, destinations, transformations, and of devices and documents in sensor data;
        extensions, eventIDs and addresses of data stay.

    Examples
    --------
    >>> translate({"readPoint": {"id": "urn:epc:id:sgln:9521234.00005.0"}}, "Always_GS1_Digital_Link")
    {'readPoint': {'id': 'https://id.gs1.org/414/9521234000051'}}
    """
    if epc_format in ("No_Preference", "Never_Translates"):
        return event

    def spell(identifier: str) -> str:
        return translate_identifier(identifier, epc_format, prefixes)

    changed: dict[str, Any] = {name: spell(event[name]) for name in _SINGLE if name in event}
    changed |= {name: [spell(one) for one in event[name]] for name in _LISTS if name in event}
    changed |= {name: _respelled(event[name], ("id",), spell) for name in _PLACES if name in event}
    for name, field in _ENTRIES.items():
        if name in event:
            changed[name] = [_respelled(entry, (field,), spell) for entry in event[name]]
    if "sensorElementList" in event:
        changed["sensorElementList"] = [
            _sensor_element(element, spell) for element in event["sensorElementList"]
        ]
    return event | changed


def _respelled(holder: dict[str, Any], fields: Collection[str], spell: _Spell) -> dict[str, Any]:
    """Give a copy of an object with some of its fields spelt anew."""
    return holder | {field: spell(holder[field]) for field in fields if field in holder}


def _sensor_element(element: dict[str, Any], spell: _Spell) -> dict[str, Any]:
    """Give a copy of a sensor element with its devices and documents spelt anew."""
    changed: dict[str, Any] = {}
    if "sensorMetadata" in element:
        changed["sensorMetadata"] = _respelled(element["sensorMetadata"], _SENSOR, spell)
    if "sensorReport" in element:
        changed["sensorReport"] = [_respelled(report, _SENSOR, spell) for report in element["sensorReport"]]
    return element | changed
