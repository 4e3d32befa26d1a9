"""Decision tables: dense, complete, and honest about unknown facts."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from voltloop.compliance import load_rulebook
from voltloop.compliance.chain import walk
from voltloop.compliance.rulebook import Chain
from voltloop.compliance.tables import SPLIT, Table

BOOK = load_rulebook()
CHAIN = BOOK.chain("road_eu", date(2026, 11, 24))


def table(name: str, chain: Chain = CHAIN) -> Table:
    return next(one for one in chain.tables if one.spec.name == name)


def entry(one: Table, **words: str) -> int:
    index = sum(
        CHAIN.axes[name].codes[words[name]] * stride
        for name, stride in zip(one.facts, one.strides, strict=True)
    )
    return int(one.dense[index])


def test_a_cell_holds_the_rule_that_answers_it() -> None:
    gate = table("gate")
    assert gate.rules[entry(gate, branch="sound", un38_3_tested="yes")].id == "ADR.gate.pass"
    assert gate.rules[entry(gate, branch="sound", un38_3_tested="no")].id == "ADR.gate.fail"


def test_an_unknown_fact_is_a_cell_that_splits_only_where_it_matters() -> None:
    gate = table("gate")
    assert entry(gate, branch="sound", un38_3_tested="unknown") == SPLIT
    assert gate.rules[entry(gate, branch="damaged", un38_3_tested="unknown")].id == "ADR.gate.relieved"


@pytest.mark.parametrize("mode", ["road_eu", "road_us", "border_eu"])
def test_every_whole_cell_of_every_table_has_a_rule(mode: str) -> None:
    chain = BOOK.chain(mode, date(2026, 11, 24))
    for one in chain.tables:
        shape = tuple(chain.axes[name].size for name in one.facts)
        whole = tuple(slice(0, chain.axes[name].count) for name in one.facts)
        assert (one.dense.reshape(shape)[whole] >= 0).all(), one.spec.name


def test_editions_with_the_same_rules_share_their_tables() -> None:
    late = BOOK.chain("road_eu", date(2027, 7, 1))
    assert table("gate", late) is table("gate")
    early = BOOK.chain("road_eu", date(2024, 7, 1))
    assert table("vehicle", early) is not table("vehicle")


def test_leaves_of_unknown_goods_are_the_completions_that_matter() -> None:
    given = {name: np.array([CHAIN.axes[name].codes[CHAIN.axes[name].fact.unless_stated or "unknown"]])
             if CHAIN.axes[name].fact.kind != "decimal" else np.array([CHAIN.axes[name].count])
             for name in CHAIN.given}  # fmt: skip
    for name, value in (
        ("chemistry", "li_ion"),
        ("form", "battery"),
        ("unit_kind", "battery"),
        ("state", "damaged"),
    ):
        given[name] = np.array([CHAIN.axes[name].codes[value]])
    leaves = walk(CHAIN, given)
    assert set(leaves.owner.tolist()) == {0}
    assert len(leaves.owner) == CHAIN.axes["energy_wh"].count, "only the energy is split, into its cells"
