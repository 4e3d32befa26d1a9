"""EPCIS documents in JSON are read whole or refused in words, whatever their size and shape."""

from __future__ import annotations

import io
import json
import resource
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from epcis_event_cases import EXAMPLES, needs_examples
from epcis_json_cases import CONTEXT, EVENT, document, events_of, query_document, text_of
from voltloop.epcis.documents import Limits, namespaces
from voltloop.epcis.json_documents import open_json
from voltloop.epcis.validation import EventValidator
from voltloop.errors import InputError


def refusal(source: bytes | BinaryIO, limits: Limits | None = None, *, strict: bool = True) -> InputError:
    with pytest.raises(InputError) as caught:
        open_json(source, limits or Limits(), strict=strict)
    assert caught.value.message.endswith((".", "?"))
    return caught.value


@needs_examples
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_official_example_is_read_as_it_stands(path: Path) -> None:
    plain = json.loads(path.read_bytes())
    body = plain.get("epcisBody", {})
    results = body.get("queryResults", {}).get("resultsBody", {})
    expected = body.get("eventList", results.get("eventList"))
    if expected is None:
        expected = [{key: value for key, value in plain.items() if key != "@context"}]
    opened = open_json(path.read_bytes(), strict=False)
    assert opened.kind == plain["type"]
    assert opened.event_count == len(expected)
    assert [event for batch in opened.batches(2) for event in batch] == expected
    with path.open("rb") as file:
        again = open_json(file, strict=False)
        assert [event for batch in again.batches() for event in batch] == expected


def test_what_a_document_says_of_itself() -> None:
    opened = open_json(text_of(document([EVENT], epcisHeader={"example:lot": 7})))
    assert opened.kind == "EPCISDocument"
    assert opened.context == {"example": "https://ns.example.com/"}
    assert opened.header == {"example:lot": 7}
    assert opened.created_at is not None
    assert opened.created_at.isoformat() == "2026-11-22T13:05:00+00:00"
    assert list(opened.batches()) == list(opened.batches()) == [[EVENT]]


def test_batches_have_the_size_asked_for() -> None:
    events = [EVENT | {"eventID": f"urn:x:{n}"} for n in range(1000)]
    opened = open_json(text_of(document(events)))
    batches = list(opened.batches(300))
    assert [len(batch) for batch in batches] == [300, 300, 300, 100]
    assert [event for batch in batches for event in batch] == events


@pytest.mark.parametrize("make", [document, query_document])
def test_the_order_of_keys_does_not_matter(make: Any) -> None:
    turned = json.dumps(make([EVENT, EVENT]), indent=3, sort_keys=True)
    assert events_of(turned.encode()) == [EVENT, EVENT]
    deep = {"example:deep": [[[[[[{"eventList": [{"epcisBody": [{}, {}]}]}]]]]]]}
    assert events_of(text_of(deep | make([EVENT, EVENT]))) == [EVENT, EVENT]
    assert events_of(text_of(make([EVENT, EVENT]) | deep)) == [EVENT, EVENT]
    upside_down = dict(reversed(make([EVENT, EVENT]).items()))
    assert events_of(text_of(upside_down)) == [EVENT, EVENT]


def test_no_events_are_no_events() -> None:
    for text in (text_of(document([])), text_of(document([])).replace(b"[]}}", b"[ \n\t]}}")):
        assert open_json(text).event_count == 0
        assert list(open_json(text).batches()) == []


def test_an_event_alone_needs_its_context() -> None:
    assert events_of(text_of(EVENT | {"@context": CONTEXT})) == [EVENT]
    assert "An event that stands alone needs it" in refusal(text_of(EVENT)).message
    message = refusal(text_of(EVENT | {"@context": ["no uri"]})).message
    assert "$['@context']: [\"no uri\"] does not do. Expected a JSON-LD context" in message


def test_master_data_of_header_and_of_query_results() -> None:
    element = {
        "id": "urn:x:site",
        "attributes": [{"id": "urn:x:name", "attribute": "Works"}],
        "children": ["urn:x:hall"],
    }
    lists = [{"type": "urn:epcglobal:epcis:vtype:BusinessLocation", "vocabularyElementList": [element]}]
    header = {"epcisMasterData": {"vocabularyList": lists}}
    for source in (document([], epcisHeader=header), query_document([], vocabularyList=lists)):
        (row,) = open_json(text_of(source)).master_data
        assert (row.id, row.attributes, row.children) == (
            "urn:x:site",
            {"urn:x:name": "Works"},
            ("urn:x:hall",),
        )


def test_a_document_cut_off_anywhere_is_refused() -> None:
    text = text_of(document([EVENT, EVENT]))
    for end in range(len(text)):
        error = refusal(text[:end])
        assert error.code in {"epcis-truncated", "epcis-json"}
    in_second_event = text.rindex(b"OBSERVE")
    assert "within $.epcisBody.eventList[1]" in refusal(text[:in_second_event]).message


@pytest.mark.parametrize(
    ("make", "code", "words"),
    [
        (lambda text: b"", "epcis-json", "The document is empty."),
        (lambda text: b"  \n", "epcis-json", "is not JSON"),
        (lambda text: text + b"x", "epcis-json", "unexpected content after document"),
        (lambda text: text + text, "epcis-json", "unexpected content after document"),
        (lambda text: text.decode().encode("utf-16"), "epcis-encoding", "written in UTF-16"),
        (lambda text: text.decode().encode("utf-16-le"), "epcis-encoding", "written in UTF-16"),
        (lambda text: text.decode().encode("utf-32-be"), "epcis-encoding", "written in UTF-32"),
        (lambda text: text.replace(b"OBSERVE", "Ü".encode("latin-1")), "epcis-encoding", "byte 0xdc"),
        (lambda text: text.replace(b"EPCISDocument", "Ü".encode("latin-1")), "epcis-encoding", "byte 0xdc"),
        (lambda text: text.replace(b'"OBSERVE"', b"NaN"), "epcis-json", "eventList, at or after event 0"),
        (lambda text: text.replace(b'"OBSERVE"', b"-Infinity"), "epcis-json", "is not JSON"),
        (lambda text: text.replace(b'"OBSERVE"', b"1e999"), "epcis-json", "infinity"),
        (lambda text: text.replace(b"OBSERVE", b"\\ud800"), "epcis-json", "surrogate"),
        (
            lambda text: text.replace(b"OBSERVE", b"a\\u0000b"),
            "epcis-json",
            "eventList[0].action holds the character U+0000",
        ),
        (lambda text: text.replace(b"schemaVersion", b"a\\u0000b"), "epcis-json", "U+0000"),
        (lambda text: text.replace(b"OBSERVE", b"a\x00b"), "epcis-json", "control character"),
        (lambda text: text.replace(b"[{", b"[,{"), "epcis-json", "comma with no event before"),
        (lambda text: text.replace(b"}]}}", b"},]}}"), "epcis-json", "comma with no event before"),
        (lambda text: text.replace(b"[{", b"[{}{"), "epcis-json", "is not JSON"),
        (lambda text: text.replace(b"}]}}", b"}}}}"), "epcis-json", "is not JSON"),
        (
            lambda text: text.replace(b'"action"', b'"type"'),
            "epcis-json",
            'eventList[0] has the key "type" twice',
        ),
        (lambda text: text.replace(b'"creationDate"', b'"type"'), "epcis-json", '$ has the key "type" twice'),
        (
            lambda text: text.replace(b'"eventList"', b'"eventList": [], "eventList"'),
            "epcis-json",
            '"eventList" twice',
        ),
        (
            lambda text: text.replace(b'"eventList"', b'"eventsList"'),
            "epcis-document",
            '"eventList" is missing',
        ),
        (
            lambda text: text.replace(b"EPCISDocument", b"EPCISDokument"),
            "epcis-document",
            'Did you mean "EPCISDocument"?',
        ),
        (
            lambda text: text.replace(b"EPCISDocument", b"example:Doc"),
            "epcis-document",
            "where its type example:Doc has none",
        ),
        (
            lambda text: text.replace(b"EPCISDocument", b"EPCISQueryDocument"),
            "epcis-document",
            "queryResults",
        ),
        (lambda text: b"[" + text + b"]", "epcis-document", "is not a document"),
        (lambda text: b"5", "epcis-document", "is not a document"),
        (lambda text: b'"text"', "epcis-document", "is not a document"),
        (lambda text: b"{}", "epcis-document", '"type" is missing'),
        (lambda text: text.replace(b'"2.0"', b"2.0"), "epcis-document", "$.schemaVersion: 2.0 is a number"),
        (
            lambda text: text.replace(b'"schemaVersion"', b'"_comment": 1, "schemaVersion"'),
            "epcis-document",
            "_comment",
        ),
        (
            lambda text: text.replace(b"2026-11-22T14:05:00+", b"2026-11-22 25:05:00+"),
            "epcis-document",
            "creationDate",
        ),
        (
            lambda text: text.replace(b'"OBSERVE"', b"[" * 99 + b"]" * 99),
            "epcis-too-deep",
            "more than 64 deep",
        ),
        (lambda text: b"[" * 10**6, "epcis-too-deep", "more than 64 deep"),
    ],
)
def test_bad_documents_are_refused_in_words(make: Any, code: str, words: str) -> None:
    error = refusal(make(text_of(document([EVENT]))))
    assert error.code == code
    assert words in error.message


def test_comment_keys_around_the_events_are_a_leniency() -> None:
    assert open_json(text_of(document([EVENT], _comment="why")), strict=False).event_count == 1


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert events_of(b"\xef\xbb\xbf" + text_of(document([EVENT] * 3))) == [EVENT] * 3


def test_what_only_looks_like_a_null_character_is_kept() -> None:
    event = EVENT | {"example:path": "C:\\u0000"}
    assert events_of(text_of(document([event]))) == [event]


@pytest.mark.parametrize("items", [[5], ["text"], [None], [[EVENT]], [EVENT, 1, EVENT]])
def test_items_that_are_no_events_are_left_to_validation(items: list[Any]) -> None:
    assert events_of(text_of(document(items))) == items


def test_limits_are_said() -> None:
    limits = Limits(event_bytes=1000, frame_bytes=2000)
    large = EVENT | {"example:x": "x" * 1000}
    error = refusal(text_of(document([EVENT, large, EVENT])), limits)
    assert error.message.startswith("$.epcisBody.eventList[1] is larger than 1,000 bytes")
    assert refusal(text_of(large | {"@context": CONTEXT}), limits).code == "epcis-too-large"
    assert (
        "outside of its events" in refusal(text_of(document([], **{"example:x": "x" * 3000})), limits).message
    )


class Endless(io.RawIOBase):
    """A document whose only event has a text of a gigabyte."""

    def __init__(self) -> None:
        self.sent = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self.sent = offset
        return offset

    def read(self, size: int = -1) -> bytes:
        head = text_of(document([]))[:-3] + b'{"example:x": "'
        part = head[self.sent : self.sent + size] or b"x" * size
        self.sent += len(part)
        assert self.sent < 2**25, "read on far beyond the limit"
        return part


def test_one_giant_text_is_refused_without_reading_it() -> None:
    assert refusal(Endless()).code == "epcis-too-large"  # type: ignore[arg-type]


def test_a_hundred_megabytes_take_constant_memory() -> None:
    events = [
        EVENT | {"eventID": f"urn:x:{n}", "example:pad": "\\" * (n % 5) + "x" * 400} for n in range(1000)
    ]
    middle = text_of(events)[1:-1]
    with tempfile.TemporaryFile() as file:
        file.write(text_of(document([]))[:-3])
        for n in range(140):
            file.write((b"," if n else b"") + middle)
        file.write(b"]}}")
        assert file.tell() > 90e6
        list(open_json(text_of(document(events))).batches())
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        opened = open_json(file)
        count = 0
        validator = EventValidator()
        for batch in opened.batches():
            assert validator.first_problem(batch) is None
            count += len(batch)
        assert count == opened.event_count == 140_000
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000  # KiB


def test_large_events_come_in_smaller_batches() -> None:
    large = EVENT | {"example:x": "x" * 2**20}
    sizes = [len(batch) for batch in open_json(text_of(document([large] * 30))).batches()]
    assert sum(sizes) == 30
    assert max(sizes) <= 10


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ("https://ref.gs1.org/standards/epcis/epcis-context.jsonld", {}),
        ({"a": "https://a/", "@vocab": "https://v/"}, {"a": "https://a/"}),
        (
            [{"a": {"@id": "https://a/", "@prefix": True}}, {"b": "https://b/"}],
            {"a": "https://a/", "b": "https://b/"},
        ),
        ([{"gs1": "https://gs1.org/voc/", "cbvmda": "https://own/"}], {"cbvmda": "https://own/"}),
        ([{"a": 5, "b": None, "c": ["x"]}], {}),
    ],
)
def test_the_namespaces_of_a_context(context: Any, expected: dict[str, str]) -> None:
    assert namespaces(context) == expected


def test_contexts_of_single_events_become_part_of_the_documents() -> None:
    own = {"example": "https://other.example.com/", "more": "https://more.example.com/"}
    inner = {"example:a": {"example:b": [{"more:c": "example:d"}]}}
    opened = open_json(text_of(document([EVENT, EVENT | {"@context": own, "ilmd": inner}])))
    expected = {"example2:a": {"example2:b": [{"more:c": "example:d"}]}}
    for _ in range(2):
        plain, changed = [event for batch in opened.batches() for event in batch]
        assert plain == EVENT
        assert changed["ilmd"] == expected
        assert "@context" not in changed
    assert opened.context == {
        "example": "https://ns.example.com/",
        "example2": "https://other.example.com/",
        "more": "https://more.example.com/",
    }


def test_a_context_of_an_event_that_is_none_is_left_to_validation() -> None:
    opened = open_json(text_of(document([EVENT | {"@context": 5}])))
    problem = EventValidator().first_problem(next(opened.batches()))
    assert problem is not None
    assert problem.path == "$['@context']"
