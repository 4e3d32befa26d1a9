"""The catalogue of ageing: parameters, models, uses, climates, chemistries and the spread between packs."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["open_circuit_voltage", "parameters", "rows"]


@cache
def rows(name: str) -> tuple[Mapping[str, str], ...]:
    """Give the rows of one table of ``catalogue/ageing``, in the order of the file."""
    text = (resources.files("voltloop") / "catalogue" / "ageing" / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(MappingProxyType(row) for row in csv.DictReader(text.splitlines()))


@cache
def parameters(model: str) -> Mapping[str, float]:
    """Give the parameters of a model by name; what each means stands in the function that uses it."""
    return MappingProxyType(
        {row["parameter"]: float(row["value"]) for row in rows("parameters") if row["model"] == model}
    )


@cache
def open_circuit_voltage(model: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give state of charge [0 to 1] and open-circuit voltage [V] of a model's cell, rising."""
    import numpy as np

    points = [row for row in rows("open_circuit_voltage") if row["model"] == model]
    return np.array([float(row["soc"]) for row in points]), np.array(
        [float(row["voltage_v"]) for row in points]
    )
