"""The event hash id: blind to how an event is written, awake to every change of what it says."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from voltloop.epcis.formats import translate
from voltloop.epcis.hashing import event_hash
from voltloop.epcis.vocabulary import urn, web_uri

CONTEXT = {"ex": "https://ns.example.com/"}
DIGITS = st.text("0123456789", min_size=6, max_size=6)
SERIALS = st.text("0123456789ABCabc-", min_size=1, max_size=8)
ITEMS = st.builds("urn:epc:id:sgtin:9521234.{}.{}".format, DIGITS, SERIALS)
LOTS = st.builds("urn:epc:class:lgtin:9521234.{}.{}".format, DIGITS, SERIALS)
PLACES = st.builds(
    "urn:epc:id:sgln:9521234.{}.{}".format, st.text("0123456789", min_size=5, max_size=5), SERIALS
)
NUMBERS = st.integers(-9999, 9999).map(lambda number: number / 100)
TEXTS = st.text("abcxyz ", min_size=1, max_size=5).map(lambda text: f"t{text}t")
LEAVES = st.one_of(TEXTS, NUMBERS, st.booleans(), ITEMS)
NAMES = st.sampled_from(["ex:a", "ex:b", "ex:c"])
EXTENSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.dictionaries(NAMES, inner, min_size=1, max_size=3), st.lists(LEAVES, min_size=1, max_size=3)
    ),
    max_leaves=6,
)
ELEMENTS = st.fixed_dictionaries({"epcClass": LOTS}, optional={"quantity": NUMBERS, "uom": st.just("KGM")})
REPORTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["Temperature", "Speed"]), "value": NUMBERS, "uom": st.just("CEL")},
    optional={"sDev": NUMBERS, "component": st.sampled_from(["x", "y"]), "ex:z": LEAVES},
)
PARTIES = st.builds("urn:epc:id:pgln:9521234.{}".format, st.text("0123456789", min_size=5, max_size=5))
EVENTS = st.fixed_dictionaries(
    {
        "type": st.just("ObjectEvent"),
        "eventTime": st.integers(946_684_800_000, 4_070_908_800_000).map(
            lambda milliseconds: (
                datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)
            ).isoformat()
        ),
        "eventTimeZoneOffset": st.sampled_from(["+00:00", "-06:00"]),
        "action": st.sampled_from(["ADD", "OBSERVE", "DELETE"]),
        "epcList": st.lists(ITEMS, min_size=1, max_size=4, unique=True),
    },
    optional={
        "quantityList": st.lists(ELEMENTS, min_size=1, max_size=3),
        "bizStep": st.sampled_from(["shipping", "receiving"]),
        "disposition": st.sampled_from(["active", "in_transit"]),
        "readPoint": st.fixed_dictionaries({"id": PLACES}, optional={"ex:r": LEAVES}),
        "bizLocation": st.fixed_dictionaries({"id": PLACES}),
        "bizTransactionList": st.lists(
            st.fixed_dictionaries(
                {"bizTransaction": st.builds("urn:epc:id:gdti:9521234.00005.{}".format, SERIALS)},
                optional={"type": st.sampled_from(["po", "bol"])},
            ),
            min_size=1,
            max_size=3,
        ),
        "sourceList": st.lists(
            st.fixed_dictionaries({"type": st.just("owning_party"), "source": PARTIES}),
            min_size=1,
            max_size=2,
        ),
        "destinationList": st.lists(
            st.fixed_dictionaries({"type": st.just("owning_party"), "destination": PARTIES}),
            min_size=1,
            max_size=2,
        ),
        "sensorElementList": st.lists(
            st.fixed_dictionaries({"sensorReport": st.lists(REPORTS, min_size=1, max_size=3)}),
            min_size=1,
            max_size=2,
        ),
        "ilmd": st.dictionaries(NAMES, EXTENSIONS, min_size=1, max_size=2),
        "ex:own": EXTENSIONS,
    },
)
KINDS = {"bizStep": "bizStep", "disposition": "disposition"}


def rewritten(value: Any, data: st.DataObject) -> Any:
    """Give the same content in another order, with other spaces and zeros."""
    if isinstance(value, dict):
        keys = data.draw(st.permutations(list(value)))
        return {key: rewritten(value[key], data) for key in keys}
    if isinstance(value, list):
        return [rewritten(item, data) for item in data.draw(st.permutations(value))]
    if isinstance(value, float):
        return data.draw(st.sampled_from([value, int(value)] if value == int(value) else [value]))
    return value


@settings(max_examples=60, deadline=None, derandomize=True)
@given(event=EVENTS, data=st.data())
def test_the_same_event_has_the_same_hash(event: dict[str, Any], data: st.DataObject) -> None:
    """Order of keys and lists, zone of the time, URN or Digital Link, spelling of CBV words, what is not hashed."""
    other = rewritten(event, data)
    other = translate(other, data.draw(st.sampled_from(["Always_GS1_Digital_Link", "Never_Translates"])))
    zone = timezone(timedelta(minutes=data.draw(st.integers(-840, 840))))
    other["eventTime"] = datetime.fromisoformat(event["eventTime"]).astimezone(zone).isoformat()
    for field, kind in KINDS.items():
        if field in other:
            other[field] = data.draw(st.sampled_from([urn, web_uri]))(kind, other[field])
    other |= {
        "eventID": "urn:uuid:0",
        "recordTime": "2026-01-01T00:00:00Z",
        "errorDeclaration": {"reason": "x"},
    }
    assert event_hash(other, CONTEXT | {"unused": "https://unused.example/"}) == event_hash(event, CONTEXT)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(event=EVENTS)
def test_prefixes_are_only_names(event: dict[str, Any]) -> None:
    """Another prefix for the same namespace is the same event; another namespace is another event."""
    text = json.dumps(event)
    renamed = json.loads(text.replace('"ex:', '"other:'))
    assert event_hash(renamed, {"other": CONTEXT["ex"]}) == event_hash(event, CONTEXT)
    if '"ex:' in text:
        assert event_hash(event, {"ex": "https://ns.example.org/"}) != event_hash(event, CONTEXT)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Give the paths of all single values."""
    if isinstance(value, dict):
        return [one for key, inner in value.items() for one in leaves(inner, (*path, key))]
    if isinstance(value, list):
        return [one for place, inner in enumerate(value) for one in leaves(inner, (*path, place))]
    return [path]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(event=EVENTS, data=st.data())
def test_every_change_changes_the_hash(event: dict[str, Any], data: st.DataObject) -> None:
    """Any one value changed, any one field left out, any one list element more."""
    path = data.draw(st.sampled_from(leaves(event)))
    changed = copy.deepcopy(event)
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    value = holder[path[-1]]
    if path == ("eventTime",):
        holder[path[-1]] = (datetime.fromisoformat(value) + timedelta(milliseconds=1)).isoformat()
    elif isinstance(value, bool):
        holder[path[-1]] = not value
    elif isinstance(value, float):
        holder[path[-1]] = value + 0.25
    else:
        holder[path[-1]] = value + "1"
    assert event_hash(changed, CONTEXT) != event_hash(event, CONTEXT)
    fewer = {key: value for key, value in event.items() if key != path[0]}
    if path[0] != "type":
        assert event_hash(fewer, CONTEXT) != event_hash(event, CONTEXT)
    more = event | {"epcList": [*event["epcList"], event["epcList"][0]]}
    assert event_hash(more, CONTEXT) != event_hash(event, CONTEXT)
