"""The event hash id reproduces the published vectors and the rules that they leave open."""

from pathlib import Path
from typing import Any

import pytest

from epcis_hash_cases import EXAMPLES, events_of, examples
from voltloop.epcis.hashing import event_hash, pre_hash
from voltloop.epcis.xml_read import open_xml

# Pre-hash files of the vectors that do not hold the texts of their own hashes: damaged, or of another revision.
_STALE = {
    "epcisDocWithAllGS1Keys.jsonld",
    "epcisDocWithCustomSchemaInContext.jsonld",
    "epcisDocWithDefaultSchemaInContext.jsonld",
}


@pytest.mark.parametrize("file", examples("event-hash/*.jsonld"))
def test_published_vectors(file: Path) -> None:
    """The published hashes decide; the published pre-hash texts help to find a difference."""
    events = list(events_of(file))
    texts = file.with_suffix(".prehashes")
    if texts.exists() and file.name not in _STALE:
        wanted = [line for line in texts.read_text(encoding="utf-8").split("\n") if line]
        assert [pre_hash(event, context) for event, context in events] == wanted
    hashes = file.with_suffix(".hashes").read_text(encoding="utf-8").split()
    assert [event_hash(event, context) for event, context in events] == hashes


@pytest.mark.parametrize("file", examples("event-hash/*.xml"))
def test_published_vectors_in_xml(file: Path) -> None:
    document = open_xml(file.read_bytes())
    hashes = file.with_suffix(".hashes").read_text(encoding="utf-8").split()
    assert [
        event_hash(event, document.context) for batch in document.batches(10) for event in batch
    ] == hashes


@pytest.mark.parametrize("file", examples("gs1/XML/WithEventHashID/*.xml"))
def test_examples_of_identical_events(file: Path) -> None:
    """Four spellings of one event. The second says another eventTimeZoneOffset, which is hashed: it alone differs."""
    assert EXAMPLES is not None
    first = next(
        open_xml(
            (EXAMPLES / "gs1/XML/WithEventHashID/event_with_identical_hash_id_1.xml").read_bytes()
        ).batches(1)
    )
    document = open_xml(file.read_bytes())
    (event,) = next(document.batches(1))
    event |= {"eventTimeZoneOffset": "-06:00"}
    assert event_hash(event, document.context) == event_hash(first[0], document.context)


@pytest.mark.parametrize("file", [*examples("gs1/**/*.json*"), *examples("battery-events/*.jsonld")])
def test_every_published_event_has_a_hash(file: Path) -> None:
    for event, context in events_of(file):
        assert event_hash(event, context).startswith("ni:///sha-256;")


def text_of(**fields: Any) -> str:
    """Pre-hash of a small event, without its first word."""
    return pre_hash({"type": "ObjectEvent", **fields}, {"ex": "https://ns.example.com/"}).removeprefix(
        "eventType=ObjectEvent"
    )


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("2026-02-03T11:04:03.1415Z", "2026-02-03T11:04:03.142Z"),
        ("2026-02-03T11:04:03.1425+00:00", "2026-02-03T11:04:03.143Z"),  # half up, not to the even digit
        ("2026-02-03T11:04:03.1414999Z", "2026-02-03T11:04:03.141Z"),
        ("2026-02-03T11:04:03.99951234567Z", "2026-02-03T11:04:04.000Z"),
        ("2026-12-31T23:59:59.9995Z", "2027-01-01T00:00:00.000Z"),
        ("2026-02-03T00:30:00+14:00", "2026-02-02T10:30:00.000Z"),
        ("0999-02-03T00:30:00Z", "0999-02-03T00:30:00.000Z"),
    ],
)
def test_instants_are_utc_with_three_decimals(written: str, canonical: str) -> None:
    assert text_of(eventTime=written) == f"eventTime={canonical}"


@pytest.mark.parametrize(
    ("written", "canonical"),
    [(1, "1"), (1.0, "1"), ("1.50", "1.5"), (1.5, "1.5"), (100.0, "100"), ("-0.0", "0"), (0.00001, "0.00001"),
     (1e22, "10000000000000000000000"), (12345678901234567890, "12345678901234567890"), ("007", "007"),
     ("1.2.3", "1.2.3"), ("+5", "+5"), (True, "true"), ("  text ", "text")],
)  # fmt: skip
def test_values_of_extensions(written: Any, canonical: str) -> None:
    assert text_of(**{"ex:a": written}) == f"{{https://ns.example.com/}}a={canonical}"


def test_texts_of_sensors_are_no_numbers() -> None:
    report = {"stringValue": "1.50", "hexBinaryValue": "12e4"}
    text = text_of(sensorElementList=[{"sensorReport": [report]}])
    assert text == "sensorElementListsensorElementsensorReportstringValue=1.50hexBinaryValue=12e4"


def test_extensions_nest_and_repeat() -> None:
    text = text_of(**{"ex:b": {"ex:d": ["3", 1], "ex:c": {"@value": "x"}}, "ex:a": [], "ex:e": ""})
    ns = "{https://ns.example.com/}"
    assert text == f"{ns}b{ns}c=x{ns}d=1{ns}d=3{ns}e"


def test_attributes_and_typed_values_of_extensions() -> None:
    """As XML is read: an attribute is a field without children, the type of a value is not content."""
    ns = "{https://ns.example.com/}"
    assert (
        text_of(**{"ex:a": {"@:unit": "KGM", "@ex:by": "me", "@value": "5.0"}}) == f"{ns}a=5unit=KGM{ns}by=me"
    )
    assert text_of(**{"ex:a": {"@type": "xsd:double", "@value": "5.0"}}) == text_of(**{"ex:a": 5})


def test_what_says_nothing_is_not_hashed() -> None:
    plain = text_of(action="OBSERVE")
    noise = {"eventID": "urn:uuid:1", "recordTime": "2026-01-01T00:00:00Z", "errorDeclaration": {"reason": "x"},
             "@context": {}, "rdfs:comment": "note", "epcList": [], "ilmd": {}, "sourceList": [],
             "sensorElementList": [], "ex:n": None}  # fmt: skip
    assert text_of(action="OBSERVE", **noise) == plain


def test_vocabulary_in_all_spellings_and_compact_uris() -> None:
    web = "https://ref.gs1.org/cbv/BizStep-shipping"
    for written in ("shipping", "urn:epcglobal:cbv:bizstep:shipping", web, "cbv:BizStep-shipping"):
        assert text_of(bizStep=written) == f"bizStep={web}"
    assert text_of(bizStep="ex:crushing") == "bizStep=https://ns.example.com/crushing"
    assert text_of(**{"ex:a": "urn:epcglobal:cbv:disp:active"}).endswith(
        "a=https://ref.gs1.org/cbv/Disp-active"
    )
    assert text_of(**{"ex:a": "urn:epcglobal:cbv:bt:9521234000051:7"}).endswith(
        "=urn:epcglobal:cbv:bt:9521234000051:7"
    )


def test_lists_with_types_follow_the_sensors() -> None:
    """This order is of the published vectors; within an entry the type comes first."""
    text = text_of(
        sourceList=[{"type": "owning_party", "source": "urn:epc:id:pgln:9521234.00005"}],
        destinationList=[{"type": "location", "destination": "urn:epc:id:sgln:9521234.00005.0"}],
        bizTransactionList=[
            {"bizTransaction": "https://example.com/2"},
            {"type": "po", "bizTransaction": "urn:x:1"},
        ],
        sensorElementList=[{"sensorReport": [{"type": "Speed", "value": 4.50, "uom": "KMH"}]}],
        ilmd={"cbvmda:lotNumber": "L1"},
    )
    assert text == (
        "sensorElementListsensorElementsensorReporttype=https://gs1.org/voc/Speedvalue=4.5uom=KMH"
        "bizTransactionListbizTransaction=https://example.com/2type=https://ref.gs1.org/cbv/BTT-pobizTransaction=urn:x:1"
        "destinationListtype=https://ref.gs1.org/cbv/SDT-locationdestination=https://id.gs1.org/414/9521234000051"
        "ilmd{urn:epcglobal:cbv:mda:}lotNumber=L1"
        "sourceListtype=https://ref.gs1.org/cbv/SDT-owning_partysource=https://id.gs1.org/417/9521234000051"
    )


def test_the_namespace_of_master_data_attributes_has_one_text() -> None:
    """XML writes it without the colon that the JSON-LD context puts at its end."""
    event = {"type": "ObjectEvent", "ilmd": {"cbvmda:lotNumber": "L1"}}
    assert pre_hash(event, {"cbvmda": "urn:epcglobal:cbv:mda"}) == pre_hash(event, {})
