"""The worked cases as sample consignments: which of them get another verdict in another edition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from voltloop.compliance.cases import Case, read_cases
from voltloop.compliance.kinds import kinds_of
from voltloop.compliance.rulebook import Chain, Rulebook
from voltloop.compliance.verdicts import Verdict
from voltloop.compliance.vocabulary import Edition, Mode

__all__ = ["CaseChange", "answers_of", "changed_cases", "goods_frame", "verdicts_of"]


@dataclass(frozen=True, slots=True)
class CaseChange:
    """One sample consignment whose verdict changes.

    Attributes
    ----------
    case
        The worked case; cases with the same goods are told once.
    mode
        Mode that it was asked in.
    alike
        Ids of further cases with the same goods.
    before, after
        The answers that change, by name; ``missing_facts`` among them.
    """

    case: Case
    mode: str
    alike: tuple[str, ...]
    before: Mapping[str, str]
    after: Mapping[str, str]


def goods_frame(cases: list[Case]) -> pl.DataFrame:
    """Give the goods of cases as one table, a row each; empty cells are null."""
    names = dict.fromkeys(name for case in cases for name in case.facts)
    columns = {name: [case.facts.get(name) for case in cases] for name in names}
    return pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))


def verdicts_of(goods: pl.DataFrame, rulebook: Rulebook, chain: Chain) -> list[Verdict]:
    """Give the verdict of each row of goods under one chain of tables."""
    found = kinds_of(goods, rulebook, chain)
    return [found.verdicts[at] for at in found.which.tolist()]


def answers_of(verdict: Verdict, rulebook: Rulebook) -> dict[str, str]:
    """Give the answers of a verdict by name, with ``missing_facts``; an answer that is not given is empty."""
    found = {name: text or "" for name, text in zip(rulebook.answers, verdict.answers, strict=True)}
    found["missing_facts"] = ";".join(verdict.missing)
    return found


def changed_cases(rulebook: Rulebook, before: Edition, after: Edition) -> tuple[tuple[CaseChange, ...], int]:
    """Ask every worked case under two editions, all other law being that of the first day of the newer one.

    Returns
    -------
    tuple
        The changes, and how many different goods were asked.
    """
    cases = read_cases(rulebook)
    changes: list[CaseChange] = []
    compared = 0
    for mode in rulebook.modes.values():
        if before.regime not in mode.chain:
            continue
        sources = _sources(mode, rulebook, cases)
        mine = _distinct([case for case in cases if case.mode in sources])
        if not mine:
            continue
        compared += len(mine)
        goods = goods_frame([group[0] for group in mine])
        verdicts = [
            verdicts_of(goods, rulebook, _chain(rulebook, mode, edition, after.from_on))
            for edition in (before, after)
        ]
        for group, *pair in zip(mine, *verdicts, strict=True):
            one, other = (answers_of(verdict, rulebook) for verdict in pair)
            names = [name for name in one if one[name] != other[name]]
            if names:
                changes.append(
                    CaseChange(
                        group[0], mode.name, tuple(case.id for case in group[1:]),
                        {name: one[name] for name in names}, {name: other[name] for name in names},
                    )
                )  # fmt: skip
    return tuple(changes), compared


def _sources(mode: Mode, rulebook: Rulebook, cases: Sequence[Case]) -> set[str]:
    """Modes whose cases a mode is asked: its own and those of laws it shares rules with; all where there are none."""
    rows = {
        regime: {rule.place for spec in specs for rule in spec.rules}
        for regime, specs in rulebook.specs.items()
    }
    mine = rows[mode.regime]
    kin = {name for name, other in rulebook.modes.items() if mine & rows[other.regime]} | {mode.name}
    return kin if any(case.mode in kin for case in cases) else set(rulebook.modes)


def _distinct(cases: list[Case]) -> list[list[Case]]:
    groups: dict[tuple[tuple[str, str], ...], list[Case]] = {}
    for case in cases:
        groups.setdefault(tuple(sorted(case.facts.items())), []).append(case)
    return list(groups.values())


def _chain(rulebook: Rulebook, mode: Mode, edition: Edition, on: date) -> Chain:
    chosen = {}
    for regime in mode.chain:
        known = rulebook.editions[regime]
        lawful = [one for one in known if one.covers(on)]
        read = [one for one in lawful if one.status != "announced"]
        chosen[regime] = edition if regime == edition.regime else (read or lawful or known)[-1]
    return rulebook.chain_of(mode.name, chosen)
