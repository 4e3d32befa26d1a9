"""Who may write, and what was handed in."""

from __future__ import annotations

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from voltloop.ledger.tables.base import instant, key, metadata

__all__ = ["api_key", "capture_job"]

api_key = Table(
    "api_key",
    metadata,
    key("id", primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=False),
    instant("created_at"),
    instant("revoked_at", nullable=True),
)
"""Keys of callers: only a digest of each is kept. Scopes are ``read``, ``capture`` and ``admin``."""

capture_job = Table(
    "capture_job",
    metadata,
    key("id", primary_key=True),
    instant("created_at"),
    instant("finished_at", nullable=True),
    Column("running", Boolean, nullable=False),
    Column("success", Boolean, nullable=False),
    Column("behaviour", Text, nullable=False),
    Column("errors", JSONB, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("spool", Text, nullable=False),
    Column("lenient", Boolean, nullable=False),
    Column("captured", BigInteger, nullable=False),
    key("api_key_id", nullable=True),
)
"""Capture jobs as the standard tells them; ``spool`` is the file that holds the body until the job is done."""
