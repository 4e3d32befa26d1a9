"""Dates of production and return."""

from __future__ import annotations

from datetime import date

import polars as pl

from voltloop.batteries._date_columns import DateColumn, order_proof, read_dates
from voltloop.batteries._work import Work

__all__ = ["days"]

_NAMES = ("returned_on", "produced_on")


def days(work: Work) -> dict[str, DateColumn]:
    """Put the dates into the values, and note what is contradictory about them."""
    proofs = {name: order_proof(work.raw[name]) for name in _NAMES if work.has(name)}
    told = {proof for proof in proofs.values() if proof in ("day first", "month first")}
    told |= {work.columns[name].date_order for name in proofs if work.columns[name].date_order}
    shared = next(iter(told)) if len(told) == 1 else ""
    found: dict[str, DateColumn] = {}
    for name in _NAMES:
        if not work.has(name):
            work.values[name] = pl.Series([None] * work.height, dtype=pl.Date)
            work.values[f"_{name}_last"] = work.values[name]
            continue
        if name == "produced_on":
            work.mark_missing(name)
        column = read_dates(work.raw[name], work.on, work.columns[name].date_order, shared)
        found[name] = column
        for code in column.frame["code"].drop_nulls().unique(maintain_order=True):
            mask = column.frame["code"] == code
            work.mark(
                mask,
                code,
                name,
                work.raw[name],
                column.frame["value"],
                column.frame["confidence"].fill_null(0.0),
            )
        work.values[name] = column.frame["value"]
        work.values[f"_{name}_last"] = column.frame["last"]
    if work.has("returned_on"):
        work.mark(
            work.raw["returned_on"].is_null(), "returned-missing", "returned_on", work.cell("returned_on")
        )
    _contradictions(work, work.on)
    return found


def _contradictions(work: Work, on: date) -> None:
    returned, produced = work.values["returned_on"], work.values["produced_on"]
    raw = work.text("returned_on")
    work.mark(returned > on, "returned-in-future", "returned_on", raw, returned, 0.0)
    work.mark(produced > on, "produced-in-future", "produced_on", work.text("produced_on"), produced, 0.0)
    work.mark(
        work.values["_returned_on_last"] < produced,
        "returned-before-produced",
        "returned_on",
        raw,
        returned,
        0.0,
    )
