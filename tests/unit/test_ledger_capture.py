"""Events into the ledger: once each, in one order, all or none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from voltloop.epcis.json_schema import EVENT_TYPES, event_fields
from voltloop.epcis.validation import EventValidator
from voltloop.ledger.capture import capture_events
from voltloop.ledger.problems import CaptureRefused
from voltloop.ledger.rows import prepare
from voltloop.ledger.things import KnownThings

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PACK = "urn:epc:id:sgtin:9521234.012345.{}"


def an_event(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
        "eventTime": "2026-11-22T10:00:00.000+01:00",
        "eventTimeZoneOffset": "+01:00",
        "action": "OBSERVE",
        "epcList": [PACK.format(number)],
        "bizStep": "shipping",
        "readPoint": {"id": "urn:epc:id:sgln:9521234.00001.0"},
        **fields,
    }


def rows(engine: Engine, statement: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def capture(engine: Engine, *events: dict[str, Any], now: datetime = NOW, **context: str) -> Any:
    with engine.begin() as connection:
        return capture_events(connection, list(events), context, now=now)


def test_each_event_gets_a_time_of_its_own_in_the_order_of_capture(ledger: Engine) -> None:
    first = capture(ledger, *(an_event(n) for n in range(3)))
    second = capture(ledger, an_event(3))
    assert first.record_ats == [NOW + timedelta(microseconds=n) for n in range(3)]
    assert second.record_ats == [NOW + timedelta(microseconds=3)]
    assert rows(ledger, "SELECT count(DISTINCT record_at) FROM event") == [(4,)]


def test_the_stored_text_is_the_event(ledger: Engine) -> None:
    event = an_event(1, **{"ex:soh": 81.5})
    capture(ledger, dict(event), ex="https://example.org/ns/")
    [(document, prefixes)] = rows(
        ledger, "SELECT document, prefixes FROM event JOIN context c ON c.id = context_id"
    )
    assert orjson.loads(document) == event
    assert orjson.loads(prefixes) == {"ex": "https://example.org/ns/"}


def test_the_same_event_again_is_not_stored_again(ledger: Engine) -> None:
    first = capture(ledger, an_event(1), an_event(2))
    again = capture(ledger, an_event(3), an_event(1), an_event(3), now=NOW + timedelta(hours=1))
    assert again.already == [1, 2]
    assert again.record_ats[1] == first.record_ats[0]
    assert again.record_ats[0] == again.record_ats[2] == NOW + timedelta(hours=1)
    assert rows(ledger, "SELECT count(*) FROM event") == [(3,)]


def test_the_same_eventid_with_other_content_is_refused_whole(ledger: Engine) -> None:
    capture(ledger, an_event(1))
    with pytest.raises(CaptureRefused) as refused:
        capture(ledger, an_event(2), an_event(1, bizStep="receiving"))
    [problem] = refused.value.problems
    assert (problem.kind, problem.event) == ("ResourceAlreadyExistsException", 1)
    assert 'bizStep: "shipping" is stored, "receiving" was given' in problem.detail
    assert rows(ledger, "SELECT count(*) FROM event") == [(1,)]


def test_an_event_without_id_gets_its_hash(ledger: Engine) -> None:
    event = an_event(1)
    del event["eventID"]
    capture(ledger, dict(event))
    assert capture(ledger, dict(event)).already == [0]
    [(event_id,)] = rows(ledger, "SELECT event_id FROM event")
    assert event_id.startswith("ni:///sha-256;")


DECLARATION = {"declarationTime": "2026-11-22T12:00:00Z", "reason": "did_not_occur"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("together", [True, False])
def test_an_error_declaration_takes_the_event_back_whenever_it_comes(
    ledger: Engine, order: tuple[int, int], together: bool
) -> None:
    events = [an_event(1), an_event(1, errorDeclaration=DECLARATION)]
    ordered = [events[place] for place in order]
    if together:
        capture(ledger, *ordered)
    else:
        for event in ordered:
            capture(ledger, event)
    assert rows(ledger, "SELECT count(*) FROM event") == [(2,)]
    assert rows(
        ledger, "SELECT e.declared_at IS NULL FROM voided v JOIN event e USING (event_at, record_at)"
    ) == [(True,)]
    assert rows(ledger, "SELECT count(*) FROM early_declaration") == [(0,)]
    assert capture(ledger, an_event(1, errorDeclaration=DECLARATION)).already == [0]


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "a b", "urn:x:y"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "ex:a", "uom", "epcClass", "quantity"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@given(
    with_id=st.booleans(),
    fields=st.dictionaries(
        st.sampled_from([name for kind in EVENT_TYPES for name in event_fields(kind)] + ["ex:own", "other"]),
        ODD,
        max_size=6,
    ),
)
def test_an_event_of_a_users_own_type_may_hold_anything(fields: dict[str, Any], with_id: bool) -> None:
    kept = {
        name: value
        for name, value in fields.items()
        if name not in {"type", "eventTime", "eventTimeZoneOffset"}
    }
    given_ = {**an_event(1, type="https://example.org/Wash"), **kept}
    if with_id is False:
        del given_["eventID"]
    assume(EventValidator().first_problem([given_]) is None)
    prepared = prepare([given_], {"ex": "https://example.org/ns/"}, KnownThings())
    assert prepared.tables[0].count == 1
