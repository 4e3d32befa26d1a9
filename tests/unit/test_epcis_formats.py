"""Identifiers leave in the spelling that the caller asks for, wherever they stand, and nothing else changes."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from epcis_hash_cases import events_of, examples
from voltloop.epcis.formats import EpcFormat, translate, translate_identifier
from voltloop.epcis.hashing import pre_hash
from voltloop.epcis.identifiers import company_prefix

URN = "urn:epc:id:sgtin:9521234.012345.7"
LINK = "https://id.gs1.org/01/09521234123453/21/7"
CLASS_URN = "urn:epc:class:lgtin:9521234.012345.A"
CLASS_LINK = "https://id.gs1.org/01/09521234123453/10/A"
PLACE_URN = "urn:epc:id:sgln:9521234.00005.0"
PLACE_LINK = "https://id.gs1.org/414/9521234000051"
DEVICE_URN = "urn:epc:id:giai:9521234.T1"
DEVICE_LINK = "https://id.gs1.org/8004/9521234T1"


def everywhere(item: str, lot: str, place: str, device: str) -> dict[str, Any]:
    """Give an event with an identifier in every place that has one, and some where none is to be touched."""
    links = {"deviceID": device, "deviceMetadata": device, "dataProcessingMethod": device, "bizRules": device}
    return {
        "type": "ObjectEvent",
        "eventID": URN,
        **{name: [item] for name in ("epcList", "childEPCs", "inputEPCList", "outputEPCList")},
        **{name: [{"epcClass": lot, "quantity": 2, "uom": "KGM"}] for name in
           ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")},
        "parentID": item,
        "transformationID": item,
        "readPoint": {"id": place, "ex:also": URN},
        "bizLocation": {"id": place},
        "bizTransactionList": [{"type": "po", "bizTransaction": item}, {"bizTransaction": "https://example.com/1"}],
        "sourceList": [{"type": "location", "source": place}],
        "destinationList": [{"type": "location", "destination": place}],
        "sensorElementList": [
            {"sensorMetadata": {**links, "rawData": LINK}, "sensorReport": [{**links, "uriValue": URN}, {"value": 1}]},
            {"sensorReport": []},
        ],
        "ilmd": {"ex:like": LINK},
        "ex:like": URN,
    }  # fmt: skip


def test_every_place_is_translated_and_no_other() -> None:
    urns = everywhere(URN, CLASS_URN, PLACE_URN, DEVICE_URN)
    links = everywhere(LINK, CLASS_LINK, PLACE_LINK, DEVICE_LINK)
    before = copy.deepcopy(urns)
    assert translate(urns, "Always_GS1_Digital_Link") == links
    assert translate(links, "Always_EPC_URN", {"9521234"}) == urns
    assert translate(links, "Always_EPC_URN") == links, "Without its company prefix a Digital Link stays."
    assert urns == before, "The event given is not changed."


@pytest.mark.parametrize("epc_format", ["No_Preference", "Never_Translates"])
def test_as_captured(epc_format: EpcFormat) -> None:
    event = everywhere(URN, CLASS_LINK, PLACE_URN, DEVICE_LINK)
    assert translate(event, epc_format) is event
    assert translate_identifier(URN, epc_format) == URN


def test_a_digital_link_of_another_host_is_one_already() -> None:
    own = "https://example.com/gtin/9521234123453/ser/7?x=1"
    assert translate_identifier(own, "Always_GS1_Digital_Link") == own
    assert translate_identifier(own, "Always_EPC_URN", {"9521234"}) == URN


@pytest.mark.parametrize("file", [*examples("gs1/**/*.json*"), *examples("battery-events/*.jsonld")])
def test_published_events_go_there_and_back(file: Path) -> None:
    """All in Digital Links, then all in URNs: the canonical event is the same, and no EPC URN of a key is left over."""
    for event, context in events_of(file):
        links = translate(event, "Always_GS1_Digital_Link")
        prefixes = {found for text in _texts(event) if (found := company_prefix(text))}
        urns = translate(links, "Always_EPC_URN", prefixes)
        assert pre_hash(links, context) == pre_hash(event, context) == pre_hash(urns, context)
        assert "urn:epc:id:s" not in json.dumps({name: links.get(name) for name in ("epcList", "readPoint")})


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for one in inner for text in _texts(one)]
