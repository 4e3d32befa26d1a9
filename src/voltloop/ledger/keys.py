"""Keys of callers: who may read, capture and administer the ledger over HTTP.

A key is 256 random bits, shown once; the ledger keeps its SHA-256 only. So the database can be read, backed up and
handed on without anyone gaining access by it. A slow password hash would add nothing: there is no dictionary of random
keys to try.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

from voltloop.errors import InputError, LedgerError, nearest

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

__all__ = [
    "ADMIN_VARIABLE",
    "SCOPES",
    "Caller",
    "StoredKey",
    "add_key",
    "check_key",
    "ensure_admin_key",
    "list_keys",
    "revoke_key",
]

ADMIN_VARIABLE = "VOLTLOOP_ADMIN_KEY"
SCOPES = ("read", "capture", "admin")

_FRESH_S = 0.5
_MOST_CACHED = 10_000
_LOCK = 7403133
_SHORTEST_GIVEN = 16


@dataclass(frozen=True)
class Caller:
    """Whoever presented a key that counts."""

    id: UUID
    name: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Tell whether the caller has a scope; who administers may do everything.

        Examples
        --------
        >>> Caller(UUID(int=1), "scanner", frozenset({"capture"})).may("read")
        False
        """
        return scope in self.scopes or "admin" in self.scopes


@dataclass(frozen=True)
class StoredKey:
    """What the ledger knows of a key; not the key itself."""

    id: UUID
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None


_cache: WeakKeyDictionary[Engine, dict[str, tuple[float, Caller]]] = WeakKeyDictionary()


def check_key(engine: Engine, presented: str) -> Caller | None:
    """Give the caller that a key belongs to, or None for an unknown or revoked key.

    Notes
    -----
    A key found good counts for half a second without asking again, so revoking takes effect within a second in every
    process. Only digests are compared, and those in constant time.
    """
    digest = _digest(presented)
    known = _cache.setdefault(engine, {})
    now = time.monotonic()
    found = known.get(digest)
    if found is not None and now - found[0] < _FRESH_S:
        return found[1]
    caller = _read_caller(engine, digest)
    if caller is None:
        known.pop(digest, None)
    else:
        if len(known) >= _MOST_CACHED:
            known.clear()
        known[digest] = now, caller
    return caller


def _read_caller(engine: Engine, digest: str) -> Caller | None:
    from sqlalchemy import select

    from voltloop.ledger.tables import api_key

    with engine.connect() as connection:
        row = connection.execute(
            select(api_key).where(api_key.c.digest == digest, api_key.c.revoked_at.is_(None))
        ).one_or_none()
    if row is None or not hmac.compare_digest(row.digest, digest):
        return None
    return Caller(row.id, row.name, frozenset(row.scopes))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def ensure_admin_key(engine: Engine) -> str | None:
    """See to it that somebody may administer the ledger.

    ``VOLTLOOP_ADMIN_KEY`` in the environment is such a key; another value in it later takes its place. Without the
    variable, the first call on a ledger makes a key.

    Returns
    -------
    str | None
        The key that was made now, to be shown once; None where there was one.

    Raises
    ------
    LedgerError
        ``admin-key-revoked``: the key in the variable was revoked; ``admin-key-short``: it has fewer than 16
        characters.
    """
    given = os.environ.get(ADMIN_VARIABLE, "").strip()
    if given and len(given) < _SHORTEST_GIVEN:
        raise LedgerError(
            f"{ADMIN_VARIABLE}: the key in this variable has {len(given)} characters, and whoever guesses it "
            f"administers the ledger. At least {_SHORTEST_GIVEN} were expected, drawn at random (openssl rand "
            "-base64 24). Put such a key in it, or unset it and let voltloop serve make one.",
            code="admin-key-short",
        )
    with engine.begin() as connection:
        _lock(connection)
        if given:
            _use_given(connection, given)
            return None
        from sqlalchemy import func, select

        from voltloop.ledger.tables import api_key

        administers = func.array_position(api_key.c.scopes, "admin").is_not(None)
        there = select(api_key.c.id).where(administers, api_key.c.revoked_at.is_(None)).limit(1)
        if connection.execute(there).first() is not None:
            return None
        return _insert(connection, "first admin key", ("admin",))


def _use_given(connection: Connection, given: str) -> None:
    from sqlalchemy import func, select, update

    from voltloop.ledger.tables import api_key

    row = connection.execute(select(api_key).where(api_key.c.digest == _digest(given))).one_or_none()
    if row is not None and row.revoked_at is not None:
        raise LedgerError(
            f'{ADMIN_VARIABLE}: the key "{row.name}" in this variable was revoked on {row.revoked_at:%Y-%m-%d}. '
            "Put another key in it, or unset it and use a key that counts (voltloop keys list).",
            code="admin-key-revoked",
        )
    if row is None:
        earlier = update(api_key).where(api_key.c.name == ADMIN_VARIABLE, api_key.c.revoked_at.is_(None))
        connection.execute(earlier.values(revoked_at=func.clock_timestamp()))
        _insert(connection, ADMIN_VARIABLE, ("admin",), given)


def add_key(engine: Engine, name: str, scopes: Collection[str]) -> str:
    """Make a key and give it; it cannot be read again.

    Parameters
    ----------
    name
        Who or what will present it; no other key that counts bears this name.
    scopes
        One or more of :data:`SCOPES`.

    Raises
    ------
    InputError
        ``bad-scope`` or ``key-name-taken``.
    """
    from sqlalchemy import select

    from voltloop.ledger.tables import api_key

    name = " ".join(name.split())
    if not name or not name.isprintable():
        raise InputError(
            f'"{name}" is no name for a key. Some words that say who presents it were expected.',
            code="bad-key-name",
        )
    for scope in scopes:
        if scope not in SCOPES:
            raise InputError(
                f'--scope: "{scope}" is not a scope. The scopes are {", ".join(SCOPES)}.{nearest(scope, SCOPES)}',
                code="bad-scope",
            )
    if not scopes:
        raise InputError(f"A key needs a scope. The scopes are {', '.join(SCOPES)}.", code="bad-scope")
    with engine.begin() as connection:
        _lock(connection)
        same = select(api_key.c.id).where(api_key.c.name == name, api_key.c.revoked_at.is_(None))
        if connection.execute(same).first() is not None:
            raise InputError(
                f'There is a key named "{name}" already. Give this one another name, or revoke the other first '
                f'(voltloop keys revoke "{name}").',
                code="key-name-taken",
            )
        return _insert(connection, name, [scope for scope in SCOPES if scope in scopes])


def list_keys(engine: Engine) -> list[StoredKey]:
    """Give all keys in the order they were made, revoked ones too."""
    from sqlalchemy import select

    from voltloop.ledger.tables import api_key

    with engine.connect() as connection:
        rows = connection.execute(select(api_key).order_by(api_key.c.created_at, api_key.c.name)).all()
    return [StoredKey(row.id, row.name, tuple(row.scopes), row.created_at, row.revoked_at) for row in rows]


def revoke_key(engine: Engine, name: str) -> StoredKey:
    """Take a key back, by its name or id; callers that present it are refused within a second.

    Raises
    ------
    InputError
        ``no-such-key``: no key that counts bears this name or id.
    """
    counting = [key for key in list_keys(engine) if key.revoked_at is None]
    found = next((key for key in counting if name in {key.name, str(key.id)}), None)
    if found is None:
        names = [key.name for key in counting]
        known = ", ".join(names) or "none"
        raise InputError(
            f'There is no key "{name}" that counts. Keys that count: {known}.{nearest(name, names)}',
            code="no-such-key",
        )
    from sqlalchemy import func, update

    from voltloop.ledger.tables import api_key

    with engine.begin() as connection:
        connection.execute(
            update(api_key)
            .where(api_key.c.id == found.id, api_key.c.revoked_at.is_(None))
            .values(revoked_at=func.clock_timestamp())
        )
    _cache.pop(engine, None)
    return found


def _lock(connection: Connection) -> None:
    from sqlalchemy import text

    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _insert(connection: Connection, name: str, scopes: Collection[str], key: str | None = None) -> str:
    from sqlalchemy import func, insert

    from voltloop.ledger.tables import api_key

    key = key or f"vl_{secrets.token_urlsafe(32)}"
    row: dict[str, Any] = {"id": uuid4(), "name": name, "digest": _digest(key), "scopes": list(scopes)}
    connection.execute(insert(api_key).values(**row, created_at=func.clock_timestamp()))
    return key
