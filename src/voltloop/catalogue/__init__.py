"""Facts of the world, each with its source: chemistries, pack models, countries and their shapes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voltloop.catalogue.clocks import zone_of
    from voltloop.catalogue.places import (
        CountryShape,
        countries,
        country_at,
        country_shapes,
        land_mass_at,
        sea_km,
    )
    from voltloop.catalogue.vocab import chemistries, pack_models

__all__ = [
    "CountryShape",
    "chemistries",
    "countries",
    "country_at",
    "country_shapes",
    "land_mass_at",
    "pack_models",
    "sea_km",
    "zone_of",
]

_HOME = {
    "CountryShape": "places",
    "chemistries": "vocab",
    "countries": "places",
    "country_at": "places",
    "country_shapes": "places",
    "land_mass_at": "places",
    "pack_models": "vocab",
    "sea_km": "places",
    "zone_of": "clocks",
}


def __getattr__(name: str) -> Any:
    """Give a public name from the file that has it, read only when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
