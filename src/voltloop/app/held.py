"""Batteries that no plan may move now: each with its reason, the missing fact and whom to ask."""

from __future__ import annotations

import polars as pl

__all__ = ["HELD_SCHEMA", "hold", "none_held"]

HELD_SCHEMA = {
    "row": pl.Int64(),
    "battery_id": pl.String(),
    "serial": pl.String(),
    "quantity": pl.Int64(),
    "point_id": pl.String(),
    "point_name": pl.String(),
    "kind": pl.String(),
    "reason": pl.String(),
    "missing_facts": pl.String(),
    "ask": pl.String(),
}
"""Columns of the table of held batteries.

``kind`` is one of undecided, approval_needed, forbidden, unknown_point, no_destination, no_hub, no_packaging,
unreachable, no_vehicle.
"""


def none_held() -> pl.DataFrame:
    """Give an empty table of held batteries."""
    return pl.DataFrame(schema=HELD_SCHEMA)


def hold(
    batteries: pl.DataFrame,
    *,
    kind: str | pl.Expr,
    reason: str | pl.Expr,
    missing_facts: str | pl.Expr = "",
    ask: str | pl.Expr = "",
) -> pl.DataFrame:
    """Give the rows of a battery table as held, with what each expression says of them."""
    facts = {"kind": kind, "reason": reason, "missing_facts": missing_facts, "ask": ask}
    table = batteries.with_columns(
        (value if isinstance(value, pl.Expr) else pl.lit(value)).alias(f"_{name}")
        for name, value in facts.items()
    )
    absent = [name for name in ("point_id", "point_name") if name not in table.columns]
    return (
        table.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
        .drop([name for name in facts if name in table.columns])
        .rename({f"_{name}": name for name in facts})
        .select(pl.col(name).cast(kind_) for name, kind_ in HELD_SCHEMA.items())
    )
