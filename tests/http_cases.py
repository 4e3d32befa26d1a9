"""The server in process, over the database of a test."""

from __future__ import annotations

import socket
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import uvicorn
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


@contextmanager
def listening(engine: Engine, folder: Path, **settings: Any) -> Iterator[tuple[int, dict[str, str]]]:
    """Give the port of the application behind a real server, and the header of a key that may do everything."""
    key = add_key(engine, "tests", ["admin"])
    app = application(start(Ledger(engine, folder, None), Settings(**settings)))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1], bearing(key)
        finally:
            server.should_exit = True
            thread.join()


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
