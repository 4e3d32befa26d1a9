"""Capture over HTTP beside bare parsing plus ``COPY`` of the same rows, and the memory of a very large document.

    python benchmarks/capture.py [--events N] [--document N] [--behaviour B] [--stream-gb G] [--save]

A real server (``voltloop serve``, its own PostgreSQL, fsync on) captures documents that come over HTTP, validated, with
everything that the ledger derives. CPU seconds are those of the server's process and of all PostgreSQL processes
together, so "per core" is events per CPU second. The raw path parses the same bytes with orjson and copies the same
rows into the same tables with the same indexes of an empty database: see :func:`raw`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson

from battery_events import document

ROOT = Path(__file__).parents[1]
KEY = "benchmark-key-0123456789abcdef"
SERVE = "from voltloop.cli import main; main()"
HEADERS = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}


def cpu_s(pid: int) -> float:
    """CPU seconds of a process and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int, what: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) / 1024
    raise KeyError(what)


class Server:
    """``voltloop serve`` and its PostgreSQL, on a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.log = (folder / "server.log").open("wb")
        command = [sys.executable, "-c", SERVE, "serve", "--port", "0", "--data", str(self.data)]
        environment = {**os.environ, "VOLTLOOP_ADMIN_KEY": KEY}
        environment.pop("VOLTLOOP_DATABASE_URL", None)
        self.process = subprocess.Popen(
            command, env=environment, stdout=self.log, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        self.url = line.partition("Serving ")[2].partition(". ")[0]
        self.client = httpx.Client(headers=HEADERS, timeout=600)

    def postgres(self) -> list[int]:
        """The processes of PostgreSQL: the postmaster and its children."""
        postmaster = int((self.data / "postgres" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        return [postmaster, *map(int, children)]

    def cpu(self) -> tuple[float, float]:
        """CPU seconds so far: of the server's process, of PostgreSQL."""
        return cpu_s(self.process.pid), sum(map(cpu_s, self.postgres()))

    def capture(self, body: Any, behaviour: str) -> str:
        answer = self.client.post(
            f"{self.url}/capture", content=body, headers={"GS1-Capture-Error-Behaviour": behaviour}
        )
        assert answer.status_code == 202, answer.text
        return str(answer.headers["Location"])

    def wait(self, job: str) -> dict[str, Any]:
        while True:
            told = self.client.get(job).json()
            if not told["running"]:
                assert told["success"], str(told)[:2000]
                return dict(told)
            time.sleep(0.2)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def captured(server: Server, bodies: list[bytes], behaviour: str, events: int) -> dict[str, float]:
    """Capture documents one after the other, four under way at a time; give what it took."""
    before, start = server.cpu(), time.perf_counter()
    jobs: list[str] = []
    for body in bodies:
        jobs.append(server.capture(body, behaviour))
        if len(jobs) > 3:
            server.wait(jobs[-4])
    for job in jobs[-3:]:
        server.wait(job)
    wall = time.perf_counter() - start
    python_s, postgres_s = (after - earlier for after, earlier in zip(server.cpu(), before, strict=True))
    return {
        "wall_s": wall,
        "events_per_wall_s": events / wall,
        "python_cpu_us_per_event": python_s / events * 1e6,
        "postgres_cpu_us_per_event": postgres_s / events * 1e6,
        "events_per_cpu_s": events / (python_s + postgres_s),
    }


def raw(server: Server, bodies: list[bytes], events: int) -> dict[str, Any]:
    """Parse the same bytes, and copy the rows of the captured ledger into the tables of empty ones.

    Twice: the rows as bytes in the form that ``COPY`` takes, which costs Python nothing; and as Python values by
    psycopg's ``write_row``, as a program would that has parsed them.
    """
    from voltloop.ledger.database import open_ledger
    from voltloop.ledger.tables import metadata

    skipped = {"api_key", "capture_job", "capture_clock"}
    with open_ledger(None, server.data, upgrade=False) as ledger:
        tables = [table.name for table in metadata.sorted_tables if table.name not in skipped]
        with ledger.engine.connect() as source:
            cursor = source.connection.driver_connection.cursor()
            dumps = {}
            for name in tables:
                with cursor.copy(f"COPY (SELECT * FROM {name}) TO STDOUT (FORMAT BINARY)") as copy:
                    dumps[name] = b"".join(copy)
            values = {name: cursor.execute(f"SELECT * FROM {name}").fetchall() for name in tables}

        def copy_bytes(cursor: Any) -> None:
            for name, data in dumps.items():
                with cursor.copy(f"COPY {name} FROM STDIN (FORMAT BINARY)") as copy:
                    copy.write(data)

        def copy_rows(cursor: Any) -> None:
            for name, rows in values.items():
                with cursor.copy(f"COPY {name} FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)

        return {
            "bytes": parsed_and_copied(server, ledger, "raw_bytes", bodies, copy_bytes, events),
            "rows": parsed_and_copied(server, ledger, "raw_rows", bodies, copy_rows, events),
            "rows_per_event": {name: round(len(rows) / events, 3) for name, rows in values.items() if rows},
        }


def parsed_and_copied(
    server: Server, ledger: Any, name: str, bodies: list[bytes], write: Callable[[Any], None], events: int
) -> dict[str, float]:
    """Parse the bodies and write rows into a new database; give what it took."""
    from sqlalchemy import text

    from voltloop.ledger.database import connect_engine
    from voltloop.ledger.migrations import upgrade
    from voltloop.ledger.partitions import ensure_partitions

    with ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        days = {
            row[0]
            for row in connection.execute(text("SELECT DISTINCT date_trunc('day', event_at) FROM event"))
        }
        connection.execute(text(f"CREATE DATABASE {name}"))
    empty = connect_engine(ledger.engine.url.set(database=name))
    upgrade(empty)
    with empty.connect() as target:
        ensure_partitions(target, days)
        driver = target.connection.driver_connection
        start, python, postgres = time.perf_counter(), time.process_time(), server.cpu()[1]
        for body in bodies:
            orjson.loads(body)
        write(driver.cursor())
        driver.commit()
        python, postgres = time.process_time() - python, server.cpu()[1] - postgres
        wall = time.perf_counter() - start
    empty.dispose()
    return {
        "wall_s": wall,
        "python_cpu_us_per_event": python / events * 1e6,
        "postgres_cpu_us_per_event": postgres / events * 1e6,
        "events_per_cpu_s": events / (python + postgres),
    }


def streamed(server: Server, gigabytes: float, behaviour: str) -> dict[str, Any]:
    """Stream one document of this size, made while it is sent; give the peak memory of the server's process."""
    size, count = 0, int(gigabytes * 2**30 / 600)

    def measured() -> Iterator[bytes]:
        nonlocal size
        for piece in document(count, first=10_000_000):
            size += len(piece)
            yield piece

    before, start, peak = server.cpu(), time.perf_counter(), memory_mb(server.process.pid, "VmHWM")
    job = server.wait(server.capture(measured(), behaviour))
    wall = time.perf_counter() - start
    used = sum(after - earlier for after, earlier in zip(server.cpu(), before, strict=True))
    return {
        "behaviour": behaviour,
        "document_bytes": size,
        "events": count,
        "wall_s": wall,
        "events_per_cpu_s": count / used,
        "peak_memory_before_mb": peak,
        "peak_memory_mb": memory_mb(server.process.pid, "VmHWM"),
        "captured": job.get("captured", count),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--document", type=int, default=5_000, help="events in one document")
    parser.add_argument("--behaviour", choices=["rollback", "proceed"], default="rollback")
    parser.add_argument("--stream-gb", type=float, default=0.0)
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    bodies = [
        b"".join(document(options.document, first=n * options.document // 8))
        for n in range(options.events // options.document)
    ]
    events = len(bodies) * options.document
    with tempfile.TemporaryDirectory(prefix="capture-") as name:
        server = Server(Path(name))
        try:
            server.wait(
                server.capture(b"".join(document(2_000, first=50_000_000)), options.behaviour)
            )  # warm
            result: dict[str, Any] = {
                "events": events,
                "bytes_per_event": sum(map(len, bodies)) / events,
                "behaviour": options.behaviour,
                "events_per_document": options.document,
                "capture": captured(server, bodies, options.behaviour, events),
            }
            if not options.stream_gb:
                result["raw"] = raw(server, bodies, events)
                for form in ("bytes", "rows"):
                    result[f"share_of_raw_{form}"] = (
                        result["capture"]["events_per_cpu_s"] / result["raw"][form]["events_per_cpu_s"]
                    )
            else:
                result["stream"] = streamed(server, options.stream_gb, options.behaviour)
        finally:
            server.close()
    result |= {"python": platform.python_version(), "processor": platform.processor() or platform.machine()}
    print(json.dumps(result))
    if options.save:
        name = "capture_stream" if options.stream_gb else "capture"
        (ROOT / "benchmarks" / "results" / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
