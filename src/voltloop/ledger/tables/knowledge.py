"""What follows from the events: the state of every thing, now and at any instant, its lots, seals and findings.

A *state* is all that is known of one thing over one period: place, container, custody, ownership, disposition, hold
and health, each with the instant since which it holds. ``state`` has one row for each thing, the present one; what has
ended lies in ``past_state``. So questions about now read a table that grows with the number of things, not of events.

``through_at`` is the instant up to which the events of a thing are in its rows: an event at or before it is a late one,
and the thing is folded anew from there (``voltloop.ledger.spells``).
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Boolean, Column, Double, Index, PrimaryKeyConstraint, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from voltloop.ledger.tables.base import instant, key, metadata

__all__ = ["STATE_COLUMNS", "emptied", "finding", "movement", "past_state", "seal", "state"]


def _facts() -> list[Column[Any]]:
    return [
        instant("from_at"),
        instant("record_at"),
        Column("is_present", Boolean, nullable=False),
        instant("born_at", nullable=True),
        key("place_id", nullable=True),
        instant("placed_at", nullable=True),
        key("left_id", nullable=True),
        key("container_id", nullable=True),
        instant("contained_at", nullable=True),
        key("assembly_id", nullable=True),
        instant("assembled_at", nullable=True),
        key("custody_id", nullable=True),
        instant("custody_at", nullable=True),
        key("owner_id", nullable=True),
        instant("owner_at", nullable=True),
        Column("disposition", Text),
        instant("disposition_at", nullable=True),
        Column("persistent", Text),
        Column("hold", Text),
        instant("held_at", nullable=True),
        Column("health", Double),
        instant("health_at", nullable=True),
    ]


STATE_COLUMNS: Final = tuple(column.name for column in _facts())
"""The facts of a state in the order in which :mod:`voltloop.ledger.fold` keeps them."""

_BY_ITSELF = text("place_id IS NOT NULL AND container_id IS NULL AND assembly_id IS NULL")
_SEEN_INSIDE = text("placed_at > greatest(contained_at, assembled_at)")
"""Which things a site is asked for: those in nothing, and those seen by themselves since they were put in."""

state = Table(
    "state",
    metadata,
    key("epc_id", primary_key=True),
    *_facts(),
    instant("through_at"),
    Index("ix_state_place", "place_id", postgresql_where=_BY_ITSELF),
    Index("ix_state_seen", "place_id", postgresql_where=_SEEN_INSIDE),
    Index("ix_state_container", "container_id", postgresql_where=text("container_id IS NOT NULL")),
    Index("ix_state_assembly", "assembly_id", postgresql_where=text("assembly_id IS NOT NULL")),
    Index("ix_state_hold", "hold", postgresql_where=text("hold IS NOT NULL")),
    Index("ix_state_left", "left_id", postgresql_where=text("left_id IS NOT NULL")),
    postgresql_with={"fillfactor": 75},
)
"""What holds now. ``left_id`` is the container that a thing left with no place told: ``place_id`` then is the place of
that container at ``placed_at``. ``health`` is a state of health as a share, 0 to 1."""

past_state = Table(
    "past_state",
    metadata,
    key("epc_id"),
    *_facts(),
    instant("until_at"),
    PrimaryKeyConstraint("epc_id", "from_at"),
    Index("ix_past_state_place", "place_id", "until_at", postgresql_where=_BY_ITSELF),
    Index("ix_past_state_seen", "place_id", "until_at", postgresql_where=_SEEN_INSIDE),
    Index(
        "ix_past_state_container",
        "container_id",
        "until_at",
        postgresql_where=text("container_id IS NOT NULL"),
    ),
    Index(
        "ix_past_state_assembly", "assembly_id", "until_at", postgresql_where=text("assembly_id IS NOT NULL")
    ),
    Index("ix_past_state_left", "left_id", postgresql_where=text("left_id IS NOT NULL")),
)
"""What held before: from ``from_at`` until just before ``until_at``."""

emptied = Table(
    "emptied",
    metadata,
    key("epc_id"),
    instant("at"),
    instant("record_at"),
    Column("is_assembly", Boolean, nullable=False),
    key("place_id", nullable=True),
    PrimaryKeyConstraint("epc_id", "at", "record_at"),
)
"""Events that take everything out of a container without naming it."""

movement = Table(
    "movement",
    metadata,
    key("class_id"),
    key("holder_id"),
    instant("event_at"),
    instant("record_at"),
    Column("quantity", Double),
    Column("uom", Text, nullable=False),
    Column("is_count", Boolean, nullable=False),
    PrimaryKeyConstraint("class_id", "event_at", "record_at", "holder_id", "uom", "is_count"),
    Index(None, "holder_id", "class_id"),
)
"""Quantities of lots and classes that come to a place or container (positive) or leave it (negative). A count says how
much is there, whatever was before. No unit means pieces; no quantity means that the event tells none."""

seal = Table(
    "seal",
    metadata,
    key("epc_id", primary_key=True),
    key("container_id"),
    Column("number", Text, nullable=False),
    Column("issuer", Text),
    Column("class", Text),
    Column("kind", Text),
    instant("event_at"),
    instant("record_at"),
    Index(None, "number"),
)
"""Seals as they were first put on. Where one is now follows from its state: it is associated with the container."""

finding = Table(
    "finding",
    metadata,
    key("id", primary_key=True),
    Column("code", Text, nullable=False),
    key("epc_id"),
    instant("event_at"),
    instant("record_at"),
    instant("found_at"),
    Column("message", Text, nullable=False),
    Column("details", JSONB, nullable=False),
    instant("closed_at", nullable=True),
    Column("closed_by", Text),
    Column("reason", Text),
    Index("ix_finding_open", "found_at", postgresql_where=text("closed_at IS NULL")),
    Index(None, "epc_id"),
)
"""Findings of the ledger (``finding_kinds/ledger.csv``) with the event that showed them, open until somebody closes
them."""
