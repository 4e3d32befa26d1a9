"""Why a verdict is what it is: the chain of tables, the rule of each, and why the others did not answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from voltloop.compliance.chain import Leaves, walk
from voltloop.compliance.classifier import NOTE_MARK, ask_whom, classify
from voltloop.compliance.goods import encode
from voltloop.compliance.reading import Rule
from voltloop.compliance.rulebook import Chain, Rulebook
from voltloop.compliance.tables import Table
from voltloop.compliance.vocabulary import split

__all__ = ["Considered", "Explanation", "Fired", "Step", "explain"]


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that answered, and what it saw. ``assuming`` holds what was not known and assumed for this branch."""

    rule_id: str
    effect: str
    say: str
    cite: tuple[str, ...]
    confidence: str
    because: Mapping[str, str]
    assuming: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Considered:
    """A rule of the same table that did not answer, and why."""

    rule_id: str
    why_not: str
    cite: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One table that was asked: the rule that answered, or one per branch where an unknown fact matters."""

    table: str
    title: str
    fired: tuple[Fired, ...]
    considered: tuple[Considered, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A verdict with its reasons.

    Attributes
    ----------
    verdict
        The row that :func:`voltloop.compliance.classify` gives.
    steps
        Tables asked, in the order of decision.
    ask
        Whom to ask, by missing fact.
    """

    verdict: Mapping[str, Any]
    steps: tuple[Step, ...]
    ask: Mapping[str, str]

    def text(self, *, with_considered: bool = False) -> str:
        """Give the chain of reasons as lines for a person."""
        verdict = self.verdict
        parts = [f"{verdict['outcome']} under {verdict['edition']}"]
        if verdict["un_number"] not in (None, "none"):
            parts.append(f"UN {verdict['un_number']} {verdict['proper_shipping_name']}")
        if verdict["packing_instruction"] not in (None, "none"):
            parts.append(f"packing {verdict['packing_instruction']}")
        lines = [", ".join(parts)]
        for step in self.steps:
            lines.append(f"- {step.title}")
            for fired in step.fired:
                seen = ", ".join(f"{name} {value}" for name, value in fired.because.items())
                assumed = ", ".join(f"{name} {value}" for name, value in fired.assuming.items())
                condition = f"if {assumed}: " if assumed else ""
                lines.append(f"    {condition}{fired.say} [{fired.rule_id}; {'; '.join(fired.cite)}]")
                if seen:
                    lines.append(f"    because {seen}")
            if with_considered:
                lines += [f"    not {other.rule_id}: {other.why_not}" for other in step.considered]
        lines += [f"Missing: {fact}. {sentence}" for fact, sentence in self.ask.items()]
        lines += [
            f"Note: {note.rstrip('.')}." for note in str(verdict["notes"] or "").split(NOTE_MARK) if note
        ]
        return "\n".join(lines)


def explain(
    goods_row: Mapping[str, Any], rulebook: Rulebook, mode: str, on: date, *, edition: str | None = None
) -> Explanation:
    """Give the verdict of one item with the chain of reasons.

    Parameters
    ----------
    goods_row
        Facts by name, as in one row of the goods of :func:`voltloop.compliance.classify`; other keys are left alone.
    rulebook, mode, on, edition
        As for :func:`voltloop.compliance.classify`.

    Raises
    ------
    RulebookError
        As for :func:`voltloop.compliance.classify`.

    Examples
    --------
    >>> from voltloop.compliance import load_rulebook
    >>> goods = {"chemistry": "li_ion", "form": "battery", "unit_kind": "battery", "state": "critical"}
    >>> why = explain(goods, load_rulebook(), "road_eu", date(2026, 11, 24))
    >>> why.verdict["packing_instruction"], [step.fired[0].rule_id for step in why.steps if step.table == "condition"]
    ('P911|LP906', ['ADR.state.critical'])
    """
    kept = {name: value for name, value in goods_row.items() if name == "flags" or name in rulebook.facts}
    goods = pl.DataFrame({name: [value] for name, value in kept.items()} or {"item": [1]})
    chain = rulebook.chain(mode, on, edition)
    verdict = classify(goods, rulebook, mode=mode, on=on, edition=edition).row(0, named=True)
    encoded = encode(goods, rulebook, chain)
    leaves = walk(chain, encoded.codes)
    stated = {name: kept.get(name) for name in chain.given}
    steps = tuple(
        _step(table, leaves, at, chain, encoded.codes, stated)
        for at, table in enumerate(chain.tables)
        if (leaves.fired[:, at] >= 0).any()
    )
    ask = {name: ask_whom(name, rulebook) for name in split(verdict["missing_facts"], ";")}
    return Explanation(verdict, steps, ask)


def _step(
    table: Table, leaves: Leaves, at: int, chain: Chain, given: Mapping[str, Any], stated: Mapping[str, Any]
) -> Step:
    column = leaves.fired[:, at]
    indices = list(dict.fromkeys(index for index in column.tolist() if index >= 0))
    fired = []
    for index in indices:
        rule = table.rules[index]
        members = np.flatnonzero(column == index)
        leaf = int(members[0])
        assuming = {}
        if len(indices) > 1:
            assuming = {
                name: " or ".join(
                    dict.fromkeys(chain.axes[name].label(int(leaves.codes[name][m])) for m in members)
                )
                for name in rule.when
                if name in given and leaves.codes[name][leaf] != given[name][0]
            }
        because = {
            name: _shown(name, leaf, leaves, chain, stated) for name in rule.when if name not in assuming
        }
        fired.append(Fired(rule.id, rule.effect, rule.say, rule.cite, rule.confidence, because, assuming))
    leaf = int(np.flatnonzero(column >= 0)[0])
    winner = table.rules[indices[0]]
    considered = tuple(
        Considered(rule.id, _why_not(rule, winner, leaf, leaves, chain, stated), rule.cite)
        for index, rule in enumerate(table.rules)
        if index not in indices
    )
    return Step(table.spec.name, table.spec.title, tuple(fired), considered)


def _shown(name: str, leaf: int, leaves: Leaves, chain: Chain, stated: Mapping[str, Any]) -> str:
    """Give a fact as it was stated, or as the cell that it fell into."""
    axis = chain.axes[name]
    value = stated.get(name)
    if axis.fact.kind == "decimal" and value is not None:
        return f"{value:.12g} {axis.fact.unit}".strip()
    return axis.label(int(leaves.codes[name][leaf]))


def _why_not(
    rule: Rule, winner: Rule, leaf: int, leaves: Leaves, chain: Chain, stated: Mapping[str, Any]
) -> str:  # fmt: skip
    reasons = []
    for name, condition in rule.when.items():
        axis = chain.axes[name]
        code = int(leaves.codes[name][leaf])
        members = (code,) if code < axis.count else axis.partial[code - axis.count][1]
        if not axis.mask(condition)[list(members)].any():
            reasons.append(
                f"{name} is {_shown(name, leaf, leaves, chain, stated)}, it asks for {condition.text}"
            )
    return "; ".join(reasons) or f"{winner.id} goes before it"
