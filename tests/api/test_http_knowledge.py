"""What the ledger knows, over HTTP and by commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import Engine

from http_cases import TestClient, bearing, served
from knowledge_cases import at, box, built, handover, pack, packed, party, place, record, seen
from voltloop.app.certificate import ledger_entry_url
from voltloop.epcis.identifiers import to_digital_link
from voltloop.errors import InputError
from voltloop.ledger.keys import add_key

SEAL = "urn:example:seal:AB123456"


@pytest.fixture
def client(ledger: Engine, tmp_path: Path) -> Iterator[TestClient]:
    soh = {"type": "voltloop:StateOfHealth", "value": 83, "uom": "P1"}
    element = {"sensorMetadata": {"deviceID": "urn:epc:id:giai:9521234.tester1"}, "sensorReport": [soh]}
    with ledger.begin() as connection:
        record(
            connection,
            [
                seen(0, pack(1), action="ADD", bizStep="commissioning", location=place(1)),
                seen(
                    1,
                    pack(1),
                    bizStep="inspecting",
                    disposition="conformant",
                    sensorElementList=[element],
                    voltloop__person="C. Tester",
                ),
                packed(2, box(1), pack(1), bizStep="packing", location=place(1)),
                built(3, box(1), SEAL, disposition="container_closed", voltloop__seal={"number": "AB123456"}),
                seen(4, box(1), bizStep="shipping", read_point=place(1), **handover(party(1), party(2))),
                seen(9, box(1), bizStep="receiving", location=place(2), **handover(party(1), party(2))),
                seen(10, box(1), bizStep="inspecting", voltloop__sealCheck={"state": "damaged"}),
            ],
        )
    with served(ledger, tmp_path) as found:
        yield found


def told(client: TestClient, path: str, **parameters: Any) -> Any:
    answer = client.get(f"/ledger{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def thing(epc: str, part: str = "") -> str:
    return f"/things/{quote(epc, safe='')}{part}"


def test_the_address_on_a_certificate_leads_to_the_story(client: TestClient) -> None:
    for epc in (pack(1), to_digital_link(pack(1)) or ""):
        address = ledger_entry_url("https://ledger.example", epc)
        answer = client.get(address.removeprefix("https://ledger.example"))
        assert answer.status_code == 200, answer.text
        assert answer.json()["story"]


def test_both_spellings_of_a_thing_are_answered(client: TestClient) -> None:
    link = to_digital_link(pack(1))
    assert link is not None
    for epc in (pack(1), link):
        where = told(client, thing(epc))
        assert (where["status"], where["place"], where["inside"]) == ("at a place", place(2), [box(1)])
        assert (where["hold"], where["held_with"]) == ("finding:seal-damaged", box(1))
        assert where["state_of_health"] == pytest.approx(0.83)
    assert told(client, thing(pack(1)), at=at(5))["status"] == "under way"


def test_every_resource_of_a_thing(client: TestClient) -> None:
    steps = [
        one["event"]["bizStep"]
        for one in told(client, thing(pack(1), "/story"))["story"]
        if "bizStep" in one["event"]
    ]
    assert steps[:2] + steps[-1:] == ["commissioning", "inspecting", "holding"]
    custody = told(client, thing(pack(1), "/custody"))
    (first, second) = custody["custody"]
    here = told(client, thing(pack(1)))
    assert custody["hold"]
    assert [custody[name] for name in ("hold", "hold_since", "held_with")] == [
        here[name] for name in ("hold", "hold_since", "held_with")
    ]
    assert (first["party"], second["party"], second["until"]) == (party(1), party(2), None)
    (measured,) = told(client, thing(pack(1), "/condition"))["condition"]
    assert (measured["state_of_health"], measured["device"]) == (
        pytest.approx(0.83),
        "urn:epc:id:giai:9521234.tester1",
    )
    assert measured["person"] == "C. Tester"
    assert [one["thing"] for one in told(client, thing(pack(1), "/tree"), way="up")["up"]] == [box(1)]
    assert {one["thing"] for one in told(client, thing(box(1), "/tree"))["down"]} == {pack(1), SEAL}
    assert told(client, thing(box(1), "/seals"))["seals"][0]["number"] == "AB123456"


def test_stock_findings_and_release(client: TestClient) -> None:
    groups = told(client, "/stock", site=place(2), group_by=["area", "hold"])["groups"]
    assert groups == [{"area": place(2), "hold": "finding:seal-damaged", "count": 2}]
    assert [one["epc"] for one in told(client, "/stock/items", is_held=True)["items"]] == [box(1), pack(1)]
    assert told(client, "/stock/lots")["lots"] == []
    assert [one["epc"] for one in told(client, "/under-way", at=at(5))["under_way"]] == [box(1)]
    assert told(client, "/late")["late"] == []
    (finding,) = told(client, "/findings")["findings"]
    assert (finding["code"], finding["severity"]) == ("seal-damaged", "forbid")
    asked = {"epc": box(1), "person": "C. Shift", "reason": "counted"}
    assert client.post("/ledger/releases", json=asked).json()["closed_findings"] == 1
    assert told(client, "/findings")["findings"] == []
    assert client.post("/ledger/releases", json=asked).status_code == 409


def test_what_cannot_be_answered_is_a_problem_in_words(client: TestClient, ledger: Engine) -> None:
    for part in ("", "/story", "/custody", "/condition", "/tree"):
        answer = client.get(f"/ledger{thing(pack(99), part)}")
        assert (answer.status_code, answer.json()["type"]) == (404, "epcisException:NoSuchResourceException")
        assert "names this thing" in answer.json()["detail"]
    assert client.get("/ledger/stock", params={"group_by": "colour"}).status_code == 400
    assert client.get("/ledger/stock", params={"at": "2026-01-01"}).status_code == 400
    assert (
        client.get(
            "/ledger/stock", params={"older_than_days": 36500, "at": "0002-01-01T00:00:00Z"}
        ).status_code
        == 200
    )
    assert client.get("/ledger/stock", params={"site": "a\0b"}).status_code == 400
    assert client.get("/ledger/stock", headers={"Authorization": ""}).status_code == 401
    reader = bearing(add_key(ledger, "reader", ["read"]))
    asked = {"epc": box(1), "person": "C. Shift", "reason": "counted"}
    assert client.post("/ledger/releases", json=asked, headers=reader).status_code == 403
    assert client.post("/ledger/releases", json=asked | {"reason": "  "}).status_code == 400


def test_commands_say_the_same(
    client: TestClient, ledger: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from voltloop.cli.main import app

    monkeypatch.setenv("VOLTLOOP_DATABASE_URL", ledger.url.render_as_string(hide_password=False))

    def run(*words: str) -> str:
        app([*words], standalone_mode=False)
        return capsys.readouterr().out

    assert f"at a place {place(2)}, since 2 Mar 2026, 17:00 UTC" in run("where", pack(1))
    assert json.loads(run("where", pack(1), "--json"))["place"] == place(2)
    assert f"Packing: put into {box(1)}" in run("story", pack(1))
    assert f"in {box(1)}, 2 Mar 2026" in run("tree", pack(1))
    assert party(2) in run("custody", pack(1))
    assert "StateOfHealth 83 P1" in run("condition", pack(1))
    assert "AB123456 (nothing more told): on 2 Mar 2026, 11:00 UTC, still on" in run("seals", box(1))
    assert run("stock", "--site", place(2), "--by", "area").split() == ["2", place(2)]
    with pytest.raises(InputError, match="No event and no master data name the place") as refused:
        run("stock", "--site", place(2) + "9")
    assert place(2) in refused.value.message
    assert pack(1) in run("stock", "--list")
    assert run("stock", "--owner", party(9)) == "Nothing is in stock there.\n"
    assert json.loads(run("stock", "--json"))["schema"] == "stock/1"
    assert box(1) in run("under-way", "--at", at(5))
    assert run("late") == "No planned step is late.\n"
    assert "seal-damaged" in run("findings")
    assert "Findings closed: 1." in run("release", box(1), "--person", "C. Shift", "--reason", "counted")
    assert run("findings") == "No findings.\n"
