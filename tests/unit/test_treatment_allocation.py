"""Assignment of groups to plants and routes: best, proven, explained, and clear about what cannot be."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from voltloop.errors import InputError, NoFeasiblePlan
from voltloop.treatment import allocate

GROUPS = pl.DataFrame({"group_id": ["a", "b"], "count": [3, 2], "mass_kg": [400.0, 300.0]})
CANDIDATES = pl.DataFrame(
    {
        "group_id": ["a", "a", "b", "b"],
        "site_id": ["Lyon", "Graz", "Lyon", "Graz"],
        "route": ["remanufacture", "hydromet"] * 2,
        "net_value_eur": [900.0, 488.0, 700.0, 100.0],
        "co2e_kg": [100.0, -100.0, 0.0, 0.0],
    }
)
LIMITS = pl.DataFrame(
    {
        "site_id": ["Lyon", "Graz"],
        "route": ["remanufacture", None],
        "most": [3.0, 2.0],
        "unit": ["packs", "t"],
    }
)


def minimum(least: float, rule: str, price: float | None = None, **changes: object) -> pl.DataFrame:
    row = {"name": "C1", "site_id": "Graz", "route": None, "least": least, "unit": "t", "rule": rule,
           "shortfall_eur": price, **changes}  # fmt: skip
    return pl.DataFrame([row], schema_overrides={"route": pl.String, "shortfall_eur": pl.Float64})


def test_slots_go_to_those_who_lose_most_without_them() -> None:
    found = allocate(GROUPS, CANDIDATES, LIMITS)
    counts = {(g, s): n for g, s, n in found.placed.select("group_id", "site_id", "count").rows()}
    assert counts == {("a", "Lyon"): 1, ("a", "Graz"): 2, ("b", "Lyon"): 2}
    assert found.score_eur == pytest.approx(900 + 2 * 488 + 2 * 700)
    assert found.bound_eur == pytest.approx(found.score_eur)
    assert found.is_proven


def test_one_more_slot_is_worth_what_solving_with_it_shows() -> None:
    """The figure told is the difference of two optima, not a dual price on trust."""
    found = allocate(GROUPS, CANDIDATES, LIMITS)
    wider = LIMITS.with_columns(most=pl.Series([4.0, 2.0]))
    gain = allocate(GROUPS, CANDIDATES, wider).score_eur - found.score_eur
    told = found.limits.row(0, named=True)
    assert told["one_more_eur"] == pytest.approx(gain) == pytest.approx(412)
    assert told["told"] == "One more slot for remanufacture at Lyon is worth EUR 412."
    assert found.limits["told"][1] is None


def test_two_limits_that_bind_together_are_each_worth_nothing_alone() -> None:
    both = pl.concat([LIMITS.head(1), LIMITS.head(1).with_columns(route=pl.lit(None, dtype=pl.String))])
    found = allocate(GROUPS, CANDIDATES, both)
    assert found.limits["one_more_eur"].to_list() == [0.0, 0.0]
    assert found.limits["price_eur"].sum() == pytest.approx(412)


@pytest.mark.parametrize("step", [-1.0, 1.0])
def test_the_carbon_price_at_which_the_choice_turns_is_right_on_both_sides(step: float) -> None:
    """Without limits a battery goes for its own best, so the turning point can be tried out."""
    one = GROUPS.head(1)
    pair = CANDIDATES.filter(pl.col("group_id") == "a")
    first = allocate(one, pair, carbon_price_eur_per_t=50).placed.row(0, named=True)
    level = first["flip_carbon_eur_per_t"]
    assert level == pytest.approx((900 - 488) / 0.2)
    assert f"if the carbon price rose above EUR {level:.0f} a tonne" in first["reason"]
    there = allocate(one, pair, carbon_price_eur_per_t=level + step).placed.row(0, named=True)
    assert there["site_id"] == ("Graz" if step > 0 else "Lyon")


def test_the_reason_names_place_runner_up_and_what_it_costs() -> None:
    reasons = allocate(GROUPS, CANDIDATES, LIMITS).placed.sort("group_id", "site_id")["reason"].to_list()
    assert reasons[0] == (
        "hydromet at Graz: worth EUR 488; runner-up remanufacture at Lyon, EUR 0 less for the whole. "
        "It is next in line for room there, where it alone is worth EUR 412 more."
    )
    assert reasons[2].startswith(
        "remanufacture at Lyon: worth EUR 700; runner-up hydromet at Graz, EUR 188 less"
    )


def test_a_carbon_budget_is_kept_and_its_price_told() -> None:
    free = allocate(GROUPS, CANDIDATES, LIMITS)
    assert free.co2e_kg == pytest.approx(-100)
    tight = allocate(GROUPS, CANDIDATES, LIMITS, carbon_budget_kg=-300)
    assert tight.co2e_kg <= -300
    assert tight.score_eur == pytest.approx(free.score_eur - 412)
    assert tight.carbon_budget_eur_per_t == pytest.approx(412 / 0.2)


def test_a_minimum_to_be_paid_for_is_weighed_against_its_price() -> None:
    cheap = allocate(GROUPS, CANDIDATES, LIMITS, minimum(0.9, "pay", 10.0))
    assert cheap.minimums.row(0, named=True)["paid_eur"] == pytest.approx(1.0)
    assert cheap.minimums["told"][0] == "C1 for treatment at Graz: 0.8 of 0.9 t; the missing 0.1 cost EUR 1."
    dear = allocate(GROUPS, CANDIDATES, LIMITS, minimum(0.9, "pay", 10_000.0))
    assert dear.minimums.row(0, named=True)["short"] == 0.0


def test_or_nothing_is_met_or_left() -> None:
    left = allocate(
        GROUPS, CANDIDATES, LIMITS.with_columns(most=pl.Series([9.0, 2.0])), minimum(1.8, "or_nothing")
    )
    assert left.minimums["delivered"][0] == 0.0
    assert "is left" in left.minimums["told"][0]
    met = allocate(
        GROUPS, CANDIDATES, LIMITS.with_columns(most=pl.Series([1.0, 2.0])), minimum(1.4, "or_nothing")
    )
    assert met.minimums["delivered"][0] == pytest.approx(1.5)


def test_an_impossible_minimum_names_itself_what_is_missing_and_what_to_do() -> None:
    with pytest.raises(NoFeasiblePlan) as told:
        allocate(GROUPS, CANDIDATES, LIMITS, minimum(2.5, "must"))
    assert (
        "minimum C1 for Graz (at least 2.5 t), while only 1.8 t of the list may go there"
        in told.value.message
    )
    assert "700 kg missing" in told.value.message
    assert "Lower a minimum" in told.value.message
    assert told.value.code == "treatment-conflict"


def test_conditions_in_conflict_are_all_named_and_no_others() -> None:
    """Room of 1 t at Graz and a minimum of 1.5 t there; the limit at Lyon has nothing to do with it."""
    narrow = LIMITS.with_columns(most=pl.Series([3.0, 1.0]))
    with pytest.raises(NoFeasiblePlan) as told:
        allocate(GROUPS, CANDIDATES, narrow, minimum(1.5, "must"))
    assert "room for Graz (at most 1 t)" in told.value.message
    assert "minimum C1 for Graz (at least 1.5 t)" in told.value.message
    assert "Lyon" not in told.value.message


def test_a_budget_that_cannot_be_kept_says_how_far_it_can_go() -> None:
    with pytest.raises(NoFeasiblePlan, match=r"the carbon budget.*400 kg CO2e too much"):
        allocate(GROUPS, CANDIDATES, LIMITS, carbon_budget_kg=-700)


def test_minimums_that_only_whole_batteries_miss_are_told_as_such() -> None:
    """Between 0.45 t and 0.75 t fits neither 0.4 t nor 0.8 t."""
    one = GROUPS.head(1).with_columns(count=pl.lit(2))
    with pytest.raises(NoFeasiblePlan, match="in whole ones they cannot"):
        allocate(one, CANDIDATES.filter(pl.col("group_id") == "a"), LIMITS.with_columns(most=pl.Series([3.0, 0.75])),
                 minimum(0.45, "must"))  # fmt: skip


def test_a_battery_waits_only_for_want_of_room_or_of_a_candidate() -> None:
    more = pl.concat([GROUPS, pl.DataFrame({"group_id": ["c"], "count": [4], "mass_kg": [10.0]})])
    found = allocate(more, CANDIDATES, LIMITS.with_columns(most=pl.Series([1.0, 0.8])))
    reasons = dict(found.unplaced.select("group_id", "reason").rows())
    assert found.placed["count"].sum() + found.unplaced["count"].sum() == 9
    assert reasons["c"].startswith("No site and route is open to it")
    assert "waits for room" in (reasons.get("a") or reasons["b"])


def test_waiting_is_a_candidate_of_a_later_period() -> None:
    later = CANDIDATES.filter(pl.col("group_id") == "a", pl.col("site_id") == "Lyon").with_columns(
        period=pl.lit(1), net_value_eur=pl.lit(880.0)
    )
    now = CANDIDATES.with_columns(period=pl.lit(0))
    found = allocate(GROUPS, pl.concat([now, later]), LIMITS)
    waits = found.placed.filter(pl.col("period") == 1)
    assert waits["count"].sum() == 2
    assert "remanufacture at Lyon in period 1" in waits["reason"][0]


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("groups", "count", 0), ("groups", "mass_kg", -1.0), ("groups", "mass_kg", float("nan")),
        ("candidates", "net_value_eur", float("nan")), ("candidates", "group_id", "zz"),
        ("limits", "most", -3.0), ("limits", "unit", "boxes"),
        ("minimums", "least", -1.0), ("minimums", "rule", "maybe"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_used_is_named_with_table_row_and_column(
    table: str, column: str, value: object
) -> None:
    given = {"groups": GROUPS, "candidates": CANDIDATES, "limits": LIMITS, "minimums": minimum(1.0, "must")}
    first = given[table].head(1).with_columns(pl.lit(value).alias(column).cast(given[table].schema[column]))
    given[table] = pl.concat([first, given[table].tail(given[table].height - 1)])
    with pytest.raises(InputError, match=rf"The {table} table, row 1 .*, column {column}: "):
        allocate(**given)


def test_missing_columns_and_impossible_prices_are_errors_in_words() -> None:
    with pytest.raises(InputError, match="The limits table has no column unit"):
        allocate(GROUPS, CANDIDATES, LIMITS.drop("unit"))
    with pytest.raises(InputError, match="carbon price is -1"):
        allocate(GROUPS, CANDIDATES, carbon_price_eur_per_t=-1)
    with pytest.raises(InputError, match="shortfall_eur"):
        allocate(GROUPS, CANDIDATES, LIMITS, minimum(1.0, "pay"))


def test_hundreds_of_groups_with_every_kind_of_condition_are_solved_within_the_gap() -> None:
    """Larger than the integer core: columns are generated, minimums branched on, the bound holds for all columns."""
    rng = np.random.default_rng(5)
    groups, sites = 300, 12
    table = pl.DataFrame(
        {"group_id": [f"g{i}" for i in range(groups)], "count": rng.integers(1, 40, groups),
         "mass_kg": rng.uniform(150, 650, groups).round(1)}
    )  # fmt: skip
    pairs = pl.DataFrame(
        {
            "group_id": np.repeat(table["group_id"].to_numpy(), sites),
            "site_id": [f"s{j:02d}" for j in range(sites)] * groups,
            "route": "hydromet",
            "net_value_eur": rng.normal(300, 150, groups * sites).round(2),
            "co2e_kg": rng.normal(-200, 100, groups * sites).round(1),
        }
    )
    tonnes = float((table["count"] * table["mass_kg"]).sum()) / 1000
    names = [f"s{j:02d}" for j in range(sites)]
    limits = pl.DataFrame({"site_id": names, "route": None, "most": tonnes / sites * 1.1, "unit": "t"})
    minimums = pl.DataFrame(
        {"name": ["A", "B", "C"], "site_id": names[:3], "route": None, "least": [tonnes / sites] * 3, "unit": "t",
         "rule": ["must", "or_nothing", "pay"], "shortfall_eur": [None, None, 50.0]}
    )  # fmt: skip
    found = allocate(table, pairs, limits, minimums)
    assert found.is_proven
    assert found.score_eur <= found.bound_eur
    assert found.placed["count"].sum() + found.unplaced["count"].sum() == table["count"].sum()
    assert (found.limits["used"] <= found.limits["most"] + 1e-6).all()
    assert found.minimums["delivered"][0] >= tonnes / sites - 1e-6
