"""``voltloop classify`` and ``voltloop explain`` as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from voltloop.cli.main import app
from voltloop.errors import InputError

ROWS = """id,chemistry,form,unit_kind,energy_wh,gross_mass_kg,state,un38_3_tested,mode,date
A,li_ion,battery,battery,500,4,new,yes,road_eu,2026-03-10
B,li_ion,battery,battery,500,4,new,no,road_eu,2026-03-10
C,li_ion,battery,battery,-5,4,new,yes,road_eu,2026-03-10
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    path.write_text(ROWS)
    return path


def run(*words: str | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def test_counts_go_to_the_output_and_findings_to_the_error_stream(file: Path) -> None:
    code, out, err = run("classify", file, "-o", file.with_name("out.csv"))
    assert code == 0
    assert "3 rows, read as a scenario file" in out
    assert "trained person" in out
    assert "1 row, classify-number-impossible: C: energy_wh -5 cannot be" in err
    assert file.with_name("out.csv").exists()
    assert run("classify", file, "-q", "-o", file.with_name("out.csv"))[2] == ""


@pytest.mark.parametrize(
    ("soc", "told"), [("0.3", True), ("0.99", True), ("1", False), ("0", False), ("30", False)]
)
def test_a_share_written_as_per_cent_is_told(tmp_path: Path, soc: str, told: bool) -> None:
    path = tmp_path / "soc.csv"
    path.write_text(f"id,chemistry,form,soc_percent,mode,date\nA,li_ion,battery,{soc},air_cargo,2026-11-24\n")
    err = run("classify", path, "-o", tmp_path / "out.csv")[2]
    assert (f"classify-percent-below-one: A: soc_percent {soc} is below one per cent" in err) is told


def test_without_a_file_to_write_the_first_rows_are_shown(file: Path) -> None:
    _, out, _ = run("classify", file)
    lines = {
        line.split()[0]: line.split()[1] for line in out.splitlines() if line[:1] in "ABC" and line.strip()
    }
    assert lines == {"A": "allowed", "B": "forbidden", "C": "undecided"}


def test_the_summary_as_json(file: Path) -> None:
    _, out, _ = run("classify", file, "--json")
    summary = json.loads(out)
    assert summary["schema"] == "classify/1"
    assert summary["outcomes"] == {"allowed": 1, "forbidden": 1, "undecided": 1}


def test_exit_codes_tell_only_when_asked(file: Path) -> None:
    assert run("classify", file)[0] == 0
    assert run("classify", file, "--strict")[0] == 1
    file.write_text("".join(line for line in ROWS.splitlines(keepends=True) if not line.startswith("B")))
    assert run("classify", file, "--strict")[0] == 3
    assert run("explain", file, "--id", "C", "--strict")[0] == 3
    assert run("explain", file, "--id", "A", "--strict")[0] == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["classify", "nowhere.csv"], "no-such-file"),
        (["classify", "{file}", "--mode", "raod_eu"], "unknown-mode"),
        (["classify", "{file}", "--on", "1.1.2026"], "bad-date"),
        (["explain", "{file}", "--state", "new"], "file-or-facts"),
        (["explain"], "file-or-facts"),
        (["explain", "--stat", "new"], "unknown-fact"),
        (["explain", "{file}", "--id", "Z"], "unknown-id"),
    ],
)
def test_misuse_is_one_message(file: Path, words: list[str], code: str) -> None:
    with pytest.raises(InputError) as caught:
        run(*[word.format(file=file) for word in words])
    assert caught.value.code == code


def test_explain_reads_facts_before_and_after_its_own_options() -> None:
    words = (
        "--chemistry",
        "li_ion",
        "--form",
        "battery",
        "--mode",
        "road_eu",
        "--state",
        "critical",
        "--on",
        "2026-12-01",
    )
    code, out, _ = run("explain", *words, "--unit-kind", "battery")
    assert code == 0
    assert out.startswith("allowed, UN 3480 LITHIUM ION BATTERIES, class 9, packing P911 or LP906")
    _, out, _ = run("explain", *words, "--unit-kind=battery", "--json")
    assert json.loads(out)["verdict"]["transport_category"] == "0"


def test_the_help_of_explain_lists_the_facts() -> None:
    _, out, _ = run("explain", "--help")
    assert "--energy-wh WH" in out
    assert "--considered" in out


def test_the_answer_is_never_written_over_the_file(file: Path) -> None:
    with pytest.raises(InputError, match="Choose another name"):
        run("classify", file, "-o", file)
    assert file.read_text() == ROWS


def test_lines_that_end_as_on_old_macs_are_read(file: Path) -> None:
    file.write_bytes(ROWS.replace("\n", "\r").encode())
    _, out, _ = run("classify", file)
    assert "3 rows, read as a scenario file" in out


def test_one_row_is_one_row(file: Path) -> None:
    file.write_text("\n".join(ROWS.splitlines()[:2]))
    assert "in.csv: 1 row, read" in run("classify", file)[1]


@pytest.mark.parametrize("data", [b"a\rb\x00\n\x01", b"\rx\x93\xff,\r;\n", b"id,mode\r\x80\x81\n"])
def test_bytes_of_no_table_are_refused_in_words(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    with pytest.raises(InputError):
        run("classify", file)


def test_two_columns_that_state_different_values_leave_the_row_undecided(file: Path) -> None:
    """The same value twice is fine; of two different ones neither is taken."""
    head, sound, *_ = ROWS.splitlines()
    file.write_text(
        f"{head},soc,soc_percent\n{sound},0.3,30\n{sound.replace('A', 'B', 1)},0.3,90\n"
        f"{sound.replace('A', 'C', 1)},,90\n"
    )
    _, out, err = run("classify", file)
    assert "1 row, classify-facts-contradict: B: soc 0.3 and soc_percent 90 state different values." in err
    lines = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line[:2] in {"A ", "B ", "C "}}
    assert [lines[name][0] for name in "ABC"] == ["allowed", "undecided", "allowed"]
    assert lines["B"][-1] == "soc"
