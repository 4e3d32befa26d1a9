"""The goods whose verdicts are compared between days, from a list of batteries or a file of scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from voltloop.app.goods import goods_of
from voltloop.app.read_list import read_file, require_usable
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
    return _batteries(path, mode=mode, on=on)


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
