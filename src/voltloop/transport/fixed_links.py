"""Bridges, causeways and tunnels too long for the rules that find short ones."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["FixedLinks", "fixed_links"]


class FixedLinks(NamedTuple):
    """Ends in degrees and length in km, one of each per link."""

    lat_a: NDArray[np.float64]
    lon_a: NDArray[np.float64]
    lat_b: NDArray[np.float64]
    lon_b: NDArray[np.float64]
    km: NDArray[np.float64]


@cache
def fixed_links() -> FixedLinks:
    """Links of ``catalogue/fixed_links.csv``, in its order."""
    text = (resources.files("voltloop.catalogue") / "fixed_links.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return FixedLinks(*(np.array([float(row[name]) for row in rows]) for name in FixedLinks._fields))
