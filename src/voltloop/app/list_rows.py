"""Rows of a list of returned batteries, asked as goods that travel one row at a time."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from voltloop.app.goods import goods_of
from voltloop.app.read_list import read_file
from voltloop.app.row_findings import RowFindings
from voltloop.app.scenarios import COUNTED_NET, Asked
from voltloop.compliance import mode_between

__all__ = ["list_rows"]

_KEPT_AS_USED: Final = ("warranty", "lease_end", "other")
"""Reasons of return that do not by themselves make a battery waste. Without the evidence of Regulation (EU) 2023/1542,
Annex XIV, any other returned battery counts as waste."""


def list_rows(path: Path, mode: str | None, on: date) -> Asked:
    """Read a list as ``voltloop read`` does, and ask for the verdict of each of its rows.

    Rows that the reading did not accept are there as well, with its reasons, and stay undecided; titles, totals and
    blank lines are no rows. Without a mode, the road law of the country where the battery stands is asked.

    Raises
    ------
    InputError
        The file holds no table of batteries.
    """
    result = read_file(path, on=on)
    found = RowFindings()
    rows = [entry["row"] for entry in result.entries if entry["status"] != "ignored"]
    places = pl.DataFrame(
        {"row": pl.Series(rows, dtype=pl.Int64), "at": pl.Series(range(len(rows)), dtype=pl.UInt32)}
    )
    batteries = result.batteries
    waste = ~batteries["reason"].is_in(_KEPT_AS_USED)
    goods = goods_of(batteries, waste).with_columns(
        batteries["soc"],
        batteries["battery_id"].alias("id"),
        _modes(batteries["country"], mode),
        pl.lit(on).alias("on"),
        batteries["mass_kg"].alias(COUNTED_NET),
    )
    flat = [name for name, kind in goods.schema.items() if kind == pl.Boolean]
    goods = goods.with_columns(
        pl.col(name).replace_strict({True: "yes", False: "no"}, return_dtype=pl.String).alias(name)
        for name in flat
    )
    table = places.join(goods, left_on="row", right_on="item", how="left", maintain_order="left")
    lost = result.rejected.select(pl.col("row").cast(pl.Int64), pl.col("reasons").alias("raw")).join(
        places, on="row", how="inner"
    )
    found.add(
        "classify-row-not-accepted", lost, fact="row", words=lambda raw: {"value": (raw or "").rstrip(".")}
    )
    known = lost["at"].implode()
    silent = table.filter(pl.col("mode").is_null() & ~pl.col("at").is_in(known)).select(
        "at", pl.lit(None, dtype=pl.String).alias("raw")
    )
    found.add("classify-mode-missing", silent, fact="mode", words={"value": "road_eu, road_us and others"})
    table = table.with_columns(
        pl.coalesce("id", pl.format("row {}", "row")).alias("id"),
        *(
            pl.lit(None, dtype=pl.String).alias(name)
            for name in ("load_id", "from_country", "to_country", "flags")
        ),
    )
    return Asked(table.drop("row", "at"), found, {"quantity": "quantity"})


def _modes(country: pl.Series, mode: str | None) -> pl.Series:
    if mode is not None:
        return pl.Series("mode", [mode]).new_from_index(0, len(country))
    known = country.unique().drop_nulls().to_list()
    modes = pl.Series([mode_between(one, one) for one in known], dtype=pl.String)
    return country.replace_strict(known, modes, default=None, return_dtype=pl.String).alias("mode")
