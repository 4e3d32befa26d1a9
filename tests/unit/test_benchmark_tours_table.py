"""The table of all instances says what was found and hides nothing; large instances are made the same each time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import tours_benchmark_cases  # noqa: F401

from tours_instances import points, write  # isort: skip
from tours_problem import read_instance  # isort: skip
from tours_table import SOLVERS, table  # isort: skip


def run(solver: str, cost: float | None, **changes: Any) -> dict[str, Any]:
    line = {
        "file": "X", "class": "CVRP", "time": 60.0, "asked_threads": 1, "solver": solver, "seed": 1, "cost": cost,
        "feasible": cost is not None, "seconds": 60.0, "peak_mb": 100,
    }  # fmt: skip
    return {**line, **changes}


def cells(runs: list[dict[str, Any]]) -> dict[str, str]:
    row = table(runs).splitlines()[2].strip("| ").split(" | ")
    return dict(zip(SOLVERS, row[4:], strict=True))


def test_the_mean_gap_stands_with_its_spread_and_what_ran_too_long_says_so() -> None:
    found = cells([
        run("voltloop", 101.0, gap=0.01), run("voltloop", 103.0, gap=0.03, seed=2),
        run("vroom", 110.0, gap=0.1, seconds=180.0),
    ])  # fmt: skip
    assert found["voltloop"] == "2.00 % (1.00 to 3.00), 100 MB"
    assert found["vroom"] == "10.00 % in 180 s, 100 MB"
    assert found["pyvrp"] == "-"


def test_without_a_best_value_savings_are_the_measure() -> None:
    found = cells([run("savings", 200.0), run("voltloop", 180.0)])
    assert found["voltloop"] == "-10.00 % s, 100 MB"


def test_a_seed_without_a_legal_plan_is_not_averaged_away() -> None:
    found = cells([run("voltloop", 101.0, gap=0.01), run("voltloop", None, seed=2)])
    assert found["voltloop"] == "- (1 of 2)"


def test_large_instances_are_real_places_and_the_same_for_a_seed(tmp_path: Path) -> None:
    stops = points(300, seed=5)
    assert np.array_equal(stops, points(300, seed=5))
    assert len(np.unique(stops, axis=0)) == 300
    write(tmp_path / "made.vrp", stops, 40, stops.min(axis=0), seed=5)
    problem = read_instance(tmp_path / "made.vrp").problem
    assert len(problem.stop_list) == 300
    assert {stop.mass_kg for stop in problem.stop_list} == {1.0, 2.0, 3.0}
