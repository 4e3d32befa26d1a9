"""``/nextPageToken``: pages that nobody will ask for any more."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from voltloop.ledger.paging import close_token
from voltloop.server.authority import needs
from voltloop.server.documentation import answers
from voltloop.server.parameters import only_declared
from voltloop.server.service import ServiceOf

__all__ = ["router"]

router = APIRouter(tags=["Queries"], dependencies=[Depends(needs("read")), Depends(only_declared)])


@router.delete(
    "/nextPageToken/{token}",
    summary="Give a page token back",
    status_code=204,
    response_class=Response,
    responses=answers(none_204={"description": "The token leads to no page any more."}),
)
def give_back(
    service: ServiceOf, token: Annotated[str, Path(description="From the Link header of a page.")]
) -> Response:
    """Take a token back, so that no page follows it any more."""
    with service.ledger.engine.begin() as connection:
        close_token(connection, token, dt.datetime.now(dt.UTC))
    return Response(status_code=204)
