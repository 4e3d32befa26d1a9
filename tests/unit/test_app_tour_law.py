"""What the law asks of a tour by the goods aboard: sharing a vehicle, tunnels, permits and training."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from voltloop.app.tour_law import TourLaw, tour_law
from voltloop.collection import Driver, VehicleKind
from voltloop.compliance import Rulebook, load_rulebook

ON = date(2026, 11, 24)
LITHIUM = {
    "un_number": "3480",
    "hazard_class": "9",
    "labels": "9A",
    "transport_category": "2",
    "tunnel_code": "E",
}


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    """The packaged rulebook."""
    return load_rulebook()


def _goods(*rows: dict[str, Any]) -> pl.DataFrame:
    plain = {
        "outcome": "allowed", "special_provisions": None, "packing_instruction": "P903", "is_waste": False,
        "waste_code": None, "point_country": "DE",
    }  # fmt: skip
    return pl.DataFrame(
        [{"row": number, **plain, **LITHIUM, **row} for number, row in enumerate(rows, start=1)],
        infer_schema_length=None,
    )


def _law(
    rulebook: Rulebook, *rows: dict[str, Any], mode: str = "road_eu",
    permits: tuple[frozenset[str], ...] = (frozenset(),), drivers: tuple[Driver, ...] = (),
    certificates: dict[str, dict[str, date]] | None = None,
) -> TourLaw:  # fmt: skip
    fleet = [
        VehicleKind("van", "hub", 1, 900, 4, name=str(at), permits=held) for at, held in enumerate(permits)
    ]
    return tour_law(_goods(*rows), rulebook, mode, ON, fleet, drivers, certificates=certificates or {})


def test_batteries_may_ride_together_and_close_tunnels_of_category_e(rulebook: Rulebook) -> None:
    """ADR 7.5.2 lets class 9 and class 8 share a vehicle; code E closes tunnels of category E."""
    wet = {"un_number": "2794", "hazard_class": "8", "labels": "8", "transport_category": "3"}
    law = _law(rulebook, {}, wet, {"tunnel_code": "C/E"}, {"outcome": "exempt_other"})
    assert law.clashes == frozenset()
    assert law.goods["goods"].to_list() == [[], [], [], []]
    # In packages C/E closes only E: the C before the bar is for tanks (ADR 8.6.4).
    assert law.goods["tunnel_code"].to_list() == ["E", "E", "E", ""]


def test_explosives_ride_with_nothing_else(rulebook: Rulebook) -> None:
    """ADR 7.5.2.1: class 1 may not share a vehicle with class 9."""
    law = _law(rulebook, {}, {"un_number": "0081", "hazard_class": "1.1D", "labels": "1.1D"})
    one, other = law.goods["goods"].to_list()
    assert law.clashes == {frozenset((one[0], other[0]))}


def test_goods_that_want_the_vehicle_for_themselves_clash_with_other_hazardous_goods(
    rulebook: Rulebook,
) -> None:
    """49 CFR 173.159(e): no other hazardous material aboard; goods that are none may ride along."""
    alone = {"special_provisions": "173.159(e)", "outcome": "exempt_other", "un_number": "2794"}
    law = _law(rulebook, alone, {}, {"outcome": "exempt_other"}, mode="road_us")
    first, second, third = law.goods["goods"].to_list()
    assert law.clashes == {frozenset((first[0], second[0]))}
    assert third == []


def test_waste_asks_for_the_permit_as_soon_as_one_vehicle_names_it(rulebook: Rulebook) -> None:
    """Directive 2008/98/EC Article 26; where no vehicle names it, the carrier holds it for all."""
    waste = {"is_waste": True, "waste_code": "16 06 07*"}
    silent = _law(rulebook, waste, {})
    assert silent.goods["permits"].to_list() == [[], []]
    # The other name of the register of kinds counts as well.
    named = _law(rulebook, waste, {}, permits=(frozenset(), frozenset({"waste_carrier_registration"})))
    assert named.goods["permits"].to_list() == [["waste_carrier"], []]
    assert ["waste_carrier" in kind.permits for kind in named.fleet] == [False, True]


def test_training_of_the_rulebook_counts_with_its_alternatives(rulebook: Rulebook) -> None:
    """ADR 1.3 and 8.2.3: awareness or function training, or the driver certificate; each until its last day."""
    last, later = date(2026, 12, 1), date(2028, 5, 31)
    drivers = (
        Driver("A", "hub", None, (("function_training", last),)),
        Driver("B", "hub", later),
        Driver("C", "hub"),
    )
    law = _law(
        rulebook, {}, {"outcome": "exempt_other"}, drivers=drivers, certificates={"B": {"adr_driver": later}}
    )
    asked = law.goods["training"].to_list()
    assert len(asked[0]) == 1
    assert asked[1] == []
    assert [driver.holds(asked[0], ON) for driver in law.drivers] == [True, True, False]
    assert [driver.holds(asked[0], date(2027, 1, 1)) for driver in law.drivers] == [False, True, False]
