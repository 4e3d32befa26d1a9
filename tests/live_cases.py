"""The server over a real socket, in a thread of the test: for web sockets and for what runs beside requests."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import uvicorn
from sqlalchemy import Engine

from voltloop.ledger.database import Ledger
from voltloop.ledger.keys import add_key
from voltloop.server.application import application
from voltloop.server.service import start
from voltloop.server.settings import Settings

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


@dataclass
class Live:
    """A running server: its port, a key that may do everything, and a client with it."""

    port: int
    key: str
    client: httpx.Client

    def query(self, name: str = "shipped", **parameters: Any) -> str:
        """Make a named query, by default of what is shipped; give its path."""
        wanted = parameters or {"EQ_bizStep": ["shipping"]}
        answer = self.client.post("/epcis/queries", json={"name": name, "query": wanted})
        assert answer.status_code == 201, answer.text
        return f"/epcis/queries/{name}"

    def subscribe(self, path: str, dest: str, **more: Any) -> dict[str, Any]:
        """Subscribe by webhook; a stream unless a schedule is given."""
        controls = more if "schedule" in more else {"stream": True} | more
        answer = self.client.post(f"{path}/subscriptions", json={"dest": dest} | controls)
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def capture(self, *steps: str) -> list[str]:
        """Capture an event for each business step; give their ids."""
        return [self.capture_one(step) for step in steps]

    def capture_one(self, step: str = "shipping") -> str:
        event = {"@context": CONTEXT, **shipment(step)}
        answer = self.client.post("/epcis/events", json=event)
        assert answer.status_code == 201, answer.text
        return str(event["eventID"])

    def state(self, path: str, subscription_id: str) -> dict[str, Any]:
        """Give a subscription as the server tells it."""
        told: dict[str, Any] = self.client.get(f"{path}/subscriptions/{subscription_id}").json()
        return told


def shipment(step: str = "shipping") -> dict[str, Any]:
    """Give a valid event with a new id."""
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{uuid4()}",
        "eventTime": "2026-11-20T08:00:00.000Z",
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "bizStep": step,
        "epcList": ["urn:epc:id:sgtin:9521141.123456.7"],
    }


@contextmanager
def live(engine: Engine, folder: Path, **settings: Any) -> Iterator[Live]:
    """Run the server on a free port, receivers in private networks permitted."""
    key = add_key(engine, f"live {uuid4()}", ["admin"])
    service = start(Ledger(engine, folder, None), Settings(**{"webhook_private": True} | settings))
    config = uvicorn.Config(
        application(service), host="127.0.0.1", port=0, log_level="error", timeout_graceful_shutdown=5
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    headers = {"Authorization": f"Bearer {key}"}
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client:
            yield Live(port, key, client)
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive(), "the server did not stop"


def eventually(holds: Any, patience_s: float = 20) -> Any:
    """Wait until something is so, and give it."""
    end = time.monotonic() + patience_s
    while not (found := holds()):
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.02)
    return found
