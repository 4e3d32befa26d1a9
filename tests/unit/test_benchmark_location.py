"""The location benchmark reads every layout, finds the published optima with proof, and says what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tours_benchmark_cases import BENCHMARKS
from voltloop.errors import InputError
from voltloop.network.location import Location, locate

from location_instances import read_instance  # isort: skip
from location_table import table  # isort: skip
from location_textbook import solve_textbook  # isort: skip

PUBLISHED = next(
    (
        parent / "shared/benchmarks/location"
        for parent in Path(__file__).resolve().parents
        if (parent / "shared/benchmarks/location").exists()
    ),
    None,
)
SMALL = sorted(path for path in PUBLISHED.glob("*/*.txt") if path.stem != "capa") if PUBLISHED else []

TINY = "2 3\n {} 10.\n {} 4.\n 2\n 1. 5.\n 3\n 2. 6.\n 1\n 7. 1.\n"
"""Two sites, three customers: OR-Library's layout."""


def write(folder: Path, text: str) -> Path:
    path = folder / "tiny.txt"
    path.write_text(text)
    return path


def only_sources(problem: Location) -> float:
    """Least cost with every customer whole, by trying everything."""
    sites, customers = problem.cost_eur.shape
    best = np.inf
    for choice in product(range(sites), repeat=customers):
        load = np.bincount(choice, weights=problem.demand, minlength=sites)
        if (load <= problem.capacity).all():
            cost = problem.cost_eur[list(choice), range(customers)].sum()
            best = min(best, cost + problem.fixed_eur[sorted(set(choice))].sum())
    return best


@pytest.mark.skipif(PUBLISHED is None, reason="The published instances are not beside this clone.")
@pytest.mark.parametrize("path", SMALL, ids=[path.stem for path in SMALL])
def test_published_optima_are_found_with_proof(path: Path) -> None:
    instance = read_instance(path)
    found = locate(instance.problem)
    assert instance.optimum is not None
    assert found.objective_eur == pytest.approx(instance.optimum, rel=1e-8)
    assert found.is_proven


@pytest.mark.skipif(PUBLISHED is None, reason="The published instances are not beside this clone.")
def test_capacities_of_the_large_files_come_from_the_caller_with_their_optimum() -> None:
    assert PUBLISHED is not None
    instance = read_instance(PUBLISHED / "orlib/capa.txt", 14000.0)
    assert (instance.problem.capacity == 14000.0).all()
    assert locate(instance.problem).objective_eur == pytest.approx(instance.optimum)
    assert read_instance(PUBLISHED / "orlib/capa.txt", np.inf).optimum == 17156454.478
    assert read_instance(PUBLISHED / "orlib/capa.txt", 13000.0).optimum is None
    with pytest.raises(InputError, match="room for 10000, the customers need 50886"):
        read_instance(PUBLISHED / "orlib/capa.txt")


def test_the_same_numbers_are_told_apart_by_their_lines(tmp_path: Path) -> None:
    shared = read_instance(write(tmp_path, TINY.format(5, 4))).problem
    assert shared.demand.tolist() == [2, 3, 1]
    assert shared.cost_eur.tolist() == [[1, 2, 7], [5, 6, 1]]
    assert not shared.is_single_source
    whole = read_instance(write(tmp_path, "2 3\n5 10\n4 4\n2 3\n1\n1 2\n7\n5 6 1\n")).problem
    assert whole.is_single_source
    assert whole.demand.tolist() == [2, 3, 1]
    assert whole.cost_eur.tolist() == [[1, 2, 7], [5, 6, 1]]


def test_the_word_capacity_is_filled_and_zeros_mean_none(tmp_path: Path) -> None:
    path = write(tmp_path, TINY.format("capacity", "capacity"))
    assert read_instance(path, 4.0).problem.capacity.tolist() == [4, 4]
    with pytest.raises(InputError, match=r'word "capacity" stands .* --capacity'):
        read_instance(path)
    assert np.isinf(read_instance(write(tmp_path, TINY.format(0, 0))).problem.capacity).all()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TINY.format(5, 4)[:-8], "is cut off: 13 numbers. Expected 15 for 2 sites and 3 customers"),
        (TINY.format(5, 4) + "9", "is too long: 16 numbers"),
        (TINY.format(5, "4x"), 'line 3: "4x" is not a number'),
        (TINY.format(5, "nan"), 'line 3: "nan" is not a number'),
        (TINY.format(2, 3), "room for 5, the customers need 6. .* give every site 3 or more"),
        (TINY.format(5, -4), r"capacity\[1\] is -4"),
        ("", "is empty"),
        ("2.5 3", 'begins with "2.5 3"'),
        (TINY.format(5, 4).replace(" 7.", " capacity"), 'number 14 is the word "capacity"'),
        (" ".join(TINY.format(5, 4).split()), "lines do not show"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_instance(write(tmp_path, text))


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_whole_customers_and_the_textbook_agree_with_trying_everything(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sites, customers = int(rng.integers(1, 5)), int(rng.integers(1, 6))
    capacity = np.full(sites, np.inf) if seed % 4 == 0 else rng.integers(2, 12, sites).astype(float)
    cost = np.where(rng.random((sites, customers)) < 0.15, np.inf, rng.integers(1, 30, (sites, customers)))
    fixed, demand = rng.integers(0, 40, sites).astype(float), rng.integers(0, 6, customers).astype(float)
    problem = Location(capacity, fixed, demand, cost, is_single_source=True)
    found, best = locate(problem), only_sources(problem)
    assert found.objective_eur == pytest.approx(best)
    assert found.is_proven
    if np.isfinite(best):
        assert set(np.unique(found.share)) <= {0.0, 1.0}
        assert (found.share.sum(axis=0) == 1).all()
        assert (found.is_open == found.share.any(axis=1)).all()
    objective, bound = solve_textbook(problem, 60.0)
    assert objective == pytest.approx(best)
    assert bound == pytest.approx(best)


def test_one_line_with_the_figures_and_errors_in_words(tmp_path: Path) -> None:
    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(BENCHMARKS / "location.py"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    path = str(write(tmp_path, TINY.format(5, 4)))
    for solver in ("voltloop", "textbook"):
        done = call(path, "--solver", solver)
        line: dict[str, Any] = json.loads(done.stdout)
        assert list(line)[:7] == [
            "instance", "solver", "objective", "bound", "gap", "seconds", "peak_mb"
        ]  # fmt: skip
        assert (line["instance"], line["solver"], line["objective"], line["gap"]) == (
            "tiny",
            solver,
            18.0,
            0.0,
        )
    missing = call(str(tmp_path / "none.txt"))
    assert missing.returncode == 2
    assert "none.txt: No such file" in missing.stderr
    assert "Traceback" not in missing.stderr
    assert '"-3" is not a capacity' in call(path, "--capacity", "-3").stderr


def test_the_table_sets_both_solvers_beside_the_optimum() -> None:
    run = {
        "file": "capa", "asked_capacity": "8000", "solver": "voltloop", "time": 60.0, "objective": 9.0, "bound": 9.0,
        "gap": 0.0, "seconds": 4.0, "cpu_s": 3.9, "peak_mb": 200, "optimum": 9.0,
    }  # fmt: skip
    lost = {**run, "solver": "textbook", "objective": None, "bound": None, "gap": None}
    row = table([run, lost]).splitlines()[2]
    assert row == "| capa 8000 | 9.000 | 9.000 | 0 | 4.0 | 3.9 | 200 | - | - | - | - | - |"
