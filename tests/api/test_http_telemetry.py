"""Readings by HTTP: every media type, every count, what follows, and retention by month."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from http_cases import TestClient, served
from voltloop.epcis.readings import reading
from voltloop.errors import InputError
from voltloop.ledger.capture import capture_events
from voltloop.ledger.telemetry.eta import scores
from voltloop.ledger.telemetry.lists import drop_before
from voltloop.ledger.telemetry.store import store_readings

NOW = datetime.now(UTC).replace(microsecond=0)
LOAD = "urn:epc:id:sscc:9521234.1000000001"
YARD = "urn:epc:id:sgln:9521234.00001.0"
LOGGER = "urn:dev:mac:0024befffe804ff1"


@pytest.fixture
def client(ledger: Engine, tmp_path: Path) -> Iterator[TestClient]:
    with served(ledger, tmp_path) as found:
        yield found


def send(client: TestClient, body: Any, kind: str = "application/json") -> dict[str, Any]:
    answer = client.post("/telemetry/readings", content=json.dumps(body), headers={"Content-Type": kind})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    assert told["rows"] == told["accepted"] + told["already"] + len(told["rejected"])
    return told


def told(minutes: float, **values: Any) -> dict[str, Any]:
    position = values.pop("position", None)
    at = (NOW - timedelta(minutes=minutes)).isoformat()
    made: dict[str, Any] = {"device": LOGGER, "measured_at": at, "values": values}
    return made | ({"position": position} if position else {})


def bind(client: TestClient, days: int = 1) -> None:
    body = {"thing": LOAD, "from_at": (NOW - timedelta(days=days)).isoformat()}
    assert client.put(f"/telemetry/devices/{LOGGER}", json=body).status_code == 200


def test_rows_in_are_accepted_there_already_or_rejected(client: TestClient) -> None:
    body = [
        told(5, temperature=20),
        told(4, temperature=21),
        told(4, temperature=21),
        told(3, temperature="warm"),
    ]
    first = send(client, {"readings": body})
    assert (first["rows"], first["accepted"], first["already"]) == (4, 2, 1)
    assert [one["code"] for one in first["rejected"]] == ["value-no-number"]
    again = send(client, body)
    assert (again["accepted"], again["already"]) == (0, 3)
    letters = client.get("/telemetry/dead-letters").json()["dead_letters"]
    assert [one["code"] for one in letters] == ["value-no-number"] * 2
    senml = [{"bn": f"{LOGGER}:", "n": "temperature", "u": "Cel", "v": 20, "t": -600}]
    assert send(client, senml, "application/senml+json")["accepted"] == 1
    event = {"specversion": "1.0", "id": "1", "source": "/a", "type": "reading", "data": told(2, humidity=40)}
    assert send(client, [event], "application/cloudevents-batch+json")["accepted"] == 1
    found = client.get(f"/telemetry/devices/{LOGGER}/readings", params={"metric": "temperature"}).json()
    assert sorted(one["number"] for one in found["readings"]) == [20.0, 20.0, 21.0]
    assert {"measured_at", "received_at", "uom"} <= set(found["readings"][0])


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[", "application/senml+json", 400),
        (b"{}", "application/senml+json", 400),
        (b"[]", "text/plain", 415),
    ],
)
def test_bodies_that_cannot_be_read_are_problems(
    client: TestClient, body: bytes, kind: str, status: int
) -> None:
    answer = client.post("/telemetry/readings", content=body, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_conditions_and_conclusions_of_a_load(client: TestClient, ledger: Engine) -> None:
    """Own limits; the link in the event leads to the readings that it rests on."""
    bind(client)
    limits = [{"rule": "cool", "metric": "temperature", "limit": 8}]
    assert client.put(f"/telemetry/things/{LOAD}/conditions", json={"limits": limits}).status_code == 200
    assert send(client, [told(10, temperature=20), told(5, temperature=4)])["told"] == 2
    found = client.get(f"/telemetry/things/{LOAD}/conclusions").json()["conclusions"]
    assert [(one["kind"], one["rule"]) for one in found] == [
        ("excursion-start", "cool"),
        ("excursion-end", "cool"),
    ]
    with ledger.connect() as connection:
        by_id = text("SELECT document FROM event WHERE event_id = :id")
        event = json.loads(connection.scalars(by_id, {"id": found[1]["events"][0]}).one())
    link = event["sensorElementList"][0]["sensorMetadata"]["rawData"]
    assert [one["number"] for one in client.get(link).json()["readings"]] == [20.0, 4.0]
    present = client.get(f"/telemetry/things/{LOAD}/latest").json()["readings"]
    assert [(one["metric"], one["number"]) for one in present] == [("temperature", 4.0)]
    wrong = client.put(f"/telemetry/things/{LOAD}/conditions", json={"goods": "batery"})
    assert (wrong.status_code, "batteries" in wrong.json()["detail"]) == (400, True)


def fence(client: TestClient) -> None:
    shape = {"type": "Circle", "center": [13.4, 52.5], "radius_m": 500}
    answer = client.put("/telemetry/fences/yard", json={"shape": shape, "place": YARD, "dwell_s": 0})
    assert answer.status_code == 200, answer.text


def test_fences_by_http(client: TestClient) -> None:
    bind(client)
    fence(client)
    here = {"latitude": 52.5, "longitude": 13.4, "accuracy_m": 10}
    assert send(client, [told(5, position=here)])["told"] == 1
    assert [one["id"] for one in client.get("/telemetry/fences").json()["fences"]] == ["yard"]
    assert client.delete("/telemetry/fences/yard").json() == {"told": 0, "taken_back": 1}
    assert client.delete("/telemetry/fences/yard").status_code == 404
    assert client.put("/telemetry/fences/x", json={"shape": {"type": "Point"}}).status_code == 400


def test_arrivals_are_forecast_kept_and_scored(client: TestClient, ledger: Engine) -> None:
    """A forecast from 200 km away; being late is a finding; the arrival is by the fence, and scores the forecast."""
    planned = {
        "type": "ObjectEvent", "eventTime": (NOW + timedelta(minutes=30)).isoformat(), "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE", "bizStep": "arriving", "epcList": [LOAD], "readPoint": {"id": YARD},
        "bizLocation": {"id": YARD}, "voltloop:status": "planned",
    }  # fmt: skip
    with ledger.begin() as connection:
        capture_events(connection, [planned], {"voltloop": "https://voltloop.org/epcis/"}, now=NOW)
    bind(client)
    fence(client)
    assert send(client, [told(300, position={"latitude": 51.3, "longitude": 12.4})])["forecasts"] == 1
    found = client.get(f"/telemetry/things/{LOAD}/forecasts").json()["forecasts"]
    assert len(found) == 1
    assert 150 < found[0]["remaining_km"] < 260
    assert found[0]["source"] == "GreatCircle"
    assert send(client, [told(299, position={"latitude": 51.3, "longitude": 12.4})])["forecasts"] == 0
    with ledger.begin() as connection:
        connection.execute(text("UPDATE forecast SET issued_at = issued_at - INTERVAL '5 hours'"))
    here = {"latitude": 52.5, "longitude": 13.4, "accuracy_m": 10}
    assert send(client, [told(1, position=here)])["forecasts"] == 0
    with ledger.connect() as connection:
        (score,) = scores(connection, NOW - timedelta(days=1))
    assert (score.forecasts, score.lead_h) == (1, "4-12")


def test_a_load_that_will_be_late_is_a_finding(client: TestClient, ledger: Engine) -> None:
    planned = {
        "type": "ObjectEvent", "eventTime": (NOW + timedelta(minutes=5)).isoformat(), "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE", "bizStep": "arriving", "epcList": [LOAD], "bizLocation": {"id": YARD},
        "voltloop:status": "planned",
    }  # fmt: skip
    with ledger.begin() as connection:
        capture_events(connection, [planned], {"voltloop": "https://voltloop.org/epcis/"}, now=NOW)
    bind(client)
    fence(client)
    assert send(client, [told(1, position={"latitude": 48.1, "longitude": 11.6})])["forecasts"] == 1
    with ledger.connect() as connection:
        assert connection.scalars(text("SELECT code FROM finding")).all() == ["eta-late"]


def test_readings_are_dropped_by_whole_months(client: TestClient, ledger: Engine) -> None:
    """Conclusions stay; what comes late for a dropped month is refused with a reason; dry runs change nothing."""
    old = NOW - timedelta(days=70)
    with ledger.begin() as connection:
        store_readings(connection, [reading(LOGGER, "temperature", old, 80.0, sequence=1)], NOW)
    bind(client, 100)
    month = (NOW - timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0)
    for dry_run in (True, False):
        with ledger.begin() as connection:
            assert [name for name, _ in drop_before(connection, month, dry_run=dry_run)] == [
                f"reading_{old:%Ym%m}"
            ]
    late = told(0, temperature=81) | {"measured_at": old.isoformat()}
    assert [one["code"] for one in send(client, [late])["rejected"]] == ["reading-too-old"]
    assert send(client, [told(5, temperature=20)])["accepted"] == 1
    kinds = [one["kind"] for one in client.get(f"/telemetry/things/{LOAD}/conclusions").json()["conclusions"]]
    assert "excursion-start" in kinds
    with ledger.begin() as connection, pytest.raises(InputError, match="whole months"):
        drop_before(connection, NOW, dry_run=True)
