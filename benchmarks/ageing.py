"""The ageing models against a reference, and how fast a million packs age.

Usage::

    python benchmarks/ageing.py FILE                          # worst difference per model
    python benchmarks/ageing.py --packs 1000000 --years 15    # time and memory on one core
    python benchmarks/ageing.py --packs 1000000 --years 15 --peer PYTHON --save

FILE has the columns of ``constant_stress.csv`` (model, T_C, soc_max, dod, q_y1 and so on, r_y5 and so on) or
of ``trajectories.csv`` (scenario, model, year, efc, q_rel_capacity, r_rel_resistance), the latter with the
inputs of its scenarios beside it as ``input__SCENARIO.csv``. Columns stand in any order, others are not looked
at, and an empty value is not compared. One JSON line per model, then a table.
``worst_q`` looks at every value of at least 0.6, below which no model was tested; ``worst_q_all`` at every
one.

``--peer`` names a Python in which blast-lite is installed: the same use is aged there, pack by pack.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

# One core: the tables' threads are counted too.
os.environ.setdefault("POLARS_MAX_THREADS", "1")

import numpy as np
import polars as pl

from voltloop.batteries import age
from voltloop.errors import InputError

TESTED = 0.6
CONSTANT = ("model", "T_C", "soc_max", "dod")
TRAJECTORY = ("scenario", "model", "year", "q_rel_capacity")


def constant_use(temperature_c: float, soc_max: float, dod: float) -> pl.DataFrame:
    """One day: full until 6 h, down by 10 h, empty until 18 h, up by 22 h."""
    hour = np.arange(25)
    low = soc_max - dod
    soc = np.interp(hour, [0, 6, 10, 18, 22, 24], [soc_max, soc_max, low, low, soc_max, soc_max])
    # 0.8 less 0.8 may come out a hair below nothing.
    return pl.DataFrame(
        {"Time_s": hour * 3600.0, "SOC": soc.round(12) + 0.0, "Temperature_C": [float(temperature_c)] * 25}
    )


def number(text: str) -> float | None:
    """Number that a text is, None if it is none."""
    try:
        return float(text)
    except ValueError:
        return None


def read(path: Path) -> pl.DataFrame:
    """Table of a file in one of the two layouts."""
    try:
        table = pl.read_csv(path, infer_schema_length=None)
    except (OSError, pl.exceptions.PolarsError) as error:
        sys.exit(f"{path} cannot be read: {str(error).splitlines()[0]}. Expected a CSV file with a header.")
    needed = TRAJECTORY if "scenario" in table.columns else CONSTANT
    absent = [name for name in needed if name not in table.columns]
    if absent:
        sys.exit(
            f"{path} has no column {', '.join(absent)}. Expected {', '.join(CONSTANT)} with q_y1 and so on, or "
            f"{', '.join(TRAJECTORY)}."
        )
    texts = [
        name for name in table.columns
        if name in {*needed, "r_rel_resistance"} - {"scenario", "model"} or name.startswith(("q_y", "r_y"))
    ]  # fmt: skip
    inputs = TRAJECTORY[:3] if needed is TRAJECTORY else CONSTANT
    typed = table.with_columns(pl.col(texts).cast(pl.Float64, strict=False))
    whole = typed.drop_nulls(inputs)
    if whole.height < typed.height:
        print(
            f"{typed.height - whole.height} rows lack one of {', '.join(inputs)}: left out.", file=sys.stderr
        )
    if whole.is_empty():
        sys.exit(f"{path} has no row with {', '.join(inputs)}. Give one or more.")
    return whole


def constant_rows(table: pl.DataFrame) -> pl.DataFrame:
    """Reference and answer of every value of a table of constant stress."""
    named = {name: number(name[3:]) for name in table.columns if name.startswith(("q_y", "r_y"))}
    at = {year: name[3:] for name, year in named.items() if year is not None}
    years = sorted(at)
    parts = []
    for row in table.iter_rows(named=True):
        got = age(
            constant_use(row["T_C"], row["soc_max"], row["dod"]), row["model"], years, keeps_energy=False
        ).with_columns(
            pl.lit(row["model"]).alias("model"),
            pl.Series("q", [row.get(f"q_y{at[year]}") for year in years], dtype=pl.Float64),
            pl.Series("r", [row.get(f"r_y{at[year]}") for year in years], dtype=pl.Float64),
        )
        parts.append(got)
    return pl.concat(parts)


def trajectory_rows(table: pl.DataFrame, folder: Path) -> pl.DataFrame:
    """Reference and answer of every value of a table of trajectories."""
    parts = []
    if "r_rel_resistance" not in table.columns:
        table = table.with_columns(pl.lit(None, pl.Float64).alias("r_rel_resistance"))
    for (scenario, model), part in table.group_by("scenario", "model", maintain_order=True):
        packed = folder / f"input__{scenario}.parquet"
        plain = packed.with_suffix(".csv")
        if not (packed.exists() or plain.exists()):
            sys.exit(f"{plain}: the input of the scenario is not beside the trajectories. Put it there.")
        use = pl.read_parquet(packed) if packed.exists() else pl.read_csv(plain)
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
    table = read(path)
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


def made_fleet(packs: int) -> pl.DataFrame:
    """A fleet of three chemistries, made over ten years, each read once."""
    random = np.random.default_rng(1)
    days = random.integers(0, 3650, packs)
    return pl.DataFrame(
        {
            "battery_id": np.arange(packs).astype(str),
            "chemistry": random.choice(["NMC", "LFP", "NCA"], packs),
            "produced_on": (np.datetime64("2016-01-01") + days).astype("datetime64[D]"),
            "soh": 1 - 0.3 * random.beta(2, 3, packs) * days / 3650,
        }
    )


def aged(packs: int, years: int) -> dict[str, Any]:
    """Time and memory of the twins of a fleet, and of their years ahead."""
    from voltloop.batteries.ageing import remaining_life, soh_by_year, start_twins

    listed = made_fleet(packs)
    result: dict[str, Any] = {"schema": "benchmark-ageing-fleet/1", "packs": packs, "years": years}
    ways = {"on": date(2026, 11, 24), "use": "personal_ev_large", "climate": "temperate"}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        done = work()
        result[f"{name}_cpu_s"] = round(time.process_time() - cpu, 2)
        result[f"{name}_wall_s"] = round(time.perf_counter() - wall, 2)
        return done

    start_twins(listed.head(100), **ways)  # the wear of each class is worked out once
    twins = timed("start_twins", lambda: start_twins(listed, **ways).twins)
    soh = timed("soh_by_year", lambda: soh_by_year(twins, years))
    timed("remaining_life", lambda: remaining_life(twins, 0.7))
    assert soh.shape == (years + 1, packs)
    assert np.isfinite(soh).all()
    result["peak_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    result["soh_by_year_us_per_pack"] = round(result["soh_by_year_cpu_s"] / packs * 1e6, 3)
    return result


PEER = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import numpy as np
import blast.models as models
years, given = float(sys.argv[1]), json.load(sys.stdin)
use = {name: np.array(values, float) for name, values in given.items()}
out = {}
for name in sys.argv[2:]:
    start = time.process_time()
    cell = getattr(models, name)()
    cell.simulate_battery_life(use, threshold_time=years)
    spent = time.process_time() - start
    days = cell.stressors["t_days"]
    at = np.array([1, years / 2, years]) * 365
    out[name] = {"cpu_s": spent, "q": np.interp(at, days, cell.outputs["q"]).tolist()}
print(json.dumps(out))
"""


def beside_peer(python: str, years: int, own: dict[str, Any]) -> dict[str, Any]:
    """The same use aged by blast-lite, one pack of each model, and how many times slower a pack is there."""
    from voltloop.batteries.ageing import class_series

    models = ["NMC_Gr_50Ah_B1", "Lfp_Gr_250AhPrismatic", "Nca_Gr_Panasonic3Ah_Battery"]
    series = class_series("personal_ev_large", "temperate")
    use = {"Time_s": series.time_s, "SOC": series.soc, "Temperature_C": series.temperature_c}
    given = json.dumps({name: values.tolist() for name, values in use.items()})
    done = subprocess.run(
        [python, "-c", PEER, str(years), *models], input=given, capture_output=True, text=True, check=True
    )
    theirs = json.loads(done.stdout)
    table = pl.DataFrame(use)
    worst = 0.0
    for model, answer in theirs.items():
        mine = age(table, model, [1, years / 2, years])["relative_capacity"].to_numpy()
        worst = max(worst, float(np.abs(mine - answer["q"]).max()))
    per_pack = float(np.mean([answer["cpu_s"] for answer in theirs.values()]))
    return {
        "peer": "blast-lite",
        "peer_cpu_s_per_pack": round(per_pack, 3),
        "peer_worst_q": round(worst, 5),
        "times_faster": round(per_pack / (own["soh_by_year_cpu_s"] / own["packs"])),
    }


def main() -> None:
    """Read the arguments and do what they ask."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--packs", type=int)
    parser.add_argument("--years", type=int, default=15)
    parser.add_argument("--peer", metavar="PYTHON", help="a Python that has blast-lite")
    parser.add_argument(
        "--save", action="store_true", help="keep the result in benchmarks/results/ageing.json"
    )
    given = parser.parse_args()
    if given.file is not None:
        try:
            compare(given.file)
        except InputError as error:
            sys.exit(f"{given.file}: {error.message}")
    elif given.packs:
        result = aged(given.packs, given.years)
        if given.peer:
            result |= beside_peer(given.peer, given.years, result)
        text = json.dumps(result, indent=2) + "\n"
        if given.save:
            (Path(__file__).parent / "results" / "ageing.json").write_text(text, encoding="utf-8")
        print(text, end="")
    else:
        parser.print_help(sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
