"""Law and treatment of every battery: what it is, how it may travel, what becomes of it, and where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from voltloop.app.borders import Borders
from voltloop.app.goods import LAWFUL, goods_of
from voltloop.app.held import hold
from voltloop.app.lanes import lane_key, make_lanes
from voltloop.app.network_folder import Network
from voltloop.app.world import World
from voltloop.compliance import Rulebook, ask_whom, classify
from voltloop.treatment import Decision, Waiting, decide

__all__ = ["Assessed", "TreatmentTerms", "assess"]


@dataclass(frozen=True)
class TreatmentTerms:
    """On what terms treatments are chosen.

    Attributes
    ----------
    carbon_price_eur_per_t
        Worth of a tonne of CO2e.
    carbon_budget_kg
        Most carbon of all treated batteries, with freight; None for no budget.
    waiting
        Terms on which batteries may wait for the next period; None when none may.
    prices
        Price table; None takes the catalogue's.
    """

    carbon_price_eur_per_t: float
    carbon_budget_kg: float | None = None
    waiting: Waiting | None = None
    prices: pl.DataFrame | None = None


@dataclass(frozen=True)
class Assessed:
    """The batteries with law and treatment, and those that cannot go on.

    Attributes
    ----------
    batteries
        Rows that may be planned: the battery table with ``point_id, place, mode``, the verdict's columns and those of
        the treatment.
    verdicts
        Verdict of every row that has a place and a road law, ``item`` being the row.
    held
        Rows that stop here, see :mod:`voltloop.app.held`.
    decision
        Treatments with prices, bound and findings.
    """

    batteries: pl.DataFrame
    verdicts: pl.DataFrame
    held: pl.DataFrame
    decision: Decision


def assess(
    batteries: pl.DataFrame,
    network: Network,
    world: World,
    borders: Borders,
    rulebook: Rulebook,
    *,
    on: date,
    days: int,
    terms: TreatmentTerms | None = None,
) -> Assessed:
    """Give verdict, treatment and destination of every battery.

    Parameters
    ----------
    batteries
        Battery table with ``point_id`` and ``point_country``, every row at a place of ``world``.
    days
        Calendar days of the plan, over which yearly capacities count in proportion.
    terms
        Carbon price, carbon budget and waiting; None takes the network's carbon price and lets nothing wait.
    """
    table = batteries.with_columns(
        pl.col("point_country")
        .map_elements(lambda country: borders.mode(country, country), return_dtype=pl.String)
        .alias("mode")
    )
    held = [
        hold(
            table.filter(pl.col("mode").is_null()),
            kind="undecided",
            reason=pl.format("The rulebook has no road law for {}.", "point_country"),
            missing_facts="mode",
            ask="Ask your dangerous-goods safety adviser for the road law of the country.",
        )
    ]
    table = table.filter(pl.col("mode").is_not_null())
    used, waste = (_verdicts(table, rulebook, on, is_waste=is_waste) for is_waste in (False, True))
    table = table.with_columns(
        used["outcome"].is_in(LAWFUL).alias("used_lawful"),
        waste["outcome"].is_in(LAWFUL).alias("waste_lawful"),
        waste["waste_code"].alias("waste_code"),
    )
    movable = pl.col("used_lawful") | pl.col("waste_lawful")
    stuck = table.filter(~movable)
    held.append(_held_by_law(stuck, used, rulebook))
    table = table.filter(movable)

    decision = _decide(
        table, network, world, borders, on=on, days=days,
        terms=terms or TreatmentTerms(network.settings.carbon_price_eur_per_t),
    )  # fmt: skip
    table = table.join(decision.table.drop("distance_km"), on="row", how="left", maintain_order="left")
    lost = table.filter(pl.col("destination_id").is_null())
    held.append(
        hold(
            lost,
            kind="no_destination",
            reason=pl.col("held_reason"),
            ask="Ask the network planner for a site or a consent.",
        )
    )
    table = _with_lost_chance(table.filter(pl.col("destination_id").is_not_null()), used)
    final = pl.concat(
        [
            waste.join(table.filter("is_waste").select(item="row"), on="item", how="semi"),
            used.join(table.filter(~pl.col("is_waste")).select(item="row"), on="item", how="semi"),
        ]
    )
    table = table.drop("waste_code").join(
        final, left_on="row", right_on="item", how="left", maintain_order="left"
    )
    verdicts = pl.concat([final, used.join(stuck.select(item="row"), on="item", how="semi")]).sort("item")
    return Assessed(table, verdicts, pl.concat(held), decision)


def _with_lost_chance(table: pl.DataFrame, used: pl.DataFrame) -> pl.DataFrame:
    """Say of a sound battery that may only go as waste which missing fact would open a better way."""
    missing = used.select(row="item", used_missing="missing_facts")
    lost = pl.col("is_waste") & ~pl.col("used_lawful") & (pl.col("condition") == "ok")
    words = pl.format(
        "{} It was not considered for reuse, since how it may travel as a used battery is undecided: {} is missing.",
        "reason_right",
        pl.col("used_missing").fill_null("").str.replace_all(";", ", "),
    )
    return (
        table.join(missing, on="row", how="left", maintain_order="left")
        .with_columns(pl.when(lost).then(words).otherwise("reason_right").alias("reason_right"))
        .drop("used_missing")
    )


def _verdicts(table: pl.DataFrame, rulebook: Rulebook, on: date, *, is_waste: bool) -> pl.DataFrame:
    goods = goods_of(table, pl.repeat(is_waste, table.height, dtype=pl.Boolean, eager=True))
    modes = table["mode"]
    parts = [
        classify(goods.filter(modes == mode), rulebook, mode=str(mode), on=on)
        for mode in modes.unique().sort().to_list()
    ]
    if not parts:
        return classify(goods, rulebook, mode="road_eu", on=on)
    return table.select(item="row").join(pl.concat(parts), on="item", how="left", maintain_order="left")


def _held_by_law(stuck: pl.DataFrame, used: pl.DataFrame, rulebook: Rulebook) -> pl.DataFrame:
    reasons = stuck.join(used, left_on="row", right_on="item", how="left", maintain_order="left")
    asks = [
        " ".join(dict.fromkeys(ask_whom(fact, rulebook) for fact in (facts or "").split(";") if fact))
        for facts in reasons["missing_facts"].to_list()
    ]
    words = {
        "undecided": "The law cannot be decided: a fact is missing.",
        "approval_needed": "The law allows it only with an authority's approval.",
        "forbidden": "The law forbids this transport.",
    }
    said = pl.col("outcome").replace_strict(
        words, default="The law does not let it go.", return_dtype=pl.String
    )
    missing = pl.col("missing_facts").fill_null("")
    reason = pl.concat_str(
        said,
        pl.when(missing != "")
        .then(pl.format(" Missing: {}.", missing.str.replace_all(";", ", ")))
        .otherwise(pl.lit("")),
        pl.format(
            " Rules: {} ({}).", pl.col("rules").fill_null("none").str.replace_all(";", ", "), "edition"
        ),
    )
    return hold(
        reasons.with_columns(pl.Series("ask", asks, dtype=pl.String)),
        kind=pl.col("outcome"),
        reason=reason,
        missing_facts=missing,
        ask=pl.col("ask"),
    )


def _decide(
    table: pl.DataFrame,
    network: Network,
    world: World,
    borders: Borders,
    *,
    on: date,
    days: int,
    terms: TreatmentTerms,
) -> Decision:
    keyed = table.with_columns(lane_key().alias("lane"))
    groups = keyed.select(
        "lane", "place", pl.col("point_country").alias("country"), "waste_code", "used_lawful", "waste_lawful"
    ).unique("lane", maintain_order=True)
    sites = network.sites.filter(pl.col("is_plannable")).join(
        world.columns, left_on="site_id", right_on="id", how="inner", maintain_order="left"
    )
    lanes = make_lanes(
        groups,
        sites.select("site_id", "column", "country", "kind"),
        world.to_sites.km,
        world.to_sites.estimated,
        borders,
    )
    rows = keyed.drop("point_id", "place").rename({"lane": "point_id"})
    return decide(
        rows.drop("waste_code"),
        network.sites.filter(pl.col("is_plannable")),
        lanes,
        carbon_price_eur_per_t=terms.carbon_price_eur_per_t,
        on=on,
        horizon_days=float(days),
        prices=terms.prices,
        contracts=network.contracts,
        carbon_budget_kg=terms.carbon_budget_kg,
        waiting=terms.waiting,
    )
