"""Who calls, and what they may do: keys as bearer tokens, each with its scopes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from voltloop.ledger.keys import Caller, check_key
from voltloop.server.problems import HttpProblem

if TYPE_CHECKING:
    from voltloop.server.service import Service

__all__ = ["Scope", "caller", "needs"]

Scope = Literal["read", "capture", "admin"]
"""What a key may do: read events, capture them, or everything."""

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    description="A key of `voltloop keys add`, sent as `Authorization: Bearer KEY`.",
)


def caller(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Caller:
    """Give the holder of the key that came with a request.

    Raises
    ------
    HttpProblem
        SecurityException with 401: there is no key, or it is unknown or revoked.
    """
    if credentials is None:
        raise HttpProblem(
            "SecurityException",
            "The request carries no key. Send one in the header Authorization: Bearer KEY; "
            "`voltloop keys add` makes keys.",
            headers={"WWW-Authenticate": 'Bearer realm="voltloop"'},
        )
    service: Service = request.app.state.service
    found = check_key(service.ledger.engine, credentials.credentials)
    if found is None:
        raise HttpProblem(
            "SecurityException",
            "The key in the header Authorization is unknown or revoked. `voltloop keys list` tells which are valid.",
            headers={"WWW-Authenticate": 'Bearer realm="voltloop", error="invalid_token"'},
        )
    return found


def needs(*scopes: Scope) -> Callable[[Caller], Caller]:
    """Give a dependency that lets pass only keys with one of the scopes; ``admin`` is always enough.

    Raises
    ------
    HttpProblem
        SecurityException with 401 as :func:`caller` does, with 403 where the key has none of the scopes.
    """

    def check(found: Annotated[Caller, Depends(caller)]) -> Caller:
        if not any(found.may(scope) for scope in scopes):
            raise HttpProblem(
                "SecurityException",
                f'The key "{found.name}" may not do this: it has the scopes {", ".join(sorted(found.scopes))}, and '
                f"this needs {' or '.join(scopes)}. Use another key, or make one by `voltloop keys add`.",
                status=403,
                title="The key does not permit this",
                headers={
                    "WWW-Authenticate": f'Bearer realm="voltloop", error="insufficient_scope", scope="{scopes[0]}"'
                },
            )
        return found

    return check
