"""Where a thing is and since when, in what, in whose hands, and in which condition, at any instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from voltloop.epcis.identifiers import key_of
from voltloop.ledger.chain import Link, chain, placed_by, placed_since
from voltloop.ledger.naming import UNDER_WAY_ID, cursor_of, stamp, texts, unknown_thing

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Whereabouts", "where_is"]

PLACED: Final = "at a place"
UNDER_WAY: Final = "under way"
UNKNOWN: Final = "place unknown"
GONE: Final = "no longer there"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """All that is known of one thing at one instant.

    Attributes
    ----------
    epc
        The thing, as it was first spelled.
    at
        The instant asked about.
    status
        ``at a place``, ``under way``, ``place unknown``, or ``no longer there`` (destroyed, consumed, decommissioned).
    place, since
        Where it is, or was last, and since when.
    inside
        What it is in, from the inside out: containers, and wholes that it is built into.
    custody, custody_since, owner, owner_since
        In whose hands, and whose; of a container where that was told later.
    disposition, disposition_since, persistent
        Disposition and persistent dispositions.
    hold, hold_since, held_with
        Why it is held, and the container whose hold it is where that is not its own.
    health, health_at
        State of health as a share, 0 to 1, and when it was told.
    born_at
        When it was commissioned or made; None where that was not told.
    """

    epc: str
    at: datetime
    status: str
    place: str | None
    since: datetime | None
    inside: tuple[str, ...]
    custody: str | None
    custody_since: datetime | None
    owner: str | None
    owner_since: datetime | None
    disposition: str | None
    disposition_since: datetime | None
    persistent: tuple[str, ...]
    hold: str | None
    hold_since: datetime | None
    held_with: str | None
    health: float | None
    health_at: datetime | None
    born_at: datetime | None

    def document(self) -> dict[str, Any]:
        """Give it as plain values for JSON: instants as text, the health as ``state_of_health``."""
        values = {name: getattr(self, name) for name in self.__slots__}
        values["state_of_health"] = values.pop("health")
        values["state_of_health_at"] = values.pop("health_at")
        return {
            name: stamp(value)
            if isinstance(value, datetime)
            else list(value)
            if isinstance(value, tuple)
            else value
            for name, value in values.items()
        }


def where_is(connection: Connection, epc: str, at: datetime) -> Whereabouts:
    """Give where a thing is and what is known of it at an instant.

    A thing in a container is where the outermost container is, unless it was itself seen somewhere after it was put in
    and after that container was last seen to move.

    Parameters
    ----------
    connection
        Any connection to the ledger.
    epc
        The thing, in any spelling.
    at
        The instant, with its zone: what was the case then, by all that is known today.

    Raises
    ------
    InputError
        ``unknown-thing``: no event up to then names it.
    """
    cursor = cursor_of(connection)
    links = chain(cursor, key_of(epc), at)
    if not links:
        raise unknown_thing(cursor, epc, at)
    own = links[0]
    index = placed_by(links)
    placed = None if index is None else links[index]
    custody, owner = _latest(links, "custody"), _latest(links, "owner")
    held = next((link for link in links if link.hold is not None), None)
    named = [link.epc_id for link in links]
    names = texts(cursor, [*named, placed and placed.place_id, custody and custody[0], owner and owner[0]])
    place_id = placed.place_id if placed is not None else None
    return Whereabouts(
        epc=names.get(own.epc_id, epc),
        at=at,
        status=_status(own, place_id),
        place=names.get(place_id) if place_id is not None else None,
        since=None if index is None else placed_since(links, index),
        inside=tuple(names[key] for key in named[1:]),
        custody=names.get(custody[0]) if custody else None,
        custody_since=custody[1] if custody else None,
        owner=names.get(owner[0]) if owner else None,
        owner_since=owner[1] if owner else None,
        disposition=own.disposition,
        disposition_since=own.disposition_at,
        persistent=tuple((own.persistent or "").split()),
        hold=held.hold if held is not None else None,
        hold_since=held.held_at if held is not None else None,
        held_with=names.get(held.epc_id) if held is not None and held is not own else None,
        health=own.health,
        health_at=own.health_at,
        born_at=own.born_at,
    )


def _status(own: Link, place_id: UUID | None) -> str:
    if not own.is_present:
        return GONE
    if place_id is None:
        return UNKNOWN
    return UNDER_WAY if place_id == UNDER_WAY_ID else PLACED


def _latest(links: Sequence[Link], fact: str) -> tuple[UUID, datetime] | None:
    """Give what was told last of a thing or of what it is in: custody and ownership pass on to what is inside."""
    told = [(getattr(link, f"{fact}_id"), getattr(link, f"{fact}_at")) for link in links]
    return max((one for one in told if one[0] is not None), key=lambda one: one[1], default=None)
