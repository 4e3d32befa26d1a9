"""One event in one sentence, as seen from one of the things in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from voltloop.epcis.identifiers import key_of
from voltloop.ledger.assertions import own_prefix

__all__ = ["words_of"]

_MOST_NAMED = 3


def words_of(event: Mapping[str, Any], key: UUID, context: Mapping[str, str]) -> str:
    """Tell an event as it concerns one thing.

    Parameters
    ----------
    event
        Canonical event.
    key
        Key of the thing.
    context
        Prefixes of the event's extensions.

    Examples
    --------
    >>> event = {"type": "ObjectEvent", "action": "OBSERVE", "bizStep": "receiving", "epcList": ["urn:a:1"],
    ...          "bizLocation": {"id": "urn:a:plant"}}
    >>> words_of(event, key_of("urn:a:1"), {})
    'Receiving, at urn:a:plant.'
    """
    parts = [_what(event, key)]
    if "bizLocation" in event:
        parts.append(f"at {event['bizLocation']['id']}")
    elif "readPoint" in event:
        parts.append(f"seen at {event['readPoint']['id']}")
    parts += _parties(event)
    if "disposition" in event:
        parts.append(f"then {_plain(event['disposition'])}")
    parts += _measures(event)
    parts += _own(event, own_prefix(context))
    text = ", ".join(part for part in parts if part).rstrip(".")
    return f"{text[0].upper()}{text[1:]}."


def _what(event: Mapping[str, Any], key: UUID) -> str:
    step = _plain(event.get("bizStep", ""))
    relation = _relation(event, key)
    if not step:
        return relation or {"ADD": "made known", "DELETE": "ended"}.get(event.get("action", ""), "observed")
    if relation:
        return f"{step}: {relation}"
    ended = event["type"] == "ObjectEvent" and event.get("action") == "DELETE"
    return f"{step}, and ended" if ended else step


def _relation(event: Mapping[str, Any], key: UUID) -> str:
    """Say what the thing is to the others of the event."""
    if event["type"] == "TransformationEvent":
        made = _named(event, ("outputEPCList",), "outputQuantityList")
        used = _named(event, ("inputEPCList",), "inputQuantityList")
        is_input = key in {key_of(text) for text in _texts(event, "inputEPCList", "inputQuantityList")}
        return f"became {made}" if is_input else f"made of {used}"
    if event["type"] not in ("AggregationEvent", "AssociationEvent"):
        return ""
    is_built = event["type"] == "AssociationEvent"
    parent = event.get("parentID", "something unnamed")
    out = event["action"] == "DELETE"
    if key != key_of(parent):
        verb = (
            ("taken off" if is_built else "taken out of") if out else ("fixed to" if is_built else "put into")
        )
        return f"{verb} {parent}"
    children = _named(event, ("childEPCs",), "childQuantityList") or "everything"
    return f"{children} {'taken off' if is_built else 'taken out'}" if out else f"holds {children}"


def _texts(event: Mapping[str, Any], epcs: str, quantities: str) -> list[str]:
    return [*event.get(epcs, ()), *(entry["epcClass"] for entry in event.get(quantities, ()))]


def _named(event: Mapping[str, Any], lists: Sequence[str], quantities: str) -> str:
    """Name the first few things of lists, and count the rest."""
    named = [text for name in lists for text in event.get(name, ())]
    for entry in event.get(quantities, ()):
        amount = f"{entry['quantity']:g} {entry.get('uom', 'pieces')} of " if "quantity" in entry else ""
        named.append(f"{amount}{entry['epcClass']}")
    rest = len(named) - _MOST_NAMED
    return " and ".join([*named[:_MOST_NAMED], *([f"{rest} more"] if rest > 0 else [])])


def _parties(event: Mapping[str, Any]) -> list[str]:
    words = {"possessing_party": "hands of", "owning_party": "ownership of", "location": "place"}
    found = []
    for side, end in (("source", "from"), ("destination", "to")):
        for entry in event.get(f"{side}List", ()):
            kind = words.get(entry["type"].rpartition(":")[2], "")
            found.append(f"{end} the {kind} {entry[side]}" if kind else f"{end} {entry[side]}")
    return found


def _measures(event: Mapping[str, Any]) -> list[str]:
    found = []
    for element in event.get("sensorElementList", ()):
        for report in element.get("sensorReport", ()):
            if "value" in report:
                name = report.get("type", "value").rpartition(":")[2].rpartition("/")[2]
                found.append(f"{name} {report['value']:g} {report.get('uom', '')}".rstrip())
    rest = len(found) - _MOST_NAMED
    return [*found[:_MOST_NAMED], *([f"{rest} more values"] if rest > 0 else [])]


def _own(event: Mapping[str, Any], own: str) -> list[str]:
    """Tell our own fields: by which mode and vehicle, who did it and why."""
    found = []
    for name, words in (
        ("mode", "by"),
        ("vehicle", "with"),
        ("leg", "leg"),
        ("person", "by"),
        ("reason", "because"),
    ):
        value = event.get(own + name)
        if isinstance(value, str | int | float):
            found.append(f"{words} {value}")
    release = event.get(own + "release")
    if isinstance(release, Mapping):
        found.append(
            f"released by {release.get('person', 'somebody')}: {release.get('reason', 'no reason told')}"
        )
    return found


def _plain(word: str) -> str:
    """Give a CBV word as people say it."""
    return word.replace("_", " ")
