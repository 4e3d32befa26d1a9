"""From when to when a credential holds, and what takes its place when it ends."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

__all__ = [
    "FOREVER",
    "LONG_AGO",
    "Held",
    "continued_until",
    "last_day",
    "months_later",
    "next_start",
    "replaces",
]

FOREVER: Final = date.max
LONG_AGO: Final = date.min


@dataclass(frozen=True, slots=True)
class Held:
    """One credential as it counts.

    ``from_on`` and ``until_on`` are its first and last day, both included; ``countries`` where it holds (``*`` for
    everywhere), ``scope`` what it covers (empty: everything of its kind).
    """

    row: int
    holder: str
    holder_kind: str
    kind: str
    scope: frozenset[str]
    countries: frozenset[str]
    from_on: date
    until_on: date
    document: str
    scope_text: str
    jurisdiction: str

    def covers(self, on: date) -> bool:
        """Whether it holds on a day."""
        return self.from_on <= on <= self.until_on


def months_later(day: date, months: int) -> date:
    """Give the same day of a later month, or the last one of a shorter month.

    Examples
    --------
    >>> months_later(date(2024, 2, 29), 12)
    datetime.date(2025, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > FOREVER.year:
        return FOREVER
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def last_day(start: date, months: int) -> date:
    """Give the last day of a period that begins on a day: the day before it comes round again.

    Examples
    --------
    >>> last_day(date(2023, 10, 1), 36)
    datetime.date(2026, 9, 30)
    """
    end = months_later(start, months)
    return end if end == FOREVER else end - timedelta(days=1)


def replaces(new: Held, old: Held) -> bool:
    """Whether one credential covers everything that another one covers, apart from its days."""
    return (
        new.holder == old.holder
        and new.kind == old.kind
        and ("*" in new.countries or new.countries >= old.countries)
        and (not new.scope or (bool(old.scope) and new.scope >= old.scope))
    )


def continued_until(held: Held, others: Iterable[Held]) -> date:
    """Give the last day of a credential and of those that follow it without a day between."""
    end = held.until_on
    rivals = sorted((one for one in others if replaces(one, held)), key=lambda one: one.from_on)
    for one in rivals:
        if end == FOREVER:
            break
        if one.from_on <= end + timedelta(days=1):
            end = max(end, one.until_on)
    return end


def next_start(held: Held, end: date, others: Iterable[Held]) -> date | None:
    """Give the first day on which something takes the place of a credential after a gap; None when nothing does."""
    later = [one.from_on for one in others if replaces(one, held) and one.from_on > end]
    return min(later, default=None)
