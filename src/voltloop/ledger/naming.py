"""Texts of keys, and keys of texts that the ledger knows."""

from __future__ import annotations

import difflib
import re
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

__all__ = [
    "UNDER_WAY_ID",
    "cursor_of",
    "nearest_things",
    "never_named",
    "places_within",
    "sites_of",
    "stamp",
    "texts",
    "unknown_place",
    "unknown_thing",
]

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


def unknown_thing(cursor: psycopg.Cursor[Any], epc: str, at: datetime) -> InputError:
    """Give the error of a question about a thing of which no event up to an instant says anything."""
    if not never_named(cursor, [epc]):
        return InputError(
            f'"{epc}": no event up to {stamp(at)} names this thing, but a later or a planned one does, or one '
            "that was taken back, or it is a lot. Something was expected that was seen by then. Ask for a later "
            "instant; of what is planned voltloop late tells, and of a lot voltloop stock.",
            code="unknown-thing",
        )
    return InputError(
        f'"{epc}": no event up to {stamp(at)} names this thing.{nearest_things(cursor, epc)} Expected an identifier of '
        "a captured event, as EPC URN or GS1 Digital Link. Check its spelling and serial number, or ask for a later "
        "instant.",
        code="unknown-thing",
    )


def never_named(cursor: psycopg.Cursor[Any], epcs: Iterable[str]) -> list[str]:
    """Give those identifiers that no event names as a thing: as object, parent, child, input, output or lot."""
    keys = {key_of(epc): epc for epc in epcs}
    rows = cursor.execute(
        "SELECT k FROM unnest(%s::uuid[]) AS k WHERE NOT EXISTS (SELECT FROM trace WHERE epc_id = k)",
        [list(keys)],
    )
    return [keys[row[0]] for row in rows.fetchall()]


def unknown_place(cursor: psycopg.Cursor[Any], place: str) -> str:
    """Say that nothing in the ledger names a place, and which it may have meant; empty where something does."""
    known = (
        "SELECT EXISTS (SELECT FROM thing WHERE id = ANY(%(places)s)) "
        "OR EXISTS (SELECT FROM master_data_element WHERE id = ANY(%(places)s))"
    )
    if cursor.execute(known, {"places": places_within(cursor, place)}).fetchone() == (True,):
        return ""
    return f'No event and no master data name the place "{place}".{nearest_things(cursor, place)}'


def nearest_things(cursor: psycopg.Cursor[Any], epc: str, most: int = 3) -> str:
    """Give ``" Did you mean X or Y?"`` for the things closest to a mistyped identifier, or an empty string.

    Looked at are the neighbours in the order of identifiers, and those with the same last part under another name.
    """
    from voltloop.epcis.identifiers import canonical

    link = canonical(epc)
    tail = re.split(r"[/:]", link)[-1]
    rows = cursor.execute(
        """
        SELECT t.text FROM (
          (SELECT * FROM thing WHERE canonical ~<=~ %(link)s ORDER BY canonical USING ~>~ LIMIT 200) UNION
          (SELECT * FROM thing WHERE canonical ~>~ %(link)s ORDER BY canonical USING ~<~ LIMIT 200) UNION
          (SELECT * FROM thing WHERE right(canonical, %(length)s) = %(tail)s LIMIT 50)) AS t
        WHERE EXISTS (SELECT FROM trace WHERE epc_id = t.id)
        """,
        {"link": link, "tail": tail, "length": len(tail)},
    ).fetchall()
    close = difflib.get_close_matches(epc, sorted({row[0] for row in rows}), n=most, cutoff=0.8)
    return f" Did you mean {' or '.join(close)}?" if close else ""


def sites_of(cursor: psycopg.Cursor[Any], places: Iterable[UUID | None]) -> dict[UUID, str]:
    """Give the site that each place is an area of, as it was first spelled; places that are no area are left out.

    A site is the topmost parent in captured master data, else the place with the same GLN and no extension.
    """
    keys = [place for place in places if place is not None]
    if not keys:
        return {}
    statement = """
    WITH RECURSIVE up (id, top, depth) AS (
      SELECT k, k, 0 FROM unnest(%s::uuid[]) AS k
      UNION SELECT up.id, c.id, up.depth + 1 FROM up JOIN master_data_child AS c ON c.child_id = up.top
      WHERE up.depth < 32)
    SELECT DISTINCT ON (up.id) up.id, up.depth, coalesce(t.text, e.text), t.canonical
    FROM up LEFT JOIN thing AS t ON t.id = up.top LEFT JOIN master_data_element AS e ON e.id = up.top
    ORDER BY up.id, up.depth DESC
    """
    found: dict[UUID, str] = {}
    for place, depth, text, canonical in cursor.execute(statement, [keys]).fetchall():
        stem, is_area, _ = (canonical or "").partition("/254/")
        if depth or is_area:
            found[place] = text if depth else stem
    return found


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
