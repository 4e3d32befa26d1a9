"""Map and flow chart."""

from __future__ import annotations

import json
from dataclasses import replace

import polars as pl

from report_cases import HOSTILE, empty_plan, small_plan
from voltloop.documents.report import ReportData, figures, views


def _map(data: ReportData) -> figures.Figure | None:
    return figures.tour_map(data, views.tours(data), views.stops(data), views.points(data), views.sites(data))


def _roles(figure: figures.Figure) -> list[str]:
    return [trace["meta"]["role"] for trace in figure["data"]]


def test_everything_has_its_place_on_the_map() -> None:
    figure = _map(small_plan())
    assert figure is not None
    assert _roles(figure) == [
        "land",
        "tour",
        "tour",
        "points: nothing to fetch",
        "points: fetched",
        "points: waiting",
        "treatment sites",
        "depots",
        "stops of the chosen tour",
    ]
    assert all(trace["type"] == "scatter" for trace in figure["data"]), (
        "map traces of Plotly load from outside"
    )


def test_tours_without_a_way_are_drawn_stop_to_stop_and_dotted() -> None:
    figure = _map(small_plan())
    assert figure is not None
    first, second = (trace for trace in figure["data"] if trace["meta"]["role"] == "tour")
    assert (first["line"]["dash"], first["meta"]["estimated"], len(first["x"])) == ("solid", False, 4)
    assert (second["line"]["dash"], second["meta"]["estimated"], len(second["x"])) == ("dot", True, 2)


def test_points_know_their_tours() -> None:
    figure = _map(small_plan())
    assert figure is not None
    fetched = next(trace for trace in figure["data"] if trace["meta"]["role"] == "points: fetched")
    assert dict(zip(fetched["ids"], fetched["customdata"], strict=True)) == {
        "P1": [[0, 1], [1, 1]],
        "P2": [[1, 2]],
    }
    assert "T1, stop 1, at 09:00, 1\u00a0battery" in fetched["text"][0]


def test_names_are_escaped_because_plotly_reads_markup() -> None:
    figure = _map(small_plan(HOSTILE))
    assert "<script" not in json.dumps(figure)
    assert "<img" not in json.dumps(figure)


def test_the_map_looks_at_what_the_plan_is_about() -> None:
    """A far point with nothing to fetch does not make the rest small."""
    data = small_plan()
    far = data.points.with_columns(lon=pl.when(pl.col("point_id") == "P4").then(-150.0).otherwise("lon"))
    figure = _map(replace(data, points=far))
    assert figure is not None
    assert figure["layout"]["xaxis"]["range"][0] > 0


def test_places_without_coordinates_are_gaps_and_not_errors() -> None:
    data = small_plan()
    lost = data.points.with_columns(lat=pl.when(pl.col("point_id") == "P2").then(None).otherwise("lat"))
    figure = _map(replace(data, points=lost))
    assert figure is not None
    assert "NaN" not in json.dumps(figure)
    assert _map(empty_plan()) is None


def test_tours_can_be_coloured_by_depot_day_vehicle_or_each_for_itself() -> None:
    ways = figures.colours(views.tours(small_plan()))
    assert list(ways) == ["depot", "day", "vehicle", "tour"]
    assert ways["depot"] == {"names": ["Hub Brno"], "of": [0, 0]}
    assert ways["vehicle"] == {"names": ["Van light", "Rigid ADR"], "of": [0, 1]}
    assert figures.colours(pl.DataFrame()) == {}


def test_the_flow_chart_keeps_the_mass_on_both_sides() -> None:
    figure = figures.flow_chart(views.flows(small_plan()))
    assert figure is not None
    (sankey,) = figure["data"]
    into = sum(
        value
        for value, target in zip(sankey["link"]["value"], sankey["link"]["target"], strict=True)
        if target in sankey["link"]["source"]
    )
    assert into == 1586.0
    assert sum(sankey["link"]["value"]) == 2 * 1586.0
    assert figures.flow_chart(pl.DataFrame()) is None


def test_colours_are_names_of_the_style_sheet() -> None:
    """Only then do they follow light, dark and print."""
    assert "#" not in json.dumps(_map(small_plan())).replace("#tour", "")
