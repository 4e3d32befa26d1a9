"""Carbon of moving and treating batteries."""

from voltloop.footprint.routes import carbon_table, route_carbon
from voltloop.footprint.transport import transport_co2e, transport_kg_per_tkm

__all__ = ["carbon_table", "route_carbon", "transport_co2e", "transport_kg_per_tkm"]
