"""Duties and targets of the EU Battery Regulation that logistics meets, by day and kind of battery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from voltloop.compliance.rulebook import packaged_folder
from voltloop.compliance.vocabulary import rows_of, split
from voltloop.errors import InputError, RulebookError, nearest

__all__ = ["BATTERY_CATEGORIES", "BatteryDuty", "battery_duties"]

BATTERY_CATEGORIES: Final = ("portable", "lmt", "sli", "industrial", "ev")
"""Kinds of batteries of Regulation (EU) 2023/1542 Art 3; lmt are light means of transport, sli starting batteries."""

_COLUMNS: Final = ("id", "from_on", "until_on", "categories", "kind", "say", "cite", "confidence")


@dataclass(frozen=True, slots=True)
class BatteryDuty:
    """One dated duty or target.

    It holds from ``from_on`` to ``until_on`` (None: open). ``kind`` is ``duty``, or ``target`` for a figure to be
    reached by the first day. Confidence C means that the date hangs on an act that nobody has read.
    """

    id: str
    from_on: date
    until_on: date | None
    categories: tuple[str, ...]
    kind: str
    say: str
    cite: tuple[str, ...]
    confidence: str


def battery_duties(
    on: date, *, category: str | None = None, within_days: int = 0, folder: Path | None = None
) -> tuple[BatteryDuty, ...]:
    """Give the duties and targets that hold on a day, or start soon after it, oldest first.

    Parameters
    ----------
    on
        The day.
    category
        One of :data:`BATTERY_CATEGORIES`; None for all.
    within_days
        Also those that start within so many days [d], not negative.
    folder
        Folder of a rulebook; None for the one that comes with voltloop.

    Raises
    ------
    InputError
        The category is unknown, or ``within_days`` is negative.
    RulebookError
        The table is unreadable or a cell cannot be.

    References
    ----------
    Regulation (EU) 2023/1542, and (EU) 2025/1561 for due diligence.

    Examples
    --------
    >>> [duty.id for duty in battery_duties(date(2027, 2, 18), category="lmt") if duty.from_on.year == 2027]
    ['BATREG.qr_code', 'BATREG.passport', 'BATREG.removable']
    """
    if category is not None and category not in BATTERY_CATEGORIES:
        raise InputError(
            f'"{category}" is no kind of battery of the EU Battery Regulation. '
            f"Known: {', '.join(BATTERY_CATEGORIES)}.{nearest(category, BATTERY_CATEGORIES)}",
            code="battery-category",
        )
    if within_days < 0:
        raise InputError(
            f"within_days is {within_days}. Expected 0 or more days to look ahead.", code="battery-days"
        )
    last = on + timedelta(days=within_days)
    return tuple(
        duty
        for duty in _read(folder or packaged_folder())
        if duty.from_on <= last
        and (duty.until_on is None or on <= duty.until_on)
        and (category is None or category in duty.categories)
    )


@cache
def _read(folder: Path) -> tuple[BatteryDuty, ...]:
    shown = f"{folder.name}/battery_regulation/duties.csv"
    found: dict[str, BatteryDuty] = {}
    for place, row in rows_of(folder / "battery_regulation" / "duties.csv", shown, _COLUMNS):
        categories = split(row["categories"], "|")
        wrong = [name for name in categories if name not in BATTERY_CATEGORIES]
        if wrong or not categories or row["kind"] not in ("duty", "target") or row["id"] in found:
            raise RulebookError(
                f'{place}: "{row["id"]}" stands twice, or has unknown categories or kind. Expected categories out of '
                f"{', '.join(BATTERY_CATEGORIES)} and the kind duty or target. Mend the row.",
                code="rulebook-value",
            )
        found[row["id"]] = BatteryDuty(
            row["id"], _day(row["from_on"], place), _day(row["until_on"], place) if row["until_on"] else None,
            categories, row["kind"], row["say"], split(row["cite"], ";"), row["confidence"],
        )  # fmt: skip
    return tuple(sorted(found.values(), key=lambda duty: duty.from_on))


def _day(text: str, place: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RulebookError(
            f'{place}: "{text}" is not a day. Write it as 2026-11-23.', code="rulebook-date"
        ) from None
