"""The law, compiled: what a battery is and how it may travel.

Decision support, never legal advice: a trained person signs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voltloop.compliance.battery_regulation import BATTERY_CATEGORIES, BatteryDuty, battery_duties
    from voltloop.compliance.cases import Case, differences, read_cases
    from voltloop.compliance.check import VehicleFacts, check_load
    from voltloop.compliance.classifier import (
        NOTE_MARK,
        VERDICT_COLUMNS,
        VerdictKinds,
        ask_whom,
        classify,
        classify_kinds,
    )
    from voltloop.compliance.countries import (
        BorderProcedure,
        StorageRule,
        StorageRules,
        border_procedure,
        mode_between,
        storage_rules,
    )
    from voltloop.compliance.credentials import (
        CREDENTIAL_COLUMNS,
        CredentialSchema,
        CredentialTable,
        read_credentials,
    )
    from voltloop.compliance.entitlement import Entitlement, RequirementAnswer, who_may_carry
    from voltloop.compliance.explanation import Considered, Explanation, Fired, Step, explain
    from voltloop.compliance.lapses import lapsing, renewal_calendar, renewals, review_credentials
    from voltloop.compliance.load import Load, LoadProfile
    from voltloop.compliance.obligations import LoadObligations, load_obligations
    from voltloop.compliance.one import classify_one
    from voltloop.compliance.packagings import PackagingKinds, packaging_kinds, why_unsuitable
    from voltloop.compliance.rulebook import Rulebook, load_rulebook
    from voltloop.compliance.stoppage import PlannedWork, stopped_work
    from voltloop.compliance.storage import StorageBook, load_storage_book
    from voltloop.compliance.storage_headroom import Headroom, StoreArea, headroom
    from voltloop.compliance.storage_result import StoreResult, check_store
    from voltloop.compliance.tunnels import check_route
    from voltloop.compliance.work import Work, work_of

__all__ = [
    "BATTERY_CATEGORIES",
    "CREDENTIAL_COLUMNS",
    "NOTE_MARK",
    "VERDICT_COLUMNS",
    "BatteryDuty",
    "BorderProcedure",
    "Case",
    "Considered",
    "CredentialSchema",
    "CredentialTable",
    "Entitlement",
    "Explanation",
    "Fired",
    "Headroom",
    "Load",
    "LoadObligations",
    "LoadProfile",
    "PackagingKinds",
    "PlannedWork",
    "RequirementAnswer",
    "Rulebook",
    "Step",
    "StorageBook",
    "StorageRule",
    "StorageRules",
    "StoreArea",
    "StoreResult",
    "VehicleFacts",
    "VerdictKinds",
    "Work",
    "ask_whom",
    "battery_duties",
    "border_procedure",
    "check_load",
    "check_route",
    "check_store",
    "classify",
    "classify_kinds",
    "classify_one",
    "differences",
    "explain",
    "headroom",
    "lapsing",
    "load_obligations",
    "load_rulebook",
    "load_storage_book",
    "mode_between",
    "packaging_kinds",
    "read_cases",
    "read_credentials",
    "renewal_calendar",
    "renewals",
    "review_credentials",
    "stopped_work",
    "storage_rules",
    "who_may_carry",
    "why_unsuitable",
    "work_of",
]

_HOME = {
    "battery_regulation": ("BATTERY_CATEGORIES", "BatteryDuty", "battery_duties"),
    "cases": ("Case", "differences", "read_cases"),
    "check": ("VehicleFacts", "check_load"),
    "classifier": (
        "NOTE_MARK", "VERDICT_COLUMNS", "VerdictKinds", "ask_whom", "classify", "classify_kinds",
    ),
    "countries": (
        "BorderProcedure", "StorageRule", "StorageRules", "border_procedure", "mode_between", "storage_rules",
    ),
    "credentials": ("CREDENTIAL_COLUMNS", "CredentialSchema", "CredentialTable", "read_credentials"),
    "entitlement": ("Entitlement", "RequirementAnswer", "who_may_carry"),
    "explanation": ("Considered", "Explanation", "Fired", "Step", "explain"),
    "load": ("Load", "LoadProfile"),
    "obligations": ("LoadObligations", "load_obligations"),
    "one": ("classify_one",),
    "packagings": ("PackagingKinds", "packaging_kinds", "why_unsuitable"),
    "lapses": ("lapsing", "renewal_calendar", "renewals", "review_credentials"),
    "rulebook": ("Rulebook", "load_rulebook"),
    "stoppage": ("PlannedWork", "stopped_work"),
    "tunnels": ("check_route",),
    "storage": ("StorageBook", "load_storage_book"),
    "storage_headroom": ("Headroom", "StoreArea", "headroom"),
    "storage_result": ("StoreResult", "check_store"),
    "work": ("Work", "work_of"),
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Give a public name from the file that has it, read only when it is first asked for."""
    for home, names in _HOME.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
