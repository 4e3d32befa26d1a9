"""A table of money: rows, their currency and price date, and what a reader must know about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from voltloop.findings import Finding

__all__ = ["MoneyTable", "read_prices"]


@dataclass(frozen=True)
class MoneyTable:
    """A table of money.

    Attributes
    ----------
    schema
        Name and version of the document, such as ``cost/1``.
    title
        What it tells, for people.
    rows
        Values by column name; names of amounts end in their unit, with ``usd`` or ``eur``.
    currency, priced_on
        Of all amounts.
    notes
        Sentences on sources and assumptions.
    findings
        What could not be told, and why.
    further
        More values for the document in JSON.
    """

    schema: str
    title: str
    rows: Sequence[dict[str, Any]]
    currency: str
    priced_on: date
    notes: Sequence[str] = ()
    findings: Sequence[Finding] = ()
    further: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Give the table for JSON."""
        return {
            "schema": self.schema,
            "currency": self.currency,
            "priced_on": self.priced_on,
            "rows": list(self.rows),
            **self.further,
            "findings": [
                {
                    "code": f.code,
                    "severity": f.severity.value,
                    "message": f.message,
                    "help": f.help,
                }
                for f in self.findings
            ],
            "notes": list(self.notes),
        }


def read_prices(path: Path | None) -> Any:
    """Read a table of dated prices: CSV with ``item``, ``priced_on``, ``value`` and ``currency``; None gives None.

    Raises
    ------
    InputError
        ``no-such-file`` and the like; ``price-table-unread``: not such a table.
    """
    import polars as pl

    from voltloop.app.files import read_bytes
    from voltloop.errors import InputError

    if path is None:
        return None
    data = read_bytes(path)
    try:
        table = pl.read_csv(data, infer_schema=False)
        known = {"value": pl.col("value").str.strip_chars().cast(pl.Float64)}
        known["priced_on"] = pl.col("priced_on").str.strip_chars().str.to_date("%Y-%m-%d")
        return table.with_columns(expression for name, expression in known.items() if name in table.columns)
    except pl.exceptions.PolarsError as error:
        said = str(error).splitlines()[0]
        raise InputError(
            f"{path}: the price table cannot be read ({said}). Expected CSV with the columns item, priced_on "
            "(YYYY-MM-DD), value and currency (USD, EUR, or 1 for a share). Mend the cell that is named.",
            code="price-table-unread",
        ) from None
