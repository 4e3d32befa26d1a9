"""The map as a still picture, seen before and without the page's script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from voltloop.documents.report.figures import Figure

__all__ = ["still_map"]

_WIDTH: Final = 1000.0
_SHAPES: Final = {
    "square": "M{x0} {y0}H{x1}V{y1}H{x0}Z",
    "triangle-up": "M{x0} {y1}L{x} {y0}L{x1} {y1}Z",
    "diamond": "M{x} {y0}L{x1} {y}L{x} {y1}L{x0} {y}Z",
}


def still_map(figure: Figure) -> str:
    """Give a map figure as SVG, with the style sheet's colours and no names in it.

    Parameters
    ----------
    figure
        What ``figures.tour_map`` gives.
    """
    west, east = figure["layout"]["xaxis"]["range"]
    south, north = figure["layout"]["yaxis"]["range"]
    scale = _WIDTH / (east - west)
    height = round((north - south) * scale, 1)
    parts = [f'<svg class="still" viewBox="0 0 {_WIDTH:.0f} {height}" aria-hidden="true" focusable="false">']
    for trace in figure["data"]:
        if not trace["x"]:
            continue
        xs = [None if value is None else round((value - west) * scale, 1) for value in trace["x"]]
        ys = [None if value is None else round((north - value) * scale, 1) for value in trace["y"]]
        if trace["mode"] == "markers":
            parts.append(_marks(xs, ys, trace["marker"]))
        else:
            is_land = trace["meta"]["role"] == "land"
            paint = f'fill="{trace["fillcolor"]}"' if is_land else 'fill="none"'
            line = trace["line"]
            parts.append(
                f'<path {paint} stroke="{line["color"]}" stroke-width="{line["width"]}" d="{_line(xs, ys)}"/>'
            )
    return "".join([*parts, "</svg>"])


def _line(xs: Sequence[float | None], ys: Sequence[float | None]) -> str:
    steps: list[str] = []
    command = "M"
    for x, y in zip(xs, ys, strict=True):
        if x is None or y is None:
            command = "M"
        else:
            steps.append(f"{command}{x:g} {y:g}")
            command = "L"
    return "".join(steps)


def _marks(xs: Sequence[float | None], ys: Sequence[float | None], marker: dict[str, Any]) -> str:
    half = marker["size"] * 0.55
    shape = _SHAPES.get(marker.get("symbol", ""))
    drawn = []
    for x, y in zip(xs, ys, strict=True):
        if x is None or y is None:
            continue
        if shape is None:
            arc = f"a{half:.1f} {half:.1f} 0 1 0"
            drawn.append(f"M{x - half:.1f} {y:.1f}{arc} {2 * half:.1f} 0{arc} {-2 * half:.1f} 0")
        else:
            corners = {"x": x, "y": y, "x0": x - half, "x1": x + half, "y0": y - half, "y1": y + half}
            drawn.append(shape.format(**{name: f"{value:.1f}" for name, value in corners.items()}))
    line = marker.get("line", {"color": "none", "width": 0})
    paint = f'fill="{marker["color"]}" stroke="{line["color"]}" stroke-width="{line["width"]}"'
    return f'<path {paint} d="{"".join(drawn)}"/>'
