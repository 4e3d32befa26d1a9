"""All published location instances with every solver, one process each, as one table.

    python benchmarks/location_table.py [FOLDER ...] [--time 60] [--solvers ...] [--only WORD] [--print]

FOLDER holds instances, at any depth; without one the published instances beside this clone count. Capacities that a
file leaves open are those of :data:`CAPACITIES`. Every run is ``benchmarks/location.py`` in a process of its own.
Results go to ``benchmarks/results/location.json`` after each, and what stands there already is not run again, so that
a broken run goes on where it stopped; delete the file to begin afresh. At the end, or with ``--print`` alone, the
table is written beside it as ``location.md``. Use a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "location.json"
PUBLISHED = HERE.parents[1] / "shared" / "benchmarks" / "location"
SOLVERS = ("voltloop", "textbook")
CAPACITIES = {
    "capa": ("8000", "10000", "12000", "14000"),
    "capb": ("5000", "6000", "7000", "8000"),
    "capc": ("5000", "5750", "6500", "7250"),
}


def main() -> None:
    options = _options()
    found = json.loads(RESULTS.read_text())["runs"] if RESULTS.is_file() else []
    if not options.print:
        files = sorted(file for folder in options.folders for file in folder.rglob("*.txt"))
        files = [file for file in files if options.only in str(file)]
        if not files:
            sys.exit(f"location_table.py: no .txt file in {', '.join(map(str, options.folders))}.")
        _run_all(options, files, found)
    _keep(found)
    RESULTS.with_suffix(".md").write_text(table(found))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path, default=[PUBLISHED])
    parser.add_argument("--time", type=float, default=60.0)
    parser.add_argument("--solvers", nargs="+", choices=SOLVERS, default=list(SOLVERS))
    parser.add_argument("--only", default="", help="only files whose path has this in it")
    parser.add_argument("--print", action="store_true", help="only write the table of what is there")
    return parser.parse_args()


def _run_all(options: argparse.Namespace, files: list[Path], found: list[dict[str, Any]]) -> None:
    done = {(run["file"], run["asked_capacity"], run["solver"], run["time"]) for run in found}
    for file in files:
        for capacity in CAPACITIES.get(file.stem, ("",)):
            for solver in options.solvers:
                if (file.stem, capacity, solver, options.time) not in done:
                    found.append(_run(file, capacity, solver, options.time))
                    _keep(found)
                    print(json.dumps(found[-1]), flush=True)


def _run(file: Path, capacity: str, solver: str, limit_s: float) -> dict[str, Any]:
    """One run; a solver that does not end, or breaks, is a line too."""
    asked = {
        "file": file.stem, "asked_capacity": capacity, "solver": solver, "time": limit_s,
        "load_average_before": round(os.getloadavg()[0], 1),
    }  # fmt: skip
    command = [
        sys.executable, str(HERE / "location.py"), str(file), "--time", str(limit_s), "--solver", solver,
        *(["--capacity", capacity] if capacity else []),
    ]  # fmt: skip
    patience = 5 * limit_s + 300
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=patience)
    except subprocess.TimeoutExpired:
        return {**asked, "objective": None, "note": f"not done after {patience:.0f} s"}
    if done.returncode != 0 or not done.stdout.strip():
        why = (done.stderr.strip().splitlines() or [f"ended with code {done.returncode}"])[-1]
        return {**asked, "objective": None, "note": why[:200]}
    return {**json.loads(done.stdout.splitlines()[-1]), **asked}


def _keep(found: list[dict[str, Any]]) -> None:
    """Write the results so that a broken run leaves the old file or the new one, never half of one."""
    whole = {
        "benchmark": "location",
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "versions": {name: metadata.version(name) for name in ("highspy", "numba", "numpy")},
        "runs": sorted(
            found, key=lambda run: (run["file"], float(run["asked_capacity"] or 0), run["solver"])
        ),
    }
    part = RESULTS.with_suffix(".part")
    part.write_text(json.dumps(whole, indent=1) + "\n")
    part.replace(RESULTS)


def table(runs: list[dict[str, Any]]) -> str:
    """Markdown: what each solver found, proved, and in how many seconds of processor and wall clock."""
    head = "".join(f" {solver} | proven gap | s | CPU s | MB |" for solver in SOLVERS)
    lines = [f"| instance | optimum |{head}", "|---|---|" + "---|" * (5 * len(SOLVERS))]
    groups: dict[tuple[str, float, float], dict[str, dict[str, Any]]] = {}
    for run in runs:
        key = run["file"], float(run["asked_capacity"] or 0), run["time"]
        groups.setdefault(key, {})[run["solver"]] = run
    for (file, capacity, _), by_solver in sorted(groups.items()):
        name = f"{file} {capacity:g}" if capacity else file
        optimum = next((run["optimum"] for run in by_solver.values() if "optimum" in run), None)
        cells = "".join(_cells(by_solver.get(solver)) for solver in SOLVERS)
        lines.append(f"| {name} | {'-' if optimum is None else f'{optimum:.3f}'} |{cells}")
    lines += ["", "Proven gap: share of the objective above the bound. `-`: not run, or nothing found.", ""]
    return "\n".join(lines)


def _cells(run: dict[str, Any] | None) -> str:
    if run is None or run["objective"] is None:
        return " - |" * 5
    gap = "-" if run["gap"] is None else "0" if run["gap"] < 5e-9 else f"{100 * run['gap']:.2g} %"
    return f" {run['objective']:.3f} | {gap} | {run['seconds']:.1f} | {run['cpu_s']:.1f} | {run['peak_mb']} |"


if __name__ == "__main__":
    main()
