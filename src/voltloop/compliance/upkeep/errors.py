"""Everything that keeps a rulebook from loading, not only the first thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from voltloop.compliance.credentials.rules import read_credential_rules
from voltloop.compliance.loads.law import read_load
from voltloop.compliance.reading import collecting, read_regime
from voltloop.compliance.rulebook import load_rulebook
from voltloop.compliance.vocabulary import (
    Answer,
    Edition,
    Fact,
    read_answers,
    read_editions,
    read_facts,
    read_modes,
    rows_of,
)
from voltloop.errors import RulebookError

__all__ = ["load_errors"]

_Read = TypeVar("_Read")


def load_errors(folder: Path) -> list[RulebookError]:
    """Give every error of the words, rules and load files of a rulebook; empty when it loads.

    What rests on something broken is not looked at: rules are read when facts, answers and editions could be, and
    tables are proven when all rules could be read. So a mended rulebook may show further errors.
    """
    try:
        load_rulebook(folder)
    except RulebookError as first:
        return _unlike(_reading_errors(folder) or [first])
    return []


def _unlike(errors: list[RulebookError]) -> list[RulebookError]:
    return list({error.message: error for error in errors}.values())


def _reading_errors(folder: Path) -> list[RulebookError]:
    if not folder.is_dir():
        return []
    shown = folder.name
    errors: list[RulebookError] = []

    def attempt(read: Callable[[], _Read]) -> _Read | None:
        try:
            return read()
        except RulebookError as error:
            errors.append(error)
            return None

    facts = attempt(lambda: read_facts(folder / "facts.csv", f"{shown}/facts.csv"))
    answers = attempt(lambda: read_answers(folder / "answers.csv", f"{shown}/answers.csv"))
    editions = attempt(lambda: read_editions(folder / "editions.csv", f"{shown}/editions.csv"))
    if facts is None or answers is None or editions is None:
        return errors
    modes = attempt(lambda: read_modes(folder / "modes.csv", f"{shown}/modes.csv", editions, facts))
    attempt(lambda: read_load(folder / "load", f"{shown}/load", editions))
    if modes is not None:
        attempt(
            lambda: read_credential_rules(folder / "credentials", f"{shown}/credentials", editions, modes)
        )
    attempt(lambda: _regimes(folder, facts, answers, editions, errors))
    return errors


def _regimes(
    folder: Path,
    facts: Mapping[str, Fact],
    answers: Mapping[str, Answer],
    editions: Mapping[str, tuple[Edition, ...]],
    errors: list[RulebookError],
) -> None:
    shown = folder.name
    for _, row in rows_of(folder / "regimes.csv", f"{shown}/regimes.csv", ("regime", "folder", "title")):
        place = f"{shown}/{row['folder']}"
        with collecting(errors):
            read_regime(
                folder / row["folder"],
                place,
                row["regime"],
                facts,
                answers,
                editions.get(row["regime"], ()),
                errors,
            )
