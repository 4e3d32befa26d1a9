"""Rule files: decision tables as CSV, provisions as TOML, both read into the same rules."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from voltloop.compliance.conditions import Condition, parse_condition
from voltloop.compliance.vocabulary import Answer, Edition, Fact, rows_with_header, split
from voltloop.errors import RulebookError, nearest

__all__ = ["Rule", "TableSpec", "collecting", "read_regime"]

EFFECTS: Final = ("require", "exempt", "forbid", "advise", "undecided", "impossible")
_HEAD: Final = ("id", "since", "until", "confirmed", "overrides", "effect", "say", "cite", "confidence")
_FREEING: Final = ("allowed", "exempt_small", "exempt_other")


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One row of a decision table.

    ``since`` is the order of the first edition it applies in, ``until`` of the first in which it no longer
    does (None: open), ``confirmed`` of the last in which somebody read the article. ``then`` holds answers and
    derived facts.
    """

    id: str
    regime: str
    since: int
    until: int | None
    confirmed: int
    overrides: tuple[str, ...]
    when: Mapping[str, Condition]
    effect: str
    then: Mapping[str, str]
    say: str
    cite: tuple[str, ...]
    confidence: str
    place: str

    def applies_in(self, edition: Edition) -> bool:
        """Whether the rule belongs to an edition of its regime."""
        return self.since <= edition.order and (self.until is None or edition.order < self.until)


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One decision table of a regime, in its place in the chain of decision."""

    name: str
    regime: str
    title: str
    only: Mapping[str, Condition]
    decides: tuple[str, ...]
    rules: tuple[Rule, ...]
    place: str


@dataclass(frozen=True, slots=True)
class _Words:
    facts: Mapping[str, Fact]
    answers: Mapping[str, Answer]
    editions: Mapping[str, Edition]
    regime: str
    errors: list[RulebookError] | None = field(default=None)


@contextmanager
def collecting(errors: list[RulebookError] | None) -> Iterator[None]:
    """Put a rulebook error on a list and go on after it; without a list it is raised."""
    try:
        yield
    except RulebookError as error:
        if errors is None:
            raise
        errors.append(error)


def read_regime(
    folder: Path,
    shown: str,
    regime: str,
    facts: Mapping[str, Fact],
    answers: Mapping[str, Answer],
    editions: tuple[Edition, ...],
    errors: list[RulebookError] | None = None,
) -> tuple[tuple[TableSpec, ...], Mapping[str, Any] | None]:
    """Read the tables of one regime, in the order of its ``chain.toml``, and whose tables it is based on, if any.

    With a list of ``errors``, what is wrong with a rule or file goes there and reading goes on after it.

    Raises
    ------
    RulebookError
        A file is absent or not listed; a key, fact, value, edition or answer is unknown; an id stands twice.
    """
    words = _Words(facts, answers, {edition.name: edition for edition in editions}, regime, errors)
    place = f"{shown}/chain.toml"
    chain = _toml(folder / "chain.toml", place)
    _only_keys(chain, ("regime", "based_on", "table"), place)
    if chain.get("regime") != regime:
        raise RulebookError(
            f'{place}: regime is "{chain.get("regime")}", and regimes.csv gives this folder to "{regime}". '
            "Mend one of them.",
            code="rulebook-value",
        )
    specs = []
    listed = {"chain.toml"}
    for number, entry in enumerate(chain.get("table", ()), start=1):
        at = f"{place}, table {number}"
        _only_keys(entry, ("name", "title", "files", "only", "decides"), at)
        _needs_keys(entry, ("name", "title", "files", "decides"), at)
        _check_types(entry, words, at)
        rules: list[Rule] = []
        for name in entry["files"]:
            listed.add(name)
            reader = _csv_rules if name.endswith(".csv") else _toml_rules
            with collecting(errors):
                rules.extend(reader(folder / name, f"{shown}/{name}", words))
        only = {
            fact: parse_condition(_fact(fact, words, at), text, at)
            for fact, text in entry.get("only", {}).items()
        }
        decides = tuple(entry["decides"])
        for rule in rules:
            with collecting(errors):
                _check_then(rule, decides, words)
        specs.append(TableSpec(entry["name"], regime, entry["title"], only, decides, tuple(rules), at))
    for file in sorted(folder.iterdir()):
        if file.suffix in (".csv", ".toml") and file.name not in listed:
            raise RulebookError(
                f"{shown}/{file.name}: chain.toml does not list this file, so its rules would be skipped. "
                "List it under a table or remove it.",
                code="rulebook-file",
            )
    return tuple(specs), chain.get("based_on")


def _check_types(entry: Mapping[str, Any], words: _Words, place: str) -> None:
    """Refuse a table entry whose lists are no lists, or that decides what nobody declared."""
    for key in ("files", "decides"):
        if not isinstance(entry[key], list) or not all(isinstance(part, str) for part in entry[key]):
            raise RulebookError(
                f'{place}: "{key}" is not a list of words. Write it as ["..."].', code="rulebook-value"
            )
    for name in entry["decides"]:
        if name not in words.answers and not (name in words.facts and words.facts[name].is_derived):
            known = [*words.answers, *words.facts]
            raise RulebookError(
                f'{place}: "{name}" in decides is neither an answer nor a derived fact.{nearest(name, known)} '
                "Declare it in answers.csv or facts.csv first.",
                code="rulebook-fact",
            )


def _toml(path: Path, shown: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RulebookError(
            f"{shown}: the file cannot be read: {error}. A rulebook needs it as valid TOML. Mend it.",
            code="rulebook-file",
        ) from error


def _only_keys(entry: Mapping[str, Any], keys: tuple[str, ...], place: str) -> None:
    for key in entry:
        if key not in keys:
            raise RulebookError(
                f'{place}: the key "{key}" is unknown. Known keys: {", ".join(keys)}.{nearest(key, keys)}',
                code="rulebook-key",
            )


def _needs_keys(entry: Mapping[str, Any], keys: tuple[str, ...], place: str) -> None:
    for key in keys:
        if key not in entry:
            raise RulebookError(f'{place}: the key "{key}" is missing. Add it.', code="rulebook-key")


def _fact(name: str, words: _Words, place: str) -> Fact:
    if name not in words.facts:
        raise RulebookError(
            f'{place}: "{name}" is not a fact.{nearest(name, words.facts)} Declare it in facts.csv first.',
            code="rulebook-fact",
        )
    return words.facts[name]


def _csv_rules(path: Path, shown: str, words: _Words) -> list[Rule]:
    header, rows = rows_with_header(path, shown)
    for column in header:
        if column not in _HEAD and not column.startswith(("when.", "then.")):
            raise RulebookError(
                f'{shown}: the column "{column}" is unknown. Known columns: {", ".join(_HEAD)}, when.FACT, '
                f"then.ANSWER.{nearest(column, _HEAD)}",
                code="rulebook-columns",
            )
    for column in _HEAD:
        if column not in header:
            raise RulebookError(
                f'{shown}: the column "{column}" is missing. Add it.', code="rulebook-columns"
            )
    rules = []
    for place, row in rows:
        when = {name[5:]: text for name, text in row.items() if name.startswith("when.") and text}
        then = {name[5:]: text for name, text in row.items() if name.startswith("then.") and text}
        with collecting(words.errors):
            rules.append(_rule(row, when, then, words, place))
    return rules


def _toml_rules(path: Path, shown: str, words: _Words) -> list[Rule]:
    document = _toml(path, shown)
    _only_keys(document, ("title", "rule"), shown)
    rules = []
    for number, entry in enumerate(document.get("rule", ()), start=1):
        place = f"{shown}, rule {number}"
        with collecting(words.errors):
            _only_keys(entry, (*_HEAD, "when", "then"), place)
            row = {name: _text(entry.get(name, "")) for name in _HEAD}
            when = {name: _text(value) for name, value in entry.get("when", {}).items()}
            then = {name: _text(value) for name, value in entry.get("then", {}).items()}
            rules.append(_rule(row, when, then, words, place))
    return rules


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ";".join(str(part) for part in value)
    return str(value)


def _rule(
    row: Mapping[str, str], when: Mapping[str, str], then: Mapping[str, str], words: _Words, place: str
) -> Rule:
    for column in ("id", "since", "confirmed", "effect", "say", "cite", "confidence"):
        if not row[column]:
            raise RulebookError(
                f"{place}, column {column}: the cell is empty. Every rule needs it.", code="rulebook-value"
            )
    _choice(row["effect"], EFFECTS, place, "effect")
    _choice(row["confidence"], ("A", "B", "C"), place, "confidence")
    since = _edition(row["since"], words, place, "since")
    until = _edition(row["until"], words, place, "until") if row["until"] else None
    confirmed = _edition(row["confirmed"], words, place, "confirmed")
    if until is not None and until <= since:
        raise RulebookError(
            f'{place}, column until: the rule "{row["id"]}" would end before it starts. '
            "until names the first edition in which it no longer applies.",
            code="rulebook-value",
        )
    return Rule(
        row["id"], words.regime, since, until, confirmed, split(row["overrides"], ";"),
        {name: parse_condition(_fact(name, words, place), text, place) for name, text in when.items()},
        row["effect"], dict(then), row["say"], split(row["cite"], ";"), row["confidence"], place,
    )  # fmt: skip


def _choice(value: str, choices: tuple[str, ...], place: str, column: str) -> None:
    if value not in choices:
        raise RulebookError(
            f'{place}, column {column}: "{value}" is not known. '
            f"Choices: {', '.join(choices)}.{nearest(value, choices)}",
            code="rulebook-value",
        )


def _edition(name: str, words: _Words, place: str, column: str) -> int:
    if name not in words.editions:
        raise RulebookError(
            f'{place}, column {column}: "{name}" is not an edition. Known editions for {words.regime}: '
            f"{', '.join(words.editions)}.{nearest(name, words.editions)} Add it to editions.csv first.",
            code="rulebook-edition",
        )
    return words.editions[name].order


def _check_then(rule: Rule, decides: tuple[str, ...], words: _Words) -> None:
    """Refuse answers that the table may not give, and verdicts that rest on an unsure rule alone."""
    for name, value in rule.then.items():
        answer, fact = words.answers.get(name), words.facts.get(name)
        derived = fact is not None and fact.is_derived
        if answer is None and not derived:
            raise RulebookError(
                f'{rule.place}: "then.{name}" is neither an answer nor a derived fact.'
                f"{nearest(name, [*words.answers, *words.facts])} Declare it in answers.csv or facts.csv first.",
                code="rulebook-fact",
            )
        if (derived or (answer is not None and not answer.is_set)) and name not in decides:
            raise RulebookError(
                f'{rule.place}: the rule "{rule.id}" answers "{name}", which its table does not decide. '
                "Add it to decides in chain.toml.",
                code="rulebook-key",
            )
        if derived and fact is not None and value not in fact.values:
            raise RulebookError(
                f'{rule.place}, column then.{name}: "{value}" is not a value of {name}. '
                f"Choices: {', '.join(fact.values)}.{nearest(value, fact.values)}",
                code="rulebook-value",
            )
    for name in split(rule.then.get("missing_facts", ""), ";"):
        _fact(name, words, f"{rule.place}, column then.missing_facts")
    if rule.confidence == "C" and rule.then.get("outcome") in _FREEING and rule.effect != "undecided":
        raise RulebookError(
            f'{rule.place}: the rule "{rule.id}" has confidence C and would by itself give "{rule.then["outcome"]}". '
            "Give it the effect undecided until somebody has read the article.",
            code="rulebook-confidence",
        )
