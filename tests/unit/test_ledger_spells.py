"""The states of things follow from their events, whatever the order in which these arrive."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, text

from knowledge_cases import box, built, handover, pack, packed, party, place, record, seen, when
from voltloop.epcis.identifiers import key_of
from voltloop.ledger.changes import UNDER_WAY

FACTS = "place_id, container_id, assembly_id, custody_id, owner_id, disposition, hold, is_present"


def states(connection: Connection, epc: str) -> list[dict[str, Any]]:
    rows = connection.execute(
        text(
            f"SELECT from_at, {FACTS}, placed_at FROM past_state WHERE epc_id = :key UNION ALL "
            f"SELECT from_at, {FACTS}, placed_at FROM state WHERE epc_id = :key ORDER BY from_at"
        ),
        {"key": key_of(epc)},
    )
    return [dict(row) for row in rows.mappings()]


def test_a_pack_is_made_shipped_and_received(ledger: Engine) -> None:
    """Place, custody and disposition follow the standard's business steps; shipping without location is under way."""
    parties = handover(party(1), party(2))
    with ledger.begin() as connection:
        record(
            connection,
            [
                seen(
                    0, pack(1), action="ADD", bizStep="commissioning", disposition="active", location=place(1)
                ),
                seen(
                    5, pack(1), bizStep="shipping", disposition="in_transit", read_point=place(1), **parties
                ),
                seen(9, pack(1), bizStep="receiving", location=place(2), **parties),
            ],
        )
        made, shipped, received = states(connection, pack(1))
    assert made["place_id"] == key_of(place(1))
    assert (shipped["place_id"].bytes, shipped["custody_id"]) == (UNDER_WAY[4:], key_of(party(1)))
    assert (received["place_id"], received["custody_id"]) == (key_of(place(2)), key_of(party(2)))
    assert received["disposition"] == "in_transit"
    assert [row["from_at"] for row in (made, shipped, received)] == [when(0), when(5), when(9)]


def test_saying_the_same_again_begins_no_spell(ledger: Engine) -> None:
    with ledger.begin() as connection:
        for hour in range(4):
            record(
                connection, [seen(hour, pack(1), bizStep="storing", disposition="active", location=place(1))]
            )
        assert len(states(connection, pack(1))) == 1


def test_a_late_event_takes_its_place_in_the_history(ledger: Engine) -> None:
    """The pack was in the workshop between two sightings in the store, told only afterwards."""
    with ledger.begin() as connection:
        record(connection, [seen(0, pack(1), location=place(1)), seen(9, pack(1), location=place(1))])
        record(connection, [seen(4, pack(1), location=place(2))])
        assert [row["place_id"] for row in states(connection, pack(1))] == [
            key_of(place(1)),
            key_of(place(2)),
            key_of(place(1)),
        ]


def test_an_event_taken_back_leaves_no_trace_in_the_states(ledger: Engine) -> None:
    wrong = seen(4, pack(1), location=place(2))
    with ledger.begin() as connection:
        record(
            connection, [seen(0, pack(1), location=place(1)), wrong, seen(9, pack(1), disposition="active")]
        )
        record(connection, [], voids=[wrong])
        assert [row["place_id"] for row in states(connection, pack(1))] == [key_of(place(1))] * 2
        only = seen(1, pack(7), location=place(1))
        record(connection, [only], voids=[only])
        assert states(connection, pack(7)) == []


def test_taking_everything_out_ends_what_was_in_untold(ledger: Engine) -> None:
    """AggregationEvent DELETE without children empties the container; who was in it is where it was."""
    with ledger.begin() as connection:
        record(connection, [packed(0, box(1), pack(1), pack(2), location=place(1))])
        record(connection, [seen(3, box(1), bizStep="arriving", location=place(2))])
        record(connection, [packed(5, box(1), action="DELETE", bizStep="unpacking")])
        for number in (1, 2):
            last = states(connection, pack(number))[-1]
            assert (last["container_id"], last["place_id"]) == (None, key_of(place(2)))
        record(connection, [packed(2, box(1), pack(3))])
        assert states(connection, pack(3))[-1]["container_id"] is None
        assert states(connection, pack(3))[-1]["place_id"] == key_of(place(2))


def test_a_place_inherited_from_a_container_follows_what_is_told_late_of_it(ledger: Engine) -> None:
    """The lorry's arrival is told after the box in it was unpacked: the pack is corrected too."""
    lorry = "urn:epc:id:giai:9521234.lorry1"
    with ledger.begin() as connection:
        record(connection, [packed(0, box(1), pack(1), location=place(1))])
        record(connection, [packed(1, lorry, box(1), location=place(1))])
        record(connection, [packed(5, box(1), pack(1), action="DELETE")])
        assert states(connection, pack(1))[-1]["place_id"] == key_of(place(1))
        record(connection, [seen(4, lorry, bizStep="arriving", location=place(2))])
        assert states(connection, pack(1))[-1]["place_id"] == key_of(place(2))


def test_a_module_moves_from_pack_to_pack(ledger: Engine) -> None:
    module, old, new = pack(50, "054321"), pack(1), pack(2)
    with ledger.begin() as connection:
        record(connection, [built(0, old, module, bizStep="assembling", location=place(1))])
        record(connection, [built(4, old, module, action="DELETE", bizStep="removing", location=place(1))])
        record(connection, [built(6, new, module, bizStep="installing", location=place(1))])
        assert [row["assembly_id"] for row in states(connection, module)] == [key_of(old), None, key_of(new)]


def test_holding_lasts_until_a_decision(ledger: Engine) -> None:
    with ledger.begin() as connection:
        record(
            connection, [seen(0, pack(1), bizStep="holding", disposition="unavailable", location=place(1))]
        )
        record(connection, [seen(1, pack(1), bizStep="storing", disposition="active")])
        assert states(connection, pack(1))[-1]["hold"] == "holding"
        record(connection, [seen(2, pack(1), bizStep="inspecting", disposition="conformant")])
        assert states(connection, pack(1))[-1]["hold"] is None


def test_destroyed_is_gone(ledger: Engine) -> None:
    with ledger.begin() as connection:
        record(connection, [seen(0, pack(1), action="ADD"), seen(2, pack(2), action="ADD")])
        record(connection, [seen(3, pack(1), action="DELETE", bizStep="destroying", disposition="destroyed")])
        record(connection, [seen(3, pack(2), bizStep="destroying", disposition="destroyed")])
        assert [states(connection, pack(n))[-1]["is_present"] for n in (1, 2)] == [False, False]


def test_what_was_emptied_in_the_instant_it_was_filled_is_full_again_when_that_is_taken_back(
    ledger: Engine,
) -> None:
    """No state says that the pack was in the vehicle: it joined and left within one instant."""
    emptied = built(3, box(2), action="DELETE")
    with ledger.begin() as connection:
        record(connection, [packed(2, box(1), pack(1), location=place(2))])
        record(connection, [built(3, box(2), pack(1), action="OBSERVE"), emptied])
        assert states(connection, pack(1))[-1]["assembly_id"] is None
        record(connection, [], voids=[emptied])
        last = states(connection, pack(1))[-1]
    assert (last["assembly_id"], last["place_id"]) == (key_of(box(2)), key_of(place(2)))
