"""Who wants to be told of new events, and what became of each delivery."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from voltloop.ledger.tables.base import instant, key, metadata

__all__ = ["delivery", "delivery_attempt", "subscription"]

subscription = Table(
    "subscription",
    metadata,
    key("id", primary_key=True),
    Column("query_name", Text, nullable=False),
    Column("dest", Text, nullable=False),
    Column("tokens", ARRAY(Text), nullable=False),
    Column("schedule", JSONB(none_as_null=True), nullable=True),
    Column("report_if_empty", Boolean, nullable=False),
    instant("initial_record_at", nullable=True),
    Column("epc_format", Text, nullable=False),
    instant("created_at"),
    instant("watermark"),
    instant("due_at", nullable=True),
    Column("batch_events", Integer, nullable=False),
    Column("state", Text, nullable=False),
    instant("last_notified_at", nullable=True),
    Index(None, "query_name", "created_at", "id"),
    Index(None, "due_at"),
)
"""Subscriptions to named queries. ``state`` is ``active``, ``suspended`` (a delivery was given up) or ``disabled`` (the
receiver wants nothing any more).

All events up to the record time ``watermark`` are delivered; it moves in the transaction that notes the receiver's 2xx.
``due_at`` is when there is something to do, empty while a stream waits for events. ``tokens`` are those to sign with,
the newest first.
"""

delivery = Table(
    "delivery",
    metadata,
    key("id", primary_key=True),
    key("subscription_id"),
    Column("state", Text, nullable=False),
    instant("created_at"),
    instant("ended_at", nullable=True),
    instant("watermark"),
    Column("event_count", Integer, nullable=False),
    Column("is_last", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("rung", Integer, nullable=False),
    Column("body", LargeBinary, nullable=True),
    Index(None, "subscription_id", "created_at"),
)
"""Deliveries: ``open``, ``accepted`` or ``dead``. One subscription has at most one that is not accepted.

The body is kept until it is accepted, so that every attempt sends the same bytes under the same id. ``watermark`` is
that of the subscription once it is accepted, ``is_last`` whether nothing more was there. ``attempts`` are all,
``rung`` those since somebody last asked for it to be sent again.
"""

delivery_attempt = Table(
    "delivery_attempt",
    metadata,
    key("delivery_id"),
    Column("number", Integer, nullable=False),
    instant("made_at"),
    Column("duration_s", Double, nullable=False),
    Column("status", Integer, nullable=True),
    Column("note", Text, nullable=False),
    PrimaryKeyConstraint("delivery_id", "number"),
)
"""The log: every attempt at a delivery, with the status of the answer and how it began, or why there was none."""
