"""Pick-ups: what one vehicle takes from one point at one visit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import Any

import polars as pl
import pytest

from collection_cases import truck, van
from voltloop.collection import ServiceRules, make_pickups, stops_from_pickups
from voltloop.errors import InputError

DAYS = (date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 26))


def goods(number: int, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "item": number, "point_id": "P", "depots": ["hub"], "net_mass_kg": 90.0, "gross_mass_kg": 100.0,
        "floor_positions": 0.5, "points": 90.0, "needs_critical_box": False, "requires_adr_vehicle": False,
        "due_on": None, "value_eur": 10.0, "pack_minutes": 5.0,
    }  # fmt: skip
    return {**values, **changes}


def table(*rows: dict[str, Any]) -> pl.DataFrame:
    overrides = {"due_on": pl.Date, "depots": pl.List(pl.String)}
    return pl.DataFrame(list(rows), schema_overrides=overrides, infer_schema_length=None)


def pickups(*rows: dict[str, Any], **options: Any) -> pl.DataFrame:
    return make_pickups(table(*rows), (van(), truck()), **options)[0]


def test_goods_of_a_point_become_one_pickup_with_sums() -> None:
    found = pickups(goods(1, due_on=date(2026, 12, 1)), goods(2, due_on=date(2026, 11, 24)), goods(3))
    row = found.row(0, named=True)
    assert found.height == 1
    assert row["items"] == [1, 2, 3]
    assert row["gross_mass_kg"] == 300
    assert row["value_eur"] == 30
    assert row["due_on"] == date(2026, 11, 24)
    assert row["max_package_kg"] == 100


def test_other_points_and_other_depots_are_other_pickups() -> None:
    found = pickups(goods(1), goods(2, point_id="Q"), goods(3, depots=["hub", "else"]))
    assert found.height == 3
    assert found["pickup_id"].n_unique() == 3


def test_critical_goods_ride_apart_so_that_vans_can_take_the_rest() -> None:
    found = pickups(goods(1), goods(2, requires_adr_vehicle=True, needs_critical_box=True), goods(3))
    assert sorted(found["items"].to_list()) == [[1, 3], [2]]
    assert sorted(found["boxes"]) == [0, 1]


def test_a_big_stock_is_split_by_the_largest_vehicle_urgent_goods_first() -> None:
    rows = [goods(n, gross_mass_kg=3000.0, due_on=date(2026, 12, n)) for n in (4, 3, 2, 1)]
    found = pickups(*rows)
    assert found["gross_mass_kg"].max() <= 8000
    assert found["items"].to_list() == [[1, 2], [3, 4]]
    assert found["due_on"].to_list() == [date(2026, 12, 1), date(2026, 12, 3)]


def test_without_equipped_vehicles_pickups_keep_to_the_relief() -> None:
    rows = [goods(n, points=600.0, gross_mass_kg=10.0) for n in (1, 2, 3)]
    assert make_pickups(table(*rows), (van(),))[0].height == 3
    assert pickups(*rows, adr_depots=[]).height == 3
    assert pickups(*rows).height == 1


def test_where_only_a_tail_lift_helps_its_vehicle_is_the_measure() -> None:
    fleet = (truck(payload_kg=500.0), truck(vehicle_type="artic", payload_kg=20_000.0, has_tail_lift=False))
    rows = [goods(n, gross_mass_kg=400.0, has_forklift=False) for n in (1, 2)]
    assert make_pickups(table(*rows), fleet)[0].height == 2
    rows = [goods(n, gross_mass_kg=400.0, has_forklift=True) for n in (1, 2)]
    assert make_pickups(table(*rows), fleet)[0].height == 1


def test_goods_in_one_package_stay_together() -> None:
    rows = [goods(n, gross_mass_kg=3000.0, load_unit="K1" if n < 3 else None) for n in (1, 2, 3)]
    found = pickups(*rows)
    assert sorted(found["items"].to_list()) == [[1, 2], [3]]


def test_too_large_goods_are_found_and_kept() -> None:
    found, findings = make_pickups(table(goods(1, gross_mass_kg=9000.0)), (truck(),))
    assert found.height == 1
    assert [finding.code for finding in findings] == ["pickup-no-vehicle-fits"]
    assert "9000 kg" in findings[0].message


def test_null_points_count_as_none_and_empty_input_gives_no_pickups() -> None:
    found = pickups(goods(1, points=None))
    assert found["points"].to_list() == [0.0]
    assert make_pickups(table(goods(1)).clear(), (van(),))[0].is_empty()


def test_missing_column_is_named() -> None:
    with pytest.raises(InputError, match="due_on"):
        make_pickups(table(goods(1)).drop("due_on"), (van(),))


def stops(row: dict[str, Any], service: ServiceRules | None = None, **point: Any) -> dict[str, Any]:
    points = pl.DataFrame([{"point_id": "P", "place": 4, "has_forklift": True, **point}])
    return stops_from_pickups(pickups(row), points, DAYS, service=service).row(0, named=True)


def test_service_time_counts_base_packing_and_loading() -> None:
    rules = ServiceRules(base_min=10, load_min_per_position=6, by_hand_factor=3)
    row = stops(goods(1, floor_positions=2.0), rules)
    assert row["service_s"] == row["service_by_hand_s"] == 60 * (10 + 5 + 12)
    row = stops(goods(1, floor_positions=2.0), rules, has_forklift=False)
    assert row["service_by_hand_s"] == 60 * (10 + 5 + 36)
    row = stops(goods(1), ServiceRules(base_min=10, load_min_per_position=6, packs_on_site=False))
    assert row["service_s"] == 60 * 13


@pytest.mark.parametrize(
    ("mass", "forklift", "lift"), [(40.0, False, False), (40.1, False, True), (90.0, True, False)]
)
def test_heavy_packages_without_forklift_need_a_lift(mass: float, forklift: bool, lift: bool) -> None:
    assert stops(goods(1, gross_mass_kg=mass), has_forklift=forklift)["needs_lift"] is lift


def test_unknown_forklift_is_no_forklift() -> None:
    assert stops(goods(1), has_forklift=None)["needs_lift"] is True


@pytest.mark.parametrize("closes", [time(17), "17:00"])
def test_loading_ends_by_closing_time(closes: Any) -> None:
    row = stops(goods(1), opens_at=time(8), closes_at=closes)
    assert row["open_s"] == 8 * 3600
    assert row["close_s"] == 17 * 3600 - row["service_by_hand_s"]


@pytest.mark.parametrize(
    ("due", "day"),
    [
        (date(2026, 11, 20), 3),
        (date(2026, 11, 23), 1),
        (date(2026, 11, 24), 2),
        (date(2026, 11, 25), 2),
        (date(2026, 11, 26), 3),
        (date(2026, 11, 27), None),
        (None, None),
    ],
)
def test_deadlines_become_planning_days(due: date | None, day: int | None) -> None:
    """A deadline on a day without tours must be met before; after the horizon it does not bind yet, and one that has
    passed means: within the planning days."""
    assert stops(goods(1, due_on=due))["due_day"] == day


def test_a_stock_that_nobody_packs_in_a_shift_is_parted() -> None:
    """Ten packs of 40 minutes each are fetched in three parts of at most 180 minutes."""
    table = pickups(*(goods(number, pack_minutes=40.0, gross_mass_kg=10.0) for number in range(1, 11)))
    assert sorted(table["pack_minutes"].to_list()) == [80.0, 160.0, 160.0]


def test_unknown_point_is_named() -> None:
    points = pl.DataFrame({"point_id": ["Q"], "place": [0], "has_forklift": [True]})
    with pytest.raises(InputError) as caught:
        stops_from_pickups(pickups(goods(1)), points, DAYS)
    assert caught.value.code == "pickup-point-unknown"


def test_goods_that_may_not_ride_together_are_never_one_pickup() -> None:
    """Each class with its like: three pick-ups would be one too many, one would break the law."""
    clash = frozenset({frozenset({"acid", "alkali"})})
    rows = [
        goods(1, goods=["acid"]),
        goods(2, goods=["alkali"]),
        goods(3, goods=[]),
        goods(4, goods=["acid"]),
    ]
    found = pickups(*rows, clashes=clash)
    assert sorted(found["items"].to_list()) == [[1, 3, 4], [2]]
    assert pickups(*rows).height == 1


def test_what_asks_for_a_permit_or_training_rides_apart_unless_every_vehicle_has_it() -> None:
    rows = [goods(1, permits=["waste"]), goods(2, permits=[]), goods(3, permits=[], training=["tank"])]
    fleet = (replace(van(), permits=frozenset({"waste"})), truck())
    assert sorted(make_pickups(table(*rows), fleet)[0]["items"].to_list()) == [[1], [2], [3]]
    both = tuple(replace(kind, permits=frozenset({"waste"})) for kind in fleet)
    assert sorted(make_pickups(table(*rows), both)[0]["items"].to_list()) == [[1, 2], [3]]


def test_volume_and_a_closed_zone_limit_a_pickup() -> None:
    """In a closed zone no pick-up passes the relief, whatever the fleet."""
    fleet = (replace(truck(), volume_m3=2.0),)
    rows = [goods(n, volume_m3=0.9, points=600.0) for n in (1, 2, 3)]
    assert [len(items) for items in make_pickups(table(*rows), fleet)[0]["items"]] == [2, 1]
    closed = [{**row, "is_closed_to_adr": True} for row in rows]
    assert make_pickups(table(*closed), fleet)[0].height == 3


def test_the_strictest_tunnel_code_counts() -> None:
    found = pickups(goods(1, tunnel_code="E"), goods(2, tunnel_code="C"), goods(3, tunnel_code=""))
    assert found["tunnel_code"].to_list() == ["C"]


def test_windows_shorten_by_the_loading_and_too_short_ones_go() -> None:
    """The lunch break splits the day; ten minutes before it are too short to load in."""
    points = pl.DataFrame({
        "point_id": ["P"], "place": [1], "has_forklift": [True],
        "windows": [[[28_800, 36_000], [39_600, 40_200], [46_800, 57_600]]],
        "vehicle_types": [["van"]], "usual_weekday": [2], "drop_mass_kg": [60.0],
    })  # fmt: skip
    stops = stops_from_pickups(pickups(goods(1), goods(2, depots=["else"])), points, DAYS)
    first = stops.row(0, named=True)
    loading = first["service_s"]
    assert first["windows"] == [[28_800, 36_000 - loading], [46_800, 57_600 - loading]]
    assert (first["open_s"], first["close_s"]) == (28_800, 57_600 - loading)
    assert (first["vehicle_types"], first["usual_weekday"]) == (["van"], 2)
    # The empties come once.
    assert sorted(stops["drop_mass_kg"].fill_null(0.0)) == [0.0, 60.0]


def test_the_empties_come_with_what_is_due_first() -> None:
    points = pl.DataFrame({"point_id": ["P"], "place": [1], "has_forklift": [True], "drop_mass_kg": [60.0]})
    found = pickups(goods(1), goods(2, depots=["else"], due_on=date(2026, 11, 24)))
    stops = stops_from_pickups(found, points, DAYS)
    brings = stops.filter(pl.col("drop_mass_kg").is_not_null())
    assert brings["due_on"].to_list() == [date(2026, 11, 24)]


def test_a_pickup_is_no_larger_than_the_vehicles_that_reach_the_point_take() -> None:
    """Only the van reaches the point, and it is not equipped: its payload and the relief count, not the truck's."""
    rows = [
        goods(n, gross_mass_kg=500.0, points=600.0, vehicle_types=[van().vehicle_type]) for n in (1, 2, 3)
    ]
    found = pickups(*rows)
    assert found["gross_mass_kg"].max() <= van().payload_kg
    assert found["points"].max() <= 1000.0


def test_what_takes_longer_than_the_longest_opening_is_fetched_in_parts() -> None:
    rows = [goods(n, pack_minutes=40.0, open_min=120.0) for n in (1, 2, 3, 4)]
    assert [len(items) for items in pickups(*rows)["items"]] == [2, 2]
    assert pickups(*[{**row, "open_min": None} for row in rows]).height == 1
