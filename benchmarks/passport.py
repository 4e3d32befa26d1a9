"""Reading passports while the register grows: by identifier, by product, one element, as each class of readers.

    python benchmarks/passport.py [--batteries N] [--reads N] [--folder DIR] [--data DIR]

Fills a ledger with passports of batteries of 40 models, each of the size of the official example, by COPY, then reads
random ones in one process on one connection: what the server does for a request but HTTP. Prints one JSON line with
the middle and the 99th percentile of each question in milliseconds, of wall and of processor time. A million take
about 12 GB; ``--data`` keeps the ledger and reads what is there already.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from voltloop.epcis.identifiers import key_of
from voltloop.ledger.database import open_ledger
from voltloop.ledger.naming import cursor_of
from voltloop.ledger.passport.access import Reader
from voltloop.ledger.passport.frame import check_digit
from voltloop.ledger.passport.points import data_points
from voltloop.ledger.passport.reading import see, see_element
from voltloop.ledger.passport.representation import full
from voltloop.ledger.passport.rows import ROOT, passport_key
from voltloop.ledger.passport.serving import read, read_product
from voltloop.ledger.passport.signing import Signer, open_signer
from voltloop.ledger.passport.store import create
from voltloop.ledger.passport.texts import digest_of, text_of

MODELS = 40
OPERATOR = "https://id.gs1.org/417/9521234000006"
AT = datetime(2027, 3, 1, tzinfo=UTC)


def model(n: int) -> str:
    digits = f"095210020{n % MODELS:04d}"
    return f"https://id.gs1.org/01/{digits}{check_digit(digits)}"


def battery(n: int) -> str:
    return f"{model(n)}/21/B{n:08d}"


def values(level: str) -> dict[str, Any]:
    """Give a value for every data point of a level, of ordinary length."""
    told: dict[str, Any] = {}
    for point in data_points(AT.date()).values():
        if (point.level == "item") != (level == "item") or point.kind in {"identifier", "date"}:
            continue
        if point.kind in {"quantity", "number", "range"}:
            told[point.name] = {
                "value": 42.5,
                "unit": point.unit,
                "at": "2027-01-31T10:00:00Z",
                "method": "urn:x:m",
            }
        elif point.kind == "list":
            told[point.name] = [{"name": f"part {i} of {point.title}", "share": 0.1} for i in range(8)]
        elif point.kind != "word":
            told[point.name] = f"https://example.org/documents/{point.name}"
    return told | ({"lifeStatus": "original"} if level == "item" else {"batteryCategory": "ev"})


def fill(connection: Any, count: int, signer: Signer) -> None:
    for n in range(MODELS):
        create(connection, {"uniqueProductIdentifier": model(n), **values("model")}, signer, AT)
    own = values("item")
    cursor = cursor_of(connection)
    for table, columns in (
        ("passport_version", "passport_key, version, from_at, document, digest, previous, signature"),
        (
            "passport",
            "id, passport_id, product_key, product_id, granularity, operator_id, status, version, from_at, digest, "
            "document",
        ),
    ):
        with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for n in range(count):
                name = battery(n)
                record = {
                    "digitalProductPassportId": name, "uniqueProductIdentifier": name, "granularity": "item",
                    "dppSchemaVersion": "EN 18223:2026", "dppStatus": "active", "lastUpdated": "2027-03-01T00:00:00Z",
                    "economicOperatorId": OPERATOR, **own,
                }  # fmt: skip
                document = text_of(record)
                digest = digest_of(document)
                if table == "passport":
                    row = [
                        passport_key(name),
                        name,
                        key_of(name),
                        name,
                        "item",
                        OPERATOR,
                        "active",
                        1,
                        AT,
                        digest,
                        document,
                    ]
                else:
                    row = [
                        passport_key(name),
                        1,
                        AT,
                        document,
                        digest,
                        ROOT,
                        "unsigned: filled by a benchmark",
                    ]
                copy.write_row(row)


def measured(reads: int, act: Callable[[int], object]) -> dict[str, float]:
    wall, cpu = [], []
    for n in range(reads):
        begun, used = time.perf_counter(), time.process_time()
        act(n)
        wall.append((time.perf_counter() - begun) * 1e3)
        cpu.append((time.process_time() - used) * 1e3)
    wall.sort()
    cpu.sort()
    last = min(reads - 1, int(reads * 0.99))
    return {
        "p50_ms": round(wall[reads // 2], 2),
        "p99_ms": round(wall[last], 2),
        "cpu_p50_ms": round(cpu[reads // 2], 2),
        "cpu_p99_ms": round(cpu[last], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batteries", type=int, default=10_000)
    parser.add_argument("--reads", type=int, default=2_000)
    parser.add_argument("--folder", type=Path, default=None, help="where the ledger is made")
    parser.add_argument("--data", type=Path, default=None, help="a ledger to keep")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        data = options.data or Path(folder)
        with open_ledger(data=data) as ledger:
            run(ledger, options, open_signer(data))


def run(ledger: Any, options: argparse.Namespace, signer: Signer) -> None:
    with ledger.engine.begin() as connection:
        held = (
            cursor_of(connection)
            .execute("SELECT count(*) FROM passport WHERE granularity = 'item'")
            .fetchone()
        )
        count = held[0] if held else 0
        begun = time.perf_counter()
        if not count:
            count = options.batteries
            fill(connection, count, signer)
        filled_s = round(time.perf_counter() - begun, 1)
    with ledger.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        cursor_of(connection).execute("VACUUM ANALYZE passport")
    draw = random.Random(7)
    public, recycler = Reader("public"), Reader("recycler")

    def one(reader: Reader, by_product: bool = False) -> object:
        name = battery(draw.randrange(count))
        with ledger.engine.begin() as connection:
            found = (read_product if by_product else read)(connection, name, signer, AT)
            return text_of(see(connection, found, reader, AT, "benchmark").record)

    def element(_: int) -> object:
        with ledger.engine.begin() as connection:
            found = read(connection, battery(draw.randrange(count)), signer, AT)
            return see_element(
                connection, found, ("stateOfCertifiedEnergy", "value"), recycler, AT, "benchmark"
            )

    def expanded(_: int) -> object:
        with ledger.engine.begin() as connection:
            found = read(connection, battery(draw.randrange(count)), signer, AT)
            return text_of(full(see(connection, found, public, AT, "benchmark").record))

    measured(200, lambda _: one(public))
    found = {
        "batteries": count,
        "filled_s": filled_s,
        "public": measured(options.reads, lambda _: one(public)),
        "public by product": measured(options.reads, lambda _: one(public, by_product=True)),
        "recycler, logged": measured(options.reads, lambda _: one(recycler)),
        "one element, logged": measured(options.reads, element),
        "public, full form": measured(options.reads, expanded),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
