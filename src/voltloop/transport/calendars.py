"""When ships, trains, planes and ferries leave."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from voltloop.errors import InputError, nearest

__all__ = ["DAYS", "Service", "next_departure", "read_services"]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_COLUMNS = (
    "mode",
    "from",
    "to",
    "days",
    "departs",
    "cut_off_h",
    "transit_h",
    "vehicle",
    "first_on",
    "last_on",
)
_MUST = ("mode", "from", "to", "days", "departs")
_MODES = ("sea", "rail", "air", "ferry")
_LONGEST_WAIT_DAYS = 366
_T = TypeVar("_T")


@dataclass(frozen=True)
class Service:
    """Departures of one line from one terminal to another.

    Attributes
    ----------
    mode, start, stop
        Mode and ids of the terminals.
    days
        Days of the week on which it leaves, 0 is Monday.
    departs
        Time of day, UTC.
    cut_off_h
        How long before it the goods must be there [h]; None takes the usual.
    transit_h
        Time to the other terminal [h]; None takes it from the length of the way.
    vehicle
        Class of ships; empty for any.
    first_on, last_on
        First and last day of departure; None leaves that end open.
    """

    mode: str
    start: str
    stop: str
    days: frozenset[int]
    departs: time
    cut_off_h: float | None = None
    transit_h: float | None = None
    vehicle: str = ""
    first_on: date | None = None
    last_on: date | None = None


def next_departure(service: Service, ready_at: datetime, cut_off_h: float) -> datetime | None:
    """Give the first departure that goods make which are ready at an instant; None within a year.

    Parameters
    ----------
    service
        The line.
    ready_at
        Aware.
    cut_off_h
        Usual cut-off [h], where the line has none of its own.

    Examples
    --------
    >>> weekly = Service("sea", "CNSHA", "NLRTM", frozenset({4}), time(18))
    >>> next_departure(weekly, datetime(2026, 12, 1, 8, tzinfo=UTC), 48.0).isoformat()
    '2026-12-04T18:00:00+00:00'
    """
    cut_off = cut_off_h if service.cut_off_h is None else service.cut_off_h
    earliest = ready_at + timedelta(hours=cut_off)
    day = max(earliest.date(), service.first_on or earliest.date())
    for later in range(_LONGEST_WAIT_DAYS):
        on = day + timedelta(days=later)
        if service.last_on is not None and on > service.last_on:
            return None
        leaves_at = datetime.combine(on, service.departs, UTC)
        if on.weekday() in service.days and leaves_at >= earliest:
            return leaves_at
    return None


def read_services(
    rows: Iterable[Mapping[str, str]], file: str, terminals: Iterable[str]
) -> tuple[Service, ...]:
    """Read a calendar: one row per line, all of its mistakes named at once.

    Parameters
    ----------
    rows
        Cells by column: ``mode, from, to, days, departs`` and, if wanted, ``cut_off_h, transit_h, vehicle, first_on,
        last_on``. ``days`` such as ``mon thu`` or ``daily``; ``departs`` such as ``18:30``, UTC.
    file
        Its name, for messages.
    terminals
        Known ids.

    Raises
    ------
    InputError
        ``calendar``, with every row that cannot be used.
    """
    known = set(terminals)
    found, wrong = [], []
    for number, row in enumerate(rows, 2):
        if number == 2 and (lost := [name for name in _MUST if name not in row]):
            raise InputError(
                f"{file}: column {', '.join(lost)} is missing. Expected {', '.join(_COLUMNS)}; the first five "
                "are required. Add it.",
                code="calendar",
            )
        cells = {name: (row.get(name) or "").strip() for name in _COLUMNS}
        try:
            found.append(_service(cells, known))
        except ValueError as problem:
            wrong.append(f"{file}, row {number}, {problem}")
    if wrong:
        raise InputError("\n".join(wrong), code="calendar")
    return tuple(found)


def _service(cells: Mapping[str, str], known: set[str]) -> Service:
    if cells["mode"] not in _MODES:
        raise ValueError(
            f'column mode: "{cells["mode"]}" is not one of {", ".join(_MODES)}. Use one of them.'
        )
    for name in ("from", "to"):
        if cells[name] not in known:
            raise ValueError(
                f'column {name}: "{cells[name]}" is not a terminal.{nearest(cells[name], known)} Give an id such as '
                "NLRTM."
            )
    words = DAYS if cells["days"].lower() == "daily" else tuple(cells["days"].lower().split())
    if not words or any(word not in DAYS for word in words):
        raise ValueError(
            f'column days: "{cells["days"]}" is not daily or some of {" ".join(DAYS)}. Correct it.'
        )
    return Service(
        cells["mode"],
        cells["from"],
        cells["to"],
        frozenset(DAYS.index(word) for word in words),
        _cell(cells, "departs", "a time such as 18:30", time.fromisoformat) or time(0),
        _cell(cells, "cut_off_h", "hours, not negative", _hours),
        _cell(cells, "transit_h", "hours, not negative", _hours),
        cells["vehicle"],
        _cell(cells, "first_on", "a day such as 2026-12-01", date.fromisoformat),
        _cell(cells, "last_on", "a day such as 2026-12-01", date.fromisoformat),
    )


def _cell(cells: Mapping[str, str], name: str, expected: str, read: Callable[[str], _T]) -> _T | None:
    if not cells[name]:
        return None
    try:
        return read(cells[name])
    except ValueError as problem:
        raise ValueError(f'column {name}: "{cells[name]}" is not {expected}. Correct it.') from problem


def _hours(text: str) -> float:
    hours = float(text)
    if not 0.0 <= hours < 24 * 365:
        raise ValueError(text)
    return hours
