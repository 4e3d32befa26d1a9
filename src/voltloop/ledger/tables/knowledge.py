"""What follows from the events: spells, each one aspect of one thing over one period."""

from __future__ import annotations

from sqlalchemy import Column, Double, Index, PrimaryKeyConstraint, SmallInteger, Table, Text, text

from voltloop.ledger.tables.base import instant, key, metadata

__all__ = ["spell"]

spell = Table(
    "spell",
    metadata,
    key("epc_id"),
    Column("aspect", SmallInteger, nullable=False),
    instant("from_at"),
    instant("record_at"),
    instant("until_at", server_default=text("'infinity'")),
    key("value_id", nullable=True),
    Column("value", Text),
    Column("number", Double),
    PrimaryKeyConstraint("epc_id", "aspect", "from_at"),
    Index(None, "aspect", "value_id", "until_at"),
)
"""``record_at`` names the event that began the spell; ``until_at`` is infinity while it lasts."""
