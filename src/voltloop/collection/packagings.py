"""Packagings as the choice of packagings sees them, and what floor and time count in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

__all__ = ["Packaging", "PackingCosts", "packaging_volume_m3", "read_packagings"]

_FLOOR_M2: Final = 1.2 * 0.8
_HEIGHT_M: Final = 1.0


@dataclass(frozen=True, slots=True)
class PackingCosts:
    """What floor and time count when packagings are compared (both estimates).

    Attributes
    ----------
    floor_eur
        Value of one floor position on a vehicle [EUR].
    labour_eur_per_h
        Cost of an hour of packing [EUR/h].
    """

    floor_eur: float = 15.0
    labour_eur_per_h: float = 36.0


@dataclass(frozen=True, slots=True)
class Packaging:
    """One kind of packaging; see the columns of packagings.csv."""

    packaging_id: str
    instructions: tuple[str, ...]
    max_net_kg: float
    max_articles: int
    tare_kg: float
    floor_positions: float
    volume_m3: float
    pack_minutes: float
    cost_eur: float
    is_certified: bool

    def weight_eur(self, costs: PackingCosts) -> float:
        """Weigh one use: price, floor and working time [EUR]."""
        return (
            self.cost_eur
            + self.floor_positions * costs.floor_eur
            + self.pack_minutes / 60 * costs.labour_eur_per_h
        )


def read_packagings(table: pl.DataFrame) -> tuple[list[Packaging], dict[tuple[str, str | None], int]]:
    """Give the kinds of packaging, and how many there are by kind and depot (None: of all depots)."""
    kinds: dict[str, Packaging] = {}
    stock: dict[tuple[str, str | None], int] = {}
    for row in table.iter_rows(named=True):
        named = row["packing_instructions"] or []
        names = named.split(";") if isinstance(named, str) else named
        kinds.setdefault(
            row["packaging_id"],
            Packaging(
                row["packaging_id"],
                tuple(name.strip() for name in names if name.strip()),
                float(row["max_net_kg"]),
                int(row["max_articles"]) if row.get("max_articles") is not None else 1_000_000_000,
                float(row["tare_kg"]),
                float(row["floor_positions"]),
                packaging_volume_m3(row),
                float(row.get("pack_minutes") or 0.0),
                float(row.get("cost_eur") or 0.0),
                bool(row.get("is_certified_critical_box")),
            ),
        )
        if row.get("stock") is not None:
            stock[row["packaging_id"], row.get("depot_id")] = int(row["stock"])
    return list(kinds.values()), stock


def packaging_volume_m3(row: Mapping[str, Any]) -> float:
    """Outer volume of a packaging [m3]: as its row says, else its floor times a height of 1 m (an estimate)."""
    told = row.get("volume_m3")
    return float(row["floor_positions"]) * _FLOOR_M2 * _HEIGHT_M if told is None else float(told)
