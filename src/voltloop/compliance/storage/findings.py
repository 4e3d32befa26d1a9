"""What the check of a store found, as findings in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop.compliance.storage.book import StoreRule
from voltloop.compliance.storage.check import GroupAnswer, StoreAnswers, settled_by
from voltloop.compliance.storage.days import Periods
from voltloop.compliance.storage.measures import Cell, State
from voltloop.compliance.storage.missing import Doubts
from voltloop.findings import Finding, kinds, make

__all__ = ["FINDING_SCHEMA", "Tell"]

FINDING_SCHEMA = {
    "code": pl.String(),
    "severity": pl.String(),
    "site_id": pl.String(),
    "area_id": pl.String(),
    "rule": pl.String(),
    "missing": pl.String(),
    "lots": pl.Int64(),
    "message": pl.String(),
    "help": pl.String(),
    "cite": pl.String(),
    "confidence": pl.String(),
}
"""Columns of the table of findings; ``area_id`` is null where a finding is about a whole site or the input."""

_EXCEEDED = {"insurer": "store-insurer-limit", "practice": "store-practice-limit", "guidance": "store-advice"}


@dataclass
class Tell:
    """Puts answers into findings, one after the other."""

    answers: StoreAnswers
    rows: list[dict[str, Any]] = field(default_factory=list)
    reach: list[tuple[int, str]] = field(default_factory=list)
    """Area and weight of every finding that concerns it, also of those about its whole site."""

    def table(self) -> pl.DataFrame:
        """Give the findings as a table."""
        return pl.DataFrame(self.rows, schema=FINDING_SCHEMA)

    def given(self, findings: Iterable[Finding]) -> None:
        """Take over findings about the input."""
        for finding in findings:
            self._add(finding)

    def _add(self, finding: Finding, unit: int | None = None, *, is_site: bool = False, **more: Any) -> None:
        areas = self.answers.areas.frame
        row = dict.fromkeys(FINDING_SCHEMA)
        row |= {"code": finding.code, "severity": str(finding.severity), "message": finding.message}
        row |= {"help": kinds()[finding.code].help}
        if unit is not None:
            row["site_id"] = self.answers.sites[unit] if is_site else areas["site_id"][unit]
            row["area_id"] = None if is_site else areas["area_id"][unit]
            if not is_site:
                self.reach.append((unit, str(finding.severity)))
        self.rows.append(row | more)

    def _reach(self, group: GroupAnswer, unit: int, code: str) -> None:
        """Let a finding about a site count for the areas whose lots it is about."""
        if group.is_site:
            areas = np.unique(self.answers.area_of[group.members.rows(unit)]).tolist()
            self.reach += [(area, str(kinds()[code].severity)) for area in areas]

    def _where(self, unit: int, is_site: bool) -> str:
        return (
            f"site {self.answers.sites[unit]}"
            if is_site
            else f"area {self.answers.areas.frame['area_id'][unit]}"
        )

    def groups(self) -> None:
        """Say what is exceeded, not followed, or met by an unconfirmed provision alone."""
        for group in self.answers.groups:
            told = (group.state == State.EXCEEDED) | (group.state == State.UNCONFIRMED)
            for unit in np.flatnonzero(told).tolist():
                if group.rules[0].effect == "forbid":
                    self._misplaced(group, unit)
                else:
                    self._exceeded(group, unit)

    def _misplaced(self, group: GroupAnswer, unit: int) -> None:
        rule, members = group.rules[0], group.members
        rows = members.rows(unit)
        rows = rows[members.certain[rows]]
        self._add(
            make(
                "store-goods-misplaced", where=self._where(unit, group.is_site), value=self._names(rows),
                lots=len(rows), say=rule.say, rule=rule.id, cite="; ".join(rule.cite),
            ),
            unit, is_site=group.is_site, lots=len(rows), **_source([rule]),
        )  # fmt: skip

    def _exceeded(self, group: GroupAnswer, unit: int) -> None:
        told = [
            (
                rule,
                " and ".join(
                    self._said(cell, unit, group.is_site) for cell in cells if cell.state[unit] >= state
                ),
            )
            for rule, cells, states in zip(group.rules, group.cells, group.states, strict=True)
            for state in (int(group.state[unit]),)
            if states[unit] >= State.EXCEEDED or (state == State.UNCONFIRMED and states[unit] == State.OK)
        ]
        rules = [rule for rule, _ in told]
        if group.state[unit] == State.UNCONFIRMED:
            code, value = "store-unconfirmed", " or ".join(rule.one_of for rule in rules[:1])
        else:
            code, value = self._code(group, unit), "; or ".join(words for _, words in told)
        self._reach(group, unit, code)
        self._add(
            make(
                code, where=self._where(unit, group.is_site), value=value, say=" ".join(rule.say for rule in rules),
                rule=", ".join(rule.id for rule in rules), cite=_source(rules)["cite"],
            ),
            unit, is_site=group.is_site, lots=len(group.members.rows(unit)),
            **_source(rules),
        )  # fmt: skip

    def _said(self, cell: Cell, unit: int, is_site: bool) -> str:
        word = cell.bound.word
        if word.sense != "is":
            return _words(cell, unit)
        stated = None if is_site else self.answers.areas.frame[word.measure][unit]
        said = f" {stated}" if stated else ""
        return f"{word.meaning}{said}, expected {' or '.join(sorted(cell.bound.values))}"

    def _code(self, group: GroupAnswer, unit: int) -> str:
        if group.binds[unit]:
            return "store-limit-exceeded"
        if group.rules[0].effect == "advise":
            return "store-advice"
        return _EXCEEDED.get(self.answers.book.codes[group.code].force, "store-limit-exceeded")

    def _names(self, rows: npt.NDArray[np.int64]) -> str:
        ids = self.answers.lots.frame["lot_id"]
        return ", ".join(ids[int(row)] for row in rows[:3])

    def periods(self, periods: Periods) -> None:
        """Say which lots have waited too long."""
        for late in periods.overdue:
            code = "store-time-advice" if late.is_advice else "store-time-exceeded"
            self._add(
                make(
                    code, where=self._where(late.area, is_site=False), value=self._names(late.lots),
                    lots=len(late.lots), days=late.days, limit=late.limit, say=late.rule.say, rule=late.rule.id,
                    cite="; ".join(late.rule.cite),
                ),
                late.area, lots=len(late.lots), rule=late.rule.id, cite="; ".join(late.rule.cite),
                confidence=late.rule.confidence,
            )  # fmt: skip

    def missing(self, periods: Periods) -> None:
        """Say which rules cannot be checked and for want of which facts: one finding per area for each weight."""
        doubts = Doubts(self.answers)
        found: dict[tuple[int, bool, bool], tuple[dict[str, None], dict[str, None]]] = {}
        for group in self.answers.groups:
            for unit in np.flatnonzero(group.state == State.UNKNOWN).tolist():
                binds = group.rules[0].effect != "advise" or bool(group.binds[unit])
                rules, facts = found.setdefault((unit, group.is_site, binds), ({}, {}))
                rules[group.rules[0].one_of] = None
                facts.update(dict.fromkeys(doubts.missing(group, unit)))
                self._reach(group, unit, "store-fact-missing" if binds else "store-advice-unknown")
        doubtful = ~self._settled()
        for group in self.answers.groups:
            if group.rules[0].settles:
                rows = np.flatnonzero(doubtful & group.members.possible & ~group.members.certain)
                for unit in np.unique(group.members.unit[rows]).tolist():
                    rules, facts = found.setdefault((unit, group.is_site, True), ({}, {}))
                    rules[group.rules[0].one_of] = None
                    facts.update(dict.fromkeys(doubts.about(group, rows[group.members.unit[rows] == unit])))
        for area, rule, is_advice, names in periods.open:
            rules, facts = found.setdefault((area, False, not is_advice), ({}, {}))
            rules[rule.id] = None
            facts.update(dict.fromkeys(sorted(names)))
        for (unit, is_site, binds), (rules, facts) in sorted(found.items()):
            asks = dict.fromkeys(doubts.ask(name) for name in facts)
            self._add(
                make(
                    "store-fact-missing" if binds else "store-advice-unknown", where=self._where(unit, is_site),
                    rule=", ".join(rules), value=", ".join(facts), ask=" ".join(asks),
                ),
                unit, is_site=is_site, rule="; ".join(rules), missing="; ".join(facts),
            )  # fmt: skip

    def _settled(self) -> npt.NDArray[np.bool_]:
        answers = self.answers
        groups = ((group.rules[0], group.members) for group in answers.groups)
        return settled_by(groups, answers.lots, answers.exempt, answers.applies, answers.area_of)

    def unsettled(self) -> None:
        """Say of which goods no code that applies says that they may be stored like this."""
        answers = self.answers
        possible = np.zeros(answers.lots.height, np.bool_)
        for group in answers.groups:
            if group.rules[0].settles:
                possible |= group.members.possible
        left = np.flatnonzero(~self._settled() & ~possible)
        for area in np.unique(answers.area_of[left]):
            rows = left[answers.area_of[left] == area]
            names = (
                answers.lots.frame["chemistry"].gather(rows.tolist()).fill_null("unknown chemistry").unique()
            )
            self._add(
                make("store-no-rule", where=self._where(int(area), is_site=False), lots=len(rows),
                     value=", ".join(names.sort().to_list()[:5])),
                int(area), lots=len(rows),
            )  # fmt: skip

    def left_out(self) -> None:
        """Say in which areas and sites rejected lots are missing from the sums."""
        answers = self.answers
        areas = {name: at for at, name in enumerate(answers.areas.frame["area_id"].to_list())}
        sites: dict[int, int] = {}
        counts = answers.lots.rejected["area_id"].drop_nulls().value_counts(sort=True)
        for name, count in counts.iter_rows():
            if name in areas:
                at = areas[name]
                sites[int(answers.site_of[at])] = sites.get(int(answers.site_of[at]), 0) + count
                self._add(make("store-lots-left-out", where=f"area {name}", lots=count), at, lots=count)
        for site, count in sites.items():
            groups = [one for one in answers.groups if one.is_site and one.state[site] == State.OK]
            for group in groups:
                self._reach(group, site, "store-lots-left-out")
            if groups:
                where = self._where(site, is_site=True)
                self._add(
                    make("store-lots-left-out", where=where, lots=count), site, is_site=True, lots=count,
                    **_source([group.rules[0] for group in groups]),
                )  # fmt: skip


def _source(rules: list[StoreRule]) -> dict[str, str]:
    return {
        "rule": "; ".join(rule.id for rule in rules),
        "cite": "; ".join(dict.fromkeys(cite for rule in rules for cite in rule.cite)),
        "confidence": max((rule.confidence for rule in rules), default=""),
    }


def _words(cell: Cell, unit: int) -> str:
    word = cell.bound.word
    limit, unit_name = float(cell.limit[unit]), f" {word.unit}" if word.unit else ""
    value = float(cell.high[unit] if word.sense == "min" else cell.low[unit])
    sign = {"max": "at most", "below": "less than", "min": "at least"}[word.sense]
    side = "short" if word.sense == "min" else "over"
    share = f", {value / limit:.0%} of the limit" if limit > 0 and word.sense != "min" else ""
    return (
        f"{word.meaning} {_figure(value)}{unit_name}, {sign} {_figure(limit)}{unit_name} "
        f"({_figure(abs(value - limit))}{unit_name} {side}{share})"
    )


def _figure(value: float) -> str:
    return f"{value:.6g}"
