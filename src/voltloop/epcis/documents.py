"""An EPCIS document as it is worked on, whatever it was written in: what it says of itself, and its events in batches.

JSON (:mod:`voltloop.epcis.json_documents`) and XML give the same :class:`Document`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from voltloop.epcis.master_data import MasterDataElement
from voltloop.epcis.vocabulary import standard_namespaces

__all__ = ["Document", "Limits", "absorb_context", "instant", "namespaces"]

_BATCH_BYTES = 8 * 2**20


@dataclass(frozen=True)
class Limits:
    """What a document may demand of the reader; beyond it the document is refused in words.

    Parameters
    ----------
    event_bytes
        Largest single event [B].
    frame_bytes
        Largest part outside of the events, master data above all [B].
    depth
        Deepest nesting of objects and lists, or of elements.
    """

    event_bytes: int = 4 * 2**20
    frame_bytes: int = 32 * 2**20
    depth: int = 64


@dataclass(frozen=True)
class Document:
    """An EPCIS document.

    Parameters
    ----------
    kind
        ``EPCISDocument``, ``EPCISQueryDocument``, or the type of the one event where an event stands alone.
    context
        Prefix to namespace of the extensions of all events, without those of the standard's own context.
    header
        ``epcisHeader`` as JSON; empty where there is none.
    created_at
        ``creationDate``, UTC; None where the document has none.
    event_count
        How many events the document holds; None where only reading them all would tell.
    master_data
        The vocabulary elements of the header, or of query results.
    pieces
        Gives the events anew at each call, in document order, in lists of any length, each with its size [B].
    """

    kind: str
    context: Mapping[str, str]
    header: Mapping[str, Any]
    created_at: datetime | None
    event_count: int | None
    master_data: list[MasterDataElement]
    pieces: Callable[[], Iterator[tuple[list[Any], int]]] = field(repr=False)

    def batches(self, size: int = 1000) -> Iterator[list[Any]]:
        """Give the events in document order, in lists of at most ``size``, fewer where the events are large.

        The document can be read again: each call begins anew. Memory is bounded by about 8 MiB of document text
        and one event. Events are as written: not yet validated, an item may even be no object.

        Raises
        ------
        InputError
            The document cannot be read to its end.
        """
        waiting: list[Any] = []
        waiting_bytes = 0
        for events, n_bytes in self.pieces():
            waiting += events
            waiting_bytes += n_bytes
            while len(waiting) >= size:
                yield waiting[:size]
                waiting = waiting[size:]
                waiting_bytes = 0
            if waiting_bytes >= _BATCH_BYTES:
                yield waiting
                waiting, waiting_bytes = [], 0
        if waiting:
            yield waiting


def namespaces(context: Any) -> dict[str, str]:
    """Give the prefixes and namespaces of a JSON-LD context that are not those of the standard's own.

    Parameters
    ----------
    context
        The value of ``@context``: an address, an object, or a list of both. Addresses are not fetched: what is
        defined only there stays unknown.

    Examples
    --------
    >>> namespaces(["https://ref.gs1.org/standards/epcis/epcis-context.jsonld", {"ex": "https://ex.org/"}])
    {'ex': 'https://ex.org/'}
    """
    found: dict[str, str] = {}
    for part in context if isinstance(context, list) else [context]:
        for prefix, meaning in part.items() if isinstance(part, dict) else ():
            namespace = meaning.get("@id") if isinstance(meaning, dict) else meaning
            if isinstance(namespace, str) and not prefix.startswith("@"):
                found[prefix] = namespace
    standard = standard_namespaces()
    return {prefix: namespace for prefix, namespace in found.items() if standard.get(prefix) != namespace}


def instant(text: str | None) -> datetime | None:
    """Read a ``creationDate``: the instant in UTC, None where there is none or the calendar has no such second.

    Examples
    --------
    >>> instant("2026-11-22T14:05:00+01:00")
    datetime.datetime(2026, 11, 22, 13, 5, tzinfo=datetime.timezone.utc)
    """
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC) if text else None
    except (ValueError, OverflowError):
        return None


def absorb_context(event: dict[str, Any], known: dict[str, str]) -> None:
    """Move an event's own ``@context`` into that of its document, in place.

    Parameters
    ----------
    event
        Loses its ``@context``. Keys whose prefix means something else in ``known`` get another prefix.
    known
        Prefix to namespace of the document; gains what the event adds.

    Examples
    --------
    >>> known = {"ex": "https://a/"}
    >>> event = {"@context": {"ex": "https://b/"}, "ex:colour": "red"}
    >>> absorb_context(event, known)
    >>> event, known
    ({'ex2:colour': 'red'}, {'ex': 'https://a/', 'ex2': 'https://b/'})
    """
    renamed: dict[str, str] = {}
    for prefix, namespace in namespaces(event.pop("@context")).items():
        if known.setdefault(prefix, namespace) == namespace:
            continue
        other = next((name for name, meaning in known.items() if meaning == namespace), None)
        if other is None:
            other = next(name for n in count(2) if (name := f"{prefix}{n}") not in known)
            known[other] = namespace
        renamed[prefix] = other
    if renamed:
        items = [(key, _rename(value, renamed)) for key, value in event.items()]
        event.clear()
        event.update((_renamed(key, renamed), value) for key, value in items)


def _rename(value: Any, renamed: Mapping[str, str]) -> Any:
    """Give a JSON value with the prefixes of its keys renamed, at any depth."""
    if isinstance(value, dict):
        return {_renamed(key, renamed): _rename(inner, renamed) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rename(inner, renamed) for inner in value]
    return value


def _renamed(key: str, renamed: Mapping[str, str]) -> str:
    prefix, colon, local = key.partition(":")
    return renamed[prefix] + colon + local if colon and prefix in renamed else key
