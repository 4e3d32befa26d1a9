"""Stock counted by kind, by site and by a model that no GTIN tells, and since when each thing is where it is."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, Engine

from knowledge_cases import box, handover, pack, packed, party, place, record, seen, when
from voltloop.epcis import MasterDataElement
from voltloop.ledger.changes import NAMESPACE
from voltloop.ledger.master_data import store
from voltloop.ledger.master_names import names_of, with_names
from voltloop.ledger.stock import Wanted, items, lots, stock
from voltloop.ledger.where import where_is

OWN = "https://id.example.com/battery/Example/7"
LOAD = "https://id.example.com/load/P1/EU-T0001"
CRATE = "https://id.example.com/crate/1"


def _tell(connection: Connection, vocabulary: str, thing: str, attributes: dict[str, str]) -> None:
    element = MasterDataElement(f"urn:epcglobal:epcis:vtype:{vocabulary}", thing, attributes, ())
    store(connection, [element], captured_at=when(0), namespaces={"voltloop": NAMESPACE})


def _stocked(connection: Connection) -> None:
    record(
        connection,
        [
            seen(1, pack(1), OWN, location=place(1, "2")),
            packed(2, box(1), pack(1), location=place(1, "2")),
            packed(2, CRATE, OWN, location=place(1, "2")),
            packed(3, LOAD, box(1), location=place(1, "3")),
        ],
    )
    _tell(connection, "EPCInstance", OWN, {"voltloop:model": "Example Pack 50"})


def test_kinds_keep_packages_and_loads_out_of_the_count(ledger: Engine) -> None:
    with ledger.begin() as connection:
        _stocked(connection)
        counted = {one.facts["kind"]: one.count for one in stock(connection, Wanted(when(9)), ["kind"])}
        assert counted == {"battery": 2, "package": 2, "load": 1}
        only = items(connection, Wanted(when(9), kind="battery"))
        assert {one.epc for one in only} == {pack(1), OWN}


def test_a_model_of_master_data_stands_in_for_a_missing_gtin(ledger: Engine) -> None:
    with ledger.begin() as connection:
        _stocked(connection)
        models = [one.facts["model"] for one in stock(connection, Wanted(when(9), kind="battery"), ["model"])]
        assert sorted(filter(None, models)) == ["Example Pack 50", "https://id.gs1.org/01/09521234123453"]
        (found,) = items(connection, Wanted(when(9), model="Example Pack 50"))
        assert (found.epc, found.model) == (OWN, "Example Pack 50")


def test_lots_are_of_the_model_that_their_gtin_or_master_data_tell(ledger: Engine) -> None:
    told, by_gtin = "https://id.example.com/lot/A1", "urn:epc:class:lgtin:9521234.012345.L7"
    with ledger.begin() as connection:
        lots_of = [{"epcClass": told, "quantity": 12}, {"epcClass": by_gtin, "quantity": 3}]
        record(connection, [seen(1, pack(1), action="ADD", location=place(1), quantityList=lots_of)])
        _tell(connection, "EPCClass", told, {"voltloop:model": "Example Pack 50"})
        for model, lot in (("Example Pack 50", told), ("https://id.gs1.org/01/09521234123453", by_gtin)):
            for spelling in (model, lot):
                (found,) = lots(connection, Wanted(when(9), site=place(1), model=spelling))
                assert found.lot == lot
        assert lots(connection, Wanted(when(9), model="Example Pack 5")) == []


def test_areas_of_one_site_are_counted_together(ledger: Engine) -> None:
    with ledger.begin() as connection:
        _stocked(connection)
        (group,) = stock(connection, Wanted(when(9)), ["site"])
        assert (group.facts["site"], group.count) == ("https://id.gs1.org/414/9521234000013", 5)
        assert len(stock(connection, Wanted(when(9)), ["area"])) == 2


@pytest.mark.parametrize("hour", [1.5, 2.5, 9])
def test_since_is_that_of_the_thing_at_the_place(ledger: Engine, hour: float) -> None:
    with ledger.begin() as connection:
        _stocked(connection)
        for one in items(connection, Wanted(when(hour))):
            assert one.since == where_is(connection, one.epc, when(hour)).since


def test_hold_reasons_and_names_are_told(ledger: Engine) -> None:
    with ledger.begin() as connection:
        told = seen(2, OWN, bizStep="holding", voltloop__reason="smells of solvent")
        given = seen(1, OWN, bizStep="accepting", location=place(1), **handover(party(1), party(2)))
        record(connection, [given, told])
        _tell(connection, "Party", party(2), {"urn:epcglobal:cbv:mda#name": "Example Carrier"})
        found = where_is(connection, OWN, when(9))
        assert (found.hold, found.hold_since) == ("smells of solvent", when(2))
        names = names_of(connection, [found.custody, "https://id.example.com/party/A%20B"])
    assert with_names(f"With {party(2)}, not {party(1)}.", names) == f"With Example Carrier, not {party(1)}."
    assert names["https://id.example.com/party/A%20B"] == "https://id.example.com/party/A B"
