"""Findings as lines that fit a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Final

__all__ = ["finding_lines"]

_WIDTH: Final = 100
_HANG: Final = 9


def finding_lines(found: Iterable[tuple[str, str]]) -> list[str]:
    r"""Give pairs of severity and message as lines of at most 100 columns, messages below each other.

    Examples
    --------
    >>> print(*finding_lines([("forbid", "No. " * 24), ("note", "Yes.")]), sep="\n")
    forbid   No. No. No. No. No. No. No. No. No. No. No. No. No. No. No. No. No. No. No. No. No. No. No.
             No.
    note     Yes.
    """
    lines: list[str] = []
    for severity, message in found:
        lines += textwrap.wrap(
            message, _WIDTH, initial_indent=f"{severity:<{_HANG}}", subsequent_indent=" " * _HANG,
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return lines
