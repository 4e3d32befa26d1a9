"""What one capture wrote: handed to those who write, in the same transaction, what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from voltloop.ledger.changes import Assertions

__all__ = ["Event", "Recorded"]

Event = dict[str, Any]
"""An event in canonical form: EPCIS 2.0 JSON with bare CBV words, identifiers as spelled by their sender."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Events that a transaction has just written, in their order, and the earlier ones that it took back.

    Attributes
    ----------
    events
        The events, planned ones and error declarations among them.
    context
        Prefix to namespace of their extensions.
    event_ats
        Their eventTime, in microseconds from 2000-01-01T00:00Z (:func:`voltloop.ledger.instants.instant_at`).
    first_record_at
        The record_at of the first event, in the same unit; the others follow by one microsecond each.
    assertions
        For each event what it asserts; None for planned events and for error declarations.
    voided
        ``(event_at, record_at)``, in the same unit, of every event, earlier or of this capture, that is now taken
        back by an error declaration.
    """

    events: Sequence[Event]
    context: Mapping[str, str]
    event_ats: Sequence[int]
    first_record_at: int
    assertions: Sequence[Assertions | None]
    voided: Sequence[tuple[int, int]]
