"""What cannot be asked is refused in words, under the standard's name for it."""

from __future__ import annotations

import pytest

from voltloop.ledger.query_model import QueryError
from voltloop.ledger.query_parameters import parse_json, parse_url

PARAMETER = "QueryParameterException"

REFUSED: list[tuple[str, str, str]] = [
    ("EQ_bizstep", "shipping", 'Did you mean "EQ_bizStep"?'),
    ("bizStep", "shipping", "no query parameter"),
    ("EQ_myField", "1", "no query parameter"),
    ("EQ_bizStep", "shiping", 'Did you mean "shipping"?'),
    ("EQ_bizStep", "", "at least one character"),
    ("EQ_bizStep", "shipping|", "at least one character"),
    ("EQ_disposition", "transforming", "disposition"),
    ("EQ_action", "add", "one of ADD, OBSERVE, DELETE"),
    ("eventType", "ObjectEvents", 'Did you mean "ObjectEvent"?'),
    ("GE_eventTime", "2026-01-01T10:00:00", "with a zone"),
    ("GE_eventTime", "2026-01-01", "with a zone"),
    ("GE_eventTime", "2026-13-01T10:00:00Z", "with a zone"),
    ("GE_eventTime", "9999-12-31T23:59:59-14:00", "with a zone"),
    ("GE_eventTime", "2026-01-01T10:00:00 02:00", "%2B"),
    ("GE_eventTime", "2026-01-01T10:00:00Z|2026-01-02T10:00:00Z", "takes one"),
    ("EQ_eventTime", "2026-01-01T10:00:00Z", "no query parameter"),
    ("GT_eventTime", "2026-01-01T10:00:00Z", 'Did you mean "LT_eventTime"?'),
    ("EQ_readPoint", "hall 7", "a URI"),
    ("EQ_readPoint", "hall", "a URI"),
    ("MATCH_epc", "urn:epc:idpat:sgtin:95.*.*", "company prefix"),
    ("MATCH_epc", "urn:epc:idpat:sgtni:9521234.*.*", "sgtin"),
    ("MATCH_epc", "urn:epc:idpat:sgtin:9521234.[1-5].*", "range"),
    ("EQ_bizTransaction_purchase", "urn:x:1", "type"),
    ("EQ_quantity", "three", "a number"),
    ("EQ_quantity", "NaN", "a number"),
    ("GE_value_CEL", "1e999", "a number"),
    ("GE_value_CEL", "1|2", "takes one"),
    ("EQ_value_celsius", "1", "no query parameter"),
    ("EQ_booleanValue", "yes", "true or false"),
    ("GE_example:level", "high", "a number, or a date and time"),
    ("EQ_example:level", "", "a value"),
    ("EQATTR_packaging_urn:x:colour", "red", "no field whose values master data describes"),
    ("orderBy", "quantity", "eventTime, recordTime or an extension field"),
    ("eventType", "urn:x:\x00", "NUL"),
    ("EQ_stringValue", "\ud800", "surrogate"),
    ("orderDirection", "down", "one of ASC, DESC"),
    ("maxEventCount", "-1", "0 or more"),
    ("maxEventCount", "1.5", "whole number"),
]


@pytest.mark.parametrize(("name", "value", "words"), REFUSED)
def test_a_bad_parameter_is_told_by_name_value_and_what_was_expected(
    name: str, value: str, words: str
) -> None:
    """The message names the parameter and says what would do."""
    with pytest.raises(QueryError) as refusal:
        parse_url([(name, value)], {"example": ["https://example.com/ns/"]})
    assert refusal.value.exception == PARAMETER
    assert words in refusal.value.message
    assert name in refusal.value.message


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([("eventCountLimit", "1")], "needs orderBy"),
        ([("eventCountLimit", "1"), ("maxEventCount", "1"), ("orderBy", "eventTime")], "exclude each other"),
        ([("orderDirection", "ASC"), ("orderDirection", "DESC")], "takes one"),
    ],
)
def test_limits_that_contradict_are_refused(pairs: list[tuple[str, str]], words: str) -> None:
    """The standard forbids both limits together, and a cut without an order."""
    with pytest.raises(QueryError, match=words):
        parse_url(pairs, {})


@pytest.mark.parametrize(
    "query", [None, [], "EQ_bizStep=shipping", {"EQ_bizStep": [["shipping"]]}, {"EQ_action": {}}]
)
def test_a_json_query_of_another_shape_is_not_valid(query: object) -> None:
    """Neither list nor text is a query, and no parameter holds objects."""
    with pytest.raises(QueryError) as refusal:
        parse_json(query, {})
    assert refusal.value.exception == "QueryValidationException"


@pytest.mark.parametrize(
    "query",
    [
        {"EQ_bizStep": []},
        {"EQ_bizStep": [7]},
        {"EQ_bizStep": None},
        {"GE_quantity": []},
        {"EQ_quantity": []},
        {"EQ_quantity": [True]},
        {"EQ_example:field": []},
        {"EQ_example:field": None},
        {"MATCH_epc": ["no uri"]},
        {"GE_eventTime": 7},
        {"HASATTR_bizLocation": []},
        {"EQATTR_bizLocation_urn:x:a": []},
        {"maxEventCount": "many"},
        {"eventCountLimit": 2**63, "orderBy": "eventTime"},
    ],
)
def test_json_values_of_a_wrong_kind_are_refused(query: dict[str, object]) -> None:
    """Empty lists and values of another type are errors of the parameter, not of the program."""
    with pytest.raises(QueryError) as refusal:
        parse_json(query, {})
    assert refusal.value.exception == PARAMETER


def test_queries_are_told_apart_whatever_the_order_of_their_parameters() -> None:
    """The fingerprint seals tokens of pages: same question, same fingerprint."""
    one = parse_url([("EQ_action", "ADD"), ("EQ_bizStep", "shipping")], {})
    other = parse_url([("EQ_bizStep", "shipping"), ("EQ_action", "ADD")], {})
    assert one.fingerprint == other.fingerprint
    assert one.fingerprint != parse_url([("EQ_action", "ADD")], {}).fingerprint
    assert (
        one.fingerprint
        != parse_url([("EQ_action", "ADD")], {}, presets=[("EQ_bizStep", "packing")]).fingerprint
    )
