"""Steps and records over HTTP are the use cases of the commands, with problem documents for what cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from http_cases import TestClient, bearing, served
from record_cases import plan_folder
from voltloop.app.ledger_events import events_with
from voltloop.app.record_plan import record_plan
from voltloop.ledger.keys import add_key

BOX = "https://id.example.com/box"


@pytest.fixture
def client(ledger: Engine, tmp_path: Path) -> Iterator[TestClient]:
    """A client of the running server."""
    with served(ledger, tmp_path) as found:
        yield found


def test_a_step_moves_stock_once(client: TestClient, ledger: Engine, tmp_path: Path) -> None:
    record_plan(ledger, plan_folder(tmp_path), datetime(2026, 11, 23, tzinfo=UTC), lambda *_: None)
    with ledger.connect() as connection:
        planned = events_with(connection, {"status": "planned", "step": "pickup/1"})
    load = planned[0]["voltloop:load"]
    body = {"load": load, "step": "pickup/1", "at": "2026-11-23T09:00:00+01:00", "person": "A. Driver"}
    first, again = (client.post("/ledger/steps", json=body) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["moved"]
    assert again.json()["already"] == again.json()["events"] == first.json()["events"]
    other = client.post("/ledger/steps", json=body | {"at": "2026-11-23T10:00:00+01:00"})
    assert other.status_code == 409
    assert "was recorded before" in other.json()["detail"]
    wrong = {"event_id": first.json()["event_ids"][0], "reason": "the clock was wrong"}
    back = client.post("/ledger/corrections", json=wrong)
    assert (back.status_code, set(back.json()["event_ids"])) == (201, set(first.json()["event_ids"]))
    assert client.post("/ledger/corrections", json=wrong).json()["already"]
    other = client.post("/ledger/steps", json=body | {"at": "2026-11-23T10:00:00+01:00"})
    assert (other.status_code, other.json()["already"]) == (201, 0)
    unknown = client.post("/ledger/steps", json=body | {"step": "pickup/99"})
    assert unknown.status_code == 404
    assert "has no step" in unknown.json()["detail"]


def _about(told: dict[str, Any]) -> dict[str, Any]:
    """Say what a record is about, in the field that its kind has for it."""
    return ({"epcs": [BOX]} if told["kind"] in {"handover", "hold"} else {"epc": BOX}) | told


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "seal", "number": "AB1"},
        {"kind": "check-seal", "number": "AB1"},
        {"kind": "unseal", "number": "AB1", "reason": "customs"},
        {"kind": "handover", "giver": "https://id.example.com/a", "taker": "https://id.example.com/b"},
        {"kind": "inspect", "soh": 0.8},
        {"kind": "hold", "reason": "smells"},
    ],
)
def test_records_become_events(client: TestClient, told: dict[str, Any]) -> None:
    answer = client.post(
        "/ledger/records", json=_about(told) | {"at": "2026-11-20T09:00:00Z", "is_new": True}
    )
    assert answer.status_code == 201
    event_id = answer.json()["event_id"]
    assert client.get(f"/epcis/events/{event_id}").status_code == 200


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"kind": "seal"}, "number"),
        ({"kind": "hold"}, "reason"),
        ({"kind": "inspect"}, "state of health"),
        ({"kind": "inspect", "soh": 83}, "soh"),
        ({"kind": "check-seal", "epcs": [BOX, BOX]}, "epcs"),
        ({"kind": "hold", "reason": "x", "epcs": ["no uri"]}, "no uri"),
        ({"kind": "burn"}, "burn"),
        ({"kind": "hold", "reason": "x", "at": "2999-01-01T00:00:00Z"}, "future"),
        ({"kind": "hold", "reason": "x", "at": "2026-01-01T00:00:00"}, "at"),
    ],
)
def test_what_cannot_be_recorded_is_a_problem_in_words(
    client: TestClient, told: dict[str, Any], words: str
) -> None:
    answer = client.post("/ledger/records", json=_about(told) | {"is_new": True})
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert words in answer.json()["detail"]


def test_a_thing_that_nobody_ever_saw_is_refused(client: TestClient) -> None:
    answer = client.post("/ledger/records", json=_about({"kind": "hold", "reason": "smells"}))
    assert answer.status_code == 404
    assert "no event in the ledger names this thing" in answer.json()["detail"]
    unknown = client.post("/ledger/corrections", json={"event_id": "urn:x:none", "reason": "wrong"})
    assert unknown.status_code == 404


def test_a_key_that_may_only_read_records_nothing(client: TestClient, ledger: Engine) -> None:
    reader = bearing(add_key(ledger, "reader", ["read"]))
    told = {"kind": "hold", "reason": "x", "epcs": [BOX]}
    assert client.post("/ledger/records", json=told, headers=reader).status_code == 403
