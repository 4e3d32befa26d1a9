"""Why events are not captured: problems in the form of RFC 7807, with the exception types of EPCIS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from voltloop.errors import LedgerError

__all__ = ["CaptureProblem", "CaptureRefused"]

_TITLES = {
    "ValidationException": ("The document or event is not valid", 400),
    "CaptureLimitExceededException": ("The document is larger than this server captures at once", 413),
    "ResourceAlreadyExistsException": ("The eventID belongs to another event", 409),
    "ImplementationException": ("The server could not do its work", 500),
}


@dataclass(frozen=True, slots=True)
class CaptureProblem:
    """One reason why a document or event was not captured.

    Attributes
    ----------
    kind
        Exception of the standard, such as ``ValidationException``.
    detail
        What is wrong, where, what was expected, what to do.
    event
        Rank of the event in its document, from 0; None where the problem is the document's.
    """

    kind: str
    detail: str
    event: int | None = None

    def of_event(self, event: int | None) -> CaptureProblem:
        """Give the problem as that of the event of another rank."""
        return replace(self, event=event)

    @property
    def status(self) -> int:
        """HTTP status that goes with the exception."""
        return _TITLES[self.kind][1]

    def as_dict(self) -> dict[str, Any]:
        """Give the body of a problem document; ``eventIndex`` is an addition of ours."""
        title, status = _TITLES[self.kind]
        body = {
            "type": f"epcisException:{self.kind}",
            "title": title,
            "status": status,
            "detail": self.detail,
        }
        return body if self.event is None else {**body, "eventIndex": self.event}


class CaptureRefused(LedgerError):
    """Events were not captured; ``problems`` says why, at least one."""

    def __init__(self, problems: Sequence[CaptureProblem]) -> None:
        super().__init__(problems[0].detail, code="capture-refused")
        self.problems = list(problems)
