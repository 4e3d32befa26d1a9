"""Tours on a published routing instance, through the project's own model: one solver, one JSON line.

    python benchmarks/tours.py FILE --time S --seed N --solver voltloop|pyvrp|ortools|vroom|savings [--threads 1]

FILE is a VRPLIB file of one of the classes in ``tours_problem.CLASSES``. The line says ``instance``, ``solver``,
``cost`` (in the units of the best known values), ``feasible`` (by our independent checker), ``seconds``,
``first_solution_s``, ``peak_mb`` and ``threads``; besides ``gap`` where ``BKS.csv`` stands beside the file,
``iterations``, ``tours``, ``seed`` and a ``note``. Where nothing was found, or the solver cannot model the problem,
``cost`` is null.

All of the time counts: starting Python, reading, building, loading compiled code. Only the judging comes after.
Distances are rounded as ``BKS.csv`` beside the file says, else as the class is published; ``--rounding`` overrides.
"""

from __future__ import annotations

import time

_BEGAN = time.perf_counter()

import argparse  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

SOLVERS = ("voltloop", "pyvrp", "ortools", "vroom", "savings")


def main() -> None:
    options = _options()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = "1"
    # Imported after the clock has started and the threads are counted.
    from voltloop.errors import InputError

    try:
        print(json.dumps(run(options)))
    except InputError as error:
        print(f"tours.py: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(2)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--time", type=float, default=60.0, help="seconds in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--solver", choices=SOLVERS, default="voltloop")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounding", choices=("round", "trunc", "dimacs", "exact"))
    options = parser.parse_args()
    if not 0 < options.time < 1e6:
        parser.error(f"--time is {options.time:g}. Expected seconds above zero.")
    if options.threads < 1:
        parser.error(f"--threads is {options.threads}. Expected 1 or more.")
    if options.seed < 0:
        parser.error(f"--seed is {options.seed}. Expected zero or more.")
    return options


def run(options: argparse.Namespace) -> dict[str, Any]:
    """One run; see the module."""
    from tour_peers import Clock
    from tours_problem import read_instance

    instance = read_instance(options.file, options.rounding)
    clock = Clock(_BEGAN, options.time)
    solve = _voltloop if options.solver == "voltloop" else _peer
    verdict, seconds, more = solve(instance.problem, clock, options)
    cost = None if verdict is None or verdict.cost_eur is None else verdict.cost_eur / instance.unit
    is_feasible = verdict is not None and verdict.is_feasible
    line: dict[str, Any] = {
        "instance": instance.name,
        "solver": options.solver,
        "cost": None if cost is None else round(cost, 4),
        "feasible": is_feasible,
        "seconds": round(seconds, 2),
        "first_solution_s": None if clock.first_solution_s is None else round(clock.first_solution_s, 2),
        "peak_mb": more.pop("peak_mb"),
        "threads": options.threads if options.solver in ("voltloop", "vroom") else 1,
        "seed": options.seed,
        "rounding": instance.rounding,
        "tours": None if verdict is None else verdict.tours,
        **more,
    }
    if instance.best_known and cost is not None and is_feasible:
        line["gap"] = round(cost / instance.best_known - 1.0, 6)
    notes = [text for text in (line.pop("note", ""), verdict.why if verdict else "") if text]
    if notes:
        line["note"] = "; ".join(notes)
    return line


def _voltloop(problem: Any, clock: Any, options: argparse.Namespace) -> tuple[Any, float, dict[str, Any]]:
    from tours_judge import judge_plan
    from voltloop.collection.engine import solve

    plan = solve(
        problem,
        time_limit_s=clock.left_s,
        seed=options.seed,
        workers=options.threads,
        bound="none",
        use_all_time=True,
        on_progress=lambda _: clock.found(),
    )
    seconds, peak_mb = clock.seconds, _peak_mb(options.threads)
    verdict = judge_plan(problem, plan) if plan.tours.height else None
    return verdict, seconds, {"peak_mb": peak_mb, "iterations": sum(plan.iterations.values())}


def _peer(problem: Any, clock: Any, options: argparse.Namespace) -> tuple[Any, float, dict[str, Any]]:
    from tour_peers import Answer, not_modelled
    from tours_judge import judge_routes

    missing = not_modelled(options.solver, problem)
    if missing:
        answer = Answer(None, note=f"not modelled: {', '.join(missing)}")
    elif options.solver == "pyvrp":
        from tour_peers_pyvrp import solve_pyvrp

        answer = solve_pyvrp(problem, clock, options.seed)
    elif options.solver == "ortools":
        from tour_peers_ortools import solve_ortools

        answer = solve_ortools(problem, clock)
    elif options.solver == "savings":
        from tour_peers_savings import solve_savings

        answer = solve_savings(problem, clock)
    else:
        from tour_peers_vroom import solve_vroom

        answer = solve_vroom(problem, clock, options.threads)
    seconds, peak_mb = clock.seconds, _peak_mb(1)
    verdict = None if answer.routes is None else judge_routes(problem, answer.routes)
    return verdict, seconds, {"peak_mb": peak_mb, "iterations": answer.iterations, "note": answer.note}


def _peak_mb(threads: int) -> int:
    """Largest memory of this process, with as many of its largest child as there can be at once."""
    import resource

    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss if threads > 1 else 0
    return round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + threads * children) / 1024)


if __name__ == "__main__":
    main()
