"""Seals: what is on, what is found, and what holds a load until a person releases it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from knowledge_cases import box, built, event, pack, packed, place, record, seen, when
from voltloop.app.release import release
from voltloop.errors import InputError
from voltloop.ledger.findings_log import findings
from voltloop.ledger.seals import seals_of
from voltloop.ledger.where import where_is

LORRY = "urn:epc:id:giai:9521234.lorry1"
SEAL, OTHER = "urn:example:seal:AB123456", "urn:example:seal:CD000001"


def put_on(hours: float, container: str = LORRY, seal: str = SEAL, **facts: Any) -> dict[str, Any]:
    told = {"number": seal.rpartition(":")[2], "class": "H", "issuer": "Carrier"} | facts
    return built(
        hours, container, seal, bizStep="loading", disposition="container_closed", voltloop__seal=told
    )


def taken_off(hours: float, container: str = LORRY, seal: str = SEAL) -> dict[str, Any]:
    return built(hours, container, seal, action="DELETE", bizStep="unloading", disposition="container_open")


def looked_at(hours: float, state: str, number: str | None = None, container: str = LORRY) -> dict[str, Any]:
    check = {"state": state} | ({"number": number} if number else {})
    return seen(hours, container, bizStep="inspecting", location=place(2), voltloop__sealCheck=check)


def loaded() -> list[dict[str, Any]]:
    return [
        packed(0, box(1), pack(1), pack(2), bizStep="packing", location=place(1)),
        packed(1, LORRY, box(1), bizStep="loading", location=place(1)),
    ]


def test_a_sealed_load_that_arrives_intact_raises_nothing(ledger: Engine) -> None:
    with ledger.begin() as connection:
        record(connection, [*loaded(), put_on(2), looked_at(5, "intact", "AB123456"), taken_off(6)])
        record(
            connection, [packed(7, LORRY, box(1), action="DELETE", bizStep="unloading", location=place(2))]
        )
        assert findings(connection) == []
        (seal,) = seals_of(connection, LORRY, when(9))
        assert (seal.number, seal.seal_class, seal.issuer) == ("AB123456", "H", "Carrier")
        assert (seal.on_at, seal.off_at) == (when(2), when(6))
        assert seals_of(connection, LORRY, when(3))[0].off_at is None
        assert where_is(connection, pack(1), when(9)).hold is None


def test_packing_and_sealing_in_one_instant_is_no_breach(ledger: Engine) -> None:
    with ledger.begin() as connection:
        record(connection, [*loaded(), put_on(1)])
        record(connection, [taken_off(4), packed(4, LORRY, box(1), action="DELETE", location=place(2))])
        assert findings(connection) == []


@pytest.mark.parametrize(
    ("state", "number", "code"),
    [
        ("damaged", None, "seal-damaged"),
        ("missing", None, "seal-missing"),
        ("number_differs", "XX1", "seal-number-differs"),
        ("intact", "AB123457", "seal-number-differs"),
    ],
)
def test_a_seal_that_is_not_as_it_was_holds_the_load(
    ledger: Engine, state: str, number: str | None, code: str
) -> None:
    with ledger.begin() as connection:
        record(connection, [*loaded(), put_on(2), looked_at(5, state, number)])
        (finding,) = findings(connection)
        assert (finding.code, finding.epc, finding.event_at) == (code, LORRY, when(5))
        assert "AB123456" in finding.message
        held = where_is(connection, pack(1), when(6))
        assert (held.hold, held.held_with, held.hold_since) == (f"finding:{code}", LORRY, when(5))
        record(connection, [seen(7, LORRY, bizStep="storing", disposition="available", location=place(2))])
        assert where_is(connection, LORRY, when(8)).hold == f"finding:{code}", (
            "no disposition ends such a hold"
        )


def test_a_release_names_person_and_reason_and_closes_the_finding(ledger: Engine) -> None:
    with ledger.begin() as connection:
        record(connection, [*loaded(), put_on(2), looked_at(5, "damaged")])
    asked = {"person": "C. Shift", "reason": "counted, complete", "at": when(8), "now": when(3000)}
    with pytest.raises(InputError, match="is held with urn:epc:id:giai"):
        release(ledger, pack(1), **asked)
    with pytest.raises(InputError, match="names the person"):
        release(ledger, LORRY, **{**asked, "person": " "})
    _, closed = release(ledger, LORRY, **asked)
    with ledger.connect() as connection:
        assert where_is(connection, LORRY, when(9)).hold is None
        assert where_is(connection, LORRY, when(7)).hold == "finding:seal-damaged"
        assert findings(connection) == []
        (finding,) = findings(connection, with_closed=True)
    assert (closed, finding.closed_by, finding.reason) == (1, "C. Shift", "counted, complete")
    with pytest.raises(InputError, match="is not held"):
        release(ledger, LORRY, **asked)


def test_contents_may_not_change_while_sealed(ledger: Engine) -> None:
    """Also one level down: a box within a sealed lorry."""
    with ledger.begin() as connection:
        record(connection, [*loaded(), put_on(2)])
        record(connection, [packed(3, box(1), pack(1), action="DELETE", location=place(3))])
        (finding,) = findings(connection)
        assert (finding.code, finding.epc) == ("seal-contents-changed", LORRY)
        assert where_is(connection, LORRY, when(4)).hold == "finding:seal-contents-changed"


def test_customs_replaces_the_seal_and_the_chain_stays(ledger: Engine) -> None:
    with ledger.begin() as connection:
        record(connection, [*loaded(), put_on(2), taken_off(3), put_on(3.5, seal=OTHER, issuer="Customs")])
        record(connection, [looked_at(5, "intact", "CD000001")])
        assert findings(connection) == []
        assert [(seal.number, seal.issuer) for seal in seals_of(connection, LORRY, when(9))] == [
            ("AB123456", "Carrier"),
            ("CD000001", "Customs"),
        ]


def test_taking_off_another_seal_than_was_put_on_is_found(ledger: Engine) -> None:
    with ledger.begin() as connection:
        record(connection, [*loaded(), put_on(2), taken_off(5, seal=OTHER)])
        assert [one.code for one in findings(connection)] == ["seal-number-differs"]


def test_numbers_are_unique_and_sea_containers_need_class_h(ledger: Engine) -> None:
    sea = "urn:epc:id:bic:CSQU3054383"
    with ledger.begin() as connection:
        record(connection, [put_on(2), put_on(3, sea, "urn:example:seal:again:AB123456", **{"class": "S"})])
        assert {one.code for one in findings(connection)} == {"seal-number-twice", "seal-class-low"}
        assert where_is(connection, sea, when(4)).hold is None
        record(connection, [looked_at(5, "intact", "Z9", container=box(7))])
        assert "seal-unknown" in {one.code for one in findings(connection)}


def test_a_check_taken_back_closes_its_finding(ledger: Engine) -> None:
    wrong = looked_at(5, "damaged")
    with ledger.begin() as connection:
        record(connection, [*loaded(), put_on(2), wrong])
        record(connection, [], voids=[wrong])
        assert findings(connection) == []
        assert findings(connection, with_closed=True)[0].reason == "The event was taken back."


def test_the_same_check_told_twice_is_one_finding(ledger: Engine) -> None:
    wrong = looked_at(5, "damaged")
    with ledger.begin() as connection:
        record(connection, [*loaded(), put_on(2), wrong])
        record(connection, [dict(wrong)])
        assert len(findings(connection)) == 1


def test_a_transaction_event_may_carry_the_check(ledger: Engine) -> None:
    check = event(
        "Transaction",
        5,
        action="OBSERVE",
        epcList=[LORRY],
        bizStep="accepting",
        bizTransactionList=[{"type": "bol", "bizTransaction": "urn:example:bol:1"}],
        voltloop__sealCheck={"result": "missing"},
    )
    with ledger.begin() as connection:
        record(connection, [*loaded(), put_on(2), check])
        assert [one.code for one in findings(connection)] == ["seal-missing"]
