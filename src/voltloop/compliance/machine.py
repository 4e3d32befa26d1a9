"""The chain of decision tables as one machine that takes in facts one by one.

A *state* is all that is left to ask once some facts are known: for each table the function of the facts that are still
open. States that leave the same to ask are the same number, so the many kinds of goods that the law treats alike become
few. Taking in a fact is one look-up, for one item as for a column of millions; what no goods needed yet is worked out
when it is first asked. A fact that nobody stated is not taken in: what is left when all others are is the function of
the unknown facts, from which the verdict follows.
"""

from __future__ import annotations

from threading import RLock

from voltloop.compliance.chain import NOT_ASKED
from voltloop.compliance.diagram import Diagrams
from voltloop.compliance.rulebook import Chain
from voltloop.compliance.tables import Table

__all__ = ["Machine", "machine_of"]

_MOST_STATES = 400_000
_MAKING = RLock()

_Narrowed = tuple[tuple[int, int], ...]
"""Open facts that are partly known, each with the cells that they may be, as bits."""


class Machine:
    """States of one chain and the moves between them.

    Attributes
    ----------
    places
        Place of every fact in the order in which functions ask: derived facts, then given ones.
    start
        State in which nothing is known.
    lock
        Held while states are made; known moves are read without it.
    """

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.lock = RLock()
        derived = [name for name, axis in chain.axes.items() if axis.fact.is_derived]
        self.facts = (*derived, *chain.given)
        self.places = {name: place for place, name in enumerate(self.facts)}
        self._axes = [chain.axes[name] for name in self.facts]
        self._members = [
            [1 << cell for cell in range(axis.count)]
            + [sum(1 << cell for cell in cells) for _, cells in axis.partial]
            for axis in self._axes
        ]
        self._whole = [(1 << axis.count) - 1 for axis in self._axes]
        self.given_bits = sum(1 << self.places[name] for name in chain.given)
        self._derived_bits = (1 << len(derived)) - 1
        self._unset = tuple(
            1 << (axis.codes[axis.fact.unless_stated] if axis.fact.unless_stated else 0)
            for axis in self._axes[: len(derived)]
        )
        self.diagrams = Diagrams()
        self._not_asked = self.diagrams.terminal(NOT_ASKED)
        self._effects: list[dict[int, _Effect]] = [{} for _ in chain.tables]
        self.nodes: list[tuple[int, ...]] = []
        self.narrowed: list[_Narrowed] = []
        self.support: list[int] = []
        self._states: dict[tuple[tuple[int, ...], _Narrowed], int] = {}
        self.moves: dict[tuple[int, int, int], int] = {}
        self.start = self._state([self._function(table) for table in chain.tables], ())

    @property
    def is_full(self) -> bool:
        """Whether so many states are known that a new machine should take over."""
        return len(self.nodes) > _MOST_STATES

    def move(self, state: int, place: int, code: int) -> int:
        """Give the state after a fact is known to be in a cell, whole or partial."""
        key = (state, place, code)
        found = self.moves.get(key)
        return self._move(key) if found is None else found

    def possible(self, state: int, place: int) -> list[int]:
        """Give the whole cells in which an open fact may be."""
        bits = dict(self.narrowed[state]).get(place, self._whole[place])
        return [cell for cell in range(bits.bit_length()) if bits >> cell & 1]

    def _move(self, key: tuple[int, int, int]) -> int:
        state, place, code = key
        members = self._members[place][code]
        if not self.support[state] >> place & 1 or members == self._whole[place]:
            self.moves[key] = state
            return state
        with self.lock:
            narrow, support, bit = self.diagrams.narrow, self.diagrams.support, 1 << place
            nodes = [
                narrow(node, place, members) if support[node] & bit else node for node in self.nodes[state]
            ]
            narrowed = dict(self.narrowed[state])
            if members & (members - 1):
                narrowed[place] = members
            after = self._state(nodes, tuple(sorted(narrowed.items())))
            self.moves[key] = after
            return after

    def _function(self, table: Table) -> int:
        """Give the rule of a table as a function of given and derived facts."""
        chain, diagrams = self.chain, self.diagrams
        full = tuple(chain.axes[name].size for name in table.facts)
        whole = tuple(slice(0, chain.axes[name].count) for name in table.facts)
        node = diagrams.from_table(
            table.dense.reshape(full)[whole], [self.places[name] for name in table.facts]
        )
        for name, mask in table.guard.items():
            held = mask[: chain.axes[name].count].tolist()
            node = diagrams.guarded(node, self.places[name], held, self._not_asked)
        return node

    def _state(self, nodes: list[int], narrowed: _Narrowed) -> int:
        """Give the number of a state, once derived facts are put in wherever they are known."""
        support_of, not_asked, derived_bits = self.diagrams.support, self._not_asked, self._derived_bits
        derived = list(self._unset)
        ended, support = 0, 0
        for at, before in enumerate(nodes):
            if before == not_asked:
                continue
            if ended == 1:
                nodes[at] = not_asked
                continue
            node = before
            open_derived = support_of[node] & derived_bits
            while open_derived:
                place = (open_derived & -open_derived).bit_length() - 1
                node = self.diagrams.narrow(node, place, derived[place])
                open_derived &= open_derived - 1
            nodes[at] = node
            support |= support_of[node]
            effect = self._effects[at].get(node) or self._effect(at, node)
            for place, values, keeps in effect.derives:
                derived[place] = values | derived[place] if keeps or ended else values
            if effect.ends:
                ended = 1 if effect.ends == 1 else 2
        left = tuple((place, bits) for place, bits in narrowed if support >> place & 1)
        key = (tuple(nodes), left)
        if key not in self._states:
            self._states[key] = len(self.nodes)
            self.nodes.append(key[0])
            self.narrowed.append(left)
            self.support.append(support)
        return self._states[key]

    def _effect(self, at: int, node: int) -> _Effect:
        """Give what the rules that a table may still fire say of derived facts, and whether they end the walk."""
        table = self.chain.tables[at]
        reached = self.diagrams.reached(node)
        rules = [table.rules[index] for index in reached if index != NOT_ASKED]
        silent = NOT_ASKED in reached
        derives = []
        for name in table.spec.decides:
            place = self.places.get(name)
            if place is None or not self.chain.axes[name].fact.is_derived or not rules:
                continue
            codes = self.chain.axes[name].codes
            values = 0
            for rule in rules:
                values |= 1 << codes[rule.then[name]] if name in rule.then else 0
            derives.append((place, values, silent or any(name not in rule.then for rule in rules)))
        ending = [rule.effect in ("undecided", "impossible") for rule in rules]
        ends = 0 if not any(ending) else 1 if all(ending) and not silent else 2
        effect = self._effects[at][node] = _Effect(tuple(derives), ends)
        return effect


class _Effect:
    """``derives``: place, values as bits, and whether an older value may stay; ``ends``: 0 never, 1 always, 2 maybe."""

    __slots__ = ("derives", "ends")

    def __init__(self, derives: tuple[tuple[int, int, bool], ...], ends: int) -> None:
        self.derives = derives
        self.ends = ends


def machine_of(chain: Chain) -> Machine:
    """Give the machine of a chain, made when it is first needed."""
    machine = chain.memo.get("machine")
    if machine is None or machine.is_full:
        with _MAKING:
            machine = chain.memo.get("machine")
            if machine is None or machine.is_full:
                machine = chain.memo["machine"] = Machine(chain)
    return machine
