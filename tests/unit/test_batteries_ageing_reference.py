"""The ageing models against the public reference tables, and the series that are refused."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest

from ageing_cases import REFERENCE, day_of
from voltloop.batteries import age
from voltloop.batteries.ageing import model_names
from voltloop.batteries.ageing.classes import class_series
from voltloop.errors import InputError

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "ageing.py"
MIN_OF_TWO = 0.003
CONSTANT = 0.001


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ageing_benchmark", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_constant_stress_agrees_with_the_reference(benchmark: ModuleType) -> None:
    """The closed form meets the stepped reference; where two losses compete the reference's own steps show."""
    found = {row["model"]: row for row in benchmark.differences(REFERENCE / "constant_stress.csv")}
    assert found.keys() == set(model_names())
    for model, row in found.items():
        assert row["worst_q"] <= (MIN_OF_TWO if "Kokam" in model else CONSTANT), model
        assert row["worst_r_relative"] is None or row["worst_r_relative"] < 0.001, model


def test_a_reference_may_have_its_columns_in_any_order_and_gaps(
    benchmark: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other years, no resistance, an empty value, a row without its stress: the rest is compared, the gap told."""
    path = tmp_path / "rows.csv"
    head = "q_y2.5,dod,model,soc_max,T_C,q_y1\n"
    path.write_text(
        f"{head},0.2,NMC_Gr_75Ah_A,0.8,15,0.5\n0.9,0.8,NMC_Gr_75Ah_A,0.8,25,0.9\n0.9,0.2,NMC_Gr_75Ah_A,0.8,,0.9\n"
    )
    (row,) = benchmark.differences(path)
    assert (row["model"], row["values"], row["worst_r_relative"]) == ("NMC_Gr_75Ah_A", 3, None)
    assert "1 rows lack one of model, T_C, soc_max, dod" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model,soc_max,dod,q_y1\nNMC_Gr_75Ah_A,0.8,0.2,1\n", "has no column T_C"),
        ("scenario,model,q_rel_capacity\na,NMC_Gr_75Ah_A,1\n", "has no column year"),
        ("model,T_C,soc_max,dod,q_y1\n", "has no row"),
        ("", "cannot be read"),
        (
            "scenario,model,year,q_rel_capacity\nmars,NMC_Gr_75Ah_A,1,1\n",
            "input of the scenario is not beside",
        ),
    ],
)
def test_a_reference_that_cannot_be_used_is_told(
    benchmark: ModuleType, tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(text)
    with pytest.raises(SystemExit, match=said):
        benchmark.differences(path)


def test_trajectories_agree_with_the_reference(benchmark: ModuleType) -> None:
    """Hourly use of vehicles over years, energy moved kept: within 0.01; the steep B2 within 0.02."""
    found = {row["model"]: row for row in benchmark.differences(REFERENCE / "trajectories.csv")}
    assert found.keys() == set(model_names())
    for model, row in found.items():
        assert row["worst_q"] <= (0.02 if model == "NMC_Gr_50Ah_B2" else 0.01), model
        assert row["worst_r_relative"] is None or row["worst_r_relative"] < 0.01, model


@pytest.mark.parametrize(
    ("column", "values", "code", "says"),
    [
        ("SOC", [0.9, None, 0.4, 0.9], "series-gap", "row 2, SOC"),
        ("Temperature_C", [25.0, 25.0, float("nan"), 25.0], "series-gap", "row 3, Temperature_C"),
        ("Time_s", [0, 7200, 7200, 9000], "series-time-not-rising", "row 3, Time_s"),
        ("SOC", [90, 40, 40, 90], "series-out-of-range", "row 1, SOC: 90"),
        ("Temperature_C", [298.15] * 4, "series-out-of-range", "degrees Celsius"),
        ("SOC", ["full"] * 4, "series-not-numbers", '"SOC"'),
    ],
)
def test_a_series_that_cannot_be_used_is_refused(
    column: str, values: list[object], code: str, says: str
) -> None:
    """Every fault of a series names its place and code; nothing is filled in or left out in silence."""
    use = day_of((0, 0.9), (10, 0.4), (18, 0.4), (24, 0.9)).with_columns(pl.Series(column, values))
    with pytest.raises(InputError) as raised:
        age(use, "Lfp_Gr_250AhPrismatic", [1])
    assert raised.value.code == code
    assert says in raised.value.message


def test_a_series_without_a_column_or_rows_is_refused() -> None:
    """Two samples are the least from which a use can be told, and all three columns are needed."""
    use = day_of((0, 0.9), (24, 0.9))
    with pytest.raises(InputError, match='no column "SOC"'):
        age(use.drop("SOC"), "Lfp_Gr_250AhPrismatic", [1])
    for rows in (0, 1):
        with pytest.raises(InputError, match=f"it has {rows} row"):
            age(use.head(rows), "Lfp_Gr_250AhPrismatic", [1])


def test_what_cannot_be_asked_is_refused() -> None:
    """A model, year or scalar that means nothing is refused with what would."""
    use = day_of((0, 0.9), (24, 0.9))
    with pytest.raises(InputError, match="Did you mean"):
        age(use, "NMC_Gr_75Ah_B", [1])
    for years in ([-1], [float("nan")], [101]):
        with pytest.raises(InputError, match="years since the first day"):
            age(use, "NMC_Gr_75Ah_A", years)
    for scalar in (0.0, -1.0, float("nan")):
        with pytest.raises(InputError, match="scalar"):
            age(use, "NMC_Gr_75Ah_A", [1], scalar=scalar)


@pytest.mark.parametrize("model", model_names())
def test_every_model_ages_in_every_climate_and_use(model: str) -> None:
    """All models answer with numbers, start at their first day, and lose capacity over fifteen years."""
    for use, climate in (
        ("personal_ev_small", "cold"),
        ("grid_storage", "hot_desert"),
        ("stored_half", "oceanic"),
    ):
        series = class_series(use, climate)
        table = pl.DataFrame(
            {"Time_s": series.time_s, "SOC": series.soc, "Temperature_C": series.temperature_c}
        )
        got = age(table, model, [15, 0, 5])
        assert got["year"].to_list() == [15, 0, 5]
        assert got["relative_capacity"].is_finite().all()
        assert got["relative_capacity"][1] == 1.0
        assert got["relative_capacity"][2] < 1.0 or model == "Nmc_Lto_10Ah_Battery"
        assert got["efc"][1] == 0.0
        if got["relative_resistance"][1] is not None:
            assert got["relative_resistance"].is_finite().all()


def test_a_use_ages_the_same_however_it_is_sampled() -> None:
    """Four samples of a day, or one every five minutes: the straight lines between are what counts."""
    coarse = day_of((0, 0.9), (8, 0.9), (10, 0.4), (18, 0.4), (22, 0.9), (24, 0.9))
    minutes = np.arange(0, 24 * 60 + 1, 5)
    fine = day_of(*((at / 60, np.interp(at / 60, coarse["Time_s"] / 3600, coarse["SOC"])) for at in minutes))
    for model in ("NMC_Gr_75Ah_A", "Nca_Gr_Panasonic3Ah_Battery", "Nmc111_Gr_Kokam75Ah_Battery"):
        one, two = (age(use, model, [10])["relative_capacity"][0] for use in (coarse, fine))
        assert one == pytest.approx(two, abs=5e-4)


def test_one_time_is_asked_as_well_as_many() -> None:
    """A number, a range and a list of years give the same rows."""
    day = pl.DataFrame({"Time_s": [0, 43_200, 86_400], "SOC": [0.9, 0.4, 0.9], "Temperature_C": [25.0] * 3})
    many = age(day, "NMC_Gr_75Ah_A", range(3))
    assert age(day, "NMC_Gr_75Ah_A", 2).equals(many.tail(1))
    assert age(day, "NMC_Gr_75Ah_A", np.array([0.0, 1.0, 2.0])).equals(many)
