"""Sparkplug B: births, aliases, sequence numbers, deaths and stored data, as the specification has them."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltloop.exchange.sparkplug import Heard, Sparkplug
from voltloop.exchange.sparkplug_schema import BOOLEAN, DOUBLE, INT64, STRING, payload_type

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
MS = int(NOW.timestamp() * 1000)


def payload(seq: int | None, *metrics: dict[str, Any], at: int = MS) -> bytes:
    told = payload_type()(timestamp=at)
    if seq is not None:
        told.seq = seq
    for metric in metrics:
        unit = metric.pop("unit", None)
        made = told.metrics.add(**metric)
        if unit:
            made.properties.keys.append("engUnit")
            made.properties.values.add(type=STRING, string_value=unit)
    data: bytes = told.SerializeToString()
    return data


def born(sparkplug: Sparkplug, bd_seq: int = 0) -> None:
    """A node without values of its own, and its device with two metrics under aliases."""
    birth = payload(0, {"name": "bdSeq", "long_value": bd_seq, "datatype": INT64})
    assert sparkplug.hear("spBv1.0/Plant/NBIRTH/Edge", birth, NOW).answers == []
    device = payload(
        1,
        {"name": "Sensors/Temperature", "alias": 7, "datatype": DOUBLE, "double_value": 68.0, "unit": "degF"},
        {"name": "Door Open", "alias": 8, "datatype": BOOLEAN, "boolean_value": False},
    )
    heard = sparkplug.hear("spBv1.0/Plant/DBIRTH/Edge/Box", device, NOW)
    assert values(heard) == [("temperature", pytest.approx(20.0)), ("door", 0.0)]


def values(heard: Heard) -> list[tuple[str, Any]]:
    return [(one.metric, one.number) for one in heard.batch.readings]


def data(seq: int, *metrics: dict[str, Any], at: int = MS) -> tuple[str, bytes, datetime]:
    return "spBv1.0/Plant/DDATA/Edge/Box", payload(seq, *metrics, at=at), NOW


def test_data_under_an_alias_has_the_name_and_unit_of_the_birth() -> None:
    sparkplug = Sparkplug()
    born(sparkplug)
    heard = sparkplug.hear(*data(2, {"alias": 7, "double_value": 212.0}))
    assert values(heard) == [("temperature", pytest.approx(100.0))]
    assert heard.batch.readings[0].device == "https://id.voltloop.org/device/Plant/Edge/Box"
    assert (heard.batch.readings[0].measured_at, heard.batch.readings[0].sent_at) == (NOW, NOW)
    assert heard.answers == []


def test_the_sequence_wraps_at_255() -> None:
    sparkplug = Sparkplug()
    born(sparkplug)
    for number in range(2, 600):
        heard = sparkplug.hear(*data(number % 256, {"alias": 7, "double_value": 68.0}))
        assert (len(heard.batch.readings), heard.answers) == (1, [])


def test_a_gap_asks_for_a_rebirth_once_and_doubts_aliases() -> None:
    """What bears its name is taken; an alias might be another's by now. A birth ends the doubt."""
    sparkplug = Sparkplug()
    born(sparkplug)
    heard = sparkplug.hear(
        *data(4, {"alias": 7, "double_value": 68.0}, {"name": "humidity", "double_value": 40.0})
    )
    assert values(heard) == [("humidity", 40.0)]
    assert [one.code for one in heard.batch.refused] == ["sparkplug-alias"]
    assert [one.topic for one in heard.answers] == ["spBv1.0/Plant/NCMD/Edge"]
    asked = payload_type()()
    asked.ParseFromString(heard.answers[0].payload)
    assert (asked.metrics[0].name, asked.metrics[0].boolean_value) == ("Node Control/Rebirth", True)
    assert sparkplug.hear(*data(5, {"alias": 7, "double_value": 68.0})).answers == []
    born(sparkplug)
    assert values(sparkplug.hear(*data(2, {"alias": 7, "double_value": 68.0}))) == [("temperature", 20.0)]


def test_data_before_a_birth_asks_for_one() -> None:
    heard = Sparkplug().hear(*data(9, {"name": "temperature", "double_value": 20.0}))
    assert (values(heard), len(heard.answers)) == ([("temperature", 20.0)], 1)


def test_only_the_death_of_this_birth_counts() -> None:
    """A will of an earlier session may come late: its bdSeq is another."""
    sparkplug = Sparkplug()
    born(sparkplug, bd_seq=3)
    death = {"name": "bdSeq", "long_value": 2, "datatype": INT64}
    sparkplug.hear("spBv1.0/Plant/NDEATH/Edge", payload(None, dict(death)), NOW)
    assert sparkplug.is_alive("Plant", "Edge", "Box")
    sparkplug.hear("spBv1.0/Plant/NDEATH/Edge", payload(None, death | {"long_value": 3}), NOW)
    assert not sparkplug.is_alive("Plant", "Edge")
    assert len(sparkplug.hear(*data(2, {"alias": 7, "double_value": 68.0})).answers) == 1


def test_the_death_of_a_device_leaves_its_node() -> None:
    sparkplug = Sparkplug()
    born(sparkplug)
    sparkplug.hear("spBv1.0/Plant/DDEATH/Edge/Box", payload(2), NOW)
    assert (sparkplug.is_alive("Plant", "Edge"), sparkplug.is_alive("Plant", "Edge", "Box")) == (True, False)


def test_stored_data_keeps_the_time_of_its_measurement() -> None:
    sparkplug = Sparkplug()
    born(sparkplug)
    before = MS - 3_600_000
    stored = {"alias": 7, "double_value": 50.0, "timestamp": before, "is_historical": True}
    heard = sparkplug.hear(*data(2, stored))
    assert heard.batch.readings[0].measured_at == NOW - timedelta(hours=1)


def test_a_fix_takes_the_half_that_did_not_change_from_before() -> None:
    """Nodes report by exception: on the way north the longitude stays unsaid. Stored fixes stand for themselves."""
    sparkplug = Sparkplug()
    born(sparkplug)
    whole = (
        {"name": "Position/Latitude", "double_value": 52.5},
        {"name": "Position/Longitude", "double_value": 13.4},
    )
    sparkplug.hear(*data(2, *whole))
    heard = sparkplug.hear(*data(3, {"name": "Position/Latitude", "double_value": 52.6}))
    assert [(one.latitude, one.longitude) for one in heard.batch.readings] == [(52.6, 13.4)]
    half = {"name": "Position/Latitude", "double_value": 1.0, "is_historical": True}
    assert [one.code for one in sparkplug.hear(*data(4, half)).batch.refused] == ["position-incomplete"]


@pytest.mark.parametrize(
    ("datatype", "bits", "number"), [(1, 8, -5), (2, 16, -300), (3, 32, -70000), (4, 64, -(2**40))]
)
def test_signed_numbers_are_read_from_their_twos_complement(datatype: int, bits: int, number: int) -> None:
    field = "long_value" if bits == 64 else "int_value"
    metric = {"name": "x", "datatype": datatype, field: number % (1 << max(bits, 32))}
    assert values(Sparkplug().hear(*data(0, metric))) == [("x", float(number))]


@pytest.mark.parametrize(
    ("topic", "body", "code"),
    [
        ("spBv1.0/Plant/DDATA/Edge/Box", b"\xff\xff", "sparkplug-payload"),
        ("spBv1.0/Plant/DDATA/Edge", b"", "sparkplug-topic"),
        ("spBv1.0/Plant/NDATA/Edge/Box", b"", "sparkplug-topic"),
        ("spAv1.0/Plant/NDATA/Edge", b"", "sparkplug-topic"),
        ("spBv1.0/Plant/NDATA/Edge", payload(1, {"name": "x", "bytes_value": b"a"}), "sparkplug-value"),
        (
            "spBv1.0/Plant/NDATA/Edge",
            payload(1, {"name": "x", "double_value": float("nan")}),
            "value-no-number",
        ),
        (
            "spBv1.0/Plant/NDATA/Edge",
            payload(1, {"name": "x", "double_value": 1.0}, at=MS * 2),
            "measured-in-future",
        ),
    ],
)
def test_bad_messages_are_refused(topic: str, body: bytes, code: str) -> None:
    assert [one.code for one in Sparkplug().hear(topic, body, NOW).batch.refused] == [code]


@given(st.binary(max_size=200), st.sampled_from(["NBIRTH", "NDATA", "NDEATH"]))
def test_no_payload_stops_the_stream(body: bytes, kind: str) -> None:
    sparkplug = Sparkplug()
    born(sparkplug)
    sparkplug.hear(f"spBv1.0/Plant/{kind}/Edge", body, NOW)


def test_the_bytes_on_the_wire_are_those_of_the_specification() -> None:
    """Field numbers by hand: timestamp 1, metrics 2 (name 1, alias 2, datatype 4, double 13), seq 3."""
    metric = b"\x0a\x04temp\x10\x07\x20\x0a\x69" + struct.pack("<d", 21.5)
    body = b"\x08\x64" + b"\x12" + bytes([len(metric)]) + metric + b"\x18\x05"
    told = payload_type()()
    told.ParseFromString(body)
    assert (told.timestamp, told.seq, told.metrics[0].name, told.metrics[0].alias) == (100, 5, "temp", 7)
    assert (told.metrics[0].datatype, told.metrics[0].double_value) == (DOUBLE, 21.5)


def test_the_state_of_a_host_is_no_wrong_message() -> None:
    """Who listens to all of ``spBv1.0/#`` hears its own state as well."""
    heard = Sparkplug().hear("spBv1.0/STATE/depot", b'{"online":true}', NOW)
    assert (heard.batch.rows, heard.batch.refused, heard.answers) == (0, [], [])
