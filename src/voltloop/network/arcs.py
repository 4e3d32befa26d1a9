"""Which commodity may go from which site to which: lanes as given, and those that follow from coordinates."""

from __future__ import annotations

import numpy as np
import polars as pl

from voltloop.network.scenario import Scenario
from voltloop.transport.geometry import great_circle_km

__all__ = ["activities_at", "arcs_of", "commodity_words", "named_commodities"]

_ARC = [
    "lane",
    "line",
    "origin",
    "destination",
    "commodity",
    "modes",
    "km",
    "days",
    "cost_eur_per_unit",
    "kg_co2e_per_unit",
    "capacity_t_per_year",
    "passages",
    "allowed_from",
    "allowed_until",
]


def commodity_words(scenario: Scenario) -> pl.DataFrame:
    """Give what each word for commodities stands for: ``word``, ``commodity``; a name, a family, or * for all."""
    named = scenario.commodities.select("commodity", "family").filter(pl.col("commodity").is_not_null())
    return pl.concat(
        [
            named.select(word="commodity", commodity="commodity"),
            named.filter(pl.col("family").is_not_null()).select(word="family", commodity="commodity"),
            named.select(word=pl.lit("*"), commodity="commodity"),
        ]
    ).unique(maintain_order=True)


def named_commodities(
    scenario: Scenario, frame: pl.DataFrame, column: str = "commodities", into: str = "commodity"
) -> pl.DataFrame:
    """Give each row of a table once for each commodity that a list in it names."""
    names = commodity_words(scenario).rename({"commodity": into})
    return (
        frame.with_row_index("_row")
        .with_columns(pl.col(column).str.split(";").alias("word"))
        .explode("word", empty_as_null=True)
        .with_columns(pl.col("word").str.strip_chars())
        .join(names, on="word", how="inner", maintain_order="left")
        .unique(["_row", into], maintain_order=True)
        .drop("_row", "word")
    )


def activities_at(scenario: Scenario) -> pl.DataFrame:
    """Give each facility once for each activity that it can run: ``facility``, ``site``, ``activity``."""
    named = scenario.activities.select("activity", "family")
    words = pl.concat(
        [
            named.select(word="activity", activity="activity"),
            named.filter(pl.col("family").is_not_null()).select(word="family", activity="activity"),
        ]
    ).unique(maintain_order=True)
    return (
        scenario.facilities.select("facility", "site", pl.col("activities").str.split(";").alias("word"))
        .explode("word", empty_as_null=True)
        .with_columns(pl.col("word").str.strip_chars())
        .join(words, on="word", how="inner", maintain_order="left")
        .unique(["facility", "activity"], maintain_order=True)
        .select("facility", "site", "activity")
    )


def arcs_of(scenario: Scenario) -> pl.DataFrame:
    """Give every way of one commodity from one site to another.

    Returns
    -------
    DataFrame
        ``lane``; ``line``, the row of the lane in its table, or null where it follows from coordinates; ``origin``,
        ``destination``, ``commodity``, ``modes``, ``km``, ``days``; ``cost_eur_per_unit`` and ``kg_co2e_per_unit``
        with the surcharge for dangerous goods and capital on the way, but without duties;
        ``capacity_t_per_year``, ``passages``, ``allowed_from``, ``allowed_until`` of the lane.
    """
    given = named_commodities(scenario, _given(scenario))
    implied = _implied(scenario, given)
    both = pl.concat([given.select(implied.columns), implied]) if implied.height else given
    goods = scenario.commodities.select(
        "commodity", "mass_kg_per_unit", "value_eur_per_unit", is_dangerous=pl.col("goods").is_not_null()
    )
    mass_t = pl.col("mass_kg_per_unit") / 1000.0
    extra = pl.when("is_dangerous").then(pl.col("surcharge_eur_per_t")).otherwise(0.0).fill_null(0.0)
    bound = pl.col("value_eur_per_unit") * (scenario.holding_rate / 365.0) * pl.col("days")
    freight = pl.col("cost_eur_per_unit").fill_null(0.0) + mass_t * (
        pl.col("cost_eur_per_t").fill_null(0.0) + extra
    )
    return (
        both.join(goods, on="commodity", how="left", maintain_order="left")
        .with_columns(
            cost_eur_per_unit=freight + bound,
            kg_co2e_per_unit=mass_t * pl.col("kg_co2e_per_t").fill_null(0.0),
        )
        .select(_ARC)
    )


def _given(scenario: Scenario) -> pl.DataFrame:
    """Lanes of the table, what is blank filled from the mode where there is one mode."""
    lanes = scenario.lanes.with_row_index("line").with_columns(pl.col("line").cast(pl.Int64))
    modes = scenario.modes.rename({name: f"mode_{name}" for name in scenario.modes.columns if name != "mode"})
    places = scenario.sites.select("site", "lat", "lon").unique("site", keep="first", maintain_order=True)
    there = (
        lanes.join(modes, left_on="modes", right_on="mode", how="left", maintain_order="left")
        .join(places, left_on="origin", right_on="site", how="left", maintain_order="left")
        .join(
            places, left_on="destination", right_on="site", how="left", maintain_order="left", suffix="_end"
        )
    )
    straight = great_circle_km(
        *(there[name].cast(pl.Float64).to_numpy() for name in ("lat", "lon", "lat_end", "lon_end"))
    )
    km = pl.coalesce("distance_km", pl.Series("_", straight) * pl.col("mode_detour").fill_null(1.0))
    there = there.with_columns(km=km)
    has_own = pl.col("cost_eur_per_t").is_not_null() | pl.col("cost_eur_per_unit").is_not_null()
    from_mode = pl.col("mode_cost_eur_per_t") + pl.col("mode_cost_eur_per_tkm") * pl.col("km")
    return there.with_columns(
        lane=pl.coalesce("lane", pl.concat_str("origin", "destination", "modes", separator="-")),
        cost_eur_per_t=pl.when(has_own).then(pl.col("cost_eur_per_t")).otherwise(from_mode),
        surcharge_eur_per_t=pl.when(has_own)
        .then(0.0)
        .otherwise(from_mode * (pl.col("mode_dangerous_goods_factor") - 1.0)),
        kg_co2e_per_t=pl.coalesce("kg_co2e_per_t", pl.col("mode_kg_co2e_per_tkm") * pl.col("km")),
        days=pl.coalesce(
            "days",
            pl.col("mode_fixed_days") + pl.col("km") / pl.col("mode_speed_km_per_day"),
            pl.lit(0.0),
        ),
    )


def _ends(scenario: Scenario) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give ``site``, ``commodity`` of what can be sent, and of what can be used."""
    made = activities_at(scenario).join(scenario.recipes, on="activity", how="inner", maintain_order="left")
    pair = ["site", "commodity"]
    stocks = scenario.stocks.select(pair)
    outputs = made.filter(pl.col("amount_per_run") > 0).select(pair)
    inputs = made.filter(pl.col("amount_per_run") < 0).select(pair)
    senders = pl.concat([scenario.supply.select(pair), outputs, stocks]).unique(maintain_order=True)
    users = pl.concat([scenario.demand.select(pair), inputs, stocks]).unique(maintain_order=True)
    return senders, users


def _implied(scenario: Scenario, given: pl.DataFrame) -> pl.DataFrame:
    """Lanes between all that can send and all that can use, by modes that connect, unless given already."""
    columns = {
        "lane": pl.String,
        "line": pl.Int64,
        "origin": pl.String,
        "destination": pl.String,
        "commodity": pl.String,
        "modes": pl.String,
        "km": pl.Float64,
        "days": pl.Float64,
        "cost_eur_per_unit": pl.Float64,
        "cost_eur_per_t": pl.Float64,
        "surcharge_eur_per_t": pl.Float64,
        "kg_co2e_per_t": pl.Float64,
        "capacity_t_per_year": pl.Float64,
        "passages": pl.String,
        "allowed_from": pl.Date,
        "allowed_until": pl.Date,
    }
    connecting = scenario.modes.filter("connects")
    if not connecting.height:
        return pl.DataFrame(schema=columns)
    senders, users = _ends(scenario)
    places = scenario.sites.select("site", "lat", "lon").unique("site", keep="first")
    modes = named_commodities(scenario, connecting)
    pairs = (
        senders.rename({"site": "origin"})
        .join(users.rename({"site": "destination"}), on="commodity", how="inner", maintain_order="left")
        .filter(pl.col("origin") != pl.col("destination"))
        .join(places.rename({"site": "origin"}), on="origin", how="inner", maintain_order="left")
        .join(
            places.rename({"site": "destination"}),
            on="destination",
            how="inner",
            maintain_order="left",
            suffix="_end",
        )
    )
    straight = great_circle_km(*(pairs[name].to_numpy() for name in ("lat", "lon", "lat_end", "lon_end")))
    there = (
        pairs.with_columns(straight_km=pl.Series(np.asarray(straight, dtype=np.float64)))
        .join(modes, on="commodity", how="inner", maintain_order="left")
        .with_columns(km=pl.col("straight_km") * pl.col("detour"))
        .filter(pl.col("km") <= pl.col("longest_km"))
        .join(
            given.select("origin", "destination", "commodity", mode="modes").unique(),
            on=["origin", "destination", "commodity", "mode"],
            how="anti",
        )
    )
    freight = pl.col("cost_eur_per_t") + pl.col("cost_eur_per_tkm") * pl.col("km")
    return there.select(
        lane=pl.concat_str("origin", "destination", "mode", separator="-"),
        line=pl.lit(None, dtype=pl.Int64),
        origin="origin",
        destination="destination",
        commodity="commodity",
        modes="mode",
        km="km",
        days=pl.col("fixed_days") + pl.col("km") / pl.col("speed_km_per_day"),
        cost_eur_per_unit=pl.lit(None, dtype=pl.Float64),
        cost_eur_per_t=freight,
        surcharge_eur_per_t=freight * (pl.col("dangerous_goods_factor") - 1.0),
        kg_co2e_per_t=pl.col("kg_co2e_per_tkm") * pl.col("km"),
        capacity_t_per_year=pl.lit(None, dtype=pl.Float64),
        passages=pl.lit(None, dtype=pl.String),
        allowed_from=pl.lit(None, dtype=pl.Date),
        allowed_until=pl.lit(None, dtype=pl.Date),
    )
