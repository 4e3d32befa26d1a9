"""Records: delimiters, quotes left open, and files made to hurt."""

from __future__ import annotations

import time
from datetime import date

import pytest

from voltloop.batteries import read_list
from voltloop.batteries._decode import MIXED, decode
from voltloop.batteries._delimited import delimited
from voltloop.batteries._header import recognised
from voltloop.errors import InputError

HEADER = "serial,model,chemistry,form,energy_kwh,mass_kg,condition,remark\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_makes_headers(delimiter: str) -> None:
    """Commas inside cells outnumber the real delimiter in many lists; headers decide."""
    text = (
        HEADER.replace(",", delimiter)
        + delimiter.join(["A", '"x, y; z | t"', "NMC", "pack", "40", "303", "ok", ""])
        + "\n"
    )
    grid = delimited(text, recognised)
    assert grid.facts["delimiter"] == delimiter
    assert grid.cells.width == 8


def test_a_quote_left_open_costs_one_record() -> None:
    """The records that it swallows come back; the one with the quote is marked."""
    rows = [
        'A,x,NMC,pack,40,303,ok,"left open',
        'B,x,NMC,pack,40,303,ok,"fine"',
        'C,x,NMC,pack,40,303,ok,"two\nlines, here"',
    ]
    grid = delimited(HEADER + "\n".join(rows) + "\n", recognised)
    assert grid.height == 4
    assert grid.broken == {2: "unclosed-quote"}
    assert grid.cells["0"].to_list() == ["serial", "A", "B", "C"]


def test_a_quote_open_to_the_end_costs_one_record() -> None:
    """Nothing after it is lost."""
    rows = ['A,x,NMC,pack,40,303,ok,"left open', *(f"B{place},x,NMC,pack,40,303,ok," for place in range(50))]
    assert delimited(HEADER + "\n".join(rows) + "\n", recognised).height == 52


def test_encodings() -> None:
    """Marks, UTF-8, UTF-16 without a mark, Windows-1252, and files glued together."""
    assert decode("ä".encode("utf-8-sig"), "x") == ("ä", "UTF-8 with byte-order mark")
    assert decode("serial;ä".encode("utf-16"), "x")[0] == "serial;ä"
    assert decode("serial;mass;energy".encode("utf-16-le"), "x")[0] == "serial;mass;energy"
    assert decode("Gewicht;Größe €".encode("cp1252"), "x") == ("Gewicht;Größe €", "Windows-1252")
    glued = "Köln\nMünchen\n".encode() + "Fürth\n".encode("cp1252")
    assert decode(glued, "x") == ("Köln\nMünchen\nFürth\n", MIXED)
    with pytest.raises(InputError):
        decode(b"\x00\x01\x02\x03" * 50 + b"ab", "x")


@pytest.mark.parametrize(
    "cell", ["9" * 100_000 + "x", "1," * 50_000, "°" * 50_000, "no " * 30_000 + "smoke", "(" * 100_000]
)
def test_endless_cells_take_no_time(cell: str) -> None:
    """A pattern that tries every split of a long cell would stop the program."""
    began = time.perf_counter()
    read_list((HEADER + ",".join(['"' + cell + '"'] * 8) + "\n").encode(), "long.csv", on=date(2026, 11, 23))
    assert time.perf_counter() - began < 20
