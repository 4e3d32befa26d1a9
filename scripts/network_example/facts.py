"""The facts of the examples: files of ``examples/network/facts``, the catalogue, and figures between two years."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from voltloop.catalogue import countries
from voltloop.economics import PriceSet, price_set
from voltloop.footprint import grid

HERE = Path(__file__).resolve().parents[2] / "examples" / "network"
FACTS = HERE / "facts"
CHEMISTRIES = {"nickel": "NMC622", "iron": "LFP"}
"""What comes back, by the design that stands for it; the catalogue lets NMC622 stand for all with nickel."""
NEW_CELLS = {"nickel": "NMC811", "iron": "LFP"}
METALS = ("nickel", "cobalt", "lithium")
IEA_NAMES = {
    "AT": "Austria",
    "BE": "Belgium",
    "BG": "Bulgaria",
    "CA": "Canada",
    "CH": "Switzerland",
    "CY": "Cyprus",
    "CZ": "Czech Republic",
    "DE": "Germany",
    "DK": "Denmark",
    "EE": "Estonia",
    "ES": "Spain",
    "FI": "Finland",
    "FR": "France",
    "GB": "United Kingdom",
    "GR": "Greece",
    "HR": "Croatia",
    "HU": "Hungary",
    "IE": "Ireland",
    "IT": "Italy",
    "LT": "Lithuania",
    "LU": "Luxembourg",
    "LV": "Latvia",
    "MX": "Mexico",
    "NL": "Netherlands",
    "NO": "Norway",
    "PL": "Poland",
    "PT": "Portugal",
    "RO": "Romania",
    "SE": "Sweden",
    "SI": "Slovenia",
    "SK": "Slovakia",
    "US": "USA",
}
EVERBATT = "EverBatt 2023 (Argonne National Laboratory; BatPaC 5.0, GREET 2022)"
Row = dict[str, str]


@dataclass(frozen=True)
class Continent:
    """One of the two examples.

    Attributes
    ----------
    key, name
        ``europe`` or ``north-america``, and the name for people.
    projection
        Region of IEA's projection that its growth follows.
    changes
        Assumptions that a sensitivity run takes instead of those of ``assumptions.csv``.
    """

    key: str
    name: str
    projection: str
    changes: tuple[tuple[str, float], ...] = ()

    def rows(self, file: str) -> list[Row]:
        """Rows of a file that concern this continent."""
        return [row for row in read(file) if row.get("continent", "both") in (self.key, "both")]

    def given(self, parameter: str) -> float:
        """An assumption."""
        changed = dict(self.changes)
        if parameter in changed:
            return changed[parameter]
        column = self.key.replace("-", "_")
        return float(next(row[column] for row in read("assumptions.csv") if row["parameter"] == parameter))

    def years(self) -> list[int]:
        """All years of the question."""
        return list(range(int(self.given("first_year")), int(self.given("last_year")) + 1))

    def in_year(self, quantity: str, year: float) -> float:
        """A quantity of ``years.csv``, linear between the years given and constant beyond."""
        rows = [row for row in self.rows("years.csv") if row["quantity"] == quantity]
        at, value = ([float(row[column]) for row in rows] for column in ("year", "value"))
        return float(np.interp(year, at, value))


CONTINENTS = {
    "europe": Continent("europe", "Europe 2027 to 2036", "Europe"),
    "north-america": Continent("north-america", "North America 2027 to 2036", "USA"),
}


@cache
def _rows(file: str) -> tuple[Row, ...]:
    with (FACTS / file).open(encoding="utf-8", newline="") as handle:
        return tuple(csv.DictReader(handle))


def read(file: str) -> list[Row]:
    """Rows of a file of facts."""
    return list(_rows(file))


@cache
def country(code: str) -> dict[str, object]:
    """The row of the catalogue for a country."""
    return countries().row(by_predicate=pl.col("iso2") == code, named=True)


def wage_eur_per_h(code: str) -> float:
    """Labour cost of a country."""
    return float(country(code)["labour_cost_eur_per_hour"])


def electricity_eur_per_kwh(code: str) -> float:
    """Price of electricity for industry in a country."""
    return float(country(code)["industrial_electricity_eur_per_kwh"])


def grid_kg_per_kwh(place: str) -> tuple[float, str]:
    """Carbon of electricity in the newest year published, and its source."""
    found = grid(place)
    return found.co2e_g_per_kwh / 1000.0, f"{found.source}, {found.year}"


@cache
def prices() -> PriceSet:
    """Prices of the newest day that the catalogue has for nickel."""
    return price_set(on=date(2026, 5, 1))


def eur_of_2022() -> float:
    """Euro per dollar at the price date of the plants of EverBatt."""
    return price_set(on=date(2022, 1, 1)).eur_per_usd


def metal_eur_per_t(metal: str) -> float:
    """Market price of a metal; of lithium, per tonne of carbonate."""
    return prices().values["lithium_carbonate" if metal == "lithium" else metal] * 1000.0
