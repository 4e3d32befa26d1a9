"""The chain of decision tables as one machine that takes in facts one by one.

Each table is turned into a function of the facts that goods state, the facts that earlier tables derive being put in. A
*state* is what is left of all these functions once some facts are known; states that leave the same to ask are the same
number, so the many kinds of goods that the law treats alike become few. Taking in a fact is one look-up, for one item
as for a column of millions; what no goods needed yet is worked out when it is first asked. A fact that nobody stated is
not taken in: what is left when all others are is the function of the unknown facts, from which the verdict follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import RLock

from voltloop.compliance.chain import NOT_ASKED
from voltloop.compliance.diagram import Diagrams
from voltloop.compliance.rulebook import Chain
from voltloop.compliance.tables import Table

__all__ = ["Machine", "machine_of"]

_MOST_STATES = 1_000_000
_MAKING = RLock()

_Narrowed = tuple[tuple[int, int], ...]
"""Open facts that are partly known, each with the cells that they may be, as bits."""


@dataclass(frozen=True, slots=True)
class _Stage:
    """One table.

    Its rule as a function of derived and given facts, which derived facts it is asked for, what its rules say of
    derived facts, and whether they end the walk.
    """

    function: int
    guard: tuple[tuple[int, int], ...]
    derives: tuple[tuple[tuple[int, int], ...], ...]
    ends: tuple[bool, ...]


class Machine:
    """States of one chain and the moves between them.

    Attributes
    ----------
    facts, places
        Derived facts, then given ones: the order in which functions ask; and the place of each.
    nodes, narrowed, support
        By state: what is left of each table's function, open facts that are partly known, and open facts as bits.
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
        axes = [chain.axes[name] for name in self.facts]
        self._members = [
            [1 << cell for cell in range(axis.count)]
            + [sum(1 << cell for cell in cells) for _, cells in axis.partial]
            for axis in axes
        ]
        self._whole = [(1 << axis.count) - 1 for axis in axes]
        self._unset = tuple(
            axis.codes[axis.fact.unless_stated] if axis.fact.unless_stated else 0
            for axis in axes[: len(derived)]
        )
        self.diagrams = Diagrams()
        self._not_asked = self.diagrams.terminal(NOT_ASKED)
        self._stages = [self._stage(table) for table in chain.tables]
        self.nodes: list[tuple[int, ...]] = []
        self.narrowed: list[_Narrowed] = []
        self.support: list[int] = []
        self._open: list[Sequence[int]] = []
        self._states: dict[tuple[tuple[int, ...], _Narrowed], int] = {}
        self._moves: dict[tuple[int, int, int], int] = {}
        self._start: int | None = None

    @property
    def start(self) -> int:
        """State in which nothing is known; made when it is first asked for."""
        if self._start is None:
            with self.lock:
                if self._start is None:
                    nodes = tuple(self._composed())
                    self._start = self._state(nodes, (), range(len(nodes)))
        return self._start

    @property
    def is_full(self) -> bool:
        """Whether so many states are known that a new machine should take over."""
        return len(self.nodes) > _MOST_STATES

    def move(self, state: int, place: int, code: int) -> int:
        """Give the state after a fact is known to be in a cell, whole or partial."""
        if not self.support[state] >> place & 1:
            return state
        key = (state, place, code)
        found = self._moves.get(key)
        return self._move(key) if found is None else found

    def possible(self, state: int, place: int) -> list[int]:
        """Give the whole cells in which an open fact may be."""
        bits = dict(self.narrowed[state]).get(place, self._whole[place])
        return [cell for cell in range(bits.bit_length()) if bits >> cell & 1]

    def fire(self, codes: Sequence[int]) -> tuple[int, ...] | None:
        """Give the rule that each table fires for one item; None where a fact that is not known matters.

        Parameters
        ----------
        codes
            Cell of every given fact, in the order of ``chain.given``.
        """
        fact, kids, value = self.diagrams.fact, self.diagrams.kids, self.diagrams.value
        known = [*self._unset, *codes]
        fired = [NOT_ASKED] * len(self._stages)
        for at, stage in enumerate(self._stages):
            if not all(members >> known[place] & 1 for place, members in stage.guard):
                continue
            node = stage.function
            below = kids[node]
            while below:
                code = known[fact[node]]
                if code >= len(below):
                    return None
                node = below[code]
                below = kids[node]
            rule = fired[at] = value[node]
            for place, code in stage.derives[rule]:
                known[place] = code
            if stage.ends[rule]:
                break
        return tuple(fired)

    def _move(self, key: tuple[int, int, int]) -> int:
        state, place, code = key
        members = self._members[place][code]
        if members == self._whole[place]:
            self._moves[key] = state
            return state
        with self.lock:
            fact, kids, support = self.diagrams.fact, self.diagrams.kids, self.diagrams.support
            is_one = not members & (members - 1)
            nodes = list(self.nodes[state])
            for at in self._open[state]:
                node = nodes[at]
                if is_one and fact[node] == place:
                    nodes[at] = kids[node][code]
                elif support[node] >> place & 1:
                    nodes[at] = self.diagrams.narrow(node, place, members)
            narrowed = self.narrowed[state]
            if not is_one:
                narrowed = tuple(sorted((dict(narrowed) | {place: members}).items()))
            after = self._moves[key] = self._state(tuple(nodes), narrowed, self._open[state])
            return after

    def _state(self, nodes: tuple[int, ...], narrowed: _Narrowed, maybe_open: Sequence[int]) -> int:
        """Give the number of a state; only some of its functions may still be open."""
        support, support_of = 0, self.diagrams.support
        for at in maybe_open:
            support |= support_of[nodes[at]]
        left = tuple((place, bits) for place, bits in narrowed if support >> place & 1) if narrowed else ()
        key = (nodes, left)
        found = self._states.get(key)
        if found is None:
            self.support.append(support)
            self.narrowed.append(left)
            self._open.append([at for at in maybe_open if support_of[nodes[at]]])
            found = self._states[key] = len(self.nodes)
            self.nodes.append(nodes)
        return found

    def _stage(self, table: Table) -> _Stage:
        chain, places = self.chain, self.places
        full = tuple(chain.axes[name].size for name in table.facts)
        whole = tuple(slice(0, chain.axes[name].count) for name in table.facts)
        function = self.diagrams.from_table(
            table.dense.reshape(full)[whole], [places[name] for name in table.facts]
        )
        guard = tuple(
            (places[name], sum(1 << cell for cell, held in enumerate(mask.tolist()) if held))
            for name, mask in table.guard.items()
        )
        derived = [name for name in table.spec.decides if name in places and chain.axes[name].fact.is_derived]
        derives = tuple(
            tuple(
                (places[name], chain.axes[name].codes[rule.then[name]])
                for name in derived
                if name in rule.then
            )
            for rule in table.rules
        )
        return _Stage(
            function,
            guard,
            derives,
            tuple(rule.effect in ("undecided", "impossible") for rule in table.rules),
        )

    def _composed(self) -> list[int]:
        """Give the rule of each table as a function of given facts alone."""
        diagrams = self.diagrams
        derived = [diagrams.terminal(code) for code in self._unset]
        ended = diagrams.terminal(0)
        functions = []
        for stage in self._stages:
            function = self._put_in(stage.function, derived, {})
            for place, members in stage.guard:
                asked = {
                    code: function if members >> code & 1 else self._not_asked
                    for code in diagrams.reached(derived[place])
                }
                function = diagrams.select(derived[place], asked)
            function = diagrams.select(ended, {0: function, 1: self._not_asked})
            functions.append(function)
            for place in {place for said in stage.derives for place, _ in said}:
                says = {rule: dict(said).get(place) for rule, said in enumerate(stage.derives)}
                derived[place] = self._said(function, says, derived[place])
            if any(stage.ends):
                ends = {rule: 1 if is_last else None for rule, is_last in enumerate(stage.ends)}
                ended = self._said(function, ends, ended)
        return functions

    def _said(self, function: int, says: Mapping[int, int | None], before: int) -> int:
        """Give a derived value after a table: what the rule that fires says of it, or what it was."""
        branches = {
            rule: before if code is None else self.diagrams.terminal(code) for rule, code in says.items()
        }
        return self.diagrams.select(function, branches | {NOT_ASKED: before})

    def _put_in(self, node: int, derived: Sequence[int], done: dict[int, int]) -> int:
        """Give a table's function with the functions of derived facts put in."""
        diagrams = self.diagrams
        place = diagrams.fact[node]
        if place >= len(derived):
            return node
        if node not in done:
            codes = diagrams.reached(derived[place])
            branches = {code: self._put_in(diagrams.kids[node][code], derived, done) for code in codes}
            done[node] = diagrams.select(derived[place], branches)
        return done[node]


def machine_of(chain: Chain) -> Machine:
    """Give the machine of a chain, made when it is first needed."""
    machine = chain.memo.get("machine")
    if machine is None or machine.is_full:
        with _MAKING:
            machine = chain.memo.get("machine")
            if machine is None or machine.is_full:
                machine = chain.memo["machine"] = Machine(chain)
    return machine
