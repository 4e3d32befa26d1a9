"""Twins of batteries: made from a list, sharpened by readings, moved in time, looked ahead."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from ageing_cases import REFERENCE, fleet
from voltloop.batteries.ageing import (
    TwinSchema,
    calibrate,
    change_use,
    class_series,
    forecast,
    model_names,
    move,
    observe,
    remaining_life,
    replay,
    soh_by_year,
    spread_of,
    start_twins,
    update,
)
from voltloop.batteries.ageing.advance import health, trajectory
from voltloop.batteries.ageing.twins import yearly_wear
from voltloop.errors import InputError

ON = date(2026, 11, 24)
CAR = {"on": ON, "use": "personal_ev_large", "climate": "temperate"}


def test_every_battery_becomes_a_twin_or_is_left_out_with_a_reason() -> None:
    """Rows in are rows kept and rows left out, and every row left out has a finding that names it."""
    batteries = pl.DataFrame(
        {
            "battery_id": list("abcdefghi"),
            "chemistry": ["NMC", "LFP", "NCA", "LMO", "Na-ion", "NMC", "NMC", "LMO/NMC", "LTO"],
            "produced_on": [date(2020, 1, 1)] * 2
            + [None, date(2012, 1, 1), None, date(2027, 1, 1), None]
            + [date(2019, 1, 1)] * 2,
            "soh": [0.85, None, 0.8, 0.66, 0.9, 0.9, None, 1.21, float("nan")],
        }
    )
    begun = start_twins(batteries, **CAR)
    TwinSchema.validate(begun.twins)
    assert begun.twins["battery_id"].to_list() == list("abcd")
    assert dict(begun.left_out.rows()) == {
        "e": "ageing-no-model",
        "f": "ageing-made-later",
        "g": "ageing-nothing-known",
        "h": "ageing-soh-impossible",
        "i": "ageing-soh-impossible",
    }
    said = {(one.code, one.where) for one in begun.findings}
    assert {(code, f"battery {name}") for name, code in begun.left_out.rows()} <= said
    assert ("ageing-soh-missing", "battery b") in said
    assert ("ageing-age-missing", "battery c") in said
    assert ("ageing-used-start", "the list") in said
    assert ("ageing-outside-tests", "the list") in said


@pytest.mark.parametrize(("soh", "fine"), [(0.0, True), (1.2, True), (-0.01, False), (1.2001, False)])
def test_a_state_of_health_lies_between_nothing_and_a_fifth_above_new(soh: float, fine: bool) -> None:
    """The two ends are taken; what lies beyond is told with its value."""
    begun = start_twins(fleet(1, soh=soh), **CAR)
    assert (begun.twins.height == 1) is fine
    if not fine:
        assert f"{soh:g}" in begun.findings[0].message


def test_a_state_below_what_was_tested_is_aged_with_a_warning() -> None:
    """Below 0.6 no model was tested; the answer stands, and says so."""
    begun = start_twins(fleet(2, soh=[0.59, 0.6]), **CAR)
    assert [one.where for one in begun.findings if one.code == "ageing-soh-below-range"] == ["battery 0"]
    assert begun.twins.height == 2


def test_a_used_model_starts_anew_at_its_reading() -> None:
    """The Leaf's cells were tested used: a pack read at 0.66 is 0.66 on that day, and falls from there."""
    begun = start_twins(fleet(1, chemistry="LMO", soh=0.66), **CAR)
    assert forecast(begun.twins, 2)["soh"].to_list()[0] == pytest.approx(0.66, abs=1e-6)
    unread = start_twins(fleet(1, chemistry="LMO", soh=None), **CAR)
    assert forecast(unread.twins, 0)["soh"][0] == pytest.approx(0.7, abs=1e-6)


def test_a_reading_weighs_by_how_sure_it_is() -> None:
    """A sure reading wins, an unsure one barely moves the belief, and every reading makes it surer."""
    before = start_twins(fleet(3, soh=None), **CAR).twins
    read = np.array([0.8, 0.8, np.nan])
    after = update(before, read, np.array([1e-5, 10.0, 0.01]))
    now = forecast(after, 0)["soh"]
    assert now[0] == pytest.approx(0.8, abs=1e-4)
    assert now[1] == pytest.approx(forecast(before, 0)["soh"][1], abs=1e-3)
    assert now[2] == forecast(before, 0)["soh"][2]
    sd, was = after["log_scalar_sd"], before["log_scalar_sd"]
    assert sd[0] < 1e-3
    assert sd[1] == pytest.approx(was[1], rel=1e-4)
    assert sd[2] == was[2]


def test_a_sure_reading_of_an_unknown_scalar_is_the_ratio_of_losses() -> None:
    """With a prior of any width the update is loss read over loss of the model."""
    before = start_twins(fleet(1, soh=None), **CAR).twins
    nominal = 1 - health(
        yearly_wear("NMC_Gr_50Ah_B1", "personal_ev_large", "temperate"),
        np.array(before["z"].to_list()).T,
        1.0,
    )
    wide = before.with_columns(log_scalar_sd=pl.lit(1e6))
    after = update(wide, np.array([0.81]), np.array([0.02]))
    assert float(np.exp(after["log_scalar"][0])) == pytest.approx(0.19 / nominal[0], rel=1e-6)


def test_readings_above_new_slow_the_ageing_and_break_nothing() -> None:
    """A pack read at 1.02 fades slower than was believed, and every number stays finite."""
    before = start_twins(fleet(1, soh=None), **CAR).twins
    after = update(before, np.array([1.02]), np.array([0.01]))
    assert after["log_scalar"][0] < before["log_scalar"][0]
    assert np.isfinite(after["log_scalar_sd"][0])


def test_the_interval_holds_as_many_batteries_as_it_says() -> None:
    """Batteries of true scalars drawn from the spread, read with error: nine in ten stay inside after six years."""
    rng = np.random.default_rng(7)
    count = 3000
    spread = spread_of("NMC_Gr_50Ah_B1")
    truth = np.exp(np.log(spread.median) + spread.log_sd * rng.standard_normal(count))
    grown = yearly_wear("NMC_Gr_50Ah_B1", "personal_ev_large", "temperate")
    z = np.repeat(grown.start[:, None], count, axis=1)
    then, later = trajectory(grown, z, truth, np.array([4, 10]) * 365.0)
    read = health(grown, then, truth) + 0.02 * rng.standard_normal(count)
    made = ON - timedelta(days=4 * 365)
    listed = fleet(count, soh=np.clip(read, 0, 1.2).tolist(), produced_on=made).with_columns(
        diagnostic_source=pl.lit("partial_charge")
    )
    ahead = forecast(start_twins(listed, **CAR).twins, 6).filter(year=6)
    true = health(grown, later, truth)
    inside = (ahead["soh_low"].to_numpy() <= true) & (true <= ahead["soh_high"].to_numpy())
    assert 0.86 <= inside.mean() <= 0.94


def test_a_battery_followed_for_years_shows_its_scalar() -> None:
    """Readings without error of a battery that ages 1.6 times as fast lead to 1.6."""
    grown = yearly_wear("NMC_Gr_50Ah_B1", "personal_ev_large", "temperate")
    course = trajectory(grown, grown.start[:, None], 1.6, np.arange(1, 9) * 365.0)
    made = ON - timedelta(days=8 * 365)
    readings = pl.DataFrame(
        {
            "battery_id": ["0"] * 8,
            "on": [made + timedelta(days=365 * year) for year in range(1, 9)],
            "soh": [float(health(grown, z, 1.6)[0]) for z in course],
            "method": ["capacity_test"] * 8,
        }
    )
    twins = replay(fleet(1, produced_on=made), readings, **CAR).twins
    assert float(np.exp(twins["log_scalar"][0])) == pytest.approx(1.6, rel=0.02)
    assert twins["on"][0] == ON


def test_replay_is_moving_and_reading_in_turn() -> None:
    """Readings in any order give what moving to each day and reading gives; later ones wait."""
    made, first, second = date(2020, 1, 1), date(2022, 3, 1), date(2025, 6, 1)
    readings = pl.DataFrame(
        {"battery_id": ["0", "0", "0"], "on": [second, first, date(2027, 1, 1)], "soh": [0.86, 0.93, 0.1]}
    )
    got = replay(fleet(1, produced_on=made), readings, **CAR)
    twins = start_twins(
        fleet(1, produced_on=made, soh=None), on=made, use=CAR["use"], climate=CAR["climate"]
    ).twins
    for day, soh in ((first, 0.93), (second, 0.86)):
        twins = update(move(twins, day), np.array([soh]), np.array([0.05]))
    expected = move(twins, ON)
    assert got.twins["log_scalar"][0] == pytest.approx(expected["log_scalar"][0])
    assert got.twins["z"][0].to_list() == pytest.approx(expected["z"][0].to_list())
    assert [one.code for one in got.findings] == ["ageing-outside-tests"]


def test_replay_tells_readings_that_cannot_be() -> None:
    """A reading of another battery, one before the battery was made, and one that is no share change nothing."""
    made = date(2020, 1, 1)
    readings = pl.DataFrame(
        {
            "battery_id": ["9", "0", "0"],
            "on": [date(2022, 1, 1), date(2019, 1, 1), date(2022, 1, 1)],
            "soh": [0.9, 0.9, 1.5],
        }
    )
    got = replay(fleet(1, produced_on=made), readings, **CAR)
    assert {one.code for one in got.findings} == {
        "ageing-outside-tests",
        "ageing-reading-stray", "ageing-reading-early", "ageing-soh-impossible", "ageing-soh-missing",
    }  # fmt: skip
    unread = start_twins(
        fleet(1, produced_on=made, soh=None), on=ON, use=CAR["use"], climate=CAR["climate"]
    ).twins
    assert got.twins["log_scalar"][0] == unread["log_scalar"][0]


def test_replay_of_batteries_without_day_of_make_starts_at_the_first_reading() -> None:
    """The first reading gives the age, those after it sharpen; without any the battery is left out."""
    readings = pl.DataFrame(
        {"battery_id": ["0", "0"], "on": [date(2024, 1, 1), date(2025, 1, 1)], "soh": [0.9, 0.89]}
    )
    got = replay(fleet(2, produced_on=None), readings, **CAR)
    assert got.twins["battery_id"].to_list() == ["0"]
    assert got.left_out.rows() == [("1", "ageing-nothing-known")]
    assert forecast(got.twins, 0)["soh"][0] == pytest.approx(0.875, abs=0.015)
    late = replay(fleet(1, produced_on=date(2027, 5, 1)), readings.head(0), **CAR)
    assert late.left_out.rows() == [("0", "ageing-made-later")]


def test_moving_in_two_parts_is_moving_once() -> None:
    """Three and a half years in one move or in two: the same state, to the step's own error."""
    twins = start_twins(fleet(3, soh=[0.95, 0.85, None]), **CAR).twins
    once = move(twins, ON + timedelta(days=1277))
    twice = move(move(twins, ON + timedelta(days=400)), ON + timedelta(days=1277))
    assert forecast(once, 0)["soh"].to_list() == pytest.approx(forecast(twice, 0)["soh"].to_list(), abs=2e-4)
    assert move(twins, date(2020, 1, 1)).equals(twins)


def test_forecast_and_move_agree() -> None:
    """The fifth year of the forecast is the state of a twin moved by five years."""
    twins = start_twins(fleet(4, chemistry=["NMC", "LFP", "NCA", "LTO"], soh=0.9), **CAR).twins
    ahead = forecast(twins, 5).filter(year=5)["soh"]
    assert ahead.to_list() == pytest.approx(
        forecast(move(twins, ON + timedelta(days=1825)), 0)["soh"].to_list(), abs=1e-5
    )


@pytest.mark.parametrize("threshold", [0.8, 0.7, 0.65])
def test_remaining_life_is_when_the_forecast_meets_the_threshold(threshold: float) -> None:
    """A twin moved by its years left stands at the threshold; its interval brackets it."""
    twins = start_twins(
        fleet(3, soh=[0.82, 0.77, 0.72]), **(CAR | {"use": "commercial_ev", "climate": "tropical"})
    ).twins
    left = remaining_life(twins, threshold, years=50)
    for row in left.iter_rows(named=True):
        twin = twins.filter(battery_id=row["battery_id"])
        if row["years"] == 0.0:
            assert forecast(twin, 0)["soh"][0] <= threshold
        else:
            moved = move(twin, ON + timedelta(days=round(row["years"] * 365)))
            assert forecast(moved, 0)["soh"][0] == pytest.approx(threshold, abs=1e-3)
        assert row["years_low"] <= row["years"] <= row["years_high"]


def test_remaining_life_says_when_it_is_out_of_sight() -> None:
    """A battery in store that will not fall there in the years looked at has no number."""
    twins = start_twins(
        fleet(1, chemistry="LFP", soh=0.97), **(CAR | {"use": "stored_half", "climate": "cold"})
    ).twins
    assert remaining_life(twins, 0.6, years=5).row(0)[1:] == (None, None, None)


def test_a_second_life_begins_where_the_first_one_ended() -> None:
    """The day of the change no battery gains or loses; a rest lasts longer than driving on."""
    twins = start_twins(fleet(1, soh=0.8), **(CAR | {"use": "commercial_ev"})).twins
    stored = change_use(twins, "stored_half", "indoors")
    assert forecast(stored, 0)["soh"][0] == pytest.approx(forecast(twins, 0)["soh"][0], abs=1e-6)
    driven, rested = (remaining_life(one, 0.65, years=50)["years"][0] for one in (twins, stored))
    assert rested is None or rested > driven


@pytest.mark.parametrize("model", model_names())
def test_a_change_of_use_keeps_the_health_of_every_model(model: str) -> None:
    """Models whose limits follow the use are carried over at equal loss, the others as they are."""
    made = date(2021, 1, 1)
    twins = start_twins(fleet(1, produced_on=made, soh=None), model=model, **CAR).twins
    changed = change_use(twins, "grid_storage", "hot_desert")
    assert forecast(changed, 0)["soh"][0] == pytest.approx(forecast(twins, 0)["soh"][0], abs=2e-6)
    assert forecast(changed, 3)["soh"].is_finite().all()


def test_a_measured_use_is_added_to_the_state() -> None:
    """A year of telemetry equal to the class of use moves the twin as the class does; others stay."""
    twins = start_twins(fleet(2, soh=[0.9, 0.9]), **CAR).twins
    seen = observe(twins, "1", class_series("personal_ev_large", "temperate"))
    expected = move(twins, ON + timedelta(days=365))
    assert seen["on"].to_list() == [ON, ON + timedelta(days=365)]
    assert seen["z"][1].to_list() == pytest.approx(expected["z"][1].to_list(), rel=1e-3)
    assert seen["z"][0].to_list() == twins["z"][0].to_list()


def test_the_spread_is_that_of_the_survey() -> None:
    """The catalogue's spread of NCA is what the survey of the Model 3 gives, to its digits."""
    survey = pl.read_parquet(REFERENCE / "model3_survey.parquet")
    grown = yearly_wear("Nca_Gr_Panasonic3Ah_Battery", "personal_ev_large", "temperate")
    years = np.arange(181) / 10
    states = trajectory(grown, grown.start[:, None], 1.0, years * 365)
    nominal = np.array([1 - float(health(grown, z, 1.0)[0]) for z in states])
    miles_per_year = 13_476  # mean of the US Department of Transportation, as BLAST-Lite's examples use it
    loss = np.interp(survey["mileage_miles"].to_numpy() / miles_per_year, years, nominal)
    wide_from = float(np.interp(80_000 / miles_per_year, years, nominal))
    new_kwh, spread = calibrate(survey["usable_kwh"].to_numpy(), loss, wide_from=wide_from)
    held = spread_of("Nca_Gr_Panasonic3Ah_Battery")
    assert (round(spread.median, 2), round(spread.log_sd, 2)) == (held.median, held.log_sd)
    assert new_kwh == pytest.approx(76.4, abs=0.5)
    with pytest.raises(InputError, match="Thirty"):
        calibrate(np.ones(10), np.ones(10), wide_from=0.0)


def test_what_cannot_be_asked_of_twins_is_refused() -> None:
    """Thresholds, years, coverage and classes that mean nothing are refused with what would."""
    twins = start_twins(fleet(1), **CAR).twins
    for threshold in (0.0, 1.3, float("nan")):
        with pytest.raises(InputError, match="threshold"):
            remaining_life(twins, threshold)
    with pytest.raises(InputError, match="years"):
        forecast(twins, -1)
    with pytest.raises(InputError, match="coverage"):
        forecast(twins, 1, coverage=1.0)
    with pytest.raises(InputError, match="no column soh"):
        start_twins(fleet(1).drop("soh"), **CAR)
    with pytest.raises(InputError, match="stands twice"):
        start_twins(pl.concat([fleet(2), fleet(1)]), **CAR)
    with pytest.raises(InputError, match='no twin of the battery "7"'):
        observe(twins, "7", class_series("standby", "indoors"))
    with pytest.raises(InputError, match="Did you mean"):
        change_use(twins, "grid_storag", "indoors")
    with pytest.raises(InputError, match="climate"):
        start_twins(fleet(1), on=ON, use="standby", climate="moon")
    with pytest.raises(InputError, match="not an ageing model"):
        start_twins(fleet(1), model="X", **CAR)


def test_an_empty_list_has_no_twins() -> None:
    """Nothing in, nothing out, and no fault."""
    begun = start_twins(fleet(0), **CAR)
    assert begun.twins.height == begun.left_out.height == len(begun.findings) == 0
    assert forecast(begun.twins, 3).height == 0
    assert remaining_life(begun.twins, 0.7).height == 0
    assert soh_by_year(begun.twins, 2).shape == (3, 0)
    TwinSchema.validate(begun.twins)


def test_a_later_reading_counts_more_than_an_earlier_one() -> None:
    """Two readings that disagree, years apart: the belief lies nearer the later, and time makes it less sure."""
    made = date(2018, 1, 1)
    days = (date(2020, 1, 1), date(2026, 1, 1))
    known = {"use": CAR["use"], "climate": CAR["climate"]}
    nominal = start_twins(fleet(1, produced_on=made, soh=None), on=made, **known).twins
    losses = [1 - forecast(move(nominal, day), 0)["soh"][0] for day in days]

    def scalar(first: float, second: float) -> float:
        twins = nominal
        for day, loss, factor in zip(days, losses, (first, second), strict=True):
            twins = update(move(twins, day), np.array([1 - factor * loss]), np.array([0.01]))
        return float(twins["log_scalar"][0])

    assert scalar(1.0, 1.5) > np.log(np.sqrt(1.5))
    assert scalar(1.5, 1.0) < np.log(np.sqrt(1.5))
    twins = start_twins(fleet(1), **CAR).twins
    assert move(twins, date(2030, 1, 1))["log_scalar_sd"][0] > twins["log_scalar_sd"][0]


@pytest.mark.parametrize(
    ("soh", "deviation"), [(1.3, 0.02), (-0.1, 0.02), (86.0, 0.02), (0.8, 0.0), (0.8, np.nan)]
)
def test_a_reading_that_cannot_be_sharpens_nothing(soh: float, deviation: float) -> None:
    twins = start_twins(fleet(2), **CAR).twins
    with pytest.raises(InputError, match="cannot be") as error:
        update(twins, np.array([np.nan, soh]), np.array([0.02, deviation]))
    assert twins["battery_id"][1] in error.value.message
