"""Random queries over random events find what a plain reading of every document finds, whole and page by page."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from ledger_cases import Databases
from query_cases import NOW, event, fill, names
from voltloop.ledger import query as query_module
from voltloop.ledger import query_plan
from voltloop.ledger.query import feed, known_namespaces, last_record_at, run
from voltloop.ledger.query_parameters import parse_url

Document = dict[str, Any]
Reading = Callable[[Document], bool]

SERIALS = range(4)
SPELLINGS = ("urn:epc:id:sgtin:9521234.0{item}.{serial}", "https://id.gs1.org/01/{gtin}/21/{serial}")
GTINS = {"12345": "09521234123453", "54321": "09521234543213"}
STEPS = ["shipping", "receiving", "https://example.com/steps/crushing"]
SITES = [
    "urn:epc:id:sgln:9521234.00001.0",
    "https://id.gs1.org/414/9521234000013",
    "https://example.com/hall",
]
SITE_NAMES = {SITES[0]: "site", SITES[1]: "site", SITES[2]: "hall"}
KELVIN = {
    "CEL": lambda value: Fraction(str(value)) + Fraction("273.15"),
    "KEL": lambda value: Fraction(str(value)),
    "FAH": lambda value: (Fraction(str(value)) - 32) * Fraction(5, 9) + Fraction("273.15"),
}
READINGS = [
    ("CEL", 25),
    ("FAH", 77),
    ("KEL", 298.15),
    ("CEL", 25.5),
    ("FAH", -40),
    ("CEL", -40),
    ("KEL", 300),
]
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda one, other: one == other,
    "GT": lambda one, other: one > other,
    "GE": lambda one, other: one >= other,
    "LT": lambda one, other: one < other,
    "LE": lambda one, other: one <= other,
}


def _epc(random: Random) -> tuple[str, tuple[str, int]]:
    """Give an identifier in a random spelling, and what it names."""
    item, serial = random.choice(list(GTINS)), random.choice(SERIALS)
    text = random.choice(SPELLINGS).format(item=item, gtin=GTINS[item], serial=serial)
    return text, (item, serial)


def _named(text: str) -> tuple[str, int]:
    """Give what an identifier names, read plainly."""
    if text.startswith("urn:"):
        _, item, serial = text.rsplit(":", 1)[1].split(".")
        return item[1:], int(serial)
    gtin, _, serial = text.rsplit("/", 3)[1:]
    return next(item for item, known in GTINS.items() if known == gtin), int(serial)


def _random_event(random: Random, number: int) -> Document:
    """Give an event of any kind with a random choice of fields."""
    at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(
        hours=random.randrange(12), days=random.randrange(200)
    )
    epcs = list(
        {named: text for text, named in (_epc(random) for _ in range(random.randrange(1, 4)))}.values()
    )
    kind = random.choice(["ObjectEvent", "AggregationEvent", "TransformationEvent"])
    fields: Document = {}
    if kind == "ObjectEvent":
        fields["epcList"] = epcs
    elif kind == "AggregationEvent":
        fields |= {"parentID": epcs[0], "childEPCs": epcs[1:] or [_epc(random)[0]]}
    else:
        fields |= {"inputEPCList": epcs, "outputEPCList": [_epc(random)[0]]}
    if random.random() < 0.7:
        fields["bizStep"] = random.choice(STEPS)
    if random.random() < 0.6:
        fields["readPoint"] = {"id": random.choice(SITES)}
    if random.random() < 0.4:
        kinds = random.sample(["po", "desadv"], random.randrange(1, 3))
        fields["bizTransactionList"] = [
            {"type": one, "bizTransaction": f"urn:example:doc:{random.randrange(3)}"} for one in kinds
        ]
    if random.random() < 0.5:
        reports = [
            {"type": "Temperature", "value": value, "uom": uom}
            for uom, value in random.sample(READINGS, random.randrange(1, 3))
        ]
        fields["sensorElementList"] = [{"sensorReport": reports}]
    if random.random() < 0.5:
        fields["example:level"] = random.choice([1, 2, 2.5, "2", "2.5", "many", [1, 3], {"example:level": 3}])
    return event(f"{number}", at.isoformat(), kind, **fields)


def _values(document: Document, *fields: str) -> list[str]:
    found: list[str] = []
    for field in fields:
        value = document.get(field, [])
        found += [value] if isinstance(value, str) else value
    return found


ROLES = {
    "MATCH_epc": ("epcList", "childEPCs"),
    "MATCH_parentID": ("parentID",),
    "MATCH_inputEPC": ("inputEPCList",),
    "MATCH_anyEPC": ("epcList", "parentID", "childEPCs", "inputEPCList", "outputEPCList"),
}


def _parameter(random: Random) -> tuple[str, str, Reading]:
    """Give a random parameter, and how to tell by reading whether an event meets it."""
    return random.choice([_match, _pattern, _step, _site, _reference, _time, _temperature, _level, _type])(
        random
    )


def _match(random: Random) -> tuple[str, str, Reading]:
    name = random.choice(list(ROLES))
    asked = [_epc(random) for _ in range(random.randrange(1, 3))]
    wanted = {named for _, named in asked}
    return (
        name,
        "|".join(text for text, _ in asked),
        lambda document: any(_named(text) in wanted for text in _values(document, *ROLES[name])),
    )


def _pattern(random: Random) -> tuple[str, str, Reading]:
    name, item = random.choice(list(ROLES)), random.choice(list(GTINS))
    value = random.choice([f"urn:epc:idpat:sgtin:9521234.0{item}.*", f"https://id.gs1.org/01/{GTINS[item]}"])
    return (
        name,
        value,
        lambda document: any(_named(text)[0] == item for text in _values(document, *ROLES[name])),
    )


def _step(random: Random) -> tuple[str, str, Reading]:
    wanted = random.sample(STEPS, random.randrange(1, 3))
    return "EQ_bizStep", "|".join(wanted), lambda document: document.get("bizStep") in wanted


def _type(random: Random) -> tuple[str, str, Reading]:
    wanted = random.choice(["ObjectEvent", "AggregationEvent", "TransformationEvent"])
    return "eventType", wanted, lambda document: document["type"] == wanted


def _site(random: Random) -> tuple[str, str, Reading]:
    asked = random.choice(SITES)
    wanted = SITE_NAMES[asked]
    return (
        "EQ_readPoint",
        asked,
        lambda document: "readPoint" in document and SITE_NAMES[document["readPoint"]["id"]] == wanted,
    )


def _reference(random: Random) -> tuple[str, str, Reading]:
    kind, value = random.choice(["po", "desadv"]), f"urn:example:doc:{random.randrange(3)}"
    entry = {"type": kind, "bizTransaction": value}
    return (
        f"EQ_bizTransaction_{kind}",
        value,
        lambda document: entry in document.get("bizTransactionList", []),
    )


def _time(random: Random) -> tuple[str, str, Reading]:
    at = dt.datetime(2026, 1, 1, 5, tzinfo=dt.UTC) + dt.timedelta(days=random.randrange(200))
    comparison = random.choice(["GE", "LT"])
    return (
        f"{comparison}_eventTime",
        at.isoformat(),
        lambda document: COMPARE[comparison](dt.datetime.fromisoformat(document["eventTime"]), at),
    )


def _temperature(random: Random) -> tuple[str, str, Reading]:
    comparison = random.choice(list(COMPARE))
    uom, value = random.choice(READINGS)
    bound = KELVIN[uom](value)

    def read(document: Document) -> bool:
        reports = [
            report for part in document.get("sensorElementList", []) for report in part["sensorReport"]
        ]
        return any(COMPARE[comparison](KELVIN[report["uom"]](report["value"]), bound) for report in reports)

    return f"{comparison}_value_{uom}", str(value), read


def _level(random: Random) -> tuple[str, str, Reading]:
    comparison = random.choice([*COMPARE, "EXISTS"])
    value = random.choice(["1", "2", "2.5", "3"])

    def read(document: Document) -> bool:
        held = document.get("example:level", [])
        values = held if isinstance(held, list) else [held]
        if comparison == "EXISTS":
            return bool(values)
        plain = [one for one in values if not isinstance(one, dict)]
        if comparison == "EQ":  # a text equals as text, a number as number
            return any(one == value if isinstance(one, str) else one == float(value) for one in plain)
        numbers = [float(one) for one in plain if one != "many"]
        return any(COMPARE[comparison](one, float(value)) for one in numbers)

    return f"{comparison}_example:level", value, read


_RANDOM = Random(7)
EVENTS = [_random_event(_RANDOM, number) for number in range(300)]


@pytest.fixture(scope="module")
def filled(databases: Databases) -> Iterator[Engine]:
    """Give a ledger of random events."""
    with databases.fresh() as ledger:
        fill(ledger, json.loads(json.dumps(EVENTS)))
        yield ledger


def _expected(readings: list[Reading], *, descending: bool) -> list[str]:
    found = [document for document in EVENTS if all(reads(document) for reads in readings)]
    ordered = sorted(
        enumerate(found), key=lambda pair: (dt.datetime.fromisoformat(pair[1]["eventTime"]), pair[0])
    )
    ids = [document["eventID"].rpartition(":")[2] for _, document in ordered]
    return ids[::-1] if descending else ids


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), count=st.integers(1, 3), per_page=st.integers(9, 60), wide=st.booleans())
def test_queries_find_what_a_plain_reading_finds(
    filled: Engine,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
    count: int,
    per_page: int,
    wide: bool,
) -> None:
    """Same events, same order, whichever way the query is answered and whatever the size of its pages."""
    random = Random(seed)
    asked = {name: (value, reads) for name, value, reads in (_parameter(random) for _ in range(count))}
    pairs = [(name, value) for name, (value, _) in asked.items()]
    descending = random.random() < 0.5
    pairs += [("orderBy", "eventTime"), ("orderDirection", "DESC" if descending else "ASC")]
    monkeypatch.setattr(query_plan, "WIDE", 3 if wide else 20_000)
    monkeypatch.setattr(query_plan, "MOST_KEYS", 2 if random.random() < 0.5 else 1_000)
    monkeypatch.setattr(query_module, "_STEPS", random.choice([(5,), (10, 30), (1_000,)]))
    monkeypatch.setattr(query_plan, "LONGEST_WALK", random.choice([0, 40, 15_000]))
    monkeypatch.setattr(query_plan, "MOST_JOINED", random.choice([1, 2, 3]))
    found: list[str] = []
    token = None
    with filled.connect() as connection:
        query = parse_url(pairs, known_namespaces(connection))
        while True:
            page = run(connection, query, now=NOW, per_page=per_page, token=token)
            found += names(page.events)
            token = page.next_token
            if token is None:
                break
    assert found == _expected([reads for _, reads in asked.values()], descending=descending), pairs


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), limit=st.integers(5, 80), short=st.booleans())
def test_feeds_find_what_queries_find(
    filled: Engine, monkeypatch: pytest.MonkeyPatch, seed: int, limit: int, short: bool
) -> None:
    """A feed from the first event to the last gives every event that the query finds once, in the order of capture."""
    random = Random(seed)
    asked = [_parameter(random)]
    monkeypatch.setattr(query_module, "_SHORT", 1_000 if short else 10)
    monkeypatch.setattr(query_plan, "WIDE", random.choice([3, 10_000]))
    found: list[str] = []
    after = NOW - dt.timedelta(seconds=1)
    with filled.connect() as connection:
        query = parse_url([(name, value) for name, value, _ in asked], known_namespaces(connection))
        until = last_record_at(connection)
        while events := feed(connection, query, after=after, until=until, limit=limit):
            found += names(events)
            after = events[-1].record_at
    expected = [document for document in EVENTS if all(reads(document) for _, _, reads in asked)]
    assert found == [document["eventID"].rpartition(":")[2] for document in expected]
