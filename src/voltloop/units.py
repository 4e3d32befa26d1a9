"""Conversion factors between the units that batteries are listed in.

The international pound is 0.45359237 kg exactly (1959 agreement); all other factors are powers of ten.
"""

from __future__ import annotations

from typing import Final

__all__ = ["ENERGY_WH", "MASS_KG"]

ENERGY_WH: Final[dict[str, float]] = {"mwh": 1e6, "kwh": 1e3, "wh": 1.0}
"""Watt-hours per unit of energy, keyed in lower case. ``mwh`` is the megawatt-hour."""

MASS_KG: Final[dict[str, float]] = {"t": 1000.0, "kg": 1.0, "g": 1e-3, "lb": 0.45359237, "lbs": 0.45359237}
"""Kilograms per unit of mass, keyed in lower case."""
