"""``/ledger/things``: where a thing is, its story, its kin, its condition, whose hands it went through, its seals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, Path, Query
from sqlalchemy import Connection

from voltloop.errors import InputError
from voltloop.ledger.condition import condition_history
from voltloop.ledger.genealogy import ancestors, descendants, kin_document
from voltloop.ledger.naming import stamp
from voltloop.ledger.seals import seals_of
from voltloop.ledger.story import custody_history, story
from voltloop.ledger.where import where_is
from voltloop.server.authority import needs
from voltloop.server.documentation import answers
from voltloop.server.problems import HttpProblem
from voltloop.server.service import Service, ServiceOf
from voltloop.server.values import NO_NUL, Instant

__all__ = ["At", "asked", "router"]

router = APIRouter(prefix="/ledger/things", tags=["knowledge"], dependencies=[Depends(needs("read"))])

Epc = Annotated[
    str,
    Path(
        description="The thing, as EPC URN or GS1 Digital Link, percent-encoded.",
        min_length=1,
        max_length=2048,
        pattern=NO_NUL,
    ),
]
At = Annotated[
    Instant | None,
    Query(description="The instant asked about, with its zone; now where it is left out."),
]
_Answer = TypeVar("_Answer")
_REFUSALS = answers(400, 404)


def asked(service: Service, question: Callable[[Connection], _Answer]) -> _Answer:
    """Ask the ledger, and turn what it cannot answer into a problem.

    Raises
    ------
    HttpProblem
        NoSuchResourceException: no event names the thing. QueryParameterException: a parameter cannot be used.
    """
    try:
        with service.ledger.engine.connect() as connection:
            return question(connection)
    except InputError as error:
        unknown = error.code == "unknown-thing"
        name = "NoSuchResourceException" if unknown else "QueryParameterException"
        raise HttpProblem(name, error.message) from None


def _listed(name: str, at: datetime, members: list[Any]) -> dict[str, Any]:
    return {"at": stamp(at), name: [member.document() for member in members]}


@router.get("/{epc:path}/story", responses=_REFUSALS, summary="Tell the story of a thing")
def tell(
    epc: Epc,
    service: ServiceOf,
    at: At = None,
    limit: Annotated[int, Query(ge=1, le=10_000, description="Most events, the earliest first.")] = 1000,
) -> dict[str, Any]:
    """Give its events and those of what it was in while it was in it, in order, each in one sentence."""
    then = at or datetime.now(UTC)
    return _listed("story", then, asked(service, lambda c: story(c, epc, then, limit=limit)))


@router.get("/{epc:path}/custody", responses=_REFUSALS, summary="Tell who had a thing when")
def custody(epc: Epc, service: ServiceOf, at: At = None) -> dict[str, Any]:
    """Give who had it, from when until when; ``until`` is null for who has it still. ``hold`` says why it is held."""
    then = at or datetime.now(UTC)
    had, here = asked(service, lambda c: (custody_history(c, epc, then), where_is(c, epc, then)))
    held = {"hold": here.hold, "hold_since": stamp(here.hold_since), "held_with": here.held_with}
    return _listed("custody", then, had) | held


@router.get(
    "/{epc:path}/condition", responses=_REFUSALS, summary="Tell the condition and treatment of a thing"
)
def condition(epc: Epc, service: ServiceOf, at: At = None) -> dict[str, Any]:
    """Give what was measured, decided and done, with method, device and person; states of health as shares."""
    then = at or datetime.now(UTC)
    return _listed("condition", then, asked(service, lambda c: condition_history(c, epc, then)))


@router.get("/{epc:path}/seals", responses=_REFUSALS, summary="Tell the seals of a container")
def seals(epc: Epc, service: ServiceOf, at: At = None) -> dict[str, Any]:
    """Give the seals that have been on it; ``off_at`` is null while one is on."""
    then = at or datetime.now(UTC)
    return _listed("seals", then, asked(service, lambda c: seals_of(c, epc, then)))


@router.get("/{epc:path}/tree", responses=_REFUSALS, summary="Tell what a thing is in, made of and holds")
def tree(
    epc: Epc,
    service: ServiceOf,
    at: At = None,
    way: Annotated[
        Literal["up", "down", "both"],
        Query(description="Up to containers, wholes and inputs; down to contents, parts and outputs."),
    ] = "both",
    ever: Annotated[bool, Query(description="Also what was so at any time before.")] = False,
    steps: Annotated[int, Query(ge=1, le=32, description="Most steps.")] = 32,
) -> dict[str, Any]:
    """Give every step between two things, nearest first: ``thing`` was reached from ``of``."""
    then = at or datetime.now(UTC)
    found: dict[str, Any] = {"at": stamp(then)}
    for name, here, walk in (("up", way != "down", ancestors), ("down", way != "up", descendants)):
        if here:
            question = partial(walk, epc=epc, at=then, ever=ever, steps=steps)
            found[name] = kin_document(asked(service, question))
    return found


@router.get("/{epc:path}", responses=_REFUSALS, summary="Tell where a thing is")
def where(epc: Epc, service: ServiceOf, at: At = None) -> dict[str, Any]:
    """Give place, containers, custody, owner, disposition, hold and state of health, each with its time."""
    then = at or datetime.now(UTC)
    return asked(service, lambda c: where_is(c, epc, then)).document()
