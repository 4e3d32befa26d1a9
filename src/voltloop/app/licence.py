"""What a licence to restore packs comes to for a year: royalty by grade, and an audit of the grades."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from voltloop.app.files import read_bytes
from voltloop.app.money_table import MoneyTable
from voltloop.economics import GradeSales, LicenceTerms, audit_royalty, royalty_due
from voltloop.errors import InputError

__all__ = ["licence_charts", "licence_table", "read_audit", "read_sales"]


def read_sales(path: Path) -> list[GradeSales]:
    """Read sales by grade: CSV with ``grade``, ``units`` and ``revenue_eur``.

    Raises
    ------
    InputError
        ``licence-file``: a column is missing or a cell is no number, with its row; ``no-such-file`` and the like.
    """
    return [
        GradeSales(row["grade"], int(_number(path, at, row, "units")), _number(path, at, row, "revenue_eur"))
        for at, row in _rows(path, ("grade", "units", "revenue_eur"))
    ]


def read_audit(path: Path) -> dict[tuple[str, str], int]:
    """Read an audit: CSV with ``reported``, ``found`` (grades) and ``packs``; rows of the same grades add up.

    Raises
    ------
    InputError
        As :func:`read_sales`.
    """
    sample: dict[tuple[str, str], int] = {}
    for at, row in _rows(path, ("reported", "found", "packs")):
        key = (row["reported"], row["found"])
        sample[key] = sample.get(key, 0) + int(_number(path, at, row, "packs"))
    return sample


def _rows(path: Path, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    text = read_bytes(path).decode("utf-8-sig", errors="replace")
    reader = csv.DictReader(io.StringIO(text))
    absent = [name for name in columns if name not in (reader.fieldnames or ())]
    if absent:
        raise InputError(
            f"{path} has no column {', '.join(absent)}. Expected CSV with the columns {', '.join(columns)}. Add it.",
            code="licence-file",
        )
    return [
        (at, {name: (row[name] or "").strip() for name in columns}) for at, row in enumerate(reader, start=2)
    ]


def _number(path: Path, at: int, row: Mapping[str, str], column: str) -> float:
    try:
        value = float(row[column])
        if value != int(value) and column != "revenue_eur":
            raise ValueError
    except (ValueError, OverflowError):
        kind = "a number" if column == "revenue_eur" else "a whole number"
        raise InputError(
            f'{path}, line {at}, column {column}: "{row[column]}" is not {kind}. Write it plainly, such as 1200.',
            code="licence-file",
        ) from None
    return value


def licence_table(
    sales: list[GradeSales],
    terms: LicenceTerms,
    *,
    on: date,
    sample: Mapping[tuple[str, str], int] | None = None,
) -> MoneyTable:
    """Give the royalty of a year by grade, and what an audit says of it.

    Raises
    ------
    InputError
        ``licence-grade``, ``audit-sample``, ``economics-number``.
    """
    statement = royalty_due(sales, terms, priced_on=on)
    rows: list[dict[str, Any]] = [
        {
            "grade": grade,
            "units": sum(sale.units for sale in sales if sale.grade == grade),
            "revenue_eur": sum(sale.revenue_eur for sale in sales if sale.grade == grade),
            "rate": terms.rates[grade],
            "royalty_eur": royalty,
        }
        for grade, royalty in statement.by_grade_eur.items()
    ]
    why = "the minimum" if statement.is_minimum else "the royalty"
    notes = [f"Due: {statement.due_eur:,.2f} EUR, {why}."]
    further: dict[str, Any] = {"due_eur": statement.due_eur, "is_minimum": statement.is_minimum}
    if sample is not None:
        audit = audit_royalty(sales, sample, terms, priced_on=on)
        notes.append(
            f"Audit: {audit.misgraded_share:.1%} of the packs are graded otherwise; the royalty on the grades found is "
            f"{audit.royalty_eur:,.2f} EUR ({audit.low_eur:,.2f} to {audit.high_eur:,.2f} in 95 of 100 audits)."
        )
        notes.append(
            f"Claim: {audit.claim_eur:,.2f} EUR, for a shortfall of {audit.shortfall_share:.1%}."
            if audit.is_above_tolerance
            else f"No claim: a shortfall of {audit.shortfall_share:.1%} is within the tolerance or may be chance."
        )
        further["audit"] = {
            name: getattr(audit, name)
            for name in ("royalty_eur", "low_eur", "high_eur", "shortfall_eur", "shortfall_share", "claim_eur",
                         "is_above_tolerance", "misgraded_share")
        }  # fmt: skip
    return MoneyTable("tco-licence/1", "Royalty of a year, EUR", rows, "EUR", on, notes, further=further)


def licence_charts(table: MoneyTable) -> list[tuple[str, Any]]:
    """Give the chart of a royalty: heading and Plotly figure."""
    import plotly.graph_objects as go

    figure = go.Figure(
        go.Bar(x=[row["grade"] for row in table.rows], y=[row["royalty_eur"] for row in table.rows])
    )
    figure.update_layout(xaxis_title="grade", yaxis_title="royalty, EUR")
    return [("Royalty by grade", figure)]
