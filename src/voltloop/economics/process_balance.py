"""What a recycling process makes of its feed: products, losses and what reagents add, closed to the last gram."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from voltloop.catalogue import processes
from voltloop.economics.checks import number, one_of, share
from voltloop.errors import InputError

__all__ = ["FEEDS", "METALS", "PROCESSES", "ProcessBalance", "feed_materials", "process_balance"]

FEEDS = ("cell", "pack")
"""What a recycling plant is fed with."""

PROCESSES = ("pyro", "hydro", "direct")
"""Ways to recover the critical materials of a lithium-ion battery."""

METALS = ("lithium", "nickel", "cobalt", "manganese", "copper", "aluminium")
"""Metals whose balance is told."""

_LITHIUM_OF_SALT = 6.941 / 151.905
"""Lithium in lithium hexafluorophosphate [kg/kg]."""

_CATHODE_METALS = ("lithium", "nickel", "cobalt", "manganese")


@dataclass(frozen=True, slots=True)
class ProcessBalance:
    """The mass balance of one process over one feed.

    Attributes
    ----------
    process
        ``pyro``, ``hydro`` or ``direct``.
    feed_kg
        Mass of feed.
    materials_kg
        Feed by material; the cathode as its metals and the rest of it.
    products_kg
        Mass of each product.
    sold_by
        Plant that sells the product: ``preprocessing`` or the process.
    recovered_kg
        Mass of each material that is contained in products.
    lost_kg
        Mass of each material that goes to slag, gas, waste water or waste.
    added_kg
        Mass that reagents leave in products, such as the carbonate of lithium carbonate.
    """

    process: str
    feed_kg: float
    materials_kg: Mapping[str, float]
    products_kg: Mapping[str, float]
    sold_by: Mapping[str, str]
    recovered_kg: Mapping[str, float]
    lost_kg: Mapping[str, float]
    added_kg: float

    @property
    def recovered_share(self) -> float:
        """Share of the feed's mass that is in products [1], what reagents added left out."""
        return sum(self.recovered_kg.values()) / self.feed_kg if self.feed_kg else 0.0


def feed_materials(chemistry: str, feed: str = "cell") -> dict[str, float]:
    """Give what a kilogram of feed consists of.

    Parameters
    ----------
    chemistry
        A chemistry of ``cathodes.csv``.
    feed
        ``cell`` or ``pack``.

    Returns
    -------
    dict of str to float
        kg per kg, adding up to 1: lithium, nickel, cobalt and manganese of the cathode, the rest of the cathode, and
        the other materials; the lithium of the electrolyte apart, since no process recovers it.

    Raises
    ------
    InputError
        ``economics-word``: chemistry or feed is not known.
    """
    one_of("feed", feed, FEEDS)
    table = processes.compositions()
    one_of("chemistry", chemistry, table["chemistry"].unique(maintain_order=True).to_list())
    row = table.row(by_predicate=(pl.col("chemistry") == chemistry) & (pl.col("feed") == feed), named=True)
    names = [name for name in row if name not in ("chemistry", "feed", "kg_per_kwh", "estimate", "source")]
    total = sum(row[name] for name in names)
    kilograms = {name: row[name] / total for name in names}
    salt = kilograms.pop("electrolyte_salt")
    kilograms["electrolyte_lithium"] = salt * _LITHIUM_OF_SALT
    kilograms["electrolyte"] += salt * (1.0 - _LITHIUM_OF_SALT)
    cathode = kilograms.pop("cathode")
    shares = processes.cathodes().row(by_predicate=pl.col("chemistry") == chemistry, named=True)
    metals = {metal: cathode * shares[metal] for metal in _CATHODE_METALS}
    return metals | {"cathode_rest": cathode - sum(metals.values())} | kilograms


def process_balance(
    materials_kg: Mapping[str, float],
    process: str,
    *,
    recovery: Mapping[str, float] | None = None,
) -> ProcessBalance:
    """Give the products and losses of a process.

    Parameters
    ----------
    materials_kg
        Feed by material, as :func:`feed_materials` names them; other materials are lost whole.
    process
        One of :data:`PROCESSES`.
    recovery
        Share recovered by material, in place of the catalogue's.

    Raises
    ------
    InputError
        ``economics-word``, ``economics-number``, ``economics-share``; ``economics-recovery``: a recovery is given for a
        material of which the process makes nothing.

    References
    ----------
    EverBatt 2023, product yields; the step yields are in ``product_yields.csv``.

    Examples
    --------
    >>> cells = feed_materials("NMC622")
    >>> hydro = process_balance(cells, "hydro")
    >>> round(hydro.products_kg["nickel"], 4), round(hydro.products_kg["lithium_carbonate_crude"], 4)
    (0.1515, 0.1449)
    >>> round(sum(hydro.recovered_kg.values()) + sum(hydro.lost_kg.values()), 9)
    1.0
    """
    one_of("process", process, PROCESSES)
    feed = {name: number(f"{name} of the feed in kg", mass) for name, mass in materials_kg.items()}
    table = processes.product_yields().filter(pl.col("route") == process)
    own = dict(recovery or {})
    unused = sorted(own.keys() - set(table["material"].to_list()))
    if unused:
        raise InputError(
            f"A recovery is given for {', '.join(unused)}, of which the process {process} makes nothing. "
            f"Expected some of {', '.join(table['material'].to_list())}. Leave it out.",
            code="economics-recovery",
        )
    products: dict[str, float] = {}
    sold_by: dict[str, str] = {}
    recovered: dict[str, float] = {}
    for row in table.iter_rows(named=True):
        material = row["material"]
        got = feed.get(material, 0.0) * share(
            f"recovery of {material}", own.get(material, row["recovery_share"])
        )
        recovered[material] = got
        products[row["product"]] = products.get(row["product"], 0.0) + got * row["kg_product_per_kg"]
        sold_by[row["product"]] = row["sold_by"]
    lost = {name: mass - recovered.get(name, 0.0) for name, mass in feed.items()}
    return ProcessBalance(
        process=process,
        feed_kg=sum(feed.values()),
        materials_kg=feed,
        products_kg=products,
        sold_by=sold_by,
        recovered_kg=recovered,
        lost_kg=lost,
        added_kg=sum(products.values()) - sum(recovered.values()),
    )
