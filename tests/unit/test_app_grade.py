"""A file is graded row by row; its faults are told, and tests are ranked by what they tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from voltloop.app.grade import GradedFile, grade_file
from voltloop.app.grade_plot import grade_page
from voltloop.errors import InputError

EXAMPLES = Path(__file__).parents[2] / "examples"
MEASURED = EXAMPLES / "grading" / "measurements.csv"
ON = date(2026, 11, 24)


def graded(path: Path = MEASURED, scheme: str = "application-bands", holder: str = "oem") -> GradedFile:
    return grade_file(path, scheme=scheme, holder=holder, on=ON)


def table_of(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "measured.csv"
    pl.DataFrame(rows, infer_schema_length=None).write_csv(path)
    return path


def test_the_example_is_graded_and_its_faults_are_told() -> None:
    found = graded()
    assert found.kind == "measurements"
    assert dict(found.table.select("battery_id", "grade").rows()) == {
        "GR-001": "reuse",
        "GR-002": "reuse",
        "GR-003": "remanufacture",
        "GR-004": "storage",
        "GR-005": "backup",
        "GR-006": "recycle",
        "GR-007": "recycle",
        "GR-008": "recycle",
        "GR-009": None,
        "GR-010": None,
        "GR-011": None,
        "GR-012": None,
    }
    told = found.findings.filter(pl.col("severity") == "review").select("row", "code").rows()
    assert told == [
        (11, "grading-soh-impossible"),
        (12, "grading-value-impossible"),
        (12, "grading-value-impossible"),
    ]


def test_the_example_of_an_own_scheme() -> None:
    found = graded(scheme=str(EXAMPLES / "grading" / "own-scheme.csv"))
    assert found.graded.scheme.name == "telecom-backup"
    assert found.table["grade"][0] == "first"


def test_rows_in_are_rows_graded_and_the_next_test_pays() -> None:
    found = graded()
    assert found.table["row"].to_list() == list(range(1, 13))
    tested = found.table.filter(pl.col("next_test").is_not_null())
    assert tested.height
    assert (tested["test_value_eur"] > tested["test_cost_eur"]).all()
    swollen = found.table.row(6, named=True)
    assert (swollen["next_test"], swollen["cost_to_grade_eur"]) == (None, 0.0)


def test_a_list_of_returns_is_graded_as_well() -> None:
    """Nobody measured insulation, so that nothing is surely better than recycling."""
    found = graded(EXAMPLES / "europe" / "returns.csv", holder="third-party")
    assert found.kind == "list"
    assert found.table.height + found.rejected == 2003
    assert set(found.table["grade"].unique()) == {None, "recycle"}
    counts = dict(found.findings["code"].value_counts().rows())
    assert counts["grading-soh-missing"] == 240


def test_a_third_party_is_offered_no_tool_of_the_maker() -> None:
    assert "bms_diagnosis" in graded(holder="oem").table["next_test"].to_list()
    assert "bms_diagnosis" not in graded(holder="third-party").table["next_test"].to_list()


@pytest.mark.parametrize(("expires", "grade"), [("2026-11-23", "remanufacture"), ("2026-11-24", "reuse")])
def test_the_expiry_date_counts_on_the_day(tmp_path: Path, expires: str, grade: str) -> None:
    row = pl.read_csv(MEASURED)[0].with_columns(pl.lit(expires).alias("expires_on"))
    path = tmp_path / "one.csv"
    row.write_csv(path)
    assert graded(path).table["grade"].to_list() == [grade]


def test_condition_and_recall_stand_for_the_examination(tmp_path: Path) -> None:
    path = table_of(
        tmp_path,
        {"battery_id": "a", "soh": 0.9, "condition": "damaged", "reason": "crash", "energy_wh": 40_000},
        {"battery_id": "b", "soh": 0.9, "condition": "unknown", "reason": "recall", "energy_wh": 40_000},
        {"battery_id": "c", "soh": 0.9, "condition": "odd", "reason": "", "energy_wh": None},
    )
    found = graded(path)
    assert found.table["grade"].to_list() == ["recycle", "recycle", None]
    assert set(found.findings["code"]) == {"grading-word-unknown", "grading-energy-missing"}


def test_alike_batteries_get_the_same_answer(tmp_path: Path) -> None:
    """Whether alone or among others, and to the nearest hundredth of health."""
    rows = [{"battery_id": f"b{at}", "soh": 0.7 + at / 1000, "energy_wh": 60_000} for at in range(30)]
    many = graded(table_of(tmp_path, *rows)).table
    alone = graded(table_of(tmp_path, rows[13])).table
    assert many.row(13)[2:] == alone.row(0)[2:]
    assert many["row"].to_list() == list(range(1, 31))


def test_bad_schemes_and_holders_are_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match='Did you mean "ul-1974-style"'):
        graded(scheme="ul1974-style")
    with pytest.raises(InputError, match="not a holder"):
        graded(holder="me")
    bad = tmp_path / "bad.csv"
    bad.write_text("grade,measure,limit\nA,soh,0.8\nB,,\n", encoding="utf-8")
    with pytest.raises(InputError, match=r'the limit "0\.8" cannot be used'):
        graded(scheme=str(bad))
    two = tmp_path / "two.csv"
    two.write_text("scheme,grade,measure,limit\nx,A,,\ny,A,,\n", encoding="utf-8")
    with pytest.raises(InputError, match="holds the schemes x, y"):
        graded(scheme=str(two))


def test_the_page_needs_nothing_from_outside() -> None:
    page = grade_page(graded()).decode()
    assert "<script src=" not in page
    assert "application-bands" in page


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from voltloop.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
        check=False,
    )


def test_the_command_prints_grades_reasons_and_costs(tmp_path: Path) -> None:
    done = _run(
        "grade", MEASURED, "--on", "2026-11-24", "-o", tmp_path / "g.csv", "--plot", tmp_path / "g.html"
    )
    assert done.returncode == 0, done.stderr
    assert "GR-006: recycle" in done.stdout
    assert "insulation 60.0 ohm/V" in done.stdout
    assert "third-party" in done.stdout
    assert "row 11, GR-011: a state of health of 83" in done.stderr
    assert pl.read_csv(tmp_path / "g.csv").height == 12
    assert (tmp_path / "g.html").stat().st_size > 1_000_000


def test_the_command_prints_json() -> None:
    done = _run("grade", MEASURED, "--on", "2026-11-24", "--json", "-q")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert (document["schema"], document["rows"], len(document["batteries"])) == ("grade/1", 12, 12)
    assert sum(document["batteries"][0]["probabilities"].values()) == pytest.approx(1)
    assert document["refused_tests"].keys() == {"bms_diagnosis"}


@pytest.mark.parametrize("words", [("--scheme", "none-such"), ("--access", "me"), ("--on", "soon")])
def test_the_command_refuses_in_words(words: tuple[str, str]) -> None:
    done = _run("grade", MEASURED, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_a_row_with_too_many_cells_counts_as_not_measured_and_is_told(tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    path.write_text("battery_id,soh,visual\na,0.9,sound\nb,0,9,sound\n", encoding="utf-8")
    found = graded(path)
    assert found.table["missing"][1].startswith("soh; ")
    told = found.findings.filter(code="grading-not-a-number")["message"].to_list()
    assert ["4 cells under 3 columns" in message for message in told] == [True]


def test_energy_and_chemistry_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    path = table_of(
        tmp_path,
        {"serial": "a", "soh": 0.9, "energy_wh": "-5", "chemistry": "NMC"},
        {"serial": "b", "soh": 0.9, "energy_wh": "40000", "chemistry": "XYZ"},
    )
    found = graded(path)
    assert found.table["battery_id"].to_list() == ["a", "b"]
    assert found.findings["message"].to_list() == [
        "row 1, a: energy_wh says -5, so nobody can say what a test is worth. Expected a number of Wh above zero.",
        'row 2, b: the chemistry "XYZ" is not known. Its routes are valued as those of an unknown battery.',
    ]


def test_lists_of_too_many_different_batteries_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import voltloop.app.grade_tests as ranking

    monkeypatch.setattr(ranking, "_MOST_KINDS", 2)
    rows = [{"battery_id": f"b{at}", "soh": 0.7 + at / 50, "energy_wh": 60_000} for at in range(5)]
    found = graded(table_of(tmp_path, *rows))
    assert found.table["next_test"].is_null().to_list() == [False, False, True, True, True]
    assert found.findings.filter(row=0)["message"].to_list() == [
        "Tests were ranked for the first 2 different batteries of the list. 3 further batteries have no next test."
    ]
