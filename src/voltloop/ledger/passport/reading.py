"""Reading passports as somebody: what they may see is decided, and what had to be is written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from voltloop.epcis.identifiers import key_of
from voltloop.errors import InputError
from voltloop.ledger.naming import cursor_of
from voltloop.ledger.passport.access import PUBLIC, Grant, Reader, Sight, may_read, visible
from voltloop.ledger.passport.points import data_points, rows_of
from voltloop.ledger.passport.representation import element_at
from voltloop.ledger.passport.rows import Passport

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = [
    "LoggedRead",
    "add_contract",
    "end_contract",
    "grants_of",
    "note",
    "policy_rows",
    "reads",
    "see",
    "see_element",
    "standing",
]

_TIERS = frozenset({"legitimate", "individual", "transport", "diagnostics"})


@dataclass(frozen=True, slots=True)
class LoggedRead:
    """One read that was written down."""

    at: datetime
    reader: str
    party: str
    asked: str
    is_granted: bool
    tiers: tuple[str, ...]


def grants_of(connection: Connection, party: str) -> tuple[Grant, ...]:
    """Give the rights by contract of a party, those of other times too."""
    rows = (
        cursor_of(connection)
        .execute(
            "SELECT party, tiers, points, products, from_at, until_at FROM passport_contract WHERE party = %s",
            [party],
        )
        .fetchall()
    )
    return tuple(
        Grant(row[0], frozenset(row[1]), frozenset(row[2]), tuple(row[3]), row[4], row[5]) for row in rows
    )


def add_contract(connection: Connection, grant: Grant, text: str) -> UUID:
    """Write down a contract that opens diagnostics to a party.

    Raises
    ------
    InputError
        ``passport-contract``: it has no party, ends before it begins, or would open what only authorities see.
    """
    points = data_points(grant.from_at.date())
    closed = [number for number in grant.points if number not in points or points[number].tier == "authority"]
    ends = grant.until_at
    if not grant.party or grant.tiers - _TIERS or closed or (ends is not None and ends <= grant.from_at):
        raise InputError(
            "The contract cannot be used: it needs a party, an end after its beginning, tiers among "
            f"{', '.join(sorted(_TIERS))}, and data points that are not for authorities alone.",
            code="passport-contract",
        )
    key = uuid4()
    cursor_of(connection).execute(
        "INSERT INTO passport_contract (id, party, tiers, points, products, from_at, until_at, note) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        [
            key, grant.party, sorted(grant.tiers), sorted(grant.points), list(grant.products), grant.from_at, ends,
            text,
        ],
    )  # fmt: skip
    return key


def end_contract(connection: Connection, key: UUID, at: datetime) -> bool:
    """End a contract at an instant; tell whether there was one that had not ended by then."""
    done = cursor_of(connection).execute(
        "UPDATE passport_contract SET until_at = %s WHERE id = %s AND coalesce(until_at, 'infinity') > %s",
        [at, key, at],
    )
    return done.rowcount == 1


def standing(connection: Connection, passport: Passport, reader: Reader) -> Reader:
    """Give a reader as what they are to this battery, with their contracts.

    Who says to own it, or to carry it, is a passer-by where the ledger knows another owner or holder.
    """
    if not reader.party:
        return reader
    column = {"owner": "owner_id", "carrier": "custody_id"}.get(reader.kind)
    if column is not None:
        row = (
            cursor_of(connection)
            .execute(f"SELECT {column} FROM state WHERE epc_id = %s", [key_of(passport.product_id)])
            .fetchone()
        )
        if row is None or row[0] != key_of(reader.party):
            return replace(PUBLIC, party=reader.party)
    return replace(reader, grants=grants_of(connection, reader.party))


def see(connection: Connection, passport: Passport, reader: Reader, at: datetime, asked: str) -> Sight:
    """Give what a reader sees of a passport; if that is more than the public sees, it is written down.

    Parameters
    ----------
    asked
        What was asked for, in a word or two, for the log.
    """
    sight = visible(passport.record, standing(connection, passport, reader), at)
    if sight.sensitive:
        note(connection, passport, reader, at, asked, sight.sensitive)
    return sight


def see_element(
    connection: Connection,
    passport: Passport,
    path: Sequence[str | int],
    reader: Reader,
    at: datetime,
    asked: str,
) -> Any:
    """Give one element as a reader sees it.

    Returns
    -------
    Any
        The element, or :data:`~.representation.NOT_THERE`.

    Raises
    ------
    InputError
        ``passport-forbidden``: the policy keeps the path from this reader, whether or not anything is there. The
        refusal is written down.
    """
    here = standing(connection, passport, reader)
    if not may_read(passport.record, path, here, at):
        note(connection, passport, reader, at, asked, ())
        raise InputError(
            "This part of the passport is not open to you. Who may read what is told at /passports/access.",
            code="passport-forbidden",
        )
    name = path[0]
    part = {key: value for key, value in passport.record.items() if key == name}
    frame = ("uniqueProductIdentifier", "economicOperatorId", "batteryCategory", "category")
    around = {key: passport.record[key] for key in frame if key in passport.record and key != name}
    sight = visible(around | part, here, at)
    if sight.sensitive:
        note(connection, passport, reader, at, asked, sight.sensitive)
    return element_at(sight.record, path)


def note(
    connection: Connection,
    passport: Passport | None,
    reader: Reader,
    at: datetime,
    asked: str,
    tiers: Sequence[str] | set[str],
) -> None:
    """Write down a read: granted where tiers are told, else refused."""
    cursor_of(connection).execute(
        "INSERT INTO passport_read (at, reader, party, passport_key, asked, is_granted, tiers) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [
            at,
            reader.kind,
            reader.party,
            passport.key if passport else None,
            asked[:500],
            bool(tiers),
            sorted(tiers),
        ],
    )


def reads(connection: Connection, passport: Passport, limit: int = 1000) -> list[LoggedRead]:
    """Give the reads of a passport that were written down, the latest first."""
    rows = (
        cursor_of(connection)
        .execute(
            "SELECT at, reader, party, asked, is_granted, tiers FROM passport_read WHERE passport_key = %s "
            "ORDER BY at DESC, id DESC LIMIT %s",
            [passport.key, limit],
        )
        .fetchall()
    )
    return [LoggedRead(row[0], row[1], row[2], row[3], row[4], tuple(row[5])) for row in rows]


def policy_rows() -> list[dict[str, str]]:
    """Give the policy of access as its table has it."""
    return rows_of("access.csv")
