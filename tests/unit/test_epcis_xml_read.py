"""XML documents give the events that JSON would hold, and bad ones one clear problem with its line."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from epcis_hash_cases import EXAMPLES, events_of, examples
from epcis_xml_cases import EVENT, document, event_with, events_of_xml, only_event, xml_examples
from voltloop.epcis.documents import Limits
from voltloop.epcis.hashing import event_hash
from voltloop.epcis.validation import EventValidator
from voltloop.epcis.xml_read import FAULT, open_xml
from voltloop.errors import InputError

NEEDS_EXAMPLES = pytest.mark.skipif(
    EXAMPLES is None, reason="../shared/standards/epcis is not beside this clone."
)


def test_the_frame_tells_kind_time_and_context() -> None:
    opened = open_xml(
        document(
            namespaces='xmlns:ex="http://ex.example/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        )
    )
    assert (opened.kind, opened.event_count) == ("EPCISDocument", 1)
    assert opened.created_at == datetime(2026, 11, 22, 8, 15, tzinfo=UTC)
    assert opened.context == {"ex": "http://ex.example/"}
    assert opened.header == {}


def test_words_become_bare_and_identifiers_keep_their_spelling() -> None:
    assert only_event(document()) == {
        "type": "ObjectEvent",
        "eventTime": "2026-11-22T08:15:00.000+01:00",
        "eventTimeZoneOffset": "+01:00",
        "eventID": "urn:uuid:5dd1b5f8-3b0c-4a3f-9a39-000000000001",
        "epcList": ["urn:epc:id:grai:4012345.55555.987"],
        "action": "OBSERVE",
        "bizStep": "shipping",
    }


@pytest.mark.parametrize(
    "word", ["https://ref.gs1.org/cbv/BizStep-shipping", "cbv:BizStep-shipping", " shipping "]
)
def test_every_spelling_of_a_word_is_read(word: str) -> None:
    xml = document(EVENT.replace("urn:epcglobal:cbv:bizstep:shipping", word))
    assert only_event(xml)["bizStep"] == "shipping"


def test_extensions_keep_attributes_types_lists_and_depth() -> None:
    xml = event_with(
        """<ex:plain>text</ex:plain><ex:empty/><ex:none xsi:nil="true"/>
        <ex:whole xsi:type="x:integer">10</ex:whole><ex:half xsi:type="x:double">0.5</ex:half>
        <ex:twenty xsi:type="x:double">20</ex:twenty><ex:yes xsi:type="x:boolean">true</ex:yes>
        <ex:at xsi:type="x:dateTime">2026-01-01T00:00:00Z</ex:at>
        <ex:list>1</ex:list><ex:list><ex:inner>2</ex:inner></ex:list>
        <ex:measured ex:unit="KGM" kind="net">5</ex:measured>""",
        namespaces='xmlns:ex="http://ex.example/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xmlns:x="http://www.w3.org/2001/XMLSchema"',
    )
    event = only_event(xml)
    assert {key: value for key, value in event.items() if key.startswith("ex:")} == {
        "ex:plain": "text",
        "ex:empty": "",
        "ex:none": None,
        "ex:whole": 10,
        "ex:half": 0.5,
        "ex:twenty": {"@type": "xsd:double", "@value": "20"},
        "ex:yes": True,
        "ex:at": {"@type": "xsd:dateTime", "@value": "2026-01-01T00:00:00Z"},
        "ex:list": ["1", {"ex:inner": "2"}],
        "ex:measured": {"@ex:unit": "KGM", "@:kind": "net", "@value": "5"},
    }


def test_a_prefix_bound_twice_and_a_default_namespace_keep_their_keys_apart() -> None:
    xml = event_with(
        '<ex:a>1</ex:a><ex:a xmlns:ex="http://other.example/">2</ex:a><b xmlns="http://third.example/">3</b>'
        '<mda:lotNumber xmlns:mda="urn:epcglobal:cbv:mda">4</mda:lotNumber>'
    )
    opened = open_xml(xml)
    (batch,) = opened.batches(5)
    assert opened.context == {
        "ex": "http://ex.example/",
        "ex2": "http://other.example/",
        "ext": "http://third.example/",
    }
    assert (batch[0]["ex:a"], batch[0]["ex2:a"], batch[0]["ext:b"]) == ("1", "2", "3")
    assert batch[0]["cbvmda:lotNumber"] == "4"


def test_comments_instructions_and_cdata_do_not_cut_text() -> None:
    xml = event_with("<ex:a>one<!-- no --><?pi no?> <![CDATA[<two>]]></ex:a>")
    assert only_event(xml)["ex:a"] == "one <two>"


def test_a_quantity_event_is_read_as_what_replaced_it() -> None:
    xml = document(
        """<QuantityEvent><eventTime>2010-01-01T00:00:00Z</eventTime>
        <eventTimeZoneOffset>+00:00</eventTimeZoneOffset>
        <epcClass>urn:epc:idpat:sgtin:4012345.098765.*</epcClass><quantity>12</quantity></QuantityEvent>""",
        version="1",
    )
    event = only_event(xml)
    assert (event["type"], event["action"]) == ("ObjectEvent", "OBSERVE")
    assert event["quantityList"] == [{"epcClass": "urn:epc:idpat:sgtin:4012345.098765.*", "quantity": 12}]
    assert EventValidator().problems(event) == []


@NEEDS_EXAMPLES
@pytest.mark.parametrize("file", xml_examples(), ids=lambda file: file.name)
def test_published_documents_are_read_whole_and_valid(file: Path) -> None:
    opened = open_xml(file.read_bytes())
    events = events_of_xml(file)
    assert len(events) == opened.event_count
    assert [str(problem) for event in events for problem in EventValidator().problems(event)] == []


@pytest.mark.parametrize("file", examples("event-hash/*.hashes", ".xml"))
def test_the_published_hashes_come_from_the_xml_as_well(file: Path) -> None:
    """The hash of an event is the same whichever way it was sent."""
    xml = file.with_suffix(".xml")
    opened = open_xml(xml.read_bytes())
    found = [event_hash(event, opened.context) for batch in opened.batches(9) for event in batch]
    assert found == file.read_text(encoding="utf-8").split()


@pytest.mark.parametrize("file", examples("event-hash/*.xml", ".jsonld"))
def test_an_event_in_xml_and_its_twin_in_json_have_one_hash(file: Path) -> None:
    twin = file.with_suffix(".jsonld")
    opened = open_xml(file.read_bytes())
    found = [event_hash(event, opened.context) for batch in opened.batches(9) for event in batch]
    assert found == [event_hash(event, context) for event, context in events_of(twin)]


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (EVENT.replace("<action>OBSERVE</action>", ""), "<action> is missing"),
        (EVENT.replace("<action>", "<bizStep>x</bizStep><action>"), "out of its order"),
        (EVENT.replace("<action>", "<action>ADD</action><action>"), "twice"),
        (EVENT.replace("bizStep>", "bizStp>"), 'Did you mean "bizStep"?'),
        (EVENT.replace("<epc>", "<epc><a/>"), "text only"),
        (EVENT.replace("<epc>", '<epc kind="x">'), 'attribute "kind"'),
        (EVENT.replace("<epcList>", "<epcList>junk"), '"junk"'),
        (EVENT.replace("</epc>", "</epc>junk"), '"junk"'),
        (EVENT.replace("epc>", "epcs>"), "Only <epc>"),
        (EVENT.replace("</bizStep>", "</bizStep><bizTransactionList/>"), "at least one <bizTransaction>"),
        (EVENT.replace("</bizStep>", "</bizStep><myField>x</myField>"), "namespace of its own"),
        (
            EVENT.replace(
                "</bizStep>",
                "</bizStep><quantityList><quantityElement><epcClass>urn:x:y</epcClass><quantity>1e3</quantity>"
                "</quantityElement></quantityList>",
            ),
            '"1e3" is not a number',
        ),
        (
            EVENT.replace(
                "</bizStep>",
                "</bizStep><sensorElementList><sensorElement><sensorReport value='NaN'/></sensorElement>"
                "</sensorElementList>",
            ),
            '"NaN" is not a number',
        ),
        (
            EVENT.replace("</bizStep>", "</bizStep><sourceList><source>urn:x:y</source></sourceList>"),
            '"type" is missing',
        ),
    ],
)
def test_an_event_that_breaks_the_binding_says_why_and_leaves_the_others_alone(
    broken: str, words: str
) -> None:
    bad, good = events_of_xml(document(broken + EVENT))
    assert words in bad[FAULT]
    assert bad[FAULT].startswith("XML line ")
    assert good["action"] == "OBSERVE"
    assert words in EventValidator().problems(bad)[0].message
    assert EventValidator().first_problem([bad]) is not None


BOMB = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "' + b"&a;" * 9 + b'"><!ENTITY c "' + b"&b;" * 9 + b'">]>'
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>'


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (b"", "cut off"),
        (b"   ", "cut off"),
        (b'{"type": "EPCISDocument"}', "not well-formed"),
        (document()[:-40], "cut off"),
        (document()[:300], "cut off"),
        (b"<html/>", "The root is not known"),
        (document().replace(b"xsd:2", b"xsd:7"), "namespace"),
        (document().replace(b"epcis:EPCISDocument", b"epcis:EPCISDocumnt"), 'Did you mean "EPCISDocument"'),
        (document().replace(b' creationDate="2026-11-22T08:15:00Z"', b""), "creationDate"),
        (document().replace(b'schemaVersion="2.0"', b'schemaVersion="two"'), "schemaVersion"),
        (document().replace(b"EPCISBody", b"EPCISBdy"), 'Did you mean "EPCISBody"'),
        (document().replace(b"EventList>", b"EventLst>"), 'Did you mean "EventList"'),
        (document(EVENT.replace("ObjectEvent", "ObjectEvnt")), 'Did you mean "ObjectEvent"'),
        (document(EVENT + "junk"), '"junk"'),
        (document(f"<extension>{EVENT}</extension>"), "directly into <EventList>"),
        (document().replace(HEAD, BOMB), "Remove the DOCTYPE"),
        (document(EVENT.replace("OBSERVE", "&c;")).replace(HEAD, BOMB), "Remove the DOCTYPE"),
        (
            document().replace(HEAD, HEAD + b'<!-- - --><!DOCTYPE x [<!ATTLIST epc a CDATA "b">]>'),
            "Remove the DOCTYPE",
        ),
        (document().decode().replace("?>", "?><!DOCTYPE x []>").encode("utf-16"), "Remove the DOCTYPE"),
        (document(EVENT.replace("OBSERVE", "&nope;")), "nope"),
        (document().replace(HEAD, b'<!DOCTYPE x SYSTEM "file:///etc/passwd">'), "Remove the DOCTYPE"),
        (
            document(EVENT.replace("OBSERVE", "&x;")).replace(
                HEAD, b'<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
            ),
            "Remove the DOCTYPE",
        ),
        (document(EVENT.replace("OBSERVE", "\xe9")).decode().encode("latin-1"), "encoding"),
        (document().replace(b'encoding="UTF-8"', b'encoding="no-such"'), "encoding"),
        (document(EVENT.replace("OBSERVE", "\x01")), "not well-formed"),
    ],
)
def test_a_document_that_is_broken_as_a_whole_is_one_problem(source: bytes, words: str) -> None:
    with pytest.raises(InputError, match="XML") as raised:
        open_xml(source)
    assert words in raised.value.message
    assert raised.value.code == ("epcis-truncated" if words == "cut off" else "epcis-xml")


def test_a_doctype_without_declarations_is_harmless() -> None:
    """Published examples open with one."""
    assert only_event(document().replace(HEAD, HEAD + b"<!DOCTYPE project>"))["action"] == "OBSERVE"


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "utf-8-sig"])
def test_encodings_that_say_what_they_are_are_read(encoding: str) -> None:
    text = event_with("<ex:a>Müll</ex:a>").decode()
    declared = text.replace("UTF-8", encoding.removesuffix("-sig")).encode(encoding)
    assert only_event(declared)["ex:a"] == "Müll"


def test_depth_has_a_limit() -> None:
    deep = event_with("<ex:a>" * 70 + "</ex:a>" * 70)
    assert "64 elements deep" in only_event(deep)[FAULT]
    deeper = event_with("<ex:a>" * 400 + "</ex:a>" * 400)
    with pytest.raises(InputError, match="depth"):
        open_xml(deeper)


def test_an_event_above_the_limit_is_refused() -> None:
    big = event_with("".join(f"<ex:a>{n:0100}</ex:a>" for n in range(3000)))
    with pytest.raises(InputError, match="larger than 100000 bytes"):
        open_xml(big, Limits(event_bytes=100_000))
    assert len(only_event(big)["ex:a"]) == 3000


def test_a_file_is_read_from_its_beginning_and_again() -> None:
    file = io.BytesIO(document(EVENT * 3))
    file.seek(0, io.SEEK_END)
    opened = open_xml(file)
    assert [len(batch) for batch in opened.batches(2)] == [2, 1]
    assert [len(batch) for batch in opened.batches(2)] == [2, 1]


def test_names_of_the_frame_inside_an_extension_are_only_names() -> None:
    xml = event_with(
        "<ex:a><EventList><ObjectEvent><eventTime/></ObjectEvent></EventList><EPCISHeader/></ex:a>"
    )
    assert only_event(xml)["ex:a"] == {"EventList": {"ObjectEvent": {"eventTime": ""}}, "EPCISHeader": ""}


class Stream(io.RawIOBase):
    """A large document that is made while it is read."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.seek(0)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        assert (offset, whence) == (0, io.SEEK_SET)
        head, _, tail = document("|").partition(b"|")
        body = (EVENT * 100).encode()
        self.parts = iter([head, *([body] * self.count), tail])
        self.waiting = b""
        return 0

    def read(self, size: int = -1) -> bytes:
        while len(self.waiting) < size and (part := next(self.parts, None)) is not None:
            self.waiting += part
        found, self.waiting = self.waiting[:size], self.waiting[size:]
        return found


def test_memory_does_not_grow_with_the_document() -> None:
    """Each event is dropped once it is read: libxml2's tree would take many times the text."""
    resource = pytest.importorskip("resource")
    opened = open_xml(Stream(20))
    assert sum(len(batch) for batch in opened.batches(500)) == 2000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert open_xml(Stream(1000)).event_count == 100_000  # 40 MB
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB


def test_a_master_data_document_gives_its_elements() -> None:
    xml = b"""<m:EPCISMasterDataDocument xmlns:m="urn:epcglobal:epcis-masterdata:xsd:2" schemaVersion="2.0"
      creationDate="2026-11-22T08:15:00Z"><EPCISBody><VocabularyList><Vocabulary type="urn:x:site">
      <VocabularyElementList><VocabularyElement id="urn:x:a"><attribute id="urn:x:name">Works</attribute>
      <children><id>urn:x:b</id></children></VocabularyElement></VocabularyElementList></Vocabulary>
      </VocabularyList></EPCISBody></m:EPCISMasterDataDocument>"""
    opened = open_xml(xml)
    assert (opened.kind, opened.event_count) == ("EPCISDocument", 0)
    (element,) = opened.master_data
    assert (element.vocabulary, element.id) == ("urn:x:site", "urn:x:a")
    assert (element.attributes, element.children) == ({"urn:x:name": "Works"}, ("urn:x:b",))


def test_a_query_document_that_asks_holds_nothing_to_capture() -> None:
    xml = b"""<q:EPCISQueryDocument xmlns:q="urn:epcglobal:epcis-query:xsd:2" schemaVersion="2.0"
      creationDate="2026-11-22T08:15:00Z"><EPCISBody><q:Poll/></EPCISBody></q:EPCISQueryDocument>"""
    with pytest.raises(InputError, match="<QueryResults> is missing"):
        open_xml(xml)


def test_namespaces_have_a_limit() -> None:
    many = "".join(f'<n{n}:a xmlns:n{n}="urn:n:{n}"/>' for n in range(1100))
    with pytest.raises(InputError, match="more than 1000 namespaces"):
        open_xml(event_with(many))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ('<ex:a xsi:type="xsd:integer">ten</ex:a>', "not of the type integer"),
        ('<ex:a xsi:type="xsd:integer" unit="KGM">10</ex:a>', "text only"),
        ('<ex:a xsi:type="ex:own">10</ex:a>', "no type of XML Schema"),
        ('<ex:a xsi:type="nowhere:int">10</ex:a>', "no type of XML Schema"),
    ],
)
def test_a_value_keeps_to_the_type_it_says(typed: str, words: str) -> None:
    namespaces = (
        'xmlns:ex="http://ex.example/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    )
    assert words in only_event(event_with(typed, namespaces=namespaces))[FAULT]
