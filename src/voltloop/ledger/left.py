"""Places of things that left a container with no place told: they are where the container was at that instant.

Such a place rests on events of other things. So it is worked out after the rows are written, again whenever one of
those things is folded anew, and the whole chain above is marked as told up to that instant: an earlier event of it that
comes later then counts as late and leads back here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from voltloop.ledger.chain import chain, placed_by
from voltloop.ledger.lookups import states_of
from voltloop.ledger.state_rows import ALL_STATES

if TYPE_CHECKING:
    import psycopg

__all__ = ["Left", "resolve"]

_IS_ANY: Final = (
    "SELECT EXISTS (SELECT FROM state WHERE left_id IS NOT NULL) "
    "OR EXISTS (SELECT FROM past_state WHERE left_id IS NOT NULL)"
)
_RESTING_ON: Final = f"""
WITH RECURSIVE inside (epc_id) AS (
  SELECT %(key)s::uuid
  UNION
  SELECT s.epc_id FROM inside CROSS JOIN LATERAL
    (SELECT c.epc_id, c.until_at FROM {ALL_STATES} AS c WHERE c.container_id = inside.epc_id
     UNION ALL SELECT p.epc_id, p.until_at FROM {ALL_STATES} AS p WHERE p.assembly_id = inside.epc_id OFFSET 0) AS s
  WHERE s.until_at > %(at)s)
SELECT DISTINCT s.placed_at, s.epc_id, s.left_id
FROM inside {states_of("inside.epc_id", "o.placed_at >= %(at)s", "left_id")}
"""
_PUT: Final = (
    "UPDATE {table} SET place_id = %(place)s WHERE epc_id = %(key)s AND left_id = %(left)s AND placed_at = %(at)s "
    "AND place_id IS DISTINCT FROM %(place)s"
)
_TOLD: Final = "UPDATE state SET through_at = %(at)s WHERE epc_id = ANY(%(keys)s) AND through_at < %(at)s"
_ROUNDS: Final = 4


class Left(NamedTuple):
    """A thing that left a container with no place told, and when."""

    at: datetime
    epc_id: UUID
    left_id: UUID


def resolve(cursor: psycopg.Cursor[Any], left: Iterable[Left], anew: Mapping[UUID, datetime]) -> None:
    """Work out the places of things that left a container with no place told.

    Parameters
    ----------
    cursor
        In the transaction that wrote the states.
    left
        Whose place is not known yet.
    anew
        Things folded anew, and the instant from which on: what left them, or anything that was in them, is worked out
        again.
    """
    waiting = set(left)
    if anew and cursor.execute(_IS_ANY).fetchone() == (True,):
        for key, at in anew.items():
            waiting |= _resting_on(cursor, key, at)
    queue = list(waiting)
    heapify(queue)
    rounds: dict[Left, int] = {}
    while queue:
        one = heappop(queue)
        rounds[one] = rounds.get(one, 0) + 1
        if rounds[one] <= _ROUNDS and _put(cursor, one):
            for other in _resting_on(cursor, one.epc_id, one.at):
                heappush(queue, other)


def _resting_on(cursor: psycopg.Cursor[Any], key: UUID, at: datetime) -> set[Left]:
    return {Left(*row) for row in cursor.execute(_RESTING_ON, {"key": key, "at": at})}


def _put(cursor: psycopg.Cursor[Any], one: Left) -> bool:
    """Write the place of one thing; True where it was another one before."""
    links = chain(cursor, one.left_id, one.at)
    index = placed_by(links)
    place = None if index is None else links[index].place_id
    values = {"place": place, "key": one.epc_id, "left": one.left_id, "at": one.at}
    changed = sum(
        cursor.execute(_PUT.format(table=table), values).rowcount for table in ("state", "past_state")
    )
    cursor.execute(_TOLD, {"at": one.at, "keys": [link.epc_id for link in links]})
    return changed > 0
