"""Whatever stands in a file of rows: one answer per row, in order, and never an error of ours."""

from __future__ import annotations

import csv
import io
import tempfile
from datetime import date
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from voltloop.app.classify_file import classify_file
from voltloop.app.scenarios import Defaults, carriage_modes, scenario_columns
from voltloop.compliance import load_rulebook

BOOK = load_rulebook()
COLUMNS = [
    *(name for name, column in scenario_columns().items() if column.use != "ignored"),
    "aircraft", "approval_held", "soc", "net_mass_kg", "moisture_pct", "is_waste", "strange", "expected_un",
]  # fmt: skip
OUTCOMES = {"allowed", "exempt_small", "exempt_other", "approval_needed", "forbidden", "undecided"}
WORDS = [
    "", "unknown", "n/a", "none", "yes", "no", "1", "0", "-5", "1e400", "nan", "30", "0.3", "12,5", "2026-11-24",
    "2026-13-01", "1800-01-01", "2025-03-01", "DE", "NG", "xx", "A", "B", "black_mass", "nickel_sulphate", "nimh",
    "li_ion", "na_ion", "lead_acid_vrla", "battery", "cell", "vehicle", "ctu", "contained_in", "new", "waste",
    "critical", "qa_333kg", "qa_333kg;leaking_case", "shorted_0v;discharged_0v", ";;", "=1+1", '"', "a\nb", "ü",
    *carriage_modes(BOOK),
]  # fmt: skip
CELL = st.one_of(st.sampled_from(WORDS), st.text(max_size=6))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    columns=st.lists(st.sampled_from(COLUMNS), min_size=6, max_size=14, unique=True),
    data=st.data(),
)
def test_any_cells_give_one_answer_per_row(columns: list[str], data: st.DataObject) -> None:
    names = ["id", "mode", "load_id", *(name for name in columns if name not in {"id", "mode", "load_id"})]
    rows = data.draw(
        st.lists(st.tuples(*[CELL] * len(names)), min_size=1, max_size=8).map(
            lambda found: [tuple(cell.replace("\0", "").replace("\r", "") for cell in row) for row in found]
        )
    )
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([names, *rows])
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "in.csv", Path(folder) / "out.parquet"
        source.write_text(text.getvalue(), encoding="utf-8", newline="")
        done = classify_file(source, BOOK, Defaults("road_eu", date(2026, 11, 24)), date(2026, 11, 24), out)
        answers = pl.read_parquet(out)
    assert done.rows == answers.height == len(rows)
    assert [name or "" for name in answers["id"].to_list()] == [row[0].strip() for row in rows]
    assert set(answers["outcome"]) <= OUTCOMES
    undecided = answers.filter(pl.col("outcome") == "undecided")
    assert undecided["missing_facts"].null_count() == 0


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.binary(max_size=300))
def test_any_bytes_below_a_header_give_answers(noise: bytes) -> None:
    head = b"id,chemistry,form,unit_kind,state,mode,date,flags\n"
    good = b"last,li_ion,battery,battery,damaged,road_eu,2026-11-24,\n"
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "in.csv", Path(folder) / "out.json"
        source.write_bytes(head + noise + b"\n" + good)
        classify_file(source, BOOK, Defaults(), date(2026, 11, 24), out)
        answers = pl.read_json(out, infer_schema_length=None)
    assert answers.row(-1, named=True)["outcome"] == "allowed"
