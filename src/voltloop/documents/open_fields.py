"""Fields that only a person can give: marked on the paper where they stand, and listed at its end."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["OpenFields", "Value"]

Value = str | dict[str, str]
"""A text to print, or the mark of a field that a person completes."""


@dataclass
class OpenFields:
    """The open fields of one paper, in the order in which they were met."""

    rows: list[dict[str, str]] = field(default_factory=list)

    def ask(self, what: str, who: str, cite: str = "") -> Value:
        """Give the mark for a field to be completed by ``who``; the same field is listed once."""
        row = {"what": what, "who": who, "cite": cite}
        if row not in self.rows:
            self.rows.append(row)
        return {"blank": who, "what": what}

    def given(self, value: str | None, what: str, who: str, cite: str = "") -> Value:
        """Give the value, or the mark when there is none."""
        text = (value or "").strip()
        return text or self.ask(what, who, cite)
