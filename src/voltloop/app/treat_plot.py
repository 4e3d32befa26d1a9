"""Charts of chosen treatments."""

from __future__ import annotations

import polars as pl

from voltloop.app.plot_page import plot_page
from voltloop.app.treat import Treated

__all__ = ["treat_page"]


def treat_page(treated: Treated) -> bytes:
    """Give a page of charts, nothing loaded from outside: what goes where, worth of room, value against carbon."""
    import plotly.graph_objects as go

    done = treated.table.filter(pl.col("outcome") == "treated")
    flow = go.Figure()
    for treatment in sorted(done["treatment"].unique().to_list()):
        rows = treated.sites.filter(pl.col("treatment") == treatment)
        flow.add_bar(
            y=rows["site"].to_list(),
            x=rows["batteries"].to_list(),
            name=treatment.replace("_", " "),
            orientation="h",
        )
    flow.update_layout(
        barmode="stack",
        xaxis_title="batteries",
        yaxis={"autorange": "reversed"},
        height=140 + 22 * treated.sites["site"].n_unique(),
    )
    told = treated.decision.limits.filter(pl.col("told").is_not_null() & (pl.col("rule") == "most"))
    per_t = [
        1000 * value
        for value in told.select(pl.coalesce("one_more_eur", "price_eur"))["one_more_eur"].to_list()
    ]
    room = go.Figure(go.Bar(y=told["name"].to_list(), x=per_t, orientation="h"))
    room.update_layout(xaxis_title="EUR for one more tonne", yaxis={"autorange": "reversed"})
    trade = go.Figure()
    for treatment in sorted(done["treatment"].unique().to_list()):
        rows = done.filter(pl.col("treatment") == treatment)
        trade.add_scatter(
            x=rows["net_value_eur"].to_list(), y=(rows["co2e_kg"] + rows["freight_co2e_kg"]).to_list(), mode="markers",
            name=treatment.replace("_", " "), text=rows["battery_id"].fill_null("").to_list(),
        )  # fmt: skip
    trade.update_layout(xaxis_title="net value [EUR], before freight", yaxis_title="kg CO2e, with freight")
    decision = treated.decision
    notes = [
        f"Prices of {decision.prices.newest_on} in {decision.prices.currency}; carbon at EUR "
        f"{decision.carbon_price_eur_per_t:g} a tonne, avoided-burden view.",
        f"Proven within {100 * decision.gap:.4f} % of the best.",
        *[sentence for sentence in decision.limits["told"].to_list() if sentence],
    ]
    charts = [("What goes where", flow), ("Value against carbon of each battery", trade)]
    if told.height:
        charts.insert(1, ("What more room would be worth", room))
    return plot_page("What becomes of each battery", charts, notes=notes)
