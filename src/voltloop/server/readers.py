"""Who reads passports: the one place that says as whom a request reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from starlette.requests import Request

from voltloop.ledger.keys import check_key
from voltloop.ledger.passport.access import ADMINISTRATOR, PUBLIC, Reader
from voltloop.server.problems import HttpProblem

if TYPE_CHECKING:
    from voltloop.server.service import Service

__all__ = ["ReaderOf", "key_reader", "reader_of"]


class ReaderOf(Protocol):
    """Says as whom a request reads; raises HttpProblem with 401 for proofs that do not count."""

    def __call__(self, request: Request) -> Reader:
        """Give the reader of a request."""
        ...


def reader_of(request: Request) -> Reader:
    """Give the reader of a request, by what the application was given for that, else by :func:`key_reader`.

    ``app.state.reader_of`` takes a :class:`ReaderOf`.
    """
    chosen: ReaderOf = getattr(request.app.state, "reader_of", key_reader)
    return chosen(request)


def key_reader(request: Request) -> Reader:
    """Read as administrator by a key that administers the ledger, and as the public without one.

    Raises
    ------
    HttpProblem
        SecurityException: the key is unknown or revoked.
    """
    scheme, _, presented = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not presented.strip():
        return PUBLIC
    service: Service = request.app.state.service
    found = check_key(service.ledger.engine, presented.strip())
    if found is None:
        raise HttpProblem(
            "SecurityException",
            "The key in the header Authorization is unknown or revoked. Send a key that counts, or none to read what "
            "is public.",
            headers={"WWW-Authenticate": 'Bearer realm="voltloop", error="invalid_token"'},
        )
    return ADMINISTRATOR if found.may("admin") else PUBLIC
