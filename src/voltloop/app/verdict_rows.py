"""Verdicts of rows that each have their own mode and day, under every edition that is lawful then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from voltloop.app.row_findings import MARK, RowFindings
from voltloop.compliance import VERDICT_COLUMNS, Rulebook, classify
from voltloop.errors import RulebookError

__all__ = ["Group", "classify_groups", "groups_of", "other_editions"]

_NOT_COMPARED: Final = ("item", "rules", "edition", "notes", "confidence", "points_per_kg")


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of one mode and one set of editions.

    ``at`` are their places; ``edition`` decides, ``others`` are lawful as well; ``on`` is one of their days.
    """

    mode: str
    on: date
    edition: str
    others: tuple[str, ...]
    at: pl.Series


def groups_of(goods: pl.DataFrame, rulebook: Rulebook, found: RowFindings, date_name: str) -> list[Group]:
    """Part rows by mode and editions; days that no edition covers are told and have no group."""
    days = goods.select("mode", "on", pl.int_range(pl.len(), dtype=pl.UInt32).alias("at")).drop_nulls()
    parts: dict[tuple[str, ...], list[pl.Series]] = {}
    first: dict[tuple[str, ...], tuple[date, str, tuple[str, ...]]] = {}
    for (mode, on), rows in days.group_by("mode", "on", maintain_order=True):
        try:
            chain = rulebook.chain(str(mode), on)
        except RulebookError as error:
            told = rows.select("at", pl.lit(on.isoformat()).alias("raw"))
            found.add(
                "classify-date-outside",
                told,
                field=date_name,
                fact="date",
                words={"value": error.message},
            )
            continue
        lawful = rulebook.lawful_editions(str(mode), on)
        key = (str(mode), *(one.name for one in chain.editions.values()), "/", *lawful)
        others = tuple(name for name in lawful if name != chain.edition.name)
        first.setdefault(key, (on, chain.edition.name, others))
        parts.setdefault(key, []).append(rows["at"])
    return [Group(key[0], *first[key], pl.concat(places).sort()) for key, places in parts.items()]


def classify_groups(goods: pl.DataFrame, groups: list[Group], rulebook: Rulebook) -> pl.DataFrame:
    """Give the verdict of each row, in their order; rows without a group are undecided."""
    done = []
    for group in groups:
        rows = goods if len(group.at) == goods.height else goods[group.at]
        verdicts = classify(rows, rulebook, mode=group.mode, on=group.on)
        done.append(verdicts.with_columns(group.at.alias("at")))
    empty = _undecided(goods, groups)
    if empty.height or not done:
        done.append(empty.select(done[0].columns) if done else empty)
    table = pl.concat(done)
    if len(done) > 1:
        table = table.sort("at")
    return table.drop("at", "item")


def _undecided(goods: pl.DataFrame, groups: list[Group]) -> pl.DataFrame:
    asked = pl.concat([group.at for group in groups]) if groups else pl.Series([], dtype=pl.UInt32)
    places = pl.int_range(goods.height, dtype=pl.UInt32, eager=True)
    left = places.filter(~places.is_in(asked.implode())) if len(asked) < goods.height else places.clear()
    columns = {
        name: pl.Series([None], dtype=pl.String).new_from_index(0, len(left)) for name in VERDICT_COLUMNS
    }
    return pl.DataFrame(columns).with_columns(
        pl.lit("undecided").alias("outcome"),
        pl.lit(None, dtype=pl.Int64).alias("item"),
        pl.lit(None, dtype=pl.Float64).alias("points_per_kg"),
        left.alias("at"),
    )


def other_editions(
    goods: pl.DataFrame, verdicts: pl.DataFrame, groups: list[Group], rulebook: Rulebook
) -> pl.Series:
    """Say for each row what the other lawful editions say where they differ; null where only one edition is lawful."""
    texts = [
        pl.DataFrame({"at": group.at, "text": _others(goods, verdicts, group, rulebook)})
        for group in groups
        if group.others
    ]
    if not texts:
        return pl.Series("other_editions", [None], dtype=pl.String).new_from_index(0, goods.height)
    places = pl.DataFrame({"at": pl.int_range(goods.height, dtype=pl.UInt32, eager=True)})
    joined = places.join(pl.concat(texts), on="at", how="left", maintain_order="left")
    return joined["text"].alias("other_editions")


def _others(goods: pl.DataFrame, verdicts: pl.DataFrame, group: Group, rulebook: Rulebook) -> pl.Series:
    mine = verdicts[group.at]
    told = list(_told(goods[group.at], mine, group, rulebook))
    return pl.DataFrame({str(number): series for number, series in enumerate(told)}).select(
        pl.concat_str(pl.all(), separator=MARK).alias("text")
    )["text"]


def _told(goods: pl.DataFrame, mine: pl.DataFrame, group: Group, rulebook: Rulebook) -> Iterator[pl.Series]:
    """Give what each other edition says of the rows of a group."""
    status = {one.name: one.status for one in rulebook.editions[rulebook.mode(group.mode).regime]}
    for name in group.others:
        if status[name] == "announced":
            yield pl.Series([f"{name}: announced, not read"]).new_from_index(0, goods.height)
            continue
        other = classify(goods, rulebook, mode=group.mode, on=group.on, edition=name)
        yield _difference(name, mine, other)


def _difference(name: str, mine: pl.DataFrame, other: pl.DataFrame) -> pl.Series:
    columns = [column for column in other.columns if column not in _NOT_COMPARED]
    both = pl.concat(
        [mine.select(columns), other.select(pl.col(column).alias(f"other {column}") for column in columns)],
        how="horizontal",
    )
    parts = [
        pl.when(~pl.col(column).fill_null("").eq(pl.col(f"other {column}").fill_null("")))
        .then(pl.format(f"{column} {{}}", pl.col(f"other {column}").fill_null("not stated")))
        .otherwise(None)
        for column in columns
    ]
    said = pl.concat_str(parts, separator="; ", ignore_nulls=True)
    return both.select(
        pl.when(said == "")
        .then(pl.lit(f"{name}: the same"))
        .otherwise(pl.format(f"{name}: {{}}", said))
        .alias("text")
    )["text"]
