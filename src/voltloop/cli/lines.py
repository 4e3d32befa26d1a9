"""Findings as lines that fit a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Final

from voltloop.findings import kinds

__all__ = ["finding_lines", "kind_lines"]

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


def kind_lines(found: Iterable[tuple[str, str]]) -> list[str]:
    r"""Give pairs of code and message as lines: one message of each kind, how many more there are, and what to do.

    Examples
    --------
    >>> print(*kind_lines([("cost-price-missing", f"Row {row}: no price.") for row in (1, 2, 3)]), sep="\n")
    warning  Row 1: no price. (And 2 more.) If your table has a later price, ask for its day with --on.
    """
    told: dict[str, list[str]] = {}
    for code, message in found:
        told.setdefault(code, []).append(message)
    return finding_lines(
        (
            kinds()[code].severity.value,
            f"{messages[0]}{f' (And {len(messages) - 1} more.)' if len(messages) > 1 else ''} {kinds()[code].help}",
        )
        for code, messages in told.items()
    )
