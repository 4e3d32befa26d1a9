"""Master data over HTTP: what documents brought, by vocabulary and element, page by page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from http_cases import TestClient, captured, served
from voltloop.epcis.identifiers import to_digital_link

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
TYPE = "urn:epcglobal:epcis:vtype:"
WORKS, HALL = "urn:epc:id:sgln:9521141.00001.0", "urn:epc:id:sgln:9521141.00001.7"
NAME = "urn:epcglobal:cbv:mda#name"


def element(name: str, title: str, *children: str) -> dict[str, Any]:
    found: dict[str, Any] = {"id": name, "attributes": [{"id": NAME, "attribute": title}]}
    return found | ({"children": list(children)} if children else {})


LISTS = [
    {"type": TYPE + "BusinessLocation", "vocabularyElementList": [element(WORKS, "Works", HALL)]},
    {"type": TYPE + "ReadPoint", "vocabularyElementList": [element(HALL, "Gate"), element(WORKS, "Yard")]},
]


@pytest.fixture
def client(ledger: Engine, tmp_path: Path) -> Iterator[TestClient]:
    with served(ledger, tmp_path) as found:
        document = {
            "@context": CONTEXT,
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-20T08:00:00Z",
            "epcisHeader": {"epcisMasterData": {"vocabularyList": LISTS}},
            "epcisBody": {"eventList": []},
        }
        job = captured(found, json.dumps(document).encode(), "application/json")
        assert job["success"], job
        yield found


def told(client: TestClient, **parameters: Any) -> dict[str, dict[str, Any]]:
    """Give the elements of a page by vocabulary and id."""
    answer = client.get("/ledger/master-data", params=parameters)
    assert answer.status_code == 200, answer.text
    return {
        f"{one['type'].removeprefix(TYPE)} {member['id']}": member
        for one in answer.json()["vocabularyList"]
        for member in one["vocabularyElementList"]
    }


def test_what_was_captured_is_told_again(client: TestClient) -> None:
    found = told(client)
    assert found == {
        f"BusinessLocation {WORKS}": element(WORKS, "Works", HALL),
        f"ReadPoint {HALL}": element(HALL, "Gate"),
        f"ReadPoint {WORKS}": element(WORKS, "Yard"),
    }


def test_vocabulary_and_element_narrow_it(client: TestClient) -> None:
    assert set(told(client, vocabulary="ReadPoint")) == {f"ReadPoint {HALL}", f"ReadPoint {WORKS}"}
    assert set(told(client, vocabulary=TYPE + "BusinessLocation")) == {f"BusinessLocation {WORKS}"}
    link = to_digital_link(WORKS)
    assert set(told(client, id=link)) == {f"BusinessLocation {WORKS}", f"ReadPoint {WORKS}"}
    assert told(client, id="urn:x:unknown") == {} == told(client, vocabulary="Nothing")


def test_pages_give_every_element_once(client: TestClient) -> None:
    found, address = [], "/ledger/master-data?perPage=1"
    while address:
        answer = client.get(address)
        lists = answer.json()["vocabularyList"]
        found += [(one["type"], m["id"]) for one in lists for m in one["vocabularyElementList"]]
        address = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")
    assert len(found) == len(set(found)) == 3


def test_methods_of_our_own_resources_are_told(client: TestClient) -> None:
    for path, methods in (
        ("/ledger/master-data", "GET, HEAD, OPTIONS"),
        ("/ledger/steps", "OPTIONS, POST"),
        ("/ledger/things/urn:x:y/story", "GET, HEAD, OPTIONS"),
        ("/telemetry/fences/urn:x:f", "DELETE, OPTIONS, PUT"),
        ("/telemetry/devices/urn:x:d/readings", "GET, HEAD, OPTIONS"),
    ):
        answer = client.options(path)
        assert (answer.status_code, answer.headers["Allow"]) == (204, methods)
        refused = client.patch(path)
        assert (refused.status_code, refused.headers["Allow"]) == (405, methods)
    client.headers.pop("Authorization")
    assert client.options("/ledger/stock").status_code == 401


def test_an_address_that_is_no_utf_8_is_refused(client: TestClient) -> None:
    query = client.get("/epcis/events?EQ_example:town=K%F6ln")
    assert query.status_code == 400
    assert 'after "EQ_example:town=K" comes the byte %F6' in query.json()["detail"]
    assert client.get("/epcis/epcs/urn:x:%ff/events").json()["status"] == 400
    assert client.get("/epcis/events?EQ_example:town=K%C3%B6ln").status_code == 200
