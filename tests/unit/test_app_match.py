"""A file of units is matched; kinds and broken rows are told in words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from matching_cases import check
from voltloop.app.match import match_file, match_page, read_kinds
from voltloop.errors import InputError
from voltloop.treatment import SetKind

EXAMPLES = Path(__file__).parents[2] / "examples" / "grading"


def test_the_example_is_matched_and_keeps_its_limits() -> None:
    kinds = read_kinds(EXAMPLES / "kinds.csv")
    assert kinds[0] == SetKind("remanufactured pack", 4, 0.03, 0.10, max_sets=2, value_eur=250.0)
    assert kinds[1].min_capacity_ah == 40
    found = match_file(EXAMPLES / "modules.csv", kinds)
    units = pl.read_csv(EXAMPLES / "modules.csv")
    assert check(units, kinds, found.matching)[0] == found.matching.bound == 7
    assert found.answers()["row"].to_list() == list(range(1, 25))
    assert found.answers().filter(pl.col("set").is_null() == pl.col("reason").is_null()).is_empty()


def test_the_page_needs_nothing_from_outside() -> None:
    page = match_page(match_file(EXAMPLES / "modules.csv", [SetKind("pack", 4)])).decode()
    assert "<script src=" not in page
    assert "capacity [Ah]" in page


def test_a_row_with_too_many_cells_is_left_over_and_told(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_text("unit_id,capacity_ah,resistance_mohm\na,50,1\nb,50,1,7\nc,50,1\n", encoding="utf-8")
    found = match_file(path, [SetKind("pair", 2)]).matching
    assert found.members["unit_id"].to_list() == ["a", "c"]
    assert found.leftover["unit_id"].to_list() == ["b"]
    assert "4 cells under 3 columns" in found.findings[0].message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("units,capacity_spread\n2,0.03\n", "lacks name"),
        ("name,units,colour\na,2,red\n", "unknown columns colour"),
        ("name,units\na,two\n", 'units says "two"'),
        ("name,units\na,2.5\n", "no whole number"),
        ("name,units\na,\n", "units or max_sets is missing"),
        ("name,units,max_sets\na,2,1.5\n", "no whole number"),
        ("name,units\na,2,3\n", "3 cells under 2 columns"),
    ],
)
def test_kinds_that_cannot_be_read_are_errors(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "kinds.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_kinds(path)
    assert words in error.value.message


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from voltloop.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
        check=False,
    )


def test_the_command_writes_sets_and_prints_them(tmp_path: Path) -> None:
    out = tmp_path / "sets.csv"
    done = _run("match", EXAMPLES / "modules.csv", "--units", "4", "-o", out)
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 complete sets (no more are possible)" in done.stdout
    assert pl.read_csv(out).height == 24
    document = json.loads(
        _run("match", EXAMPLES / "modules.csv", "--kinds", EXAMPLES / "kinds.csv", "--json").stdout
    )
    assert (document["schema"], document["sets"], len(document["answers"])) == ("match/1", 7, 24)


@pytest.mark.parametrize(
    "words",
    [(), ("--units", "0"), ("--units", "4", "--capacity-spread", "-1"), ("--units", "4", "--kinds", "x.csv")],
)
def test_the_command_refuses_in_words(words: tuple[str, ...]) -> None:
    done = _run("match", EXAMPLES / "modules.csv", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
