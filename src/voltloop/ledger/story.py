"""The whole story of a thing: its own events and those of what it was in, while it was in it, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson

from voltloop.epcis.identifiers import key_of
from voltloop.ledger.assertions import assertions, key_bytes, key_cell_of
from voltloop.ledger.lookups import EVENT_OF, states_of, trace_of
from voltloop.ledger.naming import cursor_of, stamp, texts, unknown_thing
from voltloop.ledger.story_words import words_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Custody", "Happening", "custody_history", "story"]

_STORY: Final = f"""
WITH RECURSIVE line (epc_id, from_at, until_at) AS (
  SELECT %(key)s::uuid, '-infinity'::timestamptz, 'infinity'::timestamptz
  UNION
  SELECT k.id, greatest(line.from_at, s.from_at), least(line.until_at, s.until_at)
  FROM line {states_of("line.epc_id", "o.from_at < line.until_at AND o.until_at > line.from_at")}
  CROSS JOIN LATERAL (VALUES (s.container_id), (s.assembly_id)) AS k (id)
  WHERE k.id IS NOT NULL),
t AS (
  SELECT t.event_at, t.record_at, bool_or(line.epc_id = %(key)s) AS is_own, (array_agg(line.epc_id))[1] AS by_id
  FROM line {trace_of("line", "o.event_at >= line.from_at AND o.event_at < line.until_at AND o.event_at <= %(at)s")}
  GROUP BY t.event_at, t.record_at)
SELECT t.event_at, t.record_at, t.is_own, t.by_id, e.event_id, e.document, c.prefixes,
  EXISTS (SELECT FROM voided AS v WHERE v.event_at = e.event_at AND v.record_at = e.record_at)
FROM t {EVENT_OF} LEFT JOIN context AS c ON c.id = e.context_id
WHERE e.declared_at IS NULL AND NOT e.planned
ORDER BY t.event_at, t.record_at LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Happening:
    """One event in the story of a thing.

    Attributes
    ----------
    event_at, record_at
        When it happened, and when the ledger learned of it.
    words
        One sentence for a person.
    with_
        What the thing was in and the event names, where it does not name the thing itself.
    is_taken_back
        An error declaration has taken it back: it stays in the story, and nothing follows from it.
    event
        The event in canonical form.
    """

    event_at: datetime
    record_at: datetime
    event_id: str
    words: str
    with_: str | None
    is_taken_back: bool
    event: Mapping[str, Any]
    context: Mapping[str, str]

    def document(self) -> dict[str, Any]:
        """Give it as plain values for JSON."""
        return {
            "event_at": stamp(self.event_at),
            "record_at": stamp(self.record_at),
            "event_id": self.event_id,
            "words": self.words,
            "with": self.with_,
            "is_taken_back": self.is_taken_back,
            "event": self.event,
        }


@dataclass(frozen=True, slots=True)
class Custody:
    """Who had a thing, from when until when; ``until`` is None for who has it still."""

    party: str
    since: datetime
    until: datetime | None
    event_id: str
    from_party: str | None

    def document(self) -> dict[str, Any]:
        """Give it as plain values for JSON."""
        return {
            "party": self.party,
            "since": stamp(self.since),
            "until": stamp(self.until),
            "event_id": self.event_id,
            "from_party": self.from_party,
        }


def story(connection: Connection, epc: str, at: datetime, *, limit: int = 10_000) -> list[Happening]:
    """Give all events of a thing up to an instant, and those of what it was in while it was in it.

    Parameters
    ----------
    connection
        Any connection to the ledger.
    epc
        The thing, in any spelling.
    at
        The instant, with its zone.
    limit
        Most events to give, the earliest first.

    Raises
    ------
    InputError
        ``unknown-thing``: no event up to then names it.
    """
    cursor = cursor_of(connection)
    key = key_of(epc)
    rows = cursor.execute(_STORY, {"key": key, "at": at, "limit": limit}).fetchall()
    if not rows:
        raise unknown_thing(cursor, epc, at)
    names = texts(cursor, (row[3] for row in rows if not row[2]))
    return [_happening(row, key, names) for row in rows]


def _happening(row: Sequence[Any], key: UUID, names: Mapping[UUID, str]) -> Happening:
    event_at, record_at, is_own, by_id, event_id, document, prefixes, is_taken_back = row
    event = orjson.loads(document)
    context = orjson.loads(prefixes) if prefixes else {}
    with_ = None if is_own else names.get(by_id)
    words = words_of(event, key if is_own else by_id, context)
    return Happening(event_at, record_at, event_id, words, with_, is_taken_back, event, context)


def custody_history(connection: Connection, epc: str, at: datetime) -> list[Custody]:
    """Give who had a thing and when, up to an instant: from its own events and those of what it was in.

    Raises
    ------
    InputError
        ``unknown-thing``: no event up to then names it.
    """
    return _custody(story(connection, epc, at), epc)


def _custody(told: Iterable[Happening], epc: str) -> list[Custody]:
    found: list[Custody] = []
    for one in told:
        said = None if one.is_taken_back else assertions(one.event, one.context)
        if said is None:
            continue
        wanted = key_bytes(one.with_ or epc)
        holder = next(
            (change.custody for key, change in said.changes if key == wanted and change.custody), None
        )
        party = _text_of(one.event, holder)
        if party is None or (found and key_of(found[-1].party) == key_of(party)):
            continue
        former = found[-1].party if found else None
        if found:
            last = found[-1]
            found[-1] = Custody(last.party, last.since, one.event_at, last.event_id, last.from_party)
        found.append(Custody(party, one.event_at, None, one.event_id, former))
    return found


def _text_of(event: Mapping[str, Any], key: bytes | None) -> str | None:
    """Give how an event spells a party."""
    if key is None:
        return None
    told = [e["source"] for e in event.get("sourceList", ())]
    told += [e["destination"] for e in event.get("destinationList", ())]
    return next((text for text in told if key_cell_of(text) == key), None)
