"""Decisions that all cases share: what is open, opened, closed and expanded in which period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltloop.network.instance import Instance
from voltloop.network.program import Ids, Numbers, Program

__all__ = ["Openings", "add_openings"]


@dataclass(frozen=True)
class Openings:
    """Columns of shape (F, T), facilities in the order of their table.

    Attributes
    ----------
    facilities
        Their names.
    is_open, opened, closed, steps, added
        Numbers of the columns.
    is_free
        (F,) false where a facility is open whenever it may be, because that costs nothing.
    """

    facilities: list[str]
    is_open: Ids
    opened: Ids
    closed: Ids
    steps: Ids
    added: Ids
    is_free: NDArray[np.bool_]


def add_openings(program: Program, instance: Instance) -> Openings:
    """Add the columns and rows of opening, closing and expanding, with their discounted costs."""
    table, periods = instance.scenario.facilities, instance.periods
    count, spans = table.height, len(periods)
    shape = (count, spans)

    def column(name: str) -> Numbers:
        return np.asarray(table[name].to_numpy().astype(np.float64)[:, None] * np.ones(shape))

    def add(cost: Numbers, lower: Numbers, upper: Numbers, whole: NDArray[np.bool_]) -> Ids:
        ids = program.add_columns(
            count * spans, cost.ravel(), lower.ravel(), upper.ravel(), whole=whole.ravel()
        )
        return ids.reshape(shape)

    exists = (table["status"] == "existing").to_numpy()
    may_open = instance.capacity["may_open"].to_numpy().reshape(shape).astype(bool)
    is_free = (column("fixed_eur_per_year") > 0).any(axis=1) | (column("least_share") > 0).any(axis=1)
    is_free |= ~exists & (column("open_eur") > 0).any(axis=1)
    most_steps = np.where(may_open, column("most_steps"), 0.0)
    running = periods.years * periods.at_middle
    none, every = np.zeros(shape), np.ones(shape)
    choice = is_free[:, None] & may_open
    never = np.zeros(shape, dtype=bool)
    made = Openings(
        table["facility"].to_list(),
        add(
            column("fixed_eur_per_year") * running, np.where(choice, 0.0, may_open), may_open * every, choice
        ),
        add(column("open_eur") * periods.at_start, none, every, never),
        add(column("close_eur") * periods.at_start, none, every, never),
        add(column("step_fixed_eur_per_year") * running, none, most_steps, most_steps > 0),
        add(column("step_eur") * periods.at_start, none, most_steps, never),
        is_free,
    )
    _link(program, instance, made, exists.astype(np.float64), most_steps)
    _limit_spending(program, instance, made)
    return made


def _link(program: Program, instance: Instance, made: Openings, before: Numbers, most_steps: Numbers) -> None:
    count, spans = made.is_open.shape
    keys = pl.DataFrame(
        {"facility": np.repeat(made.facilities, spans), "period": np.tile(instance.periods.names, count)},
        schema={"facility": pl.String, "period": pl.String},
    )
    rows = np.arange(count * spans).reshape(count, spans)
    start = np.zeros((count, spans))
    start[:, 0] = before
    for kind, columns, sign in (("opening", made.opened, 1.0), ("closing", made.closed, -1.0)):
        entries = [
            (rows.ravel(), columns.ravel(), 1.0),
            (rows.ravel(), made.is_open.ravel(), -sign),
            (rows[:, 1:].ravel(), made.is_open[:, :-1].ravel(), sign),
        ]
        program.add_rows(kind, keys, (-sign * start).ravel(), np.inf, entries)
    grows = (most_steps > 0).any(axis=1)
    some = rows[: int(grows.sum())]
    block = keys.filter(pl.Series(np.repeat(grows, spans), dtype=pl.Boolean))
    steps, most = made.steps[grows], most_steps[grows]
    growing = [
        (some.ravel(), made.added[grows].ravel(), 1.0),
        (some.ravel(), steps.ravel(), -1.0),
        (some[:, 1:].ravel(), steps[:, :-1].ravel(), 1.0),
    ]
    program.add_rows("expanding", block, 0.0, np.inf, growing)
    while_open = [
        (some.ravel(), steps.ravel(), 1.0),
        (some.ravel(), made.is_open[grows].ravel(), -most.ravel()),
    ]
    program.add_rows("steps_open", block, -np.inf, 0.0, while_open)


def _limit_spending(program: Program, instance: Instance, made: Openings) -> None:
    periods, table = instance.periods, instance.scenario.facilities
    limited = np.flatnonzero(np.isfinite(periods.budget_eur))
    keys = pl.DataFrame({"period": [periods.names[t] for t in limited]}, schema={"period": pl.String})
    costs = ((made.opened, "open_eur"), (made.closed, "close_eur"), (made.added, "step_eur"))
    entries = [
        (number, columns[:, t], table[name].to_numpy())
        for number, t in enumerate(limited)
        for columns, name in costs
    ]
    program.add_rows("budget", keys, -np.inf, periods.budget_eur[limited], list(entries))
