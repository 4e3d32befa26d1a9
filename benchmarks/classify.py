"""The law at speed: ten million mixed rows beside bare NumPy look-ups and zen-engine, and one item at a time.

    python benchmarks/classify.py [--rows N] [--mode M] [--no-wide] [--save]

Prints one JSON line. ``--save`` also writes it to benchmarks/results. The goods are written to Parquet first, so that
each measurement starts in a process of its own that holds nothing else. Two forms of the same goods are measured: words
as text, and words as enumerations (what a reader that knows the vocabulary gives). zen-engine is optional; without it
that part says so.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

ROOT = Path(__file__).parents[1]
ON = date(2026, 11, 24)
BLOCK = 1_000_000


def goods(rows: int, seed: int = 3) -> pl.DataFrame:
    """Mixed goods: all chemistries and states, common forms, 1 to 5 % of values unknown, one row in ten bad."""
    from voltloop.compliance import load_rulebook

    facts = load_rulebook().facts
    dice = np.random.default_rng(seed)

    def words(
        values: tuple[str, ...], shares: list[float] | None, unknown: float, bad: float = 0.0
    ) -> pl.Series:
        pool = pl.Series([*values, "unobtainium", None], dtype=pl.Enum([*values, "unobtainium"]))
        at = dice.choice(len(values), rows, p=shares).astype(np.uint32)
        at[dice.random(rows) < bad] = len(values)
        at[dice.random(rows) < unknown] = len(values) + 1
        return pool.gather(pl.Series(at))

    def numbers(values: np.ndarray, unknown: float, bad: float = 0.0) -> pl.Series:
        values = np.where(dice.random(rows) < bad, -values, values)
        values[dice.random(rows) < unknown] = np.nan
        return pl.Series(values).fill_nan(None)

    mass = dice.lognormal(1, 1.5, rows)
    forms = ("cell", "battery", "contained_in", "packed_with", "vehicle")
    return pl.DataFrame(
        {
            "chemistry": words(facts["chemistry"].values, None, 0.03, 0.03),
            "form": words(forms, [0.1, 0.6, 0.15, 0.1, 0.05], 0.01),
            "unit_kind": words(("cell", "battery", "vehicle"), [0.15, 0.8, 0.05], 0.01),
            "state": words(facts["state"].values, None, 0.02),
            "energy_wh": numbers(dice.lognormal(6, 2, rows), 0.03, 0.03),
            "lithium_g": numbers(dice.lognormal(0, 1, rows), 0.05),
            "net_mass_kg": numbers(mass, 0.02),
            "package_gross_kg": numbers(np.where(dice.random(rows) < 0.03, mass * 0.5, mass * 1.3 + 1), 0.03),
            "soc": numbers(np.where(dice.random(rows) < 0.01, 1.3, dice.random(rows)), 0.05),
            "un38_3_tested": pl.Series(dice.random(rows) < 0.9),
        }
    )


def write_goods(target: Path, rows: int) -> None:
    """The goods in both forms."""
    parts = [goods(min(BLOCK, rows - start), seed=start) for start in range(0, rows, BLOCK)]
    whole = pl.concat(parts)
    whole.write_parquet(target / "enumerations.parquet")
    whole.with_columns(pl.col(pl.Enum).cast(pl.String)).write_parquet(target / "text.parquet")


def peak_mb() -> float:
    """Most memory that this process has held so far [MB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(work: Any) -> dict[str, Any]:
    """Wall and CPU time of one run."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "result": result}


def measure_rows(file: Path, mode: str, *, wide: bool) -> dict[str, Any]:
    """All rows at once: first with nothing known of the law, then again."""
    from voltloop.compliance import classify, classify_kinds, load_rulebook

    book = load_rulebook()
    frame = pl.read_parquet(file, memory_map=False)
    before = peak_mb()
    if wide:
        run = timed(lambda: classify(frame, book, mode=mode, on=ON))
        return {
            "seconds": round(run["wall"], 2), "cpu_seconds": round(run["cpu"], 2),
            "rows_per_second": round(frame.height / run["wall"]), "peak_mb": round(peak_mb()),
            "peak_mb_beyond_input": round(peak_mb() - before), "frame_mb": round(run["result"].estimated_size() / 1e6),
        }  # fmt: skip
    first = timed(lambda: classify_kinds(frame, book, mode=mode, on=ON))
    peak = peak_mb()
    again = min((timed(lambda: classify_kinds(frame, book, mode=mode, on=ON)) for _ in range(3)), key=_wall)
    found = again["result"]
    counts = found.kinds["outcome"].gather(found.which).value_counts(sort=True)
    sentences = timed(lambda: found.bad)
    return {
        "first_seconds": round(first["wall"], 2), "first_cpu_seconds": round(first["cpu"], 2),
        "seconds": round(again["wall"], 3), "cpu_seconds": round(again["cpu"], 3),
        "rows_per_second": round(frame.height / again["wall"]),
        "input_mb": round(frame.estimated_size() / 1e6), "peak_mb": round(peak),
        "peak_mb_beyond_input": round(peak - before), "kinds": found.kinds.height,
        "outcomes": dict(counts.iter_rows()), "bad_values": sentences["result"].height,
        "sentences_of_bad_values_seconds": round(sentences["wall"], 2),
    }  # fmt: skip


def _wall(run: dict[str, Any]) -> float:
    return float(run["wall"])


def measure_bare(rows: int, mode: str) -> dict[str, Any]:
    """Bare NumPy look-ups: one per row in the largest compiled table, and one per row in each table of the chain.

    The places to look up are drawn at random and ready before the clock starts; nothing is read, coded or judged.
    """
    from voltloop.compliance import load_rulebook

    tables = load_rulebook().chain(mode, ON).tables
    dice = np.random.default_rng(1)
    seconds, cpu = [], 0.0
    for table in tables:
        places = dice.integers(0, len(table.dense), rows)
        run = min((timed(lambda t=table, p=places: t.dense[p]) for _ in range(3)), key=_wall)
        seconds.append(run["wall"])
        cpu += run["cpu"]
    largest = max(range(len(tables)), key=lambda at: len(tables[at].dense))
    return {
        "tables": len(tables), "cells_of_largest": len(tables[largest].dense),
        "one_per_row_seconds": round(seconds[largest], 3), "one_per_table_seconds": round(sum(seconds), 3),
        "one_per_table_cpu_seconds": round(cpu, 3),
    }  # fmt: skip


def measure_one(mode: str, count: int = 5_000) -> dict[str, Any]:
    """One item at a time, as a mapping: never seen before, and again [microseconds]."""
    from voltloop.compliance import classify_one, load_rulebook

    book = load_rulebook()
    whole = goods(count).with_columns(pl.col(pl.Enum).cast(pl.String))
    items = [
        {name: value for name, value in row.items() if value is not None} for row in whole.rows(named=True)
    ]
    very_first = timed(lambda: classify_one(items[0], book, mode=mode, on=ON))
    result: dict[str, Any] = {"items": count, "very_first_ms": round(very_first["wall"] * 1e3, 1)}
    for label in ("first_time", "again"):
        times = []
        for item in items:
            started = time.perf_counter()
            classify_one(item, book, mode=mode, on=ON)
            times.append((time.perf_counter() - started) * 1e6)
        times.sort()
        result[label] = {
            "median_us": round(statistics.median(times), 1),
            "p99_us": round(times[int(0.99 * count)], 1),
        }
    return result


def measure_load() -> dict[str, Any]:
    """Reading, proving and compiling the rulebook, libraries being loaded [s]."""
    from voltloop.compliance.rulebook import load_rulebook, packaged_folder

    runs = [timed(lambda: load_rulebook(packaged_folder())) for _ in range(3)]
    book = runs[0]["result"]
    return {
        "seconds": round(min(run["wall"] for run in runs), 3),
        "rules": len(book.rules), "modes": len(book.modes),
    }  # fmt: skip


def measure_peer() -> dict[str, Any]:
    """The equal decision for zen-engine."""
    try:
        import zen  # noqa: F401
    except ImportError:
        return {"skipped": "zen-engine is not installed; pip install zen-engine"}
    import classify_peer

    return classify_peer.compare()


def apart(part: str, *arguments: str) -> dict[str, Any]:
    """Run one measurement in a process of its own."""
    command = [sys.executable, __file__, "--part", part, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def all_parts(rows: int, mode: str, *, wide: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        common = ("--rows", str(rows), "--mode", mode, "--folder", name)
        apart("goods", *common)
        result: dict[str, Any] = {"bare_numpy": apart("bare", *common)}
        for form in ("enumerations", "text"):
            result[form] = apart("rows", *common, "--form", form)
        if wide:
            result["wide_frame_from_text"] = apart("wide", *common, "--form", "text")
    bare = result["bare_numpy"]
    for form in ("enumerations", "text"):
        result[form]["times_bare"] = {
            "one_per_table": round(result[form]["seconds"] / bare["one_per_table_seconds"], 2),
            "one_per_table_by_cpu": round(result[form]["cpu_seconds"] / bare["one_per_table_cpu_seconds"], 2),
            "one_per_row": round(result[form]["seconds"] / bare["one_per_row_seconds"], 1),
        }
    return result | {
        "one_item": apart("one", "--mode", mode),
        "load_rulebook": apart("load"),
        "zen_engine": apart("peer"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--mode", default="road_eu")
    parser.add_argument(
        "--no-wide", action="store_true", help="leave out the frame of strings, which takes gigabytes"
    )
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--form", help=argparse.SUPPRESS)
    options = parser.parse_args()
    parts = {
        "goods": lambda: write_goods(options.folder, options.rows) or {},
        "rows": lambda: measure_rows(options.folder / f"{options.form}.parquet", options.mode, wide=False),
        "wide": lambda: measure_rows(options.folder / f"{options.form}.parquet", options.mode, wide=True),
        "bare": lambda: measure_bare(options.rows, options.mode),
        "one": lambda: measure_one(options.mode),
        "load": measure_load,
        "peer": measure_peer,
    }
    if options.part:
        print(json.dumps(parts[options.part]()))
        return
    result = {
        "benchmark": "classify",
        "rows": options.rows,
        "mode": options.mode,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "load_average_at_start": round(os.getloadavg()[0], 1),
        **all_parts(options.rows, options.mode, wide=not options.no_wide),
        "load_average_at_end": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(result))
    if options.save:
        target = ROOT / "benchmarks" / "results" / f"classify_{options.mode}.json"
        target.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
