"""Large instances from real coordinates: points of the built-in road network of central Europe, as VRPLIB files.

    python benchmarks/tours_instances.py FOLDER [--stops 30000] [--seed 1]

Writes ``europe-N-short.vrp`` (tours of some 24 stops, as collection tours have, depot in the middle) and
``europe-N-long.vrp`` (tours of some 118 stops, depot at the edge). Coordinates are hundreds of metres in a plane.
Roads: OpenStreetMap contributors (ODbL) by way of scgraph-data. Demands of 1, 2 and 3 with chances of 50, 30 and 20 %
and the two kinds of tours follow Arnold, Gendreau, Soerensen (2019), Computers & Operations Research 107, 32-42.

No best value is known; the runner compares with savings there (``tours_table.py``).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voltloop.errors import InputError
from voltloop.transport.road_data import load_roads

CAPACITIES = {"short": 40, "long": 200}
SOUTH, NORTH, WEST, EAST = 46.0, 54.0, 2.0, 16.0
UNITS_PER_DEGREE = 1111.95


def points(count: int, seed: int) -> NDArray[np.int64]:
    """Distinct points of the road network [100 m] in a plane that keeps lengths within 8 %."""
    roads = load_roads()
    inside = (roads.lat > SOUTH) & (roads.lat < NORTH) & (roads.lon > WEST) & (roads.lon < EAST)
    north = (roads.lat[inside] - SOUTH) * UNITS_PER_DEGREE
    east = (roads.lon[inside] - WEST) * UNITS_PER_DEGREE * np.cos(np.radians((SOUTH + NORTH) / 2))
    places = np.unique(np.rint(np.column_stack([east, north])).astype(np.int64), axis=0)
    if len(places) < count:
        raise InputError(
            f"{count} stops are asked for, the road network has {len(places)} points there. Ask for fewer.",
            code="instances-too-many",
        )
    return places[np.random.default_rng(seed).permutation(len(places))[:count]]


def write(path: Path, stops: NDArray[np.int64], capacity: int, depot: NDArray[np.int64], seed: int) -> None:
    """Write one VRPLIB file."""
    demand = np.random.default_rng([seed, 1]).choice([1, 2, 3], len(stops), p=[0.5, 0.3, 0.2])
    xy = np.vstack([depot, stops])
    lines = [
        f"NAME : {path.stem}", "TYPE : CVRP", f"DIMENSION : {len(xy)}", "EDGE_WEIGHT_TYPE : EUC_2D",
        f"CAPACITY : {capacity}", "NODE_COORD_SECTION",
        *(f"{number} {x} {y}" for number, (x, y) in enumerate(xy.tolist(), start=1)),
        "DEMAND_SECTION", "1 0",
        *(f"{number} {amount}" for number, amount in enumerate(demand.tolist(), start=2)),
        "DEPOT_SECTION", "1", "-1", "EOF",
    ]  # fmt: skip
    path.write_text("\n".join(lines) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--stops", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.stops < 1:
        parser.error(f"--stops is {options.stops}. Expected 1 or more.")
    options.folder.mkdir(parents=True, exist_ok=True)
    try:
        stops = points(options.stops, options.seed)
    except InputError as error:
        print(f"tours_instances.py: {error}", file=sys.stderr)
        sys.exit(2)
    depots = {"short": np.median(stops, axis=0).astype(np.int64), "long": stops.min(axis=0)}
    for name, capacity in CAPACITIES.items():
        path = options.folder / f"europe-{options.stops}-{name}.vrp"
        write(path, stops, capacity, depots[name], options.seed)
        print(path)


if __name__ == "__main__":
    main()
