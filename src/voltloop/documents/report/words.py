"""Numbers, days and names as a person reads them: units, sensible digits, narrow spaces between thousands."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import quote

__all__ = [
    "MISSING",
    "address",
    "carbon",
    "cell",
    "count",
    "day",
    "energy",
    "label",
    "mass",
    "moment",
    "money",
    "number",
    "plural",
    "share",
]

MISSING: Final = "–"
"""Shown where a value is not known."""

_THIN: Final = "\u202f"
_HARD: Final = "\u00a0"
_MINUS: Final = "\u2212"
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CAPITALS: Final = frozenset({"adr", "eu", "oem", "un", "us"})
_LABELS: Final = {
    "no_destination": "No destination",
    "no_hub": "No depot may take it",
    "no_packaging": "No legal packaging",
    "no_vehicle": "No vehicle or driver",
    "unknown_point": "Point not in the network",
    "unreachable": "No road to a depot",
    "recycler_preprocess": "Recycler, pre-processing",
    "recycler_hydromet": "Recycler, hydrometallurgy",
    "recycler_pyromet": "Recycler, pyrometallurgy",
    "linehaul": "Onward transport",
}


def number(value: float | None, digits: int = 0) -> str:
    """Give a number with narrow spaces between thousands, a real minus sign and ``digits`` decimals.

    Examples
    --------
    >>> number(-12345.6, 1).replace(chr(0x202F), "_").replace(chr(0x2212), "minus ")
    'minus 12_345.6'
    >>> number(None) == MISSING
    True
    """
    if value is None or not math.isfinite(value):
        return MISSING
    text = f"{abs(value):,.{digits}f}".replace(",", _THIN)
    is_zero = not text.strip(f"0.{_THIN}")
    return text if value >= 0 or is_zero else _MINUS + text


def count(value: float | None) -> str:
    """Give a whole number."""
    return number(value)


def plural(value: int, one: str, many: str | None = None) -> str:
    """Give a count with its noun: ``1 tour``, ``2 tours``."""
    return f"{number(value)}{_HARD}{one if value == 1 else many or one + 's'}"


def money(value: float | None) -> str:
    """Give an amount in EUR, whole from 100 EUR up."""
    return _with_unit(value, "EUR", 2 if value is not None and 0 < abs(value) < 100 else 0)


def mass(value: float | None) -> str:
    """Give a mass: kg below 10 t, else t."""
    if value is not None and abs(value) >= 10_000:
        return _with_unit(value / 1000, "t", 1 if abs(value) < 100_000 else 0)
    return _with_unit(value, "kg", 1 if value is not None and 0 < abs(value) < 10 else 0)


def carbon(value: float | None) -> str:
    """Give an amount of CO2e: kg below 10 t, else t."""
    if value is not None and abs(value) >= 10_000:
        return _with_unit(value / 1000, "t CO₂e", 1 if abs(value) < 100_000 else 0)
    return _with_unit(value, "kg CO₂e", 0)


def energy(value: float | None) -> str:
    """Give watt-hours: Wh below 1 kWh, else kWh."""
    if value is not None and abs(value) >= 1000:
        return _with_unit(value / 1000, "kWh", 1 if abs(value) < 100_000 else 0)
    return _with_unit(value, "Wh", 0)


def share(value: float | None, digits: int = 0) -> str:
    """Give a share of 0 to 1 in percent."""
    return MISSING if value is None else _with_unit(value * 100, "%", digits)


def day(value: date | None) -> str:
    """Give a day as ``24 Nov 2026``, whatever the language of the machine."""
    if value is None:
        return MISSING
    return f"{value.day}{_HARD}{_MONTHS[value.month - 1]}{_HARD}{value.year}"


def moment(value: datetime) -> str:
    """Give an instant as ``24 Nov 2026, 14:05 UTC``; without a zone the zone is left out."""
    zone = value.tzname() or ""
    return f"{day(value.date())}, {value:%H:%M}{_HARD}{zone}".rstrip(_HARD)


def label(value: str | None) -> str:
    """Give a word of our vocabulary as a heading: ``second_life`` as ``Second life``."""
    if not value:
        return MISSING
    if value in _LABELS:
        return _LABELS[value]
    words = " ".join(
        part.upper() if part.lower() in _CAPITALS else part for part in value.replace("_", " ").split()
    )
    return words[:1].upper() + words[1:]


def cell(value: Any, kind: str) -> tuple[str, str]:
    """Give a table cell's text and, where text would sort wrongly, the key it sorts by.

    Parameters
    ----------
    value
        What the frame holds; None and NaN are shown as missing, a text where a number belongs as it is.
    kind
        ``text``, ``label``, ``yes``, ``day``, ``share`` or ``share1`` (percent), ``kwh`` (from Wh) or the number of
        decimals as a digit.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)) or value == "":
        return MISSING, ""
    if kind == "day":
        return (day(value), value.isoformat()) if isinstance(value, date) else (str(value), "")
    try:
        return _WRITERS[kind](value) if kind in _WRITERS else number(float(value), int(kind)), ""
    except (TypeError, ValueError):
        return _text(value), ""


def address(path: str) -> str:
    """Give a path of the plan folder as a relative address; no scheme or host can come of it.

    Examples
    --------
    >>> address("documents/Łódź 1.pdf")
    './documents/%C5%81%C3%B3d%C5%BA%201.pdf'
    """
    return "./" + quote(path.lstrip("/"), safe="/")


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(map(str, value))
    text = str(value)
    return text if len(text) <= 300 else text[:299] + "…"


def _with_unit(value: float | None, unit: str, digits: int) -> str:
    text = number(value, digits)
    return text if text == MISSING else f"{text}{_HARD}{unit}"


def _kwh(value: Any) -> str:
    return number(float(value) / 1000, 1 if abs(float(value)) < 1e6 else 0)


_WRITERS: Final[dict[str, Callable[[Any], str]]] = {
    "kwh": _kwh,
    "label": lambda value: label(str(value)),
    "share": lambda value: number(float(value) * 100),
    "share1": lambda value: number(float(value) * 100, 1),
    "text": _text,
    "yes": lambda value: "yes" if value in (True, "yes", "true", 1) else "no",
}
