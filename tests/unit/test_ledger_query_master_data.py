"""Master data: the latest capture wins attribute by attribute, and places know all places within them."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Engine, select

from voltloop.epcis.identifiers import key_of
from voltloop.epcis.master_data import MasterDataElement
from voltloop.ledger.master_data import attribute_key, elements, store, with_descendants

PLACES = "urn:epcglobal:epcis:vtype:BusinessLocation"
SITE = "urn:epc:id:sgln:9521234.00001.0"
HALL = "urn:epc:id:sgln:9521234.00001.1"
SHELF = "urn:epc:id:sgln:9521234.00001.2"
FIRST = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SECOND = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)


def _element(place: str, attributes: dict[str, object], *children: str) -> MasterDataElement:
    return MasterDataElement(PLACES, place, attributes, children)


def test_the_latest_capture_wins_attribute_by_attribute(ledger: Engine) -> None:
    """A later document replaces what it names and leaves the rest."""
    with ledger.begin() as connection:
        given = [_element(SITE, {"cbvmda:city": "Ulm", "urn:x:tags": ["a", "b"]}, HALL)]
        assert store(connection, given, captured_at=FIRST) == 1
        store(connection, [_element(SITE, {"urn:epcglobal:cbv:mda#city": "Bonn"})], captured_at=SECOND)
        (found,) = elements(connection)
    assert found.id == SITE
    assert found.attributes == {"urn:epcglobal:cbv:mda#city": "Bonn", "urn:x:tags": ["a", "b"]}
    assert found.children == (HALL,)


def test_objects_and_nulls_come_back_as_they_went_in(ledger: Engine) -> None:
    """Attributes may be whole objects."""
    attributes = {
        "urn:x:address": {"urn:x:city": "Ulm", "urn:x:zip": ["1", 2]},
        "urn:x:none": None,
        "urn:x:is": True,
    }
    with ledger.begin() as connection:
        store(connection, [_element(SITE, attributes)], captured_at=FIRST)
        (found,) = elements(connection, vocabulary=PLACES, element_id="https://id.gs1.org/414/9521234000013")
    assert found.attributes == attributes


def test_of_two_elements_in_one_document_the_later_counts(ledger: Engine) -> None:
    """The same place may be told of twice."""
    with ledger.begin() as connection:
        given = [_element(SITE, {"urn:x:a": "1", "urn:x:b": "1"}), _element(SITE, {"urn:x:a": "2"})]
        assert store(connection, given, captured_at=FIRST) == 1
        (found,) = elements(connection)
    assert found.attributes == {"urn:x:a": "2", "urn:x:b": "1"}


def test_descendants_are_found_at_any_depth_and_rings_end(ledger: Engine) -> None:
    """Site, hall, shelf: the shelf lies within the site; a site within its own shelf is no endless loop."""
    with ledger.begin() as connection:
        given = [_element(SITE, {}, HALL), _element(HALL, {}, SHELF), _element(SHELF, {}, SITE)]
        store(connection, given, captured_at=FIRST)
        found = set(connection.scalars(select(with_descendants([key_of(HALL)]).c.id)))
        alone = set(connection.scalars(select(with_descendants([key_of("urn:x:elsewhere")]).c.id)))
    assert found == {key_of(SITE), key_of(HALL), key_of(SHELF)}
    assert alone == {key_of("urn:x:elsewhere")}


def test_elements_come_in_pages(ledger: Engine) -> None:
    """A page goes on after the last element of the page before."""
    with ledger.begin() as connection:
        store(
            connection,
            [_element(f"urn:x:place:{n}", {"urn:x:n": str(n)}) for n in range(7)],
            captured_at=FIRST,
        )
        first = elements(connection, limit=4)
        rest = elements(connection, after=(PLACES, key_of(first[-1].id)), limit=4)
    assert len(first) == 4
    assert {element.id for element in first + rest} == {f"urn:x:place:{n}" for n in range(7)}


def test_attributes_have_one_key_in_all_spellings() -> None:
    """XML ends the namespace without a mark, JSON names it by a prefix, older documents by a #."""
    keys = {
        attribute_key("cbvmda:site", {}),
        attribute_key("urn:epcglobal:cbv:mda#site", {}),
        attribute_key("urn:epcglobal:cbv:mda:site", {}),
        attribute_key("m:site", {"m": "urn:epcglobal:cbv:mda"}),
    }
    assert len(keys) == 1
