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
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from voltloop.epcis.xml_frame import FAULT, DocumentPass, XmlLimits
from voltloop.epcis.xml_names import Prefixes

__all__ = ["FAULT", "XmlDocument", "XmlLimits", "open_xml"]


@dataclass
class XmlDocument:
    """A document whose frame is sound; its events are read from the source when asked for.

    Attributes
    ----------
    kind
        ``EPCISDocument`` or ``EPCISQueryDocument``.
    context
        Prefix to namespace of every extension namespace that the document declares.
    header
        ``sender``, ``receiver``, ``instanceIdentifier``, ``epcisHeader`` with the master data, for query documents
        ``queryName`` and ``subscriptionID``; each where stated.
    created_at
        ``creationDate`` as written.
    schema_version
        ``schemaVersion`` as written: ``2.0``, ``1.2`` ...
    event_count
        How many events the document holds.
    """

    kind: str
    context: dict[str, str]
    header: dict[str, Any]
    created_at: str
    schema_version: str
    event_count: int
    _source: BinaryIO = field(repr=False)
    _start: int = field(repr=False)
    _prefixes: Prefixes = field(repr=False)
    _limits: XmlLimits = field(repr=False)

    def batches(self, size: int) -> Iterator[list[dict[str, Any]]]:
        """Give the events in their order, ``size`` at a time (the last batch may be smaller).

        Notes
        -----
        Each call reads the source again from its beginning. Events stand in canonical form, an event that breaks
        the XML binding as type and :data:`FAULT`.
        """
        self._source.seek(self._start)
        batch: list[dict[str, Any]] = []
        for event in DocumentPass(self._source, self._prefixes, self._limits, reads_events=True).run():
            batch.append(event)
            if len(batch) == size:
                yield batch
                batch = []
        if batch:
            yield batch


def open_xml(source: bytes | BinaryIO, limits: XmlLimits | None = None) -> XmlDocument:
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
    return XmlDocument(
        kind="EPCISQueryDocument" if frame.kind == "EPCISQueryDocument" else "EPCISDocument",
        context=frame.prefixes.context,
        header=frame.header,
        created_at=frame.created_at,
        schema_version=frame.schema_version,
        event_count=frame.count,
        _source=file,
        _start=start,
        _prefixes=frame.prefixes,
        _limits=limits,
    )
