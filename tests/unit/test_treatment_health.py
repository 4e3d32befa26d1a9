"""State of health on the day of the plan: read, carried forward, or estimated by the ageing twin."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from voltloop.batteries.ageing import change_use, move, soh_by_year, start_twins
from voltloop.catalogue import money
from voltloop.treatment.expected import expected
from voltloop.treatment.health import Health, health_on
from voltloop.treatment.rules import TREATMENTS
from voltloop.treatment.waiting import Waiting, later_batteries

ON = date(2026, 11, 24)


def given(*rows: dict[str, object]) -> pl.DataFrame:
    base = {"chemistry": "NMC", "form": "pack", "country": "DE", "soh": None, "produced_on": date(2019, 3, 1),
            "returned_on": None, "diagnostic_source": None}  # fmt: skip
    schema = {
        "soh": pl.Float64,
        "produced_on": pl.Date,
        "returned_on": pl.Date,
        "diagnostic_source": pl.String,
    }
    return pl.DataFrame(
        [{"row": n, **base, **row} for n, row in enumerate(rows, start=1)], schema_overrides=schema
    )


def health(*rows: dict[str, object], days: float = 0.0) -> Health:
    return health_on(given(*rows), on=ON, days_later=days)


def test_an_unmeasured_battery_is_what_its_twin_says_on_the_day() -> None:
    """In use since its make, in store since its return."""
    found = health({"returned_on": date(2026, 5, 24)})
    row = found.batteries.row(0, named=True)
    listed = pl.DataFrame(
        {"battery_id": ["a"], "chemistry": ["NMC"], "produced_on": [date(2019, 3, 1)], "soh": [None],
         "read_on": [date(2026, 5, 24)]}, schema_overrides={"soh": pl.Float64},
    )  # fmt: skip
    twins = start_twins(listed, on=ON, use="personal_ev_large", climate="oceanic").twins
    twins = move(change_use(twins, "stored_half", "indoors"), ON)
    middle = float(soh_by_year(twins, 0)[0][0])
    low, high = (float(soh_by_year(twins, 0, sigmas=s)[0][0]) for s in (3**0.5, -(3**0.5)))
    assert row["soh"] == pytest.approx(middle * 2 / 3 + (low + high) / 6, abs=1e-6)
    assert row["soh_sd"] ** 2 == pytest.approx(
        (middle - row["soh"]) ** 2 * 2 / 3 + ((low - row["soh"]) ** 2 + (high - row["soh"]) ** 2) / 6,
        abs=1e-6,
    )
    assert row["soh_known"] == "estimated"
    assert row["soh_words"] == f"{row['soh'] * 100:.0f} % (made 2019)"
    assert found.findings == ()


def test_older_and_hotter_is_more_worn_and_less_sure() -> None:
    table = health(
        {},
        {"produced_on": date(2012, 3, 1)},
        {"country": "TH"},
        {"chemistry": "NCA"},
        {"form": "home_storage"},
    ).batteries
    young, old, hot = table["soh"][:3]
    assert old < young
    assert hot < young
    assert table["soh_sd"][1] > table["soh_sd"][0]
    assert set(table["soh_known"]) == {"estimated"}


@pytest.mark.parametrize(
    "facts",
    [
        {"produced_on": None},
        {"chemistry": "LCO"},
        {"chemistry": "unknown"},
        {"chemistry": "LMO"},
        {"form": "cell"},
        {"produced_on": date(2027, 1, 1)},
    ],
)
def test_where_age_or_model_is_missing_the_planning_value_stays(facts: dict[str, object]) -> None:
    row = health(facts).batteries.row(0, named=True)
    assert (row["soh"], row["soh_sd"], row["soh_known"], row["soh_words"]) == (None, None, "no", None)


def test_a_reading_stands_while_fresh_and_is_carried_forward_when_old() -> None:
    table = health(
        {"soh": 0.84, "returned_on": date(2026, 9, 1)},
        {"soh": 0.84, "returned_on": date(2024, 11, 24)},
        {"soh": 0.84, "returned_on": date(2022, 11, 24)},
        {"soh": 0.84},
        {"soh": 0.84, "chemistry": "LCO", "returned_on": date(2022, 11, 24)},
    ).batteries
    fresh, old, older, undated, no_model = table["soh"]
    assert fresh == undated == no_model == 0.84
    assert 0.7 < older < old < 0.84
    assert table["soh_sd"][0] is None
    assert table["soh_sd"][2] > table["soh_sd"][1] > money.route_parameters()["soh_sd_measured"]
    assert set(table["soh_known"]) == {"yes"}
    assert table["soh_words"][1] == f"{old * 100:.0f} % (84 % read 2024-11-24)"


def test_a_reading_that_cannot_be_right_is_told_and_the_age_counts() -> None:
    found = health({"soh": 1.7}, {"soh": 1.7, "produced_on": None})
    assert [one.code for one in found.findings] == ["treatment-soh-impossible"]
    assert found.batteries["soh_known"].to_list() == ["estimated", "no"]


def test_waiting_takes_the_loss_of_the_twin_and_the_rate_where_there_is_none() -> None:
    found = health(
        {"soh": 0.8}, {"soh": 0.8, "chemistry": "LFP"}, {"soh": 0.8, "chemistry": "LCO"}, {}, days=365
    )
    assert np.isnan(found.lost[2])
    later = later_batteries(found.batteries, Waiting(365), found.lost)["soh"].to_numpy()
    before = found.batteries["soh"].to_numpy()
    np.testing.assert_allclose(before[[0, 1, 3]] - later[[0, 1, 3]], found.lost[[0, 1, 3]])
    assert (found.lost[[0, 1, 3]] > 0).all()
    assert found.lost[0] != found.lost[1]
    assert before[2] - later[2] == pytest.approx(Waiting(365).soh_loss_per_year)


def test_the_spread_of_an_estimate_reaches_the_expected_value() -> None:
    batteries = given({}).with_columns(
        soh=pl.lit(0.85), energy_wh=pl.lit(52_000.0), mass_kg=pl.lit(326.0), quantity=pl.lit(1)
    )
    from voltloop import economics

    prices = economics.price_set(on=ON)
    share, bands = np.ones((1, len(TREATMENTS))), np.full((1, len(TREATMENTS)), 0.7)
    sure, unsure = (
        expected(batteries.with_columns(soh_sd=pl.lit(sd)), share, bands, prices) for sd in (0.001, 0.15)
    )
    assert unsure.spread_eur[0, 1] > sure.spread_eur[0, 1]
    assert unsure.net_eur[0, 1] < sure.net_eur[0, 1]


def test_the_order_and_number_of_rows_change_nothing() -> None:
    kinds = [{"chemistry": c, "country": k, "produced_on": date(y, 1, 1)}
             for c in ("NMC", "LFP", "LCO") for k in ("DE", "ES", None) for y in (2015, 2020)]  # fmt: skip
    table = health(*kinds, *kinds[::-1]).batteries
    assert table["soh"].to_list() == table["soh"].to_list()[::-1]
    nothing = health_on(given({}).clear(), on=ON)
    assert nothing.batteries.height == nothing.lost.size == len(nothing.findings) == 0
