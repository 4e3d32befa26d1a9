"""Whatever stands in a network folder, the answer is a network or one InputError, never another exception."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voltloop.app.network_folder import Network, init_network, read_network
from voltloop.errors import InputError

FILES = [
    "collection_points.csv",
    "sites.csv",
    "vehicles.csv",
    "drivers.csv",
    "packagings.csv",
    "consents.csv",
    "network.toml",
]
CELL = st.one_of(
    st.sampled_from(
        ["", "yes", "-5", "1,5", "1.234,5", "1e400", "nan", "24:00", "7", "2027-02-30", "DE", "=1+1", "é"]
    ),
    st.text(max_size=8),
)


def attempt(folder: Path) -> Network | None:
    try:
        network = read_network(folder)
    except InputError:
        return None
    assert network.depots.height >= 1
    assert network.vehicles.filter(pl.col("count") > 0).height >= 1
    return network


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(file=st.sampled_from(FILES), data=st.binary(max_size=200))
def test_any_bytes_in_any_file(file: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "network"
        init_network(folder)
        (folder / file).write_bytes(data)
        attempt(folder)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    file=st.sampled_from(FILES[:-1]),
    row=st.integers(0, 5),
    column=st.integers(0, 20),
    cell=CELL,
    sep=st.sampled_from(",;\t"),
)
def test_any_cell_anywhere(file: str, row: int, column: int, cell: str, sep: str) -> None:
    import csv
    import io

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "network"
        init_network(folder)
        rows = list(csv.reader(io.StringIO((folder / file).read_text(encoding="utf-8"))))
        line = rows[row % len(rows)]
        line[column % len(line)] = cell
        text = io.StringIO()
        csv.writer(text, delimiter=sep).writerows(rows)
        (folder / file).write_text(text.getvalue(), encoding="utf-8", errors="replace", newline="")
        attempt(folder)
