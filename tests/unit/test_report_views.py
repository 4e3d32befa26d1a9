"""The frames of a report joined for showing."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from report_cases import empty_plan, small_plan
from voltloop.documents.report import views
from voltloop.errors import InputError
from voltloop.findings import Finding, kinds


def test_a_frame_without_its_key_is_refused_by_name() -> None:
    data = replace(small_plan(), held=pl.DataFrame({"row": [1], "why": ["x"]}))
    with pytest.raises(InputError, match=r"frame held: the column reason is missing") as caught:
        views.check(data)
    assert caught.value.code == "report-column-missing"


def test_empty_frames_need_no_columns() -> None:
    views.check(empty_plan())


def test_tours_stand_by_day_with_depot_and_batteries() -> None:
    tours = views.tours(small_plan())
    assert tours["tour_id"].to_list() == ["T1", "T2"]
    assert tours["depot"].to_list() == ["Hub Brno", "Hub Brno"]
    assert tours["batteries"].to_list() == [1, 2]


def test_stops_are_in_driving_order_and_take_place_and_coordinates_from_the_points() -> None:
    stops = views.stops(small_plan())
    assert stops.select("tour_id", "seq").rows() == [("T1", 1), ("T2", 1), ("T2", 2)]
    assert stops["place"].to_list()[2] == "Graz, AT"
    assert stops["lat"].to_list() == [51.76, 51.76, 47.07]


def test_held_batteries_are_ranked_forbidden_then_undecided_then_the_rest() -> None:
    data = small_plan()
    more = pl.concat([data.held, data.held.head(1).with_columns(kind=pl.lit("unreachable"))])
    shown = views.held(more, data)
    assert shown["kind"].to_list() == ["forbidden", "undecided", "unreachable"]
    assert shown["place"][0] == "Köln dealer, Köln, DE"


def test_held_batteries_without_a_kind_or_with_only_nulls_are_shown_too() -> None:
    data = small_plan()
    bare = pl.DataFrame({"row": [1], "reason": ["x"], "kind": [None]})
    assert views.held(bare, data).height == 1
    assert views.held(bare.drop("kind"), data).height == 1


def test_row_findings_stand_with_review_first() -> None:
    assert views.row_findings(small_plan())["status"].to_list() == [
        "review",
        "rejected",
        "rejected",
        "accepted_with_findings",
    ]


def test_codes_count_rows_and_not_findings() -> None:
    data = small_plan()
    twice = replace(data, row_findings=pl.concat([data.row_findings, data.row_findings]))
    counted = dict(views.codes(twice).select("code", "rows").iter_rows())
    assert counted == {"made-up-note": 2, "made-up-tenfold": 1, "made-up-twice": 1}


def test_treatment_sums_count_every_unit_of_a_row() -> None:
    data = small_plan()
    five = replace(data, batteries=data.batteries.with_columns(quantity=pl.lit(5)))
    sums = {row["treatment"]: row for row in views.treatments(five).iter_rows(named=True)}
    assert sums["recycle"]["batteries"] == 10
    assert sums["recycle"]["mass_kg"] == 5 * (434.0 + 40.0)
    assert sums["recycle"]["net_value_eur"] == 80.0, "value is given per row, for all its units"
    assert sum(row["batteries"] for row in sums.values()) == 30


def test_flows_keep_the_whole_mass_and_say_what_has_no_destination() -> None:
    flows = views.flows(small_plan())
    assert flows["mass_kg"].sum() == pytest.approx(1586.0)
    assert "No destination yet" in flows["site"].to_list()
    assert "unknown" in flows["chemistry"].to_list()


def test_small_destinations_are_put_together() -> None:
    rows = list(range(40))
    data = replace(
        small_plan(),
        batteries=pl.DataFrame(
            {"row": rows, "chemistry": ["NMC"] * 40, "mass_kg": [float(40 - row) for row in rows]}
        ),
        treatments=pl.DataFrame(
            {"row": rows, "treatment": ["recycle"] * 40, "destination_id": [f"X{row}" for row in rows]}
        ),
    )
    flows = views.flows(data)
    assert "28 other sites" in flows["site"].to_list()
    assert flows["mass_kg"].sum() == sum(range(1, 41))


def test_baselines_are_measured_against_this_plan() -> None:
    frame = views.baselines(small_plan())
    assert frame["name"].to_list() == ["This plan", "Savings", "One truck per site"]
    assert frame["more"].to_list() == [None, pytest.approx(0.1), pytest.approx(2.0)]


def test_baselines_stand_beside_the_tours_alone() -> None:
    """Packaging and onward loads are no part of the other ways, so this plan's row leaves them out too."""
    frame = views.baselines(replace(small_plan(), totals=replace(small_plan().totals, cost_eur=99_999.0)))
    assert frame["cost_eur"].to_list() == [1500.0, 1650.0, 4000.0]


def test_heavy_findings_about_the_plan_stand_first() -> None:
    lightest_first = sorted(kinds().values(), key=lambda kind: -views.SEVERITY_ORDER.index(kind.severity))
    found = [Finding(kind.code, "", "", None, None, 1.0, kind.title) for kind in lightest_first]
    order = [
        views.SEVERITY_ORDER.index(f.severity)
        for f in views.plan_findings(replace(empty_plan(), findings=found))
    ]
    assert order == sorted(order)
    assert len(set(order)) > 1


def test_points_are_fetched_waiting_or_idle() -> None:
    state = dict(views.points(small_plan()).select("point_id", "state").iter_rows())
    assert state == {"P3": "waiting", "P1": "fetched", "P2": "fetched", "P4": "nothing to fetch"}


def test_depots_stand_first_whatever_the_spelling_of_yes() -> None:
    data = small_plan()
    for spelling in (["Yes", "no"], [True, False], ["1", "0"]):
        frame = views.sites(replace(data, sites=data.sites.with_columns(is_depot=pl.Series(spelling))))
        assert frame.select("site_id", "is_depot").rows() == [("S1", True), ("S2", False)]
    assert views.sites(data)["batteries"].to_list() == [2, 3]


def test_packaging_says_what_is_left_of_a_limited_stock() -> None:
    assert views.packaging(small_plan())["left"].to_list() == [2.0]
