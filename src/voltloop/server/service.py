"""What the resources work with: the ledger, the settings, and what runs beside the requests."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

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
    return Service(ledger=ledger, settings=settings, capture=worker)


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


ServiceOf = Annotated[Service, Depends(_service)]
"""The service, as an argument of a resource."""
