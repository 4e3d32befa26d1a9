"""The turn of a capture: one writes after the other, so that record_at rises in the order of commit."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from voltloop.ledger.instants import micros

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

__all__ = ["Turn", "raw_cursor", "take_turn"]

_TURN = """
UPDATE capture_clock SET last_at = GREATEST(last_at + INTERVAL '1 microsecond', %(now)s) + %(further)s
WHERE id = 1
RETURNING last_at - %(further)s,
    EXISTS (SELECT FROM capture_claim), EXISTS (SELECT FROM early_declaration)
"""


class Turn(NamedTuple):
    """A turn that has come.

    Attributes
    ----------
    first_record_at
        The record_at of the first event, in microseconds from PostgreSQL's zero; the others follow by one each.
    claims
        Whether a large document has taken eventIDs.
    early
        Whether there are error declarations whose event has not come.
    """

    first_record_at: int
    claims: bool
    early: bool


def raw_cursor(connection: Connection) -> psycopg.Cursor[Any]:
    """Give a cursor of the driver, within the transaction of the connection."""
    if not connection.in_transaction():
        connection.begin()  # a transaction of the driver alone would be neither committed nor rolled back
    driver = connection.connection.driver_connection
    cursor: psycopg.Cursor[Any] = driver.cursor()  # type: ignore[union-attr]
    return cursor


def take_turn(cursor: psycopg.Cursor[Any], now: datetime, count: int) -> Turn:
    """Wait until all earlier captures are committed; no later one begins before the end of this transaction.

    Parameters
    ----------
    cursor
        Within the capture's transaction.
    now
        The present, with its zone.
    count
        How many record_ats are needed, at least one.
    """
    values = {"now": now, "further": timedelta(microseconds=count - 1)}
    row = cursor.execute(_TURN, values).fetchone()
    if row is None:
        cursor.execute("INSERT INTO capture_clock VALUES (1, '-infinity') ON CONFLICT DO NOTHING")
        row = cursor.execute(_TURN, values).fetchone()
    assert row is not None
    return Turn(micros(row[0]), row[1], row[2])
