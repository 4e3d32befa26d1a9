"""Bar charts as rows of a table: they read without script, on a narrow screen, on paper and aloud."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from voltloop.documents.report import words

__all__ = ["Bar", "Bars", "compare", "parts"]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, its value as text, where it begins and how long it is (percent), its colour's name."""

    name: str
    value: str
    start: float
    width: float
    tone: str


@dataclass(frozen=True, slots=True)
class Bars:
    """A bar chart: its caption, its unit, its bars and where zero lies (percent)."""

    caption: str
    unit: str
    bars: tuple[Bar, ...]
    zero: float


def parts(values: Mapping[str, float], caption: str, unit: str, tone: str = "main") -> Bars:
    """Give a bar per component that is not zero; negative ones (avoided, earned) reach to the left."""
    shown = [(name, value, "good" if value < 0 else tone) for name, value in values.items() if value]
    return _bars(shown, caption, unit)


def compare(frame: pl.DataFrame, caption: str) -> Bars:
    """Give this plan, the first row, beside other ways to do the same work: by money and carbon, else by money."""
    measure = next((name for name in ("objective_eur", "cost_eur") if name in frame.columns), None)
    if measure is None:
        return Bars(caption, "EUR", (), 0.0)
    known = [(name, value) for name, value in frame.select("name", measure).iter_rows() if value is not None]
    rows = [(name, float(value), "main" if at == 0 else "other") for at, (name, value) in enumerate(known)]
    return _bars(rows if len(rows) > 1 else [], caption, "EUR")


def _bars(rows: Iterable[tuple[str, float, str]], caption: str, unit: str) -> Bars:
    known = list(rows)
    low = min([0.0, *(value for _, value, _ in known)])
    high = max([0.0, *(value for _, value, _ in known)])
    span = (high - low) or 1.0
    zero = -low / span
    drawn = tuple(
        Bar(
            name,
            words.number(value),
            round(100 * (zero + min(value, 0.0) / span), 2),
            round(100 * abs(value) / span, 2),
            tone,
        )
        for name, value, tone in known
    )
    return Bars(caption, unit, drawn, round(100 * zero, 2))
