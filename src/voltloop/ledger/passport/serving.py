"""Passports put together as they are served: model, batch, the battery's own, and what its events tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from voltloop.epcis.identifiers import key_of
from voltloop.ledger.naming import cursor_of, stamp
from voltloop.ledger.passport.folding import Folded, fold, last_recorded
from voltloop.ledger.passport.frame import levels_of
from voltloop.ledger.passport.representation import merged
from voltloop.ledger.passport.rows import ROW, Passport, Version, passport_key, unknown, write
from voltloop.ledger.passport.texts import stored, text_of

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

    from voltloop.ledger.passport.signing import Signer

__all__ = ["find_ids", "read", "read_at", "read_product", "versions"]

_ORDER: Final = "ORDER BY status = 'active' DESC, from_at DESC LIMIT 1"


def read(connection: Connection, passport_id: str, signer: Signer, at: datetime) -> Passport:
    """Give a passport as it stands, with the events captured since its last version folded into a new one.

    Raises
    ------
    InputError
        ``no-such-passport``.
    """
    row = cursor_of(connection).execute(ROW + "WHERE id = %s", [passport_key(passport_id)]).fetchone()
    if row is None:
        raise unknown(passport_id)
    return _served(connection, row, signer, at)


def read_product(connection: Connection, product_id: str, signer: Signer, at: datetime) -> Passport:
    """Give the present passport of a product: the active one, else the last.

    Raises
    ------
    InputError
        ``no-such-passport``.
    """
    cursor = cursor_of(connection)
    row = cursor.execute(f"{ROW} WHERE product_key = %s {_ORDER}", [key_of(product_id)]).fetchone()
    if row is None:
        raise unknown(product_id)
    return _served(connection, row, signer, at)


def read_at(connection: Connection, passport_id: str, at: datetime) -> Passport:
    """Give a passport as it was at an instant, with the events that the ledger knew of by then.

    Raises
    ------
    InputError
        ``no-such-passport``: there is none, or there was none yet.
    """
    cursor = cursor_of(connection)
    key = passport_key(passport_id)
    row = cursor.execute(
        "SELECT p.id, p.passport_id, p.product_key, p.product_id, p.granularity, p.operator_id, p.status, v.version, "
        "v.from_at, p.folded_at, v.digest, v.document FROM passport AS p JOIN passport_version AS v "
        "ON v.passport_key = p.id WHERE p.id = %s AND v.from_at <= %s ORDER BY v.version DESC LIMIT 1",
        [key, at],
    ).fetchone()
    if row is None:
        raise unknown(passport_id)
    own = stored(row[11])
    if own["granularity"] == "item" and own["dppStatus"] != "archived":
        own = _with_events(own, fold(cursor, row[2], at))
    row = (*row[:6], own["dppStatus"], *row[7:11], text_of(own))
    return _composed(cursor, row, at)


def find_ids(
    connection: Connection, product_ids: Sequence[str], limit: int, after: str | None
) -> tuple[list[str], str | None]:
    """Give the identifiers of the passports of products, page by page.

    Parameters
    ----------
    product_ids
        Products, batches or models; unknown ones are left out.
    limit
        Most identifiers on the page.
    after
        The last identifier of the page before; None begins.

    Returns
    -------
    tuple
        The identifiers in order, and the last one where more follow.
    """
    keys = [key_of(product) for product in product_ids]
    rows = (
        cursor_of(connection)
        .execute(
            "SELECT passport_id FROM passport WHERE product_key = ANY(%s) "
            'AND passport_id COLLATE "C" > %s ORDER BY passport_id COLLATE "C" LIMIT %s',
            [keys, after or "", limit + 1],
        )
        .fetchall()
    )
    found = [row[0] for row in rows]
    return found[:limit], found[limit - 1] if len(found) > limit else None


def versions(connection: Connection, passport_id: str) -> list[Version]:
    """Give all versions of a passport, the first one first.

    Raises
    ------
    InputError
        ``no-such-passport``.
    """
    rows = (
        cursor_of(connection)
        .execute(
            "SELECT version, from_at, digest, previous, signature, document FROM passport_version "
            "WHERE passport_key = %s ORDER BY version",
            [passport_key(passport_id)],
        )
        .fetchall()
    )
    if not rows:
        raise unknown(passport_id)
    return [Version(*row) for row in rows]


def _served(connection: Connection, row: Sequence[Any], signer: Signer, at: datetime) -> Passport:
    """Put a passport together, after a new version where the ledger has learned more of the battery."""
    cursor = cursor_of(connection)
    product_key, granularity, status, folded_at = row[2], row[4], row[6], row[9]
    if granularity == "item" and status != "archived":
        newest = last_recorded(cursor, product_key)
        if newest is not None and newest != folded_at:
            row = _refreshed(cursor, row, signer, at)
    return _composed(cursor, row, None)


def _refreshed(
    cursor: psycopg.Cursor[Any], row: Sequence[Any], signer: Signer, at: datetime
) -> Sequence[Any]:
    """Write the version with the newest events; whoever comes second finds it written."""
    key = row[0]
    found: Sequence[Any] | None = cursor.execute(f"{ROW} WHERE id = %s FOR UPDATE", [key]).fetchone()
    assert found is not None
    newest = last_recorded(cursor, found[2])
    if newest is None or newest == found[9] or found[6] == "archived":
        return found
    folded = fold(cursor, found[2], newest)
    before = stored(found[11])
    after = _with_events(before, folded)
    if after == before:
        cursor.execute("UPDATE passport SET folded_at = %s WHERE id = %s", [newest, key])
    else:
        after["lastUpdated"] = stamp(at)
        write(cursor, key, found[7] + 1, found[10], after, signer, max(at, found[8]), newest)
    again: Sequence[Any] | None = cursor.execute(f"{ROW} WHERE id = %s", [key]).fetchone()
    assert again is not None
    return again


def _with_events(own: Mapping[str, Any], folded: Folded) -> dict[str, Any]:
    """Give what a passport says once its battery's events are told; a later statement of its own stays."""
    record = dict(own)
    for name, value in folded.elements.items():
        stated = record.get(name)
        theirs = stated.get("at") if isinstance(stated, Mapping) and "eventId" not in stated else None
        ours = value.get("at") if isinstance(value, Mapping) else None
        if theirs is None or ours is None or _instant(ours) >= _instant(theirs):
            record[name] = value
    if folded.ended_at is not None:
        record |= {"dppStatus": "archived", "endedAt": stamp(folded.ended_at)}
    return record


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _composed(cursor: psycopg.Cursor[Any], row: Sequence[Any], at: datetime | None) -> Passport:
    """Lay the passports of model, batch and item over one another, the finest on top."""
    own = stored(row[11])
    record: dict[str, Any] = {}
    above = [key_of(product) for product in levels_of(row[3])[:-1]]
    if above:
        for document in _above(cursor, above, at):
            record = merged(record, stored(document))
    for name in ("digitalProductPassportId", "linkedPassports", "endedAt"):
        record.pop(name, None)
    return Passport(row[0], row[1], row[3], row[6], row[7], row[8], row[10], own, merged(record, own))


def _above(cursor: psycopg.Cursor[Any], keys: Sequence[UUID], at: datetime | None) -> list[str]:
    """Give the documents of passports above an item, the coarsest first, as they stood at an instant or stand now."""
    if at is None:
        statement = (
            "SELECT product_key, document FROM passport WHERE product_key = ANY(%s) AND status = 'active'"
        )
        found = dict(cursor.execute(statement, [list(keys)]).fetchall())
    else:
        statement = (
            "SELECT DISTINCT ON (p.product_key) p.product_key, v.document FROM passport AS p "
            "JOIN passport_version AS v ON v.passport_key = p.id AND v.from_at <= %s "
            "WHERE p.product_key = ANY(%s) ORDER BY p.product_key, v.from_at DESC, v.version DESC"
        )
        found = dict(cursor.execute(statement, [at, list(keys)]).fetchall())
    return [found[key] for key in keys if key in found]
