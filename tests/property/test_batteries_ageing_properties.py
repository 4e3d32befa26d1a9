"""What must hold of ageing whatever the use, the model and the readings."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ageing_cases import day_of, fleet
from voltloop.batteries import age
from voltloop.batteries.ageing import (
    class_series,
    forecast,
    model_names,
    remaining_life,
    start_twins,
    update,
    uses,
)
from voltloop.batteries.ageing.series import read_series
from voltloop.batteries.ageing.wear import wear
from voltloop.batteries.ageing.windows import cut, stress

FALLING = [name for name in model_names() if name != "Nmc_Lto_10Ah_Battery"]
MODELS = st.sampled_from(FALLING)
ON = date(2026, 11, 24)


@st.composite
def days(draw: st.DrawFn) -> pl.DataFrame:
    """A day of use with rests, at any temperature that batteries live in."""
    high = draw(st.floats(0.5, 1.0))
    depth = draw(st.floats(0.05, 0.5))
    temperature = draw(st.floats(5.0, 45.0))
    return day_of(
        (0, high),
        (6, high),
        (10, high - depth),
        (18, high - depth),
        (22, high),
        (24, high),
        temperature_c=temperature,
    )


@given(use=days(), model=MODELS, keeps=st.booleans())
@settings(max_examples=40, deadline=None)
def test_capacity_only_falls_and_throughput_only_grows(use: pl.DataFrame, model: str, keeps: bool) -> None:
    """From year to year no battery regains capacity, and its cycles add up."""
    got = age(use, model, list(range(9)), keeps_energy=keeps)
    assert got["relative_capacity"][0] == 1.0
    assert (got["relative_capacity"].diff().drop_nulls() <= 1e-12).all()
    assert (got["efc"].diff().drop_nulls() >= 0).all()


@given(use=days(), model=MODELS)
@settings(max_examples=30, deadline=None)
def test_a_larger_scalar_ages_faster(use: pl.DataFrame, model: str) -> None:
    """The scalar multiplies the losses: at equal stress, twice the scalar is twice the loss."""
    one, two = (
        age(use, model, [3], scalar=scalar, keeps_energy=False)["relative_capacity"][0]
        for scalar in (0.4, 0.8)
    )
    assert two <= one
    if "Kokam" not in model:
        assert 1 - two == pytest.approx(2 * (1 - one), rel=1e-9)


@given(use=days(), model=MODELS, years=st.floats(0.5, 12.0))
@settings(max_examples=30, deadline=None)
def test_the_same_use_written_twice_is_the_same_use(use: pl.DataFrame, model: str, years: float) -> None:
    """One day repeated, and three days that are that day, age alike: z is a sum over the history."""
    time = use["Time_s"].to_numpy()
    thrice = pl.DataFrame(
        {
            "Time_s": np.concatenate([time[:-1] + 86_400 * at for at in range(3)] + [[3 * 86_400.0]]),
            "SOC": np.concatenate([use["SOC"].to_numpy()[:-1]] * 3 + [use["SOC"].to_numpy()[-1:]]),
            "Temperature_C": [use["Temperature_C"][0]] * (3 * (len(time) - 1) + 1),
        }
    )
    one, three = (
        age(each, model, [years], keeps_energy=False)["relative_capacity"][0] for each in (use, thrice)
    )
    assert one == pytest.approx(three, abs=0.012)


@given(use=days(), health=st.floats(0.4, 1.2))
@settings(max_examples=40, deadline=None)
def test_windows_cover_the_series_once(use: pl.DataFrame, health: float) -> None:
    """Every sample is in one window, windows and repeats make up the whole time, charge stays from empty to full."""
    windows = cut(read_series(use))
    assert windows.count.sum() == len(windows.time_s)
    assert windows.days.sum() * windows.repeats == pytest.approx(
        (windows.time_s[-1] - windows.time_s[0]) / 86_400
    )
    found = stress(windows, health)
    assert ((found.soc >= 0) & (found.soc <= 1)).all()
    assert (found.mean(np.ones_like(found.soc)) == pytest.approx(1.0)) is True
    whole = stress(windows, 1.0)
    clipped = (found.soc_low <= 0) | (found.soc_high >= 1)
    assert np.allclose(found.efc[~clipped], whole.efc[~clipped])
    assert (found.efc <= whole.efc + 1e-12).all()


@given(
    soh=st.lists(st.one_of(st.none(), st.floats(0.0, 1.2)), min_size=1, max_size=6),
    chemistry=st.sampled_from(["NMC", "LFP", "NCA", "LMO", "LMO/NMC", "LTO", "Na-ion", "unknown"]),
    age_days=st.integers(0, 9000),
    use=st.sampled_from(sorted(uses())),
)
@settings(max_examples=40, deadline=None)
def test_no_battery_is_lost_and_every_interval_is_in_order(
    soh: list[float | None], chemistry: str, age_days: int, use: str
) -> None:
    """Twins and batteries left out are the list; numbers are finite; the interval holds its middle."""
    listed = fleet(len(soh), chemistry=chemistry, soh=soh, produced_on=ON - timedelta(days=age_days))
    begun = start_twins(listed, on=ON, use=use, climate="temperate")
    assert sorted([*begun.twins["battery_id"], *begun.left_out["battery_id"]]) == sorted(listed["battery_id"])
    ahead = forecast(begun.twins, 3)
    assert (
        ahead.select(pl.col("soh", "soh_low", "soh_high").is_finite().all()).row(0) == (True,) * 3
        or not ahead.height
    )
    if chemistry != "LTO":
        assert (ahead["soh_low"] <= ahead["soh"] + 1e-6).all()
        assert (ahead["soh"] <= ahead["soh_high"] + 1e-6).all()
    left = remaining_life(begun.twins, 0.7)
    assert left.height == begun.twins.height
    assert (left["years"].drop_nulls() >= 0).all()


@given(read=st.floats(0.5, 1.1), sd=st.floats(0.005, 0.1))
@settings(max_examples=40, deadline=None)
def test_a_reading_draws_the_belief_towards_itself(read: float, sd: float) -> None:
    """After a reading the state of health lies between what was believed and what was read, and is surer."""
    before = start_twins(fleet(1, soh=None), on=ON, use="personal_ev_large", climate="temperate").twins
    after = update(before, np.array([read]), np.array([sd]))
    was, now = (float(forecast(one, 0)["soh"][0]) for one in (before, after))
    assert min(was, read) - 1e-5 <= now <= max(was, read) + 1e-5
    assert after["log_scalar_sd"][0] < before["log_scalar_sd"][0]


def test_growth_by_health_is_kept_energy() -> None:
    """At full health the table of growth is that of the use itself, whether the energy is kept or not."""
    series = class_series("personal_ev_small", "oceanic")
    kept, plain = (wear(series, "NMC_Gr_75Ah_A", keeps_energy=keeps) for keeps in (True, False))
    full = int(np.flatnonzero(np.isclose(kept.healths, 1.0))[0])
    assert np.allclose(kept.growth[:, full], plain.growth[:, 0])
