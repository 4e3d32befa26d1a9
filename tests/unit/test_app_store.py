"""``voltloop store``: files in, a folder of tables out, exit codes, and the example."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from store_cases import area, lot, table
from voltloop.app.store import check_store_files, read_table, store_summary, write_store
from voltloop.cli.exit_codes import ExitCode
from voltloop.errors import InputError

EXAMPLE = Path(__file__).parents[2] / "examples" / "store"
ON = date(2026, 11, 24)


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from voltloop.cli import main; main()", "store", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
        timeout=180,
        check=False,
    )


def _files(folder: Path, areas: pl.DataFrame, stock: pl.DataFrame) -> tuple[Path, Path]:
    areas.write_csv(folder / "areas.csv")
    stock.write_csv(folder / "stock.csv")
    return folder / "stock.csv", folder / "areas.csv"


def test_the_example_shows_every_verdict() -> None:
    result = check_store_files(EXAMPLE / "stock.csv", EXAMPLE / "areas.csv", on=ON)
    verdicts = dict(result.areas.select("area_id", "verdict").iter_rows())
    assert verdicts == {
        "HH-small": "allowed",
        "HH-packs": "forbidden",
        "HH-quarantine": "forbidden",
        "RNO-dock": "forbidden",
        "RNO-yard": "undecided",
        "RNO-bess": "forbidden",
    }
    found = set(result.findings["code"])
    assert found >= {
        "store-goods-misplaced",
        "store-time-exceeded",
        "store-practice-limit",
        "store-limit-exceeded",
        "store-fact-missing",
        "store-no-rule",
        "store-lot-rejected",
        "store-lots-left-out",
        "store-edition-newer",
    }


def test_every_finding_says_what_where_and_what_to_do() -> None:
    result = check_store_files(EXAMPLE / "stock.csv", EXAMPLE / "areas.csv", on=ON)
    for row in result.findings.iter_rows(named=True):
        assert row["message"].endswith((".", ")")), row["message"]
        assert row["help"]
        if row["area_id"]:
            assert f"area {row['area_id']}" in row["message"]


def test_the_folder_holds_every_lot(tmp_path: Path) -> None:
    out = tmp_path / "out"
    answer = _run(EXAMPLE / "stock.csv", "--site", EXAMPLE / "areas.csv", "--on", "2026-11-24", "-o", out)
    assert answer.returncode == ExitCode.FORBIDDEN, answer.stderr
    assert sorted(path.name for path in out.iterdir()) == [
        "areas.csv", "checks.csv", "findings.csv", "lots.csv", "summary.json",
    ]  # fmt: skip
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    stock = read_table(EXAMPLE / "stock.csv")
    assert summary["lots"] == {"in": stock.height, "checked": stock.height - 1, "rejected": 1}
    lots = pl.read_csv(out / "lots.csv", infer_schema=False)
    assert sorted(lots["lot_id"]) == sorted(stock["lot_id"])
    assert lots.filter(lot_id="RNO-008")["reason"][0].startswith('energy_wh "-400" cannot be')
    again = _run(EXAMPLE / "stock.csv", "--site", EXAMPLE / "areas.csv", "--on", "2026-11-24", "-o", out)
    assert again.returncode == ExitCode.BAD_INPUT
    assert "--yes" in again.stderr


@pytest.mark.parametrize(
    ("country", "changes", "code"),
    [
        ("DE", {}, ExitCode.DONE),
        ("FR", {}, ExitCode.UNDECIDED),
        ("DE", {"state": "damaged"}, ExitCode.FORBIDDEN),
        ("DE", {"soc": 7}, ExitCode.UNDECIDED),
    ],
)
def test_exit_codes(tmp_path: Path, country: str, changes: dict[str, object], code: ExitCode) -> None:
    stock, areas = _files(tmp_path, table([area(country)]), table([lot(**changes)]))
    answer = _run(stock, "--site", areas, "--on", "2026-11-24", "--json")
    assert answer.returncode == code, answer.stderr
    assert json.loads(answer.stdout)["schema"] == "store/1"


@pytest.mark.parametrize(("arguments", "word"), [
    (["nowhere.csv"], "nowhere.csv"), (["--on", "24.11.2026"], "24.11.2026"),
])  # fmt: skip
def test_mistakes_of_the_user_are_one_sentence(tmp_path: Path, arguments: list[str], word: str) -> None:
    stock, areas = _files(tmp_path, table([area("DE")]), table([lot()]))
    given = [str(tmp_path / arguments[0])] if arguments[0].endswith("csv") else [str(stock), *arguments]
    answer = _run(*given, "--site", areas)
    assert answer.returncode == ExitCode.BAD_INPUT
    assert word in answer.stderr
    assert "Traceback" not in answer.stderr


def test_tables_of_many_shapes(tmp_path: Path) -> None:
    """Semicolons with decimal commas, tabs, another encoding, Parquet and JSON lines say the same."""
    stock = table([lot(), lot("2", energy_wh=40.5)])
    wanted = stock.select("lot_id", "energy_wh").rows()
    stock.write_csv(tmp_path / "a.csv")
    text = stock.write_csv(separator=";").replace("40.5", "40,5")
    (tmp_path / "b.csv").write_bytes(text.encode("utf-16"))
    (tmp_path / "c.csv").write_bytes(stock.write_csv(separator="\t").encode("utf-8-sig"))
    stock.write_parquet(tmp_path / "d.parquet")
    stock.write_ndjson(tmp_path / "e.jsonl")
    for name in ("a.csv", "b.csv", "c.csv", "d.parquet", "e.jsonl"):
        assert read_table(tmp_path / name).select("lot_id", "energy_wh").rows() == wanted, name


def test_a_row_with_too_many_cells_is_rejected_alone(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text("lot_id,area_id,state\n1,A,used\n2,A,used,really\n3,A\n", encoding="utf-8")
    table([area("DE")]).write_csv(tmp_path / "areas.csv")
    lots = check_store_files(path, tmp_path / "areas.csv", on=ON).lots
    assert lots.filter(outcome="rejected")["lot_id"].to_list() == ["2"]
    assert "4 cells under 3 columns" in lots.filter(outcome="rejected")["reason"][0]


@pytest.mark.parametrize(("name", "data", "word"), [
    ("a.csv", b"", "empty"),
    ("a.csv", b"lot_id,lot_id\n1,2\n", "stands twice"),
    ("a.csv", b"PK\x00\x01", "binary"),
    ("a.parquet", b"no", "parquet"),
    ("a.jsonl", b"{", "jsonl"),
])  # fmt: skip
def test_files_that_are_no_tables(tmp_path: Path, name: str, data: bytes, word: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=word):
        read_table(tmp_path / name)


def test_nothing_is_left_behind_when_the_folder_cannot_be_made(tmp_path: Path) -> None:
    result = check_store_files(EXAMPLE / "stock.csv", EXAMPLE / "areas.csv", on=ON)
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="file"):
        write_store(result, tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert store_summary(result)["verdict"] == "forbidden"
