"""The map as a still picture."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from report_cases import HOSTILE, small_plan
from voltloop.documents.report import figures, render, views
from voltloop.documents.report.still import still_map


def _figure() -> figures.Figure:
    data = small_plan(HOSTILE)
    figure = figures.tour_map(
        data, views.tours(data), views.stops(data), views.points(data), views.sites(data)
    )
    assert figure is not None
    return figure


def test_the_still_map_draws_every_trace_and_no_name() -> None:
    picture = ET.fromstring(still_map(_figure()))
    assert len(picture.findall("path")) == len([trace for trace in _figure()["data"] if trace["x"]])
    assert "".join(picture.itertext()) == ""


def test_depots_lie_where_the_live_map_has_them() -> None:
    figure = _figure()
    depots = figure["data"][-2]
    west, east = figure["layout"]["xaxis"]["range"]
    x = (depots["x"][0] - west) * 1000 / (east - west)
    path = ET.fromstring(still_map(figure)).findall("path")[-1].get("d", "")
    left, right = float(path[1:].split()[0]), float(path.split("H")[1].split("V")[0])
    assert abs((left + right) / 2 - x) < 0.2


def test_it_stands_in_the_page_for_readers_without_script() -> None:
    assert '<svg class="still"' in render(small_plan())
