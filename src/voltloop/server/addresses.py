"""Absolute addresses of resources, as the headers Location and Link tell them."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request

__all__ = ["PREFIX", "address", "own_address"]

PREFIX = "/epcis"
"""Where the standard's resources live."""


def address(request: Request, *parts: str) -> str:
    """Give the address of a standard resource, as this caller reaches the server.

    Parameters
    ----------
    request
        Tells scheme, host and the path that a proxy before the server adds.
    parts
        Names below ``/epcis``; each may hold any character.
    """
    path = "".join(f"/{quote(part, safe='')}" for part in parts)
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}{PREFIX}{path}"


def own_address(request: Request) -> str:
    """Give the address of the resource itself, without its query string."""
    path = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    return f"{request.url.scheme}://{request.url.netloc}{path.decode('ascii').partition('?')[0]}"
