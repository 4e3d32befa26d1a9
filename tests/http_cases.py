"""The server in process, over the database of a test."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from voltloop.ledger.database import Ledger
from voltloop.ledger.keys import add_key
from voltloop.server.application import application
from voltloop.server.service import start
from voltloop.server.settings import Settings

with warnings.catch_warnings():
    # Starlette asks for a successor of httpx that is not among our dependencies.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient


@contextmanager
def served(engine: Engine, folder: Path, **settings: Any) -> Iterator[TestClient]:
    """Give a client of the running application whose key may do everything."""
    key = add_key(engine, "tests", ["admin"])
    app = application(start(Ledger(engine, folder, None), Settings(**settings)))
    with TestClient(app, headers=bearing(key), raise_server_exceptions=False) as client:
        yield client


def bearing(key: str) -> dict[str, str]:
    """Give the header that carries a key."""
    return {"Authorization": f"Bearer {key}"}


def captured(client: TestClient, body: bytes, media_type: str, **headers: str) -> dict[str, Any]:
    """Capture a document and give its job when it has ended."""
    answer = client.post("/epcis/capture", content=body, headers={"Content-Type": media_type, **headers})
    assert answer.status_code == 202, answer.text
    assert answer.content == b""
    job: dict[str, Any] = {"running": True}
    while job["running"]:
        time.sleep(0.01)
        job = client.get(answer.headers["Location"]).json()
    return job
