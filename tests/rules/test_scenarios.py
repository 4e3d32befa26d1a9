"""Every row of the reference scenario file, one test each, through the command's own path from file to file.

A cell is compared by the rules of the reference: ``a|b`` means that either is right, ``a;b`` that all are among the
answers, names of goods are compared without regard to case and to what follows them, an empty cell is not judged.
"""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from voltloop.app.classify_file import classify_file
from voltloop.app.scenarios import Defaults, carriage_modes
from voltloop.compliance import load_rulebook

FILE = next((parent / "shared/reference/dg-scenarios-public.csv" for parent in Path(__file__).parents
             if (parent / "shared/reference/dg-scenarios-public.csv").exists()), None)  # fmt: skip
CASES = Path(str(load_rulebook().folder)) / "cases" / "scenarios.csv"
ANSWERS = {
    "un": "un_number",
    "psn": "proper_shipping_name",
    "class": "hazard_class",
    "packing_instruction": "packing_instruction",
    "outcome": "outcome",
    "key_special_provisions": "special_provisions",
    "transport_category": "transport_category",
    "tunnel": "tunnel_code",
    "soc_limit_pct": "soc_limit_pct",
    "adr_points": "adr_points",
}
IS_SET = {"special_provisions"}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


ROWS = rows_of(FILE) if FILE else []


def agrees(answer: str, expected: str, given: str) -> bool:
    if answer == "proper_shipping_name":
        return any(given.lower().startswith(choice.lower()) for choice in expected.split("|"))
    if answer in IS_SET:
        return set(expected.split(";")) <= set(given.split(";"))
    return given == expected or (bool(given) and set(given.split("|")) <= set(expected.split("|")))


def wrong_cells(expected: dict[str, str], given: dict[str, Any]) -> list[str]:
    return [
        f"{answer} is {given[answer]!r}, expected {expected[f'expected_{name}']!r}"
        for name, answer in ANSWERS.items()
        if expected.get(f"expected_{name}")
        and not agrees(answer, expected[f"expected_{name}"], given[answer] or "")
    ]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    if FILE is None:
        pytest.skip("The reference scenarios are not at hand.")
    out = tmp_path_factory.mktemp("scenarios") / "out.csv"
    classify_file(FILE, load_rulebook(), Defaults(), date(2026, 11, 24), out)
    table = pl.read_csv(out, infer_schema=False)
    assert table["id"].to_list() == [row["id"] for row in ROWS]
    return {row["id"]: row for row in table.iter_rows(named=True)}


@pytest.mark.skipif(
    not ROWS, reason="The reference scenarios are not at hand; the packaged copy is tested below."
)
@pytest.mark.parametrize(
    "row", [row for row in ROWS if row["mode"] in carriage_modes(load_rulebook())], ids=lambda row: row["id"]
)
def test_scenario_is_answered_as_expected(row: dict[str, str], answers: dict[str, dict[str, Any]]) -> None:
    assert wrong_cells(row, answers[row["id"]]) == []


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl", "json"])
def test_the_packaged_scenarios_are_answered_alike_from_every_format(tmp_path: Path, ending: str) -> None:
    """The packaged copy has the law's own column names; what a row asks does not hang on how its file is written."""
    rows = rows_of(CASES)
    table = pl.DataFrame(rows).select(pl.exclude("why"))
    table = table.select(pl.when(pl.all() != "").then(pl.all())).rename({"on": "date"})
    table = table.select(
        name for name in table.columns if not name.startswith("expect.") and name != "edition"
    )
    source, out = tmp_path / f"in.{ending}", tmp_path / "out.json"
    if ending == "csv":
        table.write_csv(source)
    elif ending == "parquet":
        table.with_columns(pl.col("date").str.to_date(), pl.col("energy_wh").cast(pl.Float64)).write_parquet(
            source
        )
    elif ending == "jsonl":
        table.write_ndjson(source)
    else:
        table.write_json(source)
    classify_file(source, load_rulebook(), Defaults(), date(2026, 11, 24), out)
    given = pl.read_json(out, infer_schema_length=None)
    assert given["id"].to_list() == [row["id"] for row in rows]
    for row, answer in zip(rows, given.iter_rows(named=True), strict=True):
        wanted = {
            name.removeprefix("expect."): text
            for name, text in row.items()
            if name.startswith("expect.") and text
        }
        for name in ("outcome", "un_number", "packing_instruction", "transport_category"):
            if wanted.get(name):
                assert agrees(name, wanted[name], answer[name] or ""), (row["id"], name, answer[name])
