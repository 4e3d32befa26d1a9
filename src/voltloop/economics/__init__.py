"""Cost and revenue of what is done with a battery."""

from voltloop.economics.disassembly import (
    DEPTHS,
    METHODS,
    DisassemblyCost,
    PackDisassembly,
    disassembly_cost,
    pack_disassembly,
)
from voltloop.economics.freight import freight_eur_per_kg_km, freight_region
from voltloop.economics.leasing import (
    LeaseResult,
    break_even_months,
    internal_rate,
    lease,
    lease_fee,
    lessor_irr,
)
from voltloop.economics.plant_finance import (
    EVERBATT_RULES,
    FinanceRules,
    PlantFinance,
    annuity_factor,
    plant_finance,
)
from voltloop.economics.price_set import PriceSet, price_set
from voltloop.economics.process_balance import (
    FEEDS,
    METALS,
    PROCESSES,
    ProcessBalance,
    feed_materials,
    process_balance,
)
from voltloop.economics.product_revenue import cathode_price, product_prices, product_revenue
from voltloop.economics.recycling import (
    COST_ON,
    RecyclingResult,
    feed_price,
    known_place,
    plant_capacity_t,
    plant_isbl_usd,
    recycling_economics,
)
from voltloop.economics.routes import RECYCLING_ROUTES, ROUTES, route_table, route_values
from voltloop.economics.transport_cost import (
    TRUCKS,
    LegCost,
    TransportLeg,
    transport_cost,
    transport_leg_cost,
)

__all__ = [
    "COST_ON",
    "DEPTHS",
    "EVERBATT_RULES",
    "FEEDS",
    "METALS",
    "METHODS",
    "PROCESSES",
    "RECYCLING_ROUTES",
    "ROUTES",
    "TRUCKS",
    "DisassemblyCost",
    "FinanceRules",
    "LeaseResult",
    "LegCost",
    "PackDisassembly",
    "PlantFinance",
    "PriceSet",
    "ProcessBalance",
    "RecyclingResult",
    "TransportLeg",
    "annuity_factor",
    "break_even_months",
    "cathode_price",
    "disassembly_cost",
    "feed_materials",
    "feed_price",
    "freight_eur_per_kg_km",
    "freight_region",
    "internal_rate",
    "known_place",
    "lease",
    "lease_fee",
    "lessor_irr",
    "pack_disassembly",
    "plant_capacity_t",
    "plant_finance",
    "plant_isbl_usd",
    "price_set",
    "process_balance",
    "product_prices",
    "product_revenue",
    "recycling_economics",
    "route_table",
    "route_values",
    "transport_cost",
    "transport_leg_cost",
]
