"""Papers of a load: pages per second on one core, by paper and law.

Usage::

    python benchmarks/papers.py               # prints JSON and writes benchmarks/results/papers.json

The loads are those of the tests, each with its own ids, names, masses and places, so that nothing is set twice. One
thread sets one paper after the other; pages are counted per second of CPU time, which a shared machine does not
distort as much as the clock.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

LOADS = 30
HERE = Path(__file__).parent

# One core: the library that sets the papers takes its number of threads from here.
os.environ.setdefault("RAYON_NUM_THREADS", "1")
sys.path.insert(0, str(HERE.parent / "tests"))

import pypdfium2  # noqa: E402 - after the path and the number of threads are set

from document_cases import american, tour  # noqa: E402
from voltloop.documents import (  # noqa: E402
    driver_sheet,
    labels,
    movement_document,
    packing_list,
    transport_document,
    us_shipping_paper,
)
from voltloop.documents.load import Consignment, Load, PackageLine  # noqa: E402

PAPERS: dict[str, dict[str, Callable[..., bytes]]] = {
    "road_eu": {
        "transport-document": transport_document,
        "packing-list": packing_list,
        "labels": labels,
        "driver-sheet": driver_sheet,
        "waste-movement": movement_document,
    },
    "road_us": {
        "shipping-paper": us_shipping_paper,
        "packing-list": packing_list,
        "labels": labels,
        "driver-sheet": driver_sheet,
    },
}


def varied(load: Load, number: int) -> Load:
    """The same load with other ids, names, masses and places."""

    def line(old: PackageLine) -> PackageLine:
        inside = tuple(
            replace(battery, battery_id=f"{battery.battery_id}-{number}", serial=f"SN{number * 7919:07d}")
            for battery in old.batteries
        )
        return replace(
            old,
            package_id=f"{old.package_id}-{number:04d}",
            net_mass_kg=old.net_mass_kg + number / 10,
            batteries=inside,
        )

    def consignment(old: Consignment) -> Consignment:
        return replace(
            old,
            consignor=replace(old.consignor, name=f"{old.consignor.name} {number}"),
            lines=tuple(line(one) for one in old.lines),
        )

    return replace(
        load,
        load_id=f"{load.load_id}-{number:04d}",
        consignments=tuple(consignment(one) for one in load.consignments),
        stops=tuple(
            replace(stop, lat=None if stop.lat is None else stop.lat + number / 500) for stop in load.stops
        ),
    )


def measured(make: Callable[..., bytes], load: Load) -> dict[str, Any]:
    make(load)  # fonts and templates are read once
    loads = [varied(load, number) for number in range(1, LOADS + 1)]
    wall, cpu = time.perf_counter(), time.process_time()
    papers = [make(one) for one in loads]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    pages = 0
    for paper in papers:
        with pypdfium2.PdfDocument(paper) as document:
            pages += len(document)
    return {
        "papers": len(papers),
        "pages": pages,
        "pages_per_cpu_s": round(pages / cpu, 1),
        "cpu_ms_per_paper": round(1000 * cpu / len(papers), 1),
        "wall_ms_per_paper": round(1000 * wall / len(papers), 1),
        "kb_per_paper": round(sum(map(len, papers)) / len(papers) / 1000, 1),
    }


def main() -> None:
    """Measure every paper of both laws."""
    result: dict[str, Any] = {
        "schema": "benchmark-papers/1",
        "python": platform.python_version(),
        "threads": 1,
    }
    for mode, load in (("road_eu", tour()), ("road_us", american())):
        result[mode] = {name: measured(make, load) for name, make in PAPERS[mode].items()}
    text = json.dumps(result, indent=2) + "\n"
    (HERE / "results" / "papers.json").write_text(text, encoding="utf-8")
    print(text, end="")


if __name__ == "__main__":
    main()
