"""The rulebook as pages for a reader: editions, modes, and every rule of every table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from voltloop.compliance.loads.entries import LoadEntry, active_entries, all_entries, entry_words
from voltloop.compliance.reading import Rule, TableSpec
from voltloop.compliance.rulebook import Rulebook
from voltloop.compliance.vocabulary import Edition, rows_of

__all__ = ["rulebook_pages"]

_TOP = """# The rulebook

All law that voltloop knows, as data: {rules} rules in {tables} tables, {entries} entries on loads. Facts are told in
our own words with their place in the law; the text of the law always wins, and a trained person signs.

Confidence **A**: seen in a public source; **B**: firm expert knowledge; **C**: unsure, and never by itself the ground
for letting anything go. `voltloop rules coverage` says which consignments get a verdict, `voltloop rules diff` what
changes between two editions.

This page and those of the regimes are generated from the rulebook.
"""


def rulebook_pages(rulebook: Rulebook) -> dict[str, str]:
    """Give the pages by their name below ``docs/reference``."""
    titles = {
        row["regime"]: (row["folder"], row["title"])
        for _, row in rows_of(rulebook.folder / "regimes.csv", "regimes.csv", ("regime", "folder", "title"))
    }
    pages = {"rulebook.md": "\n".join(_overview(rulebook, titles)) + "\n"}
    for regime, (folder, title) in titles.items():
        lines = _regime(rulebook, regime, title)
        pages[f"rulebook/{folder.replace('_', '-')}.md"] = "\n".join(lines) + "\n"
    return pages


def _overview(rulebook: Rulebook, titles: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    tables = sum(len(specs) for specs in rulebook.specs.values())
    entries = sum(1 for _ in all_entries(rulebook))
    yield _TOP.format(rules=len(rulebook.rules), tables=tables, entries=entries)
    yield "## Editions\n"
    yield from _head(
        "Regime", "Edition", "May be used from", "Must be used from", "Last day", "Status", "Source"
    )
    for regime, editions in rulebook.editions.items():
        link = f"[{regime}](rulebook/{titles[regime][0].replace('_', '-')}.md)"
        for one in editions:
            last = one.until_on.isoformat() if one.until_on else "open"
            yield _row(link, one.name, str(one.from_on), str(one.mandatory_on), last, one.status, one.source)
    yield "\n## Modes\n"
    yield from _head("Mode", "What", "Regimes asked, in order")
    for mode in rulebook.modes.values():
        yield _row(f"`{mode.name}`", mode.title, ", ".join(mode.chain))
    yield from _unread(rulebook)


def _unread(rulebook: Rulebook) -> Iterator[str]:
    yield "\n## What nobody has confirmed\n"
    for editions in rulebook.editions.values():
        for edition in editions:
            names = _unconfirmed(rulebook, edition)
            if edition.status == "in_force" and names:
                listed = ", ".join(f"`{name}`" for name in names)
                yield f"- **{edition.name}**, in force: {listed}"
            elif edition.status == "announced":
                total = sum(
                    rule.applies_in(edition)
                    for rule in rulebook.rules.values()
                    if rule.regime == edition.regime
                )
                yield (
                    f"- **{edition.name}**, announced: {len(names)} rules and entries on loads wait to be read, "
                    f"of {total} rules. `voltloop rules diff` with the edition before it lists the places to read."
                )


def _unconfirmed(rulebook: Rulebook, edition: Edition) -> list[str]:
    rules = [
        rule.id
        for rule in rulebook.rules.values()
        if rule.regime == edition.regime and rule.applies_in(edition) and rule.confirmed < edition.order
    ]
    return rules + [one.id for one in active_entries(rulebook, edition) if one.confirmed < edition.order]


def _regime(rulebook: Rulebook, regime: str, title: str) -> Iterator[str]:
    editions = rulebook.editions[regime]
    yield f"# {regime}\n\n{title}. Editions: {', '.join(one.name for one in editions)}."
    own = [spec for spec in rulebook.specs[regime] if ", from " not in spec.place]
    taken = [spec for spec in rulebook.specs[regime] if ", from " in spec.place]
    if taken:
        source = taken[0].place.partition(", from ")[2].split("/")[1]
        names = ", ".join(f"`{spec.name}`" for spec in taken)
        yield f"\nTaken over from the folder `{source}`, with the names and places of {regime}: {names}."
    for spec in own:
        yield from _table(spec, editions)
    entries = [entry for _, entry in all_entries(rulebook) if entry.regime == regime]
    if entries:
        yield from _load(entries, editions)


def _table(spec: TableSpec, editions: tuple[Edition, ...]) -> Iterator[str]:
    yield f"\n## {spec.title}\n"
    asked = ", ".join(f"`{name}` {_cell(one.text)}" for name, one in spec.only.items())
    decides = ", ".join(f"`{name}`" for name in spec.decides)
    says = f"Table `{spec.name}`."
    says += f" Decides {decides}." if decides else ""
    says += f" Asked only for {asked}." if asked else ""
    yield says + "\n"
    yield from _head("Rule", "Editions", "When", "Then", "Says", "Place", "Conf.")
    for rule in spec.rules:
        yield _row(
            f"`{rule.id}`",
            _span(rule, editions),
            _when(rule),
            _then(rule),
            rule.say,
            "; ".join(rule.cite),
            rule.confidence,
        )


def _span(rule: Rule | LoadEntry, editions: tuple[Edition, ...]) -> str:
    """Say in which editions something applies, and up to which it was read."""
    first = editions[rule.since].name
    last = f"before {editions[rule.until].name}" if rule.until is not None else "on"
    return f"{first} {last}, read to {editions[rule.confirmed].name}"


def _when(rule: Rule) -> str:
    words = "; ".join(f"{name} {condition.text}" for name, condition in rule.when.items()) or "always"
    return f"{words}; before {', '.join(rule.overrides)}" if rule.overrides else words


def _then(rule: Rule) -> str:
    words = "; ".join(f"{name} {value}" for name, value in rule.then.items())
    return f"{rule.effect}: {words}" if words else rule.effect


def _load(entries: list[LoadEntry], editions: tuple[Edition, ...]) -> Iterator[str]:
    yield "\n## Loads\n\nLimits, duties, mixed loading and tunnel codes of a transport unit.\n"
    yield from _head("Entry", "Editions", "Asks", "Place", "Conf.")
    for entry in entries:
        yield _row(
            f"`{entry.id}`",
            _span(entry, editions),
            entry_words(entry),
            "; ".join(entry.cite),
            entry.confidence,
        )


def _head(*names: str) -> Iterator[str]:
    yield _row(*names)
    yield _row(*("---" for _ in names))


def _row(*cells: str) -> str:
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("\n", " ")
