"""The world's main roads as arrays, read from the data file that the ``scgraph-data`` package installs.

That file holds OpenStreetMap's main roads, thinned to junctions, as the text of two Python lists. It is read as
text and never run.
"""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from dataclasses import dataclass
from functools import cache
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from voltloop.errors import InputError, MissingDependency

__all__ = [
    "OSM_ATTRIBUTION",
    "RoadGraph",
    "keep",
    "load_roads",
    "no_way",
    "read_lists",
    "stored",
    "whole_matrix",
]

OSM_ATTRIBUTION = (
    "Road distances are computed from © OpenStreetMap contributors' data, available under the Open Database License "
    "(ODbL) 1.0, openstreetmap.org/copyright, by way of the scgraph-data package."
)

_FILE = "world_highways"
# Raised whenever reading or joining changes, so that no old file in a cache directory is taken for a new one.
_FORMAT = 1
_NO_WAY, _NO_WAY_KM = 3.0, 3000.0


@dataclass(frozen=True, eq=False)
class RoadGraph:
    """A road network that can be driven both ways.

    Attributes
    ----------
    lat, lon
        Degrees of each node.
    tail, head
        Nodes at the ends of each arc; every road appears once in each direction.
    metres
        Length of each arc, at least 1.
    component
        Number of the connected part that each node belongs to; nodes with the same number reach each other.
    """

    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    metres: NDArray[np.uint32]
    component: NDArray[np.int32]


def load_roads(cache_dir: Path | None = None) -> RoadGraph:
    """Read the world's main roads, gaps between neighbouring parts closed.

    Parameters
    ----------
    cache_dir
        Where to keep the arrays for the next time; None keeps nothing.

    Returns
    -------
    RoadGraph
        About 560,000 nodes and 1.7 million arcs.

    Raises
    ------
    MissingDependency
        The package ``scgraph-data`` is not installed.
    InputError
        Its file is not in the form known here.
    """
    if cache_dir is None:
        return _read_and_join()
    file = cache_dir / f"roads-{_key()}.npz"
    arrays = stored(file)
    if arrays is None:
        graph = _read_and_join()
        keep(file, vars(graph))
        return graph
    return RoadGraph(**arrays)


def whole_matrix(graph: RoadGraph) -> Any:
    """Give the network as a sparse matrix of metres, for searches in all of it."""
    from scipy.sparse import coo_matrix

    size = len(graph.lat)
    return coo_matrix((graph.metres.astype(np.float64), (graph.tail, graph.head)), (size, size)).tocsr()


def no_way(km: ArrayLike, straight_km: ArrayLike) -> NDArray[np.bool_]:
    """Whether a way is so roundabout that nobody drives it: over 3,000 km and three times the straight line.

    Málaga and Melilla are connected, by way of Istanbul and Cairo.
    """
    length = np.asarray(km)
    return np.asarray((length > _NO_WAY_KM) & (length > _NO_WAY * np.asarray(straight_km)))


def stored(file: Path) -> dict[str, NDArray[Any]] | None:
    """Arrays kept earlier, or None if there are none that can be read."""
    try:
        with file.open("rb") as handle, np.load(handle) as arrays:
            return dict(arrays)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None


def keep(file: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Keep arrays for the next time; another process never sees half a file.

    A directory that cannot be written to, or a full disk, costs only the time that was to be saved.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".part", delete=False) as part:
            try:
                np.savez(part, **arrays)  # type: ignore[arg-type]
                part.close()
                Path(part.name).replace(file)
            except BaseException:
                Path(part.name).unlink(missing_ok=True)
                raise
    except OSError:
        return


def _key() -> str:
    catalogue = resources.files("voltloop.catalogue")
    files = ("fixed_links.csv", "closed_borders.csv", "country_shapes.npz")
    parts = [str(_FORMAT).encode(), metadata.version("scgraph-data").encode()]
    parts += [(catalogue / name).read_bytes() for name in files]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


@cache
def _read_and_join() -> RoadGraph:
    from voltloop.transport.road_joins import joined

    lat, lon, tail, head, km = read_lists(_FILE)
    return joined(lat, lon, tail, head, km)


def read_lists(
    file: str,
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Read a network of the ``scgraph-data`` package: latitude and longitude of nodes, tail, head and km of arcs.

    Raises
    ------
    MissingDependency, InputError
        As for :func:`load_roads`.
    """
    return _read(_text(file), file)


def _text(file: str = _FILE) -> bytes:
    try:
        return (resources.files("scgraph_data") / f"{file}.py").read_bytes()
    except (ModuleNotFoundError, FileNotFoundError) as problem:
        raise MissingDependency(
            "The built-in networks of road and rail need the package scgraph-data, which is not installed. "
            'Install it with: python -m pip install "scgraph-data>=2.0,<3"',
            code="missing-scgraph-data",
        ) from problem


def _read(
    text: bytes, file: str = _FILE
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Read ``graph=[{neighbour: km, ...}, ...]`` and ``nodes=[[lat, lon], ...]`` as numbers, without running them."""
    start, middle = text.find(b"graph=["), text.find(b"\nnodes=[")
    end = text.find(b"\n", middle + 1)
    if not 0 <= start < middle < end:
        raise InputError(
            f"The network in scgraph-data {metadata.version('scgraph-data')} is not in the known form: its file "
            f"{file}.py holds no lists named graph and nodes. Install a version of scgraph-data from 2.0 and below 3.",
            code="road-network-form",
        )
    places = _numbers(text[middle + 7 : end].translate(None, delete=b"[] ")).reshape(-1, 2)
    # A closing brace becomes -1: it marks where the neighbours of one node end.
    flat = text[start + 6 : middle].translate(bytes.maketrans(b":", b","), delete=b"[]{ \n")
    numbers = _numbers(flat.replace(b"}", b",-1"))
    is_end = numbers == -1
    tail = np.cumsum(is_end)[~is_end][::2].astype(np.int32)
    values = numbers[~is_end]
    return places[:, 0], places[:, 1], tail, values[::2].astype(np.int32), values[1::2]


def _numbers(text: bytes) -> NDArray[np.float64]:
    """Read numbers with commas between them; the CSV reader is far faster than any other at this."""
    column = pl.read_csv(
        text, has_header=False, eol_char=",", new_columns=["number"], schema_overrides=[pl.Float64]
    )
    return column.to_series().drop_nulls().to_numpy()
