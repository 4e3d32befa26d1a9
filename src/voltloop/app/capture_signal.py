"""The news that events were captured, by whatever program, for everything in this process that waits for them."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from voltloop.ledger.capture import CHANNEL
from voltloop.ledger.query import last_record_at

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Engine

__all__ = ["CaptureSignal", "connect_arguments"]

_POLL_S = 2.0
_SETTLE_S = 0.02
_PAUSE_S = 1.0
_log = logging.getLogger("voltloop.deliveries")


def connect_arguments(engine: Engine) -> dict[str, Any]:
    """Give what psycopg needs to connect to the database of an engine."""
    _, arguments = engine.dialect.create_connect_args(engine.url)
    return dict(arguments)


class CaptureSignal:
    """Knows the record time of the last event, by notifications of PostgreSQL and by asking every two seconds.

    Parameters
    ----------
    engine
        The ledger.

    Attributes
    ----------
    record_at
        Of the last event that is known to be captured; year 1 before the first.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._changed = asyncio.Event()
        self.record_at = datetime(1, 1, 1, tzinfo=UTC)

    async def run(self) -> None:
        """Follow the captures until this task is cancelled; a database that goes away is waited for."""
        while True:
            try:
                await self._follow()
            except Exception as error:
                _log.warning("News of captures wait for the database: %s", str(error).partition("\n")[0])
                await asyncio.sleep(_PAUSE_S)

    async def _follow(self) -> None:
        import psycopg

        connection = await psycopg.AsyncConnection.connect(**connect_arguments(self._engine), autocommit=True)
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            while True:
                self._tell(await asyncio.to_thread(self._last))
                await _news(connection)

    def _last(self) -> datetime:
        with self._engine.connect() as connection:
            return last_record_at(connection)

    def _tell(self, record_at: datetime) -> None:
        if record_at > self.record_at:
            self.record_at = record_at
            self._changed.set()
            self._changed = asyncio.Event()

    async def after(self, at: datetime, patience_s: float | None = None) -> bool:
        """Wait for an event with a later record time; False where none came in time."""
        try:
            async with asyncio.timeout(patience_s):
                while self.record_at <= at:
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True


async def _news(connection: psycopg.AsyncConnection[Any]) -> None:
    """Wait for a notification, and a moment longer, so that a burst of captures is told once."""
    async for _ in connection.notifies(timeout=_POLL_S, stop_after=1):
        await asyncio.sleep(_SETTLE_S)
