"""Scarce room, minimums and choices of an allocation, told as sentences."""

from __future__ import annotations

import numpy as np
import polars as pl

from voltloop.treatment.program import Floats, Ints

__all__ = ["limit_words", "minimum_words", "placed_words", "runner_up"]

_UNIT = {"packs": "slot", "kg": "kilogram of room", "t": "tonne of room"}


def runner_up(loss: Floats, group: Ints, option: Ints) -> tuple[Ints, Floats]:
    """Find the best other option of each row and what it would cost the whole.

    Parameters
    ----------
    loss
        Groups by options: what one battery there costs the whole against its best use, ``inf`` where closed.
    group, option
        The rows: a group on the option that it has.

    Returns
    -------
    tuple[ndarray, ndarray]
        Option, -1 where nothing else is open; and the margin [EUR], NaN there. Below zero only where whole
        batteries left no room for the better one.
    """
    if not loss.shape[1] or not group.size:
        return np.full(group.size, -1, dtype=np.int64), np.full(group.size, np.nan)
    others = loss[group]
    rows = np.arange(group.size)
    own = others[rows, option]
    others[rows, option] = np.inf
    second = others.argmin(axis=1)
    found = np.isfinite(others[rows, second])
    return np.where(found, second, -1), np.where(found, others[rows, second] - own, np.nan)


def _number(column: pl.Expr, digits: int = 0) -> pl.Expr:
    rounded = column.round(digits)
    return rounded.cast(pl.Int64).cast(pl.String) if digits == 0 else rounded.cast(pl.String)


def _one(unit: str) -> pl.Expr:
    return pl.col(unit).replace({"packs": "pack"})


def _place(site: str, route: str) -> pl.Expr:
    return pl.format("{} at {}", pl.col(route).fill_null("treatment"), pl.col(site).fill_null("any site"))


def _when(period: str) -> pl.Expr:
    return (
        pl.when(pl.col(period).fill_null(0) == 0)
        .then(pl.lit(""))
        .otherwise(pl.format(" in period {}", pl.col(period)))
    )


def limit_words(limits: pl.DataFrame) -> pl.DataFrame:
    """Add ``told``: what one more unit of each limit is worth, in a sentence; null where it is worth nothing."""
    worth = pl.coalesce("one_more_eur", "price_eur")
    digits = pl.when(worth.abs() >= 10).then(_number(worth)).otherwise(_number(worth, 2))
    unit = pl.col("unit").replace_strict(_UNIT, return_dtype=pl.String)
    sentence = pl.format(
        "One more {} for {}{} is worth EUR {}.", unit, _place("site_id", "route"), _when("period"), digits
    )
    return limits.with_columns(pl.when(worth > 0.005).then(sentence).alias("told"))


def minimum_words(minimums: pl.DataFrame) -> pl.DataFrame:
    """Add ``told``: how each minimum is met, and what it costs, in a sentence."""
    what = pl.format("{} for {}", "name", _place("site_id", "route"))
    need = pl.format("{} of {} {}", _number(pl.col("delivered"), 1), _number(pl.col("least"), 1), "unit")
    price = pl.col("price_eur")
    cost = (
        pl.when(price > 0.005)
        .then(pl.format(" One {} less would be worth EUR {}.", _one("unit"), _number(price, 2)))
        .otherwise(pl.lit(""))
    )
    missed = pl.col("short") > 1e-9
    nothing = (pl.col("rule") == "or_nothing") & (pl.col("delivered") < pl.col("least") - 1e-9)
    sentence = (
        pl.when(nothing)
        .then(
            pl.format(
                "{} is left: nothing goes there, since it cannot be filled or filling it would cost more.",
                what,
            )
        )
        .when(missed)
        .then(
            pl.format(
                "{}: {}; the missing {} cost EUR {}.",
                what,
                need,
                _number(pl.col("short"), 1),
                _number(pl.col("paid_eur")),
            )
        )
        .otherwise(pl.format("{} is met: {}.{}", what, need, cost))
    )
    return minimums.with_columns(sentence.alias("told"))


def placed_words(placed: pl.DataFrame, carbon_price: float) -> pl.DataFrame:
    """Add ``reason``: where a battery goes, its runner-up, and what would turn the choice."""
    begin = pl.format(
        "{}{}: worth EUR {}", _place("site_id", "route"), _when("period"), _number(pl.col("score_eur"))
    )
    other = pl.format("{}{}", _place("runner_up_site", "runner_up_route"), _when("runner_up_period"))
    margin = pl.col("margin_eur")
    second = (
        pl.when(margin.is_null())
        .then(pl.lit("; nothing else is open to it"))
        .when(margin < -0.5)
        .then(
            pl.format(
                "; runner-up {}, EUR {} better but without room for a whole battery", other, _number(-margin)
            )
        )
        .otherwise(pl.format("; runner-up {}, EUR {} less for the whole", other, _number(margin)))
    )
    level = pl.col("flip_carbon_eur_per_t")
    turn = pl.when(level >= carbon_price).then(pl.lit("rose above")).otherwise(pl.lit("fell below"))
    carbon = pl.format("It would go there if the carbon price {} EUR {} a tonne", turn, _number(level))
    more = pl.col("runner_up_score_eur") - pl.col("score_eur")
    full = (
        pl.when(more <= 0.5)
        .then(None)
        .when(margin <= 0.5)
        .then(
            pl.format("It is next in line for room there, where it alone is worth EUR {} more", _number(more))
        )
        .otherwise(
            pl.format("It alone is worth EUR {} more there, but others need the room more", _number(more))
        )
    )
    said = [
        pl.coalesce(pl.format(". {}", part), pl.lit(""))
        for part in (full, pl.when(margin > 0.5).then(carbon))
    ]
    return placed.with_columns(pl.concat_str(begin, second, *said, pl.lit(".")).alias("reason"))
