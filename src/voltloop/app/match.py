"""Use case: match the units of a file into systems and packs of alike units."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import polars as pl

from voltloop.app.plot_page import plot_page
from voltloop.app.store import read_table
from voltloop.app.whole_rows import blank_broken_rows, whole_table
from voltloop.errors import InputError
from voltloop.treatment.matching import Matching, SetKind, match_sets

__all__ = ["MatchedFile", "match_file", "match_page", "read_kinds"]


@dataclass(frozen=True)
class MatchedFile:
    """A matching, the file it is of, and the kinds that were wanted."""

    name: str
    units: pl.DataFrame
    kinds: tuple[SetKind, ...]
    matching: Matching

    def answers(self) -> pl.DataFrame:
        """Give one row per unit in order: ``row``, ``unit_id``, ``set`` and ``kind``, or the ``reason`` of none."""
        columns = ("row", "unit_id", "set", "kind", "reason")
        both = pl.concat([self.matching.members, self.matching.leftover], how="diagonal")
        return both.select(columns).sort("row")

    def summary(self) -> dict[str, Any]:
        """Give the matching as a document."""
        found = self.matching
        return {
            "schema": "match/1",
            "file": self.name,
            "units": self.units.height,
            "sets": found.sets.height,
            "most_sets_possible": found.bound,
            "is_best_value": found.is_best_value,
            "left_over": found.leftover.height,
            "kinds": [{one.name: getattr(kind, one.name) for one in fields(kind)} for kind in self.kinds],
            "currency": "EUR",
            "findings": [
                {"code": finding.code, "message": finding.message, "help": finding.help}
                for finding in found.findings
            ],
            "made": found.sets.rows(named=True),
            "answers": self.answers().rows(named=True),
        }


def read_kinds(path: Path) -> list[SetKind]:
    """Read kinds of set from a table, one per row; the columns are the attributes of :class:`SetKind`.

    A spread that is left blank, and a column that is absent, is no limit.

    Raises
    ------
    InputError
        The file cannot be read; ``matching-kind-columns`` or ``matching-kind``.
    """
    table = whole_table(path)
    absent = [name for name in ("name", "units") if name not in table.columns]
    known = [one.name for one in fields(SetKind)]
    odd = [name for name in table.columns if name not in known]
    if absent or odd:
        raise InputError(
            f"{path}: the table of kinds lacks {', '.join(absent) or 'nothing'} and has unknown columns "
            f"{', '.join(odd) or 'none'}. Expected name and units, and any of {', '.join(known[2:])}. Mend the header.",
            code="matching-kind-columns",
        )
    kinds = []
    for number, row in enumerate(table.iter_rows(named=True), start=1):
        cells = {name: _number(path, number, name, row.get(name)) for name in known[1:]}
        value = cells.pop("value_eur") or 0.0
        units, most = cells.pop("units"), cells.pop("max_sets")
        if units is None or units % 1 or (most is not None and most % 1):
            raise InputError(
                f"{path}, row {number}: units or max_sets is missing or no whole number. "
                "Expected the number of units in a set, such as 12.",
                code="matching-kind",
            )
        whole = None if most is None else int(most)
        kinds.append(
            SetKind(
                str(row["name"] or f"kind {number}"), int(units), max_sets=whole, value_eur=value, **cells
            )
        )
    return kinds


def _number(path: Path, row: int, name: str, cell: Any) -> float | None:
    text = "" if cell is None else str(cell).strip()
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise InputError(
            f'{path}, row {row}: {name} says "{text}", and a number was expected. Correct it.',
            code="matching-kind",
        ) from None


def match_file(path: Path, kinds: list[SetKind]) -> MatchedFile:
    """Match the units of a file: CSV, Parquet or JSON lines, columns as in :func:`voltloop.treatment.match_sets`.

    Raises
    ------
    InputError
        The file cannot be read or lacks a column, or a kind cannot be.
    """
    units = blank_broken_rows(read_table(path), "capacity_ah", ("resistance_mohm", "value_eur"))
    return MatchedFile(path.name, units, tuple(kinds), match_sets(units, kinds))


def match_page(found: MatchedFile) -> bytes:
    """Draw units by capacity and resistance, each set in a colour, what is left over in grey."""
    import plotly.graph_objects as go

    measured = found.units.with_row_index("row", offset=1).select(
        pl.col("row").cast(pl.Int64),
        pl.col("capacity_ah").cast(pl.Float64, strict=False),
        (pl.col("resistance_mohm") if "resistance_mohm" in found.units.columns else pl.lit(1.0)).cast(
            pl.Float64, strict=False
        ),
    )
    table = found.answers().join(measured, on="row", maintain_order="left")
    figure = go.Figure()
    for label, rows in (
        ("in a set", table.drop_nulls("set")),
        ("left over", table.filter(pl.col("set").is_null())),
    ):
        figure.add_trace(
            go.Scatter(
                x=rows["capacity_ah"].to_list(),
                y=rows["resistance_mohm"].to_list(),
                text=rows.select(
                    pl.format("{}: {}", "unit_id", pl.coalesce(pl.col("set").cast(pl.String), "reason"))
                )
                .to_series()
                .to_list(),
                mode="markers",
                name=label,
                marker={
                    "color": rows["set"].to_list() if label == "in a set" else "#9ca3af",
                    "colorscale": "Turbo",
                    "symbol": "circle" if label == "in a set" else "x",
                    "size": 9,
                },
            )
        )
    figure.update_layout(xaxis_title="capacity [Ah]", yaxis_title="resistance [mohm]")
    made = found.matching
    notes = [
        f"{made.sets.height} sets of at most {made.bound} possible; {made.leftover.height} units left over.",
        *(f"{kind.name}: {kind.units} units" for kind in found.kinds),
    ]
    charts = [("Units by capacity and resistance", figure)]
    return plot_page(f"{found.name}: units matched into sets", charts, notes=notes)
