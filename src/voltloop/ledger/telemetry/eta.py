"""Expected arrivals: from where a load is, how far it still has to go, and what was planned. Every forecast is kept.

A forecast is never an event and never takes the place of one: what happened is in the ledger alone, and each forecast
is scored against it afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import fmean, median
from typing import TYPE_CHECKING, Any
from uuid import UUID

from voltloop.epcis.identifiers import key_of
from voltloop.findings import make
from voltloop.ledger.naming import cursor_of, stamp
from voltloop.ledger.state_rows import ALL_STATES
from voltloop.ledger.telemetry.settings import fences

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

    from voltloop.transport import DistanceProvider

__all__ = ["Forecast", "Score", "forecast", "forecasts", "scores"]

_EVERY = timedelta(minutes=10)
_LATE = timedelta(minutes=30)
_FRESH = timedelta(hours=6)
_DRIVING_DAY_H, _DAILY_REST_H = 9.0, 11.0
_PROFILE = "artic"
_PLANNED = f"""
WITH RECURSIVE around (id) AS (
  SELECT %(thing)s::uuid
  UNION SELECT s.epc_id FROM around JOIN {ALL_STATES} AS s
    ON s.container_id = around.id AND s.from_at <= %(now)s AND s.until_at > %(now)s)
SELECT DISTINCT ON (t.epc_id) t.epc_id, thing.text, e.event_at, place.text, place.id
FROM around JOIN trace AS t ON t.epc_id = around.id JOIN thing ON thing.id = t.epc_id
JOIN event AS e ON e.event_at = t.event_at AND e.record_at = t.record_at
JOIN thing AS place ON place.id = coalesce(e.biz_location_id, e.read_point_id)
WHERE e.planned AND e.declared_at IS NULL AND e.biz_step IN ('arriving', 'receiving', 'accepting')
  AND e.event_at > %(since)s
  AND NOT EXISTS (SELECT FROM voided AS v WHERE v.event_at = e.event_at AND v.record_at = e.record_at)
  AND NOT EXISTS (SELECT FROM trace AS d JOIN event AS a ON a.event_at = d.event_at AND a.record_at = d.record_at
    WHERE d.epc_id = t.epc_id AND NOT a.planned AND a.declared_at IS NULL
      AND a.biz_step IN ('arriving', 'receiving', 'accepting')
      AND coalesce(a.biz_location_id, a.read_point_id) = coalesce(e.biz_location_id, e.read_point_id)
      AND a.event_at > e.event_at - INTERVAL '14 days'
      AND NOT EXISTS (SELECT FROM voided AS v WHERE v.event_at = a.event_at AND v.record_at = a.record_at))
ORDER BY t.epc_id, e.event_at
"""
_FIX = """
SELECT n.measured_at, n.latitude, n.longitude FROM reading_now AS n
WHERE n.metric = 'position' AND n.device_id IN (
  SELECT epc_id FROM state WHERE assembly_id = %(thing)s OR container_id = %(thing)s
  UNION SELECT device_id FROM device_binding
    WHERE thing_id = %(thing)s AND from_at <= %(now)s AND (until_at IS NULL OR until_at > %(now)s))
ORDER BY n.measured_at DESC LIMIT 1
"""
_ACTUAL = """
SELECT f.thing, f.place, f.issued_at, f.for_at, f.planned_at, min(e.event_at)
FROM forecast AS f JOIN thing AS p ON p.text = f.place
JOIN trace AS t ON t.epc_id = f.thing_id AND t.event_at > f.issued_at
JOIN event AS e ON e.event_at = t.event_at AND e.record_at = t.record_at
WHERE NOT e.planned AND e.declared_at IS NULL AND e.biz_step IN ('arriving', 'receiving', 'accepting')
  AND coalesce(e.biz_location_id, e.read_point_id) = p.id AND f.issued_at >= %(since)s
  AND NOT EXISTS (SELECT FROM voided AS v WHERE v.event_at = e.event_at AND v.record_at = e.record_at)
GROUP BY 1, 2, 3, 4, 5 ORDER BY 3
"""


@dataclass(frozen=True, slots=True)
class Forecast:
    """One forecast: when a thing is expected at a place, as it was issued, and from which fix."""

    thing: str
    place: str
    issued_at: datetime
    fix_at: datetime
    for_at: datetime
    planned_at: datetime | None
    remaining_km: float
    source: str
    basis: dict[str, Any]

    def document(self) -> dict[str, Any]:
        """Give it as plain values for JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {name: stamp(one) if isinstance(one, datetime) else one for name, one in values.items()}


@dataclass(frozen=True, slots=True)
class Score:
    """How good forecasts of one range of lead times were; positive errors mean that it came later than forecast."""

    lead_h: str
    forecasts: int
    mean_abs_error_min: float
    median_abs_error_min: float
    bias_min: float
    within_30_min: float
    plan_mean_abs_error_min: float | None


def forecast(
    connection: Connection, thing_id: UUID, now: datetime, provider: DistanceProvider | None = None
) -> list[Forecast]:
    """Forecast the next planned arrival of a thing, and of what is in it, from its last fix; keep and give it.

    Parameters
    ----------
    connection
        In a transaction.
    thing_id
        Key of what carries the device.
    now
        The present.
    provider
        Source of road distances; None takes the straight line with the detour factor of its length.

    Returns
    -------
    list of Forecast
        Empty where nothing is planned, the place is on no map, the last fix is older than 6 hours, or the last forecast
        younger than 10 minutes. Driving days of 9 hours and rests of 11 hours are reckoned in
        (Regulation (EC) 561/2006, Articles 6 and 8).
    """
    cursor = cursor_of(connection)
    fix = cursor.execute(_FIX, {"thing": thing_id, "now": now}).fetchone()
    if fix is None or now - fix[0] > _FRESH:
        return []
    values = {"thing": thing_id, "now": now, "since": now - timedelta(days=3)}
    planned = cursor.execute(_PLANNED, values).fetchall()
    made = []
    ground = _ground(connection) if planned else {}
    for epc_id, thing, planned_at, place, place_id in planned:
        last = cursor.execute(
            "SELECT max(issued_at) FROM forecast WHERE thing_id = %s AND place = %s", (epc_id, place)
        ).fetchone()
        point = ground.get(place_id) or _master_point(cursor, place_id)
        if point is None or (last and last[0] and now - last[0] < _EVERY):
            continue
        one = _of(thing, place, planned_at, fix, point, now, provider)
        _keep(cursor, epc_id, one)
        made.append(one)
    return made


def _ground(connection: Connection) -> dict[UUID, tuple[float, float]]:
    """Give latitude and longitude of places that have a fence: its centre."""
    return {
        key_of(fence.place): (fence.centre[1], fence.centre[0]) for fence in fences(connection) if fence.place
    }


def _master_point(cursor: psycopg.Cursor[Any], place_id: UUID) -> tuple[float, float] | None:
    """Give latitude and longitude of a place from captured master data."""
    rows = cursor.execute(
        "SELECT attribute, value FROM master_data_attribute WHERE id = %s AND attribute ILIKE ANY "
        "(ARRAY['%%latitude', '%%longitude'])",
        [place_id],
    ).fetchall()
    found: dict[str, float] = {}
    for attribute, value in rows:
        try:
            found[attribute.lower()[-8:]] = float(value)
        except (TypeError, ValueError):
            return None
    return (found["latitude"], found["ongitude"]) if len(found) == 2 else None


def _of(
    thing: str,
    place: str,
    planned_at: datetime,
    fix: Sequence[Any],
    point: tuple[float, float],
    now: datetime,
    provider: DistanceProvider | None,
) -> Forecast:
    from voltloop.transport import GreatCircle, Places

    fix_at, latitude, longitude = fix
    source = provider or GreatCircle()
    way = source.distances(Places.of(latitude, longitude), Places.of(*point), _PROFILE)
    km, driving_h = float(way.km[0, 0]), float(way.hours[0, 0])
    basis: dict[str, Any] = {"latitude": latitude, "longitude": longitude, "profile": _PROFILE}
    if km == float("inf"):
        from voltloop.transport import great_circle_km

        km = float(great_circle_km(latitude, longitude, *point))
        driving_h = max((planned_at - fix_at) / timedelta(hours=1), km / 40.0)
        basis["no_road"] = "by sea or air: the plan, or 40 km/h in a straight line where that is later"
        hours = driving_h
    else:
        hours = driving_h + int(driving_h / _DRIVING_DAY_H) * _DAILY_REST_H
    basis |= {"driving_h": round(driving_h, 3), "is_estimate": bool(way.estimated[0, 0])}
    for_at = max(fix_at + timedelta(hours=hours), now)
    name = type(source).__name__
    return Forecast(thing, place, now, fix_at, for_at, planned_at, round(km, 3), name, basis)


def _keep(cursor: psycopg.Cursor[Any], thing_id: UUID, one: Forecast) -> None:
    from psycopg.types.json import Jsonb

    cursor.execute(
        "INSERT INTO forecast "
        "(thing_id, thing, place, issued_at, fix_at, for_at, planned_at, remaining_km, source, basis) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (
            thing_id, one.thing, one.place, one.issued_at, one.fix_at, one.for_at, one.planned_at, one.remaining_km,
            one.source, Jsonb(one.basis),
        ),
    )  # fmt: skip
    if one.planned_at is None or one.for_at <= one.planned_at + _LATE:
        return
    raw, value = one.for_at.isoformat(timespec="minutes"), one.planned_at.isoformat(timespec="minutes")
    message = make("eta-late", where=one.thing, raw=raw, value=value).message
    key = key_of(f"eta-late {one.thing} {one.place} {value}")
    cursor.execute(
        "INSERT INTO finding (id, code, epc_id, event_at, record_at, found_at, message, details) "
        "VALUES (%s, 'eta-late', %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (
            key,
            thing_id,
            one.fix_at,
            one.issued_at,
            one.issued_at,
            message,
            Jsonb({"raw": raw, "value": value}),
        ),
    )


def forecasts(connection: Connection, thing: str, *, limit: int = 1000) -> list[Forecast]:
    """Give the forecasts of a thing, the newest first."""
    rows = cursor_of(connection).execute(
        "SELECT thing, place, issued_at, fix_at, for_at, planned_at, remaining_km, source, basis FROM forecast "
        "WHERE thing_id = %s ORDER BY issued_at DESC LIMIT %s",
        (key_of(thing), limit),
    )
    return [Forecast(*row) for row in rows.fetchall()]


_LEADS = (
    (0.0, 1.0, "0-1"),
    (1.0, 4.0, "1-4"),
    (4.0, 12.0, "4-12"),
    (12.0, 48.0, "12-48"),
    (48.0, 1e9, "48+"),
)


def scores(connection: Connection, since: datetime) -> list[Score]:
    """Score the forecasts issued since an instant whose arrivals have happened, by how long before they were issued."""
    rows = cursor_of(connection).execute(_ACTUAL, {"since": since.astimezone(UTC)}).fetchall()
    found = []
    for low, high, name in _LEADS:
        minute = timedelta(minutes=1)
        chosen = [row for row in rows if low <= (row[5] - row[2]) / timedelta(hours=1) < high]
        errors = [(row[5] - row[3]) / minute for row in chosen]
        plan = [abs((row[5] - row[4]) / minute) for row in chosen if row[4] is not None]
        if errors:
            absolute = [abs(error) for error in errors]
            found.append(
                Score(
                    name,
                    len(errors),
                    fmean(absolute),
                    median(absolute),
                    fmean(errors),
                    sum(error <= 30 for error in absolute) / len(absolute),
                    fmean(plan) if plan else None,
                )
            )
    return found
