"""The network's packagings as far as the law opens a packing instruction to their kind."""

from __future__ import annotations

import polars as pl

from voltloop.compliance import why_unsuitable
from voltloop.findings import Finding, make

__all__ = ["lawful_packagings"]


def lawful_packagings(packagings: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """Strike out the packing instructions that a packaging claims and its UN code does not allow.

    Returns
    -------
    tuple
        The packagings with what is left of ``packing_instructions``, those with nothing left taken out; and one finding
        for each instruction that was struck out.
    """
    kept: list[str | None] = []
    findings: list[Finding] = []
    for row in packagings.iter_rows(named=True):
        holds_one = row["max_articles"] == 1
        fit: list[str] = []
        for instruction in row["packing_instructions"].split(";"):
            why = why_unsuitable(instruction, row["un_code"], holds_one=holds_one)
            if why is None:
                fit.append(instruction)
                continue
            where = f"packagings.csv, {row['packaging_id']}"
            findings.append(
                make(
                    "packaging-unsuitable",
                    where=where,
                    field="un_code",
                    raw=row["un_code"],
                    value=instruction,
                    why=why,
                )
            )
        kept.append(";".join(fit) or None)
    table = packagings.with_columns(pl.Series("packing_instructions", kept, dtype=pl.String))
    return table.filter(pl.col("packing_instructions").is_not_null()), tuple(findings)
