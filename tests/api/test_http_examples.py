"""The published examples, captured over HTTP and asked for again: equal in JSON, in XML and across both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from lxml import etree
from sqlalchemy import Engine

from epcis_hash_cases import EXAMPLES
from epcis_xml_cases import events_of_document, xml_examples
from http_cases import TestClient, captured, served
from voltloop.epcis import Document, event_hash, open_json, open_xml
from voltloop.epcis.vocabulary import bare_word, vocabularies

pytestmark = pytest.mark.skipif(
    EXAMPLES is None, reason="../shared/standards/epcis is not beside this clone."
)

JSON = sorted(EXAMPLES.rglob("*.json*")) if EXAMPLES else []
BATTERY = [path for path in JSON if "battery-events" in path.parts]
"""They have comment keys and more that the standard refuses: they are read leniently."""
UNTRANSLATED = {"GS1-EPC-Format": "Never_Translates"}
ADDED = ("recordTime", "eventID")
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
JSON_TYPE, XML_TYPE = "application/ld+json", "application/xml"


@pytest.fixture
def client(ledger: Engine, tmp_path: Path) -> Iterator[TestClient]:
    with served(ledger, tmp_path) as found:
        yield found


def asked(client: TestClient, event_id: str, accept: str) -> bytes:
    """Give the document of an event, its identifiers as they were captured."""
    answer = client.get(
        f"/epcis/events/{quote(event_id, safe='')}", headers={"Accept": accept, **UNTRANSLATED}
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(accept)
    return answer.content


def ids(document: Document) -> list[str]:
    """Give the eventID of every event of a document: its own, or its hash."""
    return [
        event.get("eventID") or event_hash(event, document.context) for event in events_of_document(document)
    ]


def bare(event: Mapping[str, Any], event_id: str) -> dict[str, Any]:
    """Give an event without what the repository adds."""
    return {
        **{name: value for name, value in event.items() if name not in ("recordTime", "@context")},
        "eventID": event_id,
    }


def assert_kept(client: TestClient, first: Document) -> None:
    """Every event comes back in JSON as it was, and has the same hash in JSON and XML."""
    for event, event_id in zip(events_of_document(first), ids(first), strict=True):
        expected = bare(event, event_id)
        in_json = open_json(asked(client, event_id, JSON_TYPE))
        found = [bare(event, event_id) for event in events_of_document(in_json)]
        assert expected in found
        wanted = event_hash(expected, first.context)
        assert wanted in [event_hash(event, in_json.context) for event in found]
        in_xml = open_xml(asked(client, event_id, XML_TYPE))
        assert wanted in [event_hash(event, in_xml.context) for event in events_of_document(in_xml)]


@pytest.mark.parametrize("path", [path for path in JSON if path not in BATTERY], ids=lambda path: path.name)
def test_published_events_in_json_come_back_equal(client: TestClient, path: Path):
    body = path.read_bytes()
    assert captured(client, body, JSON_TYPE)["success"]
    assert_kept(client, open_json(body))


@pytest.mark.parametrize("path", xml_examples(), ids=lambda path: path.name)
def test_published_events_in_xml_come_back_equal(client: TestClient, path: Path):
    body = path.read_bytes()
    assert captured(client, body, XML_TYPE)["success"]
    opened = open_xml(body)
    assert_kept(client, opened)
    root = etree.fromstring(body)
    if root.get("schemaVersion", "").startswith("1"):
        return
    for event, event_id in zip(root.iterfind(".//EventList/*"), ids(opened), strict=True):
        answer = etree.fromstring(asked(client, event_id, XML_TYPE))
        found = [shape(other) for other in answer.iterfind(".//EventList/*")]
        assert shape(event) in found


def shape(element: etree._Element) -> Any:
    """Give what an element says, whatever prefixes, spaces, order of its parts and spellings it uses.

    ``<extension>`` only wraps extensions, and an element that is nil says nothing.
    """
    children: list[etree._Element] = []
    for child in element:
        if child.tag == "extension":
            children += child
        elif isinstance(child.tag, str) and NIL not in child.attrib and child.tag not in ADDED:
            children.append(child)
    attributes = sorted((name, said(value)) for name, value in element.attrib.items())
    text = "" if children else said(element.text or "")
    return element.tag, attributes, text, sorted(map(shape, children), key=lambda part: part[0])


def said(text: str) -> object:
    """Give the meaning of a text: a number, a CBV word bare, or the text."""
    text = text.strip()
    for kind in vocabularies():
        if (word := bare_word(kind, text)) != text:
            return word
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


@pytest.mark.parametrize("path", BATTERY, ids=lambda path: path.name)
def test_battery_events_with_common_slips_are_taken_only_leniently(client: TestClient, path: Path):
    body = path.read_bytes()
    refused = client.post("/epcis/capture", content=body, headers={"Content-Type": JSON_TYPE})
    assert (refused.status_code, refused.json()["type"]) == (400, "epcisException:ValidationException")
    assert "_comment_architecture" in refused.json()["detail"]
    job = captured(client, body, JSON_TYPE, **{"Voltloop-Validation": "lenient"})
    assert job["success"], job["errors"]
    opened = open_json(body, strict=False)
    assert job["eventCount"] == opened.event_count
    answer = client.get("/epcis/events", params={"perPage": 1000}, headers=UNTRANSLATED)
    found = open_json(answer.content)
    assert found.event_count == opened.event_count
