"""Fields that a person completes."""

from __future__ import annotations

from voltloop.documents.open_fields import OpenFields


def test_a_given_value_is_printed_and_a_missing_one_is_asked_for_once() -> None:
    fields = OpenFields()
    assert fields.given("B-VL 1", "Registration", "carrier") == "B-VL 1"
    assert fields.rows == []
    for nothing in (None, "", "  "):
        assert fields.given(nothing, "Registration", "carrier") == {
            "blank": "carrier",
            "what": "Registration",
        }
    assert fields.rows == [{"what": "Registration", "who": "carrier", "cite": ""}]
