"""``/telemetry``: readings in, and what is known from them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.concurrency import run_in_threadpool

from voltloop.app.telemetry import conclude_all, receive
from voltloop.epcis.readings import Batch
from voltloop.exchange.json_readings import read_cloud_events, read_json
from voltloop.exchange.senml import read_senml
from voltloop.ledger.telemetry import eta, lists
from voltloop.ledger.telemetry.devices import register
from voltloop.ledger.telemetry.settings import delete_fence, fences, put_fence, set_conditions
from voltloop.server.authority import needs
from voltloop.server.bodies import media_type_of, whole
from voltloop.server.documentation import answers
from voltloop.server.json_bodies import described_body, json_body
from voltloop.server.problems import HttpProblem
from voltloop.server.service import ServiceOf
from voltloop.server.telemetry_bodies import (
    EVENTS,
    READINGS,
    SENML,
    ConditionsOf,
    FenceShape,
    ReadingsReceived,
    Registration,
)
from voltloop.server.values import NO_NUL, Instant

__all__ = ["router"]

router = APIRouter(prefix="/telemetry", tags=["telemetry"])

_READS = [Depends(needs("read"))]
_WRITES = [Depends(needs("capture"))]
_LIMIT_BYTES = 64 << 20
_Id = Annotated[
    str, Path(min_length=1, max_length=2048, pattern=NO_NUL, description="Identifier, percent-encoded.")
]
_Limit = Annotated[int, Query(ge=1, le=100_000, description="Most rows.")]


@router.post(
    "/readings",
    dependencies=_WRITES,
    response_model=ReadingsReceived,
    responses=answers(400, 413, 415),
    summary="Send readings",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {name: {"schema": schema} for name, schema in READINGS.items()},
        }
    },
)
async def send(request: Request, service: ServiceOf) -> Any:
    """Keep readings as SenML, plain JSON or CloudEvents; a reading that is sent again changes nothing."""
    kind = media_type_of(request, tuple(READINGS))
    body = await whole(request, _LIMIT_BYTES)
    now = datetime.now(UTC)

    def keep() -> dict[str, Any]:
        batch: Batch
        if kind == SENML:
            batch = read_senml(body, now)
        else:
            batch = read_cloud_events(body, now) if kind in EVENTS else read_json(body, now)
        if not batch.readings and [one.code for one in batch.refused] in (["not-json"], ["senml-pack"]):
            raise HttpProblem("ValidationException", batch.refused[0].reason)
        return receive(service.ledger.engine, [("HTTP", batch)], now, base=str(request.base_url)).document()

    return await run_in_threadpool(keep)


@router.get(
    "/devices/{device:path}/readings",
    dependencies=_READS,
    responses=answers(400),
    summary="Read raw readings",
)
def raw(
    device: _Id,
    service: ServiceOf,
    metric: Annotated[str | None, Query(max_length=200, pattern=NO_NUL)] = None,
    from_at: Annotated[Instant | None, Query(alias="from")] = None,
    until_at: Annotated[Instant | None, Query(alias="until")] = None,
    limit: _Limit = 10_000,
) -> dict[str, Any]:
    """Give the readings of a device in the order of their measurement."""
    with service.ledger.reader.connect() as connection:
        found = lists.readings(
            connection, device, metric=metric, from_at=from_at, until_at=until_at, limit=limit
        )
    return {"device": device, "readings": found}


@router.put(
    "/devices/{device:path}",
    dependencies=_WRITES,
    responses=answers(400, 413, 415),
    openapi_extra=described_body(Registration),
    summary="Put a device on a thing",
)
def bind(
    device: _Id, told: Annotated[Registration, json_body(Registration)], service: ServiceOf
) -> dict[str, Any]:
    """Register a device on a thing from an instant on; its readings of before are looked at anew."""
    with service.ledger.engine.begin() as connection:
        register(connection, device, told.thing, told.from_at, told.until_at)
    return _anew(service)


@router.get(
    "/things/{epc:path}/latest", dependencies=_READS, summary="Read the present conditions of a thing"
)
def present(epc: _Id, service: ServiceOf) -> dict[str, Any]:
    """Give the last reading of each measure of the devices on a thing."""
    with service.ledger.reader.connect() as connection:
        return {"thing": epc, "readings": lists.latest(connection, epc, datetime.now(UTC))}


@router.get(
    "/things/{epc:path}/conclusions", dependencies=_READS, summary="Read excursions and arrivals of a thing"
)
def concluded(
    epc: _Id,
    service: ServiceOf,
    voided: Annotated[bool, Query(description="Also what was taken back.")] = False,
    limit: _Limit = 10_000,
) -> dict[str, Any]:
    """Give what was concluded from the readings of the devices on a thing, in order."""
    with service.ledger.reader.connect() as connection:
        return {
            "thing": epc,
            "conclusions": lists.conclusions(connection, epc, with_voided=voided, limit=limit),
        }


@router.get(
    "/things/{epc:path}/forecasts", dependencies=_READS, summary="Read the forecasts of a thing's arrival"
)
def expected(epc: _Id, service: ServiceOf, limit: _Limit = 1000) -> dict[str, Any]:
    """Give every forecast as it was made, the newest first."""
    with service.ledger.reader.connect() as connection:
        return {
            "thing": epc,
            "forecasts": [one.document() for one in eta.forecasts(connection, epc, limit=limit)],
        }


@router.put(
    "/things/{epc:path}/conditions",
    dependencies=_WRITES,
    responses=answers(400, 413, 415),
    openapi_extra=described_body(ConditionsOf),
    summary="Set conditions",
)
def conditions(
    epc: _Id, told: Annotated[ConditionsOf, json_body(ConditionsOf)], service: ServiceOf
) -> dict[str, Any]:
    """Say which goods a load or place holds, with limits of its own and the way that it has to keep to."""
    with service.ledger.engine.begin() as connection:
        set_conditions(
            connection,
            epc,
            datetime.now(UTC),
            goods=told.goods,
            limits=[one.model_dump(exclude_none=True) for one in told.limits],
            corridor=None if told.corridor is None else told.corridor.model_dump(),
        )
    return _anew(service)


@router.get("/fences", dependencies=_READS, summary="List the fences")
def listed(service: ServiceOf) -> dict[str, Any]:
    """Give all fences, by identifier."""
    with service.ledger.reader.connect() as connection:
        found = fences(connection)
    return {
        "fences": [
            {"id": one.id, "name": one.name, "place": one.place, "dwell_s": one.dwell_s, "shape": one.shape}
            for one in found
        ]
    }


@router.put(
    "/fences/{fence:path}",
    dependencies=_WRITES,
    responses=answers(400, 413, 415),
    openapi_extra=described_body(FenceShape),
    summary="Put a fence",
)
def draw(
    fence: _Id, told: Annotated[FenceShape, json_body(FenceShape)], service: ServiceOf
) -> dict[str, Any]:
    """Make or change a fence; arrivals and departures are worked out anew."""
    with service.ledger.engine.begin() as connection:
        put_fence(
            connection,
            fence,
            told.shape.model_dump(),
            datetime.now(UTC),
            name=told.name,
            place=told.place,
            dwell_s=told.dwell_s,
        )
    return _anew(service)


@router.delete(
    "/fences/{fence:path}", dependencies=_WRITES, responses=answers(404), summary="Take a fence away"
)
def remove(fence: _Id, service: ServiceOf) -> dict[str, Any]:
    """Take a fence away, and with it the arrivals and departures that rest on it."""
    with service.ledger.engine.begin() as connection:
        if not delete_fence(connection, fence):
            raise HttpProblem(
                "NoSuchResourceException", f'There is no fence "{fence}". /telemetry/fences lists them.'
            )
    return _anew(service)


@router.get("/dead-letters", dependencies=_READS, summary="List what was not taken")
def dead(service: ServiceOf, limit: _Limit = 1000) -> dict[str, Any]:
    """Give readings and messages that were not taken, the newest first, with the reason."""
    with service.ledger.reader.connect() as connection:
        return {"dead_letters": lists.dead_letters(connection, limit=limit)}


def _anew(service: ServiceOf) -> dict[str, Any]:
    done = conclude_all(service.ledger.engine, datetime.now(UTC))
    return {"told": done.told, "taken_back": done.taken_back}
