"""Use case: the verdict of every row of a file, a list of batteries or a scenario file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from voltloop.app.answer_files import AnswerFile
from voltloop.app.answer_rows import Judged, answer, first_verdicts, judge
from voltloop.app.files import refuse_over
from voltloop.app.list_rows import list_rows
from voltloop.app.scenario_files import RowFile, open_rows
from voltloop.app.scenarios import (
    Asked,
    Defaults,
    ScenarioColumn,
    is_scenario,
    known_columns,
    meaning_of,
    name_cells,
    read_rows,
)
from voltloop.app.unit_loads import Loads
from voltloop.app.unit_points import points_of
from voltloop.app.verdict_cells import answer_columns
from voltloop.compliance import Rulebook

__all__ = ["Classified", "Source", "answers_of", "classify_file", "open_source"]

_KEPT_ROWS = 200

Say = Callable[[str, str], None]
"""Told of each step: what, and how far."""


@dataclass(frozen=True)
class Source:
    """A file whose rows can be asked for from the start as often as needed.

    ``kind`` is ``scenarios`` or ``list``; ``unknown`` has columns that mean nothing, each with a hint; ``keys`` gives
    only ``id`` and ``load_id`` of the rows, for a file that does not fit into memory.
    """

    name: str
    kind: str
    chunks: Callable[[], Iterator[Asked]]
    unknown: dict[str, str] = field(default_factory=dict)
    with_countries: bool = False
    is_small: bool = True
    keys: Callable[[], Iterator[pl.DataFrame]] | None = None


@dataclass
class Classified:
    """What became of a file: counts for a summary, and the first rows of the answer."""

    name: str
    kind: str
    rows: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    missing: Counter[str] = field(default_factory=Counter)
    editions: Counter[str] = field(default_factory=Counter)
    unknown_columns: dict[str, str] = field(default_factory=dict)
    first: pl.DataFrame = field(default_factory=pl.DataFrame)

    def summary(self) -> dict[str, Any]:
        """Give the counts as a document."""
        return {
            "schema": "classify/1",
            "file": self.name,
            "kind": self.kind,
            "rows": self.rows,
            "outcomes": dict(self.outcomes.most_common()),
            "missing_facts": dict(self.missing.most_common()),
            "editions": dict(self.editions.most_common()),
            "findings": dict(self.findings.most_common()),
            "unknown_columns": sorted(self.unknown_columns),
        }


def open_source(path: Path, rulebook: Rulebook, defaults: Defaults, today: date) -> Source:
    """Open a file and find out what it is.

    Raises
    ------
    InputError
        The file cannot be read, or holds neither rows with facts nor a list of batteries.
    """
    known = known_columns(rulebook)
    file = open_rows(path, lambda cells: sum(cell.strip().lower() in known for cell in cells))
    if file is None or not is_scenario(file.header, rulebook):
        asked = list_rows(path, defaults.mode, defaults.on or today)
        return Source(path.name, "list", lambda: iter([asked]))
    meant, unknown = meaning_of(file.header, rulebook)
    countries = {column.column for column in meant.values() if column.use == "country"}
    return Source(
        path.name,
        "scenarios",
        lambda: _scenarios(file, rulebook, defaults),
        unknown,
        len(countries) == 2,
        file.is_small,
        None if file.is_small else lambda: _keys(file, meant),
    )


def _keys(file: RowFile, meant: Mapping[str, ScenarioColumn]) -> Iterator[pl.DataFrame]:
    names = {column.column: name for name, column in meant.items() if column.use in {"id", "load"}}
    for chunk in file.chunks(tuple(names.values())) if names else ():
        yield pl.DataFrame([name_cells(chunk.rows[name]).alias(column) for column, name in names.items()])


def _scenarios(file: RowFile, rulebook: Rulebook, defaults: Defaults) -> Iterator[Asked]:
    for chunk in file.chunks(()):
        asked = read_rows(chunk.rows, rulebook, defaults, first_row=chunk.first_row)
        ragged = [at for at, (code, _) in chunk.broken.items() if code != "classify-not-utf8"]
        if ragged:
            asked.findings.forgive(
                ragged, ("classify-mode-missing", "classify-date-missing", "classify-id-missing")
            )
        for code in {code for code, _ in chunk.broken.values()}:
            rows = [(at, why) for at, (one, why) in chunk.broken.items() if one == code]
            table = pl.DataFrame(rows, schema={"at": pl.UInt32, "raw": pl.String}, orient="row")
            asked.findings.add(
                code,
                table,
                fact="" if code == "classify-not-utf8" else "row",
                words=lambda raw: {"value": raw},
            )
        yield asked


def classify_file(
    path: Path,
    rulebook: Rulebook,
    defaults: Defaults,
    today: date,
    output: Path | None = None,
    say: Say | None = None,
) -> Classified:
    """Classify every row of a file and write the answers.

    Parameters
    ----------
    path
        A scenario file (CSV, Parquet, JSON lines, a workbook) or a list of batteries as ``voltloop read`` takes it.
    rulebook
        The law.
    defaults
        Mode and day of rows without their own.
    today
        Day of a list of batteries when ``defaults`` has none; a scenario row without a day stays undecided.
    output
        Answer file: .csv, .parquet or .json; None for counts and the first rows only.
    say
        Told of the steps.

    Returns
    -------
    Classified
        Counts. The answer file has exactly one row per row of the file, in the same order.

    Raises
    ------
    InputError
        The file cannot be read or the answer cannot be written; nothing is left behind.
    """
    refuse_over(output, path)
    source = open_source(path, rulebook, defaults, today)
    done = Classified(source.name, source.kind, unknown_columns=source.unknown)
    if output is None:
        for rows in answers_of(source, rulebook, done, say):
            del rows
        return done
    with AnswerFile(output) as file:
        for rows in answers_of(source, rulebook, done, say):
            file.add(rows)
        if not done.rows:
            empty = dict.fromkeys(answer_columns(source.with_countries), pl.String)
            file.add(pl.DataFrame(schema=empty))
    return done


def answers_of(
    source: Source, rulebook: Rulebook, done: Classified, say: Say | None = None
) -> Iterator[pl.DataFrame]:
    """Give the answers chunk by chunk, and count them in ``done``."""
    for asked, judged, loads in judged_rows(source, rulebook, say):
        rows = answer(asked, judged, loads, with_countries=source.with_countries)
        _count(done, rows, judged)
        if say:
            say("Classifying", f"{done.rows} rows")
        yield rows


def judged_rows(
    source: Source, rulebook: Rulebook, say: Say | None = None
) -> Iterator[tuple[Asked, Judged, Loads]]:
    """Give rows with their final verdicts, chunk by chunk.

    A load may be spread over a whole file, so a file with loads that does not fit into one chunk is read once more for
    each thing that one row of a load says about another.
    """
    loads = Loads(rulebook)
    ids = _IdCount()
    kept: list[Asked] = []
    has_loads = False
    if source.keys is None:
        kept = list(source.chunks())
    for keys in source.keys() if source.keys else (asked.goods for asked in kept):
        if "id" in keys.columns:
            ids.see(keys["id"])
        has_loads = has_loads or ("load_id" in keys.columns and keys["load_id"].null_count() < keys.height)

    def again() -> Iterator[Asked]:
        return source.chunks() if source.keys else iter(kept)

    for step in _steps(loads) if has_loads else ():
        for number, asked in enumerate(again(), start=1):
            if say:
                say("Adding up loads", f"part {number}")
            step(asked)
    for asked in again():
        judged = judge(first_verdicts(asked, loads), loads)
        ids.tell(asked)
        yield asked, judged, loads


def _steps(loads: Loads) -> Sequence[Callable[[Asked], None]]:
    """Give what is done to all rows in turn where rows share loads."""

    def verdicts(asked: Asked) -> None:
        first = first_verdicts(asked, loads)
        loads.see_verdicts(first.goods, first.verdicts, first.reliefs)

    def points(asked: Asked) -> None:
        judged = judge(first_verdicts(asked, loads), loads)
        loads.see_points(judged.goods, points_of(judged.goods, judged.verdicts, loads.rulebook))

    return (lambda asked: loads.see_masses(asked.goods)), verdicts, points


class _IdCount:
    """Which ids stand on several rows, kept as hashes."""

    def __init__(self) -> None:
        self._parts: list[pl.Series] = []
        self._twice: pl.DataFrame | None = None

    def see(self, ids: pl.Series) -> None:
        self._parts.append(ids.drop_nulls().hash())

    def tell(self, asked: Asked) -> None:
        """Add a finding to each row whose id stands on several."""
        if self._twice is None:
            seen = (
                pl.concat(self._parts).alias("hash")
                if self._parts
                else pl.Series("hash", [], dtype=pl.UInt64)
            )
            self._twice = seen.to_frame().group_by("hash").len("count").filter(pl.col("count") > 1)
        if not self._twice.height:
            return
        ids = asked.goods.select(
            pl.int_range(pl.len(), dtype=pl.UInt32).alias("at"), pl.col("id").alias("raw")
        ).drop_nulls()
        rows = ids.with_columns(ids["raw"].hash().alias("hash")).join(
            self._twice, on="hash", how="inner", maintain_order="left"
        )
        counts = dict(rows.select("raw", "count").unique().iter_rows())
        asked.findings.add("classify-id-twice", rows, words=lambda raw: {"value": counts[raw]})


def _count(done: Classified, rows: pl.DataFrame, judged: Judged) -> None:
    done.rows += rows.height
    done.outcomes.update(dict(rows["outcome"].value_counts().iter_rows()))
    done.editions.update(dict(rows["edition"].drop_nulls().value_counts().iter_rows()))
    undecided = rows["missing_facts"].drop_nulls()
    for text, count in undecided.value_counts().iter_rows():
        done.missing.update(dict.fromkeys(text.split(";"), count))
    done.findings.update(judged.findings.counts())
    table = judged.findings.table().unique("code", maintain_order=True)
    ids = rows["id"]
    for row in table.iter_rows(named=True):
        done.examples.setdefault(row["code"], f"{ids[row['at']] or 'a row without id'}: {row['message']}")
    if done.first.height < _KEPT_ROWS:
        head = rows.head(_KEPT_ROWS - done.first.height)
        done.first = head if not done.first.height else pl.concat([done.first, head])
