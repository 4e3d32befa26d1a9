"""Use case: whose verdict differs between days, in a list of batteries or a file of scenarios."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from voltloop.app.impact_goods import Asked, read_goods
from voltloop.compliance import Rulebook, classify
from voltloop.compliance.rulebook import Chain
from voltloop.errors import InputError

__all__ = ["CHANGES", "EITHER", "Impact", "Step", "impact"]

EITHER = " or "
"""What joins the answers of two editions that may both be used."""

CHANGES: Mapping[str, Any] = {
    "id": pl.String, "as": pl.String, "mode": pl.String, "from_on": pl.Date, "to_on": pl.Date,
    "column": pl.String, "before": pl.String, "after": pl.String,
}  # fmt: skip
"""Columns of the table of changes, one row per answer that changes."""

_COMPARED = (
    "outcome", "un_number", "proper_shipping_name", "hazard_class", "packing_instruction", "special_provisions",
    "soc_limit_pct", "package_limit", "transport_category", "tunnel_code", "segregation", "stowage", "marks",
    "labels", "statements", "documents", "training", "waste_code", "missing_facts",
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """From one day to the next.

    Attributes
    ----------
    before_on, after_on
        The days.
    editions
        For each mode, what may be used on each of the two days.
    unread
        Editions that may be used on the later day and that nobody has read.
    rows
        Rows of the file that get another verdict.
    kinds
        Column, before, after and number of rows, the commonest first.
    """

    before_on: date
    after_on: date
    editions: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
    unread: tuple[str, ...]
    rows: int
    kinds: tuple[tuple[str, str, str, int], ...]


@dataclass(frozen=True)
class Impact:
    """What changes for the rows of a file.

    ``asked`` and ``left_out`` count its rows; ``reasons`` say why some could not be asked; ``changes`` has the columns
    of :data:`CHANGES`.
    """

    asked: int
    left_out: int
    reasons: Mapping[str, int]
    steps: tuple[Step, ...]
    changes: pl.DataFrame


def impact(
    path: Path, days: Sequence[date], rulebook: Rulebook, *, mode: str | None, read_on: date
) -> Impact:
    """Compare the verdicts of every row of a file between days.

    Parameters
    ----------
    path
        List of batteries as ``voltloop read`` takes it, or a file of scenarios.
    days
        At least two; compared in the order of time.
    mode
        Mode of all rows that state none; None takes the road law of the country in which a battery lies.
    read_on
        Day of reading a list of batteries.

    Raises
    ------
    InputError
        ``too-few-days``, or the file cannot be read.
    RulebookError
        The mode is unknown, or no edition covers one of the days.

    Notes
    -----
    On a day on which two editions may be used the answers of both count: an answer that only the older one gives is
    lost when it ends. Editions that nobody has read are left out as long as another one may be used.
    """
    ordered = sorted(set(days))
    if len(ordered) < 2:
        raise InputError(
            "Two different days are needed to compare verdicts. Give --on twice, such as "
            "--on 2026-11-08 --on 2026-11-09.",
            code="too-few-days",
        )
    asked = read_goods(path, rulebook, mode=mode, on=read_on)
    verdicts = [_verdicts(asked, rulebook, on) for on in ordered]
    parts, steps = [], []
    for (one, before), (other, after) in pairwise(zip(ordered, verdicts, strict=True)):
        changes = _changes(before, after, one, other)
        parts.append(changes)
        steps.append(_step(changes, asked, rulebook, one, other))
    table = pl.concat(parts) if parts else pl.DataFrame(schema=CHANGES)
    return Impact(asked.rows, asked.left_out, asked.reasons, tuple(steps), table)


def lawful_chains(rulebook: Rulebook, mode: str, on: date) -> list[Chain]:
    """Give the tables of every edition that may be used on a day, the newest first; unread ones only alone."""
    lawful = [one for one in rulebook.editions[rulebook.mode(mode).regime] if one.covers(on)]
    read = [one for one in lawful if one.status != "announced"]
    newest = rulebook.chain(mode, on)
    others = [rulebook.chain(mode, on, one.name) for one in reversed(read or lawful)]
    return [newest, *(one for one in others if one.edition.name != newest.edition.name)]


def _verdicts(asked: Asked, rulebook: Rulebook, on: date) -> pl.DataFrame:
    """Give the compared answers of every row on a day, those of several editions joined."""
    parts = []
    for mode, goods in asked.by_mode.items():
        keys = goods.select("id", "as", mode=pl.lit(mode))
        frames = [
            classify(goods, rulebook, mode=mode, on=on, edition=chain.edition.name).select(
                pl.col(name).fill_null("") for name in _COMPARED
            )
            for chain in lawful_chains(rulebook, mode, on)
        ]
        parts.append(pl.concat([keys, _joined(frames)], how="horizontal"))
    return pl.concat(parts) if parts else pl.DataFrame(schema=dict.fromkeys(("id", "as", "mode"), pl.String))


def _joined(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Join the answers of several editions, the newest first; what one of them leaves open adds nothing."""
    result = frames[0]
    seen = [frames[0]]
    for frame in frames[1:]:
        columns = []
        for name in _COMPARED:
            mine, theirs = result[name], frame[name]
            known = functools.reduce(pl.Series.__or__, [other[name] == theirs for other in seen]) | (
                theirs == ""
            )
            both = pl.concat_str([pl.lit(mine), pl.lit(theirs)], separator=EITHER)
            columns.append(
                pl.when(pl.lit(known))
                .then(pl.lit(mine))
                .when(pl.lit(mine == ""))
                .then(pl.lit(theirs))
                .otherwise(both)
                .alias(name)
            )
        result = pl.select(columns)
        seen.append(frame)
    return result


def _changes(before: pl.DataFrame, after: pl.DataFrame, one: date, other: date) -> pl.DataFrame:
    """Give one row per answer that changes; the two frames have the same rows in the same order."""
    parts = []
    for name in _COMPARED:
        if name not in before.columns:
            continue
        differs = before[name] != after[name]
        if differs.any():
            parts.append(
                before.with_row_index("at")
                .filter(differs)
                .select("at", "id", "as", "mode", before=name)
                .with_columns(
                    pl.lit(one).alias("from_on"),
                    pl.lit(other).alias("to_on"),
                    pl.lit(name).alias("column"),
                    after.filter(differs)[name].alias("after"),
                )
            )
    if not parts:
        return pl.DataFrame(schema=CHANGES)
    return pl.concat(parts).sort("at", maintain_order=True).select(*CHANGES)


def _step(changes: pl.DataFrame, asked: Asked, rulebook: Rulebook, one: date, other: date) -> Step:
    kinds = (
        changes.group_by("column", "before", "after", maintain_order=True)
        .agg(pl.col("id").n_unique().alias("rows"))
        .with_columns(
            pl.col("column").replace_strict({name: at for at, name in enumerate(_COMPARED)}).alias("at")
        )
        .sort("at", pl.col("rows"), "before", "after", descending=[False, True, False, False])
    )
    editions = {
        mode: (tuple(_names(rulebook, mode, one)), tuple(_names(rulebook, mode, other)))
        for mode in asked.by_mode
    }
    unread = [
        edition.name
        for mode in asked.by_mode
        for edition in rulebook.editions[rulebook.mode(mode).regime]
        if edition.status == "announced" and edition.covers(other)
    ]
    return Step(
        one, other, editions, tuple(dict.fromkeys(unread)), changes["id"].n_unique() if changes.height else 0,
        tuple(kinds.select("column", "before", "after", "rows").rows()),
    )  # fmt: skip


def _names(rulebook: Rulebook, mode: str, on: date) -> Iterator[str]:
    """Give the editions used on a day: all of the main regime, and the newest of each other one."""
    chains = lawful_chains(rulebook, mode, on)
    yield from (chain.edition.name for chain in chains)
    yield from (
        edition.name for regime, edition in chains[0].editions.items() if regime != chains[0].edition.regime
    )
