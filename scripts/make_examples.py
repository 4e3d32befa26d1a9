"""Build the examples from the source data: `python scripts/make_examples.py DATA_FOLDER [OUT_FOLDER]`.

DATA_FOLDER holds ``network/`` (collection points, sites) and ``returns/`` (lists of returned batteries). The same
input gives the same files. What is real and what is modelled stands in ``examples/*/README.md``.
"""

from __future__ import annotations

import csv
import math
import random
import re
import sys
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import make_example_lists

PLAN_ON = date(2026, 11, 24)
LAST_RETURN = date(2026, 11, 22)
EU = [
    "AT",
    "BE",
    "BG",
    "CY",
    "CZ",
    "DE",
    "DK",
    "EE",
    "ES",
    "FI",
    "FR",
    "GR",
    "HR",
    "HU",
    "IE",
    "IT",
    "LT",
    "LU",
    "LV",
    "MT",
]
EUROPE = frozenset({*EU, "NL", "PL", "PT", "RO", "SE", "SI", "SK", "CH", "GB", "NO"})
TAKES_BATTERIES = (
    "collection_hub",
    "recycler_preprocess",
    "recycler_hydromet",
    "recycler_pyromet",
    "remanufacturer",
    "second_life",
)
# How gladly a site is made a depot: what already handles returned packs first, ports last.
DEPOT_APPEAL = {
    "collection_hub": 1.6,
    "recycler_preprocess": 1.5,
    "recycler_pyromet": 1.4,
    "remanufacturer": 1.4,
    "recycler_hydromet": 1.2,
    "second_life": 1.1,
    "vehicle_plant": 1.0,
    "pack_plant": 1.0,
    "cell_plant": 0.9,
    "port": 0.7,
}
# Sites that take no packs from a truck: storage installations and black-mass plants.
NO_YARD = ("black mass", "containers", "refinery")


@dataclass(frozen=True)
class Region:
    """What differs between the two examples."""

    name: str
    code: str
    countries: frozenset[str]
    reach_km: float
    seed: int
    small: str
    truck: str
    long: str
    packs_per_truck: int


REGIONS = (
    Region("europe", "eu", EUROPE, 190.0, 202611, "van_light", "rigid_adr", "artic_adr", 26),
    Region("usa", "us", frozenset({"US"}), 320.0, 202612, "us_cargo_van", "us_box_truck", "us_semi", 17),
)
# Country of dispatch without a depot of its own, or without a recycler: where its waste is let go.
CORRIDORS = {
    "AT": [
        "de-fortum-kirchardt",
        "de-bmw-salching-recycling-competence-centre",
        "sk-inobat-voderady",
        "si-port-of-koper",
    ],
    "BE": ["nl-sk-tes-rotterdam", "de-accurec-krefeld", "fr-sarpi-veolia-dieuze"],
    "BG": ["hu-sungeel-batonyterenye"],
    "CZ": ["de-nickelhuette-aue", "pl-elemental-zawiercie", "de-ecobat-hettstedt"],
    "DE": ["be-umicore-hoboken", "nl-sk-tes-rotterdam", "pl-elemental-zawiercie", "fr-sarpi-veolia-dieuze"],
    "DK": ["se-stena-halmstad", "de-redux-bremerhaven", "no-hydrovolt-fredrikstad"],
    "EE": ["fi-fortum-ikaalinen", "fi-akkuser-nivala"],
    "ES": ["fr-snam-viviez", "fr-snam-saint-quentin-fallavier"],
    "FI": ["se-stena-halmstad"],
    "FR": ["be-umicore-hoboken", "de-accurec-krefeld"],
    "GR": ["it-sustainera-circular-economy-hub"],
    "HR": ["si-port-of-koper", "hu-sungeel-batonyterenye", "it-sustainera-circular-economy-hub"],
    "HU": ["pl-elemental-zawiercie"],
    "IE": ["fr-sarpi-veolia-dieuze", "be-umicore-hoboken"],
    "IT": ["fr-snam-saint-quentin-fallavier", "de-fortum-kirchardt", "fr-sk-tes-grenoble"],
    "LT": ["pl-elemental-zawiercie", "pl-royal-bees-legnica"],
    "LU": ["fr-sarpi-veolia-dieuze", "de-accurec-krefeld", "be-umicore-hoboken"],
    "LV": ["pl-elemental-zawiercie"],
    "NL": ["be-umicore-hoboken", "de-accurec-krefeld", "de-redux-bremerhaven"],
    "NO": ["se-stena-halmstad"],
    "PL": ["de-ecobat-hettstedt", "de-nickelhuette-aue"],
    "PT": ["fr-snam-viviez"],
    "RO": ["hu-sungeel-batonyterenye", "pl-elemental-zawiercie"],
    "SE": ["no-hydrovolt-fredrikstad", "fi-fortum-ikaalinen"],
    "SI": ["it-sustainera-circular-economy-hub", "de-fortum-kirchardt", "hu-sungeel-batonyterenye"],
    "SK": ["hu-sungeel-batonyterenye", "pl-elemental-zawiercie", "de-fortum-kirchardt"],
}
# Lithium, other nickel, NiCd, lead, sodium, mixed, and the sorted municipal kinds of Decision (EU) 2025/934.
WASTE_CODES = "16 06 07*;16 06 08*;16 06 02*;16 06 01*;16 06 10*;16 06 12;16 06 13*;16 06 24*;20 01 43*"
LANGUAGES = {
    "DE": "de",
    "AT": "de",
    "CH": "de;fr",
    "FR": "fr",
    "BE": "nl;fr",
    "NL": "nl",
    "IT": "it",
    "ES": "es",
}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: list[dict[str, object]], columns: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def km(a: dict[str, str], b: dict[str, str]) -> float:
    """Great-circle distance [km]."""
    lat1, lon1, lat2, lon2 = (math.radians(float(x)) for x in (a["lat"], a["lon"], b["lat"], b["lon"]))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 12742.0 * math.asin(math.sqrt(h))


def make_points(
    points: list[dict[str, str]], returns: list[dict[str, str]], sites: list[dict[str, str]]
) -> list[dict[str, str]]:
    """The collection points, and the plants of the list that hand out production scrap."""
    known = {point["name"] for point in points}
    by_name = {site["name"]: site for site in sites}
    kept = [point | {"opens_at": "", "closes_at": ""} for point in points]
    for name in sorted({row["site"] for row in returns} - known):
        site = by_name[name]
        kept.append(
            {
                "point_id": f"CP-{site['country']}-{site['site_id']}",
                "name": name,
                "type": site["kind"],
                "city": "",
                "admin1": site["admin1"],
                "country": site["country"],
                "lat": site["lat"],
                "lon": site["lon"],
                "expected_kg_per_year": "",
                "storage_limit_kg": "20000",
                "has_forklift": "yes",
                "takes_damaged": "yes",
                "opens_at": "06:00",
                "closes_at": "20:00",
            }
        )
    for point in kept:
        hours = {"dismantler": ("07:00", "16:30"), "repair": ("07:30", "17:00"), "ebike": ("09:00", "18:00")}
        if not point["opens_at"]:
            point["opens_at"], point["closes_at"] = hours.get(point["type"], ("08:00", "17:00"))
    return kept


def choose_depots(
    region: Region, points: list[dict[str, str]], sites: list[dict[str, str]], load: dict[str, float]
) -> list[dict[str, str]]:
    """Greedy cover: add the site that brings most waiting mass within reach, until it no longer pays."""
    candidates = [
        site
        for site in sites
        if site["kind"] in DEPOT_APPEAL
        and not any(w in site["commodity_or_chemistry"].lower() for w in NO_YARD)
    ]
    uncovered = {point["point_id"]: point for point in points}
    chosen: list[dict[str, str]] = []
    while True:
        best, best_gain = None, 0.0
        for site in candidates:
            if any(
                km(site, other) < region.reach_km * 0.35
                for other in chosen
                if other["country"] == site["country"]
            ):
                continue
            gain = 0.0
            for point in uncovered.values():
                if point["country"] == site["country"]:
                    distance = km(point, site)
                    if distance < region.reach_km:
                        gain += (load.get(point["name"], 0.0) + 150.0) * (
                            1.0 - 0.6 * distance / region.reach_km
                        )
            gain *= DEPOT_APPEAL[site["kind"]]
            if gain > best_gain:
                best, best_gain = site, gain
        if best is None or best_gain < 900.0:
            return sorted(chosen, key=lambda site: site["site_id"])
        chosen.append(best)
        for key, point in list(uncovered.items()):
            if point["country"] == best["country"] and km(point, best) < region.reach_km * 0.62:
                del uncovered[key]


def make_sites(sites: list[dict[str, str]], depots: list[dict[str, str]]) -> list[dict[str, str]]:
    named = {depot["site_id"] for depot in depots}
    careful = {"collection_hub", "recycler_preprocess", "recycler_pyromet", "remanufacturer"}
    return [
        site
        | {
            "source": re.sub(r" \(stored derived table[^)]*\)|^npm package ", "", site["source"]).replace(
                "not re-read", "not checked again"
            ),
            "is_depot": "yes" if site["site_id"] in named else "no",
            "accepts_damaged": "yes" if site["kind"] in careful or site["site_id"] in named else "",
            "storage_limit_kg": "60000" if site["site_id"] in named else "",
            "opens_at": "05:00" if site["site_id"] in named else "",
            "closes_at": "20:00" if site["site_id"] in named else "",
        }
        for site in sites
        if site["kind"] in TAKES_BATTERIES or site["site_id"] in named
    ]


def make_fleet(
    region: Region,
    depots: list[dict[str, str]],
    points: list[dict[str, str]],
    count: dict[str, int],
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Vehicles sized to the waiting stock around each depot, and one driver for each of them and a spare."""
    packs: dict[str, int] = defaultdict(int)
    for point in points:
        at_home = [depot for depot in depots if depot["country"] == point["country"]] or depots
        nearest = min(at_home, key=lambda depot: km(point, depot))
        packs[nearest["site_id"]] += count.get(point["name"], 0)
    vehicles: list[dict[str, object]] = []
    drivers: list[dict[str, object]] = []
    draw = random.Random(region.seed)
    for depot in depots:
        waiting = packs[depot["site_id"]]
        trucks = max(1, math.ceil(waiting / region.packs_per_truck))
        fleet = {
            region.small: 1,
            region.truck: trucks,
            region.long: math.ceil(waiting / 120) if waiting > 60 else 0,
        }
        for vehicle_type, number in fleet.items():
            if number:
                vehicles.append({"vehicle_type": vehicle_type, "depot_id": depot["site_id"], "count": number})
        for number in range(1, sum(fleet.values()) + 2):
            certified = number > 1
            valid_to = PLAN_ON + timedelta(days=draw.randint(60, 1500))
            lapsed = PLAN_ON - timedelta(days=draw.randint(5, 200))
            day = (
                (lapsed if draw.random() < 0.04 and number > 2 else valid_to).isoformat() if certified else ""
            )
            own = LANGUAGES.get(depot["country"], "en")
            drivers.append(
                {
                    "driver_id": f"{depot['site_id']}-{number}",
                    "depot_id": depot["site_id"],
                    "name": f"Driver {number} of {depot['name']} (modelled)",
                    "adr_certificate_valid_to": day if region.code == "eu" else "",
                    "hazmat_training_valid_to": day if region.code == "us" else "",
                    "languages": own if own == "en" else f"{own};en",
                }
            )
    return vehicles, drivers


def make_packagings(region: Region, depots: int) -> list[dict[str, str]]:
    """The catalogue's packagings of the region, with as many of each certified box as there are depots."""
    rows = read(Path(__file__).parents[1] / "src" / "voltloop" / "catalogue" / "packagings.csv")
    own = "Europe" if region.code == "eu" else "USA"
    return [
        row | {"stock": str(depots) if row["stock"] else ""} for row in rows if row["region"] in {own, "any"}
    ]


def make_consents(sites: list[dict[str, str]]) -> list[dict[str, object]]:
    here = {site["site_id"]: site for site in sites}
    # Waste also goes back to the depots that fetch it across a border where a country has none of its own.
    rows: list[dict[str, object]] = []
    for country, consignees in CORRIDORS.items():
        for site_id in consignees:
            if site_id not in here:
                raise SystemExit(f"no site {site_id} for the corridor from {country}")
            to_country = here[site_id]["country"]
            rows.append(
                {
                    "consent_id": f"MODELLED-{country}-{to_country}-{len(rows) + 1:03d}",
                    "from_country": country,
                    "to_country": to_country,
                    "waste_codes": WASTE_CODES,
                    "notifier": "Example Carrier (modelled)",
                    "consignee_site_id": site_id,
                    "valid_from": "2026-05-01",
                    "valid_to": "2027-04-30",
                }
            )
    return rows


def fresh_dates(rows: list[dict[str, str]], seed: int) -> None:
    """Redraw the day of return: a stock that built up over ten weeks, most of it lately, a few left behind."""
    draw = random.Random(seed)
    for row in rows:
        left_behind = draw.random() < 0.02
        days = draw.randint(75, 260) if left_behind else min(70, int(draw.expovariate(1 / 17.0)))
        built = date.fromisoformat(row["produced_on"]) if row["produced_on"] else date(2010, 1, 1)
        returned = max(LAST_RETURN - timedelta(days=days), min(built + timedelta(days=3), LAST_RETURN))
        row["returned_on"] = returned.isoformat()
        if row["produced_on"] and built > returned:
            row["produced_on"] = (returned - timedelta(days=30)).isoformat()
    rows.sort(key=lambda row: (row["returned_on"], row["battery_id"]))


def main() -> None:
    if len(sys.argv) not in {2, 3}:
        raise SystemExit(__doc__)
    data = Path(sys.argv[1])
    out = Path(sys.argv[2]) if len(sys.argv) == 3 else Path(__file__).parents[1] / "examples"
    for region in REGIONS:
        all_points = read(data / "network" / f"collection_points_{region.code}.csv")
        operating = [
            site
            for site in read(data / "network" / "sites.csv")
            if site["status"] == "operating"
            and site["cancelled"] != "yes"
            and site["country"] in region.countries
        ]
        returns = read(data / "returns" / f"returns_{region.code}.csv")
        fresh_dates(returns, region.seed)
        points = make_points(all_points, returns, operating)
        load: dict[str, float] = defaultdict(float)
        count: dict[str, int] = defaultdict(int)
        for row in returns:
            load[row["site"]] += float(row["mass_kg"] or 0)
            count[row["site"]] += 1
        depots = choose_depots(region, points, operating, load)
        sites = make_sites(operating, depots)
        folder = out / region.name / "network"
        write(
            folder / "collection_points.csv",
            list(points),
            [
                "point_id",
                "name",
                "type",
                "city",
                "admin1",
                "country",
                "lat",
                "lon",
                "expected_kg_per_year",
                "storage_limit_kg",
                "has_forklift",
                "takes_damaged",
                "opens_at",
                "closes_at",
            ],
        )
        write(
            folder / "sites.csv",
            list(sites),
            [
                "site_id",
                "name",
                "operator",
                "kind",
                "country",
                "admin1",
                "lat",
                "lon",
                "commodity_or_chemistry",
                "capacity",
                "capacity_unit",
                "status",
                "cancelled",
                "is_depot",
                "accepts_damaged",
                "storage_limit_kg",
                "opens_at",
                "closes_at",
                "source",
            ],
        )
        vehicles, drivers = make_fleet(region, depots, points, count)
        write(folder / "vehicles.csv", vehicles, ["vehicle_type", "depot_id", "count"])
        write(
            folder / "drivers.csv",
            drivers,
            [
                "driver_id",
                "depot_id",
                "name",
                "adr_certificate_valid_to",
                "hazmat_training_valid_to",
                "languages",
            ],
        )
        write(
            folder / "packagings.csv",
            list(make_packagings(region, len(depots))),
            [
                "packaging_id",
                "name",
                "packing_instructions",
                "un_code",
                "max_net_kg",
                "max_articles",
                "tare_kg",
                "floor_positions",
                "pack_minutes",
                "cost_eur",
                "stock",
                "is_certified_critical_box",
                "source",
            ],
        )
        if region.code == "eu":
            write(
                folder / "consents.csv",
                make_consents(sites),
                [
                    "consent_id",
                    "from_country",
                    "to_country",
                    "waste_codes",
                    "notifier",
                    "consignee_site_id",
                    "valid_from",
                    "valid_to",
                ],
            )
        (folder / "network.toml").write_text(make_example_lists.settings(region.name), encoding="utf-8")
        make_example_lists.write_returns(region.name, returns, points, out / region.name / "returns.csv")
        covered = sum(
            1
            for p in points
            if any(d["country"] == p["country"] and km(p, d) < region.reach_km for d in depots)
        )
        fleet: dict[object, int] = defaultdict(int)
        for row in vehicles:
            fleet[row["vehicle_type"]] += int(str(row["count"]))
        print(
            f"{region.name}: {len(points)} points, {len(sites)} sites, {len(depots)} depots, {covered} points near "
            f"one at home, {dict(fleet)}, {len(drivers)} drivers, {sum(load.values()) / 1000:.0f} t waiting"
        )
    make_example_lists.write_lists(data, out / "lists")


if __name__ == "__main__":
    main()
