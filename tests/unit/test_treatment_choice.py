"""The choice as a whole: one answer per battery, legal, explained, and the same every time."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from treatment_cases import ON, batteries, lanes, sites
from voltloop.catalogue import money
from voltloop.errors import InputError
from voltloop.treatment import TREATMENTS_SCHEMA, choose, decide


def answer(
    given: dict[str, object],
    *,
    where: pl.DataFrame | None = None,
    ways: pl.DataFrame | None = None,
    carbon: float = 80.0,
    days: float = 5.0,
) -> dict[str, object]:
    table = choose(
        batteries(given), sites() if where is None else where, lanes() if ways is None else ways,
        carbon_price_eur_per_t=carbon, on=ON, horizon_days=days,
    )  # fmt: skip
    assert table.height == 1
    return table.row(0, named=True)


@pytest.mark.parametrize(
    ("given", "treatment", "destination", "is_waste"),
    [
        ({"soh": 0.95}, "reuse", "restore", False),
        ({"soh": 0.78}, "remanufacture", "restore", False),
        ({"soh": 0.66}, "second_life", "store", False),
        ({"soh": 0.50}, "recycle", "shred", True),
        ({"soh": None}, "remanufacture", "restore", True),
        ({"soh": 0.95, "condition": "damaged"}, "recycle", "shred", True),
        ({"soh": 0.95, "condition": "critical"}, "quarantine", "shred", True),
        ({"soh": 0.95, "condition": "unknown"}, "quarantine", "restore|shred|furnace", True),
        ({"chemistry": "NiMH", "soh": 0.5, "energy_wh": 1310.0, "mass_kg": 41.0}, "recycle", "furnace", True),
        ({"form": "scrap_lot", "reason": "production_scrap", "soh": None}, "recycle", "shred", True),
        ({"form": "battery_unit", "energy_wh": 500.0, "mass_kg": 2.6}, "recycle", "shred", True),
        ({"chemistry": "unknown", "soh": None}, "quarantine", "shred|furnace", True),
    ],
)
def test_each_kind_of_battery_goes_where_it_should(
    given: dict[str, object], treatment: str, destination: str, is_waste: bool
) -> None:
    found = answer(given)
    assert (found["treatment"], found["is_waste"]) == (treatment, is_waste), found["reason"]
    assert found["destination_id"] in destination.split("|")
    assert found["held_reason"] is None


def test_the_columns_are_as_declared() -> None:
    table = choose(batteries({}), sites(), lanes(), carbon_price_eur_per_t=80, on=ON, horizon_days=1)
    assert dict(table.schema) == TREATMENTS_SCHEMA


def test_money_has_a_currency_and_a_date() -> None:
    found = answer({})
    assert found["currency"] == "EUR"
    assert found["price_on"] == date(2026, 5, 1)


def test_the_reason_reads_as_a_sentence_with_its_runner_up() -> None:
    found = answer(
        {"chemistry": "LFP", "soh": 0.55, "energy_wh": 60_000.0, "mass_kg": 440.0}, ways=lanes(412.0)
    )
    assert found["reason"] == (
        "Recycled at Shred (mechanical, 412 km): LFP at 55 % state of health is below the 60 % band for a second "
        f"life; net {found['net_value_eur']:.0f} EUR, freight about {found['freight_eur']:.0f} EUR, saves "
        f"{-found['co2e_kg']:.0f} kg CO2e; runner-up: {found['runner_up']}."  # type: ignore[operator]
    )
    assert str(found["runner_up"]).startswith("recycling at Furnace, ")
    assert str(found["runner_up"]).endswith(" EUR less")


def test_estimated_distances_say_about() -> None:
    assert "about 100 km" in str(answer({}, ways=lanes(estimated=True))["reason"])


def test_the_nearer_of_two_alike_sites_is_chosen() -> None:
    where = pl.concat(
        [sites("shred"), sites("shred").with_columns(site_id=pl.lit("near"), name=pl.lit("Near"))]
    )
    ways = pl.concat([lanes(500.0), lanes(50.0).head(1).with_columns(site_id=pl.lit("near"))])
    found = answer({"soh": 0.5}, where=where, ways=ways)
    assert found["destination_id"] == "near"
    assert found["distance_km"] == 50.0


def test_freight_follows_distance_and_mass_and_is_not_in_the_net_value() -> None:
    near, far = (answer({"soh": 0.5}, where=sites("shred"), ways=lanes(km)) for km in (100.0, 300.0))
    assert far["freight_eur"] == pytest.approx(3 * near["freight_eur"])  # type: ignore[operator]
    assert far["freight_co2e_kg"] == pytest.approx(300 * 0.326 * 0.09502)
    assert far["net_value_eur"] == near["net_value_eur"]


def test_damaged_goods_pay_a_dearer_way() -> None:
    sound, damaged = (answer({"soh": 0.5, "condition": c}, where=sites("shred")) for c in ("ok", "damaged"))
    assert damaged["freight_eur"] == pytest.approx(4 * sound["freight_eur"])  # type: ignore[operator]


def test_a_high_carbon_price_can_turn_the_choice() -> None:
    """Remanufacturing this pack earns more, its second life saves more carbon."""
    free, dear = (answer({"soh": 0.75, "chemistry": "LFP"}, carbon=price) for price in (0.0, 5000.0))
    assert free["treatment"] == "remanufacture"
    assert dear["treatment"] == "second_life"


@pytest.mark.parametrize(
    ("given", "where", "ways", "words"),
    [
        (
            {"chemistry": "NiMH", "soh": 0.5}, sites("shred"), lanes(),
            ["No operating site", "NiMH packs (Renault Zoe)", "recycling"],
        ),
        ({"soh": 0.5}, sites("shred"), lanes().clear(), ["no road leads there", "Garage Łódź"]),
        ({"soh": 0.5}, sites("shred"), lanes(float("inf")), ["no road leads there"]),
        (
            {"soh": 0.5, "country": "MT"}, sites("shred"), lanes(waste_ok=False, why_not="it needs a consent."),
            ["waste NMC packs", "from Malta", "Shred in Germany (100 km)", "it needs a consent."],
        ),
        (
            {"soh": 0.5}, sites("shred", capacity=1.0, capacity_unit="t/yr"), lanes(),
            ["full for the next 5 day(s)", "326 kg"],
        ),
        (
            {"soh": 0.5, "condition": "damaged"}, sites("shred", accepts_damaged=None), lanes(),
            ["damaged NMC packs", "accepts_damaged = yes in sites.csv"],
        ),
        ({"point_id": None}, sites(), lanes(), ["no road leads there"]),
    ],
)  # fmt: skip
def test_a_battery_without_destination_says_why(
    given: dict[str, object], where: pl.DataFrame, ways: pl.DataFrame, words: list[str]
) -> None:
    found = answer(given, where=where, ways=ways)
    assert found["destination_id"] is None
    assert found["treatment"] in ("recycle", "reuse")
    assert found["freight_eur"] is None
    for word in words:
        assert word in str(found["held_reason"])
    assert str(found["reason"]).startswith("Meant for ")


def test_used_and_waste_go_by_their_own_lanes() -> None:
    """Where waste may not go, a measured pack may still be remanufactured, an unmeasured one may not."""
    ways = lanes(waste_ok=False, why_not="no consent.")
    assert answer({"soh": 0.78}, ways=ways)["destination_id"] == "restore"
    assert answer({"soh": None}, ways=ways)["destination_id"] is None
    closed = lanes(used_ok=False)
    assert answer({"soh": 0.95}, ways=closed)["treatment"] == "recycle"
    assert "no site within legal reach restores it" in str(answer({"soh": 0.95}, ways=closed)["reason"])


def test_a_null_permission_is_a_no() -> None:
    ways = lanes().with_columns(waste_ok=pl.lit(None, dtype=pl.Boolean))
    assert answer({"soh": 0.5}, where=sites("shred"), ways=ways)["destination_id"] is None


def test_a_full_site_sends_the_rest_to_the_next() -> None:
    where = pl.concat([sites("shred", capacity=365.0 * 0.7, capacity_unit="t/yr"), sites("furnace")])
    given = batteries(*[{"soh": 0.5}] * 5)
    found = decide(given, where, lanes(), carbon_price_eur_per_t=0, on=ON, horizon_days=1)
    assert found.table["destination_id"].to_list().count("shred") == 2
    assert found.table["destination_id"].to_list().count("furnace") == 3
    assert found.room_value_eur_per_kg["shred"] > 0
    full = found.table.filter(pl.col("destination_id") == "furnace")["runner_up"][0]
    assert full.endswith("more but full in this plan")
    assert found.gap == 0.0


def test_dangerous_goods_find_room_first() -> None:
    """One place, three packs, nowhere else to go: the damaged one gets it, though it pays a dearer way."""
    where = sites("shred", capacity=365.0 * 0.4, capacity_unit="t/yr")
    given = batteries({"soh": 0.5}, {"soh": 0.5, "condition": "damaged"}, {"soh": 0.5})
    table = choose(given, where, lanes(), carbon_price_eur_per_t=80, on=ON, horizon_days=1)
    assert table["destination_id"].to_list() == [None, "shred", None]


def test_units_of_a_row_stay_together_and_count_in_value_and_room() -> None:
    one, ten = answer({"soh": 0.5}), answer({"soh": 0.5, "quantity": 10})
    assert ten["net_value_eur"] == pytest.approx(10 * one["net_value_eur"])  # type: ignore[operator]
    where = sites("shred", capacity=365.0, capacity_unit="t/yr")
    assert answer({"soh": 0.5, "quantity": 10}, where=where, days=1)["destination_id"] is None
    assert answer({"soh": 0.5, "quantity": 3}, where=where, days=1)["destination_id"] == "shred"


def test_brands_are_kept_apart() -> None:
    where = sites("restore", commodity_or_chemistry="EV packs", operator="Volvo Cars", name="Volvo Centre")
    assert answer({"manufacturer": "Volvo", "model": "XC40"}, where=where)["destination_id"] == "restore"
    assert answer({"manufacturer": "Renault"}, where=where)["destination_id"] is None
    assert answer({"manufacturer": None, "model": None}, where=where)["destination_id"] is None
    leaf = sites("restore", commodity_or_chemistry="Leaf packs")
    assert (
        answer({"manufacturer": "Nissan", "model": "Leaf 40 kWh"}, where=leaf)["destination_id"] == "restore"
    )
    assert answer({"manufacturer": "Nissan", "model": "Cloverleaf"}, where=leaf)["destination_id"] is None


def test_hybrid_shops_take_small_packs_only() -> None:
    where = sites("restore", commodity_or_chemistry="hybrid packs")
    assert answer({"energy_wh": 12_000.0}, where=where)["destination_id"] == "restore"
    assert answer({"energy_wh": 52_000.0}, where=where)["destination_id"] is None
    assert answer({"energy_wh": None}, where=where)["destination_id"] is None


def test_findings_come_with_the_decision() -> None:
    found = decide(
        batteries({"soh": None}, {"soh": 1.5}, {"chemistry": "??"}, {"point_id": "elsewhere"}),
        sites(capacity=-1.0, capacity_unit="t/yr"),
        lanes(),
        carbon_price_eur_per_t=80,
        on=ON,
        horizon_days=1,
        prices=money.prices().filter(pl.col("item") != "nickel"),
    )
    codes = {f.code for f in found.findings}
    assert codes >= {
        "treatment-price-missing", "treatment-capacity-negative", "treatment-soh-missing",
        "treatment-soh-impossible", "treatment-chemistry-unknown", "treatment-point-unknown",
    }  # fmt: skip
    assert found.table.height == 4


def test_a_site_without_stated_capacity_that_gets_batteries_is_named() -> None:
    found = decide(
        batteries({"soh": 0.5}, {"soh": 0.5}), sites(), lanes(), carbon_price_eur_per_t=80, on=ON, horizon_days=2
    )  # fmt: skip
    notes = [f.message for f in found.findings if f.code == "treatment-capacity-unknown"]
    assert len(notes) == 1
    assert "site shred" in notes[0]
    assert "652 kg in 2 day(s)" in notes[0]


def test_places_without_lanes_are_named_by_their_names_once() -> None:
    found = decide(
        batteries({"point_id": "x|1"}, {"point_id": "x|2"}, {"point_id": "y", "site": None}), sites(), lanes(),
        carbon_price_eur_per_t=80, on=ON, horizon_days=2,
    )  # fmt: skip
    assert [f.raw for f in found.findings if f.code == "treatment-point-unknown"] == ["Garage Łódź", "y"]


def test_typed_network_tables_work_as_texts_do() -> None:
    """The network reader gives yes and no as booleans."""
    where = sites("shred").with_columns(accepts_damaged=pl.lit(value=True), cancelled=pl.lit(value=False))
    assert answer({"soh": 0.5, "condition": "damaged"}, where=where)["destination_id"] == "shred"


def test_no_batteries_and_no_sites_are_no_error() -> None:
    nothing = choose(batteries({}).clear(), sites(), lanes(), carbon_price_eur_per_t=0, on=ON, horizon_days=1)
    assert dict(nothing.schema) == TREATMENTS_SCHEMA
    assert nothing.is_empty()
    found = answer({}, where=sites().clear())
    assert found["destination_id"] is None
    assert "No operating site" in str(found["held_reason"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"batteries": batteries({}).drop("soh")}, "battery-table-columns"),
        ({"batteries": pl.concat([batteries({})] * 2)}, "row-twice"),
        ({"lanes": lanes().drop("waste_ok")}, "lane-table-columns"),
        ({"sites": sites().drop("kind")}, "site-table-columns"),
        ({"carbon_price_eur_per_t": -1.0}, "carbon-price"),
        ({"carbon_price_eur_per_t": float("nan")}, "carbon-price"),
        ({"horizon_days": 0.0}, "horizon-days"),
    ],
)
def test_what_cannot_be_used_is_an_error_with_a_code(change: dict[str, object], code: str) -> None:
    given = {
        "batteries": batteries({}), "sites": sites(), "lanes": lanes(), "carbon_price_eur_per_t": 80.0, "on": ON,
        "horizon_days": 1.0,
    } | change  # fmt: skip
    with pytest.raises(InputError) as error:
        choose(**given)  # type: ignore[arg-type]
    assert error.value.code == code


def test_same_input_same_answer() -> None:
    given = batteries(*({"soh": 0.4 + 0.01 * n, "mass_kg": 200.0 + n} for n in range(50)))
    where = sites(capacity=800.0, capacity_unit="t/yr")
    first, second = (
        choose(given, where, lanes(), carbon_price_eur_per_t=80, on=ON, horizon_days=1) for _ in range(2)
    )
    assert first.equals(second)
