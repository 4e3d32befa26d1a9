"""Capture jobs: what was handed in, how far it is, and how it ended, as the standard tells them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID, uuid4

from voltloop.ledger.problems import CaptureProblem

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

__all__ = [
    "MOST_ERRORS",
    "Behaviour",
    "CaptureJob",
    "add_job",
    "get_job",
    "list_jobs",
    "new_job",
    "progress",
    "unfinished",
]

Behaviour = Literal["rollback", "proceed"]

MOST_ERRORS = 100
"""How many problems of one job are told; of more only the number."""


@dataclass(frozen=True, slots=True)
class CaptureJob:
    """A capture job.

    Attributes
    ----------
    id
        The captureID.
    created_at, finished_at
        UTC; ``finished_at`` is None while it runs.
    running, success, behaviour
        As in the truth table of the standard: ``success`` is false from the first problem on.
    errors
        The first problems, each a problem document of RFC 7807 with ``eventIndex`` where it concerns one event.
    error_count
        How many problems there are.
    media_type, spool, lenient
        How the body is read, and where it lies.
    position
        How many events of the document are behind the job, stored or not.
    captured
        How many events it stored; those that the ledger already had are not counted.
    claimed
        Whether a large ``rollback`` document is wholly checked and nothing can refuse it any more.
    """

    id: UUID
    created_at: datetime
    finished_at: datetime | None
    running: bool
    success: bool
    behaviour: Behaviour
    errors: list[dict[str, Any]]
    error_count: int
    media_type: str
    spool: str
    lenient: bool
    position: int
    captured: int
    claimed: bool
    api_key_id: UUID | None


def new_job(
    spool: str,
    media_type: str,
    behaviour: Behaviour,
    *,
    now: datetime,
    lenient: bool = False,
    api_key_id: UUID | None = None,
) -> CaptureJob:
    """Give a job that has not begun.

    Parameters
    ----------
    spool
        Name of the body, which is kept already (:meth:`voltloop.ledger.spool.SpoolFile.keep`).
    media_type
        Media type of the body without parameters; one with ``xml`` is read as XML, others as JSON.
    behaviour
        ``rollback`` (all events or none) or ``proceed`` (the good events).
    now
        The present, with its zone.
    lenient
        Whether common slips are mended before validation.
    api_key_id
        The key of the caller.
    """
    return CaptureJob(
        id=uuid4(),
        created_at=now,
        finished_at=None,
        running=True,
        success=True,
        behaviour=behaviour,
        errors=[],
        error_count=0,
        media_type=media_type,
        spool=spool,
        lenient=lenient,
        position=0,
        captured=0,
        claimed=False,
        api_key_id=api_key_id,
    )


def add_job(connection: Connection, job: CaptureJob) -> None:
    """Write a new job; once the transaction is committed its body may be acknowledged."""
    from sqlalchemy import insert

    from voltloop.ledger.tables import capture_job

    connection.execute(
        insert(capture_job).values({name: getattr(job, name) for name in CaptureJob.__slots__})
    )


def get_job(connection: Connection, job_id: UUID) -> CaptureJob | None:
    """Give a job, or None where there is none of this id."""
    from sqlalchemy import select

    from voltloop.ledger.tables import capture_job

    row = connection.execute(select(capture_job).where(capture_job.c.id == job_id)).one_or_none()
    return None if row is None else _job(row)


def list_jobs(
    connection: Connection, *, limit: int, after: tuple[datetime, UUID] | None = None
) -> Sequence[CaptureJob]:
    """Give jobs, the newest first.

    Parameters
    ----------
    connection
        To the ledger.
    limit
        How many at most.
    after
        ``created_at`` and ``id`` of the last job of the page before.
    """
    from sqlalchemy import select, tuple_

    from voltloop.ledger.tables import capture_job

    place = tuple_(capture_job.c.created_at, capture_job.c.id)
    query = (
        select(capture_job).order_by(capture_job.c.created_at.desc(), capture_job.c.id.desc()).limit(limit)
    )
    if after is not None:
        query = query.where(place < tuple_(*after))
    return [_job(row) for row in connection.execute(query)]


def unfinished(connection: Connection) -> Sequence[CaptureJob]:
    """Give the jobs that have not ended, the oldest first."""
    from sqlalchemy import select

    from voltloop.ledger.tables import capture_job

    query = select(capture_job).where(capture_job.c.running).order_by(capture_job.c.created_at)
    return [_job(row) for row in connection.execute(query)]


def progress(
    connection: Connection, job: CaptureJob, problems: Sequence[CaptureProblem] = (), **values: Any
) -> CaptureJob:
    """Write how far a job is, in the transaction that brings it there; give the job as it then is.

    Parameters
    ----------
    connection
        Within the caller's transaction.
    job
        The job as it was.
    problems
        Problems found since.
    values
        Fields of :class:`CaptureJob` that change.
    """
    from dataclasses import replace

    from sqlalchemy import update

    from voltloop.ledger.tables import capture_job

    if problems:
        told = [problem.as_dict() for problem in problems[: max(0, MOST_ERRORS - len(job.errors))]]
        values |= {
            "success": False,
            "errors": job.errors + told,
            "error_count": job.error_count + len(problems),
        }
    if not values:
        return job
    connection.execute(update(capture_job).where(capture_job.c.id == job.id).values(values))
    return replace(job, **values)


def _job(row: Row[Any]) -> CaptureJob:
    return CaptureJob(**{name: row._mapping[name] for name in CaptureJob.__slots__})
