"""Carbon, energy, water and material of making, moving, restoring and recycling batteries.

The cut-off and the avoided-burden view are two types, :class:`CutOff` and :class:`AvoidedBurden`, that cannot be
added to each other.
"""

from __future__ import annotations

from voltloop.footprint.accounts import Account, AvoidedBurden, CutOff, Impacts, Part
from voltloop.footprint.cases import Case, CaseResults, case_footprints, footprints_of, parse_legs
from voltloop.footprint.factors import Design, Grid, design, grid, material
from voltloop.footprint.legs import Leg, LegCarbon, leg_carbon
from voltloop.footprint.manufacture import new_battery
from voltloop.footprint.pack import Footprint, Pack, StorageUse
from voltloop.footprint.recycling import RECYCLING_PROCESSES, Recycling, recycle
from voltloop.footprint.routes import carbon_table, route_carbon
from voltloop.footprint.transport import transport_co2e, transport_kg_per_tkm
from voltloop.footprint.treatments import new_pack, recycled, remanufactured, second_life
from voltloop.footprint.uncertainty import Driver, Spread, Uncertain, spread_of, usual_uncertainties

__all__ = [
    "RECYCLING_PROCESSES",
    "Account",
    "AvoidedBurden",
    "Case",
    "CaseResults",
    "CutOff",
    "Design",
    "Driver",
    "Footprint",
    "Grid",
    "Impacts",
    "Leg",
    "LegCarbon",
    "Pack",
    "Part",
    "Recycling",
    "Spread",
    "StorageUse",
    "Uncertain",
    "carbon_table",
    "case_footprints",
    "design",
    "footprints_of",
    "grid",
    "leg_carbon",
    "material",
    "new_battery",
    "new_pack",
    "parse_legs",
    "recycle",
    "recycled",
    "remanufactured",
    "route_carbon",
    "second_life",
    "spread_of",
    "transport_co2e",
    "transport_kg_per_tkm",
    "usual_uncertainties",
]
