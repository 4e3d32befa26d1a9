"""Grades as charts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from voltloop.app.plot_page import plot_page

if TYPE_CHECKING:
    from voltloop.app.grade import GradedFile

__all__ = ["grade_page"]

_COLOURS = ("#1b7f5c", "#4a9fd8", "#8a6fd1", "#d9a441", "#b5485d", "#6b7280", "#2f4b7c", "#a05195")


def grade_page(found: GradedFile) -> bytes:
    """Draw the grades, how sure they are, the next tests, and what a grade costs each holder."""
    return plot_page(
        f"{found.name}: grades by {found.graded.scheme.name}",
        [
            ("Batteries by grade, pale where it is only the likely one", _by_grade(found)),
            ("Chance of the grade", _chances(found)),
            ("Next test that is worth its cost", _tests(found)),
            ("Cost of a grade by access", _costs(found)),
        ],
        notes=[
            f"{found.table.height} batteries; tests offered to: {found.holder}.",
            f"Routes valued in EUR at prices of {found.prices_on}, before transport; costs of tests are estimates.",
        ],
    )


def _told(found: GradedFile) -> list[tuple[str, str, pl.DataFrame]]:
    """Give name, colour and batteries of each grade, those that are open by their likely grade."""
    told = found.table.with_columns(pl.coalesce("grade", "likely_grade").alias("told"))
    return [
        (one.name, _COLOURS[at], told.filter(pl.col("told") == one.name))
        for at, one in enumerate(found.graded.scheme.grades)
    ]


def _by_grade(found: GradedFile) -> Any:
    import plotly.graph_objects as go

    figure = go.Figure()
    for name, colour, batteries in _told(found):
        sure = batteries.filter(pl.col("status") == "graded").height
        for label, count, opacity in (("graded", sure, 1.0), ("open", batteries.height - sure, 0.45)):
            marker = {"color": colour, "opacity": opacity}
            figure.add_trace(go.Bar(x=[name], y=[count], name=f"{name}, {label}", marker=marker))
    figure.update_layout(barmode="stack", yaxis_title="batteries")
    return figure


def _chances(found: GradedFile) -> Any:
    import plotly.graph_objects as go

    bins = {"start": 0, "end": 1.0001, "size": 0.05}
    figure = go.Figure(
        [
            go.Histogram(x=batteries["confidence"].to_list(), name=name, marker={"color": colour}, xbins=bins)
            for name, colour, batteries in _told(found)
        ]
    )
    figure.update_layout(barmode="stack", xaxis_title="chance, 0 to 1", yaxis_title="batteries")
    return figure


def _tests(found: GradedFile) -> Any:
    import plotly.graph_objects as go

    tests = (
        found.table["next_test"]
        .fill_null("none")
        .value_counts()
        .sort("count", "next_test", descending=[True, False])
    )
    figure = go.Figure(go.Bar(x=tests["next_test"].to_list(), y=tests["count"].to_list()))
    figure.update_layout(yaxis_title="batteries")
    return figure


def _costs(found: GradedFile) -> Any:
    import plotly.graph_objects as go

    figure = go.Figure(
        go.Bar(
            x=[cost.holder for cost in found.costs],
            y=[cost.cost_eur for cost in found.costs],
            hovertext=[", ".join((*cost.tests, *cost.parts)) for cost in found.costs],
        )
    )
    figure.update_layout(yaxis_title="EUR per battery")
    return figure
