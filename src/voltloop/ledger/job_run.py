"""One capture job from its body to its end: all events or none, or the good ones; from where it stood after a crash.

``rollback``, a document of ordinary size: everything is checked, then written in one transaction together with the
end of the job. ``rollback``, a large document: see :mod:`voltloop.ledger.claims`. ``proceed``: batch by batch, each in
one transaction with the job's position and the problems found so far.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from voltloop.epcis.validation import EventValidator
from voltloop.errors import InputError
from voltloop.ledger.capture import Written, write
from voltloop.ledger.claims import claim, release
from voltloop.ledger.event_keys import identify
from voltloop.ledger.examine import examine
from voltloop.ledger.jobs import MOST_ERRORS, CaptureJob, progress
from voltloop.ledger.master_data import store
from voltloop.ledger.opening import open_body
from voltloop.ledger.problems import CaptureProblem, CaptureRefused
from voltloop.ledger.recorded import Event
from voltloop.ledger.rows import Prepared, prepare
from voltloop.ledger.things import KnownThings, Thing

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from voltloop.epcis.documents import Document

__all__ = ["JobRun", "Stopped"]

_BATCH_EVENTS = 1_000
_WHOLE_EVENTS = 5_000
_WHOLE_BYTES = 8 << 20
"""Above either a ``rollback`` document is large: others would wait too long for its one transaction."""

_T = TypeVar("_T")


class Stopped(Exception):
    """The server stops; the job goes on at its next start."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """A piece of a document: its valid events with their places, and what is wrong with the others."""

    end: int
    events: list[Event]
    places: list[int]
    problems: list[CaptureProblem]


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a document, ready to be written."""

    end: int
    prepared: Prepared
    places: list[int]
    problems: list[CaptureProblem]


@dataclass(slots=True)
class JobRun:
    """What a job works with.

    Attributes
    ----------
    engine
        The ledger.
    job
        The job as the ledger has it; follows its progress.
    known
        Things that need no row any more.
    clock
        Gives the present, with its zone.
    stopping
        Says whether the server stops.
    most_events
        How many events a document may have.
    """

    engine: Engine
    job: CaptureJob
    known: KnownThings
    clock: Callable[[], datetime]
    stopping: Callable[[], bool]
    most_events: int

    def run(self, body: BinaryIO, document: Document | None = None) -> None:
        """Bring the job to its end.

        Parameters
        ----------
        body
            What was handed in, from its beginning.
        document
            The same, where it is opened already.

        Raises
        ------
        Stopped
            The server stops.
        sqlalchemy.exc.OperationalError
            The database cannot be reached. The job can be run again.
        """
        try:
            if document is None:
                document = open_body(
                    body, self.job.media_type, lenient=self.job.lenient, most_events=self.most_events
                )
            if self.job.claimed or self.job.behaviour == "proceed":
                self._forward(document)
            else:
                size_bytes = os.fstat(body.fileno()).st_size
                self._all_or_none(
                    document, size_bytes > _WHOLE_BYTES or (document.event_count or 0) > _WHOLE_EVENTS
                )
        except InputError as error:
            self.fail([CaptureProblem("ValidationException", error.message)])
        except CaptureRefused as refused:
            self.fail(refused.problems)

    def fail(self, problems: list[CaptureProblem]) -> None:
        """End the job without success; of a ``rollback`` document nothing stays."""
        with self.engine.begin() as connection:
            release(connection, self.job.id)
            self.job = progress(connection, self.job, problems, running=False, finished_at=self.clock())

    def _judged(self, document: Document) -> Iterator[_Judged]:
        """Read and judge the events that are not behind the job."""
        validator = EventValidator(strict=not self.job.lenient)
        end = 0
        for batch in document.batches(_BATCH_EVENTS):
            end += len(batch)
            if self.stopping():
                raise Stopped
            rest = batch[max(0, self.job.position - (end - len(batch))) :]
            if not rest:
                continue
            first = end - len(rest)
            judged = examine(rest, validator, document.context, now=self.job.created_at)
            problems = [problem.of_event(first + (problem.event or 0)) for problem in judged.problems]
            yield _Judged(end, judged.good, [first + place for place in judged.places], problems)

    def _parts(self, document: Document) -> Iterator[_Part]:
        """Read, judge and prepare the events that are not behind the job."""
        recent: dict[str, Thing] = {}
        for piece in self._judged(document):
            prepared = prepare(piece.events, document.context, self.known, recent)
            recent = prepared.things
            yield _Part(piece.end, prepared, piece.places, piece.problems)

    def _all_or_none(self, document: Document, is_large: bool) -> None:
        """Check the whole document, then write it in one transaction, or by claims if it is large."""
        with self.engine.begin() as connection:
            release(connection, self.job.id)  # of a run that was cut off
        problems: list[CaptureProblem] = []
        waiting: list[_Part] = []
        for piece in self._judged(document) if is_large else self._parts(document):
            problems += piece.problems
            if len(problems) >= MOST_ERRORS:
                break
            if problems:
                waiting = []
            elif isinstance(piece, _Part):
                waiting.append(piece)
            else:
                self._claim(document, piece)
        if problems:
            self.fail(problems)
        elif is_large:
            with self.engine.begin() as connection:
                self.job = progress(connection, self.job, claimed=True)
            self._forward(document)
        else:
            self._write_whole(document, waiting)

    def _claim(self, document: Document, piece: _Judged) -> None:
        """Take the eventIDs of a piece for this job."""
        identified = identify(piece.events, document.context)
        with self.engine.begin() as connection:
            conflicts = claim(connection, identified, self.job.id, now=self.clock())
        if conflicts:
            raise CaptureRefused(_placed(conflicts, piece))

    def _write_whole(self, document: Document, parts: list[_Part]) -> None:
        """Write a document and the end of its job in one transaction."""
        things: dict[str, Thing] = {}
        with self.engine.begin() as connection:
            conflicts: list[CaptureProblem] = []
            captured = 0
            for part in parts:
                written = write(connection, part.prepared, now=self.clock())
                conflicts += _placed(written.conflicts, part)
                captured += _count(written)
                things |= written.things
            if conflicts:
                raise CaptureRefused(conflicts)
            self.job = progress(
                connection, self.job, position=parts[-1].end if parts else 0, captured=captured
            )
            self._finish(connection, document)
        self.known.learn(things)

    def _forward(self, document: Document) -> None:
        """Write the document batch by batch, forward only."""
        for part in _ahead(self._parts(document)):
            with self.engine.begin() as connection:
                written = write(connection, part.prepared, now=self.clock(), job_id=self.job.id)
                problems = sorted(
                    part.problems + _placed(written.conflicts, part), key=lambda problem: problem.event or 0
                )
                captured = self.job.captured + _count(written)
                job = progress(connection, self.job, problems, position=part.end, captured=captured)
            self.job = job
            self.known.learn(written.things)
        with self.engine.begin() as connection:
            self._finish(connection, document)

    def _finish(self, connection: Connection, document: Document) -> None:
        """Keep the master data of the document and end the job."""
        now = self.clock()
        if document.master_data:
            store(connection, document.master_data, captured_at=now, namespaces=document.context)
        release(connection, self.job.id)
        self.job = progress(connection, self.job, running=False, finished_at=now)


def _placed(conflicts: dict[int, CaptureProblem], part: _Part | _Judged) -> list[CaptureProblem]:
    """Give conflicts with the places of their events in the document."""
    return [problem.of_event(part.places[rank]) for rank, problem in conflicts.items()]


def _count(written: Written) -> int:
    """Count the events that were stored."""
    return len(written.record_ats) - len(written.already) - len(written.conflicts)


def _ahead(parts: Iterator[_T]) -> Iterator[_T]:
    """Give each part while the next one is being made by another thread: Python works while PostgreSQL writes."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, parts, None)
        while (part := coming.result()) is not None:
            coming = pool.submit(next, parts, None)
            yield part
