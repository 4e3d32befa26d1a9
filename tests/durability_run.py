"""A server under load that is killed again and again, itself and its PostgreSQL; then every promise is checked.

    python tests/durability_run.py [--seconds N] [--seed S]

Writers send single events and documents (``rollback`` and ``proceed``, some with a bad event) and remember what was
acknowledged; readers page through the events all the while. A third thread kills, with SIGKILL at random moments, the
server's process or PostgreSQL's. Prints what was sent and checked, and ends with 1 if a promise was broken.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

KEY = "durability-test-key-0123456789"
WRITERS = READERS = 16
SERVE = "from voltloop.cli import main; main()"


@dataclass
class Sent:
    """What was acknowledged, and under which promise."""

    events: list[str] = field(default_factory=list)
    jobs: dict[str, tuple[str, list[str], list[str]]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Server:
    """``voltloop serve`` on a folder, started again whenever it is gone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = (folder / "server.log").open("ab")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/epcis"
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [
            sys.executable,
            "-c",
            SERVE,
            "serve",
            "--port",
            str(self.port),
            "--data",
            str(self.folder / "data"),
        ]
        environment = {**os.environ, "VOLTLOOP_ADMIN_KEY": KEY}
        environment.pop("VOLTLOOP_DATABASE_URL", None)
        return subprocess.Popen(command, env=environment, stdout=self.log, stderr=self.log)

    def wait(self, seconds: float = 90) -> None:
        """Wait until the server answers with the help of its database."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                self.process = self._start()
            try:
                if httpx.get(f"{self.url}/capture", headers=HEADERS, timeout=10).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.2)
        raise AssertionError("the server does not answer")

    def kill(self) -> None:
        """End the server's process at once and start another."""
        self.process.kill()
        self.process.wait()
        self.process = self._start()

    def kill_postgres(self) -> None:
        """End PostgreSQL's first process at once; whoever guards it starts it again."""
        try:
            text = (self.folder / "data" / "postgres" / "postmaster.pid").read_text()
            os.kill(int(text.split()[0]), signal.SIGKILL)
        except (OSError, ValueError, IndexError):
            pass

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()


HEADERS = {"Authorization": f"Bearer {KEY}", "GS1-EPC-Format": "Never_Translates"}


def an_event(dice: random.Random, **fields: Any) -> dict[str, Any]:
    pack = f"urn:epc:id:sgtin:9521234.012345.{dice.randrange(200)}"
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{uuid.UUID(int=dice.getrandbits(128), version=4)}",
        "eventTime": f"2026-{dice.randrange(1, 11):02d}-{dice.randrange(1, 29):02d}T10:00:00.000Z",
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "epcList": [pack],
        "bizStep": dice.choice(["shipping", "receiving", "storing"]),
        "bizLocation": {"id": f"urn:epc:id:sgln:9521234.{dice.randrange(20):05d}.0"},
        **fields,
    }


CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]


def a_document(events: list[dict[str, Any]]) -> bytes:
    frame = {"@context": CONTEXT, "type": "EPCISDocument", "schemaVersion": "2.0"}
    body = {"creationDate": "2026-11-23T11:00:00Z", "epcisBody": {"eventList": events}}
    return json.dumps({**frame, **body}).encode()


def send_one(client: httpx.Client, url: str, dice: random.Random, sent: Sent) -> None:
    event = an_event(dice)
    for _ in range(3):
        answer = post(client, f"{url}/events", json.dumps({"@context": CONTEXT, **event}).encode())
        if answer is None:
            time.sleep(0.3)
            continue
        with sent.lock:
            sent.counts[f"event {answer.status_code}"] += 1
            if answer.status_code in {201, 409}:  # 409 after a lost answer: the event is there
                sent.events.append(event["eventID"])
        if answer.status_code < 500:
            return


def send_document(client: httpx.Client, url: str, dice: random.Random, sent: Sent) -> None:
    behaviour = dice.choice(["rollback", "proceed"])
    count = dice.choice([3, 30, 300, 300, 6500])
    good = [an_event(dice) for _ in range(count)]
    bad = [an_event(dice, bizStep="no such step")] if dice.random() < 0.3 else []
    events = good + bad
    dice.shuffle(events)
    answer = post(client, f"{url}/capture", a_document(events), {"GS1-Capture-Error-Behaviour": behaviour})
    if answer is None:
        return
    with sent.lock:
        sent.counts[f"document {answer.status_code}"] += 1
        if answer.status_code == 202:
            job = answer.headers["Location"].rsplit("/", 1)[-1]
            sent.jobs[job] = (behaviour, [e["eventID"] for e in good], [e["eventID"] for e in bad])


def post(
    client: httpx.Client, url: str, body: bytes, headers: dict[str, str] | None = None
) -> httpx.Response | None:
    told = {**HEADERS, "Content-Type": "application/json", **(headers or {})}
    try:
        return client.post(url, content=body, headers=told)
    except httpx.HTTPError:
        return None


def write(url: str, seed: int, sent: Sent, stop: threading.Event) -> None:
    dice = random.Random(seed)
    with httpx.Client(timeout=60) as client:
        while not stop.is_set():
            (send_document if dice.random() < 0.2 else send_one)(client, url, dice, sent)


def read(url: str, seed: int, sent: Sent, stop: threading.Event) -> None:
    dice = random.Random(seed)
    with httpx.Client(timeout=60, headers=HEADERS) as client:
        while not stop.is_set():
            page: str | None = f"{url}/events?perPage={dice.choice([5, 30, 100])}"
            seen: list[str] = []
            for _ in range(5):
                try:
                    answer = client.get(page)
                except httpx.HTTPError:
                    time.sleep(0.3)
                    break
                with sent.lock:
                    sent.counts[f"page {answer.status_code}"] += 1
                if answer.status_code != 200:
                    time.sleep(0.3)
                    break
                results = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
                seen += [event["eventID"] for event in results]
                page = answer.links.get("next", {}).get("url")
                if page is None:
                    break
            if len(set(seen)) != len(seen):
                with sent.lock:
                    sent.counts["event twice on stable pages"] += 1


def check(server: Server, sent: Sent) -> list[str]:
    """Give every broken promise."""
    from sqlalchemy import text

    from voltloop.ledger.database import open_ledger

    broken = []
    with (
        open_ledger(None, server.folder / "data", upgrade=False) as ledger,
        ledger.engine.connect() as connection,
    ):
        end = time.monotonic() + 300
        while connection.execute(text("SELECT count(*) FROM capture_job WHERE running")).scalar_one():
            connection.commit()
            if time.monotonic() > end:
                broken.append("jobs are still running")
                break
            time.sleep(0.5)
        there = Counter(row[0] for row in connection.execute(text("SELECT event_id FROM event")))
        jobs = {str(row.id): row for row in connection.execute(text("SELECT * FROM capture_job"))}
        record_ats = connection.execute(text("SELECT count(*), count(DISTINCT record_at) FROM event")).one()
        tied = (
            "SELECT count(*) FROM event e FULL JOIN event_identity i USING (event_at, record_at) "
            "WHERE e.event_id IS NULL OR i.id IS NULL"
        )
        untied = connection.execute(text(tied)).scalar_one()
        claims = connection.execute(text("SELECT count(*) FROM capture_claim")).scalar_one()
    if record_ats[0] != record_ats[1]:
        broken.append(f"record_at given twice: {record_ats}")
    if untied or claims:
        broken.append(f"{untied} events without identity or the other way round, {claims} claims left")
    broken += [f"{event} stored {count} times" for event, count in there.items() if count > 1]
    broken += [f"{event} acknowledged and lost" for event in sent.events if event not in there]
    for job_id, (behaviour, good, bad) in sent.jobs.items():
        job = jobs.get(job_id)
        if job is None:
            broken.append(f"job {job_id} acknowledged and lost")
            continue
        stored = sum(event in there for event in good)
        expected = 0 if bad and behaviour == "rollback" else len(good)
        if job.success == bool(bad) or stored != expected or any(event in there for event in bad):
            broken.append(
                f"job {job_id} {behaviour}: {stored} of {expected} events, success {job.success}, {job.errors}"
            )
    sent.counts["events in the ledger"] = sum(there.values())
    if sent.counts["event twice on stable pages"]:
        broken.append("an event stood twice on the pages of one query")
    return broken


def run(seconds: float, seed: int, folder: Path) -> tuple[Counter[str], list[str]]:
    """Run load and kills for a while; give what was counted and what was broken."""
    dice, sent, stop = random.Random(seed), Sent(), threading.Event()
    server = Server(folder)
    try:
        server.wait()
        workers = [(write, n) for n in range(WRITERS)] + [(read, n) for n in range(READERS)]
        threads = [
            threading.Thread(target=work, args=(server.url, seed * 1000 + n, sent, stop))
            for work, n in workers
        ]
        for thread in threads:
            thread.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(dice.uniform(1.0, 6.0))
            victim = dice.choice(["server", "postgres", "both"])
            if victim != "postgres":
                server.kill()
            if victim != "server":
                server.kill_postgres()
            sent.counts[f"killed {victim}"] += 1
            if dice.random() < 0.8:  # else the next blow falls while it recovers
                server.wait()
        stop.set()
        for thread in threads:
            thread.join()
        server.wait()
        broken = check(server, sent)
    finally:
        stop.set()
        server.close()
    log = (folder / "server.log").read_text(errors="replace")
    if "deadlock" in log:
        broken.append("a deadlock: see the server's log")
    return sent.counts, broken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="durability-") as folder:
        counts, broken = run(options.seconds, options.seed, Path(folder))
        if broken:
            kept = Path(tempfile.gettempdir()) / "durability-server.log"
            kept.write_bytes((Path(folder) / "server.log").read_bytes())
    print(json.dumps({"counts": dict(sorted(counts.items())), "broken": broken[:20]}, indent=1))
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
