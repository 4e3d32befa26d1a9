"""Parameters and bodies of our own resources that cannot be used: refused in words, with what was expected."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from http_cases import TestClient, bearing, served
from voltloop.ledger.keys import add_key

BOX = "https://id.example.com/box"
PYTHON = ("Input should", "Extra inputs", "Field required", "valid string", "None", "True", "{'", "['", "('")


@pytest.fixture
def client(ledger: Engine, tmp_path: Path) -> Iterator[TestClient]:
    with served(ledger, tmp_path) as found:
        yield found


def refused(answer: Any, status: int = 400) -> str:
    """Give the words of a problem, which no library wrote."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem = answer.json()
    told = [problem["detail"], *(one["detail"] for one in problem.get("errors", ()))]
    assert not [words for words in PYTHON for one in told if words in one], told
    return "\n".join(dict.fromkeys(told))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/ledger/stock?sites=x", 'Did you mean "site"?'),
        ("/ledger/stock?Site=x", "none of that name"),
        ("/ledger/stock/items?offset=5", "It takes limit, after, at, site"),
        ("/ledger/stock?site=a&site=b", "given 2 times"),
        ("/ledger/stock?group_by=modell", 'Did you mean "model"?'),
        ("/ledger/stock?group_by=model&group_by=colour", '"colour" cannot be used'),
        ("/ledger/stock?is_held=maybe", "Expected true or false"),
        ("/ledger/stock?health_from=3", "from 0 to 2"),
        ("/ledger/stock?older_than_days=nan", "a number from 0 to 36,500"),
        ("/ledger/late?at=2026-11-22", "a date and time with a zone"),
        ("/ledger/late?at=2026", "a date and time with a zone"),
        ("/ledger/late?at=1764000000", "a date and time with a zone"),
        ("/ledger/late?at=2026-11-22T10:00:00+01:00", "%2B"),
        ("/ledger/late?at=9999-12-31T23:00:00-12:00", "a date and time with a zone"),
        ("/ledger/findings?limit=0", "a whole number from 1 to 10,000"),
        ("/ledger/findings?epc=%00", "without NUL"),
        ("/ledger/things/urn:x:y/story?since=3", "It takes at, limit"),
        ("/ledger/things/urn:x:y/tree?way=sideways", "one of up, down, both"),
        ("/ledger/things/urn:x:%00", "without NUL"),
        ("/telemetry/fences?perPage=3", "It takes none"),
        ("/telemetry/dead-letters?limits=3", 'Did you mean "limit"?'),
        ("/telemetry/devices/urn:x:y/readings?form=2026-01-01T00:00:00Z", 'Did you mean "from"?'),
        ("/telemetry/devices/urn:x:y/readings?from=yesterday", '"yesterday" cannot be used'),
        ("/telemetry/things/urn:x:y/conclusions?voided=maybe", "Expected true or false (Also what was taken back)"),
        ("/epcis/?limit=3", "It takes none"),
        ("/epcis/capture?perpage=3", 'Did you mean "perPage"?'),
        ("/epcis/capture?perPage=3&perPage=4", "given 2 times"),
        ("/epcis/capture?perPage=0", "a whole number from 1 to 1,000,000,000"),
        ("/epcis/epcs?EQ_bizStep=shipping", "It takes perPage, nextPageToken"),
        ("/epcis/queries?name=x", "It takes perPage, nextPageToken"),
        ("/epcis/events/urn:x:y?perPage=3", "It takes none"),
    ],
)  # fmt: skip
def test_a_query_parameter_that_cannot_be_used_is_refused_in_words(
    client: TestClient, address: str, words: str
) -> None:
    answer = client.get(address)
    told = refused(answer)
    assert words in told
    if "%00" not in address or "?" in address:
        assert answer.json()["type"] == "epcisException:QueryParameterException"


def test_who_calls_is_asked_before_what_is_wrong(client: TestClient, ledger: Engine) -> None:
    client.headers.pop("Authorization")
    assert client.get("/ledger/stock?sites=x").status_code == 401
    assert client.get("/ledger/stock?limit=many").status_code == 401
    for path in ("/ledger/steps", "/ledger/records", "/ledger/releases"):
        assert (
            client.post(path, content=b"{", headers={"Content-Type": "application/json"}).status_code == 401
        )
    reader = bearing(add_key(ledger, "reader", ["read"]))
    assert client.post("/ledger/steps", json={}, headers=reader).status_code == 403
    assert client.put("/telemetry/fences/urn:x:f", json={}, headers=reader).status_code == 403


STEP = {"load": "EU-T1", "step": "depart"}
SEAL = {"kind": "seal", "epc": BOX, "number": "AB1"}
DEVICE = "/telemetry/devices/urn:x:d"


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/ledger/steps", {"step": "depart"}, "$.load is missing. Expected a text of 1 to 2,048 characters"),
        ("/ledger/steps", STEP | {"lod": 1}, '$.lod: there is no such member. Did you mean "load"?'),
        ("/ledger/steps", STEP | {"step": "arrive"}, '$.step: "arrive" cannot stand there.'),
        ("/ledger/steps", STEP | {"step": None}, "$.step: null cannot stand there."),
        ("/ledger/steps", STEP | {"missing": ["a", 5]}, "$.missing[1]: 5 cannot stand there."),
        ("/ledger/steps", STEP | {"missing": "a"}, '$.missing: "a" cannot stand there. Expected a list'),
        ("/ledger/steps", STEP | {"extra": [True]}, "$.extra[0]: true cannot stand there."),
        ("/ledger/steps", STEP | {"person": "a\0b"}, "without NUL"),
        ("/ledger/steps", STEP | {"person": "x" * 3000}, "of 1 to 2,048 characters"),
        ("/ledger/steps", STEP | {"at": 1764000000}, "$.at: 1764000000 cannot stand there."),
        ("/ledger/steps", STEP | {"at": "1764000000"}, "a date and time with a zone"),
        ("/ledger/steps", STEP | {"at": "2026-11-22T10:00:00"}, "a date and time with a zone"),
        ("/ledger/steps", [STEP], "$: [{"),
        ("/ledger/steps", "EU-T1", '$: "EU-T1" cannot stand there. Expected an object'),
        ("/ledger/records", {}, "$.kind is missing. Expected one of check-seal, handover, hold"),
        ("/ledger/records", [], "$: [] cannot stand there. Expected an object."),
        ("/ledger/records", {"kind": 3}, "$.kind: 3 cannot stand there."),
        ("/ledger/records", {"kind": "seals"}, 'Did you mean "seal"?'),
        ("/ledger/records", SEAL | {"epcs": [BOX]}, '$.epcs: there is no such member. Did you mean "epc"?'),
        ("/ledger/records", SEAL | {"epc": "box 7"}, '$.epc: "box 7" cannot stand there. Expected an absolute URI'),
        ("/ledger/records", SEAL | {"seal_class": "X"}, "Expected one of I, S, H (Class of the seal by ISO 17712)"),
        ("/ledger/records", {"kind": "hold", "epcs": [], "reason": "x"}, "a list, not empty, each an absolute URI"),
        ("/ledger/records", {"kind": "inspect", "epc": BOX, "soh": 83}, "a number from 0 to 1.2"),
        ("/ledger/records", {"kind": "inspect", "epc": BOX, "soh": "0.8"}, '$.soh: "0.8" cannot stand there.'),
        ("/ledger/releases", {"epc": BOX, "person": "  ", "reason": "x"}, "with more than blanks"),
        (f"PUT {DEVICE}", {"thing": BOX}, "$.from_at is missing. Expected a date and time with a zone"),
        (f"PUT {DEVICE}", {"thing": "box", "from_at": "2026-11-22T10:00:00Z"}, '$.thing: "box"'),
        ("PUT /telemetry/fences/urn:x:f", {"shape": []}, "$.shape: [] cannot stand there. Expected an object"),
        ("PUT /telemetry/fences/urn:x:f", {"shape": {}, "dwell_s": -1}, "a number from 0 to 86,400"),
        ("PUT /telemetry/things/urn:x:t/conditions", {"limits": [3]}, "$.limits[0]: 3 cannot stand there."),
        ("PUT /telemetry/things/urn:x:t/conditions", {"good": "x"}, 'Did you mean "goods"?'),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_used_is_refused_by_its_json_path(
    client: TestClient, path: str, body: Any, words: str
) -> None:
    method, _, address = path.rpartition(" ")
    told = refused(client.request(method or "POST", address, json=body))
    assert words in told


def test_all_that_is_wrong_is_told_at_once(client: TestClient) -> None:
    problem = client.post("/ledger/steps", json={"missing": [1, 2], "at": "now"}).json()
    assert [one["detail"].partition(":")[0].partition(" ")[0] for one in problem["errors"]] == [
        "$.load", "$.step", "$.at", "$.missing[0]", "$.missing[1]",
    ]  # fmt: skip
    assert problem["detail"] == problem["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "The body is not JSON"),
        (b"{", "The body is not JSON"),
        (b'{"load": NaN}', "The body is not JSON"),
        ('{"load": "Köln", "step": "depart"}'.encode("latin-1"), "in UTF-8"),
        (b'{"load": "\\ud800", "step": "depart"}', "The body is not JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "The body is not JSON"),
    ],
)
def test_a_body_that_is_no_json_is_refused(client: TestClient, body: bytes, words: str) -> None:
    answer = client.post("/ledger/steps", content=body, headers={"Content-Type": "application/json"})
    assert words in refused(answer)


def test_other_media_types_and_long_bodies_are_refused(ledger: Engine, tmp_path: Path) -> None:
    with served(ledger, tmp_path, event_limit_bytes=2000) as client:
        form = client.post("/ledger/records", data={"kind": "seal"})
        assert "Expected one of application/json" in refused(form, 415)
        long = client.post("/ledger/records", json=SEAL | {"number": "x" * 3000})
        assert "longer than 2,000 bytes" in refused(long, 413)
        packed = gzip.compress(json.dumps(SEAL | {"at": "2026-11-20T10:00:00Z", "is_new": True}).encode())
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        assert client.post("/ledger/records", content=packed, headers=headers).status_code == 201
        assert refused(client.post("/ledger/records", content=packed[:-9], headers=headers))
