"""Data points as the official guidance has them, and what is said of each that is missing or wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from passport_cases import AT, frame, official
from voltloop.errors import InputError
from voltloop.ledger.passport.checks import examine, refuse_faults
from voltloop.ledger.passport.points import CATEGORIES, by_name, data_points
from voltloop.ledger.passport.values import told, values_of

LETTERS = {"mandatory": "M", "optional": "O", "conditional": "C", "pending": "P", "notToBeFilled": "-"}
TIERS = {
    "public": {"public"},
    "legitimateInterest": {"legitimate", "individual"},
    "notifiedBodiesAndAuthorities": {"authority"},
}


def test_the_data_points_are_those_of_the_official_guidance() -> None:
    guidance = official("dpp-ready/ec-guidance-datapoints.json")["dataPoints"]
    points = data_points(AT.date())
    assert [one["nr"] for one in guidance] == list(points)
    for one in guidance:
        point = points[one["nr"]]
        for category in ("ev", "lmt", "industrial"):
            assert point.applies[category] == LETTERS[one["applicability"][category]["status"]], point.name
        assert point.applies["stationary"] == point.applies["industrial"]
        assert point.tier in TIERS[one["accessTier"]]
        assert point.is_dynamic == (one["lifecycle"] == "dynamic")
        assert bool(point.condition) == ("C" in point.applies.values())


def codes(record: dict[str, Any], at: datetime = AT) -> dict[str, str]:
    return {finding.field: finding.code for finding in examine(record, at)}


def test_missing_is_told_from_not_required() -> None:
    empty = frame(batteryCategory="ev")
    found = codes(empty)
    assert found["chemistry"] == "passport-point-missing"
    assert found["stateOfCertifiedEnergy"] == "passport-point-missing"
    assert found["carbonFootprintDeclaration"] == "passport-point-not-yet-required"
    assert found["warrantyPeriod"] == "passport-point-conditional"
    assert not {"manufacturerContact", "remainingCapacity", "materialComposition"} & found.keys()
    before = codes(empty, datetime(2027, 2, 17, tzinfo=UTC))
    assert "passport-point-missing" not in before.values()
    assert before["chemistry"] == "passport-point-not-yet-required"


def test_a_condition_says_whether_its_data_point_is_missing() -> None:
    record = frame(batteryCategory="ev")
    assert (
        codes(record | {"conditions": {"warrantyPeriod": True}})["warrantyPeriod"] == "passport-point-missing"
    )
    assert "warrantyPeriod" not in codes(record | {"conditions": {"warrantyPeriod": False}})
    words = next(one.message for one in examine(record, AT) if one.field == "warrantyPeriod")
    assert "a commercial warranty is given" in words


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_mandatory_data_point_is_asked_for_and_no_other(category: Any) -> None:
    found = codes(frame(batteryCategory=category))
    missing = {name for name, code in found.items() if code == "passport-point-missing"}
    needed = {point.name for point in data_points(AT.date()).values() if point.applies[category] == "M"}
    assert missing == needed - {
        "passportIdentifier",
        "responsibleOperator",
        "batteryCategory",
        "modelAndSerial",
    }


def test_a_passport_of_a_model_is_not_asked_for_what_one_battery_has() -> None:
    model = "https://id.gs1.org/01/09521002005004"
    record = frame(uniqueProductIdentifier=model, granularity="model", batteryCategory="ev")
    found = codes(record)
    levels = {by_name(AT.date())[name].level for name in found if name in by_name(AT.date())}
    assert levels == {"model"}
    assert codes(record | {"cycleCount": 3})["cycleCount"] == "passport-point-level"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("batteryWeight", {"value": 450, "unit": "g"}, ""),
        ("batteryWeight", {"value": 450, "unit": "V"}, "passport-point-unit"),
        ("batteryWeight", {"value": -1, "unit": "kg"}, "passport-point-range"),
        ("batteryWeight", "heavy", "passport-point-kind"),
        ("batteryWeight", "", "passport-point-kind"),
        ("batteryWeight", 10**400, "passport-point-range"),
        ("capacityFade", 101, "passport-point-range"),
        ("powerNow", {"value": 7.5, "unitCode": "KWT"}, ""),
        ("manufacturingDate", "2026-11", ""),
        ("manufacturingDate", "2026-13", "passport-point-date"),
        ("lifeStatus", "re-used", ""),
        ("lifeStatus", "sold", "passport-point-word"),
        ("instructionsForUse", "https://example.org", "passport-point-pending"),
        ("materialComposition", ["x"], "passport-point-not-to-be-filled"),
    ],
)
def test_a_wrong_value_is_told_by_its_data_point(name: str, value: Any, code: str) -> None:
    record = frame(batteryCategory="ev", **{name: value})
    found = [one for one in examine(record, AT) if one.field == name]
    assert [one.code for one in found] == ([code] if code else [])
    assert all(f"data point {by_name(AT.date())[name].number}, " in one.message for one in found)
    if code.rpartition("-")[2] in {"unit", "range", "kind", "word", "date"}:
        with pytest.raises(InputError, match="data point"):
            refuse_faults(record, AT)
    else:
        refuse_faults(record, AT)


def test_a_category_without_a_passport_is_said_to_be_none() -> None:
    assert codes(frame(batteryCategory="SLI")) == {"batteryCategory": "passport-category-unknown"}


def test_values_of_other_data_models_are_read_in_the_units_of_the_law() -> None:
    record = {"catenaX": official("examples/catenax/battery.battery_pass-6.1.0-BatteryPass.json")}
    points, said = data_points(AT.date()), values_of(record, AT.date())
    assert told(points[10], said[10]) == pytest.approx(0.02)
    assert told(points[61], said[61]) == 50
    assert said[61][0].at == "2023-12-07T10:39:13.576+01:00"
    ready = {"batteryPassReady": official("examples/batterypass-ready/ev.gefeg.json")["Battery_Passport"]}
    shares = values_of(ready, AT.date())
    assert [told(points[number], shares[number]) for number in (20, 21, 22)] == [6, 9, 5]


def test_a_day_before_the_first_edition_has_its_data_points() -> None:
    assert len(data_points(date(2024, 1, 1))) == 71
