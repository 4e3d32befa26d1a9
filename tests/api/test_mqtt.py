"""A real Mosquitto: readings by MQTT are kept once, across lost connections, failing ledgers and bad messages."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from voltloop.epcis.readings import Batch
from voltloop.errors import InputError
from voltloop.exchange.mqtt import Broker, Source, listen
from voltloop.exchange.sparkplug_schema import payload_type

MOSQUITTO = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
needs_broker = pytest.mark.skipif(
    MOSQUITTO is None, reason="Mosquitto is not installed: nothing was tested against a real MQTT broker."
)


class Mosquitto:
    """A broker that can be stopped and started again with its sessions."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.config = folder / "mosquitto.conf"
        self.config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
            f"persistence_location {folder}/\nuser root\n"
        )
        self.start()

    def start(self) -> None:
        assert MOSQUITTO is not None
        self.process = subprocess.Popen(
            [MOSQUITTO, "-c", self.config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            self.process.poll()
            import time

            time.sleep(0.02)
        raise AssertionError("Mosquitto did not start.")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    running = Mosquitto(tmp_path)
    yield running
    running.stop()


class Kept:
    """A sink that can fail."""

    def __init__(self, fail: int = 0) -> None:
        self.batches: list[tuple[str, Batch]] = []
        self.fail = fail

    async def __call__(self, batches: Sequence[tuple[str, Batch]]) -> None:
        if self.fail:
            self.fail -= 1
            raise ConnectionError("the ledger is away")
        self.batches += batches

    @property
    def numbers(self) -> list[float | None]:
        return [one.number for _, batch in self.batches for one in batch.readings]


async def until(truth: Any) -> None:
    for _ in range(1500):
        if truth():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("It did not come about within 15 s.")


@asynccontextmanager
async def listening(broker: Broker, sink: Kept) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(listen(broker, sink, stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 20)


async def publish(port: int, topic: str, *bodies: bytes, qos: int = 1) -> None:
    async with aiomqtt.Client("127.0.0.1", port) as client:
        for body in bodies:
            await client.publish(topic, body, qos=qos)


def senml(number: float) -> bytes:
    return json.dumps([{"n": "temperature", "u": "Cel", "v": number}]).encode()


TOPIC = Source("loggers/{device}/readings", devices={"7": "urn:epc:id:giai:9521234.77"})


@needs_broker
def test_readings_come_with_the_device_of_their_topic(broker: Mosquitto) -> None:
    async def run() -> None:
        sink = Kept()
        async with listening(Broker([TOPIC], "127.0.0.1", broker.port), sink):
            await asyncio.sleep(0.5)
            await publish(broker.port, "loggers/7/readings", senml(20), b"\x00bad", senml(21))
            await publish(broker.port, "loggers/8/readings", senml(22))
            await until(lambda: len(sink.numbers) == 3)
        assert sink.numbers == [20, 21, 22]
        devices = [one.device for _, batch in sink.batches for one in batch.readings]
        assert devices == ["urn:epc:id:giai:9521234.77"] * 2 + ["https://id.voltloop.org/device/8"]
        assert [one.code for _, batch in sink.batches for one in batch.refused] == ["not-json"]

    asyncio.run(run())


@needs_broker
def test_what_the_ledger_did_not_keep_comes_again(broker: Mosquitto) -> None:
    """A message is acknowledged only when it is kept; also the restart of a listener loses none."""

    async def run() -> None:
        sink, place = Kept(fail=2), Broker([TOPIC], "127.0.0.1", broker.port)
        async with listening(place, sink):
            await asyncio.sleep(0.5)
            await publish(broker.port, "loggers/7/readings", *(senml(number) for number in range(30)))
            await until(lambda: set(sink.numbers) == set(range(30)))
        await publish(broker.port, "loggers/7/readings", senml(99))
        again = Kept()
        async with listening(place, again):
            await until(lambda: again.numbers == [99])

    asyncio.run(run())


@needs_broker
def test_a_broker_that_goes_away_is_found_again(broker: Mosquitto) -> None:
    async def run() -> None:
        sink = Kept()
        async with listening(Broker([TOPIC], "127.0.0.1", broker.port), sink):
            await asyncio.sleep(0.5)
            await publish(broker.port, "loggers/7/readings", senml(1))
            await until(lambda: sink.numbers == [1])
            broker.stop()
            await asyncio.sleep(0.3)
            broker.start()
            await publish(broker.port, "loggers/7/readings", senml(2))
            # What was not acknowledged yet comes again.
            await until(lambda: set(sink.numbers) == {1, 2})

    asyncio.run(run())


@needs_broker
def test_a_sparkplug_node_is_asked_to_be_born_again(broker: Mosquitto) -> None:
    """The host tells that it listens; data without a birth is answered by the command for one."""

    async def run() -> None:
        sink = Kept()
        place = Broker(
            [Source("spBv1.0/#", "sparkplug")], "127.0.0.1", broker.port, host_id="depot", identifier="host"
        )
        async with aiomqtt.Client("127.0.0.1", broker.port) as node:
            await node.subscribe("spBv1.0/Plant/NCMD/Edge")
            async with listening(place, sink):
                await asyncio.sleep(0.5)
                told = payload_type()(timestamp=int(datetime.now(UTC).timestamp() * 1000), seq=4)
                told.metrics.add(name="temperature", double_value=20.0)
                await node.publish("spBv1.0/Plant/NDATA/Edge", told.SerializeToString())
                command = await asyncio.wait_for(anext(aiter(node.messages)), 10)
                assert isinstance(command.payload, bytes)
                asked = payload_type()()
                asked.ParseFromString(command.payload)
                assert asked.metrics[0].name == "Node Control/Rebirth"
                await until(lambda: sink.numbers == [20.0])
            await node.subscribe("spBv1.0/STATE/depot")
            state = await asyncio.wait_for(anext(aiter(node.messages)), 10)
            assert isinstance(state.payload, bytes)
            assert json.loads(state.payload)["online"] is False

    asyncio.run(run())


@pytest.mark.parametrize("topic", ["", "a/#/b", "a+/b", "{device}/{device}", "a/{other}/b"])
def test_topics_that_break_the_rules(topic: str) -> None:
    with pytest.raises(InputError, match="MQTT topic"):
        Source(topic)


def test_a_filter_matches_as_brokers_match() -> None:
    assert Source("a/{device}/#").match("a/b/c/d") == "b"
    assert Source("a/+/c").match("a/b/c") == ""
    assert Source("a/b").match("a/b/c") is None
    assert Source("a/b/c").match("a/b") is None
