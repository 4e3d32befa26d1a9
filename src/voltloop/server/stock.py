"""``/ledger/stock`` and what needs a decision: what is where, under way, late, found wrong; releases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from voltloop.app.release import release
from voltloop.errors import VoltloopError
from voltloop.ledger.findings_log import findings
from voltloop.ledger.naming import stamp
from voltloop.ledger.stock import Wanted, items, lots, stock
from voltloop.ledger.under_way import late, under_way
from voltloop.server.authority import needs
from voltloop.server.documentation import answers
from voltloop.server.json_bodies import described_body, json_body
from voltloop.server.problems import HttpProblem
from voltloop.server.service import ServiceOf
from voltloop.server.things import At, asked
from voltloop.server.values import NO_NUL, SOME_WORDS, Instant, Uri

__all__ = ["router"]

router = APIRouter(prefix="/ledger", tags=["knowledge"])
_READ = [Depends(needs("read"))]
_Text = Annotated[str | None, Query(min_length=1, max_length=2048, pattern=NO_NUL)]
_Group = Literal["kind", "model", "site", "area", "condition", "hold", "owner", "custody", "container"]
_Share = Annotated[float | None, Query(ge=0, le=2, allow_inf_nan=False)]
_Days = Annotated[float | None, Query(ge=0, le=36_500, allow_inf_nan=False)]


def _wanted(  # noqa: PLR0913 - one argument per parameter
    *,
    at: At = None,
    site: _Text = None,
    is_under_way: bool = False,
    model: _Text = None,
    condition: _Text = None,
    is_held: bool | None = None,
    owner: _Text = None,
    custody: _Text = None,
    older_than_days: _Days = None,
    younger_than_days: _Days = None,
    health_from: _Share = None,
    health_below: _Share = None,
    with_parts: bool = False,
    kind: Literal["battery", "package", "load"] | None = None,
) -> Wanted:
    return Wanted(
        at or datetime.now(UTC),
        site,
        is_under_way,
        model,
        condition,
        is_held,
        owner,
        custody,
        older_than_days,
        younger_than_days,
        health_from,
        health_below,
        with_parts,
        kind,
    )


WantedOf = Annotated[Wanted, Depends(_wanted)]


@router.get("/stock", responses=answers(400), dependencies=_READ, summary="Count what is in stock")
def count(
    wanted: WantedOf,
    service: ServiceOf,
    group_by: Annotated[list[_Group] | None, Query(description="What the counted things share.")] = None,
) -> dict[str, Any]:
    """Count things at a site, its areas, or anywhere, in containers too, by what they share."""
    groups = asked(service, lambda c: stock(c, wanted, group_by or ["model"]))
    return {"at": stamp(wanted.at), "groups": [group.facts | {"count": group.count} for group in groups]}


@router.get("/stock/items", responses=answers(400), dependencies=_READ, summary="List what is in stock")
def listing(
    wanted: WantedOf,
    service: ServiceOf,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    after: _Text = None,
) -> dict[str, Any]:
    """List things one by one; ``after`` takes the last of the page before."""
    found = asked(service, lambda c: items(c, wanted, limit=limit, after=after))
    return {"at": stamp(wanted.at), "items": [item.document() for item in found]}


@router.get("/stock/lots", responses=answers(400), dependencies=_READ, summary="Tell the quantities of lots")
def quantities(wanted: WantedOf, service: ServiceOf) -> dict[str, Any]:
    """Give how much of each lot is at a site or anywhere; no unit means pieces."""
    found = asked(service, lambda c: lots(c, wanted))
    return {"at": stamp(wanted.at), "lots": [lot.document() for lot in found]}


@router.get("/under-way", responses=answers(400), dependencies=_READ, summary="List what is under way")
def moving(service: ServiceOf, at: At = None) -> dict[str, Any]:
    """List what has left a place and not come to another, with when it is expected and whether that has passed."""
    then = at or datetime.now(UTC)
    found = asked(service, lambda c: under_way(c, then))
    return {"at": stamp(then), "under_way": [one.document() for one in found]}


@router.get("/late", responses=answers(400), dependencies=_READ, summary="List late steps of plans")
def overdue(service: ServiceOf, at: At = None) -> dict[str, Any]:
    """List the planned steps of the last 60 days whose time has passed and that nobody has recorded as done."""
    then = at or datetime.now(UTC)
    return {"at": stamp(then), "late": [one.document() for one in asked(service, lambda c: late(c, then))]}


@router.get("/findings", responses=answers(400), dependencies=_READ, summary="List findings")
def found(
    service: ServiceOf,
    epc: _Text = None,
    with_closed: bool = False,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
) -> dict[str, Any]:
    """List what the ledger found wrong, the newest first."""
    listed = asked(service, lambda c: findings(c, epc=epc, with_closed=with_closed, limit=limit))
    return {"findings": [finding.document() for finding in listed]}


class Release(BaseModel):
    """A person's decision that a held thing may go on."""

    model_config = ConfigDict(extra="forbid")

    epc: Uri = Field(description="The held thing.")
    person: str = Field(min_length=1, max_length=200, pattern=SOME_WORDS, description="Who decided.")
    reason: str = Field(min_length=1, max_length=2000, pattern=SOME_WORDS, description="Why it may go on.")
    at: Instant | None = Field(None, description="When it was decided; now where it is left out.")


class Released(BaseModel):
    """The event of a release."""

    event_id: str
    closed_findings: int = Field(description="How many findings it closed.")


@router.post(
    "/releases",
    responses=answers(400, 404, 409, 413, 415),
    status_code=201,
    openapi_extra=described_body(Release),
    dependencies=[Depends(needs("capture"))],
    summary="Release a held thing",
)
def let_go(asked_for: Annotated[Release, json_body(Release)], service: ServiceOf) -> Released:
    """Release what is held, with person and reason, and close its findings."""
    now = datetime.now(UTC)
    at = asked_for.at or now
    person, reason = asked_for.person, asked_for.reason
    try:
        event_id, closed = release(
            service.ledger.engine, asked_for.epc, person=person, reason=reason, at=at, now=now
        )
    except VoltloopError as error:
        if error.code == "unknown-thing":
            raise HttpProblem("NoSuchResourceException", error.message) from None
        if error.code in {"not-held", "held-with"}:
            title = "It cannot be released so"
            raise HttpProblem("about:blank", error.message, status=409, title=title) from None
        raise HttpProblem("ValidationException", error.message) from None
    return Released(event_id=event_id, closed_findings=closed)
