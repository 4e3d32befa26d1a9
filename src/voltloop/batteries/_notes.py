"""Collect findings row by row, or thousands at once, and give them as one table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from voltloop import findings
from voltloop.findings import Severity

__all__ = ["Note", "Notes"]

Note = tuple[int, str, str, str | None, Any, float, dict[str, Any]]
"""Row, code, field, raw text, value made of it, confidence 0 to 1, further words of the sentence."""


class Notes:
    """The findings of one reading, in the order in which they were made."""

    def __init__(self) -> None:
        self.items: list[Note] = []

    def add(
        self,
        row: int,
        code: str,
        field: str = "",
        raw: str | None = None,
        value: Any = None,
        confidence: float = 1.0,
        **words: Any,
    ) -> None:
        """Note one finding about record ``row``; 0 stands for the file as a whole."""
        self.items.append((row, code, field, raw, value, confidence, words))

    def add_many(
        self,
        rows: Sequence[int],
        code: str,
        field: str,
        raws: Iterable[str | None],
        values: Iterable[Any],
        confidence: float = 1.0,
    ) -> None:
        """Note the same finding about many records."""
        self.items.extend(
            (row, code, field, raw, value, confidence, {})
            for row, raw, value in zip(rows, raws, values, strict=True)
        )

    def keep_only(self, rows: set[int], code: str) -> None:
        """Drop every finding about ``rows`` but those of one kind."""
        if rows:
            self.items = [note for note in self.items if note[1] == code or note[0] not in rows]

    def by_row(self) -> dict[int, list[Note]]:
        """Give findings by record number, heaviest first and otherwise as they were made."""
        weight = {code: _WEIGHT[kind.severity] for code, kind in findings.kinds().items()}
        found: dict[int, list[Note]] = {}
        for note in self.items:
            found.setdefault(note[0], []).append(note)
        for notes in found.values():
            if len(notes) > 1:
                notes.sort(key=lambda note: -weight[note[1]])
        return found

    @staticmethod
    def sentence(note: Note) -> str:
        """Give the sentence of a finding for a person."""
        row, code, field, raw, value, confidence, words = note
        where = f"row {row}" if row else "the file"
        value = f"{value:.10g}" if isinstance(value, float) else value
        return findings.make(
            code, where=where, field=field, raw=raw, value=value, confidence=confidence, **words
        ).message


_WEIGHT = {
    Severity.NOTE: 0,
    Severity.WARNING: 1,
    Severity.REVIEW: 2,
    Severity.FORBID: 3,
    Severity.REJECT: 4,
}
