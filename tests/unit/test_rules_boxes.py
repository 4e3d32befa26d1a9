"""Sets of cells in words: read back, the words give exactly the cells again."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltloop.compliance.conditions import Axis, make_axis, parse_condition
from voltloop.compliance.upkeep.boxes import boxes_of, cells_in_words
from voltloop.compliance.vocabulary import Fact


def _fact(name: str, kind: str, values: tuple[str, ...] = (), **groups: tuple[str, ...]) -> Fact:
    return Fact(name, kind, "Wh" if kind == "decimal" else "", values, False, groups, {}, "", None, "", "")


COLOUR = make_axis(
    _fact("colour", "choice", ("red", "green", "blue", "grey", "pink"), warm=("red", "pink")), ()
)
SHAPE = make_axis(_fact("shape", "choice", ("round", "flat", "long"), thin=("flat", "long")), ())
_SIZE = _fact("size", "decimal")
SIZE = make_axis(_SIZE, [parse_condition(_SIZE, text, "here") for text in ("<=20", ">20 <100", ">=100")])
AXES = [COLOUR, SHAPE, SIZE]


def _codes(axis: Axis, words: str) -> set[int]:
    if axis.fact.kind == "decimal":
        found = set()
        for part in words.removesuffix(" Wh").split(" or "):
            condition = parse_condition(axis.fact, part.removesuffix(" Wh"), "here")
            found |= {code for code in range(axis.count) if axis.mask(condition)[code]}
        return found
    names = words.removeprefix("other than ").split(" or ")
    values = {value for name in names for value in axis.fact.groups.get(name, (name,))}
    if words.startswith("other than "):
        values = set(axis.fact.values) - values
    return {axis.fact.values.index(value) for value in values}


def _cells(box: str) -> set[tuple[int, ...]]:
    said = {} if box == "everywhere" else dict(part.split(" ", 1) for part in box.split(", "))
    sides = [
        _codes(axis, said[axis.fact.name]) if axis.fact.name in said else set(range(axis.count))
        for axis in AXES
    ]
    return set(itertools.product(*sides))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_words_give_the_cells_back(data: st.DataObject) -> None:
    """Cells that are not asked may be taken in; all others are told exactly, and none twice."""
    shape = tuple(axis.count for axis in AXES)
    draw = st.lists(st.booleans(), min_size=int(np.prod(shape)), max_size=int(np.prod(shape)))
    asked = np.array(data.draw(draw)).reshape(shape) if data.draw(st.booleans()) else np.ones(shape, bool)
    cells = np.array(data.draw(draw)).reshape(shape) & asked
    boxes = boxes_of(cells, AXES, asked)
    told = [cell for box in boxes for cell in _cells(box) if asked[cell]]
    assert sorted(told) == [tuple(cell) for cell in np.argwhere(cells).tolist()]


def test_a_box_is_told_once_and_facts_that_do_not_matter_are_left_out() -> None:
    cells = np.zeros((5, 3, 3), bool)
    cells[np.ix_([0, 4], [0, 1, 2], [1, 2])] = True
    assert boxes_of(cells, AXES) == ["colour warm, size >20 Wh"]
    assert boxes_of(np.ones((5, 3, 3), bool), AXES) == ["everywhere"]
    assert boxes_of(np.zeros((5, 3, 3), bool), AXES) == []


@pytest.mark.parametrize(
    ("axis", "codes", "words"),
    [
        (COLOUR, [0], "red"),
        (COLOUR, [0, 4, 1], "warm or green"),
        (COLOUR, [0, 1, 2, 4], "other than grey"),
        (SIZE, [0], "<=20 Wh"),
        (SIZE, [1], ">20 <100 Wh"),
        (SIZE, [1, 2], ">20 Wh"),
        (SIZE, [0, 2], "<=20 Wh or >=100 Wh"),
        (SIZE, [0, 1, 2], "of any size"),
    ],
)
def test_cells_of_one_fact_in_words(axis: Axis, codes: list[int], words: str) -> None:
    assert cells_in_words(axis, codes) == words
