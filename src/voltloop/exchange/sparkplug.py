"""Sparkplug B: what edge nodes and devices tell over MQTT, with births, deaths, aliases and sequence numbers.

A birth names every metric and gives it an alias; data may use the alias alone. So a message that was lost makes aliases
doubtful: until the node is born again, which it is asked for, values under an alias are refused rather than filed under
a name that may be wrong. Values that bear their name are taken all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from voltloop.epcis.readings import (
    DEVICE_BASE,
    Batch,
    Reading,
    check_times,
    device_uri,
    instant_from,
    position,
    reading,
)

__all__ = ["Heard", "Publication", "Sparkplug", "host_state"]

_TOPIC = re.compile(
    r"spBv1\.0/(?P<group>[^/#+]+)/(?P<kind>N(?:BIRTH|DATA|DEATH)|D(?:BIRTH|DATA|DEATH))/(?P<edge>[^/#+]+)(?:/(?P<device>[^/#+]+))?"
)
_REBIRTH = "Node Control/Rebirth"
_SIGNED = {1: 8, 2: 16, 3: 32, 4: 64}
_HALVES = {
    "latitude": "latitude",
    "lat": "latitude",
    "longitude": "longitude",
    "lon": "longitude",
    "lng": "longitude",
}


class Publication(NamedTuple):
    """A message that is to be published."""

    topic: str
    payload: bytes
    retain: bool = False


@dataclass(slots=True)
class Heard:
    """What a message told: readings and refusals, and what is to be answered."""

    batch: Batch = field(default_factory=Batch)
    answers: list[Publication] = field(default_factory=list)


class _Metric(NamedTuple):
    device: str | None
    name: str
    datatype: int
    unit: str | None


@dataclass(slots=True)
class _Node:
    """One edge node: whether it lives, which birth that is, the last sequence number, and its aliases."""

    is_alive: bool = False
    bd_seq: int | None = None
    seq: int | None = None
    is_sure: bool = False
    is_asked: bool = False
    aliases: dict[int, _Metric] = field(default_factory=dict)
    units: dict[tuple[str | None, str], str] = field(default_factory=dict)
    fixes: dict[str | None, dict[str, float]] = field(default_factory=dict)
    devices: set[str] = field(default_factory=set)


class Sparkplug:
    """The host's view of all edge nodes that it hears.

    Parameters
    ----------
    name_device
        Gives the identifier of a device from group, edge node and device (None is the node itself); by default they
        stand under :data:`voltloop.epcis.readings.DEVICE_BASE`.

    References
    ----------
    Sparkplug 3.0.0 sections 4 (topics), 5 (sessions, sequence numbers, rebirth) and 6 (payloads).
    """

    def __init__(self, name_device: Callable[[str, str, str | None], str] | None = None) -> None:
        self._name = name_device or _usual_name
        self._nodes: dict[tuple[str, str], _Node] = {}

    def is_alive(self, group: str, edge: str, device: str | None = None) -> bool:
        """Whether a node, or a device of it, was born and has not died since."""
        node = self._nodes.get((group, edge))
        return node is not None and node.is_alive and (device is None or device in node.devices)

    def hear(self, topic: str, payload: bytes, received_at: datetime) -> Heard:
        """Take a message; what cannot be read is refused with its reason, and never stops the stream."""
        heard = Heard()
        if topic.startswith("spBv1.0/STATE/"):
            return heard  # hosts tell it of themselves, we too; it bears no readings
        found = _TOPIC.fullmatch(topic)
        if found is None or (found["kind"][0] == "D") != (found["device"] is not None):
            problem = ValueError(
                "sparkplug-topic", f'"{topic[:120]}" is not a topic of Sparkplug that is read here.'
            )
            heard.batch.refuse(topic, problem, payload.hex())
            return heard
        try:
            told = _parse(payload)
        except ValueError as error:
            heard.batch.refuse(topic, error, payload.hex())
            return heard
        group, kind, edge, device = found["group"], found["kind"], found["edge"], found["device"]
        node = self._nodes.setdefault((group, edge), _Node())
        if kind == "NDEATH":
            if _bd_seq(told) == node.bd_seq:
                node.is_alive, node.is_sure = False, False
                node.devices.clear()
            return heard
        self._follow(node, kind, device, told)
        if kind != "DDEATH":
            owner = self._name(group, edge, device)
            _Values(node, device, owner, told, received_at, heard.batch, topic).take()
        if not node.is_sure and not node.is_asked:
            node.is_asked = True
            heard.answers.append(_rebirth(group, edge, received_at))
        return heard

    def _follow(self, node: _Node, kind: str, device: str | None, told: Any) -> None:
        """Keep up with births, deaths and sequence numbers."""
        seq = told.seq if told.HasField("seq") else None
        if kind == "NBIRTH":
            node.is_alive, node.is_sure, node.is_asked = True, True, False
            node.bd_seq, node.seq = _bd_seq(told), seq
            node.aliases.clear()
            node.units.clear()
            node.fixes.clear()
            node.devices.clear()
        else:
            if not node.is_alive or node.seq is None or seq != (node.seq + 1) % 256:
                if node.is_sure:
                    node.is_asked = False
                node.is_sure = False
            node.seq = seq
        if device is not None:
            (node.devices.discard if kind == "DDEATH" else node.devices.add)(device)
        if kind in {"NBIRTH", "DBIRTH"}:
            for metric in told.metrics:
                unit = _unit(metric)
                if unit:
                    node.units[device, metric.name] = unit
                if metric.HasField("alias"):
                    node.aliases[metric.alias] = _Metric(device, metric.name, metric.datatype, unit)


def _usual_name(group: str, edge: str, device: str | None) -> str:
    return DEVICE_BASE + "/".join(
        device_uri(part).removeprefix(DEVICE_BASE) for part in (group, edge, device) if part is not None
    )


def _parse(payload: bytes) -> Any:
    from google.protobuf.message import DecodeError

    from voltloop.exchange.sparkplug_schema import payload_type

    told = payload_type()()
    try:
        told.ParseFromString(payload)
    except DecodeError as error:
        raise ValueError("sparkplug-payload", f"This is no payload of Sparkplug B: {error}.") from None
    return told


def _bd_seq(told: Any) -> int | None:
    for metric in told.metrics:
        if metric.name == "bdSeq":
            return int(metric.long_value or metric.int_value)
    return None


def _unit(metric: Any) -> str | None:
    """Give the unit of a metric, from the property that is usual for it."""
    for name, value in zip(metric.properties.keys, metric.properties.values, strict=False):
        if name.lower() in {"engunit", "unit", "units", "engineeringunits"} and value.string_value:
            return str(value.string_value)
    return None


def _rebirth(group: str, edge: str, at: datetime) -> Publication:
    """Ask a node to be born again (section 5.8: the metric "Node Control/Rebirth" of an NCMD, true)."""
    from voltloop.exchange.sparkplug_schema import BOOLEAN, payload_type

    milliseconds = int(at.timestamp() * 1000)
    told = payload_type()(timestamp=milliseconds)
    told.metrics.add(name=_REBIRTH, timestamp=milliseconds, datatype=BOOLEAN, boolean_value=True)
    return Publication(f"spBv1.0/{group}/NCMD/{edge}", told.SerializeToString())


def host_state(host: str, at: datetime, *, online: bool) -> Publication:
    """Give the retained message that says whether the host listens.

    References
    ----------
    Sparkplug 3.0.0 section 6.4.24: birth and death of the host application.

    Examples
    --------
    >>> from datetime import UTC
    >>> host_state("voltloop", datetime(2026, 1, 1, tzinfo=UTC), online=True).payload
    b'{"online":true,"timestamp":1767225600000}'
    """
    import orjson

    told = {"online": online, "timestamp": int(at.timestamp() * 1000)}
    return Publication(f"spBv1.0/STATE/{host}", orjson.dumps(told), retain=True)


@dataclass(slots=True)
class _Values:
    """Takes the metrics of one message."""

    node: _Node
    device: str | None
    owner: str
    told: Any
    received_at: datetime
    batch: Batch
    topic: str

    def take(self) -> None:
        told = self.told
        sent_at = instant_from(told.timestamp, "timestamp") if told.HasField("timestamp") else None
        halves: dict[tuple[datetime, bool], dict[str, float]] = {}
        for number, metric in enumerate(told.metrics, 1):
            where = f"{self.topic}, metric {number}"
            try:
                name, datatype, unit = self._named(metric)
                if name == "bdSeq" or name.startswith(("Node Control/", "Device Control/")) or metric.is_null:
                    continue
                value = _value(metric, datatype)
                stamp = metric.timestamp if metric.HasField("timestamp") else None
                at = instant_from(stamp, "timestamp") if stamp is not None else sent_at or self.received_at
                half = _HALVES.get(name.rpartition("/")[2].lower())
                if half is not None and isinstance(value, float | int):
                    halves.setdefault((at, metric.is_historical), {})[half] = float(value)
                    continue
                self._add(_reading(self.owner, name, at, value, unit, sent_at))
            except ValueError as error:
                self.batch.refuse(where, error, metric)
        for (at, is_historical), found in halves.items():
            self._fix(at, found, sent_at, is_historical=is_historical)

    def _add(self, one: Reading) -> None:
        check_times(one, self.received_at)
        self.batch.readings.append(one)

    def _named(self, metric: Any) -> tuple[str, int, str | None]:
        """Give name, data type and unit of a metric; by its alias where it bears no name."""
        if metric.name:
            return (
                metric.name,
                metric.datatype,
                _unit(metric) or self.node.units.get((self.device, metric.name)),
            )
        known = self.node.aliases.get(metric.alias) if metric.HasField("alias") else None
        if known is None or known.device != self.device or not self.node.is_sure:
            raise ValueError(
                "sparkplug-alias",
                f"The alias {metric.alias} is not known for sure: a birth or a message before was lost. The node is "
                "asked to be born again.",
            )
        return known.name, metric.datatype or known.datatype, known.unit

    def _fix(
        self, at: datetime, found: dict[str, float], sent_at: datetime | None, *, is_historical: bool
    ) -> None:
        """Join the halves of a fix; the half that did not change, and so was not sent, is the last one told."""
        try:
            whole = found if is_historical else {**self.node.fixes.get(self.device, {}), **found}
            if not is_historical:
                self.node.fixes[self.device] = whole
            if len(whole) < 2:
                raise ValueError("position-incomplete", "A fix needs latitude and longitude.")
            self._add(position(self.owner, at, whole["latitude"], whole["longitude"], sent_at=sent_at))
        except ValueError as error:
            self.batch.refuse(self.topic, error, found)


def _reading(
    owner: str, name: str, at: datetime, value: Any, unit: str | None, sent_at: datetime | None
) -> Reading:
    """Make a reading of a metric: its last part is the measure where that is known, else all of its name."""
    from voltloop.epcis.readings import measures

    last = name.rpartition("/")[2]
    is_known = last.lower().replace(" ", "_").replace("-", "_") in measures()
    return reading(owner, last if is_known else name.replace(" ", "_"), at, value, unit, sent_at=sent_at)


def _value(metric: Any, datatype: int) -> Any:
    kind = metric.WhichOneof("value")
    if kind is None or kind == "bytes_value":
        raise ValueError("sparkplug-value", f'"{metric.name}" has no value that is read here.')
    value = getattr(metric, kind)
    bits = _SIGNED.get(datatype)
    if bits and kind in {"int_value", "long_value"}:
        value &= (1 << bits) - 1
        return value - (1 << bits) if value >> (bits - 1) else value
    return value
