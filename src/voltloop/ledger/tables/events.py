"""The events themselves and the tables by which they are found.

Keys. An event is named by ``(event_at, record_at)``. ``record_at`` is the EPCIS recordTime: a microsecond that no other
event has, rising in the order of commit, since every capture holds the row of ``capture_clock`` until it commits. So
``record_at > w`` is a complete feed, and a page that remembers the last ``record_at`` of its first page never shifts.

Partitions and distribution. ``event``, ``trace`` and ``event_field`` are partitioned by quarter of ``event_at``. On a
cluster ``event`` and ``event_field`` are distributed by ``record_at``, the others by the key of the thing; every
unique key therefore holds both its partition and its distribution column (a test checks this).
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)

from voltloop.ledger.tables.base import instant, key, metadata

__all__ = ["company_prefix", "context", "event", "event_field", "event_identity", "thing", "trace", "voided"]

event = Table(
    "event",
    metadata,
    instant("event_at"),
    instant("record_at"),
    Column("type", Text, nullable=False),
    Column("action", Text),
    Column("biz_step", Text),
    Column("disposition", Text),
    key("read_point_id", nullable=True),
    key("biz_location_id", nullable=True),
    key("parent_id", nullable=True),
    Column("event_id", Text, nullable=False),
    instant("declared_at", nullable=True),
    Column("planned", Boolean, nullable=False),
    key("context_id", nullable=True),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("event_at", "record_at"),
    Index(None, "record_at"),
    Index(None, "biz_step", "event_at"),
    Index(None, "disposition", "event_at"),
    Index(None, "biz_location_id", "event_at"),
    Index(None, "read_point_id", "event_at"),
    Index("ix_event_planned", "event_at", postgresql_where=text("planned")),
    Index("ix_event_rarer_type", "type", "event_at", postgresql_where=text("type <> 'ObjectEvent'")),
    Index("ix_event_deletion", "event_at", postgresql_where=text("action = 'DELETE'")),
    Index("ix_event_declaration", "declared_at", postgresql_where=text("declared_at IS NOT NULL")),
    postgresql_partition_by="RANGE (event_at)",
)
"""``declared_at`` is the declarationTime where the row is an error declaration; ``document`` the event as JSON text."""

event_identity = Table(
    "event_identity",
    metadata,
    key("id"),
    key("declaration_id"),
    instant("event_at"),
    instant("record_at"),
    PrimaryKeyConstraint("id", "declaration_id"),
)
"""One row per eventID and error declaration; the original event has the zero UUID as ``declaration_id``."""

voided = Table(
    "voided",
    metadata,
    instant("event_at"),
    instant("record_at"),
    instant("declared_record_at"),
    PrimaryKeyConstraint("event_at", "record_at"),
)
"""Events that an error declaration has taken back: they stay, but nothing follows from them any more."""

trace = Table(
    "trace",
    metadata,
    key("epc_id"),
    instant("event_at"),
    instant("record_at"),
    Column("role", SmallInteger, nullable=False),
    Column("quantity", Double),
    Column("uom", Text),
    Column("position", Integer, nullable=False),
    PrimaryKeyConstraint("epc_id", "event_at", "record_at", "role", "position"),
    postgresql_partition_by="RANGE (event_at)",
)
"""Which events name which identifier, and as what: the roles of ``voltloop.ledger.roles``.

``position`` is 0 but where one event gives a class more than one quantity in one role; those are counted up from 0.
"""

thing = Table(
    "thing",
    metadata,
    key("id", primary_key=True),
    Column("text", Text, nullable=False),
    Column("canonical", Text, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    key("class_id", nullable=True),
    instant("first_at"),
)
Index("ix_thing_canonical", thing.c.canonical, postgresql_ops={"canonical": "text_pattern_ops"})
"""The text behind each key, as first seen: identifiers, places and parties.

``kind`` is the GS1 application identifier of its key (0 SSCC, 1 GTIN, 414 GLN, 8003 GRAI, 8004 GIAI ...), -1 for
all others. ``class_id`` is the key of the GTIN of a serialised item or a lot: its model. ``first_at`` is the record_at
of the first capture that named it.
"""

event_field = Table(
    "event_field",
    metadata,
    instant("event_at"),
    instant("record_at"),
    key("name_id"),
    key("value_id", nullable=True),
    Column("number", Double),
    Column("position", Integer, nullable=False),
    PrimaryKeyConstraint("event_at", "record_at", "name_id", "position"),
    Index(None, "name_id", "value_id", "event_at"),
    Index("ix_event_field_number", "name_id", "number", postgresql_where=text("number IS NOT NULL")),
    postgresql_partition_by="RANGE (event_at)",
)
"""What an event says beyond the columns above: references to documents, parties, sensors, extensions, ILMD."""

context = Table(
    "context",
    metadata,
    key("id", primary_key=True),
    Column("prefixes", Text, nullable=False),
)
"""The prefixes and namespaces of extensions, as JSON text, once per different set."""

company_prefix = Table("company_prefix", metadata, Column("prefix", Text, primary_key=True))
"""GS1 company prefixes of captured EPC URNs: with them a Digital Link can be told as an EPC URN."""
