"""The walk down the chain of tables."""

from __future__ import annotations

from datetime import date

import numpy as np

from voltloop.compliance import load_rulebook
from voltloop.compliance.chain import NOT_ASKED, walk

BOOK = load_rulebook()
CHAIN = BOOK.chain("road_eu", date(2026, 11, 24))


def given(count: int, **words: str) -> dict[str, np.ndarray]:
    cells = {}
    for name in CHAIN.given:
        axis = CHAIN.axes[name]
        word = words.get(name) or axis.fact.unless_stated
        cells[name] = np.full(count, axis.codes[word] if word else axis.count)
    return cells


def test_tables_of_other_families_are_not_asked() -> None:
    leaves = walk(CHAIN, given(1, chemistry="nimh", form="battery", unit_kind="battery", state="used"))
    fired = dict(zip([table.spec.name for table in CHAIN.tables], leaves.fired[0].tolist(), strict=True))
    assert fired["gate"] == NOT_ASKED
    assert fired["wet"] == NOT_ASKED
    assert fired["not listed"] >= 0


def test_an_undecided_rule_ends_the_walk() -> None:
    leaves = walk(CHAIN, given(1, chemistry="na_ion", form="ctu", unit_kind="ctu", state="used"))
    names = [table.spec.name for table in CHAIN.tables]
    assert (leaves.fired[:, names.index("identity") + 1 :] == NOT_ASKED).all()


def test_leaves_keep_the_order_of_their_goods() -> None:
    cells = given(3, chemistry="li_ion", form="battery", unit_kind="battery", state="used")
    cells["chemistry"][1] = CHAIN.axes["chemistry"].codes["unknown"]
    owners = walk(CHAIN, cells).owner.tolist()
    assert owners == sorted(owners)
    assert set(owners) == {0, 1, 2}


def test_a_partly_known_fact_splits_into_its_members_only() -> None:
    leaves = walk(CHAIN, given(1, chemistry="lead_acid", form="vehicle", unit_kind="vehicle", state="used"))
    axis = CHAIN.axes["chemistry"]
    seen = {axis.label(code) for code in leaves.codes["chemistry"].tolist()}
    assert seen <= {"lead_acid", "lead_acid_flooded", "lead_acid_vrla"}
