"""What the resources work with: the ledger, the settings, and what runs beside the requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from voltloop.ledger.database import Ledger
from voltloop.server.settings import Settings

__all__ = ["Service", "ServiceOf"]


@dataclass(frozen=True)
class Service:
    """One running server."""

    ledger: Ledger
    settings: Settings


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


ServiceOf = Annotated[Service, Depends(_service)]
"""The service, as an argument of a resource."""
