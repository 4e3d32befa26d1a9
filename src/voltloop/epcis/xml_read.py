"""EPCIS documents in XML, 2.0 and 1.x, read in constant memory to the same shape as JSON documents.

Two passes. The first finds whatever breaks the document as a whole (broken XML, entities, a wrong root, an event
outside its list) before anything of it is used, and gathers header, prefixes and the number of events. The
second gives the events in batches. A single event that breaks the XML binding does not break the document: it
comes as ``{"type": ..., "@fault": "XML line 12, <action>: ..."}``, which no validation lets pass, so that capture
can report it beside the good ones.

Nothing outside the document is ever fetched: no DTD, no entities, no network.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from voltloop.epcis.documents import Document, instant
from voltloop.epcis.master_data import elements
from voltloop.epcis.xml_frame import FAULT, DocumentPass, XmlLimits
from voltloop.epcis.xml_names import Prefixes

__all__ = ["FAULT", "XmlLimits", "open_xml"]


def open_xml(source: bytes | BinaryIO, limits: XmlLimits | None = None) -> Document:
    """Open an EPCIS document in XML: 2.0, or 1.0 to 1.2, capture, query or master data document.

    Parameters
    ----------
    source
        The document, or a binary file that can seek, read from where it stands. It must stay open as long as
        batches are read.
    limits
        How much the document may ask for.

    Raises
    ------
    InputError
        Code ``epcis-xml``: not XML or cut off, declares entities, wrong root or frame, an unknown event, header
        that breaks its order, an event above the limit. Says the line.

    References
    ----------
    EPCIS 2.0 section 12; EPCIS 1.2 sections 9 and 11.

    Examples
    --------
    >>> xml = b'''<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0"
    ...   creationDate="2026-01-01T00:00:00Z"><EPCISBody><EventList/></EPCISBody></e:EPCISDocument>'''
    >>> open_xml(xml).event_count
    0
    """
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    start = file.tell()
    limits = limits or XmlLimits()
    frame = DocumentPass(file, Prefixes(), limits, reads_events=False)
    for _ in frame.run():
        pass
    header = frame.header.get("epcisHeader", {})
    return Document(
        kind="EPCISQueryDocument" if frame.kind == "EPCISQueryDocument" else "EPCISDocument",
        context=frame.prefixes.context,
        header=header,
        created_at=instant(frame.created_at),
        event_count=frame.count,
        master_data=elements(header.get("epcisMasterData", {}).get("vocabularyList", [])),
        pieces=lambda: _pieces(file, start, frame.prefixes, limits),
    )


def _pieces(
    file: BinaryIO, start: int, prefixes: Prefixes, limits: XmlLimits
) -> Iterator[tuple[list[dict[str, Any]], int]]:
    """Read the source again from its beginning; give each event with its size as JSON [B]."""
    import orjson

    file.seek(start)
    for event in DocumentPass(file, prefixes, limits, reads_events=True).run():
        yield [event], len(orjson.dumps(event))
