"""From readings to events of the ledger: excursions, holds, arrivals; late readings take back what no longer holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import Engine, text

from voltloop.epcis import EventValidator
from voltloop.epcis.readings import Reading, position, reading
from voltloop.ledger.capture import capture_events
from voltloop.ledger.telemetry.devices import register
from voltloop.ledger.telemetry.settings import delete_fence, put_fence, set_conditions
from voltloop.ledger.telemetry.store import store_readings
from voltloop.ledger.telemetry.watch import conclude
from voltloop.ledger.where import where_is

DAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
NOW = DAY + timedelta(days=2)
LOGGER = "urn:epc:id:giai:9521234.77"
LOAD = "urn:epc:id:sscc:9521234.1000000001"
PACK = "urn:epc:id:sgtin:9521234.012345.7"
YARD = "urn:epc:id:sgln:9521234.00001.0"


def at(minutes: float) -> datetime:
    return DAY + timedelta(minutes=minutes)


def warm(minutes: float, degrees: float, metric: str = "temperature") -> Reading:
    return reading(LOGGER, metric, at(minutes), degrees)


def event(kind: str, minutes: float, **fields: Any) -> dict[str, Any]:
    return {
        "type": f"{kind}Event",
        "eventTime": at(minutes).isoformat(),
        "eventTimeZoneOffset": "+00:00",
    } | fields


def capture(ledger: Engine, *events: dict[str, Any]) -> None:
    with ledger.begin() as connection:
        capture_events(connection, list(events), {"voltloop": "https://voltloop.org/epcis/"}, now=NOW)


def tell(ledger: Engine, *readings: Reading) -> tuple[int, int]:
    with ledger.begin() as connection:
        store_readings(connection, readings, NOW)
    return look(ledger)


def look(ledger: Engine) -> tuple[int, int]:
    with ledger.begin() as connection:
        watched = conclude(connection, NOW)
    return watched.told, watched.voided


def standing(ledger: Engine) -> list[dict[str, Any]]:
    """All events of ours that nobody took back, by eventTime; each is valid EPCIS."""
    statement = text(
        "SELECT document FROM event e WHERE declared_at IS NULL AND NOT EXISTS (SELECT FROM voided v "
        "WHERE v.event_at = e.event_at AND v.record_at = e.record_at) ORDER BY event_at, record_at"
    )
    with ledger.connect() as connection:
        events = [json.loads(document) for document in connection.scalars(statement)]
    assert EventValidator().first_problem(events) is None
    own = {f"voltloop:{name}" for name in ("excursion", "finding", "geofence", "corridor")}
    return [one for one in events if own & one.keys()]


def words(ledger: Engine) -> list[tuple[str, str]]:
    found = []
    for one in standing(ledger):
        excursion = one.get("voltloop:excursion", {})
        found.append(
            (
                one.get("bizStep", ""),
                excursion.get("phase", "") and f"{excursion['rule']} {excursion['phase']}",
            )
        )
    return found


@pytest.fixture
def load(ledger: Engine) -> Engine:
    """A load with a pack in it and a logger on it."""
    capture(
        ledger,
        event("Aggregation", -60, action="ADD", bizStep="packing", parentID=LOAD, childEPCs=[PACK]),
        event("Association", -50, action="ADD", bizStep="installing", parentID=LOAD, childEPCs=[LOGGER]),
    )
    return ledger


def test_an_excursion_is_told_with_its_statistics_and_a_link(load: Engine) -> None:
    assert tell(load, *(warm(minute, 50 + minute / 10) for minute in range(0, 40, 5)), warm(40, 20)) == (2, 0)
    start, end = standing(load)
    assert (start["epcList"], start["bizStep"]) == ([LOAD], "sensor_reporting")
    element = end["sensorElementList"][0]
    assert element["sensorReport"] == [
        {
            "type": "Temperature", "uom": "CEL", "exception": "ALARM_CONDITION", "minValue": 50.0, "maxValue": 53.5,
            "meanValue": 51.75,
        }
    ]  # fmt: skip
    metadata = element["sensorMetadata"]
    assert (metadata["startTime"], metadata["endTime"]) == (
        "2026-11-23T08:00:00.000Z",
        "2026-11-23T08:40:00.000Z",
    )
    assert metadata["deviceID"] == LOGGER
    assert metadata["rawData"].startswith("https://id.voltloop.org/telemetry/devices/urn%3Aepc%3A")
    assert end["voltloop:excursion"]["peak"] == 53.5
    with load.connect() as connection:
        rows = connection.execute(text("SELECT code, message FROM finding")).all()
    assert [row[0] for row in rows] == ["condition-exceeded"]
    assert "temperature 53 CEL was measured, and max 45 CEL is the rule" in rows[0][1]


def test_readings_before_and_after_the_device_was_on_the_load_are_not_its(load: Engine) -> None:
    capture(
        load,
        event("Association", 100, action="DELETE", bizStep="removing", parentID=LOAD, childEPCs=[LOGGER]),
    )
    assert tell(load, warm(-55, 90), warm(101, 90)) == (0, 0)
    assert tell(load, warm(99, 90)) == (1, 0)


def test_a_severe_excursion_holds_the_load_and_what_is_in_it(load: Engine) -> None:
    tell(load, warm(0, 80))
    assert words(load) == [("sensor_reporting", "temperature_tested start"), ("holding", "")]
    with load.connect() as connection:
        for thing in (LOAD, PACK):
            assert where_is(connection, thing, NOW).document()["hold"] == "finding:condition-forbids"
        assert connection.scalars(text("SELECT code FROM finding")).all() == ["condition-forbids"]


def test_a_late_reading_takes_back_what_no_longer_holds(load: Engine) -> None:
    """Readings in between show that it was never warm for half an hour: the events are declared wrong."""
    assert tell(load, warm(0, 50), warm(35, 50), warm(40, 20)) == (2, 0)
    assert tell(load, warm(10, 20), warm(25, 20)) == (0, 2)
    assert standing(load) == []
    with load.connect() as connection:
        assert connection.execute(text("SELECT closed_at IS NULL, reason FROM finding")).all() == [
            (False, "The event was taken back.")
        ]
        reasons = connection.scalars(
            text(
                "SELECT document::json #>> '{errorDeclaration,reason}' FROM event WHERE declared_at IS NOT NULL"
            )
        ).all()
        assert set(reasons) == {"did_not_occur"}
        assert connection.scalar(text("SELECT measured_at FROM reading_now")) == at(40)


def test_a_late_hold_is_taken_back_too(load: Engine) -> None:
    put_own(
        load,
        [{"rule": "spoilt", "metric": "temperature", "limit": 30, "min_duration_s": 600, "severity": "hold"}],
    )
    tell(load, warm(0, 40), warm(11, 40))
    assert held(load)
    tell(load, warm(5, 20))
    assert not held(load)
    tell(load, warm(12, 40), warm(23, 40))
    assert held(load)


def put_own(ledger: Engine, limits: Sequence[dict[str, Any]]) -> None:
    with ledger.begin() as connection:
        set_conditions(connection, LOAD, NOW, limits=limits)


def held(ledger: Engine) -> bool:
    with ledger.connect() as connection:
        return where_is(connection, PACK, NOW).document()["hold"] is not None


@pytest.mark.parametrize("order", list(permutations(range(4)))[::5])
def test_the_order_of_arrival_makes_no_difference(load: Engine, order: tuple[int, ...]) -> None:
    parts = [
        [warm(0, 50), warm(20, 50), warm(31, 55)],
        [warm(60, 20), warm(90, 75)],
        [warm(25, 46), warm(61, 60, "humidity")],
        [
            warm(95, 60),
            warm(200, 30),
            position(LOGGER, at(30), 52.5, 13.4),
            position(LOGGER, at(31), 52.5, 13.4),
        ],
    ]
    for number in order:
        tell(load, *parts[number])
    assert words(load) == [
        ("sensor_reporting", "temperature_high start"),
        ("sensor_reporting", "temperature_high end"),
        ("sensor_reporting", "temperature_tested start"),
        ("holding", ""),
        ("sensor_reporting", "temperature_tested end"),
    ]


def test_a_binding_told_late_gives_the_readings_to_the_load(ledger: Engine) -> None:
    """Readings come first, the event that fixes the device afterwards; and the other way round when it is wrong."""
    assert tell(ledger, warm(0, 80)) == (0, 0)
    fixed = event("Association", -50, action="ADD", parentID=LOAD, childEPCs=[LOGGER], eventID="urn:uuid:1")
    fixed["eventID"] = "urn:uuid:00000000-0000-4000-8000-000000000001"
    capture(ledger, fixed)
    assert look(ledger) == (1, 0)
    declared = {"declarationTime": NOW.isoformat(), "reason": "did_not_occur"}
    capture(ledger, fixed | {"errorDeclaration": declared})
    assert look(ledger) == (0, 1)
    assert standing(ledger) == []


def test_a_registered_device_needs_no_event(ledger: Engine) -> None:
    with ledger.begin() as connection:
        register(connection, LOGGER, LOAD, at(0))
        register(connection, LOGGER, "urn:epc:id:sscc:9521234.1000000002", at(60))
    tell(ledger, warm(-1, 80), warm(59, 80), warm(61, 80))
    found = [one["epcList"][0][-1] for one in standing(ledger) if one["bizStep"] == "sensor_reporting"]
    assert found == ["1", "2"]


def test_damaged_goods_bear_less(load: Engine) -> None:
    """The rule follows from what is in the load at the time."""
    capture(
        load,
        event("Object", 30, action="OBSERVE", bizStep="inspecting", disposition="damaged", epcList=[PACK]),
    )
    tell(load, warm(0, 65), warm(10, 20), warm(70, 65))
    assert words(load) == [
        ("sensor_reporting", "temperature_high start"),
        ("sensor_reporting", "temperature_rising start"),
        ("holding", ""),
    ]


def fix(minutes: float, north_m: float) -> Reading:
    return position(LOGGER, at(minutes), 52.5 + north_m / 111_195, 13.4, 20.0)


def yard(ledger: Engine, radius_m: float = 500) -> None:
    shape = {"type": "Circle", "center": [13.4, 52.5], "radius_m": radius_m}
    with ledger.begin() as connection:
        put_fence(connection, "yard", shape, NOW, name="The yard", place=YARD, dwell_s=300)


def test_arrival_and_departure_move_the_load_and_its_contents(load: Engine) -> None:
    yard(load)
    tell(load, fix(0, 5000), fix(10, 100), fix(20, 0))
    with load.connect() as connection:
        assert where_is(connection, PACK, at(30)).document()["place"] == YARD
    tell(load, fix(60, 5000))
    with load.connect() as connection:
        assert where_is(connection, PACK, at(61)).document()["status"] == "under way"
    assert [(one["bizStep"], one["eventTime"]) for one in standing(load)] == [
        ("arriving", "2026-11-23T08:10:00.000Z"),
        ("departing", "2026-11-23T09:00:00.000Z"),
    ]


def test_a_changed_fence_is_worked_out_anew(load: Engine) -> None:
    """A fence drawn later finds the arrivals of before; a smaller one takes them back; one removed takes all."""
    tell(load, fix(0, 5000), fix(10, 400), fix(20, 400), fix(60, 5000))
    yard(load)
    assert look(load) == (2, 0)
    yard(load, 100)
    assert look(load) == (0, 2)
    yard(load, 500)
    assert look(load) == (2, 0)
    with load.begin() as connection:
        assert delete_fence(connection, "yard")
        assert not delete_fence(connection, "yard")
    assert look(load) == (0, 2)
    assert standing(load) == []


def test_a_load_that_leaves_its_way_is_a_finding(load: Engine) -> None:
    way = {"type": "Corridor", "coordinates": [[13.0, 52.5], [13.8, 52.5]], "width_m": 1000}
    with load.begin() as connection:
        set_conditions(connection, LOAD, NOW, corridor=way)
    tell(load, fix(0, 0), fix(10, 4000), fix(20, 100))
    assert [one["voltloop:corridor"]["corridor"] for one in standing(load)] == ["left", "kept"]
    with load.connect() as connection:
        assert connection.scalars(text("SELECT message FROM finding")).all() == [
            f"{LOAD}: it left its way at 2026-11-23T08:10:00.000Z and was 3000 m away."
        ]
