"""What becomes of each battery."""

from voltloop.treatment.allocation import Allocation, allocate
from voltloop.treatment.choice import TREATMENTS_SCHEMA, Decision, choose, decide
from voltloop.treatment.contracts import CONTRACTS_SCHEMA
from voltloop.treatment.holding import hold_scores
from voltloop.treatment.matching import Matching, SetKind, match_sets
from voltloop.treatment.rules import TREATMENTS, battery_facts, permitted
from voltloop.treatment.sites import ACCEPTS_SCHEMA, SiteReading, read_sites, site_accepts
from voltloop.treatment.waiting import Waiting

__all__ = [
    "ACCEPTS_SCHEMA",
    "CONTRACTS_SCHEMA",
    "TREATMENTS",
    "TREATMENTS_SCHEMA",
    "Allocation",
    "Decision",
    "Matching",
    "SetKind",
    "SiteReading",
    "Waiting",
    "allocate",
    "battery_facts",
    "choose",
    "decide",
    "hold_scores",
    "match_sets",
    "permitted",
    "read_sites",
    "site_accepts",
]
