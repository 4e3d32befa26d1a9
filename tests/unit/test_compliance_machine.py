"""The machine: facts taken in one by one, in any order, by one item or a column."""

from __future__ import annotations

import random
from datetime import date

import numpy as np

from voltloop.compliance import load_rulebook
from voltloop.compliance.boards import Boards
from voltloop.compliance.machine import Machine, machine_of
from voltloop.compliance.verdicts import Judge

BOOK = load_rulebook()
CHAIN = BOOK.chain("road_eu", date(2026, 11, 24))


def cells_of(**words: str) -> list[int]:
    cells = []
    for name in CHAIN.given:
        axis = CHAIN.axes[name]
        word = words.get(name) or axis.fact.unless_stated
        cells.append(axis.codes[word] if word else axis.count)
    return cells


def test_facts_may_come_in_any_order() -> None:
    machine = Machine(CHAIN)
    judge = Judge(BOOK, machine)
    cells = cells_of(chemistry="li_ion", form="battery", unit_kind="battery", state="used")
    moves = list(zip(CHAIN.given, cells, strict=True))
    found = set()
    for seed in range(4):
        random.Random(seed).shuffle(moves)
        state = machine.start
        for name, cell in moves:
            state = machine.move(state, machine.places[name], cell)
        verdict = judge.verdict(state)
        found.add((verdict.answers, verdict.missing, verdict.rules))
    assert len(found) == 1


def test_a_fact_that_does_not_matter_any_more_leaves_the_state_alone() -> None:
    machine = machine_of(CHAIN)
    state = machine.start
    known = cells_of(chemistry="li_ion", form="battery", unit_kind="battery", state="damaged")
    for name, cell in zip(CHAIN.given, known, strict=True):
        if name != "valves_closed":
            state = machine.move(state, machine.places[name], cell)
    assert machine.move(state, machine.places["valves_closed"], 0) == state


def test_the_rules_of_an_item_need_only_the_facts_that_matter() -> None:
    machine = machine_of(CHAIN)
    damaged = cells_of(
        chemistry="nimh", form="battery", unit_kind="battery", state="damaged", goods="battery"
    )
    assert machine.fire(damaged) is not None
    assert machine.fire(cells_of(form="battery")) is None


def test_a_column_moves_like_its_items() -> None:
    machine = Machine(CHAIN)
    boards = Boards(machine)
    place = machine.places["chemistry"]
    codes = np.arange(CHAIN.axes["chemistry"].size, dtype=np.uint8)
    states = np.full(len(codes), machine.start, np.int64)
    boards.move(states, place, codes)
    assert states.tolist() == [machine.move(machine.start, place, code) for code in codes.tolist()]
    none = np.zeros(0, np.int64)
    boards.move(none, place, np.zeros(0, np.uint8))
    assert not len(none)


def test_a_machine_is_kept_with_its_chain() -> None:
    assert machine_of(CHAIN) is machine_of(CHAIN)
