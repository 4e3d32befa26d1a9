"""EPCIS documents in XML for the tests."""

from pathlib import Path
from typing import Any

from epcis_hash_cases import EXAMPLES
from voltloop.epcis.documents import Document
from voltloop.epcis.xml_read import open_xml

EVENT = """<ObjectEvent>
  <eventTime>2026-11-22T08:15:00.000+01:00</eventTime>
  <eventTimeZoneOffset>+01:00</eventTimeZoneOffset>
  <eventID>urn:uuid:5dd1b5f8-3b0c-4a3f-9a39-000000000001</eventID>
  <epcList><epc>urn:epc:id:grai:4012345.55555.987</epc></epcList>
  <action>OBSERVE</action>
  <bizStep>urn:epcglobal:cbv:bizstep:shipping</bizStep>
</ObjectEvent>"""


def document(events: str = EVENT, namespaces: str = "", version: str = "2") -> bytes:
    """Give a document with these events."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:{version}" {namespaces}
  schemaVersion="{version}.0" creationDate="2026-11-22T08:15:00Z"><EPCISBody><EventList>{events}</EventList></EPCISBody>
</epcis:EPCISDocument>""".encode()


def event_with(
    more: str, *, after: str = "</bizStep>", namespaces: str = 'xmlns:ex="http://ex.example/"'
) -> bytes:
    """Give a document with one event that has something more in it."""
    return document(EVENT.replace(after, after + more), namespaces)


def events_of_xml(source: bytes | Path) -> list[dict[str, Any]]:
    """Give all events of a document."""
    return events_of_document(open_xml(source if isinstance(source, bytes) else source.read_bytes()))


def events_of_document(opened: Document) -> list[dict[str, Any]]:
    """Give all events of an open document."""
    return [event for batch in opened.batches(100) for event in batch]


def only_event(source: bytes) -> dict[str, Any]:
    """Give the one event of a document."""
    (event,) = events_of_xml(source)
    return event


def xml_examples() -> list[Path]:
    """Give the published documents in XML that hold events or master data; none where they are not there."""
    files = sorted(EXAMPLES.rglob("*.xml")) if EXAMPLES else []
    return [file for file in files if "CaptureJob" not in file.parts]
