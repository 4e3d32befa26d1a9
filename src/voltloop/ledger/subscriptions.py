"""Subscriptions to named queries: who is told of which events, up to which record time, and when next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from voltloop.errors import LedgerError
from voltloop.ledger.named_queries import find as find_query
from voltloop.ledger.query import last_record_at
from voltloop.ledger.query_model import QueryError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

__all__ = [
    "LARGEST_BATCH",
    "Subscription",
    "Wanted",
    "add",
    "every",
    "find",
    "lock",
    "next_due_at",
    "page",
    "put",
    "remove",
    "rotate",
    "wake_streams",
]

LARGEST_BATCH = 500
"""Most events in one delivery; fewer where a receiver asks for smaller ones."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription; the fields are those of the table of this name.

    Attributes
    ----------
    query_name, dest, schedule, report_if_empty, initial_record_at, epc_format
        As its maker asked; without a schedule it is a stream.
    watermark
        All events with a record time up to this are delivered.
    due_at
        When there is something to do; None while a stream waits for events.
    batch_events
        Most events in one delivery.
    state
        ``active``, ``suspended`` or ``disabled``.
    """

    id: UUID
    query_name: str
    dest: str
    tokens: Sequence[str]
    schedule: Mapping[str, str] | None
    report_if_empty: bool
    initial_record_at: dt.datetime | None
    epc_format: str
    created_at: dt.datetime
    watermark: dt.datetime
    due_at: dt.datetime | None
    batch_events: int
    state: str
    last_notified_at: dt.datetime | None

    @property
    def min_record_at(self) -> dt.datetime | None:
        """The record time from which on events are still to be delivered; None where that is all events."""
        return self.watermark + dt.timedelta(microseconds=1) if self.watermark.year > 1 else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a subscriber asks for, checked already.

    Attributes
    ----------
    dest
        Address of the receiver.
    token
        To sign with, None for no signature.
    schedule, due_at
        As handed in, and when it is due first; both None for a stream.
    report_if_empty
        Whether a schedule without events is reported too.
    initial_record_at
        Events with this record time and later are delivered; None stands for all that are captured from now on.
    epc_format
        Spelling of identifiers, as ``GS1-EPC-Format`` names it.
    """

    dest: str
    token: str | None
    schedule: Mapping[str, str] | None
    due_at: dt.datetime | None
    report_if_empty: bool
    initial_record_at: dt.datetime | None
    epc_format: str


def add(connection: Connection, query_name: str, wanted: Wanted, *, now: dt.datetime) -> Subscription:
    """Keep a subscription, in the caller's transaction.

    Raises
    ------
    QueryError
        ``NoSuchNameException``: there is no such query.
    """
    from sqlalchemy import insert

    from voltloop.ledger.tables.subscriptions import subscription

    find_query(connection, query_name, keep=True)
    initial = wanted.initial_record_at
    made = Subscription(
        id=uuid4(),
        query_name=query_name,
        dest=wanted.dest,
        tokens=[] if wanted.token is None else [wanted.token],
        schedule=wanted.schedule,
        report_if_empty=wanted.report_if_empty,
        initial_record_at=initial,
        epc_format=wanted.epc_format,
        created_at=now.astimezone(dt.UTC),
        watermark=last_record_at(connection) if initial is None else initial - dt.timedelta(microseconds=1),
        due_at=wanted.due_at,
        batch_events=LARGEST_BATCH,
        state="active",
        last_notified_at=None,
    )
    connection.execute(insert(subscription).values({name: getattr(made, name) for name in _FIELDS}))
    return made


_FIELDS = tuple(Subscription.__slots__)


def _made(row: Row[Any]) -> Subscription:
    values: dict[str, Any] = {
        name: value.astimezone(dt.UTC) if isinstance(value, dt.datetime) else value
        for name, value in row._mapping.items()
    }
    return Subscription(**values)


def find(connection: Connection, query_name: str, subscription_id: str) -> Subscription:
    """Give a subscription of a query.

    Raises
    ------
    QueryError
        ``NoSuchResourceException``: there is none of this id.
    """
    from sqlalchemy import select

    from voltloop.ledger.tables.subscriptions import subscription

    try:
        key = UUID(subscription_id)
    except ValueError:
        key = UUID(int=0)
    row = connection.execute(
        select(subscription).where(subscription.c.id == key, subscription.c.query_name == query_name)
    ).one_or_none()
    if row is None:
        raise QueryError(
            f'The query "{query_name}" has no subscription "{subscription_id}". GET its address with /subscriptions '
            "lists those that there are.",
            "NoSuchResourceException",
        )
    return _made(row)


def page(
    connection: Connection, query_name: str, *, after: tuple[dt.datetime, UUID] | None = None, limit: int = 30
) -> list[Subscription]:
    """Give subscriptions of a query, the oldest first; ``after`` is created_at and id of the last one before."""
    from sqlalchemy import select, tuple_

    from voltloop.ledger.tables.subscriptions import subscription

    place = tuple_(subscription.c.created_at, subscription.c.id)
    statement = select(subscription).where(subscription.c.query_name == query_name)
    if after is not None:
        statement = statement.where(place > tuple_(*after))
    rows = connection.execute(statement.order_by(subscription.c.created_at, subscription.c.id).limit(limit))
    return [_made(row) for row in rows]


def every(connection: Connection) -> list[Subscription]:
    """Give all subscriptions, by query, the oldest first."""
    from sqlalchemy import select

    from voltloop.ledger.tables.subscriptions import subscription

    order = (subscription.c.query_name, subscription.c.created_at, subscription.c.id)
    return [_made(row) for row in connection.execute(select(subscription).order_by(*order))]


def remove(connection: Connection, subscription_id: UUID) -> None:
    """End a subscription; what is open of it is not sent any more."""
    from sqlalchemy import delete, select

    from voltloop.ledger.tables.subscriptions import delivery, delivery_attempt, subscription

    theirs = select(delivery.c.id).where(delivery.c.subscription_id == subscription_id)
    connection.execute(delete(subscription).where(subscription.c.id == subscription_id))
    connection.execute(delete(delivery_attempt).where(delivery_attempt.c.delivery_id.in_(theirs)))
    connection.execute(delete(delivery).where(delivery.c.subscription_id == subscription_id))


def wake_streams(connection: Connection, now: dt.datetime) -> None:
    """Make the streams due that wait while there are events that they have not seen."""
    from sqlalchemy import func, select, update

    from voltloop.ledger.tables.events import event
    from voltloop.ledger.tables.subscriptions import subscription

    last = select(func.max(event.c.record_at)).scalar_subquery()
    connection.execute(
        update(subscription)
        .where(
            subscription.c.due_at.is_(None),
            subscription.c.state == "active",
            subscription.c.watermark < last,
        )
        .values(due_at=now)
    )


def next_due_at(connection: Connection) -> dict[UUID, dt.datetime]:
    """Give the active subscriptions that have something to do, now or later, with the instant; the first first."""
    from sqlalchemy import select

    from voltloop.ledger.tables.subscriptions import subscription

    rows = connection.execute(
        select(subscription.c.id, subscription.c.due_at)
        .where(subscription.c.state == "active", subscription.c.due_at.is_not(None))
        .order_by(subscription.c.due_at)
        .limit(1000)
    )
    return {row.id: row.due_at for row in rows}


def lock(
    connection: Connection, subscription_id: UUID, *, due_by: dt.datetime | None = None
) -> Subscription | None:
    """Give a subscription, locked to the end of the transaction; None where it has gone.

    Parameters
    ----------
    connection
        Within the caller's transaction.
    subscription_id
        Of the subscription.
    due_by
        Give it only if it is active and has something to do by this instant.
    """
    from sqlalchemy import select

    from voltloop.ledger.tables.subscriptions import subscription

    statement = select(subscription).where(subscription.c.id == subscription_id).with_for_update()
    if due_by is not None:
        statement = statement.where(subscription.c.state == "active", subscription.c.due_at <= due_by)
    row = connection.execute(statement).one_or_none()
    return None if row is None else _made(row)


def rotate(connection: Connection, subscription_id: str, token: str) -> None:
    """Sign the deliveries of a subscription with a new token, and with the newest so far beside it.

    Raises
    ------
    LedgerError
        ``no-such-subscription``.
    """
    try:
        found = lock(connection, UUID(subscription_id))
    except ValueError:
        found = None
    if found is None:
        raise LedgerError(
            f'There is no subscription "{subscription_id}". `voltloop subscriptions list` lists all.',
            code="no-such-subscription",
        )
    put(connection, found.id, tokens=[token, *found.tokens[:1]])


def put(connection: Connection, subscription_id: UUID, **values: Any) -> None:
    """Change fields of a subscription; nothing where it has gone meanwhile."""
    from sqlalchemy import update

    from voltloop.ledger.tables.subscriptions import subscription

    connection.execute(update(subscription).where(subscription.c.id == subscription_id).values(**values))
