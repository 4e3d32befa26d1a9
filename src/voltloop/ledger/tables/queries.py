"""What queries are kept by name, and the master data that they may ask for."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from voltloop.ledger.tables.base import instant, key, metadata

__all__ = [
    "closed_page_token",
    "master_data_attribute",
    "master_data_child",
    "master_data_element",
    "named_query",
]

named_query = Table(
    "named_query",
    metadata,
    Column("name", Text, primary_key=True),
    Column("query", JSONB, nullable=False),
    Column("namespaces", JSONB, nullable=False),
    instant("created_at"),
)
"""Queries by name. ``query`` is the JSON object as handed in, ``namespaces`` what its prefixes stood for then."""

master_data_element = Table(
    "master_data_element",
    metadata,
    key("id"),
    Column("vocabulary", Text, nullable=False),
    Column("text", Text, nullable=False),
    instant("captured_at"),
    PrimaryKeyConstraint("id", "vocabulary"),
)
"""Vocabulary elements: places, classes, parties. ``vocabulary`` is the vocabulary's URI, ``text`` the element's id."""

master_data_attribute = Table(
    "master_data_attribute",
    metadata,
    key("id"),
    Column("vocabulary", Text, nullable=False),
    key("attribute_id"),
    Column("position", Integer, nullable=False),
    Column("attribute", Text, nullable=False),
    Column("value", JSONB, nullable=False),
    key("value_id", nullable=True),
    instant("captured_at"),
    PrimaryKeyConstraint("id", "vocabulary", "attribute_id", "position"),
    Index(None, "attribute_id", "value_id"),
)
"""Attributes of the elements, the latest captured only; ``value_id`` is empty where the value is an object."""

master_data_child = Table(
    "master_data_child",
    metadata,
    key("id"),
    Column("vocabulary", Text, nullable=False),
    key("child_id"),
    Column("child", Text, nullable=False),
    PrimaryKeyConstraint("id", "vocabulary", "child_id"),
)
"""The direct children of the elements: ``WD_`` parameters follow them downwards."""

closed_page_token = Table(
    "closed_page_token",
    metadata,
    key("id", primary_key=True),
    instant("closed_at"),
)
"""Tokens of pages that callers gave back before they ended, by a digest of the token."""
