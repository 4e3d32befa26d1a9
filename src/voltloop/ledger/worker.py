"""The capture of a server: receives bodies, runs their jobs in the background, and stores single events at once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from threading import Event as Signal
from threading import Thread
from typing import TYPE_CHECKING
from uuid import UUID

from voltloop.ledger.job_run import JobRun, Stopped
from voltloop.ledger.jobs import Behaviour, CaptureJob, add_job, get_job, new_job, unfinished
from voltloop.ledger.opening import OpenedBody
from voltloop.ledger.problems import CaptureProblem
from voltloop.ledger.spool import Spool, SpoolFile
from voltloop.ledger.things import KnownThings
from voltloop.ledger.writer import EventWriter

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["CaptureWorker"]

_LARGE_BYTES = 4 << 20
_OPEN_AT_ONCE = 16
_LONGEST_PAUSE_S = 10.0
_log = logging.getLogger(__name__)


def _present() -> datetime:
    return datetime.now(UTC)


class CaptureWorker:
    """Capture within one process.

    Large documents have a thread of their own, so that nobody waits for a stranger's million events. Small ones have
    two: Python prepares one document while PostgreSQL writes another.

    Parameters
    ----------
    engine
        The ledger.
    folder
        Where bodies are kept until their jobs end; jobs that an earlier process left there are brought to their end.
    most_events
        How many events a document may have.
    clock
        Gives the present, with its zone.

    Raises
    ------
    LedgerError
        The folder cannot be used, see :class:`voltloop.ledger.spool.Spool`.

    Attributes
    ----------
    events
        Captures single events.
    """

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        *,
        most_events: int = 5_000_000,
        clock: Callable[[], datetime] = _present,
    ) -> None:
        self._engine = engine
        self._spool = Spool(folder)
        self._most_events = most_events
        self._clock = clock
        self._known = KnownThings()
        self._stop = Signal()
        self._opened: dict[UUID, OpenedBody] = {}
        self._small: SimpleQueue[CaptureJob | None] = SimpleQueue()
        self._large: SimpleQueue[CaptureJob | None] = SimpleQueue()
        self.events = EventWriter(engine, self._known, clock)
        self._recover()
        self._threads = [
            Thread(target=self._serve, args=(queue,), name=name, daemon=True)
            for name, queue in (
                ("capture-small", self._small),
                ("capture-small-too", self._small),
                ("capture-large", self._large),
            )
        ]
        for thread in self._threads:
            thread.start()

    def receive(self) -> SpoolFile:
        """Begin the body of a request; it ends with :meth:`accept`, or with its ``discard``."""
        return self._spool.create()

    def accept(
        self,
        body: SpoolFile,
        media_type: str,
        behaviour: Behaviour,
        *,
        lenient: bool = False,
        api_key_id: UUID | None = None,
        opened: OpenedBody | None = None,
    ) -> CaptureJob:
        """Make a body durable and its job known; after this the request may be acknowledged.

        Parameters
        ----------
        body
            As :meth:`receive` gave it, wholly written.
        media_type
            Its media type without parameters.
        behaviour
            ``rollback`` or ``proceed``.
        lenient
            Whether common slips are mended before validation.
        api_key_id
            Key of the caller.
        opened
            The body, where the caller has opened it; it is closed by the job.
        """
        try:
            body.keep()
        except OSError:
            if opened is not None:
                opened.file.close()
            raise
        job = new_job(
            body.name, media_type, behaviour, now=self._clock(), lenient=lenient, api_key_id=api_key_id
        )
        if opened is not None:
            if len(self._opened) < _OPEN_AT_ONCE:
                self._opened[job.id] = opened
            else:  # it waits long, and a file would stay open
                opened.file.close()
        try:
            with self._engine.begin() as connection:
                add_job(connection, job)
        finally:
            self._queue(
                job, body.size
            )  # also where the connection broke and nobody knows whether the job is there
        return job

    def close(self) -> None:
        """Stop after the batch in hand; jobs under way go on at the next start."""
        self._stop.set()
        for queue in (self._small, self._small, self._large):
            queue.put(None)
        for thread in self._threads:
            thread.join()
        self.events.close()
        for opened in self._opened.values():
            opened.file.close()
        self._spool.close()

    def _queue(self, job: CaptureJob, size_bytes: int) -> None:
        (self._large if size_bytes > _LARGE_BYTES else self._small).put(job)

    def _recover(self) -> None:
        """Take up the jobs that an earlier process left, and drop bodies that were never acknowledged."""
        with self._engine.connect() as connection:
            jobs = [job for job in unfinished(connection) if self._spool.owns(job.spool)]
        self._spool.sweep([job.spool for job in jobs])
        for job in jobs:
            path = self._spool.path(job.spool)
            self._queue(job, path.stat().st_size if path.exists() else 0)

    def _serve(self, queue: SimpleQueue[CaptureJob | None]) -> None:
        while (job := queue.get()) is not None and not self._stop.is_set():
            self._bring_to_end(job)

    def _bring_to_end(self, job: CaptureJob) -> None:
        """Run a job until it has ended, however often the database goes away meanwhile."""
        from sqlalchemy.exc import InterfaceError, OperationalError

        pause_s = 0.1
        while True:
            try:
                with self._engine.connect() as connection:
                    current = get_job(connection, job.id)
                if current is None or not current.running:
                    break
                self._run(
                    JobRun(
                        self._engine, current, self._known, self._clock, self._stop.is_set, self._most_events
                    )
                )
            except Stopped:
                return
            except (OperationalError, InterfaceError) as error:
                _log.warning("capture job %s waits for the database: %s", job.id, error)
                if self._stop.wait(pause_s):
                    return
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        if (opened := self._opened.pop(job.id, None)) is not None:  # of a job that was never known
            opened.file.close()
        self._spool.remove(job.spool)

    def _run(self, run: JobRun) -> None:
        from sqlalchemy.exc import InterfaceError, OperationalError

        try:
            opened = self._opened.pop(run.job.id, None)
            if opened is None:
                with self._spool.path(run.job.spool).open("rb") as body:
                    run.run(body)
            else:
                with opened.file as body:
                    run.run(body, opened.document)
        except FileNotFoundError:
            _fail(run, "The body of this request is no longer on disk. Send the document again.")
        except (Stopped, OperationalError, InterfaceError):
            raise
        except Exception:
            _log.exception("capture job %s failed", run.job.id)
            _fail(run, "An error of this server ended the job. Its log says more.")


def _fail(run: JobRun, detail: str) -> None:
    run.fail([CaptureProblem("ImplementationException", detail)])
