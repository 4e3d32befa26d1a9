"""Uses and reference files for the tests of ageing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

REFERENCE = Path(__file__).parent / "golden" / "ageing"


def day_of(*points: tuple[float, float], temperature_c: float = 25.0) -> pl.DataFrame:
    """One day of use: pairs of hour and state of charge."""
    return pl.DataFrame(
        {
            "Time_s": [hour * 3600.0 for hour, _ in points],
            "SOC": [soc for _, soc in points],
            "Temperature_C": [temperature_c] * len(points),
        }
    )


def fleet(
    count: int,
    *,
    chemistry: str | list[str] = "NMC",
    produced_on: date | None = date(2020, 6, 1),
    soh: float | list[float | None] | None = 0.9,
) -> pl.DataFrame:
    """A list of batteries, ids from 0."""
    return pl.DataFrame(
        {
            "battery_id": [str(at) for at in range(count)],
            "chemistry": chemistry if isinstance(chemistry, list) else [chemistry] * count,
            "produced_on": [produced_on] * count,
            "soh": soh if isinstance(soh, list) else [soh] * count,
        },
        schema={"battery_id": pl.String, "chemistry": pl.String, "produced_on": pl.Date, "soh": pl.Float64},
    )
