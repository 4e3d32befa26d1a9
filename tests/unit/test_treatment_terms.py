"""Contracts, carbon budget, waiting and what would turn a choice, on real rules and values."""

from __future__ import annotations

import polars as pl
import pytest

from treatment_cases import ON, batteries, lanes, sites
from voltloop.errors import InputError, NoFeasiblePlan
from voltloop.treatment import CONTRACTS_SCHEMA, Decision, Waiting, decide

WORN = {"soh": 0.5}


def contract(**cells: object) -> pl.DataFrame:
    row = {"contract_id": "C1", "kind": "volume", "site_id": "shred", **cells}
    return pl.DataFrame([{name: row.get(name) for name in CONTRACTS_SCHEMA}], schema=CONTRACTS_SCHEMA)


def chosen(given: pl.DataFrame, where: pl.DataFrame | None = None, **terms: object) -> Decision:
    terms = {"carbon_price_eur_per_t": 80.0, "horizon_days": 365.0} | terms
    return decide(given, sites() if where is None else where, lanes(), on=ON, **terms)  # type: ignore[arg-type]


def test_a_least_volume_draws_batteries_away_from_their_best_site() -> None:
    given = batteries(*[WORN] * 4)
    free = chosen(given).table["destination_id"].to_list()
    assert free == ["shred"] * 4
    bound = chosen(given, contracts=contract(site_id="furnace", least_t_per_year=0.6, rule="must"))
    assert bound.table["destination_id"].to_list().count("furnace") == 2
    told = bound.limits.filter(pl.col("rule") == "must")["told"][0]
    assert told.startswith(
        "Contract C1 with Furnace is met: 652 kg of at least 600 kg. One tonne less would be worth EUR "
    )


def test_a_most_volume_is_kept() -> None:
    given = batteries(*[WORN] * 4)
    kept = chosen(given, contracts=contract(most_t_per_year=0.7))
    assert kept.table["destination_id"].to_list().count("shred") == 2


def test_yearly_volumes_count_pro_rata() -> None:
    given = batteries(*[WORN] * 4)
    terms = contract(site_id="furnace", least_t_per_year=365.0, rule="must")
    with pytest.raises(NoFeasiblePlan, match=r"at least 2 t.*only 1\.304 t of the list may go there at all"):
        chosen(given, contracts=terms, horizon_days=2.0)


def test_an_exclusive_maker_goes_to_no_other_site() -> None:
    given = batteries(WORN, WORN | {"manufacturer": "Tesla"})
    bound = chosen(given, contracts=contract(kind="exclusive", site_id="furnace", manufacturer="renault"))
    assert bound.table["destination_id"].to_list() == ["furnace", "shred"]


def test_diagnostics_rights_keep_others_from_restoring_but_not_from_recycling() -> None:
    given = batteries({"soh": 0.78})
    assert chosen(given).table["treatment"].to_list() == ["remanufacture"]
    rights = contract(kind="diagnostics", site_id="store", manufacturer="Renault")
    bound = chosen(given, contracts=rights).table
    assert bound["treatment"].to_list() == ["second_life"]
    alone = chosen(
        given, sites("shred", "restore"), contracts=contract(kind="diagnostics", manufacturer="Renault")
    )
    assert alone.table["treatment"].to_list() == ["recycle"]


def test_contracts_that_close_every_offer_are_told() -> None:
    given = batteries(WORN | {"chemistry": "NiMH", "energy_wh": 1310.0, "mass_kg": 41.0})
    bound = chosen(given, contracts=contract(kind="exclusive", manufacturer="Renault"))
    assert bound.table["destination_id"].to_list() == [None]
    assert "close every offer that would take 1 of the rows" in str([f.message for f in bound.findings])


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"kind": "barter"}, "kind"), ({"site_id": "nowhere", "most_t_per_year": 1.0}, "site_id"),
        ({"treatment": "melt", "most_t_per_year": 1.0}, "treatment"), ({"kind": "exclusive"}, "manufacturer"),
        ({"least_t_per_year": -1.0, "rule": "must"}, "least_t_per_year"), ({}, "least_t_per_year"),
        ({"least_t_per_year": 1.0, "rule": "perhaps"}, "rule"),
        ({"least_t_per_year": 1.0, "rule": "pay"}, "shortfall_eur_per_t"),
    ],
)  # fmt: skip
def test_a_contract_that_cannot_be_used_is_a_finding_and_is_left_out(
    cells: dict[str, object], column: str
) -> None:
    found = chosen(batteries(WORN), contracts=contract(**cells))
    said = [f for f in found.findings if f.code == "treatment-contract"]
    assert [f.field for f in said] == [column]
    assert "contract C1" in said[0].message
    assert found.table["destination_id"].to_list() == ["shred"]


def test_contracts_out_of_force_bind_nobody() -> None:
    from datetime import date

    past = contract(site_id="furnace", least_t_per_year=9.0, rule="must", valid_to=date(2026, 1, 1))
    assert chosen(batteries(WORN), contracts=past).table["destination_id"].to_list() == ["shred"]


def test_a_carbon_budget_turns_treatments_and_an_impossible_one_is_named() -> None:
    """Remanufacturing earns more, the second life saves more carbon."""
    given = batteries({"soh": 0.75, "chemistry": "LFP"})
    free = chosen(given, carbon_price_eur_per_t=0.0).table
    assert free["treatment"].to_list() == ["remanufacture"]
    carbon = float((free["co2e_kg"] + free["freight_co2e_kg"])[0])
    tight = chosen(given, carbon_price_eur_per_t=0.0, carbon_budget_kg=carbon - 10).table
    assert tight["treatment"].to_list() == ["second_life"]
    with pytest.raises(NoFeasiblePlan, match=r"the carbon budget \(at most -100 t CO2e\)"):
        chosen(given, carbon_budget_kg=-100_000.0)
    with pytest.raises(InputError, match="carbon budget is nan"):
        chosen(given, carbon_budget_kg=float("nan"))


def test_rising_prices_are_worth_waiting_for_and_falling_ones_are_not() -> None:
    given = batteries(WORN)
    for drift, waits in ((2.0, 1), (-0.5, 0)):
        terms = Waiting(
            60, holding_eur_per_kg_day=0.0001, price_drift_per_year={"nickel": drift, "cobalt": drift}
        )
        found = chosen(given, waiting=terms)
        assert found.waits.height == waits
        assert found.table["destination_id"].null_count() == waits
    rise = chosen(
        given, waiting=Waiting(60, holding_eur_per_kg_day=0.0001, price_drift_per_year={"nickel": 2.0})
    )
    said = rise.waits["reason"][0]
    assert said.startswith("Waits 60 day(s) for the next period: recycling at Shred is then worth ")
    assert "EUR more than recycling at Shred now at" in said
    assert rise.table["held_reason"][0] == said


def test_a_full_site_makes_waiting_worth_more_than_the_next_best() -> None:
    """Room for one of three now, for one more next period; the last goes elsewhere."""
    where = pl.concat([sites("shred", capacity=0.5, capacity_unit="t/yr"), sites("furnace")])
    terms = Waiting(30, holding_eur_per_kg_day=0.0005, room_share=0.8)
    found = chosen(batteries(*[WORN] * 3), where, waiting=terms)
    assert found.waits.height == 1
    assert sorted(found.table["destination_id"].drop_nulls().to_list()) == ["furnace", "shred"]
    assert "but its room is worth more to others" in found.waits["reason"][0]


def test_damaged_and_recalled_goods_never_wait() -> None:
    terms = Waiting(60, holding_eur_per_kg_day=0.0, price_drift_per_year={"nickel": 5.0})
    found = chosen(batteries(WORN | {"condition": "damaged"}, WORN | {"reason": "recall"}), waiting=terms)
    assert found.waits.height == 0


@pytest.mark.parametrize(
    "terms",
    [{"days": 0}, {"days": 30, "room_share": 1.5}, {"days": 30, "holding_eur_per_kg_day": -1},
     {"days": 30, "price_drift_per_year": {"nickel": -1.0}}, {"days": float("nan")}],
)  # fmt: skip
def test_terms_of_waiting_that_cannot_be_are_refused(terms: dict[str, object]) -> None:
    with pytest.raises(InputError, match="terms of waiting cannot be used"):
        Waiting(**terms)  # type: ignore[arg-type]


def test_a_drift_of_an_unknown_item_is_refused() -> None:
    with pytest.raises(InputError, match='no item "unobtainium"'):
        chosen(batteries(WORN), waiting=Waiting(30, price_drift_per_year={"unobtainium": 0.1}))


def level(reason: str, words: str) -> float:
    return float(reason.split(words)[1].split(maxsplit=1)[0].rstrip(".,"))


def test_the_carbon_price_that_turns_a_choice_turns_it() -> None:
    given = batteries({"soh": 0.75, "chemistry": "LFP"})
    said = chosen(given, carbon_price_eur_per_t=0.0).table["reason"][0]
    price = level(said, "the carbon price rose above EUR ")
    for step, treatment in ((-5.0, "remanufacture"), (5.0, "second_life")):
        assert chosen(given, carbon_price_eur_per_t=price + step).table["treatment"].to_list() == [treatment]


def test_the_state_of_health_that_turns_a_choice_turns_it() -> None:
    said = chosen(batteries({"soh": 0.78})).table["reason"][0]
    turn = level(said, "its state of health were below ") / 100
    assert 0.6 < turn < 0.78
    above, below = (chosen(batteries({"soh": turn + step})).table["treatment"][0] for step in (0.005, -0.005))
    assert above == "remanufacture"
    assert below != "remanufacture"


def test_the_metal_price_that_turns_a_choice_turns_it() -> None:
    """A worn pack near the band: with dear nickel recycling it beats its second life."""
    from voltloop import economics

    given = batteries({"soh": 0.62, "chemistry": "NCA"})
    before = chosen(given, carbon_price_eur_per_t=0.0)
    said = before.table["reason"][0]
    price = level(said, "nickel rose above about EUR ")
    start = economics.price_set(on=ON)
    for factor, same in ((0.9, True), (1.1, False)):
        changed = type(start)(**{**vars(start), "values": {**start.values, "nickel": price * factor}})
        after = chosen(given, carbon_price_eur_per_t=0.0, prices=changed).table
        assert (after["treatment"][0] == before.table["treatment"][0]) is same


def test_the_risk_of_an_unmeasured_state_of_health_is_charged() -> None:
    """Of two packs expected to bring the same, the one that is surely so is worth more."""
    from voltloop import economics
    from voltloop.treatment import battery_facts, permitted, site_accepts
    from voltloop.treatment.options import build_options

    given = batteries({"soh": 0.75}, {"soh": 0.95})
    facts, _ = battery_facts(given)
    options = build_options(
        given, facts, permitted(facts), site_accepts(sites()), lanes(),
        prices=economics.price_set(on=ON), carbon_price_eur_per_t=0.0,
    )  # fmt: skip
    assert (options.risk_eur >= 0).all()
    assert options.risk_eur[0].max() > 0
