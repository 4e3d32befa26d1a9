"""What the resources work with: the ledger, the settings, and what runs beside the requests."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from voltloop.app.capture_signal import CaptureSignal
from voltloop.app.deliverer import Deliverer
from voltloop.ledger.database import Ledger
from voltloop.ledger.worker import CaptureWorker
from voltloop.server.settings import Settings

__all__ = ["Service", "ServiceOf", "start"]


@dataclass(frozen=True)
class Service:
    """One running server."""

    ledger: Ledger
    settings: Settings
    capture: CaptureWorker
    signal: CaptureSignal
    deliverer: Deliverer

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[None]:
        """Tell of captures and deliver to subscribers while this lasts, in the event loop of the server."""
        tasks = [asyncio.create_task(work.run()) for work in (self.signal, self.deliverer)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            # What a cancelled task left running in a thread still has a connection to the database.
            await asyncio.get_running_loop().shutdown_default_executor()

    def is_lenient(self, asked: str | None) -> bool:
        """Whether a document is read leniently, from what its sender asks and the server's own setting."""
        return self.settings.lenient if asked is None else asked == "lenient"

    def close(self) -> None:
        """Let the work in hand end, and close the ledger."""
        self.capture.close()
        self.ledger.close()


def start(ledger: Ledger, settings: Settings) -> Service:
    """Start what runs beside the requests.

    Raises
    ------
    LedgerError
        Another server works on the same data folder.
    """
    gc.freeze()
    gc.set_threshold(
        100_000, 20, 50
    )  # events are trees: the search for cycles would walk them over and over in vain
    worker = CaptureWorker(
        ledger.engine, ledger.data_folder / "spool", most_events=settings.capture_limit_events
    )
    signal = CaptureSignal(ledger.engine)
    deliverer = Deliverer(ledger.engine, signal, may_be_private=settings.webhook_private)
    return Service(ledger=ledger, settings=settings, capture=worker, signal=signal, deliverer=deliverer)


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


ServiceOf = Annotated[Service, Depends(_service)]
"""The service, as an argument of a resource."""
