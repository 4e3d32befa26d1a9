"""Worked cases: goods with the verdict that a person expects, kept beside the rules as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from voltloop.compliance.classifier import classify
from voltloop.compliance.rulebook import Rulebook
from voltloop.compliance.vocabulary import rows_with_header, split
from voltloop.errors import RulebookError, nearest

__all__ = ["Case", "differences", "read_cases", "unlike"]

_HEAD = ("id", "mode", "on", "edition", "flags", "why")


@dataclass(frozen=True, slots=True)
class Case:
    """One worked case; ``facts`` and ``expect`` hold only what its row states."""

    id: str
    mode: str
    on: date
    edition: str | None
    facts: Mapping[str, str]
    expect: Mapping[str, str]
    why: str
    place: str


def read_cases(rulebook: Rulebook) -> tuple[Case, ...]:
    """Read ``cases/*.csv`` of a rulebook.

    Raises
    ------
    RulebookError
        A column is neither a fact nor an expected answer, an id stands twice, or a day is malformed.
    """
    cases: dict[str, Case] = {}
    for path in sorted((rulebook.folder / "cases").glob("*.csv")):
        shown = f"{rulebook.folder.name}/cases/{path.name}"
        header, rows = rows_with_header(path, shown)
        answers = (*rulebook.answers, "notes")
        known = (*_HEAD, *rulebook.facts, *(f"expect.{name}" for name in answers))
        for column in header:
            if column not in known:
                raise RulebookError(
                    f'{shown}: the column "{column}" is neither a fact nor an expected answer.{nearest(column, known)}',
                    code="rulebook-columns",
                )
        for place, row in rows:
            if row["id"] in cases:
                raise RulebookError(
                    f'{place}: the case "{row["id"]}" stands twice. Rename it.', code="rulebook-twice"
                )
            try:
                on = date.fromisoformat(row["on"])
            except ValueError:
                raise RulebookError(
                    f'{place}, column on: "{row["on"]}" is not a day. Write it as 2026-11-23.',
                    code="rulebook-date",
                ) from None
            facts = {
                name: text
                for name, text in row.items()
                if text and (name in rulebook.facts or name == "flags")
            }
            expect = {name[7:]: text for name, text in row.items() if text and name.startswith("expect.")}
            cases[row["id"]] = Case(
                row["id"],
                row["mode"],
                on,
                row.get("edition") or None,
                facts,
                expect,
                row.get("why", ""),
                place,
            )
    return tuple(cases.values())


def differences(case: Case, rulebook: Rulebook) -> list[str]:
    """Give a sentence for each answer that is not as the case expects; empty when all are.

    ``a|b`` expects any of the two (all that are open to the sender may be among them), ``a;b`` all of them and
    perhaps more. Proper shipping names are compared without regard to case and to what follows them.
    """
    goods = pl.DataFrame({name: [value] for name, value in case.facts.items()})
    verdict = classify(goods, rulebook, mode=case.mode, on=case.on, edition=case.edition).row(0, named=True)
    return unlike(case, verdict, rulebook)


def unlike(case: Case, verdict: Mapping[str, Any], rulebook: Rulebook) -> list[str]:
    """Give a sentence for each answer of a verdict, by name with ``notes``, that is not as the case expects."""
    return [
        f"{case.place} ({case.id}): {name} is {verdict[name]!r}, expected {expected!r}. {verdict['notes']}"
        for name, expected in case.expect.items()
        if not _matches(name, expected, str(verdict[name] or ""), rulebook)
    ]


def _matches(name: str, expected: str, given: str, rulebook: Rulebook) -> bool:
    if name == "proper_shipping_name":
        return any(given.lower().startswith(choice.lower()) for choice in split(expected, "|"))
    if name == "notes":
        return expected in given
    if rulebook.answers[name].is_set:
        return set(split(expected, ";")) <= set(split(given, ";"))
    return given == expected or (bool(given) and set(split(given, "|")) <= set(split(expected, "|")))
