import json

from typer.testing import CliRunner

from voltloop.cli.main import app

WAY = ["itinerary", "Oakland", "Honolulu", "--on", "2026-12-01"]


def run(*more, cache):
    return CliRunner().invoke(app, [*WAY, *more], env={"VOLTLOOP_CACHE": str(cache), "NO_COLOR": "1"})


def test_words_and_json_tell_the_same_ways(tmp_path):
    told, document = run(cache=tmp_path), run("--json", cache=tmp_path)
    assert told.exit_code == document.exit_code == 0
    answer = json.loads(document.stdout)
    assert f"of {answer['non_dominated']} ways" in told.stdout
    assert f"{answer['itineraries'][0]['cost_eur']:,.0f} EUR" in told.stdout
    assert "OpenStreetMap" in told.stdout
    assert "marnet" in told.stdout


def test_nothing_open_is_no_plan_with_the_reason(tmp_path):
    found = run("--closed", "USHNL", cache=tmp_path)
    assert found.exit_code == 4
    assert "cannot be reached" in " ".join((found.stdout + found.stderr).split())


def test_all_ways_without_a_law_leave_with_undecided(tmp_path):
    goods = "chemistry=li_ion form=battery unit_kind=battery state=used energy_wh=50000 un38_3_tested"
    found = CliRunner().invoke(
        app,
        ["itinerary", "RT-CNCKG", "RT-CNXIY", "--on", "2026-12-01", "--goods", goods],
        env={"VOLTLOOP_CACHE": str(tmp_path)},
    )
    assert found.exit_code == 3
    assert "no law of the rulebook covers" in found.stdout
