"""The words of the rulebook: facts, answers and editions, read from its CSV files."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from voltloop.errors import RulebookError, nearest

__all__ = [
    "Answer",
    "Edition",
    "Fact",
    "Mode",
    "read_answers",
    "read_editions",
    "read_facts",
    "read_modes",
    "rows_of",
]

_STATUSES: Final = ("superseded", "in_force", "announced")


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact that rules may ask for.

    Attributes
    ----------
    name, kind, unit, values
        Name; ``choice``, ``boolean`` or ``decimal``; unit of a decimal; values (``no`` and ``yes`` of a boolean).
    is_derived
        True when an earlier table answers it, False when the goods state it.
    groups
        Names for a choice that is only partly known, each with the values that it may be.
    also
        Other spellings and the value each stands for.
    range
        Condition that a stated decimal must meet.
    unless_stated
        Value of a fact that nobody stated; None where silence means unknown.
    ask, meaning
        Whom to ask for it, and what it says.
    """

    name: str
    kind: str
    unit: str
    values: tuple[str, ...]
    is_derived: bool
    groups: Mapping[str, tuple[str, ...]]
    also: Mapping[str, str]
    range: str
    unless_stated: str | None
    ask: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One column of a verdict; ``is_set`` when several tables may add to it."""

    name: str
    is_set: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class Edition:
    """One dated state of a regime. The last day it may be used is ``until_on``; None while it is open."""

    regime: str
    name: str
    from_on: date
    mandatory_on: date
    until_on: date | None
    status: str
    source: str
    order: int = field(default=0)

    def covers(self, on: date) -> bool:
        """Whether the edition may be used on a day, by choice or by duty."""
        return self.from_on <= on and (self.until_on is None or on <= self.until_on)


@dataclass(frozen=True, slots=True)
class Mode:
    """A mode of carriage: its main regime, the regimes whose tables are asked one after the other, facts it states."""

    name: str
    regime: str
    chain: tuple[str, ...]
    states: Mapping[str, str]
    title: str


def rows_of(path: Path, shown: str, columns: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """Give the rows of a CSV file, each with the place to name in a message.

    Raises
    ------
    RulebookError
        The file is absent, is not UTF-8, has other columns, or a row has too many or too few cells.
    """
    for place, row in rows_with_header(path, shown)[1]:
        missing = [name for name in columns if name not in row]
        unknown = [name for name in row if name not in columns]
        if missing or unknown:
            wrong = (
                f'lacks the column "{missing[0]}"' if missing else f'has the unknown column "{unknown[0]}"'
            )
            raise RulebookError(
                f"{shown}: the file {wrong}. Expected columns: {', '.join(columns)}. Mend the header.",
                code="rulebook-columns",
            )
        yield place, row


def _why(error: OSError | UnicodeDecodeError) -> str:
    """Say in words why a file cannot be read."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    words = {FileNotFoundError: "it is missing", IsADirectoryError: "it is a folder"}
    return words.get(type(error), error.strerror or "it is not readable")


def rows_with_header(path: Path, shown: str) -> tuple[list[str], list[tuple[str, dict[str, str]]]]:
    """Give the header of a CSV file and its rows, each with the place to name in a message."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RulebookError(
            f"{shown}: the file cannot be read ({_why(error)}). "
            "A rulebook needs it as UTF-8 text. Restore it.",
            code="rulebook-file",
        ) from error
    reader = csv.reader(text.splitlines())
    header = [cell.strip() for cell in next(reader, [])]
    if len(set(header)) != len(header) or not header:
        raise RulebookError(
            f"{shown}: the header is empty or names a column twice. Name each column once.",
            code="rulebook-columns",
        )
    rows = []
    for number, cells in enumerate(reader, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise RulebookError(
                f"{shown}, row {number}: {len(cells)} cells under {len(header)} columns. "
                "A comma inside a cell needs double quotes around the cell.",
                code="rulebook-cells",
            )
        rows.append(
            (f"{shown}, row {number}", dict(zip(header, (cell.strip() for cell in cells), strict=True)))
        )
    return header, rows


def split(text: str, mark: str) -> tuple[str, ...]:
    """Give the parts of a cell, without blanks around them and without empty ones."""
    return tuple(part.strip() for part in text.split(mark) if part.strip())


def _must_be_new(name: str, known: Mapping[str, object], place: str) -> None:
    if name in known:
        raise RulebookError(
            f'{place}: "{name}" stands twice. Each name is declared once. Remove or rename one of them.',
            code="rulebook-twice",
        )


def _one_of(value: str, choices: tuple[str, ...], place: str, column: str) -> str:
    if value not in choices:
        raise RulebookError(
            f'{place}, column {column}: "{value}" is not known. '
            f"Choices: {', '.join(choices)}.{nearest(value, choices)}",
            code="rulebook-value",
        )
    return value


def read_facts(path: Path, shown: str) -> dict[str, Fact]:
    """Read ``facts.csv``.

    Raises
    ------
    RulebookError
        A fact is declared twice, or a type, group or default names a value that does not exist.
    """
    columns = (
        "fact",
        "role",
        "type",
        "unit",
        "values",
        "groups",
        "also",
        "range",
        "unless_stated",
        "ask",
        "meaning",
    )
    facts: dict[str, Fact] = {}
    for place, row in rows_of(path, shown, columns):
        _must_be_new(row["fact"], facts, place)
        kind = _one_of(row["type"], ("choice", "boolean", "decimal"), place, "type")
        role = _one_of(row["role"], ("given", "derived"), place, "role")
        values = ("no", "yes") if kind == "boolean" else split(row["values"], "|")
        groups: dict[str, tuple[str, ...]] = {}
        for part in split(row["groups"], ";"):
            name, _, members = part.partition("=")
            groups[name.strip()] = tuple(
                _one_of(value, values, place, "groups") for value in split(members, "|")
            )
        also: dict[str, str] = {}
        for part in split(row["also"], ";"):
            name, _, value = part.partition("=")
            also[name.strip()] = _one_of(value.strip(), values, place, "also")
        default = row["unless_stated"] or None
        if default is not None:
            _one_of(default, values, place, "unless_stated")
        facts[row["fact"]] = Fact(
            row["fact"], kind, row["unit"], values, role == "derived", groups, also, row["range"], default,
            row["ask"], row["meaning"],
        )  # fmt: skip
    return facts


def read_answers(path: Path, shown: str) -> dict[str, Answer]:
    """Read ``answers.csv``, the columns of a verdict in their order."""
    answers: dict[str, Answer] = {}
    for place, row in rows_of(path, shown, ("answer", "kind", "meaning")):
        _must_be_new(row["answer"], answers, place)
        many = _one_of(row["kind"], ("one", "many"), place, "kind") == "many"
        answers[row["answer"]] = Answer(row["answer"], many, row["meaning"])
    return answers


def _day(text: str, place: str, column: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RulebookError(
            f'{place}, column {column}: "{text}" is not a day. Write it as 2026-11-23.', code="rulebook-date"
        ) from None


def read_editions(path: Path, shown: str) -> dict[str, tuple[Edition, ...]]:
    """Read ``editions.csv``: the editions of each regime, oldest first.

    Raises
    ------
    RulebookError
        A date is malformed or out of order, or days between two editions of a regime belong to none.
    """
    columns = ("regime", "edition", "applicable_from", "mandatory_from", "applicable_to", "status", "source")
    found: dict[str, list[tuple[str, Edition]]] = {}
    names: dict[str, Edition] = {}
    for place, row in rows_of(path, shown, columns):
        _must_be_new(row["edition"], names, place)
        start = _day(row["applicable_from"], place, "applicable_from")
        duty = _day(row["mandatory_from"], place, "mandatory_from")
        end = _day(row["applicable_to"], place, "applicable_to") if row["applicable_to"] else None
        if duty < start or (end is not None and end < start):
            raise RulebookError(
                f'{place}: the dates of "{row["edition"]}" run backwards. '
                "Expected applicable_from <= mandatory_from and applicable_from <= applicable_to.",
                code="rulebook-date",
            )
        status = _one_of(row["status"], _STATUSES, place, "status")
        editions = found.setdefault(row["regime"], [])
        edition = Edition(
            row["regime"], row["edition"], start, duty, end, status, row["source"], len(editions)
        )
        if editions:
            _must_follow(editions[-1][1], edition, place)
        editions.append((place, edition))
        names[edition.name] = edition
    return {regime: tuple(edition for _, edition in editions) for regime, editions in found.items()}


def _must_follow(older: Edition, newer: Edition, place: str) -> None:
    if newer.from_on <= older.from_on:
        raise RulebookError(
            f'{place}: "{newer.name}" does not start after "{older.name}". List the editions of a regime oldest first.',
            code="rulebook-date",
        )
    if older.until_on is not None and (newer.from_on - older.until_on).days > 1:
        raise RulebookError(
            f"{place}: no edition of {newer.regime} covers the days between {older.until_on} and {newer.from_on}. "
            f'Let "{older.name}" end later or "{newer.name}" start earlier, or add the edition between them.',
            code="rulebook-date-hole",
        )


def read_modes(
    path: Path, shown: str, regimes: Mapping[str, object], facts: Mapping[str, Fact]
) -> dict[str, Mode]:
    """Read ``modes.csv``.

    Raises
    ------
    RulebookError
        A mode stands twice, names a regime without editions, or states what is not a fact and value.
    """
    modes: dict[str, Mode] = {}
    for place, row in rows_of(path, shown, ("mode", "regime", "chain", "states", "title")):
        _must_be_new(row["mode"], modes, place)
        chain = split(row["chain"], ";")
        for regime in (row["regime"], *chain):
            _one_of(regime, tuple(regimes), place, "chain")
        if row["regime"] not in chain:
            raise RulebookError(
                f'{place}: the main regime "{row["regime"]}" is not in the chain. Add it there.',
                code="rulebook-value",
            )
        states: dict[str, str] = {}
        for part in split(row["states"], ";"):
            name, _, value = part.partition("=")
            stated = tuple(fact for fact, one in facts.items() if not one.is_derived)
            states[name] = _one_of(
                value, facts[_one_of(name, stated, place, "states")].values, place, "states"
            )
        modes[row["mode"]] = Mode(row["mode"], row["regime"], chain, states, row["title"])
    return modes
