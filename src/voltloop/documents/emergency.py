"""What to do when something goes wrong, by UN number, in short words of our own."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["Advice", "advice_for"]


@dataclass(frozen=True, slots=True)
class Advice:
    """One row of ``emergency.csv``: each text is a few short sentences; ``us_guide`` is the ERG 2024 guide."""

    un_number: str
    name: str
    us_guide: str
    danger: str
    fire: str
    leak: str
    people: str
    distance_m: str
    source: str


@cache
def _table() -> dict[str, Advice]:
    text = (Path(__file__).parent / "emergency.csv").read_text(encoding="utf-8")
    return {row["un_number"]: Advice(**row) for row in csv.DictReader(text.splitlines())}


def advice_for(un_numbers: Iterable[str]) -> list[Advice]:
    """Give the advice for each UN number that the table has, once each, in the order given.

    Unknown numbers give none: the crew then has the instructions in writing and the emergency telephone.
    """
    table = _table()
    return [table[number] for number in dict.fromkeys(un_numbers) if number in table]
