"""Bad input: what concerns one stop or vehicle is named and the rest is planned; what concerns all is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from collection_cases import line, problem, stop, table, truck, van
from voltloop.collection import Driver, Problem, solve
from voltloop.collection.explain import impossible
from voltloop.collection.model import Hub, VehicleKind
from voltloop.collection.roads import EstimatedRoads, PlaneRoads
from voltloop.errors import InputError

BOTH = (date(2026, 11, 23), date(2026, 11, 24))


def with_a_good_one(bad: dict[str, Any], **changes: Any) -> Problem:
    """The stop in question beside one that anybody can serve."""
    stops = table(stop("bad", 1, **bad), stop("good", 2))
    return problem(stops, line(0, 60, 10), **changes)


STOPS: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
    ({"depots": ["moon"]}, {}, "tour-no-depot", "moon"),
    ({"vehicle_types": ["tricycle"]}, {}, "tour-wrong-vehicle-type", "tricycle"),
    ({"permits": ["waste"]}, {}, "tour-no-permit", "waste"),
    ({"training": ["explosives"]}, {}, "tour-no-trained-driver", "explosives"),
    ({"points": 2000.0, "is_closed_to_adr": True}, {}, "tour-closed-to-adr", "2000"),
    ({"goods": ["acid", "lithium", "salt"]}, {}, "tour-goods-clash", "acid and lithium"),
    ({"volume_m3": 31.0}, {}, "tour-too-much-volume", "31"),
    ({"mass_kg": 8001.0}, {}, "tour-too-heavy", "8001"),
    ({"drop_mass_kg": 8001.0}, {}, "tour-too-heavy", "8001"),
    ({"drop_floor_positions": 17.0}, {}, "tour-too-much-floor", "17"),
    ({"boxes": 3}, {}, "tour-too-many-boxes", "3"),
    ({"needs_adr": True}, {"fleet": (van(),)}, "tour-needs-adr-vehicle", "200"),
    ({"needs_adr": True}, {"drivers": (Driver("D", "hub"),)}, "tour-no-certified-driver", "200"),
    ({"needs_lift": True}, {"fleet": (van(),)}, "tour-needs-lift", "forklift"),
    ({"first_day": 2, "due_day": 1}, {"days": BOTH}, "tour-days-apart", "day 2"),
    ({"first_day": 2, "due_day": None}, {}, "tour-days-apart", "day 2"),
    ({"open_s": 9 * 3600, "close_s": 8 * 3600}, {}, "tour-window-impossible", "09:00"),
    ({"close_s": 6 * 3600}, {}, "tour-window-impossible", "06:00"),
    ({"windows": [[0, 3600], [79_000, 80_000]]}, {}, "tour-window-impossible", "22:13"),
    ({"release_s": 18 * 3600}, {}, "tour-release-too-late", "18:00"),
    ({"service_s": 40_000, "service_by_hand_s": 40_000}, {}, "tour-shift-too-short", "12"),
    ({"windows": [[30_000, 40_000], [20_000, 25_000]]}, {}, "tour-windows-wrong", "not in order"),
    ({"windows": [[20_000, 30_000], [25_000, 40_000]]}, {}, "tour-windows-wrong", "overlap"),
    ({"windows": [[30_000, 20_000]]}, {}, "tour-windows-wrong", "before it opens"),
    ({"windows": [[30_000]]}, {}, "tour-windows-wrong", "before it opens"),
    ({"windows": [[30_000, 90_000]]}, {}, "tour-windows-wrong", "outside 00:00-24:00"),
    ({"tunnel_code": "Z"}, {}, "tour-tunnel-unknown", "Z"),
]


@pytest.mark.parametrize(("bad", "changes", "code", "word"), STOPS)
def test_a_stop_that_nobody_can_serve_is_named_and_the_rest_is_planned(
    bad: dict[str, Any], changes: dict[str, Any], code: str, word: str
) -> None:
    fleet = (van(volume_m3=20.0), truck(volume_m3=30.0))
    clashes = frozenset({frozenset({"acid", "lithium"})})
    case = with_a_good_one(bad, **{"fleet": fleet, "clashes": clashes, **changes})
    finding = impossible(case, 0)
    assert finding is not None
    assert (finding.code, finding.where) == (code, "Pick-up bad")
    assert word in finding.message
    assert impossible(case, 1) is None
    plan = solve(case, max_iterations=5, bound="none")
    assert plan.stops["pickup_id"].to_list() == ["good"]
    assert plan.unserved.select("pickup_id", "outcome", "code").row(0) == ("bad", "held", code)


def test_touching_windows_are_in_order() -> None:
    case = with_a_good_one({"windows": [[20_000, 30_000], [30_000, 40_000]]})
    assert impossible(case, 0) is None
    assert case.stop_faults == {}


@pytest.mark.parametrize("code", ["B", "C/E", "D/E", "B1000C", "-", "", None])
def test_known_tunnel_codes(code: str | None) -> None:
    assert impossible(with_a_good_one({"tunnel_code": code}), 0) is None


def test_a_hub_on_the_way_may_make_a_stop_possible() -> None:
    """Its goods may go to the yard only, and no tour ends there."""
    bad = {"depots": ["yard"]}
    assert impossible(with_a_good_one(bad, hubs={"yard": Hub(2)}), 0) is not None
    fleet = (truck(reload_at=("yard",), max_reloads=1),)
    case = with_a_good_one(bad, hubs={"yard": Hub(2)}, fleet=fleet)
    assert impossible(case, 0) is None


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -1.0])
@pytest.mark.parametrize("what", ["distance_km", "duration_h"])
def test_a_distance_that_is_none_leads_nowhere(wrong: float, what: str) -> None:
    roads = line(0, 60, 10)
    getattr(roads, what)[:, 1] = wrong
    case = problem(table(stop("bad", 1), stop("good", 2)), roads)
    finding = impossible(case, 0)
    assert finding is not None
    assert finding.code == "tour-unreachable"
    assert solve(case, max_iterations=5, bound="none").stops["pickup_id"].to_list() == ["good"]


NAN = float("nan")


@pytest.mark.parametrize(
    "roads",
    [
        PlaneRoads(np.array([[0.0, 0.0], [NAN, 1.0], [1.0, 1.0]])),
        PlaneRoads(np.array([[0.0, 0.0], [NAN, 1.0], [1.0, 1.0]]), offset=0.5),
        EstimatedRoads(np.array([48.1, NAN, 48.2]), np.array([11.5, 11.6, 11.6])),
        EstimatedRoads(np.array([48.1, 148.1, 48.2]), np.array([11.5, 11.6, 11.6])),
        EstimatedRoads(np.array([48.1, 42.15, 48.2]), np.array([11.5, 9.1, 11.6])),
        EstimatedRoads(np.array([48.1, 0.0, 48.2]), np.array([11.5, -20.0, 11.6])),
    ],
    ids=["no number", "no number, rounded", "no latitude", "latitude of none", "island", "sea"],
)
def test_no_road_leads_to_an_island_or_to_coordinates_that_are_none(roads: Any) -> None:
    case = problem(table(stop("bad", 1), stop("good", 2)), roads)
    assert roads.km_of(0, 1) == np.inf
    assert roads.drive_s_of(0, [1, 2])[0] == -1
    finding = impossible(case, 0)
    assert finding is not None
    assert finding.code == "tour-unreachable"
    assert impossible(case, 1) is None


VEHICLES: list[tuple[VehicleKind, str, str]] = [
    (van(payload_kg=0.0), "tour-vehicle-no-capacity", "payload"),
    (van(floor_positions=0.0), "tour-vehicle-no-capacity", "floor"),
    (van(shift_end_s=6 * 3600), "tour-vehicle-no-time", "shift"),
    (van(shift_end_s=5 * 3600), "tour-vehicle-no-time", "shift"),
    (van(max_duty_s=0), "tour-vehicle-no-time", "duty"),
    (van(max_driving_s=0), "tour-vehicle-no-time", "driving"),
    (van(reload_at=("yrad",), max_reloads=1), "tour-hub-unknown", '"yard"'),
    (van(end_depot_id="hbu"), "tour-end-unknown", '"hub"'),
]


@pytest.mark.parametrize(("kind", "code", "word"), VEHICLES)
def test_a_vehicle_that_cannot_drive_is_named_and_the_others_drive(
    kind: VehicleKind, code: str, word: str
) -> None:
    case = with_a_good_one({}, fleet=(kind, truck()), hubs={"yard": Hub(2)})
    assert [(finding.code, finding.where) for finding in case.findings] == [
        (code, 'Vehicle type "van" at depot "hub"')
    ]
    assert word in case.findings[0].message
    plan = solve(case, max_iterations=5, bound="none")
    assert plan.totals["served"] == 2
    assert code == "tour-hub-unknown" or plan.tours["vehicle_type"].to_list() == ["truck"]


def test_a_fleet_without_any_capacity_serves_nobody_and_says_so() -> None:
    case = with_a_good_one({}, fleet=(van(payload_kg=0.0),))
    plan = solve(case, max_iterations=5, bound="none")
    assert plan.unserved["code"].to_list() == ["tour-too-heavy"] * 2
    assert [finding.code for finding in case.findings] == ["tour-vehicle-no-capacity"]


def test_stops_without_floor_need_none() -> None:
    case = problem(table(stop("A", 1, floor_positions=0.0)), line(0, 10), fleet=(van(floor_positions=0.0),))
    assert case.findings == ()
    assert impossible(case, 0) is None


def test_a_hub_that_does_not_exist_is_left_out_and_the_others_stay() -> None:
    kind = van(reload_at=("moon", "yard"), max_reloads=1)
    case = with_a_good_one({}, fleet=(kind,), hubs={"yard": Hub(2)})
    assert case.fleet[0].reload_at == ("yard",)


@pytest.mark.parametrize("weekday", [-1, 0, 8])
def test_a_usual_weekday_that_does_not_exist_is_a_finding_and_the_stop_is_served(weekday: int) -> None:
    case = with_a_good_one({"usual_weekday": weekday})
    (finding,) = case.findings
    assert finding.code == "tour-usual-weekday-unknown"
    assert f"weekday {weekday} " in finding.message
    assert solve(case, max_iterations=20).totals["served"] == 2
    assert not [found for day in range(1, 8) for found in with_a_good_one({"usual_weekday": day}).findings]


def test_an_unknown_usual_driver_is_a_finding_and_the_stop_is_served() -> None:
    case = with_a_good_one({"usual_driver": "D9"})
    assert [finding.code for finding in case.findings] == ["tour-usual-driver-unknown"]
    assert solve(case, max_iterations=5, bound="none").totals["served"] == 2


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"hubs": {"hub": Hub(0)}}, "tours-hub-twice"),
    ({"hubs": {"yard": Hub(7)}}, "tours-place-unknown"),
    ({"tunnel_profiles": {"Z": {"road": "road"}}}, "tours-tunnel-unknown"),
    ({"tunnel_profiles": {"E": {"road": "lane"}}}, "tours-profile-unknown"),
    ({"fleet": (van(volume_m3=-1.0),)}, "tours-vehicle-number"),
    ({"fleet": (van(co2e_kg_per_tkm=float("nan")),)}, "tours-vehicle-number"),
]


@pytest.mark.parametrize(("changes", "code"), REFUSED)
def test_what_concerns_the_whole_problem_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(InputError) as caught:
        with_a_good_one({}, **changes)
    assert caught.value.code == code


@pytest.mark.parametrize("column", ["volume_m3", "drop_mass_kg", "release_s"])
def test_figures_below_zero_are_refused(column: str) -> None:
    with pytest.raises(InputError) as caught:
        with_a_good_one({column: -1})
    assert caught.value.code == "tours-stop-number"


def test_columns_of_another_type_are_refused() -> None:
    case = with_a_good_one({"windows": None})
    with pytest.raises(InputError) as caught:
        replace(case, stops=case.stops.with_columns(windows=1))
    assert caught.value.code == "tours-stop-column-type"
