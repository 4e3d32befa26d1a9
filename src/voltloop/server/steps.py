"""``/ledger/steps`` and ``/ledger/records``: what was carried out, from handhelds and depot systems.

The use cases are those of ``voltloop record``; a body that was sent before is answered as before.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from voltloop.app.own_events import handover, hold, inspection, record_own, seal_check, seal_off, seal_on
from voltloop.app.record_step import StepAsked, record_step
from voltloop.app.steps import Found
from voltloop.errors import VoltloopError
from voltloop.ledger.problems import CaptureRefused
from voltloop.server.authority import needs
from voltloop.server.documentation import answers
from voltloop.server.json_bodies import described_body, json_body
from voltloop.server.problems import HttpProblem
from voltloop.server.service import ServiceOf
from voltloop.server.values import Instant, Text, Uri

__all__ = ["router"]

router = APIRouter(prefix="/ledger", tags=["steps"], dependencies=[Depends(needs("capture"))])

_NOT_NOW = {"held", "unlawful-as-found", "step-recorded", "not-loaded", "which-plan"}
_UNKNOWN = {"no-such-step"}


class Step(BaseModel):
    """A step of a planned load that was carried out."""

    model_config = ConfigDict(extra="forbid")

    load: Text = Field(description="Number of the load in its plan.", examples=["EU-T0001"])
    step: Annotated[str, Field(pattern=r"^(pickup/[1-9][0-9]*|depart|deliver)$")] = Field(
        description="`pickup/N` for the N-th stop of a tour, `depart` of an onward load, `deliver` of both."
    )
    at: Instant | None = Field(None, description="When it was done; now where it is left out.")
    person: Text | None = Field(None, description="Who did it.")
    plan: Text | None = Field(None, description="Plan, where several live ones have such a load.")
    missing: list[Text] = Field(default=[], description="Planned and not there, or left behind.")
    extra: list[Text] = Field(default=[], description="Taken and not planned.")
    damaged: list[Text] = Field(default=[], description="Damaged, and planned as sound.")
    repacked: list[Text] = Field(
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


class _Told(BaseModel):
    """What every record says."""

    model_config = ConfigDict(extra="forbid")

    at: Instant | None = Field(None, description="When it was done; now where it is left out.")
    person: Text | None = Field(None, description="Who did it.")


class SealPut(_Told):
    """A seal was put on a container or load."""

    kind: Literal["seal"]
    epc: Uri = Field(description="The container or load.")
    number: Text = Field(description="Number on the seal.")
    seal_class: Literal["I", "S", "H"] = Field("H", description="Class of the seal by ISO 17712.")
    issuer: Text | None = Field(None, description="Who issued the seal.")
    seal_kind: Text | None = Field(None, description="bolt, cable, electronic or tape.")

    def event(self) -> dict[str, Any]:
        return seal_on(
            self.epc, self.number, seal_class=self.seal_class, issuer=self.issuer, kind=self.seal_kind
        )


class SealTakenOff(_Told):
    """A seal was taken off a container or load."""

    kind: Literal["unseal"]
    epc: Uri = Field(description="The container or load.")
    number: Text = Field(description="Number on the seal.")
    issuer: Text | None = Field(None, description="Who issued the seal.")
    reason: Text | None = Field(None, description="Why it was opened, such as customs.")

    def event(self) -> dict[str, Any]:
        return seal_off(self.epc, self.number, issuer=self.issuer, reason=self.reason)


class SealCheck(_Told):
    """Somebody looked at the seals of a container or load; anything but intact holds it."""

    kind: Literal["check-seal"]
    epc: Uri = Field(description="The container or load.")
    found: Literal["intact", "damaged", "missing", "number_differs"] = "intact"
    number: Text | None = Field(None, description="Number read on the seal.")

    def event(self) -> dict[str, Any]:
        return seal_check(self.epc, self.found, self.number)


class Handover(_Told):
    """Goods passed from one party to another."""

    kind: Literal["handover"]
    epcs: list[Uri] = Field(min_length=1, description="The goods.")
    giver: Uri = Field(description="Who had the goods.")
    taker: Uri = Field(description="Who has them now.")
    place: Uri | None = Field(None, description="Where.")
    paper: Uri | None = Field(None, description="Transport document.")

    def event(self) -> dict[str, Any]:
        return handover(self.epcs, self.giver, self.taker, self.place, self.paper)


class Inspection(_Told):
    """A diagnosis: a state of health, a disposition, or both."""

    kind: Literal["inspect"]
    epc: Uri = Field(description="The thing.")
    soh: float | None = Field(None, ge=0, le=1.2, description="State of health as a share.")
    method: Text | None = Field(None, description="How the state of health was measured.")
    device: Uri | None = Field(None, description="With which device.")
    disposition: Text | None = Field(None, description="Disposition of CBV, such as damaged.")

    def event(self) -> dict[str, Any]:
        return inspection(
            self.epc, soh=self.soh, method=self.method, device=self.device, disposition=self.disposition
        )


class Hold(_Told):
    """Things are held until somebody releases them."""

    kind: Literal["hold"]
    epcs: list[Uri] = Field(min_length=1, description="The things.")
    reason: Text = Field(description="Why.")

    def event(self) -> dict[str, Any]:
        return hold(self.epcs, self.reason)


Record = Annotated[
    SealPut | SealTakenOff | SealCheck | Handover | Inspection | Hold, Field(discriminator="kind")
]
"""Something that a person did or saw, outside a plan."""


class Recorded(BaseModel):
    """The event that was written."""

    event_id: str


@router.post(
    "/steps",
    response_model=StepDone,
    status_code=201,
    responses=answers(400, 404, 409, 413, 415),
    openapi_extra=described_body(Step),
    summary="Record a step that was carried out",
)
def carry_out(step: Annotated[Step, json_body(Step)], service: ServiceOf) -> Any:
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


@router.post(
    "/records",
    response_model=Recorded,
    status_code=201,
    responses=answers(400, 413, 415),
    openapi_extra=described_body(Record),
    summary="Record what somebody did or saw",
)
def record(told: Annotated[Record, json_body(Record)], service: ServiceOf) -> Any:
    """Record a seal, a handover, an inspection or a hold."""
    now = datetime.now(UTC)
    try:
        return {"event_id": record_own(service.ledger.engine, told.event(), told.at or now, told.person, now)}
    except (VoltloopError, CaptureRefused) as error:
        raise _problem(error) from None


def _problem(error: VoltloopError) -> HttpProblem:
    if error.code in _UNKNOWN:
        return HttpProblem("NoSuchResourceException", error.message)
    if error.code in _NOT_NOW:
        return HttpProblem("about:blank", error.message, status=409, title="The step cannot be recorded so")
    return HttpProblem("ValidationException", error.message)
