"""Use case: say what the rulebook covers, and how far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from voltloop.compliance.cases import read_cases
from voltloop.compliance.rulebook import Rulebook
from voltloop.compliance.upkeep.coverage import (
    EditionCoverage,
    ModeCoverage,
    Place,
    edition_coverage,
    mode_coverage,
)
from voltloop.compliance.upkeep.watched import silent_rules, watch

__all__ = ["Coverage", "cover", "coverage_document", "coverage_lines"]

_REASONS = 12


@dataclass(frozen=True)
class Coverage:
    """What the rulebook covers on a day; ``silent`` are the ids of rules that no worked case of its modes reaches."""

    on: date
    editions: tuple[EditionCoverage, ...]
    modes: tuple[ModeCoverage, ...]
    cases: int
    silent: tuple[str, ...]


def cover(rulebook: Rulebook, *, on: date, mode: str | None) -> Coverage:
    """Measure the rulebook, for one mode or for all that have an edition on the day.

    Raises
    ------
    RulebookError
        The mode is unknown, or no edition of it covers the day.
    """
    if mode is not None:
        names = [rulebook.mode(mode).name]
    else:
        names = [one.name for one in rulebook.modes.values() if rulebook.lawful_editions(one.name, on)]
    regimes = {regime for name in names for regime in rulebook.modes[name].chain}
    cases = [case for case in read_cases(rulebook) if case.mode in names]
    silent = [rule for rule in silent_rules(rulebook, watch(rulebook, cases)) if rule.regime in regimes]
    return Coverage(
        on,
        tuple(one for one in edition_coverage(rulebook) if one.edition.regime in regimes),
        tuple(mode_coverage(rulebook, name, on) for name in names),
        len(cases),
        tuple(rule.id for rule in silent),
    )


def coverage_lines(found: Coverage) -> list[str]:
    """Give the coverage as lines of at most 100 columns."""
    lines = ["Editions", *_edition_table(found.editions)]
    for mode in found.modes:
        lines += ["", *_mode_lines(mode, found.on)]
    lines += ["", f"{found.cases} worked cases."]
    if found.silent:
        lines.append(f"{len(found.silent)} rules have no case in these modes: {', '.join(found.silent)}.")
    else:
        lines.append("Every rule that needs one has a case.")
    return lines


def _edition_table(editions: Sequence[EditionCoverage]) -> list[str]:
    rows: list[tuple[str, ...]] = [
        ("edition", "status", "tables", "rules", "cells", "A", "B", "C", "confirmed")
    ]
    for one in editions:
        letters = (str(one.confidence[letter]) for letter in "ABC")
        rows.append(
            (one.edition.name, one.edition.status, str(one.tables), str(one.rules), f"{one.cells:,}".replace(",", " "),
             *letters, f"{one.confirmed} of {one.rules}")
        )  # fmt: skip
    return _columns(rows, left=2)


def _columns(rows: Sequence[Sequence[str]], *, left: int) -> list[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if at < left else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _mode_lines(mode: ModeCoverage, on: date) -> list[str]:
    lines = [f"{mode.mode} on {on}: {', '.join(mode.editions)}; {len(mode.facts)} facts in use"]
    places = [*mode.places, *mode.materials]
    total = sum(place.situations for place in places)
    if not total:
        return [*lines, "  Its rules ask neither for chemistry, form and state nor for a material."]
    decided = sum(place.decided for place in places)
    law, fact = sum(place.law_open for place in places), sum(place.fact_open for place in places)
    lines.append(
        f"  Of {total} situations that its rules tell apart {_per_cent(decided, total)} are decided; the law leaves "
        f"{law} open, and {fact} wait for a fact. Decided by chemistry and form, all states together:"
    )
    if mode.places:
        lines += _matrix(mode.places)
    if mode.materials:
        lines += _material_lines(mode.materials)
    if mode.reasons:
        lines.append("  Left open by:")
        for reason in mode.reasons[:_REASONS]:
            lines.append(
                f"  - {reason.rule_id} ({reason.situations}): {reason.say} [{'; '.join(reason.cite)}]"
            )
        if len(mode.reasons) > _REASONS:
            lines.append(f"  - and {len(mode.reasons) - _REASONS} further rules; --json lists them all.")
    return lines


def _matrix(places: Sequence[Place]) -> list[str]:
    forms = list(dict.fromkeys(place.form for place in places))
    rows: list[Sequence[str]] = [("chemistry", *forms)]
    for chemistry in dict.fromkeys(place.chemistry for place in places):
        cells = []
        for form in forms:
            mine = [place for place in places if (place.chemistry, place.form) == (chemistry, form)]
            cells.append(
                _per_cent(sum(place.decided for place in mine), sum(place.situations for place in mine))
            )
        rows.append((chemistry, *cells))
    return _columns(rows, left=1)


def _material_lines(places: Sequence[Place]) -> list[str]:
    whole = [place.chemistry for place in places if place.situations and place.decided == place.situations]
    none = [place.chemistry for place in places if not place.decided]
    part = [place.chemistry for place in places if place.chemistry not in {*whole, *none}]
    said = (("decided", whole), ("decided in part", part), ("not modelled", none))
    return [f"  Materials {what}: {', '.join(names)}." for what, names in said if names]


def _per_cent(part: int, whole: int) -> str:
    """Give a share as whole per cent; 100 and 0 only when it is exactly that."""
    if not whole:
        return "-"
    share = 100 * part / whole
    if 0 < part < whole:
        share = min(99, max(1, round(share)))
    return f"{share:.0f} %"


def coverage_document(found: Coverage) -> dict[str, Any]:
    """Give the coverage as plain values for JSON, schema ``rules-coverage/1``."""
    return {
        "schema": "rules-coverage/1",
        "on": found.on,
        "editions": [
            {
                "edition": one.edition.name,
                "status": one.edition.status,
                "tables": one.tables,
                "rules": one.rules,
                "cells": one.cells,
                "confidence": dict(one.confidence),
                "confirmed": one.confirmed,
            }
            for one in found.editions
        ],
        "modes": [
            {
                "mode": mode.mode,
                "editions": list(mode.editions),
                "facts": list(mode.facts),
                "places": [_place(place) for place in mode.places if place.situations],
                "materials": [{"material": place.chemistry, **_numbers(place)} for place in mode.materials],
                "reasons": [
                    {
                        "rule": reason.rule_id,
                        "say": reason.say,
                        "cite": list(reason.cite),
                        "situations": reason.situations,
                        "asks": list(reason.asks),
                    }
                    for reason in mode.reasons
                ],
            }
            for mode in found.modes
        ],
        "cases": found.cases,
        "rules_without_case": list(found.silent),
    }


def _place(place: Place) -> dict[str, Any]:
    return {"chemistry": place.chemistry, "form": place.form, "state": place.state, **_numbers(place)}


def _numbers(place: Place) -> dict[str, int]:
    return {
        "situations": place.situations,
        "decided": place.decided,
        "law_open": place.law_open,
        "fact_open": place.fact_open,
    }
