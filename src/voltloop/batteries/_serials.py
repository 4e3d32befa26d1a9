"""Serial numbers and identifiers, and batteries that are listed twice."""

from __future__ import annotations

import polars as pl

from voltloop.batteries._work import Work

__all__ = ["duplicates", "identifiers"]

_SCIENTIFIC = r"^\d(?:[.,]\d+)?[eE]\+\d{1,3}$|^\d[.,]\d+[eE]\d{1,3}$"
_PLACEHOLDER = (
    r"^(?:[0\-.?_xX*#/ ]+|(?i:serial(?: ?number| ?no\.?)?|s/?n|sn:?|test|sample|example|not legible|illegible"
    r"|unlesbar|siehe.*|see .*))$"
)
_COMPARED = (
    "manufacturer",
    "model",
    "chemistry",
    "form",
    "quantity",
    "energy_wh",
    "mass_kg",
    "produced_on",
    "site",
    "site_kind",
    "country",
    "lat",
    "lon",
    "soh",
    "soc",
    "condition",
    "reason",
    "owner",
    "diagnostic_source",
)


def identifiers(work: Work) -> None:
    """Put ``serial`` and ``battery_id`` into the values, and note those that a spreadsheet has spoilt."""
    for name in ("serial", "battery_id"):
        raw = work.text(name)
        spoilt = raw.str.contains(_SCIENTIFIC).fill_null(False)
        work.mark(spoilt, "serial-scientific", name, raw, None, 0.0)
        long = raw.str.contains(r"^\d{16,}$").fill_null(False)
        # A spreadsheet keeps 15 digits and fills up with zeros. If one long number of the column ends in
        # other digits, the column was kept as text.
        cut = long & raw.str.slice(15).str.contains("^0+$").fill_null(False)
        if long.any() and bool((cut == long).all()):
            work.mark(cut, "serial-precision", name, raw, None, 0.1)
        typed = work.typed.get(name)
        floated = raw.str.contains(r"^\d+\.0$").fill_null(False) & (long.not_())
        work.mark(floated, "serial-decimal", name, raw, raw.str.strip_suffix(".0"), 0.9)
        clean = (
            pl.DataFrame({"raw": raw, "floated": floated})
            .select(pl.when("floated").then(pl.col("raw").str.strip_suffix(".0")).otherwise("raw"))
            .to_series()
        )
        blank = clean.str.contains(_PLACEHOLDER).fill_null(False)
        work.mark(blank, "serial-placeholder", name, raw)
        if typed is not None:
            work.mark(
                typed & clean.str.contains(r"^\d{16,}$").fill_null(False) & ~cut,
                "serial-precision",
                name,
                raw,
                None,
                0.1,
            )
        # Different numbers end in the same "1.2E+15": it says nothing about being the same battery.
        work.values[f"_{name}_spoilt"] = spoilt
        work.values[name] = (
            pl.DataFrame({"clean": clean, "blank": blank})
            .select(pl.when(~pl.col("blank")).then("clean"))
            .to_series()
        )
    if work.has("serial"):
        work.mark(
            work.text("serial").is_null() & (work.values["quantity"] == 1),
            "serial-missing",
            "serial",
            work.cell("serial"),
        )


def duplicates(work: Work, excluded: pl.Series) -> None:
    """Note batteries that are listed twice.

    Parameters
    ----------
    excluded
        Rows that are no batteries.
    """
    others = [work.raw[name] for name in ("remark", "description") if name in work.raw]
    others += list(work.unknown.values())
    said = [work.values[name].cast(pl.String).str.to_lowercase() for name in _COMPARED] + others
    table = pl.DataFrame(
        {
            "row": work.rows,
            "serial": _sound(work, "serial").str.to_uppercase().str.replace_all(" ", ""),
            "id": _sound(work, "battery_id").str.to_uppercase(),
            "day": work.values["returned_on"],
            "raw": work.text("serial"),
            "raw_id": work.text("battery_id"),
            "said": pl.DataFrame([series.alias(str(place)) for place, series in enumerate(said)])
            .select(pl.concat_str(pl.all().fill_null("\x00"), separator="\x01"))
            .to_series(),
            "spoilt": work.values["_serial_spoilt"] | work.values["_battery_id_spoilt"],
            "in": ~excluded,
        }
    ).filter("in")
    _same_key(work, table.filter(pl.col("serial").is_not_null()), "serial", "serial", "raw")
    _same_key(
        work,
        table.filter(pl.col("serial").is_null() & pl.col("id").is_not_null()),
        "id",
        "battery_id",
        "raw_id",
    )
    named = table.filter(pl.col("serial").is_not_null() & pl.col("id").is_not_null())
    repeated = named.filter(pl.col("serial").n_unique().over("id") > 1)
    for row, raw in repeated.select("row", "raw_id").iter_rows():
        work.notes.add(row, "battery-id-repeated", "battery_id", raw, None, 0.5)
    bare = table.filter(pl.col("serial").is_null() & pl.col("id").is_null() & ~pl.col("spoilt"))
    twins = bare.with_columns(first=pl.col("row").min().over("said", "day")).filter(
        pl.col("row") != pl.col("first")
    )
    for row, first in twins.select("row", "first").iter_rows():
        work.notes.add(row, "duplicate-possible", "", None, first, 0.5, kept=first)


def _sound(work: Work, name: str) -> pl.Series:
    """Give identifiers without those that a spreadsheet has spoilt."""
    table = pl.DataFrame({"name": work.values[name], "spoilt": work.values[f"_{name}_spoilt"]})
    return table.select(pl.when(~pl.col("spoilt")).then("name")).to_series()


def _same_key(work: Work, table: pl.DataFrame, by: str, name: str, raw: str) -> None:
    """Note rows that share a serial or an identifier: copies, contradictions, second returns."""
    shared = table.filter(pl.len().over(by) > 1)
    if not shared.height:
        return
    judged = shared.with_columns(
        kinds=pl.col("said").n_unique().over(by, "day"),
        first=pl.col("row").min().over(by, "day"),
        in_day=pl.len().over(by, "day"),
        first_day=pl.col("day").min().over(by),
        undated=pl.col("day").is_null() & pl.col("day").is_not_null().any().over(by),
    )
    copies = judged.filter(
        (pl.col("kinds") == 1) & (pl.col("in_day") > 1) & (pl.col("row") != pl.col("first"))
    )
    for row, text, first in copies.select("row", raw, "first").iter_rows():
        work.notes.add(row, "duplicate-exact", name, text, first, 0.95, kept=first)
    for row, text, first in (
        judged.filter((pl.col("kinds") > 1) | pl.col("undated")).select("row", raw, "first").iter_rows()
    ):
        work.notes.add(row, "duplicate-conflict", name, text, None, 0.0, first=first)
    later = judged.filter(
        (pl.col("day") > pl.col("first_day")) & (pl.col("kinds") == 1) & (pl.col("row") == pl.col("first"))
    )
    for row, text, day in later.select("row", raw, "first_day").iter_rows():
        work.notes.add(row, "second-return", name, text, day, 0.9)
