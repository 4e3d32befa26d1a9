"""Who may write, what was handed in, and what keeps captures in order."""

from __future__ import annotations

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, PrimaryKeyConstraint, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from voltloop.ledger.tables.base import instant, key, metadata

__all__ = ["api_key", "capture_claim", "capture_clock", "capture_job", "early_declaration"]

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
    Column("error_count", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("spool", Text, nullable=False),
    Column("lenient", Boolean, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("captured", BigInteger, nullable=False),
    Column("claimed", Boolean, nullable=False),
    key("api_key_id", nullable=True),
)
"""Capture jobs as the standard tells them; ``spool`` names the file that holds the body until the job is done.

``errors`` holds the first problems, ``error_count`` how many there are. ``position`` is how many events of the
document are behind the job, ``captured`` how many of them it stored; both move in the transaction that stores the
events, so a job goes on after a crash where it stood. ``claimed`` is true once a large ``rollback`` document is wholly
checked and its eventIDs are its own: from then on nothing can refuse it, and it only goes forward.
"""

capture_clock = Table(
    "capture_clock",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    instant("last_at"),
)
"""One row: the last record_at given. A capture updates it first and so holds it until its commit: one after another."""

capture_claim = Table(
    "capture_claim",
    metadata,
    key("id"),
    key("declaration_id"),
    key("job_id"),
    key("content"),
    PrimaryKeyConstraint("id", "declaration_id"),
)
"""EventIDs that a large ``rollback`` document under way has taken, before any of its events can be seen.

``content`` tells whether an eventID that stands twice in the document stands there with one content.
"""

early_declaration = Table(
    "early_declaration",
    metadata,
    key("id"),
    instant("record_at"),
    PrimaryKeyConstraint("id", "record_at"),
)
"""Error declarations that came before the event that they take back: eventID and record_at of the declaration."""
