"""Charts of the tables of cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from voltloop.app.money_table import MoneyTable

__all__ = ["cost_charts", "stacked_bars"]

_LABELS = {
    "freight_usd_per_kg": "freight",
    "packaging_usd_per_kg": "packaging",
    "pack_to_module_usd_per_kg": "pack to module",
    "module_to_cell_usd_per_kg": "module to cell",
    "cost_usd_per_kg": "cost",
    "revenue_usd_per_kg": "revenue",
    "deliverer_usd_per_kg": "who delivers",
    "recycler_usd_per_kg": "recycler",
}


def cost_charts(table: MoneyTable) -> list[tuple[str, Any]]:
    """Give the charts of a table of ``voltloop cost``: heading and Plotly figure."""
    kind = table.schema.split("/", maxsplit=1)[0]
    return _CHARTS[kind](table) if table.rows else []


def stacked_bars(
    rows: Sequence[dict[str, Any]], keys: tuple[str, ...], names: Sequence[str], unit: str
) -> Any:
    """Give bars of rows, one per row, the named values stacked."""
    import plotly.graph_objects as go

    labels = [", ".join(str(row[key]) for key in keys) for row in rows]
    figure = go.Figure(
        [go.Bar(name=_LABELS.get(name, name), x=labels, y=[row[name] for row in rows]) for name in names]
    )
    figure.update_layout(barmode="relative", yaxis_title=unit)
    return figure


def _bars(labels: Sequence[str], values: Sequence[float], unit: str) -> Any:
    import plotly.graph_objects as go

    figure = go.Figure(go.Bar(x=list(labels), y=list(values)))
    figure.update_layout(yaxis_title=unit)
    return figure


def _recycling(table: MoneyTable) -> list[tuple[str, Any]]:
    import plotly.graph_objects as go

    rows = table.rows
    keys = [
        key
        for key in ("chemistry", "process", "place")
        if key != "place" or len({r["place"] for r in rows}) > 1
    ]
    sizes = sorted({row["feed_t_per_yr"] for row in rows})
    charts = []
    largest = [row for row in rows if row["feed_t_per_yr"] == sizes[-1]]
    labels = [", ".join(row[key] for key in keys) for row in largest]
    figure = go.Figure(
        [
            go.Bar(name=_LABELS[name], x=labels, y=[row[name] for row in largest])
            for name in ("cost_usd_per_kg", "revenue_usd_per_kg")
        ]
    )
    figure.update_layout(barmode="group", yaxis_title="USD per kg of feed")
    charts.append((f"Cost and revenue at {sizes[-1]:,.0f} t a year", figure))
    if len(sizes) > 1:
        curves: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            curves.setdefault(", ".join(row[key] for key in keys), []).append(row)
        lines = go.Figure(
            [
                go.Scatter(
                    name=name,
                    mode="lines+markers",
                    x=[row["feed_t_per_yr"] for row in sorted(group, key=lambda r: r["feed_t_per_yr"])],
                    y=[row["cost_usd_per_kg"] for row in sorted(group, key=lambda r: r["feed_t_per_yr"])],
                )
                for name, group in curves.items()
            ]
        )
        lines.update_layout(xaxis_title="t of feed a year", yaxis_title="cost, USD per kg", xaxis_type="log")
        charts.append(("Cost by size", lines))
    return charts


def _waterfall(table: MoneyTable) -> list[tuple[str, Any]]:
    import plotly.graph_objects as go

    rows = table.rows
    lines = [row for row in rows if row["line"] not in ("margin_eur", "break_even_price_eur")]
    names = [row["line"].removesuffix("_eur").replace("_", " ") for row in lines]
    figure = go.Figure()
    for column in [name for name in rows[0] if name.startswith("state_")]:
        values = [row[column] if row["line"] == "price_eur" else -row[column] for row in lines]
        figure.add_trace(
            go.Waterfall(
                name=column.removesuffix("_eur").replace("_", " "),
                x=[*names, "margin"],
                y=[*values, 0.0],
                measure=["relative"] * len(values) + ["total"],
            )
        )
    figure.update_layout(yaxis_title="EUR per pack sold", waterfallgroupgap=0.3, showlegend=True)
    return [("From price to margin", figure)]


def _exposure(table: MoneyTable) -> list[tuple[str, Any]]:
    import plotly.graph_objects as go

    metals = [row["metal"] for row in table.rows]
    value = go.Figure(
        [
            go.Bar(name="value", x=metals, y=[row["value_eur"] for row in table.rows]),
        ]
    )
    value.update_layout(yaxis_title="EUR")
    parts = _bars(metals, [row["share_of_variance"] for row in table.rows], "share of the variance")
    spread = table.further["risk"]["percentiles"]
    bands = _bars([f"{p} %" for p in spread], list(spread.values()), "EUR")
    return [
        ("Value by metal", value),
        ("What moves the value", parts),
        (f"Value in {table.further['risk']['horizon_yr']:g} years by percentile", bands),
    ]


def _chain(table: MoneyTable) -> list[tuple[str, Any]]:
    names = ["deliverer_usd_per_kg", "recycler_usd_per_kg"]
    keys = ("chemistry", "process", "place")
    return [("Who earns what", stacked_bars(table.rows, keys, names, "USD per kg of pack"))]


def _plant(table: MoneyTable) -> list[tuple[str, Any]]:
    amounts = {row["item"]: row["amount"] for row in table.rows}
    names = ["vcop_usd_per_yr", "fcop_usd_per_yr", "annualised_capital_usd_per_yr"]
    return [
        (
            "Cost of a year",
            _bars(["variable", "fixed", "capital"], [amounts[n] for n in names], "USD per year"),
        )
    ]


def _disassembly(table: MoneyTable) -> list[tuple[str, Any]]:
    names = [n for n in ("pack_to_module_usd_per_kg", "module_to_cell_usd_per_kg") if n in table.rows[0]]
    return [("USD per kg of pack", stacked_bars(table.rows, ("chemistry", "method"), names, "USD per kg"))]


def _transport(table: MoneyTable) -> list[tuple[str, Any]]:
    names = ["freight_usd_per_kg", "packaging_usd_per_kg"]
    return [("USD per kg of feed", stacked_bars(table.rows, ("place", "leg"), names, "USD per kg"))]


_CHARTS: dict[str, Callable[[MoneyTable], list[tuple[str, Any]]]] = {
    "cost": _recycling,
    "cost-chain": _chain,
    "cost-plant": _plant,
    "cost-disassembly": _disassembly,
    "cost-transport": _transport,
    "cost-remanufacturing": _waterfall,
    "cost-exposure": _exposure,
}
