"""Tokens of pages: where the next page begins, sealed in an opaque text.

A token says after which keys to go on and up to which record time the first page looked, so that events captured
meanwhile neither shift nor lengthen the pages. It belongs to one query, ends at an instant, and can be given back.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from voltloop.ledger.query_model import QueryError

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["LIFETIME", "Place", "close_token", "read_token", "write_token"]

LIFETIME = dt.timedelta(hours=1)
"""How long a token holds after it was given."""

_CHECK_BYTES = 12


@dataclass(frozen=True)
class Place:
    """Where the next page begins.

    Attributes
    ----------
    keys
        Order keys of the last item of the page before: texts and numbers.
    bound
        Text of the bound that the first page set.
    served
        How many items all pages before have given.
    """

    keys: tuple[Any, ...]
    bound: str
    served: int


def write_token(place: Place, fingerprint: str, now: dt.datetime) -> str:
    """Give the token of a place for the query with this fingerprint; it ends :data:`LIFETIME` after ``now``."""
    import orjson

    payload = orjson.dumps(
        [place.keys, place.bound, place.served, int((now + LIFETIME).timestamp())],
        option=orjson.OPT_NAIVE_UTC,
    )
    return base64.urlsafe_b64encode(_check(payload, fingerprint) + payload).rstrip(b"=").decode()


def _check(payload: bytes, fingerprint: str) -> bytes:
    """Give the check of a payload: it tells damage and tokens of other queries, and keeps nothing secret."""
    return hashlib.blake2b(
        fingerprint.encode() + b"\0" + payload, digest_size=_CHECK_BYTES, person=b"voltloop-page"
    ).digest()


def read_token(connection: Connection, token: str, fingerprint: str, now: dt.datetime) -> Place:
    """Give the place that a token holds.

    Raises
    ------
    QueryError
        ``QueryParameterException``: the token is damaged, of another query, has ended or was given back.
    """
    import orjson

    sealed = _unsealed(token)
    check, payload = sealed[:_CHECK_BYTES], sealed[_CHECK_BYTES:]
    if not payload or check != _check(payload, fingerprint):
        raise QueryError(
            "nextPageToken: this token is damaged or belongs to another query. Follow the Link header of the page "
            "before as it is, with the same parameters."
        )
    keys, bound, served, ends = orjson.loads(payload)
    if now.timestamp() >= ends or _is_closed(connection, token):
        raise QueryError(
            "nextPageToken: this token has ended. Tokens hold for one hour; ask the query again from its first page."
        )
    return Place(tuple(keys), bound, served)


def _unsealed(token: str) -> bytes:
    """Give the bytes of a token, none where it is not exactly as it was given."""
    try:
        sealed = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (UnicodeEncodeError, binascii.Error):
        return b""
    return sealed if base64.urlsafe_b64encode(sealed).rstrip(b"=") == token.encode() else b""


def _token_id(token: str) -> UUID:
    return UUID(bytes=hashlib.blake2b(token.encode(), digest_size=16).digest())


def _is_closed(connection: Connection, token: str) -> bool:
    from sqlalchemy import exists, select

    from voltloop.ledger.tables.queries import closed_page_token

    closed = exists().where(closed_page_token.c.id == _token_id(token))
    return bool(connection.scalar(select(closed)))


def close_token(connection: Connection, token: str, now: dt.datetime) -> None:
    """Take a token back: no page follows it any more. Tokens that are none are taken back without a word.

    Parameters
    ----------
    connection
        Within the caller's transaction.
    token
        The token as given.
    now
        Instant, aware. Closed tokens that would have ended anyway are forgotten.
    """
    from sqlalchemy import delete
    from sqlalchemy.dialects.postgresql import insert

    from voltloop.ledger.tables.queries import closed_page_token

    ended = closed_page_token.c.closed_at < now - LIFETIME
    connection.execute(delete(closed_page_token).where(ended))
    connection.execute(
        insert(closed_page_token).values(id=_token_id(token), closed_at=now).on_conflict_do_nothing()
    )
