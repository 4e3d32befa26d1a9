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
from voltloop.app.short import missing_of
from voltloop.app.steps import Found
from voltloop.app.undo import undo
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

_NOT_NOW = {
    "held",
    "unlawful-as-found",
    "step-recorded",
    "not-loaded",
    "which-plan",
    "step-followed",
    "step-order",
}
_UNKNOWN = {"no-such-step", "no-such-event", "never-seen"}


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
    missing: list[Text] = Field(
        default=[],
        description="Planned and not there, or left behind; of a lot all of it, or `2 of IDENTIFIER`.",
    )
    extra: list[Text] = Field(
        default=[], description="There and not planned; what may not travel stays, and is held."
    )
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
    event_ids: list[str] = Field(description="The eventIDs; any of them takes the step back.")


class _Told(BaseModel):
    """What every record says."""

    model_config = ConfigDict(extra="forbid")

    at: Instant | None = Field(None, description="When it was done; now where it is left out.")
    person: Text | None = Field(None, description="Who did it.")
    is_new: bool = Field(
        default=False,
        description="The thing is seen for the first time; otherwise an event must have named it.",
    )


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
    try:
        missing, short = missing_of(step.missing)
        extra = tuple(dict.fromkeys(step.extra))
        found = Found(step.at or now, step.person, missing, extra, frozenset(step.damaged), short)
        asked = StepAsked(step.load, step.step, found, step.plan, frozenset(step.repacked))
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
    engine, at = service.ledger.engine, told.at or now
    try:
        return {"event_id": record_own(engine, told.event(), at, told.person, now, is_new=told.is_new)}
    except (VoltloopError, CaptureRefused) as error:
        raise _problem(error) from None


class Correction(BaseModel):
    """What was recorded wrongly, and why."""

    model_config = ConfigDict(extra="forbid")

    event_id: Text = Field(description="The eventID; of a step of a load, any of its events.")
    reason: Text = Field(description="Why, in words, or `did_not_occur`, `incorrect_data`.")
    person: Text | None = Field(None, description="Who says so.")


class Corrected(BaseModel):
    """What was taken back."""

    event_ids: list[str] = Field(description="The events, and the holds that followed from them.")
    load: str | None = Field(description="The load whose step they were.")
    step: str | None
    already: bool = Field(description="They had been taken back before, and nothing was written.")


@router.post(
    "/corrections",
    response_model=Corrected,
    status_code=201,
    responses=answers(400, 404, 409, 413, 415),
    openapi_extra=described_body(Correction),
    summary="Take back what was recorded wrongly",
)
def take_back(wrong: Annotated[Correction, json_body(Correction)], service: ServiceOf) -> Any:
    """Take back an event by an error declaration; of a step of a load, the whole step. It may be recorded again."""
    now = datetime.now(UTC)
    engine = service.ledger.engine
    try:
        return asdict(undo(engine, wrong.event_id, reason=wrong.reason, person=wrong.person, now=now))
    except (VoltloopError, CaptureRefused) as error:
        raise _problem(error) from None


def _problem(error: VoltloopError) -> HttpProblem:
    if error.code in _UNKNOWN:
        return HttpProblem("NoSuchResourceException", error.message)
    if error.code in _NOT_NOW:
        return HttpProblem("about:blank", error.message, status=409, title="The step cannot be recorded so")
    return HttpProblem("ValidationException", error.message)
