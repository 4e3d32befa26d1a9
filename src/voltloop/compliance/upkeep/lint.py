"""What can be said against a rulebook: what keeps it from loading, and what a careful reader would mend."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from voltloop.compliance.cases import read_cases
from voltloop.compliance.loads.entries import LoadEntry, active_entries, all_entries, entry_sentence
from voltloop.compliance.reading import Rule
from voltloop.compliance.rulebook import Rulebook, load_rulebook
from voltloop.compliance.upkeep.errors import load_errors
from voltloop.compliance.upkeep.watched import Watched, case_findings, silent_rules, watch
from voltloop.compliance.vocabulary import Edition, rows_of
from voltloop.errors import RulebookError
from voltloop.findings import Finding, make

__all__ = ["lint"]

_TWO = re.compile(r"[.!?] +[A-Z]")
_SHORT = ("No.", "Nos.", "Art.", "e.g.", "i.e.")


def lint(folder: Path, *, on: date) -> list[Finding]:
    """Give the findings about a rulebook, what keeps it from loading first.

    Parameters
    ----------
    folder
        Rulebook.
    on
        Day on which announced editions may have begun.

    Notes
    -----
    A rulebook that does not load gets no further findings than the errors, since nothing else can be trusted.
    """
    errors = load_errors(folder)
    if errors:
        return [make("rules-load", where=_place(error), value=error.message) for error in errors]
    rulebook = load_rulebook(folder)
    try:
        cases = read_cases(rulebook)
    except RulebookError as error:
        return [make("rules-load", where=_place(error), value=error.message)]
    watched = watch(rulebook, cases)
    return [
        *case_findings(rulebook, watched),
        *_sentences(rulebook),
        *_citations(rulebook, folder),
        *_without_case(rulebook, watched),
        *_unconfirmed(rulebook),
        *_begun(rulebook, folder, on),
        *_unread(rulebook),
        *_unsure(rulebook),
    ]


def _place(error: RulebookError) -> str:
    return error.message.split(": ", 1)[0]


def _own_rules(rulebook: Rulebook) -> list[Rule]:
    """Give the rules that have a row of their own; those taken over from another regime share its row."""
    found: dict[str, Rule] = {}
    for rule in rulebook.rules.values():
        found.setdefault(rule.place, rule)
    return list(found.values())


def _sentences(rulebook: Rulebook) -> Iterator[Finding]:
    said = [(rule.place, rule.id, rule.say) for rule in _own_rules(rulebook)]
    said += [(place, entry.id, entry_sentence(entry)) for place, entry in all_entries(rulebook)]
    for place, name, text in said:
        fault = _fault(text)
        if fault:
            yield make("rules-sentence", where=place, field=name, raw=text, value=fault)


def _fault(text: str) -> str:
    plain = text
    for word in _SHORT:
        plain = plain.replace(word, word.replace(".", ""))
    if not plain.endswith("."):
        return "does not end with a full stop"
    if not plain[0].isupper() and not plain[0].isdigit():
        return "does not begin with a capital letter"
    return "is more than one" if _TWO.search(plain) else ""


def _citations(rulebook: Rulebook, folder: Path) -> Iterator[Finding]:
    path = folder / "laws.csv"
    if not path.exists():
        return
    laws = tuple(row["law"] for _, row in rows_of(path, f"{folder.name}/laws.csv", ("law", "title")))
    cited = [(rule.place, rule.id, rule.cite) for rule in _own_rules(rulebook)]
    cited += [(place, entry.id, entry.cite) for place, entry in all_entries(rulebook)]
    for place, name, cites in cited:
        for cite in cites or ("",):
            if not any(cite == law or re.match(rf"{re.escape(law)}(?![A-Za-z])", cite) for law in laws):
                yield make("rules-law-unknown", where=place, field=name, raw=cite)


def _without_case(rulebook: Rulebook, watched: Iterable[Watched]) -> Iterator[Finding]:
    for rule in silent_rules(rulebook, watched):
        yield make("rules-no-case", where=rule.place, field=rule.id)


def _unconfirmed(rulebook: Rulebook) -> Iterator[Finding]:
    told: set[str] = set()
    for edition in _editions(rulebook, "in_force"):
        for place, entry in _open_in(rulebook, edition):
            if entry.id not in told:
                told.add(entry.id)
                yield make("rules-unconfirmed", where=place, field=entry.id, value=edition.name)


def _editions(rulebook: Rulebook, status: str) -> list[Edition]:
    return [one for group in rulebook.editions.values() for one in group if one.status == status]


def _open_in(rulebook: Rulebook, edition: Edition) -> list[tuple[str, Rule | LoadEntry]]:
    """Give what answers in an edition and nobody has read in it, with its place."""
    found: list[tuple[str, Rule | LoadEntry]] = [
        (rule.place, rule)
        for rule in rulebook.rules.values()
        if rule.regime == edition.regime and rule.applies_in(edition) and rule.confirmed < edition.order
    ]
    held = {entry.id for entry in active_entries(rulebook, edition)}
    found += [
        (place, entry)
        for place, entry in all_entries(rulebook)
        if entry.id in held and entry.confirmed < edition.order
    ]
    return found


def _begun(rulebook: Rulebook, folder: Path, on: date) -> Iterator[Finding]:
    for edition in _editions(rulebook, "announced"):
        if edition.from_on <= on:
            yield make(
                "rules-edition-begun",
                where=f"{folder.name}/editions.csv",
                field=edition.name,
                value=edition.from_on.isoformat(),
            )


def _unread(rulebook: Rulebook) -> Iterator[Finding]:
    for edition in _editions(rulebook, "announced"):
        count = len(_open_in(rulebook, edition))
        if count:
            yield make("rules-unread", where=edition.name, field=edition.name, value=count)


def _unsure(rulebook: Rulebook) -> Iterator[Finding]:
    unsure: Mapping[str, tuple[str, str]] = {
        **{rule.id: (rule.place, rule.say) for rule in _own_rules(rulebook) if rule.confidence == "C"},
        **{
            entry.id: (place, entry_sentence(entry))
            for place, entry in all_entries(rulebook)
            if entry.confidence == "C"
        },
    }
    for name, (place, text) in unsure.items():
        yield make("rules-unsure", where=place, field=name, value=text)
