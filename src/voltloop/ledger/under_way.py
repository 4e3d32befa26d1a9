"""What is between two places, when it is expected, and which planned steps are late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson

from voltloop.epcis.identifiers import key_of
from voltloop.ledger.changes import NAMESPACE
from voltloop.ledger.lookups import COUNTS, EVENT_OF, trace_of
from voltloop.ledger.names import extension_name, name_key, qualified, scalar_key
from voltloop.ledger.naming import UNDER_WAY_ID, cursor_of, stamp, texts
from voltloop.ledger.state_rows import ALL_STATES

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Late", "UnderWay", "late", "under_way"]

_ARRIVALS: Final = ["arriving", "receiving", "unloading", "accepting"]

_UNDER_WAY: Final = f"""
SELECT s.epc_id, s.placed_at, s.disposition, s.hold, s.custody_id, p.event_at, p.biz_location_id
FROM {ALL_STATES} AS s LEFT JOIN LATERAL (
  SELECT e.event_at, e.biz_location_id
  FROM (SELECT s.epc_id) AS w {trace_of("w", "o.event_at >= s.placed_at")} {EVENT_OF}
  WHERE e.planned AND e.biz_step = ANY(%(arrivals)s)
    AND NOT EXISTS (SELECT FROM voided AS v WHERE v.event_at = e.event_at AND v.record_at = e.record_at)
  ORDER BY e.event_at LIMIT 1) AS p ON true
WHERE s.place_id = %(under_way)s AND s.container_id IS NULL AND s.assembly_id IS NULL
  AND s.from_at <= %(at)s AND s.until_at > %(at)s AND s.is_present
ORDER BY s.placed_at, s.epc_id LIMIT %(limit)s
"""
_PLANNED: Final = """
SELECT e.event_id, e.event_at, e.record_at, e.biz_step, coalesce(e.biz_location_id, e.read_point_id), e.document
FROM event AS e
WHERE e.planned AND e.event_at <= %(at)s AND e.event_at > %(at)s::timestamptz - interval '60 days'
  AND e.declared_at IS NULL
  AND NOT EXISTS (SELECT FROM voided AS v WHERE v.event_at = e.event_at AND v.record_at = e.record_at)
ORDER BY e.event_at, e.record_at
"""
_ANSWERED: Final = """
SELECT DISTINCT f.value_id FROM event_field AS f
WHERE f.name_id = %(name)s AND f.value_id = ANY(%(keys)s) AND f.event_at <= %(at)s
  AND NOT EXISTS (SELECT FROM voided AS v WHERE v.event_at = f.event_at AND v.record_at = f.record_at)
"""
_DONE: Final = f"""
SELECT DISTINCT w.epc_id, e.biz_step FROM unnest(%(keys)s::uuid[]) AS w (epc_id)
{trace_of("w", "o.event_at > %(at)s::timestamptz - interval '60 days' AND o.event_at <= %(at)s")} {EVENT_OF}
WHERE {COUNTS} AND NOT EXISTS (SELECT FROM event_field AS f
  WHERE f.event_at = e.event_at AND f.record_at = e.record_at AND f.name_id = %(name)s)
"""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """One thing that has left a place and not come to another.

    Attributes
    ----------
    since
        When it left.
    expected_at, expected_at_place
        When and where the plan has it arrive; None where nothing is planned.
    is_late
        That instant has passed.
    """

    epc: str
    since: datetime
    disposition: str | None
    hold: str | None
    custody: str | None
    expected_at: datetime | None
    expected_at_place: str | None
    is_late: bool

    def document(self) -> dict[str, Any]:
        """Give it as plain values for JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {
            name: stamp(value) if isinstance(value, datetime) else value for name, value in values.items()
        }


def under_way(connection: Connection, at: datetime, *, limit: int = 10_000) -> list[UnderWay]:
    """Give what is between two places at an instant, the longest under way first; what is in it is not listed.

    Parameters
    ----------
    connection
        Any connection to the ledger.
    at
        The instant, with its zone.
    limit
        Most things to give.
    """
    cursor = cursor_of(connection)
    values = {"at": at, "under_way": UNDER_WAY_ID, "arrivals": _ARRIVALS, "limit": limit}
    rows = cursor.execute(_UNDER_WAY, values).fetchall()
    names = texts(cursor, (key for row in rows for key in (row[0], row[4], row[6])))
    return [
        UnderWay(
            names[epc],
            since,
            disposition,
            hold,
            names.get(custody),
            expected_at,
            names.get(place),
            expected_at is not None and expected_at < at,
        )
        for epc, since, disposition, hold, custody, expected_at, place in rows
    ]


@dataclass(frozen=True, slots=True)
class Late:
    """One planned event whose time has passed and which no event says to be done.

    Attributes
    ----------
    load, load_step, plan
        Load, step and plan that it belongs to; None where it is of no plan of ours.
    step
        Business step.
    """

    event_id: str
    load: str | None
    load_step: str | None
    step: str | None
    planned_at: datetime
    place: str | None
    things: tuple[str, ...]
    late_min: float
    plan: str | None = None

    def document(self) -> dict[str, Any]:
        """Give it as plain values for JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return values | {"planned_at": stamp(self.planned_at), "things": list(self.things)}


def late(connection: Connection, at: datetime) -> list[Late]:
    """Give the planned steps of the last 60 days that are not done at an instant, the longest overdue first.

    A step of a load is done when an actual event names one of its planned ones in our field ``planned``: what that left
    behind is not late any more. A planned event is also done when an actual event of the same business step that names
    no planned one names one of its things.

    Parameters
    ----------
    connection
        Any connection to the ledger.
    at
        The instant, with its zone.
    """
    cursor = cursor_of(connection)
    values = {"at": at}
    planned = cursor.execute(_PLANNED, values).fetchall()
    name = name_key(extension_name("", False, qualified("voltloop:planned", {"voltloop": NAMESPACE})))
    keys = {row[0]: scalar_key(row[0], {}) for row in planned}
    answered = cursor.execute(_ANSWERED, {**values, "name": name, "keys": list(keys.values())}).fetchall()
    said = {row[0]: orjson.loads(row[5]) for row in planned}
    closed = {_step_of(said[row[0]]) for row in planned if (keys[row[0]],) in set(answered)}
    open_ = [row for row in planned if _step_of(said[row[0]]) not in closed]
    things = {row[0]: _things(said[row[0]]) for row in open_}
    wanted = list({key_of(epc) for named in things.values() for epc in named})
    done = set(cursor.execute(_DONE, {**values, "name": name, "keys": wanted}).fetchall())
    names = texts(cursor, (row[4] for row in open_))
    return [
        Late(
            event_id,
            said[event_id].get("voltloop:load"),
            said[event_id].get("voltloop:step"),
            step,
            event_at,
            names.get(place),
            things[event_id],
            (at - event_at) / timedelta(minutes=1),
            said[event_id].get("voltloop:plan"),
        )
        for event_id, event_at, _, step, place, _ in open_
        if not any((key_of(epc), step) in done for epc in things[event_id])
    ]


def _step_of(event: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the step of a load that a planned event belongs to; an event of no plan of ours is a step by itself."""
    plan = [event.get(f"voltloop:{name}") for name in ("plan", "load", "step")]
    return tuple(map(str, plan)) if all(plan) else (event["eventID"],)


def _things(event: Mapping[str, Any]) -> tuple[str, ...]:
    """Give what a step moves: children where it names some, else its objects, else the parent."""
    return tuple(event.get("childEPCs") or event.get("epcList") or filter(None, [event.get("parentID")]))
