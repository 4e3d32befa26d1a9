"""The goods whose verdicts are compared between days, from a list of batteries or a file of scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from voltloop.app.classify_file import open_source
from voltloop.app.goods import goods_of
from voltloop.app.read_list import read_file, require_usable
from voltloop.app.scenarios import Asked as Rows
from voltloop.app.scenarios import Defaults
from voltloop.compliance import Rulebook, mode_between

__all__ = ["Asked", "read_goods"]


@dataclass(frozen=True)
class Asked:
    """Goods by mode, each with ``id`` and ``as`` (``used``, ``waste`` or empty) besides the facts.

    ``rows`` counts the rows of the file that are asked, ``left_out`` those that are not; ``reasons`` say why.
    """

    by_mode: Mapping[str, pl.DataFrame]
    rows: int
    left_out: int
    reasons: Mapping[str, int]


def read_goods(path: Path, rulebook: Rulebook, *, mode: str | None, on: date) -> Asked:
    """Read the goods of a file.

    Raises
    ------
    InputError
        The file cannot be read, or no row of it can be used.
    RulebookError
        The mode is unknown.
    """
    if mode is not None:
        rulebook.mode(mode)
    source = open_source(path, rulebook, Defaults(mode, on), on)
    if source.kind == "scenarios":
        return _scenarios(list(source.chunks()))
    return _batteries(path, mode=mode, on=on)


def _scenarios(chunks: list[Rows]) -> Asked:
    """Ask each row of a scenario file as it stands; its own day gives way to the days that are compared."""
    if not chunks:
        return Asked({}, 0, 0, {})
    rows = pl.concat([chunk.goods for chunk in chunks], how="diagonal_relaxed")
    number = pl.int_range(1, pl.len() + 1).cast(pl.String)
    rows = rows.with_columns(
        pl.coalesce("id", pl.format("row {}", number)).alias("id"), pl.lit("").alias("as")
    )
    asked = rows.filter(pl.col("mode").is_not_null())
    lost = rows.height - asked.height
    reasons = {"no mode that is known, give --mode": lost} if lost else {}
    modes = asked["mode"].unique(maintain_order=True).to_list()
    by_mode = {name: asked.filter(pl.col("mode") == name).drop("mode", "on") for name in modes}
    return Asked(by_mode, asked.height, lost, reasons)


def _batteries(path: Path, *, mode: str | None, on: date) -> Asked:
    """Ask each battery twice, as a used battery and as waste: which of the two it is gets decided later."""
    result = read_file(path, on=on)
    require_usable(result, path.name)
    batteries = result.batteries
    modes = pl.Series("mode", [mode] * batteries.height, dtype=pl.String) if mode else _modes(batteries)
    lost = {
        f"row {status}": count for status, count in result.counts.items() if status in ("review", "rejected")
    }
    unknown = int(modes.is_null().sum())
    if unknown:
        lost["no road law for the country, give --mode"] = unknown
    by_mode = {}
    for name in modes.drop_nulls().unique(maintain_order=True).to_list():
        mine = batteries.filter(modes == name)
        by_mode[name] = pl.concat(
            [
                goods_of(mine, pl.repeat(is_waste, mine.height, dtype=pl.Boolean, eager=True)).with_columns(
                    mine["row"].cast(pl.String).alias("id"),
                    pl.lit("waste" if is_waste else "used").alias("as"),
                )
                for is_waste in (False, True)
            ]
        )
    return Asked(by_mode, batteries.height - unknown, sum(lost.values()), lost)


def _modes(batteries: pl.DataFrame) -> pl.Series:
    countries = batteries["country"].drop_nulls().unique().to_list()
    law = {country: mode_between(country, country) for country in countries}
    return batteries["country"].replace_strict(law, default=None, return_dtype=pl.String).alias("mode")
