"""What it costs to recycle, take apart, move and restore batteries: tables by chemistry, process, place and size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import date
from itertools import product
from typing import Any

from voltloop.app.money_table import MoneyTable
from voltloop.catalogue import processes
from voltloop.economics import (
    COST_ON,
    METHODS,
    PlantFinance,
    PriceSet,
    RecyclingResult,
    TransportLeg,
    UnitMargin,
    break_even_feed_price,
    catalogue_parts,
    feed_materials,
    matching_share,
    pack_disassembly,
    recycling_chain,
    recycling_economics,
    remanufacturing_margin,
    transport_cost,
)
from voltloop.economics.checks import positive
from voltloop.errors import InputError
from voltloop.findings import make
from voltloop.footprint import design

__all__ = [
    "CHEMISTRIES",
    "chain_table",
    "chemistry_named",
    "disassembly_table",
    "plant_table",
    "recycling_table",
    "remanufacturing_table",
    "transport_table",
]

CHEMISTRIES = ("NMC111", "NMC532", "NMC622", "NMC811", "NCA", "LFP", "LMO", "LCO")
"""Chemistries whose recycling can be costed."""

_PLANT_NOTE = (
    f"Plants, wages and reagents of EverBatt 2023 (Argonne National Laboratory), prices of {COST_ON.year}; capital "
    "over 10 years at 10 % unless said otherwise."
)
_ESTIMATE_NOTE = "Rows marked as estimates are chemistries without plants of their own in the source."
_FEED_NOTE = (
    "Feed price: above zero the plant pays for its feed, below zero it is paid. It is part of the cost."
)
_DIRECT_NOTE = "Direct recycling takes its cathode powder to sell as virgin."


def chemistry_named(word: str) -> str:
    """Give the chemistry of the catalogue that a word means: ``NMC 622``, ``ncm622`` and ``NMC`` are ``NMC622``.

    An unknown word is given back, for the question that it is part of to name.
    """
    try:
        return design(word).chemistry
    except InputError:
        return word


def recycling_table(
    chemistries: Sequence[str],
    recycling_processes: Sequence[str],
    places: Sequence[str],
    throughputs_t_per_yr: Sequence[float],
    prices: PriceSet,
    *,
    feed: str = "cell",
    feed_price_usd_per_kg: float | None = None,
) -> MoneyTable:
    """Give cost, revenue and profit of recycling, one row per chemistry, process, place and throughput.

    Parameters
    ----------
    chemistries, recycling_processes, places, throughputs_t_per_yr
        All combinations are told.
    prices
        Of the products.
    feed
        ``cell`` or ``pack``.
    feed_price_usd_per_kg
        Signed; None takes the usual.

    Raises
    ------
    InputError
        ``economics-word``, ``economics-number``. A product without a price leaves its rows out, with a finding.
    """
    rows = []
    missing: dict[str, str] = {}
    for chemistry, process, place, throughput in product(
        chemistries, recycling_processes, places, throughputs_t_per_yr
    ):
        try:
            found = recycling_economics(
                chemistry,
                process,
                feed=feed,
                feed_t_per_yr=throughput,
                place=place,
                prices=prices,
                feed_price_usd_per_kg=feed_price_usd_per_kg,
            )
        except InputError as error:
            if error.code != "price-missing":
                raise
            missing[f"{chemistry}, {process}"] = error.message
            continue
        even = break_even_feed_price(
            chemistry, process, feed=feed, feed_t_per_yr=throughput, place=place, prices=prices
        )
        rows.append(_recycling_row(found, even))
    # A metal without a price leaves its rows out here, and is told with them.
    findings = [one for one in prices.findings if one.code != "treatment-price-missing"]
    findings += [make("cost-price-missing", where=where, value=said) for where, said in missing.items()]
    notes = [_PLANT_NOTE, f"Products at the prices of {prices.on}.", _FEED_NOTE]
    notes += [_DIRECT_NOTE] if "direct" in recycling_processes else []
    notes += [_ESTIMATE_NOTE] if any(row["is_estimate"] for row in rows) else []
    return MoneyTable("cost/1", "Recycling, USD per kg of feed", rows, "USD", prices.on, notes, findings)


def _recycling_row(found: RecyclingResult, even: float) -> dict[str, Any]:
    return {
        "chemistry": found.chemistry,
        "process": found.process,
        "place": found.place,
        "feed": found.feed,
        "feed_t_per_yr": found.feed_t_per_yr,
        "feed_price_usd_per_kg": found.feed_price_usd_per_kg,
        "cost_usd_per_kg": found.cost_usd_per_kg,
        "revenue_usd_per_kg": found.revenue_usd_per_kg,
        "profit_usd_per_kg": found.profit_usd_per_kg,
        "net_usd_per_kwh": found.net_usd_per_kwh,
        "break_even_feed_price_usd_per_kg": even,
        "recovered_share": found.balance.recovered_share,
        "is_estimate": found.is_estimate,
    }


def chain_table(
    chemistries: Sequence[str],
    recycling_processes: Sequence[str],
    places: Sequence[str],
    prices: PriceSet,
    *,
    feed: str,
    pack_kwh: float,
    feed_t_per_yr: float,
    legs: Sequence[TransportLeg],
) -> MoneyTable:
    """Give who earns what when packs are recycled, one row per chemistry, process and place.

    Raises
    ------
    InputError
        ``economics-word``, ``economics-number``, ``price-missing``.
    """
    rows = []
    for chemistry, process, place in product(chemistries, recycling_processes, places):
        found = recycling_chain(
            chemistry,
            process,
            pack_kwh=pack_kwh,
            feed=feed,
            feed_t_per_yr=feed_t_per_yr,
            place=place,
            legs=legs,
            prices=prices,
        )
        rows.append(
            {key: value for key, value in asdict(found).items() if key not in ("currency", "priced_on")}
        )
    notes = [
        _PLANT_NOTE,
        f"Products at the prices of {prices.on}.",
        "Whoever delivers gets the feed price and the scrap.",
    ]
    notes += [_DIRECT_NOTE] if "direct" in recycling_processes else []
    title = "Recycling from the collection point to the products, USD per kg of pack"
    return MoneyTable("cost-chain/1", title, rows, "USD", prices.on, notes, prices.findings)


def plant_table(found: PlantFinance) -> MoneyTable:
    """Give the finance of one plant, one row per amount."""
    rows = [
        {"item": item.name, "amount": getattr(found, item.name)}
        for item in fields(found)
        if item.name not in ("currency", "priced_on")
    ]
    return MoneyTable(
        "cost-plant/1",
        "One plant, USD",
        rows,
        found.currency,
        found.priced_on,
        [
            "Rule of EverBatt 2023 (Argonne National Laboratory), fees on the total cost solved in closed form."
        ],
    )


def disassembly_table(
    chemistries: Sequence[str],
    *,
    pack_kwh: float,
    depth: str,
    packs_per_yr: float | None = None,
    wage_usd_per_h: float | None = None,
    methods: Sequence[str] = METHODS,
) -> MoneyTable:
    """Give times and cost of taking packs apart, one row per chemistry and method.

    Raises
    ------
    InputError
        ``economics-word``, ``economics-number``.
    """
    rows = []
    composition = processes.compositions()
    for chemistry in chemistries:
        feed_materials(chemistry, "pack")
        positive("pack_kwh", pack_kwh)
        ratio = composition.filter(chemistry=chemistry, feed="pack")["kg_per_kwh"][0]
        for method in methods:
            more = {} if packs_per_yr is None else {"packs_per_yr": packs_per_yr}
            found = pack_disassembly(
                pack_kwh * ratio, method=method, depth=depth, wage_usd_per_h=wage_usd_per_h, **more
            )
            stages = {f"{stage}_usd_per_kg": cost.cost_usd_per_kg for stage, cost in found.stages.items()}
            rows.append(
                {
                    "chemistry": chemistry,
                    "method": method,
                    "pack_kg": found.pack_kg,
                    "labor_h": found.labor_h,
                    "machine_h": found.machine_h,
                    **stages,
                    "cost_usd_per_kg": found.cost_usd_per_kg,
                    "cost_usd_per_pack": found.cost_usd_per_pack,
                }
            )
    notes = [
        "EverBatt 2023 (Argonne National Laboratory), sheet Disassembly; pack mass by its energy and chemistry."
    ]
    if "robot_cell" in methods:
        notes.append(
            "Robot cell: 81 % of the tasks from pack to module, capital set to the saving of Hathaway et al. 2024."
        )
    return MoneyTable("cost-disassembly/1", "Disassembly, USD", rows, "USD", COST_ON, notes)


def transport_table(legs: Sequence[TransportLeg], places: Sequence[str]) -> MoneyTable:
    """Give the cost of legs to a recycler, one row per leg and place.

    Raises
    ------
    InputError
        ``economics-word``, ``economics-number``.
    """
    rows = [
        {
            "place": place,
            "leg": number,
            "distance_km": float(leg.distance_km),
            "truck": leg.truck,
            "is_hazmat": leg.is_hazmat,
            "freight_usd_per_kg": cost.freight_usd_per_kg,
            "packaging_usd_per_kg": cost.packaging_usd_per_kg,
            "cost_usd_per_kg": cost.cost_usd_per_kg,
        }
        for place in places
        for number, (leg, cost) in enumerate(
            zip(legs, transport_cost(legs, place=place), strict=True), start=1
        )
    ]
    notes = ["EverBatt 2023 (Argonne National Laboratory), collection and transport; USD per kg of feed."]
    return MoneyTable("cost-transport/1", "Transport, USD per kg of feed", rows, "USD", COST_ON, notes)


def remanufacturing_table(
    states: Sequence[str],
    *,
    price_eur: float,
    core_eur: float,
    logistics_eur: float,
    warranty_reserve_eur: float,
    modules: int,
    eur_per_usd: float,
    priced_on: date,
) -> MoneyTable:
    """Give the margin of a restored pack by the quality state of its core, one row per line of the account.

    Raises
    ------
    InputError
        ``economics-word``, ``economics-number``.
    """
    given = processes.economics_parameters("remanufacturing")
    matching = matching_share(spread_limit=given["spread_limit"], capacity_sd=given["capacity_sd"])
    units = {
        state: remanufacturing_margin(
            price_eur=price_eur,
            parts=catalogue_parts(state, modules=modules),
            labor_h=given["hours_per_pack"],
            wage_eur_per_h=given["wage_usd_per_h"] * eur_per_usd,
            core_eur=core_eur,
            logistics_eur=logistics_eur,
            test_eur=given["test_usd_per_pack"] * eur_per_usd,
            warranty_reserve_eur=warranty_reserve_eur,
            matching=matching,
            fallout_share=given["fallout_share"],
            priced_on=priced_on,
        )
        for state in states
    }
    lines = [item.name for item in fields(UnitMargin) if item.name.endswith("_eur")]
    rows = [
        {"line": line, **{f"state_{state}_eur": getattr(unit, line) for state, unit in units.items()}}
        for line in lines
    ]
    return MoneyTable(
        "cost-remanufacturing/1",
        "A restored pack that is sold, EUR",
        rows,
        "EUR",
        priced_on,
        [
            "Parts and their reuse by quality state: Korean LCA Journal 25-2, table 3 (2018).",
            f"{matching:.0%} of the sound modules match within {given['spread_limit']:.0%} of capacity; "
            f"{given['fallout_share']:.0%} of the packs fail at the end: estimates of the catalogue.",
        ],
        further={"replaced_parts": {state: unit.replaced_parts for state, unit in units.items()}},
    )
