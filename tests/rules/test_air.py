"""Law of the air over every combination of chemistry, form and state: what must hold for all goods at once."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import Final

import polars as pl
import pytest

from voltloop.compliance import Load, classify, load_rulebook

ON: Final = date(2026, 11, 24)
MODES: Final = ("air_pax", "air_cargo")
FREE: Final = ("allowed", "exempt_small", "exempt_other")
RANK: Final = {"forbidden": 0, "approval_needed": 1, "allowed": 2, "exempt_small": 3, "exempt_other": 3}
SOC: Final = (0.3, 0.5)
NET_KG: Final = (2.0, 20.0, 450.0)


def _facts(name: str) -> tuple[str, ...]:
    return load_rulebook().facts[name].values


def _all_goods() -> pl.DataFrame:
    """Every chemistry in every form and state, with all numbers stated; the last facts change fastest."""
    kinds = {"vehicle": "vehicle", "ctu": "ctu", "cell": "cell"}
    rows = [
        {
            "chemistry": chemistry, "form": form, "state": state, "unit_kind": kinds.get(form, "battery"),
            "energy_wh": energy_wh, "lithium_g": energy_wh / 15, "un38_3_tested": tested, "sp238_passed": "yes",
            "approval_held": held, "package_net_kg": net_kg, "soc": soc,
        }
        for chemistry, form, state, energy_wh, tested, held, net_kg, soc in product(
            _facts("chemistry"), _facts("form"), _facts("state"), (15.0, 500.0), ("yes", "no"), ("no", "yes"), NET_KG,
            SOC,
        )
    ]  # fmt: skip
    return pl.DataFrame(rows)


@pytest.fixture(scope="module")
def air_verdicts() -> dict[str, pl.DataFrame]:
    goods = _all_goods()
    given = goods.select(pl.all().name.prefix("given_"))
    return {
        mode: pl.concat([given, classify(goods, load_rulebook(), mode=mode, on=ON)], how="horizontal")
        for mode in MODES
    }


def _one(mode: str, on: date = ON, **facts: object) -> dict[str, object]:
    goods = pl.DataFrame({name: [value] for name, value in facts.items()})
    return classify(goods, load_rulebook(), mode=mode, on=on).row(0, named=True)


def _ranks(frame: pl.DataFrame) -> pl.Series:
    """How freely goods may move; null where the law is open."""
    return frame["outcome"].replace_strict(RANK, default=None, return_dtype=pl.Int64)


@pytest.mark.parametrize("mode", MODES)
def test_air_has_no_categories_and_tunnels_and_always_a_word_on_charge(
    air_verdicts: dict[str, pl.DataFrame], mode: str
) -> None:
    possible = air_verdicts[mode].filter(~pl.col("missing_facts").str.contains("contradiction"))
    assert possible["transport_category"].unique().to_list() == ["n/a"]
    assert possible["tunnel_code"].unique().to_list() == ["n/a"]
    decided = possible.filter(pl.col("outcome") != "undecided")
    assert set(decided["soc_limit_pct"]) == {"30", "rec30", "none"}


@pytest.mark.parametrize("mode", MODES)
def test_air_answers_are_complete_where_goods_may_move(
    air_verdicts: dict[str, pl.DataFrame], mode: str
) -> None:
    free = air_verdicts[mode].filter(pl.col("outcome").is_in([*FREE, "approval_needed"]))
    for column in (
        "un_number",
        "proper_shipping_name",
        "hazard_class",
        "packing_instruction",
        "package_limit",
    ):
        assert free.filter(pl.col(column).is_null()).is_empty(), column
    regulated = free.filter(pl.col("outcome") == "allowed")
    for column in ("marks", "labels", "documents", "training"):
        assert regulated.filter(pl.col(column) == "").is_empty(), column
    assert free.filter(pl.col("confidence") == "C").is_empty()
    assert (
        free.filter(~pl.col("documents").str.contains("operator variations"))
        .filter(~pl.col("documents").str.contains("State and operator"))
        .is_empty()
    )


@pytest.mark.parametrize("mode", MODES)
def test_air_forbidden_goods_get_no_packing_and_papers(
    air_verdicts: dict[str, pl.DataFrame], mode: str
) -> None:
    forbidden = air_verdicts[mode].filter(pl.col("outcome") == "forbidden")
    assert set(forbidden.filter(pl.col("un_number") == "3536")["packing_instruction"]) == {"none"}
    others = forbidden.filter(pl.col("un_number") != "3536")
    assert others["packing_instruction"].null_count() == others.height
    for column in ("marks", "training", "statements"):
        assert set(forbidden[column]) == {""}, column


@pytest.mark.parametrize("mode", MODES)
def test_air_undecided_always_names_a_fact(air_verdicts: dict[str, pl.DataFrame], mode: str) -> None:
    verdicts = air_verdicts[mode]
    assert verdicts.filter((pl.col("outcome") == "undecided") & (pl.col("missing_facts") == "")).is_empty()
    assert verdicts.filter((pl.col("outcome") != "undecided") & (pl.col("missing_facts") != "")).is_empty()


@pytest.mark.parametrize("mode", MODES)
def test_air_never_moves_damaged_goods(air_verdicts: dict[str, pl.DataFrame], mode: str) -> None:
    bad = air_verdicts[mode].filter(
        pl.col("given_state").is_in(["suspect", "damaged", "recalled", "critical"])
    )
    assert set(bad["outcome"]) == {"forbidden", "undecided"}
    lithium = bad.filter(pl.col("un_number").is_in(["3480", "3481", "3090", "3091", "3551", "3552", "3556"]))
    assert set(lithium["outcome"]) == {"forbidden"}
    assert lithium.filter(~pl.col("special_provisions").str.contains("A154")).is_empty()


def test_air_passenger_aircraft_never_take_batteries_by_themselves(
    air_verdicts: dict[str, pl.DataFrame],
) -> None:
    alone = air_verdicts["air_pax"].filter(pl.col("un_number").is_in(["3480", "3090", "3551", "3536"]))
    assert set(alone["outcome"]) == {"forbidden"}
    assert alone.filter(
        pl.col("un_number").is_in(["3480", "3551"]) & ~pl.col("special_provisions").str.contains("A334")
    ).is_empty()
    assert alone.filter(
        (pl.col("un_number") == "3090") & ~pl.col("special_provisions").str.contains("A201")
    ).is_empty()


def test_air_passenger_aircraft_are_never_freer_than_cargo_aircraft(
    air_verdicts: dict[str, pl.DataFrame],
) -> None:
    both = pl.DataFrame({"pax": _ranks(air_verdicts["air_pax"]), "cargo": _ranks(air_verdicts["air_cargo"])})
    assert both.drop_nulls().filter(pl.col("pax") > pl.col("cargo")).is_empty()


@pytest.mark.parametrize("mode", MODES)
def test_air_an_approval_frees_only_what_asks_for_one(
    air_verdicts: dict[str, pl.DataFrame], mode: str
) -> None:
    block = len(NET_KG) * len(SOC)
    numbered = air_verdicts[mode].with_columns(at=pl.int_range(pl.len()))
    pairs = numbered.with_columns(key=pl.col("at") // (2 * block) * block + pl.col("at") % block)
    without, held = (
        pairs.filter(pl.col("given_approval_held") == word).sort("key") for word in ("no", "yes")
    )
    joined = without.join(held, on="key", suffix="_held")
    assert joined.height == without.height
    needs = pl.col("outcome") == "approval_needed"
    assert set(joined.filter(needs)["outcome_held"]) == {"allowed", "exempt_other"}
    assert joined.filter(~needs & (pl.col("outcome") != pl.col("outcome_held"))).is_empty()
    same = pl.col("packing_instruction").eq_missing(pl.col("packing_instruction_held"))
    assert joined.filter(~same).is_empty()


@pytest.mark.parametrize("mode", MODES)
def test_air_more_charge_or_mass_never_frees_goods(air_verdicts: dict[str, pl.DataFrame], mode: str) -> None:
    ranks = _ranks(air_verdicts[mode]).cast(pl.Float64).to_numpy().reshape(-1, len(NET_KG), len(SOC))
    pairs = ((ranks[:, :-1], ranks[:, 1:]), (ranks[:, :, :-1], ranks[:, :, 1:]))
    for low, high in pairs:
        assert not (high > low).any()  # a null compares as false


@pytest.mark.parametrize(
    ("on", "edition"),
    [
        (date(2023, 1, 1), "IATA-64"), (date(2023, 12, 31), "IATA-64"), (date(2024, 1, 1), "IATA-65"),
        (date(2024, 12, 31), "IATA-65"), (date(2025, 1, 1), "IATA-66"), (date(2025, 12, 31), "IATA-66"),
        (date(2026, 1, 1), "IATA-67"), (date(2026, 12, 31), "IATA-67"), (date(2027, 1, 1), "IATA-68"),
    ],
)  # fmt: skip
def test_air_editions_follow_the_calendar_without_overlap(on: date, edition: str) -> None:
    assert load_rulebook().lawful_editions("air_cargo", on) == (edition,)


@pytest.mark.parametrize(
    ("on", "edition"),
    [
        (date(2024, 12, 31), "TI-2023-24"), (date(2025, 1, 1), "TI-2025-26-Q1"), (date(2025, 3, 31), "TI-2025-26-Q1"),
        (date(2025, 4, 1), "TI-2025-26"), (date(2026, 12, 31), "TI-2025-26"), (date(2027, 1, 1), "TI-2027-28"),
    ],
)  # fmt: skip
def test_air_asks_the_technical_instructions_of_the_day(on: date, edition: str) -> None:
    chain = load_rulebook().chain("air_pax", on)
    assert chain.editions["ICAO"].name == edition


def test_air_old_vehicle_number_is_noted_only_in_the_transition_period() -> None:
    vehicle = {"chemistry": "li_ion", "form": "vehicle", "state": "new", "un38_3_tested": "yes", "soc": 0.6,
               "energy_wh": 60_000}  # fmt: skip
    noted = {
        on: "UN 3171" in str(_one("air_cargo", on, **vehicle)["documents"])
        for on in (date(2024, 12, 31), date(2025, 1, 1), date(2025, 3, 31), date(2025, 4, 1))
    }
    assert list(noted.values()) == [False, True, True, False]


def test_air_button_cells_in_equipment_carry_no_battery_mark() -> None:
    common = {"chemistry": "li_metal", "form": "contained_in", "lithium_g": 0.1, "state": "new", "un38_3_tested": "yes",
              "package_net_kg": 1}  # fmt: skip
    assert _one("air_pax", unit_kind="button_cell", **common)["marks"] == ""
    assert _one("air_pax", unit_kind="cell", **common)["marks"] == "battery mark with UN 3091"
    assert _one("air_pax", unit_kind="cell", few_installed="yes", **common)["marks"] == ""


@pytest.mark.parametrize(("soc", "basis", "needs"), [
    (0.3, "rated", False), (0.300001, "rated", True), (0.25, "indicated", False), (0.250001, "indicated", True),
])  # fmt: skip
def test_air_vehicles_may_be_read_from_the_dashboard(soc: float, basis: str, needs: bool) -> None:
    verdict = _one("air_cargo", chemistry="na_ion", form="vehicle", state="used", un38_3_tested="yes", energy_wh=40_000,
                   soc=soc, soc_basis=basis)  # fmt: skip
    assert verdict["outcome"] == ("approval_needed" if needs else "allowed")


def test_air_unknown_charge_of_waste_and_of_equipment_does_not_matter() -> None:
    pack = {
        "chemistry": "li_ion",
        "unit_kind": "battery",
        "energy_wh": 60,
        "package_net_kg": 4,
        "un38_3_tested": "yes",
    }
    assert _one("air_cargo", form="battery", state="waste", **pack)["outcome"] == "approval_needed"
    assert _one("air_cargo", form="contained_in", state="used", **pack)["outcome"] == "exempt_small"
    blocked = _one("air_cargo", form="battery", state="used", **pack)
    assert (blocked["outcome"], blocked["missing_facts"]) == ("undecided", "soc")


def test_air_one_heavy_battery_speaks_for_its_package() -> None:
    pack = {"chemistry": "li_ion", "form": "battery", "unit_kind": "battery", "energy_wh": 9000, "state": "used",
            "un38_3_tested": "yes", "soc": 0.2}  # fmt: skip
    assert _one("air_cargo", net_mass_kg=36, **pack)["outcome"] == "approval_needed"
    assert _one("air_cargo", net_mass_kg=35, **pack)["missing_facts"] == "package_net_kg"
    assert _one("air_cargo", net_mass_kg=35, package_net_kg=35, **pack)["outcome"] == "allowed"


@pytest.mark.parametrize(
    ("un_number", "labels", "other", "apart"),
    [
        ("3480", "9A", "2.1", "lithium_flammable_gas"), ("3090", "9A", "3", "lithium_flammable_liquid"),
        ("3480", "9A", "4.1", "lithium_flammable_solid"), ("3090", "9A", "5.1", "lithium_oxidizer"),
        ("3551", "9A", "2.1", "sodium_flammable_gas"), ("3551", "9A", "3", "sodium_flammable_liquid"),
        ("3551", "9A", "4.1", "sodium_flammable_solid"), ("3551", "9A", "5.1", "sodium_oxidizer"),
        ("3481", "9A", "3", ""), ("3480", "9A", "8", ""), ("3480", "9A", "1.4S", ""), ("3480", "9A", "2.2", ""),
        ("3481", "9A", "1.1D", "explosive"), ("2794", "8", "4.3", "corrosive_water"), ("2794", "8", "3", ""),
    ],
)  # fmt: skip
def test_air_packages_are_kept_apart(un_number: str, labels: str, other: str, apart: str) -> None:
    """What a unit load device may not hold side by side (DGR 9.3.2)."""
    load = Load(load_rulebook(), mode="air_cargo", on=ON)
    for label, number in ((labels, un_number), (other, "0000")):
        load.add(
            load.profile(outcome="allowed", transport_category="n/a", labels=label, un_number=number), 10.0
        )
    assert load.kept_apart == ((f"IATA.mixing.{apart}",) if apart else ())
    assert load.conflicts == ()
    assert {"pilot_information", "acceptance", "transport_document"} <= set(load.obligations().duties)


def test_air_each_citation_names_its_law() -> None:
    """A semicolon parts citations, so the ICAO way of writing 3;3 would break one in two."""
    laws = {"ICAO": ("ICAO TI ",), "IATA": ("IATA DGR ", "49 CFR ")}
    cited = [
        (rule, one) for rule in load_rulebook().rules.values() if rule.regime in laws for one in rule.cite
    ]
    assert [f"{rule.id}: {one}" for rule, one in cited if not one.startswith(laws[rule.regime])] == []
