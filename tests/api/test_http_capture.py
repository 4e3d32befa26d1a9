"""Capture over HTTP: documents and their jobs, single events, and everything that is refused."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from lxml import etree
from sqlalchemy import Engine

from http_cases import TestClient, bearing, captured, served
from voltloop.ledger.keys import add_key

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


@pytest.fixture
def client(ledger: Engine, tmp_path: Path) -> Iterator[TestClient]:
    with served(ledger, tmp_path) as found:
        yield found


def event(serial: int | str = 1, **more: Any) -> dict[str, Any]:
    """Give a valid event."""
    return {
        "type": "ObjectEvent",
        "eventTime": "2026-11-22T08:15:00.000+01:00",
        "eventTimeZoneOffset": "+01:00",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "epcList": [f"urn:epc:id:sgtin:9521234.012345.{serial}"],
        **more,
    }


def document(*events: Any, **more: Any) -> bytes:
    """Give a document with these events."""
    return json.dumps(
        {
            "@context": [CONTEXT],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-22T08:15:00Z",
            "epcisBody": {"eventList": list(events)},
            **more,
        }
    ).encode()


def alone(**more: Any) -> bytes:
    """Give one event as a body of its own."""
    return json.dumps({"@context": [CONTEXT], **event(**more)}).encode()


def post_event(client: TestClient, body: bytes, **headers: str) -> Any:
    return client.post("/epcis/events", content=body, headers={"Content-Type": "application/json", **headers})


def test_a_job_tells_that_everything_was_captured(client: TestClient):
    job = captured(client, document(event(1), event(2)), "application/json")
    assert (job["running"], job["success"], job["errors"]) == (False, True, [])
    assert (job["captureErrorBehaviour"], job["eventCount"]) == ("rollback", 2)
    assert job["createdAt"] <= job["finishedAt"]
    assert client.get("/epcis/capture").json() == [job]
    assert (
        len(client.get("/epcis/events").json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]) == 2
    )


@pytest.mark.parametrize(("behaviour", "kept"), [("rollback", 0), ("proceed", 2)])
def test_what_becomes_of_the_good_events_is_the_callers_choice(client: TestClient, behaviour: str, kept: int):
    body = document(event(1), event(2, bizStep="shiping"), event(3))
    job = captured(client, body, "application/json", **{"GS1-Capture-Error-Behaviour": behaviour})
    assert (job["success"], job["captureErrorBehaviour"], job["eventCount"]) == (False, behaviour, kept)
    (error,) = job["errors"]
    assert (error["type"], error["status"], error["eventIndex"]) == (
        "epcisException:ValidationException",
        400,
        1,
    )
    assert 'Did you mean "shipping"?' in error["detail"]


def test_jobs_are_told_in_xml_and_in_pages(client: TestClient):
    jobs = [captured(client, document(event(n)), "application/json")["captureID"] for n in range(3)]
    one = client.get(f"/epcis/capture/{jobs[0]}", headers={"Accept": "application/xml"})
    root = etree.fromstring(one.content)
    assert root.get("captureID") == jobs[0]
    assert root.tag == "{urn:epcglobal:epcis:xsd:2}EPCISCaptureJob"
    seen, address = [], "/epcis/capture?perPage=2"
    while address:
        page = client.get(address)
        seen += [job["captureID"] for job in page.json()]
        address = page.links.get("next", {}).get("url")
        assert bool(address) == ("GS1-Next-Page-Token-Expires" in page.headers)
    assert seen == jobs[::-1]


def test_options_tells_the_limits_and_what_can_be_done_about_errors(ledger: Engine, tmp_path: Path):
    with served(ledger, tmp_path, capture_limit_events=7, capture_limit_bytes=9_000) as client:
        answer = client.options("/epcis/capture")
    assert (answer.status_code, answer.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    assert answer.headers["GS1-EPCIS-Capture-Limit"] == "7"
    assert answer.headers["GS1-EPCIS-Capture-File-Size-Limit"] == "9000"
    assert answer.headers["GS1-Capture-Error-Behaviour"] == "all"
    assert answer.headers["GS1-EPCIS-Min"] == "1.2.0"


def test_more_events_or_bytes_than_the_limits_are_413(ledger: Engine, tmp_path: Path):
    with served(ledger, tmp_path, capture_limit_events=2, capture_limit_bytes=4_000) as client:
        headers = {"Content-Type": "application/json"}
        many = client.post("/epcis/capture", content=document(*map(event, range(3))), headers=headers)
        long = client.post("/epcis/capture", content=document(event(note="x" * 4_000)), headers=headers)
        streamed = client.post("/epcis/capture", content=iter([b"{" + b" " * 2_500] * 2), headers=headers)
        for answer in (many, long, streamed):
            assert (answer.status_code, answer.json()["type"]) == (
                413,
                "epcisException:CaptureLimitExceededException",
            )
            assert answer.headers["GS1-EPCIS-Capture-Limit"] == "2"
            assert answer.headers["GS1-EPCIS-Capture-File-Size-Limit"] == "4000"
        assert client.get("/epcis/capture").json() == []
        assert list((tmp_path / "spool").glob("*.body")) == []
        assert captured(client, document(event(1)), "application/json")["success"]


BAD = {
    "truncated": document(event())[:-20],
    "no JSON": b"EPCISDocument",
    "empty": b"",
    "a list": b"[]",
    "no document": b'{"@context": [], "type": "Event"}',
    "UTF-16": document(event()).decode().encode("utf-16"),
    "latin 1": document(event(note="ä")).replace(b"\\u00e4", b"\xe4"),
    "deep nesting": document(event(**{"ex:a": 0})).replace(
        b'"ex:a": 0', b'"ex:a": ' + b"[" * 5_000 + b"]" * 5_000
    ),
    "key twice": document(event()).replace(
        b'"type": "EPCISDocument"', b'"type": "EPCISDocument", "type": "x"'
    ),
    "NUL": document(event(**{"ex:a": "\0"})),
    "NaN": document(event(**{"ex:a": float("nan")})),
    "no context": document(event()).replace(b"@context", b"context"),
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
def test_a_document_that_cannot_be_read_is_refused_at_once_and_the_server_goes_on(
    client: TestClient, body: bytes
):
    answer = client.post("/epcis/capture", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (400, "epcisException:ValidationException")
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.json()["detail"]) > 20
    assert client.get("/epcis/capture").json() == []
    assert post_event(client, body).status_code == 400
    assert post_event(client, alone()).status_code == 201


XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0" creationDate="2026-11-22T08:15:00Z">
<EPCISBody><EventList><ObjectEvent><eventTime>2026-11-22T08:15:00+01:00</eventTime>
<eventTimeZoneOffset>+01:00</eventTimeZoneOffset><epcList><epc>urn:epc:id:sgtin:9521234.012345.1</epc></epcList>
<action>OBSERVE</action><bizStep>urn:epcglobal:cbv:bizstep:shipping</bizStep></ObjectEvent></EventList></EPCISBody>
</e:EPCISDocument>"""
BOMB = (
    b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>"
    + b"".join(b"<!ENTITY %c '%b'>" % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(8))
    + b"]>"
)
BAD_XML = {
    "truncated": XML[:-30],
    "bomb": XML.replace(b"?>\n", b"?>\n" + BOMB, 1).replace(b"OBSERVE", b"&i;"),
    "file": XML.replace(b"?>\n", b'?>\n<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', 1).replace(
        b"OBSERVE", b"&a;"
    ),
    "other root": b"<EPCISDocument/>",
    "wrong encoding": XML.replace(b"UTF-8", b"UTF-16"),
    "JSON": document(event()),
}


@pytest.mark.parametrize("body", BAD_XML.values(), ids=BAD_XML.keys())
def test_xml_that_cannot_be_read_is_refused_at_once(client: TestClient, body: bytes):
    headers = {"Content-Type": "application/xml", "Accept": "application/xml"}
    answer = client.post("/epcis/capture", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+xml"
    assert "root:x:" not in answer.text
    root = etree.fromstring(answer.content)
    assert root.findtext("type") == "epcisException:ValidationException"
    assert captured(client, XML, "text/xml")["success"]


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "", "json", None])
def test_other_media_types_are_415(client: TestClient, media_type: str | None):
    headers = {} if media_type is None else {"Content-Type": media_type}
    for path in ("/epcis/capture", "/epcis/events", "/epcis/queries"):
        answer = client.post(path, content=document(event()), headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (
            415,
            "epcisException:UnsupportedMediaTypeException",
        )


def test_a_media_type_may_have_parameters_and_capitals(client: TestClient):
    assert captured(client, document(event()), "Application/JSON; charset=utf-8")["success"]


def test_bodies_may_come_by_gzip(client: TestClient):
    body = gzip.compress(document(event(1)))
    assert captured(client, body, "application/json", **{"Content-Encoding": "gzip"})["success"]
    two = gzip.compress(document(event(2))[:100]) + gzip.compress(document(event(2))[100:])
    assert captured(client, two, "application/json", **{"Content-Encoding": "gzip"})["success"]
    assert (
        post_event(client, gzip.compress(alone(serial=3)), **{"Content-Encoding": "gzip"}).status_code == 201
    )


def test_gzip_that_unpacks_beyond_the_limit_is_cut_off(ledger: Engine, tmp_path: Path):
    packed = io.BytesIO()
    with gzip.open(packed, "wb") as file:
        for _ in range(64):
            file.write(b" " * (1 << 20))
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    with served(ledger, tmp_path, capture_limit_bytes=8 << 20) as client:
        for path in ("/epcis/capture", "/epcis/events", "/epcis/queries"):
            assert client.post(path, content=packed.getvalue(), headers=headers).status_code == 413


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (document(event()), "gzip", 400),
        (gzip.compress(document(event()))[:-12], "gzip", 400),
        (zlib.compress(document(event())), "deflate", 415),
        (document(event()), "br", 415),
    ],
)
def test_other_packings_and_broken_ones_are_refused(
    client: TestClient, body: bytes, encoding: str, status: int
):
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    assert client.post("/epcis/capture", content=body, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("GS1-EPCIS-Version", "2.1", 406),
        ("GS1-EPCIS-Version", "1.1", 406),
        ("GS1-EPCIS-Version", "new", 406),
        ("GS1-CBV-Version", "3.0.0", 406),
        ("GS1-Capture-Error-Behaviour", "all", 406),
        ("GS1-Extensions", "nonsense", 400),
        ("GS1-EPCIS-Version", "1.2", 202),
        ("GS1-EPCIS-Version", "2.0.1", 202),
        ("GS1-Extensions", "ex=https://ns.example.com/epcis/", 202),
    ],
)
def test_the_headers_of_a_document_are_checked(client: TestClient, header: str, value: str, status: int):
    headers = {"Content-Type": "application/json", header: value}
    assert client.post("/epcis/capture", content=document(event()), headers=headers).status_code == status


def test_one_event_is_durable_when_it_is_answered(client: TestClient):
    answer = post_event(client, alone(eventID="urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8"))
    assert answer.status_code == 201
    told = answer.json()
    assert told["eventID"] == "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8"
    found = client.get(answer.headers["Location"])
    (kept,) = found.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert kept["recordTime"] == told["recordTime"]
    assert kept["epcList"] == ["https://id.gs1.org/01/09521234123453/21/1"]


def test_an_event_without_an_id_gets_its_hash_and_is_found_by_it(client: TestClient):
    answer = post_event(client, alone())
    event_id = answer.json()["eventID"]
    assert event_id.startswith("ni:///sha-256;")
    for address in (
        answer.headers["Location"],
        f"/epcis/events/{quote(event_id, safe='')}",
        f"/epcis/events/{event_id}",
    ):
        assert client.get(address).status_code == 200, address
    again = post_event(client, alone())
    assert (again.status_code, again.json()["type"]) == (409, "epcisException:ResourceAlreadyExistsException")
    assert again.headers["Location"] == answer.headers["Location"]


def test_an_id_with_other_content_is_409_unless_it_declares_an_error(client: TestClient):
    name = {"eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8"}
    assert post_event(client, alone(**name)).status_code == 201
    other = post_event(client, alone(serial=2, **name))
    assert (other.status_code, other.json()["type"]) == (409, "epcisException:ResourceAlreadyExistsException")
    declared = alone(
        **name, errorDeclaration={"declarationTime": "2026-11-22T09:00:00Z", "reason": "did_not_occur"}
    )
    assert post_event(client, declared).status_code == 201
    found = client.get(f"/epcis/events/{name['eventID']}").json()
    events = found["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert ["errorDeclaration" in one for one in events] == [False, True]


def test_identifiers_may_be_longer_than_an_index_holds_but_not_words(client: TestClient):
    noise = "".join(f"{n * n:x}" for n in range(10_000, 12_000))  # nothing that packing makes short
    epc = f"https://example.com/{noise}"
    assert post_event(client, alone(epcList=[epc])).status_code == 201
    found = client.get("/epcis/events", params={"MATCH_epc": epc[:7_000]}).json()
    assert found["epcisBody"]["queryResults"]["resultsBody"]["eventList"] == []
    assert epc in client.get("/epcis/epcs").json()["member"]
    for name in ("bizStep", "disposition"):
        answer = post_event(client, alone(**{name: epc}))
        assert (answer.status_code, "characters" in answer.json()["detail"]) == (400, True)


def test_an_event_without_a_context_takes_its_prefixes_from_the_header(client: TestClient):
    body = json.dumps(event(**{"ex:colour": "red"})).encode()
    answer = post_event(client, body, **{"GS1-Extensions": "ex=https://ex.example.com/"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["@context"][1] == {"ex": "https://ex.example.com/"}
    found = client.get("/epcis/events", params={"EQ_https://ex.example.com/colour": "red"}).json()
    assert len(found["epcisBody"]["queryResults"]["resultsBody"]["eventList"]) == 1
    assert post_event(client, json.dumps(event(2)).encode()).status_code == 201
    captured_alone = client.post("/epcis/capture", json=event(3))
    assert (captured_alone.status_code, "@context" in captured_alone.json()["detail"]) == (400, True)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"bizStep": "shiping"}, 'Did you mean "shipping"?'),
        ({"eventTime": "22-11-2026"}, "$.eventTime"),
        ({"eventTime": "2999-01-01T00:00:00Z"}, "lies in the future"),
        ({"colour": "red"}, '"colour"'),
        ({"type": "ObjectEvnt"}, 'Did you mean "ObjectEvent"?'),
    ],
)
def test_an_invalid_event_is_400_and_says_why(client: TestClient, more: dict[str, Any], words: str):
    answer = post_event(client, alone(**more))
    assert (answer.status_code, answer.json()["type"]) == (400, "epcisException:ValidationException")
    assert words in answer.json()["detail"]


def test_a_single_event_may_come_as_a_document_but_not_several(client: TestClient):
    assert post_event(client, document(event(1))).status_code == 201
    assert post_event(client, document(event(2), event(3))).status_code == 400
    assert post_event(client, document()).status_code == 400
    answer = client.post(
        "/epcis/events",
        content=XML.replace(b"345.1<", b"345.9<"),
        headers={"Content-Type": "text/xml", "Accept": "text/xml"},
    )
    assert answer.status_code == 201
    assert etree.fromstring(answer.content).findtext(".//epc") == "https://id.gs1.org/01/09521234123453/21/9"


def test_each_scope_opens_its_own_resources(client: TestClient, ledger: Engine):
    headers = {"Content-Type": "application/json"}
    reader, scanner = (bearing(add_key(ledger, scope, [scope])) for scope in ("read", "capture"))
    cases = [
        ("POST", "/epcis/capture", 403, 202),
        ("POST", "/epcis/events", 403, 201),
        ("GET", "/epcis/events", 200, 403),
        ("GET", "/epcis/epcs", 200, 403),
        ("GET", "/epcis/queries", 200, 403),
        ("GET", "/epcis/capture", 200, 200),
        ("GET", "/epcis/", 200, 200),
        ("OPTIONS", "/epcis/events", 204, 204),
    ]
    for method, path, as_reader, as_scanner in cases:
        for key, status in ((reader, as_reader), (scanner, as_scanner)):
            answer = client.request(method, path, content=alone(serial=path[-5:]), headers={**headers, **key})
            assert answer.status_code == status, (method, path, answer.text)
            if status == 403:
                assert answer.json()["type"] == "epcisException:SecurityException"
                assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "path", ["capture/nonsense", f"capture/{'0' * 32}", "events/urn:uuid:none", "nothing"]
)
def test_what_is_not_there_is_404(client: TestClient, path: str):
    for method in ("GET", "HEAD", "OPTIONS"):
        assert client.request(method, f"/epcis/{path}").status_code == 404
    assert client.get(f"/epcis/{path}").json()["type"] == "epcisException:NoSuchResourceException"
