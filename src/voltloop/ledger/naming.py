"""Texts of keys, and keys of texts that the ledger knows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from voltloop.epcis.identifiers import key_of
from voltloop.errors import InputError
from voltloop.ledger.changes import UNDER_WAY

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

__all__ = ["UNDER_WAY_ID", "cursor_of", "places_within", "stamp", "texts", "unknown_thing"]

UNDER_WAY_ID = UUID(bytes=UNDER_WAY[4:])
"""Key of the place of things under way."""


def cursor_of(connection: Connection) -> psycopg.Cursor[Any]:
    """Give a cursor of the driver in the transaction of a connection."""
    cursor: psycopg.Cursor[Any] = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
    return cursor


def texts(cursor: psycopg.Cursor[Any], keys: Iterable[UUID | None]) -> dict[UUID, str]:
    """Give the texts of keys, as they were first spelled."""
    wanted = list({key for key in keys if key is not None})
    if not wanted:
        return {}
    return dict(cursor.execute("SELECT id, text FROM thing WHERE id = ANY(%s)", [wanted]).fetchall())


def stamp(at: datetime | None) -> str | None:
    """Give an instant as text, to the microsecond where it has any."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def unknown_thing(epc: str, at: datetime) -> InputError:
    """Give the error of a question about a thing that no event up to an instant names."""
    return InputError(
        f'"{epc}": no event up to {stamp(at)} names this thing. Expected an identifier of a captured event, as EPC URN '
        "or GS1 Digital Link. Check its spelling and serial number, or ask for a later instant.",
        code="unknown-thing",
    )


def places_within(cursor: psycopg.Cursor[Any], site: str) -> list[UUID]:
    """Give the keys of a site and of all its areas.

    Areas are the children of the site in captured master data, and their children, and every place with the same GLN
    and an extension of its own (SGLN extension, application identifier 254).
    """
    from voltloop.epcis.identifiers import canonical

    link = canonical(site)
    stem = link.partition("/254/")[0]
    areas = f"{stem}/254/%" if link == stem else None
    statement = """
    WITH RECURSIVE within (id) AS (
      SELECT %(site)s::uuid
      UNION SELECT id FROM thing WHERE canonical LIKE %(areas)s
      UNION SELECT c.child_id FROM within JOIN master_data_child AS c ON c.id = within.id)
    SELECT id FROM within
    """
    return [row[0] for row in cursor.execute(statement, {"site": key_of(site), "areas": areas})]
