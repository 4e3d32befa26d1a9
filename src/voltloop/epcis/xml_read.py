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

from voltloop.epcis.documents import Document, Limits, instant
from voltloop.epcis.master_data import elements
from voltloop.epcis.xml_frame import FAULT, DocumentPass
from voltloop.epcis.xml_names import Prefixes

__all__ = ["FAULT", "open_xml"]

_STANDARD_LIMITS = Limits()


def open_xml(source: bytes | BinaryIO, limits: Limits = _STANDARD_LIMITS) -> Document:
    """Open an EPCIS document in XML: 2.0, or 1.0 to 1.2, capture, query or master data document.

    Parameters
    ----------
    source
        The document, or a binary file that can be read from its beginning and again; it must stay open while
        events are read.
    limits
        Beyond these the document is refused.

    Returns
    -------
    Document
        Its context holds every extension namespace that the document declares; master data documents count as
        EPCISDocument without events.

    Raises
    ------
    InputError
        Code ``epcis-xml``: not XML, declares entities, wrong root or frame, an unknown event, a header that breaks
        its order; ``epcis-truncated``: cut off; ``epcis-too-large``: an event or the header is above its limit.
        Says the line.

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
    stream = io.BytesIO(source) if isinstance(source, bytes) else source

    def read(prefixes: Prefixes, *, reads_events: bool) -> DocumentPass:
        stream.seek(0)
        return DocumentPass(stream, prefixes, limits, reads_events=reads_events)

    def pieces() -> Iterator[tuple[list[Any], int]]:
        return read(frame.prefixes, reads_events=True).run()

    frame = read(Prefixes(), reads_events=False)
    for _ in frame.run():
        pass
    master_data = frame.header.get("epcisMasterData", {}).get("vocabularyList", ())
    return Document(
        kind="EPCISQueryDocument" if frame.kind == "EPCISQueryDocument" else "EPCISDocument",
        context=frame.prefixes.context,
        header=frame.header,
        created_at=instant(frame.created_at),
        event_count=frame.count,
        master_data=elements(master_data),
        pieces=pieces,
    )
