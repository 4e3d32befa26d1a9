"""Events of use cases into the ledger, and out of it again by voltloop's own fields."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from voltloop.app.ledger_names import NAMESPACE, PREFIX, event_id
from voltloop.errors import LedgerError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from voltloop.ledger.capture import Captured

__all__ = ["CONTEXT", "anew", "capture_own", "events_with", "taken_back"]

CONTEXT = {PREFIX: NAMESPACE}
"""Prefixes of the events that use cases make."""

_START = datetime(1, 1, 1, tzinfo=UTC)
_MOST = 1_000_000


def capture_own(
    connection: Connection,
    events: Sequence[dict[str, Any]],
    now: datetime,
    context: Mapping[str, str] | None = None,
) -> Captured:
    """Validate and capture events that a use case made, all or none.

    Parameters
    ----------
    context
        Prefix to namespace of their extensions; :data:`CONTEXT` where it is not given.

    Raises
    ------
    LedgerError
        ``event-invalid``: an event breaks a rule of the standard; a refused capture as the ledger words it.
    """
    from voltloop.epcis import EventValidator
    from voltloop.ledger.capture import capture_events
    from voltloop.ledger.examine import examine

    prefixes = CONTEXT if context is None else context
    examined = examine(list(events), EventValidator(), prefixes, now=now)
    if examined.problems:
        raise LedgerError(examined.problems[0].detail, code="event-invalid")
    return capture_events(connection, examined.good, prefixes, now=now)


def anew(connection: Connection, events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each event whose eventID was taken back an eventID of its own: what is told again after that is new.

    The next eventID follows from the one before, so that a thing told twice after it was taken back is one event too.
    """
    found = list(events)
    open_ = list(range(len(found)))
    while open_:
        back = taken_back(connection, [found[rank]["eventID"] for rank in open_])
        open_ = [rank for rank in open_ if found[rank]["eventID"] in back]
        for rank in open_:
            found[rank] = found[rank] | {"eventID": event_id(found[rank]["eventID"], "again")}
    return found


def taken_back(connection: Connection, event_ids: Iterable[str]) -> set[str]:
    """Give those eventIDs whose event an error declaration has taken back."""
    from uuid import UUID

    from sqlalchemy import select

    from voltloop.epcis.identifiers import key_of
    from voltloop.ledger.tables.events import event_identity, voided

    keys = {key_of(one): one for one in event_ids}
    rows = connection.execute(
        select(event_identity.c.id)
        .join(
            voided,
            (voided.c.event_at == event_identity.c.event_at)
            & (voided.c.record_at == event_identity.c.record_at),
        )
        .where(event_identity.c.id.in_(list(keys)), event_identity.c.declaration_id == UUID(int=0))
    )
    return {keys[row.id] for row in rows}


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
    events = [json.loads(one.document) for one in stored]
    back = taken_back(connection, (event["eventID"] for event in events))
    return [event for event in events if event["eventID"] not in back]
