"""The relaxation of a programme with no more rows than it needs, and first plans from it.

Rows that only tighten are many, and few of them bind. They are left out, and those that the answer breaks are added,
again and again, the solver going on from where it stands. Every answer on the way bounds the programme from below.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voltloop.network.program import Numbers, Program, highs_of

__all__ = ["Relaxation", "relax", "run"]

_BROKEN = 1e-6
"""Break of a row, as a share of the scale of its entries, from which on it is added."""


@dataclass(frozen=True)
class Relaxation:
    """An answer to a relaxation.

    Attributes
    ----------
    solver
        Holds the programme as it was solved last, whole columns not whole.
    program
        The same programme, with those tightening rows alone that were broken on the way.
    status
        ``optimal`` where there is an answer, although time may have been over before no row was broken;
        ``infeasible``, ``unbounded``, ``stopped``.
    bound, values
        Cost of the last whole answer, below that of every plan, and its columns.
    """

    solver: Any
    program: Program
    status: str
    bound: float
    values: Numbers


def run(solver: Any, ends: float) -> str:
    """Run HiGHS until it is done or time is over: ``optimal``, ``infeasible``, ``unbounded`` or ``stopped``."""
    import highspy

    solver.setOptionValue("time_limit", solver.getRunTime() + max(0.0, ends - time.monotonic()))
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kUnboundedOrInfeasible:
        solver.setOptionValue("presolve", "off")
        solver.run()
        status = solver.getModelStatus()
    return {
        highspy.HighsModelStatus.kOptimal: "optimal",
        highspy.HighsModelStatus.kInfeasible: "infeasible",
        highspy.HighsModelStatus.kUnbounded: "unbounded",
    }.get(status, "stopped")


def relax(program: Program, ends: float, *, tighten_until: float) -> Relaxation:
    """Solve a programme without whole columns.

    Parameters
    ----------
    program
        What to minimise.
    ends, tighten_until
        Instants of :func:`time.monotonic` by which to stop, and after which no more rows are added.
    """
    is_cut = np.zeros(program.rows, dtype=bool)
    for block in program.blocks:
        if block.is_cut:
            is_cut[block.rows] = True
    rows = program.matrix().tocsr()
    upper = np.concatenate([np.zeros(0), *program.row_upper])
    lower = np.concatenate([np.zeros(0), *program.row_lower])
    waiting, cuts = np.flatnonzero(is_cut), rows[np.flatnonzero(is_cut)]
    scale = np.maximum(1.0, abs(cuts).max(axis=1).toarray().ravel()) if len(waiting) else np.zeros(0)
    kept = ~is_cut
    small = _only(program, kept)
    solver = highs_of(small, relaxed=True)
    status, bound, values = run(solver, ends), -np.inf, np.zeros(program.columns)
    if status == "unbounded" and not kept.all():
        kept[:] = True
        small, solver = program, highs_of(program, relaxed=True)
        status = run(solver, ends)
    if status != "optimal":
        return Relaxation(solver, small, status, bound, values)
    while True:
        bound = max(bound, float(solver.getInfo().objective_function_value))
        values = np.asarray(solver.getSolution().col_value)
        activity = cuts @ values
        excess = np.maximum(activity - upper[waiting], lower[waiting] - activity) / scale
        broken = (excess > _BROKEN) & ~kept[waiting]
        if not broken.any() or time.monotonic() >= tighten_until:
            break
        added = cuts[np.flatnonzero(broken)]
        number = waiting[broken]
        solver.addRows(
            len(number), lower[number], upper[number], added.nnz, added.indptr, added.indices, added.data
        )
        kept[number] = True
        if run(solver, tighten_until) != "optimal":
            break
    return Relaxation(solver, _only(program, kept), "optimal", bound, values)


def _only(program: Program, kept: NDArray[np.bool_]) -> Program:
    """Keep some rows of a programme; blocks keep their kinds and what they are about."""
    number = np.cumsum(kept) - 1
    row, column = (
        np.concatenate([np.zeros(0, dtype=np.int64), *part])
        for part in (program.entry_row, program.entry_column)
    )
    stays = kept[row]
    return replace(
        program,
        row_lower=[np.concatenate([np.zeros(0), *program.row_lower])[kept]],
        row_upper=[np.concatenate([np.zeros(0), *program.row_upper])[kept]],
        entry_row=[number[row[stays]]],
        entry_column=[column[stays]],
        entry_value=[np.concatenate([np.zeros(0), *program.entry_value])[stays]],
        blocks=[
            replace(
                block, rows=number[block.rows[kept[block.rows]]], keys=block.keys.filter(kept[block.rows])
            )
            for block in program.blocks
        ],
        rows=int(kept.sum()),
    )
