"""Assign groups of alike batteries to plants and routes: tables in, the proven best placing out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from voltloop.errors import InputError, NoFeasiblePlan
from voltloop.findings import kinds
from voltloop.treatment.allocation_tables import (
    RULES,
    UNITS,
    checked_candidates,
    checked_groups,
    checked_limits,
    checked_minimums,
)
from voltloop.treatment.conflicts import conflict
from voltloop.treatment.holding import hold_scores
from voltloop.treatment.optimum import Optimum, optimum
from voltloop.treatment.program import Bools, Floats, Ints, Measure, Program, Rule, Side
from voltloop.treatment.told import limit_words, minimum_words, placed_words, runner_up
from voltloop.treatment.worth import one_more

__all__ = ["Allocation", "allocate"]


@dataclass(frozen=True)
class Allocation:
    """Where every battery goes, what it is worth, and what would be worth more.

    Attributes
    ----------
    placed
        ``group_id, site_id, route, period, count``; each battery's ``score_eur, net_value_eur, co2e_kg`` (with
        freight); ``runner_up_site, runner_up_route, runner_up_period, runner_up_score_eur``; ``margin_eur``, what the
        runner-up would cost the whole (null without one); ``flip_carbon_eur_per_t``, the carbon price at which the
        runner-up draws level (null where none does); ``reason``.
    unplaced
        ``group_id, count, reason``.
    limits
        As given, with ``used``, ``price_eur`` (of the relaxation, per unit), ``one_more_eur`` (worth of one more unit;
        null where not worked out) and ``told``.
    minimums
        As given, with ``delivered``, ``short``, ``paid_eur``, ``price_eur`` and ``told``.
    score_eur, bound_eur, gap
        Worth reached, what no assignment can exceed, and their distance as a share of the worth moved, 0 to 1.
    is_proven
        Whether the gap is within what was asked for.
    co2e_kg
        Carbon of all placed batteries, with freight.
    carbon_budget_eur_per_t
        What one more tonne of carbon budget would be worth; 0 without a budget or where it does not bind.
    nodes, seconds
        Relaxations solved, and wall time.
    """

    placed: pl.DataFrame
    unplaced: pl.DataFrame
    limits: pl.DataFrame
    minimums: pl.DataFrame
    score_eur: float
    bound_eur: float
    gap: float
    is_proven: bool
    co2e_kg: float
    carbon_budget_eur_per_t: float
    nodes: int
    seconds: float


def _where(site: str | None, route: str | None) -> str:
    return " at ".join(part for part in (route, site) if part) or "all sites"


def _sides(
    options: pl.DataFrame, limits: pl.DataFrame, minimums: pl.DataFrame, budget_kg: float | None
) -> tuple[Side, ...]:
    sides = []
    for row in limits.iter_rows(named=True):
        measure, factor = UNITS[row["unit"]]
        name = f"room for {_where(row['site_id'], row['route'])}"
        sides.append(Side(name, _members(options, row), measure, Rule.MOST, row["most"] * factor))
    for row in minimums.iter_rows(named=True):
        measure, factor = UNITS[row["unit"]]
        name = f"minimum {row['name']} for {_where(row['site_id'], row['route'])}"
        price = (row["shortfall_eur"] or 0.0) / factor
        sides.append(
            Side(name, _members(options, row), measure, RULES[row["rule"]], row["least"] * factor, price)
        )
    if budget_kg is not None:
        everywhere = np.ones(options.height, dtype=bool)
        sides.append(Side("the carbon budget", everywhere, Measure.CARBON, Rule.MOST, budget_kg))
    return tuple(sides)


def _members(options: pl.DataFrame, row: dict[str, Any]) -> Bools:
    """Options that a row of the limits or minimums counts; a blank site or route counts all."""
    inside = pl.col("period") == row["period"]
    for column in ("site_id", "route"):
        if row[column] is not None:
            inside = inside & (pl.col(column) == row[column])
    return options.select(inside.alias("inside"))["inside"].to_numpy()


def allocate(
    groups: pl.DataFrame,
    candidates: pl.DataFrame,
    limits: pl.DataFrame | None = None,
    minimums: pl.DataFrame | None = None,
    *,
    carbon_price_eur_per_t: float = 0.0,
    carbon_budget_kg: float | None = None,
    max_gap: float = 1e-4,
    seconds: float = math.inf,
) -> Allocation:
    """Place every battery of every group on one of its candidates, the sum of worths as great as can be.

    Parameters
    ----------
    groups
        ``group_id, count, mass_kg`` (of one battery) and optional ``unplaced_eur``, what leaving one battery without
        place is worth; without it a battery is left only where there is no room.
    candidates
        Only what law, condition, contract and rights permit: ``group_id, site_id, route, net_value_eur, co2e_kg`` of
        one battery; optional ``freight_eur, freight_co2e_kg, risk_eur`` (0) and ``period`` (0 is now, later ones
        are waiting).
    limits
        ``site_id, route`` (either blank for all), ``most``, ``unit`` (packs, kg or t), optional ``period`` (0).
    minimums
        ``name, site_id, route, least, unit, rule``, optional ``period``. Rule ``must`` is kept, ``or_nothing`` is met
        or the options get nothing, ``pay`` costs ``shortfall_eur`` for each missing unit.
    carbon_price_eur_per_t
        Worth of a tonne of CO2e [EUR/t], zero or more.
    carbon_budget_kg
        Most carbon of all placed batteries, with freight; may be negative. None for no budget.
    max_gap, seconds
        As in :func:`voltloop.treatment.optimum.optimum`.

    Returns
    -------
    Allocation
        Counts of ``placed`` and ``unplaced`` add up to the counts of the groups.

    Raises
    ------
    InputError
        ``allocation-…``: a column is missing or a value cannot be used; the message names table, row and column.
    NoFeasiblePlan
        ``treatment-conflict``: names the minimums, limits and budget that cannot be kept together.

    Notes
    -----
    Score = net value - freight - risk - carbon price x (carbon + carbon of freight). Integer programme over groups, see
    ``docs/explanation/treatment.md``.
    """
    for name, value, low in (
        ("carbon price", carbon_price_eur_per_t, 0.0),
        ("carbon budget", carbon_budget_kg, -np.inf),
    ):
        if value is not None and not (math.isfinite(value) and value >= low):
            raise InputError(
                f"The {name} is {value}. Expected a number{' of zero or more' if low == 0 else ''}. Correct it.",
                code=name.replace(" ", "-"),
            )
    groups = checked_groups(groups)
    candidates = checked_candidates(candidates, groups)
    limits, minimums = checked_limits(limits), checked_minimums(minimums)
    options = candidates.select("site_id", "route", "period").unique().sort("period", "site_id", "route")
    program, net = _program(groups, candidates, options, carbon_price_eur_per_t)
    sides = _sides(options, limits, minimums, carbon_budget_kg)
    program = Program(
        program.count, program.mass_kg, program.value_eur, program.co2e_kg, program.unplaced_eur, sides
    )
    found = optimum(program, max_gap=max_gap, seconds=seconds)
    if found is None:
        finding = conflict(program)
        raise NoFeasiblePlan(f"{finding.message} {kinds()[finding.code].help}", code=finding.code)
    return _result(
        groups, options, limits, minimums, program, net, found,
        max_gap=max_gap, carbon_price=carbon_price_eur_per_t,
    )  # fmt: skip


def _program(
    groups: pl.DataFrame, candidates: pl.DataFrame, options: pl.DataFrame, carbon_price: float
) -> tuple[Program, Floats]:
    """Lay the candidates out as arrays; also the net values."""
    place = candidates.join(
        groups.select("group_id").with_row_index("_g"), on="group_id", maintain_order="left"
    ).join(
        options.with_row_index("_j"),
        on=["site_id", "route", "period"],
        nulls_equal=True,
        maintain_order="left",
    )
    g, j = place["_g"].to_numpy(), place["_j"].to_numpy()
    carbon = (place["co2e_kg"].cast(pl.Float64) + place["freight_co2e_kg"]).to_numpy()
    net_value = place["net_value_eur"].cast(pl.Float64).to_numpy()
    score = net_value - (place["freight_eur"] + place["risk_eur"]).to_numpy() - carbon_price / 1000.0 * carbon
    shape = (groups.height, options.height)
    value, co2e, net = np.full(shape, -np.inf), np.zeros(shape), np.zeros(shape)
    value[g, j], co2e[g, j], net[g, j] = score, carbon, net_value
    mass = groups["mass_kg"].cast(pl.Float64).to_numpy()
    given = groups["unplaced_eur"].to_numpy()
    unplaced = np.where(np.isnan(given), hold_scores(value, mass), given)
    count = groups["count"].cast(pl.Int64).to_numpy()
    return Program(count, mass, value, co2e, unplaced), net


def _result(  # noqa: PLR0913 - tables and arrays of one answer
    groups: pl.DataFrame,
    options: pl.DataFrame,
    limits: pl.DataFrame,
    minimums: pl.DataFrame,
    program: Program,
    net: Floats,
    found: Optimum,
    *,
    max_gap: float,
    carbon_price: float,
) -> Allocation:
    sides = program.sides
    loads = program.loads(found.group, found.option, found.number)
    more = one_more(program, found)
    inside = found.option < options.height
    g, j, n = found.group[inside], found.option[inside], found.number[inside]
    carbon = program.co2e_kg[g, j]
    second, margin = runner_up(found.loss[:, :-1], g, j)
    placed = pl.concat(
        [
            groups.select("group_id")[g],
            options[j],
            pl.DataFrame(
                {
                    "count": n,
                    "score_eur": program.value_eur[g, j],
                    "net_value_eur": net[g, j],
                    "co2e_kg": carbon,
                }
            ),
            _second(options, second).with_columns(
                pl.Series("runner_up_score_eur", _score_of(program, g, second), nan_to_null=True),
                pl.Series("margin_eur", margin, nan_to_null=True),
                pl.Series(
                    "flip_carbon_eur_per_t",
                    _carbon_flip(program, g, j, second, margin, carbon_price),
                    nan_to_null=True,
                ),
            ),
        ],
        how="horizontal",
    )
    left = ~inside
    few, wide = limits.height, minimums.height
    limits = limits.with_columns(
        pl.Series("used", loads[:few]) / _factor(limits), pl.Series("price_eur", found.prices[:few]) * _factor(limits),
        pl.Series("one_more_eur", more[:few], nan_to_null=True) * _factor(limits),
    )  # fmt: skip
    part = slice(few, few + wide)
    short = pl.Series("short", found.short[part]) / _factor(minimums)
    minimums = minimums.with_columns(
        (pl.Series("delivered", loads[part]) / _factor(minimums)),
        short,
        pl.Series("price_eur", found.prices[part]) * _factor(minimums),
        (short * minimums["shortfall_eur"].fill_null(0.0)).alias("paid_eur"),
    )
    budgeted = len(sides) > few + wide
    return Allocation(
        placed=placed_words(placed, carbon_price),
        unplaced=_unplaced(groups, program, found.group[left], found.number[left]),
        limits=limit_words(limits),
        minimums=minimum_words(minimums),
        score_eur=found.value,
        bound_eur=found.bound,
        gap=found.gap,
        is_proven=found.gap <= max_gap,
        co2e_kg=float((carbon * n).sum()),
        carbon_budget_eur_per_t=float(found.prices[-1] * 1000.0) if budgeted else 0.0,
        nodes=found.nodes,
        seconds=found.seconds,
    )


def _factor(table: pl.DataFrame) -> pl.Series:
    return table["unit"].replace_strict({u: f for u, (_, f) in UNITS.items()}, return_dtype=pl.Float64)


def _second(options: pl.DataFrame, second: Ints) -> pl.DataFrame:
    """Names of the runner-up of each row; null where it is -1."""
    names = {"site_id": "runner_up_site", "route": "runner_up_route", "period": "runner_up_period"}
    if not options.height:
        return pl.DataFrame(schema={new: options.schema[old] for old, new in names.items()})
    known = pl.Series("known", second >= 0)
    picked = options[np.maximum(second, 0)].rename(names)
    return picked.select(pl.when(known).then(name).alias(name) for name in names.values())


def _score_of(program: Program, group: Ints, option: Ints) -> Floats:
    """Score of an option of each row; NaN where it is -1."""
    if not program.value_eur.shape[1]:
        return np.full(group.size, np.nan)
    return np.where(option >= 0, program.value_eur[group, np.maximum(option, 0)], np.nan)


def _carbon_flip(
    program: Program, group: Ints, option: Ints, second: Ints, margin: Floats, price: float
) -> Floats:
    """Carbon price [EUR/t] at which the runner-up draws level; NaN where none of zero or more does."""
    if not group.size:
        return np.zeros(0)
    saved = program.co2e_kg[group, option] - program.co2e_kg[group, np.maximum(second, 0)]
    with np.errstate(divide="ignore", invalid="ignore"):
        level = price + margin / saved * 1000.0
    return np.where((second >= 0) & (np.abs(saved) > 1e-9) & (margin >= 0) & (level >= 0), level, np.nan)


def _unplaced(groups: pl.DataFrame, program: Program, group: Ints, number: Ints) -> pl.DataFrame:
    is_open = np.asarray(np.isfinite(program.value_eur).any(axis=1))[group]
    full = "Every site and route open to it is full or reserved; it waits for room."
    closed = "No site and route is open to it: none is permitted, in reach and willing."
    reason = pl.Series("reason", [full if ok else closed for ok in is_open.tolist()], dtype=pl.String)
    return groups.select("group_id")[group].with_columns(pl.Series("count", number), reason)
