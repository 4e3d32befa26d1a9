"""Parts that move from pack to pack: since when they are at a place, and what was made of them in the end."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from knowledge_cases import box, built, event, pack, packed, place, record, seen, when
from voltloop.ledger.genealogy import ancestors, descendants
from voltloop.ledger.where import where_is

LOT = "urn:epc:class:lgtin:9521234.077777.LOT7"


def test_what_was_made_of_a_part_leads_to_its_pack_and_back(ledger: Engine) -> None:
    module, old, new = pack(2, "022222"), pack(3), pack(4)
    with ledger.begin() as connection:
        record(
            connection,
            [
                built(1, old, module, bizStep="assembling", location=place(1)),
                built(3, old, module, action="DELETE", bizStep="removing", location=place(1)),
                event(
                    "TransformationEvent",
                    5,
                    inputEPCList=[module],
                    outputQuantityList=[{"epcClass": LOT, "quantity": 7.5, "uom": "KGM"}],
                ),
                built(6, new, pack(5, "022222"), bizStep="assembling", location=place(1)),
            ],
        )
        below = descendants(connection, old, when(9), ever=True)
        assert [(one.thing, one.of) for one in below] == [(module, old), (LOT, module)]
        assert [one.thing for one in ancestors(connection, LOT, when(9), ever=True)] == [module, old]
        assert descendants(connection, old, when(9)) == []


@pytest.mark.parametrize(
    ("joined_at", "stood_there", "since"), [(5, False, 5), (5, True, 2), (1, False, 3), (1, True, 3)]
)
def test_a_part_is_at_a_place_since_it_or_its_whole_came_there(
    ledger: Engine, joined_at: float, stood_there: bool, since: float
) -> None:
    """The box comes to the place at 3; the pack came there at 2 or nowhere known, and into the box at 1 or 5."""
    told = [
        seen(3, box(1), location=place(1)),
        packed(joined_at, box(1), pack(1), bizStep="packing"),
    ]
    if stood_there and joined_at > 2:
        told.append(seen(2, pack(1), location=place(1)))
    with ledger.begin() as connection:
        record(connection, sorted(told, key=lambda one: str(one["eventTime"])))
        found = where_is(connection, pack(1), when(9))
        assert (found.place, found.since) == (place(1), when(since))
