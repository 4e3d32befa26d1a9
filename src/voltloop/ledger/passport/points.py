"""The data points of the battery passport, as data: what the law asks of which battery, since when.

``data/points.csv`` has one row for each data point of an edition of the Commission's guidance (Ares(2026)7579758,
28 July 2026, on Regulation (EU) 2023/1542 Annex VI, Annex XIII and Art. 77). A new edition is added as further rows.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Final, Literal

__all__ = [
    "CATEGORIES",
    "DUTY_FROM",
    "LEVELS",
    "Applicability",
    "Category",
    "DataPoint",
    "Level",
    "by_name",
    "data_points",
    "is_displayed",
    "rows_of",
]

Category = Literal["ev", "lmt", "industrial", "stationary"]
"""Categories of batteries that need a passport; stationary ones are industrial batteries that store energy."""

Level = Literal["model", "batch", "item"]
"""Where a fact is established: for a model, a batch or one battery."""

Applicability = Literal["M", "O", "C", "P", "-"]
"""Mandatory, optional, conditional, pending (not to be filled yet), not to be filled."""

CATEGORIES: Final[tuple[Category, ...]] = ("ev", "lmt", "industrial", "stationary")
LEVELS: Final[tuple[Level, ...]] = ("model", "batch", "item")
DUTY_FROM: Final = date(2027, 2, 18)
"""Day from which batteries placed on the market need a passport (Art. 77(1))."""


@dataclass(frozen=True, slots=True)
class DataPoint:
    """One data point of one edition.

    Attributes
    ----------
    number
        1 to 71 in the guidance.
    name
        Its element in a passport of ours.
    tier
        ``public``, ``legitimate`` (Annex XIII point 2), ``individual`` (point 4) or ``authority`` (point 3).
    level
        The level at which it is established; a finer passport may say it again.
    is_dynamic
        Whether it changes while the battery lives.
    kind
        ``text``, ``word``, ``identifier``, ``date``, ``number``, ``quantity``, ``range``, ``list``, ``document``,
        ``address`` or ``contact``.
    unit
        Of a quantity or range.
    minimum, maximum
        Bounds beyond which no battery lies; None where there are none.
    applies
        Applicability by category.
    condition
        When a conditional one is to be filled.
    """

    edition: str
    from_on: date
    to_on: date | None
    number: int
    name: str
    title: str
    source: str
    tier: str
    level: Level
    is_dynamic: bool
    kind: str
    unit: str
    minimum: float | None
    maximum: float | None
    applies: Mapping[Category, Applicability]
    condition: str


def rows_of(name: str) -> list[dict[str, str]]:
    """Give the rows of a table of ``data/``, as text."""
    text = (resources.files("voltloop.ledger.passport") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def _all() -> tuple[DataPoint, ...]:
    return tuple(
        DataPoint(
            edition=row["edition"],
            from_on=date.fromisoformat(row["from_on"]),
            to_on=date.fromisoformat(row["to_on"]) if row["to_on"] else None,
            number=int(row["number"]),
            name=row["name"],
            title=row["title"],
            source=row["source"],
            tier=row["tier"],
            level=row["level"],  # type: ignore[arg-type]
            is_dynamic=row["is_dynamic"] == "yes",
            kind=row["kind"],
            unit=row["unit"],
            minimum=float(row["minimum"]) if row["minimum"] else None,
            maximum=float(row["maximum"]) if row["maximum"] else None,
            applies={category: row[category] for category in CATEGORIES},  # type: ignore[misc]
            condition=row["condition"],
        )
        for row in rows_of("points.csv")
    )


@cache
def data_points(on: date) -> Mapping[int, DataPoint]:
    """Give the data points by number that are in force on a day; before the first edition those of the first.

    Examples
    --------
    >>> point = data_points(date(2027, 3, 1))[61]
    >>> point.title, point.applies["ev"], point.applies["lmt"]
    ('State of health: state of certified energy', 'M', '-')
    """
    day = max(on, min(point.from_on for point in _all()))
    return {
        point.number: point
        for point in _all()
        if point.from_on <= day and (point.to_on is None or day < point.to_on)
    }


@cache
def by_name(on: date) -> Mapping[str, DataPoint]:
    """Give the data points in force on a day by the names of their elements."""
    return {point.name: point for point in data_points(on).values()}


def is_displayed(point: DataPoint, category: Category | None) -> bool:
    """Tell whether a data point is filled and shown at all, whoever reads.

    Of a battery whose category is not known, whatever is shown of any category is.
    """
    letters = point.applies.values() if category is None else (point.applies[category],)
    return any(letter not in {"P", "-"} for letter in letters)
