"""The columns of an answer file and the rules of their cells.

``none``: the rule says that there is none. Empty: nobody knows, or no rule says. ``n/a``: the mode has no such thing.
Several lawful answers are joined by vertical bars, sets by semicolons.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import polars as pl

from voltloop.app.row_findings import RowFindings
from voltloop.compliance import NOTE_MARK, VERDICT_COLUMNS, Rulebook

__all__ = [
    "FIRST_COLUMNS",
    "absent_answers",
    "answer_columns",
    "cells",
    "contradictions",
    "in_file_words",
    "with_findings",
]

FIRST_COLUMNS: Final = (
    "id", "outcome", "un_number", "proper_shipping_name", "hazard_class", "packing_instruction", "special_provisions",
    "transport_category", "tunnel_code", "soc_limit_pct", "adr_points", "missing_facts", "rules", "edition",
)  # fmt: skip
"""Columns that every answer file begins with."""
_LAST: Final = ("other_editions", "findings", "notes", "confidence")
_NOT_SHOWN: Final = ("item", "points_per_kg")
_MAY_BE_ABSENT: Final = ("transport_category", "tunnel_code")


def answer_columns(with_countries: bool) -> tuple[str, ...]:
    """Give the columns of an answer file in order."""
    more = ("waste_procedure", "waste_documents") if with_countries else ()
    middle = [
        name
        for name in VERDICT_COLUMNS
        if name not in FIRST_COLUMNS and name not in _NOT_SHOWN and name not in _LAST
    ]
    return (*FIRST_COLUMNS, "mode", "date", "load_id", *middle, *more, *_LAST)


def absent_answers(rulebook: Rulebook, mode: str) -> Mapping[str, str]:
    """Give for a mode what stands in a cell that no rule of the mode ever answers otherwise.

    A mode whose rules only ever say ``n/a`` of transport categories or tunnels has no such thing; a mode whose rules
    say nothing of the state of charge sets no limit to it.
    """
    said: dict[str, set[str]] = {name: set() for name in (*_MAY_BE_ABSENT, "soc_limit_pct")}
    for regime in rulebook.modes[mode].chain:
        for spec in rulebook.specs[regime]:
            for rule in spec.rules:
                for name, words in said.items():
                    words.update({rule.then[name]} if name in rule.then else ())
    found = {name: "n/a" for name in _MAY_BE_ABSENT if said[name] <= {"n/a"}}
    if said["soc_limit_pct"] <= {"none"}:
        found["soc_limit_pct"] = "none"
    return found


def contradictions(verdicts: pl.DataFrame, names: Mapping[str, str], found: RowFindings) -> pl.DataFrame:
    """Turn what the law's reader says of statements that exclude each other into findings in the file's own words."""
    notes = verdicts["notes"].fill_null("")
    impossible = verdicts["missing_facts"].str.contains(r"(^|;)contradiction(;|$)").fill_null(value=False)
    is_told = impossible | notes.str.contains(r"\w+ contradicts \w+: |is stated both yes and no")
    if not is_told.any():
        return verdicts
    told: dict[str, list[str]] = {}
    rest: dict[str, str] = {}
    whole = set(notes.filter(impossible).unique().to_list())
    for text in notes.filter(is_told).unique().to_list():
        parts = text.split(NOTE_MARK)
        told[text] = [
            part for part in parts if text in whole or " contradicts " in part or "is stated both" in part
        ]
        rest[text] = NOTE_MARK.join(part for part in parts if part not in told[text])
    for text, sentences in told.items():
        at = (notes == text).arg_true()
        for sentence in sentences:
            rows = pl.DataFrame({"at": at, "raw": [in_file_words(sentence, names)] * len(at)})
            found.add("classify-facts-contradict", rows)
    kept = notes.replace(list(rest), pl.Series(list(rest.values()), dtype=pl.String))
    return verdicts.with_columns(kept.alias("notes"))


def in_file_words(text: str, names: Mapping[str, str]) -> str:
    """Put the file's column names in place of the names of facts.

    Examples
    --------
    >>> in_file_words("package_gross_kg contradicts net_mass_kg", {"package_gross_kg": "gross_mass_kg"})
    'gross_mass_kg contradicts net_mass_kg'
    """
    return re.sub(r"\w+", lambda word: names.get(word[0], word[0]), text.rstrip("."))


def cells(verdicts: pl.DataFrame, goods: pl.DataFrame, rulebook: Rulebook) -> pl.DataFrame:
    """Fill the cells of answers that the mode does not have, and blank those that say nothing."""
    texts = [name for name, kind in verdicts.schema.items() if kind == pl.String]
    table = verdicts.with_columns(
        pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in texts
    ).with_columns(goods["mode"])
    # A mode without a table for such goods has not said anything, and silence is never "allowed".
    is_silent = pl.col("outcome").is_null()
    table = table.with_columns(
        pl.col("outcome").fill_null("undecided"),
        pl.when(is_silent)
        .then(pl.coalesce("missing_facts", pl.lit("legal_advice")))
        .otherwise("missing_facts")
        .alias("missing_facts"),
    )
    fills: dict[str, pl.Expr] = {}
    for mode in goods["mode"].unique().drop_nulls().to_list():
        for name, word in absent_answers(rulebook, mode).items():
            held = fills.get(name, pl.col(name))
            fills[name] = (
                pl.when((pl.col("mode") == mode) & pl.col(name).is_null()).then(pl.lit(word)).otherwise(held)
            )
    return table.with_columns(**fills)


def with_findings(table: pl.DataFrame, found: RowFindings, names: Mapping[str, str]) -> pl.DataFrame:
    """Add ``findings``; rows whose findings weigh enough are undecided and name the facts concerned."""
    rows = found.by_row()
    if not rows.height:
        named = _file_names(table["missing_facts"], names)
        return table.with_columns(pl.lit(None, dtype=pl.String).alias("findings"), named)
    places = table.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias("at"))
    joined = places.join(rows, on="at", how="left", maintain_order="left").drop("at")
    is_bad = pl.col("is_bad").fill_null(value=False)
    missing = (
        pl.when(is_bad)
        .then(
            pl.concat_list(
                pl.col("bad_facts").fill_null([]),
                pl.col("missing_facts").fill_null("").str.split(";"),
            )
            .list.unique(maintain_order=True)
            .list.eval(pl.element().filter(pl.element() != ""))
            .list.join(";")
        )
        .otherwise("missing_facts")
    )
    table = joined.with_columns(
        pl.when(is_bad).then(pl.lit("undecided")).otherwise("outcome").alias("outcome"),
        missing.alias("missing_facts"),
        pl.concat_str("remarks", "notes", separator=NOTE_MARK, ignore_nulls=True).alias("notes"),
    )
    table = table.with_columns(pl.when(pl.col("notes") != "").then("notes").alias("notes")).drop(
        "is_bad", "bad_facts", "remarks"
    )
    return table.with_columns(_file_names(table["missing_facts"], names))


def _file_names(missing: pl.Series, names: Mapping[str, str]) -> pl.Series:
    """Name missing facts by the columns of the file that would state them."""
    distinct = missing.unique().drop_nulls().to_list()
    told = [";".join(dict.fromkeys(names.get(one, one) for one in text.split(";"))) for text in distinct]
    if told == distinct or not distinct:
        return missing
    return missing.replace(distinct, pl.Series(told, dtype=pl.String))
