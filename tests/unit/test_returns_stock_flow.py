"""The stock and flow model meets the published tables, and keeps its balances."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltloop.catalogue import vehicle_fleets
from voltloop.errors import InputError
from voltloop.returns import StockFlowRules, one_year, stock_flow, yearly_survival

SHARED = Path(__file__).parents[3] / "shared" / "data"
FLOWS = (
    "failed_batteries",
    "available_batteries",
    "replacement_batteries",
    "failed_gwh",
    "available_gwh",
    "recycled_kt",
)


def canada() -> tuple[pl.DataFrame, pl.DataFrame]:
    case = vehicle_fleets.stock_flow_canada()
    flow = stock_flow(
        case["sales_vehicles"].to_list(),
        case["pack_kwh"].to_list(),
        pack_kwh_per_kg=case["pack_kwh_per_kg"][0],
        first_year=case["year"][0],
        rules=StockFlowRules(whole_batteries=True),
    )
    return case, flow.table


@pytest.mark.parametrize("column", FLOWS)
def test_canada_2015_to_2050_within_half_a_percent(column: str) -> None:
    case, flow = canada()
    assert flow["year"].to_list() == case["year"].to_list()
    for mine, published in zip(flow[column], case[column], strict=True):
        if published is not None:
            half_a_digit = 0.0 if "batteries" in column else 5e-5
            assert mine == pytest.approx(published, rel=0.005, abs=half_a_digit)


def test_canada_meets_the_figure_of_the_paper_within_one_percent() -> None:
    case, flow = canada()
    pairs = [
        (mine, figure)
        for mine, figure in zip(flow["recycled_kt"], case["paper_recycled_kt"], strict=True)
        if figure is not None
    ]
    assert len(pairs) == 26
    for mine, figure in pairs:
        assert mine == pytest.approx(figure, rel=0.01)


def test_one_step_of_the_published_table() -> None:
    for row in vehicle_fleets.stock_flow_one_step().iter_rows(named=True):
        step = one_year(
            row["vehicles"],
            row["vehicle_age"],
            row["battery_age"],
            vehicle_mean_years=row["vehicle_mean_years"],
            battery_mean_years=row["battery_mean_years"],
        )
        for outcome in ("both_fail", "vehicle_fails", "battery_fails", "neither_fails"):
            assert float(getattr(step, outcome)) == pytest.approx(row[outcome], abs=1e-6)


@pytest.mark.skipif(not SHARED.exists(), reason="the folder shared/data is not beside this clone")
@pytest.mark.parametrize(
    ("file", "theirs", "ours"),
    [
        ("stockflow_reference_canada.csv", "OUT_feedstock_kt_our_model", "recycled_kt"),
        ("stockflow_reference_canada.csv", "PAPER_feedstock_kt", "paper_recycled_kt"),
        ("stockflow_reference_canada.csv", "ev_sales_cars", "sales_vehicles"),
        ("stockflow_reference_canada.csv", "kwh_per_vehicle", "pack_kwh"),
        ("ev_sales_by_country_year.csv", "ev_sales_vehicles", "sales_vehicles"),
        ("ev_projection_2030_steps.csv", "value", "value"),
    ],
)
def test_our_copies_hold_the_facts(file: str, theirs: str, ours: str) -> None:
    with (SHARED / file).open(encoding="utf-8") as text:
        facts = [float(row[theirs]) for row in csv.DictReader(text) if row[theirs]]
    tables = {
        "stockflow_reference_canada.csv": vehicle_fleets.stock_flow_canada,
        "ev_sales_by_country_year.csv": vehicle_fleets.vehicle_sales,
        "ev_projection_2030_steps.csv": vehicle_fleets.vehicle_projection,
    }
    assert sorted(tables[file]()[ours].drop_nulls().cast(pl.Float64).to_list()) == sorted(facts)


def test_every_row_has_its_source() -> None:
    for table in (
        vehicle_fleets.vehicle_sales(),
        vehicle_fleets.vehicle_projection(),
        vehicle_fleets.vehicle_lives(),
        vehicle_fleets.stock_flow_canada(),
        vehicle_fleets.stock_flow_one_step(),
    ):
        assert table["source"].null_count() == 0
        assert (table["source"].str.len_chars() > 10).all()


@settings(deadline=None)
@given(
    sales=st.lists(st.floats(0, 1e6), max_size=50),
    vehicle=st.floats(2, 40),
    battery=st.floats(2, 40),
    sd=st.floats(0.5, 8),
    last=st.integers(0, 31),
    share=st.floats(0, 1),
)
def test_nothing_is_lost(
    sales: list[float], vehicle: float, battery: float, sd: float, last: int, share: float
) -> None:
    """Vehicles sold are retired or in use; batteries made have failed, are available or in use."""
    flow = stock_flow(
        sales,
        [50.0] * len(sales),
        pack_kwh_per_kg=0.2,
        first_year=2015,
        rules=StockFlowRules(vehicle, battery, sd, no_new_battery_from_age=last, storage_share=share),
    )
    table, in_use = flow.table, float(flow.stock_vehicles.sum())
    close = {"rel": 1e-9, "abs": 1e-6}
    assert table["sales_vehicles"].sum() == pytest.approx(table["retired_vehicles"].sum() + in_use, **close)
    made = table["sales_vehicles"].sum() + table["replacement_batteries"].sum()
    gone = table["failed_batteries"].sum() + table["available_batteries"].sum()
    assert made == pytest.approx(gone + in_use, **close)
    energy = table["failed_gwh"].sum() + table["available_gwh"].sum()
    assert energy == pytest.approx(table["stored_gwh"].sum() + table["recycled_gwh"].sum(), **close)
    assert (flow.stock_vehicles >= 0).all()


def test_survival_falls_with_age_and_nothing_passes_the_last_age() -> None:
    share = yearly_survival(15)
    assert share.shape == (31,)
    assert (np.diff(share) < 0).all()
    assert share[-1] == 0


def test_a_vehicle_of_the_last_age_gets_no_new_battery() -> None:
    """With replacement never allowed, no new batteries are fitted and more vehicles retire."""
    sales, packs = [1000.0] * 40, [50.0] * 40
    never = stock_flow(
        sales, packs, pack_kwh_per_kg=0.2, first_year=2015, rules=StockFlowRules(no_new_battery_from_age=0)
    )
    usual = stock_flow(sales, packs, pack_kwh_per_kg=0.2, first_year=2015)
    assert never.table["replacement_batteries"].sum() == 0
    assert never.table["retired_vehicles"].sum() > usual.table["retired_vehicles"].sum()


@pytest.mark.parametrize(
    ("given_", "code"),
    [
        ({"sales_vehicles": [1.0, -2.0]}, "stock-flow-numbers"),
        ({"sales_vehicles": [1.0, float("nan")]}, "stock-flow-numbers"),
        ({"pack_kwh": [50.0]}, "stock-flow-lengths"),
        ({"pack_kwh_per_kg": 0.0}, "stock-flow-numbers"),
        ({"rules": StockFlowRules(storage_share=1.2)}, "stock-flow-share"),
        ({"rules": StockFlowRules(vehicle_mean_years=0.0)}, "stock-flow-life"),
        ({"rules": StockFlowRules(sd_years=float("nan"))}, "stock-flow-life"),
    ],
)
def test_bad_input_is_named(given_: dict[str, object], code: str) -> None:
    good: dict[str, object] = {
        "sales_vehicles": [1.0, 2.0],
        "pack_kwh": [50.0, 60.0],
        "pack_kwh_per_kg": 0.2,
        "first_year": 2015,
    }
    with pytest.raises(InputError) as error:
        stock_flow(**{**good, **given_})  # type: ignore[arg-type]
    assert error.value.code == code


@pytest.mark.parametrize("age", [-1, 31, 2.5])
def test_an_age_outside_the_model_is_named(age: float) -> None:
    with pytest.raises(InputError, match="whole years, 0 to 30"):
        one_year(10, age, 3)
