"""The report of a plan: one self-contained page with findings, map, tours, cost and carbon."""

from voltloop.documents.report.data import (
    ATTRIBUTIONS,
    Assumption,
    Outline,
    PlanFile,
    ReportData,
    Totals,
    TourLine,
)
from voltloop.documents.report.entries import findings_of_entries
from voltloop.documents.report.page import render

__all__ = [
    "ATTRIBUTIONS",
    "Assumption",
    "Outline",
    "PlanFile",
    "ReportData",
    "Totals",
    "TourLine",
    "findings_of_entries",
    "render",
]
