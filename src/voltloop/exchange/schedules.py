"""Schedules of queries: at which seconds a scheduled subscription is due.

References
----------
EPCIS 2.0 section 8.2.5.3 (query schedule) and the REST binding's ``query-schedule``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from voltloop.errors import InputError, nearest

__all__ = ["FIELDS", "Schedule", "parse_schedule"]

FIELDS: Mapping[str, tuple[int, int]] = {
    "second": (0, 59),
    "minute": (0, 59),
    "hour": (0, 23),
    "dayOfMonth": (1, 31),
    "month": (1, 12),
    "dayOfWeek": (1, 7),
}
"""Fields with their least and greatest value; 1 of ``dayOfWeek`` is Monday."""

_CLOCK = ("second", "minute", "hour")
_ELEMENT = re.compile(
    r"\[(\d\d?)-(\d\d?)\]|(\d\d?)-(\d\d?)|(\d\d?|\*)/(\d\d?)|(\*)|(\d\d?)", re.ASCII
)  # two digits at most, so that no range is long
_LONGEST_FIELD = 500
_YEARS_AHEAD = 41  # a leap day on a given weekday comes at most 40 years after the one before


@dataclass(frozen=True)
class Schedule:
    """Instants that match all fields, in UTC.

    Attributes
    ----------
    values
        The matching values of each of :data:`FIELDS`.
    """

    values: Mapping[str, tuple[int, ...]]

    def next_after(self, at: datetime) -> datetime | None:
        """Give the first matching second after an instant, in UTC; None where none comes for 41 years."""
        moment = at.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        day, last = moment.date(), moment.date() + timedelta(days=366 * _YEARS_AHEAD)
        least = moment.time()
        while day <= last:
            clock = self._clock_from(least) if self._matches(day) else None
            if clock is not None:
                return datetime.combine(day, clock, UTC)
            day, least = day + timedelta(days=1), time()
        return None

    def _matches(self, day: date) -> bool:
        values = self.values
        return (
            day.month in values["month"]
            and day.day in values["dayOfMonth"]
            and day.isoweekday() in values["dayOfWeek"]
        )

    def _clock_from(self, least: time) -> time | None:
        """Give the first matching time of a day from ``least`` on."""
        for hour in self.values["hour"]:
            for minute in self.values["minute"]:
                if (hour, minute) >= (least.hour, least.minute):
                    for second in self.values["second"]:
                        if time(hour, minute, second) >= least:
                            return time(hour, minute, second)
        return None


def parse_schedule(given: object) -> Schedule:
    """Read a schedule.

    Parameters
    ----------
    given
        JSON object with some of :data:`FIELDS`, each a text: numbers and ranges ``[1-5]`` separated by commas. The
        habits of cron are taken too: ``1-5``, ``*`` and steps such as ``0/30``.

    Raises
    ------
    InputError
        ``bad-schedule``: no such object, an unknown field, a value out of its range, or no instant that matches.

    Notes
    -----
    A field of the clock that is left out matches only 0 where it is finer than the finest that is given, so that
    ``{"hour": "1", "minute": "5"}`` is once a day, as the standard's example says; every other field left out matches
    all values.

    Examples
    --------
    >>> from datetime import datetime, UTC
    >>> parse_schedule({"hour": "1", "minute": "5"}).next_after(datetime(2026, 11, 24, 1, 5, tzinfo=UTC))
    datetime.datetime(2026, 11, 25, 1, 5, tzinfo=datetime.timezone.utc)
    """
    if not isinstance(given, Mapping) or not given:
        raise _bad(
            f"{json.dumps(given, default=str)[:_LONGEST_FIELD]} is no schedule. "
            f"Expected an object with some of {', '.join(FIELDS)}."
        )
    for name in given:
        if name not in FIELDS:
            raise _bad(
                f'"{name}" is no field of a schedule.{nearest(str(name), FIELDS)} Expected {", ".join(FIELDS)}.'
            )
    finest = min((_CLOCK.index(name) for name in given if name in _CLOCK), default=len(_CLOCK))
    values = {}
    for name, (least, greatest) in FIELDS.items():
        if name in given:
            values[name] = _field(name, given[name])
        elif name in _CLOCK and _CLOCK.index(name) < finest:
            values[name] = (0,)
        else:
            values[name] = tuple(range(least, greatest + 1))
    found = Schedule(values)
    if found.next_after(datetime(2024, 1, 1, tzinfo=UTC)) is None:
        raise _bad(
            "no instant matches it: its day of the month, month and day of the week never meet. Change one."
        )
    return found


def _field(name: str, text: Any) -> tuple[int, ...]:
    least, greatest = FIELDS[name]
    found: set[int] = set()
    given = str(text) if isinstance(text, str | int) else ""
    for part in given[: _LONGEST_FIELD + 1].replace(" ", "").split(","):
        match = _ELEMENT.fullmatch(part)
        if match is None or len(given) > _LONGEST_FIELD:
            raise _bad(
                f'{name}: "{given[:_LONGEST_FIELD]}" cannot be read. Expected numbers from {least} to {greatest} '
                f"and ranges such as [{least}-{least + 2}], separated by commas."
            )
        values = _values(match, least, greatest)
        found.update(values)
        if not values or values[0] < least or values[-1] > greatest:
            raise _bad(
                f'{name}: "{part}" goes beyond {least} to {greatest}, or a range runs backwards. Give values within.'
            )
    return tuple(sorted(found))


def _values(match: re.Match[str], least: int, greatest: int) -> range:
    low, high, low_2, high_2, start, step, every, single = match.groups()
    if low or low_2:
        return range(int(low or low_2), int(high or high_2) + 1)
    if step:
        return range(least if start == "*" else int(start), greatest + 1, int(step) or greatest + 1)
    return range(least, greatest + 1) if every else range(int(single), int(single) + 1)


def _bad(words: str) -> InputError:
    return InputError(f"Schedule: {words}", code="bad-schedule")
