"""Look-ups of the factors that every footprint rests on: electricity, materials, fuels, designs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from voltloop.catalogue import life_cycle
from voltloop.errors import InputError, nearest
from voltloop.footprint.accounts import Impacts
from voltloop.footprint.checks import at_least_zero

__all__ = ["Design", "Grid", "design", "fuel", "grid", "grid_of", "material"]

_ATOMIC_MASS = {
    "lithium": 6.94,
    "nickel": 58.693,
    "cobalt": 58.933,
    "manganese": 54.938,
    "cathode_aluminium": 26.982,
    "iron": 55.845,
    "phosphorus": 30.974,
    "oxygen": 15.999,
}
_LIPF6 = {"lithium": 6.94 / 151.902, "phosphorus": 30.974 / 151.902, "fluorine": 113.988 / 151.902}
_PVDF_FLUORINE = 37.996 / 64.034
_REFERENCE_GRID = "UN-GREET"
LEVELS = ("cell", "module", "pack")


@dataclass(frozen=True)
class Grid:
    """Electricity of one place and year at the socket.

    Attributes
    ----------
    code, name, year
        The place; year None for a value of the user's own.
    co2e_g_per_kwh
        Greenhouse gases [g CO2e/kWh], 0 or more.
    energy_mj_per_kwh, water_l_per_kwh
        Primary energy and water; those of the United States where ``is_energy_estimated``.
    boundary, source
        What the carbon covers, and who publishes it.
    """

    code: str
    name: str
    year: int | None
    co2e_g_per_kwh: float
    energy_mj_per_kwh: float
    water_l_per_kwh: float
    is_energy_estimated: bool
    boundary: str
    source: str

    @property
    def per_kwh(self) -> Impacts:
        """Burdens of one kWh."""
        return Impacts(self.co2e_g_per_kwh / 1000.0, self.energy_mj_per_kwh, self.water_l_per_kwh)


@cache
def _grid_rows() -> dict[str, dict[int, Grid]]:
    table = life_cycle.grids()
    base = next(row for row in table.iter_rows(named=True) if row["code"] == _REFERENCE_GRID)
    found: dict[str, dict[int, Grid]] = {}
    for row in table.iter_rows(named=True):
        estimated = row["energy_mj_per_kwh"] is None
        energy = base if estimated else row
        licence = "" if row["licence"] == "none" else f" ({row['licence']})"
        found.setdefault(row["code"], {})[row["year"]] = Grid(
            row["code"],
            row["name"],
            row["year"],
            row["co2e_g_per_kwh"],
            energy["energy_mj_per_kwh"],
            energy["water_l_per_kwh"],
            estimated,
            row["boundary"],
            row["source"] + licence,
        )
    return found


@cache
def _codes_of_words() -> dict[str, tuple[str, ...]]:
    words: dict[str, list[str]] = {}
    for code, years in _grid_rows().items():
        for word in {code.casefold(), *(place.name.casefold() for place in years.values())}:
            codes = words.setdefault(word, [])
            if code not in codes:
                codes.append(code)
    return {word: tuple(codes) for word, codes in words.items()}


def grid(place: str, year: int | None = None) -> Grid:
    """Look up the electricity of a country or zone.

    Parameters
    ----------
    place
        Code of ``grids.csv`` or a name that only one code has, in any case: two letters are Electricity Maps
        (consumption based), three letters Ember, ``…-GREET`` the mixes of GREET 2022.
    year
        A year of the table; None takes the newest there is for the place.

    Raises
    ------
    InputError
        ``footprint-grid-unknown``, ``footprint-grid-ambiguous``, ``footprint-year-unknown``.

    Examples
    --------
    >>> grid("FR", 2024).co2e_g_per_kwh
    33.0
    """
    words = _codes_of_words()
    # An exact code wins over a name: "Africa" is both.
    exact = {code.casefold(): code for code in _grid_rows()}
    word = str(place).strip().casefold()
    codes = (exact[word],) if word in exact else words.get(word, ())
    if not codes:
        raise InputError(
            f'"{place}" is no country or zone with a carbon intensity of electricity.{nearest(word, words)} '
            "Give a code of grids.csv, such as FR, DEU or US-CAL-CISO, or your own value in g CO2e/kWh.",
            code="footprint-grid-unknown",
        )
    if len(codes) > 1:
        raise InputError(
            f'"{place}" stands in more than one set of data: {", ".join(codes)}. Give one of these codes.',
            code="footprint-grid-ambiguous",
        )
    years = _grid_rows()[codes[0]]
    if year is None:
        return years[max(years)]
    if year not in years:
        known = ", ".join(str(known) for known in sorted(years))
        raise InputError(
            f"{codes[0]} has no carbon intensity of electricity for {year}. Known years: {known}. Give one of them, or "
            "your own value in g CO2e/kWh.",
            code="footprint-year-unknown",
        )
    return years[year]


def grid_of(value: Grid | float) -> Grid:
    """Give a grid as it is, or make one from a carbon intensity [g CO2e/kWh] of the user's own.

    Raises
    ------
    InputError
        ``footprint-number``: below zero or no number.
    """
    if isinstance(value, Grid):
        return value
    carbon = at_least_zero(value, "The carbon intensity of electricity [g CO2e/kWh]")
    base = reference_grid()
    return Grid(
        "own", "own value", None, carbon, base.energy_mj_per_kwh, base.water_l_per_kwh, True, "given", "given"
    )


def reference_grid() -> Grid:
    """Give the mix of the United States in GREET 2022, which is in the factors of materials."""
    return _grid_rows()[_REFERENCE_GRID][2022]


@cache
def _materials() -> dict[str, Impacts]:
    return {
        row["material"]: Impacts(row["co2e_kg_per_kg"], row["energy_mj_per_kg"], row["water_l_per_kg"])
        for row in life_cycle.materials().iter_rows(named=True)
    }


def material(name: str) -> Impacts:
    """Give the burdens of making a kilogram of a material, cradle to gate.

    Raises
    ------
    InputError
        ``footprint-material-unknown``.
    """
    found = _materials().get(name)
    if found is None:
        raise InputError(
            f'"{name}" is no material with a life-cycle factor.{nearest(name, _materials())} '
            f"Known: {', '.join(_materials())}. Use one of them.",
            code="footprint-material-unknown",
        )
    return found


@cache
def carbon_shares() -> dict[str, float]:
    """Carbon [kg/kg] of the materials that burn."""
    table = life_cycle.materials().drop_nulls("carbon_share")
    return dict(zip(table["material"].to_list(), table["carbon_share"].to_list(), strict=True))


@cache
def fuel(name: str) -> Impacts:
    """Give the burdens of burning a megajoule of ``natural_gas`` or ``diesel``, the making of the fuel included."""
    row = next(row for row in life_cycle.fuels().iter_rows(named=True) if row["fuel"] == name)
    return Impacts(row["co2e_kg_per_mj"], row["energy_mj_per_mj"], row["water_l_per_mj"])


@dataclass(frozen=True)
class Design:
    """What a battery of one chemistry is made of.

    Attributes
    ----------
    chemistry
        As in ``pack_designs.csv``.
    pack_kg_per_kwh, cell_kg_per_kwh
        Mass per kWh.
    assembly_mj_per_kg, electricity_share
        Energy of making cells [MJ per kg of cell] and the share of it that is electricity; the rest is gas.
    materials
        kg per kg by level (``cell``, ``module``, ``pack``) and material; each level sums to 1.
    cathode
        kg of each element per kg of cathode material.
    is_estimate
        The design stands for the chemistry only roughly.
    """

    chemistry: str
    pack_kg_per_kwh: float
    cell_kg_per_kwh: float
    assembly_mj_per_kg: float
    electricity_share: float
    materials: Mapping[str, Mapping[str, float]]
    cathode: Mapping[str, float]
    is_estimate: bool

    def kg_per_kwh(self, level: str) -> float:
        """Mass per kWh of a level; that of the module follows from the cathode, which no level loses."""
        if level == "module":
            cathode = self.materials["pack"]["cathode"] * self.pack_kg_per_kwh
            return cathode / self.materials["module"]["cathode"]
        return self.cell_kg_per_kwh if level == "cell" else self.pack_kg_per_kwh

    def content_of(self, mix: Mapping[str, float]) -> dict[str, float]:
        """Give elements [kg] of a mix of materials [kg]: metals, lithium, fluorine, phosphorus, graphite."""
        cathode, salt = mix.get("cathode", 0.0), mix.get("lipf6", 0.0)
        content = {element: cathode * part for element, part in self.cathode.items()}
        content["lithium"] += salt * _LIPF6["lithium"]
        content["phosphorus"] += salt * _LIPF6["phosphorus"]
        content["fluorine"] = salt * _LIPF6["fluorine"] + mix.get("pvdf", 0.0) * _PVDF_FLUORINE
        for element in ("copper", "aluminium", "graphite", "steel"):
            content[element] = content.get(element, 0.0) + mix.get(element, 0.0)
        return content

    def content_kg_per_kwh(self, level: str = "pack") -> dict[str, float]:
        """Give kilograms of each element per kWh; steel counts iron parts in."""
        mix = {name: part * self.kg_per_kwh(level) for name, part in self.materials[level].items()}
        content = self.content_of(mix)
        content["steel"] += mix["iron"]
        del content["oxygen"], content["iron"]
        return content


@cache
def _designs() -> dict[str, Design]:
    mixes: dict[str, dict[str, dict[str, float]]] = {}
    for row in life_cycle.composition().iter_rows(named=True):
        levels = mixes.setdefault(row["chemistry"], {level: {} for level in LEVELS})
        for level in LEVELS:
            levels[level][row["material"]] = row[f"{level}_kg_per_kg"]
    return {
        row["chemistry"]: Design(
            row["chemistry"],
            row["pack_kg_per_kwh"],
            row["cell_kg_per_kwh"],
            row["cell_assembly_mj_per_kg"],
            row["electricity_share"],
            mixes[row["chemistry"]],
            _cathode(row),
            row["estimate"] == "yes",
        )
        for row in life_cycle.pack_designs().iter_rows(named=True)
    }


def _cathode(row: Mapping[str, float]) -> dict[str, float]:
    grams = {element: row[element] * mass for element, mass in _ATOMIC_MASS.items()}
    total = sum(grams.values())
    grams["aluminium"] = grams.pop("cathode_aluminium")
    return {element: mass / total for element, mass in grams.items()}


@cache
def _words() -> dict[str, str]:
    table = life_cycle.chemistry_words()
    words = dict(zip(table["word"].to_list(), table["chemistry"].to_list(), strict=True))
    return words | {name: name for name in _designs()}


def design(chemistry: str) -> Design:
    """Look up the design of a chemistry; ``NMC 622``, ``NMC(622)`` and ``ncm622`` are one.

    Raises
    ------
    InputError
        ``footprint-chemistry-unknown``: there is no life-cycle data for it.

    Examples
    --------
    >>> round(design("NMC 622").content_kg_per_kwh()["nickel"], 3)
    0.519
    """
    word = re.sub(r"[^A-Z0-9]", "", str(chemistry).upper())
    name = _words().get(word)
    if name is None:
        raise InputError(
            f'There is no life-cycle data for the chemistry "{chemistry}".{nearest(word, _words())} '
            f"Known: {', '.join(_designs())}. Use the nearest design, or leave the battery out.",
            code="footprint-chemistry-unknown",
        )
    return _designs()[name]
