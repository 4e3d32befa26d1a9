"""What the rulebook covers: how much law per edition, how sure, and which consignments it can decide.

A consignment here is a chemistry in a form and a state in ordinary circumstances: facts that silence has a value for
have it, and every other fact takes each of the values that the rules tell apart. Each such situation counts once,
whatever its share in real traffic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop.compliance.chain import Leaves, walk
from voltloop.compliance.goods import encode
from voltloop.compliance.reading import Rule
from voltloop.compliance.rulebook import Chain, Rulebook
from voltloop.compliance.vocabulary import Edition, split

__all__ = ["EditionCoverage", "ModeCoverage", "Place", "Reason", "edition_coverage", "mode_coverage"]

_SPAN = ("chemistry", "form", "state")


@dataclass(frozen=True, slots=True)
class EditionCoverage:
    """How much law one edition holds.

    ``cells`` counts the whole cells of its tables, each proven to have exactly one answer; ``confidence`` the rules by
    letter; ``confirmed`` the rules that somebody has read in the text of this edition.
    """

    edition: Edition
    tables: int
    rules: int
    cells: int
    confidence: Mapping[str, int]
    confirmed: int


@dataclass(frozen=True, slots=True)
class Place:
    """Situations of one chemistry, form and state: all that can occur, and those that stay open.

    ``law_open`` counts those that no fact would decide: the law is open there or has not been read, or the rulebook
    has no rule for them; ``fact_open`` those that a rule leaves open until a certain fact is stated.
    """

    chemistry: str
    form: str
    state: str
    situations: int
    law_open: int
    fact_open: int

    @property
    def decided(self) -> int:
        """Situations with a verdict."""
        return self.situations - self.law_open - self.fact_open


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that leaves situations open, and how many."""

    rule_id: str
    say: str
    cite: tuple[str, ...]
    situations: int
    asks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModeCoverage:
    """What one mode can decide on one day.

    Attributes
    ----------
    mode, editions
        The mode, and the edition of every regime that it asked.
    places
        One entry per chemistry, form and state; those that cannot occur have no situations.
    materials
        The same by material, with empty form and state.
    reasons
        Rules that leave something open, the weightiest first.
    facts
        Facts that the rules of the mode ask for.
    """

    mode: str
    editions: tuple[str, ...]
    places: tuple[Place, ...]
    materials: tuple[Place, ...]
    reasons: tuple[Reason, ...]
    facts: tuple[str, ...]


def edition_coverage(rulebook: Rulebook) -> tuple[EditionCoverage, ...]:
    """Give every edition of the rulebook in the order of its regimes, with what it holds."""
    found = []
    for regime, editions in rulebook.editions.items():
        mode = next((one for one in rulebook.modes.values() if regime in one.chain), None)
        axes = rulebook.axes(mode.name) if mode else {}
        for edition in editions:
            tables = rulebook.tables(mode.name, edition) if mode else ()
            rules = [rule for table in tables for rule in table.rules]
            cells = sum(
                int(np.prod([axes[name].count for name in table.facts], dtype=np.int64)) for table in tables
            )
            letters = Counter(rule.confidence for rule in rules)
            found.append(
                EditionCoverage(
                    edition, len(tables), len(rules), cells, {letter: letters[letter] for letter in "ABC"},
                    sum(rule.confirmed >= edition.order for rule in rules),
                )
            )  # fmt: skip
    return tuple(found)


def mode_coverage(rulebook: Rulebook, mode: str, on: date) -> ModeCoverage:
    """Say which consignments a mode can decide on a day.

    Raises
    ------
    RulebookError
        The mode is unknown, or no edition covers the day.
    """
    chain = rulebook.chain(mode, on)
    goods = _span(rulebook)
    named = [name for name in _SPAN if name in chain.given]
    batteries = _asked(rulebook, chain, goods) if named else None
    stuff = _materials(rulebook)
    materials = _asked(rulebook, chain, stuff) if "material" in chain.given and stuff.height else None
    rows = goods.select(_SPAN).rows() if batteries else []
    names = [(name, "", "") for name in stuff["material"].to_list()] if materials else []
    return ModeCoverage(
        mode, tuple(one.name for one in chain.editions.values()),
        _places(rows, batteries), _places(names, materials), _reasons(chain, (batteries, materials)), chain.given,
    )  # fmt: skip


def _span(rulebook: Rulebook) -> pl.DataFrame:
    values = [rulebook.facts[name].values for name in _SPAN]
    frame = pl.DataFrame({_SPAN[0]: values[0]})
    for name, choices in zip(_SPAN[1:], values[1:], strict=True):
        frame = frame.join(pl.DataFrame({name: choices}), how="cross")
    return frame


def _materials(rulebook: Rulebook) -> pl.DataFrame:
    fact = rulebook.facts.get("material")
    names = [value for value in fact.values if value != "none"] if fact else []
    return pl.DataFrame({"material": names}, schema={"material": pl.String})


@dataclass(frozen=True)
class _Asked:
    """Leaves that can occur: which goods each belongs to, and whether law or facts leave it open."""

    owner: npt.NDArray[np.int64]
    law_open: npt.NDArray[np.bool_]
    fact_open: npt.NDArray[np.bool_]
    by_rule: Counter[tuple[int, int]]


def _asked(rulebook: Rulebook, chain: Chain, goods: pl.DataFrame) -> _Asked:
    leaves = walk(chain, encode(goods, rulebook, chain).codes)
    impossible = _any_rule(chain, leaves, lambda rule: rule.effect == "impossible")
    law = _any_rule(chain, leaves, lambda rule: rule.effect == "undecided" and _needs_law(rule.then))
    fact = _any_rule(chain, leaves, lambda rule: rule.effect == "undecided" and not _needs_law(rule.then))
    if any("outcome" in table.spec.decides for table in chain.tables):
        law |= ~_any_rule(chain, leaves, lambda rule: "outcome" in rule.then or rule.effect == "undecided")
    kept = ~impossible
    by_rule: Counter[tuple[int, int]] = Counter()
    for at, table in enumerate(chain.tables):
        counts = np.bincount(leaves.fired[kept, at] + 1, minlength=len(table.rules) + 1)[1:]
        for index, rule in enumerate(table.rules):
            if rule.effect == "undecided" and counts[index]:
                by_rule[at, index] += int(counts[index])
    return _Asked(leaves.owner[kept], law[kept], (fact & ~law)[kept], by_rule)


def _needs_law(then: Mapping[str, str]) -> bool:
    asks = split(then.get("missing_facts", ""), ";")
    return not asks or "legal_advice" in asks


def _any_rule(chain: Chain, leaves: Leaves, wanted: Callable[[Rule], bool]) -> npt.NDArray[np.bool_]:
    """Say of each leaf whether a rule of some kind fired on its way."""
    found = np.zeros(len(leaves.owner), bool)
    for at, table in enumerate(chain.tables):
        hit = np.array([*(wanted(rule) for rule in table.rules), False])
        found |= hit[leaves.fired[:, at]]
    return found


def _places(names: list[tuple[str, str, str]], asked: _Asked | None) -> tuple[Place, ...]:
    if asked is None:
        return ()
    count = len(names)
    totals = [
        np.bincount(asked.owner, weights=weights, minlength=count).astype(np.int64).tolist()
        for weights in (None, asked.law_open, asked.fact_open)
    ]
    return tuple(Place(*name, *numbers) for name, *numbers in zip(names, *totals, strict=True))


def _reasons(chain: Chain, asked: tuple[_Asked | None, ...]) -> tuple[Reason, ...]:
    total: Counter[tuple[int, int]] = Counter()
    for one in asked:
        if one is not None:
            total.update(one.by_rule)
    rules = [(chain.tables[at].rules[index], count) for (at, index), count in total.most_common()]
    return tuple(
        Reason(rule.id, rule.say, rule.cite, count, split(rule.then.get("missing_facts", ""), ";"))
        for rule, count in rules
    )
