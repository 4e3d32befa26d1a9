"""Findings of a list, entry by entry, as one table."""

from __future__ import annotations

from voltloop.documents.report import findings_of_entries


def test_each_finding_becomes_a_row_and_silent_entries_none() -> None:
    entries = [
        {"row": 1, "status": "ignored", "findings": []},
        {
            "row": 3,
            "status": "review",
            "findings": [
                {"code": "a", "field": "soh", "raw": "85", "value": 0.85, "confidence": 0.9},
                {
                    "code": "b",
                    "field": "",
                    "raw": None,
                    "value": None,
                    "confidence": 1,
                    "message": "See row 2.",
                },
            ],
        },
    ]
    frame = findings_of_entries(entries)
    assert frame.rows() == [
        (3, "review", "a", "soh", "85", "0.85", 0.9, None),
        (3, "review", "b", "", None, None, 1.0, "See row 2."),
    ]


def test_no_findings_give_an_empty_table_with_its_columns() -> None:
    assert findings_of_entries([]).columns[:3] == ["row", "status", "code"]
