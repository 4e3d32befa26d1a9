"""Whatever a JSON document holds, its events come out as they went in, and damage is seen."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epcis_json_cases import EVENT, document, events_of, text_of
from voltloop.epcis import json_split
from voltloop.epcis.json_documents import open_json
from voltloop.errors import InputError


@given(
    st.lists(
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers(-(2**53), 2**53)
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(st.text(st.sampled_from("a{}[]\":,\\'n ü"), max_size=4), inner, max_size=4)
            ),
            max_leaves=12,
        ),
        max_size=200,
    ),
    st.sampled_from([None, 1]),
    st.booleans(),
    st.integers(1, 7),
)
@settings(max_examples=150, deadline=None)
def test_whatever_stands_in_the_list_comes_out_of_it(
    events: list[Any], indent: int | None, is_ascii: bool, size: int
) -> None:
    text = json.dumps(document(events), indent=indent, ensure_ascii=is_ascii).encode()
    assert events_of(text, size) == orjson.loads(text)["epcisBody"]["eventList"]


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["a", 'b"', "c\\", "{"]), st.text('\\",:{}[]x', max_size=9)),
        max_size=9,
    ),
    st.integers(1, 40),
    st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_where_a_chunk_ends_does_not_matter(events: list[Any], chunk: int, is_header_first: bool) -> None:
    header = {"epcisHeader": {"example:x": {'\\"': [[["]", {"}": '\\"'}]]]}}}
    whole = header | document(events) if is_header_first else document(events) | header
    text = text_of(whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_split, "_CHUNK_BYTES", chunk)
        opened = open_json(text)
    assert opened.event_count == len(events)
    assert [event for batch in opened.batches() for event in batch] == events
    assert opened.header == header["epcisHeader"]


@given(st.binary(min_size=1, max_size=3), st.integers(0, 10_000), st.booleans())
@settings(max_examples=300, deadline=None)
def test_damage_anywhere_is_refused_or_read_as_json_reads_it(
    noise: bytes, place: int, is_inserted: bool
) -> None:
    text = text_of(document([EVENT, EVENT]))
    place %= len(text)
    damaged = text[:place] + noise + text[place + (0 if is_inserted else len(noise)) :]
    try:
        events = events_of(damaged)
    except InputError:
        return
    assert events == orjson.loads(damaged)["epcisBody"]["eventList"]
