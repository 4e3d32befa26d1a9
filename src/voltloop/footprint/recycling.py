"""Burdens, products and balance of recycling a kilogram of battery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from voltloop.catalogue import life_cycle
from voltloop.errors import InputError, nearest
from voltloop.footprint.accounts import AvoidedBurden, CutOff, Impacts, Part
from voltloop.footprint.checks import share
from voltloop.footprint.factors import Design, Grid, carbon_shares, design, fuel, grid_of, material

__all__ = ["RECYCLING_PROCESSES", "Recycling", "recycle"]

RECYCLING_PROCESSES = ("pyro", "hydro", "direct")
"""Smelting without preprocessing; leaching of black mass; relithiation of the cathode of black mass."""

_LEVELS = ("cell", "module", "pack")
_CO2_PER_CARBON = 44.0 / 12.0
_CO2_PER_LIMESTONE = 44.0 / 100.0
_LI_IN_CARBONATE = 7.0 / 37.0
ELEMENTS = ("lithium", "nickel", "cobalt", "manganese", "copper", "aluminium", "steel", "graphite")


@dataclass(frozen=True)
class Recycling:
    """Recycling of one kilogram of feed.

    Attributes
    ----------
    chemistry, process, feed
        What was asked for.
    cut_off
        Burdens per kg feed without any credit.
    avoided_burden
        The same less the making that the products displace.
    black_mass_kg
        Black mass per kg feed that goes on to the second stage; 0 for ``pyro``.
    products_kg
        Products sold per kg feed; metals as metal content, lithium as crude carbonate.
    content_kg, recovered_kg, lost_kg
        Elements per kg feed: what was in it, what is in products, what is burnt, landfilled or in slag. Recovered
        and lost add up to the content.
    """

    chemistry: str
    process: str
    feed: str
    cut_off: CutOff
    avoided_burden: AvoidedBurden
    black_mass_kg: float
    products_kg: Mapping[str, float]
    content_kg: Mapping[str, float]
    recovered_kg: Mapping[str, float]
    lost_kg: Mapping[str, float]

    @property
    def co2e_kg(self) -> float:
        """Greenhouse gases of the process [kg CO2e per kg feed], without credit."""
        return self.cut_off.co2e_kg

    @property
    def energy_mj(self) -> float:
        """Primary energy of the process [MJ per kg feed], without credit."""
        return self.cut_off.energy_mj

    @property
    def water_l(self) -> float:
        """Water of the process [l per kg feed], without credit."""
        return self.cut_off.water_l


def recycle(
    chemistry: str,
    process: str,
    grid: Grid | float,
    feed: str = "cell",
    *,
    efficiency: float = 1.0,
    recovery: float = 1.0,
) -> Recycling:
    """Burdens, products and balance of recycling one kilogram of spent cells, modules or packs.

    Parameters
    ----------
    chemistry
        A design, such as ``NMC622``.
    process
        ``pyro``, ``hydro`` or ``direct``.
    grid
        Electricity of the plant: a :class:`Grid` or g CO2e/kWh.
    feed
        ``cell``, ``module`` or ``pack``. The size of the plant changes its cost, not its burdens.
    efficiency
        Energy and reagents of the reference plant over those of this plant, above 0 and up to 1.
    recovery
        Yield of this plant over that of the reference plant, 0 to 1.

    Returns
    -------
    Recycling
        Both views, products and the balance of each element.

    Raises
    ------
    InputError
        ``footprint-process-unknown``, ``footprint-feed-unknown``, ``footprint-chemistry-unknown``,
        ``footprint-share``, ``footprint-number``.

    References
    ----------
    EverBatt 2023 (Argonne National Laboratory), sheets of preprocessing and of the recovery of critical materials:
    reagents by stoichiometry, energies per stage, carbon of what burns.

    Examples
    --------
    >>> round(recycle("NMC622", "hydro", 466.5).co2e_kg, 2)
    2.46
    """
    _known(process, RECYCLING_PROCESSES, "footprint-process-unknown", "process of recycling")
    _known(feed, _LEVELS, "footprint-feed-unknown", "feed of recycling")
    made, place = design(chemistry), grid_of(grid)
    scale = 1.0 / share(efficiency, "efficiency", above=True)
    kept = share(recovery, "recovery")
    stages = ("pyro",) if process == "pyro" else ("preprocessing", process)
    mix: Mapping[str, float] = made.materials[feed]
    black_mass, parts, products = 0.0, list[Part](), dict[str, float]()
    for stage in stages:
        parts += _stage_parts(stage, made, mix, place, scale)
        made_here = _outputs(stage, made, mix)
        if stage == "preprocessing":
            mix = _black_mass(mix)
            black_mass = sum(mix.values())
            made_here.pop("black_mass")
        for name, amount in made_here.items():
            products[name] = amount * kept
    content = _elements(made, made.materials[feed])
    recovered = _recovered(made, products)
    avoided = _credits(made, products)
    return Recycling(
        made.chemistry,
        process,
        feed,
        CutOff("kg feed", tuple(parts)),
        AvoidedBurden("kg feed", (*parts, *avoided)),
        black_mass,
        {name: amount for name, amount in products.items() if amount > 0.0},
        content,
        recovered,
        {element: content[element] - recovered[element] for element in ELEMENTS},
    )


def _known(word: str, choices: tuple[str, ...], code: str, what: str) -> None:
    if word not in choices:
        raise InputError(
            f'"{word}" is no {what}.{nearest(str(word), choices)} Expected one of {", ".join(choices)}.',
            code=code,
        )


@cache
def _inputs() -> dict[str, tuple[tuple[str, str, float], ...]]:
    rows: dict[str, list[tuple[str, str, float]]] = {}
    for row in life_cycle.process_inputs().iter_rows(named=True):
        rows.setdefault(row["stage"], []).append((row["input"], row["basis"], row["amount_per_kg"]))
    return {stage: tuple(found) for stage, found in rows.items()}


@cache
def _output_rows() -> dict[str, tuple[tuple[str, str, float], ...]]:
    rows: dict[str, list[tuple[str, str, float]]] = {}
    for row in life_cycle.process_outputs().iter_rows(named=True):
        rows.setdefault(row["stage"], []).append((row["product"], row["basis"], row["amount_per_kg"]))
    return {stage: tuple(found) for stage, found in rows.items()}


@cache
def _displaced() -> dict[str, tuple[str, float]]:
    return {
        row["product"]: (row["displaces"], row["displaced_kg_per_kg"])
        for row in life_cycle.process_outputs().drop_nulls("displaces").iter_rows(named=True)
    }


@cache
def _burnt() -> dict[str, tuple[str, ...]]:
    rows: dict[str, list[str]] = {}
    for row in life_cycle.burnt().iter_rows(named=True):
        rows.setdefault(row["stage"], []).append(row["material"])
    return {stage: tuple(names) for stage, names in rows.items()}


def _amounts(made: Design, mix: Mapping[str, float]) -> dict[str, float]:
    """Give what a row of a process may be proportional to: the feed, an element of it, or a material of it."""
    return {**made.content_of(mix), **mix, "feed": sum(mix.values())}


def _stage_parts(stage: str, made: Design, mix: Mapping[str, float], place: Grid, scale: float) -> list[Part]:
    amounts = _amounts(made, mix)
    taken: dict[str, float] = {}
    for name, basis, amount in _inputs()[stage]:
        taken[name] = taken.get(name, 0.0) + amount * amounts.get(basis, 0.0) * scale
    parts = []
    for name, amount in taken.items():
        label = f"{stage}, {name.replace('_', ' ')}"
        if name == "electricity":
            parts.append(Part(label, place.per_kwh * (amount / 3.6), ("process", "grid")))
        elif name in ("natural_gas", "diesel"):
            parts.append(Part(label, fuel(name) * amount, ("process", "fuel")))
        elif name == "water":
            parts.append(Part(label, Impacts(water_l=amount), ("process",)))
        else:
            parts.append(Part(label, material(name) * amount, ("process", "material")))
    carbon = carbon_shares()
    burnt = sum(mix.get(name, 0.0) * carbon[name] for name in _burnt().get(stage, ())) * _CO2_PER_CARBON
    if burnt:
        parts.append(Part(f"{stage}, burning of the feed", Impacts(co2e_kg=burnt), ("fuel",)))
    if taken.get("limestone"):
        released = Impacts(co2e_kg=taken["limestone"] * _CO2_PER_LIMESTONE)
        parts.append(Part(f"{stage}, carbon dioxide of limestone", released, ("process",)))
    return parts


def _outputs(stage: str, made: Design, mix: Mapping[str, float]) -> dict[str, float]:
    amounts = _amounts(made, mix)
    out: dict[str, float] = {}
    for product, basis, amount in _output_rows()[stage]:
        out[product] = out.get(product, 0.0) + amount * amounts.get(basis, 0.0)
    return out


def _black_mass(mix: Mapping[str, float]) -> dict[str, float]:
    rows = _output_rows()["preprocessing"]
    return {basis: mix[basis] * amount for product, basis, amount in rows if product == "black_mass"}


def _elements(made: Design, mix: Mapping[str, float]) -> dict[str, float]:
    content = made.content_of(mix)
    return {element: content[element] for element in ELEMENTS}


_ELEMENT_OF = {
    "aluminium_scrap": "aluminium",
    "copper_scrap": "copper",
    "steel_scrap": "steel",
    "graphite_recovered": "graphite",
    "copper": "copper",
    "cobalt": "cobalt",
    "nickel": "nickel",
    "manganese": "manganese",
}


def _recovered(made: Design, products: Mapping[str, float]) -> dict[str, float]:
    found = dict.fromkeys(ELEMENTS, 0.0)
    for name, amount in products.items():
        if name == "lithium_carbonate_crude":
            found["lithium"] += amount * _LI_IN_CARBONATE
        elif name == "cathode_powder":
            for element in set(ELEMENTS) & set(made.cathode):
                found[element] += amount * made.cathode[element]
        else:
            found[_ELEMENT_OF[name]] += amount
    return found


def _credits(made: Design, products: Mapping[str, float]) -> list[Part]:
    parts = []
    for name, amount in products.items():
        displaced, ratio = _displaced()[name]
        if amount * ratio == 0.0:
            continue
        is_cathode = displaced == "cathode"
        new = material(f"cathode_{made.chemistry}" if is_cathode else displaced)
        drivers = ("recovery", "material", "cathode") if is_cathode else ("recovery", "material")
        parts.append(
            Part(f"credit, {name.replace('_', ' ')} instead of new", new * (-amount * ratio), drivers)
        )
    return parts
