"""A receiver of deliveries: a real HTTP server of this machine that answers as a test tells it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Got:
    """A request that came."""

    path: str
    headers: Message
    body: bytes

    @property
    def events(self) -> list[dict[str, Any]]:
        return self.results["resultsBody"]["eventList"]

    @property
    def results(self) -> dict[str, Any]:
        return json.loads(self.body)["epcisBody"]["queryResults"]

    @property
    def id(self) -> str:
        return str(self.headers["webhook-id"])


Answer = tuple[int, dict[str, str]]


@dataclass
class Receiver:
    """What came, and what is answered: the scripted answers first, then 204."""

    address: str = ""
    got: list[Got] = field(default_factory=list)
    script: list[int | Answer | Callable[[], Answer]] = field(default_factory=list)

    def wait(self, count: int, patience_s: float = 30) -> list[Got]:
        """Wait until so many requests came."""
        end = time.monotonic() + patience_s
        while len(self.got) < count and time.monotonic() < end:
            time.sleep(0.02)
        assert len(self.got) >= count, f"{len(self.got)} of {count} deliveries came"
        return self.got

    def accepted_ids(self) -> list[str]:
        """Give the eventIDs of all requests, in order."""
        return [event["eventID"] for one in self.got for event in one.events]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver on a free port."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = receiver.script.pop(0) if receiver.script else 204
            if callable(answer):
                answer = answer()
            status, headers = (answer, {}) if isinstance(answer, int) else answer
            receiver.got.append(Got(self.path, self.headers, body))
            self.send_response(status)
            for name, value in ({"Content-Length": "0"} | headers).items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

        def handle(self) -> None:
            with suppress(ConnectionError):
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    receiver.address = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def signature(key: bytes, got: Got) -> str:
    """Compute the signature of Standard Webhooks as a receiver would."""
    signed = f"{got.id}.{got.headers['webhook-timestamp']}.".encode() + got.body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
