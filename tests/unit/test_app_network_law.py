"""The law of a scenario: every way of dangerous goods and waste is asked, on the days of its period."""

from datetime import date

import polars as pl
import pytest

from network_cases import SITES, small, tables, write
from voltloop.app.network_law import law_findings, with_law
from voltloop.app.network_scenario import read_scenario
from voltloop.errors import InputError
from voltloop.network.design import design
from voltloop.network.instance import instance_of

GOODS = (
    "chemistry=li_ion form=battery unit_kind=battery state=used energy_wh=50000 un38_3_tested package_net_kg=400 "
    "soc_percent=25"
)
SEA = [
    tables()["modes"][0],
    {
        "mode": "air",
        "cost_eur_per_tkm": 0.001,
        "kg_co2e_per_tkm": 0.0,
        "speed_km_per_day": 9000.0,
        "connects": True,
        "longest_km": 20000.0,
    },
]


def packs(**changes):
    return [tables()["commodities"][0] | changes, *tables()["commodities"][1:]]


def test_goods_without_danger_need_no_law():
    made = small()
    assert with_law(made) is made


def test_each_way_has_an_answer_in_each_period():
    made = with_law(small(commodities=packs(goods=GOODS)))
    assert set(made.law["commodity"]) == {"pack"}
    assert made.law.select("mode", "from_country", "to_country", "period").is_duplicated().sum() == 0
    assert set(made.law["period"]) == {"2027", "2028"}
    assert made.law["is_allowed"].all(), made.law["said"].unique().to_list()


def test_what_the_law_forbids_is_never_taken():
    """Cheap flights stay empty when damaged batteries may not fly."""
    damaged = GOODS.replace("state=used", "state=damaged")
    cheap = design(small(modes=SEA)).answer.flows
    assert ((cheap["commodity"] == "pack") & (cheap["modes"] == "air")).any()
    made = with_law(small(modes=SEA, commodities=packs(goods=damaged)))
    by_air = made.law.filter(pl.col("mode") == "air")
    assert not by_air["is_allowed"].any()
    assert "scenario-way-barred" in {one.code for one in law_findings(made)}
    flows = instance_of(made).flows
    assert not ((flows["commodity"] == "pack") & (flows["modes"] == "air")).any()
    assert ((flows["commodity"] == "scrap") & (flows["modes"] == "air")).any()


def test_waste_leaves_the_union_only_where_it_may():
    sites = [*SITES[:-1], SITES[-1] | {"country": "MA", "areas": ""}]
    mass = tables()["commodities"][1] | {"is_waste": True, "waste_code": "19 12 11*"}
    goods = [tables()["commodities"][0], mass, tables()["commodities"][2]]
    made = with_law(small(sites=sites, commodities=goods))
    ways = {(row["from_country"], row["to_country"]): row for row in made.law.iter_rows(named=True)}
    assert not ways["DE", "MA"]["is_allowed"], ways["DE", "MA"]["said"]
    inside = with_law(small(commodities=goods)).law
    assert inside["is_allowed"].all()
    assert inside["said"].str.contains("notification").any()


def test_days_after_the_last_edition_are_judged_by_it():
    late = [{"period": "2036", "first_on": date(2036, 1, 1)}]
    law = with_law(small(periods=late, commodities=packs(goods=GOODS))).law
    assert law["is_allowed"].all()
    assert law["said"].str.contains("no edition is known for 2036").any()


def test_facts_that_cannot_be_are_named():
    with pytest.raises(InputError, match=r'commodities.csv, "pack", column "goods"'):
        with_law(small(commodities=packs(goods="chemistry=cheese")))


def test_a_folder_is_read_with_its_law(tmp_path):
    read = read_scenario(write(small(commodities=packs(goods=GOODS)), tmp_path / "s"))
    assert read.scenario.law.height
