"""Rows of any instant find a partition, made once, whoever asks for it first."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

from sqlalchemy import Connection, Engine, insert, text

from voltloop.ledger.partitions import ensure_partitions, partitioned_tables
from voltloop.ledger.tables import trace


def partitions(engine: Engine, table: str) -> set[str]:
    query = text(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = CAST(:table AS regclass)"
    )
    with engine.connect() as connection:
        return set(connection.scalars(query, {"table": table}))


def put(connection: Connection, at: datetime) -> None:
    connection.execute(insert(trace).values(epc_id=uuid4(), event_at=at, record_at=at, role=1, position=0))


def test_a_quarter_gets_its_partition_in_utc(ledger: Engine) -> None:
    """One second before midnight in Berlin is still the old year in UTC."""
    berlin = timezone(timedelta(hours=1))
    with ledger.begin() as connection:
        ensure_partitions(
            connection, [datetime(2026, 1, 1, 0, 30, tzinfo=berlin), datetime(2026, 4, 1, tzinfo=UTC)]
        )
    for table in partitioned_tables():
        assert partitions(ledger, table.name) == {
            f"{table.name}_{part}" for part in ("early", "late", "2025q4", "2026q2")
        }


def test_far_off_instants_go_to_the_edges(ledger: Engine) -> None:
    """The edges of the calendar make no partitions, and rows still find their place."""
    far = [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)]
    with ledger.begin() as connection:
        ensure_partitions(connection, far)
        for at in far:
            put(connection, at)
    assert partitions(ledger, "trace") == {"trace_early", "trace_late"}


def test_partitions_are_made_beside_open_readers_and_writers(ledger: Engine) -> None:
    """A reader and a writer in the middle of their transactions neither wait nor are waited for."""
    first, other = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
    with ledger.connect() as reader, ledger.begin() as writer:
        reader.execute(text("SELECT count(*) FROM trace"))
        ensure_partitions(writer, [first])
        put(writer, first)
        ensure_partitions(writer, [other])
        put(writer, other)
    with ledger.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM trace")) == 2


def test_many_ask_at_once(ledger: Engine) -> None:
    """Sixteen captures of the same new quarters: one makes them, nobody fails."""
    instants = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=92 * number) for number in range(4)]
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            with ledger.begin() as connection:
                ensure_partitions(connection, instants)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(partitions(ledger, "event")) == 6
