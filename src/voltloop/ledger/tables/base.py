"""What all tables of the ledger share: the metadata and the types of their columns.

Every identifier, place, party and device stands in the tables as a UUID made from its canonical text (see
:func:`voltloop.epcis.identifiers.key_of`), so that both spellings of one identifier meet and no dictionary has to be
asked while events are captured. The table ``thing`` keeps the texts.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import TIMESTAMP, Column, MetaData
from sqlalchemy.dialects.postgresql import UUID

__all__ = ["instant", "key", "metadata"]

metadata = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"},
)


def instant(name: str, *, nullable: bool = False, **options: Any) -> Column[Any]:
    """Give a column of an instant with its zone, to the microsecond."""
    return Column(name, TIMESTAMP(timezone=True), nullable=nullable, **options)


def key(name: str, *, nullable: bool = False, **options: Any) -> Column[Any]:
    """Give a column of the key of an identifier."""
    return Column(name, UUID(as_uuid=True), nullable=nullable, **options)
