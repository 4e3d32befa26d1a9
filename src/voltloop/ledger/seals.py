"""Seals of containers: what is on, what was found when somebody looked, and what must not happen while one is on.

A seal is a thing of its own, associated with the container (AssociationEvent ADD and DELETE, ``container_closed`` and
``container_open``), with its number, class by ISO 17712, issuer and kind in our field ``seal``. Who looks at a seal
says so in our field ``sealCheck`` of any event that names the container: ``state`` is ``intact``, ``damaged``,
``missing`` or ``number_differs``, ``number`` what was read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from voltloop.epcis.identifiers import canonical, key_of
from voltloop.ledger.chain import PARENT
from voltloop.ledger.findings_log import Found
from voltloop.ledger.instants import instant_at
from voltloop.ledger.lookups import states_of
from voltloop.ledger.naming import cursor_of, stamp, texts
from voltloop.ledger.side_rows import Told, seal_number
from voltloop.ledger.state_rows import ALL_STATES

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

__all__ = ["Seal", "check_seals", "seals_of"]

_SEALED: Final = f"""
WITH RECURSIVE up (n, id, at) AS (
  SELECT w.n, w.id, w.at FROM unnest(%(keys)s::uuid[], %(ats)s::timestamptz[]) WITH ORDINALITY AS w (id, at, n)
  UNION
  SELECT up.n, {PARENT}, up.at
  FROM up {states_of("up.id", "o.from_at <= up.at AND o.until_at > up.at")}
  WHERE {PARENT} IS NOT NULL)
SELECT up.n - 1, seal.container_id, seal.number
FROM up {states_of("up.id", "o.from_at <= up.at AND o.until_at > up.at", "assembly_id")}
JOIN seal ON seal.epc_id = s.epc_id AND s.assembled_at < up.at
ORDER BY 1, 3
"""
_NUMBERS: Final = f"""
SELECT DISTINCT seal.number FROM {ALL_STATES} AS s JOIN seal ON seal.epc_id = s.epc_id
WHERE s.assembly_id = %(key)s AND s.assembled_at <= %(at)s AND s.until_at >= %(at)s AND s.from_at <= %(at)s
ORDER BY 1
"""
_WAS_ON: Final = f"""
SELECT EXISTS (SELECT FROM {ALL_STATES} AS s WHERE s.epc_id = %(seal)s AND s.assembly_id = %(key)s
  AND s.assembled_at <= %(at)s AND s.until_at >= %(at)s)
"""
_TWICE: Final = """
SELECT EXISTS (SELECT FROM seal WHERE number = %(number)s AND issuer IS NOT DISTINCT FROM %(issuer)s
  AND record_at < %(record_at)s AND (epc_id <> %(seal)s OR container_id <> %(key)s))
"""
_HISTORY: Final = f"""
SELECT seal.epc_id, seal.number, seal.class, seal.issuer, seal.kind, s.assembled_at,
  nullif(max(s.until_at), 'infinity')
FROM {ALL_STATES} AS s JOIN seal ON seal.epc_id = s.epc_id
WHERE s.assembly_id = %(key)s AND s.assembled_at <= %(at)s
GROUP BY seal.epc_id, s.assembled_at ORDER BY s.assembled_at, seal.number
"""
_STATES: Final = {
    "damaged": "seal-damaged",
    "missing": "seal-missing",
    "number_differs": "seal-number-differs",
}


@dataclass(frozen=True, slots=True)
class Seal:
    """One seal of a container, from when until when; ``off_at`` is None while it is on."""

    seal: str
    number: str
    seal_class: str | None
    issuer: str | None
    kind: str | None
    on_at: datetime
    off_at: datetime | None

    def document(self) -> dict[str, Any]:
        """Give it as plain values for JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return values | {"on_at": stamp(self.on_at), "off_at": stamp(self.off_at)}


def seals_of(connection: Connection, container: str, at: datetime) -> list[Seal]:
    """Give the seals that have been on a container up to an instant, in the order in which they were put on."""
    cursor = cursor_of(connection)
    rows = cursor.execute(_HISTORY, {"key": key_of(container), "at": at}).fetchall()
    names = texts(cursor, (row[0] for row in rows))
    return [
        Seal(names[seal], number, seal_class, issuer, kind, on_at, None if off_at and off_at > at else off_at)
        for seal, number, seal_class, issuer, kind, on_at, off_at in rows
    ]


def check_seals(cursor: psycopg.Cursor[Any], told: Sequence[Told]) -> list[Found]:
    """Give what a batch of events shows to be wrong with seals, after the states are written."""
    found: list[Found] = []
    packings: list[tuple[int, int, str]] = []
    for event_at, record_at, said in told:
        for check in said.checks:
            found += _checked(cursor, check.container, check.facts, event_at, record_at)
        for put in said.unseals:
            found += _taken_off(cursor, put.seal, put.container, event_at, record_at)
        for put in said.seals:
            found += _put_on(cursor, put, event_at, record_at)
        if said.packing is not None:
            packings.append((event_at, record_at, said.packing))
    if packings and cursor.execute("SELECT EXISTS (SELECT FROM seal)").fetchone() == (True,):
        found += _opened(cursor, packings)
    return found


def _numbers(cursor: psycopg.Cursor[Any], container: str, at: int) -> list[str]:
    values = {"key": key_of(container), "at": instant_at(at)}
    return [row[0] for row in cursor.execute(_NUMBERS, values)]


def _checked(
    cursor: psycopg.Cursor[Any], container: str, facts: Any, event_at: int, record_at: int
) -> Iterator[Found]:
    """Compare what was found with what was put on."""
    state = str(facts.get("state", facts.get("result", "intact")))
    number = None if facts.get("number") is None else str(facts["number"])
    expected = _numbers(cursor, container, event_at)
    code = _STATES.get(state)
    if code is None and number is not None and expected and number not in expected:
        code = "seal-number-differs"
    if code is not None:
        words = " and ".join(expected) or "that was expected"
        yield Found(code, container, event_at, record_at, raw=number or "another number", value=words)
    elif not expected:
        read = f" and the number {number} was read" if number else ""
        yield Found("seal-unknown", container, event_at, record_at, raw=read, value="")


def _taken_off(
    cursor: psycopg.Cursor[Any], seal: str, container: str, event_at: int, record_at: int
) -> Iterator[Found]:
    """Give a finding where a seal comes off that was not on."""
    values = {"seal": key_of(seal), "key": key_of(container), "at": instant_at(event_at)}
    if cursor.execute(_WAS_ON, values).fetchone() != (True,):
        expected = " and ".join(_numbers(cursor, container, event_at)) or "none"
        yield Found("seal-number-differs", container, event_at, record_at, raw=seal, value=expected)


def _put_on(cursor: psycopg.Cursor[Any], put: Any, event_at: int, record_at: int) -> Iterator[Found]:
    """Give findings where a number is used twice for its issuer, or a sea container gets less than class H."""
    number, issuer = seal_number(put), put.facts.get("issuer")
    values = {
        "number": number,
        "issuer": None if issuer is None else str(issuer),
        "record_at": instant_at(record_at),
        "seal": key_of(put.seal),
        "key": key_of(put.container),
    }
    if cursor.execute(_TWICE, values).fetchone() == (True,):
        raw = "that is not told" if issuer is None else str(issuer)
        yield Found("seal-number-twice", put.container, event_at, record_at, raw=raw, value=number)
    seal_class = put.facts.get("class")
    if (
        seal_class is not None
        and seal_class != "H"
        and canonical(put.container).startswith("urn:epc:id:bic:")
    ):
        yield Found("seal-class-low", put.container, event_at, record_at, raw=str(seal_class), value=number)


def _opened(cursor: psycopg.Cursor[Any], packings: Sequence[tuple[int, int, str]]) -> Iterable[Found]:
    """Nothing goes in or out of a container while it, or what it is in, is sealed."""
    keys = [key_of(parent) for _, _, parent in packings]
    ats = [instant_at(event_at) for event_at, _, _ in packings]
    sealed: defaultdict[tuple[int, UUID], list[str]] = defaultdict(list)
    for n, container_id, number in cursor.execute(_SEALED, {"keys": keys, "ats": ats}).fetchall():
        sealed[n, container_id].append(number)
    names = texts(cursor, (container_id for _, container_id in sealed))
    for (n, container_id), numbers in sealed.items():
        event_at, record_at, _ = packings[n]
        value = " and ".join(dict.fromkeys(numbers))
        yield Found("seal-contents-changed", names[container_id], event_at, record_at, raw="", value=value)
