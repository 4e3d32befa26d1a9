"""Instants as the database counts them: microseconds from 2000-01-01T00:00Z."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["instant_at", "instant_of", "micros"]

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def micros(at: datetime) -> int:
    """Microseconds from 2000-01-01T00:00Z, PostgreSQL's zero, to an instant with its zone.

    Examples
    --------
    >>> micros(datetime(2000, 1, 1, 0, 0, 1, 5, tzinfo=UTC))
    1000005
    """
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def instant_at(value: int) -> datetime:
    """Give the instant, in UTC, that lies so many microseconds after 2000-01-01T00:00Z.

    Examples
    --------
    >>> instant_at(1_000_005).isoformat()
    '2000-01-01T00:00:01.000005+00:00'
    """
    return _EPOCH + timedelta(microseconds=value)


def instant_of(text: str) -> int:
    """Microseconds from 2000-01-01T00:00Z to the instant that an xsd:dateTime with a zone says.

    A leap second is the second after it; digits behind the microsecond are cut.

    Raises
    ------
    ValueError
        The year is not one of 2 to 9998, or the text no such instant.

    Examples
    --------
    >>> instant_of("2000-01-01T01:00:00.5+01:00"), instant_of("1999-12-31t23:59:60z")
    (500000, 0)
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        text = text.upper()
        at = datetime.fromisoformat(f"{text[:17]}59{text[19:]}" if text[17:19] == "60" else text)
        if text[17:19] == "60":
            return micros(at) + 1_000_000
    if not 1 < at.year < 9999:
        raise ValueError(f"{text}: the year must be one of 2 to 9998")
    return micros(at)
