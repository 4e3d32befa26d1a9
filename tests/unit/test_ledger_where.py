"""Where things are, whose they are, and their stories, from the events alone."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from knowledge_cases import box, built, event, handover, pack, packed, party, place, record, seen, when
from voltloop.epcis.identifiers import canonical, to_digital_link
from voltloop.errors import InputError
from voltloop.ledger.genealogy import ancestors, children, descendants, parents
from voltloop.ledger.stock import Wanted, items, lots, stock
from voltloop.ledger.story import custody_history, story
from voltloop.ledger.under_way import late, under_way
from voltloop.ledger.where import where_is

LORRY = "urn:epc:id:giai:9521234.lorry1"


def test_a_pack_is_where_its_outermost_container_is(ledger: Engine) -> None:
    with ledger.begin() as connection:
        record(
            connection,
            [
                seen(
                    0, pack(1), action="ADD", bizStep="commissioning", location=place(1), disposition="active"
                ),
                packed(1, box(1), pack(1), bizStep="packing", location=place(1)),
                packed(2, LORRY, box(1), bizStep="loading", location=place(1)),
                seen(3, LORRY, bizStep="departing", read_point=place(1)),
                seen(8, LORRY, bizStep="arriving", location=place(2)),
            ],
        )
        link = to_digital_link(pack(1))
        assert link is not None
        found = where_is(connection, link, when(9))
        assert (found.epc, found.status, found.place, found.since) == (
            pack(1),
            "at a place",
            place(2),
            when(8),
        )
        assert found.inside == (box(1), LORRY)
        assert found.born_at == when(0)
        assert where_is(connection, pack(1), when(4)).status == "under way"
        assert where_is(connection, pack(1), when(1.5)).inside == (box(1),)
        record(connection, [seen(10, pack(1), bizStep="inspecting", location=place(3))])
        assert where_is(connection, pack(1), when(10)).place == place(3)
        record(connection, [seen(11, LORRY, location=place(4))])
        assert where_is(connection, pack(1), when(12)).place == place(4)


def test_an_unknown_thing_is_told_in_words(ledger: Engine) -> None:
    with ledger.begin() as connection:
        record(connection, [seen(5, pack(1), location=place(1))])
        for ask in (where_is, story, custody_history):
            for epc, hour in ((pack(2), 9), (pack(1), 4)):
                with pytest.raises(
                    InputError, match=r"no event up to 2026-03-02.* names this thing"
                ) as caught:
                    ask(connection, epc, when(hour))
                assert caught.value.code == "unknown-thing"
        with pytest.raises(InputError, match="names this thing"):
            parents(connection, pack(2), when(9))


def test_the_story_holds_the_events_of_containers_while_inside(ledger: Engine) -> None:
    wrong = seen(6, pack(1), disposition="damaged", location=place(2))
    with ledger.begin() as connection:
        record(
            connection,
            [
                seen(0, pack(1), action="ADD", bizStep="commissioning", location=place(1)),
                seen(0.5, box(1), action="ADD", location=place(1)),
                packed(1, box(1), pack(1), bizStep="packing", location=place(1)),
                seen(2, box(1), bizStep="shipping", read_point=place(1), **handover(party(1), party(2))),
                seen(4, box(1), bizStep="receiving", location=place(2), **handover(party(1), party(2))),
                packed(5, box(1), pack(1), action="DELETE", bizStep="unpacking", location=place(2)),
                wrong,
                seen(7, box(1), bizStep="shipping", read_point=place(2)),
            ],
        )
        record(connection, [], voids=[wrong])
        told = story(connection, pack(1), when(9))
        assert [one.event.get("bizStep") for one in told] == [
            "commissioning", "packing", "shipping", "receiving", "unpacking", None,
        ]  # fmt: skip
        assert [one.with_ for one in told] == [None, None, box(1), box(1), None, None]
        assert [one.is_taken_back for one in told] == [False] * 5 + [True]
        assert told[1].words == f"Packing: put into {box(1)}, at {place(1)}."
        assert told[3].words.startswith(f"Receiving, at {place(2)}, from the hands of {party(1)}")
        hands = custody_history(connection, pack(1), when(9))
        assert [(one.party, one.since, one.until) for one in hands] == [
            (party(1), when(2), when(4)),
            (party(2), when(4), None),
        ]
        assert where_is(connection, pack(1), when(4.5)).custody == party(2)


def test_kin_lead_from_cell_to_trip_and_through_a_module_swap(ledger: Engine) -> None:
    cell, module, old, new, car = pack(1, "011111"), pack(2, "022222"), pack(3), pack(4), pack(5, "055555")
    with ledger.begin() as connection:
        record(
            connection,
            [
                built(0, module, cell, bizStep="assembling", location=place(1)),
                built(1, old, module, bizStep="assembling", location=place(1)),
                built(2, car, old, bizStep="installing", location=place(1)),
                built(5, old, module, action="DELETE", bizStep="removing", location=place(2)),
                built(6, new, module, bizStep="installing", location=place(2)),
                packed(7, box(1), new, bizStep="packing", location=place(2)),
                packed(8, LORRY, box(1), bizStep="loading", location=place(2)),
            ],
        )
        assert [one.thing for one in ancestors(connection, cell, when(3))] == [module, old, car]
        assert [one.thing for one in ancestors(connection, cell, when(9))] == [module, new, box(1), LORRY]
        ever = {one.thing: (one.since, one.until) for one in ancestors(connection, cell, when(9), ever=True)}
        assert set(ever) == {module, old, car, new, box(1), LORRY}
        assert ever[old] == (when(1), when(5))
        assert [one.thing for one in descendants(connection, LORRY, when(9))] == [box(1), new, module, cell]
        assert [one.thing for one in children(connection, old, when(4))] == [module]
        assert children(connection, old, when(9)) == []
        assert [one.thing for one in descendants(connection, old, when(9), ever=True)] == [module, cell]
        assert [one.depth for one in ancestors(connection, cell, when(3))] == [1, 2, 3]


def test_black_mass_leads_back_to_the_packs_also_over_several_events_of_one_transformation(
    ledger: Engine,
) -> None:
    lot = "urn:epc:class:lgtin:9521234.077777.LOT7"
    run = "urn:epc:id:gdti:9521234.00001.run7"
    with ledger.begin() as connection:
        record(
            connection,
            [
                seen(0, pack(1), pack(2), pack(3), action="ADD", location=place(1)),
                event(
                    "Transformation",
                    1,
                    inputEPCList=[pack(1), pack(2)],
                    transformationID=run,
                    location=place(1),
                ),
                event("Transformation", 2, inputEPCList=[pack(3)], transformationID=run, location=place(1)),
                event(
                    "Transformation",
                    3,
                    outputQuantityList=[{"epcClass": lot, "quantity": 412.5, "uom": "KGM"}],
                    transformationID=run,
                    bizStep="destroying",
                    location=place(1),
                ),
                event(
                    "Transformation",
                    5,
                    inputQuantityList=[{"epcClass": lot, "quantity": 100, "uom": "KGM"}],
                    outputEPCList=[pack(9, "099999")],
                    location=place(1),
                ),
            ],
        )
        assert {one.thing for one in ancestors(connection, lot, when(9))} == {pack(1), pack(2), pack(3)}
        assert {one.thing for one in descendants(connection, pack(3), when(9))} == {lot, pack(9, "099999")}
        assert {one.depth: one.thing for one in descendants(connection, pack(3), when(9))}[1] == lot
        assert {one.thing for one in descendants(connection, pack(3), when(2.5))} == set()
        assert where_is(connection, pack(1), when(9)).status == "no longer there"
        mass = lots(connection, Wanted(when(9), site=place(1)))
        assert [(one.lot, one.quantity, one.uom) for one in mass] == [(lot, 312.5, "KGM")]


@pytest.mark.parametrize(
    ("value", "uom", "share"),
    [(80.8, "P1", 0.808), (808, "NX", 0.808), (0.808, "C62", 0.808), (80.8, "P2", None)],
)
def test_a_state_of_health_is_a_share_in_the_unit_that_is_told(
    ledger: Engine, value: float, uom: str, share: float | None
) -> None:
    """NX is per mille in Recommendation 20; P2 is pounds per foot, and so no share."""
    soh = {"type": "https://voltloop.org/epcis/stateOfHealth", "value": value, "uom": uom}
    with ledger.begin() as connection:
        told = seen(
            1, pack(1), bizStep="inspecting", location=place(1), sensorElementList=[{"sensorReport": [soh]}]
        )
        record(connection, [told])
        assert where_is(connection, pack(1), when(2)).health == share


def test_stock_counts_what_stands_at_a_site_in_containers_too(ledger: Engine) -> None:
    area = place(1, "dock2")
    soh = {"type": "https://voltloop.org/epcis/stateOfHealth", "value": 82.5, "uom": "P1"}
    with ledger.begin() as connection:
        record(
            connection,
            [
                seen(0, *map(pack, range(1, 6)), action="ADD", disposition="active", location=place(1)),
                seen(0, pack(9, "099999"), action="ADD", location=place(1)),
                seen(0, pack(8), action="ADD", location=place(2)),
                packed(1, box(1), pack(1), pack(2), location=place(1)),
                seen(2, box(1), bizStep="storing", location=area),
                seen(3, pack(3), bizStep="shipping", read_point=place(1)),
                seen(3, pack(4), bizStep="holding", disposition="unavailable", location=place(1)),
                seen(4, pack(5), bizStep="inspecting", sensorElementList=[{"sensorReport": [soh]}]),
                seen(5, box(1), bizStep="holding"),
            ],
        )
        now = Wanted(when(6), site=place(1))
        models = {group.facts["model"]: group.count for group in stock(connection, now)}
        assert models.pop(canonical(pack(1))[:36]) == 4
        assert models.pop(None) == 1
        assert list(models.values()) == [1]
        areas = {group.facts["area"]: group.count for group in stock(connection, now, ["area"])}
        assert areas == {place(1): 3, area: 3}
        listed = {one.epc: one for one in items(connection, now)}
        assert set(listed) == {pack(1), pack(2), pack(4), pack(5), pack(9, "099999"), box(1)}
        assert (listed[pack(1)].container, listed[pack(1)].hold, listed[pack(1)].place) == (
            box(1),
            "holding",
            area,
        )
        assert listed[pack(5)].state_of_health == pytest.approx(0.825)
        assert listed[pack(5)].age_days == pytest.approx(0.25)
        held = [one.epc for one in items(connection, Wanted(when(6), site=place(1), is_held=True))]
        assert set(held) == {pack(1), pack(2), pack(4), box(1)}
        assert [one.epc for one in items(connection, Wanted(when(6), site=area, condition="active"))] == [
            pack(1),
            pack(2),
        ]
        assert [one.epc for one in items(connection, Wanted(when(6), health_from=0.8))] == [pack(5)]
        assert [one.epc for one in items(connection, Wanted(when(6), is_under_way=True))] == [pack(3)]
        assert stock(connection, Wanted(when(0.5), site=place(1)), [])[0].count == 6
        with pytest.raises(InputError, match='Did you mean "model"'):
            stock(connection, now, ["modell"])


def test_stock_follows_the_latest_sighting(ledger: Engine) -> None:
    """A pack left behind is counted where it was seen; once its box is seen to move on, the box is believed again."""
    with ledger.begin() as connection:
        record(connection, [packed(0, box(1), pack(1), pack(2), location=place(1))])
        record(connection, [seen(2, box(1), location=place(2)), seen(3, pack(1), location=place(1))])
        assert [one.epc for one in items(connection, Wanted(when(4), site=place(1)))] == [pack(1)]
        assert [one.epc for one in items(connection, Wanted(when(4), site=place(2)))] == [box(1), pack(2)]
        record(connection, [seen(5, box(1), location=place(3))])
        assert items(connection, Wanted(when(6), site=place(1))) == []
        assert len(items(connection, Wanted(when(6), site=place(3)))) == 3


def test_parts_count_only_when_asked(ledger: Engine) -> None:
    module = pack(7, "022222")
    with ledger.begin() as connection:
        record(connection, [built(0, pack(1), module, location=place(1))])
        assert [one.epc for one in items(connection, Wanted(when(1), site=place(1)))] == [pack(1)]
        everything = items(connection, Wanted(when(1), site=place(1), with_parts=True))
        assert {one.epc for one in everything} == {pack(1), module}


def test_lots_move_with_shipping_receiving_and_counting(ledger: Engine) -> None:
    lot = "urn:epc:class:lgtin:9521234.077777.LOT7"

    def some(hours: float, quantity: float, step: str, **fields: object) -> dict[str, object]:
        amount = [{"epcClass": lot, "quantity": quantity, "uom": "KGM"}]
        return event("Object", hours, action="OBSERVE", bizStep=step, quantityList=amount, **fields)

    made = event(
        "Object",
        0,
        action="ADD",
        quantityList=[{"epcClass": lot, "quantity": 500, "uom": "KGM"}],
        location=place(1),
    )
    with ledger.begin() as connection:
        record(connection, [made, some(1, 200, "shipping", read_point=place(1))])

        def amounts(hour: float, **wanted: object) -> list[float]:
            return [one.quantity for one in lots(connection, Wanted(when(hour), **wanted))]  # type: ignore[arg-type]

        assert (amounts(2, site=place(1)), amounts(2, is_under_way=True)) == ([300], [200])
        wrong = some(3, 200, "receiving", location=place(2))
        record(connection, [wrong])
        assert (amounts(4, site=place(2)), amounts(4, is_under_way=True)) == ([200], [])
        record(connection, [some(5, 190, "stock_taking", location=place(2))])
        assert amounts(6, site=place(2)) == [190]
        record(connection, [], voids=[wrong])
        assert (amounts(4, site=place(2)), amounts(6, site=place(2))) == ([], [190])


def test_lots_in_a_container_go_with_it_until_it_is_emptied(ledger: Engine) -> None:
    lot = "urn:epc:class:lgtin:9521234.077777.LOT7"
    some = [{"epcClass": lot, "quantity": 80, "uom": "KGM"}]
    into = {"type": "Aggregation", "action": "ADD", "parentID": box(1), "childQuantityList": some}
    with ledger.begin() as connection:
        record(
            connection,
            [
                event("Object", 0, action="ADD", quantityList=some, location=place(1)),
                event(into.pop("type"), 1, **into, location=place(1)),
                seen(2, box(1), location=place(2)),
            ],
        )

        def held(hour: float, number: int) -> list[tuple[str, float]]:
            return [
                (one.holder, one.quantity) for one in lots(connection, Wanted(when(hour), site=place(number)))
            ]

        assert (held(0.5, 1), held(3, 1), held(3, 2)) == ([(place(1), 80)], [], [(box(1), 80)])
        record(connection, [event("Aggregation", 4, action="DELETE", parentID=box(1), location=place(3))])
        assert (held(5, 2), held(5, 3)) == ([], [(place(3), 80)])
        assert held(3, 2) == [(box(1), 80)]


def test_what_is_under_way_and_late(ledger: Engine) -> None:
    planned = seen(6, box(1), bizStep="receiving", location=place(2), voltloop__status="planned")
    with ledger.begin() as connection:
        record(connection, [planned, seen(0, box(1), action="ADD", location=place(1))])
        record(connection, [seen(2, box(1), bizStep="shipping", read_point=place(1))])
        on_time, overdue = (under_way(connection, when(hour)) for hour in (5, 8))
        assert [(one.epc, one.expected_at, one.is_late) for one in on_time] == [(box(1), when(6), False)]
        assert overdue[0].is_late
        assert [(one.things, one.late_min) for one in late(connection, when(8))] == [((box(1),), 120)]
        assert late(connection, when(5)) == []
        record(connection, [seen(9, box(1), bizStep="receiving", location=place(2))])
        assert under_way(connection, when(10)) == []
        assert late(connection, when(10)) == []
