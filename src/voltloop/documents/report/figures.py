"""Map and flow chart as Plotly figures: plain dictionaries whose colours are names of the page's style sheet.

A colour is written ``var(--name)``; the page's script puts in the value for light, dark or print.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

import numpy as np
import polars as pl

from voltloop.documents.report import geometry, words
from voltloop.documents.report.data import ReportData, TourLine

__all__ = ["SERIES", "Figure", "colours", "flow_chart", "tour_map"]

Figure = dict[str, Any]

SERIES: Final = 10
"""Number of colours; from the eleventh on, lines are dashed."""

_DASHES: Final = ("solid", "dash", "longdash", "dashdot")
_NUMBERS: Final[Figure] = {
    "type": "scatter",
    "mode": "markers+text",
    "x": [],
    "y": [],
    "text": [],
    "textposition": "middle center",
    "textfont": {"size": 12, "color": "var(--paper)"},
    "marker": {"size": 20, "color": "var(--ink)", "line": {"width": 1.5, "color": "var(--paper)"}},
    "hoverinfo": "skip",
    "meta": {"role": "stops of the chosen tour"},
}
"""Filled by the page's script with the stops of the tour that is picked out."""
_BARE_AXIS: Final = {"visible": False, "showgrid": False, "zeroline": False}


def colours(frame: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Give how tours may be coloured: by depot, day, vehicle or each for itself.

    Returns
    -------
    dict
        By way of colouring: ``names`` of the groups and ``of``, the group of each tour in the order of the frame.
    """
    ways = {"depot": "depot", "day": "day", "vehicle": "vehicle_type", "tour": "tour_id"}
    found: dict[str, dict[str, Any]] = {}
    for way, column in ways.items():
        if column not in frame.columns or not frame.height:
            continue
        kind = {"day": "day", "vehicle": "label"}.get(way, "text")
        texts = [words.cell(value, kind)[0] for value in frame[column]]
        names = list(dict.fromkeys(texts))
        found[way] = {"names": names, "of": [names.index(text) for text in texts]}
    return found


def tour_map(
    data: ReportData, tours: pl.DataFrame, stops: pl.DataFrame, points: pl.DataFrame, sites: pl.DataFrame
) -> Figure | None:
    """Give the map of the plan, or None when no place is known.

    The land, the tours in the order of the frame, points by state, treatment sites, depots, the stops of the tour
    that is picked out; each trace says in ``meta`` what it is.
    """
    lines = {line.tour_id: line for line in data.tour_lines}
    used = sites.filter(pl.col("is_depot") | _sent(sites)) if sites.height else sites
    seen = _looked_at(tours, points, used)
    lat = np.concatenate([np.empty(0), *(frame["lat"].cast(pl.Float64).to_numpy() for frame in seen)])
    lon = np.concatenate([np.empty(0), *(frame["lon"].cast(pl.Float64).to_numpy() for frame in seen)])
    view = geometry.view_of(lat, lon)
    if view is None:
        return None
    x, y = geometry.land(view, data.outlines if data.outlines is None else _rings(data))
    traces: list[Figure] = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": x,
            "y": y,
            "fill": "toself",
            "fillcolor": "var(--land)",
            "line": {"color": "var(--coast)", "width": 0.8},
            "hoverinfo": "skip",
            "meta": {"role": "land"},
        }
    ]
    for index, tour in enumerate(tours.iter_rows(named=True)):
        traces.append(_tour_trace(index, tour, lines.get(str(tour["tour_id"])), stops, view))
    traces += _point_traces(points, stops, tours, view)
    traces += _site_traces(used, view)
    if any(trace["meta"]["role"] == "points: fetched" for trace in traces):
        traces.append(_NUMBERS)
    return {"data": traces, "layout": _map_layout(view)}


def flow_chart(flows: pl.DataFrame) -> Figure | None:
    """Give the flow of mass from chemistry through treatment to site."""
    if not flows.height:
        return None
    nodes: dict[tuple[int, str], int] = {}
    links: dict[tuple[int, int], list[float]] = {}
    for chemistry, treatment, site, count, mass in flows.select(
        "chemistry", "treatment", "site", "batteries", "mass_kg"
    ).iter_rows():
        steps = [
            nodes.setdefault((level, name), len(nodes))
            for level, name in enumerate((chemistry, words.label(treatment), site))
        ]
        for pair in ((steps[0], steps[1]), (steps[1], steps[2])):
            amount = links.setdefault(pair, [0.0, 0.0])
            amount[0] += mass
            amount[1] += count
    levels = [level for level, _ in nodes]
    label = [escape(name) for _, name in nodes]
    return {
        "data": [
            {
                "type": "sankey",
                "arrangement": "snap",
                "valueformat": ",.0f",
                "valuesuffix": " kg",
                "node": {
                    "label": label,
                    "color": [("var(--c5)", "var(--c0)", "var(--c2)")[level] for level in levels],
                    "pad": 14,
                    "thickness": 14,
                    "line": {"width": 0},
                    "hovertemplate": "%{label}: %{value}<extra></extra>",
                },
                "link": {
                    "source": [pair[0] for pair in links],
                    "target": [pair[1] for pair in links],
                    "value": [round(amount[0], 1) for amount in links.values()],
                    "customdata": [
                        words.plural(int(amount[1]), "battery", "batteries") for amount in links.values()
                    ],
                    "color": ["var(--flow)"] * len(links),
                    "hovertemplate": "%{source.label} → %{target.label}<br>%{value}, %{customdata}<extra></extra>",
                },
            }
        ],
        "layout": {
            "height": max(340, 30 * max(levels.count(level) for level in range(3))),
            "margin": _margin(8),
        },
    }


def _looked_at(tours: pl.DataFrame, points: pl.DataFrame, sites: pl.DataFrame) -> list[pl.DataFrame]:
    """Give the places that the map looks at first: those of the tours, else where something waits, else all."""
    fetched = points.filter(pl.col("state") == "fetched") if points.height else points
    if fetched.height:
        used = tours["depot_id"].unique().to_list() if "depot_id" in tours.columns else []
        return [fetched, *([sites.filter(pl.col("site_id").is_in(used))] if sites.height else [])]
    waiting = points.filter(pl.col("state") == "waiting") if points.height else points
    return [frame for frame in (waiting if waiting.height else points, sites) if frame.height]


def _sent(sites: pl.DataFrame) -> pl.Expr:
    return pl.col("batteries").fill_null(0) > 0 if "batteries" in sites.columns else pl.lit(True)


def _rings(data: ReportData) -> list[geometry.Floats]:
    return [ring for outline in data.outlines or () for ring in outline.rings]


def _tour_trace(
    index: int, tour: Mapping[str, Any], line: TourLine | None, stops: pl.DataFrame, view: geometry.View
) -> Figure:
    if line is not None:
        lat, lon = line.lat, line.lon
    elif {"lat", "lon"} <= set(stops.columns):
        own = stops.filter(pl.col("tour_id") == tour["tour_id"])
        lat, lon = (own[name].cast(pl.Float64).to_numpy() for name in ("lat", "lon"))
    else:
        lat = lon = np.empty(0)
    facts = [
        f"<b>{escape(str(tour['tour_id']))}</b>",
        escape(
            " · ".join(
                words.cell(tour[key], kind)[0]
                for key, kind in (("day", "day"), ("depot", "text"), ("vehicle_type", "label"))
                if tour.get(key) is not None
            )
        ),
        " · ".join(
            f"{words.number(tour[key])} {unit}"
            for key, unit in (("stop_count", "stops"), ("km", "km"), ("mass_kg", "kg"))
            if tour.get(key) is not None
        ),
    ]
    dash = "dot" if line is None or line.estimated else _DASHES[index // SERIES % len(_DASHES)]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": _coordinates(view.x(lon)),
        "y": _coordinates(view.y(lat)),
        "line": {"color": f"var(--c{index % SERIES})", "width": 2.4, "dash": dash},
        "text": "<br>".join(fact for fact in facts if fact),
        "hoverinfo": "text",
        "meta": {"role": "tour", "tour": index, "estimated": line is None or line.estimated},
    }


def _point_traces(
    points: pl.DataFrame, stops: pl.DataFrame, tours: pl.DataFrame, view: geometry.View
) -> list[Figure]:
    if not points.height:
        return []
    order = {tour: index for index, tour in enumerate(tours["tour_id"])} if tours.height else {}
    visits: dict[str, list[Any]] = {}
    if stops.height and "point_id" in stops.columns:
        for stop in stops.iter_rows(named=True):
            visits.setdefault(stop["point_id"], []).append(stop)
    styles = {
        "nothing to fetch": {"size": 4, "color": "var(--idle)", "opacity": 0.8},
        "fetched": {"size": 8, "color": "var(--ink)", "line": {"width": 1.2, "color": "var(--paper)"}},
        "waiting": {
            "size": 10,
            "symbol": "diamond",
            "color": "var(--wait)",
            "line": {"width": 1.2, "color": "var(--paper)"},
        },
    }
    traces = []
    for state, marker in styles.items():
        rows = points.filter(pl.col("state") == state)
        if not rows.height:
            continue
        mine = [visits.get(str(point), []) for point in rows["point_id"]]
        traces.append(
            {
                **_marks(rows, view, marker, f"points: {state}"),
                "text": [
                    _point_text(row, seen) for row, seen in zip(rows.iter_rows(named=True), mine, strict=True)
                ],
                "customdata": [
                    [[order.get(stop["tour_id"], -1), stop["seq"]] for stop in seen] for seen in mine
                ],
            }
        )
    return traces


def _site_traces(sites: pl.DataFrame, view: geometry.View) -> list[Figure]:
    if not sites.height:
        return []
    line = {"width": 1.4, "color": "var(--paper)"}
    traces = []
    for role, is_depot, symbol, colour, size in (
        ("treatment sites", False, "triangle-up", "var(--site)", 11),
        ("depots", True, "square", "var(--ink)", 11),
    ):
        rows = sites.filter(pl.col("is_depot") == is_depot)
        if rows.height:
            texts = [_site_text(row) for row in rows.iter_rows(named=True)]
            marker = {"size": size, "symbol": symbol, "color": colour, "line": line}
            traces.append({**_marks(rows, view, marker, role), "text": texts})
    return traces


def _marks(rows: pl.DataFrame, view: geometry.View, marker: Figure, role: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "hoverinfo": "text",
        "marker": marker,
        "meta": {"role": role},
        "x": _coordinates(view.x(rows["lon"].cast(pl.Float64).to_numpy())),
        "y": _coordinates(view.y(rows["lat"].cast(pl.Float64).to_numpy())),
        "ids": rows[rows.columns[0]].cast(pl.String).to_list(),
    }


def _point_text(point: Mapping[str, Any], stops: Sequence[Mapping[str, Any]]) -> str:
    lines = [f"<b>{escape(str(point.get('name') or point['point_id']))}</b>"]
    if point.get("place"):
        lines.append(escape(str(point["place"])))
    for stop in stops:
        parts = [f"{stop['tour_id']}, stop {stop['seq']}"]
        parts += [f"at {stop['arrives']}"] if stop.get("arrives") else []
        parts += (
            [words.plural(int(stop["batteries"]), "battery", "batteries")] if stop.get("batteries") else []
        )
        parts += [words.mass(stop["mass_kg"])] if stop.get("mass_kg") else []
        lines.append(escape(", ".join(parts)))
    if point.get("state") == "waiting":
        lines.append("Batteries here are held or deferred")
    return "<br>".join(lines)


def _site_text(site: Mapping[str, Any]) -> str:
    lines = [f"<b>{escape(str(site.get('name') or site['site_id']))}</b>"]
    kind = "Depot" if site.get("is_depot") else ""
    what = words.label(site["kind"]) if site.get("kind") else ""
    lines.append(escape(" · ".join(part for part in (kind, what, str(site.get("place") or "")) if part)))
    if site.get("batteries"):
        lines.append(escape(words.plural(int(site["batteries"]), "battery", "batteries") + " sent here"))
    return "<br>".join(lines)


def _coordinates(values: geometry.Floats) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), 4) for value in values]


def _map_layout(view: geometry.View) -> Figure:
    return {
        "xaxis": {**_BARE_AXIS, "range": [view.west, view.east]},
        "yaxis": {**_BARE_AXIS, "range": [view.south, view.north], "scaleanchor": "x", "scaleratio": 1},
        "dragmode": "pan",
        "plot_bgcolor": "var(--sea)",
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
    }


def _margin(size: int) -> dict[str, int]:
    return {"l": size, "r": size, "t": size, "b": size}
