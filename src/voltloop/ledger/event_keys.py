"""What an event is known by: its eventID, and the error declaration that takes back the event of that eventID."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from voltloop.epcis.documents import namespaces
from voltloop.epcis.identifiers import canonical, digest
from voltloop.ledger.instants import instant_of
from voltloop.ledger.own_types import content_id
from voltloop.ledger.recorded import Event

__all__ = ["NO_DECLARATION", "Identified", "Identity", "context_of", "event_key", "identify", "identity_of"]

Identity = tuple[bytes, bytes]
"""Key of the eventID, and key of the error declaration."""

NO_DECLARATION = bytes(16)
"""Stands as ``declaration_id`` of the original event."""


@dataclass(slots=True)
class Identified:
    """Events with what they are known by.

    Attributes
    ----------
    events
        The events, each with its eventID and without recordTime.
    context
        Prefix to namespace of their extensions.
    identities
        What each is known by.
    """

    events: list[Event]
    context: Mapping[str, str]
    identities: list[Identity]


def identify(events: Sequence[Event], context: Mapping[str, str]) -> Identified:
    """Say what valid events are known by; each gets its eventID and loses its recordTime."""
    return Identified(
        list(events), context, [identity_of(event, context_of(event, context)) for event in events]
    )


def context_of(event: Event, context: Mapping[str, str]) -> Mapping[str, str]:
    """Give the prefixes of an event: those of its document and its own."""
    return {**context, **namespaces(event["@context"])} if "@context" in event else context


def identity_of(event: Event, context: Mapping[str, str]) -> Identity:
    """Say what an event is known by.

    It gets its eventID (the event hash where the sender gave none) and loses its recordTime, which is the ledger's to
    say.
    """
    event.pop("recordTime", None)
    event_id = event.get("eventID")
    if event_id is None:
        event["eventID"] = event_id = content_id(event, context)
    return event_key(event_id), declaration_key(event)


def event_key(event_id: str) -> bytes:
    """Give the key of an eventID: that of any identifier, but not remembered, since it hardly comes again."""
    if event_id.startswith(("urn:uuid:", "ni:")):
        return digest(event_id)
    return digest(canonical.__wrapped__(event_id))


def declaration_key(event: Event) -> bytes:
    """Give the key that tells an error declaration from the event and from other declarations about it.

    Returns
    -------
    bytes
        Equal for declarations with equal content; :data:`NO_DECLARATION` for an event without one.
    """
    declaration = event.get("errorDeclaration")
    if declaration is None:
        return NO_DECLARATION
    at = instant_of(declaration["declarationTime"])
    said = {**declaration, "declarationTime": at}
    said["correctiveEventIDs"] = sorted(said.get("correctiveEventIDs") or ())
    return digest(orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode())
