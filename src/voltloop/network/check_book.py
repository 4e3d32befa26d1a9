"""A scenario under examination: where its rows stand, and what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from voltloop.findings import Finding, make
from voltloop.network.scenario import Scenario

__all__ = ["REFERENCES", "Book"]

REFERENCES = {
    "recipes": {"activity": "activities", "commodity": "commodities"},
    "facilities": {"site": "sites", "first_period": "periods", "last_period": "periods"},
    "utilities": {"first_period": "periods", "last_period": "periods"},
    "stocks": {"site": "sites", "commodity": "commodities"},
    "lanes": {"origin": "sites", "destination": "sites"},
    "supply": {"site": "sites", "commodity": "commodities", "period": "periods"},
    "demand": {"site": "sites", "commodity": "commodities", "period": "periods"},
    "contracts": {"commodity": "commodities", "first_period": "periods", "last_period": "periods"},
    "targets": {"first_period": "periods", "last_period": "periods"},
    "shocks": {"first_period": "periods", "last_period": "periods"},
}
"""Columns that name rows of other tables."""


@dataclass
class Book:
    """A scenario under examination."""

    scenario: Scenario
    lines: Mapping[str, Sequence[int]]
    findings: list[Finding] = field(default_factory=list)

    def where(self, table: str, row: int, column: str = "") -> str:
        """Say where a row stands."""
        lines = self.lines.get(table)
        line = lines[row] if lines is not None else row + 2
        return f"{table}.csv, line {line}" + (f', column "{column}"' if column else "")

    def tell(self, code: str, where: str, **words: object) -> None:
        """Note a finding."""
        self.findings.append(make(code, where=where, **words))  # type: ignore[arg-type]

    def keys(self, table: str) -> list[str]:
        """Give the names of the rows of a table, from its first column."""
        frame = self.scenario.table(table)
        return [key for key in frame[frame.columns[0]].to_list() if key is not None]
