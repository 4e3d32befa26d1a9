"""The published routing instances beside this clone, and the benchmark's own modules."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
if str(BENCHMARKS) not in sys.path:
    sys.path.append(str(BENCHMARKS))

ROUTING = next(
    (
        parent / "shared/benchmarks/routing"
        for parent in Path(__file__).resolve().parents
        if (parent / "shared/benchmarks/routing").exists()
    ),
    None,
)
SOLVED = sorted(path.with_suffix(".vrp") for path in ROUTING.glob("*/*.sol")) if ROUTING else []

needs_instances = pytest.mark.skipif(
    ROUTING is None,
    reason="The published instances are not beside this clone (../shared/benchmarks/routing).",
)

TINY = """NAME : tiny
TYPE : VRPTW
DIMENSION : 5
VEHICLES : 3
CAPACITY : 10
SERVICE_TIME : 2
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 3 4
3 6 8
4 -3 4
5 -6 8
DEMAND_SECTION
1 0
2 4
3 4
4 4
5 4
TIME_WINDOW_SECTION
1 0 100
2 0 100
3 0 100
4 0 100
5 0 100
DEPOT_SECTION
1
-1
EOF
"""
"""Two tours out and back, 20 long each (10 to the far stop and back), are best: 40 in all."""
