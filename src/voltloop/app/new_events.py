"""What a subscriber has not got yet: the events of a named query from one record time on, in the order of capture."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from voltloop.ledger.named_queries import find
from voltloop.ledger.prefixes import company_prefixes
from voltloop.ledger.query import feed, last_record_at

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from voltloop.ledger.query import StoredEvent

__all__ = ["Batch", "new_events"]

_LARGEST_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Batch:
    """Some of the events that a subscriber has not got.

    Attributes
    ----------
    events
        In the order of capture, maybe none.
    watermark
        Who has these has everything up to this record time.
    is_last
        Whether there was nothing more.
    prefixes
        Company prefixes that the ledger knows, to write EPC URNs with.
    """

    events: Sequence[StoredEvent]
    watermark: datetime
    is_last: bool
    prefixes: Collection[str]


def new_events(connection: Connection, query_name: str, *, after: datetime, most_events: int) -> Batch:
    """Give the next events of a named query that were captured after an instant, a moderate document of them at most.

    Raises
    ------
    QueryError
        ``NoSuchNameException``: there is no such query any more.
    """
    query = find(connection, query_name).parsed(connection)
    until = max(last_record_at(connection), after)
    found = feed(connection, query, after=after, until=until, limit=most_events + 1)
    events = _fitting(found[:most_events])
    is_last = len(events) == len(found)
    watermark = until if is_last else events[-1].record_at
    return Batch(events, watermark, is_last, company_prefixes(connection) if events else ())


def _fitting(events: Sequence[StoredEvent]) -> Sequence[StoredEvent]:
    """Give the first events that make a document of moderate size, one at least."""
    size = 0
    for count, event in enumerate(events):
        size += len(event.document)
        if size > _LARGEST_BYTES and count:
            return events[:count]
    return events
