"""The benchmark of tours reads published instances exactly, judges honestly and refuses what it cannot read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tours_benchmark_cases import BENCHMARKS, ROUTING, SOLVED, TINY, needs_instances

from tour_peers import MODELS, not_modelled  # isort: skip
from tours_judge import judge_routes  # isort: skip
from tours_problem import read_instance  # isort: skip
from tours_vrplib import read_solution  # isort: skip
from voltloop.errors import InputError  # isort: skip


def run(file: Path, *more: str) -> subprocess.CompletedProcess[str]:
    source = str(BENCHMARKS.parent / "src")
    return subprocess.run(
        [sys.executable, str(BENCHMARKS / "tours.py"), str(file), *more],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": source},
    )  # fmt: skip


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[..., Path]:
    """A tiny file with some of its text replaced."""

    def write(*changes: tuple[str, str]) -> Path:
        text = TINY
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / "tiny.vrp").write_text(text)
        return tmp_path / "tiny.vrp"

    return write


@needs_instances
@pytest.mark.parametrize("path", SOLVED, ids=lambda path: path.stem)
def test_best_known_solutions_are_legal_and_cost_what_is_printed(path: Path) -> None:
    """Every class of the published files means the same to our model as to its authors."""
    instance, solution = read_instance(path), read_solution(path.with_suffix(".sol"))
    tours = tuple(instance.tour(vehicle, route) for vehicle, route in enumerate(solution.routes) if route)
    verdict = judge_routes(instance.problem, tours)
    assert verdict.is_feasible, verdict.why
    assert verdict.cost_eur is not None
    assert verdict.cost_eur / instance.unit == pytest.approx(instance.best_known, rel=1e-6)


@needs_instances
@pytest.mark.parametrize("path", SOLVED, ids=lambda path: path.stem)
def test_without_the_list_the_class_tells_the_rounding(path: Path, tmp_path: Path) -> None:
    (tmp_path / path.name).write_bytes(path.read_bytes())
    alone, listed = read_instance(tmp_path / path.name), read_instance(path)
    assert (alone.rounding, alone.unit, alone.best_known) == (listed.rounding, listed.unit, None)


def test_a_tour_that_breaks_a_rule_is_not_called_feasible(tiny: Callable[..., Path]) -> None:
    """Too much aboard, a stop left out, a stop twice: each is said."""
    problem = read_instance(tiny()).problem
    assert judge_routes(problem, ((0, (0, 1)), (0, (2, 3)))).cost_eur == 400.0
    assert judge_routes(problem, ((0, (0, 1)), (0, (2, 3)))).is_feasible
    assert not judge_routes(problem, ((0, (0, 1, 2)), (0, (3,)))).is_feasible
    left = judge_routes(problem, ((0, (0, 1)), (0, (2,))))
    assert not left.is_feasible
    assert "1 stops left out" in left.why
    assert not judge_routes(problem, ((0, (0, 1)), (0, (2, 3)), (0, (0,)))).is_feasible


def test_more_tours_than_vehicles_are_not_feasible(tiny: Callable[..., Path]) -> None:
    problem = read_instance(tiny(("VEHICLES : 3", "VEHICLES : 1"))).problem
    assert not judge_routes(problem, ((0, (0, 1)), (0, (2, 3)))).is_feasible


@pytest.mark.parametrize("solver", ["voltloop", "pyvrp", "ortools", "vroom"])
def test_every_solver_prints_one_line_of_json(tiny: Callable[..., Path], solver: str) -> None:
    done = run(tiny(), "--time", "4", "--seed", "1", "--solver", solver)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    said = json.loads(line)
    assert {
        "instance",
        "solver",
        "cost",
        "feasible",
        "seconds",
        "first_solution_s",
        "peak_mb",
        "threads",
    } <= set(said)
    assert (said["instance"], said["solver"], said["threads"]) == ("tiny", solver, 1)
    assert (said["cost"], said["feasible"]) == (40.0, True)


def test_what_a_peer_cannot_model_is_said_not_relaxed(tiny: Callable[..., Path]) -> None:
    text = ("SERVICE_TIME : 2", "SERVICE_TIME : 2\nVEHICLES_MAX_DURATION : 60")
    file = tiny(text)
    assert not_modelled("vroom", read_instance(file).problem) == ["duty limit"]
    said = json.loads(run(file, "--time", "2", "--solver", "vroom").stdout)
    assert (said["cost"], said["feasible"]) == (None, False)
    assert "duty limit" in said["note"]


@needs_instances
def test_every_published_class_is_modelled_in_pyvrp() -> None:
    assert ROUTING is not None
    assert MODELS.keys() == {"pyvrp", "ortools", "vroom", "savings"}
    for path in SOLVED:
        if path.parent.name != "CVRP_XXL":
            assert not_modelled("pyvrp", read_instance(path).problem) == []


BAD = {
    "nothing": ((TINY, ""), "DIMENSION is missing"),
    "no number": (("2 3 4", "2 3 x"), 'line 10: NODE_COORD has "x" where a number'),
    "not a number": (("2 3 4", "2 3 nan"), 'NODE_COORD has "nan"'),
    "row lost": (("3 6 8\n", ""), "row 4 where row 3 is expected"),
    "last row lost": (("5 -6 8\n", ""), "NODE_COORD_SECTION has 4 rows. Expected 5"),
    "row too much": (("5 -6 8\n", "5 -6 8\n6 1 1\n"), "row 6 where no more than 5 rows"),
    "section lost": (("DEMAND_SECTION\n1 0\n2 4\n3 4\n4 4\n5 4\n", ""), "DEMAND_SECTION is missing"),
    "windows lost": (
        ("TIME_WINDOW_SECTION\n1 0 100\n2 0 100\n3 0 100\n4 0 100\n5 0 100\n", ""),
        "TIME_WINDOW_SECTION is missing, which every VRPTW instance has",
    ),
    "section unknown": (("DEMAND_SECTION", "DEMANDS_SECTION"), 'section "DEMANDS" is not known'),
    "field unknown": (("CAPACITY", "CAPACITIES"), 'field "CAPACITIES" is not known'),
    "class unknown": (("VRPTW", "TSP"), 'TYPE is "TSP"'),
    "other distances": (("EUC_2D", "GEO"), "EDGE_WEIGHT_TYPE is GEO"),
    "fields twice": (("CAPACITY : 10", "CAPACITY : 10\nCAPACITY : 12"), "CAPACITY is given twice"),
    "no whole number": (("DIMENSION : 5", "DIMENSION : 5.5"), "DIMENSION is 5.5"),
    "width wrong": (("2 0 100\n", "2 0\n"), "TIME_WINDOW_SECTION has 1 values in row 2, not 2"),
    "negative": (("2 4\n", "2 -4\n"), "DEMAND_SECTION has a negative number in row 2"),
    "depot unknown": (("DEPOT_SECTION\n1\n", "DEPOT_SECTION\n7\n"), "DEPOT_SECTION names 7"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_refused_in_one_line(tiny: Callable[..., Path], case: str) -> None:
    change, words = BAD[case]
    with pytest.raises(InputError) as caught:
        read_instance(tiny(change))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_command_refuses_bad_input_without_a_trace(tiny: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "binary.vrp").write_bytes(bytes(range(256)))
    for file in (tmp_path, tmp_path / "absent.vrp", tmp_path / "binary.vrp", tiny(("2 3 4", "2 3 x"))):
        done = run(file, "--time", "2")
        assert (done.returncode, done.stdout) == (2, "")
        assert len(done.stderr.splitlines()) == 1
    assert run(tiny(), "--time", "0").returncode == 2
    assert run(tiny(), "--solver", "none").returncode == 2
