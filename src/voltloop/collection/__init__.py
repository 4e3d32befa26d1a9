"""Tours that fetch batteries: packing, pick-ups, tours over several days, onward loads, and an independent checker.

The way through the room::

    items ─ pack ─► packages ─ make_pickups ─► pick-ups ─ stops_from_pickups ─► Problem ─ solve ─► Plan
                                                                                  └─ evaluate, baselines
"""

from voltloop.collection.baselines import Baseline, baselines
from voltloop.collection.engine import solve
from voltloop.collection.evaluator import Evaluation, Violation, evaluate
from voltloop.collection.linehaul import Onward, consolidate
from voltloop.collection.model import (
    EU_DRIVING,
    US_DRIVING,
    Consistency,
    Driver,
    DrivingRules,
    Hub,
    Problem,
    Roads,
    VehicleKind,
)
from voltloop.collection.packagings import PackingCosts, packaging_volume_m3
from voltloop.collection.packing import Packed, pack
from voltloop.collection.parts import TourSolver
from voltloop.collection.pickup_stops import ServiceRules, stops_from_pickups
from voltloop.collection.pickups import make_pickups
from voltloop.collection.plan import Plan, Progress
from voltloop.collection.tables import drivers_from_table, fleet_from_table

__all__ = [
    "EU_DRIVING",
    "US_DRIVING",
    "Baseline",
    "Consistency",
    "Driver",
    "DrivingRules",
    "Evaluation",
    "Hub",
    "Onward",
    "Packed",
    "PackingCosts",
    "Plan",
    "Problem",
    "Progress",
    "Roads",
    "ServiceRules",
    "TourSolver",
    "VehicleKind",
    "Violation",
    "baselines",
    "consolidate",
    "drivers_from_table",
    "evaluate",
    "fleet_from_table",
    "make_pickups",
    "pack",
    "packaging_volume_m3",
    "solve",
    "stops_from_pickups",
]
