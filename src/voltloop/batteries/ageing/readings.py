"""Replays dated readings of many batteries, such as those of the ledger, from the day each was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from voltloop.batteries.ageing.models import model_names
from voltloop.batteries.ageing.one import soh_at_start
from voltloop.batteries.ageing.spread import reading_sds
from voltloop.batteries.ageing.start import Started, model_column, start_twins
from voltloop.batteries.ageing.twins import SOH_MOST, move, update
from voltloop.findings import Finding, make

if TYPE_CHECKING:
    from datetime import date

__all__ = ["replay"]


def replay(
    batteries: pl.DataFrame,
    readings: pl.DataFrame,
    *,
    on: date,
    use: str,
    climate: str,
    model: str | None = None,
) -> Started:
    """Make the twins of a list of batteries on a day from all their readings until then.

    Parameters
    ----------
    batteries
        Columns ``battery_id`` (unique), ``chemistry``, ``produced_on``.
    readings
        One row per reading, in any order: ``battery_id``, ``on`` (day), ``soh`` (share of new), ``method``
        (may be missing or null). Readings after the day wait.
    on
        Day of the twins.
    use, climate, model
        As of :func:`start_twins`.

    Returns
    -------
    Started
        A battery with a day of make starts on it, passes through its use from reading to reading and is
        sharpened by each; one without starts at its first reading. Readings that cannot be are findings and
        change nothing.

    Raises
    ------
    InputError
        Unknown model, use or climate.
    """
    sound, findings = _sound(batteries, readings, on)
    counted = sound.sort("on", maintain_order=True).with_columns(
        pl.int_range(pl.len()).over("battery_id").alias("turn")
    )
    begins = _begins(batteries, counted, on, model)
    begun = start_twins(begins, on=on, use=use, climate=climate, model=model)
    # The reading that a battery without a day of make starts from is not counted twice.
    unmade = begins.filter(pl.col("produced_on").is_null())["battery_id"].implode()
    counted = counted.filter(~((pl.col("turn") == 0) & pl.col("battery_id").is_in(unmade)))
    twins = begun.twins
    for _, turn in counted.sort("turn").group_by("turn", maintain_order=True):
        twins = _read(twins, turn)
    read = {f"battery {one}" for one in counted["battery_id"]}
    findings += [one for one in begun.findings if one.code != "ageing-soh-missing" or one.where not in read]
    return Started(move(twins, on), begun.left_out, findings)


def _begins(batteries: pl.DataFrame, counted: pl.DataFrame, on: date, model: str | None) -> pl.DataFrame:
    """Give the list as it stands on the day each battery begins: when made, else when first read.

    A model of used cells begins at the first reading, whenever the battery was made.
    """
    first = counted.filter(turn=0).select("battery_id", "soh", pl.col("on").alias("first_on"), "method")
    used = [name for name in model_names() if soh_at_start(name) < 1]
    starts_used = model_column(model).is_in(used) & pl.col("first_on").is_not_null()
    listed = batteries.select("battery_id", "chemistry", pl.col("produced_on").cast(pl.Date))
    listed = listed.join(first, on="battery_id", how="left", maintain_order="left").with_columns(
        pl.when(~starts_used.fill_null(value=False)).then("produced_on").alias("produced_on")
    )
    return listed.select(
        "battery_id",
        "chemistry",
        "produced_on",
        pl.min_horizontal(pl.coalesce("produced_on", "first_on", pl.lit(on)), pl.lit(on)).alias("read_on"),
        pl.when(pl.col("produced_on").is_null()).then("soh").alias("soh"),
        pl.col("method").alias("diagnostic_source"),
    )


def _read(twins: pl.DataFrame, turn: pl.DataFrame) -> pl.DataFrame:
    """Bring the twins to one reading each and sharpen them by it."""
    joined = twins.select("battery_id", "on").join(
        turn.select("battery_id", pl.col("on").alias("read_on"), "soh", "method"),
        on="battery_id",
        how="left",
        maintain_order="left",
    )
    moved = move(twins, joined["read_on"].fill_null(joined["on"]))
    return update(moved, joined["soh"].fill_null(float("nan")).to_numpy(), reading_sds(joined["method"]))


def _sound(batteries: pl.DataFrame, readings: pl.DataFrame, on: date) -> tuple[pl.DataFrame, list[Finding]]:
    """Part readings that can be used, until the day, from what is wrong with the others."""
    frame = readings.select(
        "battery_id",
        pl.col("on").cast(pl.Date),
        pl.col("soh").cast(pl.Float64),
        (pl.col("method") if "method" in readings.columns else pl.lit(None, pl.String)).alias("method"),
    ).join(
        batteries.select("battery_id", pl.col("produced_on").cast(pl.Date), pl.lit(True).alias("is_listed")),
        on="battery_id",
        how="left",
        maintain_order="left",
    )
    soh = pl.col("soh")
    code = (
        pl.when(pl.col("is_listed").is_null())
        .then(pl.lit("ageing-reading-stray"))
        .when(soh.is_null() | soh.is_nan() | (soh < 0) | (soh > SOH_MOST))
        .then(pl.lit("ageing-soh-impossible"))
        .when(pl.col("on") < pl.col("produced_on"))
        .then(pl.lit("ageing-reading-early"))
    )
    frame = frame.with_columns(code.alias("code"))
    found = []
    for row in frame.filter(pl.col("code").is_not_null()).iter_rows(named=True):
        where = f"battery {row['battery_id']}, reading of {row['on']}"
        raw = {
            "ageing-reading-stray": row["battery_id"],
            "ageing-soh-impossible": "" if row["soh"] is None else f"{row['soh']:g}",
            "ageing-reading-early": str(row["on"]),
        }[row["code"]]
        found.append(make(row["code"], where=where, field="soh", raw=raw, value=str(row["produced_on"])))
    return frame.filter(pl.col("code").is_null() & (pl.col("on") <= on)), found
