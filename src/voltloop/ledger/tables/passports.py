"""Battery passports: the present one of each battery, every version since the first, and who read what."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from voltloop.ledger.tables.base import instant, key, metadata

__all__ = [
    "passport",
    "passport_contract",
    "passport_read",
    "passport_registration",
    "passport_signing_key",
    "passport_version",
]

passport = Table(
    "passport",
    metadata,
    key("id", primary_key=True),
    Column("passport_id", Text, nullable=False),
    key("product_key"),
    Column("product_id", Text, nullable=False),
    Column("granularity", Text, nullable=False),
    Column("operator_id", Text),
    Column("status", Text, nullable=False),
    Column("version", Integer, nullable=False),
    instant("from_at"),
    instant("folded_at", nullable=True),
    Column("digest", Text, nullable=False),
    Column("document", Text, nullable=False),
    Index(None, "product_key"),
    Index("ix_passport_current", "product_key", unique=True, postgresql_where=text("status = 'active'")),
)
"""The present version of every passport, in one row: what is served.

``document`` is the passport in compressed form as JSON text, so that numbers stay as they were given. ``folded_at`` is
the record_at of the last event of the battery that is in it. Of one product one passport at most is active.
"""

passport_version = Table(
    "passport_version",
    metadata,
    key("passport_key"),
    Column("version", Integer, nullable=False),
    instant("from_at"),
    Column("document", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("signature", Text, nullable=False),
    PrimaryKeyConstraint("passport_key", "version"),
)
"""Every version of every passport; rows are only ever added. ``signature`` is a JWS over digest and predecessor."""

passport_signing_key = Table(
    "passport_signing_key",
    metadata,
    Column("id", Text, primary_key=True),
    Column("jwk", Text, nullable=False),
    instant("from_at"),
)
"""Public keys by which signatures are checked; the private ones are no part of the database."""

passport_contract = Table(
    "passport_contract",
    metadata,
    key("id", primary_key=True),
    Column("party", Text, nullable=False),
    Column("tiers", ARRAY(Text), nullable=False),
    Column("points", ARRAY(Integer), nullable=False),
    Column("products", ARRAY(Text), nullable=False),
    instant("from_at"),
    instant("until_at", nullable=True),
    Column("note", Text, nullable=False),
    Index(None, "party"),
)
"""Rights to diagnostics by contract, with their dates."""

passport_read = Table(
    "passport_read",
    metadata,
    Column("id", BigInteger, primary_key=True),
    instant("at"),
    Column("reader", Text, nullable=False),
    Column("party", Text, nullable=False),
    key("passport_key", nullable=True),
    Column("asked", Text, nullable=False),
    Column("is_granted", Boolean, nullable=False),
    Column("tiers", ARRAY(Text), nullable=False),
    Index(None, "passport_key", "at"),
    Index(None, "at"),
)
"""Every read that was refused, and every one that showed more than the public sees."""

passport_registration = Table(
    "passport_registration",
    metadata,
    key("id", primary_key=True),
    instant("at"),
    key("passport_key"),
    Column("document", Text, nullable=False),
    Index(None, "passport_key", unique=True),
)
"""Entries of the register of passports."""
