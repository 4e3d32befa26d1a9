"""Subscriptions by webhook, over HTTP, to a real receiver: every event once, in order, whatever the receiver does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from delivery_cases import Receiver, receiving, signature
from live_cases import Live, eventually, live
from voltloop.errors import LedgerError
from voltloop.exchange import webhooks
from voltloop.exchange.signing import key_of_token, new_token
from voltloop.ledger import deliveries
from voltloop.ledger.subscriptions import rotate


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def server(ledger: Engine, tmp_path: Path) -> Iterator[Live]:
    with live(ledger, tmp_path) as found:
        yield found


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts follow at once."""
    monkeypatch.setattr(webhooks, "_PAUSES_S", (0.01,) * 9)
    monkeypatch.setattr(webhooks, "_SLOW_PAUSE_S", 0.02)


def test_a_stream_gets_what_is_captured_from_then_on(server: Live, receiver: Receiver) -> None:
    path = server.query()
    server.capture("shipping")
    told = server.subscribe(path, receiver.address, signatureToken="of the client")
    assert "signatureToken" not in told
    assert (told["stream"], told["state"], told["queryName"]) == (True, "active", "shipped")
    wanted = server.capture("shipping", "receiving", "shipping")
    eventually(lambda: len(receiver.accepted_ids()) >= 2)
    assert receiver.accepted_ids() == [wanted[0], wanted[2]]
    for got in receiver.got:
        assert got.results["subscriptionID"] == told["subscriptionID"]
        assert got.results["queryName"] == "shipped"
        assert got.headers["webhook-signature"] == signature(b"of the client", got)
        assert got.events[0]["epcList"][0].startswith("https://id.gs1.org/01/")
    address = f"{path}/subscriptions/{told['subscriptionID']}"
    state = eventually(lambda: (s := server.state(path, told["subscriptionID"])).get("lastNotifiedAt") and s)
    assert datetime.fromisoformat(state["minRecordTime"]) > datetime.fromisoformat(told["createdAt"])
    options = server.client.options(address)
    assert (options.status_code, options.headers["Allow"]) == (204, "DELETE, GET, HEAD, OPTIONS")
    assert options.headers["GS1-Query-Min-Record-Time"][:19] >= state["minRecordTime"][:19]
    refused = server.client.put(address)
    assert (refused.status_code, refused.headers["Allow"]) == (405, options.headers["Allow"])


def test_a_stream_without_a_web_socket_is_a_problem_in_words(server: Live) -> None:
    for control in ("stream=true", "minute=5", "reportIfEmpty=true"):
        answer = server.client.get(f"{server.query(control.partition('=')[0])}/events?{control}")
        assert answer.status_code == 400
        assert answer.json()["type"] == "epcisException:SubscriptionControlsException"
        assert "Upgrade" in answer.json()["detail"]


def test_everything_from_an_initial_record_time_on(server: Live, receiver: Receiver) -> None:
    path = server.query()
    wanted = server.capture(*["shipping"] * 3)
    server.subscribe(path, receiver.address, initialRecordTime="2020-01-01T00:00:00Z")
    receiver.wait(1)
    assert receiver.accepted_ids() == wanted


@pytest.mark.usefixtures("quick")
def test_a_delivery_is_made_again_under_its_id_until_it_is_accepted(server: Live, receiver: Receiver) -> None:
    """Two refusals, no answer in between, then 2xx: the same bytes and id each time, and nothing after."""
    receiver.script = [500, (429, {"Retry-After": "0"}), 200]
    path = server.query()
    told = server.subscribe(path, receiver.address)
    (first,) = server.capture("shipping")
    receiver.wait(3)
    assert {got.id for got in receiver.got} == {receiver.got[0].id}
    assert {got.body for got in receiver.got} == {receiver.got[0].body}
    (second,) = server.capture("shipping")
    receiver.wait(4)
    assert receiver.got[3].id != receiver.got[0].id
    assert [event["eventID"] for event in receiver.got[3].events] == [second]
    assert receiver.accepted_ids() == [first] * 3 + [second]
    eventually(lambda: server.state(path, told["subscriptionID"]).get("lastNotifiedAt"))


@pytest.mark.usefixtures("quick")
def test_a_receiver_that_asks_for_less_gets_less(server: Live, receiver: Receiver) -> None:
    path = server.query()
    wanted = server.capture(*["shipping"] * 5)
    receiver.script = [413, 413]
    server.subscribe(path, receiver.address, initialRecordTime="2020-01-01T00:00:00Z")
    receiver.wait(7)
    assert [len(got.events) for got in receiver.got] == [5, 2, 1, 1, 1, 1, 1]
    assert receiver.accepted_ids()[7:] == wanted


def test_a_receiver_that_is_gone_ends_the_subscription(server: Live, receiver: Receiver) -> None:
    receiver.script = [410]
    path = server.query()
    told = server.subscribe(path, receiver.address)
    server.capture("shipping")
    receiver.wait(1)
    eventually(lambda: server.state(path, told["subscriptionID"])["state"] == "disabled")
    server.capture("shipping")
    assert len(receiver.got) == 1


@pytest.mark.usefixtures("quick")
def test_what_is_given_up_waits_to_be_sent_again_and_nothing_is_lost(
    server: Live, receiver: Receiver, ledger: Engine
) -> None:
    """Ten refusals: the subscription rests; sent again by hand it goes on, first with the same delivery."""
    receiver.script = [500] * 10
    path = server.query()
    told = server.subscribe(path, receiver.address)
    wanted = server.capture("shipping")
    receiver.wait(10)
    eventually(lambda: server.state(path, told["subscriptionID"])["state"] == "suspended")
    wanted += server.capture("shipping")
    with ledger.begin() as connection:
        (given_up,) = deliveries.dead(connection)
        attempts = deliveries.attempts_at(connection, given_up.webhook_id)
        assert [one.status for one in attempts] == [500] * 10
        assert len(receiver.got) == 10
        deliveries.resend(connection, given_up.webhook_id, now=datetime.now(UTC))
    receiver.wait(12)
    assert {got.id for got in receiver.got[:11]} == {given_up.webhook_id}
    assert {got.body for got in receiver.got[:11]} == {receiver.got[0].body}
    assert receiver.accepted_ids()[10:] == wanted
    assert server.state(path, told["subscriptionID"])["state"] == "active"
    with ledger.begin() as connection, pytest.raises(LedgerError, match="was given up"):
        deliveries.resend(connection, given_up.webhook_id, now=datetime.now(UTC))


def test_a_new_secret_counts_beside_the_old_one_until_the_next(
    server: Live, receiver: Receiver, ledger: Engine
) -> None:
    path = server.query()
    told = server.subscribe(path, receiver.address, signatureToken="first")
    keys = [b"first"]
    for _ in range(2):
        token = new_token()
        with ledger.begin() as connection:
            rotate(connection, told["subscriptionID"], token)
        keys.insert(0, key_of_token(token))
        server.capture("shipping")
        got = receiver.wait(len(keys) - 1)[-1]
        assert got.headers["webhook-signature"].split() == [signature(key, got) for key in keys[:2]]


def test_a_schedule_reports_at_its_seconds(server: Live, receiver: Receiver) -> None:
    path = server.query()
    wanted = server.capture("shipping", "shipping")
    told = server.subscribe(
        path, receiver.address, schedule={"second": "*"}, initialRecordTime="2020-01-01T00:00:00Z"
    )
    assert (told["schedule"], "stream" in told) == ({"second": "*"}, False)
    receiver.wait(1)
    wanted += server.capture("shipping")
    receiver.wait(2)
    assert receiver.accepted_ids() == wanted


def test_a_schedule_without_events_is_reported_where_that_is_wanted(server: Live, receiver: Receiver) -> None:
    path = server.query()
    told = server.subscribe(path, receiver.address, schedule={"second": "*"}, reportIfEmpty=True)
    receiver.wait(2)
    assert receiver.got[0].events == []
    assert receiver.got[0].id != receiver.got[1].id
    assert server.client.delete(f"{path}/subscriptions/{told['subscriptionID']}").status_code == 204
    count = len(receiver.got)
    assert server.client.get(f"{path}/subscriptions").json() == []
    assert len(receiver.got) <= count + 1


def test_a_query_that_goes_takes_its_subscriptions_along(server: Live, receiver: Receiver) -> None:
    path = server.query()
    server.subscribe(path, receiver.address)
    assert server.client.delete(path).status_code == 204
    server.query()
    assert server.client.get(f"{path}/subscriptions").json() == []
    server.capture("shipping")
    assert receiver.got == []


def test_subscriptions_are_listed_by_pages_and_found_by_id(server: Live, receiver: Receiver) -> None:
    path, other = server.query(), server.query("all", EQ_action=["OBSERVE"])
    made = [server.subscribe(path, receiver.address)["subscriptionID"] for _ in range(5)]
    server.subscribe(other, receiver.address)
    seen, address = [], f"{path}/subscriptions?perPage=2"
    while address:
        answer = server.client.get(address)
        seen += [one["subscriptionID"] for one in answer.json()]
        address = answer.links.get("next", {}).get("url", "")
    assert seen == made
    assert server.client.get(f"{other}/subscriptions/{made[0]}").status_code == 404
    missing = server.client.get(f"{path}/subscriptions/none")
    assert (missing.status_code, missing.json()["type"]) == (404, "epcisException:NoSuchResourceException")
    unknown = server.client.get("/epcis/queries/none/subscriptions")
    assert (unknown.status_code, unknown.json()["type"]) == (404, "epcisException:NoSuchNameException")


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ({"dest": "https://a.example/"}, "SubscriptionControls", "Neither is given"),
        ({"dest": "https://a.example/", "stream": False}, "SubscriptionControls", "Neither is given"),
        (
            {"dest": "https://a.example/", "stream": True, "schedule": {"hour": "1"}},
            "SubscriptionControls",
            "Both are given",
        ),
        ({"dest": "https://a.example/", "stream": "yes"}, "SubscriptionControls", "true or false"),
        ({"dest": "https://a.example/", "schedule": {}}, "SubscriptionControls", "no schedule"),
        ({"dest": "https://a.example/", "schedule": {"hour": "25"}}, "SubscriptionControls", "0 to 23"),
        ({"dest": "https://a.example/", "schedule": {"hours": "2"}}, "SubscriptionControls", '"hour"'),
        (
            {"dest": "https://a.example/", "stream": True, "initialRecordTime": "yesterday"},
            "SubscriptionControls",
            "initialRecordTime",
        ),
        ({"stream": True}, "Validation", '"dest"'),
        ({"dest": 5, "stream": True}, "Validation", '"dest"'),
        ({"dest": "ftp://a.example/", "stream": True}, "Validation", "https"),
        ({"dest": "https://a.example/", "stream": True, "signatureToken": ""}, "Validation", "empty"),
        ({"dest": "https://a.example/", "stream": True, "signatureToken": 5}, "Validation", "text"),
        ({"dest": "https://a.example/", "stream": True, "signatureToken": "a\0"}, "Validation", "U+0000"),
        ({"dest": "https://a.example/", "stream": True, "secert": "x"}, "Validation", '"secret"'),
        ([], "Validation", "JSON object"),
    ],
)
def test_what_is_no_subscription_is_a_problem_in_words(
    server: Live, body: object, kind: str, words: str
) -> None:
    answer = server.client.post(f"{server.query()}/subscriptions", json=body)
    assert answer.status_code == 400
    assert answer.json()["type"] == f"epcisException:{kind}Exception"
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    "dest", ["http://a.example/", "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1/"]
)
def test_receivers_in_private_networks_are_refused_unless_permitted(
    ledger: Engine, tmp_path: Path, dest: str
) -> None:
    with live(ledger, tmp_path, webhook_private=False) as server:
        answer = server.client.post(f"{server.query()}/subscriptions", json={"dest": dest, "stream": True})
        assert answer.status_code == 400
        assert "VOLTLOOP_WEBHOOK_PRIVATE" in answer.json()["detail"]


def test_captures_of_many_at_once_are_all_told_once_and_in_order(server: Live, receiver: Receiver) -> None:
    """Four writers and a receiver that stumbles: each event once, in the order of record time."""
    receiver.script = [500, 204, 503, 204]
    path = server.query()
    server.subscribe(path, receiver.address)
    wanted: list[str] = []

    def write() -> None:
        for _ in range(25):
            wanted.append(server.capture_one())

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    eventually(lambda: set(receiver.accepted_ids()) >= set(wanted), 40)
    bodies = {got.id: got for got in receiver.got}
    told = [event for got in bodies.values() for event in got.events]
    assert sorted(event["eventID"] for event in told) == sorted(wanted)
    times = [datetime.fromisoformat(event["recordTime"]) for event in told]
    assert times == sorted(times)


def test_two_servers_on_one_database_deliver_once(
    server: Live, ledger: Engine, tmp_path: Path, receiver: Receiver
) -> None:
    with live(ledger, tmp_path / "second") as second:
        path = server.query()
        server.subscribe(path, receiver.address)
        wanted = [one.capture_one() for _ in range(5) for one in (server, second)]
        eventually(lambda: len(receiver.accepted_ids()) >= 10)
        assert receiver.accepted_ids() == wanted
