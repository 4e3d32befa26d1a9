"""The worked cases at work: which come out otherwise than expected, and which rules none of them reaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from voltloop.compliance.cases import Case, unlike
from voltloop.compliance.classifier import NOTE_MARK
from voltloop.compliance.reading import Rule
from voltloop.compliance.rulebook import Rulebook
from voltloop.compliance.upkeep.sample import answers_of, goods_frame, verdicts_of
from voltloop.compliance.verdicts import Verdict
from voltloop.errors import VoltloopError
from voltloop.findings import Finding, make

__all__ = ["Watched", "case_findings", "silent_rules", "watch"]

_NEED_NO_CASE = ("advise", "impossible")


@dataclass(frozen=True, slots=True)
class Watched:
    """A case with its verdict; ``error`` says why there is none."""

    case: Case
    verdict: Verdict | None
    error: str


def watch(rulebook: Rulebook, cases: Iterable[Case]) -> list[Watched]:
    """Ask every case, those of one mode, day and edition together, in the order of the cases."""
    groups: dict[tuple[str, date, str | None], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.mode, case.on, case.edition), []).append(case)
    found = []
    for (mode, on, edition), group in groups.items():
        try:
            verdicts = verdicts_of(goods_frame(group), rulebook, rulebook.chain(mode, on, edition))
        except VoltloopError as error:
            found += [Watched(case, None, error.message) for case in group]
            continue
        found += [Watched(case, verdict, "") for case, verdict in zip(group, verdicts, strict=True)]
    return found


def case_findings(rulebook: Rulebook, watched: Iterable[Watched]) -> Iterator[Finding]:
    """Give a finding for each answer that is not as its case expects, and for each case that cannot be asked."""
    for one in watched:
        case = one.case
        if one.verdict is None:
            said = [f"{case.place} ({case.id}): it cannot be asked. {one.error}"]
        else:
            answers = {**answers_of(one.verdict, rulebook), "notes": NOTE_MARK.join(one.verdict.notes)}
            said = unlike(case, answers, rulebook)
        for sentence in said:
            yield make("rules-case-fails", where=case.place, field=case.id, value=sentence.rstrip())


def silent_rules(rulebook: Rulebook, watched: Iterable[Watched]) -> Sequence[Rule]:
    """Give the rules that no case reaches.

    Rules that only say that nothing follows need none. A rule that another regime took over counts as reached when
    either of the two is.
    """
    seen = {rulebook.rules[name].place for one in watched if one.verdict for name in one.verdict.rules}
    found: dict[str, Rule] = {}
    for rule in rulebook.rules.values():
        if rule.effect not in _NEED_NO_CASE and rule.place not in seen:
            found.setdefault(rule.place, rule)
    return tuple(found.values())
