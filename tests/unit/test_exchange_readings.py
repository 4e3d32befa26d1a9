"""SenML, plain JSON and CloudEvents end in the same readings; what cannot be read is refused with its reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from voltloop.exchange.json_readings import read_cloud_events, read_json
from voltloop.exchange.senml import read_senml

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
T = 1795504000


def test_base_fields_hold_for_all_records_that_follow() -> None:
    """RFC 8428 section 5.1.3: many readings under one base name, time and unit; v adds to bv."""
    pack = [
        {"bn": "urn:dev:ow:10e2073a0108006:", "bt": T, "bu": "Cel", "bv": 10, "n": "temperature", "v": 1},
        {"n": "temperature", "t": 10, "v": 2},
        {"n": "humidity", "u": "%RH", "v": 30, "t": 10},
    ]
    found = read_senml(json.dumps(pack), datetime.fromtimestamp(T + 60, UTC)).readings
    assert [(one.metric, one.number, one.uom) for one in found] == [
        ("temperature", 11.0, "CEL"), ("temperature", 12.0, "CEL"), ("humidity", 40.0, "P1"),
    ]  # fmt: skip
    assert {one.device for one in found} == {"urn:dev:ow:10e2073a0108006"}
    assert found[1].measured_at - found[0].measured_at == timedelta(seconds=10)


def test_small_times_count_from_now() -> None:
    """RFC 8428 section 4.5.3: below 2**28 seconds a time is relative."""
    pack = [
        {"n": "urn:dev:a:temperature", "u": "K", "v": 300, "t": -60},
        {"n": "urn:dev:a:temperature", "v": 20},
    ]
    found = read_senml(json.dumps(pack), NOW).readings
    assert found[0].measured_at == NOW - timedelta(minutes=1)
    assert found[0].number == pytest.approx(26.85)
    assert found[1].measured_at == NOW


def test_latitude_and_longitude_are_one_fix() -> None:
    pack = [{"bn": "urn:dev:a/", "n": "lat", "u": "lat", "v": 52.5}, {"n": "lon", "u": "lon", "v": 13.4}]
    batch = read_senml(json.dumps(pack), NOW)
    assert [(one.latitude, one.longitude) for one in batch.readings] == [(52.5, 13.4)]
    half = read_senml(json.dumps(pack[:1]), NOW)
    assert (half.readings, [one.code for one in half.refused]) == ([], ["position-incomplete"])


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"n": "urn:dev:a:temperature", "u": "Cel", "v": "warm"}, "senml-field"),
        ({"n": "urn:dev:a:temperature", "u": "Pa", "v": 1}, "unit-of-another-measure"),
        ({"n": "urn:dev:a:temperature", "u": "blob", "v": 1}, "unit-unknown"),
        ({"n": "temperature", "u": "Cel", "v": 1}, "senml-name"),
        ({"n": "urn:dev:a:temperature", "v": 1, "t": T * 2}, "measured-in-future"),
        ({"n": "urn:dev:a:temperature", "v": 1, "bver": 11}, "senml-version"),
        ({"n": "urn:dev:a:temperature", "v": 1, "strange_": 1}, "senml-must-understand"),
        ({"n": "urn:dev:a:temperature", "v": 1, "t": 300000000}, "measured-too-early"),
        (7, "senml-record"),
    ],
)
def test_records_that_cannot_be_read_are_refused_alone(record: object, code: str) -> None:
    """One bad record leaves the others, and says why."""
    batch = read_senml(json.dumps([{"n": "urn:dev:a:humidity", "u": "%RH", "v": 40}, record]), NOW)
    assert (len(batch.readings), [one.code for one in batch.refused]) == (1, [code])


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000])
def test_bodies_that_are_no_pack_are_refused(body: bytes) -> None:
    batch = read_senml(body, NOW)
    assert (batch.rows, len(batch.refused)) == (1, 1)


def test_plain_json_keeps_all_three_times_and_the_count() -> None:
    told = {
        "device": "logger-7", "measured_at": "2026-11-24T08:58:00+01:00", "sent_at": 1795506000000, "sequence": 4,
        "values": {"temperature": {"value": 212, "unit": "F"}, "rh": 40, "door_open": True, "note": "ok"},
        "position": {"latitude": 52.5, "longitude": 13.4, "accuracy_m": 12},
    }  # fmt: skip
    found = {one.metric: one for one in read_json(json.dumps(told), NOW + timedelta(days=1)).readings}
    assert found["temperature"].number == pytest.approx(100.0)
    assert found["temperature"].measured_at == datetime(2026, 11, 24, 7, 58, tzinfo=UTC)
    assert found["temperature"].sent_at == datetime.fromtimestamp(1795506000, UTC)
    assert (found["humidity"].number, found["door"].number, found["note"].words) == (40.0, 1.0, "ok")
    assert (found["position"].accuracy_m, found["position"].sequence) == (12.0, 4)
    assert found["door"].device == "https://id.voltloop.org/device/logger-7"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"device": None}, "device-missing"),
        ({"measured_at": "2026-11-24T08:00:00"}, "time-without-zone"),
        ({"measured_at": "soon"}, "time-invalid"),
        ({"measured_at": None}, "time-invalid"),
        ({"values": {}}, "values-missing"),
        ({"values": {"temperature": None}}, "value-no-number"),
        ({"values": {"temperature": 1e400}}, "value-no-number"),
        ({"sequence": -1}, "sequence-invalid"),
        ({"values": {}, "position": {"latitude": 91, "longitude": 0}}, "position-invalid"),
        ({"values": {}, "position": {"latitude": 0, "longitude": 0}}, "position-invalid"),
        ({"values": {}, "position": {"latitude": "52", "longitude": 13}}, "position-invalid"),
    ],
)
def test_plain_readings_that_cannot_be_read(change: dict[str, object], code: str) -> None:
    told = {"device": "a", "measured_at": "2026-11-24T07:00:00Z", "values": {"temperature": 1}} | change
    batch = read_json(json.dumps([told]), NOW)
    assert (batch.readings, [one.code for one in batch.refused]) == ([], [code])


def test_cloud_events_carry_readings() -> None:
    """A batch of events: JSON or SenML data, told once per source and id, each wrong one refused alone."""
    event = {
        "specversion": "1.0", "id": "1", "source": "/gateways/4", "type": "org.voltloop.reading", "subject": "logger-7",
        "time": "2026-11-24T07:59:59Z", "data": {"measured_at": "2026-11-24T07:59:00Z", "values": {"rh": 40}},
    }  # fmt: skip
    senml = event | {
        "id": "2", "datacontenttype": "application/senml+json", "data": [{"n": "temperature", "v": 20, "u": "Cel"}],
    }  # fmt: skip
    wrong = [event | {"id": "3", "specversion": "0.3"}, {"id": "4"}, 5]
    batch = read_cloud_events(json.dumps([event, event, senml, *wrong]), NOW)
    assert [one.metric for one in batch.readings] == ["humidity", "temperature"]
    assert batch.readings[0].sent_at == datetime(2026, 11, 24, 7, 59, 59, tzinfo=UTC)
    assert [one.code for one in batch.refused] == [
        "cloudevent-version",
        "cloudevent-invalid",
        "cloudevent-invalid",
    ]


def test_what_is_refused_is_kept_as_it_came() -> None:
    """Bytes that are no text are kept readable, without what a database cannot hold."""
    (refused,) = read_senml(b"warm\0\xff", NOW).refused
    assert refused.raw == "warm\\x00\\xff"
