"""Burdens of making a new battery, material by material."""

from __future__ import annotations

from functools import cache

from voltloop.catalogue import life_cycle
from voltloop.errors import InputError
from voltloop.footprint.accounts import CutOff, Part
from voltloop.footprint.checks import at_least_zero, share
from voltloop.footprint.factors import LEVELS, Design, Grid, design, fuel, grid_of, material, reference_grid

__all__ = ["new_battery"]

_MJ_PER_KWH = 3.6


def new_battery(
    chemistry: str,
    grid: Grid | float,
    level: str = "pack",
    *,
    cell_kg_per_kwh: float | None = None,
    cell_assembly_mj_per_kg: float | None = None,
    electricity_share: float | None = None,
    upstream_electricity_kwh_per_kwh: float = 0.0,
    upstream_grid: Grid | float | None = None,
) -> CutOff:
    """Burdens of making one kWh of new cells, modules or packs from primary material.

    Parameters
    ----------
    chemistry
        A design, such as ``NMC622``.
    grid
        Electricity of the place where cells are assembled: a :class:`Grid` or g CO2e/kWh.
    level
        ``cell``, ``module`` or ``pack``.
    cell_kg_per_kwh, cell_assembly_mj_per_kg, electricity_share
        Mass of cells [kg/kWh], energy of making them [MJ/kg] and share of electricity in it, where they differ
        from the design's; mass changes the energy of assembly only.
    upstream_electricity_kwh_per_kwh, upstream_grid
        Electricity [kWh per kWh] of cathode and anode making that also moves, and where to: the second slope.
        0 leaves it in the factors of the materials, as the source has it.

    Returns
    -------
    CutOff
        Per ``kWh new``; the same in the avoided-burden view until a credit is taken.

    Raises
    ------
    InputError
        ``footprint-chemistry-unknown``, ``footprint-level``, ``footprint-number``, ``footprint-share``.

    Notes
    -----
    Carbon is linear in the grid: 170 MJ/kWh of cell making, 17.6 % of it electricity, gives 8.304 kWh/kWh.

    References
    ----------
    EverBatt 2023 (Argonne National Laboratory), sheet of manufacturing: material per kg of cell divided by the
    yields of material and cells, factors of GREET 2022.

    Examples
    --------
    >>> round(new_battery("NMC622", 466.5).co2e_kg, 2), round(new_battery("NMC622", 700.1).co2e_kg, 2)
    (73.94, 75.88)
    """
    if level not in LEVELS:
        raise InputError(
            f'"{level}" is no level of a battery. Expected one of {", ".join(LEVELS)}.',
            code="footprint-level",
        )
    made, place = design(chemistry), grid_of(grid)
    mass = made.cell_kg_per_kwh if cell_kg_per_kwh is None else cell_kg_per_kwh
    intensity = made.assembly_mj_per_kg if cell_assembly_mj_per_kg is None else cell_assembly_mj_per_kg
    electric = share(
        made.electricity_share if electricity_share is None else electricity_share, "electricity_share"
    )
    at_least_zero(mass, "cell_kg_per_kwh", above=True)
    assembly_mj = mass * at_least_zero(intensity, "cell_assembly_mj_per_kg")
    parts = [
        *_cell_materials(made.chemistry),
        Part(
            "cell making, electricity",
            place.per_kwh * (assembly_mj * electric / _MJ_PER_KWH),
            ("assembly", "grid"),
        ),
        Part(
            "cell making, gas", fuel("natural_gas") * (assembly_mj * (1.0 - electric)), ("assembly", "fuel")
        ),
    ]
    if level != "cell":
        parts += _housing(made.chemistry, level)
    moved = at_least_zero(upstream_electricity_kwh_per_kwh, "upstream_electricity_kwh_per_kwh")
    if moved:
        there = place if upstream_grid is None else grid_of(upstream_grid)
        change = there.per_kwh + reference_grid().per_kwh * -1.0
        parts.append(Part("cathode and anode making elsewhere", change * moved, ("grid",)))
    return CutOff("kWh new", tuple(parts))


@cache
def _cell_materials(chemistry: str) -> tuple[Part, ...]:
    made = design(chemistry)
    making = life_cycle.cell_making()
    accepted = making["accepted_cells"]
    parts = []
    for name, part in made.materials["cell"].items():
        if part == 0.0:
            continue
        needed = part * made.cell_kg_per_kwh / accepted / making[name]
        parts.append(_material_part(made, name, needed))
        if name == "pvdf":
            parts.append(Part("solvent", material("nmp") * (needed * making["nmp_per_pvdf"]), ("material",)))
    return tuple(parts)


@cache
def _housing(chemistry: str, level: str) -> tuple[Part, ...]:
    """Give what module and pack add to the cells: the difference of the two compositions."""
    made = design(chemistry)
    parts = []
    for name, part in made.materials[level].items():
        added = part * made.kg_per_kwh(level) - made.materials["cell"][name] * made.cell_kg_per_kwh
        # The compositions are rounded to six places, which leaves grams of cell material at most.
        if abs(added) > 1e-3:
            line = _material_part(made, name, added)
            parts.append(Part(f"{level} housing, {line.name}", line.impacts, line.drivers))
    return tuple(parts)


def _material_part(made: Design, name: str, kg: float) -> Part:
    if name == "cathode":
        return Part("cathode", material(f"cathode_{made.chemistry}") * kg, ("material", "cathode"))
    return Part(name.replace("_", " "), material(name) * kg, ("material",))
