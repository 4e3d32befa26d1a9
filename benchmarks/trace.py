"""Questions about single packs and sites while the ledger grows: where, the whole story, ancestors, stock of a site.

    python benchmarks/trace.py [--events N ...] [--asked N] [--folder DIR] [--keep DIR] [--save]

For each size a ledger of its own is filled through the capture's own path (rows, states and all, without HTTP) with the
lives of packs, about 19 events each: cells, modules, packs, vehicles, loads and trips (six levels), 200 sites, module
swaps, returns, a tenth of the vehicles still on the road. Events come in the order of their time, many packs side by
side. Then every question is asked of random packs on one connection, all of them twice: the first time much must come
from the disk. An indexed look-up of one row stands beside them. Ten million events take 25 GB and half an hour to fill;
``--keep`` keeps each ledger in a folder and asks what is there already. Prints one JSON line for each size; ``--save``
also writes them to benchmarks/results.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CONTEXT = {"voltloop": "https://voltloop.org/epcis/"}
START = datetime(2024, 11, 1, tzinfo=UTC)
SPAN = timedelta(days=730)
NOW = START + SPAN + timedelta(days=1)
SITES = [f"urn:epc:id:sgln:9521234.{n:05d}.0" for n in range(200)]
PARTIES = [f"urn:epc:id:pgln:9521234.{n:05d}" for n in range(40)]
COHORT = 512
EVENTS_OF_A_PACK = 19
BATCH = 5000


def pack(n: int) -> str:
    return f"urn:epc:id:sgtin:9521234.0{12300 + n % 40}.P{n}"


def module(n: int, place: int) -> str:
    return f"urn:epc:id:sgtin:9521234.0{22300 + n % 20}.M{n}-{place}"


def cell(n: int, place: int) -> str:
    return f"urn:epc:id:sgtin:9521234.0{32300 + n % 10}.C{n}-{place}"


def vehicle(n: int) -> str:
    return f"urn:epc:id:sgtin:9521234.0{42300 + n % 15}.V{n}"


def load(n: int, leg: int) -> str:
    return f"urn:epc:id:sscc:9521234.{leg}{n:09d}"


def trip(n: int, leg: int) -> str:
    return f"urn:epc:id:giai:9521234.TRIP{leg}-{n}"


def site(n: int, stage: int) -> str:
    return SITES[(n * 7 + stage * 31) % 200]


def at(place: str) -> dict[str, Any]:
    return {"readPoint": {"id": place}, "bizLocation": {"id": place}}


def seen(epcs: list[str], step: str, action: str = "OBSERVE", **fields: Any) -> dict[str, Any]:
    return {"type": "ObjectEvent", "action": action, "epcList": epcs, "bizStep": step, **fields}


def family(
    kind: str, action: str, parent: str, children: list[str], step: str, **fields: Any
) -> dict[str, Any]:
    event = {"type": f"{kind}Event", "action": action, "parentID": parent, "childEPCs": children}
    return event | {"bizStep": step, **fields}


def handover(n: int) -> dict[str, Any]:
    return {
        "sourceList": [{"type": "possessing_party", "source": PARTIES[n % 40]}],
        "destinationList": [{"type": "possessing_party", "destination": PARTIES[(n * 7 + 1) % 40]}],
        "bizTransactionList": [{"type": "bol", "bizTransaction": f"urn:epc:id:gdti:9521234.00001.B{n // 8}"}],
    }


def diagnosis(n: int) -> dict[str, Any]:
    reports = [
        {"type": "voltloop:StateOfHealth", "value": 70 + n % 300 / 10, "uom": "P1"},
        {"type": "Voltage", "value": 380 + n % 80 / 8, "uom": "VLT"},
    ]
    metadata = {"deviceID": f"urn:epc:id:giai:9521234.TESTER{n % 30}"}
    return {"sensorElementList": [{"sensorMetadata": metadata, "sensorReport": reports}]}


def grouped(first: int, size: int) -> Iterator[tuple[int, list[int]]]:
    """Groups of so many packs of a cohort, each with its number."""
    for start in range(first, first + COHORT, size):
        yield start // size, list(range(start, start + size))


def stages(first: int) -> list[Callable[[], Iterator[dict[str, Any]]]]:
    """The stages in the life of the packs of one cohort."""
    packs = range(first, first + COHORT)

    def cells() -> Iterator[dict[str, Any]]:
        for n in packs:
            made = [cell(n, place) for place in (0, 1)]
            yield seen(made, "commissioning", "ADD", disposition="active", **at(site(n, 0)))

    def modules() -> Iterator[dict[str, Any]]:
        for n in packs:
            for place in (0, 1):
                parts = [cell(n, place)]
                yield family("Association", "ADD", module(n, place), parts, "assembling", **at(site(n, 0)))

    def assembled() -> Iterator[dict[str, Any]]:
        for n in packs:
            here = at(site(n, 0))
            yield seen([pack(n)], "commissioning", "ADD", disposition="active", **here)
            yield family("Association", "ADD", pack(n), [module(n, 0), module(n, 1)], "assembling", **here)

    def inspected() -> Iterator[dict[str, Any]]:
        for n in packs:
            yield seen([pack(n)], "inspecting", disposition="conformant", **at(site(n, 0)), **diagnosis(n))

    def packed() -> Iterator[dict[str, Any]]:
        for number, members in grouped(first, 4):
            here = at(site(first, 0))
            yield family("Aggregation", "ADD", load(number, 1), list(map(pack, members)), "packing", **here)
        for number, members in grouped(first, 64):
            loads = [load(n // 4, 1) for n in members[::4]]
            yield family("Aggregation", "ADD", trip(number, 1), loads, "loading", **at(site(first, 0)))

    def departed() -> Iterator[dict[str, Any]]:
        for number, _ in grouped(first, 64):
            place = {"readPoint": {"id": site(first, 0)}}
            yield seen([trip(number, 1)], "departing", disposition="in_transit", **place)

    def arrived() -> Iterator[dict[str, Any]]:
        for number, _ in grouped(first, 64):
            yield seen([trip(number, 1)], "arriving", **at(site(first, 1)))

    def received() -> Iterator[dict[str, Any]]:
        here = at(site(first, 1))
        for number, members in grouped(first, 64):
            loads = [load(n // 4, 1) for n in members[::4]]
            yield family("Aggregation", "DELETE", trip(number, 1), loads, "unloading", **here)
        for number, members in grouped(first, 4):
            yield family(
                "Aggregation", "DELETE", load(number, 1), list(map(pack, members)), "unpacking", **here
            )
        for n in packs:
            yield seen([pack(n)], "receiving", disposition="in_progress", **here, **handover(n))

    def stored() -> Iterator[dict[str, Any]]:
        for n in packs:
            yield seen([pack(n)], "storing", disposition="sellable_not_accessible", **at(site(first, 1)))

    def installed() -> Iterator[dict[str, Any]]:
        for n in packs:
            here = at(site(first, 1))
            yield seen([vehicle(n)], "commissioning", "ADD", disposition="active", **here)
            yield family("Association", "ADD", vehicle(n), [pack(n)], "installing", **here)

    def moved(stage: int, step: str) -> Callable[[], Iterator[dict[str, Any]]]:
        def happen() -> Iterator[dict[str, Any]]:
            for n in packs:
                place = (
                    {"readPoint": {"id": site(n, stage - 1)}} if step == "shipping" else at(site(n, stage))
                )
                yield seen([vehicle(n)], step, **place, **handover(n + stage))

        return happen

    def swapped() -> Iterator[dict[str, Any]]:
        for n in packs:
            other = first + (n - first + 1) % COHORT
            here = at(site(n, 4))
            yield family("Association", "DELETE", pack(n), [module(n, 1)], "removing", **here)
            yield family("Association", "ADD", pack(n), [module(other, 1)], "installing", **here)

    def checked() -> Iterator[dict[str, Any]]:
        for n in packs:
            yield seen([pack(n)], "inspecting", disposition="active", **diagnosis(n + 5))

    def sent() -> Iterator[dict[str, Any]]:
        for number, members in grouped(first, 8):
            here = at(site(first, 5))
            vehicles = list(map(vehicle, members))
            yield family("Aggregation", "ADD", load(number, 2), vehicles, "loading", **here)
        for number, members in grouped(first, 32):
            loads = [load(n // 8, 2) for n in members[::8]]
            yield family("Aggregation", "ADD", trip(number, 2), loads, "loading", **at(site(first, 5)))
            yield seen([trip(number, 2)], "departing", readPoint={"id": site(first, 5)})

    def home() -> Iterator[dict[str, Any]]:
        for number, members in grouped(first, 32):
            if number % 10:
                here = at(site(number, 6))
                yield seen([trip(number, 2)], "arriving", **here)
                loads = [load(n // 8, 2) for n in members[::8]]
                yield family("Aggregation", "DELETE", trip(number, 2), loads, "unloading", **here)
                for n in members[::8]:
                    inside = [vehicle(m) for m in range(n, n + 8)]
                    yield family("Aggregation", "DELETE", load(n // 8, 2), inside, "unpacking", **here)

    return [
        cells, modules, assembled, inspected, packed, departed, arrived, received, stored, installed,
        moved(2, "shipping"), moved(3, "receiving"), moved(3, "inspecting"), moved(4, "shipping"),
        moved(4, "receiving"), swapped, checked, sent, home,
    ]  # fmt: skip


def events(cohorts: int) -> Iterator[dict[str, Any]]:
    """All events in the order of their time, the cohorts one behind the other, every cohort stage after stage."""
    lives = [stages(number * COHORT) for number in range(cohorts)]
    count = len(lives[0])
    lag = max(1, cohorts // count)
    ticks = cohorts + lag * (count - 1)
    number = 0
    for tick in range(ticks):
        begun = START + SPAN * tick / ticks
        for stage in range(count):
            cohort = tick - stage * lag
            if 0 <= cohort < cohorts:
                for event in lives[cohort][stage]():
                    number += 1
                    event["eventID"] = f"urn:uuid:{number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}"
                    event["eventTime"] = (begun + timedelta(milliseconds=number % 3_000_000)).isoformat()
                    event["eventTimeZoneOffset"] = "+00:00"
                    yield event


def fill(engine: Any, cohorts: int) -> int:
    """Capture all events; give how many there are."""
    from voltloop.ledger.capture import write
    from voltloop.ledger.rows import prepare
    from voltloop.ledger.things import KnownThings

    known, count, told = KnownThings(), 0, time.perf_counter()
    coming = events(cohorts)
    gc.freeze()
    gc.set_threshold(200_000, 50, 50)  # as the server does: what is prepared lives until it is written
    with engine.connect() as connection, ThreadPoolExecutor(1) as beside:

        def next_batch() -> tuple[int, Any]:
            batch = list(islice(coming, BATCH))
            return len(batch), prepare(batch, CONTEXT, known) if batch else None

        ahead = beside.submit(next_batch)
        while (found := ahead.result())[0]:
            size, prepared = found
            ahead = beside.submit(next_batch)
            with connection.begin():
                written = write(connection, prepared, now=datetime.now(UTC))
            assert not written.conflicts
            known.learn(written.things)
            count += size
            if time.perf_counter() - told > 60:
                told = time.perf_counter()
                print(f"{count:,} events", flush=True)
    return count


def timed(questions: list[Callable[[], Any]]) -> dict[str, float]:
    """Ask all twice, and give the milliseconds that half and 99 of 100 questions took at most, in each round."""
    found = {}
    for suffix in ("", "_again"):
        took = []
        for question in questions:
            start = time.perf_counter()
            question()
            took.append((time.perf_counter() - start) * 1000)
        took.sort()
        found[f"p50{suffix}_ms"] = round(took[len(took) // 2], 2)
        found[f"p99{suffix}_ms"] = round(took[int(len(took) * 0.99)], 2)
    return found


def ask(engine: Any, packs: int, asked: int) -> dict[str, Any]:
    """Ask every question of random packs and sites."""
    from sqlalchemy import text

    from voltloop.epcis.identifiers import key_of
    from voltloop.ledger.genealogy import ancestors
    from voltloop.ledger.stock import Wanted, stock
    from voltloop.ledger.story import story
    from voltloop.ledger.where import where_is

    dice = random.Random(5)
    some = [dice.randrange(packs) for _ in range(asked)]
    past = START + SPAN * 0.6
    found: dict[str, Any] = {}
    row = text(
        "SELECT document FROM event JOIN trace USING (event_at, record_at) WHERE epc_id = :key LIMIT 1"
    )
    with engine.connect() as connection:
        for n in some[:20]:
            where_is(connection, pack(n), NOW)
        deepest = max(len(ancestors(connection, cell(n, 0), NOW)) for n in some)
        kinds: dict[str, list[Callable[[], Any]]] = {
            "indexed_lookup": [
                lambda n=n: connection.execute(row, {"key": key_of(pack(n))}).all() for n in some
            ],
            "where": [lambda n=n: where_is(connection, pack(n), NOW) for n in some],
            "where_in_the_past": [
                lambda n=n: where_is(connection, pack(n), past) for n in some if n < packs // 2
            ],
            "story": [lambda n=n: story(connection, pack(n), NOW) for n in some],
            "ancestors_of_a_cell": [lambda n=n: ancestors(connection, cell(n, 0), NOW) for n in some],
            "stock_of_a_site": [
                lambda place=place: stock(connection, Wanted(NOW, site=place), ["model", "condition"])
                for place in SITES[:: max(1, 20_000 // asked // 100)]
            ],
        }
        for name, questions in kinds.items():
            found[name] = timed(questions)
        found["deepest_ancestry"] = deepest
        found["events_of_a_story"] = len(story(connection, pack(some[0]), NOW))
        at_site = stock(connection, Wanted(NOW, site=SITES[3]), [])
        found["things_at_a_site"] = at_site[0].count if at_site else 0
    return found


def sizes(engine: Any, count: int) -> dict[str, float]:
    """Bytes on disk for each event: all, and by table with its partitions and indexes."""
    from sqlalchemy import text

    statement = """
    SELECT coalesce(p.inhparent, c.oid)::regclass::text, sum(pg_total_relation_size(c.oid)) FROM pg_class AS c
    LEFT JOIN pg_inherits AS p ON p.inhrelid = c.oid
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY 1 ORDER BY 2 DESC LIMIT 7
    """
    with engine.connect() as connection:
        whole = connection.scalar(text("SELECT pg_database_size(current_database())"))
        tables = connection.execute(text(statement)).all()
    found = {"all": round(whole / count, 1)}
    return found | {name: round(float(size) / count, 1) for name, size in tables}


def filled(engine: Any, cohorts: int) -> dict[str, Any]:
    """Fill a ledger, and give what that took."""
    from sqlalchemy import text

    start, busy = time.perf_counter(), time.process_time()
    count = fill(engine, cohorts)
    wall, python_s = time.perf_counter() - start, time.process_time() - busy
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return {
        "events": count,
        "packs": cohorts * COHORT,
        "fill_events_per_s": round(count / wall),
        "fill_python_us_per_event": round(python_s / count * 1e6, 1),
        "bytes_per_event": sizes(engine, count),
    }


def measure(wanted: int, asked: int, home: Path) -> dict[str, Any]:
    """Fill the ledger of a folder, if that is still to be done, and ask it."""
    from voltloop.ledger.database import open_ledger

    cohorts = max(1, round(wanted / EVENTS_OF_A_PACK / COHORT))
    told = home / "filled.json"
    home.mkdir(parents=True, exist_ok=True)
    with open_ledger(data=home / "data") as ledger:
        if not told.exists():
            told.write_text(json.dumps(filled(ledger.engine, cohorts)))
        return json.loads(told.read_text()) | ask(ledger.engine, cohorts * COHORT, asked)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, nargs="*", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--asked", type=int, default=1000, help="Packs that are asked about.")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument(
        "--keep", type=Path, help="Where ledgers are kept, each in a folder named by its size."
    )
    parser.add_argument("--save", action="store_true")
    given = parser.parse_args()
    machine = {"cpus": os.cpu_count(), "python": platform.python_version()}
    results = []
    for wanted in given.events:
        if given.keep:
            results.append(measure(wanted, given.asked, given.keep / str(wanted)) | machine)
        else:
            with tempfile.TemporaryDirectory(dir=given.folder) as home:
                results.append(measure(wanted, given.asked, Path(home)) | machine)
        print(json.dumps(results[-1]), flush=True)
    if given.save:
        text = json.dumps(
            {"benchmark": "trace", "on": datetime.now(UTC).date().isoformat(), "sizes": results}, indent=1
        )
        (ROOT / "benchmarks" / "results" / "trace.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
