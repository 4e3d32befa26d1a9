"""Listening to an MQTT broker: messages of devices to a sink that keeps them, each acknowledged once it is kept.

The session outlives a lost connection, so messages of quality 1 wait at the broker while we are away, and come again if
they were not kept. A message that cannot be read is kept as refused, and never stops the others.
"""

from __future__ import annotations

import asyncio
import logging
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from voltloop.epcis.readings import DEVICE_BASE, Batch, device_uri
from voltloop.errors import InputError
from voltloop.exchange.json_readings import read_json
from voltloop.exchange.senml import read_senml
from voltloop.exchange.sparkplug import Publication, Sparkplug, host_state

if TYPE_CHECKING:
    import aiomqtt

__all__ = ["Broker", "Sink", "Source", "listen"]

_log = logging.getLogger("voltloop.exchange.mqtt")
_MOST_MESSAGES = 500
_SESSION_S = 7 * 86_400
_LONGEST_WAIT_S = 60.0

Sink = Callable[[Sequence[tuple[str, Batch]]], Awaitable[None]]
"""Keeps what messages hold, each with its topic; only after it has returned are they acknowledged."""


@dataclass(frozen=True)
class Source:
    """Topics of one kind.

    Attributes
    ----------
    topic
        Filter in which ``{device}`` stands for the level that names the device, such as ``loggers/{device}/readings``;
        ``+`` and ``#`` as usual.
    format
        ``senml``, ``json`` (:mod:`voltloop.exchange.json_readings`) or ``sparkplug``.
    devices
        Identifiers of devices by the name in the topic (Sparkplug: ``group/edge/device``); others stand under ``base``.
    base
        What stands before the names of devices.

    Raises
    ------
    InputError
        ``mqtt-topic``: the filter breaks a rule of MQTT.
    """

    topic: str
    format: Literal["senml", "json", "sparkplug"] = "senml"
    devices: Mapping[str, str] = field(default_factory=dict)
    base: str = DEVICE_BASE

    def __post_init__(self) -> None:
        levels = self.topic.split("/")
        wrong = [
            level
            for number, level in enumerate(levels)
            if (level == "#" and number < len(levels) - 1)
            or (level not in {"+", "#", "{device}"} and re.search(r"[+#{}\0]", level))
        ]
        if wrong or not self.topic or levels.count("{device}") > 1 or len(self.topic.encode()) > 65_535:
            raise InputError(
                f'MQTT topic "{self.topic[:80]}": a filter with {{device}}, + or # as whole levels, # last, was '
                "expected, such as loggers/{device}/readings.",
                code="mqtt-topic",
            )

    @property
    def filter(self) -> str:
        """The filter to subscribe to."""
        return self.topic.replace("{device}", "+")

    def match(self, topic: str) -> str | None:
        """Give the name of the device in a topic, empty where the filter names none; None where it does not match.

        Examples
        --------
        >>> Source("loggers/{device}/readings").match("loggers/7/readings")
        '7'
        """
        name, wanted, given = "", self.topic.split("/"), topic.split("/")
        for number, level in enumerate(wanted):
            if level == "#":
                return name
            if number >= len(given) or (level not in {"+", "{device}"} and level != given[number]):
                return None
            if level == "{device}":
                name = given[number]
        return name if len(wanted) == len(given) else None

    def identifier(self, name: str) -> str:
        """Give the identifier of the device of a name."""
        return self.devices.get(name) or device_uri(name, self.base)


@dataclass(frozen=True)
class Broker:
    """Where to listen, and for what.

    Attributes
    ----------
    identifier
        Name of the session at the broker; it has to be the same after a restart, and used by one program only.
    host_id
        Name under which Sparkplug nodes know this host; None tells them nothing.
    """

    sources: Sequence[Source]
    host: str = "localhost"
    port: int = 1883
    username: str | None = None
    password: str | None = None
    is_tls: bool = False
    identifier: str = "voltloop"
    host_id: str | None = None
    keepalive_s: int = 30


class _Decoder:
    """Turns messages into batches."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._sparkplug = {
            source.topic: Sparkplug(_namer(source)) for source in sources if source.format == "sparkplug"
        }

    def decode(self, topic: str, payload: bytes, received_at: datetime) -> tuple[Batch, list[Publication]]:
        """Read a message by the first source that its topic matches; nothing that it holds can raise."""
        batch = Batch()
        try:
            for source in self._sources:
                name = source.match(topic)
                if name is None:
                    continue
                if source.format == "sparkplug":
                    heard = self._sparkplug[source.topic].hear(topic, payload, received_at)
                    return heard.batch, heard.answers
                device = source.identifier(name) if name else None
                if source.format == "senml":
                    return read_senml(payload, received_at, device=device), []
                return read_json(payload, received_at, device=device, base=source.base), []
        except Exception as error:  # a fault of ours must not stop the stream either
            _log.exception("A message of %s could not be read.", topic)
            batch.refuse(topic, ValueError("message-unreadable", f"{type(error).__name__}: {error}"), payload)
            return batch, []
        batch.refuse(topic, ValueError("mqtt-topic-unknown", "No source was set for this topic."), payload)
        return batch, []


def _namer(source: Source) -> Callable[[str, str, str | None], str]:
    def name(group: str, edge: str, device: str | None) -> str:
        parts = [part for part in (group, edge, device) if part is not None]
        known = source.devices.get("/".join(parts))
        return known or source.base + "/".join(device_uri(part, "") for part in parts)

    return name


async def listen(broker: Broker, sink: Sink, stop: asyncio.Event) -> None:
    """Listen until told to stop; connect again, after a growing pause, whenever the connection or the sink fails.

    Parameters
    ----------
    broker
        Where, and for what.
    sink
        Keeps what comes.
    stop
        Set it to end.
    """
    decoder = _Decoder(broker.sources)
    pause_s = 1.0
    while not stop.is_set():
        began = datetime.now(UTC)
        client = _client(broker, began)
        try:
            async with client:
                await _greet(client, broker, began)
                _log.warning("Listening to the broker %s:%s.", broker.host, broker.port)
                pause_s = 1.0
                await _work(client, decoder, sink, stop)
                if broker.host_id:
                    await client.publish(
                        *_published(host_state(broker.host_id, datetime.now(UTC), online=False))
                    )
        except Exception as error:
            if stop.is_set():
                break
            _log.warning(
                "The broker %s:%s or the ledger failed: %s. Trying again in %.0f s.", broker.host, broker.port, error,
                pause_s,
            )  # fmt: skip
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause_s * random.uniform(0.8, 1.2))
            pause_s = min(pause_s * 2, _LONGEST_WAIT_S)


def _client(broker: Broker, began: datetime) -> Any:
    import ssl

    import aiomqtt
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    class Acknowledging(aiomqtt.Client):
        """Acknowledges a message when told to, not when it comes."""

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._client.manual_ack_set(True)

        def acknowledge(self, message: aiomqtt.Message) -> None:
            """Tell the broker that a message is kept."""
            if message.qos:
                self._client.ack(message.mid, message.qos)

    session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    session.SessionExpiryInterval = _SESSION_S
    session.ReceiveMaximum = _MOST_MESSAGES
    will = None
    if broker.host_id:
        told = host_state(broker.host_id, began, online=False)
        will = aiomqtt.Will(told.topic, told.payload, qos=1, retain=True)
    return Acknowledging(
        broker.host,
        broker.port,
        username=broker.username,
        password=broker.password,
        identifier=broker.identifier,
        protocol=aiomqtt.ProtocolVersion.V5,
        clean_start=False,
        properties=session,
        keepalive=broker.keepalive_s,
        will=will,
        tls_context=ssl.create_default_context() if broker.is_tls else None,
    )


async def _greet(client: Any, broker: Broker, began: datetime) -> None:
    if broker.host_id:
        await client.publish(*_published(host_state(broker.host_id, began, online=True)))
    for source in broker.sources:
        await client.subscribe(source.filter, qos=0 if source.format == "sparkplug" else 1)


def _published(one: Publication) -> tuple[str, bytes, int, bool]:
    return one.topic, one.payload, 1 if one.retain else 0, one.retain


async def _work(client: Any, decoder: _Decoder, sink: Sink, stop: asyncio.Event) -> None:
    """Take messages in groups: all that wait, keep them, acknowledge them."""
    async for messages in _groups(client, stop):
        received_at = datetime.now(UTC)
        batches: list[tuple[str, Batch]] = []
        answers: list[Publication] = []
        for message in messages:
            topic = str(message.topic)
            batch, told = decoder.decode(topic, bytes(message.payload or b""), received_at)
            batches.append((topic, batch))
            answers += told
        await sink(batches)
        for message in messages:
            client.acknowledge(message)
        for one in answers:
            await client.publish(*_published(one))


async def _groups(client: Any, stop: asyncio.Event) -> AsyncIterator[list[Any]]:
    iterator = aiter(client.messages)
    stopped = asyncio.ensure_future(stop.wait())
    try:
        while not stop.is_set():
            first = asyncio.ensure_future(anext(iterator))
            await asyncio.wait((first, stopped), return_when=asyncio.FIRST_COMPLETED)
            if not first.done():
                first.cancel()
                return
            group = [first.result()]
            while len(group) < _MOST_MESSAGES and len(client.messages):
                group.append(await anext(iterator))
            yield group
    finally:
        stopped.cancel()
