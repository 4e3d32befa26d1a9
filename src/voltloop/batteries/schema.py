"""The battery table: one row per accepted row of a list."""

from __future__ import annotations

import dataframely as dy

__all__ = ["CHEMISTRIES", "CONDITIONS", "FORMS", "REASONS", "BatterySchema"]

CHEMISTRIES = (
    "NMC",
    "NCA",
    "LFP",
    "LMO",
    "LMO/NMC",
    "LCO",
    "LTO",
    "Li-ion",
    "Li-metal",
    "Na-ion",
    "NiMH",
    "NiCd",
    "lead-acid",
    "Na-NiCl2",
    "unknown",
)
"""Chemistries of the battery table. ``Li-ion`` is lithium-ion with no more said."""

FORMS = ("pack", "module", "cell", "battery_unit", "home_storage", "scrap_lot", "unknown")
"""Forms. A battery unit is an e-bike's, a scooter's or another portable battery."""

CONDITIONS = ("ok", "suspect", "damaged", "critical", "unknown")
"""Conditions, never read better than the worst thing that a row says."""

REASONS = ("end_of_life", "crash", "recall", "warranty", "lease_end", "production_scrap", "other", "unknown")
"""Reasons of return."""


class BatterySchema(dy.Schema):
    """Columns of the battery table.

    Energy and mass are of one unit; ``quantity`` says how many units the row stands for. Shares are 0 to 1.
    """

    row = dy.Int64(primary_key=True, min=1, description="Number of the record in the file, from 1")
    battery_id = dy.String(
        min_length=1, description="Identifier in the list; made from serial or row if it has none"
    )
    serial = dy.String(nullable=True, description="Serial number as listed")
    manufacturer = dy.String(nullable=True)
    model = dy.String(nullable=True, description="Model as listed")
    chemistry = dy.String(check=lambda column: column.is_in(list(CHEMISTRIES)))
    form = dy.String(check=lambda column: column.is_in(list(FORMS)))
    quantity = dy.Int64(min=1, description="Number of units")
    energy_wh = dy.Float64(nullable=True, min_exclusive=0, description="Nominal energy of one unit [Wh]")
    mass_kg = dy.Float64(min_exclusive=0, description="Mass of one unit [kg]")
    produced_on = dy.Date(nullable=True)
    returned_on = dy.Date(nullable=True)
    site = dy.String(nullable=True, description="Name or id of the collection point")
    site_kind = dy.String(nullable=True)
    country = dy.String(nullable=True, regex="^[A-Z]{2}$", description="ISO 3166-1 two-letter code")
    lat = dy.Float64(nullable=True, min=-90, max=90, description="Degrees")
    lon = dy.Float64(nullable=True, min=-180, max=180, description="Degrees")
    soh = dy.Float64(
        nullable=True, min=0, max=1, description="State of health, share of one; null when not measured"
    )
    soc = dy.Float64(
        nullable=True, min=0, max=1, description="State of charge, share of one; null when not measured"
    )
    condition = dy.String(check=lambda column: column.is_in(list(CONDITIONS)))
    reason = dy.String(check=lambda column: column.is_in(list(REASONS)))
    owner = dy.String(nullable=True)
    diagnostic_source = dy.String(nullable=True)
