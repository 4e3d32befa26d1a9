"""The company prefixes that the ledger has seen: without them no Digital Link can be told as an EPC URN.

A Digital Link does not say where the company's part of a number ends; an EPC URN does, and one of a company is enough.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

__all__ = ["company_prefixes", "learn_prefixes"]

_URN = "urn:epc:"


def learn_prefixes(cursor: psycopg.Cursor[Any], keys: Iterable[str]) -> None:
    """Keep the company prefixes of GS1 keys, in the transaction that captures them.

    Parameters
    ----------
    cursor
        In the transaction of the capture.
    keys
        GS1 keys in any spelling; those that are no EPC URN say nothing.
    """
    found = sorted({_prefix(key) for key in keys if key.startswith(_URN)})
    if found:
        cursor.execute(
            "INSERT INTO company_prefix (prefix) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING", (found,)
        )


def _prefix(urn: str) -> str:
    """Give what stands between the scheme and the first dot: ``urn:epc:id:sgtin:9521234.012345.7``."""
    return urn.split(":", 4)[4].partition(".")[0]


def company_prefixes(connection: Connection) -> frozenset[str]:
    """Give all company prefixes that captured EPC URNs have shown, for :func:`voltloop.epcis.formats.translate`."""
    from sqlalchemy import select

    from voltloop.ledger.tables.events import company_prefix

    return frozenset(connection.scalars(select(company_prefix.c.prefix)))
