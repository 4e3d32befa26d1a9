"""Fields of events: whatever a query may ask for is filed under the name and key that the query will ask for."""

from __future__ import annotations

from uuid import UUID

from voltloop.epcis.identifiers import key_of
from voltloop.ledger.fields import field_rows
from voltloop.ledger.names import TIMES, extension_name, name_key, qualified, scalar_key

CONTEXT = {"example": "https://example.com/ns/"}


def _values(event: dict[str, object], name: str) -> list[tuple[UUID | None, float | None]]:
    return [
        (value, number) for named, value, number, _ in field_rows(event, CONTEXT) if named == name_key(name)
    ]


def test_a_plain_event_needs_no_rows() -> None:
    """Most events say nothing beyond the columns: they cost nothing here."""
    event = {
        "type": "ObjectEvent",
        "eventTime": "2026-01-01T00:00:00Z",
        "epcList": ["urn:epc:id:sgtin:9521234.012345.1"],
        "bizStep": "shipping",
        "readPoint": {"id": "urn:epc:id:sgln:9521234.00001.0"},
    }
    assert field_rows(event, {}) == []


def test_rows_are_unique_by_name_and_position() -> None:
    """The primary key of the table is name and position: equal values of one name are filed once."""
    event = {"example:list": ["a", "b", "a", {"example:in": "a"}], "example:one": "a"}
    rows = field_rows(event, CONTEXT)
    assert len({(name, position) for name, _, _, position in rows}) == len(rows)
    assert len(_values(event, "/{https://example.com/ns}list")) == 3


def test_typed_references_are_found_by_type_in_both_spellings() -> None:
    """A purchase order is filed under its type; a party by its key, whatever its spelling."""
    event = {
        "bizTransactionList": [
            {"type": "po", "bizTransaction": "http://example.com/po/1"},
            {"bizTransaction": "http://example.com/untyped"},
        ],
        "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:9521234.00001"}],
    }
    assert _values(event, "bizTransaction/po") == [(key_of("http://example.com/po/1"), None)]
    assert _values(event, "source/owning_party") == [(key_of("https://id.gs1.org/417/9521234000013"), None)]
    assert len(field_rows(event, CONTEXT)) == 2


def test_texts_that_look_like_numbers_stay_texts() -> None:
    """A lot number 007 is no number when asked for equality, but compares as one when asked for more or less."""
    event = {"ilmd": {"cbvmda:lotNumber": "007"}}
    name = extension_name("ILMD", False, qualified("cbvmda:lotNumber", {}))
    assert _values(event, name) == [(key_of("007"), 7.0)]
    assert scalar_key(7, {}) == scalar_key(7.0, {}) != key_of("7")


def test_instants_are_filed_by_their_seconds_too() -> None:
    """Times in two zones compare by the instant."""
    one = _values({"example:at": "1970-01-01T01:00:00+01:00"}, f"{TIMES}/{{https://example.com/ns}}at")
    assert one == [(None, 0.0)]


def test_inner_fields_are_found_at_any_depth_but_not_at_the_top() -> None:
    """INNER means within an extension field, however deep, also within lists."""
    event = {"example:top": [{"example:mid": {"example:deep": 5}}]}
    assert _values(event, "//{https://example.com/ns}deep") == [(scalar_key(5, {}), 5.0)]
    assert _values(event, "/{https://example.com/ns}deep") == []
    assert _values(event, "//{https://example.com/ns}mid") == [(None, None)]
    assert _values(event, "/{https://example.com/ns}top") == [(None, None)]


def test_compact_values_are_filed_in_full() -> None:
    """A value such as example:product means the same under another prefix of the same namespace."""
    name = "/{https://example.com/ns}feature"
    assert _values({"example:feature": "example:cell"}, name) == [
        (key_of("https://example.com/ns/cell"), None)
    ]


def test_error_declarations_are_filed_with_their_extensions() -> None:
    """Reason, corrective events and extensions of an error declaration have names of their own."""
    event = {
        "errorDeclaration": {
            "declarationTime": "2026-01-02T00:00:00Z",
            "reason": "incorrect_data",
            "correctiveEventIDs": ["urn:uuid:1", "urn:uuid:2"],
            "example:by": "me",
        }
    }
    assert _values(event, "errorReason") == [(key_of("incorrect_data"), None)]
    assert len(_values(event, "correctiveEventID")) == 2
    assert _values(event, "ERROR_DECLARATION/{https://example.com/ns}by") == [(key_of("me"), None)]
