"""What a watch concludes from readings: a plain value, ready to become events."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

__all__ = ["Conclusion", "Kind"]

Kind = Literal[
    "excursion-start", "excursion-end", "exposure", "arrival", "departure", "corridor-left", "corridor-kept"
]


class Conclusion(NamedTuple):
    """One thing that readings show.

    ``rule`` is the limit or fence, ``at`` when it happened and ``seen_at`` the time of the reading that showed it, both
    in seconds since 1970. ``details`` are plain values.
    """

    kind: Kind
    rule: str
    at: float
    seen_at: float
    details: dict[str, Any]
