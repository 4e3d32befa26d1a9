"""Readings are kept once, whatever comes twice, late or out of order; nothing is dropped without a reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text

from voltloop.epcis.readings import Reading, position, reading
from voltloop.ledger.telemetry.store import store_readings

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
LOGGER = "urn:dev:mac:0024befffe804ff1"


def warm(minutes: float, degrees: float, **further: object) -> Reading:
    return reading(LOGGER, "temperature", NOW + timedelta(minutes=minutes), degrees, **further)


def counts(ledger: Engine, readings: list[Reading]) -> tuple[int, int, int]:
    with ledger.begin() as connection:
        stored = store_readings(connection, readings, NOW)
    assert stored.accepted + stored.already + len(stored.refused) == len(readings)
    return stored.accepted, stored.already, len(stored.refused)


def test_what_comes_twice_is_kept_once(ledger: Engine) -> None:
    """At least once on the way in is once in the ledger, within a batch and between batches."""
    first = [warm(-3, 20), warm(-2, 21), warm(-2, 21)]
    assert counts(ledger, first) == (2, 1, 0)
    assert counts(ledger, [*first, warm(-1, 22)]) == (1, 3, 0)


def test_another_value_of_the_same_time_is_refused(ledger: Engine) -> None:
    assert counts(ledger, [warm(-1, 20)]) == (1, 0, 0)
    assert counts(ledger, [warm(-1, 30), warm(-2, 5)]) == (1, 0, 1)
    with ledger.connect() as connection:
        assert connection.scalar(text("SELECT max(number) FROM reading")) == 20


def test_a_sequence_knows_a_reading_sent_again_under_another_time(ledger: Engine) -> None:
    """A relative time moves when the message is sent again; the count does not."""
    assert counts(ledger, [warm(-5, 20, sequence=7)]) == (1, 0, 0)
    assert counts(ledger, [warm(-4, 20, sequence=7)]) == (0, 1, 0)
    assert counts(ledger, [warm(-4, 25, sequence=7)]) == (0, 0, 1)
    assert counts(ledger, [warm(-4, 25, sequence=7, session="second start")]) == (1, 0, 0)
    assert counts(ledger, [warm(-5, 20, sequence=7), warm(-3, 20, sequence=8)]) == (1, 1, 0)


def test_late_readings_never_move_the_latest_back(ledger: Engine) -> None:
    at_noon = position(LOGGER, NOW, 52.5, 13.4)
    counts(ledger, [warm(0, 20), at_noon])
    counts(ledger, [warm(-60, 90), position(LOGGER, NOW - timedelta(hours=1), 48.1, 11.6)])
    with ledger.connect() as connection:
        rows = connection.execute(
            text("SELECT metric, number, latitude FROM reading_now ORDER BY metric")
        ).all()
        assert [tuple(row) for row in rows] == [("position", None, 52.5), ("temperature", 20.0, None)]
        assert connection.scalar(text("SELECT from_at FROM telemetry_due")) == NOW - timedelta(hours=1)


def test_readings_lie_in_the_partition_of_their_month(ledger: Engine) -> None:
    counts(ledger, [warm(0, 20), warm(-60 * 24 * 31, 20)])
    with ledger.connect() as connection:
        found = connection.scalars(text("SELECT tableoid::regclass::text FROM reading ORDER BY 1")).all()
    assert found == ["reading_2026m10", "reading_2026m11"]
