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
    if isinstance(value, bool) or not math.isfinite(value) or value < 0 or (above and value == 0):
        wanted = "above zero" if above else "of zero or more"
        raise InputError(
            f"{name} is {value}. A number {wanted} was expected. Correct it.", code="footprint-number"
        )
    return float(value)


def share(value: float, name: str, *, above: bool = False) -> float:
    """Give a share from 0 to 1 (``above``: more than zero).

    Raises
    ------
    InputError
        ``footprint-share``.
    """
    if isinstance(value, bool) or not 0.0 <= value <= 1.0 or (above and value == 0):
        percent = " It looks like per cent: write it as a share, such as 0.8." if 1.0 < value <= 100.0 else ""
        wanted = "A share above 0 and up to 1" if above else "A share from 0 to 1"
        raise InputError(
            f"{name} is {value}. {wanted} was expected.{percent or ' Correct it.'}", code="footprint-share"
        )
    return float(value)
