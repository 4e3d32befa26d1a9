"""Bodies of capture requests opened as documents, of the size that the server takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from voltloop.ledger.problems import CaptureProblem, CaptureRefused

if TYPE_CHECKING:
    from voltloop.epcis.documents import Document

__all__ = ["OpenedBody", "open_body"]


class OpenedBody(NamedTuple):
    """A body and the document in it, which reads its events from the file while they are asked for."""

    file: BinaryIO
    document: Document


def open_body(
    body: bytes | BinaryIO,
    media_type: str,
    *,
    lenient: bool = False,
    most_events: int | None = None,
    context: Mapping[str, str] | None = None,
) -> Document:
    """Open what was handed in; everything that makes it unreadable is found now, not while its events are captured.

    Parameters
    ----------
    body
        The document, or a file at its beginning that stays open as long as events are read.
    media_type
        Without parameters; one with ``xml`` is read as XML, others as JSON.
    lenient
        Whether common slips around the events are mended.
    most_events
        How many events it may have; None does not count them.
    context
        Prefixes and namespaces for one event in JSON without ``@context``; None refuses such an event.

    Raises
    ------
    InputError
        The document cannot be read.
    CaptureRefused
        ``CaptureLimitExceededException``: it has more events.
    """
    if "xml" in media_type:
        from voltloop.epcis.xml_read import open_xml

        document = open_xml(body)
    else:
        from voltloop.epcis.json_documents import open_json

        document = open_json(body, strict=not lenient, context=context)
    count = document.event_count
    if most_events is not None and count is not None and count > most_events:
        raise CaptureRefused(
            [
                CaptureProblem(
                    "CaptureLimitExceededException",
                    f"The document has {count:,} events. Expected up to {most_events:,} in one call "
                    "(GS1-EPCIS-Capture-Limit); send it in several documents.",
                )
            ]
        )
    return document
