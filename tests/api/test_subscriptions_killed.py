"""A server killed at random moments: every acknowledged event is delivered, under one id, in order."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from delivery_cases import receiving
from durability_run import HEADERS, KEY, SERVE, Server
from live_cases import CONTEXT, eventually, shipment

pytestmark = pytest.mark.slow


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``voltloop subscriptions`` on the ledger of the server."""
    environment = {**os.environ, "VOLTLOOP_ADMIN_KEY": KEY}
    environment.pop("VOLTLOOP_DATABASE_URL", None)
    return subprocess.run(
        [sys.executable, "-c", SERVE, "subscriptions", *arguments, "--data", str(folder / "data")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment,
    )


def test_a_killed_server_delivers_everything_under_the_same_ids(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first delivery is never answered: the server dies meanwhile. Then it dies twice under load."""
    monkeypatch.setenv("VOLTLOOP_WEBHOOK_PRIVATE", "1")
    dice = random.Random(7)
    answered = threading.Event()

    def late() -> tuple[int, dict[str, str]]:
        answered.wait(60)
        return 204, {}

    with receiving() as receiver:
        receiver.script = [late]
        server = Server(tmp_path)
        try:
            server.wait()
            query = {"name": "shipped", "query": {"EQ_bizStep": ["shipping"]}}
            assert post(server, "/queries", query) == 201
            wish = {"dest": receiver.address, "stream": True, "signatureToken": "secret"}
            assert post(server, "/queries/shipped/subscriptions", wish) == 201
            wanted = [capture(server)]
            eventually(lambda: not receiver.script)
            server.kill()
            answered.set()
            server.wait()
            receiver.wait(2, 90)
            assert receiver.got[0].id == receiver.got[1].id
            assert receiver.got[0].body == receiver.got[1].body
            for _ in range(2):
                end = time.monotonic() + dice.uniform(0.3, 1.5)
                while time.monotonic() < end:
                    wanted.append(capture(server))
                server.kill()
                server.wait()
            wanted.append(capture(server))
            eventually(lambda: set(receiver.accepted_ids()) >= set(wanted), 120)
            bodies: dict[str, bytes] = {}
            for got in receiver.got:
                assert bodies.setdefault(got.id, got.body) == got.body
            told = [
                event["eventID"]
                for body in bodies.values()
                for event in json.loads(body)["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
            ]
            assert told == wanted
            listed = json.loads(command(tmp_path, "list", "--json").stdout)["subscriptions"]
            assert [(one["query"], one["state"], one["is_signed"]) for one in listed] == [
                ("shipped", "active", True)
            ]
            assert command(tmp_path, "dead").stdout == "No delivery was given up.\n"
            log = command(tmp_path, "log", receiver.got[0].id).stdout.splitlines()
            assert log[-1].split()[-1] == "204"
            unknown = command(tmp_path, "resend", "msg_none")
            assert (unknown.returncode, "was given up" in unknown.stderr) == (2, True)
            rotated = command(tmp_path, "rotate", listed[0]["id"])
            assert rotated.stdout.startswith("whsec_")
        finally:
            answered.set()
            server.close()


def post(server: Server, path: str, body: object) -> int:
    return httpx.post(f"{server.url}{path}", json=body, headers=HEADERS, timeout=30).status_code


def capture(server: Server) -> str:
    event = {"@context": CONTEXT, **shipment()}
    assert post(server, "/events", event) == 201
    return str(event["eventID"])
