"""One walk down the chain of decision tables, for any number of goods at once.

Unknown facts are split only where they matter: a cell whose completions fire one rule is answered as it is, any other
cell is replaced by its completions, each carrying its assumption on. What comes out are *leaves*, which together are
exactly the completions of the goods.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from voltloop.compliance.rulebook import Chain
from voltloop.compliance.tables import SPLIT, Table

__all__ = ["NOT_ASKED", "Leaves", "walk"]

NOT_ASKED: Final = -1
"""Entry of :attr:`Leaves.fired` where a table was not asked."""

_Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Leaves:
    """Completions of goods, grouped by the goods they come from.

    Attributes
    ----------
    owner
        Index of the goods of each leaf, rising.
    codes
        Cell of every fact of the chain, by fact; an unknown fact keeps its cell where it never mattered.
    fired
        Index of the rule that fired, by leaf and table; :data:`NOT_ASKED` where the table was not asked.
    """

    owner: _Codes
    codes: Mapping[str, _Codes]
    fired: npt.NDArray[np.int16]


def walk(chain: Chain, given: Mapping[str, _Codes]) -> Leaves:
    """Answer goods whose facts are given as cells.

    Parameters
    ----------
    chain
        Compiled tables.
    given
        Cell of every fact in ``chain.given``, one entry per goods.

    Returns
    -------
    Leaves
        At least one per goods.
    """
    count = len(next(iter(given.values())))
    codes = {name: np.asarray(column, np.int64) for name, column in given.items()}
    for name, axis in chain.axes.items():
        if axis.fact.is_derived:
            start = axis.codes[axis.fact.unless_stated] if axis.fact.unless_stated else 0
            codes[name] = np.full(count, start, np.int64)
    owner = np.arange(count, dtype=np.int64)
    fired = np.full((count, len(chain.tables)), NOT_ASKED, np.int16)
    ended = np.zeros(count, bool)
    for at, table in enumerate(chain.tables):
        while True:
            rule = _fire(table, codes, ended)
            stuck = rule == SPLIT
            if not stuck.any():
                break
            pick, codes = _split(chain, table, codes, stuck)
            owner, fired, ended = owner[pick], fired[pick], ended[pick]
        asked = rule >= 0
        fired[asked, at] = rule[asked]
        _derive(chain, table, codes, rule, asked)
        ends = np.array([one.effect in ("undecided", "impossible") for one in table.rules])
        if ends.any():
            ended[asked] |= ends[rule[asked]]
    order = np.argsort(owner, kind="stable")
    return Leaves(owner[order], {name: column[order] for name, column in codes.items()}, fired[order])


def _fire(table: Table, codes: Mapping[str, _Codes], ended: npt.NDArray[np.bool_]) -> npt.NDArray[np.int16]:
    """Give the rule of each leaf; SPLIT where an unknown fact matters, -2 where the table is not asked."""
    index = np.zeros(len(ended), np.int64)
    for name, stride in zip(table.facts, table.strides, strict=True):
        index += codes[name] * stride
    rule = table.dense[index]
    asked = ~ended
    for name, mask in table.guard.items():
        asked &= mask[codes[name]]
    return np.where(asked, rule, np.int16(-2))


def _split(
    chain: Chain, table: Table, codes: Mapping[str, _Codes], stuck: npt.NDArray[np.bool_]
) -> tuple[_Codes, dict[str, _Codes]]:
    """Replace each stuck leaf by the completions of the first of its unknown facts."""
    count = len(stuck)
    repeats = np.ones(count, np.int64)
    open_here = stuck.copy()
    choice = np.full(count, -1, np.int64)
    for at, name in enumerate(table.facts):
        axis = chain.axes[name]
        here = open_here & (codes[name] >= axis.count)
        choice[here] = at
        open_here &= ~here
        sizes = np.array([1] * axis.count + [len(members) for _, members in axis.partial])
        repeats[here] = sizes[codes[name][here]]
    pick = np.repeat(np.arange(count), repeats)
    first = np.concatenate([[0], np.cumsum(repeats)[:-1]])
    rank = np.arange(len(pick)) - first[pick]
    new = {name: column[pick] for name, column in codes.items()}
    for at, name in enumerate(table.facts):
        axis = chain.axes[name]
        for group, (_, members) in enumerate(axis.partial):
            here = (choice[pick] == at) & (codes[name][pick] == axis.count + group)
            new[name][here] = np.asarray(members)[rank[here]]
    return pick, new


def _derive(
    chain: Chain,
    table: Table,
    codes: dict[str, _Codes],
    rule: npt.NDArray[np.int16],
    asked: npt.NDArray[np.bool_],
) -> None:
    """Write the derived facts that the fired rules answer."""
    for name in table.spec.decides:
        axis = chain.axes.get(name)
        if axis is None or not axis.fact.is_derived:
            continue
        values = np.array([axis.codes[one.then[name]] if name in one.then else -1 for one in table.rules])
        value = values[rule[asked]]
        codes[name][asked] = np.where(value >= 0, value, codes[name][asked])
