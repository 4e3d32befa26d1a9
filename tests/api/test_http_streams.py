"""Pushes of events by web socket: a real client over a real socket."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from live_cases import Live, eventually, live
from voltloop.ledger.keys import add_key, revoke_key
from voltloop.server import streams


@pytest.fixture
def server(ledger: Engine, tmp_path: Path) -> Iterator[Live]:
    with live(ledger, tmp_path) as found:
        yield found


def url(server: Live, path: str, parameters: str = "stream=true") -> str:
    return f"ws://127.0.0.1:{server.port}{path}/events?{parameters}"


def opened(
    server: Live, path: str, parameters: str = "stream=true", **options: Any
) -> AbstractContextManager[ClientConnection]:
    headers = options.pop("additional_headers", {"Authorization": f"Bearer {server.key}"})
    return connect(url(server, path, parameters), additional_headers=headers, **options)


def results(connection: ClientConnection) -> dict[str, Any]:
    document = json.loads(connection.recv(timeout=20))
    assert document["type"] == "EPCISQueryDocument"
    return document["epcisBody"]["queryResults"]


def ids(connection: ClientConnection, count: int) -> list[str]:
    """Receive documents until so many events came."""
    found: list[str] = []
    while len(found) < count:
        found += [event["eventID"] for event in results(connection)["resultsBody"]["eventList"]]
    return found


def test_events_are_pushed_as_they_are_captured(server: Live) -> None:
    path = server.query()
    server.capture("shipping")
    with opened(server, path) as connection:
        assert connection.response is not None
        assert connection.response.status_code == 101
        assert "GS1-Query-Min-Record-Time" in connection.response.headers
        wanted = server.capture("shipping", "receiving", "shipping")
        first = results(connection)
        assert (first["queryName"], UUID(first["subscriptionID"]).version) == ("shipped", 4)
        got = [event["eventID"] for event in first["resultsBody"]["eventList"]]
        got += ids(connection, 2 - len(got))
        assert got == [wanted[0], wanted[2]]


def test_a_client_goes_on_where_it_stood(server: Live) -> None:
    """Who comes back names the record time from which on events are wanted."""
    path = server.query()
    wanted = server.capture(*["shipping"] * 3)
    with opened(server, path, "stream=true&initialRecordTime=2020-01-01T00:00:00Z") as connection:
        events = []
        while len(events) < 3:
            events += results(connection)["resultsBody"]["eventList"]
    assert [event["eventID"] for event in events] == wanted
    since = events[1]["recordTime"].replace("+", "%2B")
    with opened(server, path, f"stream=true&initialRecordTime={since}") as connection:
        assert ids(connection, 2) == wanted[1:]


def test_a_schedule_pushes_at_its_seconds_also_nothing(server: Live) -> None:
    path = server.query()
    with opened(server, path, "second=*&reportIfEmpty=true") as connection:
        assert results(connection)["resultsBody"]["eventList"] == []
        (wanted,) = server.capture("shipping")
        assert ids(connection, 1) == [wanted]
        assert results(connection)["resultsBody"]["eventList"] == []


def test_a_key_may_come_as_a_subprotocol(server: Live) -> None:
    """Pages in a browser cannot set headers."""
    path = server.query()
    protocols = ["epcis", f"bearer.{server.key}"]
    with opened(server, path, additional_headers={}, subprotocols=protocols) as connection:
        assert connection.subprotocol == "epcis"
        assert ids(connection, len(server.capture("shipping")))


@pytest.mark.parametrize(
    ("path", "parameters", "key", "status", "kind", "words"),
    [
        (None, "stream=true", "", 401, "Security", "no valid key"),
        (None, "stream=true", "wrong", 401, "Security", "no valid key"),
        (None, "stream=true", "capture", 403, "Security", "may not read"),
        ("/epcis/queries/none", "stream=true", None, 404, "NoSuchName", '"none"'),
        (None, "", None, 400, "SubscriptionControls", "Neither is given"),
        (None, "stream=false", None, 400, "SubscriptionControls", "Neither is given"),
        (None, "stream=maybe", None, 400, "SubscriptionControls", "stream"),
        (None, "stream=true&hour=1", None, 400, "SubscriptionControls", "Both are given"),
        (None, "hour=25", None, 400, "SubscriptionControls", "0 to 23"),
        (None, "stream=true&initialRecordTime=x", None, 400, "SubscriptionControls", "initialRecordTime"),
        (None, "stream=true&streams=x", None, 400, "QueryParameter", 'Did you mean "stream"?'),
        (None, "stream=true&GS1-EPC-Format=x", None, 406, "NotAcceptable", "GS1-EPC-Format"),
    ],
)
def test_what_cannot_be_pushed_is_a_problem_in_words(
    server: Live,
    ledger: Engine,
    path: str | None,
    parameters: str,
    key: str | None,
    status: int,
    kind: str,
    words: str,
) -> None:
    path = path or server.query()
    if key == "capture":
        key = add_key(ledger, "scanner", ["capture"])
    headers = {} if key == "" else {"Authorization": f"Bearer {key or server.key}"}
    with pytest.raises(InvalidStatus) as raised, opened(server, path, parameters, additional_headers=headers):
        pass
    answer = raised.value.response
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = json.loads(answer.body or b"")
    assert problem["type"] == f"epcisException:{kind}Exception"
    assert words in problem["detail"]


@pytest.mark.parametrize("is_made_again", [False, True])
def test_a_query_that_goes_ends_the_push_without_an_event(server: Live, is_made_again: bool) -> None:
    path = server.query()
    with opened(server, path) as connection:
        assert server.client.delete(path).status_code == 204
        if is_made_again:
            server.query()
        with pytest.raises(ConnectionClosed) as raised:
            connection.recv(timeout=20)
    assert raised.value.rcvd is not None
    assert raised.value.rcvd.code == 1001
    assert ("another made" if is_made_again else "no query named") in raised.value.rcvd.reason


def test_a_key_that_is_revoked_ends_the_push(server: Live, ledger: Engine) -> None:
    path = server.query()
    key = add_key(ledger, "partner", ["read"])
    with opened(server, path, additional_headers={"Authorization": f"Bearer {key}"}) as connection:
        revoke_key(ledger, "partner")
        time.sleep(1)
        server.capture("shipping")
        with pytest.raises(ConnectionClosed) as raised:
            connection.recv(timeout=20)
    assert raised.value.rcvd is not None
    assert raised.value.rcvd.code == 1008


def test_a_client_that_takes_nothing_is_cut_off_and_holds_nobody_up(
    server: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "_PATIENCE_S", 0.5)
    monkeypatch.setattr(streams, "LARGEST_BATCH", 1)
    path = server.query()
    pushes: list[object] = []
    monkeypatch.setattr(streams._Push, "_still_there", pushes.append)
    document = {"long": "x" * 4_000_000}
    monkeypatch.setattr(streams, "results_document", lambda *_, **__: json.dumps(document).encode())
    with socket.create_connection(("127.0.0.1", server.port)) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(
            f"GET {path}/events?stream=true HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            f"Authorization: Bearer {server.key}\r\n\r\n".encode()
        )
        assert slow.recv(12) == b"HTTP/1.1 101"
        server.capture(*["shipping"] * 4)
        time.sleep(2)
        before = len(pushes)
        server.capture("shipping")
        time.sleep(0.5)
        assert before < 4
        assert len(pushes) == before


def test_many_clients_each_get_everything(server: Live) -> None:
    """A hundred at once; each event once to each, in the order of capture."""
    path = server.query()
    headers = {"Authorization": f"Bearer {server.key}"}
    ready: list[int] = []

    async def one(number: int) -> list[str]:
        async with connect_async(
            url(server, path), additional_headers=headers, open_timeout=60
        ) as connection:
            ready.append(number)
            found: list[str] = []
            while len(found) < 10:
                document = json.loads(await asyncio.wait_for(connection.recv(), 60))
                found += [
                    event["eventID"]
                    for event in document["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
                ]
            return found

    async def all_of_them() -> tuple[list[str], list[list[str]]]:
        clients = [asyncio.create_task(one(number)) for number in range(100)]
        while len(ready) < len(clients):
            await asyncio.sleep(0.05)
        wanted = await asyncio.to_thread(server.capture, *["shipping"] * 10)
        return wanted, await asyncio.gather(*clients)

    wanted, got = asyncio.run(all_of_them())
    assert got == [wanted] * 100


def test_the_server_stops_while_clients_are_connected(ledger: Engine, tmp_path: Path) -> None:
    with live(ledger, tmp_path) as server:
        context = opened(server, server.query())
        connection = context.__enter__()
    with pytest.raises(ConnectionClosed) as raised:
        connection.recv(timeout=20)
    assert raised.value.rcvd is not None
    assert raised.value.rcvd.code == 1012
    context.__exit__(None, None, None)
    eventually(lambda: connection.protocol.close_code)
