"""Identifiers leave in the spelling that the caller asks for, whatever they were captured in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from http_cases import TestClient, served

URN = "urn:epc:id:sgtin:9521234.012345.7"
LINK = "https://id.gs1.org/01/09521234123453/21/7"
OTHER = "https://id.gs1.org/01/09521234123453/21/8"
STRANGE = "https://id.gs1.org/01/04012345111118/21/9"


@pytest.fixture
def client(ledger: Engine, tmp_path: Path) -> Iterator[TestClient]:
    """A ledger with one event in each spelling."""
    with served(ledger, tmp_path) as found:
        for epc in (URN, OTHER, STRANGE):
            event = {
                "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
                "type": "ObjectEvent", "action": "OBSERVE", "epcList": [epc],
                "eventTime": "2026-11-20T08:00:00Z", "eventTimeZoneOffset": "+01:00",
            }  # fmt: skip
            assert found.post("/epcis/events", json=event).status_code == 201
        yield found


def _epcs(client: TestClient, wanted: str | None) -> set[str]:
    answer = client.get("/epcis/events", headers={"GS1-EPC-Format": wanted} if wanted else {})
    events = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return {epc for event in events for epc in event["epcList"]}


@pytest.mark.parametrize(
    ("wanted", "epcs"),
    [
        (None, {LINK, OTHER, STRANGE}),
        ("Always_GS1_Digital_Link", {LINK, OTHER, STRANGE}),
        # One URN of a company tells where the company's part of all its numbers ends; of a stranger nothing is known.
        ("Always_EPC_URN", {URN, "urn:epc:id:sgtin:9521234.012345.8", STRANGE}),
        ("Never_Translates", {URN, OTHER, STRANGE}),
        ("No_Preference", {URN, OTHER, STRANGE}),
    ],
)
def test_events_leave_in_the_spelling_asked_for(
    client: TestClient, wanted: str | None, epcs: set[str]
) -> None:
    assert _epcs(client, wanted) == epcs


def test_collections_do_too(client: TestClient) -> None:
    found = client.get("/epcis/epcs", headers={"GS1-EPC-Format": "Always_EPC_URN"}).json()["member"]
    assert set(found) == {URN, "urn:epc:id:sgtin:9521234.012345.8", STRANGE}
