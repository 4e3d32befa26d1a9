"""The whole main job on an example: wall time, CPU time, peak memory, and tour cost against plainer ways.

    python benchmarks/main_job.py [europe|usa] [--time-limit S] [--save]

Prints one JSON line. ``--save`` also writes it to benchmarks/results. Each run starts the real command in a process of
its own, with an empty cache and then with a filled one, so that nothing is warm that a user's first run would not have.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(region: str, time_limit: float, folder: Path, cache: Path) -> dict[str, object]:
    """One run of `voltloop plan` on an example."""
    example = ROOT / "examples" / region
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(
        [
            sys.executable, "-c", "from voltloop.cli import main; main()", "plan", str(example / "returns.csv"),
            "--network", str(example / "network"), "--on", "2026-11-24", "-o", str(folder), "-q",
            "--time-limit", str(time_limit),
        ],
        check=True, stdout=subprocess.DEVNULL, env={**os.environ, "VOLTLOOP_CACHE": str(cache)},
    )  # fmt: skip
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    summary = json.loads((folder / "summary.json").read_text())
    ways = {way["name"]: way["objective_eur"] for way in summary["comparisons"]}
    objective = summary["tours"]["objective_eur"]
    return {
        "seconds": round(seconds, 1),
        "cpu_seconds": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "peak_mb_of_largest_process": round(after.ru_maxrss / 1024),
        "batteries": summary["batteries"],
        "tours": summary["tours"]["count"],
        "tour_objective_eur": round(objective),
        "bound_eur": round(summary["solver"]["bound_eur"]),
        "gap": round(summary["solver"]["gap"], 3),
        "plainer_ways_eur": {name: round(value) for name, value in ways.items()},
        "cheaper_than": {name: f"{1 - objective / value:.1%}" for name, value in ways.items()},
        "papers": len(list((folder / "documents").iterdir())),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("region", nargs="?", default="europe", choices=["europe", "usa"])
    parser.add_argument("--time-limit", type=float, default=10.0)
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = {
            what: run(options.region, options.time_limit, folder / what, folder / "cache")
            for what in ("first", "again")
        }
    result = {
        "benchmark": "main_job",
        "region": options.region,
        "time_limit_s": options.time_limit,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "load_average_at_end": round(os.getloadavg()[0], 1),
        **runs,
    }
    print(json.dumps(result))
    if options.save:
        target = ROOT / "benchmarks" / "results" / f"main_job_{options.region}.json"
        target.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
