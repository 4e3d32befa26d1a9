import importlib.resources

import numpy as np
import pytest

from voltloop.errors import InputError, MissingDependency
from voltloop.transport import road_data
from voltloop.transport.road_data import keep, no_way, stored

TEXT = b"\nfrom scgraph.core import GeoGraph\ngraph=[{1: 1.5, 2: 0.25}, {0: 1.5}, {}, {0: 0.25}, {}]"
TEXT += b"\nnodes=[[1.0, -2.5], [3, 4], [5, 6], [7, 8], [9, 10]]\nworld_geograph = 1"


def test_lists_are_read_as_numbers_and_never_run():
    lat, lon, tail, head, km = road_data._read(TEXT)
    assert lat.tolist() == [1, 3, 5, 7, 9]
    assert lon.tolist() == [-2.5, 4, 6, 8, 10]
    assert list(zip(tail.tolist(), head.tolist(), km.tolist(), strict=True)) == [
        (0, 1, 1.5),
        (0, 2, 0.25),
        (1, 0, 1.5),
        (3, 0, 0.25),
    ]


def test_another_form_of_the_file_is_an_error_that_names_the_versions():
    with pytest.raises(InputError, match=r"from 2\.0 and below 3") as error:
        road_data._read(b"edges=[]")
    assert error.value.code == "road-network-form"


def test_missing_package_says_how_to_install_it(monkeypatch):
    def gone(_):
        raise ModuleNotFoundError

    monkeypatch.setattr(importlib.resources, "files", gone)
    monkeypatch.setattr(road_data.resources, "files", gone)
    with pytest.raises(MissingDependency, match="pip install"):
        road_data._text()


def test_kept_arrays_come_back_and_damaged_ones_are_made_anew(tmp_path):
    file = tmp_path / "deep" / "arrays.npz"
    assert stored(file) is None
    keep(file, {"numbers": np.arange(3)})
    kept = stored(file)
    assert kept is not None
    assert kept["numbers"].tolist() == [0, 1, 2]
    assert [entry.name for entry in file.parent.iterdir()] == ["arrays.npz"]
    file.write_bytes(file.read_bytes()[:100])
    assert stored(file) is None
    file.write_bytes(b"")
    assert stored(file) is None


def test_a_way_is_none_when_it_is_both_long_and_roundabout():
    assert no_way([2900.0, 3100.0, 15000.0, 9000.0], [100.0, 1100.0, 210.0, 8000.0]).tolist() == [
        False,
        False,
        True,
        False,
    ]


def test_a_place_that_cannot_be_written_to_is_no_obstacle(tmp_path, monkeypatch):
    """Keeping is a convenience: a full disk must not stop a plan, nor leave half a file."""
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a directory")
    keep(in_the_way / "arrays.npz", {"numbers": np.arange(3)})

    def full(*args, **arrays):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    keep(tmp_path / "arrays.npz", {"numbers": np.arange(3)})
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
