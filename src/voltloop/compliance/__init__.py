"""The law, compiled: what a battery is and how it may travel."""

from __future__ import annotations

from voltloop.compliance.classify import VERDICT_COLUMNS, ask_whom, classify
from voltloop.compliance.rulebook import Rulebook, load_rulebook

__all__ = ["VERDICT_COLUMNS", "Rulebook", "ask_whom", "classify", "load_rulebook"]
