"""What is to be fetched: depots, deadlines and packages of the batteries that may travel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from voltloop.app.borders import Borders
from voltloop.app.due import due_dates
from voltloop.app.goods import is_unsound
from voltloop.app.held import hold
from voltloop.app.hubs import Hub, choose_hubs
from voltloop.app.network_folder import Network
from voltloop.app.world import World
from voltloop.collection import (
    Packed,
    pack,
)
from voltloop.compliance import Rulebook, storage_rules
from voltloop.economics import freight_eur_per_kg_km, freight_region

__all__ = ["Prepared", "prepare"]

_LOT_PIECE_KG = 10.0
"""Portions in which a lot of loose cells and modules is filled into boxes."""


@dataclass(frozen=True)
class Prepared:
    """What is to be fetched, packed and with its deadline.

    ``batteries`` has the rows that can go, with ``depots, due_on, due_why``; ``pickups`` and ``items`` say what rides
    together; ``held`` what cannot be fetched at all.
    """

    batteries: pl.DataFrame
    packed: Packed
    held: pl.DataFrame


def prepare(  # noqa: PLR0913 - what the walk has gathered by now
    batteries: pl.DataFrame, stock: pl.DataFrame, network: Network, world: World, borders: Borders,
    points: pl.DataFrame, rulebook: Rulebook, *, on: date, eur_per_usd: float,
) -> Prepared:  # fmt: skip
    """Choose depots, packagings and deadlines.

    Parameters
    ----------
    batteries
        Rows that may travel, from :func:`voltloop.app.assess.assess`.
    stock
        ``row, point_id, mass_kg, quantity, returned_on`` of everything that lies at the points, held or not.
    points
        Places of the batteries.
    """
    table = batteries.with_columns(is_unsound().alias("is_unsound"))
    table = _with_hubs(table, network, world, borders, eur_per_usd=eur_per_usd)
    lost = table.filter(pl.col("depots").list.len() == 0)
    held = [
        hold(
            lost,
            kind=pl.when(pl.col("why_not").str.contains("road leads"))
            .then(pl.lit("unreachable"))
            .otherwise(pl.lit("no_hub")),
            reason=pl.col("why_not"),
            ask="Ask the network planner for a depot, a vehicle or a consent.",
        )
    ]
    table = table.filter(pl.col("depots").list.len() > 0)
    is_loose = (pl.col("form") == "scrap_lot") & pl.col("is_unsound")
    held.append(
        hold(
            table.filter(is_loose),
            kind="undecided",
            reason=pl.lit(
                "A lot with damaged pieces cannot be packed as one: each damaged battery above 30 kg needs a packaging "
                "of its own (ADR 4.1.4.1 P908, 49 CFR 173.185(f)), and nobody has said what the lot is made of."
            ),
            missing_facts="pieces of the lot",
            ask="Ask whoever made up the lot for number and mass of its pieces, and list them in rows of their own.",
        )
    )
    table = table.filter(~is_loose)
    due = due_dates(_stock(stock, table, points, rulebook, on), points, on=on)
    table = table.join(due, on="row", how="left", maintain_order="left")
    # Scarce packagings go to what must leave first.
    packed = pack(_pack_items(table.sort("due_on", "row", nulls_last=True)), network.packagings)
    unpacked = table.join(
        packed.held.rename({"item": "row", "words": "_words"}), on="row", how="inner", maintain_order="left"
    )
    held.append(
        hold(
            unpacked,
            kind="no_packaging",
            reason=pl.col("_words").str.replace(r"^Item \d+: ", ""),
            ask="Ask the warehouse for a packaging of that kind, and list it in packagings.csv.",
        )
    )
    table = table.join(unpacked.select("row"), on="row", how="anti", maintain_order="left")
    return Prepared(table, packed, pl.concat(held))


def _with_hubs(
    table: pl.DataFrame, network: Network, world: World, borders: Borders, *, eur_per_usd: float
) -> pl.DataFrame:
    goal = world.columns.rename({"id": "destination_id", "column": "destination_column"})
    country = network.sites.select(destination_id="site_id", destination_country="country")
    table = table.join(goal, on="destination_id", how="left", maintain_order="left").join(
        country, on="destination_id", how="left", maintain_order="left"
    )
    hubs = _hubs(network, world)
    region = freight_region(table["point_country"][0] if table.height else None)
    onward = freight_eur_per_kg_km(region, is_damaged=False, eur_per_usd=eur_per_usd)
    chosen = choose_hubs(
        table.select(
            "row", "point_id", "place", pl.col("point_country").alias("country"),
            "destination_id", "destination_column", "destination_country",
            "is_waste", "waste_code", pl.col("is_unsound").alias("is_damaged"),
            (pl.col("mass_kg") * pl.col("quantity")).alias("mass_kg"),
        ),
        hubs,
        km=world.to_sites.km,
        hours=world.to_sites.hours,
        back_h=world.back_h,
        collect_eur_per_kg_km=2.0 * onward,
        onward_eur_per_kg_km=onward,
        may_move=borders.may_move,
    )  # fmt: skip
    return table.join(chosen, on="row", how="left", maintain_order="left")


def _hubs(network: Network, world: World) -> list[Hub]:
    """Depots where tours end, and sites where vehicles unload on the way."""
    ready = network.vehicles.filter(pl.col("count") > 0)
    ends = ready.select("max_driving_h", site_id=pl.coalesce("ends_at", "depot_id"), is_depot=True)
    between = ready.filter(pl.col("max_reloads") > 0).select(
        "max_driving_h",
        site_id=pl.coalesce("reload_at", "depot_id").str.split(";").list.eval(pl.element().str.strip_chars()),
        is_depot=False,
    )
    reach = (
        pl.concat([ends, between.explode("site_id").select(ends.columns)])
        .group_by("site_id")
        .agg(pl.col("max_driving_h").max(), pl.col("is_depot").any())
    )
    sites = (
        network.sites.filter("is_plannable")
        .drop("is_depot")
        .join(reach, on="site_id", how="inner", maintain_order="left")
        .join(world.index("site"), left_on="site_id", right_on="id", how="inner", maintain_order="left")
        .join(world.columns, left_on="site_id", right_on="id", how="inner", maintain_order="left")
    )
    return [
        Hub(
            row["site_id"], row["country"], row["place"], row["column"], bool(row["accepts_damaged"]),
            row["max_driving_h"], row["is_depot"],
        )
        for row in sites.iter_rows(named=True)
    ]  # fmt: skip


def _pack_items(table: pl.DataFrame) -> pl.DataFrame:
    instruction = pl.col("packing_instruction")
    # A lot has no case of its own: it goes by mass into boxes that hold many pieces, never as one heavy article.
    pieces = (
        pl.when(pl.col("form") == "scrap_lot").then((pl.col("mass_kg") / _LOT_PIECE_KG).ceil()).otherwise(1.0)
    )
    return table.select(
        pl.col("row").alias("item"),
        (pl.col("mass_kg") / pieces).alias("net_mass_kg"),
        (pl.col("quantity") * pieces).cast(pl.Int64).alias("quantity"),
        pl.when(instruction != "none").then(instruction).alias("packing_instruction"),
        (pl.col("condition") == "critical").alias("is_critical"),
        "point_id",
        "un_number",
        "is_waste",
        # What goes to one place, under one verdict, through the same depots may share a package.
        pl.concat_str(
            "destination_id",
            "treatment",
            "rules",
            pl.col("depots").list.join(","),
            pl.col("waste_code").fill_null(""),
            separator="|",
        ).alias("group"),
    )


def _stock(
    stock: pl.DataFrame, table: pl.DataFrame, points: pl.DataFrame, rulebook: Rulebook, on: date
) -> pl.DataFrame:
    rules = {
        country: storage_rules(country, on, rulebook=rulebook)
        for country in points["country"].unique().to_list()
    }
    limits = pl.DataFrame(
        [
            (country, rule.waste_days, rule.used_days, rule.damaged_days, rule.critical_days)
            for country, rule in rules.items()
        ],
        schema={"point_country": pl.String()}
        | dict.fromkeys(("waste", "used", "damaged", "critical"), pl.Int64()),
        orient="row",
    )
    quarantine = points.select("point_id", "takes_damaged")
    periods = (
        table.select("row", "point_id", "point_country", "condition", "is_waste")
        .join(limits, on="point_country", how="left", maintain_order="left")
        .join(quarantine, on="point_id", how="left", maintain_order="left")
        .select(
            "row",
            # A point that is set up for damaged goods may keep them for the ordinary period; any other must not.
            pl.when(pl.col("condition") == "critical")
            .then("critical")
            .when(pl.col("condition").is_in(["damaged"]) & ~pl.col("takes_damaged"))
            .then("damaged")
            .when("is_waste")
            .then("waste")
            .otherwise("used")
            .alias("max_days"),
        )
    )
    return (
        stock.join(periods, on="row", how="left", maintain_order="left")
        .with_columns(
            (pl.col("mass_kg") * pl.col("quantity")).alias("mass_kg"),
            pl.col("row").is_in(table["row"].implode()).alias("can_leave"),
        )
        .select("row", "point_id", "mass_kg", "returned_on", "max_days", "can_leave")
    )
