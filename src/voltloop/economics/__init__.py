"""Cost and revenue of what is done with a battery."""

from voltloop.economics.freight import freight_eur_per_kg_km, freight_region
from voltloop.economics.price_set import PriceSet, price_set
from voltloop.economics.routes import RECYCLING_ROUTES, ROUTES, route_table, route_values

__all__ = [
    "RECYCLING_ROUTES",
    "ROUTES",
    "PriceSet",
    "freight_eur_per_kg_km",
    "freight_region",
    "price_set",
    "route_table",
    "route_values",
]
