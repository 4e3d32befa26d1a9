"""What a report is drawn from."""

from __future__ import annotations

import dataclasses

import pytest

from report_cases import empty_plan
from voltloop.documents.report import ATTRIBUTIONS
from voltloop.documents.report.data import REQUIRED_COLUMNS, ReportData


def test_a_report_cannot_be_changed_after_it_was_made() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        empty_plan().title = "other"  # type: ignore[misc]


def test_every_required_column_belongs_to_a_frame_and_is_documented() -> None:
    names = {field.name for field in dataclasses.fields(ReportData)}
    assert set(REQUIRED_COLUMNS) <= names
    for column in {column for columns in REQUIRED_COLUMNS.values() for column in columns}:
        assert f"``{column}``" in (ReportData.__doc__ or "")


def test_every_field_is_documented() -> None:
    for field in dataclasses.fields(ReportData):
        assert field.name in (ReportData.__doc__ or "")


def test_licences_that_ask_for_credit_get_it() -> None:
    assert any("OpenStreetMap contributors" in credit and "ODbL" in credit for credit in ATTRIBUTIONS)
    assert any("Natural Earth" in credit for credit in ATTRIBUTIONS)
