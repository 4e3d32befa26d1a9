"""All published instances with every solver, one process each, as one table.

    python benchmarks/tours_table.py [FOLDER ...] [--time 60] [--seeds 1 2 3] [--solvers ...] [--jobs 1] [--only WORD]

FOLDER holds ``.vrp`` files, at any depth; without one the published instances beside this clone count. Every run is
``benchmarks/tours.py`` in a process of its own. Results go to ``benchmarks/results/tours.json`` after each, and what
stands there already is not run again, so that a broken run goes on where it stopped; delete the file to begin afresh.
At the end, or with ``--print`` alone, the table is written beside it as ``tours.md``. OR-Tools, VROOM and savings
take no account of a seed: one run each. Use a quiet machine; ``--jobs 2`` runs one solver on each of two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from statistics import mean
from threading import Lock
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "tours.json"
PUBLISHED = HERE.parents[1] / "shared" / "benchmarks" / "routing"
SOLVERS = ("voltloop", "pyvrp", "vroom", "ortools", "savings")
SEEDLESS = ("vroom", "ortools", "savings")

Key = tuple[str, str, int, float, int]


def main() -> None:
    options = _options()
    found = json.loads(RESULTS.read_text())["runs"] if RESULTS.is_file() else []
    if not options.print:
        files = sorted(file for folder in options.folders for file in folder.rglob("*.vrp"))
        files = [file for file in files if options.only in str(file)]
        if not files:
            sys.exit(f"tours_table.py: no .vrp file in {', '.join(map(str, options.folders))}.")
        _run_all(options, files, found)
    _keep(found)
    (RESULTS.parent / "tours.md").write_text(table(found))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path, default=[PUBLISHED])
    parser.add_argument("--time", type=float, default=60.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--solvers", nargs="+", choices=SOLVERS, default=list(SOLVERS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", default="", help="only files whose path has this in it")
    parser.add_argument("--print", action="store_true", help="only write the table of what is there")
    return parser.parse_args()


def _run_all(options: argparse.Namespace, files: Iterable[Path], found: list[dict[str, Any]]) -> None:
    done = {_key(run) for run in found}
    jobs = [
        (file, solver, seed)
        for file in files
        for seed in options.seeds
        for solver in options.solvers
        if (seed == options.seeds[0] or solver not in SEEDLESS)
        and (file.stem, solver, seed, options.time, options.threads) not in done
    ]
    lock = Lock()

    def work(job: tuple[Path, str, int]) -> None:
        line = _run(*job, options)
        with lock:
            found.append(line)
            _keep(found)
            print(json.dumps(line), flush=True)

    with ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(work, jobs))


def _key(run: dict[str, Any]) -> Key:
    return run["file"], run["solver"], run["seed"], run["time"], run["asked_threads"]


def _run(file: Path, solver: str, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """One run; a solver that does not end, or breaks, is a line too."""
    asked = {
        "file": file.stem, "class": file.parent.name, "time": options.time, "asked_threads": options.threads,
        "solver": solver, "seed": seed, "load_average_before": round(os.getloadavg()[0], 1),
    }  # fmt: skip
    command = [
        sys.executable, str(HERE / "tours.py"), str(file), "--time", str(options.time), "--seed", str(seed),
        "--solver", solver, "--threads", str(options.threads),
    ]  # fmt: skip
    patience = 5 * options.time + 300
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=patience)
    except subprocess.TimeoutExpired:
        return {**asked, "cost": None, "feasible": False, "note": f"not done after {patience:.0f} s"}
    if done.returncode != 0 or not done.stdout.strip():
        why = (done.stderr.strip().splitlines() or [f"ended with code {done.returncode}"])[-1]
        return {**asked, "cost": None, "feasible": False, "note": why[:200]}
    return {**json.loads(done.stdout.splitlines()[-1]), **asked}


def _keep(found: list[dict[str, Any]]) -> None:
    """Write the results so that a broken run leaves the old file or the new one, never half of one."""
    whole = {
        "benchmark": "tours",
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "versions": {name: metadata.version(name) for name in ("pyvrp", "ortools", "pyvroom", "numba")},
        "runs": sorted(found, key=lambda run: (run["class"], *map(str, _key(run)))),
    }
    part = RESULTS.with_suffix(".part")
    part.write_text(json.dumps(whole, indent=1) + "\n")
    part.replace(RESULTS)


def table(runs: list[dict[str, Any]]) -> str:
    """Markdown: gap to the best known value by instance and solver; to savings where no best value is known."""
    groups: dict[tuple[str, str, float, int], dict[str, list[dict[str, Any]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for run in runs:
        groups[run["class"], run["file"], run["time"], run["asked_threads"]][run["solver"]].append(run)
    lines = [
        "| class | instance | s | threads | " + " | ".join(SOLVERS) + " |",
        "|---|---|---|---|" + "---|" * len(SOLVERS),
    ]
    for (group, file, seconds, threads), by_solver in sorted(groups.items()):
        plain = [run["cost"] for run in by_solver.get("savings", ()) if run["feasible"]]
        cells = [_cell(by_solver.get(solver, []), plain[0] if plain else None) for solver in SOLVERS]
        lines.append(f"| {group} | {file} | {seconds:g} | {threads} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "Mean gap over the seeds (least to most), seconds where over the limit by a tenth or more, memory.",
    ]
    lines += [
        "`-`: not run, not modelled, or nothing legal found. `s`: against savings, no best value is known.",
        "",
    ]
    return "\n".join(lines)


def _cell(runs: list[dict[str, Any]], savings: float | None) -> str:
    legal = [run for run in runs if run["feasible"] and run["cost"] is not None]
    if not legal or len(legal) < len(runs):
        return f"- ({len(runs) - len(legal)} of {len(runs)})" if legal else "-"
    if all("gap" in run for run in legal):
        gaps, mark = [100 * run["gap"] for run in legal], ""
    elif savings:
        gaps, mark = [100 * (run["cost"] / savings - 1) for run in legal], " s"
    else:
        return f"{mean(run['cost'] for run in legal):.0f}"
    text = f"{mean(gaps):.2f} %{mark}"
    if len(gaps) > 1:
        text += f" ({min(gaps):.2f} to {max(gaps):.2f})"
    late = max(run["seconds"] for run in legal)
    if late > 1.1 * legal[0]["time"]:
        text += f" in {late:.0f} s"
    return f"{text}, {max(run['peak_mb'] for run in legal)} MB"


if __name__ == "__main__":
    main()
