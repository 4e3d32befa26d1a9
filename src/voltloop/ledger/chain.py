"""A thing and what it is in, from the inside out, and the place that follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from voltloop.ledger.state_rows import ALL_STATES

if TYPE_CHECKING:
    import psycopg

__all__ = ["PARENT", "Link", "chain", "placed_by", "placed_since"]

PARENT: Final = (
    "CASE WHEN s.container_id IS NOT NULL AND (s.assembly_id IS NULL OR s.contained_at >= s.assembled_at) "
    "THEN s.container_id ELSE s.assembly_id END"
)
"""What the thing of a state row ``s`` is in: of its container and its whole, the one that it joined last."""

_FACTS: Final = (
    "epc_id",
    "place_id",
    "placed_at",
    "is_present",
    "born_at",
    "custody_id",
    "custody_at",
    "owner_id",
    "owner_at",
    "disposition",
    "disposition_at",
    "persistent",
    "hold",
    "held_at",
    "health",
    "health_at",
)
_CHAIN: Final = f"""
WITH RECURSIVE up AS (
  SELECT 0 AS depth, {", ".join(f"s.{name}" for name in _FACTS)}, {PARENT} AS parent_id,
         greatest(s.contained_at, s.assembled_at) AS joined_at
  FROM {ALL_STATES} AS s WHERE s.epc_id = %(key)s AND s.from_at <= %(at)s AND s.until_at > %(at)s
  UNION ALL
  SELECT up.depth + 1, {", ".join(f"s.{name}" for name in _FACTS)}, {PARENT},
         greatest(s.contained_at, s.assembled_at)
  FROM up JOIN {ALL_STATES} AS s ON s.epc_id = up.parent_id AND s.from_at <= %(at)s AND s.until_at > %(at)s
  WHERE up.depth < 32)
SELECT {", ".join(_FACTS)}, parent_id, joined_at FROM up ORDER BY depth
"""


class Link(NamedTuple):
    """One thing of a chain: its own facts, and what it is in since when."""

    epc_id: UUID
    place_id: UUID | None
    placed_at: datetime | None
    is_present: bool
    born_at: datetime | None
    custody_id: UUID | None
    custody_at: datetime | None
    owner_id: UUID | None
    owner_at: datetime | None
    disposition: str | None
    disposition_at: datetime | None
    persistent: str | None
    hold: str | None
    held_at: datetime | None
    health: float | None
    health_at: datetime | None
    parent_id: UUID | None
    joined_at: datetime | None


def chain(cursor: psycopg.Cursor[Any], key: UUID, at: datetime) -> list[Link]:
    """Give a thing, its container, the container's container and so on, as of an instant; empty if it is unknown."""
    return [Link(*row) for row in cursor.execute(_CHAIN, {"key": key, "at": at})]


def placed_by(links: Sequence[Link]) -> int | None:
    """Give the index of the link whose own place is the place of the first one; None where no place is known.

    A thing is where its outermost container is, unless it was itself seen somewhere after it was put in and after the
    container was last seen to move.
    """
    found: int | None = None
    for index in range(len(links) - 1, -1, -1):
        own = links[index]
        if own.place_id is None or own.placed_at is None:
            continue
        if found is None:
            found = index
            continue
        above = links[found].placed_at
        if own.joined_at is not None and above is not None and own.placed_at > max(own.joined_at, above):
            found = index
    return found


def placed_since(links: Sequence[Link], index: int) -> datetime | None:
    """Give since when the first link is at the place of another one that it is in.

    Parameters
    ----------
    links
        The chain.
    index
        The link whose place counts, of :func:`placed_by`.
    """
    since = links[index].placed_at
    for own in reversed(links[:index]):
        joined = own.joined_at
        if since is None or joined is None or joined <= since:
            continue
        was_there = (
            own.place_id == links[index].place_id and own.placed_at is not None and own.placed_at <= joined
        )
        since = own.placed_at if was_there else joined
    return since
