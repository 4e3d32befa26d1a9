"""What devices tell: raw readings by month, what is known of devices, and what was concluded from the readings.

``reading`` is the only large table; whole months of it are dropped. Everything concluded, such as excursions and
arrivals, is an event of the ledger; ``told`` remembers which, so that late readings can take it back.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from voltloop.ledger.tables.base import instant, key, metadata

__all__ = [
    "dead_letter",
    "device",
    "device_binding",
    "forecast",
    "geofence",
    "reading",
    "reading_now",
    "reading_sequence",
    "telemetry_clock",
    "telemetry_due",
    "thing_conditions",
    "told",
    "watch_state",
]


def _values() -> list[Column[Any]]:
    return [
        Column("number", Double),
        Column("uom", Text, nullable=False),
        Column("words", Text),
        Column("latitude", Double),
        Column("longitude", Double),
        Column("accuracy_m", Double),
        instant("sent_at", nullable=True),
        instant("received_at"),
    ]


reading = Table(
    "reading",
    metadata,
    key("device_id"),
    Column("metric", Text(collation="C"), nullable=False),
    instant("measured_at"),
    Column("sequence", BigInteger, nullable=False),
    *_values(),
    PrimaryKeyConstraint("device_id", "metric", "measured_at", "sequence"),
    postgresql_partition_by="RANGE (measured_at)",
)
"""Raw readings. ``sequence`` is -1 where the device counts none: then the time alone tells readings apart."""

reading_sequence = Table(
    "reading_sequence",
    metadata,
    key("device_id"),
    Column("metric", Text(collation="C"), nullable=False),
    Column("session", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    instant("measured_at"),
    PrimaryKeyConstraint("device_id", "metric", "session", "sequence"),
)
"""Which counted readings are there: a repeated one may bear another time, counted from when it was sent again."""

reading_now = Table(
    "reading_now",
    metadata,
    key("device_id"),
    Column("metric", Text(collation="C"), nullable=False),
    instant("measured_at"),
    *_values(),
    PrimaryKeyConstraint("device_id", "metric"),
    postgresql_with={"fillfactor": 60},
)
"""The reading of each device and measure that was measured last; it never moves back."""

device = Table(
    "device",
    metadata,
    key("id", primary_key=True),
    Column("text", Text, nullable=False),
    instant("first_at"),
)
"""Devices that have told something or are registered."""

device_binding = Table(
    "device_binding",
    metadata,
    key("device_id"),
    instant("from_at"),
    instant("until_at", nullable=True),
    key("thing_id"),
    Column("thing", Text, nullable=False),
    PrimaryKeyConstraint("device_id", "from_at"),
    Index(None, "thing_id"),
)
"""Devices registered on a thing. A device that an AssociationEvent fixes to a thing needs no row."""

thing_conditions = Table(
    "thing_conditions",
    metadata,
    key("thing_id", primary_key=True),
    Column("thing", Text, nullable=False),
    Column("goods", Text),
    Column("limits", JSONB, nullable=False),
    Column("corridor", JSONB),
    instant("changed_at"),
)
"""What was said of a load or place: the kind of its goods, limits of its own, the corridor that it has to keep to."""

telemetry_due = Table(
    "telemetry_due",
    metadata,
    key("device_id", primary_key=True),
    instant("from_at"),
)
"""Devices with readings that nothing was concluded from yet, and the earliest of them."""

telemetry_clock = Table(
    "telemetry_clock",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    instant("record_at"),
    instant("kept_from_at", nullable=True),
)
"""One row: up to which record_at the bindings in events are known, and from when on raw readings are kept."""

watch_state = Table(
    "watch_state",
    metadata,
    key("device_id"),
    key("thing_id"),
    instant("at"),
    instant("through_at"),
    Column("state", JSONB, nullable=False),
    PrimaryKeyConstraint("device_id", "thing_id", "at"),
)
"""Where the watch of a device on a thing stood before its readings of each day, and, at infinity, where it stands."""

told = Table(
    "told",
    metadata,
    key("id", primary_key=True),
    key("device_id"),
    key("thing_id"),
    Column("kind", Text, nullable=False),
    Column("rule", Text, nullable=False),
    instant("at"),
    instant("seen_at"),
    Column("details", JSONB, nullable=False),
    Column("events", JSONB, nullable=False),
    key("finding_id", nullable=True),
    instant("voided_at", nullable=True),
    Index("ix_told_watch", "device_id", "thing_id", "seen_at"),
    Index(None, "thing_id", "at"),
)
"""What was concluded: excursions, arrivals, departures, ways left. ``seen_at`` is the reading that showed it."""

geofence = Table(
    "geofence",
    metadata,
    key("id", primary_key=True),
    Column("name", Text, nullable=False),
    Column("place", Text),
    Column("shape", JSONB, nullable=False),
    Column("dwell_s", Double, nullable=False),
    instant("changed_at"),
)
"""Fences as GeoJSON geometry, or a circle or corridor in our own terms, in degrees and metres."""

forecast = Table(
    "forecast",
    metadata,
    key("thing_id"),
    Column("place", Text, nullable=False),
    instant("issued_at"),
    Column("thing", Text, nullable=False),
    instant("fix_at"),
    instant("for_at"),
    instant("planned_at", nullable=True),
    Column("remaining_km", Double, nullable=False),
    Column("source", Text, nullable=False),
    Column("basis", JSONB, nullable=False),
    PrimaryKeyConstraint("thing_id", "place", "issued_at"),
)
"""Every forecast of an arrival as it was made; what happened lies in the events alone."""

dead_letter = Table(
    "dead_letter",
    metadata,
    key("id", primary_key=True),
    instant("received_at"),
    Column("channel", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Column("resolved", Boolean, nullable=False, server_default=text("false")),
    Index(None, "received_at"),
)
"""Readings and messages that were not taken, with the reason."""
