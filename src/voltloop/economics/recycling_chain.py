"""Recycling from the collection point to the products: who earns what on the way, per kg of pack and per kWh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from voltloop.catalogue import processes
from voltloop.economics.checks import positive
from voltloop.economics.disassembly import pack_disassembly
from voltloop.economics.price_set import PriceSet, price_set
from voltloop.economics.process_balance import feed_materials
from voltloop.economics.product_revenue import product_prices, product_revenue
from voltloop.economics.recycling import recycling_economics
from voltloop.economics.recycling_plants import COST_ON
from voltloop.economics.transport_cost import TransportLeg, transport_cost

__all__ = ["RecyclingChain", "disassembly_scrap", "recycling_chain"]

_SCRAP = {
    "copper": "copper_scrap",
    "aluminium": "aluminium_scrap",
    "steel": "steel_scrap",
    "iron": "steel_scrap",
}


@dataclass(frozen=True, slots=True)
class RecyclingChain:
    """What a pack brings and costs on its way through recycling, in USD per kg of pack.

    Attributes
    ----------
    chemistry, process, feed, place
        What was asked; ``cell`` means that the pack is taken apart first.
    transport_usd_per_kg, disassembly_usd_per_kg
        Cost of bringing the pack in and of taking it apart.
    scrap_usd_per_kg
        Revenue of housing, busbars and cooling that are set free.
    feed_price_usd_per_kg
        Paid by the recycler for what reaches its plant; below zero a gate fee.
    deliverer_usd_per_kg
        Left to the one who collects: feed price and scrap less transport and disassembly.
    recycler_usd_per_kg
        Profit of the recycler after the feed price.
    chain_usd_per_kg, chain_usd_per_kwh
        Both together, also per kWh of the pack when new.
    currency, priced_on
        Of all amounts; plants and wages are of 2022.
    """

    chemistry: str
    process: str
    feed: str
    place: str
    transport_usd_per_kg: float
    disassembly_usd_per_kg: float
    scrap_usd_per_kg: float
    feed_price_usd_per_kg: float
    deliverer_usd_per_kg: float
    recycler_usd_per_kg: float
    chain_usd_per_kg: float
    chain_usd_per_kwh: float
    currency: str
    priced_on: date


def disassembly_scrap(chemistry: str, prices: PriceSet) -> float:
    """Give the revenue of the metal that taking a pack apart to its cells sets free.

    Parameters
    ----------
    chemistry
        A chemistry of ``cathodes.csv``.
    prices
        Of the scrap.

    Returns
    -------
    float
        USD per kg of pack. Electronics and plastics are not counted.

    Raises
    ------
    InputError
        ``economics-word``, ``price-missing``.
    """
    pack, cell = feed_materials(chemistry, "pack"), feed_materials(chemistry, "cell")
    share = _cell_share(chemistry)
    freed: dict[str, float] = {}
    for material, product in _SCRAP.items():
        kilograms = max(0.0, pack[material] - share * cell[material])
        freed[product] = freed.get(product, 0.0) + kilograms
    return product_revenue(freed, product_prices(prices))


def recycling_chain(
    chemistry: str,
    process: str,
    *,
    pack_kwh: float = 100.0,
    feed: str = "cell",
    feed_t_per_yr: float = 10_000.0,
    place: str = "United States",
    legs: Sequence[TransportLeg] = (TransportLeg(804.672),),
    prices: PriceSet | None = None,
) -> RecyclingChain:
    """Give who earns what when a pack is recycled.

    Parameters
    ----------
    chemistry, process, feed_t_per_yr, place, prices
        As in :func:`~voltloop.economics.recycling.recycling_economics`.
    pack_kwh
        Energy of the pack, above zero; it sets the cost of taking it apart.
    feed
        ``cell`` takes packs apart by hand first, ``pack`` feeds them whole.
    legs
        Way of the pack to the plant; 500 miles unless told.

    Raises
    ------
    InputError
        ``economics-word``, ``economics-number``, ``price-missing``.

    Examples
    --------
    >>> chain = recycling_chain("NMC622", "hydro")
    >>> round(chain.transport_usd_per_kg, 2), round(chain.disassembly_usd_per_kg, 2), chain.currency
    (0.7, 0.83, 'USD')
    """
    priced = price_set(on=COST_ON) if prices is None else prices
    plant = recycling_economics(
        chemistry, process, feed=feed, feed_t_per_yr=feed_t_per_yr, place=place, prices=priced
    )
    kg_per_kwh = _kg_per_kwh(chemistry, "pack")
    transport = sum(leg.cost_usd_per_kg for leg in transport_cost(legs, place=place))
    taken_apart = scrap = 0.0
    reaches = 1.0
    if feed == "cell":
        wage = processes.places().row(by_predicate=pl.col("place") == plant.place, named=True)
        home = processes.places()["wage_usd_per_h"][0]
        # The workshop pays more than the plant; the ratio of wages between places is taken to be the same.
        hourly = (
            processes.economics_parameters("disassembly")["wage_usd_per_h"] * wage["wage_usd_per_h"] / home
        )
        pack_kg = positive("pack_kwh", pack_kwh) * kg_per_kwh
        taken_apart = pack_disassembly(pack_kg, wage_usd_per_h=hourly).cost_usd_per_kg
        scrap = disassembly_scrap(chemistry, priced)
        reaches = _cell_share(chemistry)
    paid = plant.feed_price_usd_per_kg * reaches
    deliverer = paid + scrap - transport - taken_apart
    recycler = plant.profit_usd_per_kg * reaches
    return RecyclingChain(
        chemistry=chemistry,
        process=process,
        feed=feed,
        place=plant.place,
        transport_usd_per_kg=transport,
        disassembly_usd_per_kg=taken_apart,
        scrap_usd_per_kg=scrap,
        feed_price_usd_per_kg=paid,
        deliverer_usd_per_kg=deliverer,
        recycler_usd_per_kg=recycler,
        chain_usd_per_kg=deliverer + recycler,
        chain_usd_per_kwh=(deliverer + recycler) * kg_per_kwh,
        currency="USD",
        priced_on=priced.on,
    )


def _kg_per_kwh(chemistry: str, feed: str) -> float:
    return float(processes.compositions().filter(chemistry=chemistry, feed=feed)["kg_per_kwh"][0])


def _cell_share(chemistry: str) -> float:
    """Mass of the cells in a kilogram of pack."""
    return _kg_per_kwh(chemistry, "cell") / _kg_per_kwh(chemistry, "pack")
