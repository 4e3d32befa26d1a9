"""Distances in the built-in road network: 600 × 600 places in Europe and in the USA, first time and from the cache.

Usage::

    python benchmarks/distances.py            # prints JSON and writes benchmarks/results/distances.json

The places are the collection points of the examples, filled up with sites. Each run is a process of its own, so
that memory and imports count. CPU seconds stand beside wall seconds: on a shared machine only the former can be
compared.
"""

from __future__ import annotations

import csv
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REGIONS = ("europe", "usa")
PLACES = 600


def sample(region: str) -> tuple[list[float], list[float]]:
    network = Path(__file__).parent.parent / "examples" / region / "network"
    lat, lon = [], []
    for name in ("collection_points.csv", "sites.csv"):
        with (network / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                lat.append(float(row["lat"]))
                lon.append(float(row["lon"]))
    return lat[:PLACES], lon[:PLACES]


def run(cache_dir: Path) -> None:
    """One measurement, in a process of its own; places on standard input."""
    lat, lon = json.load(sys.stdin)
    wall, cpu = time.perf_counter(), time.process_time()
    from voltloop.transport import Places, RoadNetwork  # the import is part of what is measured

    places = Places.of(lat, lon)
    roads = RoadNetwork(cache_dir)
    found = roads.distances(places, places, "artic")
    matrix = {"wall_s": round(time.perf_counter() - wall, 2), "cpu_s": round(time.process_time() - cpu, 2)}
    wall = time.perf_counter()
    legs = len(places) - 101
    roads.paths(Places.of(lat[:legs], lon[:legs]), Places.of(lat[1 : legs + 1], lon[1 : legs + 1]))
    json.dump(
        {
            **matrix,
            "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000),
            "paths": legs,
            "paths_wall_s": round(time.perf_counter() - wall, 2),
            "reachable_share": round(float(found.reachable.mean()), 4),
            "estimated_share": round(float(found.estimated.mean()), 4),
        },
        sys.stdout,
    )


def measure(region: str, cache_dir: Path) -> dict[str, float]:
    answer = subprocess.run(
        [sys.executable, __file__, "--run", str(cache_dir)],
        input=json.dumps(sample(region)),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(answer.stdout)


def main() -> None:
    results: dict[str, object] = {
        "schema": "benchmark-distances/1",
        "places": PLACES,
        "python": platform.python_version(),
    }
    for region in REGIONS:
        with tempfile.TemporaryDirectory() as folder:
            results[region] = {name: measure(region, Path(folder)) for name in ("first_time", "from_cache")}
    text = json.dumps(results, indent=2) + "\n"
    (Path(__file__).parent / "results" / "distances.json").write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        run(Path(sys.argv[2]))
    else:
        main()
