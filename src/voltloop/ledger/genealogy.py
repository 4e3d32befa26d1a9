"""What a thing is in, is built into or was made of, and the other way round, over any number of steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

import orjson

from voltloop.epcis.identifiers import key_of
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
        While that was so; ``until`` is None while it still is. Of a transformation both are its time.
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
_MADE: Final = """
SELECT DISTINCT t.epc_id, e.event_at, e.record_at, e.document
FROM trace AS t JOIN event AS e ON e.event_at = t.event_at AND e.record_at = t.record_at
WHERE t.epc_id = ANY(%(keys)s) AND t.role = ANY(%(roles)s) AND t.event_at <= %(at)s
  AND e.declared_at IS NULL AND NOT e.planned
  AND NOT EXISTS (SELECT FROM voided AS v WHERE v.event_at = e.event_at AND v.record_at = e.record_at)
"""
_SAME: Final = """
SELECT e.document FROM event_field AS f JOIN event AS e ON e.event_at = f.event_at AND e.record_at = f.record_at
WHERE f.name_id = %(name)s AND f.value_id = %(value)s AND f.event_at <= %(at)s
  AND e.declared_at IS NULL AND NOT e.planned
  AND NOT EXISTS (SELECT FROM voided AS v WHERE v.event_at = e.event_at AND v.record_at = e.record_at)
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
    """Go level by level; with ``ever``, only along what was so while the thing asked about was part of it."""
    cursor = cursor_of(connection)
    start = key_of(epc)
    if cursor.execute("SELECT EXISTS (SELECT FROM thing WHERE id = %s)", [start]).fetchone() != (True,):
        raise unknown_thing(epc, at)
    level: dict[UUID, _Period] = {start: (_BEGINNING if ever else at, at)}
    known = dict(level)
    found: list[tuple[_Edge, int]] = []
    for depth in range(1, steps + 1):
        following: dict[UUID, _Period] = {}
        for edge in _edges(cursor, list(level), at, way, ever=ever):
            period = _within(edge, level[edge[0]], way, ever=ever)
            if period is None:
                continue
            found.append((edge, depth))
            before = known.get(edge[1])
            wider = period if before is None else (min(before[0], period[0]), max(before[1], period[1]))
            if wider != before:
                known[edge[1]] = following[edge[1]] = wider
        level = following
        if not level or len(known) > _MOST:
            break
    names = texts(cursor, known)
    return [
        Kin(names[thing], names[of], how, since, until, depth)
        for (of, thing, how, since, until), depth in dict.fromkeys(found)
    ]


def _within(edge: _Edge, period: _Period, way: Direction, *, ever: bool) -> _Period | None:
    """Give when the other end of a step belongs to the thing asked about; None if the step lies outside its time."""
    _, _, how, since, until = edge
    if not ever:
        return period
    if how != "transformation":
        first, last = max(since, period[0]), period[1] if until is None else min(until, period[1])
        return (first, last) if first <= last else None
    if way == "up":
        return (_BEGINNING, since)
    return (since, period[1]) if since <= period[1] else None


def _edges(
    cursor: psycopg.Cursor[Any], keys: Sequence[UUID], at: datetime, way: Direction, *, ever: bool
) -> Iterator[_Edge]:
    """Give the steps from things, one way: ``(from, to, how, since, until)``."""
    values = {"keys": keys, "at": at, "since": _BEGINNING if ever else at}
    yield from cursor.execute(_UP if way == "up" else _DOWN, values).fetchall()
    roles = _OUTPUTS if way == "up" else _INPUTS
    for of, event_at, _, document in cursor.execute(_MADE, {**values, "roles": roles}).fetchall():
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
