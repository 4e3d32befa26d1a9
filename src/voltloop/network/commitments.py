"""Contracts and targets as rows, kept or paid for."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltloop.network.arcs import commodity_words
from voltloop.network.instance import Instance
from voltloop.network.program import Ids, Numbers, Program

__all__ = ["add_commitments", "goods_of"]

_Part = tuple[NDArray[Any], Ids, Numbers]
_Columns = tuple[Ids, Ids, Ids, Ids]


def add_commitments(
    program: Program, instance: Instance, ids: _Columns, case: int, worth: Numbers
) -> pl.DataFrame:
    """Add contracts and targets; give the columns of what falls short: ``what, name, t, penalty_eur, column``.

    ``worth`` (T,) is what an euro of each period counts.
    """
    short: list[tuple[str, str, int, float, int]] = []
    periods = instance.periods
    jobs = [("contract", row) for row in instance.scenario.contracts.iter_rows(named=True)]
    jobs += [("target", row) for row in instance.scenario.targets.iter_rows(named=True)]
    for what, row in jobs:
        parts, offered = _contract(instance, row, ids) if what == "contract" else _target(instance, row, ids)
        for t in np.flatnonzero(periods.span(row["first_period"], row["last_period"])):
            entries: list[tuple[Any, Any, Any]] = [
                (0, columns[at == t], values[at == t]) for at, columns, values in parts
            ]
            keys = pl.DataFrame({what: [row[what]], "period": [periods.names[t]]})
            least, most, penalty = offered[t], np.inf, row.get("penalty_eur_per_t")
            if what == "contract":
                penalty = row["penalty_eur_per_unit"]
                least = row["least_per_year"] * periods.years[t] if row["least_per_year"] else -np.inf
                if row["most_per_year"] is not None:
                    most = row["most_per_year"] * periods.years[t]
                    program.add_rows("contract_most", keys, -np.inf, most, list(entries), case)
            if not np.isfinite(least):
                continue
            if penalty is not None:
                column = program.add_columns(1, worth[t] * penalty)
                entries.append((0, column, 1.0))
                short.append((what, row[what], int(t), float(penalty), int(column[0])))
            program.add_rows(f"{what}_least", keys, least, np.inf, entries, case)
    schema = {
        "what": pl.String,
        "name": pl.String,
        "t": pl.Int64,
        "penalty_eur": pl.Float64,
        "column": pl.Int64,
    }
    return pl.DataFrame(short, schema=schema, orient="row")


def _contract(instance: Instance, row: dict[str, Any], ids: _Columns) -> tuple[list[_Part], Numbers]:
    flows, runs, takes, serves = ids
    frame, columns, key = {
        "supply": (instance.takes, takes, "site"),
        "demand": (instance.serves, serves, "site"),
        "facility": (instance.runs, runs, "facility"),
        "lane": (instance.flows, flows, "lane"),
    }[row["kind"]]
    fits = (frame[key] == row["what"]).to_numpy()
    if row["kind"] != "facility":
        fits = fits & (frame["commodity"] == row["commodity"]).to_numpy()
    part = (frame["t"].to_numpy()[fits], columns[fits], np.ones(int(fits.sum())))
    return [part], np.zeros(len(instance.periods))


def _target(instance: Instance, row: dict[str, Any], ids: _Columns) -> tuple[list[_Part], Numbers]:
    """Give the mass that counts less the share of the mass that it is of, and what that must reach."""
    _, runs, takes, serves = ids
    share = row["share"] * row["content"]
    least = np.zeros(len(instance.periods))
    of, counted = goods_of(instance, row["of_commodities"]), goods_of(instance, row["commodities"])
    if row["kind"] == "collection":
        offered = instance.takes.filter(pl.col("commodity").is_in(of["commodity"].to_list()))
        np.add.at(least, offered["t"].to_numpy(), share * (offered["amount"] * offered["mass_t"]).to_numpy())
        return [_moved(instance.takes, takes, counted, 1.0)], least
    parts = [_processed(instance, runs, of, -1.0, -share)]
    if row["kind"] == "recovery":
        return [*parts, _processed(instance, runs, counted, 1.0, 1.0)], least
    parts.append(_moved(instance.serves, serves, of, -share))
    parts.append(_moved(instance.serves, serves, counted, 1.0))
    return [*parts, _processed(instance, runs, counted, -1.0, 1.0)], least


def goods_of(instance: Instance, cell: str) -> pl.DataFrame:
    """Give the rows of the commodities that a cell names, by themselves or by their family."""
    words = [word.strip() for word in cell.split(";")]
    named = commodity_words(instance.scenario).filter(pl.col("word").is_in(words))["commodity"]
    return instance.scenario.commodities.filter(pl.col("commodity").is_in(named.to_list()))


def _moved(frame: pl.DataFrame, columns: Ids, goods: pl.DataFrame, factor: float) -> _Part:
    fits = frame["commodity"].is_in(goods["commodity"].to_list()).to_numpy()
    return frame["t"].to_numpy()[fits], columns[fits], factor * frame["mass_t"].to_numpy()[fits]


def _processed(instance: Instance, runs: Ids, goods: pl.DataFrame, sign: float, factor: float) -> _Part:
    """Give tonnes per run that activities make (``sign`` 1) or use (-1), times a factor."""
    amounts = (
        instance.scenario.recipes.join(goods, on="commodity", how="inner")
        .filter(pl.col("amount_per_run") * sign > 0)
        .group_by("activity")
        .agg(mass_t=(sign * pl.col("amount_per_run") * pl.col("mass_kg_per_unit") / 1000.0).sum())
    )
    frame = instance.runs.select("t", "activity").with_columns(column=pl.Series(runs, dtype=pl.Int64))
    joined = frame.join(amounts, on="activity", how="inner", maintain_order="left")
    return joined["t"].to_numpy(), joined["column"].to_numpy(), factor * joined["mass_t"].to_numpy()
