"""Findings: problems of goods, data or plans, as values with stable codes.

The kinds of finding are data: one CSV file per room in ``finding_kinds/`` with the columns ``code``, ``title``,
``severity``, ``template``, ``help``. The docs page and the wording of commands come from it.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from voltloop.errors import InputError, nearest

__all__ = ["Finding", "FindingKind", "Severity", "kinds", "make"]


class Severity(StrEnum):
    """How much a finding weighs, lightest first."""

    NOTE = "note"
    WARNING = "warning"
    REVIEW = "review"
    REJECT = "reject"
    FORBID = "forbid"


@dataclass(frozen=True, slots=True)
class FindingKind:
    """One row of the catalogue of findings.

    ``template`` is the sentence shown to a person, with ``{raw}``, ``{value}``, ``{field}`` and any further
    name that :func:`make` is given; ``help`` says what to do.
    """

    code: str
    title: str
    severity: Severity
    template: str
    help: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem found.

    Attributes
    ----------
    code
        Stable code of the catalogue.
    where
        What it is about: a row, stop, load or file, in words.
    field
        Column or fact concerned, empty when it is about the whole.
    raw
        The value as it was given, as text; None when nothing was given.
    value
        What was made of it; None when nothing was.
    confidence
        How sure the reading is, 0 to 1.
    message
        The sentence for a person.
    """

    code: str
    where: str
    field: str
    raw: str | None
    value: Any
    confidence: float
    message: str

    @property
    def severity(self) -> Severity:
        """The weight of this finding."""
        return kinds()[self.code].severity

    @property
    def help(self) -> str:
        """What to do about it."""
        return kinds()[self.code].help


@cache
def kinds() -> dict[str, FindingKind]:
    """All kinds of finding by code, in the order of the files.

    Raises
    ------
    InputError
        A code stands twice in the catalogue.
    """
    found: dict[str, FindingKind] = {}
    folder = resources.files("voltloop") / "finding_kinds"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".csv"):
            continue
        for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
            if row["code"] in found:
                raise InputError(
                    f'finding_kinds/{file.name}: the code "{row["code"]}" stands twice in the catalogue of findings. '
                    "Each code names one kind of finding. Rename or remove one of them.",
                    code="finding-code-twice",
                )
            found[row["code"]] = FindingKind(
                row["code"], row["title"], Severity(row["severity"]), row["template"], row["help"]
            )
    return found


def make(
    code: str,
    *,
    where: str = "",
    field: str = "",
    raw: str | None = None,
    value: Any = None,
    confidence: float = 1.0,
    **words: Any,
) -> Finding:
    """Give a finding of the catalogue's kind ``code``, its sentence filled in.

    Raises
    ------
    InputError
        The catalogue has no such code.
    """
    kind = kinds().get(code)
    if kind is None:
        raise InputError(
            f'"{code}" is not a finding code.{nearest(code, kinds())} Add it to finding_kinds/ first.',
            code="unknown-finding-code",
        )
    message = kind.template.format(where=where, field=field, raw=raw, value=value, **words)
    return Finding(code, where, field, raw, value, confidence, message)
