"""What changes from one edition of a regime to another: rules cell by cell, limits, duties and worked cases.

The comparison is exact: two compiled tables are laid over each other, and every cell that another rule answers is
told, in the fewest boxes of facts that hold all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voltloop.compliance.conditions import Axis
from voltloop.compliance.loads.entries import LoadEntry, active_entries, bare, entry_key
from voltloop.compliance.reading import Rule
from voltloop.compliance.rulebook import Rulebook
from voltloop.compliance.tables import Table
from voltloop.compliance.upkeep.boxes import boxes_of
from voltloop.compliance.upkeep.sample import CaseChange, changed_cases
from voltloop.compliance.vocabulary import Edition
from voltloop.errors import RulebookError, nearest

__all__ = ["AnswerChange", "EditionDifference", "EntryChange", "RuleChange", "compare", "find_edition"]


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """One answer before and after; None where the rule gives none."""

    answer: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule that answers where another did before.

    Attributes
    ----------
    table, title
        Table and its title.
    before, after
        The rules.
    is_new, is_over
        Whether ``after`` did not apply in the older edition, and ``before`` does not in the newer one.
    where
        Boxes of facts, each in words; together exactly the cells whose rule changes.
    answers
        What is answered differently; empty when only the words or the place in the law changed.
    """

    table: str
    title: str
    before: Rule
    after: Rule
    is_new: bool
    is_over: bool
    where: tuple[str, ...]
    answers: tuple[AnswerChange, ...]


@dataclass(frozen=True, slots=True)
class EntryChange:
    """An entry of the ``load`` folder before and after, such as a limit or a duty; None where there is none."""

    kind: str
    before: LoadEntry | None
    after: LoadEntry | None


@dataclass(frozen=True, slots=True)
class EditionDifference:
    """All that changes between two editions.

    Attributes
    ----------
    before, after
        The editions, older first.
    rules, entries, cases
        Changes of rules, of what the ``load`` folder says, and of the verdicts of worked cases.
    cases_compared
        How many different sample consignments were asked under both editions.
    unconfirmed
        Rules of the newer edition that nobody has read in its text.
    unconfirmed_entries
        The same for limits, duties, mixed loading and tunnel codes of a load.
    active
        Number of rules of the newer edition.
    """

    before: Edition
    after: Edition
    rules: tuple[RuleChange, ...]
    entries: tuple[EntryChange, ...]
    cases: tuple[CaseChange, ...]
    cases_compared: int
    unconfirmed: tuple[Rule, ...]
    unconfirmed_entries: tuple[LoadEntry, ...]
    active: int

    @property
    def is_empty(self) -> bool:
        """Whether no rule, limit, duty or verdict changes."""
        return not (self.rules or self.entries or self.cases)

    @property
    def reading_list(self) -> Mapping[str, tuple[str, ...]]:
        """Places in the law that somebody has to read for the newer edition, each with what rests on it."""
        found: dict[str, list[str]] = {}
        for one in (*self.unconfirmed, *self.unconfirmed_entries):
            for cite in one.cite:
                found.setdefault(cite, []).append(one.id)
        return {cite: tuple(found[cite]) for cite in sorted(found, key=_natural)}


def _natural(text: str) -> list[tuple[int, int, str]]:
    """Sort key in which 4.1.10 follows 4.1.9."""
    parts = []
    digits = ""
    for mark in [*text, ""]:
        if mark.isdigit():
            digits += mark
            continue
        if digits:
            parts.append((0, int(digits), ""))
            digits = ""
        parts.append((1, 0, mark))
    return parts


def find_edition(rulebook: Rulebook, name: str) -> Edition:
    """Give an edition by its name.

    Raises
    ------
    RulebookError
        ``unknown-edition``: the rulebook has none of this name.
    """
    known = {edition.name: edition for group in rulebook.editions.values() for edition in group}
    if name not in known:
        raise RulebookError(
            f'"{name}" is not an edition of this rulebook. Known editions: {", ".join(known)}.{nearest(name, known)}',
            code="unknown-edition",
        )
    return known[name]


def compare(rulebook: Rulebook, one: str, other: str) -> EditionDifference:
    """Compare two editions of one regime; the older one counts as "before" whichever is named first.

    Raises
    ------
    RulebookError
        ``unknown-edition``, or ``two-regimes`` when they belong to different bodies of law.

    Examples
    --------
    >>> from voltloop.compliance import load_rulebook
    >>> difference = compare(load_rulebook(), "LOW-2014", "LOW-2025")
    >>> next(change.answers[0].after for change in difference.rules if change.after.id == "LOW.lithium")
    '16 06 07*'
    """
    before, after = find_edition(rulebook, one), find_edition(rulebook, other)
    if before.regime != after.regime:
        siblings = [edition.name for edition in rulebook.editions[before.regime]]
        raise RulebookError(
            f"{before.name} is an edition of {before.regime} and {after.name} of {after.regime}. Only two editions of "
            f"one regime can be compared; those of {before.regime} are {', '.join(siblings)}.",
            code="two-regimes",
        )
    if after.order < before.order:
        before, after = after, before
    in_force = [
        rule for spec in rulebook.specs[after.regime] for rule in spec.rules if rule.applies_in(after)
    ]
    cases, compared = changed_cases(rulebook, before, after)
    entries = active_entries(rulebook, after)
    return EditionDifference(
        before, after,
        tuple(_rule_changes(rulebook, before, after)),
        tuple(_entry_changes(active_entries(rulebook, before), entries)),
        cases, compared,
        tuple(rule for rule in in_force if rule.confirmed < after.order),
        tuple(entry for entry in entries if entry.confirmed < after.order),
        len(in_force),
    )  # fmt: skip


def _rule_changes(rulebook: Rulebook, before: Edition, after: Edition) -> list[RuleChange]:
    mode = next((one for one in rulebook.modes.values() if before.regime in one.chain), None)
    if mode is None:
        return []
    tables = (rulebook.tables(mode.name, before), rulebook.tables(mode.name, after))
    found = []
    for old, new in zip(*tables, strict=True):
        if old is not new:
            found += _table_changes(rulebook, mode.name, old, new, before, after)
    return found


def _table_changes(
    rulebook: Rulebook, mode: str, old: Table, new: Table, before: Edition, after: Edition
) -> list[RuleChange]:
    axes = rulebook.axes(mode)
    facts = tuple(name for name in axes if name in old.facts or name in new.facts)
    laid = [_laid_out(table, facts, axes) for table in (old, new)]
    asked = np.ones(laid[0].shape, bool)
    for name, mask in old.guard.items():
        if name in facts:
            asked &= mask[: axes[name].count].reshape([-1 if name == fact else 1 for fact in facts])
    # Rules are compared by id: their positions differ between the two editions.
    ids = {rule.id: at for at, rule in enumerate(dict.fromkeys((*old.rules, *new.rules)))}
    numbers = [
        np.array([ids[rule.id] for rule in table.rules], np.int32).take(cells)
        for table, cells in zip((old, new), laid, strict=True)
    ]
    changed = asked & (numbers[0] != numbers[1])
    if not changed.any():
        return []
    rules = {at: rule for rule in (*old.rules, *new.rules) for at in (ids[rule.id],)}
    pairs = numbers[0] * len(ids) + numbers[1]
    found = []
    for pair in np.unique(pairs[changed]).tolist():
        one, other = rules[pair // len(ids)], rules[pair % len(ids)]
        where = boxes_of(changed & (pairs == pair), [axes[name] for name in facts], asked)
        found.append(
            RuleChange(
                old.spec.name, old.spec.title, one, other,
                not other.applies_in(before), not one.applies_in(after), tuple(where), _answers(one, other),
            )
        )  # fmt: skip
    return found


def _laid_out(table: Table, facts: Sequence[str], axes: Mapping[str, Axis]) -> npt.NDArray[np.int16]:
    """Give the whole cells of a table over more facts than it asks for."""
    sizes = [axes[name].size for name in table.facts]
    counts = [axes[name].count for name in table.facts]
    dense = table.dense.reshape(sizes)[tuple(slice(count) for count in counts)]
    shape = [axes[name].count if name in table.facts else 1 for name in facts]
    full = [axes[name].count for name in facts]
    return np.broadcast_to(dense.reshape(shape), full)


def _answers(before: Rule, after: Rule) -> tuple[AnswerChange, ...]:
    names = dict.fromkeys((*before.then, *after.then))
    found = [
        AnswerChange(name, before.then.get(name), after.then.get(name))
        for name in names
        if before.then.get(name) != after.then.get(name)
    ]
    if (before.effect in ("undecided", "impossible")) != (after.effect in ("undecided", "impossible")):
        found.append(AnswerChange("effect", before.effect, after.effect))
    return tuple(found)


def _entry_changes(before: Sequence[LoadEntry], after: Sequence[LoadEntry]) -> list[EntryChange]:
    old, new = {entry_key(entry): entry for entry in before}, {entry_key(entry): entry for entry in after}
    found = []
    for key in dict.fromkeys((*old, *new)):
        one, other = old.get(key), new.get(key)
        if one is None or other is None or bare(one) != bare(other):
            found.append(EntryChange(str(key[0]), one, other))
    return found
