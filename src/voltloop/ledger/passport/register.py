"""The whole register of passports as one stream of lines: written, checked, read back.

The first line says what follows, then come public keys, contracts, registrations and every version of every passport,
each with its digest and signature, and at last how many lines there were and the SHA-256 of all of them. A damaged,
shortened or altered copy is refused before anything of it counts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from voltloop.epcis.identifiers import key_of
from voltloop.errors import InputError
from voltloop.ledger.naming import cursor_of, stamp
from voltloop.ledger.passport.rows import ROOT, passport_key
from voltloop.ledger.passport.signing import verified
from voltloop.ledger.passport.texts import digest_of, text_of

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

__all__ = ["check_version", "export_register", "restore_register"]

_FORMAT = "voltloop passport register"
_EDITION = 1


def export_register(connection: Connection, at: datetime) -> Iterator[bytes]:
    """Give the register line by line, as it stands at one moment, however large.

    Parameters
    ----------
    connection
        Within a transaction of its own; it becomes one that sees a single moment.
    """
    digest = hashlib.sha256()
    count = 0
    for entry in _entries(connection, at):
        line = text_of(entry).encode() + b"\n"
        digest.update(line)
        count += 1
        yield line
    yield text_of({"lines": count, "sha256": digest.hexdigest()}).encode() + b"\n"


def _entries(connection: Connection, at: datetime) -> Iterator[dict[str, Any]]:
    cursor_of(connection).execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    yield {"format": _FORMAT, "edition": _EDITION, "at": stamp(at)}
    for row in _rows(connection, "SELECT id, jwk, from_at FROM passport_signing_key ORDER BY from_at, id"):
        yield {"key": row[0], "jwk": json.loads(row[1]), "from": stamp(row[2])}
    contracts = "SELECT id, party, tiers, points, products, from_at, until_at, note FROM passport_contract ORDER BY id"
    for row in _rows(connection, contracts):
        yield {
            "contract": str(row[0]), "party": row[1], "tiers": row[2], "points": row[3], "products": row[4],
            "from": stamp(row[5]), "until": stamp(row[6]), "note": row[7],
        }  # fmt: skip
    for row in _rows(connection, "SELECT id, at, document FROM passport_registration ORDER BY id"):
        yield {"registration": str(row[0]), "at": stamp(row[1]), "document": json.loads(row[2])}
    versions = (
        "SELECT version, from_at, document, digest, previous, signature FROM passport_version "
        "ORDER BY passport_key, version"
    )
    for row in _rows(connection, versions):
        yield {
            "version": row[0], "from": stamp(row[1]), "document": row[2], "sha256": row[3], "previous": row[4],
            "signature": row[5],
        }  # fmt: skip


def _rows(connection: Connection, statement: str) -> Iterator[tuple[Any, ...]]:
    """Give rows by a cursor of the server, so that a register of any size passes through little memory."""
    driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    with driver.cursor(name="passport_register") as cursor:
        cursor.itersize = 500
        yield from cursor.execute(statement)


def check_version(entry: dict[str, Any], jwks: dict[str, dict[str, str]], previous: str) -> dict[str, Any]:
    """Give the passport of a version whose digest, chain and signature are right.

    Parameters
    ----------
    entry
        A version as :func:`export_register` writes it.
    jwks
        Public keys by their thumbprints.
    previous
        Digest of the version before, or :data:`~.rows.ROOT`.

    Raises
    ------
    InputError
        ``passport-register``.
    """
    document = json.loads(entry["document"])
    name = document["digitalProductPassportId"]
    statement = next((one for jwk in jwks.values() if (one := verified(entry["signature"], jwk))), None)
    expected = {
        "dpp": name,
        "version": entry["version"],
        "validFrom": entry["from"],
        "previous": previous,
        "sha256": digest_of(entry["document"]),
    }
    if statement != expected or entry["sha256"] != expected["sha256"] or entry["previous"] != previous:
        raise _damaged(f"version {entry['version']} of {name} does not agree with its signature")
    found: dict[str, Any] = document
    return found


def restore_register(connection: Connection, lines: Iterable[bytes]) -> int:
    """Read a register back into a ledger that has none.

    Parameters
    ----------
    connection
        Within a transaction, which the caller rolls back if this fails.
    lines
        What :func:`export_register` gave.

    Returns
    -------
    int
        Number of versions.

    Raises
    ------
    InputError
        ``passport-register``: the ledger has passports, or the copy is not whole and genuine.
    """
    cursor = cursor_of(connection)
    if cursor.execute("SELECT 1 FROM passport LIMIT 1").fetchone():
        raise InputError(
            "The ledger has passports already, and a register can only be read into one that has none. Restore it into "
            "a new ledger.",
            code="passport-register",
        )
    restoring = _Restoring(cursor)
    digest = hashlib.sha256()
    count, is_closed = 0, False
    for line in lines:
        if is_closed:
            raise _damaged("something follows its last line")
        entry = _entry(line)
        if "lines" in entry:
            is_closed = entry == {"lines": count, "sha256": digest.hexdigest()}
            if not is_closed:
                raise _damaged("its last line does not agree with the lines before")
            continue
        digest.update(line)
        if count == 0 and (entry.get("format"), entry.get("edition")) != (_FORMAT, _EDITION):
            raise _damaged("its first line is not that of a register")
        count += 1
        restoring.take(entry)
    if not is_closed:
        raise _damaged("its end is missing")
    restoring.close()
    return restoring.versions


def _entry(line: bytes) -> dict[str, Any]:
    try:
        entry: dict[str, Any] = json.loads(line)
    except ValueError:
        raise _damaged("a line of it is no JSON") from None
    return entry


class _Restoring:
    """Writes a register line by line; the last version of each passport becomes its present one."""

    def __init__(self, cursor: psycopg.Cursor[Any]) -> None:
        self._cursor = cursor
        self._jwks: dict[str, dict[str, str]] = {}
        self._key: UUID | None = None
        self._last: tuple[dict[str, Any], dict[str, Any]] | None = None
        self.versions = 0

    def take(self, entry: dict[str, Any]) -> None:
        try:
            if "key" in entry:
                self._jwks[entry["key"]] = entry["jwk"]
                row = [entry["key"], text_of(entry["jwk"]), entry["from"]]
                self._insert("passport_signing_key (id, jwk, from_at)", row)
            elif "contract" in entry:
                names = ("contract", "party", "tiers", "points", "products", "from", "until", "note")
                columns = "passport_contract (id, party, tiers, points, products, from_at, until_at, note)"
                self._insert(columns, [entry[name] for name in names])
            elif "registration" in entry:
                document = entry["document"]
                key = passport_key(document["digitalProductPassportId"])
                row = [entry["registration"], entry["at"], key, text_of(document)]
                self._insert("passport_registration (id, at, passport_key, document)", row)
            elif "version" in entry:
                self._version(entry)
        except (KeyError, TypeError, ValueError):
            raise _damaged("a line of it has not the parts that it needs") from None

    def _version(self, entry: dict[str, Any]) -> None:
        key = passport_key(json.loads(entry["document"])["digitalProductPassportId"])
        if key != self._key:
            self.close()
            self._key = key
        previous = self._last[0]["sha256"] if self._last else ROOT
        document = check_version(entry, self._jwks, previous)
        if entry["version"] != (self._last[0]["version"] + 1 if self._last else 1):
            raise _damaged(f"a version of {document['digitalProductPassportId']} is missing")
        columns = "passport_version (passport_key, version, from_at, document, digest, previous, signature)"
        names = ("version", "from", "document", "sha256", "previous", "signature")
        self._insert(columns, [key, *(entry[name] for name in names)])
        self._last = entry, document
        self.versions += 1

    def close(self) -> None:
        """Make the last version of the passport at hand its present one."""
        if self._last is None:
            return
        entry, document = self._last
        product = document["uniqueProductIdentifier"]
        columns = (
            "passport (id, passport_id, product_key, product_id, granularity, operator_id, status, version, from_at, "
            "digest, document)"
        )
        self._insert(
            columns,
            [
                self._key, document["digitalProductPassportId"], key_of(product), product, document["granularity"],
                document.get("economicOperatorId"), document["dppStatus"], entry["version"], entry["from"],
                entry["sha256"], entry["document"],
            ],
        )  # fmt: skip
        self._last = None

    def _insert(self, columns: str, row: list[Any]) -> None:
        self._cursor.execute(f"INSERT INTO {columns} VALUES ({', '.join(['%s'] * len(row))})", row)


def _damaged(why: str) -> InputError:
    return InputError(
        f"This is no whole and genuine copy of a register of passports: {why}. Nothing of it was taken. Copy it again, "
        "or take another.",
        code="passport-register",
    )
