"""Decision diagrams: equal functions are one number."""

from __future__ import annotations

import itertools

import numpy as np

from voltloop.compliance.diagram import NEVER, Diagrams


def value_at(diagrams: Diagrams, node: int, cells: tuple[int, ...]) -> object:
    while diagrams.kids[node]:
        node = diagrams.kids[node][cells[diagrams.fact[node]]]
    return diagrams.value[node]


def test_a_table_and_its_diagram_say_the_same_in_every_cell() -> None:
    dense = np.random.default_rng(1).integers(0, 2, (2, 3, 4)).astype(np.int16)
    diagrams = Diagrams()
    node = diagrams.from_table(dense, [2, 0, 1])
    for cells in itertools.product(range(3), range(4), range(2)):
        assert value_at(diagrams, node, cells) == dense[cells[2], cells[0], cells[1]]


def test_equal_functions_are_one_number_and_facts_without_effect_vanish() -> None:
    diagrams = Diagrams()
    one = diagrams.from_table(np.array([[0, 1], [0, 1]], np.int16), [0, 1])
    other = diagrams.from_table(np.array([0, 1], np.int16), [1])
    assert one == other
    assert diagrams.support[one] == 0b10
    assert diagrams.from_table(np.int16(7).reshape(()), []) == diagrams.terminal(7)


def test_a_narrowed_function_forgets_what_cannot_be() -> None:
    diagrams = Diagrams()
    node = diagrams.from_table(np.array([[0, 1, 1], [2, 3, 4]], np.int16), [0, 1])
    assert diagrams.narrow(node, 0, 0b10) == diagrams.from_table(np.array([2, 3, 4], np.int16), [1])
    assert diagrams.kids[diagrams.narrow(node, 1, 0b110)][0] == diagrams.terminal(1)
    part = diagrams.narrow(diagrams.narrow(node, 0, 0b10), 1, 0b101)
    assert diagrams.kids[part][1] == NEVER
    assert diagrams.reached(part) == (2, 4)


def test_a_function_may_choose_between_others() -> None:
    diagrams = Diagrams()
    choice = diagrams.from_table(np.array([5, 6], np.int16), [1])
    first = diagrams.from_table(np.array([0, 1], np.int16), [0])
    node = diagrams.select(choice, {5: first, 6: diagrams.terminal(9)})
    assert [value_at(diagrams, node, cells) for cells in ((0, 0), (1, 0), (0, 1), (1, 1))] == [0, 1, 9, 9]
    assert diagrams.select(choice, {5: first, 6: first}) == first
