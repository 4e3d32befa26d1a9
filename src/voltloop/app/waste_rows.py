"""Waste codes and the waste shipment procedure of rows that say from where to where they go."""

from __future__ import annotations

from datetime import date
from typing import Final

import polars as pl

from voltloop.app.row_findings import RowFindings
from voltloop.catalogue import countries
from voltloop.compliance import BorderProcedure, Rulebook, border_procedure, classify
from voltloop.errors import InputError, RulebookError

__all__ = ["with_waste"]

_LIST_REGIME: Final = "LOW"
_NEVER_WASTE: Final = ("new", "prototype")


def with_waste(
    table: pl.DataFrame, goods: pl.DataFrame, rulebook: Rulebook, found: RowFindings
) -> pl.DataFrame:
    """Add ``waste_procedure`` and ``waste_documents``, and the code of the European list where a mode gives none.

    Parameters
    ----------
    table
        Verdicts.
    goods
        Goods with ``from_country``, ``to_country``, ``mode``, ``on``.
    """
    table = table.with_columns(_codes(table, goods, rulebook))
    state = (
        goods["state"] if "state" in goods.columns else pl.Series(["", None]).new_from_index(1, goods.height)
    )
    stated = (
        goods["is_waste"].replace_strict({"yes": True, "no": False}, default=None, return_dtype=pl.Boolean)
        if "is_waste" in goods.columns
        else pl.Series([None], dtype=pl.Boolean).new_from_index(0, goods.height)
    )
    asked = pl.DataFrame(
        {
            "code": table["waste_code"],
            "state": state,
            "stated": stated,
            "from": goods["from_country"],
            "to": goods["to_country"],
            "on": goods["on"],
        }
    ).with_columns(
        pl.when(pl.col("state") == "waste")
        .then(pl.lit(value=True))
        .when(pl.col("state").is_in(_NEVER_WASTE))
        .then(pl.lit(value=False))
        .otherwise("stated")
        .alias("is_waste")
    )
    keys = ["code", "is_waste", "from", "to", "on"]
    distinct = asked.select(keys).drop_nulls(["from", "to", "on"]).unique(maintain_order=True)
    answers = [_procedure(*row, rulebook=rulebook) for row in distinct.iter_rows()]
    known = distinct.with_columns(
        pl.Series("waste_procedure", [one[0] for one in answers], dtype=pl.String),
        pl.Series("waste_documents", [one[1] for one in answers], dtype=pl.String),
        pl.Series("why", [one[2] for one in answers], dtype=pl.String),
    )
    joined = asked.join(known, on=keys, how="left", nulls_equal=True, maintain_order="left")
    wrong = joined["why"].is_not_null().arg_true()
    found.add(
        "classify-country-unknown",
        pl.DataFrame({"at": wrong, "raw": joined["why"].gather(wrong)}),
        words=lambda raw: {"value": raw},
    )
    return table.with_columns(joined["waste_procedure"], joined["waste_documents"])


def _codes(table: pl.DataFrame, goods: pl.DataFrame, rulebook: Rulebook) -> pl.Series:
    """Give waste codes, those of the European list added for goods that leave a state of it by sea or air."""
    codes = table["waste_code"]
    lists = [name for name, mode in rulebook.modes.items() if _LIST_REGIME in mode.chain]
    named = countries()
    member = pl.any_horizontal(name for name in ("eu", "eea") if name in named.columns)
    area = named.filter(member).get_column("iso2").to_list()
    wants = (
        codes.is_null()
        & goods["from_country"].is_in(area)
        & ~goods["mode"].is_in(lists)
        & goods["on"].is_not_null()
    )
    wants = wants.fill_null(value=False)
    if not lists or not wants.any():
        return codes
    rows = goods.with_columns(pl.int_range(pl.len()).alias("place")).filter(wants)
    parts = []
    for (on,), part in rows.group_by("on", maintain_order=True):
        try:
            said = classify(part, rulebook, mode=lists[0], on=on)["waste_code"]
        except RulebookError:
            continue
        parts.append(part.select("place").with_columns(said.alias("listed")))
    if not parts:
        return codes
    places = pl.DataFrame({"place": pl.int_range(len(codes), eager=True)})
    listed = places.join(pl.concat(parts), on="place", how="left", maintain_order="left")["listed"]
    return codes.zip_with(codes.is_not_null(), listed).alias("waste_code")


def _procedure(
    code: str | None, is_waste: bool | None, start: str, end: str, on: date, *, rulebook: Rulebook
) -> tuple[str | None, str | None, str | None]:
    try:
        answer: BorderProcedure = border_procedure(code, is_waste, start, end, on, rulebook=rulebook)
    except (InputError, RulebookError) as error:
        return None, None, error.message
    if answer.missing:
        return f"undecided ({', '.join(answer.missing)})", None, None
    return answer.kind, ";".join(answer.documents) or None, None
