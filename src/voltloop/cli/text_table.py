"""Rows of values as an aligned table for a terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["text_table"]

_NARROW = 9


def text_table(rows: Sequence[Mapping[str, Any]], *, digits: int = 4) -> list[str]:
    r"""Give rows as lines with a header: text to the left, numbers to the right, columns as in the first row.

    Long names of columns take several lines.

    Parameters
    ----------
    rows
        Each with the columns of the first one.
    digits
        Significant digits of numbers with a fraction.

    Examples
    --------
    >>> print(*text_table([{"metal": "nickel", "kg": 5.25}, {"metal": "cobalt", "kg": 1234.5}]), sep="\n")
    metal      kg
    nickel   5.25
    cobalt  1,234
    """
    if not rows:
        return []
    names = list(rows[0])
    body = [[_cell(row[name], digits) for name in names] for row in rows]
    numeric = [all(_is_number(row[name]) or row[name] is None for row in rows) for name in names]
    heads = [_wrapped(name, max(_NARROW, *(len(line[at]) for line in body))) for at, name in enumerate(names)]
    tall = max(map(len, heads))
    top = [[([""] * (tall - len(head)) + head)[at] for head in heads] for at in range(tall)]
    cells = [*top, *body]
    widths = [max(len(line[at]) for line in cells) for at in range(len(names))]
    return [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in cells
    ]


def _wrapped(name: str, width: int) -> list[str]:
    """Break a name at its underscores into lines of about a width."""
    lines: list[str] = []
    for word in name.split("_"):
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f"_{word}"
        else:
            lines.append(word)
    return lines


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(value: Any, digits: int) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if not math.isfinite(value):
            return str(value)
        size = len(str(int(abs(value))))
        places = max(0, digits - size) if abs(value) >= 1 else digits
        text = f"{value:,.{places}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:,}" if isinstance(value, int) else str(value)
