"""Single events, captured while their sender waits: many senders, one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

from voltloop.epcis.validation import EventValidator
from voltloop.ledger.capture import write
from voltloop.ledger.examine import examine
from voltloop.ledger.problems import CaptureProblem, CaptureRefused
from voltloop.ledger.recorded import Event
from voltloop.ledger.rows import prepare
from voltloop.ledger.things import KnownThings

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["CapturedEvent", "EventWriter"]

_AT_ONCE = 500
_PATIENCE_S = 60.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CapturedEvent:
    """An event that the ledger holds.

    Attributes
    ----------
    event_id
        Its eventID, given or made.
    record_at
        Its recordTime, UTC.
    already
        True where the ledger held the same event before and stored nothing now.
    """

    event_id: str
    record_at: datetime
    already: bool


@dataclass(slots=True)
class _Request:
    event: Event
    context: Mapping[str, str]
    answer: Future[CapturedEvent] = field(default_factory=Future)


class EventWriter:
    """Captures single events of many callers in common transactions.

    Parameters
    ----------
    engine
        The ledger.
    known
        Things that need no row any more.
    clock
        Gives the present, with its zone.
    """

    def __init__(self, engine: Engine, known: KnownThings, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._known = known
        self._clock = clock
        self._validators = {strict: EventValidator(strict=strict) for strict in (True, False)}
        self._requests: SimpleQueue[_Request | None] = SimpleQueue()
        self._thread = Thread(target=self._serve, name="event-writer", daemon=True)
        self._thread.start()

    def capture(self, event: Any, context: Mapping[str, str], *, lenient: bool = False) -> CapturedEvent:
        """Validate an event and store it; comes back when it is durable.

        Parameters
        ----------
        event
            The event as it was read; it is changed to its canonical form.
        context
            Prefix to namespace of its extensions.
        lenient
            Whether common slips are mended first.

        Raises
        ------
        CaptureRefused
            The event is not valid, or its eventID belongs to other content.
        sqlalchemy.exc.DBAPIError
            The database could not be reached, and it is not known whether the event was stored. The same event may
            be sent again: it is never stored twice.
        """
        judged = examine([event], self._validators[not lenient], context, now=self._clock())
        if judged.problems:
            raise CaptureRefused([problem.of_event(None) for problem in judged.problems])
        request = _Request(judged.good[0], context)
        self._requests.put(request)
        return request.answer.result(timeout=_PATIENCE_S)

    def close(self) -> None:
        """Store what waits and stop."""
        self._requests.put(None)
        self._thread.join()

    def _serve(self) -> None:
        while True:
            requests = [self._requests.get()]
            while len(requests) < _AT_ONCE and not self._requests.empty():
                requests.append(self._requests.get())
            asked = [request for request in requests if request is not None]
            if asked:
                self._answer(asked)
            if len(asked) < len(requests):
                return

    def _answer(self, requests: Sequence[_Request]) -> None:
        """Store events together; if that fails each by itself, so that none suffers from another."""
        from sqlalchemy.exc import InterfaceError, OperationalError

        try:
            self._store(requests)
        except Exception as error:
            if len(requests) > 1 and not isinstance(error, OperationalError | InterfaceError):
                for request in requests:
                    self._answer([request])
                return
            _log.exception("%d events were not stored", len(requests))
            for request in requests:
                request.answer.set_exception(error)

    def _store(self, requests: Sequence[_Request]) -> None:
        groups: dict[tuple[tuple[str, str], ...], list[_Request]] = {}
        for request in requests:
            groups.setdefault(tuple(sorted(request.context.items())), []).append(request)
        results = []
        with self._engine.begin() as connection:
            for group in groups.values():
                prepared = prepare([request.event for request in group], group[0].context, self._known)
                results.append((group, write(connection, prepared, now=self._clock())))
        for group, written in results:
            self._known.learn(written.things)
            for rank, request in enumerate(group):
                self._tell(request, rank, written.record_ats[rank], written.conflicts, set(written.already))

    @staticmethod
    def _tell(
        request: _Request,
        rank: int,
        record_at: datetime | None,
        conflicts: Mapping[int, CaptureProblem],
        already: set[int],
    ) -> None:
        if record_at is None:
            request.answer.set_exception(CaptureRefused([conflicts[rank].of_event(None)]))
        else:
            request.answer.set_result(CapturedEvent(request.event["eventID"], record_at, rank in already))
