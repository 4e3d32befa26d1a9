"""The worked cases at work: which come out otherwise than expected, and which rules none of them reaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from voltloop.compliance.cases import Case, differences
from voltloop.compliance.classifier import classify_chain
from voltloop.compliance.reading import Rule
from voltloop.compliance.rulebook import Rulebook
from voltloop.compliance.sample import goods_frame
from voltloop.errors import VoltloopError
from voltloop.findings import Finding, make

__all__ = ["case_findings", "fired_rules", "silent_rules"]

_NEED_NO_CASE = ("advise", "impossible")


def case_findings(rulebook: Rulebook, cases: Iterable[Case]) -> Iterator[Finding]:
    """Give a finding for each answer that is not as its case expects, and for each case that cannot be asked."""
    for case in cases:
        try:
            said = differences(case, rulebook)
        except VoltloopError as error:
            said = [f"{case.place} ({case.id}): it cannot be asked. {error.message}"]
        for sentence in said:
            yield make("rules-case-fails", where=case.place, field=case.id, value=sentence)


def fired_rules(rulebook: Rulebook, cases: Iterable[Case]) -> set[str]:
    """Give the ids of the rules that answer in some case.

    A regime that takes its tables over from another one is asked that one's cases as well where it has none of
    its own: a rule counts as seen in either.
    """
    groups: dict[tuple[str, ...], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.mode, case.on.isoformat(), case.edition or ""), []).append(case)
    fired: set[str] = set()
    for group in groups.values():
        first = group[0]
        try:
            chain = rulebook.chain(first.mode, first.on, first.edition)
        except VoltloopError:
            continue
        for verdict in classify_chain(goods_frame(group), rulebook, chain):
            fired.update(verdict.rules)
    return fired


def silent_rules(rulebook: Rulebook, cases: Iterable[Case]) -> Sequence[Rule]:
    """Give the rules that no case reaches; rules that only say that nothing follows need none."""
    fired = fired_rules(rulebook, cases)
    seen = {rulebook.rules[name].place for name in fired}
    found: dict[str, Rule] = {}
    for rule in rulebook.rules.values():
        if rule.effect not in _NEED_NO_CASE and rule.place not in seen:
            found.setdefault(rule.place, rule)
    return tuple(found.values())
