"""State of health of each battery on the day of the plan: read, carried forward from an older reading, or estimated.

The ageing twin of a battery that nobody has measured has been under the usual use of its form and the climate of its
country since the day of make, and in store since its return. Chemistries without an ageing model keep their reading,
or the planning value of the catalogue.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from voltloop.batteries.ageing import change_use, move, soh_by_year, start_twins, usual_lives
from voltloop.catalogue import money
from voltloop.findings import Finding, make
from voltloop.treatment.program import Floats

__all__ = ["Health", "health_on"]

NODES: Final = (-math.sqrt(3.0), 0.0, math.sqrt(3.0))
WEIGHTS: Final = (1.0 / 6.0, 2.0 / 3.0, 1.0 / 6.0)
"""Three points of Gauss and Hermite, in standard deviations, and their weights."""

_OPTIONAL: Final[dict[str, pl.DataType]] = {
    "produced_on": pl.Date(),
    "returned_on": pl.Date(),
    "diagnostic_source": pl.String(),
}


@dataclass(frozen=True)
class Health:
    """State of health of each row.

    Attributes
    ----------
    batteries
        The battery table with ``soh`` on the day (read, carried forward or estimated; as given where neither can be),
        ``soh_sd`` (standard deviation, null for that of the catalogue), ``soh_known`` (``yes`` for a reading,
        ``estimated``, ``no``) and ``soh_words`` (null unless more is to be said than the figure).
    lost
        State of health lost in store in the days asked for after the day of the plan; NaN where no model says it.
    findings
        Readings that cannot be right where an estimate takes their place.
    """

    batteries: pl.DataFrame
    lost: Floats
    findings: tuple[Finding, ...]


def health_on(batteries: pl.DataFrame, *, on: date, days_later: float = 0.0) -> Health:
    """Give the state of health of each battery on a day.

    Parameters
    ----------
    batteries
        Columns ``row``, ``chemistry``, ``form``, ``country``, ``soh``; ``produced_on``, ``returned_on`` (taken as the
        day of the reading too) and ``diagnostic_source`` may be missing.
    on
        Day of the plan.
    days_later
        Days in store after it, over which the loss is told.

    Notes
    -----
    A reading of the last days (``soh_reading_lasts_days``) stands as it is; an older one loses what its twin loses in
    store since. Mean and deviation of what the twins say come from three points of the distribution of the scalar.
    """
    given = money.route_parameters()
    table = batteries.with_columns(
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in _OPTIONAL.items()
        if name not in batteries.columns
    )
    reading = pl.col("soh").cast(pl.Float64).fill_nan(None)
    is_read = reading.is_between(0.0, 1.2).fill_null(value=False)
    read_on = pl.when(pl.col("returned_on") <= on).then("returned_on").otherwise(pl.lit(on))
    made = pl.when(pl.col("produced_on") <= read_on).then("produced_on")
    asked = pl.concat(
        [
            table.select(
                "chemistry",
                pl.when(is_read).then(reading).alias("soh"),
                made.alias("produced_on"),
                read_on.alias("read_on"),
                pl.col("diagnostic_source").cast(pl.String).alias("method"),
            ),
            usual_lives(table),
        ],
        how="horizontal",
    )
    told = _twins_say(asked, on, days_later)
    old = (pl.col("read_on").dt.offset_by(f"{given['soh_reading_lasts_days']:.0f}d") < on) & pl.col(
        "since"
    ).is_not_null()
    told = pl.concat([asked.select("soh", "produced_on", "read_on"), told], how="horizontal")
    carried = pl.col("soh").is_not_null() & old
    estimated = pl.col("soh").is_null() & pl.col("mean").is_not_null()
    found = told.select(
        pl.when(carried)
        .then((pl.col("soh") - pl.col("since")).clip(0.0))
        .when(estimated)
        .then(pl.col("mean").clip(0.0, 1.0))
        .otherwise(batteries["soh"].cast(pl.Float64))
        .alias("soh"),
        pl.when(carried)
        .then((pl.col("since_sd") ** 2 + given["soh_sd_measured"] ** 2).sqrt())
        .when(estimated)
        .then("sd")
        .alias("soh_sd"),
        pl.when(pl.col("soh").is_not_null())
        .then(pl.lit("yes"))
        .when(estimated)
        .then(pl.lit("estimated"))
        .otherwise(pl.lit("no"))
        .alias("soh_known"),
        pl.when(carried)
        .then(
            pl.format(
                "{} % ({} % read {})",
                _percent(pl.col("soh") - pl.col("since")),
                _percent(pl.col("soh")),
                "read_on",
            )
        )
        .when(estimated)
        .then(pl.format("{} % (made {})", _percent(pl.col("mean")), pl.col("produced_on").dt.year()))
        .alias("soh_words"),
    )
    return Health(
        batteries.with_columns(found), told["later"].fill_null(np.nan).to_numpy(), _findings(batteries, found)
    )


def _percent(share: pl.Expr) -> pl.Expr:
    return (share * 100).round(0).cast(pl.Int64)


def _findings(batteries: pl.DataFrame, found: pl.DataFrame) -> tuple[Finding, ...]:
    """Tell of each reading that cannot be right and gives way to an estimate."""
    given = batteries.select("row", raw=pl.col("soh").cast(pl.Float64).fill_nan(None))
    odd = given.filter((found["soh_known"] == "estimated") & given["raw"].is_not_null())
    return tuple(
        make("treatment-soh-impossible", where=f"row {row}", field="soh", raw=f"{raw:g}")
        for row, raw in odd.rows()
    )


def _twins_say(asked: pl.DataFrame, on: date, days_later: float) -> pl.DataFrame:
    """Give, in the order of ``asked``, what the twins say.

    ``mean`` and ``sd`` of the state of health on the day, of batteries made on a known day and not read; ``since`` and
    ``since_sd``: loss in store since the reading; ``later``: loss in store in the days after the day.
    """
    planned = money.route_parameters()["soh_when_unknown"]
    alike = asked.unique(maintain_order=True).filter(pl.col("use").is_not_null())
    # Where nothing is known, only the loss in store is asked for: of the nominal battery of the planning value.
    nothing = pl.col("soh").is_null() & pl.col("produced_on").is_null()
    alike = alike.with_columns(
        pl.int_range(pl.len()).cast(pl.String).alias("battery_id"),
        pl.when(nothing).then(planned).otherwise("soh").alias("soh_started"),
    )
    parts = [
        _course(part, str(use), str(climate), on, days_later)
        for (use, climate), part in alike.group_by("use", "climate", maintain_order=True)
    ]
    schema = dict.fromkeys(("mean", "sd", "since", "since_sd", "later"), pl.Float64())
    empty = pl.DataFrame(schema={"battery_id": pl.String(), "base": pl.Float64(), **schema})
    said = alike.join(pl.concat([empty, *parts]), on="battery_id", how="left", maintain_order="left")
    # The models of used cells say nothing of the life before.
    is_aged = pl.col("soh").is_null() & pl.col("produced_on").is_not_null() & (pl.col("base") == 1.0)
    said = said.with_columns(pl.when(is_aged).then(name).alias(name) for name in ("mean", "sd"))
    return asked.join(
        said.select(*asked.columns, *schema),
        on=asked.columns,
        how="left",
        nulls_equal=True,
        maintain_order="left",
    ).select(*schema)


def _course(part: pl.DataFrame, use: str, climate: str, on: date, days_later: float) -> pl.DataFrame:
    """Follow the twins of one life from their reading to the day and beyond."""
    listed = part.select(
        "battery_id", "chemistry", "produced_on", "read_on", soh="soh_started", diagnostic_source="method"
    )
    twins = start_twins(listed, on=on, use=use, climate=climate).twins
    stored = change_use(twins, part["store_use"][0], part["store_climate"][0])
    now = move(stored, on)
    later = move(now, pl.Series([on]).dt.offset_by(f"{round(days_later)}d")[0])
    mean, sd = _moments(np.stack([_soh(now, sigmas=node) for node in NODES]))
    at_reading, today, then = (_soh(one) for one in (stored, now, later))
    since = at_reading - today
    return pl.DataFrame(
        {
            "battery_id": twins["battery_id"], "base": twins["soh_base"], "mean": mean, "sd": sd, "since": since,
            "since_sd": since * twins["log_scalar_sd"], "later": today - then,
        }
    )  # fmt: skip


def _soh(twins: pl.DataFrame, sigmas: float = 0.0) -> Floats:
    """State of health of twins that age so many deviations faster than the mean."""
    return np.asarray(soh_by_year(twins, 0, sigmas=sigmas)[0], dtype=np.float64)


def _moments(values: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation over the points."""
    weights = np.array(WEIGHTS)[:, None]
    mean = (weights * values).sum(axis=0)
    return mean, np.sqrt((weights * (values - mean) ** 2).sum(axis=0))
