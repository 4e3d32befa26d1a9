"""From fired rules to verdicts: what the completions of goods agree on, and which fact would decide the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voltloop.compliance.chain import walk
from voltloop.compliance.distinct import distinct_rows
from voltloop.compliance.reading import Rule
from voltloop.compliance.rulebook import Chain, Rulebook

__all__ = ["Verdict", "decide"]

_Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One verdict.

    Attributes
    ----------
    answers
        Text of every answer, in the order of the rulebook; None where there is none, or completions disagree.
    missing
        Facts that would decide an undecided verdict.
    rules
        Ids of the rules that it rests on, in the order of decision.
    notes
        Sentences for a person: why it is undecided, and what nobody has confirmed.
    confidence
        Worst confidence of its rules.
    """

    answers: tuple[str | None, ...]
    missing: tuple[str, ...]
    rules: tuple[str, ...]
    notes: tuple[str, ...]
    confidence: str


@dataclass(frozen=True, slots=True)
class _LeafVerdict:
    answers: tuple[str | None, ...]
    missing: tuple[str, ...]
    rules: tuple[Rule, ...]
    why: tuple[str, ...]
    impossible: bool


def decide(rulebook: Rulebook, chain: Chain, given: Mapping[str, _Codes]) -> list[Verdict]:
    """Give the verdict of each of several goods, stated as cells of ``chain.given``."""
    leaves = walk(chain, given)
    examples, which = distinct_rows(list(leaves.fired.T))
    readings = [_reading(rulebook, chain, leaves.fired[example]) for example in examples.tolist()]
    count = len(next(iter(given.values())))
    starts = np.searchsorted(leaves.owner, np.arange(count + 1))
    names = chain.given
    cells = np.stack([leaves.codes[name] for name in names], axis=1).astype(np.int16)
    known: dict[tuple[bytes, ...], Verdict] = {}
    found = []
    for start, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        mine, part = which[start:end], cells[start:end]
        varies = (part != part[0]).any(axis=0)
        key = (mine.tobytes(), varies.tobytes(), part[:, varies].tobytes())
        if key not in known:
            split_on = {names[at]: part[:, at].astype(np.int64) for at in np.flatnonzero(varies).tolist()}
            known[key] = _combined(rulebook, chain, split_on, mine, readings)
        found.append(known[key])
    return found


def _reading(rulebook: Rulebook, chain: Chain, pattern: npt.NDArray[np.int16]) -> _LeafVerdict:
    """Put the rules of one leaf together."""
    scalars: dict[str, str] = {}
    sets: dict[str, dict[str, None]] = {
        name: {} for name, answer in rulebook.answers.items() if answer.is_set
    }
    rules = [
        table.rules[index] for table, index in zip(chain.tables, pattern.tolist(), strict=True) if index >= 0
    ]
    for rule in rules:
        for name, value in rule.then.items():
            if name in sets:
                sets[name].update(dict.fromkeys(part.strip() for part in value.split(";") if part.strip()))
            elif name in rulebook.answers:
                scalars[name] = value
    undecided = [rule for rule in rules if rule.effect == "undecided"]
    if undecided:
        scalars["outcome"] = "undecided"
    missing = tuple(sets.pop("missing_facts", {}))
    words = {name: scalars.get(name, "") for name in rulebook.answers}
    answers = tuple(
        (";".join(part.format_map(words) for part in sets[name]) if name in sets else scalars.get(name))
        if name != "missing_facts"
        else None
        for name in rulebook.answers
    )
    impossible = any(rule.effect == "impossible" for rule in rules)
    return _LeafVerdict(answers, missing, tuple(rules), tuple(rule.say for rule in undecided), impossible)


def _agreed(rulebook: Rulebook, chain: Chain, readings: Sequence[_LeafVerdict]) -> Verdict:
    """Give the verdict of completions that all say the same."""
    if readings[0].impossible:
        return _contradiction(rulebook, readings[0].rules)
    rules = list(dict.fromkeys(rule for reading in readings for rule in reading.rules))
    missing = tuple(dict.fromkeys(name for reading in readings for name in reading.missing))
    why = tuple(dict.fromkeys(sentence for reading in readings for sentence in reading.why))
    return Verdict(readings[0].answers, missing, _ids(rules), why + _unconfirmed(chain, rules), _worst(rules))


def _combined(
    rulebook: Rulebook,
    chain: Chain,
    split_on: Mapping[str, _Codes],
    mine: _Codes,
    readings: Sequence[_LeafVerdict],
) -> Verdict:
    """Give the verdict of goods with unknown facts from all their completions."""
    possible = np.array([not readings[index].impossible for index in mine.tolist()])
    if not possible.any():
        return _contradiction(rulebook, readings[int(mine[0])].rules)
    mine = mine[possible]
    distinct = [readings[index] for index in dict.fromkeys(mine.tolist())]
    if len({(reading.answers, reading.missing) for reading in distinct}) == 1:
        return _agreed(rulebook, chain, distinct)
    codes = {name: column[possible] for name, column in split_on.items()}
    names = list(rulebook.answers)
    columns = zip(*(reading.answers for reading in distinct), strict=True)
    agreed = [values[0] if len(set(values)) == 1 else None for values in columns]
    agreed[names.index("outcome")] = "undecided"
    verdict_of = {(reading.answers, reading.missing): at for at, reading in enumerate(distinct)}
    ids = np.array([verdict_of[readings[index].answers, readings[index].missing] for index in mine.tolist()])
    missing = _deciding_facts(chain, codes, ids)
    if all(reading.answers[names.index("outcome")] == "undecided" for reading in distinct):
        missing = tuple(
            dict.fromkeys((*(name for reading in distinct for name in reading.missing), *missing))
        )
    common = [rule for rule in distinct[0].rules if all(rule in reading.rules for reading in distinct)]
    why = tuple(f"{rulebook.facts[name].name} is not known" for name in missing if name in chain.axes)
    return Verdict(tuple(agreed), missing, _ids(common), why + _unconfirmed(chain, common), _worst(common))


def _deciding_facts(chain: Chain, codes: Mapping[str, _Codes], ids: _Codes) -> tuple[str, ...]:
    """Facts of which a change alone can change the verdict.

    Leaves part the completions, so this is exact: two leaves with different verdicts that are compatible in every
    other fact hold two completions that differ in this fact only.
    """
    split_on = [name for name, column in codes.items() if (column != column[0]).any()]
    if len(ids) > 1500:
        return tuple(split_on)
    differ = ids[:, None] != ids[None, :]
    apart = {name: _apart(chain, name, codes[name]) for name in split_on}
    clashes = np.zeros(differ.shape, np.int16)
    for matrix in apart.values():
        clashes += matrix
    return tuple(name for name in split_on if (differ & apart[name] & (clashes == 1)).any())


def _apart(chain: Chain, name: str, column: _Codes) -> npt.NDArray[np.bool_]:
    """Which pairs of cells have no whole cell in common."""
    axis = chain.axes[name]
    members = np.zeros((axis.size, axis.count), bool)
    members[np.arange(axis.count), np.arange(axis.count)] = True
    for group, (_, inside) in enumerate(axis.partial):
        members[axis.count + group, list(inside)] = True
    shared = (members.astype(np.int16) @ members.T.astype(np.int16)) > 0
    apart: npt.NDArray[np.bool_] = ~shared[column[:, None], column[None, :]]
    return apart


def _contradiction(rulebook: Rulebook, rules: Sequence[Rule]) -> Verdict:
    answers = tuple("undecided" if name == "outcome" else None for name in rulebook.answers)
    facts = tuple(dict.fromkeys(fact for rule in rules if rule.effect == "impossible" for fact in rule.when))
    says = tuple(rule.say for rule in rules if rule.effect == "impossible")
    given = tuple(name for name in facts if not rulebook.facts[name].is_derived)
    return Verdict(answers, ("contradiction", *given), _ids(rules), says, "A")


def _ids(rules: Sequence[Rule]) -> tuple[str, ...]:
    return tuple(rule.id for rule in rules if rule.effect != "advise")


def _worst(rules: Sequence[Rule]) -> str:
    return max((rule.confidence for rule in rules if rule.effect != "advise"), default="A")


def _unconfirmed(chain: Chain, rules: Sequence[Rule]) -> tuple[str, ...]:
    late = {rule.regime for rule in rules if rule.confirmed < chain.editions[rule.regime].order}
    return tuple(
        f"not confirmed for {chain.editions[regime].name}" for regime in chain.editions if regime in late
    )
