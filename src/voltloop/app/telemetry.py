"""Readings of devices into the ledger, and what follows from them: events, findings, forecasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from voltloop.epcis.readings import Batch

__all__ = ["Received", "conclude_all", "receive"]

_ROUND = 100


@dataclass(slots=True)
class Received:
    """What became of readings.

    Attributes
    ----------
    rows
        Readings that came: ``accepted + already + len(rejected)``.
    accepted, already
        New ones, and those that were there before.
    rejected
        The others, each with where it stood, a code and the reason; they are among the dead letters.
    told, taken_back
        Conclusions that became events, and events taken back by error declarations.
    forecasts
        Arrivals forecast.
    """

    rows: int = 0
    accepted: int = 0
    already: int = 0
    rejected: list[dict[str, str]] = field(default_factory=list)
    told: int = 0
    taken_back: int = 0
    forecasts: int = 0

    def document(self) -> dict[str, Any]:
        """Give it as plain values for JSON."""
        return asdict(self)


def receive(
    engine: Engine, batches: Sequence[tuple[str, Batch]], now: datetime, *, base: str | None = None
) -> Received:
    """Keep readings, then conclude from them.

    Parameters
    ----------
    engine
        Of the ledger.
    batches
        What came, each with its channel: ``HTTP``, or an MQTT topic.
    now
        The present: when they came.
    base
        Where links to raw readings lead.

    Notes
    -----
    The readings are kept before anything is concluded: if that fails, the next call takes it up.
    """
    from voltloop.ledger.telemetry.store import bury, store_readings

    received = Received(rows=sum(batch.rows for _, batch in batches))
    with engine.begin() as connection:
        readings = [one for _, batch in batches for one in batch.readings]
        stored = store_readings(connection, readings, now)
        received.accepted, received.already = stored.accepted, stored.already
        channels = {channel for channel, _ in batches}
        channel = channels.pop() if len(channels) == 1 else "several"
        bury(connection, stored.refused, channel, now)
        for channel, batch in batches:
            bury(connection, batch.refused, channel, now)
    refused = [*stored.refused, *(one for _, batch in batches for one in batch.refused)]
    received.rejected = [{"where": one.where, "code": one.code, "reason": one.reason} for one in refused]
    conclude_all(engine, now, received, base=base)
    return received


def conclude_all(
    engine: Engine, now: datetime, received: Received | None = None, *, base: str | None = None
) -> Received:
    """Conclude from all readings that nobody has looked at yet, and forecast arrivals of what has moved."""
    from voltloop.ledger.telemetry.eta import forecast
    from voltloop.ledger.telemetry.watch import BASE, conclude

    received = received or Received()
    while True:
        with engine.begin() as connection:
            watched = conclude(connection, now, base=base or BASE, limit=_ROUND)
            received.told += watched.told
            received.taken_back += watched.voided
            for thing_id, _ in sorted(watched.moved):
                received.forecasts += len(forecast(connection, thing_id, now))
        if watched.devices < _ROUND:
            return received
