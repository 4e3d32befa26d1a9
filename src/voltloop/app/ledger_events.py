"""Events of use cases into the ledger, and out of it again by voltloop's own fields."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from voltloop.app.ledger_names import NAMESPACE, PREFIX
from voltloop.errors import LedgerError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from voltloop.ledger.capture import Captured

__all__ = ["capture_own", "events_with"]

_CONTEXT = {PREFIX: NAMESPACE}
_START = datetime(1, 1, 1, tzinfo=UTC)
_MOST = 1_000_000


def capture_own(connection: Connection, events: Sequence[dict[str, Any]], now: datetime) -> Captured:
    """Validate and capture events that a use case made, all or none.

    Raises
    ------
    LedgerError
        ``event-invalid``: an event breaks a rule of the standard; a refused capture as the ledger words it.
    """
    from voltloop.epcis import EventValidator
    from voltloop.ledger.capture import capture_events
    from voltloop.ledger.examine import examine

    examined = examine(list(events), EventValidator(), _CONTEXT, now=now)
    if examined.problems:
        raise LedgerError(examined.problems[0].detail, code="event-invalid")
    return capture_events(connection, examined.good, _CONTEXT, now=now)


def events_with(connection: Connection, fields: Mapping[str, str]) -> list[dict[str, Any]]:
    """Give the events whose own fields have these values, in the order of capture, without those taken back.

    Parameters
    ----------
    fields
        Values by name of field without prefix, such as ``{"plan": ..., "status": "planned"}``.
    """
    from voltloop.ledger.query import feed, last_record_at
    from voltloop.ledger.query_parameters import parse

    query = parse({f"EQ_{PREFIX}:{name}": (value,) for name, value in fields.items()}, {PREFIX: (NAMESPACE,)})
    stored = feed(connection, query, after=_START, until=last_record_at(connection), limit=_MOST)
    events = [json.loads(event.document) for event in stored]
    taken_back = {event["eventID"] for event in events if "errorDeclaration" in event}
    return [event for event in events if event["eventID"] not in taken_back]
