"""Rows of passports, and the one way of writing a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from voltloop.epcis.identifiers import key_of
from voltloop.errors import InputError
from voltloop.ledger.naming import stamp
from voltloop.ledger.passport.texts import digest_of, text_of

if TYPE_CHECKING:
    import psycopg

    from voltloop.ledger.passport.signing import Signer

__all__ = ["ROOT", "ROW", "Passport", "Version", "passport_key", "unknown", "write"]

ROOT: Final = "0" * 64
"""What stands for the predecessor of a first version."""
ROW: Final = (
    "SELECT id, passport_id, product_key, product_id, granularity, operator_id, status, version, from_at, "
    "folded_at, digest, document FROM passport "
)
"""Begins a query for present versions."""


@dataclass(frozen=True, slots=True)
class Passport:
    """A passport as it stands, whole: :func:`voltloop.ledger.passport.access.visible` says what a reader sees of it.

    Attributes
    ----------
    key
        Key of its row.
    version, from_at
        Number of its version, and since when it is the present one.
    digest
        SHA-256 of the text of the version.
    own
        What its own version says, without batch and model.
    record
        All of it: model, batch, its own, and what follows from the events.
    """

    key: UUID
    passport_id: str
    product_id: str
    status: str
    version: int
    from_at: datetime
    digest: str
    own: dict[str, Any]
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a passport, as it was written."""

    version: int
    from_at: datetime
    digest: str
    previous: str
    signature: str
    document: str


def passport_key(passport_id: str) -> UUID:
    """Give the key of a passport's row: of its identifier letter by letter, for two passports may share a product."""
    return key_of(f"urn:voltloop:passport:{digest_of(passport_id)}")


def unknown(name: str) -> InputError:
    """Give the error of a question about a passport that there is not."""
    return InputError(
        f'There is no passport of "{name}". Expected the identifier of a passport or product in this register, such as '
        "https://id.gs1.org/01/09521002005004/21/BAT2024-001.",
        code="no-such-passport",
    )


def write(
    cursor: psycopg.Cursor[Any],
    key: UUID,
    version: int,
    previous: str,
    record: Mapping[str, Any],
    signer: Signer,
    at: datetime,
    folded_at: datetime | None = None,
) -> None:
    """Add a version of a passport, and make it the present one.

    Parameters
    ----------
    cursor
        Within a transaction.
    key
        Of the passport's row.
    version, previous
        Its number, and the digest of the version before or :data:`ROOT`.
    record
        What it says.
    signer
        Who signs it.
    at
        Since when it counts.
    folded_at
        The record_at of the last event that is in it; None leaves what was.

    Raises
    ------
    InputError
        ``passport-product-taken``: the product has another active passport.
    """
    text = text_of(record)
    digest = digest_of(text)
    statement = {
        "dpp": record["digitalProductPassportId"],
        "version": version,
        "validFrom": stamp(at),
        "previous": previous,
        "sha256": digest,
    }
    product = record["uniqueProductIdentifier"]
    product_key = key_of(product)
    if record["dppStatus"] == "active":
        taken = cursor.execute(
            "SELECT passport_id FROM passport WHERE product_key = %s AND status = 'active' AND id <> %s",
            [product_key, key],
        ).fetchone()
        if taken:
            raise InputError(
                f'The product "{product}" has the active passport "{taken[0]}" already. Change that one, or make its '
                "successor.",
                code="passport-product-taken",
            )
    cursor.execute(
        "INSERT INTO passport_signing_key (id, jwk, from_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [signer.key_id, text_of(signer.jwk), at],
    )
    cursor.execute(
        "INSERT INTO passport_version (passport_key, version, from_at, document, digest, previous, signature) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [key, version, at, text, digest, previous, signer.sign(statement)],
    )
    cursor.execute(
        "INSERT INTO passport (id, passport_id, product_key, product_id, granularity, operator_id, status, version, "
        "from_at, folded_at, digest, document) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
        "ON CONFLICT (id) DO UPDATE SET (product_key, product_id, granularity, operator_id, status, version, from_at, "
        "folded_at, digest, document) = (EXCLUDED.product_key, EXCLUDED.product_id, EXCLUDED.granularity, "
        "EXCLUDED.operator_id, EXCLUDED.status, EXCLUDED.version, EXCLUDED.from_at, "
        "coalesce(EXCLUDED.folded_at, passport.folded_at), EXCLUDED.digest, EXCLUDED.document)",
        [
            key, record["digitalProductPassportId"], product_key, product, record["granularity"],
            record.get("economicOperatorId"), record["dppStatus"], version, at, folded_at, digest, text,
        ],
    )  # fmt: skip
