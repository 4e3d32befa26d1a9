"""The loaded rulebook: read, proven and compiled, ready to answer for any mode and edition it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from voltloop.compliance.based import read_based_on, rebased
from voltloop.compliance.conditions import Axis, Condition, make_axis, parse_condition
from voltloop.compliance.credentials.rules import CredentialRules, read_credential_rules
from voltloop.compliance.loads.law import LoadTables, read_load
from voltloop.compliance.loads.limits import Duty, Limit
from voltloop.compliance.proofs import prove_all_fire, prove_load, prove_order, unique_rules
from voltloop.compliance.reading import Rule, TableSpec, read_regime
from voltloop.compliance.tables import Table, compile_table
from voltloop.compliance.vocabulary import (
    Answer,
    Edition,
    Fact,
    Mode,
    read_answers,
    read_editions,
    read_facts,
    read_modes,
    rows_of,
)
from voltloop.errors import RulebookError, nearest

__all__ = ["Chain", "Implied", "Rulebook", "load_rulebook", "packaged_folder"]


@dataclass(frozen=True, slots=True)
class Implied:
    """What one stated fact says about another: a value for a silent one, or a contradiction with a stated one.

    ``given`` meets the ``condition``; where ``than`` names another number, ``given`` is compared with it instead, and
    ``sign`` says how.
    """

    fact: str
    given: str
    condition: Condition
    value: str
    contradicts: str
    say: str
    sign: str = ""
    than: str = ""


@dataclass(frozen=True)
class Chain:
    """The compiled tables of one mode in one set of editions, in the order of decision.

    Attributes
    ----------
    mode, edition, editions
        Mode, edition of its main regime, and the edition of every regime asked.
    tables
        Tables in order.
    axes
        Partition of every fact that they use.
    memo
        Verdicts already worked out, by cell; filled by the classifier.
    """

    mode: Mode
    edition: Edition
    editions: Mapping[str, Edition]
    tables: tuple[Table, ...]
    axes: Mapping[str, Axis]
    memo: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def given(self) -> tuple[str, ...]:
        """Facts that the goods must state, in a fixed order."""
        return tuple(name for name, axis in self.axes.items() if not axis.fact.is_derived)


@dataclass(frozen=True)
class Rulebook:
    """All law that voltloop knows, from one folder. Make one with :func:`load_rulebook`."""

    folder: Path
    facts: Mapping[str, Fact]
    answers: Mapping[str, Answer]
    editions: Mapping[str, tuple[Edition, ...]]
    modes: Mapping[str, Mode]
    flags: Mapping[str, tuple[str, str]]
    implied: tuple[Implied, ...]
    rules: Mapping[str, Rule]
    specs: Mapping[str, tuple[TableSpec, ...]]
    load: LoadTables
    credentials: CredentialRules
    _axes: Mapping[str, Mapping[str, Axis]] = field(repr=False)
    _tables: Mapping[tuple[str, str], tuple[Table, ...]] = field(repr=False)
    _chains: dict[tuple[str, ...], Chain] = field(default_factory=dict, repr=False, compare=False)
    _asked: dict[tuple[str, date, str | None], Chain] = field(default_factory=dict, repr=False, compare=False)

    @property
    def limits(self) -> tuple[Limit, ...]:
        """Limits of a load, of all regimes and editions."""
        return self.load.limits

    @property
    def duties(self) -> tuple[Duty, ...]:
        """Duties of a load, of all regimes and editions."""
        return self.load.duties

    def mode(self, name: str) -> Mode:
        """Give a mode by name.

        Raises
        ------
        RulebookError
            The rulebook has no such mode.
        """
        if name not in self.modes:
            raise RulebookError(
                f'"{name}" is not a mode of this rulebook. '
                f"Known modes: {', '.join(self.modes)}.{nearest(name, self.modes)}",
                code="unknown-mode",
            )
        return self.modes[name]

    def edition(self, regime: str, on: date, name: str | None = None) -> Edition:
        """Give the edition of a regime to use on a day.

        Without ``name``: the newest edition that may be used on the day and whose text has been read; an edition
        that is only announced answers when no other does, and its verdicts say so.

        Raises
        ------
        RulebookError
            No edition covers the day, ``name`` is unknown, or ``name`` may not be used on the day.
        """
        known = self.editions[regime]
        lawful = [edition for edition in known if edition.covers(on)]
        if name is not None:
            named = [edition for edition in known if edition.name == name]
            if not named:
                choices = [edition.name for edition in known]
                raise RulebookError(
                    f'"{name}" is not an edition of {regime}. '
                    f"Known editions: {', '.join(choices)}.{nearest(name, choices)}",
                    code="unknown-edition",
                )
            if named[0] not in lawful:
                until = named[0].until_on.isoformat() if named[0].until_on else "further notice"
                raise RulebookError(
                    f"{name} may be used from {named[0].from_on} to {until}, not on {on}. "
                    "Choose another edition or date.",
                    code="date-outside-editions",
                )
            return named[0]
        if not lawful:
            last = known[-1].until_on
            raise RulebookError(
                f"No edition of {regime} in the rulebook covers {on}. Covered: {known[0].from_on} to "
                f"{last.isoformat() if last else 'further notice'}. Choose a date in this range or add the edition.",
                code="date-outside-editions",
            )
        read = [edition for edition in lawful if edition.status != "announced"]
        return (read or lawful)[-1]

    def lawful_editions(self, mode: str, on: date) -> tuple[str, ...]:
        """Give the names of all editions that may be used in a mode on a day, oldest first; empty when none may."""
        return tuple(one.name for one in self.editions[self.mode(mode).regime] if one.covers(on))

    def chain(self, mode: str, on: date, edition: str | None = None) -> Chain:
        """Give the compiled tables for a mode on a day (see :meth:`edition`)."""
        asked = (mode, on, edition)
        if asked in self._asked:
            return self._asked[asked]
        wanted = self.mode(mode)
        # The main regime goes first: a day that it does not cover is refused with its own range.
        chosen = {wanted.regime: self.edition(wanted.regime, on, edition)}
        chosen = {regime: chosen.get(regime) or self.edition(regime, on) for regime in wanted.chain}
        self._asked[asked] = self.chain_of(mode, chosen)
        return self._asked[asked]

    def chain_of(self, mode: str, chosen: Mapping[str, Edition]) -> Chain:
        """Give the compiled tables of a mode in named editions, one for every regime that the mode asks.

        Whether the editions may be used on one day is not looked at: this is for comparing editions.
        """
        wanted = self.mode(mode)
        chosen = {regime: chosen[regime] for regime in wanted.chain}
        key = (mode, *(one.name for one in chosen.values()))
        if key not in self._chains:
            tables = tuple(
                table for regime in wanted.chain for table in self._tables[mode, chosen[regime].name]
            )
            self._chains[key] = Chain(wanted, chosen[wanted.regime], chosen, tables, self._axes[mode])
        return self._chains[key]

    def tables(self, mode: str, edition: Edition) -> tuple[Table, ...]:
        """Give the compiled tables of one edition, with the cells that the rules of a mode need."""
        return self._tables[mode, edition.name]

    def axes(self, mode: str) -> Mapping[str, Axis]:
        """Give the cells of every fact that the rules of a mode ask for."""
        return self._axes[mode]


def packaged_folder() -> Path:
    """Folder of the rulebook that comes with voltloop."""
    return Path(__file__).resolve().parent.parent / "rulebook"


@cache
def _packaged() -> Rulebook:
    return _load(packaged_folder())


def load_rulebook(folder: Path | None = None) -> Rulebook:
    """Read, prove and compile a rulebook.

    Parameters
    ----------
    folder
        Folder in the format of ``docs/reference/rulebook-format.md``; None for the one that comes with voltloop,
        which is loaded once.

    Raises
    ------
    RulebookError
        Anything that is not certain: an unknown key, fact, value or edition, an id that stands twice, rules that
        overlap, a cell without a rule, a rule that can never answer, days without an edition. The message
        names file and row.
    """
    return _packaged() if folder is None else _load(Path(folder))


def _load(folder: Path) -> Rulebook:
    if not folder.is_dir():
        raise RulebookError(
            f"{folder}: there is no such folder. Expected a rulebook with editions.csv and facts.csv. Mend the path.",
            code="rulebook-file",
        )
    shown = folder.name
    facts = read_facts(folder / "facts.csv", f"{shown}/facts.csv")
    answers = read_answers(folder / "answers.csv", f"{shown}/answers.csv")
    editions = read_editions(folder / "editions.csv", f"{shown}/editions.csv")
    modes = read_modes(folder / "modes.csv", f"{shown}/modes.csv", editions, facts)
    specs: dict[str, tuple[TableSpec, ...]] = {}
    for regime, name in _read_regimes(folder, shown, editions).items():
        place = f"{shown}/{name}"
        own, other = read_regime(folder / name, place, regime, facts, answers, editions[regime])
        if other is not None:
            based_on = read_based_on(other, f"{place}/chain.toml")
            own = rebased(own, based_on, specs, editions, regime, f"{place}/chain.toml")
        specs[regime] = own
    rules = unique_rules([rule for tables in specs.values() for spec in tables for rule in spec.rules])
    load = read_load(folder / "load", f"{shown}/load", editions)
    prove_load(rules, load)
    axes: dict[str, Mapping[str, Axis]] = {}
    tables: dict[tuple[str, str], tuple[Table, ...]] = {}
    compiled: dict[tuple[Any, ...], Table] = {}
    for mode in modes.values():
        chain = [spec for regime in mode.chain for spec in specs[regime]]
        prove_order(chain, facts, mode)
        axes[mode.name] = _axes_of(chain, facts)
        for regime in mode.chain:
            for edition in editions[regime]:
                tables[mode.name, edition.name] = tuple(
                    _compiled(spec, edition, axes[mode.name], compiled) for spec in specs[regime]
                )
    prove_all_fire(rules, tables)
    return Rulebook(
        folder, facts, answers, editions, modes, _read_flags(folder, shown, facts), _read_implied(folder, shown, facts),
        rules, specs, load,
        read_credential_rules(folder / "credentials", f"{shown}/credentials", editions, modes), axes, tables,
    )  # fmt: skip


def _read_regimes(folder: Path, shown: str, editions: Mapping[str, object]) -> dict[str, str]:
    """Give the folder of each regime; each regime with editions has one, and no other."""
    folders: dict[str, str] = {}
    for place, row in rows_of(folder / "regimes.csv", f"{shown}/regimes.csv", ("regime", "folder", "title")):
        if row["regime"] not in editions or row["regime"] in folders:
            raise RulebookError(
                f'{place}: "{row["regime"]}" has no edition in editions.csv or stands twice. Mend one of the files.',
                code="rulebook-value",
            )
        folders[row["regime"]] = row["folder"]
    for regime in editions:
        if regime not in folders:
            raise RulebookError(
                f'{shown}/regimes.csv: the regime "{regime}" of editions.csv has no row. Add it with its folder.',
                code="rulebook-value",
            )
    return folders


def _axes_of(chain: Sequence[TableSpec], facts: Mapping[str, Fact]) -> dict[str, Axis]:
    asked: dict[str, list[Condition]] = {}
    for spec in chain:
        for conditions in (spec.only, *(rule.when for rule in spec.rules)):
            for name, condition in conditions.items():
                asked.setdefault(name, []).append(condition)
        for name in spec.decides:
            if name in facts and facts[name].is_derived:
                asked.setdefault(name, [])
    return {name: make_axis(facts[name], asked[name]) for name in facts if name in asked}


def _compiled(
    spec: TableSpec, edition: Edition, axes: Mapping[str, Axis], known: dict[tuple[Any, ...], Table]
) -> Table:
    """Compile a table, once for all modes and editions with the same rules and the same cells."""
    active = [rule for rule in spec.rules if rule.applies_in(edition)]
    asked = sorted({*spec.only, *(name for rule in active for name in rule.when)})
    key = (spec.regime, spec.name, *(rule.id for rule in active), *(axes[name].cuts for name in asked))
    if key not in known:
        known[key] = compile_table(spec, active, axes, edition.name)
    return known[key]


def _read_flags(folder: Path, shown: str, facts: Mapping[str, Fact]) -> dict[str, tuple[str, str]]:
    flags = {}
    for place, row in rows_of(folder / "flags.csv", f"{shown}/flags.csv", ("flag", "fact", "value")):
        if row["fact"] and (row["fact"] not in facts or row["value"] not in facts[row["fact"]].values):
            raise RulebookError(
                f'{place}: "{row["fact"]} = {row["value"]}" is not a fact and value of facts.csv. Mend the row.',
                code="rulebook-fact",
            )
        flags[row["flag"]] = (row["fact"], row["value"])
    return flags


def _read_implied(folder: Path, shown: str, facts: Mapping[str, Fact]) -> tuple[Implied, ...]:
    columns = ("fact", "given", "condition", "value", "contradicts", "say")
    found = []
    for place, row in rows_of(folder / "implied.csv", f"{shown}/implied.csv", columns):
        for name in (row["fact"], row["given"]):
            if name not in facts:
                raise RulebookError(
                    f'{place}: "{name}" is not a fact. Declare it in facts.csv.', code="rulebook-fact"
                )
        sign, than = _comparison(row["condition"], facts[row["given"]], facts)
        condition = (
            Condition(row["given"], row["condition"])
            if than
            else parse_condition(facts[row["given"]], row["condition"], place)
        )
        found.append(
            Implied(
                row["fact"], row["given"], condition, row["value"], row["contradicts"], row["say"], sign, than
            )
        )
    return tuple(found)


def _comparison(text: str, given: Fact, facts: Mapping[str, Fact]) -> tuple[str, str]:
    """Give sign and name of the number that a condition such as "<tml_pct" compares with; blanks for any other."""
    sign = next((one for one in ("<=", ">=", "<", ">") if text.startswith(one)), "")
    than = text.removeprefix(sign).strip()
    is_number = given.kind == "decimal" and than in facts and facts[than].kind == "decimal"
    return (sign, than) if sign and is_number else ("", "")
