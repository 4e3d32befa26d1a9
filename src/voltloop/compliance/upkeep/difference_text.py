"""The difference of two editions as sentences for a person and as a document for a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from voltloop.compliance.loads.entries import entry_words
from voltloop.compliance.rulebook import Rulebook
from voltloop.compliance.upkeep.difference import AnswerChange, EditionDifference, EntryChange, RuleChange
from voltloop.compliance.upkeep.sample import CaseChange
from voltloop.compliance.vocabulary import Edition

__all__ = ["difference_document", "difference_lines"]

_BOXES = 4
_IDS = 8
_NOT_LAW = ("effect",)
_HEADLINE = ("outcome", "un_number", "packing_instruction", "waste_code", "missing_facts")


def difference_lines(difference: EditionDifference, rulebook: Rulebook) -> list[str]:
    """Give the difference as lines; two leading blanks for each step in, empty lines between sections."""
    before, after = difference.before, difference.after
    lines = [f"From {before.name} to {after.name}", *_dates(before, after), ""]
    if difference.is_empty:
        lines.append(
            f"Nothing changes: every rule and every entry on loads of {before.name} answers alike in {after.name}, "
            f"and none of {difference.cases_compared} sample consignments gets another verdict."
        )
    else:
        lines += _rule_lines(difference.rules, rulebook)
        lines += _entry_lines(difference.entries)
        lines += _case_lines(difference.cases, difference.cases_compared)
    return [*lines, "", *_unconfirmed_lines(difference)]


def _dates(before: Edition, after: Edition) -> list[str]:
    start = f"{after.name} may be used from {after.from_on}"
    if after.mandatory_on > after.from_on:
        start += f" and must be used from {after.mandatory_on}"
    end = (
        f"{before.name} ends on {before.until_on}." if before.until_on else f"{before.name} has no last day."
    )
    lines = [f"{start}. {end}"]
    if after.status == "announced":
        lines.append(f"{after.name} is announced only: {after.source}.")
    return lines


def _rule_lines(changes: Sequence[RuleChange], rulebook: Rulebook) -> list[str]:
    if not changes:
        return ["No rule answers differently.", ""]
    lines = [f"Rules: {_count(len(changes), 'change')}"]
    table = ""
    for change in changes:
        if change.table != table:
            table = change.table
            lines.append(f"  {change.title} ({table})")
        lines.append(f"    - {_rule_sentence(change, rulebook)}")
    return [*lines, ""]


def _rule_sentence(change: RuleChange, rulebook: Rulebook) -> str:
    before, after = change.before, change.after
    if change.is_new and change.is_over:
        what = f"{after.id} takes the place of {before.id}"
    elif change.is_new:
        what = f"{after.id} begins and goes before {before.id}"
    elif change.is_over:
        what = f"{before.id} ends and {after.id} answers instead"
    else:
        what = f"{after.id} answers instead of {before.id}"
    where = list(change.where[:_BOXES])
    if len(change.where) > _BOXES:
        where.append(f"{_count(len(change.where) - _BOXES, 'further set')} of facts")
    place = f"{after.say} [{'; '.join(after.cite)}; confidence {after.confidence}]"
    return f"{what}. Where: {'; or '.join(where)}. {_how(change, rulebook)} {place}"


def _how(change: RuleChange, rulebook: Rulebook) -> str:
    """Say what is answered differently."""
    told = _told(change.answers, rulebook)
    if not told:
        return "The answer stays the same."
    effect = next((one for one in told if one.answer == "effect"), None)
    told = [one for one in told if one.answer not in ("effect", "missing_facts")] if effect else told
    if effect is None:
        return f"Then {'; '.join(_becomes(one) for one in told)}."
    if effect.before == "undecided":
        words = [f"{one.answer} {one.after}" for one in told if one.after is not None]
        return f"Undecided until then; now {'; '.join(words) or 'decided'}."
    words = [f"{one.answer} {one.before}" for one in told if one.before is not None]
    return f"Now {effect.after}; until then {'; '.join(words) or 'decided'}."


def _told(answers: Sequence[AnswerChange], rulebook: Rulebook) -> list[AnswerChange]:
    """Give the answers of a verdict; what only later tables see is told when there is nothing else."""
    law = [one for one in answers if one.answer in rulebook.answers or one.answer in _NOT_LAW]
    return law or list(answers)


def _becomes(change: AnswerChange) -> str:
    if change.before is None:
        return f"{change.answer} {change.after} is new"
    if change.after is None:
        return f"{change.answer} {change.before} falls away"
    return f"{change.answer} {change.before} becomes {change.after}"


def _entry_lines(changes: Sequence[EntryChange]) -> list[str]:
    if not changes:
        return ["Nothing changes for a load: limits, duties, mixed loading, tunnels.", ""]
    lines = [f"Limits, duties, mixed loading and tunnels of a load: {_count(len(changes), 'change')}"]
    for change in changes:
        if change.before is None and change.after is not None:
            words = f"{change.after.id} begins: {entry_words(change.after)}"
        elif change.after is None and change.before is not None:
            words = f"{change.before.id} ends: {entry_words(change.before)}"
        elif change.before is not None and change.after is not None:
            words = f"{change.after.id}: {entry_words(change.before)} becomes {entry_words(change.after)}"
        lines.append(f"  - {words}")
    return [*lines, ""]


def _case_lines(changes: Sequence[CaseChange], compared: int) -> list[str]:
    if not changes:
        return [f"None of {compared} sample consignments gets another verdict."]
    lines = [f"Sample consignments: {len(changes)} of {compared} get another verdict"]
    groups: dict[tuple[Any, ...], list[CaseChange]] = {}
    for change in changes:
        key = (change.mode, tuple(change.before.items()), tuple(change.after.items()))
        groups.setdefault(key, []).append(change)
    for group in sorted(groups.values(), key=len, reverse=True):
        first = group[0]
        ids = [change.case.id for change in group]
        more = f" and {len(ids) - _IDS} more" if len(ids) > _IDS else ""
        lines.append(f"  - {first.mode}: {', '.join(ids[:_IDS])}{more}")
        lines.append(f"    {_verdict_change(first)}")
    return lines


def _verdict_change(change: CaseChange) -> str:
    """Say what becomes of a verdict; where it begins or ceases to be decided, only the answers that matter most."""
    names = list(change.before)
    if "undecided" in (change.before.get("outcome"), change.after.get("outcome")):
        names = [name for name in names if name in _HEADLINE]
    words = [f"{name} {_given(change.before[name])} -> {_given(change.after[name])}" for name in names]
    rest = len(change.before) - len(names)
    return "; ".join(words) + (f"; and {_count(rest, 'further answer')}" if rest else "")


def _given(answer: str) -> str:
    return answer or "(not given)"


def _unconfirmed_lines(difference: EditionDifference) -> list[str]:
    after = difference.after.name
    open_rules, entries = difference.unconfirmed, difference.unconfirmed_entries
    if not open_rules and not entries:
        return [f"Every rule and every entry on loads has been read in the text of {after}."]
    lines = [
        f"Nobody has confirmed {len(open_rules)} of {difference.active} rules and "
        f"{_count(len(entries), 'entry', 'entries')} on loads in the text of {after}. To read:"
    ]
    for cite, ids in difference.reading_list.items():
        more = f" and {len(ids) - _IDS} more" if len(ids) > _IDS else ""
        lines.append(f"  - {cite}: {', '.join(ids[:_IDS])}{more}")
    return lines


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def difference_document(difference: EditionDifference) -> dict[str, Any]:
    """Give the difference as plain values for JSON, schema ``rules-diff/1``."""
    return {
        "schema": "rules-diff/1",
        "before": _edition(difference.before),
        "after": _edition(difference.after),
        "is_empty": difference.is_empty,
        "rules": [
            {
                "table": change.table,
                "before": change.before.id,
                "after": change.after.id,
                "is_new": change.is_new,
                "is_over": change.is_over,
                "where": list(change.where),
                "answers": [
                    {"answer": one.answer, "before": one.before, "after": one.after} for one in change.answers
                ],
                "say": change.after.say,
                "cite": list(change.after.cite),
                "confidence": change.after.confidence,
            }
            for change in difference.rules
        ],
        "load": [
            {
                "kind": change.kind,
                "before": change.before and {"id": change.before.id, "words": entry_words(change.before)},
                "after": change.after and {"id": change.after.id, "words": entry_words(change.after)},
            }
            for change in difference.entries
        ],
        "cases_compared": difference.cases_compared,
        "cases": [
            {
                "id": change.case.id,
                "mode": change.mode,
                "alike": list(change.alike),
                "before": dict(change.before),
                "after": dict(change.after),
            }
            for change in difference.cases
        ],
        "rules_in_force": difference.active,
        "unconfirmed": [one.id for one in (*difference.unconfirmed, *difference.unconfirmed_entries)],
        "reading_list": {cite: list(ids) for cite, ids in difference.reading_list.items()},
    }


def _edition(edition: Edition) -> dict[str, Any]:
    return {
        "edition": edition.name,
        "applicable_from": edition.from_on,
        "mandatory_from": edition.mandatory_on,
        "applicable_to": edition.until_on,
        "status": edition.status,
    }
