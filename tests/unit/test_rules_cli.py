"""``voltloop rules`` as a user meets it: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from rules_book import FILES, write_book
from voltloop.cli.exit_codes import ExitCode


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from voltloop.cli import main; main()", "rules", *map(str, arguments)],
        capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"}, timeout=180, check=False,
    )  # fmt: skip


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return write_book(tmp_path / "book")


def test_help_names_the_commands() -> None:
    answer = _run("--help")
    assert answer.returncode == ExitCode.DONE
    for command in ("diff", "impact", "lint", "fmt", "coverage"):
        assert command in answer.stdout


def test_diff_prints_sentences_of_at_most_a_hundred_columns() -> None:
    answer = _run("diff", "ADR-2023", "ADR-2025")
    assert answer.returncode == ExitCode.DONE, answer.stderr
    assert "ADR.id.ev.li_ion takes the place of ADR.id.ev.before" in answer.stdout
    assert max(map(len, answer.stdout.splitlines())) <= 100


def test_diff_of_another_rulebook_as_json(book: Path) -> None:
    answer = _run("diff", "LAW-1", "LAW-2", "--rulebook", book, "--json")
    document = json.loads(answer.stdout)
    assert document["schema"] == "rules-diff/1"
    assert document["before"]["edition"] == "LAW-1"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("diff", "ADR-2023", "ADR-2026"), "is not an edition"),
        (("diff", "ADR-2023", "LOW-2025"), "one regime"),
        (("lint", "nowhere"), "no such folder"),
        (("fmt", "nowhere"), "no such folder"),
        (("coverage", "--mode", "rode_eu"), "is not a mode"),
        (("coverage", "--on", "yesterday"), "--on"),
        (("coverage", "--on", "1990-01-01"), "No edition"),
        (("lint", __file__), "a file, not a folder"),
        (("impact", "nowhere.csv", "--on", "2026-11-08", "--on", "2026-11-09"), "no such file"),
    ],
)
def test_mistakes_get_one_message(arguments: tuple[str, ...], words: str) -> None:
    answer = _run(*arguments)
    assert answer.returncode == ExitCode.BAD_INPUT
    assert answer.stdout == ""
    assert words in answer.stderr
    assert "Traceback" not in answer.stderr


def test_lint_ends_with_one_on_errors_and_zero_on_warnings(book: Path) -> None:
    fine = _run("lint", book, "--on", "2026-11-23")
    assert (fine.returncode, "The rulebook loads" in fine.stdout) == (ExitCode.DONE, True)
    (book / "law" / "verdict.csv").write_text(
        FILES["law/verdict.csv"].replace("<=100", "under 100"), encoding="utf-8"
    )
    broken = _run("lint", book, "--on", "2026-11-23", "--json")
    assert broken.returncode == ExitCode.FORBIDDEN
    document = json.loads(broken.stdout)
    assert not document["ok"]
    assert document["findings"][0]["where"] == "book/law/verdict.csv, row 4, column when.energy_wh"


def test_fmt_checks_then_writes_then_is_content(book: Path) -> None:
    (book / "laws.csv").write_text('law,title\n"Law","The law"\n', encoding="utf-8")
    check = _run("fmt", book, "--check")
    assert check.returncode == ExitCode.FORBIDDEN
    assert "laws.csv: would be formatted" in check.stdout
    assert (book / "laws.csv").read_text(encoding="utf-8") == 'law,title\n"Law","The law"\n'
    assert _run("fmt", book).returncode == ExitCode.DONE
    assert (book / "laws.csv").read_text(encoding="utf-8") == "law,title\nLaw,The law\n"
    assert _run("fmt", book, "--check").returncode == ExitCode.DONE


def test_impact_writes_its_table(tmp_path: Path) -> None:
    (tmp_path / "returns.csv").write_text(
        "serial,model,chemistry,energy_kwh,mass_kg,returned_on,condition,country\n"
        "A1,One,NMC,50,300,2024-11-01,ok,DE\n",
        encoding="utf-8",
    )
    answer = _run("impact", tmp_path / "returns.csv", "--on", "2026-11-08", "--on", "2026-11-09",
                  "-o", tmp_path / "changes.csv")  # fmt: skip
    assert answer.returncode == ExitCode.DONE, answer.stderr
    assert "waste_code 16 06 05 -> 16 06 07*" in answer.stdout
    table = pl.read_csv(tmp_path / "changes.csv")
    assert table["after"].unique().to_list() == ["16 06 07*"]


def test_coverage_as_text_and_json(book: Path) -> None:
    where = ("--mode", "law", "--on", "2026-11-24", "--rulebook", book)
    text = _run("coverage", *where)
    assert text.returncode == ExitCode.DONE, text.stderr
    assert "LAW-3" in text.stdout
    document = json.loads(_run("coverage", *where, "--json").stdout)
    assert document["modes"][0]["mode"] == "law"


def test_fmt_touches_no_folder_that_is_no_rulebook(tmp_path: Path) -> None:
    """Tables of something else are not ours to rewrite."""
    (tmp_path / "mine.csv").write_text('a,b\n"1","2"\n', encoding="utf-8")
    answer = _run("fmt", tmp_path)
    assert answer.returncode == ExitCode.BAD_INPUT
    assert "this is no rulebook" in answer.stderr
    assert (tmp_path / "mine.csv").read_text(encoding="utf-8") == 'a,b\n"1","2"\n'


def test_impact_never_replaces_the_list(tmp_path: Path) -> None:
    rows = tmp_path / "goods.csv"
    rows.write_text(
        "id,chemistry,form,unit_kind,state,mode\nA,li_ion,battery,battery,new,road_eu\n", encoding="utf-8"
    )
    days = ("--on", "2025-06-30", "--on", "2025-07-01")
    answer = _run("impact", rows, *days, "-o", rows)
    assert answer.returncode == ExitCode.BAD_INPUT
    assert rows.read_text(encoding="utf-8").startswith("id,chemistry")
    said = _run("impact", rows, *days, "-o", tmp_path / "changes.csv").stdout
    assert "0 of 1 row gets another verdict." in said
    assert said.endswith(f"Changes: {tmp_path / 'changes.csv'}\n")
