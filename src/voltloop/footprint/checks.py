"""Numbers that cannot be, refused with the name of what they stand for."""

from __future__ import annotations

import math

from voltloop.errors import InputError

__all__ = ["at_least_zero", "share"]


def at_least_zero(value: float, name: str, *, above: bool = False) -> float:
    """Give a finite number of zero or more (``above``: more than zero).

    Raises
    ------
    InputError
        ``footprint-number``.
    """
    plain = _plain(value)
    if not math.isfinite(plain) or plain < 0 or (above and plain == 0):
        wanted = "above zero" if above else "of zero or more"
        raise InputError(
            f"{name} is {value!r}. A number {wanted} was expected. Correct it.", code="footprint-number"
        )
    return plain


def share(value: float, name: str, *, above: bool = False) -> float:
    """Give a share from 0 to 1 (``above``: more than zero).

    Raises
    ------
    InputError
        ``footprint-share``.
    """
    plain = _plain(value)
    if not 0.0 <= plain <= 1.0 or (above and plain == 0):
        percent = " It looks like per cent: write it as a share, such as 0.8." if 1.0 < plain <= 100.0 else ""
        wanted = "A share above 0 and up to 1" if above else "A share from 0 to 1"
        raise InputError(
            f"{name} is {value!r}. {wanted} was expected.{percent or ' Correct it.'}", code="footprint-share"
        )
    return plain


def _plain(value: float) -> float:
    """Give a number, nan for what is none."""
    try:
        return math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return math.nan
