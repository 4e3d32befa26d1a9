"""Tours that fetch batteries."""

from voltloop.collection.baselines import Baseline, baselines
from voltloop.collection.engine import Progress, solve
from voltloop.collection.evaluator import Evaluation, Violation, evaluate
from voltloop.collection.model import (
    EU_DRIVING,
    US_DRIVING,
    Driver,
    DrivingRules,
    Problem,
    Roads,
    VehicleKind,
)
from voltloop.collection.parts import TourSolver
from voltloop.collection.plan import Plan

__all__ = [
    "EU_DRIVING",
    "US_DRIVING",
    "Baseline",
    "Driver",
    "DrivingRules",
    "Evaluation",
    "Plan",
    "Problem",
    "Progress",
    "Roads",
    "TourSolver",
    "VehicleKind",
    "Violation",
    "baselines",
    "evaluate",
    "solve",
]
