"""The law, compiled: what a battery is and how it may travel.

Decision support, never legal advice: a trained person signs.
"""

from __future__ import annotations

from voltloop.compliance.check import VehicleFacts, check_load
from voltloop.compliance.classify import VERDICT_COLUMNS, ask_whom, classify
from voltloop.compliance.countries import (
    BorderProcedure,
    StorageRule,
    StorageRules,
    border_procedure,
    mode_between,
    storage_rules,
)
from voltloop.compliance.explain import Considered, Explanation, Fired, Step, explain
from voltloop.compliance.load import Load, LoadObligations, LoadProfile, load_obligations
from voltloop.compliance.rulebook import Rulebook, load_rulebook

__all__ = [
    "VERDICT_COLUMNS",
    "BorderProcedure",
    "Considered",
    "Explanation",
    "Fired",
    "Load",
    "LoadObligations",
    "LoadProfile",
    "Rulebook",
    "Step",
    "StorageRule",
    "StorageRules",
    "VehicleFacts",
    "ask_whom",
    "border_procedure",
    "check_load",
    "classify",
    "explain",
    "load_obligations",
    "load_rulebook",
    "mode_between",
    "storage_rules",
]
