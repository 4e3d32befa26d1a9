"""Whatever bytes come in, reading gives a result that accounts for every record, or one clear error."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voltloop.batteries import STATUSES, BatterySchema, ReadResult, read_list
from voltloop.errors import InputError

ON = date(2026, 11, 23)
CORPUS = sorted((Path(__file__).parents[1] / "golden" / "batteries").glob("*.*"))
HEADER = (
    "serial;manufacturer;model;chemistry;form;quantity;energy_kwh;mass_kg;returned_on;produced_on;site;country;lat;lon;"
    "soh;soc;condition;reason;remark"
)
CALM = settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def account(data: bytes, name: str = "list") -> ReadResult | None:
    """Read and check what must hold for every result."""
    try:
        result = read_list(data, name, on=ON)
    except InputError:
        return None
    assert sum(result.counts.values()) == len(result.entries)
    assert [entry["row"] for entry in result.entries] == list(range(1, len(result.entries) + 1))
    assert set(result.counts) == set(STATUSES)
    accepted = {entry["row"] for entry in result.entries if entry["status"].startswith("accepted")}
    assert set(result.batteries["row"]) == accepted
    told = {entry["row"] for entry in result.entries if entry["status"] in ("review", "rejected")}
    assert set(result.rejected["row"]) == told
    for entry in result.entries:
        assert bool(entry["findings"]) == (entry["status"] != "accepted")
    assert BatterySchema.is_valid(result.batteries)
    return result


@given(st.binary(max_size=600))
@CALM
def test_random_bytes_never_crash(data: bytes) -> None:
    """Any bytes give a result or an InputError, since people point the reader at anything."""
    account(data)


@given(st.text(max_size=400))
@CALM
def test_random_text_below_a_header_never_crashes(text: str) -> None:
    """A header followed by any text is a list with odd rows, not a reason to crash."""
    account((HEADER + "\n" + text).encode("utf-8", errors="replace"))


CELLS = st.one_of(
    st.sampled_from(
        [
            "",
            "NMC",
            "62,5 kWh",
            "1.234",
            "1,234.5",
            "-1",
            "1e400",
            "1E+15",
            "31.02.2024",
            "03/04/25",
            "2024",
            "45000",
            "NaN",
            "∞",
            "=1+1",
            "@x",
            "gut",
            "smoke",
            "no smoke",
            "DE",
            "Namibia",
            "90",
            "-180",
            "181",
            "0",
            "52°31'N",
            "13 O",
            "85 %",
            "0,85",
            "Summe",
            "Palette",
            "Nissan",
            "Leaf 40 kWh",
            "Leaf",
            "MÃ¼nchen",
            "\ufffd",
            "\x00",
            '"',
            "999999999999999999999",
            "1e308",
            "1/1/1",
            "0000-00-00",
            "12",
            "1.5",
            "𝟙𝟚",
            "٣",
            "²",
            "Ⅷ",
            "i\u0307",
            "ß",
            "\u202e",
        ]
    ),
    st.text(max_size=12),
    st.floats().map(str),
    st.integers().map(str),
)


@given(
    st.lists(st.lists(CELLS, min_size=19, max_size=19), min_size=1, max_size=12),
    st.sampled_from([",", ";", "\t", "|"]),
)
@CALM
def test_random_cells_never_crash(rows: list[list[str]], delimiter: str) -> None:
    """Any cell in any column is read, flagged or sent to review."""
    quoted = [delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    text = "\n".join([HEADER.replace(";", delimiter), *quoted])
    result = account(text.encode("utf-8", errors="replace"))
    assert result is None or result.counts["ignored"] >= 1


@given(st.data())
@CALM
def test_mutated_files_never_crash(data: st.DataObject) -> None:
    """Real files with bytes changed, cut or doubled are read or refused."""
    path = data.draw(st.sampled_from(CORPUS))
    original = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, max(0, len(original) - 1)))
        how = data.draw(st.sampled_from(["set", "cut", "double", "insert"]))
        if how == "set" and original:
            original[at] = data.draw(st.integers(0, 255))
        elif how == "cut":
            del original[at : at + data.draw(st.integers(1, 40))]
        elif how == "double":
            original[at:at] = original[at : at + 60]
        else:
            original[at:at] = data.draw(st.binary(min_size=1, max_size=4))
    account(bytes(original), path.name)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["NMC", "LFP", "NCA"]),
            st.floats(1.0, 100.0),
            st.sampled_from(["ok", "suspect", "damaged", "critical"]),
            st.dates(date(2015, 1, 1), date(2026, 1, 1)),
            st.floats(0.3, 1.0),
        ),
        min_size=1,
        max_size=20,
    )
)
@CALM
def test_a_clean_table_comes_back_as_it_was(rows: list[tuple[str, float, str, date, float]]) -> None:
    """What a clean list says is what the table says, row by row."""
    frame = pl.DataFrame(
        {
            "serial": [f"SN-{place}-X" for place in range(len(rows))],
            "chemistry": [row[0] for row in rows],
            "form": ["pack"] * len(rows),
            "energy_wh": [round(row[1] * 1000, 3) for row in rows],
            "mass_kg": [round(row[1] * 6, 3) for row in rows],
            "returned_on": [row[3] for row in rows],
            "site": ["Hof"] * len(rows),
            "country": ["DE"] * len(rows),
            "soh_percent": [round(row[4] * 100, 1) for row in rows],
            "condition": [row[2] for row in rows],
        }
    )
    result = account(frame.write_csv().encode())
    assert result is not None
    got = result.batteries
    assert got.height == len(rows)
    assert got["chemistry"].to_list() == [row[0] for row in rows]
    assert got["returned_on"].to_list() == [row[3] for row in rows]
    assert got["condition"].to_list() == [row[2] for row in rows]
    assert ((got["energy_wh"] - frame["energy_wh"]).abs() < 1e-6).all()
    assert ((got["mass_kg"] - frame["mass_kg"]).abs() < 1e-6).all()
    assert ((got["soh"] * 100 - frame["soh_percent"]).abs() < 1e-6).all()
