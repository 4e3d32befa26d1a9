"""Events, collections and named queries over HTTP: filters, pages, spellings, formats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from lxml import etree
from sqlalchemy import Engine

from http_cases import TestClient, captured, served

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
LINK = "https://id.gs1.org/01/09521234123453/21/{}"
URN = "urn:epc:id:sgtin:9521234.012345.{}"
SITE = "urn:epc:id:sgln:9521234.00005.0"
UNTRANSLATED = {"GS1-EPC-Format": "Never_Translates"}


@pytest.fixture
def client(ledger: Engine, tmp_path: Path) -> Iterator[TestClient]:
    with served(ledger, tmp_path) as found:
        yield found


@pytest.fixture
def full(client: TestClient) -> TestClient:
    """A ledger with seven events."""
    events = [
        event(
            n,
            bizStep="shipping" if n % 2 else "receiving",
            **({"bizLocation": {"id": SITE}} if n > 4 else {}),
        )
        for n in range(7)
    ]
    assert captured(client, document(*events), "application/json")["success"]
    return client


def event(n: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": f"2026-11-{n + 1:02}T08:15:00Z",
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "epcList": [URN.format(n)],
        "example:number": n,
        **more,
    }


def document(*events: Any) -> bytes:
    return json.dumps(
        {
            "@context": [CONTEXT, {"example": "https://ns.example.com/epcis/"}],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-22T08:15:00Z",
            "epcisBody": {"eventList": events},
        }
    ).encode()


def found(
    client: TestClient, path: str, headers: dict[str, str] | None = None, **parameters: Any
) -> list[int]:
    """Give the numbers of the events that a query finds."""
    answer = client.get(path, params=parameters, headers=headers)
    assert answer.status_code == 200, answer.text
    return [one["example:number"] for one in listed(answer)]


def listed(answer: Any) -> list[dict[str, Any]]:
    return answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]


def test_events_are_narrowed_by_parameters_newest_first(full: TestClient):
    assert found(full, "/epcis/events") == [6, 5, 4, 3, 2, 1, 0]
    assert found(full, "/epcis/events", EQ_bizStep="shipping") == [5, 3, 1]
    assert found(full, "/epcis/events", EQ_bizStep="shipping|receiving", orderDirection="ASC") == list(
        range(7)
    )
    assert found(full, "/epcis/events", EQ_bizStep=["shipping", "receiving"]) == [6, 5, 4, 3, 2, 1, 0]
    assert found(
        full, "/epcis/events", GE_eventTime="2026-11-03T00:00:00Z", LT_eventTime="2026-11-05T00:00:00Z"
    ) == [3, 2]
    own = {"GS1-Extensions": "own=https://ns.example.com/epcis/"}
    assert found(full, "/epcis/events", own, **{"GE_own:number": 5}) == [6, 5]


@pytest.mark.parametrize("spelling", [URN, LINK])
def test_both_spellings_of_an_identifier_find_its_events(full: TestClient, spelling: str):
    name = spelling.format(3)
    assert found(full, "/epcis/events", MATCH_epc=name) == [3]
    path = f"/epcis/epcs/{quote(name, safe='')}"
    assert full.get(path).json()["member"] == ["events"]
    assert found(full, f"{path}/events") == [3]
    assert found(full, f"{path}/events", EQ_bizStep="receiving") == []
    assert found(full, f"/epcis/epcs/{name}/events") == [3]


@pytest.mark.parametrize(
    ("epc_format", "spelling"),
    [
        (None, LINK),
        ("Always_GS1_Digital_Link", LINK),
        ("Always_EPC_URN", URN),
        ("Never_Translates", URN),
        ("No_Preference", URN),
    ],
)
def test_identifiers_come_in_the_spelling_asked_for(full: TestClient, epc_format: str | None, spelling: str):
    headers = {"GS1-EPC-Format": epc_format} if epc_format else {}
    (one,) = listed(full.get("/epcis/events", params={"MATCH_epc": LINK.format(3)}, headers=headers))
    assert one["epcList"] == [spelling.format(3)]
    assert spelling.format(3) in full.get("/epcis/epcs", headers=headers).json()["member"]


def test_a_digital_link_is_told_as_urn_once_its_company_is_known(client: TestClient):
    headers = {"GS1-EPC-Format": "Always_EPC_URN"}
    link = LINK.format(8)
    captured(client, document(event(0, epcList=[link])), "application/json")
    assert listed(client.get("/epcis/events", headers=headers))[0]["epcList"] == [link]
    captured(client, document(event(1)), "application/json")
    (one,) = listed(client.get(f"/epcis/epcs/{quote(link, safe='')}/events", headers=headers))
    assert one["epcList"] == [URN.format(8)]
    assert URN.format(8) in client.get("/epcis/epcs", headers=headers).json()["member"]


def test_pages_are_followed_by_link_and_stay_stable_while_events_come(full: TestClient):
    numbers, address, pages = [], "/epcis/events?perPage=3&orderBy=eventTime", 0
    while address:
        page = full.get(address)
        numbers += [one["example:number"] for one in listed(page)]
        address = page.links.get("next", {}).get("url")
        assert bool(address) == ("GS1-Next-Page-Token-Expires" in page.headers)
        captured(full, document(event(20 + pages)), "application/json")
        pages += 1
    assert (numbers, pages) == ([6, 5, 4, 3, 2, 1, 0], 3)


def test_a_token_that_was_given_back_leads_nowhere(full: TestClient):
    address = full.get("/epcis/events?perPage=3").links["next"]["url"]
    token = address.rsplit("=", 1)[-1]
    assert full.get(address).status_code == 200
    assert full.delete(f"/epcis/nextPageToken/{token}").status_code == 204
    for wrong in (address, address + "x", "/epcis/events?nextPageToken=abc"):
        answer = full.get(wrong)
        assert (answer.status_code, answer.json()["type"]) == (400, "epcisException:QueryParameterException")


@pytest.mark.parametrize(
    ("query", "status", "kind"),
    [
        ("EQ_bizSteps=shipping", 400, "QueryParameterException"),
        ("EQ_action=CHANGE", 400, "QueryParameterException"),
        ("GE_eventTime=yesterday", 400, "QueryParameterException"),
        ("perPage=0", 400, "QueryParameterException"),
        ("perPage=many", 400, "QueryParameterException"),
        ("maxEventCount=3", 413, "QueryTooLargeException"),
        ("maxEventCount=3&eventCountLimit=3&orderBy=eventTime", 400, "QueryParameterException"),
    ],
)
def test_queries_that_cannot_be_answered_say_why(full: TestClient, query: str, status: int, kind: str):
    answer = full.get(f"/epcis/events?{query}")
    assert (answer.status_code, answer.json()["type"]) == (status, f"epcisException:{kind}")
    as_xml = full.get(f"/epcis/events?{query}", headers={"Accept": "application/xml"})
    assert etree.fromstring(as_xml.content).findtext("type") == f"epcisException:{kind}"


def test_events_come_in_xml_with_the_words_spelt_as_asked(full: TestClient):
    for wanted, word in (
        ("Always_URN", "urn:epcglobal:cbv:bizstep:shipping"),
        ("Always_Web_URI", "https://ref.gs1.org/cbv/BizStep-shipping"),
    ):
        headers = {"Accept": "application/xml", "GS1-CBV-XML-Format": wanted, **UNTRANSLATED}
        answer = full.get("/epcis/events", params={"MATCH_epc": URN.format(3)}, headers=headers)
        assert answer.headers["content-type"] == "application/xml"
        root = etree.fromstring(answer.content)
        assert root.tag == "{urn:epcglobal:epcis-query:xsd:2}EPCISQueryDocument"
        assert root.findtext(".//bizStep") == word
        assert root.findtext(".//epc") == URN.format(3)
        assert root.findtext(".//{https://ns.example.com/epcis/}number") == "3"


def test_collections_list_what_events_name(full: TestClient):
    members = {
        name: full.get(f"/epcis/{name}", params={"perPage": 100}, headers=UNTRANSLATED).json()["member"]
        for name in ("eventTypes", "epcs", "bizSteps", "bizLocations", "readPoints", "dispositions")
    }
    assert len(members["eventTypes"]) == 5
    assert sorted(members["epcs"]) == [URN.format(n) for n in range(7)]
    assert (len(members["bizSteps"]), len(members["dispositions"])) == (41, 33)
    assert (members["bizLocations"], members["readPoints"]) == ([SITE], [])
    xml = full.get("/epcis/bizLocations", headers={"Accept": "text/xml", **UNTRANSLATED})
    assert etree.fromstring(xml.content).findtext("member") == SITE


def test_collections_come_in_pages(full: TestClient):
    seen, address = [], "/epcis/epcs?perPage=3"
    while address:
        page = full.get(address, headers=UNTRANSLATED)
        seen += page.json()["member"]
        address = page.links.get("next", {}).get("url")
    assert sorted(seen) == [URN.format(n) for n in range(7)]


@pytest.mark.parametrize(
    ("path", "numbers"),
    [
        ("eventTypes/ObjectEvent", [6, 5, 4, 3, 2, 1, 0]),
        ("bizSteps/shipping", [5, 3, 1]),
        ("bizSteps/urn:epcglobal:cbv:bizstep:shipping", [5, 3, 1]),
        ("bizSteps/https%3A%2F%2Fref.gs1.org%2Fcbv%2FBizStep-shipping", [5, 3, 1]),
        ("bizSteps/packing", []),
        (f"bizLocations/{SITE}", [6, 5]),
        ("bizLocations/https%3A%2F%2Fid.gs1.org%2F414%2F9521234000051", [6, 5]),
        ("dispositions/active", []),
    ],
)
def test_the_events_of_a_value_are_below_it(full: TestClient, path: str, numbers: list[int]):
    assert full.get(f"/epcis/{path}").json()["member"] == ["events"]
    assert full.options(f"/epcis/{path}").headers["Allow"] == "GET, HEAD, OPTIONS"
    assert found(full, f"/epcis/{path}/events") == numbers


@pytest.mark.parametrize(
    "path",
    [
        "eventTypes/Other",
        "epcs/urn:epc:id:sgtin:1.2.3",
        f"epcs/{URN.format(99)}",
        "bizSteps/shiping",
        f"readPoints/{SITE}",
    ],
)
def test_values_that_no_event_names_are_404(full: TestClient, path: str):
    for below in ("", "/events"):
        for method in ("GET", "OPTIONS"):
            answer = full.request(method, f"/epcis/{path}{below}")
            assert (answer.status_code, answer.json()["type"]) == (
                404,
                "epcisException:NoSuchResourceException",
            )


def test_a_named_query_lives_from_its_making_to_its_end(full: TestClient):
    body = {
        "name": "sent goods/all",
        "query": {"EQ_bizStep": ["shipping"], "orderBy": "eventTime", "orderDirection": "ASC"},
    }
    made = full.post("/epcis/queries", json=body)
    assert (made.status_code, made.json()) == (201, body)
    assert full.get(made.headers["Location"]).json() == body
    assert full.get("/epcis/queries").json() == [body]
    answer = full.get(made.headers["Location"] + "/events?perPage=2")
    assert [one["example:number"] for one in listed(answer)] == [1, 3]
    assert answer.json()["epcisBody"]["queryResults"]["queryName"] == body["name"]
    assert [one["example:number"] for one in listed(full.get(answer.links["next"]["url"]))] == [5]
    for more, kind in (("EQ_action=ADD", "QueryParameter"), ("stream=true", "SubscriptionControls")):
        refused = full.get(f"{made.headers['Location']}/events?{more}")
        assert (refused.status_code, refused.json()["type"]) == (400, f"epcisException:{kind}Exception")
    again = full.post("/epcis/queries", json=body)
    assert (again.status_code, again.json()["type"]) == (409, "epcisException:ResourceAlreadyExistsException")
    assert full.delete(made.headers["Location"]).status_code == 204
    for method in ("GET", "DELETE", "OPTIONS"):
        gone = full.request(method, made.headers["Location"])
        assert (gone.status_code, gone.json()["type"]) == (404, "epcisException:NoSuchNameException")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", "QueryValidationException"),
        (b"[]", "QueryValidationException"),
        (b'{"name": "x"}', "QueryValidationException"),
        (b'{"name": "x", "query": {"EQ_bizSteps": ["a"]}}', "QueryParameterException"),
        (b'{"name": "", "query": {}}', "QueryValidationException"),
        (b'{"name": "x", "query": {"EQ_bizStep": {}}}', "QueryValidationException"),
    ],
)
def test_a_query_that_cannot_be_kept_is_400(client: TestClient, body: bytes, kind: str):
    answer = client.post("/epcis/queries", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (400, f"epcisException:{kind}")


def test_queries_come_in_pages(client: TestClient):
    for name in "abcde":
        assert client.post("/epcis/queries", json={"name": name, "query": {}}).status_code == 201
    first = client.get("/epcis/queries?perPage=3")
    second = client.get(first.links["next"]["url"])
    assert [one["name"] for one in first.json() + second.json()] == list("abcde")
    assert "next" not in second.links
