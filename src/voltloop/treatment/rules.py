"""Which treatments the rules permit for each battery."""

from __future__ import annotations

from typing import Any

import polars as pl

from voltloop.catalogue import money
from voltloop.findings import Finding, make

__all__ = ["TREATMENTS", "battery_facts", "permitted"]

TREATMENTS: tuple[str, ...] = ("reuse", "remanufacture", "second_life", "recycle", "quarantine")
"""All treatments, in the order of the waste hierarchy, quarantine last."""

_FACTS = ("condition", "reason", "family", "form")


def battery_facts(batteries: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """Bring the facts that rules ask for into order, and tell which are missing or wrong.

    Parameters
    ----------
    batteries
        Columns ``row``, ``chemistry``, ``form``, ``condition``, ``reason``, ``soh``, ``mass_kg``; ``soh_known`` and
        ``soh_words`` as of :func:`voltloop.treatment.health.health_on` may be missing: what is given is then read.

    Returns
    -------
    tuple[pl.DataFrame, list[Finding]]
        ``row``, ``chemistry``, ``family``, ``form``, ``condition``, ``reason`` (``unknown`` where null or not
        in the vocabulary), ``soh`` (null unless 0 to 1.2), ``soh_known`` (yes, estimated or no), ``soh_words``; and
        the findings.
    """
    values = money.chemistry_values().select("chemistry", "family")
    vocabulary = {
        "form": ["pack", "module", "cell", "battery_unit", "home_storage", "scrap_lot", "unknown"],
        "condition": ["ok", "suspect", "damaged", "critical", "unknown"],
    }
    soh = pl.col("soh").cast(pl.Float64).fill_nan(None)
    frame = batteries.select(
        "row",
        pl.when(pl.col("chemistry").is_in(values["chemistry"].to_list()))
        .then("chemistry")
        .otherwise(pl.lit("unknown"))
        .alias("chemistry"),
        *(
            pl.when(pl.col(name).is_in(words)).then(name).otherwise(pl.lit("unknown")).alias(name)
            for name, words in vocabulary.items()
        ),
        pl.col("reason").fill_null("unknown").alias("reason"),
        pl.when((soh >= 0) & (soh <= 1.2)).then(soh).alias("soh"),
        pl.col("chemistry").alias("_chemistry"),
        soh.alias("_soh"),
        pl.col("mass_kg").cast(pl.Float64).alias("_mass"),
    ).join(values, on="chemistry", how="left", maintain_order="left")
    frame = frame.with_columns(_given(batteries, "soh_known"), _given(batteries, "soh_words")).with_columns(
        pl.when(pl.col("soh").is_null())
        .then(pl.lit("no"))
        .otherwise(pl.coalesce("soh_known", pl.lit("yes")))
        .alias("soh_known")
    )
    return frame.drop("_chemistry", "_soh", "_mass"), _fact_findings(frame, batteries)


def _given(batteries: pl.DataFrame, name: str) -> pl.Series:
    """Give a column of text, all null where the table has none."""
    return batteries.get_column(name, default=pl.Series(name, [None] * batteries.height, dtype=pl.String))


def _fact_findings(frame: pl.DataFrame, batteries: pl.DataFrame) -> list[Finding]:
    found: list[Finding] = []
    for row, raw in (
        frame.filter(pl.col("_soh").is_not_null() & pl.col("soh").is_null()).select("row", "_soh").rows()
    ):
        found.append(make("treatment-soh-impossible", where=f"row {row}", field="soh", raw=f"{raw:g}"))
    matters = pl.col("form").is_in(["pack", "module", "home_storage"]) & (pl.col("condition") == "ok")
    for (row,) in frame.filter(pl.col("_soh").is_null() & matters).select("row").rows():
        found.append(make("treatment-soh-missing", where=f"row {row}", field="soh"))
    estimated = frame.filter(matters & (pl.col("soh_known") == "estimated"))
    for row, words in estimated.select("row", "soh_words").rows():
        found.append(make("treatment-soh-estimated", where=f"row {row}", field="soh", value=words))
    for row, raw in frame.filter(pl.col("chemistry") == "unknown").select("row", "_chemistry").rows():
        found.append(
            make("treatment-chemistry-unknown", where=f"row {row}", field="chemistry", raw=raw or "")
        )
    if frame["_mass"].null_count():
        content = money.element_content(batteries.filter(pl.col("mass_kg").is_null()))
        for row, mass in content.select("row", "mass_kg").rows():
            found.append(
                make("treatment-mass-missing", where=f"row {row}", field="mass_kg", value=round(mass, 1))
            )
    return found


def _applies(rule: dict[str, Any]) -> pl.Expr:
    """Say where a rule's conditions hold; a blank cell means any."""
    holds = pl.lit(value=True)
    for fact in _FACTS:
        if rule[fact]:
            holds = holds & pl.col(fact).is_in(str(rule[fact]).split("|"))
    if rule["soh_known"]:
        holds = holds & pl.col("soh_known").is_in(str(rule["soh_known"]).split("|"))
    if rule["soh_min"] is not None:
        holds = holds & (pl.col("soh") >= rule["soh_min"]).fill_null(value=False)
    if rule["soh_below"] is not None:
        holds = holds & (pl.col("soh") < rule["soh_below"]).fill_null(value=False)
    return holds


def permitted(facts: pl.DataFrame) -> pl.DataFrame:
    """Find for every battery and treatment the first rule that matches.

    Parameters
    ----------
    facts
        Frame of :func:`battery_facts`.

    Returns
    -------
    pl.DataFrame
        In the order of ``facts``: ``row`` and, for each treatment of :data:`TREATMENTS`, the position of its
        rule in :func:`voltloop.catalogue.money.treatment_rules` (Int32). Every treatment ends with a rule for
        all, so that there always is one.
    """
    rules = list(enumerate(money.treatment_rules().iter_rows(named=True)))
    columns = []
    for treatment in TREATMENTS:
        first = pl.lit(None, dtype=pl.Int32)
        for position, rule in reversed([pair for pair in rules if pair[1]["treatment"] == treatment]):
            first = pl.when(_applies(rule)).then(pl.lit(position, dtype=pl.Int32)).otherwise(first)
        columns.append(first.alias(treatment))
    return facts.select("row", *columns)
