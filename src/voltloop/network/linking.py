"""Rows that tie single lanes to the openness of the facilities at one of their ends."""

from __future__ import annotations

import numpy as np
import polars as pl

from voltloop.network.arcs import activities_at
from voltloop.network.instance import Instance
from voltloop.network.openings import Openings
from voltloop.network.program import Ids, Program

__all__ = ["add_linking"]


def add_linking(program: Program, openings: Openings, instance: Instance, flow: Ids, case: int) -> None:
    """Bound what goes from a supply into candidates, and from candidates to a demand, by their openness.

    Notes
    -----
    Valid where the supply is the only source of the commodity at one end and facilities with a choice are its only use
    at the other; and the other way round. Commodities are added up by mass: one row for each pair of sites and period.
    """
    chosen = [name for name, free in zip(openings.facilities, openings.is_free, strict=True) if free]
    pair = ["site", "commodity"]
    made = activities_at(instance.scenario).join(instance.scenario.recipes, on="activity", how="inner")
    flows = instance.flows.select(
        "origin", "destination", "commodity", "mass_t", pl.col("t").cast(pl.Int64)
    ).with_columns(column=pl.Series(flow, dtype=pl.Int64))
    sent = flows.select("commodity", site="origin").select(pair).unique()
    received = flows.select("commodity", site="destination").select(pair).unique()
    inputs, outputs = made.filter(pl.col("amount_per_run") < 0), made.filter(pl.col("amount_per_run") > 0)
    lying, takes, serves = (
        frame.select(pair) for frame in (instance.stocks, instance.takes, instance.serves)
    )
    sides = (
        (
            ("into_open", "destination", "origin"),
            inputs,
            instance.takes,
            [serves, lying, sent],
            [outputs.select(pair), lying, received],
        ),
        (
            ("from_open", "origin", "destination"),
            outputs,
            instance.serves,
            [takes, lying, received],
            [inputs.select(pair), lying, sent],
        ),
    )
    for (kind, near, far), ends, amounts, blocked_near, blocked_far in sides:
        users = (
            ends.join(pl.concat(blocked_near), on=pair, how="anti")
            .group_by(pair, maintain_order=True)
            .agg(pl.col("facility").unique().sort(), is_chosen=pl.col("facility").is_in(chosen).all())
            .filter("is_chosen")
            .select(pl.col("site").alias(near), "commodity", pl.col("facility").list.join("\n"))
        )
        bounds = amounts.join(pl.concat(blocked_far), on=pair, how="anti").select(
            pl.col("site").alias(far), "commodity", pl.col("t").cast(pl.Int64), "amount"
        )
        tied = (
            flows.filter(pl.col("mass_t") > 0)
            .join(users, on=[near, "commodity"], how="inner", maintain_order="left")
            .join(bounds, on=[far, "commodity", "t"], how="inner", maintain_order="left")
        )
        if tied.height:
            _add(program, openings, tied, kind, case)


def _add(program: Program, openings: Openings, tied: pl.DataFrame, kind: str, case: int) -> None:
    group = ["origin", "destination", "t", "facility"]
    rows = tied.select(group).unique(maintain_order=True).with_row_index("row")
    tied = tied.join(rows, on=group, how="left", maintain_order="left")
    once = tied.unique(["row", "commodity"], maintain_order=True)
    bound = np.zeros(rows.height)
    np.add.at(bound, once["row"].to_numpy(), (once["amount"] * once["mass_t"]).to_numpy())
    place = {name: at for at, name in enumerate(openings.facilities)}
    opens = (
        rows.with_columns(pl.col("facility").str.split("\n"))
        .explode("facility", empty_as_null=True)
        .with_columns(at=pl.col("facility").replace_strict(place, return_dtype=pl.Int64))
    )
    row = opens["row"].to_numpy()
    entries = [
        (tied["row"].to_numpy(), tied["column"].to_numpy(), tied["mass_t"].to_numpy()),
        (row, openings.is_open[opens["at"].to_numpy(), opens["t"].to_numpy()], -bound[row]),
    ]
    program.add_rows(
        kind, rows.select("origin", "destination", "t"), -np.inf, 0.0, entries, case, is_cut=True
    )
