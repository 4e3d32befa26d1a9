"""Draw the page of a report."""

from __future__ import annotations

from voltloop.documents.report.data import ReportData

__all__ = ["render"]


def render(data: ReportData) -> str:
    """Give the report as one HTML page that loads nothing from outside."""
    return f"<!doctype html><title>{data.on:%Y-%m-%d}</title>"
