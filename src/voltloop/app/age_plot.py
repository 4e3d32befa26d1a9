"""Ageing as a page with charts that needs nothing from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from voltloop.app.age import FARTHEST_YEARS
from voltloop.app.plot_page import plot_page

if TYPE_CHECKING:
    from voltloop.app.age import Aged, AgedSeries

__all__ = ["age_page", "age_series_page"]

_COLOURS = ("#2f4b7c", "#1b7f5c")
_SINGLE = 12
"""Up to so many batteries are drawn one by one, more as the spread of the list."""


def age_page(found: Aged) -> bytes:
    """Draw the state of health by year under each life, and the years left to the threshold."""
    lives = found.lives
    notes = [
        f"From {found.on}; {found.table.height} batteries aged, {found.left_out.height} left out.",
        f"Intervals hold {lives.coverage:.0%} of cases; below a state of health of 0.6 no model was tested.",
        "Models and parameters: BLAST-Lite (NREL), catalogue/ageing. A trained person checks and signs.",
    ]
    charts = [
        ("State of health by year", _course(found)),
        ("Years left to the threshold", _years_left(found)),
    ]
    return plot_page(f"Ageing of {found.name}", charts, notes=notes)


def age_series_page(found: AgedSeries) -> bytes:
    """Draw the state of health of one battery under a measured use."""
    import plotly.graph_objects as go

    figure = go.Figure(
        go.Scatter(x=found.course["year"].to_list(), y=found.course["soh"].to_list(), name="soh")
    )
    _axes(figure, "years", "state of health")
    return plot_page(f"Ageing under {found.name}", [("State of health by year", figure)], notes=[found.model])


def _axes(figure: Any, x: str, y: str) -> None:
    figure.update_xaxes(title=x)
    figure.update_yaxes(title=y)


def _course(found: Aged) -> Any:
    import plotly.graph_objects as go

    figure = go.Figure()
    for colour, (use, _) in zip(_COLOURS, found.lives.uses(), strict=False):
        course = found.course.filter(life=use)
        if found.table.height <= _SINGLE:
            for (battery,), one in course.group_by("battery_id", maintain_order=True):
                _band(figure, one, f"{battery}, {use}", colour)
        else:
            spread = course.group_by("year", maintain_order=True).agg(
                pl.col("soh").median().alias("soh"),
                pl.col("soh").quantile(0.05).alias("soh_low"),
                pl.col("soh").quantile(0.95).alias("soh_high"),
            )
            _band(figure, spread, f"{use}: median and middle 90 % of the list", colour)
    figure.add_hline(
        y=found.lives.threshold,
        line={"dash": "dot"},
        annotation_text="threshold",
        annotation_position="bottom left",
    )
    _axes(figure, f"years from {found.on}", "state of health")
    return figure


def _band(figure: Any, table: pl.DataFrame, name: str, colour: str) -> None:
    import plotly.graph_objects as go

    years = table["year"].to_list()
    figure.add_trace(
        go.Scatter(
            x=[*years, *reversed(years)],
            y=[*table["soh_low"].to_list(), *reversed(table["soh_high"].to_list())],
            fill="toself", fillcolor=colour, opacity=0.15, line={"width": 0}, hoverinfo="skip", showlegend=False,
        )
    )  # fmt: skip
    figure.add_trace(go.Scatter(x=years, y=table["soh"].to_list(), name=name, line={"color": colour}))


def _years_left(found: Aged) -> Any:
    import plotly.graph_objects as go

    figure = go.Figure()
    for colour, front, (use, _) in zip(_COLOURS, ("", "second_"), found.lives.uses(), strict=False):
        left = found.table[f"{front}years_left"]
        beyond = left.null_count()
        name = use if not beyond else f"{use} ({beyond} beyond {FARTHEST_YEARS} years)"
        look = {"name": name, "marker": {"color": colour}}
        if found.table.height <= _SINGLE:
            figure.add_trace(go.Bar(x=found.table["battery_id"].to_list(), y=left.to_list(), **look))
        else:
            bins = {"start": 0, "end": FARTHEST_YEARS, "size": 2}
            figure.add_trace(go.Histogram(x=left.drop_nulls().to_list(), xbins=bins, **look))
    figure.update_layout(barmode="group", showlegend=True)
    years = f"years until a state of health of {found.lives.threshold:g}"
    _axes(figure, *(("battery", years) if found.table.height <= _SINGLE else (years, "batteries")))
    return figure
