"""Deliver to a subscriber: the events that it has not got yet, in the order of their capture, each once.

A delivery is kept with its bytes and its id before it is sent, and the subscription moves on in the transaction that
notes the receiver's 2xx. Whatever ends the program between leaves the same delivery to be sent again under the same id.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast
from uuid import UUID

from voltloop.app.new_events import new_events
from voltloop.app.query_results import results_document
from voltloop.exchange.schedules import parse_schedule
from voltloop.exchange.signing import key_of_token
from voltloop.exchange.webhooks import Reply, Sender, next_pause_s
from voltloop.ledger import deliveries, subscriptions

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from voltloop.epcis.formats import EpcFormat

__all__ = ["deliver"]

_PAUSE_AFTER_FAULT = timedelta(minutes=1)
_log = logging.getLogger("voltloop.deliveries")


@dataclass(frozen=True)
class _Work:
    """A delivery to be sent."""

    subscription_id: UUID
    delivery_id: UUID
    webhook_id: str
    dest: str
    keys: Sequence[bytes]
    body: bytes


async def deliver(engine: Engine, subscription_id: UUID, sender: Sender) -> None:
    """Send what is due to a subscriber, until there is nothing more or the receiver does not take it.

    Nothing is raised: what goes wrong stands in the log of deliveries, or in the server's log, and is tried again.
    """
    try:
        while (work := await asyncio.to_thread(_next, engine, subscription_id)) is not None:
            made_at = _present()
            reply = await sender.post(work.dest, work.body, work.keys, work.webhook_id)
            await asyncio.to_thread(_note, engine, work, made_at, reply)
            if not (reply.is_accepted or reply.is_too_large):
                return
    except Exception:
        _log.exception("Subscription %s: its delivery failed here", subscription_id)
        await asyncio.to_thread(_postpone, engine, subscription_id)


def _present() -> datetime:
    return datetime.now(UTC)


def _next(engine: Engine, subscription_id: UUID) -> _Work | None:
    """Give the delivery to be sent now: the one that is open, or a new one; None where there is nothing to send."""
    now = _present()
    with engine.begin() as connection:
        found = subscriptions.lock(connection, subscription_id, due_by=now)
        if found is None:
            return None
        delivery = deliveries.open_of(connection, found.id) or _begin(connection, found, now)
        if delivery is None or delivery.body is None:
            return None
        keys = [key_of_token(token) for token in found.tokens]
        return _Work(found.id, delivery.id, delivery.webhook_id, found.dest, keys, delivery.body)


def _begin(
    connection: Connection, found: subscriptions.Subscription, now: datetime
) -> deliveries.Delivery | None:
    """Put the next events into a delivery; without any, let the subscription wait."""
    batch = new_events(connection, found.query_name, after=found.watermark, most_events=found.batch_events)
    if not batch.events and not (found.schedule and found.report_if_empty):
        subscriptions.put(connection, found.id, watermark=batch.watermark, due_at=_due_after(found, now))
        return None
    body = results_document(
        batch.events,
        query_name=found.query_name,
        subscription_id=str(found.id),
        epc_format=cast("EpcFormat", found.epc_format),
        prefixes=batch.prefixes,
        created_at=now,
    )
    return deliveries.begin(
        connection,
        found,
        body=body,
        event_count=len(batch.events),
        watermark=batch.watermark,
        is_last=batch.is_last,
        now=now,
    )


def _due_after(found: subscriptions.Subscription, now: datetime) -> datetime | None:
    """Give when a subscription that has everything is due again; a stream waits for events."""
    return parse_schedule(found.schedule).next_after(now) if found.schedule else None


def _note(engine: Engine, work: _Work, made_at: datetime, reply: Reply) -> None:
    """Write down what came of an attempt, and what follows from it."""
    now = _present()
    with engine.begin() as connection:
        found = subscriptions.lock(connection, work.subscription_id)
        delivery = deliveries.note_attempt(
            connection,
            work.delivery_id,
            made_at=made_at,
            duration_s=reply.duration_s,
            status=reply.status,
            note=reply.note,
        )
        if found is None or delivery is None:
            return
        if reply.is_accepted:
            deliveries.close(connection, delivery.id, "accepted", now=now)
            due_at = _due_after(found, now) if delivery.is_last else now
            subscriptions.put(
                connection, found.id, watermark=delivery.watermark, due_at=due_at, last_notified_at=now
            )
        elif reply.is_too_large and delivery.event_count > 1:
            deliveries.drop(connection, delivery.id)
            subscriptions.put(connection, found.id, batch_events=delivery.event_count // 2)
        else:
            _retry(connection, delivery, reply, now)


def _retry(connection: Connection, delivery: deliveries.Delivery, reply: Reply, now: datetime) -> None:
    """Plan the next attempt, or give the delivery up and let its subscription rest."""
    pause_s = next_pause_s(delivery.rung, reply, random.random())
    if pause_s is not None:
        due_at = now + timedelta(seconds=pause_s)
        subscriptions.put(connection, delivery.subscription_id, due_at=due_at)
        return
    deliveries.close(connection, delivery.id, "dead", now=now)
    state = "disabled" if reply.is_gone else "suspended"
    subscriptions.put(connection, delivery.subscription_id, state=state, due_at=None)
    _log.warning(
        "Subscription %s is %s: delivery %s was given up after %d attempts. "
        "`voltloop subscriptions resend %s` sends it again.",
        delivery.subscription_id,
        state,
        delivery.webhook_id,
        delivery.attempts,
        delivery.webhook_id,
    )


def _postpone(engine: Engine, subscription_id: UUID) -> None:
    """Let a subscription rest after a fault of this program or of the database."""
    try:
        with engine.begin() as connection:
            subscriptions.put(connection, subscription_id, due_at=_present() + _PAUSE_AFTER_FAULT)
    except Exception as error:
        _log.warning("Subscription %s: the database cannot be reached: %s", subscription_id, error)
