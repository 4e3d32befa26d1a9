"""Uses and reference files for the tests of ageing."""

from __future__ import annotations

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
