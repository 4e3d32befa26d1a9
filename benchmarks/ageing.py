"""The ageing models against a reference, and how fast a million packs age.

Usage::

    python benchmarks/ageing.py FILE                          # worst difference per model
    python benchmarks/ageing.py --packs 1000000 --years 15    # time and memory on one core
    python benchmarks/ageing.py --packs 1000000 --years 15 --peer PYTHON --save

FILE has the columns of ``constant_stress.csv`` (model, T_C, soc_max, dod, q_y1 and so on, r_y5 and so on) or
of ``trajectories.csv`` (scenario, model, year, efc, q_rel_capacity, r_rel_resistance), the latter with the
inputs of its scenarios beside it as ``input__SCENARIO.csv``. One JSON line per model, then a table.
``worst_q`` looks at every value of at least 0.6, below which no model was tested; ``worst_q_all`` at every
one.

``--peer`` names a Python in which blast-lite is installed: the same use is aged there, pack by pack.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from voltloop.batteries import age

TESTED = 0.6


def constant_use(temperature_c: float, soc_max: float, dod: float) -> pl.DataFrame:
    """One day: full until 6 h, down by 10 h, empty until 18 h, up by 22 h."""
    hour = np.arange(25)
    low = soc_max - dod
    soc = np.interp(hour, [0, 6, 10, 18, 22, 24], [soc_max, soc_max, low, low, soc_max, soc_max])
    return pl.DataFrame(
        {"Time_s": hour * 3600.0, "SOC": soc.clip(0, 1), "Temperature_C": [float(temperature_c)] * 25}
    )


def constant_rows(table: pl.DataFrame) -> pl.DataFrame:
    """Reference and answer of every value of a table of constant stress."""
    years = sorted({int(name[3:]) for name in table.columns if name.startswith(("q_y", "r_y"))})
    parts = []
    for row in table.iter_rows(named=True):
        got = age(
            constant_use(row["T_C"], row["soc_max"], row["dod"]), row["model"], years, keeps_energy=False
        ).with_columns(
            pl.lit(row["model"]).alias("model"),
            pl.Series("q", [row.get(f"q_y{year}") for year in years], dtype=pl.Float64),
            pl.Series("r", [row.get(f"r_y{year}") for year in years], dtype=pl.Float64),
        )
        parts.append(got)
    return pl.concat(parts)


def trajectory_rows(table: pl.DataFrame, folder: Path) -> pl.DataFrame:
    """Reference and answer of every value of a table of trajectories."""
    parts = []
    for (scenario, model), part in table.group_by("scenario", "model", maintain_order=True):
        packed = folder / f"input__{scenario}.parquet"
        use = pl.read_parquet(packed) if packed.exists() else pl.read_csv(packed.with_suffix(".csv"))
        got = age(use, str(model), part["year"].to_list())
        parts.append(
            got.with_columns(
                pl.lit(model).alias("model"),
                part["q_rel_capacity"].cast(pl.Float64).alias("q"),
                part["r_rel_resistance"].cast(pl.Float64).alias("r"),
            )
        )
    return pl.concat(parts)


def differences(path: Path) -> list[dict[str, Any]]:
    """Worst difference per model of a reference file."""
    table = pl.read_csv(path, infer_schema_length=None)
    rows = trajectory_rows(table, path.parent) if "scenario" in table.columns else constant_rows(table)
    tested = pl.col("q").is_null() | (pl.col("q") >= TESTED)
    off_q = (pl.col("relative_capacity") - pl.col("q")).abs()
    off_r = ((pl.col("relative_resistance") - pl.col("r")) / pl.col("r")).abs()
    found = rows.group_by("model", maintain_order=True).agg(
        pl.col("q").count().alias("values"),
        off_q.filter(tested).max().alias("worst_q"),
        off_q.max().alias("worst_q_all"),
        off_r.filter(tested).max().alias("worst_r_relative"),
    )
    return found.to_dicts()


def compare(path: Path) -> None:
    """Print the worst difference per model."""
    found = differences(path)
    for row in found:
        print(json.dumps({"schema": "benchmark-ageing/1", "file": path.name, **row}))
    print(f"\n{'model':<40}{'values':>8}{'worst q':>10}{'all q':>10}{'worst r':>10}")
    for row in found:
        numbers = "".join(
            f"{'-' if row[name] is None else format(row[name], '.5f'):>10}"
            for name in ("worst_q", "worst_q_all", "worst_r_relative")
        )
        print(f"{row['model']:<40}{row['values']:>8}{numbers}")


def main() -> None:
    """Read the arguments and do what they ask."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("file", nargs="?", type=Path)
    given = parser.parse_args()
    if given.file is None:
        parser.print_help(sys.stderr)
        sys.exit(2)
    compare(given.file)


if __name__ == "__main__":
    main()
