"""Locating sites on a published instance, through the project's own model: one solver, one JSON line.

    python benchmarks/location.py FILE [--capacity C] [--time S] [--solver voltloop|textbook]

FILE is in one of the layouts of ``location_instances``. ``--capacity C`` gives every site that capacity (``uncap``:
none), which the files capa, capb and capc of OR-Library leave open. The line says ``instance``, ``solver``,
``objective``, ``bound``, ``gap`` (share of the objective above the bound), ``seconds`` and ``peak_mb``; besides
``cpu_s``, ``capacity`` where it was given, and ``optimum`` where ``OPTIMA.csv`` beside the file tells it. What was
not found is null.

All of the time counts: starting Python, reading, building, loading compiled code. ``textbook`` is the plain
mixed-integer programme, see ``location_textbook``.
"""

from __future__ import annotations

import time

_BEGAN = time.perf_counter()

import argparse  # noqa: E402
import json  # noqa: E402
import math  # noqa: E402
import os  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

SOLVERS = ("voltloop", "textbook")


def main() -> None:
    options = _options()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = "1"
    # Imported after the clock has started and the threads are counted.
    from voltloop.errors import InputError

    try:
        print(json.dumps(run(options)))
    except InputError as error:
        print(f"location.py: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(2)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--capacity", type=_capacity, metavar="C", help="of every site, or uncap for none")
    parser.add_argument("--time", type=float, default=60.0, help="seconds in all")
    parser.add_argument("--solver", choices=SOLVERS, default="voltloop")
    options = parser.parse_args()
    if not 0 < options.time < 1e6:
        parser.error(f"--time is {options.time:g}. Expected seconds above zero.")
    return options


def _capacity(text: str) -> float:
    try:
        value = math.inf if text == "uncap" else float(text)
    except ValueError:
        value = math.nan
    if not value > 0:
        raise argparse.ArgumentTypeError(
            f'"{text}" is not a capacity. Expected a number above zero, or uncap.'
        )
    return value


def run(options: argparse.Namespace) -> dict[str, Any]:
    """One run; see the module."""
    from location_instances import read_instance

    instance = read_instance(options.file, options.capacity)
    left_s = max(0.0, options.time - (time.perf_counter() - _BEGAN))
    if options.solver == "voltloop":
        from voltloop.network.location import locate

        found = locate(instance.problem, time_limit_s=left_s)
        objective, bound = found.objective_eur, found.bound_eur
    else:
        from location_textbook import solve_textbook

        objective, bound = solve_textbook(instance.problem, left_s)
    is_found = math.isfinite(objective)
    gap = max(0.0, objective - bound) / max(abs(objective), 1e-12) if is_found else math.inf
    line: dict[str, Any] = {
        "instance": instance.name,
        "solver": options.solver,
        "objective": round(objective, 4) if is_found else None,
        "bound": round(bound, 4) if math.isfinite(bound) else None,
        "gap": round(gap, 9) if math.isfinite(gap) else None,
        "seconds": round(time.perf_counter() - _BEGAN, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "cpu_s": round(time.process_time(), 2),
    }
    if options.capacity is not None:
        line["capacity"] = "uncap" if math.isinf(options.capacity) else options.capacity
    if instance.optimum is not None:
        line["optimum"] = instance.optimum
    return line


if __name__ == "__main__":
    main()
