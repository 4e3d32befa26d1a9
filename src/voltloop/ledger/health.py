"""States of health that events told of things: each with its instant and by which method it was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from voltloop.epcis.identifiers import key_of
from voltloop.ledger.condition import method_of
from voltloop.ledger.lookups import COUNTS, EVENT_OF, trace_of
from voltloop.ledger.naming import cursor_of
from voltloop.ledger.state_rows import ALL_STATES

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["HealthReading", "health_readings"]

_READINGS: Final = f"""
SELECT h.epc_id, h.health_at, h.health, e.document, c.prefixes
FROM (SELECT DISTINCT s.epc_id, s.health_at, s.health FROM {ALL_STATES} AS s
  WHERE s.epc_id = ANY(%(keys)s) AND s.health_at <= %(at)s) AS h
{trace_of("h", "o.event_at = h.health_at")} {EVENT_OF} LEFT JOIN context AS c ON c.id = e.context_id
WHERE {COUNTS} ORDER BY h.health_at, e.record_at
"""


@dataclass(frozen=True, slots=True)
class HealthReading:
    """One reading of a thing's state of health, a share of new; ``method`` as the event tells it, or None."""

    epc: str
    at: datetime
    soh: float
    method: str | None


def health_readings(connection: Connection, epcs: Sequence[str], at: datetime) -> list[HealthReading]:
    """Give the states of health that were told of things up to an instant, in the order of their time.

    Parameters
    ----------
    connection
        Any connection to the ledger.
    epcs
        The things, in any spelling; what the ledger does not know has no readings.
    at
        Only what happened up to then, with its zone.

    Returns
    -------
    list of HealthReading
        One for each thing and instant: the last that was captured. What was taken back is not among them.
    """
    named = {key_of(epc): epc for epc in epcs}
    rows = cursor_of(connection).execute(_READINGS, {"keys": list(named), "at": at}).fetchall()
    found: dict[tuple[Any, datetime], HealthReading] = {}
    for key, when, soh, document, prefixes in rows:
        event: Mapping[str, Any] = orjson.loads(document)
        if "sensorElementList" in event:
            method = method_of(event, orjson.loads(prefixes) if prefixes else {})
            found[key, when] = HealthReading(named[key], when, soh, method)
    return list(found.values())
