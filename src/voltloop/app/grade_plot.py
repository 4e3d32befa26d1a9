"""Grades as a page with charts that needs nothing from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from voltloop.app.grade import GradedFile

__all__ = ["grade_page"]

_COLOURS = ("#1b7f5c", "#4a9fd8", "#8a6fd1", "#d9a441", "#b5485d", "#6b7280", "#2f4b7c", "#a05195")


def grade_page(found: GradedFile) -> bytes:
    """Draw the grades, how sure they are, the next tests, and what a grade costs each holder."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    scheme = found.graded.scheme
    figure = make_subplots(
        rows=2,
        cols=2,
        subplot_titles=(
            "Batteries by grade, and by likely grade where open",
            "Chance of the grade",
            "Next test that is worth its cost",
            "Cost of a grade by access [EUR]",
        ),
    )
    table = found.table
    told = table.with_columns(pl.coalesce("grade", "likely_grade").alias("told"))
    for at, one in enumerate(scheme.grades):
        mine = told.filter(pl.col("told") == one.name)
        colour = _COLOURS[at]
        sure = mine.filter(pl.col("status") == "graded").height
        for status, count, opacity in (("graded", sure, 1.0), ("open", mine.height - sure, 0.45)):
            figure.add_trace(
                go.Bar(
                    x=[one.name], y=[count], name=f"{one.name}, {status}",
                    marker={"color": colour, "opacity": opacity}, legendgroup=one.name,
                ),
                row=1, col=1,
            )  # fmt: skip
        figure.add_trace(
            go.Histogram(
                x=mine["confidence"].to_list(), name=one.name, marker={"color": colour},
                xbins={"start": 0, "end": 1.0001, "size": 0.05}, legendgroup=one.name, showlegend=False,
            ),
            row=1, col=2,
        )  # fmt: skip
    tests = table["next_test"].fill_null("none").value_counts(sort=True)
    figure.add_trace(
        go.Bar(x=tests["next_test"].to_list(), y=tests["count"].to_list(), showlegend=False), row=2, col=1
    )
    figure.add_trace(
        go.Bar(
            x=[cost.holder for cost in found.costs], y=[cost.cost_eur for cost in found.costs],
            text=[", ".join((*cost.tests, *cost.parts)) for cost in found.costs], showlegend=False,
        ),
        row=2, col=2,
    )  # fmt: skip
    figure.update_layout(
        title=f"{found.name}: grades by {scheme.name}, {table.height} batteries, prices of {found.prices_on}",
        barmode="stack",
        height=860,
        template="plotly_white",
    )
    figure.update_yaxes(title_text="batteries", row=1, col=1)
    figure.update_xaxes(title_text="chance, 0 to 1", row=1, col=2)
    page: str = figure.to_html(include_plotlyjs=True, full_html=True)
    return page.encode()
