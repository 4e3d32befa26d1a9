"""The sentences that say why a battery is treated as it is, or why it waits."""

from __future__ import annotations

from typing import Final

import polars as pl

__all__ = ["add_reasons", "held_reasons", "waiting_reasons"]

_VERBS: Final = {
    "reuse": "Tested and resold whole by",
    "remanufacture": "Remanufactured at",
    "second_life": "Given a second life at",
    "recycle": "Recycled at",
    "quarantine": "Kept under watch and inspected at",
}
_NOUNS: Final = {
    "reuse": "reuse through",
    "remanufacture": "remanufacturing at",
    "second_life": "second life at",
    "recycle": "recycling at",
    "quarantine": "inspection at",
}
_NAMES: Final = {
    "reuse": "reuse",
    "remanufacture": "remanufacturing",
    "second_life": "a second life",
    "recycle": "recycling",
    "quarantine": "quarantine",
}
_FORMS: Final = {
    "pack": "packs",
    "module": "modules",
    "cell": "cells",
    "battery_unit": "small batteries",
    "home_storage": "home storage batteries",
    "scrap_lot": "scrap lots",
    "unknown": "batteries of unknown form",
}


def _whole(column: pl.Expr) -> pl.Expr:
    return column.round(0).cast(pl.Int64).cast(pl.String)


def _chemistry() -> pl.Expr:
    unknown = pl.col("chemistry") == "unknown"
    return pl.when(unknown).then(pl.lit("unknown chemistry")).otherwise("chemistry")


def _clause() -> pl.Expr:
    """Put the battery's facts into the rule's sentence."""
    soh = pl.coalesce("soh_words", _whole(pl.col("soh") * 100) + " %", pl.lit("unknown"))
    return (
        pl.col("say")
        .str.replace_all("{chemistry}", _chemistry(), literal=True)
        .str.replace_all("{soh}", soh, literal=True)
        .str.replace_all("{condition}", pl.col("condition"), literal=True)
    )


def _runner_up() -> pl.Expr:
    noun = pl.col("other_treatment").replace_strict(_NOUNS, default=None, return_dtype=pl.String)
    less = pl.col("score") - pl.col("other_score")
    worse = pl.format("{} {}, {} EUR less", noun, "other_site", _whole(less))
    better = pl.format("{} {}, {} EUR more but full in this plan", noun, "other_site", _whole(-less))
    return pl.when(less > -0.5).then(worse).otherwise(better)


def add_reasons(table: pl.DataFrame) -> pl.DataFrame:
    """Add ``runner_up`` and, where a destination is found, ``reason``.

    Parameters
    ----------
    table
        Per battery row: ``treatment``, ``site_name`` (null when held), ``label``, ``distance_km``,
        ``is_estimated``, ``say`` with its placeholders, ``chemistry``, ``soh``, ``soh_words``, ``condition``,
        ``net_value_eur``, ``freight_eur``, ``co2e_kg``, ``score``, ``other_treatment``, ``other_site``,
        ``other_score`` (null when nothing else is open), ``flip`` (null when nothing tried turns the choice),
        ``held_reason``.

    Returns
    -------
    pl.DataFrame
        The table with both columns.
    """
    verb = pl.col("treatment").replace_strict(_VERBS, return_dtype=pl.String)
    about = pl.when("is_estimated").then(pl.lit("about ")).otherwise(pl.lit(""))
    carbon = (
        pl.when(pl.col("co2e_kg") <= -0.5)
        .then(pl.format("saves {} kg CO2e", _whole(-pl.col("co2e_kg"))))
        .when(pl.col("co2e_kg") >= 0.5)
        .then(pl.format("emits {} kg CO2e", _whole(pl.col("co2e_kg"))))
        .otherwise(pl.lit("no carbon to speak of"))
    )
    table = table.with_columns(_runner_up().alias("runner_up"), _clause().alias("_clause"))
    flip = pl.coalesce(pl.format(" It would go there if {}.", "flip"), pl.lit(""))
    sentence = pl.format(
        "{} {} ({}, {}{} km): {}; net {} EUR, freight about {} EUR, {}; {}.{}",
        verb,
        "site_name",
        "label",
        about,
        _whole(pl.col("distance_km")),
        "_clause",
        _whole(pl.col("net_value_eur")),
        _whole(pl.col("freight_eur")),
        carbon,
        pl.coalesce(pl.format("runner-up: {}", "runner_up"), pl.lit("nothing else is open to it")),
        flip,
    )
    name = pl.col("treatment").replace_strict(_NAMES, return_dtype=pl.String)
    waiting = pl.format("Meant for {}: {}; it waits.", name, "_clause")
    return table.with_columns(
        pl.when(pl.col("site_name").is_null()).then(waiting).otherwise(sentence).alias("reason")
    ).drop("_clause")


def _goods() -> pl.Expr:
    """For instance "damaged NMC packs (Renault Zoe)"."""
    form = pl.col("form").replace_strict(_FORMS, return_dtype=pl.String)
    condition = (
        pl.when(pl.col("condition") == "ok")
        .then(pl.lit(""))
        .when(pl.col("condition") == "unknown")
        .then(pl.lit("uninspected "))
        .otherwise(pl.col("condition") + " ")
    )
    brand = pl.concat_str(
        [pl.col("manufacturer"), pl.col("model")], separator=" ", ignore_nulls=True
    ).str.strip_chars()
    maker = pl.when(brand.str.len_chars() > 0).then(pl.format(" ({})", brand)).otherwise(pl.lit(""))
    return pl.concat_str([condition, _chemistry(), pl.lit(" "), form, maker])


def held_reasons(table: pl.DataFrame, *, horizon_days: float) -> pl.Series:
    """Say in words why each row has no destination.

    Parameters
    ----------
    table
        Per held row: ``condition``, ``chemistry``, ``form``, ``manufacturer``, ``model``, ``fitting``,
        ``reachable``, ``legal`` (counts of offers), ``open_treatments`` (";"-joined), ``point``, ``country_name``,
        ``is_waste``, ``refused_site``, ``refused_country``, ``refused_km``, ``refused_why``, ``mass_kg``.
    horizon_days
        Days of the plan.

    Returns
    -------
    pl.Series
        One sentence per row.
    """
    names = pl.col("open_treatments")
    for word, name in _NAMES.items():
        names = names.str.replace_all(rf"\b{word}\b", name)
    goods = _goods()
    status = pl.when("is_waste").then(pl.lit("waste")).otherwise(pl.lit("used"))
    nobody = pl.format(
        "No operating site of the network is known to take {} for {}. Ask one that may, and {} in sites.csv.",
        goods,
        names.str.replace_all(";", " or "),
        pl.when(pl.col("condition").is_in(["damaged", "critical"]))
        .then(pl.lit("write what it takes and accepts_damaged = yes"))
        .otherwise(pl.lit("write what it takes")),
    )
    cut_off = pl.format(
        "{} site(s) would take {}, but no road leads there from {}. Check the coordinates, or plan a ferry or "
        "another carrier by hand.",
        "fitting",
        goods,
        pl.col("point").fill_null("its place"),
    )
    illegal = pl.format(
        "No site within legal reach takes {} {} from {}: the nearest, {} in {} ({} km), may not get it: {}",
        status,
        goods,
        pl.col("country_name").fill_null("an unknown country"),
        "refused_site",
        pl.col("refused_country").fill_null("an unknown country"),
        _whole(pl.col("refused_km")),
        pl.col("refused_why").fill_null("the lane is not open to it."),
    )
    full = pl.format(
        f"All {{}} offers open to it are full for the next {horizon_days:g} day(s): {{}} kg find no room. Plan it in "
        "the next period or agree more room with a site.",
        "legal",
        _whole(pl.col("mass_kg")),
    )
    return table.select(
        pl.when(pl.col("fitting") == 0)
        .then(nobody)
        .when(pl.col("reachable") == 0)
        .then(cut_off)
        .when(pl.col("legal") == 0)
        .then(illegal)
        .otherwise(full)
        .alias("held_reason")
    )["held_reason"]


def waiting_reasons(table: pl.DataFrame, *, days: float) -> pl.Series:
    """Say in words why rows wait by choice.

    Parameters
    ----------
    table
        ``later_treatment, later_site`` (null for rows that do not wait), ``later_score`` (after holding),
        ``holding_eur``, and of the best offer now ``now_treatment, now_site, now_score`` (null when none is open).
    days
        Until the next period.

    Returns
    -------
    pl.Series
        One sentence per row, null for rows that do not wait.
    """
    later = pl.format(
        f"Waits {days:g} day(s) for the next period: {{}} {{}} is then worth {{}} EUR, after {{}} EUR for holding it",
        pl.col("later_treatment").replace_strict(_NOUNS, default=None, return_dtype=pl.String),
        "later_site",
        _whole(pl.col("later_score")),
        _whole(pl.col("holding_eur")),
    )
    now = pl.format(
        "{} {} now at {} EUR",
        pl.col("now_treatment").replace_strict(_NOUNS, default=None, return_dtype=pl.String),
        "now_site",
        _whole(pl.col("now_score")),
    )
    gain = pl.col("later_score") - pl.col("now_score")
    against = (
        pl.when(gain >= 0.5)
        .then(pl.format(", {} EUR more than {}.", _whole(gain), now))
        .otherwise(pl.format("; {} would be better, but its room is worth more to others.", now))
    )
    return table.select(
        pl.concat_str(later, pl.coalesce(against, pl.lit("; nothing is open to it now."))).alias("waits")
    )["waits"]
