"""Who may test what at which plant, what a grade costs there, and what is closed for want of rights."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl
import pytest

from voltloop.batteries.grading import catalogue_schemes, cost_of_grade
from voltloop.catalogue import money
from voltloop.treatment import decide, rights
from voltloop.treatment.contracts import CONTRACTS_SCHEMA
from voltloop.treatment.rights import grade_terms
from voltloop.treatment.sites import site_accepts

ON = date(2026, 11, 24)
SITES = pl.DataFrame(
    {
        "site_id": ["own", "free", "wet"],
        "name": ["Flins", "Anyone", "Wet"],
        "operator": ["Renault", "Repair Ltd", "Acid"],
        "kind": ["remanufacturer", "remanufacturer", "recycler_hydromet"],
        "commodity_or_chemistry": ["all OEM packs", "all OEM packs", "all Li-ion"],
        "country": ["FR", "DE", "DE"],
    }
)
NONE = pl.DataFrame(schema=CONTRACTS_SCHEMA)


def battery(**facts: object) -> pl.DataFrame:
    base = {
        "row": 1, "manufacturer": "Renault", "model": "Zoe", "chemistry": "NMC", "form": "pack", "quantity": 1,
        "energy_wh": 52_000.0, "mass_kg": 326.0, "country": "DE", "soh": 0.85, "soh_known": "yes", "condition": "ok",
        "reason": "end_of_life", "point_id": "p",
    }  # fmt: skip
    return pl.DataFrame([base | facts], schema_overrides={"soh": pl.Float64})


def diagnostics(site: str, **more: object) -> pl.DataFrame:
    row = {"contract_id": "D1", "kind": "diagnostics", "site_id": site, "manufacturer": "Renault"} | more
    return pl.DataFrame([dict.fromkeys(CONTRACTS_SCHEMA) | row], schema=CONTRACTS_SCHEMA)


def extra(table: pl.DataFrame, contracts: pl.DataFrame = NONE) -> dict[tuple[str, str], float]:
    accepts = site_accepts(SITES)
    found = grade_terms(table, accepts, contracts)
    return dict(zip(accepts.select("site_id", "treatment").rows(), found.extra_eur[0].tolist(), strict=True))


def answer(table: pl.DataFrame, contracts: pl.DataFrame | None = None, *ids: str) -> dict[str, object]:
    lanes = pl.DataFrame(
        [
            {"point_id": "p", "site_id": site, "distance_km": 100.0, "used_ok": True, "waste_ok": True}
            for site in SITES["site_id"]
        ]
    )
    sites = SITES.filter(pl.col("site_id").is_in(ids)) if ids else SITES
    decision = decide(
        table, sites, lanes, carbon_price_eur_per_t=0.0, on=ON, horizon_days=365.0, contracts=contracts
    )
    return decision.table.row(0, named=True)


def test_a_grade_costs_more_without_the_makers_tools() -> None:
    """The difference is that of the grading room; the maker's own tests are in the unit costs."""
    costs = extra(battery())
    scheme = catalogue_schemes().named("application-bands")
    reman = type(scheme)(scheme.name, tuple(g for g in scheme.grades if g.route == "remanufacture"))
    oem, other = (cost_of_grade(reman, who, known=["soh"]).cost_eur for who in ("oem", "third-party"))
    assert costs["own", "remanufacture"] == 0.0
    assert costs["free", "remanufacture"] == pytest.approx(other - oem)
    assert costs["free", "remanufacture"] > 100
    assert costs["wet", "recycle"] == 0.0


def test_a_licence_costs_its_fee_and_binds_its_maker_only() -> None:
    licensed = extra(battery(), diagnostics("free"))
    fee = 40.0
    assert licensed["free", "remanufacture"] == pytest.approx(fee)
    assert extra(battery(manufacturer="Tesla"), diagnostics("free"))["free", "remanufacture"] > fee
    assert extra(battery(manufacturer=None))["own", "remanufacture"] > fee


def test_small_units_and_several_units_are_counted() -> None:
    one = extra(battery())["free", "remanufacture"]
    assert extra(battery(quantity=3))["free", "remanufacture"] == pytest.approx(3 * one)
    assert extra(battery(energy_wh=1000.0))["free", "remanufacture"] == pytest.approx(one / 2)


def test_the_net_value_bears_the_grade_and_the_makers_plant_wins() -> None:
    own, free = (answer(battery(soh=0.75), None, site) for site in ("own", "free"))
    assert own["treatment"] == free["treatment"] == "remanufacture"
    difference = extra(battery(soh=0.75))["free", "remanufacture"]
    assert own["net_value_eur"] - free["net_value_eur"] == pytest.approx(difference)
    assert answer(battery(soh=0.75))["destination_id"] == "own"


def test_what_a_contract_grants_to_others_is_closed_and_told() -> None:
    told = answer(battery(), diagnostics("own"), "free", "wet", "own")
    assert told["destination_id"] == "own"
    assert "closed to it" not in str(told["reason"])
    assert told["treatment"] == "reuse"
    told = answer(battery(soh=0.75), diagnostics("own", treatment="reuse"))
    assert told["treatment"] == "recycle"
    assert "closed to it: the diagnostics of Renault are granted to Flins (contract D1)." in str(
        told["reason"]
    )


@pytest.fixture
def no_new_part(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No new part may stand in for the log of a reused pack."""
    table = money.treatment_rights().with_columns(
        pl.when(pl.col("treatment") == "reuse").then(pl.lit("never")).otherwise("part").alias("part")
    )
    monkeypatch.setattr(money, "treatment_rights", lambda: table)
    rights._grade.cache_clear()
    yield
    rights._grade.cache_clear()


@pytest.mark.usefixtures("no_new_part")
def test_a_route_whose_proprietary_test_is_not_open_is_closed_with_the_reason() -> None:
    assert answer(battery(), None, "own", "wet")["treatment"] == "reuse"
    told = answer(battery(), None, "free", "wet")
    assert told["treatment"] != "reuse"
    assert "Reuse at Anyone is closed to it: it asks for the log of its battery management system." in str(
        told["reason"]
    )
    assert "the maker's tool and keys are open only to the maker and its licensees." in str(told["reason"])
