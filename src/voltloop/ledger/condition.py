"""Condition and treatment of a thing over time: measurements with method, device and person, decisions and repairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

from voltloop.ledger.assertions import assertions, key_bytes, own_prefix
from voltloop.ledger.naming import stamp
from voltloop.ledger.story import Happening, story

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Treatment", "condition_history", "method_of"]

_DOUBLE: Final = Struct(">d").unpack
_TREATING: Final = frozenset(
    {
        "assembling",
        "disassembling",
        "destroying",
        "holding",
        "inspecting",
        "installing",
        "removing",
        "repairing",
    }
    | {"replacing", "sampling", "sensor_reporting"}
)


@dataclass(frozen=True, slots=True)
class Treatment:
    """One thing that was measured, decided or done.

    Attributes
    ----------
    step
        Business step.
    disposition
        What the thing was fit for afterwards.
    state_of_health
        As a share, 0 to 1.
    method, device, person
        How, with what and by whom, where the event tells it.
    measures
        All sensor reports of the event, as it spells them.
    """

    event_at: datetime
    event_id: str
    step: str | None
    disposition: str | None
    state_of_health: float | None
    method: str | None
    device: str | None
    person: str | None
    measures: tuple[Mapping[str, Any], ...]
    words: str

    def document(self) -> dict[str, Any]:
        """Give it as plain values for JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return values | {"event_at": stamp(self.event_at), "measures": list(self.measures)}


def condition_history(connection: Connection, epc: str, at: datetime) -> list[Treatment]:
    """Give what was measured, decided and done to a thing up to an instant, by events that name it.

    Raises
    ------
    InputError
        ``unknown-thing``: no event up to then names it.
    """
    told = story(connection, epc, at)
    return [_treatment(one, epc) for one in told if _is_treatment(one)]


def _is_treatment(one: Happening) -> bool:
    if one.is_taken_back or one.with_ is not None:
        return False
    return bool(
        one.event.get("bizStep") in _TREATING
        or one.event["type"] == "TransformationEvent"
        or "sensorElementList" in one.event
    )


def _treatment(one: Happening, epc: str) -> Treatment:
    said = assertions(one.event, one.context)
    wanted = key_bytes(epc)
    changes = said.changes if said is not None else []
    health = next((change.health for key, change in changes if key == wanted and change.health), None)
    elements = one.event.get("sensorElementList", ())
    own = own_prefix(one.context)
    person = one.event.get(own + "person")
    return Treatment(
        event_at=one.event_at,
        event_id=one.event_id,
        step=one.event.get("bizStep"),
        disposition=one.event.get("disposition"),
        state_of_health=None if health is None else _DOUBLE(health[4:])[0],
        method=method_of(one.event, one.context),
        device=_told(elements, "deviceID", "deviceMetadata"),
        person=person if isinstance(person, str) else None,
        measures=tuple(report for element in elements for report in element.get("sensorReport", ())),
        words=one.words,
    )


def method_of(event: Mapping[str, Any], context: Mapping[str, str]) -> str | None:
    """Give by which method an event measured, where its sensor elements tell it."""
    own = own_prefix(context)
    return _told(event.get("sensorElementList", ()), "dataProcessingMethod", own + "method")


def _told(elements: Iterable[Mapping[str, Any]], *names: str) -> str | None:
    """Give the first of some fields that the metadata or a report of any sensor element holds."""
    parts = [p for e in elements for p in (e.get("sensorMetadata", {}), *e.get("sensorReport", ()))]
    return next((str(part[name]) for name in names for part in parts if name in part), None)
