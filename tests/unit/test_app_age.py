"""Ageing of the batteries of a file: lists, tables of readings, stress series, and the command."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from ageing_cases import day_of, fleet
from voltloop.app.age import Lives, age_batteries, age_file, age_series, series_of
from voltloop.app.age_plot import age_page, age_series_page
from voltloop.cli.main import app
from voltloop.errors import InputError

ON = date(2026, 11, 24)
LIST = """battery_id;chemistry;SoH (%);produced_on;returned_on;site;country;mass_kg;energy_kwh;form
A1;NMC;86;2019-05-01;2026-10-01;Hub;DE;400;60;pack
A2;LFP;;2020-05-01;2026-10-01;Hub;DE;450;60;pack
A3;NiMH;80;2015-05-01;2026-10-01;Hub;DE;40;1.3;pack
A4;LMO;66;2013-05-01;2026-10-01;Hub;DE;280;24;pack
"""


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "returns.csv"
    path.write_text(LIST, encoding="utf-8")
    return path


def test_every_battery_of_a_list_is_aged_or_named(listed: Path) -> None:
    """Aged and left out together are the list; the one without a model is named with its chemistry."""
    found = age_file(listed, Lives(second_use="grid_storage", second_climate="indoors"), on=ON)
    assert found.table["battery_id"].to_list() == ["A1", "A2", "A4"]
    assert found.left_out.rows() == [("A3", "ageing-no-model")]
    assert any("NiMH" in one.message for one in found.findings)
    assert set(found.course["life"]) == {"personal_ev_large", "grid_storage"}
    assert found.course.height == 2 * 3 * 11
    row = found.table.row(0, named=True)
    assert row["soh_low"] < row["soh"] < row["soh_high"]
    assert row["soh_later"] < row["soh"]
    assert row["second_years_left"] < row["years_left"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--chemistry", "NMC", "--soh", "1.3"],
            ["battery given", "1.3", "0 to 1.2", "Give a share such as 0.83"],
        ),
        (["--chemistry", "NiMH", "--soh", "0.9"], ['"NiMH"', "models for LFP", "name a model with --model"]),
        (["--chemistry", "NMC"], ["neither state of health nor day of make", "Give one of them"]),
    ],
)
def test_what_cannot_be_aged_is_named_with_what_to_do(words: list[str], said: list[str]) -> None:
    done = CliRunner().invoke(app, ["age", *words])
    assert isinstance(done.exception, InputError)
    for part in said:
        assert part in done.exception.message


def test_a_chemistry_with_its_ratio_ages_as_its_family() -> None:
    words = ["age", "--soh", "0.86", "--made", "2019-05-01", "--on", "2026-11-24", "--json", "--chemistry"]
    plain, ratio = (
        json.loads(CliRunner().invoke(app, [*words, one]).stdout)["batteries"] for one in ("NMC", "ncm 811")
    )
    assert ratio[0]["model"] == plain[0]["model"]
    assert ratio[0]["soh"] == plain[0]["soh"]


def test_findings_say_what_to_do(listed: Path) -> None:
    done = CliRunner().invoke(app, ["age", str(listed), "--on", "2026-11-24"])
    assert "Give the chemistry of the cells" in " ".join(done.stderr.split())
    told = json.loads(CliRunner().invoke(app, ["age", str(listed), "--on", "2026-11-24", "--json"]).stdout)
    assert all(one["help"] and one["severity"] for one in told["findings"])


def test_a_second_life_starts_from_the_same_health(listed: Path) -> None:
    """Year 0 is the same under both lives."""
    found = age_file(listed, Lives(second_use="standby"), on=ON)
    start = found.course.filter(year=0).pivot("life", index="battery_id", values="soh")
    assert start["personal_ev_large"].to_list() == pytest.approx(start["standby"].to_list(), abs=2e-6)


def test_dated_readings_sharpen_the_list(listed: Path, tmp_path: Path) -> None:
    """A history of readings narrows the interval, whatever their order in the file."""
    readings = tmp_path / "readings.csv"
    readings.write_text(
        "battery_id,on,soh,method\nA1,2024-01-01,0.9,bench_test\nA1,2022-01-01,0.94,bench_test\n"
    )
    plain, read = (age_file(listed, Lives(), on=ON, readings=one).table for one in (None, readings))
    width = [(one["soh_high"] - one["soh_low"])[0] for one in (plain, read)]
    assert width[1] < width[0]
    assert read["soh"][0] == pytest.approx(0.865, abs=0.02)


def test_readings_of_others_leave_the_reading_of_the_list(listed: Path, tmp_path: Path) -> None:
    """What the list says of a battery counts beside the readings, also where these are of other batteries."""
    readings = tmp_path / "readings.csv"
    readings.write_text("battery_id,on,soh\nA2,2024-01-01,0.95\n")
    plain, read = (age_file(listed, Lives(), on=ON, readings=one).table for one in (None, readings))
    assert read["soh"][0] == pytest.approx(plain["soh"][0], abs=0.01)
    assert read["soh"][1] != pytest.approx(plain["soh"][1], abs=0.001)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("battery_id,day,soh\nA1,2024-01-01,0.9\n", "no column on"),
        ("battery_id,on,soh\nA1,yesterday,0.9\n", 'row 2, on: "yesterday"'),
        ("battery_id,on,soh\nA1,2024-01-01,good\n", 'row 2, soh: "good"'),
    ],
)
def test_readings_that_cannot_be_used_are_refused(listed: Path, tmp_path: Path, text: str, says: str) -> None:
    """The file, row and cell are named."""
    readings = tmp_path / "readings.csv"
    readings.write_text(text)
    with pytest.raises(InputError) as raised:
        age_file(listed, Lives(), on=ON, readings=readings)
    assert says in raised.value.message


def test_batteries_none_of_which_can_be_aged_are_an_error() -> None:
    """The reasons of the first ones are told."""
    with pytest.raises(InputError, match=r'none of the 2 batteries can be aged.*"Na-ion"'):
        age_batteries(fleet(2, chemistry="Na-ion"), Lives(), on=ON)


def test_a_stress_series_is_known_by_its_columns(tmp_path: Path, listed: Path) -> None:
    """Time_s makes a series, in any case of letters; a cell that is no number is named by its row."""
    path = tmp_path / "use.csv"
    day_of((0, 0.9), (10, 0.4), (24, 0.9)).rename(str.lower).write_csv(path)
    series = series_of(path)
    assert series is not None
    assert age_series(series, "use.csv", chemistry="LFP", model=None, years=5).course.height == 6
    assert series_of(listed) is None
    path.write_text("Time_s,SOC,Temperature_C\n0,0.9,20\n3600,full,20\n7200,0.9,20\n")
    broken = series_of(path)
    assert broken is not None
    with pytest.raises(InputError, match="row 2, SOC"):
        age_series(broken, "use.csv", chemistry="LFP", model=None, years=5)
    with pytest.raises(InputError, match="no ageing model is named by the chemistry Na-ion"):
        age_series(series, "use.csv", chemistry="Na-ion", model=None, years=5)


def test_the_page_needs_nothing_from_outside(listed: Path) -> None:
    """Script and data stand in the page; nothing is loaded."""
    for lives in (Lives(), Lives(second_use="grid_storage")):
        page = age_page(age_file(listed, lives, on=ON)).decode()
        assert '<script src="http' not in page
        assert "<link" not in page
        assert "A1, personal_ev_large" in page
    series = age_series(day_of((0, 0.9), (24, 0.9)), "rest", chemistry="NMC", model=None, years=3)
    assert "Plotly.newPlot" in age_series_page(series).decode()


def _run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["age", *words])
    return done.exit_code, done.stdout


def test_the_command_answers_in_words_json_and_files(listed: Path, tmp_path: Path) -> None:
    """Words show one line a battery and life; JSON holds all; files hold one row a battery."""
    out, page = tmp_path / "aged.csv", tmp_path / "aged.html"
    code, words = _run(
        str(listed), "--on", "2026-11-24", "--second-use", "grid_storage", "-o", str(out), "--plot", str(page)
    )
    assert code == 0
    assert "3 batteries aged to 2026-11-24, 1 left out" in words
    assert words.count("A2") == 2
    assert pl.read_csv(out)["battery_id"].to_list() == ["A1", "A2", "A4"]
    assert page.stat().st_size > 1_000_000
    code, text = _run(str(listed), "--on", "2026-11-24", "--json", "-q")
    document = json.loads(text)
    assert document["schema"] == "age/1"
    assert document["aged"] + len(document["left_out"]) == 4
    assert document["batteries"][0]["soh_read"] == 0.86


def test_the_command_ages_one_battery_and_one_series(tmp_path: Path) -> None:
    """Without a list one battery is described by options; a series is repeated from new."""
    code, words = _run("--chemistry", "NMC", "--made", "2019-05-01", "--soh", "0.86", "--on", "2026-11-24")
    assert code == 0
    assert "1 battery aged" in words
    use = tmp_path / "use.csv"
    day_of((0, 0.9), (10, 0.4), (24, 0.9)).write_csv(use)
    code, words = _run(str(use), "--model", "Nmc111_Gr_Kokam75Ah_Battery", "--years", "2")
    assert code == 0
    assert len(words.splitlines()) == 6
    code, text = _run(str(use), "--chemistry", "LFP", "--json")
    assert json.loads(text)["schema"] == "age-series/1"


def test_the_command_refuses_what_cannot_be(listed: Path) -> None:
    """An error comes out as one message: nothing given, a wrong class, an answer over the list."""
    for words in (
        (),
        ("--chemistry", "Na-ion", "--soh", "0.9"),
        ("--chemistry", "LFP", "--soh", "1.3"),
        ("--chemistry", "LFP", "--soh", "0.9", "--use", "racing"),
        (str(listed), "-o", str(listed)),
    ):
        done = CliRunner().invoke(app, ["age", *words])
        assert isinstance(done.exception, InputError), words
    assert listed.read_text(encoding="utf-8") == LIST


def test_the_example_is_aged() -> None:
    """The three vans and the week of use of the examples, as their page says."""
    folder = Path(__file__).parents[2] / "examples" / "ageing"
    lives = Lives(use="commercial_ev", second_use="home_storage")
    found = age_file(folder / "batteries.csv", lives, on=ON, readings=folder / "readings.csv")
    assert found.table["battery_id"].to_list() == ["VAN-01", "VAN-02", "VAN-03"]
    assert found.rejected_rows == found.left_out.height == 0
    series = series_of(folder / "van-week.csv")
    assert series is not None
    course = age_series(series, "van-week.csv", chemistry="NMC", model=None, years=1).course
    assert course["efc"][1] == pytest.approx(630, abs=20)
