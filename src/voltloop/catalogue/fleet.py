"""Vehicle types and packagings of the catalogue, with typical figures."""

from __future__ import annotations

from functools import cache
from importlib import resources

import polars as pl

__all__ = ["packagings", "vehicle_types"]


@cache
def vehicle_types() -> pl.DataFrame:
    """Typical vehicles, one row per type: places, payload, cost, emissions, hours.

    Returns
    -------
    pl.DataFrame
        All columns as text, in the words and units of ``vehicles.csv`` of a network folder, with
        ``region``, ``estimate`` and ``source``.

    Examples
    --------
    >>> "rigid_adr" in vehicle_types()["vehicle_type"]
    True
    """
    return _read("vehicles.csv")


@cache
def packagings() -> pl.DataFrame:
    """Typical packagings, one row each: packing instructions, limits, time and cost.

    Returns
    -------
    pl.DataFrame
        All columns as text, in the words and units of ``packagings.csv`` of a network folder, with
        ``region``, ``estimate`` and ``source``.

    Examples
    --------
    >>> "critical-pack" in packagings()["packaging_id"]
    True
    """
    return _read("packagings.csv")


def _read(name: str) -> pl.DataFrame:
    data = (resources.files("voltloop.catalogue") / name).read_bytes()
    return pl.read_csv(data, infer_schema=False)
