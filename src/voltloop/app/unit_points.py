"""Points of the small-load rule, of the whole load each row rides in."""

from __future__ import annotations

from typing import Final

import polars as pl

from voltloop.app.row_findings import RowFindings
from voltloop.app.unit_loads import Loads, load_keys, milligrams
from voltloop.compliance import Rulebook

__all__ = ["modes_with_points", "points_cells", "points_of"]

_MICRO: Final = 1_000_000
_EXEMPT: Final = ("exempt_small", "exempt_other")


def modes_with_points(rulebook: Rulebook) -> tuple[str, ...]:
    """Give the modes whose main regime has the small-load rule."""
    regimes = {limit.regime for limit in rulebook.limits if limit.kind == "total"}
    return tuple(name for name, mode in rulebook.modes.items() if mode.regime in regimes)


def points_of(goods: pl.DataFrame, verdicts: pl.DataFrame, rulebook: Rulebook) -> pl.DataFrame:
    """Give the points of each row by itself.

    Returns
    -------
    polars.DataFrame
        ``micro`` (millionths of a point), ``open`` (not known), ``is_zero`` (transport category 0, for which the
        rule is not there) and ``carried`` (the row may ride at all).
    """
    outcome, category, rate = pl.col("outcome"), pl.col("transport_category"), pl.col("points_per_kg")
    is_exempt = outcome.is_in(_EXEMPT)
    carried = outcome != "forbidden"
    is_zero = ~is_exempt & carried & (outcome != "undecided") & category.eq_missing(pl.lit("0"))
    free = is_exempt | ~carried | is_zero | ((rate == 0) & (outcome == "allowed"))
    table = verdicts.select("outcome", "transport_category", "points_per_kg").with_columns(
        milligrams(goods, "package_net_kg"), goods["mode"].is_in(modes_with_points(rulebook)).alias("has")
    )
    micro = pl.when(free).then(0).otherwise((pl.col("mg") * rate).round().cast(pl.Int64, strict=False))
    known = free | (micro.is_not_null() & outcome.is_in(["allowed", "approval_needed"]))
    return table.select(
        pl.when("has").then(micro.fill_null(0)).otherwise(0).alias("micro"),
        (pl.col("has") & ~known).fill_null(value=True).alias("open"),
        is_zero.fill_null(value=False).alias("is_zero"),
        carried.fill_null(value=True).alias("carried"),
        "has",
    )


def points_cells(goods: pl.DataFrame, points: pl.DataFrame, loads: Loads, found: RowFindings) -> pl.Series:
    """Give ``adr_points`` as text: total of the load, none without the rule, n/a where the mode has none.

    Null where a row of the load is not decided or has no mass.
    """
    totals = loads.points().rename({name: f"sum_{name}" for name in ("micro", "open", "is_zero", "carried")})
    table = points.with_columns(load_keys(goods)).join(totals, on="load", how="left", maintain_order="left")
    both = {name: pl.coalesce(f"sum_{name}", name) for name in ("micro", "open", "is_zero", "carried")}
    table = table.with_columns(**both)
    is_open = table["open"] & ~table["is_zero"] & table["has"] & table["carried"]
    found.add(
        "classify-points-unknown",
        pl.DataFrame({"at": is_open.arg_true()}).with_columns(pl.lit(None, dtype=pl.String).alias("raw")),
        words={"value": "a row of the load is not decided, has no category, or no units or net mass"},
    )
    return table.select(
        pl.when(~pl.col("has"))
        .then(pl.lit("n/a"))
        .when(pl.col("is_zero") | ~pl.col("carried"))
        .then(pl.lit("none"))
        .when(pl.col("open"))
        .then(None)
        .otherwise(_plain(pl.col("micro")))
        .alias("adr_points")
    )["adr_points"]


def _plain(micro: pl.Expr) -> pl.Expr:
    """Write millionths as a number without needless zeros."""
    whole = (micro // _MICRO).cast(pl.String)
    rest = (micro % _MICRO).cast(pl.String).str.zfill(6).str.strip_chars_end("0")
    return pl.when(micro % _MICRO == 0).then(whole).otherwise(pl.concat_str(whole, pl.lit("."), rest))
