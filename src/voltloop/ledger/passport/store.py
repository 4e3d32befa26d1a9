"""Passports made, changed and ended: by new versions only, so that every earlier one can be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from voltloop.epcis.identifiers import canonical
from voltloop.errors import InputError
from voltloop.ledger.naming import cursor_of, stamp
from voltloop.ledger.passport.checks import refuse_faults
from voltloop.ledger.passport.frame import checked_frame
from voltloop.ledger.passport.models import imported
from voltloop.ledger.passport.places import DIALECTS
from voltloop.ledger.passport.representation import merged
from voltloop.ledger.passport.rows import ROOT, ROW, Passport, passport_key, unknown, write
from voltloop.ledger.passport.serving import read
from voltloop.ledger.passport.texts import stored

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from voltloop.ledger.passport.signing import Signer

__all__ = ["change", "create", "end", "succeed", "take"]

_LIFE_CHANGES: Final = {
    "reuse": "re-used",
    "repurposing": "repurposed",
    "remanufacturing": "remanufactured",
}


def create(connection: Connection, document: Mapping[str, Any], signer: Signer, at: datetime) -> Passport:
    """Make a passport.

    Parameters
    ----------
    connection
        Within a transaction.
    document
        The passport in compressed form. Where its identifier is missing it gets one; the other parts of the frame
        that can be known are filled in.
    signer
        Who signs its first version.
    at
        Now.

    Raises
    ------
    InputError
        ``passport-frame``, ``passport-exists`` (this identifier is taken) or ``passport-product-taken`` (the product
        has an active passport).
    """
    refuse_faults(document, at)
    record = checked_frame({"digitalProductPassportId": f"urn:uuid:{uuid4()}", **document}, at)
    cursor = cursor_of(connection)
    key = passport_key(record["digitalProductPassportId"])
    cursor.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
        [canonical(record["uniqueProductIdentifier"])],
    )
    if cursor.execute("SELECT 1 FROM passport WHERE id = %s", [key]).fetchone():
        raise InputError(
            f'There is a passport "{record["digitalProductPassportId"]}" already. Change it by PATCH, or give the new '
            "one another identifier.",
            code="passport-exists",
        )
    write(cursor, key, 1, ROOT, record, signer, at)
    return read(connection, record["digitalProductPassportId"], signer, at)


def change(
    connection: Connection, passport_id: str, patch: Mapping[str, Any], signer: Signer, at: datetime
) -> Passport:
    """Change a passport by a patch: wholly or not at all, as a new version.

    Parameters
    ----------
    patch
        Parts to add or replace (RFC 7396); null takes a part out.

    Raises
    ------
    InputError
        ``no-such-passport``, ``passport-archived``, or as of :func:`create`.
    """
    row = _locked(connection, passport_id)
    own = stored(row[11])
    refuse_faults(merged({}, patch), at)
    _write_over(connection, row, merged(own, patch), signer, at, keeps_time="lastUpdated" in patch)
    return read(connection, passport_id, signer, at)


def succeed(
    connection: Connection,
    passport_id: str,
    how: str,
    operator_id: str,
    signer: Signer,
    at: datetime,
    *,
    product_id: str | None = None,
) -> Passport:
    """Make the passport that follows after re-use, repurposing or remanufacturing, linked to the one before.

    Parameters
    ----------
    how
        ``reuse``, ``repurposing`` or ``remanufacturing``.
    operator_id
        Who places the battery on the market again: responsibility passes to them.
    product_id
        The battery's new identifier, where it gets one.

    Returns
    -------
    Passport
        The new one. The one before is archived and stays readable.

    Raises
    ------
    InputError
        ``no-such-passport``, ``passport-archived``, ``passport-successor`` (the passport is not of an item, or the way
        is not known), or as of :func:`create`.

    References
    ----------
    Regulation (EU) 2023/1542 Art. 77(7).
    """
    read(connection, passport_id, signer, at)
    row = _locked(connection, passport_id)
    if how not in _LIFE_CHANGES or row[4] != "item":
        raise InputError(
            f'A successor "{how}" of a passport of one {row[4]} cannot be made. One of {", ".join(_LIFE_CHANGES)} of a '
            "passport of one item was expected.",
            code="passport-successor",
        )
    old = stored(row[11])
    new_id = f"urn:uuid:{uuid4()}"
    before = {
        "dppStatus": "archived",
        "linkedPassports": {**old.get("linkedPassports", {}), "successor": new_id},
    }
    _write_over(connection, row, merged(old, before), signer, at)
    record = {
        **{
            name: value
            for name, value in old.items()
            if name not in {"linkedPassports", "endedAt", "facilityId"}
        },
        "digitalProductPassportId": new_id,
        "uniqueProductIdentifier": product_id or row[3],
        "economicOperatorId": operator_id,
        "dppStatus": "active",
        "lastUpdated": stamp(at),
        "lifeStatus": {"value": _LIFE_CHANGES[how], "at": stamp(at)},
        "linkedPassports": {"predecessor": passport_id},
    }
    return create(connection, record, signer, at)


def take(
    connection: Connection,
    document: Any,
    signer: Signer,
    at: datetime,
    *,
    into: str | None = None,
    product_id: str | None = None,
) -> Passport:
    """Take a document of any known data model into a passport.

    Parameters
    ----------
    document
        As read from JSON.
    into
        Identifier of the passport that it goes into; None makes a new one.
    product_id
        Product that a new passport is of, where the document does not name it as this register does.

    Raises
    ------
    InputError
        As of :func:`voltloop.ledger.passport.models.imported`, :func:`create` and :func:`change`.
    """
    parts = imported(document, at)
    if into is None:
        given = {"uniqueProductIdentifier": product_id} if product_id else {}
        return create(connection, {**parts, **given}, signer, at)
    kept = {
        "digitalProductPassportId",
        "uniqueProductIdentifier",
        "granularity",
        "economicOperatorId",
        "dppStatus",
    }
    held = read(connection, into, signer, at).own
    patch = {name: value for name, value in parts.items() if name not in kept}
    for model in DIALECTS:
        if model in patch:
            patch[model] = _in_place_of(held.get(model), patch[model], is_module=model == "batteryPass")
    return change(connection, into, patch, signer, at)


def _in_place_of(before: Any, after: Mapping[str, Any], *, is_module: bool) -> dict[str, Any]:
    """Give a patch that puts a document in the place of an earlier one of its data model, modules one by one."""
    if not isinstance(before, Mapping):
        return dict(after)
    if is_module:
        return {name: _in_place_of(before.get(name), part, is_module=False) for name, part in after.items()}
    gone = dict.fromkeys((name for name in before if name not in after), None)
    inner = {
        name: _in_place_of(before.get(name), part, is_module=False) if isinstance(part, Mapping) else part
        for name, part in after.items()
    }
    return gone | inner


def end(connection: Connection, passport_id: str, signer: Signer, at: datetime) -> Passport:
    """End a passport, as after recycling: it stays readable, and nothing changes it any more.

    Raises
    ------
    InputError
        ``no-such-passport`` or ``passport-archived``.

    References
    ----------
    Regulation (EU) 2023/1542 Art. 77(8); EN 18222 clause 4.8.
    """
    row = _locked(connection, passport_id)
    own = stored(row[11]) | {"dppStatus": "archived", "endedAt": stamp(at)}
    _write_over(connection, row, own, signer, at)
    return read(connection, passport_id, signer, at)


def _locked(connection: Connection, passport_id: str) -> Sequence[Any]:
    cursor = cursor_of(connection)
    key = passport_key(passport_id)
    row: Sequence[Any] | None = cursor.execute(f"{ROW} WHERE id = %s FOR UPDATE", [key]).fetchone()
    if row is None:
        raise unknown(passport_id)
    if row[6] == "archived":
        raise InputError(
            f'The passport "{passport_id}" is archived: it can be read, and not be changed any more. Change the '
            "passport of its successor.",
            code="passport-archived",
        )
    return row


def _write_over(
    connection: Connection,
    row: Sequence[Any],
    record: Mapping[str, Any],
    signer: Signer,
    at: datetime,
    *,
    keeps_time: bool = False,
) -> None:
    after = checked_frame(record if keeps_time else {**record, "lastUpdated": stamp(at)}, at)
    for name in ("digitalProductPassportId", "uniqueProductIdentifier", "granularity"):
        if after[name] != stored(row[11])[name]:
            raise InputError(
                f"{name} of a passport cannot change: another product, level or identifier is another passport. Make a "
                "new one.",
                code="passport-frame",
            )
    write(cursor_of(connection), row[0], row[7] + 1, row[10], after, signer, max(at, row[8]))
