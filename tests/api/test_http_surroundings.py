"""What every request meets before its resource: key, versions, media types, length of the address, HEAD, OPTIONS."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from sqlalchemy import Engine

from http_cases import TestClient, bearing, served
from live_cases import live


@pytest.fixture
def client(ledger: Engine, tmp_path: Path) -> Iterator[TestClient]:
    with served(ledger, tmp_path) as found:
        yield found


def test_the_root_lists_the_nine_resources_of_the_standard(client: TestClient):
    for path in ("/epcis", "/epcis/"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.json()["type"] == "Collection"
        names = "queries capture events eventTypes epcs readPoints bizLocations dispositions bizSteps"
        assert answer.json()["member"] == names.split()
        assert answer.headers["GS1-EPCIS-Version"] == "2.0.0"
        assert answer.headers["GS1-CBV-Version"] == "2.0.0"
        assert answer.headers["X-Request-ID"]


@pytest.mark.parametrize("accept", ["application/ld+json", "application/json", "*/*", "text/html, */*;q=0.1"])
def test_json_comes_under_the_name_that_the_caller_takes(client: TestClient, accept: str):
    answer = client.get("/epcis", headers={"Accept": accept})
    assert answer.headers["content-type"] == (
        accept if "/json" in accept or "ld+" in accept else "application/json"
    )


def test_without_a_key_nothing_is_told_but_how_to_bring_one(client: TestClient):
    client.headers.pop("Authorization")
    answer = client.get("/epcis/")
    assert (answer.status_code, answer.json()["type"]) == (401, "epcisException:SecurityException")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "authorization", ["Bearer nonsense", "Bearer ", "Basic YTpi", "Bearer ü", "nonsense"]
)
def test_a_wrong_key_is_refused(client: TestClient, authorization: str):
    answer = client.get("/epcis/", headers={"Authorization": authorization.encode()})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("GS1-EPCIS-Min", "2.1"),
        ("GS1-EPCIS-Min", "3"),
        ("GS1-EPCIS-Max", "1.2.0"),
        ("GS1-CBV-Min", "2.1.0"),
        ("GS1-CBV-Max", "1.0"),
        ("GS1-EPCIS-Max", "two"),
        ("GS1-EPC-Format", "Always"),
        ("GS1-CBV-XML-Format", "urn"),
        ("Accept", "text/html"),
        ("Accept", "application/json;q=0"),
    ],
)
def test_answers_that_cannot_be_given_as_asked_are_406(client: TestClient, header: str, value: str):
    answer = client.get("/epcis/", headers={header: value})
    assert (answer.status_code, answer.json()["type"]) == (406, "epcisException:NotAcceptableException")
    assert value in answer.json()["detail"]


@pytest.mark.parametrize(
    ("header", "value"),
    [("GS1-EPCIS-Min", "1"), ("GS1-EPCIS-Min", "2.0.0"), ("GS1-EPCIS-Max", "2"), ("GS1-EPCIS-Max", "3.1")],
)
def test_a_range_of_versions_with_2_0_in_it_is_met(client: TestClient, header: str, value: str):
    assert client.get("/epcis/", headers={header: value}).status_code == 200


def test_head_is_get_without_the_body(client: TestClient):
    answer = client.head("/epcis/")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) == len(client.get("/epcis/").content)


def test_a_connection_goes_on_after_head(ledger: Engine, tmp_path: Path):
    with live(ledger, tmp_path) as server:
        connection = HTTPConnection("127.0.0.1", server.port)
        connection.auto_open = 0  # a closed connection is an error from here on
        connection.connect()
        for method, has_body in (("HEAD", False), ("HEAD", False), ("GET", True)):
            connection.request(method, "/epcis/eventTypes", headers=bearing(server.key))
            answer = connection.getresponse()
            assert (answer.status, bool(answer.read())) == (200, has_body)
        connection.close()


def test_options_tells_versions_and_methods(client: TestClient):
    answer = client.options("/epcis/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    for name in ("GS1-EPCIS-Version", "GS1-EPCIS-Min", "GS1-EPCIS-Max", "GS1-CBV-Version", "GS1-CBV-Min"):
        assert answer.headers[name]
    for name in (
        "GS1-CBV-Max",
        "GS1-EPC-Format",
        "GS1-CBV-XML-Format",
        "GS1-Extensions",
        "GS1-Vendor-Version",
    ):
        assert answer.headers[name]


def test_a_method_that_a_resource_lacks_is_405_and_names_those_it_has(client: TestClient):
    answer = client.delete("/epcis/")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_unknown_address_is_404(client: TestClient):
    for path in ("/epcis/nothing", "/nothing", "/epcisnothing"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["type"]) == (404, "epcisException:NoSuchResourceException")


def test_an_overlong_address_is_414(client: TestClient):
    answer = client.get("/epcis/", params={"x": "a" * 20_000})
    assert (answer.status_code, answer.json()["type"]) == (414, "epcisException:URITooLongException")


def test_the_number_of_a_request_is_the_callers_where_it_is_a_plain_one(client: TestClient):
    assert client.get("/epcis/", headers={"X-Request-ID": "abc-1"}).headers["X-Request-ID"] == "abc-1"
    assert client.get("/epcis/", headers={"X-Request-ID": "a b"}).headers["X-Request-ID"] != "a b"


def test_other_origins_may_not_call_unless_a_setting_names_them(ledger: Engine, tmp_path: Path):
    asked = {"Origin": "https://tower.example"}
    with served(ledger, tmp_path, allowed_origins=("https://tower.example",)) as client:
        answer = client.get("/epcis/", headers=asked)
        assert answer.headers["access-control-allow-origin"] == "https://tower.example"
        answer = client.get("/epcis/", headers={"Origin": "https://elsewhere.example"})
        assert "access-control-allow-origin" not in answer.headers


def test_no_origin_is_allowed_by_default(client: TestClient):
    answer = client.get("/epcis/", headers={"Origin": "https://tower.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_answers_are_packed_for_callers_that_take_it(client: TestClient):
    with client.stream("GET", "/openapi.json", headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert b'"openapi"' in gzip.decompress(b"".join(answer.iter_raw()))
