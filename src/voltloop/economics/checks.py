"""Refuse numbers that cannot be, by their name."""

from __future__ import annotations

import math
from collections.abc import Iterable

from voltloop.errors import InputError, nearest

__all__ = ["number", "one_of", "positive", "share", "yearly_rate"]


def number(name: str, value: float, *, minimum: float | None = 0.0, maximum: float | None = None) -> float:
    """Give a finite number between two bounds, both allowed.

    Parameters
    ----------
    name
        What the number is, with its unit; the message quotes it.
    value
        The number.
    minimum, maximum
        Bounds; None leaves that side open.

    Raises
    ------
    InputError
        ``economics-number``: not a number, not finite, or out of bounds.

    Examples
    --------
    >>> number("feed_t_per_yr", 10_000)
    10000.0
    """
    plain = _float(value)
    if (
        math.isfinite(plain)
        and (minimum is None or plain >= minimum)
        and (maximum is None or plain <= maximum)
    ):
        return plain
    raise InputError(
        f"{name} is {value!r}. Expected {_range(minimum, maximum)}. Correct the value.",
        code="economics-number",
    )


def positive(name: str, value: float) -> float:
    """Give a finite number above zero.

    Raises
    ------
    InputError
        ``economics-number``: zero, negative or not a finite number.
    """
    plain = _float(value)
    if math.isfinite(plain) and plain > 0:
        return plain
    raise InputError(
        f"{name} is {value!r}. Expected a number above zero. Correct the value.", code="economics-number"
    )


def share(name: str, value: float) -> float:
    """Give a share from 0 to 1.

    Raises
    ------
    InputError
        ``economics-share``: outside 0 to 1; the message tells that per cent were meant where that is likely.
    """
    plain = _float(value)
    if 0.0 <= plain <= 1.0:
        return plain
    hint = f" Write {plain / 100:g} for {plain:g} %." if 1.0 < plain <= 100.0 else " Correct the value."
    raise InputError(f"{name} is {value!r}. Expected a share from 0 to 1.{hint}", code="economics-share")


def yearly_rate(name: str, value: float, *, minimum: float = 0.0) -> float:
    """Give a rate a year, as a share: 0.05 for five per cent, at most 1.

    Raises
    ------
    InputError
        ``economics-number``: out of bounds; the message tells that per cent were meant where that is likely.
    """
    plain = _float(value)
    if 1.0 < plain <= 100.0:
        raise InputError(
            f"{name} is {value!r}. Expected a rate a year as a share, at most 1. Write {plain / 100:g} for "
            f"{plain:g} %.",
            code="economics-number",
        )
    return number(name, value, minimum=minimum, maximum=1.0)


def one_of(name: str, value: str, known: Iterable[str]) -> str:
    """Give a word that is one of the known ones.

    Raises
    ------
    InputError
        ``economics-word``: not known; the message lists the choices and the nearest one.
    """
    choices = list(known)
    if value in choices:
        return value
    raise InputError(
        f'{name} "{value}" is not known. Known: {", ".join(choices)}.{nearest(str(value), choices)} '
        "Use one of these, or add it to the catalogue.",
        code="economics-word",
    )


def _float(value: object) -> float:
    if isinstance(value, str | bytes):
        return math.nan  # "5" is text, and whoever passes it should know
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan


def _range(minimum: float | None, maximum: float | None) -> str:
    if minimum is None and maximum is None:
        return "a finite number"
    if maximum is None:
        return "a number of zero or more" if minimum == 0 else f"a number of {minimum:g} or more"
    return f"a number up to {maximum:g}" if minimum is None else f"a number from {minimum:g} to {maximum:g}"
