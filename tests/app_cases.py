"""A small network and lists for the tests of the use cases."""

from __future__ import annotations

import csv
import io
import random
from datetime import date, timedelta
from pathlib import Path

from voltloop.app.network_folder import Network, init_network, read_network

ON = date(2026, 11, 24)

MODELS = (
    ("Nissan", "Leaf 40 kWh", "NMC", "pack", 40.0, 303.0),
    ("Volkswagen", "ID.3/ID.4 77 kWh", "NMC", "pack", 82.0, 495.0),
    ("Tesla", "Model 3 SR LFP 60 kWh", "LFP", "pack", 60.0, 440.0),
    ("Bosch", "PowerPack 500", "NMC", "battery_unit", 0.5, 2.6),
    ("Toyota", "Prius HV NiMH 1.3 kWh", "NiMH", "pack", 1.31, 41.0),
)
HEADER = (
    "battery_id,serial,manufacturer,model,chemistry,form,quantity,energy_kwh,mass_kg,produced_on,returned_on,site,"
    "soh_percent,condition,reason"
)


def template_network(folder: Path) -> Network:
    """Write the template of the network folder and read it."""
    init_network(folder)
    return read_network(folder)


def random_list(seed: int, sites: list[str], count: int) -> bytes:
    """Give a plausible list with a share of damaged, critical, unknown and unheard-of batteries."""
    chance = random.Random(seed)
    out = io.StringIO()
    out.write(HEADER + "\n")
    writer = csv.writer(out, lineterminator="\n")
    for number in range(count):
        maker, model, chemistry, form, energy, mass = chance.choice(MODELS)
        returned = ON - timedelta(days=chance.randint(0, 400))
        writer.writerow(
            [
                f"B{number:04d}", f"S{seed}-{number:04d}", maker, model, chemistry, form,
                chance.choice([1, 1, 1, 2, 5]), energy, mass,
                returned - timedelta(days=chance.randint(400, 3000)), returned,
                chance.choice([*sites, "Nowhere known"]) if chance.random() < 0.05 else chance.choice(sites),
                chance.choice(["", chance.randint(40, 100)]),
                chance.choice(["ok", "ok", "ok", "suspect", "damaged", "critical", "unknown"]),
                chance.choice(["end_of_life", "crash", "recall", "warranty"]),
            ]
        )  # fmt: skip
    return out.getvalue().encode()
