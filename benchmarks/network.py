"""Choosing hubs in a large synthetic network: our way beside the textbook way, one JSON line.

    python benchmarks/network.py [--seed N] [--time S] [--scenarios R] [--failures F] [--workers W]
                                 [--solver both|voltloop|textbook] [--origins 300] [--hubs 40]
                                 [--commodities 8] [--periods 10]

The case is that of ``network_case``. The line says ``case``,
``solver``, ``objective``, ``bound``, ``gap`` (share of the objective above the bound), ``seconds``, ``cpu_s``,
``peak_mb`` and ``progress``: seconds, objective and bound on the way. With ``--failures`` the plan is stressed:
every open hub out for one period, then for two, and so on, until there are F; ``stress_seconds``, ``worst_extra_eur``.
With ``both`` the textbook way follows in a process of its own, under ``textbook``.
All of the time counts: starting Python, making the case, loading compiled code.
"""

from __future__ import annotations

import time

_BEGAN = time.perf_counter()

import argparse  # noqa: E402
import json  # noqa: E402
import math  # noqa: E402
import os  # noqa: E402
import resource  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
from typing import Any  # noqa: E402

SIZES = {"origins": 300, "hubs": 40, "commodities": 8, "periods": 10, "scenarios": 1}


def main() -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = "1"
    options = _options()
    print(json.dumps(run(options)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--time", type=float, default=10.0, help="seconds in all")
    for name, size in SIZES.items():
        parser.add_argument(f"--{name}", type=int, default=size)
    parser.add_argument("--failures", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--solver", choices=("both", "voltloop", "textbook"), default="both")
    options = parser.parse_args()
    if not 0 < options.time < 1e6:
        parser.error(f"--time is {options.time:g}. Expected seconds above zero.")
    for name in (*SIZES, "workers"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} is {getattr(options, name)}. Expected 1 or more.")
    for name in ("seed", "failures"):
        if getattr(options, name) < 0:
            parser.error(f"--{name} is {getattr(options, name)}. Expected zero or more.")
    return options


def run(options: argparse.Namespace) -> dict[str, Any]:
    """One run; see the module."""
    from network_case import make_case

    sizes = {name: getattr(options, name) for name in SIZES}
    case = "-".join(map(str, [*sizes.values(), options.seed]))
    problem = make_case(options.seed, **sizes)
    left_s = max(0.0, options.time - (time.perf_counter() - _BEGAN))
    if options.solver == "textbook":
        from network_textbook import solve_textbook

        return {"case": case, "solver": "textbook", **_figures(*solve_textbook(problem, left_s))}
    from voltloop.network.hubs import choose_hubs

    progress: list[list[float]] = []

    def tell(seconds: float, objective: float, bound: float) -> None:
        progress.append([round(options.time - left_s + seconds, 1), round(objective), round(bound)])

    plan = choose_hubs(problem, time_limit_s=left_s, seed=options.seed, on_progress=tell)
    line = {"case": case, "solver": "voltloop", **_figures(plan.objective_eur, plan.bound_eur)}
    line["progress"] = progress[:: max(1, len(progress) // 20)]
    if options.failures:
        from voltloop.network.hub_stress import stress_hubs

        began = time.perf_counter()
        spans = [
            (hub, first, first + length)
            for length in range(options.periods)
            for hub in range(options.hubs)
            for first in range(options.periods - length)
            if plan.is_open[hub, first : first + length + 1].all()
        ][: options.failures]
        found = stress_hubs(problem, plan.is_open, spans, workers=options.workers)
        line["failures"] = len(found)
        line["stress_seconds"] = round(time.perf_counter() - began, 2)
        line["worst_extra_eur"] = round(found[0].extra_eur) if found else 0
    if options.solver == "both":
        command = [sys.executable, __file__, "--solver", "textbook", "--time", str(options.time)]
        for name in ("seed", *SIZES):
            command += [f"--{name}", str(getattr(options, name))]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        line["textbook"] = json.loads(done.stdout)
    return line


def _figures(objective: float, bound: float) -> dict[str, Any]:
    is_found = math.isfinite(objective)
    gap = max(0.0, objective - bound) / max(abs(objective), 1e-12) if is_found else math.inf
    return {
        "objective": round(objective, 2) if is_found else None,
        "bound": round(bound, 2) if math.isfinite(bound) else None,
        "gap": round(gap, 9) if math.isfinite(gap) else None,
        "seconds": round(time.perf_counter() - _BEGAN, 2),
        "cpu_s": round(time.process_time(), 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


if __name__ == "__main__":
    main()
