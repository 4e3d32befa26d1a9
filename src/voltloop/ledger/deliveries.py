"""Deliveries to subscribers: what is sent until it is accepted, the log of attempts, and what was given up."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from voltloop.errors import LedgerError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from voltloop.ledger.subscriptions import Subscription

__all__ = [
    "KEPT",
    "Attempt",
    "Delivery",
    "attempts_at",
    "begin",
    "close",
    "dead",
    "drop",
    "forget_old",
    "note_attempt",
    "open_of",
    "resend",
]

KEPT = dt.timedelta(days=30)
"""How long accepted deliveries stay in the log."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery; the fields are those of the table of this name."""

    id: UUID
    subscription_id: UUID
    state: str
    created_at: dt.datetime
    ended_at: dt.datetime | None
    watermark: dt.datetime
    event_count: int
    is_last: bool
    attempts: int
    rung: int
    body: bytes | None

    @property
    def webhook_id(self) -> str:
        """The id that every attempt carries.

        Examples
        --------
        >>> at = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
        >>> Delivery(UUID(int=1), UUID(int=2), "open", at, None, at, 1, True, 0, 0, b"{}").webhook_id
        'msg_00000000000000000000000000000001'
        """
        return f"msg_{self.id.hex}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a delivery, as the log has it."""

    number: int
    made_at: dt.datetime
    duration_s: float
    status: int | None
    note: str


def _made(row: Row[Any]) -> Delivery:
    return Delivery(**row._mapping)


def open_of(connection: Connection, subscription_id: UUID) -> Delivery | None:
    """Give the delivery of a subscription that is not accepted yet."""
    from sqlalchemy import select

    from voltloop.ledger.tables.subscriptions import delivery

    row = connection.execute(
        select(delivery).where(delivery.c.subscription_id == subscription_id, delivery.c.state == "open")
    ).one_or_none()
    return None if row is None else _made(row)


def begin(
    connection: Connection,
    subscription: Subscription,
    *,
    body: bytes,
    event_count: int,
    watermark: dt.datetime,
    is_last: bool,
    now: dt.datetime,
) -> Delivery:
    """Keep a delivery before it is sent.

    Parameters
    ----------
    connection
        Within the caller's transaction, which holds the subscription locked.
    watermark
        The subscription's once this is accepted.
    is_last
        Whether there was nothing more.
    """
    from sqlalchemy import insert

    from voltloop.ledger.tables.subscriptions import delivery

    made = Delivery(
        id=uuid4(),
        subscription_id=subscription.id,
        state="open",
        created_at=now,
        ended_at=None,
        watermark=watermark,
        event_count=event_count,
        is_last=is_last,
        attempts=0,
        rung=0,
        body=body,
    )
    connection.execute(insert(delivery).values({name: getattr(made, name) for name in Delivery.__slots__}))
    return made


def note_attempt(
    connection: Connection,
    delivery_id: UUID,
    *,
    made_at: dt.datetime,
    duration_s: float,
    status: int | None,
    note: str,
) -> Delivery | None:
    """Write an attempt into the log, and give the delivery with it counted.

    None is given where the delivery is not open any more: its subscription ended meanwhile.
    """
    from sqlalchemy import insert, update

    from voltloop.ledger.tables.subscriptions import delivery, delivery_attempt

    row = connection.execute(
        update(delivery)
        .where(delivery.c.id == delivery_id, delivery.c.state == "open")
        .values(attempts=delivery.c.attempts + 1, rung=delivery.c.rung + 1)
        .returning(delivery)
    ).one_or_none()
    if row is None:
        return None
    found = _made(row)
    connection.execute(
        insert(delivery_attempt).values(
            delivery_id=delivery_id,
            number=found.attempts,
            made_at=made_at,
            duration_s=duration_s,
            status=status,
            note=note.replace("\0", "\N{REPLACEMENT CHARACTER}"),
        )
    )
    return found


def close(connection: Connection, delivery_id: UUID, state: str, *, now: dt.datetime) -> None:
    """End a delivery: ``accepted``, when its body is no longer needed, or ``dead``."""
    from sqlalchemy import update

    from voltloop.ledger.tables.subscriptions import delivery

    values: dict[str, Any] = {"state": state, "ended_at": now}
    if state == "accepted":
        values["body"] = None
    connection.execute(update(delivery).where(delivery.c.id == delivery_id).values(values))


def drop(connection: Connection, delivery_id: UUID) -> None:
    """Forget a delivery, to make smaller ones of it."""
    from sqlalchemy import delete

    from voltloop.ledger.tables.subscriptions import delivery, delivery_attempt

    connection.execute(delete(delivery_attempt).where(delivery_attempt.c.delivery_id == delivery_id))
    connection.execute(delete(delivery).where(delivery.c.id == delivery_id))


def forget_old(connection: Connection, now: dt.datetime) -> None:
    """Drop accepted deliveries from the log that are older than :data:`KEPT`."""
    from sqlalchemy import delete, select

    from voltloop.ledger.tables.subscriptions import delivery, delivery_attempt

    is_old = (delivery.c.state == "accepted") & (delivery.c.ended_at < now - KEPT)
    old = select(delivery.c.id).where(is_old)
    connection.execute(delete(delivery_attempt).where(delivery_attempt.c.delivery_id.in_(old)))
    connection.execute(delete(delivery).where(is_old))


def dead(connection: Connection) -> list[Delivery]:
    """Give the deliveries that were given up, the oldest first, without their bodies."""
    from sqlalchemy import LargeBinary, null, select

    from voltloop.ledger.tables.subscriptions import delivery

    columns = [
        null().cast(LargeBinary).label("body") if column.name == "body" else column for column in delivery.c
    ]
    rows = connection.execute(
        select(*columns).where(delivery.c.state == "dead").order_by(delivery.c.ended_at, delivery.c.id)
    )
    return [_made(row) for row in rows]


def attempts_at(connection: Connection, text: str) -> list[Attempt]:
    """Give the log of a delivery, the first attempt first.

    Parameters
    ----------
    connection
        Any connection to the ledger.
    text
        Id of the delivery, with or without ``msg_``.

    Raises
    ------
    LedgerError
        ``no-such-delivery``: there is none of this id, or it was accepted longer ago than :data:`KEPT`.
    """
    from sqlalchemy import select

    from voltloop.ledger.tables.subscriptions import delivery
    from voltloop.ledger.tables.subscriptions import delivery_attempt as log

    key = _key(text)
    if connection.scalar(select(delivery.c.id).where(delivery.c.id == key)) is None:
        raise LedgerError(
            f'There is no delivery "{text}". Accepted ones are kept for {KEPT.days} days; '
            "`voltloop subscriptions dead` lists those that were given up.",
            code="no-such-delivery",
        )
    columns = [log.c[name] for name in Attempt.__slots__]
    rows = connection.execute(select(*columns).where(log.c.delivery_id == key).order_by(log.c.number))
    return [Attempt(**row._mapping) for row in rows]


def _key(text: str) -> UUID:
    """Read the id of a delivery; a text that is none gives the id of no delivery."""
    try:
        return UUID(text.removeprefix("msg_"))
    except ValueError:
        return UUID(int=0)


def resend(connection: Connection, text: str, *, now: dt.datetime) -> Delivery:
    """Send a delivery again that was given up, and let its subscription go on with it.

    Parameters
    ----------
    connection
        Within the caller's transaction.
    text
        Id of the delivery, with or without ``msg_``.
    now
        Instant, aware.

    Raises
    ------
    LedgerError
        ``no-such-delivery``: none of this id was given up.
    """
    from sqlalchemy import update

    from voltloop.ledger.subscriptions import put
    from voltloop.ledger.tables.subscriptions import delivery

    row = connection.execute(
        update(delivery)
        .where(delivery.c.id == _key(text), delivery.c.state == "dead")
        .values(state="open", rung=0, ended_at=None)
        .returning(delivery)
    ).one_or_none()
    if row is None:
        raise LedgerError(
            f'No delivery "{text}" was given up. `voltloop subscriptions dead` lists those that were.',
            code="no-such-delivery",
        )
    put(connection, row.subscription_id, state="active", due_at=now)
    return _made(row)
