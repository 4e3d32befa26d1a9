"""Collections hold what the standard and the captured events name, each value once; queries have names."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from query_cases import NOW, event, fill, names
from voltloop.epcis.vocabulary import vocabularies
from voltloop.ledger import named_queries
from voltloop.ledger.listing import COLLECTIONS, Collection, is_known, listing
from voltloop.ledger.query import run
from voltloop.ledger.query_model import QueryError

PACKS = [f"urn:epc:id:sgtin:9521234.012345.{number}" for number in range(25)]
SITES = [f"urn:epc:id:sgln:9521234.0000{number}.0" for number in range(1, 8)]
LOT = "urn:epc:class:lgtin:9521234.012345.A1"
OWN = [f"https://example.com/steps/{number}" for number in range(5)]


def _fill(ledger: Engine) -> None:
    events = [
        event(
            f"{number}",
            f"202{number % 6}-0{1 + number % 9}-01T10:00:00Z",
            epcList=[pack],
            bizStep=(OWN[number % 5] if number % 2 else "shipping"),
            readPoint={"id": SITES[number % 6]},
            bizLocation={"id": SITES[1 + number % 2]},
        )
        for number, pack in enumerate(PACKS)
    ]
    fill(ledger, [*events, event("lot", quantityList=[{"epcClass": LOT, "quantity": 1}])])


def _all(ledger: Engine, collection: Collection, per_page: int) -> list[str]:
    found: list[str] = []
    token = None
    while True:
        with ledger.connect() as connection:
            page = listing(connection, collection, now=NOW, per_page=per_page, token=token)
        assert len(page.values) <= per_page
        found += page.values
        token = page.next_token
        if token is None:
            return found


@pytest.mark.parametrize("per_page", [1, 4, 1000])
def test_collections_give_each_value_once(ledger: Engine, per_page: int) -> None:
    """Whatever the size of the pages."""
    _fill(ledger)
    expected: dict[Collection, list[str]] = {
        "eventTypes": [
            "AggregationEvent",
            "AssociationEvent",
            "ObjectEvent",
            "TransactionEvent",
            "TransformationEvent",
        ],
        "epcs": PACKS,
        "bizSteps": [*vocabularies()["bizStep"].words, *OWN],
        "bizLocations": SITES[1:3],
        "readPoints": SITES[:6],
        "dispositions": [*vocabularies()["disposition"].words],
    }
    for collection in COLLECTIONS:
        assert sorted(_all(ledger, collection, per_page)) == sorted(expected[collection]), collection


def test_known_values_are_known_in_every_spelling(ledger: Engine) -> None:
    """What has no events is no resource."""
    _fill(ledger)
    known: list[tuple[Collection, str]] = [
        ("eventTypes", "ObjectEvent"),
        ("epcs", "https://id.gs1.org/01/09521234123453/21/3"),
        ("bizSteps", "urn:epcglobal:cbv:bizstep:packing"),
        ("bizSteps", OWN[1]),
        ("bizLocations", SITES[1]),
        ("readPoints", "https://id.gs1.org/414/9521234000013"),
        ("dispositions", "active"),
    ]
    unknown: list[tuple[Collection, str]] = [
        ("eventTypes", "QuantityEvent"),
        ("epcs", LOT),
        ("epcs", SITES[0]),
        ("bizSteps", "https://example.com/steps/none"),
        ("bizLocations", SITES[0]),
        ("readPoints", "urn:x:nowhere"),
        ("dispositions", "vanished"),
        ("dispositions", "urn:x:\x00"),
        ("epcs", "urn:x:\x00"),
    ]
    with ledger.connect() as connection:
        assert [entry for entry in known if not is_known(connection, *entry)] == []
        assert [entry for entry in unknown if is_known(connection, *entry)] == []


def test_a_token_of_another_collection_is_refused(ledger: Engine) -> None:
    """Tokens belong to what they came from."""
    with ledger.connect() as connection:
        token = listing(connection, "bizSteps", now=NOW, per_page=3).next_token
        with pytest.raises(QueryError, match="belongs to another query"):
            listing(connection, "dispositions", now=NOW, per_page=3, token=token)


def test_a_named_query_is_kept_run_listed_and_forgotten(ledger: Engine) -> None:
    """The whole life of a query with a name."""
    _fill(ledger)
    body = {"name": "mine", "query": {"EQ_bizStep": ["shipping"], "EQ_me:field": ["x"]}}
    with ledger.begin() as connection:
        named_queries.create(connection, body, now=NOW, namespaces={"me": "https://example.com/me/"})
    fill(ledger, [event("meant", bizStep="shipping", **{"m:field": "x"})], {"m": "https://example.com/me/"})
    fill(
        ledger, [event("other", bizStep="shipping", **{"me:field": "x"})], {"me": "https://example.com/you/"}
    )
    with ledger.begin() as connection:
        found = named_queries.find(connection, "mine")
        assert (found.query, found.created_at) == (body["query"], NOW)
        assert names(run(connection, found.parsed(connection), now=NOW).events) == ["meant"]
        assert [one.name for one in named_queries.names(connection)] == ["mine"]
        assert named_queries.names(connection, after="mine") == []
        named_queries.remove(connection, "mine")
        for gone in (named_queries.find, named_queries.remove):
            with pytest.raises(QueryError) as refusal:
                gone(connection, "mine")
            assert refusal.value.exception == "NoSuchNameException"


def test_a_name_is_given_once(ledger: Engine) -> None:
    """The second is refused, and the first stays."""
    with ledger.begin() as connection:
        named_queries.create(connection, {"name": "mine", "query": {}}, now=NOW)
        with pytest.raises(QueryError) as refusal:
            named_queries.create(connection, {"name": "mine", "query": {"EQ_action": ["ADD"]}}, now=NOW)
        assert refusal.value.exception == "ResourceAlreadyExistsException"
        assert named_queries.find(connection, "mine").query == {}


@pytest.mark.parametrize(
    ("body", "exception"),
    [
        (None, "QueryValidationException"),
        ([], "QueryValidationException"),
        ({"name": "x"}, "QueryValidationException"),
        ({"query": {}}, "QueryValidationException"),
        ({"name": "", "query": {}}, "QueryValidationException"),
        ({"name": "a\nb", "query": {}}, "QueryValidationException"),
        ({"name": "a" * 256, "query": {}}, "QueryValidationException"),
        ({"name": 7, "query": {}}, "QueryValidationException"),
        ({"name": "x", "query": {"@context": {"a": "b\x00"}}}, "QueryValidationException"),
        ({"name": "x", "query": {"EQ_action": [{}]}}, "QueryValidationException"),
        ({"name": "x", "query": {"EQ_action": ["add"]}}, "QueryParameterException"),
        ({"name": "x", "query": {"EQ_actions": ["ADD"]}}, "QueryParameterException"),
    ],
)
def test_bad_queries_get_no_name(ledger: Engine, body: object, exception: str) -> None:
    """A query is checked when it is made, not when it is first run."""
    with ledger.begin() as connection:
        with pytest.raises(QueryError) as refusal:
            named_queries.create(connection, body, now=NOW)
        assert refusal.value.exception == exception
        assert named_queries.names(connection) == []
