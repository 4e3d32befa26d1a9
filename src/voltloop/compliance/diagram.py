"""Decision diagrams: functions of finite facts, kept so that equal functions are the same number.

A node is a terminal with a value, or asks for one fact and has a child for each of its cells. Facts are asked in one
fixed order, a node whose children are all the same is that child, and equal nodes are made once. So two functions are
equal exactly when their node numbers are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from voltloop.compliance.distinct import distinct_rows

__all__ = ["NEVER", "Diagrams"]

NEVER: Final = -1
"""Child of a cell that cannot be."""

_LAST: Final = 1 << 30


class Diagrams:
    """A store of nodes.

    Attributes
    ----------
    fact
        Place in the order of the fact that a node asks for; beyond all places for a terminal.
    kids
        Children of a node, :data:`NEVER` for cells that cannot be; empty for a terminal.
    value
        Value of a terminal, by node.
    support
        Facts that a node depends on, as bits.
    """

    def __init__(self) -> None:
        self.fact: list[int] = []
        self.kids: list[tuple[int, ...]] = []
        self.value: dict[int, Any] = {}
        self.support: list[int] = []
        self._terminals: dict[Any, int] = {}
        self._nodes: dict[tuple[int, tuple[int, ...]], int] = {}
        self._narrowed: dict[tuple[int, int, int], int] = {}
        self._selected: dict[tuple[int, tuple[tuple[Any, int], ...]], int] = {}
        self._reached: dict[int, tuple[Any, ...]] = {}

    def terminal(self, value: Any) -> int:
        """Give the terminal with a value."""
        if value not in self._terminals:
            node = self._add(_LAST, (), 0)
            self._terminals[value] = node
            self.value[node] = value
        return self._terminals[value]

    def make(self, fact: int, kids: tuple[int, ...]) -> int:
        """Give the node that asks for a fact; at least one of its cells must be possible."""
        different = set(kids)
        different.discard(NEVER)
        if len(different) == 1:
            return different.pop()
        key = (fact, kids)
        node = self._nodes.get(key)
        if node is None:
            support = 1 << fact
            for kid in different:
                support |= self.support[kid]
            node = self._nodes[key] = self._add(fact, kids, support)
        return node

    def _add(self, fact: int, kids: tuple[int, ...], support: int) -> int:
        self.fact.append(fact)
        self.kids.append(kids)
        self.support.append(support)
        return len(self.fact) - 1

    def narrow(self, node: int, fact: int, members: int) -> int:
        """Give a function when a fact is known to lie in some of its cells, given as bits."""
        if not self.support[node] >> fact & 1:
            return node
        key = (node, fact, members)
        found = self._narrowed.get(key)
        if found is None:
            kids = self.kids[node]
            if self.fact[node] == fact:
                left = tuple(kid if members >> cell & 1 else NEVER for cell, kid in enumerate(kids))
            else:
                left = tuple(NEVER if kid < 0 else self.narrow(kid, fact, members) for kid in kids)
            found = self._narrowed[key] = self.make(self.fact[node], left)
        return found

    def reached(self, node: int) -> tuple[Any, ...]:
        """Give the values of a function, in the order of the cells that first have them."""
        found = self._reached.get(node)
        if found is None:
            if node in self.value:
                found = (self.value[node],)
            else:
                values: dict[Any, None] = {}
                for kid in dict.fromkeys(self.kids[node]):
                    if kid >= 0:
                        values.update(dict.fromkeys(self.reached(kid)))
                found = tuple(values)
            self._reached[node] = found
        return found

    def from_table(self, dense: npt.NDArray[Any], facts: Sequence[int]) -> int:
        """Give the function of an array that has one dimension per fact."""
        order = sorted(range(len(facts)), key=lambda at: facts[at])
        cells = np.transpose(dense, order)
        values, inverse = np.unique(cells, return_inverse=True)
        nodes = np.array([self.terminal(int(value)) for value in values])[inverse.reshape(cells.shape)]
        for at in reversed(order):
            rows = nodes.reshape(-1, nodes.shape[-1])
            first, which = distinct_rows(list(rows.T))
            made = [self.make(facts[at], tuple(row)) for row in rows[first].tolist()]
            nodes = np.array(made)[which].reshape(nodes.shape[:-1])
        return int(nodes)

    def select(self, choice: int, branches: Mapping[Any, int]) -> int:
        """Give the function that goes on as the branch of the value that another function has."""
        if choice in self.value:
            return branches[self.value[choice]]
        used = tuple((value, branches[value]) for value in self.reached(choice))
        nodes = {node for _, node in used}
        if len(nodes) == 1:
            return nodes.pop()
        key = (choice, used)
        found = self._selected.get(key)
        if found is None:
            place = min(self.fact[choice], *(self.fact[node] for node in nodes))
            asks = next(node for node in (choice, *nodes) if self.fact[node] == place)
            kids = []
            for cell in range(len(self.kids[asks])):
                below = {value: self._below(node, place, cell) for value, node in used}
                kids.append(self.select(self._below(choice, place, cell), below))
            found = self._selected[key] = self.make(place, tuple(kids))
        return found

    def _below(self, node: int, place: int, cell: int) -> int:
        return self.kids[node][cell] if self.fact[node] == place else node

    def relabelled(self, node: int, values: Mapping[Any, Any], memo: dict[int, int], into: Diagrams) -> int:
        """Give a function with other values in place of its own, as a node of another store."""
        if node not in memo:
            if node in self.value:
                memo[node] = into.terminal(values[self.value[node]])
            else:
                kids = (
                    NEVER if kid < 0 else self.relabelled(kid, values, memo, into) for kid in self.kids[node]
                )
                memo[node] = into.make(self.fact[node], tuple(kids))
        return memo[node]
