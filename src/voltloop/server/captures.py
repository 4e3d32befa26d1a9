"""``/capture``: documents with any number of events, and the jobs that capture them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from voltloop.epcis.xml_answers import capture_job_xml, capture_jobs_xml
from voltloop.ledger.jobs import Behaviour, CaptureJob, get_job, list_jobs
from voltloop.ledger.keys import Caller
from voltloop.ledger.opening import OpenedBody, open_body
from voltloop.ledger.paging import LIFETIME, Place, read_token, write_token
from voltloop.ledger.spool import SpoolFile
from voltloop.server.addresses import address
from voltloop.server.answers import instant_text, json_answer
from voltloop.server.authority import needs
from voltloop.server.bodies import media_type_of, pieces
from voltloop.server.documentation import PAGED, TOO_LARGE, VERSIONS, answers, document, header
from voltloop.server.pages import PagingOf
from voltloop.server.parameters import only_declared
from voltloop.server.preferences import DocumentVersion, PreferencesOf
from voltloop.server.problems import HttpProblem
from voltloop.server.service import Service, ServiceOf
from voltloop.server.settings import capture_limits

__all__ = ["Leniency", "known_job", "router"]

router = APIRouter(tags=["Capture"], dependencies=[Depends(only_declared)])

_FINGERPRINT = "capture"

Leniency = Annotated[
    Literal["strict", "lenient"] | None,
    Header(
        alias="Voltloop-Validation",
        description="lenient mends common slips (vocabulary as URN, comment keys, numbers in quotation marks) before "
        "validation; strict keeps to the standard.",
    ),
]
"""The header by which a caller chooses how strictly its document is read."""


@router.post(
    "/capture",
    summary="Capture a document",
    status_code=202,
    response_class=Response,
    responses=answers(
        400,
        415,
        too_large_413=TOO_LARGE,
        ok_202={
            "description": "The document is safely received; the job at Location captures it.",
            "headers": {**VERSIONS, "Location": header("The address of the capture job.")},
        },
    ),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": document(
                {
                    "anyOf": [
                        {"$ref": "#/components/schemas/EPCISDocument"},
                        {"$ref": "#/components/schemas/EPCISQueryDocument"},
                    ]
                },
                xml=True,
            ),
        }
    },
)
async def capture(
    request: Request,
    service: ServiceOf,
    caller: Annotated[Caller, Depends(needs("capture"))],
    _: DocumentVersion,
    behaviour: Annotated[
        Behaviour,
        Header(
            alias="GS1-Capture-Error-Behaviour",
            description="rollback captures all events or none, proceed those that are valid.",
        ),
    ] = "rollback",
    leniency: Leniency = None,
) -> Response:
    """Receive an EPCISDocument or EPCISQueryDocument, and capture its events in the background."""
    media_type = media_type_of(request)
    limits = capture_limits(service.settings)
    body = service.capture.receive()
    try:
        async for piece in pieces(request, service.settings.capture_limit_bytes, limits):
            body.write(piece)
        lenient = service.is_lenient(leniency)
        opened = await run_in_threadpool(_opened, service, body, media_type, lenient)
    except BaseException:
        body.discard()
        raise
    job = await run_in_threadpool(
        service.capture.accept,
        body,
        media_type,
        behaviour,
        lenient=lenient,
        api_key_id=caller.id,
        opened=opened,
    )
    return Response(status_code=202, headers={"Location": address(request, "capture", str(job.id))})


def _opened(service: Service, body: SpoolFile, media_type: str, lenient: bool) -> OpenedBody:
    """Open a body; refuse at once what cannot be read as a document, or has too many events."""
    file = body.read()
    try:
        limit = service.settings.capture_limit_events
        return OpenedBody(file, open_body(file, media_type, lenient=lenient, most_events=limit))
    except BaseException:
        file.close()
        raise


@router.get(
    "/capture",
    summary="List the capture jobs",
    dependencies=[Depends(needs("capture", "read"))],
    response_class=Response,
    responses=answers(
        400,
        ok_200={
            "description": "One page of jobs, the newest first.",
            "headers": PAGED,
            "content": document(
                {"type": "array", "items": {"$ref": "#/components/schemas/CaptureJob"}}, xml=True
            ),
        },
    ),
)
def jobs(service: ServiceOf, preferences: PreferencesOf, paging: PagingOf) -> Response:
    """Give one page of the capture jobs, the newest first."""
    now = datetime.now(UTC)
    with service.ledger.engine.connect() as connection:
        after = None
        if paging.token is not None:
            created_at, job_id = read_token(connection, paging.token, _FINGERPRINT, now).keys
            after = datetime.fromisoformat(created_at), UUID(job_id)
        found = list_jobs(connection, limit=paging.size + 1, after=after)
    shown = found[: paging.size]
    headers = {}
    if len(found) > len(shown):
        place = Place((shown[-1].created_at.isoformat(), str(shown[-1].id)), "", 0)
        headers = paging.headers(write_token(place, _FINGERPRINT, now), now + LIFETIME)
    told = [_told(job) for job in shown]
    if preferences.is_xml:
        return Response(capture_jobs_xml(told), headers=headers, media_type=preferences.media_type)
    return json_answer(told, preferences, headers=headers)


def known_job(
    service: ServiceOf, capture_id: Annotated[str, Path(alias="captureID", description="The job's id.")]
) -> CaptureJob:
    """Give the capture job of an id.

    Raises
    ------
    HttpProblem
        NoSuchResourceException: there is none.
    """
    try:
        job_id = UUID(capture_id)
    except ValueError:
        job_id = UUID(int=0)
    with service.ledger.engine.connect() as connection:
        found = get_job(connection, job_id)
    if found is None:
        raise HttpProblem(
            "NoSuchResourceException",
            f'There is no capture job "{capture_id}". GET /epcis/capture lists those that there are.',
        )
    return found


@router.get(
    "/capture/{captureID}",
    summary="Get a capture job",
    dependencies=[Depends(needs("capture", "read"))],
    response_class=Response,
    responses=answers(
        404,
        ok_200={
            "description": "The job.",
            "headers": VERSIONS,
            "content": document("CaptureJob", xml=True),
        },
    ),
)
def job(found: Annotated[CaptureJob, Depends(known_job)], preferences: PreferencesOf) -> Response:
    """Tell how far a capture job is, and what was wrong."""
    if preferences.is_xml:
        return Response(capture_job_xml(_told(found)), media_type=preferences.media_type)
    return json_answer(_told(found), preferences)


def _told(job: CaptureJob) -> Mapping[str, Any]:
    """Give a job as the standard tells it, and besides how many events and errors it had."""
    told: dict[str, Any] = {"captureID": str(job.id), "createdAt": instant_text(job.created_at)}
    if job.finished_at is not None:
        told["finishedAt"] = instant_text(job.finished_at)
    return told | {
        "running": job.running,
        "success": job.success,
        "captureErrorBehaviour": job.behaviour,
        "errors": job.errors,
        "errorCount": job.error_count,
        "eventCount": job.captured,
    }
