"""``/ledger/steps`` and ``/ledger/records``: what was carried out, from handhelds and depot systems.

The use cases are those of ``voltloop record``; a body that was sent before is answered as before.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from voltloop.app.own_events import handover, hold, inspection, record_own, seal_check, seal_off, seal_on
from voltloop.app.record_step import StepAsked, record_step
from voltloop.app.steps import Found
from voltloop.errors import VoltloopError
from voltloop.ledger.problems import CaptureRefused
from voltloop.server.authority import needs
from voltloop.server.problems import HttpProblem
from voltloop.server.service import ServiceOf

__all__ = ["router"]

router = APIRouter(prefix="/ledger", tags=["steps"], dependencies=[Depends(needs("capture"))])

_NOT_NOW = {"held", "unlawful-as-found", "step-recorded", "not-loaded", "which-plan"}
_UNKNOWN = {"no-such-step"}
_Text = Annotated[str, Field(min_length=1, max_length=2048)]


class Step(BaseModel):
    """A step of a planned load that was carried out."""

    model_config = ConfigDict(extra="forbid")

    load: _Text = Field(description="Number of the load in its plan.", examples=["EU-T0001"])
    step: Annotated[str, Field(pattern=r"^(pickup/[1-9][0-9]*|depart|deliver)$")] = Field(
        description="`pickup/N` for the N-th stop of a tour, `depart` of an onward load, `deliver` of both."
    )
    at: AwareDatetime | None = Field(None, description="When it was done; now where it is left out.")
    person: _Text | None = Field(None, description="Who did it.")
    plan: _Text | None = Field(None, description="Plan, where several live ones have such a load.")
    missing: list[_Text] = Field(default=[], description="Planned and not there, or left behind.")
    extra: list[_Text] = Field(default=[], description="Taken and not planned.")
    damaged: list[_Text] = Field(default=[], description="Damaged, and planned as sound.")
    repacked: list[_Text] = Field(
        default=[], description="Damaged, and now in a packaging for damaged batteries."
    )


class StepDone(BaseModel):
    """What was written of a step."""

    plan: str
    load: str
    step: str
    events: int = Field(description="Events of the step.")
    already: int = Field(description="How many of them the ledger had before.")
    moved: list[str] = Field(description="Goods that changed hands.")
    differences: list[str] = Field(description="What was found other than planned, in words.")


class Record(BaseModel):
    """Something that a person did or saw, outside a plan."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["seal", "unseal", "check-seal", "handover", "inspect", "hold"]
    epcs: list[_Text] = Field(min_length=1, description="The things; of a seal or an inspection exactly one.")
    at: AwareDatetime | None = Field(None, description="When it was done; now where it is left out.")
    person: _Text | None = None
    number: _Text | None = Field(None, description="Number on the seal.")
    seal_class: Literal["I", "S", "H"] = Field("H", description="Class of the seal by ISO 17712.")
    issuer: _Text | None = Field(None, description="Who issued the seal.")
    seal_kind: _Text | None = Field(None, description="bolt, cable, electronic or tape.")
    found: Literal["intact", "damaged", "missing", "number_differs"] = "intact"
    reason: _Text | None = Field(None, description="Why a seal was opened, or why something is held.")
    giver: _Text | None = Field(None, description="Who had the goods, as URI.")
    taker: _Text | None = Field(None, description="Who has them now, as URI.")
    place: _Text | None = Field(None, description="Where, as URI.")
    paper: _Text | None = Field(None, description="Transport document, as URI.")
    soh: float | None = Field(None, description="State of health as a share, 0 to 1.2.")
    method: _Text | None = Field(None, description="How the state of health was measured.")
    device: _Text | None = Field(None, description="With which device, as URI.")
    disposition: _Text | None = Field(None, description="Disposition of CBV, such as damaged.")


class Recorded(BaseModel):
    """The event that was written."""

    event_id: str


@router.post("/steps", response_model=StepDone, status_code=201)
def carry_out(step: Step, service: ServiceOf) -> Any:
    """Record a step of a planned load; stock and custody move with it."""
    now = datetime.now(UTC)
    found = Found(
        step.at or now,
        step.person,
        frozenset(step.missing),
        tuple(dict.fromkeys(step.extra)),
        frozenset(step.damaged),
    )
    asked = StepAsked(step.load, step.step, found, step.plan, frozenset(step.repacked))
    try:
        return asdict(record_step(service.ledger.engine, asked, now))
    except (VoltloopError, CaptureRefused) as error:
        raise _problem(error) from None


@router.post("/records", response_model=Recorded, status_code=201)
def record(told: Record, service: ServiceOf) -> Any:
    """Record a seal, a handover, an inspection or a hold."""
    now = datetime.now(UTC)
    try:
        event = _EVENTS[told.kind](told)
        return {"event_id": record_own(service.ledger.engine, event, told.at or now, told.person, now)}
    except (VoltloopError, CaptureRefused) as error:
        raise _problem(error) from None


def _problem(error: VoltloopError) -> HttpProblem:
    if error.code in _UNKNOWN:
        return HttpProblem("NoSuchResourceException", error.message)
    if error.code in _NOT_NOW:
        return HttpProblem("about:blank", error.message, status=409, title="The step cannot be recorded so")
    return HttpProblem("ValidationException", error.message)


def _one(told: Record) -> str:
    if len(told.epcs) != 1:
        raise HttpProblem(
            "ValidationException",
            f"A {told.kind} is about one thing, and {len(told.epcs)} are named. Send one each.",
        )
    return told.epcs[0]


def _needed(told: Record, name: str) -> str:
    value: str | None = getattr(told, name)
    if value is None:
        raise HttpProblem("ValidationException", f'A {told.kind} needs "{name}", and it is missing. Add it.')
    return value


_EVENTS = {
    "seal": lambda told: seal_on(
        _one(told),
        _needed(told, "number"),
        seal_class=told.seal_class,
        issuer=told.issuer,
        kind=told.seal_kind,
    ),
    "unseal": lambda told: seal_off(
        _one(told), _needed(told, "number"), issuer=told.issuer, reason=told.reason
    ),
    "check-seal": lambda told: seal_check(_one(told), told.found, told.number),
    "handover": lambda told: handover(
        told.epcs, _needed(told, "giver"), _needed(told, "taker"), told.place, told.paper
    ),
    "inspect": lambda told: inspection(
        _one(told), soh=told.soh, method=told.method, device=told.device, disposition=told.disposition
    ),
    "hold": lambda told: hold(told.epcs, _needed(told, "reason")),
}
