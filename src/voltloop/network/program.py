"""A mixed-integer programme as arrays, grown by blocks of columns and rows, and its hand-over to HiGHS."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

__all__ = ["Ids", "Numbers", "Program", "RowBlock", "highs_of"]

Numbers = NDArray[np.float64]
Ids = NDArray[np.int64]


@dataclass(frozen=True)
class RowBlock:
    """Rows of one kind.

    Attributes
    ----------
    kind
        What they require, such as ``balance`` or ``capacity``.
    rows
        Their numbers.
    keys
        What each is about, one row each.
    case
        Number of the case; None for what all cases share.
    is_cut
        Whether they follow from other rows once the whole columns are whole, and only tighten the relaxation.
    """

    kind: str
    rows: Ids
    keys: pl.DataFrame
    case: int | None
    is_cut: bool


@dataclass
class Program:
    """Minimise ``cost @ x + offset`` over bounded columns and rows, some columns whole."""

    cost: list[Numbers] = field(default_factory=list)
    lower: list[Numbers] = field(default_factory=list)
    upper: list[Numbers] = field(default_factory=list)
    whole: list[NDArray[np.bool_]] = field(default_factory=list)
    row_lower: list[Numbers] = field(default_factory=list)
    row_upper: list[Numbers] = field(default_factory=list)
    entry_row: list[Ids] = field(default_factory=list)
    entry_column: list[Ids] = field(default_factory=list)
    entry_value: list[Numbers] = field(default_factory=list)
    blocks: list[RowBlock] = field(default_factory=list)
    offset: float = 0.0
    columns: int = 0
    rows: int = 0

    def add_columns(
        self,
        count: int,
        cost: ArrayLike = 0.0,
        lower: ArrayLike = 0.0,
        upper: ArrayLike = np.inf,
        *,
        whole: ArrayLike = False,
    ) -> Ids:
        """Add columns and give their numbers."""
        for store, values in ((self.cost, cost), (self.lower, lower), (self.upper, upper)):
            store.append(np.broadcast_to(np.asarray(values, dtype=np.float64), (count,)))
        self.whole.append(np.broadcast_to(np.asarray(whole, dtype=bool), (count,)))
        self.columns += count
        return np.arange(self.columns - count, self.columns)

    def add_rows(
        self,
        kind: str,
        keys: pl.DataFrame,
        lower: ArrayLike,
        upper: ArrayLike,
        entries: list[tuple[Any, Any, Any]],
        case: int | None = None,
        *,
        is_cut: bool = False,
    ) -> Ids:
        """Add rows, one for each row of ``keys``, and give their numbers.

        Parameters
        ----------
        kind, keys, case, is_cut
            See :class:`RowBlock`.
        lower, upper
            Bounds, of shape (rows,) or one for all.
        entries
            Rows within the block, columns, values, each of one length or one value.
        """
        count, first = keys.height, self.rows
        for store, values in ((self.row_lower, lower), (self.row_upper, upper)):
            store.append(np.broadcast_to(np.asarray(values, dtype=np.float64), (count,)))
        for row, column, value in entries:
            columns = np.asarray(column, dtype=np.int64)
            self.entry_row.append(first + np.broadcast_to(np.asarray(row, dtype=np.int64), columns.shape))
            self.entry_column.append(columns)
            self.entry_value.append(np.broadcast_to(np.asarray(value, dtype=np.float64), columns.shape))
        self.rows += count
        rows = np.arange(first, self.rows)
        if count:
            self.blocks.append(RowBlock(kind, rows, keys, case, is_cut))
        return rows

    def whole_columns(self) -> Ids:
        """Numbers of the columns that are whole and not fixed."""
        free = np.concatenate(self.lower) < np.concatenate(self.upper)
        return np.flatnonzero(np.concatenate(self.whole) & free)

    def without_cuts(self) -> Program:
        """Give the programme with the rows that only tighten the relaxation left free."""
        lower, upper = (
            np.concatenate([np.zeros(0), *self.row_lower]),
            np.concatenate([np.zeros(0), *self.row_upper]),
        )
        for block in self.blocks:
            if block.is_cut:
                lower[block.rows], upper[block.rows] = -np.inf, np.inf
        return replace(self, row_lower=[lower], row_upper=[upper])

    def matrix(self) -> Any:
        """Give the rows as a sparse matrix by columns, entries of one place added up."""
        from scipy.sparse import coo_matrix

        row, column = (
            np.concatenate([np.zeros(0, dtype=np.int64), *part])
            for part in (self.entry_row, self.entry_column)
        )
        value = np.concatenate([np.zeros(0), *self.entry_value])
        return coo_matrix((value, (row, column)), shape=(self.rows, self.columns)).tocsc()


def highs_of(program: Program, *, relaxed: bool = False) -> Any:
    """Give a silent solver of one thread that holds a programme, without whole columns if ``relaxed``."""
    import highspy

    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = program.columns, program.rows
    model.col_cost_ = np.concatenate(program.cost)
    model.col_lower_, model.col_upper_ = np.concatenate(program.lower), np.concatenate(program.upper)
    model.row_lower_ = np.concatenate([np.zeros(0), *program.row_lower])
    model.row_upper_ = np.concatenate([np.zeros(0), *program.row_upper])
    model.offset_ = program.offset
    matrix = program.matrix()
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = matrix.indptr
    model.a_matrix_.index_ = matrix.indices
    model.a_matrix_.value_ = matrix.data
    whole = np.concatenate(program.whole)
    if whole.any() and not relaxed:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        model.integrality_ = [kinds[one] for one in whole.astype(int).tolist()]
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    solver.setOptionValue("threads", 1)
    solver.passModel(model)
    return solver
