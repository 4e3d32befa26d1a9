"""Any valid event comes back from XML as it was, with the same hash."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from epcis_xml_cases import events_of_document
from voltloop.epcis.hashing import event_hash
from voltloop.epcis.validation import EventValidator
from voltloop.epcis.vocabulary import vocabularies
from voltloop.epcis.xml_documents import epcis_document_xml
from voltloop.epcis.xml_read import open_xml
from voltloop.errors import InputError

AT = datetime(2026, 11, 22, 8, 15, tzinfo=UTC)
CONTEXT = {"ex": "http://ex.example/", "other": "urn:example:other:"}

# XML cannot tell an empty element from white space around none, nor carry control characters.
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12)
SAID = TEXT.filter(lambda text: bool(text.strip()))
TIME = st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.isoformat() + "Z")  # noqa: DTZ001
ID = st.from_regex(r"urn:epc:id:sgtin:9521234\.0[0-9]{5}\.[0-9A-Za-z]{1,8}", fullmatch=True)
CLASS = st.from_regex(r"urn:epc:class:lgtin:9521234\.0[0-9]{5}\.[0-9A-Za-z]{1,8}", fullmatch=True)
LOCAL = st.text("abcdefghij_1 é-.", min_size=1, max_size=6)
KEY = st.builds("{}:{}".format, st.sampled_from(sorted(CONTEXT)), LOCAL)
SCALAR = st.one_of(
    SAID, st.booleans(), st.integers(-(2**40), 2**40), st.floats(-1e9, 1e9, allow_nan=False).filter(bool)
)
INSIDE = st.dictionaries(KEY | LOCAL.map(str.strip).filter(bool), SCALAR, min_size=1, max_size=3)
VALUE = st.one_of(
    SCALAR,
    INSIDE,
    st.lists(SCALAR | INSIDE, min_size=2, max_size=3),
    st.dictionaries(KEY, INSIDE | st.lists(INSIDE, min_size=2, max_size=3), min_size=1, max_size=2),
    st.builds(lambda unit, value: {"@ex:unit": unit, "@value": value}, SAID, SAID),
)
EXTENSIONS = st.dictionaries(KEY.filter(lambda key: " " not in key and "é" not in key), VALUE, max_size=3)
NUMBER = st.integers(0, 2**40) | st.floats(0, 1e12, allow_nan=False)


def word(kind: str) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted(vocabularies()[kind].words)) | st.just("https://ex.example/own")


def part(
    fields: dict[str, Any], optional: dict[str, Any], extensions: bool = False
) -> st.SearchStrategy[dict[str, Any]]:
    known = st.fixed_dictionaries(fields, optional=optional)
    return st.builds(lambda first, more: first | more, known, EXTENSIONS) if extensions else known


def typed(name: str, kind: str) -> st.SearchStrategy[list[dict[str, str]]]:
    return st.lists(part({"type": word(kind), name: ID}, {}), min_size=1, max_size=2)


QUANTITIES = st.lists(
    part({"epcClass": CLASS}, {}) | part({"epcClass": CLASS, "quantity": NUMBER}, {"uom": st.just("KGM")}),
    max_size=2,
)
REPORT = part(
    {"type": word("measurementType")},
    {
        "value": st.floats(-1e9, 1e9, allow_nan=False),
        "uom": st.just("CEL"),
        "booleanValue": st.booleans(),
        "stringValue": SAID,
        "time": TIME,
        "component": word("component"),
        "exception": word("sensorAlert"),
    },
)
SENSORS = st.lists(
    part(
        {"sensorReport": st.lists(REPORT, min_size=1, max_size=2)},
        {"sensorMetadata": part({}, {"time": TIME, "deviceID": ID})},
        extensions=True,
    ),
    min_size=1,
    max_size=2,
)
COMMON = {
    "bizStep": word("bizStep"),
    "disposition": word("disposition"),
    "readPoint": part({"id": ID}, {}, extensions=True),
    "bizLocation": part({"id": ID}, {}, extensions=True),
    "sourceList": typed("source", "sourceDestinationType"),
    "destinationList": typed("destination", "sourceDestinationType"),
    "sensorElementList": SENSORS,
    "certificationInfo": ID | st.lists(ID, min_size=2, max_size=3),
    "errorDeclaration": part(
        {"declarationTime": TIME},
        {"reason": word("errorReason"), "correctiveEventIDs": st.lists(ID, max_size=2)},
        extensions=True,
    ),
}
HEAD = {"eventTime": TIME, "eventTimeZoneOffset": st.just("+01:00"), "eventID": ID}
TRANSACTIONS = typed("bizTransaction", "bizTransactionType")
EPCS = st.lists(ID, min_size=1, max_size=3, unique=True)
ACTION = {"action": st.sampled_from(["ADD", "OBSERVE", "DELETE"])}
WORDS = st.lists(word("disposition"), min_size=1, max_size=2, unique=True)
PERSISTENT = part({"set": WORDS}, {"unset": WORDS}) | part({"unset": WORDS}, {})
EVENT = st.one_of(
    part(
        {"type": st.just("ObjectEvent"), **HEAD, **ACTION, "epcList": EPCS},
        {
            **COMMON,
            "quantityList": QUANTITIES,
            "bizTransactionList": TRANSACTIONS,
            "persistentDisposition": PERSISTENT,
        },
        extensions=True,
    ),
    part(
        {
            "type": st.just("ObjectEvent"),
            **HEAD,
            "action": st.just("ADD"),
            "epcList": EPCS,
            "ilmd": EXTENSIONS,
        },
        {},
        extensions=True,
    ),
    part(
        {"type": st.just("AggregationEvent"), **HEAD, **ACTION, "parentID": ID, "childEPCs": EPCS},
        {**COMMON, "childQuantityList": QUANTITIES},
        extensions=True,
    ),
    part(
        {"type": st.just("AssociationEvent"), **HEAD, **ACTION, "parentID": ID, "childEPCs": EPCS},
        {**COMMON, "childQuantityList": QUANTITIES},
        extensions=True,
    ),
    part(
        {
            "type": st.just("TransactionEvent"),
            **HEAD,
            **ACTION,
            "bizTransactionList": TRANSACTIONS,
            "epcList": EPCS,
        },
        {**COMMON, "parentID": ID, "quantityList": QUANTITIES},
        extensions=True,
    ),
    part(
        {"type": st.just("TransformationEvent"), **HEAD, "inputEPCList": EPCS, "outputEPCList": EPCS},
        {
            **COMMON,
            "outputQuantityList": QUANTITIES,
            "transformationID": ID,
            "persistentDisposition": PERSISTENT,
        },
        extensions=True,
    ),
)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(EVENT, min_size=1, max_size=3))
def test_events_come_back_from_xml(events: list[dict[str, Any]]) -> None:
    assert [str(problem) for event in events for problem in EventValidator().problems(event)] == []
    opened = open_xml(epcis_document_xml([(event, CONTEXT, None) for event in events], created_at=AT))
    found = events_of_document(opened)
    assert found == events
    for there, back in zip(events, found, strict=True):
        assert event_hash(back, opened.context) == event_hash(there, CONTEXT)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.binary(max_size=300) | TEXT.map(str.encode))
def test_junk_is_refused_and_nothing_else_happens(junk: bytes) -> None:
    with pytest.raises(InputError):
        open_xml(junk)
