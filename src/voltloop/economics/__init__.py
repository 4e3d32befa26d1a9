"""Cost and revenue of what is done with a battery."""

from voltloop.economics.disassembly import (
    DEPTHS,
    METHODS,
    DisassemblyCost,
    PackDisassembly,
    disassembly_cost,
    pack_disassembly,
)
from voltloop.economics.failures import (
    LIFE_MODELS,
    FailureModel,
    FailureReturns,
    failure_returns,
    fit_failures,
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
from voltloop.economics.warranty import COVERS, WarrantyPrice, WarrantyTerms, warranty_price

__all__ = [
    "COST_ON",
    "COVERS",
    "DEPTHS",
    "EVERBATT_RULES",
    "FEEDS",
    "LIFE_MODELS",
    "METALS",
    "METHODS",
    "PROCESSES",
    "RECYCLING_ROUTES",
    "ROUTES",
    "TRUCKS",
    "DisassemblyCost",
    "FailureModel",
    "FailureReturns",
    "FinanceRules",
    "LeaseResult",
    "LegCost",
    "PackDisassembly",
    "PlantFinance",
    "PriceSet",
    "ProcessBalance",
    "RecyclingResult",
    "TransportLeg",
    "WarrantyPrice",
    "WarrantyTerms",
    "annuity_factor",
    "break_even_months",
    "cathode_price",
    "disassembly_cost",
    "failure_returns",
    "feed_materials",
    "feed_price",
    "fit_failures",
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
    "warranty_price",
]
