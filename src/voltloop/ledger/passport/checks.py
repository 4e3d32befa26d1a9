"""What is wrong with a passport, or missing from it, data point by data point."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from voltloop.errors import InputError
from voltloop.findings import Finding, make
from voltloop.ledger.passport.categories import category_of, category_word
from voltloop.ledger.passport.places import DIALECTS
from voltloop.ledger.passport.points import (
    DUTY_FROM,
    LEVELS,
    Category,
    DataPoint,
    data_points,
)
from voltloop.ledger.passport.values import Told, in_unit, values_of

__all__ = ["STATUSES", "examine", "refuse_faults", "status_word"]

STATUSES: Final = ("original", "repurposed", "re-used", "remanufactured", "waste")
"""Words for the status of a battery (Annex XIII point 4 (c))."""

_CATEGORY_WORDS: Final[Mapping[Category, str]] = {
    "ev": "electric vehicle",
    "lmt": "light means of transport",
    "industrial": "industrial",
    "stationary": "stationary industrial",
}


def status_word(text: str) -> str | None:
    """Read the status of a battery.

    Examples
    --------
    >>> status_word("eubat:Reused"), status_word("ORIGINAL"), status_word("sold")
    ('re-used', 'original', None)
    """
    letters = re.sub(r"[^a-z]", "", re.split(r"[:#/]", text)[-1].lower())
    return next((word for word in STATUSES if word.replace("-", "") == letters), None)


def examine(record: Mapping[str, Any], at: datetime) -> list[Finding]:
    """Give what is wrong with a passport at an instant, in the order of the data points.

    Parameters
    ----------
    record
        The whole passport in compressed form, with what it has from its batch and model.
    at
        What is demanded and what must not be filled yet depends on the day.
    """
    on = at.astimezone(UTC).date()
    where = str(record.get("digitalProductPassportId") or record.get("uniqueProductIdentifier") or "passport")
    category = category_of(record)
    said = values_of(record, on)
    if category is None:
        return [make("passport-category-unknown", where=where, field="batteryCategory", number=6)]
    level = record.get("granularity", "item")
    findings: list[Finding] = []
    for point in data_points(on).values():
        statements = said.get(point.number, [])
        if statements:
            findings += _given(point, statements, where, category, str(level))
        elif LEVELS.index(point.level) <= LEVELS.index(level):
            findings += _absent(point, record, where, category, on)
    return findings


def refuse_faults(record: Mapping[str, Any], at: datetime) -> None:
    """Refuse a passport in which a data point says what it cannot: wrong unit, range, kind, word or date.

    What is missing may still come, and documents of other data models are kept as they are: both are findings only.

    Raises
    ------
    InputError
        ``passport-invalid``: names the first data points concerned.
    """
    on = at.astimezone(UTC).date()
    own = {name: value for name, value in record.items() if name not in DIALECTS}
    found: list[Finding] = []
    for number, statements in sorted(values_of(own, on).items()):
        point = data_points(on)[number]
        words = _words(point, "The passport", category_of(record) or "industrial")
        for statement in statements:
            found += _judged(point, statement, words)
    if found:
        more = f" {len(found) - 3} more are wrong." if len(found) > 3 else ""
        raise InputError(
            " ".join(f"{one.message} {one.help}" for one in found[:3]) + more, code="passport-invalid"
        )


def _words(point: DataPoint, where: str, category: Category) -> dict[str, Any]:
    return {
        "where": where,
        "field": point.name,
        "number": point.number,
        "title": point.title,
        "source": point.source,
        "category": _CATEGORY_WORDS[category],
    }


def _absent(
    point: DataPoint, record: Mapping[str, Any], where: str, category: Category, on: date
) -> list[Finding]:
    """Tell what is missing from what is not required, not yet required, or required under a condition only."""
    words = _words(point, where, category)
    letter = point.applies[category]
    if letter == "P":
        return [make("passport-point-not-yet-required", **words, value="its format is still to be laid down")]
    conditions = record.get("conditions", {})
    known = conditions.get(point.name) if isinstance(conditions, Mapping) else None
    if letter == "C" and known is not True:
        return [] if known is False else [make("passport-point-conditional", **words, value=point.condition)]
    if letter not in {"M", "C"}:
        return []
    if on < DUTY_FROM:
        return [make("passport-point-not-yet-required", **words, value=f"the duty begins on {DUTY_FROM}")]
    because = f" Its condition is met: {point.condition}." if letter == "C" else ""
    return [make("passport-point-missing", **words, value=because)]


def _given(
    point: DataPoint, statements: Sequence[Told], where: str, category: Category, level: str
) -> list[Finding]:
    words = _words(point, where, category)
    letter = point.applies[category]
    findings: list[Finding] = []
    if letter == "P":
        findings.append(make("passport-point-pending", **words))
    elif letter == "-":
        findings.append(make("passport-point-not-to-be-filled", **words))
    if point.level == "item" and point.is_dynamic and level != "item":
        findings.append(make("passport-point-level", **words, value=level))
    for statement in statements:
        findings += _judged(point, statement, words)
    return findings


def _judged(point: DataPoint, statement: Told, words: Mapping[str, Any]) -> list[Finding]:
    if statement.node in ("", [], {}, None):
        return [_kind(words, statement, "it is empty")]
    if point.kind in {"quantity", "number", "range"}:
        return _quantity(point, statement, words)
    if point.kind == "date":
        return _date(statement, words)
    texts = _texts(statement.node)
    if point.kind == "word":
        read = category_word if point.number == 6 else status_word
        if not any(read(text) for text in texts):
            return [make("passport-point-word", **words, raw=_short(statement.node))]
    elif point.kind == "identifier" and not any(
        re.match(r"[A-Za-z][\w+.-]*:\S+|BPN|\d|[\w-]+$", text) for text in texts
    ):
        return [_kind(words, statement, "an identifier was expected")]
    return []


def _kind(words: Mapping[str, Any], statement: Told, why: str) -> Finding:
    return make("passport-point-kind", **words, raw=_short(statement.node), value=why)


def _quantity(point: DataPoint, statement: Told, words: Mapping[str, Any]) -> list[Finding]:
    numbers = statement.numbers
    if not numbers:
        return [_kind(words, statement, f"a number{' in ' + point.unit if point.unit else ''} was expected")]
    findings = []
    for number, unit in numbers:
        value = in_unit(number, unit, point.unit)
        if value is None:
            findings.append(make("passport-point-unit", **words, raw=unit, value=point.unit))
        elif not math.isfinite(value) or not _within(point, value):
            limits = f"{point.minimum:g} to {point.maximum:g} {point.unit}".strip()
            findings.append(
                make("passport-point-range", **words, raw=f"{number:g} {unit}".strip(), value=limits)
            )
    return findings


def _within(point: DataPoint, value: float) -> bool:
    return (point.minimum is None or value >= point.minimum) and (
        point.maximum is None or value <= point.maximum
    )


def _date(statement: Told, words: Mapping[str, Any]) -> list[Finding]:
    for text in _texts(statement.node):
        month = re.fullmatch(r"(\d{4}-\d\d)", text)
        try:
            datetime.fromisoformat(f"{text}-01" if month else text)
        except ValueError:
            return [make("passport-point-date", **words, raw=text)]
    return []


def _texts(node: Any) -> list[str]:
    if isinstance(node, Mapping):
        return [
            text for name, part in node.items() if name not in {"type", "@language"} for text in _texts(part)
        ]
    if isinstance(node, list):
        return [text for part in node for text in _texts(part)]
    return [] if node is None else [str(node)]


def _short(node: Any) -> str:
    text = str(node)
    return text if len(text) <= 60 else f"{text[:57]}..."
