"""Concludes from readings what happened, in order, late or corrected, and tells it as events of the ledger.

Each device on each thing has a watch: a small state that goes on with the next readings. States are kept at the start
of each hour, so that a late reading, a changed fence or limit, or a binding told late goes back to the state before it
and works out from there anew. What no longer holds is taken back by an error declaration.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from voltloop.epcis.readings import POSITION, measures
from voltloop.ledger.naming import cursor_of
from voltloop.ledger.state_rows import ALL_STATES
from voltloop.ledger.telemetry.conclusions import Conclusion
from voltloop.ledger.telemetry.crossings import watch_fix
from voltloop.ledger.telemetry.devices import Binding, bindings, follow_associations
from voltloop.ledger.telemetry.excursions import watch_value
from voltloop.ledger.telemetry.fences import FenceBook
from voltloop.ledger.telemetry.limits import DEFAULT_GOODS
from voltloop.ledger.telemetry.own_events import Telling
from voltloop.ledger.telemetry.settings import Conditions, conditions_of, fence_book
from voltloop.ledger.telemetry.telling import Concluded, contents_of, reconcile

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

__all__ = ["BASE", "Watched", "conclude"]

BASE = "https://id.voltloop.org/"
"""Where links to raw readings lead, unless the caller knows the address of its server."""

_HOUR_S = 3600
_READ = """
SELECT metric, extract(epoch FROM measured_at)::float8, number, latitude, longitude, accuracy_m FROM reading
WHERE device_id = %(device)s AND (metric = ANY(%(metrics)s) OR metric = 'position')
  AND measured_at >= %(from)s AND measured_at < coalesce(%(until)s::timestamptz, 'infinity')
  AND (%(after)s::timestamptz IS NULL OR measured_at > %(after)s)
ORDER BY measured_at, metric, sequence
"""
_CHECKPOINT = """
SELECT at, state FROM watch_state WHERE device_id = %(device)s AND thing_id = %(thing)s AND at < 'infinity'
ORDER BY at <= %(from)s DESC, CASE WHEN at <= %(from)s THEN at END DESC, at LIMIT 1
"""
_ANY_DAMAGED = f"""
SELECT EXISTS (SELECT FROM {ALL_STATES} AS s WHERE s.epc_id = ANY(%(keys)s) AND s.from_at <= %(at)s
  AND s.until_at > %(at)s AND (s.disposition = 'damaged' OR s.persistent LIKE '%%damaged%%'))
"""
_THIN = """
DELETE FROM watch_state AS w WHERE device_id = %(device)s AND thing_id = %(thing)s AND at < %(before)s
  AND EXISTS (SELECT FROM watch_state AS e WHERE e.device_id = w.device_id AND e.thing_id = w.thing_id AND e.at < w.at
    AND date_trunc('day', e.at) = date_trunc('day', w.at))
"""


@dataclass(slots=True)
class Watched:
    """What a round of watching did: how many devices were looked at, events written and taken back, and things seen."""

    devices: int = 0
    told: int = 0
    voided: int = 0
    moved: set[tuple[UUID, str]] = field(default_factory=set)


class _Row(NamedTuple):
    metric: str
    at: float
    number: float | None
    latitude: float | None
    longitude: float | None
    accuracy_m: float | None


def conclude(connection: Connection, now: datetime, *, base: str = BASE, limit: int = 100) -> Watched:
    """Conclude from readings that nobody has looked at yet, in the caller's transaction.

    Parameters
    ----------
    connection
        In a transaction; commit it soon, for captures wait.
    now
        The present, with its zone.
    base
        Where links to raw readings lead.
    limit
        Most devices to look at; call again while as many were.
    """
    cursor = cursor_of(connection)
    follow_associations(cursor)
    due = cursor.execute(
        "SELECT t.device_id, t.from_at, d.text FROM telemetry_due AS t JOIN device AS d ON d.id = t.device_id "
        "ORDER BY t.from_at, t.device_id LIMIT %s FOR UPDATE OF t SKIP LOCKED",
        [limit],
    ).fetchall()
    watched = Watched(devices=len(due))
    if not due:
        return watched
    book = fence_book(connection)
    concluded: list[Concluded] = []
    for device_id, from_at, device in due:
        periods: dict[UUID, list[Binding]] = {}
        for one in bindings(cursor, device_id):
            periods.setdefault(one.thing_id, []).append(one)
        seen = cursor.execute(
            "SELECT DISTINCT thing_id FROM told WHERE device_id = %s", [device_id]
        ).fetchall()
        for thing_id in {*periods, *(row[0] for row in seen)}:
            watch = _Watch(cursor, device_id, device, thing_id, periods.get(thing_id, []), base)
            found = watch.run(book, from_at)
            if found is not None:
                concluded.append(found)
            if watch.has_fix:
                watched.moved.add((thing_id, watch.thing))
    cursor.execute("DELETE FROM telemetry_due WHERE device_id = ANY(%s)", [[row[0] for row in due]])
    watched.told, watched.voided = reconcile(connection, concluded, now)
    return watched


class _Watch:
    """The watch of one device on one thing."""

    def __init__(
        self,
        cursor: psycopg.Cursor[Any],
        device_id: UUID,
        device: str,
        thing_id: UUID,
        periods: Sequence[Binding],
        base: str,
    ) -> None:
        self.cursor, self.device_id, self.device, self.thing_id = cursor, device_id, device, thing_id
        self.periods, self.base = periods, base
        self.thing = periods[0].thing if periods else ""
        self.ids = {"device": device_id, "thing": thing_id}
        self.has_fix = False

    def run(self, book: FenceBook, from_at: datetime) -> Concluded | None:
        """Go on from where the watch stands, or go back where readings from ``from_at`` on are not new."""
        if self.periods and all(one.until_at is not None and one.until_at <= from_at for one in self.periods):
            stands = self._present()
            if stands is None or stands[0] < from_at:
                return None
        conditions = conditions_of(self.cursor, self.thing_id)
        present = self._present()
        is_new = present is not None and from_at > present[0]
        if is_new:
            assert present is not None
            state, start = present[1], present[0]
        else:
            state, start = self._back_to(from_at)
        found, through = self._fold(state, conditions, book, start, after=start if is_new else None)
        if through is not None:
            self._keep("infinity", through, state)
            before = datetime.fromtimestamp(through.timestamp() - 48 * _HOUR_S, UTC)
            self.cursor.execute(_THIN, {**self.ids, "before": before})
        telling = Telling(self.device, self.thing, self.base)
        since = None if is_new else start
        return Concluded(self.device_id, self.thing_id, telling, conditions, found, since)

    def _present(self) -> tuple[datetime, dict[str, Any]] | None:
        statement = (
            "SELECT through_at, state FROM watch_state WHERE device_id = %(device)s AND thing_id = %(thing)s "
            "AND at = 'infinity'"
        )
        row: tuple[datetime, dict[str, Any]] | None = self.cursor.execute(statement, self.ids).fetchone()
        return row

    def _back_to(self, from_at: datetime) -> tuple[dict[str, Any], datetime]:
        """Give the state before an instant, and forget the later ones."""
        floor_row = self.cursor.execute("SELECT kept_from_at FROM telemetry_clock").fetchone()
        row = self.cursor.execute(_CHECKPOINT, {**self.ids, "from": from_at}).fetchone()
        has_floor = floor_row is not None and floor_row[0] is not None
        if row is None or (row[0] > from_at and not has_floor):
            start, state = datetime(2010, 1, 1, tzinfo=UTC), {}
        else:
            start, state = row
        self.cursor.execute(
            "DELETE FROM watch_state WHERE device_id = %(device)s AND thing_id = %(thing)s AND at >= %(start)s",
            {**self.ids, "start": start},
        )
        return state, start

    def _goods(self, at: datetime) -> str:
        """Give the kind of goods from what is in the thing at an instant: damaged where anything is."""
        contents = contents_of(self.cursor, self.thing_id, at, self.device_id)
        row = self.cursor.execute(_ANY_DAMAGED, {"keys": [self.thing_id, *contents], "at": at}).fetchone()
        return "damaged" if row == (True,) else DEFAULT_GOODS

    def _rows(self, start: datetime, after: datetime | None) -> Iterator[_Row]:
        wanted = sorted({measure.metric for measure in measures().values()})
        for period in self.periods:
            values = {
                "device": self.device_id,
                "metrics": wanted,
                "from": max(period.from_at, start),
                "until": period.until_at,
                "after": after,
            }
            yield from (_Row(*row) for row in self.cursor.execute(_READ, values).fetchall())

    def _fold(
        self,
        state: dict[str, Any],
        conditions: Conditions,
        book: FenceBook,
        start: datetime,
        *,
        after: datetime | None,
    ) -> tuple[list[Conclusion], datetime | None]:
        """Take the readings one by one; give what they show, and the time of the last one."""
        found: list[Conclusion] = []
        goods = state.get("goods", DEFAULT_GOODS)
        hour, at = state.pop("hour", None), None
        for row in self._rows(start, after):
            at = row.at
            if at // _HOUR_S != hour:
                hour = at // _HOUR_S
                begins = datetime.fromtimestamp(hour * _HOUR_S, UTC)
                self._keep(begins.isoformat(), begins, state)
                goods = state["goods"] = conditions.goods or self._goods(datetime.fromtimestamp(at, UTC))
            if row.metric == POSITION:
                self.has_fix = True
                assert row.latitude is not None
                assert row.longitude is not None
                fix = (at, row.latitude, row.longitude, row.accuracy_m)
                shown = watch_fix(state, book, conditions.corridor, fix)
            else:
                assert row.number is not None
                shown = watch_value(state, conditions.limits(goods), row.metric, at, row.number)
            found += (one._replace(details=one.details | {"goods": goods}) for one in shown)
        if at is None:
            return found, None
        state["hour"] = hour
        return found, datetime.fromtimestamp(at, UTC)

    def _keep(self, at: str, through: datetime, state: dict[str, Any]) -> None:
        self.cursor.execute(
            "INSERT INTO watch_state (device_id, thing_id, at, through_at, state) "
            "VALUES (%(device)s, %(thing)s, %(at)s, %(through)s, %(state)s) "
            "ON CONFLICT (device_id, thing_id, at) DO UPDATE "
            "SET through_at = EXCLUDED.through_at, state = EXCLUDED.state",
            {**self.ids, "at": at, "through": through, "state": json.dumps(state)},
        )
