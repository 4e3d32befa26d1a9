"""Pages of a result together give the result as it was at the first page, whatever is captured in between."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import Engine

from query_cases import NOW, ask, event, fill, names
from voltloop.ledger.paging import LIFETIME, close_token
from voltloop.ledger.query import by_event_id, feed, known_namespaces, last_record_at, run
from voltloop.ledger.query_model import Query, QueryError
from voltloop.ledger.query_parameters import parse_url

PACK = "urn:epc:id:sgtin:9521234.012345.1"
YEAR_ONE = dt.datetime(1, 1, 1, tzinfo=dt.UTC)


def _many(count: int, *, start: int = 0) -> list[dict[str, object]]:
    """Give events over many days, several at the same instant, with ties and gaps in an extension field."""
    return [
        event(
            f"{number:03d}",
            f"2026-{1 + number % 5:02d}-{1 + number % 7:02d}T10:00:00Z",
            epcList=[PACK],
            **(
                {}
                if number % 4 == 0
                else {"example:rank": number % 3 if number % 2 else f"rank {number % 3}"}
            ),
        )
        for number in range(start, start + count)
    ]


ORDERS = [
    [],
    [("orderBy", "eventTime"), ("orderDirection", "ASC")],
    [("orderBy", "recordTime")],
    [("orderBy", "recordTime"), ("orderDirection", "ASC")],
    [("orderBy", "example:rank")],
    [("orderBy", "example:rank"), ("orderDirection", "ASC")],
]


@pytest.mark.parametrize("order", ORDERS)
def test_pages_together_are_the_result_of_the_first_instant(
    ledger: Engine, order: list[tuple[str, str]]
) -> None:
    """Events captured between the pages, before and after their place in the order, neither shift nor join them."""
    fill(ledger, _many(40))
    whole = ask(ledger, *order)
    found: list[str] = []
    token, start = None, 40
    while True:
        with ledger.connect() as connection:
            query = parse_url(order, known_namespaces(connection))
            page = run(connection, query, now=NOW, per_page=7, token=token)
        found += names(page.events)
        fill(ledger, _many(5, start=start))
        start += 5
        token = page.next_token
        if token is None:
            break
        assert len(page.events) == 7
        assert page.expires_at == NOW + LIFETIME
    assert len(whole) == 40
    assert found == whole


def test_order_by_an_extension_field(ledger: Engine) -> None:
    """Numbers by size, texts in byte order after or before them, instants by time; ties by the event's time."""
    fill(
        ledger,
        [
            event("ten", **{"example:x": 10}),
            event("nine", **{"example:x": "9"}),
            event("b", **{"example:x": "b"}),
            event("B", **{"example:x": "B"}),
            event("none"),
        ],
    )
    order = [("EXISTS_example:x", ""), ("orderBy", "example:x")]
    assert ask(ledger, *order) == ["ten", "nine", "b", "B"]
    assert ask(ledger, *order, ("orderDirection", "ASC")) == ["B", "b", "nine", "ten"]
    later = event("later", **{"example:t": "2026-01-01T12:00:00Z"})
    earlier = event("earlier", **{"example:t": "2026-01-01T13:00:00+02:00"})
    fill(ledger, [earlier, later])
    times = [("EXISTS_example:t", ""), ("orderBy", "example:t")]
    assert ask(ledger, *times) == ["later", "earlier"]


def test_event_count_limit_cuts_over_all_pages(ledger: Engine) -> None:
    """The limit counts the events of all pages together."""
    fill(ledger, _many(20))
    pairs = [("orderBy", "eventTime"), ("eventCountLimit", "9")]
    with ledger.connect() as connection:
        query = parse_url(pairs, {})
        first = run(connection, query, now=NOW, per_page=5)
        assert first.next_token is not None
        second = run(connection, query, now=NOW, per_page=5, token=first.next_token)
    assert second.next_token is None
    assert names([*first.events, *second.events]) == ask(ledger, ("orderBy", "eventTime"))[:9]
    assert ask(ledger, ("orderBy", "eventTime"), ("eventCountLimit", "0")) == []


def test_more_than_max_event_count_is_too_large(ledger: Engine) -> None:
    """Just as many is fine, one more is an error whatever the size of the page."""
    fill(ledger, _many(5))
    assert len(ask(ledger, ("maxEventCount", "5"))) == 5
    with pytest.raises(QueryError) as refusal, ledger.connect() as connection:
        run(connection, parse_url([("maxEventCount", "4")], {}), now=NOW, per_page=2)
    assert refusal.value.exception == "QueryTooLargeException"


def test_a_last_page_that_is_full_has_no_next(ledger: Engine) -> None:
    """The last page is the one without a token, also when it is full."""
    fill(ledger, _many(6))
    with ledger.connect() as connection:
        first = run(connection, Query(), now=NOW, per_page=3)
        second = run(connection, Query(), now=NOW, per_page=3, token=first.next_token)
    assert len(second.events) == 3
    assert second.next_token is None


def _token(ledger: Engine) -> str:
    fill(ledger, _many(6))
    with ledger.connect() as connection:
        token = run(connection, Query(), now=NOW, per_page=3).next_token
    assert token is not None
    return token


def _refused(ledger: Engine, token: str, query: Query, now: dt.datetime = NOW) -> str:
    with pytest.raises(QueryError) as refusal, ledger.connect() as connection:
        run(connection, query, now=now, per_page=3, token=token)
    assert refusal.value.exception == "QueryParameterException"
    return refusal.value.message


def test_damaged_and_foreign_tokens_are_refused(ledger: Engine) -> None:
    """Any other text, and the token of another query."""
    token = _token(ledger)
    damaged = token[:-1] + ("A" if token[-1] != "A" else "B")
    for wrong in ("", "x", "ü", "====", damaged, token + "A", token[1:], token + "\n", "A" * 200):
        assert "damaged or belongs to another query" in _refused(ledger, wrong, Query())
    other = parse_url([("EQ_action", "OBSERVE")], {})
    assert "another query" in _refused(ledger, token, other)


def test_tokens_end_in_time_and_when_given_back(ledger: Engine) -> None:
    """A token holds an hour, or until it is given back; what is forgotten then would have ended anyway."""
    token = _token(ledger)
    assert "has ended" in _refused(ledger, token, Query(), NOW + LIFETIME)
    with ledger.begin() as connection:
        close_token(connection, token, NOW)
        close_token(connection, token, NOW)
        close_token(connection, "no token at all", NOW)
    assert "has ended" in _refused(ledger, token, Query())
    with ledger.begin() as connection:
        close_token(connection, "another", NOW + 2 * LIFETIME)
    assert "has ended" in _refused(ledger, token, Query(), NOW + 2 * LIFETIME)


def test_the_feed_gives_every_event_once_in_the_order_of_capture(ledger: Engine) -> None:
    """Whoever remembers the record time of the last event misses nothing and gets nothing twice."""
    fill(ledger, _many(10))
    fill(ledger, _many(10, start=10), now=NOW)
    query = parse_url([("MATCH_epc", PACK)], {})
    found: list[str] = []
    after = YEAR_ONE
    with ledger.connect() as connection:
        until = last_record_at(connection)
        while events := feed(connection, query, after=after, until=until, limit=6):
            found += names(events)
            after = events[-1].record_at
    assert found == [f"{number:03d}" for number in range(20)]


def test_an_event_and_its_declarations_are_found_by_event_id(ledger: Engine) -> None:
    """An error declaration has the eventID of the event that it takes back."""
    first = event("one", epcList=[PACK])
    declaration = {"declarationTime": "2026-02-01T00:00:00Z", "reason": "did_not_occur"}
    fill(ledger, [first, {**first, "errorDeclaration": declaration}])
    with ledger.connect() as connection:
        found = by_event_id(connection, "urn:example:event:one")
        assert by_event_id(connection, "urn:example:event:two") == []
    assert ["errorDeclaration" in each.document for each in found] == [False, True]
    assert found[0].context == {"example": "https://example.com/ns/", "ex2": "https://example.com/two#"}


def test_an_empty_ledger_answers_with_nothing(ledger: Engine) -> None:
    """No event, no page, no error."""
    assert ask(ledger) == []
    assert ask(ledger, ("orderBy", "example:x"), ("MATCH_epc", "urn:epc:idpat:sgtin:*.*.*")) == []
