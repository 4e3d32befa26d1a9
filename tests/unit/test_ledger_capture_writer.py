"""Single events of many senders, stored together, each with an answer of its own."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, text

from voltloop.ledger import writer as writer_module
from voltloop.ledger.problems import CaptureRefused
from voltloop.ledger.things import KnownThings
from voltloop.ledger.writer import EventWriter

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def an_event(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
        "eventTime": "2026-11-22T10:00:00.000+01:00",
        "eventTimeZoneOffset": "+01:00",
        "action": "OBSERVE",
        "epcList": [f"urn:epc:id:sgtin:9521234.012345.{number}"],
        **fields,
    }


@pytest.fixture
def writer(ledger: Engine) -> Iterator[EventWriter]:
    writer = EventWriter(ledger, KnownThings(), lambda: NOW)
    yield writer
    writer.close()


def test_sixteen_senders_get_an_answer_each(ledger: Engine, writer: EventWriter) -> None:
    with ThreadPoolExecutor(16) as senders:
        answers = list(
            senders.map(
                lambda n: writer.capture(an_event(n % 300), {"ex": f"https://example.org/{n % 2}/"}),
                range(400),
            )
        )
    assert [answer.event_id for answer in answers] == [an_event(n % 300)["eventID"] for n in range(400)]
    assert sum(answer.already for answer in answers) == 100
    assert len({answer.record_at for answer in answers}) == 300
    with ledger.connect() as connection:
        stored = {
            row.event_id: row.record_at
            for row in connection.execute(text("SELECT event_id, record_at FROM event"))
        }
    assert stored == {answer.event_id: answer.record_at for answer in answers}


def test_a_bad_event_is_refused_and_its_neighbours_are_not(writer: EventWriter) -> None:
    writer.capture(an_event(1), {})

    def send(event: dict[str, Any]) -> str:
        try:
            return writer.capture(event, {}).event_id
        except CaptureRefused as refused:
            return refused.problems[0].kind

    events = [an_event(2), an_event(1, action="ADD"), an_event(3, action="SEE"), an_event(4)]
    with ThreadPoolExecutor(4) as senders:
        assert list(senders.map(send, events)) == [
            an_event(2)["eventID"],
            "ResourceAlreadyExistsException",
            "ValidationException",
            an_event(4)["eventID"],
        ]


def test_an_error_of_ours_hits_only_its_event(writer: EventWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare = writer_module.prepare

    def faulty(events: Any, *others: Any) -> Any:
        if any(event["eventID"].endswith("7") for event in events):
            raise ZeroDivisionError
        return prepare(events, *others)

    monkeypatch.setattr(writer_module, "prepare", faulty)
    requests = [writer_module._Request(an_event(n), {}) for n in range(10)]
    writer._answer(requests)
    assert [isinstance(r.answer.exception(), ZeroDivisionError) for r in requests] == [
        n == 7 for n in range(10)
    ]
