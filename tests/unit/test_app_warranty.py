"""The command that prices a warranty from a table of returns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from voltloop.cli.main import app
from voltloop.errors import InputError

TABLE = "age_years;is_failed;quantity\n0,5;yes;3\n1,5;yes;4\n2,5;no;80\n3,5;no;40\nx;no;1\n1,0;maybe;1\n"


@pytest.fixture
def returns(tmp_path: Path) -> Path:
    path = tmp_path / "returns.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["warranty", *words])
    return done.exit_code, done.stdout


def test_the_price_with_its_model_and_what_was_rejected(returns: Path, tmp_path: Path) -> None:
    page = tmp_path / "warranty.html"
    code, out = run(
        str(returns), "--term-years", "2", "--claim-cost", "4000", "--packs", "500", "--priced-on", "2026-11-24",
        "--json", "--plot", str(page),
    )  # fmt: skip
    assert code == 0
    answer = json.loads(out)
    assert (answer["schema"], answer["terms"]["currency"], answer["terms"]["priced_on"]) == (
        "warranty/1",
        "EUR",
        "2026-11-24",
    )
    assert (answer["model"]["units"], answer["model"]["failures"]) == (127, 7)
    assert [row["row"] for row in answer["rejected"]] == [4, 5]
    assert answer["expected_cost"] == pytest.approx(4000 * answer["expected_claims"])
    assert answer["reserve"] >= 500 * answer["expected_cost"]
    assert "Kaplan-Meier" in page.read_text(encoding="utf-8")


def test_in_words(returns: Path) -> None:
    code, out = run(
        str(returns), "--term-years", "5", "--claim-cost", "4000", "--packs", "500", "--model", "weibull"
    )
    assert code == 0
    assert "Packs observed   127, 7 of them failed" in out
    assert "Failure model    weibull" in out
    assert "The price extrapolates" in out.replace("\n         ", " ")
    assert "reject" in out


def test_a_table_of_which_no_row_can_be_used_names_the_rows(tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    path.write_text("age_years,is_failed\n-0.8,yes\nx,no\n", encoding="utf-8")
    words = ["warranty", str(path), "--term-years", "2", "--claim-cost", "4000", "--packs", "500"]
    with pytest.raises(InputError, match=r"Row 0: an age of -0\.8 years cannot be"):
        CliRunner().invoke(app, words, catch_exceptions=False)


def test_a_table_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("age_years,is_failed\n", encoding="utf-8")
    done = CliRunner().invoke(
        app, ["warranty", str(path), "--term-years", "2", "--claim-cost", "1", "--packs", "1"]
    )
    assert done.exit_code != 0
    assert "no rows" in str(done.exception)
