"""Values of options that several commands take."""

from __future__ import annotations

from datetime import date

from voltloop.errors import InputError

__all__ = ["day"]


def day(text: str, option: str) -> date:
    """Give the day that an option names.

    Raises
    ------
    InputError
        ``bad-date``: not a day of the form YYYY-MM-DD.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(
            f'{option}: "{text}" is not a day. A date of the form YYYY-MM-DD was expected, such as 2026-11-24.',
            code="bad-date",
        ) from None
