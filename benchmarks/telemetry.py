"""Readings a second into PostgreSQL, through HTTP and through MQTT, bound to loads with rules and fences.

Run: ``python benchmarks/telemetry.py [--readings 100000] [-o results.json]``. HTTP goes through the real application in
process; MQTT through a real Mosquitto where one is installed. The database is an embedded one with its usual settings.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import shutil
import socket
import subprocess
import tempfile
import time
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from voltloop.ledger.database import open_ledger
from voltloop.ledger.keys import add_key
from voltloop.ledger.telemetry.devices import register
from voltloop.ledger.telemetry.settings import put_fence

PER_MESSAGE = 1000
DEVICES = 50


def messages(count: int, kind: str) -> list[tuple[str, bytes]]:
    """SenML packs: temperature and humidity of many devices at ten seconds, with one excursion each."""
    start = datetime.now(UTC) - timedelta(seconds=10 * (count // DEVICES // 2 + 10))
    made = []
    for number in range(count // PER_MESSAGE):
        name = f"urn:dev:{kind}:{number % DEVICES}"
        first = (number // DEVICES) * PER_MESSAGE // 2
        pack: list[dict[str, Any]] = [{"bn": f"{name}:", "bt": start.timestamp() + 10 * first}]
        for step in range(PER_MESSAGE // 2):
            warm = 50 if 100 <= step < 400 else 20
            pack += [
                {"n": "temperature", "u": "Cel", "v": warm + step % 7 / 10, "t": 10 * step},
                {"n": "humidity", "u": "%RH", "v": 40 + step % 5, "t": 10 * step},
            ]
        made.append((name, json.dumps(pack).encode()))
    return made


def by_http(ledger: Any, told: list[tuple[str, bytes]]) -> dict[str, float]:
    from voltloop.server.application import application
    from voltloop.server.service import start
    from voltloop.server.settings import Settings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from starlette.testclient import TestClient
    key = add_key(ledger.engine, "benchmark", ["admin"])
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/senml+json"}
    events = accepted = 0
    with TestClient(application(start(ledger, Settings())), headers=headers) as client:
        began = time.perf_counter()
        for _, body in told:
            answer = client.post("/telemetry/readings", content=body)
            assert answer.status_code == 200, answer.text
            accepted += answer.json()["accepted"]
            events += answer.json()["told"]
        seconds = time.perf_counter() - began
    return {"readings": accepted, "seconds": seconds, "readings_per_s": accepted / seconds, "events": events}


def by_mqtt(engine: Any, told: list[tuple[str, bytes]], folder: Path) -> dict[str, float] | None:
    program = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
    if program is None:
        return None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")
    broker = subprocess.Popen([program, "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    try:
        return asyncio.run(_mqtt(engine, told, port))
    finally:
        broker.terminate()
        broker.wait()


async def _mqtt(engine: Any, told: list[tuple[str, bytes]], port: int) -> dict[str, float]:
    import aiomqtt

    from voltloop.app.telemetry import receive
    from voltloop.exchange.mqtt import Broker, Source, listen

    stop, counts = asyncio.Event(), {"accepted": 0, "events": 0}
    wanted = len(told) * PER_MESSAGE

    async def keep(batches: Any) -> None:
        done = await asyncio.to_thread(receive, engine, batches, datetime.now(UTC))
        counts["accepted"] += done.accepted
        counts["events"] += done.told
        if counts["accepted"] >= wanted:
            stop.set()

    source = Source("loggers/{device}")
    listening = asyncio.create_task(listen(Broker([source], "127.0.0.1", port), keep, stop))
    await asyncio.sleep(1)
    began = time.perf_counter()
    async with aiomqtt.Client("127.0.0.1", port, max_queued_outgoing_messages=0) as client:
        for name, body in told:
            await client.publish(f"loggers/{name}", body, qos=1)
    await listening
    seconds = time.perf_counter() - began
    accepted = counts["accepted"]
    return {
        "readings": accepted,
        "seconds": seconds,
        "readings_per_s": accepted / seconds,
        "events": counts["events"],
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--readings", type=int, default=100_000)
    arguments.add_argument("-o", "--output", type=Path)
    given = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="voltloop-telemetry-"))
    try:
        with open_ledger(data=folder) as ledger:
            begin = datetime.now(UTC) - timedelta(days=300)
            with ledger.engine.begin() as connection:
                for number in range(DEVICES):
                    for kind in ("http", "mqtt"):
                        load = f"urn:epc:id:sscc:9521234.{'1' if kind == 'http' else '2'}{number:09d}"
                        register(connection, f"urn:dev:{kind}:{number}", load, begin)
                for number in range(100):
                    shape = {"type": "Circle", "center": [number / 10, 50.0], "radius_m": 500}
                    put_fence(connection, f"fence {number}", shape, begin)
            results: dict[str, Any] = {
                "mqtt": by_mqtt(ledger.engine, messages(given.readings, "mqtt"), folder)
            }
            results["http"] = by_http(ledger, messages(given.readings, "http"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    results |= {
        "benchmark": "telemetry",
        "per_message": PER_MESSAGE,
        "devices": DEVICES,
        "python": platform.python_version(),
    }
    text = json.dumps(results, indent=2)
    print(text)
    if given.output:
        given.output.write_text(text + "\n")


if __name__ == "__main__":
    main()
