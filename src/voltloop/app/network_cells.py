"""Cells of the network folder that hold a list of parts: opening times, dated trainings, counted packagings."""

from __future__ import annotations

from datetime import date

__all__ = ["counts_of", "dated_of", "names_of", "windows_of"]


def names_of(cell: str | None) -> tuple[str, ...]:
    """Give the names of a list.

    Examples
    --------
    >>> names_of("van_light; van_adr")
    ('van_light', 'van_adr')
    """
    return tuple(part.strip() for part in (cell or "").split(";") if part.strip())


def windows_of(cell: str | None) -> tuple[tuple[int, int], ...] | None:
    """Give times from-to in seconds of the day; None where they cannot be read, overlap or are out of order.

    Examples
    --------
    >>> windows_of("08:00-11:30;13:00-16:00")
    ((28800, 41400), (46800, 57600))
    >>> windows_of("13:00-16:00;08:00-14:00") is None
    True
    """
    found: list[tuple[int, int]] = []
    for part in names_of(cell):
        ends = [_seconds(end.strip()) for end in part.replace("\N{EN DASH}", "-").split("-")]
        if len(ends) != 2 or ends[0] is None or ends[1] is None or ends[0] >= ends[1]:
            return None
        if found and ends[0] <= found[-1][1]:
            return None
        found.append((ends[0], ends[1]))
    return tuple(found)


def _seconds(text: str) -> int | None:
    hours, _, minutes = text.partition(":")
    if not (hours.isdigit() and (minutes.isdigit() or not minutes)):
        return None
    seconds = int(hours) * 3600 + int(minutes or 0) * 60
    return seconds if int(minutes or 0) < 60 and seconds <= 86_400 else None


def dated_of(cell: str | None) -> tuple[tuple[str, date], ...] | None:
    """Give names with their last days, the end of time where none is given; None where a day cannot be read.

    Examples
    --------
    >>> dated_of("site_induction:2027-03-31")
    (('site_induction', datetime.date(2027, 3, 31)),)
    """
    found = []
    for part in names_of(cell):
        name, colon, last = (text.strip() for text in part.partition(":"))
        try:
            found.append((name, date.fromisoformat(last) if colon else date.max))
        except ValueError:
            return None
        if not name:
            return None
    return tuple(found)


def counts_of(cell: str | None) -> dict[str, int] | None:
    """Give names with numbers; None where a number is not a whole one above 0, or a name stands twice.

    Examples
    --------
    >>> counts_of("lp904-box:2; p909-drum:4")
    {'lp904-box': 2, 'p909-drum': 4}
    """
    found: dict[str, int] = {}
    for part in names_of(cell):
        name, _, number = (text.strip() for text in part.partition(":"))
        if not name or name in found or not number.isdigit() or int(number) < 1:
            return None
        found[name] = int(number)
    return found
