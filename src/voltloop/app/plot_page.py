"""Charts on a page of their own, that opens without network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

__all__ = ["plot_page"]

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font-family: system-ui, sans-serif; margin: 1rem auto; max-width: 72rem; padding: 0 1rem; }}
h1 {{ font-size: 1.4rem; }} h2 {{ font-size: 1.1rem; margin-bottom: 0; }} .chart {{ height: 30rem; }}
li {{ margin: 0.2rem 0; }}
</style></head><body>
<h1>{title}</h1>
"""


def plot_page(title: str, charts: Sequence[tuple[str, Any]], *, notes: Sequence[str] = ()) -> bytes:
    """Give a web page with charts, Plotly's script within it.

    Parameters
    ----------
    title
        Heading of the page.
    charts
        Heading and Plotly figure of each chart, in order.
    notes
        Sentences below the charts: units, sources, dates.

    Returns
    -------
    bytes
        HTML in UTF-8, the same for the same input; nothing in it loads from elsewhere.
    """
    from plotly.io import to_html

    parts = [_HEAD.format(title=escape(title))]
    for number, (heading, figure) in enumerate(charts):
        figure.update_layout(template="plotly_white", margin={"t": 20, "l": 60, "r": 20, "b": 60})
        drawn = to_html(
            figure,
            full_html=False,
            include_plotlyjs=number == 0,
            div_id=f"chart-{number}",
            config={"displaylogo": False},
        )
        parts.append(f'<h2>{escape(heading)}</h2>\n<div class="chart">{drawn}</div>\n')
    if notes:
        parts.append("<ul>" + "".join(f"<li>{escape(note)}</li>" for note in notes) + "</ul>\n")
    parts.append("</body></html>\n")
    return "".join(parts).encode()
