"""Assignment of 100,000 packs in 3,000 groups over 60 plants and 5 routes, to a proven optimum.

Usage::

    python benchmarks/treatment.py            # prints JSON and writes benchmarks/results/treatment.json
    python benchmarks/treatment.py --seeds 1  # quicker

Three cases for each seed: ``slots`` (every plant and route limited in packs; the optimum is exact), ``tonnes`` (plants
in tonnes, remanufacturing lines in slots, recycling in tonnes) and ``contracts`` (tonnes, and twenty minimum volumes
that are kept, met or left, or paid for). Each run is a process of its own. CPU seconds stand beside wall seconds: on a
shared machine only the former can be compared.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

PACKS, GROUPS, PLANTS = 100_000, 3_000, 60
ROUTES = ("reuse", "remanufacture", "second_life", "hydromet", "pyromet")
BANDS = (0.8, 0.7, 0.65, 0.0, 0.0)
CASES = ("slots", "tonnes", "contracts")


def instance(seed: int, case: str) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame | None]:
    """Groups, candidates, limits and minimums, drawn from a seed."""
    rng = np.random.default_rng(seed)
    count = rng.multinomial(PACKS - GROUPS, rng.dirichlet(np.full(GROUPS, 2.0))) + 1
    mass = rng.uniform(150, 650, GROUPS).round(1)
    soh = rng.uniform(0.5, 1.0, GROUPS)
    away = rng.uniform(0, 1000, (GROUPS, 1, 2)) - rng.uniform(0, 1000, (1, PLANTS, 2))
    km = np.hypot(away[..., 0], away[..., 1]) * 1.3
    offered = rng.random((PLANTS, len(ROUTES))) < 0.8
    by_route = np.stack(
        [
            3000 * (soh - 0.6),
            2500 * (soh - 0.55),
            1200 * (soh - 0.4),
            np.full(GROUPS, 150.0),
            np.full(GROUPS, 90.0),
        ],
        1,
    )
    value = by_route[:, None, :] * mass[:, None, None] / 400 + rng.normal(0, 60, (GROUPS, 1, len(ROUTES)))
    value = value + rng.normal(0, 80, (1, PLANTS, len(ROUTES)))
    carbon = rng.normal(-500, 300, (GROUPS, PLANTS, len(ROUTES)))
    is_open = offered[None] & (soh[:, None, None] >= np.array(BANDS))
    g, p, r = np.nonzero(is_open)
    candidates = pl.DataFrame(
        {
            "group_id": g, "site_id": p, "route": r, "net_value_eur": value[g, p, r].round(2),
            "co2e_kg": carbon[g, p, r].round(1), "freight_eur": (km[g, p] * mass[g] * 0.00025).round(2),
        }
    ).with_columns(*_names())  # fmt: skip
    groups = pl.DataFrame({"group_id": np.arange(GROUPS), "count": count, "mass_kg": mass}).with_columns(
        _names()[0]
    )
    tonnes = float((count * mass).sum()) / 1000
    plants = pl.DataFrame({"site_id": np.arange(PLANTS), "route": np.full(PLANTS, -1)})
    if case == "slots":
        plants = plants.with_columns(
            most=(PACKS / PLANTS * rng.uniform(0.6, 1.8, PLANTS)).round(), unit=pl.lit("packs")
        )
    else:
        plants = plants.with_columns(
            most=(tonnes / PLANTS * rng.uniform(0.6, 1.8, PLANTS)).round(1), unit=pl.lit("t")
        )
    p, r = np.nonzero(offered)
    slots = (PACKS / PLANTS / len(ROUTES) * rng.uniform(0.5, 3, p.size)).round()
    in_packs = (r < 3) | (case == "slots")
    lines = pl.DataFrame(
        {"site_id": p, "route": r, "most": np.where(in_packs, slots, (slots * 0.4).round(1)),
         "unit": np.where(in_packs, "packs", "t")}
    )  # fmt: skip
    limits = pl.concat([plants, lines]).with_columns(*_names()[1:])
    if case != "contracts":
        return groups, candidates, limits, None
    at = np.arange(0, PLANTS, 3)
    minimums = pl.DataFrame(
        {
            "name": [f"C{i}" for i in at], "site_id": at, "route": np.full(at.size, -1),
            "least": (tonnes / PLANTS * rng.uniform(0.3, 0.55, at.size)).round(1), "unit": ["t"] * at.size,
            "rule": [("must", "or_nothing", "pay", "or_nothing")[i % 4] for i in range(at.size)],
            "shortfall_eur": np.full(at.size, 150.0),
        }
    ).with_columns(*_names()[1:])  # fmt: skip
    return groups, candidates, limits, minimums


def _names() -> list[pl.Expr]:
    route = pl.col("route").replace_strict(dict(enumerate(ROUTES)), default=None, return_dtype=pl.String)
    return [
        pl.format("g{}", "group_id").alias("group_id"),
        pl.format("plant {}", "site_id").alias("site_id"),
        route,
    ]


def run(seed: int, case: str) -> None:
    """One measurement, in a process of its own."""
    from voltloop.treatment import allocate

    tables = instance(seed, case)
    wall, cpu = time.perf_counter(), time.process_time()
    found = allocate(*tables, carbon_price_eur_per_t=80.0)
    result = {
        "seed": seed,
        "case": case,
        "wall_s": round(time.perf_counter() - wall, 2),
        "cpu_s": round(time.process_time() - cpu, 2),
        "candidates": tables[1].height,
        "score_eur": round(found.score_eur, 2),
        "bound_eur": round(found.bound_eur, 2),
        "gap": float(f"{found.gap:.3g}"),
        "is_proven": found.is_proven,
        "placed": int(found.placed["count"].sum()),
        "unplaced": int(found.unplaced["count"].sum()),
        "nodes": found.nodes,
        "priced_limits": int((found.limits["price_eur"] > 1e-6).sum()),
        "dearest": found.limits.sort("one_more_eur", descending=True, nulls_last=True)["told"][0],
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000),
    }
    assert result["placed"] + result["unplaced"] == PACKS
    json.dump(result, sys.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--run", nargs=2, metavar=("SEED", "CASE"))
    asked = parser.parse_args()
    if asked.run:
        run(int(asked.run[0]), asked.run[1])
        return
    runs: list[dict[str, Any]] = []
    for seed in range(asked.seeds):
        for case in CASES:
            answer = subprocess.run(
                [sys.executable, __file__, "--run", str(seed), case],
                capture_output=True,
                text=True,
                check=True,
            )
            runs.append(json.loads(answer.stdout))
            print(json.dumps(runs[-1]), flush=True)
    results = {
        "schema": "benchmark-treatment/1", "packs": PACKS, "groups": GROUPS, "plants": PLANTS, "routes": len(ROUTES),
        "python": platform.python_version(), "max_gap": 1e-4, "runs": runs,
    }  # fmt: skip
    path = Path(__file__).parent / "results" / "treatment.json"
    path.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
