"""The law, compiled: what a battery is and how it may travel.

Decision support, never legal advice: a trained person signs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voltloop.compliance.battery_regulation import BATTERY_CATEGORIES, BatteryDuty, battery_duties
    from voltloop.compliance.cases import Case, differences, read_cases
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
    from voltloop.compliance.credentials.entitlement import Entitlement, RequirementAnswer, who_may_carry
    from voltloop.compliance.credentials.lapses import lapsing, renewal_calendar, renewals, review_credentials
    from voltloop.compliance.credentials.stoppage import PlannedWork, stopped_work
    from voltloop.compliance.credentials.table import (
        CREDENTIAL_COLUMNS,
        CredentialSchema,
        CredentialTable,
        read_credentials,
    )
    from voltloop.compliance.credentials.work import Work, work_of
    from voltloop.compliance.explanation import Considered, Explanation, Fired, Step, explain
    from voltloop.compliance.loads.check import VehicleFacts, check_load
    from voltloop.compliance.loads.load import Load, LoadProfile
    from voltloop.compliance.loads.obligations import LoadObligations, load_obligations
    from voltloop.compliance.loads.tunnels import check_route
    from voltloop.compliance.one import classify_one
    from voltloop.compliance.packagings import PackagingKinds, packaging_kinds, why_unsuitable
    from voltloop.compliance.rulebook import Rulebook, load_rulebook
    from voltloop.compliance.storage.book import StorageBook, load_storage_book
    from voltloop.compliance.storage.headroom import Headroom, StoreArea, headroom
    from voltloop.compliance.storage.result import StoreResult, check_store

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
    "loads.check": ("VehicleFacts", "check_load"),
    "classifier": (
        "NOTE_MARK", "VERDICT_COLUMNS", "VerdictKinds", "ask_whom", "classify", "classify_kinds",
    ),
    "countries": (
        "BorderProcedure", "StorageRule", "StorageRules", "border_procedure", "mode_between", "storage_rules",
    ),
    "credentials.table": ("CREDENTIAL_COLUMNS", "CredentialSchema", "CredentialTable", "read_credentials"),
    "credentials.entitlement": ("Entitlement", "RequirementAnswer", "who_may_carry"),
    "explanation": ("Considered", "Explanation", "Fired", "Step", "explain"),
    "loads.load": ("Load", "LoadProfile"),
    "loads.obligations": ("LoadObligations", "load_obligations"),
    "one": ("classify_one",),
    "packagings": ("PackagingKinds", "packaging_kinds", "why_unsuitable"),
    "credentials.lapses": ("lapsing", "renewal_calendar", "renewals", "review_credentials"),
    "rulebook": ("Rulebook", "load_rulebook"),
    "credentials.stoppage": ("PlannedWork", "stopped_work"),
    "loads.tunnels": ("check_route",),
    "storage.book": ("StorageBook", "load_storage_book"),
    "storage.headroom": ("Headroom", "StoreArea", "headroom"),
    "storage.result": ("StoreResult", "check_store"),
    "credentials.work": ("Work", "work_of"),
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Give a public name from the file that has it, read only when it is first asked for."""
    for home, names in _HOME.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
