"""``/ledger/master-data``: what captured documents say of places, parties, classes and other things."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from voltloop.epcis.identifiers import key_of
from voltloop.epcis.master_data import vocabulary_list
from voltloop.ledger.master_data import elements
from voltloop.ledger.paging import LIFETIME, Place, read_token, write_token
from voltloop.server.authority import needs
from voltloop.server.documentation import PAGED, answers
from voltloop.server.pages import PagingOf
from voltloop.server.service import ServiceOf
from voltloop.server.values import NO_NUL, URI

__all__ = ["router"]

router = APIRouter(prefix="/ledger", tags=["knowledge"], dependencies=[Depends(needs("read"))])

_STANDARD = "urn:epcglobal:epcis:vtype:"
_Vocabulary = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=2048,
        pattern=NO_NUL,
        description="URI of a vocabulary, or the last word of one of the standard's, such as ReadPoint.",
    ),
]
_Element = Annotated[
    str | None,
    Query(
        min_length=3, max_length=2048, pattern=URI, description="Identifier of one element, in any spelling."
    ),
]


@router.get(
    "/master-data",
    summary="List master data",
    responses=answers(
        400,
        ok_200={"description": "One page of elements, by vocabulary.", "headers": PAGED},
    ),
)
def listed(
    response: Response,
    service: ServiceOf,
    paging: PagingOf,
    vocabulary: _Vocabulary = None,
    element: Annotated[_Element, Query(alias="id")] = None,
) -> dict[str, Any]:
    """Give elements as the header of a document has them: attributes and children, the latest captured."""
    if vocabulary is not None and ":" not in vocabulary:
        vocabulary = _STANDARD + vocabulary
    now, fingerprint = datetime.now(UTC), f"master data {vocabulary} {element}"
    with service.ledger.reader.connect() as connection:
        after = None
        if paging.token is not None:
            last, key = read_token(connection, paging.token, fingerprint, now).keys
            after = last, UUID(key)
        found = elements(
            connection, vocabulary=vocabulary, element_id=element, after=after, limit=paging.size + 1
        )
    shown = found[: paging.size]
    if len(found) > len(shown):
        place = Place((shown[-1].vocabulary, str(key_of(shown[-1].id))), "", 0)
        response.headers.update(paging.headers(write_token(place, fingerprint, now), now + LIFETIME))
    return {"vocabularyList": vocabulary_list(shown)}
