"""A step that is carried out gives the planned events again, with what was found otherwise."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from voltloop.app.steps import Found, actual_events, packed_under, step_things
from voltloop.errors import InputError

AT = datetime(2026, 11, 24, 8, 5, tzinfo=UTC)
A, B, LOT, ONE, TWO, LOAD = (
    f"https://id.example.com/{name}" for name in ("a", "b", "lot", "one", "two", "load")
)


def _event(kind: str, step: str, **says: object) -> dict[str, object]:
    shared = {"type": kind, "eventID": f"urn:x:{step}:{len(says)}:{says.get('parentID')}", "bizStep": step}
    return shared | {"eventTime": "2026-11-24T08:00:00.000Z", "action": "ADD"} | says


def _planned() -> list[dict[str, object]]:
    lot = [{"epcClass": LOT, "quantity": 12}]
    return [
        _event("AggregationEvent", "packing", parentID=ONE, childEPCs=[A], **{"voltloop:mode": "road_eu"}),
        _event("AggregationEvent", "packing", parentID=TWO, childEPCs=[B], childQuantityList=lot),
        _event("AggregationEvent", "loading", parentID=LOAD, childEPCs=[ONE, TWO]),
        _event("ObjectEvent", "accepting", epcList=[A, B], quantityList=lot),
        _event("ObjectEvent", "departing", epcList=[LOAD]),
    ]


def test_as_planned_every_event_comes_again_with_the_actual_time() -> None:
    planned = _planned()
    actual = actual_events(planned, Found(AT, "A. Driver"))
    assert [event["bizStep"] for event in actual] == [event["bizStep"] for event in planned]
    for before, after in zip(planned, actual, strict=True):
        assert after["eventTime"] == "2026-11-24T08:05:00.000+00:00"
        assert after["voltloop:planned"] == before["eventID"] != after["eventID"]
        assert (after["voltloop:status"], after["voltloop:person"]) == ("actual", "A. Driver")


def test_the_same_step_twice_is_the_same_events() -> None:
    assert actual_events(_planned(), Found(AT)) == actual_events(_planned(), Found(AT))


def test_what_is_missing_leaves_every_list_and_its_empty_package_too() -> None:
    actual = actual_events(_planned(), Found(AT, missing=frozenset({A})))
    assert [event["bizStep"] for event in actual] == ["packing", "loading", "accepting", "departing"]
    assert actual[0]["parentID"] == TWO
    assert actual[1]["childEPCs"] == [TWO]
    assert actual[2]["epcList"] == [B]


def test_a_missing_lot_leaves_the_package_of_the_others() -> None:
    actual = actual_events(_planned(), Found(AT, missing=frozenset({LOT})))
    assert "childQuantityList" not in actual[1]
    assert actual[1]["childEPCs"] == [B]
    assert "quantityList" not in actual[3]


def test_when_nothing_is_there_only_the_departure_remains() -> None:
    actual = actual_events(_planned(), Found(AT, missing=frozenset({A, B, LOT})))
    assert [event["bizStep"] for event in actual] == ["departing"]


def test_what_came_on_top_is_loaded_and_handed_over() -> None:
    extra = "https://id.example.com/c"
    actual = actual_events(_planned(), Found(AT, extra=(extra,)))
    assert extra in actual[2]["childEPCs"]
    assert extra in actual[3]["epcList"]
    assert extra not in actual[4]["epcList"]


def test_a_damaged_one_is_told_by_an_event_of_its_own() -> None:
    told = actual_events(_planned(), Found(AT, damaged=frozenset({B})))[-1]
    assert (told["bizStep"], told["disposition"], told["epcList"]) == ("inspecting", "damaged", [B])


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Found(AT, missing=frozenset({"urn:x:no"})), '"urn:x:no" is said to be missing'),
        (Found(AT, damaged=frozenset({ONE})), "is said to be damaged"),
        (Found(AT, extra=(A,)), "is said to be extra, and the plan has it"),
    ],
)
def test_what_the_step_does_not_speak_of_is_refused_in_words(found: Found, words: str) -> None:
    with pytest.raises(InputError, match="is said to be") as caught:
        actual_events(_planned(), found)
    assert words in caught.value.message


def test_things_and_the_package_of_a_battery() -> None:
    assert step_things(_planned()) == {A, B, LOT}
    assert packed_under(_planned(), A)["voltloop:mode"] == "road_eu"
    assert packed_under(_planned(), "urn:x:no") == {}
