"""Commodities, what they are worth, and what restored packs and storage displace."""

from __future__ import annotations

from typing import Any

from network_example.facts import CHEMISTRIES, METALS, Continent, metal_eur_per_t, prices
from network_example.processes import KG, new_pack_eur_per_kwh, recycled, restored_price
from voltloop.catalogue import money
from voltloop.economics import feed_materials, second_life_application
from voltloop.footprint import design, new_battery

Table = list[dict[str, Any]]
_GOODS = {
    "pack": "chemistry=li_ion form=battery state=used "
    "unit_kind=battery energy_wh=50000 un38_3_tested package_gross_kg=400",
    "scrap": "chemistry=li_ion form=cell state=used "
    "unit_kind=cell energy_wh=200 un38_3_tested package_gross_kg=400",
}


def storage_price(continent: Continent) -> float:
    """Price of a used pack for storage [EUR per kWh as new]."""
    at = second_life_application("grid_storage")
    low = dict(continent.changes).get("storage_price_low", 0.0)
    return (
        at["low_usd_per_kwh" if low else "mid_usd_per_kwh"]
        * prices().eur_per_usd
        * continent.given("second_life_soh")
    )


def displaced_kg(chemistry: str, use: str, grid_g: float) -> float:
    """Carbon [kg/kWh] of the new battery that a restored pack or storage stands in for."""
    given = money.route_parameters()
    if use == "restored":
        made = new_battery(CHEMISTRIES[chemistry], grid_g)
        return sum(part.impacts.co2e_kg for part in made.parts) * given["reman_displaced_share"]
    made = new_battery("LFP", grid_g)
    return sum(part.impacts.co2e_kg for part in made.parts) * given["second_life_displaced_share"]


def commodities() -> Table:
    """Rows of ``commodities.csv``."""
    found: Table = []

    def add(key: str, name: str, family: str, unit: str, mass: float, value: float, **more: Any) -> None:
        found.append(
            {
                "commodity": key,
                "name": name,
                "family": family,
                "unit": unit,
                "mass_kg_per_unit": mass,
                "value_eur_per_unit": round(value, 2),
                **more,
            }
        )

    nickel, cobalt = metal_eur_per_t("nickel"), metal_eur_per_t("cobalt")
    for chemistry, model in CHEMISTRIES.items():
        made = design(model)
        worth = feed_materials(model, "pack")
        metal = worth["nickel"] * nickel + worth["cobalt"] * cobalt
        code = {"is_waste": "yes", "waste_code": "16 06 07*"}
        for what, word in (("core", "Working packs"), ("pack", "Packs to recycle")):
            add(
                f"{what}_{chemistry}",
                f"{word}, {chemistry}",
                "used",
                "t",
                KG,
                0.3 * metal,
                goods=_GOODS["pack"],
                **code,
            )
        add(
            f"scrap_{chemistry}",
            f"Scrapped cells, {chemistry}",
            "scrap",
            "t",
            KG,
            0.3 * metal,
            goods=_GOODS["scrap"],
            **code,
        )
        add(
            f"black_mass_{chemistry}",
            f"Black mass, {chemistry}",
            "black_mass",
            "t",
            KG,
            0.7 * metal / recycled(chemistry, "pack").black_mass_kg,
            is_waste="yes",
            waste_code="19 14 02*",
        )
        module = made.kg_per_kwh("module")
        add(
            f"module_{chemistry}",
            f"New modules, {chemistry}",
            "module",
            "t",
            KG,
            new_pack_eur_per_kwh(chemistry) / module * KG,
        )
        for what, word in (("restored", "Restored packs"), ("storage", "Packs for storage")):
            add(
                f"{what}_{chemistry}",
                f"{word}, {chemistry}",
                what,
                "kWh",
                made.pack_kg_per_kwh,
                restored_price(chemistry),
            )
    for metal in METALS:
        price = metal_eur_per_t(metal)
        for stage, family in (
            ("_raw", "metal_raw"),
            ("_new", "metal_new"),
            ("_recycled", "metal_recycled"),
            ("", "metal"),
        ):
            share = 0.7 if stage == "_raw" else 1.0
            add(
                f"{metal}{stage}",
                f"{metal.capitalize()}{stage.replace('_', ', ')}",
                family,
                "t",
                KG,
                share * price,
            )
    return found


def module_supply(chemistry: str, grid_g: float) -> tuple[float, float]:
    """Price [EUR/t] and carbon [kg/t] of new modules."""
    made = design(CHEMISTRIES[chemistry])
    module = made.kg_per_kwh("module")
    carbon = sum(part.impacts.co2e_kg for part in new_battery(CHEMISTRIES[chemistry], grid_g, "module").parts)
    return new_pack_eur_per_kwh(chemistry) / module * KG, carbon / module * KG
