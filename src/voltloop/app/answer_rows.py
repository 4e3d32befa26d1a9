"""From rows of a file to rows of answers: verdicts, loads, editions, waste and findings."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from voltloop.app.row_findings import RowFindings
from voltloop.app.scenarios import Asked
from voltloop.app.unit_loads import Loads, reliefs_of, with_unit_effects, with_unit_masses
from voltloop.app.unit_points import points_cells, points_of
from voltloop.app.verdict_cells import answer_columns, cells, contradictions, with_findings
from voltloop.app.verdict_rows import Group, classify_groups, groups_of, other_editions
from voltloop.app.waste_rows import with_waste

__all__ = ["Judged", "answer", "first_verdicts", "judge"]


@dataclass
class Judged:
    """Rows with their verdicts: ``goods`` with all that the load states, ``verdicts`` in the same order."""

    goods: pl.DataFrame
    groups: list[Group]
    verdicts: pl.DataFrame
    reliefs: pl.DataFrame
    findings: RowFindings = field(default_factory=RowFindings)


def first_verdicts(asked: Asked, loads: Loads) -> Judged:
    """Classify rows with what masses say of each other, before verdicts look at verdicts."""
    rulebook = loads.rulebook
    goods = with_unit_masses(asked.goods, loads)
    groups = groups_of(goods, rulebook, asked.findings, asked.names.get("date", "date"))
    verdicts = classify_groups(goods, groups, rulebook)
    bad = asked.findings.heavy(goods.height)
    if bad.any():
        verdicts = verdicts.with_columns(verdicts["outcome"].set(bad, "undecided"))
    reliefs = reliefs_of(goods, verdicts, groups, rulebook)
    return Judged(goods, groups, verdicts, reliefs, asked.findings)


def judge(judged: Judged, loads: Loads) -> Judged:
    """Let the load of each row have its say; only rows that it concerns are classified again."""
    if judged.reliefs["kind"].null_count() == judged.reliefs.height:
        return judged
    goods, changed = with_unit_effects(judged.goods, judged.reliefs, loads, judged.findings)
    verdicts = judged.verdicts
    if changed.any():
        at = changed.arg_true()
        found = RowFindings()
        part = goods[at]
        again = classify_groups(part, groups_of(part, loads.rulebook, found, "date"), loads.rulebook)
        places = pl.int_range(goods.height, dtype=pl.UInt32, eager=True)
        kept = verdicts.with_columns(places.alias("at")).filter(~changed)
        verdicts = pl.concat([kept, again.with_columns(places.gather(at).alias("at"))]).sort("at").drop("at")
    return Judged(goods, judged.groups, verdicts, judged.reliefs, judged.findings)


def answer(asked: Asked, judged: Judged, loads: Loads, *, with_countries: bool) -> pl.DataFrame:
    """Give the rows of the answer file: :func:`voltloop.app.verdict_cells.answer_columns`, one per row of the file."""
    rulebook = loads.rulebook
    goods, found = judged.goods, judged.findings
    others = other_editions(goods, judged.verdicts, judged.groups, rulebook)
    table = contradictions(judged.verdicts, asked.names, found)
    table = with_waste(table, goods, rulebook, found) if with_countries else table
    points = points_cells(goods, points_of(goods, table, rulebook), loads, found)
    table = cells(table.with_columns(others, points), goods, rulebook)
    table = table.with_columns(
        goods["id"], goods["load_id"], goods["on"].dt.to_string("%Y-%m-%d").alias("date")
    )
    return with_findings(table, found, asked.names).select(answer_columns(with_countries))
