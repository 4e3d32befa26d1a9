"""CSV in blocks: every record comes out once, in order, whatever is broken and wherever a block ends."""

from __future__ import annotations

import csv
import io
import random

import polars as pl
import pytest

from voltloop.app import csv_blocks
from voltloop.app.csv_blocks import CsvShape, csv_shape

HEADER = ("id", "a", "b")


def read(data: bytes) -> tuple[list[tuple[str | None, ...]], dict[int, str]]:
    shape = csv_shape(data, lambda cells: sum(cell in HEADER for cell in cells))
    assert shape is not None
    rows: list[tuple[str | None, ...]] = []
    broken: dict[int, str] = {}
    for frame, why in csv_blocks.csv_blocks(io.BytesIO(data), shape):
        broken.update({len(rows) + at: told[0] for at, told in why.items()})
        rows += frame.rows()
    return rows, broken


@pytest.mark.parametrize("size", [7, 16, 64, 1 << 20])
def test_sound_files_are_read_alike_in_blocks_of_any_size(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(csv_blocks, "_BLOCK_BYTES", size)
    chance = random.Random(5)
    cells = ["x", "", "a,b", 'say "no"', "two\nlines", "ü"]
    wanted = [(str(number), *chance.choices(cells, k=2)) for number in range(80)]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([HEADER, *wanted])
    rows, broken = read(text.getvalue().encode())
    assert [tuple(cell or "" for cell in row) for row in rows] == wanted
    assert broken == {}


@pytest.mark.parametrize("size", [32, 1 << 20])
def test_broken_records_stay_in_their_place(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(csv_blocks, "_BLOCK_BYTES", size)
    lines = ["id,a,b", "1,x,y", "2,x", "3,x,y,z", '4,"x,y', "5,x,y", "", ",,", '6,"a""b",y', "7,x,y"]
    rows, broken = read("\n".join(lines).encode())
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "5", None, "6", "7"]
    assert rows[6][1] == 'a"b'
    assert broken == {1: "classify-row-ragged", 2: "classify-row-ragged", 3: "classify-row-ragged"}


def test_an_open_quote_at_the_end_of_the_file_takes_only_its_own_record() -> None:
    rows, broken = read(b'id,a,b\n1,x,y\n2,"x,y\n3,x,y\n')
    assert [row[0] for row in rows] == ["1", "2", "3"]
    assert list(broken) == [1]


def test_lines_in_another_encoding_are_named() -> None:
    rows, broken = read("id,a,b\n1,ü,y\n".encode() + "2,ü,y\n".encode("cp1252") + b"3,x,y\n")
    assert [row[1] for row in rows] == ["ü", "ü", "x"]
    assert broken == {1: "classify-not-utf8"}


def test_the_shape_is_told_by_known_names() -> None:
    shape = csv_shape(
        b"\xef\xbb\xbf\r\nid;a,x;b;a,x;\r\n", lambda cells: sum(cell in HEADER for cell in cells)
    )
    assert shape == CsvShape(";", ("id", "a,x", "b", "a,x (4)", "column 5"), 20)
    assert csv_shape(b"nothing,known\n", lambda cells: 0) is None


def test_a_file_without_a_line_break_at_its_end_loses_nothing() -> None:
    rows, broken = read(b"id,a,b\n1,x,y")
    assert (rows, broken) == ([("1", "x", "y")], {})
    assert isinstance(pl.DataFrame(rows, orient="row"), pl.DataFrame)
