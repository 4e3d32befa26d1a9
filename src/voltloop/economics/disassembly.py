"""What it costs to take a pack apart, by hand or in a robot cell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from voltloop.catalogue import processes
from voltloop.economics.checks import number, one_of, positive, share

__all__ = ["DEPTHS", "METHODS", "DisassemblyCost", "PackDisassembly", "disassembly_cost", "pack_disassembly"]

METHODS = ("manual", "robot_cell")
"""Who takes a pack apart."""

DEPTHS = {"module": ("removal", "pack_to_module"), "cell": ("removal", "pack_to_module", "module_to_cell")}
"""How far a pack is taken apart, and the steps that this takes."""

# EverBatt 2023, sheet Disassembly.
_PRICED_ON = date(2022, 1, 1)
_LABOR_OVERHEAD, _DEPRECIATION_OVERHEAD = 0.4, 0.2
_ADMINISTRATION, _RESEARCH = 0.25, 0.4
_BUILDING_RATE, _EQUIPMENT_RATE = 0.05, 0.10


@dataclass(frozen=True, slots=True)
class DisassemblyCost:
    """Cost of a stage of disassembly in USD per kg of pack, by kind.

    Attributes
    ----------
    labor_usd_per_kg, variable_overhead_usd_per_kg, depreciation_usd_per_kg
        Direct labour, overhead of labour and buildings, and depreciation.
    administration_usd_per_kg, research_usd_per_kg
        The rest of the cost.
    cost_usd_per_kg
        Their sum.
    currency, priced_on
        Of all amounts.
    """

    labor_usd_per_kg: float
    variable_overhead_usd_per_kg: float
    administration_usd_per_kg: float
    research_usd_per_kg: float
    depreciation_usd_per_kg: float
    cost_usd_per_kg: float
    currency: str
    priced_on: date


@dataclass(frozen=True, slots=True)
class PackDisassembly:
    """Times and cost of taking one pack apart.

    Attributes
    ----------
    method, depth, pack_kg
        What was asked.
    labor_h, machine_h
        Hours of people and of robots per pack.
    stages
        Cost by stage: from pack to module, with the removal from the vehicle, and from module to cell.
    cost_usd_per_kg, cost_usd_per_pack
        All stages.
    currency, priced_on
        Of all amounts.
    """

    method: str
    depth: str
    pack_kg: float
    labor_h: float
    machine_h: float
    stages: dict[str, DisassemblyCost]
    cost_usd_per_kg: float
    cost_usd_per_pack: float
    currency: str
    priced_on: date


def disassembly_cost(
    labor_usd_per_kg: float,
    building_usd_per_kg: float,
    equipment_usd_per_kg: float = 0.0,
    *,
    priced_on: date = _PRICED_ON,
) -> DisassemblyCost:
    """Give the cost of one stage of disassembly from its labour and capital.

    Parameters
    ----------
    labor_usd_per_kg
        Direct labour: hours times wage over the mass of the pack.
    building_usd_per_kg, equipment_usd_per_kg
        Capital per kg of packs a year.
    priced_on
        Price date of the inputs; that of EverBatt 2023 unless told.

    Raises
    ------
    InputError
        ``economics-number``.

    References
    ----------
    EverBatt 2023, sheet Disassembly: depreciation 5 % of building and 10 % of equipment; overhead 0.4 labour + 0.2
    depreciation; administration a quarter of all three; research 0.4 depreciation.

    Examples
    --------
    >>> round(disassembly_cost(0.232184, 0.346754).cost_usd_per_kg, 6)
    0.439264
    """
    labor = number("labor_usd_per_kg", labor_usd_per_kg)
    depreciation = _BUILDING_RATE * number("building_usd_per_kg", building_usd_per_kg)
    depreciation += _EQUIPMENT_RATE * number("equipment_usd_per_kg", equipment_usd_per_kg)
    overhead = _LABOR_OVERHEAD * labor + _DEPRECIATION_OVERHEAD * depreciation
    administration = _ADMINISTRATION * (labor + overhead + depreciation)
    research = _RESEARCH * depreciation
    return DisassemblyCost(
        labor_usd_per_kg=labor,
        variable_overhead_usd_per_kg=overhead,
        administration_usd_per_kg=administration,
        research_usd_per_kg=research,
        depreciation_usd_per_kg=depreciation,
        cost_usd_per_kg=labor + overhead + administration + research + depreciation,
        currency="USD",
        priced_on=priced_on,
    )


def pack_disassembly(
    pack_kg: float,
    *,
    method: str = "manual",
    depth: str = "cell",
    packs_per_yr: float = 29_330.0,
    wage_usd_per_h: float | None = None,
    automated_share: float | None = None,
) -> PackDisassembly:
    """Give times and cost of taking a pack apart.

    Parameters
    ----------
    pack_kg
        Mass of the pack, above zero.
    method
        ``manual`` or ``robot_cell``.
    depth
        ``module`` or ``cell``.
    packs_per_yr
        Packs that the workshop takes apart; the building grows with its power of 0.95.
    wage_usd_per_h
        None takes the catalogue's 50 USD/h.
    automated_share
        Share of the tasks from pack to module that the robot cell does; None takes the catalogue's.

    Raises
    ------
    InputError
        ``economics-number``, ``economics-share``, ``economics-word``.

    Notes
    -----
    Robot cells are capital per pack and year that saves hours. The capital of a cell is set so that the cost from
    pack to module falls by the 43.75 % that Hathaway et al. 2024 find, an estimate.

    Examples
    --------
    >>> by_hand = pack_disassembly(538.365)
    >>> by_hand.labor_h, round(by_hand.cost_usd_per_kg, 3)
    (4.5, 0.797)
    """
    mass = positive("pack_kg", pack_kg)
    one_of("method", method, METHODS)
    one_of("depth", depth, DEPTHS)
    packs = positive("packs_per_yr", packs_per_yr)
    given = processes.economics_parameters("disassembly")
    wage = number("wage_usd_per_h", given["wage_usd_per_h"] if wage_usd_per_h is None else wage_usd_per_h)
    scale = (packs / given["building_packs_per_yr"]) ** (given["building_exponent"] - 1.0)
    building = given["building_usd_per_pack"] * scale / mass
    labor_h = machine_h = 0.0
    by_stage: dict[str, tuple[float, bool]] = {}
    for row in processes.disassembly_steps().iter_rows(named=True):
        if row["step"] not in DEPTHS[depth]:
            continue
        automated = float(row["automated_share"]) if method == "robot_cell" else 0.0
        if automated and automated_share is not None:
            automated = share("automated_share", automated_share)
        hours = row["manual_h"] * (1.0 - automated)
        labor_h += hours
        machine_h += row["manual_h"] * automated * given["robot_time_ratio"]
        stage = "module_to_cell" if row["step"] == "module_to_cell" else "pack_to_module"
        before = by_stage.get(stage, (0.0, False))
        by_stage[stage] = (before[0] + hours, before[1] or automated > 0)
    robots = given["robot_cell_usd_per_pack"] / mass
    stages = {
        stage: disassembly_cost(hours * wage / mass, building, robots if automatic else 0.0)
        for stage, (hours, automatic) in by_stage.items()
    }
    cost = sum(stage.cost_usd_per_kg for stage in stages.values())
    return PackDisassembly(
        method=method,
        depth=depth,
        pack_kg=mass,
        labor_h=labor_h,
        machine_h=machine_h,
        stages=stages,
        cost_usd_per_kg=cost,
        cost_usd_per_pack=cost * mass,
        currency="USD",
        priced_on=_PRICED_ON,
    )
