"""What a thing is in, is built into or was made of, and the other way round, over any number of steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

import orjson

from voltloop.epcis.identifiers import key_of
from voltloop.ledger.lookups import COUNTS, EVENT_OF, states_of, trace_of
from voltloop.ledger.names import name_key
from voltloop.ledger.naming import cursor_of, stamp, texts, unknown_thing
from voltloop.ledger.roles import Role
from voltloop.ledger.state_rows import ALL_STATES

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

__all__ = ["Kin", "ancestors", "children", "descendants", "kin_document", "parents"]

Direction = Literal["up", "down"]
_MOST = 100_000
_BEGINNING = datetime(1, 1, 2, tzinfo=UTC)
_END = datetime(9999, 12, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Kin:
    """One step between two things.

    Attributes
    ----------
    thing, of
        ``thing`` was reached from ``of``.
    how
        ``container`` (packed), ``assembly`` (built in) or ``transformation`` (made of).
    since, until
        While that was so; ``until`` is None where it was so at the instant asked about. Of a transformation both are
        its time.
    depth
        Steps from the thing asked about, from 1.
    """

    thing: str
    of: str
    how: str
    since: datetime
    until: datetime | None
    depth: int


_UP: Final = f"""
SELECT s.epc_id, k.id, k.how, k.since, nullif(max(s.until_at), 'infinity')
FROM {ALL_STATES} AS s CROSS JOIN LATERAL (VALUES
  (s.container_id, 'container', s.contained_at), (s.assembly_id, 'assembly', s.assembled_at)) AS k (id, how, since)
WHERE s.epc_id = ANY(%(keys)s) AND k.id IS NOT NULL AND s.from_at <= %(at)s AND s.until_at > %(since)s
GROUP BY 1, 2, 3, 4 ORDER BY 4, 2
"""
_DOWN: Final = f"""
SELECT s.container_id, s.epc_id, 'container', s.contained_at, nullif(max(s.until_at), 'infinity')
FROM {ALL_STATES} AS s WHERE s.container_id = ANY(%(keys)s) AND s.from_at <= %(at)s AND s.until_at > %(since)s
GROUP BY 1, 2, 4
UNION ALL
SELECT s.assembly_id, s.epc_id, 'assembly', s.assembled_at, nullif(max(s.until_at), 'infinity')
FROM {ALL_STATES} AS s WHERE s.assembly_id = ANY(%(keys)s) AND s.from_at <= %(at)s AND s.until_at > %(since)s
GROUP BY 1, 2, 4 ORDER BY 4, 2
"""
_NOW: Final = "s.from_at <= %(at)s AND s.until_at > %(at)s"
_ALL_UP: Final = f"""
WITH RECURSIVE kin (of, id, how, since, depth) AS (
  SELECT NULL::uuid, w.id, '', NULL::timestamptz, w.depth
  FROM unnest(%(keys)s::uuid[], %(depths)s::int[]) AS w (id, depth)
  UNION
  SELECT kin.id, k.id, k.how, k.since, kin.depth + 1
  FROM kin {states_of("kin.id", "o.from_at <= %(at)s AND o.until_at > %(at)s")} CROSS JOIN LATERAL (VALUES
    (s.container_id, 'container', s.contained_at), (s.assembly_id, 'assembly', s.assembled_at)) AS k (id, how, since)
  WHERE k.id IS NOT NULL AND kin.depth < %(steps)s)
SELECT of, id, how, since, depth FROM kin WHERE of IS NOT NULL ORDER BY depth, since, id LIMIT %(most)s
"""
_ALL_DOWN: Final = f"""
WITH RECURSIVE kin (of, id, how, since, depth) AS (
  SELECT NULL::uuid, w.id, '', NULL::timestamptz, w.depth
  FROM unnest(%(keys)s::uuid[], %(depths)s::int[]) AS w (id, depth)
  UNION
  SELECT kin.id, k.id, k.how, k.since, kin.depth + 1
  FROM kin CROSS JOIN LATERAL (
    SELECT s.epc_id, 'container', s.contained_at FROM {ALL_STATES} AS s WHERE s.container_id = kin.id AND {_NOW}
    UNION ALL
    SELECT s.epc_id, 'assembly', s.assembled_at FROM {ALL_STATES} AS s WHERE s.assembly_id = kin.id AND {_NOW}
    OFFSET 0) AS k (id, how, since)
  WHERE kin.depth < %(steps)s)
SELECT of, id, how, since, depth FROM kin WHERE of IS NOT NULL ORDER BY depth, since, id LIMIT %(most)s
"""
_MADE: Final = f"""
SELECT DISTINCT w.epc_id, e.event_at, e.record_at, e.document FROM unnest(%(keys)s::uuid[]) AS w (epc_id)
{trace_of("w", "o.role = ANY(%(roles)s) AND o.event_at <= %(at)s")} {EVENT_OF} WHERE {COUNTS}
"""
_SAME: Final = f"""
SELECT e.document FROM event_field AS t {EVENT_OF}
WHERE t.name_id = %(name)s AND t.value_id = %(value)s AND t.event_at <= %(at)s AND {COUNTS}
"""
_INPUTS = [Role.INPUT, Role.INPUT_CLASS]
_OUTPUTS = [Role.OUTPUT, Role.OUTPUT_CLASS]


def parents(connection: Connection, epc: str, at: datetime) -> list[Kin]:
    """Give what a thing is in or built into at an instant, and what it was made of."""
    return _walk(connection, epc, at, "up", ever=False, steps=1)


def children(connection: Connection, epc: str, at: datetime) -> list[Kin]:
    """Give what is in a thing or built into it at an instant, and what was made of it."""
    return _walk(connection, epc, at, "down", ever=False, steps=1)


def ancestors(
    connection: Connection, epc: str, at: datetime, *, ever: bool = False, steps: int = 32
) -> list[Kin]:
    """Give everything above a thing: cell, module, pack, vehicle, load, trip; and what it was made of.

    Parameters
    ----------
    connection
        Any connection to the ledger.
    epc
        The thing, in any spelling.
    at
        What was the case at this instant.
    ever
        Also what was the case at any time before: every pack in which a module has ever been.
    steps
        Most steps to go.

    Returns
    -------
    list of Kin
        Nearest first; each pair of things and way between them once.

    Raises
    ------
    InputError
        ``unknown-thing``: no event up to then names it.
    """
    return _walk(connection, epc, at, "up", ever=ever, steps=steps)


def descendants(
    connection: Connection, epc: str, at: datetime, *, ever: bool = False, steps: int = 32
) -> list[Kin]:
    """Give everything below a thing: what is in it, built into it, and made of it, to the black mass.

    Parameters and errors are those of :func:`ancestors`.
    """
    return _walk(connection, epc, at, "down", ever=ever, steps=steps)


def kin_document(kin: Iterable[Kin]) -> list[dict[str, Any]]:
    """Give steps as plain values for JSON."""
    return [
        {
            "thing": one.thing,
            "of": one.of,
            "how": one.how,
            "since": stamp(one.since),
            "until": stamp(one.until),
            "depth": one.depth,
        }
        for one in kin
    ]


_Edge = tuple[UUID, UUID, str, datetime, datetime | None]
_Period = tuple[datetime, datetime]


def _walk(
    connection: Connection, epc: str, at: datetime, way: Direction, *, ever: bool, steps: int
) -> list[Kin]:
    cursor = cursor_of(connection)
    start = key_of(epc)
    if cursor.execute("SELECT EXISTS (SELECT FROM thing WHERE id = %s)", [start]).fetchone() != (True,):
        raise unknown_thing(cursor, epc, at)
    walk = _ever if ever else _then
    found = dict.fromkeys(walk(cursor, start, at, way, steps))
    names = texts(cursor, (key for edge, _ in found for key in edge[:2]))
    kin = [
        Kin(names[thing], names[of], how, since, until, depth)
        for (of, thing, how, since, until), depth in found
    ]
    return sorted(kin, key=lambda one: one.depth)


def _then(
    cursor: psycopg.Cursor[Any], start: UUID, at: datetime, way: Direction, steps: int
) -> Iterator[tuple[_Edge, int]]:
    """Follow what was so at an instant: all containers and wholes at once, then what was made, and so on."""
    known, fresh = {start: 0}, {start: 0}
    while fresh and len(known) < _MOST:
        values = {
            "keys": list(fresh),
            "depths": list(fresh.values()),
            "at": at,
            "steps": steps,
            "most": _MOST,
        }
        for of, thing, how, since, depth in cursor.execute(
            _ALL_UP if way == "up" else _ALL_DOWN, values
        ).fetchall():
            yield (of, thing, how, since, None), depth
            if thing not in known:
                known[thing] = fresh[thing] = depth
        reached, fresh = fresh, {}
        wanted = [key for key, depth in reached.items() if depth < steps]
        for edge in _made(cursor, wanted, at, way):
            depth = known[edge[0]] + 1
            yield edge, depth
            if edge[1] not in known:
                known[edge[1]] = fresh[edge[1]] = depth


def _ever(
    cursor: psycopg.Cursor[Any], start: UUID, at: datetime, way: Direction, steps: int
) -> Iterator[tuple[_Edge, int]]:
    """Go level by level, only along what was so while the thing asked about was part of it."""
    level: dict[UUID, _Period] = {start: (_BEGINNING, at)}
    known = dict(level)
    for depth in range(1, steps + 1):
        following: dict[UUID, _Period] = {}
        values = {"keys": list(level), "at": at, "since": _BEGINNING}
        edges = cursor.execute(_UP if way == "up" else _DOWN, values).fetchall()
        for edge in (*edges, *_made(cursor, list(level), at, way)):
            period = _within(edge, level[edge[0]], way)
            if period is None:
                continue
            yield edge, depth
            before = known.get(edge[1])
            wider = period if before is None else (min(before[0], period[0]), max(before[1], period[1]))
            if wider != before:
                known[edge[1]] = following[edge[1]] = wider
        level = following
        if not level or len(known) > _MOST:
            return


def _within(edge: _Edge, period: _Period, way: Direction) -> _Period | None:
    """Give when the other end of a step belongs to the thing asked about; None if the step lies outside its time.

    What is made of a part holds the part's material whenever it is made, so both ways find the same pairs.
    """
    _, _, how, since, until = edge
    if how != "transformation":
        first, last = max(since, period[0]), period[1] if until is None else min(until, period[1])
        return (first, last) if first <= last else None
    if way == "up":
        return (_BEGINNING, since)
    return (since, _END) if since >= period[0] else None


def _made(cursor: psycopg.Cursor[Any], keys: Sequence[UUID], at: datetime, way: Direction) -> Iterator[_Edge]:
    """Give the steps from things to what they were made of, or what was made of them."""
    if not keys:
        return
    values = {"keys": keys, "at": at, "roles": _OUTPUTS if way == "up" else _INPUTS}
    for of, event_at, _, document in cursor.execute(_MADE, values).fetchall():
        for thing in _others(cursor, orjson.loads(document), way, at):
            yield of, thing, "transformation", event_at, event_at


def _others(
    cursor: psycopg.Cursor[Any], event: Mapping[str, Any], way: Direction, at: datetime
) -> list[UUID]:
    """Give the other side of a transformation, over all its events where it has an id."""
    events = [event]
    identifier = event.get("transformationID")
    if identifier is not None:
        wanted = {"name": name_key("transformationID"), "value": key_of(identifier), "at": at}
        events += [orjson.loads(row[0]) for row in cursor.execute(_SAME, wanted)]
    side = "input" if way == "up" else "output"
    found = [epc for one in events for epc in one.get(f"{side}EPCList", ())]
    found += [entry["epcClass"] for one in events for entry in one.get(f"{side}QuantityList", ())]
    return list(dict.fromkeys(map(key_of, found)))
