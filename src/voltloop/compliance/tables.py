"""Decision tables, compiled to dense arrays and proven: each cell is answered by exactly one rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from voltloop.compliance.conditions import Axis
from voltloop.compliance.reading import Rule, TableSpec
from voltloop.errors import RulebookError

__all__ = ["SPLIT", "Table", "compile_table"]

SPLIT: Final = -1
"""Entry of a cell with an unknown fact whose completions fire different rules."""

_MAX_CELLS: Final = 20_000_000


@dataclass(frozen=True)
class Table:
    """One table of one edition.

    Attributes
    ----------
    spec
        Where it comes from.
    rules
        Its active rules; ``dense`` holds indices into them.
    facts
        Its dimensions, in the order of ``dense``.
    strides
        Weight of the code of each fact in the flat index into ``dense``.
    dense
        Rule of every cell, unknown facts being cells of their own; :data:`SPLIT` where the completions disagree.
    guard
        For each fact of the guard, which codes the table is asked for.
    fires
        Rules that answer some cell.
    """

    spec: TableSpec
    rules: tuple[Rule, ...]
    facts: tuple[str, ...]
    strides: tuple[int, ...]
    dense: npt.NDArray[np.int16]
    guard: Mapping[str, npt.NDArray[np.bool_]]
    fires: tuple[int, ...]


def compile_table(spec: TableSpec, rules: Sequence[Rule], axes: Mapping[str, Axis], edition: str) -> Table:
    """Compile the rules of one table that are active in one edition.

    Raises
    ------
    RulebookError
        Two rules meet in a cell and neither overrides the other, or no rule answers a cell. The message names
        file, row and the cell.
    """
    used = {name for rule in rules for name in rule.when}
    facts = tuple(name for name in axes if name in used)
    shape = tuple(axes[name].count for name in facts)
    full = tuple(axes[name].size for name in facts)
    if int(np.prod(full, dtype=np.int64)) > _MAX_CELLS:
        raise RulebookError(
            f"{spec.place}: the table {spec.name} would need {int(np.prod(full, dtype=np.int64)):,} cells. "
            "Split it into tables that ask for fewer facts.",
            code="rulebook-too-large",
        )
    asked = np.ones(shape, bool)
    for name, condition in spec.only.items():
        if name in facts:
            index = tuple(slice(None) if name == other else None for other in facts)
            asked &= axes[name].mask(condition)[index]
    winner = _paint(spec, rules, facts, axes, asked)
    gap = np.argwhere((winner < 0) & asked)
    if len(gap):
        cell = _cell_words(facts, axes, gap[0])
        raise RulebookError(
            f"{spec.place}: no rule of the table {spec.name} answers {len(gap)} cells in {edition}, "
            f"the first is {cell}. "
            "Add a rule for them, or one with the effect undecided.",
            code="rulebook-gap",
        )
    fires = _occurring(winner)
    winner[~asked] = 0
    dense = _extend(winner, [axes[name] for name in facts])
    strides = tuple(int(np.prod(full[at + 1 :], dtype=np.int64)) for at in range(len(full)))
    guard = {name: _padded(axes[name], axes[name].mask(condition)) for name, condition in spec.only.items()}
    return Table(spec, tuple(rules), facts, strides, dense.reshape(-1), guard, fires)


def _padded(axis: Axis, mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    return np.concatenate([mask, np.zeros(axis.size - axis.count, bool)])


def _paint(
    spec: TableSpec, rules: Sequence[Rule], facts: tuple[str, ...], axes: Mapping[str, Axis],
    asked: npt.NDArray[np.bool_],
) -> npt.NDArray[np.int16]:  # fmt: skip
    """Give the winning rule of each whole cell; exceptions are painted before what they replace."""
    order, above = _ranked(spec, rules)
    winner = np.full(asked.shape, -1, np.int16)
    for index in order:
        rule = rules[index]
        block = _block(rule, facts, axes)
        held = winner[block]
        open_here = asked[block]
        for other in _occurring(held):
            if other not in above[index]:
                cells = np.argwhere((winner == other) & asked & _in_block(asked.shape, block))
                raise RulebookError(
                    f'{rule.place}: the rule "{rule.id}" and the rule "{rules[other].id}" ({rules[other].place}) '
                    f"both answer {_cell_words(facts, axes, cells[0])}. "
                    "Narrow one of them, or let the exception name the other in overrides.",
                    code="rulebook-overlap",
                )
        winner[block] = np.where((held < 0) & open_here, np.int16(index), held)
    return winner


def _block(rule: Rule, facts: tuple[str, ...], axes: Mapping[str, Axis]) -> tuple[Any, ...]:
    """Give the index of the cells that a rule matches: slices where they lie together, which is much faster."""
    cells = [
        np.flatnonzero(axes[name].mask(rule.when[name])) if name in rule.when else np.arange(axes[name].count)
        for name in facts
    ]
    if all(len(mine) and mine[-1] - mine[0] + 1 == len(mine) for mine in cells):
        return tuple(slice(int(mine[0]), int(mine[-1]) + 1) for mine in cells)
    return np.ix_(*cells)


def _occurring(winner: npt.NDArray[np.int16]) -> tuple[int, ...]:
    """Give the rules that stand in an array, in which -1 means none."""
    return tuple(np.flatnonzero(np.bincount(winner.reshape(-1).astype(np.int64) + 1)[1:]).tolist())


def _in_block(shape: tuple[int, ...], block: tuple[Any, ...]) -> npt.NDArray[np.bool_]:
    inside = np.zeros(shape, bool)
    inside[block] = True
    return inside


def _ranked(spec: TableSpec, rules: Sequence[Rule]) -> tuple[list[int], list[set[int]]]:
    """Give the rules with exceptions first, and for each the set of rules that override it, directly or not."""
    by_id = {rule.id: index for index, rule in enumerate(rules)}
    known = {rule.id for rule in spec.rules}
    above: list[set[int]] = [set() for _ in rules]
    for index, rule in enumerate(rules):
        for name in rule.overrides:
            if name not in known:
                raise RulebookError(
                    f'{rule.place}, column overrides: "{name}" is not a rule of the table {spec.name}. '
                    "An exception replaces a rule of its own table. Mend the id.",
                    code="rulebook-overrides",
                )
            if name in by_id:
                above[by_id[name]].add(index)
    changed = True
    while changed:
        changed = False
        for mine in above:
            more = set().union(*(above[other] for other in mine)) - mine
            mine.update(more)
            changed = changed or bool(more)
    for index, mine in enumerate(above):
        if index in mine:
            raise RulebookError(
                f'{rules[index].place}, column overrides: "{rules[index].id}" overrides itself in a circle. Break it.',
                code="rulebook-overrides",
            )
    return sorted(range(len(rules)), key=lambda index: (len(above[index]), index)), above


def _extend(winner: npt.NDArray[np.int16], axes: Sequence[Axis]) -> npt.NDArray[np.int16]:
    """Add the cells of unknown facts: a rule where all completions fire the same one, else SPLIT."""
    dense = winner
    for at, axis in enumerate(axes):
        extra = []
        for _, members in axis.partial:
            part = np.take(dense, members, axis=at)
            first = np.take(part, [0], axis=at)
            alike = (part == first).all(axis=at, keepdims=True)
            extra.append(np.where(alike, first, np.int16(SPLIT)))
        if extra:
            dense = np.concatenate([dense, *extra], axis=at)
    return np.ascontiguousarray(dense)


def _cell_words(facts: tuple[str, ...], axes: Mapping[str, Axis], cell: npt.NDArray[np.int64]) -> str:
    return (
        ", ".join(f"{name} {axes[name].label(int(code))}" for name, code in zip(facts, cell, strict=True))
        or "anything"
    )
