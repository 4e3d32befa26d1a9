"""Pages: how many items a caller wants, where its page begins, and the address of the next one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query, Request

from voltloop.server.addresses import own_address
from voltloop.server.service import ServiceOf

__all__ = ["PAGING", "Paging", "PagingOf"]

PAGING = ("perPage", "nextPageToken")
"""Names of the parameters of paging."""


@dataclass(frozen=True)
class Paging:
    """Which page is wanted.

    Parameters
    ----------
    size
        Most items on the page.
    token
        Where the page begins; None for the first one.
    address
        Gives the address of the page at a token.
    """

    size: int
    token: str | None
    address: Callable[[str], str]

    def headers(self, next_token: str | None, expires_at: dt.datetime | None) -> dict[str, str]:
        """Give the headers that lead to the next page; none on the last one."""
        if next_token is None or expires_at is None:
            return {}
        return {
            "Link": f'<{self.address(next_token)}>; rel="next"',
            "GS1-Next-Page-Token-Expires": expires_at.astimezone(dt.UTC).isoformat(timespec="seconds"),
        }


def _paging(
    request: Request,
    service: ServiceOf,
    size: Annotated[
        int,
        Query(alias="perPage", ge=1, le=10**9, description="Most items wanted; the server may give fewer."),
    ] = 30,
    token: Annotated[
        str | None,
        Query(alias="nextPageToken", min_length=1, description="From the Link header of the page before."),
    ] = None,
) -> Paging:
    def address(next_token: str) -> str:
        kept = [pair for pair in request.query_params.multi_items() if pair[0] != "nextPageToken"]
        return f"{own_address(request)}?{urlencode([*kept, ('nextPageToken', next_token)])}"

    return Paging(min(size, service.settings.page_limit_events), token, address)


PagingOf = Annotated[Paging, Depends(_paging)]
"""The page that a request asks for."""
