"""The rich synthetic national case: 20,000 pick-ups, 12 depots, five days, every constraint of the model.

    python benchmarks/tours_national.py --time 600 [--workers 2] [--solver voltloop|split-pyvrp] [--seed 1] [--stops N]

``split-pyvrp`` is the straightforward way: each stop to its nearest depot and a day, PyVRP for each, everything
checked and repaired by leaving stops out (``tours_national_split``). One JSON line: ``objective_eur`` (money, priced
carbon, the prizes and penalties of what is left out), its parts, ``violations`` by the independent checker,
``seconds`` with everything but making the case and the check, and ``peak_mb`` of all processes together at most.
``--save`` keeps it in ``benchmarks/results/tours_national_<solver>.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tours_national_case import national_case

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--time", type=float, default=600.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--solver", choices=("voltloop", "split-pyvrp"), default="voltloop")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stops", type=int, default=20_000)
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    if options.time <= 0 or options.workers < 1 or options.stops < 1:
        parser.error("--time, --workers and --stops must be above zero.")
    line = run(options)
    print(json.dumps(line))
    if options.save:
        (RESULTS / f"tours_national_{options.solver}.json").write_text(json.dumps(line, indent=2) + "\n")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Make the case, plan it, check it."""
    from voltloop.collection.evaluator import evaluate
    from voltloop.collection.plan import tabulate

    problem = national_case(options.stops)
    started = time.perf_counter()
    first: list[float] = []
    if options.solver == "voltloop":
        from voltloop.collection.engine import solve

        plan = solve(
            problem,
            time_limit_s=options.time,
            seed=options.seed,
            workers=options.workers,
            bound="none",
            on_progress=lambda _: first.append(time.perf_counter() - started) if not first else None,
        )
        tables = plan.tours, plan.stops, plan.breaks, plan.reloads
    else:
        from tours_national_split import split_plan

        tables = tuple(tabulate(problem, split_plan(problem, options.time, options.seed, options.workers)))
    seconds = time.perf_counter() - started
    found = evaluate(problem, *tables[:3], reloads=tables[3])
    served = set(tables[1]["pickup_id"])
    left = [index for index, stop in enumerate(problem.stop_list) if stop.pickup_id not in served]
    prizes = sum(problem.unserved_eur(index) for index in left if not problem.is_required(index))
    missed = [index for index in left if problem.is_required(index)]
    penalties = sum(problem.unserved_eur(index) for index in missed)
    tours_eur = found.totals["tour_objective_eur"]
    return {
        "benchmark": "tours_national",
        "solver": options.solver,
        "stops": options.stops,
        "time": options.time,
        "workers": options.workers,
        "seed": options.seed,
        "objective_eur": round(tours_eur + prizes + penalties),
        "tours_eur": round(tours_eur),
        "prizes_lost_eur": round(prizes),
        "penalties_eur": round(penalties),
        "tours": tables[0].height,
        "served": len(served),
        "required_left_out": len(missed),
        "reloads": tables[3].height,
        "km": round(found.totals["km"]),
        "violations": dict(Counter(violation.code for violation in found.violations)),
        "seconds": round(seconds, 1),
        "first_solution_s": round(first[0], 1) if first else None,
        "peak_mb": _peak_mb(options.workers),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "load_average_at_end": round(os.getloadavg()[0], 1),
    }


def _peak_mb(workers: int) -> int:
    """Largest memory of this process and as many of its largest child as there can be at once."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * workers
    return round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + children) / 1024)


if __name__ == "__main__":
    main()
